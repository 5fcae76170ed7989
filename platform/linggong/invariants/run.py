"""Running the rules on a database, in one read-only snapshot, with the owner role's connection."""

from __future__ import annotations

import time
from collections.abc import Collection

import msgspec

from linggong.invariants import money, people, states
from linggong.invariants.rules import Connection, Rule, Violation

RULES: tuple[Rule, ...] = tuple(sorted((*people.RULES, *money.RULES, *states.RULES), key=lambda rule: int(rule.id)))


class Checked(msgspec.Struct, frozen=True):
    """A rule that was run: how many rows break it, and how long looking took."""

    id: str
    title: str
    words: str
    violations: int
    seconds: float


class InvariantReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a run found."""

    rules: list[Checked]
    violations: list[Violation]
    seconds: float


async def check(connection: Connection, only: Collection[str] = ()) -> InvariantReport:
    """Run every rule, or those of the given numbers, in one read-only snapshot: what one rule sees, all see.

    Raises ValueError for an unknown number.
    """
    unknown = set(only) - {rule.id for rule in RULES}
    if unknown:
        raise ValueError(f"no invariant {', '.join(sorted(unknown))}: they are {', '.join(r.id for r in RULES)}")
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        return await look(connection, only)


async def look(connection: Connection, only: Collection[str] = ()) -> InvariantReport:
    """Run the rules in the transaction that is open already."""
    began = time.perf_counter()
    checked, found = [], []
    for rule in RULES:
        if only and rule.id not in only:
            continue
        start = time.perf_counter()
        broken = await rule.violations(connection)
        found += broken
        checked.append(Checked(rule.id, rule.title, rule.words, len(broken), round(time.perf_counter() - start, 3)))
    return InvariantReport(rules=checked, violations=found, seconds=round(time.perf_counter() - began, 2))
