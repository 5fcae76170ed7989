"""The random draw of places and inspectors (双随机): pure, so that whoever has the seed and the lists draws the same again.

Every candidate gets the SHA-256 of the seed and its id; the lowest are drawn. Inspectors of a place come in the order of the
hash of seed, place and person, those with the fewest places first, and nobody inspects a place to which he belongs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from typing import Any

import msgspec


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A place that may be drawn."""

    id: str
    path: str
    name: str


class Inspector(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may be drawn to inspect; `bureau` is False for another department's."""

    id: str
    name: str
    office: str
    bureau: bool = True
    not_at: list[str] = []
    """Ids of places to which he belongs."""


class Pick(msgspec.Struct, frozen=True, kw_only=True):
    """A place that was drawn, and who inspects it."""

    id: str
    path: str
    name: str
    inspectors: list[Inspector]


def drawn(
    seed: str, places: Sequence[Candidate], inspectors: Sequence[Inspector], *, n: int, hands: int, joint: bool
) -> list[Pick]:
    """Draw `n` places and `hands` inspectors for each; `joint`: one of the bureau and one of another department at least.

    Raises ValueError where there are too few of either.
    """
    if n > len(places):
        raise ValueError("places")
    load = dict.fromkeys((i.id for i in inspectors), 0)
    found = []
    for place in sorted(places, key=lambda p: _lot(seed, p.id))[:n]:
        free = [i for i in inspectors if place.id not in i.not_at]
        turn = sorted(free, key=lambda i: (load[i.id], _lot(seed, place.id, i.id)))
        chosen = _both(turn, hands) if joint else turn[:hands]
        if len(chosen) < hands:
            raise ValueError("inspectors")
        for one in chosen:
            load[one.id] += 1
        found.append(Pick(id=place.id, path=place.path, name=place.name, inspectors=chosen))
    return found


def _both(turn: Sequence[Inspector], hands: int) -> list[Inspector]:
    ours = next((i for i in turn if i.bureau), None)
    theirs = next((i for i in turn if not i.bureau), None)
    if ours is None or theirs is None:
        return []
    first: Collection[Inspector] = (ours, theirs)
    return [*first, *(i for i in turn if i not in first)][:hands]


def again(draw: Any) -> bool:
    """Tell whether a kept draw comes out the same when it is drawn again from its seed and lists."""
    places = [msgspec.convert(one, Candidate) for one in draw.pool if isinstance(one, dict)]
    hands = [msgspec.convert(one, Inspector) for one in draw.inspectors if isinstance(one, dict)]
    try:
        found = drawn(draw.seed, places, hands, n=draw.places, hands=draw.hands, joint=draw.joint)
    except ValueError:
        return False
    return [msgspec.to_builtins(one) for one in found] == list(draw.picked)


def _lot(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()
