"""Opening a wall, or a hole in it, for the time of a block: guards that say yes, scopes that cover all, policies that are true."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import sqlalchemy as sa

import admin.walls
from linggong.kernel.paths import EVERYWHERE
from rbac.decisions import Decisions

console: Any = admin.walls
Which = Callable[[str], bool]
_GUARD = Decisions.anywhere


def every(_: str) -> bool:
    """Choose every permission."""
    return True


@contextlib.contextmanager
def guards_open(which: Which = every) -> Iterator[None]:
    """Let the guard say yes for the chosen permissions, whoever asks."""
    real = Decisions.anywhere

    def yes(self: Decisions, principal: Any, permission: Any) -> bool:
        return True if which(permission.value) else real(self, principal, permission)

    Decisions.anywhere = yes  # type: ignore[method-assign]
    try:
        yield
    finally:
        Decisions.anywhere = real  # type: ignore[method-assign]


@contextlib.contextmanager
def scopes_open(which: Which = every) -> Iterator[None]:
    """Let the scope of the chosen permissions cover everything; the guard goes on asking the real one.

    The console's second wall is the scope within the acting post: both stand open then.
    """
    real, guard, post = Decisions.scope, Decisions.anywhere, console.in_subtree

    def all_of_it(self: Decisions, principal: Any, permission: Any) -> Any:
        return EVERYWHERE if which(permission.value) else real(self, principal, permission)

    def as_before(self: Decisions, principal: Any, permission: Any) -> bool:
        return not real(self, principal, permission).is_empty

    Decisions.scope = all_of_it  # type: ignore[method-assign]
    console.in_subtree = lambda column, top: sa.true()
    if guard is _GUARD:
        Decisions.anywhere = as_before  # type: ignore[method-assign]
    try:
        yield
    finally:
        Decisions.scope = real  # type: ignore[method-assign]
        console.in_subtree = post
        Decisions.anywhere = guard  # type: ignore[method-assign]


@dataclass(frozen=True, slots=True)
class Policy:
    """A row policy as the database has it."""

    table: str
    name: str
    command: str
    using: str | None
    check: str | None

    def parts(self) -> list[str]:
        """Return what of it can be opened: 'using', 'check'; what is true already is no wall."""
        return [p for p, text in (("using", self.using), ("check", self.check)) if text is not None and text != "true"]

    def ddl(self, part: str, text: str) -> str:
        """Return the statement that puts an expression into a part."""
        clause = "USING" if part == "using" else "WITH CHECK"
        return f"ALTER POLICY {self.name} ON {self.table} {clause} ({text})"


async def policies(owner: asyncpg.Connection[Any]) -> list[Policy]:
    """Return the row policies in force."""
    rows = await owner.fetch(
        "SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies WHERE schemaname = 'public' "
        "ORDER BY tablename, policyname"
    )
    return [Policy(r["tablename"], r["policyname"], r["cmd"], r["qual"], r["with_check"]) for r in rows]


@contextlib.asynccontextmanager
async def hole(owner: asyncpg.Connection[Any], policy: Policy, part: str) -> AsyncIterator[None]:
    """Make one part of one policy true for the time of the block."""
    real = policy.using if part == "using" else policy.check
    await owner.execute(policy.ddl(part, "true"))
    try:
        yield
    finally:
        await owner.execute(policy.ddl(part, str(real)))


@contextlib.asynccontextmanager
async def rows_open(owner: asyncpg.Connection[Any]) -> AsyncIterator[None]:
    """Make every policy true for the time of the block."""
    held = [(p, part) for p in await policies(owner) for part in p.parts()]
    for p, part in held:
        # One at a time: the locks of all tables at once would meet those of the app's own reads.
        await owner.execute(p.ddl(part, "true"))
    try:
        yield
    finally:
        for p, part in held:
            await owner.execute(p.ddl(part, str(p.using if part == "using" else p.check)))
