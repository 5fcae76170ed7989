"""The tree of places: kinds, naming rules, parameters with inheritance, presets (R001-R004, R020-R024)."""
