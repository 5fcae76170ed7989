"""The overview counts what happened, once, in the right place, and is null where there is nothing to divide by."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from small_city import COUNTY, OTHER_COUNTY, OTHER_STATION, START, STATION, City, good

from linggong.contracts import counter
from linggong.contracts import subscribers as contract_subscribers
from linggong.insight.overview import Figures, Overview, overview
from linggong.kernel.db import SYSTEM, Actor
from linggong.kernel.errors import Invalid
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE, Scope, tenant_path
from linggong.market import review, service
from linggong.measures import facts
from linggong.people.models import Person, ServiceLink, Worker
from linggong.wages import service as wages
from linggong.wages import subscribers as wage_subscribers
from linggong.wages.models import Bill
from linggong.work import attend
from linggong.work import subscribers as work_subscribers
from linggong.work.models import Assignment
from tenants.models import Node

DAY = date(2026, 3, 11)


@pytest.fixture(autouse=True)
def _loop() -> None:
    work_subscribers.register()
    contract_subscribers.register()
    wage_subscribers.register()


def bureau(path: str) -> tuple[Actor, Scope]:
    """A bureau that oversees a subtree."""
    at = tenant_path(path)
    return Actor(kind="staff", id=new_id(), post=at, role="city_bureau"), Scope(trees=(at,))


async def read(city: City, path: str, *, who: str | None = None, **window: Any) -> Overview:
    await facts.refresh(city.database)
    async with city.database.begin(*bureau(who or path)) as uow:
        top = await uow.session.scalar(sa.select(Node).where(Node.path == path))
        assert top is not None
        return await overview(uow, top, **({"day": DAY} | window))


def of(found: Overview, path: str) -> Figures:
    return next(p.figures for p in found.places if p.path == path)


async def publish(city: City, tenant: str = STATION, **changes: Any) -> Any:
    employer = city.trusted if tenant == STATION else city.elsewhere
    async with city.database.begin(*city.employer(employer)) as uow:
        order = await service.create_order(
            uow, city.secrets.sealer, good(**changes), employer_id=employer, tenant=tenant, submit=True
        )
    if order.state == "O_REVIEW":
        async with city.database.begin(*city.staff(tenant, staff_id=new_id())) as uow:
            await review.approve(uow, order.id, call_back="reached")
    return order.id


async def worker(city: City, *nodes: str) -> Any:
    person_id = new_id()
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        uow.session.add(
            Person(
                id=person_id, name="李国强", id_sealed=b"x", id_index=person_id.bytes, birth_date=date(1968, 5, 1), sex="男",
                verified_level=1, verified_method="id_number", verified_at=uow.now, registered_channel="desk",
                created_at=uow.now,
            )
        )  # fmt: skip
        await uow.flush()
        uow.session.add(
            Worker(person_id=person_id, pay_fen=18000, pay_unit="day", created_at=uow.now, updated_at=uow.now)
        )
        for node in nodes:
            uow.session.add(
                ServiceLink(id=new_id(), subject_id=person_id, tenant=node, kind="registered", started_at=uow.now)
            )
    return person_id


async def test_a_day_of_one_county(city: City) -> None:
    order_id = await publish(city)
    people = [await worker(city, STATION) for _ in range(3)]
    shifts = []
    async with city.database.begin(*city.clerk) as uow:
        for person in people:
            row = await counter.hire(uow, order_id, person)
            shifts.append(await uow.session.scalar(sa.select(Assignment.id).where(Assignment.engagement_id == row.id)))
    before = await read(city, "/4102/")
    assert (of(before, COUNTY).open_posts, of(before, COUNTY).open_places) == (1, 3)
    city.clock.move_to(START)
    async with city.database.begin(*city.clerk) as uow:
        for shift in shifts[:2]:
            await attend.arrive(uow, shift, method="clerk")
            await attend.start(uow, shift)
    city.clock.advance(timedelta(hours=9))
    async with city.database.begin(*city.clerk) as uow:
        for shift in shifts[:2]:
            await attend.finish(uow, shift)
            await attend.accept(uow, shift)
        first = (await uow.session.scalars(sa.select(Bill).order_by(Bill.id))).first()
        assert first is not None
        payment = await wages.record_payment(uow, first.id, amount_fen=20000, channel="cash")
        await wages.answer_payment(uow, payment.id, received=True)
    city.clock.advance(timedelta(hours=10))
    found = await read(city, "/4102/")
    here, there = of(found, COUNTY), of(found, OTHER_COUNTY)
    assert (here.posts, here.wanted, here.confirmed, here.arrived, here.completed) == (1, 6, 3, 2, 2)
    assert (here.due_fen, here.paid_fen, here.overdue_fen, here.overdue_people) == (40000, 20000, 20000, 1)
    assert (here.bills_due, here.bills_on_time, here.workers, here.employers) == (2, 1, 3, 4)
    assert (here.stations_open, here.stations_live) == (1, 1)
    view = next(p for p in found.places if p.path == COUNTY)
    assert (view.match_rate, view.fill_rate, view.completion_rate, view.on_time_rate) == (0.5, 0.3333, 1.0, 0.5)
    empty = next(p for p in found.places if p.path == OTHER_COUNTY)
    assert (there.posts, there.wanted, there.due_fen) == (0, 0, 0)
    assert (empty.match_rate, empty.fill_rate, empty.completion_rate, empty.on_time_rate) == (None,) * 4
    assert found.total.figures.due_fen == 40000


async def test_the_window_is_whole_business_days(city: City) -> None:
    await publish(city)
    assert of(await read(city, "/4102/", day=DAY), COUNTY).wanted == 6
    assert of(await read(city, "/4102/", day=DAY - timedelta(days=1)), COUNTY).wanted == 0
    assert of(await read(city, "/4102/", day=DAY + timedelta(days=6), days=7), COUNTY).wanted == 6
    assert of(await read(city, "/4102/", day=DAY + timedelta(days=7), days=7), COUNTY).wanted == 0
    assert of(await read(city, "/4102/", day=DAY + timedelta(days=29), days=30), COUNTY).wanted == 6
    for days in (0, -1, 367):
        with pytest.raises(Invalid):
            await read(city, "/4102/", days=days)


async def test_a_person_served_twice_is_one_person_of_the_city(city: City) -> None:
    await worker(city, STATION, OTHER_STATION)
    found = await read(city, "/4102/")
    assert (of(found, COUNTY).workers, of(found, OTHER_COUNTY).workers) == (1, 1)
    assert found.total.figures.workers == 1


async def test_rows_that_hang_on_the_place_itself_are_in_its_total(city: City) -> None:
    """An order of a county without a station hangs on the county."""
    await publish(city, COUNTY)
    county = await read(city, COUNTY)
    assert county.total.figures.wanted == 6
    assert sum(p.figures.wanted for p in county.places) == 0
    assert of(await read(city, "/4102/"), COUNTY).wanted == 6


async def test_a_closed_place_keeps_its_past_in_the_total(city: City) -> None:
    await publish(city)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await uow.execute(sa.update(Node).where(Node.path == "/4102/25/001/").values(status="closed"))
    found = await read(city, COUNTY)
    assert "/4102/25/001/" not in [p.path for p in found.places]
    assert found.total.figures.wanted == 6


async def test_a_county_never_counts_another(city: City) -> None:
    await publish(city)
    await publish(city, OTHER_STATION, division_code="410202003000")
    assert (await read(city, "/4102/")).total.figures.wanted == 12
    assert (await read(city, COUNTY)).total.figures.wanted == 6
    # Asked for the city, a county's post still gets its own county only: scope and row security narrow it.
    seen = await read(city, "/4102/", who=COUNTY)
    assert (of(seen, COUNTY).wanted, of(seen, OTHER_COUNTY).wanted, seen.total.figures.wanted) == (6, 0, 6)
