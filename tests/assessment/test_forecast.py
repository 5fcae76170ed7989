"""M23: what a year so far would score, on records of the place alone; what only a reviewer sees stays open."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from small_city import COUNTY, OTHER_STATION, START, STATION, City

from linggong.assessment import beside, gather
from linggong.assessment import card as cards
from linggong.assessment.forecast import forecast
from linggong.assessment.scorecard import Score
from linggong.kernel.db import SYSTEM
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE, tenant_path
from linggong.ledgers.models import MonthReport
from linggong.outreach.fair_models import Fair, FairStation
from tenants.service import set_parameter
from tests.tenants.rows import fill

from .offices import case, incident, keep

if TYPE_CHECKING:
    from conftest import TestDatabase

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)


async def of(city: City) -> Score:
    card = cards.of_preset("jianning")
    assert card is not None
    async with city.database.begin(*city.staff(COUNTY), read_only=True) as uow:
        return await forecast(uow, card, tenant_path(COUNTY), first=FIRST, last=LAST)


async def test_records_of_the_place_give_the_computed_rows(city: City) -> None:
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        year = {"published": 702, "posts": 700, "agreed": 320, "confirmed": 320, "contracted": 310, "completed": 299, "bills__confirmed": 290, "cases": 16, "untrue": 2, "stale": 4}  # fmt: skip
        await keep(uow, STATION, FIRST, **year, satisfied__worker=89, rated__worker=100)
        await keep(uow, STATION, LAST, completed=1, satisfied__employer=90, rated__employer=100)
        await keep(uow, STATION, LAST + timedelta(days=1), completed=500)
        await keep(uow, OTHER_STATION, FIRST, completed=500, cases=50)
        uow.session.add_all(
            [
                incident(START, "confirmed"), incident(START, "reported"), incident(START, "unfounded"), incident(START, "confirmed", "other"),
                incident(START, "confirmed", tenant=OTHER_STATION), incident(START - timedelta(days=40), "confirmed"),
                *(case(n) for n in range(15)), case(15, claimant="system", channel="system"), case(16, tenant=OTHER_STATION),
                case(17, kind="other", state="D_RESOLVED", resolved_at=START + timedelta(hours=1), ended_how="answered"),
            ]
        )  # fmt: skip
    found = await of(city)
    rows = {row.n: row for row in found.rows}
    assert {n: row.points for n, row in rows.items() if not row.missing} == {1: 7, 9: 7, 10: 4, 12: 3, 13: 4, 14: 4, 15: 4, 16: 8}  # fmt: skip
    assert found.missing == [2, 3, 4, 5, 6, 7, 8, 11, 17]
    assert (found.complete, rows[9].value, rows[14].value, rows[15].beside) == (False, 89, 300, {"stale": 4})
    # 15 brought by parties (§2.1: 15 is 8 points); what the system opened is none, a question answered at once is a consultation.
    assert (rows[16].value, rows[16].beside) == (15, {"on_the_spot": 1})
    assert "雇主支付款项" in rows[1].why, "no payment stands in the records"
    following = rows[14].next
    assert following is not None
    assert (following.at, following.gap, following.wins) == (501, 201, 1)


async def test_without_answers_satisfaction_is_open(city: City) -> None:
    found = await of(city)
    assert next(row for row in found.rows if row.n == 9).missing, "no answers are not 0 %"
    assert next(row for row in found.rows if row.n == 16).points == 10


async def test_what_other_books_keep_enters_by_itself(city: City) -> None:
    """A follower's snapshot, fairs with enough employers, month reports in time (R094, R109, R111): else a paper says it, else the row is open."""
    card = cards.of_library("longli")
    station = tenant_path(STATION)

    async def entries(numbers: dict[int, int] | None = None) -> dict[str, dict[str, int] | None]:
        async with city.database.begin(*city.staff(COUNTY), read_only=True) as uow:
            ask = gather.Ask(uow, [station], FIRST, LAST)
            return {n: one.counts for n, one in (await gather.entries(ask, card, numbers)).items()}

    assert {n: one for n, one in (await entries()).items() if n in ("2", "3", "4")} == {}, (
        "nobody knows, nothing is guessed"
    )
    assert (await entries({2: 21}))["2"] == {"trainees": 21}
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        for n, employers in enumerate((5, 4, 7)):
            fair = Fair(
                id=new_id(), tenant=STATION, trace_code=f"ZP{n}", theme="零工专场", place="站前广场", starts_at=START + timedelta(days=n),
                ends_at=START + timedelta(days=n, hours=3), notice="", state="held", visitors=80, employers=employers, written_at=START, closed_at=START,
            )  # fmt: skip
            uow.session.add(fair)
            await uow.flush()
            uow.session.add(FairStation(id=new_id(), tenant=STATION, fair_id=fair.id))
        await set_parameter(uow, COUNTY, "fair.min_employers", "5", "龙里县采购文件")
        await set_parameter(uow, COUNTY, "fair.per_month", "1", "龙里县采购文件")
        for month, late in ((1, 0), (2, 3)):
            uow.session.add(
                MonthReport(
                    id=new_id(), tenant=STATION, month=date(2026, month, 1), version=1, state="signed", figures={}, drafted_at=START, due_at=START,
                    signed_at=START, late_days=late, hash=b"x",
                )
            )  # fmt: skip
    found = await entries({3: 12})
    assert found["3"] == {"fairs": 1}, "two of three had five employers, and a month asks for one"
    assert "4" not in found, "the reports of other months say nothing of these days"
    async with city.database.begin(*city.staff(COUNTY), read_only=True) as uow:
        ask = gather.Ask(uow, [station], date(2026, 1, 1), LAST)
        assert (await gather.entries(ask, card))["4"].counts == {"late": 1}


async def test_courses_and_inspections_are_read(city: City, blank: TestDatabase) -> None:
    """R105: whom a station brought into a course counts once, who left does not; a reviewer is shown what inspections found (rows 4 to 6)."""
    owner, station = await blank.owner(), tenant_path(STATION)
    worker = (
        await fill(
            owner,
            "persons",
            id=new_id(),
            sex="女",
            status="active",
            verified_method="id_number",
            registered_channel="desk",
        )
    )["id"]
    for state in ("finished", "enrolled", "left"):
        course = await fill(owner, "courses", id=new_id(), tenant=STATION, mode="offline", need="common")
        await fill(
            owner, "course_enrolments", id=new_id(), tenant=STATION, course_id=course["id"], worker_id=worker, state=state,
            created_at=START, training_subsidy="none", living_subsidy="none", attended=0,
        )  # fmt: skip
    node = await owner.fetchval("SELECT id FROM nodes WHERE path = $1", STATION)
    for n, passed in enumerate((True, False)):
        task = await fill(
            owner, "inspection_tasks", id=new_id(), tenant=STATION, node_id=node, kind="planned", state="done"
        )
        await fill(
            owner, "inspection_results", id=new_id(), tenant=STATION, task_id=task["id"], item="zones", title="功能区", row=4,
            passed=passed, made_at=START - timedelta(days=2 - n),
        )  # fmt: skip
    await owner.close()
    longli, jianning = cards.of_library("longli"), cards.of_library("jianning")
    async with city.database.begin(*city.staff(COUNTY), read_only=True) as uow:
        ask = gather.Ask(uow, [station], FIRST, LAST)
        assert (await gather.entries(ask, longli))["2"].counts == {"trainees": 1}
        said = [await beside.facts(ask, row) for row in jianning.rows if row.n in (4, 5)]
    assert said == [["现场检查“功能区”：合格 1 次，不合格 1 次，最近一次（2026-03-10）不合格"], []]
