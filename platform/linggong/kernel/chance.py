"""Chance that can be repeated: made-up data and proofs draw the same from the same seed."""

from __future__ import annotations

from random import Random


def repeatable(seed: str | int) -> Random:
    """Return a generator whose draws follow from its seed. Nothing secret is ever drawn from one: see `kernel.crypto`."""
    return Random(seed)  # noqa: S311 - repeated, not kept secret
