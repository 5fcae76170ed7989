"""Inspections, rectification, cards, stars, and how a station ends."""
