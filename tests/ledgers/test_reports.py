"""月报 (R094): drafted for all stations at once, signed and frozen, approved by another hand or given back; roll-ups name who is missing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
import sqlalchemy as sa
from officers import Officer, hire

from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.ledgers import columns, layouts, months, reports, rollup, sheets
from linggong.ledgers.models import MonthReport
from linggong.ledgers.reports import ReportAnswer, ReportSign, ReportView
from rbac.permissions import Permission as P
from rbac.roles import Role
from tenants.models import Node

from .conftest import COUNTY, OTHER_STATION, STATION, City, Offices

FEBRUARY = date(2026, 2, 1)


async def drafted(city: City, at: datetime = datetime(2026, 3, 1, 1, tzinfo=UTC)) -> None:
    city.clock.move_to(at)
    await months.nightly(city.database)


async def latest(who: Officer, path: str = STATION, month: date = FEBRUARY) -> ReportView:
    async with who.may(P.REPORT_READ) as uow:
        return await reports.of_station(uow, path, month)


async def sign(who: Officer, one: ReportView, remark: str = "") -> MonthReport:
    async with who.may(P.REPORT_SIGN) as uow:
        return await reports.sign(uow, one.id, ReportSign(seen=one.seen, remark=remark))


async def decide(who: Officer, report_id: UUID, words: str = "") -> MonthReport:
    async with who.may(P.REPORT_APPROVE) as uow:
        if words:
            return await reports.give_back(uow, report_id, ReportAnswer(words=words))
        return await reports.approve(uow, report_id)


async def test_drafted_on_day_one_and_due_by_working_days(city: City, offices: Offices) -> None:
    """Deadline: the third working day, holidays counted: 1 March 2026 is a Sunday, so 4 March, 24:00."""
    await drafted(city)
    one = await latest(offices.clerk)
    assert (one.state, one.version, one.late_days) == ("draft", 1, 0)
    assert sheets.due_day(one.due_at) == "2026-03-04"
    assert one.figures["ledger.demand"] == 0
    assert one.figures["M04.rate"] == {"above": 0, "below": 0}
    assert columns.words("M04.rate", one.figures) == "—"
    await months.nightly(city.database)
    async with city.database.system() as uow:
        assert await uow.session.scalar(sa.select(sa.func.count()).select_from(MonthReport)) == 2
        # October 2026 begins with seven days off (国庆节); the 10th, a Saturday, is worked for it.
        assert sheets.due_day((await months.due_dates(uow, [STATION], date(2026, 9, 30)))[STATION]) == "2026-10-10"


async def test_what_is_signed_is_frozen(city: City, offices: Offices) -> None:
    await drafted(city)
    one = await latest(offices.clerk)
    city.clock.move_to(datetime(2026, 3, 6, 1, tzinfo=UTC))
    with pytest.raises(Invalid) as refused:
        await sign(
            offices.clerk,
            ReportView(**{f: getattr(one, f) for f in one.__struct_fields__} | {"seen": "old"}),
            "x" * 1001,
        )
    assert {f.code for f in refused.value.faults} == {"changed", "length"}
    row = await sign(offices.clerk, one, "二月过年，歇业多")
    assert (row.state, row.late_days, row.signed_name) == ("signed", 2, "李敏")
    with pytest.raises(Invalid, match="不能再签"):
        await sign(offices.colleague, one)
    async with city.database.system() as uow:
        node = await uow.session.scalar(sa.select(Node.id).where(Node.path == STATION))
        kept = await uow.session.get(MonthReport, row.id)
        assert node is not None
        assert kept is not None
        assert reports.digest(node, kept) == row.hash
    await months.nightly(city.database)
    for change in (
        sa.update(MonthReport).where(MonthReport.id == row.id).values(figures={"wanted": 999}),
        sa.update(MonthReport).where(MonthReport.id == row.id).values(late_days=0),
        sa.delete(MonthReport).where(MonthReport.id == row.id),
    ):
        with pytest.raises(sa.exc.DBAPIError, match="封存"):
            async with city.database.system() as uow:
                await uow.execute(change)


async def test_approved_by_another_hand_or_given_back(city: City, offices: Offices) -> None:
    await drafted(city)
    one = await latest(offices.clerk)
    with pytest.raises(Conflict, match="只有签过"):
        await decide(offices.street, one.id)
    await sign(offices.clerk, one)
    with pytest.raises(NotFound):
        await decide(offices.other_bureau, one.id)
    # Who signed sits in the street's office, too: another must approve.
    both = Officer(city.database, offices.clerk.id, offices.street.post)
    with pytest.raises(Conflict, match="自己签的"):
        await decide(both, one.id)
    with pytest.raises(Invalid, match="哪里要改"):
        await decide(offices.street, one.id, "改")
    await decide(offices.street, one.id, "宣讲漏记了两场，补上再报")
    again = await latest(offices.clerk)
    assert (again.version, again.state) == (2, "draft")
    await sign(offices.clerk, again, "已补")
    row = await decide(offices.bureau, again.id)
    assert (row.state, row.decided_name) == ("approved", "罗志华")
    async with offices.clerk.may(P.REPORT_READ) as uow:
        every = await reports.versions(uow, await reports.one(uow, again.id))
    assert [(v.version, v.state, v.answer) for v in every] == [
        (2, "approved", ""),
        (1, "returned", "宣讲漏记了两场，补上再报"),
    ]
    with pytest.raises(Conflict):
        await decide(offices.street, again.id, "再改改")


async def test_reports_that_cannot_be(city: City, offices: Offices) -> None:
    async with city.database.system() as uow:
        await uow.execute(sa.update(Node).where(Node.path == STATION).values(opened_on=date(2026, 3, 2)))
        with pytest.raises(Invalid, match="还没过完"):
            await months.draft(uow, date(2026, 3, 1))
    await drafted(city)
    with pytest.raises(Invalid, match="还没有这个站点"):
        await latest(offices.clerk)
    with pytest.raises(Invalid) as refused:
        await latest(offices.bureau, COUNTY, date(2026, 3, 1))
    assert {f.code for f in refused.value.faults} == {"choice", "not_over"}
    with pytest.raises(NotFound):
        await latest(offices.bureau, OTHER_STATION)
    other = await latest(offices.other_bureau, OTHER_STATION)
    with pytest.raises(NotFound):
        await sign(offices.clerk, other)
    manager = await hire(city.database, "ren", Role.STATION_MANAGER, OTHER_STATION, name="任丽")
    await sign(manager, other)


async def test_rollup_says_who_is_missing(city: City, offices: Offices) -> None:
    await drafted(city)
    await sign(offices.other_clerk, await latest(offices.other_bureau, OTHER_STATION))
    async with offices.top.may(P.REPORT_READ) as uow:
        node = await uow.session.scalar(sa.select(Node).where(Node.path == "/4102/"))
        assert node is not None
        made = await rollup.rolled(uow, node, FEBRUARY)
        layout = await layouts.layout(uow, "month_report", "/4102/")
    assert [(p.name, p.due, p.sent) for p in made.parts] == [("龙亭区", 1, 1), ("兰考县", 1, 0)]
    assert made.missing == ["兰阳街道零工驿站"]
    assert made.whole.figures["wanted"] == 0
    assert made.parts[1].figures["wanted"] is None
    paper = sheets.of_reports(layout, made, "2026-03-01 09:00")
    assert paper.total[0] == "合计"
    assert "未报 1 个：兰阳街道零工驿站。" in paper.notes
    assert sheets.xlsx(paper).startswith(b"PK")
    assert sheets.pdf(paper).startswith(b"%PDF")


def test_shares_add_up_by_their_sides() -> None:
    """A county's rate is its sums divided, never the mean of rates; what no station says stays unsaid."""
    whole = columns.total(
        [
            {"M04.rate": {"above": 9, "below": 10}, "wanted": 10, "books.score": 100.0, "books.lines": 1},
            {"M04.rate": {"above": 1, "below": 90}, "wanted": 90, "books.score": 40.0, "books.lines": 3},
        ]
    )
    assert columns.value("M04.rate", whole) == 0.1
    assert (whole["wanted"], whole["cases"], whole["books.score"]) == (100, None, 55.0)
    assert columns.words("cases", whole) == "—"
