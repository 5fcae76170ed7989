"""M17: a loop is whole when contract, cover, completion, payment and rating all stand, and not before (R081)."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from small_city import COUNTY

from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE, tenant_path
from linggong.measures import facts
from linggong.measures.answers import answer
from linggong.wages import service as wages
from linggong.wages.models import Bill
from linggong.work import attend, rating

from .conftest import Covered
from .test_enrolling import at_gate, confirmed, sign, start

DAY = date(2026, 3, 11)


async def rate_of(site: Covered) -> tuple[float | None, int | None, int | None]:
    await facts.refresh(site.city.database)
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        (figure,) = (await answer(uow, "M17", tenant_path(COUNTY), first=DAY, last=DAY)).figures
    return figure.value, figure.above, figure.below


async def test_a_loop_is_whole_with_every_step_and_not_with_one_missing(covered: Covered) -> None:
    agreed, shifts = [], []
    for n in (0, 2):
        agreed.append(await confirmed(covered, n))
        await sign(covered, agreed[-1], n)
    await covered.ask()
    for n, engagement_id in zip((0, 2), agreed, strict=True):
        shifts.append((engagement_id, await at_gate(covered, engagement_id, n)))
    for _, shift in shifts:
        await start(covered, shift)
    covered.at(hours=9)
    for n, (_, shift) in zip((0, 2), shifts, strict=True):
        async with covered.begin(covered.worker(n)) as uow:
            await attend.finish(uow, shift)
        async with covered.begin(covered.employer) as uow:
            await attend.accept(uow, shift)
            bill = await uow.session.scalar(sa.select(Bill.id).where(Bill.assignment_id == shift))
            assert bill is not None
            payment = await wages.record_payment(uow, bill, amount_fen=20000, channel="cash")
        async with covered.begin(covered.worker(n)) as uow:
            await wages.answer_payment(uow, payment.id, received=True)
    assert await rate_of(covered) == (0.0, 0, 2), "nobody has rated yet"
    async with covered.begin(covered.employer) as uow:
        await rating.rate(uow, shifts[0][0], stars=5, tags=[])
    assert await rate_of(covered) == (0.5, 1, 2)
