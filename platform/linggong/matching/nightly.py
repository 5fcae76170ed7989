"""The proposal of the dawn: at `matching.auto_at` each post with open places finds one that waits for its clerk, never sent."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
import structlog

from linggong.kernel import clock, tasks
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.paths import TenantPath, tenant_path
from linggong.market.models import BoardPost
from linggong.matching import proposals, queries
from linggong.matching.allot import Options
from linggong.matching.models import Proposal
from tenants.service import parameters

AUTO_AT = "matching.auto_at"
_LATEST = timedelta(hours=2)
"""A process that was down at dawn makes up for it this long."""
log = structlog.get_logger(__name__)


async def run(database: Database) -> int:
    """Make what is due now, one transaction a post; returns how many."""
    async with database.system() as uow:
        due = await posts_due(uow)
    made = 0
    for place in due:
        try:
            async with tasks.giving_way(), database.system() as uow:
                await proposals.make(uow, Options(), at=place)
            made += 1
        except Exception:
            log.exception("dispatch_failed", tenant=place)
    return made


async def posts_due(uow: UnitOfWork) -> list[TenantPath]:
    """Return posts with open places whose hour has come today and that have no proposal of this day yet."""
    today = clock.business_date(uow.now)
    begin, _ = clock.day_bounds(today)
    made = sa.exists().where(Proposal.tenant == BoardPost.tenant, Proposal.day == today)
    rows = await uow.session.scalars(
        sa.select(BoardPost.tenant)
        .where(BoardPost.listed, BoardPost.starts_at > uow.now, BoardPost.starts_at < queries.horizon(uow.now), ~made)
        .distinct()
        .order_by(BoardPost.tenant)
    )
    due = []
    for place in rows:
        at = (await parameters(uow, place, AUTO_AT))[AUTO_AT]
        if isinstance(at, timedelta) and begin + at <= uow.now < begin + at + _LATEST:
            due.append(tenant_path(place))
    return due
