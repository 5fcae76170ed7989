"""M12 and M13 as the definitions have them: the worker's word counts, a voucher beside it, and rates are null without a base."""

from __future__ import annotations

from datetime import timedelta

from linggong.kernel import timers
from linggong.wages import metrics, service

from .conftest import Site, crew_accepted


async def test_settlement_and_arrears(site: Site) -> None:
    first, second, _ = await crew_accepted(site, 3)
    start, end = site.city.clock.now() - timedelta(days=1), site.city.clock.now() + timedelta(days=2)
    async with site.begin(site.employer) as uow:
        mine = await service.record_payment(uow, first, amount_fen=20000, channel="cash")
        await service.record_payment(uow, second, amount_fen=20000, channel="bank", voucher="B1")
    async with site.begin(site.worker()) as uow:
        await service.answer_payment(uow, mine.id, received=True)
    county = site.city.staff("/4102/25/")
    async with site.begin(county) as uow:
        found = await metrics.settlement(uow, start, end)
    assert (found.due, found.on_time_confirmed, found.unconfirmed, found.unpaid) == (3, 1, 1, 1)
    site.at(days=5)
    await timers.sweep(site.city.database)
    async with site.begin(county) as uow:
        found = await metrics.settlement(uow, start, end)
        owed = await metrics.arrears(uow, start, end)
    assert (found.on_time_confirmed, found.on_time_evidence, found.unconfirmed, found.unpaid) == (1, 1, 0, 1)
    assert found.rate == 1 / 3
    assert (owed.persons_due, owed.persons_late, owed.due_fen, owed.late_fen) == (3, 1, 60000, 20000)
    assert owed.ages == {"1": 20000, "3": 20000, "7": 0, "15": 0, "30": 0}
    assert (owed.person_rate, owed.money_rate) == (1 / 3, 1 / 3)
    async with site.begin(site.city.staff("/4102/02/")) as uow:
        assert (await metrics.settlement(uow, start, end)).rate is None
        nothing = await metrics.arrears(uow, start, end)
        assert (nothing.person_rate, nothing.money_rate) == (None, None)
