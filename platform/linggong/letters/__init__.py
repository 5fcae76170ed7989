"""Official letters: numbered, from a template, sealed (整改、警示、通报、终止)."""
