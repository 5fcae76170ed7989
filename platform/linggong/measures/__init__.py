"""Measures: M01 to M25 as declared definitions, and the daily facts from which they are answered (docs/measures.md)."""
