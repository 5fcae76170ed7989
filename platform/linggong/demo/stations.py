"""What the pages of stations show in the demo: population that says it is made up, days on which stations were open, figures of them.

Nothing here is a statistic: every figure carries the source below and is marked as a sample, and so is every point.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from zlib import crc32

import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.paths import parent, tenant_path
from linggong.measures import facts, signs, supply
from linggong.measures.sites import SITES
from linggong.publishing import wage_levels
from tenants import population
from tenants.kinds import NodeKind
from tenants.models import Node, NodePopulation
from tenants.population import PopulationInput

SOURCE: Final = "示例数字，不是统计数据"
_AS_OF: Final = date(2025, 12, 31)
_MOST: Final = 60
"""Days that are looked through for what stations did."""
_CLERKS: Final = sa.text(
    """
INSERT INTO site_days (id, tenant, day, sign, n, first_at)
SELECT gen_random_uuid(), d.tenant, d.day, 'clerk', 1, d.first_at - interval '10 minutes' FROM site_days d WHERE d.sign = 'deed'
ON CONFLICT (tenant, day, sign) DO NOTHING"""
)
"""The demo's clerks work without signing in: each is taken to have done so shortly before the first thing he entered."""


async def furnish(database: Database) -> int:
    """Write the sample once; returns how many communities got a population. Figures are counted anew each time."""
    async with database.system() as uow:
        done = await uow.session.scalar(sa.select(sa.exists().select_from(NodePopulation)))
        written = 0 if done else await _people(uow)
        today = clock.business_date(uow.now)
        for back in range(_MOST, 0, -1):
            await signs.collect(uow, today - timedelta(days=back), over=True)
        await uow.execute(_CLERKS)
    await facts.refresh(database)
    await wage_levels.nightly(database)
    await supply.nightly(database)
    return written


async def _people(uow: UnitOfWork) -> int:
    """Give communities around a station a sample population, and a sample point some kilometres from it where they have none."""
    stations = {
        parent(tenant_path(row.path)): row
        for row in await uow.execute(
            sa.select(Node.path, Node.latitude, Node.longitude).where(Node.kind.in_(SITES), Node.latitude.is_not(None))
        )
    }
    lines = []
    for area in await uow.session.scalars(
        sa.select(Node).where(Node.kind == NodeKind.COMMUNITY, Node.division_code.is_not(None)).order_by(Node.path)
    ):
        draw = crc32(area.path.encode())
        residents = 1200 + draw % 4000
        lines.append(
            PopulationInput(
                place=area.path,
                residents=residents,
                working_age=residents * 6 // 10,
                as_of=_AS_OF,
                source=SOURCE,
                is_sample=True,
            )
        )
        near = stations.get(tenant_path(area.path)) or stations.get(parent(tenant_path(area.path)))
        if near is not None and area.latitude is None:
            # Up to five kilometres each way.
            area.latitude = near.latitude + (draw % 91 - 45) / 1000
            area.longitude = near.longitude + (draw // 91 % 101 - 50) / 1000
            area.point_is_demo = True
    await uow.flush()
    return await population.load(uow, lines) if lines else 0
