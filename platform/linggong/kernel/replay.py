"""Events give the states back: folding a chain (an order's, a case's, a party's) must end where the rows stand (invariant 12).

An event that moves a subject names `machine`, `subject`, `from` and `to`; further subjects moved by the same step stand in
`moved` as [machine, subject, from, to].
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from linggong.kernel.machine import NEW

Subject = tuple[str, str]
"""(machine, id)."""


@dataclass(slots=True)
class Replayed:
    """States by subject, and where an event did not begin where the one before it ended."""

    states: dict[Subject, str] = field(default_factory=dict)
    breaks: list[str] = field(default_factory=list)


def moves(body: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Yield (machine, subject, from, to) of an event's body."""
    if "machine" in body:
        yield body["machine"], body["subject"], body["from"], body["to"]
    yield from map(tuple, body.get("moved", ()))


def replay(bodies: Iterable[str | dict[str, Any]], known: Replayed | None = None) -> Replayed:
    """Fold event bodies (JSON text or parsed), in the chain's order, into states; `known` goes on from an earlier fold."""
    done = known or Replayed()
    for at, text in enumerate(bodies):
        body = json.loads(text) if isinstance(text, str) else text
        for machine, subject, source, target in moves(body):
            before = done.states.get((machine, subject), NEW)
            if before != source:
                done.breaks.append(f"event {at}: {machine} {subject} leaves {source}, but stood at {before}")
            done.states[machine, subject] = target
    return done
