"""Official letters: numbered, sealed, delivered against a receipt; taken back only by another letter (整改、警示、通报、终止)."""
