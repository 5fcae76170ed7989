"""Where the decisions in force live in a process: loaded from `casbin_rule`, swapped whole when it changes."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa

from linggong.kernel.db import Database
from rbac.decisions import Decisions
from rbac.models import CasbinRule, PolicyState

CHANNEL = "policy"
"""NOTIFY channel told in the transaction that changes a policy (a trigger on `casbin_rule` does it)."""


class DecisionStore:
    """Holds the present `Decisions`; a new one is built aside and swapped, so that no caller meets a half-loaded one."""

    def __init__(self, decisions: Decisions) -> None:
        self._decisions = decisions
        self._loading = asyncio.Lock()

    @property
    def current(self) -> Decisions:
        """The decisions in force."""
        return self._decisions

    async def reload(self, database: Database) -> None:
        """Load the rows anew and swap, unless somebody just did; callers at once load once."""
        before = self._decisions
        async with self._loading:
            if self._decisions is before:
                self._decisions = await load(database)


async def load(database: Database) -> Decisions:
    """Build decisions from the table; their version is the table's."""
    async with database.system() as uow:
        version = await uow.session.scalar(sa.select(PolicyState.version))
        rows = (await uow.execute(sa.select(CasbinRule).order_by(CasbinRule.id))).scalars().all()
    policies = [(r.v0, r.v1, r.v2 or "", r.v3 or "", r.v4 or "", r.v5 or "") for r in rows if r.ptype == "p"]
    return Decisions(policies, [(r.v0, r.v1) for r in rows if r.ptype == "g"], version or 0)
