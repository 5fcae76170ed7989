"""Facts that follow the records step by step are those that are counted from scratch, and measures are answered from them."""

from __future__ import annotations

import random
import re
from contextlib import suppress
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from small_city import COUNTY, OTHER_COUNTY, OTHER_STATION, START, STATION, City, good

from linggong.cases import handling, intake
from linggong.cases.forms import CaseForm
from linggong.cases.models import Case
from linggong.contracts import counter
from linggong.contracts import subscribers as contract_subscribers
from linggong.kernel.db import SYSTEM, Actor, UnitOfWork
from linggong.kernel.errors import Invalid, LinggongError
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE, Scope, tenant_path
from linggong.market import review, service, suspending
from linggong.market.models import Order, Shift
from linggong.matching import priority
from linggong.measures import facts, rollup
from linggong.measures.answers import Answer, answer
from linggong.measures.computing import percentile
from linggong.measures.definitions import DEFINITIONS
from linggong.measures.models import MetricSum
from linggong.measures.subject import said
from linggong.people.models import Person, ServiceLink, Worker
from linggong.stations import queue
from linggong.tables import metadata
from linggong.wages import service as wages
from linggong.wages import subscribers as wage_subscribers
from linggong.wages.models import Bill
from linggong.work import absence, attend, ending, rating
from linggong.work import subscribers as work_subscribers
from linggong.work.models import Assignment, Engagement, Rating
from tenants.moving import move_subtree

if TYPE_CHECKING:
    from conftest import TestDatabase

DAY = date(2026, 3, 11)


@pytest.fixture(autouse=True)
def _loop() -> None:
    work_subscribers.register()
    contract_subscribers.register()
    wage_subscribers.register()


async def publish(city: City, **changes: Any) -> UUID:
    async with city.database.begin(*city.employer(city.trusted)) as uow:
        order = await service.create_order(
            uow, city.secrets.sealer, good(**changes), employer_id=city.trusted, tenant=STATION, submit=True
        )
    if order.state == "O_REVIEW":
        async with city.database.begin(*city.staff(STATION, staff_id=new_id())) as uow:
            await review.approve(uow, order.id, call_back="reached")
    return order.id


async def worker(city: City) -> UUID:
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
        uow.session.add(
            ServiceLink(id=new_id(), subject_id=person_id, tenant=STATION, kind="registered", started_at=uow.now)
        )
    return person_id


async def ask(city: City, metric: str, at: str = COUNTY, *, who: str | None = None, **more: Any) -> Answer:
    post = tenant_path(who or at)
    actor = Actor(kind="staff", id=new_id(), post=post, role="county_bureau")
    # A scope with a hole is answered from the daily facts, one without from their sums: both say the same.
    told = []
    for hole in ((), (tenant_path("/4102/99/"),)):
        async with city.database.begin(actor, Scope(trees=(post,), not_nodes=hole)) as uow:
            told.append(await answer(uow, metric, tenant_path(at), **({"first": DAY, "last": DAY} | more)))
    assert told[0] == told[1]
    return told[0]


def values(found: Answer) -> list[float | None]:
    return [figure.value for figure in found.figures]


async def follow(city: City) -> None:
    """Follow what has changed, and hold the facts against a count from scratch."""
    await facts.refresh(city.database)
    async with city.database.system() as uow:
        assert await facts.kept(uow) == await facts.counted(uow)
        before = await rollup.kept(uow)
        await rollup.forget(uow)
        await rollup.write(uow, {fact[1] for fact in await facts.kept(uow)})
        assert await rollup.kept(uow) == before


async def test_a_day_is_answered_from_its_facts(city: City) -> None:
    order_id = await publish(city)
    people = [await worker(city) for _ in range(3)]
    city.clock.advance(timedelta(minutes=20))
    async with city.database.begin(*city.clerk) as uow:
        rows = [await counter.hire(uow, order_id, person) for person in people]
        held = [
            await uow.session.scalar(sa.select(Assignment.id).where(Assignment.engagement_id == r.id)) for r in rows
        ]
    await follow(city)
    city.clock.move_to(START)
    async with city.database.begin(*city.clerk) as uow:
        for shift in held[:2]:
            assert shift is not None
            await attend.arrive(uow, shift, method="clerk")
            await attend.start(uow, shift)
    city.clock.advance(timedelta(hours=9))
    async with city.database.begin(*city.clerk) as uow:
        for shift in held[:2]:
            assert shift is not None
            await attend.finish(uow, shift)
            await attend.accept(uow, shift)
        bill = (await uow.session.scalars(sa.select(Bill).order_by(Bill.id))).first()
        assert bill is not None
        payment = await wages.record_payment(uow, bill.id, amount_fen=20000, channel="cash")
        await wages.answer_payment(uow, payment.id, received=True)
    await follow(city)
    assert values(await ask(city, "M03")) == [0.5]
    assert values(await ask(city, "M04")) == [0.3333]
    assert values(await ask(city, "M07")) == [1.0]
    # What is due today can still be paid today: it is told tomorrow.
    early = await ask(city, "M12")
    assert (early.last, values(early)) == (DAY - timedelta(days=1), [None, None, None])
    city.clock.advance(timedelta(days=1))
    assert values(await ask(city, "M12")) == [0.5, 0.0, 0.0]
    assert values(await ask(city, "M16")) == [1.0]
    # Six were wanted and three came: the median of filling lies among what is not filled, the first answer took twenty minutes.
    published = DAY - timedelta(days=1)
    assert values(await ask(city, "M05", first=published, last=published)) == [None, None, 1.0]
    assert values(await ask(city, "M06", first=published, last=published)) == [20.0, 20.0]
    # Six places published the day before, three people registered without a wish; at five three places were left for the three.
    span = {"first": published, "last": DAY}
    assert values(await ask(city, "M01", **span)) == [2.0, 6.0, 3.0]
    assert values(await ask(city, "M01", trade_code="6-29-00-00", **span)) == [2.0, 6.0, 3.0]
    assert values(await ask(city, "M01", trade_code="4-00-00-00", **span)) == [None, 0.0, 0.0]
    carried = (await ask(city, "M01")).figures[1]
    assert (carried.value, carried.above, carried.below) == (6.0, 0, 6)
    assert values(await ask(city, "M01", first=DAY + timedelta(days=1), last=DAY + timedelta(days=1))) == [
        0.0,
        0.0,
        3.0,
    ]
    assert values(await ask(city, "M02")) == [1.0]
    assert values(await ask(city, "M11", first=DAY, last=DAY)) == [0.0, 0.0, 0.0]
    assert [f.hidden for f in (await ask(city, "M10")).figures] == [True, True]
    assert values(await ask(city, "M14")) == [0.0, None, None, None, None, 0.0]
    assert values(await ask(city, "M18", **span))[:2] == [0.0, 0.0]
    assert values(await ask(city, "M25", **span))[:2] == [1.0, 1.0]
    # Too few for a group, and a group of places there is none.
    assert [f.hidden for f in (await ask(city, "M07", group="55")).figures] == [True]
    assert values(await ask(city, "M02", group="55")) == [None]
    covered = (await ask(city, "M15")).figures[0]
    assert (covered.value, covered.above, covered.below) == (0.0, 0, 2)
    # One settled shift of one employer: no wage is told. Without a denominator a figure is null, not 0.
    assert all(f.hidden and f.value is None for f in (await ask(city, "M09")).figures)
    assert values(await ask(city, "M04", OTHER_COUNTY)) == [None]
    assert values(await ask(city, "M04", trade_code="6-29-00-00")) == [0.3333]
    assert values(await ask(city, "M04", trade_code="4-00-00-00")) == [None]
    # Asked for the city, a county's post still gets its own county only.
    assert values(await ask(city, "M04", "/4102/", who=OTHER_COUNTY)) == [None]
    # In April the whole of March is summed up: every measure is the same from it as from the days.
    city.clock.move_to(START + timedelta(days=24))
    await follow(city)
    async with city.database.system() as uow:
        assert (
            await uow.session.scalar(
                sa.select(sa.func.count()).where(MetricSum.span == "month", MetricSum.tenant == COUNTY)
            )
            > 20
        )
    for metric in (d.id for d in DEFINITIONS if d.figures):
        for first in (date(2026, 2, 10), DAY):
            await ask(city, metric, first=first, last=date(2026, 4, 2))
    assert values(await ask(city, "M07", first=date(2026, 2, 10), last=date(2026, 4, 2))) == [1.0]
    assert values(await ask(city, "M11", first=date(2026, 2, 10), last=date(2026, 4, 2)))[1:] == [1.0, 0.0]


async def test_a_question_that_makes_no_sense_is_told_all_its_faults(city: City) -> None:
    with pytest.raises(Invalid) as told:
        await ask(city, "M99", first=DAY, last=DAY - timedelta(days=1), trade_code="9-9", group="tall")
    assert [fault.field for fault in told.value.faults] == ["metric", "last", "trade", "group"]
    with pytest.raises(Invalid) as told:
        await ask(city, "M19")
    assert [fault.code for fault in told.value.faults] == ["not_counted"]


def test_facts_read_only_what_is_audited_and_followed() -> None:
    for subject in facts.SUBJECTS:
        read = {name for query in subject.counts for name in re.findall(r"(?:FROM|JOIN) (\w+)", said(query))}
        tables = read & metadata.tables.keys()
        followed = {follow.table for follow in subject.follows}
        assert tables <= followed, (subject.name, tables - followed)
        assert [name for name in followed if metadata.tables[name].info["scope"].audit] == []


def test_every_measure_is_declared_once() -> None:
    assert [d.id for d in DEFINITIONS] == [f"M{n:02}" for n in range(1, 26)]
    assert all(d.words and d.formula and d.owner and d.version for d in DEFINITIONS)


def test_what_is_unfinished_is_not_dropped() -> None:
    assert percentile({"10": 1, "9": 1}, 0, 50) == 9.0
    assert percentile({"9": 5, "100": 4}, 1, 90) == 100.0
    assert percentile({"9": 5}, 5, 90) is None
    assert percentile({}, 0, 50) is None


EARLY = ["hire", "hire", "hire", "hire", "queue", "give_back", "trade", "suspend", "restore"]
LATE = [
    "arrive",
    "arrive",
    "arrive",
    "start",
    "start",
    "finish",
    "finish",
    "accept",
    "accept",
    "stay_away",
    "contest",
    "pay",
    "rate",
    "trade",
    "dispute",
    "answer",
    "reopen",
    "cancel",
]
READY = {
    "arrive": "A_CONTRACTED", "start": "A_ARRIVED", "finish": "A_WORKING", "accept": "A_FINISHED", "stay_away": "A_CONTRACTED",
    "contest": "X_NOSHOW_W",
}  # fmt: skip


async def step(uow: UnitOfWork, what: str, dice: random.Random, orders: list[UUID], person: UUID) -> None:
    """One thing that somebody does, to a record that may not be ready for it."""
    order = dice.choice(orders)

    async def some(model: Any) -> Any:
        rows = list(await uow.session.scalars(sa.select(model).where(model.order_id.in_(orders)).order_by(model.id)))
        ready = [row for row in rows if row.state == READY.get(what, row.state)] if model is Assignment else rows
        return dice.choice(ready or rows or [model(id=new_id())])

    match what:
        case "hire":
            await counter.hire(uow, order, person)
        case "queue":
            await queue.sign_in(uow, at=tenant_path(STATION), channel="desk", person_id=person)
        case "restore":
            await suspending.restore(uow, orders[-1], findings="查过了，没有问题")
        case "contest":
            await absence.contest(uow, (await some(Assignment)).id, reason="illness")
        case "dispute":
            bill = await some(Bill)
            form = CaseForm(kind="wage", claim="钱没给够", amount_fen=5000, asks="more", bill_id=bill.id, channel="desk",
                            claimant="worker", claimant_id=bill.worker_id)  # fmt: skip
            await intake.open_case(uow, None, form)
        case "answer":
            await handling.answer(uow, (await some(Case)).id, outcome="补发了五十块")
        case "reopen":
            await handling.reopen(uow, (await some(Case)).id, reason="他说还没解决")
        case "give_back":
            await ending.cancel_engagement(uow, (await some(Engagement)).id, reason="不用了")
        case "suspend":
            await suspending.suspend(uow, orders[-1], reason=dice.choice(sorted(suspending.REASONS)))
        case "cancel":
            await service.cancel_order(uow, orders[-1], reason="employer")
        case "trade":
            code = dice.choice(("6-29-99-00", "4-03-02-06"))
            await uow.execute(sa.update(Order).where(Order.id == order).values(trade_code=code))
        case "arrive":
            await attend.arrive(uow, (await some(Assignment)).id, method="clerk")
        case "start":
            await attend.start(uow, (await some(Assignment)).id)
        case "finish":
            await attend.finish(uow, (await some(Assignment)).id)
        case "accept":
            await attend.accept(uow, (await some(Assignment)).id)
        case "stay_away":
            await absence.no_show(uow, (await some(Assignment)).id, call_note="8:10 打了没人接")
        case "pay":
            fen = dice.choice((5000, 20000))
            payment = await wages.record_payment(uow, (await some(Bill)).id, amount_fen=fen, channel="cash")
            await wages.answer_payment(uow, payment.id, received=dice.random() < 0.7)
        case "rate":
            deal, stars = (await some(Engagement)).id, dice.randint(1, 5)
            await rating.rate(uow, deal, stars=stars, tags=[], side=dice.choice(("worker", "employer")), channel="desk")


@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10**6))
async def test_whatever_happens_facts_follow(city: City, blank: TestDatabase, seed: int) -> None:
    """Hire, cancel, come, stay away, finish, pay, rate, hold and change, in any order, through the services; then what is rarer."""
    dice = random.Random(seed)
    city.clock.move_to(START - timedelta(days=1))
    orders = [await publish(city, title=f"搬砖小工{n}{seed}", headcount=5) for n in "甲乙丙"]
    done = set()
    bureau = (
        Actor(kind="staff", id=new_id(), post=tenant_path(COUNTY), role="county_bureau"),
        Scope(trees=(tenant_path(COUNTY),)),
    )
    course = [
        *dice.choices(EARLY, k=20),
        *dice.choices(LATE[:-2], k=30),
        "arrive",
        "start",
        "finish",
        "accept",
        "pay",
        *LATE[9:],
    ]
    for turn, what in enumerate(course):
        if turn == 20:
            city.clock.move_to(START)
        if turn in (28, 38):
            city.clock.advance(timedelta(minutes=45) if turn == 28 else timedelta(hours=9))
        person = await worker(city)
        with suppress(LinggongError):
            async with city.database.begin(*(bureau if what in ("restore", "answer", "reopen") else city.clerk)) as uow:
                await step(uow, what, dice, orders, person)
            done.add(what)
        if turn % 6 == 0:
            await follow(city)
    assert len(done) >= 10, sorted(done)
    await rarely(city, blank, orders)
    async with city.database.system() as uow:
        before = await facts.kept(uow)
    assert before
    assert await facts.recompute(city.database)
    async with city.database.system() as uow:
        assert await facts.kept(uow) == before


async def rarely(city: City, blank: TestDatabase, orders: list[UUID]) -> None:
    """Take down and delete; hand an order to another place and move that place's street; correct days of work, there and back."""
    async with city.database.system() as uow:
        await uow.execute(sa.update(Order).where(Order.id == orders[0]).values(state="O_TAKENDOWN"))
        await uow.execute(sa.delete(Rating).where(Rating.order_id == orders[1]))
        workers = sorted(
            await uow.session.scalars(sa.select(Assignment.worker_id).where(Assignment.order_id.in_(orders)).distinct())
        )
    await follow(city)
    async with city.database.begin(*city.clerk) as uow:
        mark = priority.NewMark(category="disabled", grantor="县残联", proof="残疾证", valid_to=DAY, consent="同意书01")
        await priority.note(uow, workers[0], mark)
    for day in (DAY + timedelta(days=2), DAY + timedelta(days=3)):
        async with city.database.system() as uow:
            await uow.execute(sa.update(Person).where(Person.id == workers[-1]).values(birth_date=date(1961, 1, 1)))
            await uow.execute(sa.update(Order).where(Order.id == orders[2]).values(tenant=OTHER_STATION))
            await uow.execute(sa.update(Shift).where(Shift.order_id == orders[1]).values(work_date=day))
            await uow.execute(sa.update(Assignment).where(Assignment.order_id == orders[1]).values(work_date=day))
            await uow.execute(sa.update(Bill).where(Bill.order_id == orders[1]).values(due_at=uow.now))
    owner = await blank.owner()
    try:
        await move_subtree(
            owner, "/4102/25/001/", "/4102/02/", new_segment="077", actor_note="2026年区划调整，市政府批复"
        )
        await follow(city)
        await move_subtree(
            owner, "/4102/02/077/", "/4102/25/", new_segment="001", actor_note="2026年区划调整，市政府批复"
        )
    finally:
        await owner.close()
    await follow(city)
