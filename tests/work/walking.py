"""The steps of a day, taken in a row: what a test needs done before its own part begins."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from signing import both_sign

from linggong.kernel import timers
from linggong.market.models import Order
from linggong.wages.models import Bill
from linggong.work import attend, engage
from linggong.work.models import Assignment

from .conftest import Site


async def state(site: Site) -> str:
    async with site.begin(site.clerk) as uow:
        return str(await uow.session.scalar(sa.select(Order.state).where(Order.id == site.order_id)))


async def signed(site: Site, n: int = 0) -> tuple[UUID, UUID]:
    """Apply, choose, confirm and sign; returns engagement and assignment."""
    async with site.begin(site.worker(n)) as uow:
        engagement_id = (await engage.apply(uow, site.order_id)).id
    async with site.begin(site.employer) as uow:
        await engage.offer(uow, engagement_id)
    async with site.begin(site.worker(n)) as uow:
        await engage.confirm(uow, engagement_id)
    await both_sign(site.city.database, engagement_id, site.worker(n), site.employer)
    async with site.begin(site.worker(n)) as uow:
        assignment_id = await uow.session.scalar(
            sa.select(Assignment.id).where(Assignment.engagement_id == engagement_id)
        )
    assert assignment_id is not None
    return engagement_id, assignment_id


async def at_work(site: Site, n: int = 0) -> tuple[UUID, UUID]:
    engagement_id, assignment_id = await signed(site, n)
    site.city.clock.move_to(site.city.clock.now().replace(day=10, hour=23, minute=20))
    code = attend.arrival_code(site.city.secrets, site.order_id, date(2026, 3, 11))
    async with site.begin(site.worker(n)) as uow:
        await attend.arrive(uow, assignment_id, method="code", code=code, secrets=site.city.secrets)
    site.at(minutes=10)
    await timers.sweep(site.city.database)
    return engagement_id, assignment_id


async def accepted(site: Site, n: int = 0) -> tuple[UUID, UUID, UUID]:
    engagement_id, assignment_id = await at_work(site, n)
    site.at(hours=9)
    async with site.begin(site.worker(n)) as uow:
        await attend.finish(uow, assignment_id)
    async with site.begin(site.employer) as uow:
        await attend.accept(uow, assignment_id)
        bill_id = await uow.session.scalar(sa.select(Bill.id).where(Bill.assignment_id == assignment_id))
    assert bill_id is not None
    return engagement_id, assignment_id, bill_id
