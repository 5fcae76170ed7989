"""Manuals (使用说明) of every role: short texts in `texts/`, with pictures of the pages, served at /manual."""
