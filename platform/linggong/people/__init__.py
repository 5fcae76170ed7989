"""People: workers, employers, agencies, staff accounts, sign-in, consent, verification."""
