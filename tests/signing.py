"""Both sides sign: what a test needs done before its own part begins."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from linggong.contracts import signing
from linggong.contracts.proofs import Code
from linggong.kernel.db import Actor, Database
from linggong.kernel.paths import Scope

CODE = Code(datetime(2026, 3, 9, 21, 10, tzinfo=UTC), "安卓手机 微信")
"""Stands for a code that was right."""

Who = tuple[Actor, Scope]


async def both_sign(database: Database, engagement_id: UUID, worker: Who, employer: Who) -> None:
    """The worker signs, then the employer, each at his own phone: the contract is made (20)."""
    for who in (worker, employer):
        async with database.begin(*who) as uow:
            await signing.sign(uow, engagement_id, proof=CODE)
