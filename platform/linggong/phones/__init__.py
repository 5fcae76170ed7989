"""People without a smartphone: questions by text message, a keypad dialogue, and calls where neither is answered."""
