"""What tests of the site look at: a shift, the chain's events, and whether it gives back every state."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.kernel.replay import replay
from linggong.work.models import Assignment
from linggong.work.proofs import Point

from .conftest import Site

NEAR, FAR = Point(34.8211, 114.8206), Point(34.90, 114.82)
JPEG = b"\xff\xd8\xff\xe0" + b"0" * 100


async def shift(site: Site, assignment_id: UUID) -> Assignment:
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        return await uow.session.get_one(Assignment, assignment_id)


async def told(site: Site, event: str) -> list[dict[str, Any]]:
    """The bodies of the events of a type, in order."""
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        rows = await uow.execute(
            sa.text("SELECT body FROM events WHERE type = :t ORDER BY recorded_at, n"), {"t": event}
        )
        return [json.loads(r[0]) for r in rows]


async def replays(site: Site) -> None:
    """The chain gives back the state of every shift (invariant 12)."""
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        bodies = (
            await uow.execute(
                sa.text("SELECT body FROM events WHERE chain = :c ORDER BY n"), {"c": f"order:{site.order_id}"}
            )
        ).scalars()
        folded = replay(list(bodies))
        rows = await uow.execute(sa.select(Assignment.id, Assignment.state).where(Assignment.order_id == site.order_id))
        assert folded.breaks == []
        for row in rows:
            assert folded.states["assignment", str(row.id)] == row.state
