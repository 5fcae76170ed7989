"""Paying wages by WeChat out of the employer's own merchant account; the platform holds nothing (docs/wages.md)."""
