"""Reaching people: new work that fits, gaps that are filled at once, people who go over to another station (docs/push.md)."""
