"""What a rule is: its number, its words, and a query or a function that returns the rows that break it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import asyncpg
import msgspec

Connection: TypeAlias = "asyncpg.Connection[Any]"
Check: TypeAlias = "Callable[[Connection], Awaitable[list[Violation]]]"


class Violation(msgspec.Struct, frozen=True, order=True):
    """A row that breaks a rule: `row` is table/id, `detail` says how, in states and figures and never in personal data."""

    rule: str
    row: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One invariant. `id` is its number in order-states section 8; `sql` returns (row, detail), or `check` does the work."""

    id: str
    title: str
    words: str
    sql: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()

    async def violations(self, connection: Connection) -> list[Violation]:
        """Return the rows that break the rule; none when it holds."""
        found: list[Violation] = []
        for query in self.sql:
            found += [Violation(self.id, str(r["row"]), str(r["detail"])) for r in await connection.fetch(query)]
        for check in self.checks:
            found += await check(connection)
        return sorted(set(found))
