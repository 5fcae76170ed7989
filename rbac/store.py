"""Where the decisions in force live in a process: loaded from `casbin_rule`, swapped whole when it changes."""

from __future__ import annotations

import asyncio
import time

import sqlalchemy as sa

from linggong.kernel.db import Database
from rbac.decisions import Decisions
from rbac.models import CasbinRule, PolicyState

CHANNEL = "policy"
"""NOTIFY channel told in the transaction that changes a policy (a trigger on `casbin_rule` does it)."""
_COMPARE_EVERY = 1.0
"""Seconds between two looks at the table's version for requests without a session, while notices arrive."""


class DecisionStore:
    """Holds the present `Decisions`; a new one is built aside and swapped, so that no caller meets a half-loaded one.

    A notice brings a change to every process within milliseconds; a request does not rely on it, but compares the
    version that came with its session (`at_least`), so that a lost notice delays nothing.
    """

    def __init__(self, decisions: Decisions) -> None:
        self._decisions = decisions
        self._loading = asyncio.Lock()
        self._compare_at = 0.0

    @property
    def current(self) -> Decisions:
        """The decisions in force."""
        return self._decisions

    async def reload(self, database: Database) -> None:
        """Load the rows anew and swap; callers at once load once."""
        before = self._decisions
        async with self._loading:
            if self._decisions is before:
                self._decisions = await load(database)

    async def at_least(self, version: int, database: Database) -> Decisions:
        """Return decisions of this version or a later one, loading them if the notice is still on its way."""
        for _ in range(3):
            if self._decisions.version >= version:
                break
            # Again, if need be: a load that somebody else began may have missed the change.
            await self.reload(database)
        return self._decisions

    async def compare(self, database: Database, *, listening: bool) -> Decisions:
        """Return decisions for somebody without a session, whose request brought no version along.

        The table's version is asked once a second at most; at every request while no notice could arrive.
        """
        now = time.monotonic()
        if not listening or now >= self._compare_at:
            self._compare_at = now + _COMPARE_EVERY
            rows = await database.fetch_public("SELECT version FROM policy_state")
            return await self.at_least(rows[0]["version"], database)
        return self._decisions


async def load(database: Database) -> Decisions:
    """Build decisions from the table; their version is the table's."""
    async with database.system() as uow:
        # The version first: rows that are committed in between are then newer than it says, never older.
        version = await uow.session.scalar(sa.select(PolicyState.version))
        rows = (await uow.execute(sa.select(CasbinRule).order_by(CasbinRule.id))).scalars().all()
    policies = [(r.v0, r.v1, r.v2 or "", r.v3 or "", r.v4 or "", r.v5 or "") for r in rows if r.ptype == "p"]
    return Decisions(policies, [(r.v0, r.v1) for r in rows if r.ptype == "g"], version or 0)
