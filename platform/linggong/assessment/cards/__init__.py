"""Score cards as data: one file a card and version; a change of a card is a new version."""
