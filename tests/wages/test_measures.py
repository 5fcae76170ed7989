"""M12 and M13 as the definitions have them: the worker's word counts, a voucher beside it, and rates are null without a base."""

from __future__ import annotations

from datetime import timedelta

from linggong.kernel import clock, timers
from linggong.kernel.paths import tenant_path
from linggong.measures import facts
from linggong.measures.answers import Value, answers
from linggong.wages import service

from .conftest import Site, crew_accepted


async def told(site: Site, path: str = "/4102/25/") -> dict[str, Value]:
    await facts.refresh(site.city.database)
    first = clock.business_date(site.city.clock.now()) - timedelta(days=9)
    async with site.begin(site.city.staff(path)) as uow:
        found = await answers(uow, ["M12", "M13"], tenant_path(path), first=first, last=first + timedelta(days=12))
    return {f"{metric}.{value.key}": value for metric, one in found.items() for value in one.figures}


async def test_settlement_and_arrears(site: Site) -> None:
    first, second, _ = await crew_accepted(site, 3)
    async with site.begin(site.employer) as uow:
        mine = await service.record_payment(uow, first, amount_fen=20000, channel="cash")
        await service.record_payment(uow, second, amount_fen=20000, channel="bank", voucher="B1")
    async with site.begin(site.worker()) as uow:
        await service.answer_payment(uow, mine.id, received=True)
    assert (await told(site))["M12.rate"].below == 0, "what is due today is told tomorrow"
    site.at(days=1)
    now = await told(site)
    assert [now[f"M12.{key}"].above for key in ("rate", "evidence", "claimed")] == [1, 0, 1]
    site.at(days=5)
    await timers.sweep(site.city.database)
    later = await told(site)
    assert [later[f"M12.{key}"].above for key in ("rate", "evidence", "claimed")] == [1, 1, 0]
    assert (later["M12.rate"].value, later["M12.rate"].below) == (0.3333, 3)
    assert [later[f"M13.{key}"].value for key in ("persons", "money")] == [0.3333, 0.3333]
    assert (later["M13.money"].above, later["M13.money"].below) == (20000, 60000)
    assert [later[f"M13.aged{days}"].value for days in (1, 3, 7, 15, 30)] == [20000, 20000, 0, 0, 0]
    elsewhere = await told(site, "/4102/02/")
    assert (elsewhere["M12.rate"].value, elsewhere["M13.persons"].value, elsewhere["M13.money"].value) == (
        None,
        None,
        None,
    )
