"""Bills of shifts that did not run as agreed: pauses by their cause, overtime, less and more work, heat, part recognised."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa

from linggong.kernel.db import SYSTEM
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE
from linggong.market.codes import LegalForm
from linggong.market.models import TermsVersion
from linggong.wages import queries
from linggong.wages.attendance import is_statutory
from linggong.wages.models import Bill
from linggong.work import attend, recognising, stopping
from linggong.work.models import Assignment
from linggong.work.weather.models import WeatherAlert

from .conftest import City, Site, at_work, people, publish


async def finished(site: Site, assignment_id: UUID) -> queries.BillView:
    async with site.begin(site.employer) as uow:
        await attend.finish(uow, assignment_id)
    async with site.begin(site.employer) as uow:
        await attend.accept(uow, assignment_id)
    return await the_bill(site)


async def the_bill(site: Site) -> queries.BillView:
    async with site.begin(site.employer) as uow:
        return (await queries.bills(uow))[0]


def amounts(bill: queries.BillView) -> dict[str, int]:
    return {line.kind: line.amount_fen for line in bill.lines}


@pytest.mark.parametrize(
    ("cause", "form", "waiting"),
    [
        ("rain", LegalForm.SERVICE, 1250),
        ("power", LegalForm.SERVICE, 2500),
        ("heat", LegalForm.SERVICE, 1250),
        ("heat", LegalForm.NON_FULL_TIME, 2500),
    ],
)
async def test_an_hour_of_waiting_is_paid_by_its_cause(city: City, cause: str, form: LegalForm, waiting: int) -> None:
    site = Site(city, await publish(city, legal_form=form), await people(city, 1))
    _, assignment_id = await at_work(site)
    site.at(hours=2)
    async with site.begin(site.employer) as uow:
        await stopping.pause(uow, assignment_id, cause=cause)
    site.at(hours=1)
    async with site.begin(site.employer) as uow:
        await stopping.resume(uow, assignment_id)
    site.at(hours=6)
    assert amounts(await finished(site, assignment_id)) == {"base": 17500, "waiting": waiting}


async def test_rain_ends_the_day(site: Site) -> None:
    """Path a: stopped at 11:00 for rain, nobody resumes: the hours worked and the wait, the same day."""
    _, assignment_id = await at_work(site)
    site.at(hours=3)
    async with site.begin(site.employer) as uow:
        await stopping.pause(uow, assignment_id, cause="rain")
    site.at(hours=2)
    async with site.begin(site.employer) as uow:
        await stopping.end_pause(uow, assignment_id)
        await uow.flush()
    async with site.begin(site.employer) as uow:
        await attend.accept(uow, assignment_id)
    assert amounts(await the_bill(site)) == {"base": 7500, "waiting": 2500}


async def test_want_of_material_pays_half_a_day_at_least(site: Site) -> None:
    _, assignment_id = await at_work(site)
    site.at(hours=1)
    async with site.begin(site.employer) as uow:
        await stopping.pause(uow, assignment_id, cause="material")
    async with site.begin(site.employer) as uow:
        await stopping.end_pause(uow, assignment_id)
    async with site.begin(site.employer) as uow:
        await attend.accept(uow, assignment_id)
    assert amounts(await the_bill(site)) == {"base": 10000}


async def amended(site: Site, **changes: Any) -> None:
    """Let the terms say what both agreed on site."""
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        row = await uow.session.scalar(sa.select(TermsVersion))
        assert row is not None
        body = msgspec.json.decode(row.body) | {"version": 2} | changes
        text = msgspec.json.encode(body).decode()
        uow.session.add(
            TermsVersion(
                id=new_id(), order_id=row.order_id, tenant=row.tenant, employer_id=row.employer_id, version=2, body=text,
                hash=row.hash, created_at=uow.now,
            )
        )  # fmt: skip
        await uow.execute(sa.text("UPDATE engagements SET terms_version = 2"))


async def test_overtime_that_was_agreed_and_worked(site: Site) -> None:
    _, assignment_id = await at_work(site)
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        row = await uow.session.get(Assignment, assignment_id)
        assert row is not None
        until = row.ends_at + timedelta(hours=2)
        row.overtime_until = until
    await amended(site, overtime=[{"date": "2026-03-11", "until": until.isoformat(), "hourly_fen": 3000}])
    site.at(hours=10, minutes=30)
    assert amounts(await finished(site, assignment_id)) == {"base": 20000, "overtime": 4500}


async def test_less_and_more_work_pay_what_was_agreed(site: Site) -> None:
    _, assignment_id = await at_work(site)
    await amended(
        site,
        reduced=[{"date": "2026-03-11", "until": "2026-03-11T06:00:00+00:00", "what": "只拆一面墙", "pay_fen": 13000}],
        extra=[
            {"date": "2026-03-11", "what": "清垃圾", "pay_fen": 2000},
            {"date": "2026-03-12", "what": "x", "pay_fen": 1},
        ],
    )
    site.at(hours=5)
    bill = await finished(site, assignment_id)
    assert [(line.kind, line.amount_fen) for line in bill.lines] == [("base", 13000), ("overtime", 2000)]


async def test_the_heat_allowance_needs_heat_and_an_employment(city: City) -> None:
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await uow.execute(
            sa.text(
                "INSERT INTO parameter_values (id, tenant, key, value, source, set_at) VALUES (:id, '/4102/', 'heat.allowance_fen', '1000', 'x', :now)"
            ),
            {"id": new_id(), "now": uow.now},
        )
    site = Site(
        city, await publish(city, legal_form=LegalForm.LABOUR_CONTRACT, conditions=["outdoor"]), await people(city, 1)
    )
    _, assignment_id = await at_work(site)
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        uow.session.add(
            WeatherAlert(
                id=new_id(), tenant="/4102/25/", kind="heat", level="orange", temperature_c=37.0, begins_at=uow.now,
                ends_at=uow.now + timedelta(hours=8), source="station", channel="system", created_at=uow.now,
            )
        )  # fmt: skip
    site.at(hours=9)
    assert amounts(await finished(site, assignment_id)) == {"base": 20000, "allowance": 1000}


async def test_a_part_that_is_not_recognised_is_billed_with_the_rest(site: Site) -> None:
    """53, ruling 5: the bill is for the whole; the named part is for the case to hold."""
    _, assignment_id = await at_work(site)
    site.at(hours=9)
    async with site.begin(site.worker()) as uow:
        await attend.finish(uow, assignment_id)
    async with site.begin(site.employer) as uow:
        await recognising.accept_part(uow, assignment_id, reason="quality", words="墙面不平，要返工", amount_fen=5000)
        assert await uow.session.scalar(sa.select(Bill.total_fen)) == 20000


def test_statutory_days_are_fewer_than_days_off() -> None:
    assert [d for d in range(1, 9) if is_statutory(date(2026, 10, d))] == [1, 2, 3]
    assert is_statutory(date(2026, 2, 17))
    assert not is_statutory(date(2026, 2, 21))
