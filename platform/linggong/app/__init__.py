"""Assembly. Kept empty, so that the command line can prepare a database without loading the whole application."""
