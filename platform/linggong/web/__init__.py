"""Pages by surface (portal, employer, desk, bureau) and what they are drawn with."""
