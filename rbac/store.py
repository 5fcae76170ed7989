"""Where the decisions in force live in a process: loaded from `casbin_rule`, swapped whole when it changes."""

from __future__ import annotations

import sqlalchemy as sa

from linggong.kernel.db import Database
from rbac.decisions import Decisions
from rbac.models import CasbinRule

CHANNEL = "policy"
"""NOTIFY channel told in the transaction that changes a policy."""


class DecisionStore:
    """Holds the present `Decisions`; a new one is built aside and swapped, so that no caller meets a half-loaded one."""

    def __init__(self, decisions: Decisions) -> None:
        self._decisions = decisions

    @property
    def current(self) -> Decisions:
        """The decisions in force."""
        return self._decisions

    async def reload(self, database: Database) -> None:
        """Load the rows anew and swap."""
        self._decisions = await load(database, self._decisions.version + 1)


async def load(database: Database, version: int = 1) -> Decisions:
    """Build decisions from the table."""
    async with database.system() as uow:
        rows = (await uow.execute(sa.select(CasbinRule).order_by(CasbinRule.id))).scalars().all()
    policies = [(r.v0, r.v1, r.v2 or "", r.v3 or "", r.v4 or "", r.v5 or "") for r in rows if r.ptype == "p"]
    return Decisions(policies, [(r.v0, r.v1) for r in rows if r.ptype == "g"], version)
