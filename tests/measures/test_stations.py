"""Liveliness (M19) and the zombie rule (M20): from counts, and from what a month of records leaves behind."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import asyncpg
import pytest
import sqlalchemy as sa
from small_city import COUNTY, OTHER_COUNTY, OTHER_STATION, STATION, City

from linggong.inbox import subscribers as inbox_subscribers
from linggong.inbox.models import Memo
from linggong.kernel.db import Actor
from linggong.kernel.errors import Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.paths import Scope, tenant_path
from linggong.measures import closing, facts, site_jobs
from linggong.measures.closing import ClosureForm
from linggong.measures.hours import opens
from linggong.measures.liveliness import Caps, Counts, Liveliness, lively, p75, score
from linggong.measures.site_models import SiteHit
from linggong.measures.sites import Place
from linggong.measures.zombies import Evidence, Limits, judged, zombies
from tests.tenants.rows import fill

if TYPE_CHECKING:
    from conftest import TestDatabase

HERE = Place(STATION, "兰阳街道零工驿站", "station")
FIRST, LAST = date(2026, 3, 2), date(2026, 3, 31)


def points(one: Liveliness) -> dict[str, float | None]:
    return {part.key: part.points for part in one.parts}


def test_five_parts_give_a_hundred() -> None:
    full = Counts(
        planned=20, opened=20, served=60, completed=40, entries=10, timely=10, records=10, good=10, working_age=10000
    )
    caps = Caps(served=6.0, completed=40.0)
    assert score(HERE, full, caps).score == 100.0
    half = Counts(
        planned=20, opened=10, served=30, completed=20, entries=10, timely=5, records=10, good=5, working_age=10000
    )
    found = score(HERE, half, caps)
    assert points(found) == {"opening": 12.5, "served": 12.5, "completed": 12.5, "timely": 7.5, "quality": 5.0}
    assert (found.score, found.partial) == (50.0, False)
    # Above the county's line there is nothing to gain.
    assert points(score(HERE, Counts(served=900, completed=900, working_age=10000), caps))["served"] == 25.0
    # Without population that part is unknown, not nothing: the others are brought to a hundred.
    half.working_age = None
    found = score(HERE, half, caps)
    assert (points(found)["served"], found.score, found.partial) == (None, 50.0, True)
    assert score(HERE, Counts(), Caps()).score is None
    assert p75([1.0, 2.0, 3.0, 4.0]) == 3.0


@pytest.mark.parametrize(
    ("hours", "day", "minute"),
    [
        (None, date(2026, 3, 4), -1),
        ("4月到9月 4:30 到 18:00；10月到3月 5:00 到 17:30", date(2026, 3, 4), 300),
        ("4月至9月 5:00—19:00；10月至3月 5:30—18:00", date(2026, 5, 4), 300),
        ("周一到周五 8:30 到 17:30", date(2026, 3, 7), None),
        ("周一到周六 7:00 到 17:00", date(2026, 3, 7), 420),
        ("每天都在", date(2026, 3, 7), -1),
    ],
)
def test_hours_as_people_write_them(hours: str | None, day: date, minute: int | None) -> None:
    assert opens(hours, day) == minute


def evidence(**changes: object) -> Evidence:
    values: dict[str, object] = {
        "first": FIRST, "last": LAST, "completed": 0, "served": 3, "opened": 10, "planned": 30, "roster": 1, "last_sign": LAST,
        "closed_days": 0, "min_served": 5, "min_opening": 30.0, "silent_days": 14,
    }  # fmt: skip
    return Evidence(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, "zombie"),
        ({"served": 5}, ""),
        ({"served": 5, "opened": 8}, "zombie"),
        ({"completed": 1, "served": 0, "opened": 0}, ""),
        ({"roster": 0, "completed": 9}, "empty"),
        ({"last_sign": LAST - timedelta(days=14), "completed": 9}, "empty"),
        ({"last_sign": LAST - timedelta(days=13), "completed": 9}, ""),
        ({"last_sign": None}, "empty"),
        ({"last_sign": None, "closed_days": 2, "completed": 9}, ""),
        ({"planned": 14, "roster": 0}, "exempt"),
    ],
)
def test_the_rule(changes: dict[str, object], rule: str) -> None:
    assert judged(evidence(**changes), Limits()).rule == rule


def bureau(path: str) -> tuple[Actor, Scope]:
    at = tenant_path(path)
    return Actor(kind="staff", id=new_id(), post=at, role="city_bureau"), Scope(trees=(at,))


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC) - timedelta(hours=8)


async def lived(owner: asyncpg.Connection, tenant: str) -> None:
    """A month of a station that opens: a clerk, a screen, entries; twelve people come."""
    clerk = await fill(owner, "staff", tenant=tenant, status="active", username=f"u{new_id().hex}")
    await fill(
        owner,
        "role_assignments",
        staff_id=clerk["id"],
        role="station_clerk",
        tenant=tenant,
        starts_at=at(1, 1),
        ends_at=None,
    )
    screen = await fill(owner, "screens", tenant=tenant, kind="wall", ended_at=None)
    who = []
    for n in range(12):
        person = await fill(
            owner, "persons", sex="男", status="active", verified_method="id_number", birth_date=date(1970, 1, 1)
        )
        who.append(person["id"])
        await fill(
            owner, "tickets", tenant=tenant, day=date(2026, 3, 2 + n), number=1, person_id=person["id"], channel="desk",
            state="left", came_at=at(2 + n, 6), recorded_at=at(2 + n, 6),
        )  # fmt: skip
    for day in range(2, 32):
        await fill(
            owner,
            "screen_beats",
            tenant=tenant,
            screen_id=screen["id"],
            hour=at(day, 5),
            first_at=at(day, 5),
            last_at=at(day, 5),
        )
        await fill(
            owner, "events", tenant=tenant, actor_kind="staff", actor_id=clerk["id"], chain=str(new_id()), body="{}",
            occurred_at=at(day, 6) - timedelta(days=2 if day % 10 == 0 else 0), recorded_at=at(day, 6),
        )  # fmt: skip


async def test_a_month_of_records(city: City, blank: TestDatabase) -> None:
    inbox_subscribers.register()
    owner = await blank.owner()
    try:
        await lived(owner, STATION)
        await fill(
            owner,
            "node_populations",
            tenant="/4102/25/001/",
            as_of=date(2025, 12, 31),
            residents=6000,
            working_age=4000,
        )
    finally:
        await owner.close()
    for day in range(2, 32):
        city.clock.move_to(at(day, 23))
        await site_jobs.keep_signs(city.database)
    city.clock.move_to(datetime(2026, 3, 31, 17, 20, tzinfo=UTC))
    await site_jobs.nightly(city.database)
    await site_jobs.nightly(city.database)
    async with city.database.system() as uow:
        assert await facts.kept(uow) == await facts.counted(uow)
    async with city.database.begin(*bureau("/4102/")) as uow:
        found = {one.path: one for one in await lively(uow, tenant_path("/4102/"), first=FIRST, last=LAST)}
        parts = {part.key: part for part in found[STATION].parts}
        assert (parts["opening"].n, parts["opening"].of, parts["opening"].points) == (30, 30, 25.0)
        assert (parts["served"].n, parts["served"].of, parts["served"].points) == (12, 4000, 25.0)
        # Entries are counted for good when their day is over: of the last three days, all but that of the 30th in time.
        assert (parts["timely"].n, parts["timely"].of) == (2, 3)
        assert (await zombies(uow, tenant_path("/4102/"), last=LAST))[0].path == OTHER_STATION
        # Half of this window lies before anything was written down: nobody is judged by it.
        early = await zombies(uow, tenant_path("/4102/"), last=date(2026, 3, 10))
        assert {one.rule for one in early} == {"exempt"}
    # At one station nobody can see where the county's line lies.
    async with city.database.begin(*bureau(STATION)) as uow:
        (alone,) = await lively(uow, tenant_path(STATION), first=FIRST, last=LAST)
        assert (points(alone)["served"], alone.partial) == (None, True)
    async with city.database.system() as uow:
        hits = list(await uow.session.scalars(sa.select(SiteHit)))
        assert [(h.tenant, h.month, h.verdict, h.nth, h.proposes) for h in hits] == [
            (OTHER_STATION, date(2026, 3, 1), "empty", 1, "notice")
        ]
        assert hits[0].evidence["words"] == "名册上没有工作人员。"
        memos = list(await uow.session.scalars(sa.select(Memo).order_by(Memo.tenant.desc())))
        assert [(m.tenant, m.office, m.title) for m in memos] == [
            (OTHER_STATION, "station", "大兴街道零工驿站：挂空牌，提醒"),
            (OTHER_COUNTY, "bureau", "大兴街道零工驿站：挂空牌，提醒"),
        ]
    for month, nth in ((4, 2), (5, 3), (6, 3)):
        city.clock.move_to(datetime(2026, month, 30 if month != 5 else 31, 17, 20, tzinfo=UTC))
        await site_jobs.nightly(city.database)
        async with city.database.system() as uow:
            row = (
                await uow.session.scalars(
                    sa.select(SiteHit).where(SiteHit.month == date(2026, month, 1), SiteHit.tenant == OTHER_STATION)
                )
            ).one()
            assert row.nth == nth


async def test_a_closure_is_declared_before_it_begins(city: City) -> None:
    city.clock.move_to(at(3, 9))
    form = ClosureForm(site=STATION, first=date(2026, 3, 4), last=date(2026, 3, 25), kind="farm_season")
    async with city.database.begin(*bureau(COUNTY)) as uow:
        row = await closing.declare(uow, form)
        with pytest.raises(Invalid) as refused:
            await closing.declare(
                uow, ClosureForm(site=COUNTY, first=date(2026, 3, 2), last=FIRST - timedelta(days=9), kind="x")
            )
        assert {f.field for f in refused.value.faults} == {"site", "first", "last", "kind"}
        with pytest.raises(NotFound):
            await closing.declare(uow, ClosureForm(site=OTHER_STATION, first=form.first, last=form.last, kind="other"))
    city.clock.move_to(at(31, 23))
    async with city.database.begin(*bureau(COUNTY)) as uow:
        (found,) = await zombies(uow, tenant_path(COUNTY), last=LAST)
        assert (found.rule, found.nth, found.evidence.planned) == ("exempt", 0, 8)
    city.clock.move_to(at(9, 9))
    async with city.database.begin(*bureau(COUNTY)) as uow:
        await closing.reopen(uow, row.id)
        assert (await zombies(uow, tenant_path(COUNTY), last=LAST))[0].rule == "empty"
