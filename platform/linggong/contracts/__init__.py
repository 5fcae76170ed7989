"""Consents, contract documents, the platform's seal, addenda, and the check that a file is the one that was sealed."""
