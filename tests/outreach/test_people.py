"""Surveys, training, satisfaction, brands: people who are asked, and who answer (R041, R053, R060, R069, R103, R121)."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa
from small_city import COMMUNITY_CODE, OTHER_CODE

from linggong.kernel import timers
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.paths import tenant_path
from linggong.kernel.sheets import read_sheet, write_xlsx
from linggong.letters.models import Letter
from linggong.measures import facts
from linggong.outreach import brands, guidance, quality, satisfaction, surveys, training
from linggong.outreach.brands import BrandForm
from linggong.outreach.guidance import GuidanceForm
from linggong.outreach.models import SurveyEntry
from linggong.outreach.quality import PARTS, PartScore
from linggong.outreach.satisfaction import SampleForm
from linggong.outreach.survey_rows import COLUMNS, SurveyRow
from linggong.outreach.surveys import SheetForm
from linggong.outreach.training import CourseForm, Question
from linggong.people.models import Person
from linggong.trust import subscribers as trust
from linggong.trust.models import CreditEntry
from rbac.permissions import Permission as P

from .conftest import COUNTY, City, Offices, Site, accepted, refused

WANG, ZHANG, CHILD = "410225198005011018", "410225198005011034", "410225201505011019"


def agreed(number: str = WANG, **changes: Any) -> SurveyRow:
    values: dict[str, Any] = {
        "consent": True, "situation": "idle", "wants_work": True, "trade_code": "6-29-99-00", "name": "王小明",
        "id_number": number, "phone": "13912345678", "pay_fen": 20000, "slip": "兰阳-001",
    }  # fmt: skip
    return SurveyRow(**(values | changes))


def sheet(city: City, *rows: SurveyRow, **changes: Any) -> SheetForm:
    values: dict[str, Any] = {
        "kind": "village", "happened_at": city.clock.now(), "rows": list(rows), "division_code": COMMUNITY_CODE,
    }  # fmt: skip
    return SheetForm(**(values | changes))


async def test_only_consent_registers(city: City, offices: Offices) -> None:
    """R053: who agrees is registered, who does not is counted under no name; twice surveyed is one person."""
    no = SurveyRow(situation="farming", wants_training=True, id_number=ZHANG, name="张大山", phone="13900000000")
    async with offices.clerk.may(P.SURVEY_ENTER) as uow:
        report = await surveys.enter(uow, city.secrets.sealer, sheet(city, agreed(), no, SurveyRow()))
        assert (report.registered, report.known, report.counted, report.again) == (1, 0, 2, 0)
    async with city.database.system() as uow:
        assert list(await uow.session.scalars(sa.select(Person.name))) == ["王小明"]
        kept = list(await uow.session.scalars(sa.select(SurveyEntry).order_by(SurveyEntry.id)))
        assert [(e.outcome, e.person_id is None, e.id_index is None) for e in kept] == [
            ("registered", False, False), ("counted", True, False), ("counted", True, True),
        ]  # fmt: skip
    async with offices.colleague.may(P.SURVEY_ENTER) as uow:
        report = await surveys.enter(uow, city.secrets.sealer, sheet(city, agreed(), no))
        assert (report.known, report.counted, report.again) == (1, 1, 2)


async def test_survey_refused(city: City, offices: Offices) -> None:
    """Unknown village, a row without what a registration needs, the same number twice, a child: all of it at once."""
    async with offices.clerk.may(P.SURVEY_ENTER) as uow:
        bad = sheet(
            city, agreed(phone="", slip=""), agreed(), agreed(CHILD), SurveyRow(situation="x", trade_code="9-99", id_number="1"),
            division_code=OTHER_CODE, happened_at=city.clock.now() + timedelta(days=1),
        )  # fmt: skip
        assert await refused(lambda: surveys.enter(uow, city.secrets.sealer, bad)) == {
            "division_code", "happened_at", "rows[0].phone", "rows[0].slip", "rows[1].id_number", "rows[2].id_number",
            "rows[3].situation", "rows[3].trade_code", "rows[3].id_number",
        }  # fmt: skip
        assert await refused(lambda: surveys.enter(uow, city.secrets.sealer, sheet(city))) == {"rows"}


async def test_table(city: City, offices: Offices) -> None:
    """R053: a table is stored whole, a sheet a village; with an unknown code nothing is, and a copy says which line."""
    heads = list(COLUMNS.values())
    good = [COMMUNITY_CODE, "打零工", "是", "否", "6-29-99-00", "是", "王小明", WANG, "13912345678", "200", "兰阳-001"]
    counted = [COMMUNITY_CODE, "务农", "否", "是", "", "否", "", ZHANG, "", "", ""]
    bad = ["410225999999", "睡觉", "也许", "", "", "", "", "", "", "", ""]
    now = city.clock.now()
    async with offices.clerk.may(P.SURVEY_ENTER) as uow:
        report = await surveys.bring_in(
            uow, city.secrets.sealer, write_xlsx([heads, good, bad]), "东关.xlsx", happened_at=now
        )
        assert {(f.row, f.column) for f in report.faults} == {(3, "村社区代码"), (3, "现在做什么"), (3, "想找活")}
        assert report.annotated is not None
        assert "没有这个村（社区）代码" in str(read_sheet(report.annotated, "x.xlsx", max_rows=9).rows[1][-1])
        assert await surveys.recent(uow) == []
        report = await surveys.bring_in(
            uow, city.secrets.sealer, write_xlsx([heads, good, counted]), "东关.xlsx", happened_at=now
        )
        assert (report.faults, report.sheets, report.registered, report.counted) == ([], 1, 1, 1)
        wrong = await surveys.bring_in(
            uow, city.secrets.sealer, write_xlsx([["姓名"], ["王"]]), "x.xlsx", happened_at=now
        )
        assert len(wrong.faults) == len(heads) - 1


async def test_roadside(site: Site, offices: Offices) -> None:
    """R121: registered on the spot, one sheet a place and day; who worked afterwards was led into the market."""
    city = site.city
    road = {
        "kind": "roadside",
        "division_code": "",
        "place": "东关桥头",
        "latitude": 34.8,
        "longitude": 114.8,
        "heads": 30,
    }
    async with offices.clerk.may(P.SURVEY_ENTER) as uow:
        await surveys.enter(uow, city.secrets.sealer, sheet(city, agreed(), **road))
        await surveys.enter(uow, city.secrets.sealer, sheet(city, agreed(ZHANG, name="张大山"), **road | {"heads": 25}))
        with pytest.raises(Invalid, match="今天在这里已经登记过"):
            await surveys.enter(uow, city.secrets.sealer, sheet(city, agreed(), **road))
        (row,) = await surveys.recent(uow, kind="roadside")
        assert (row.heads, row.asked, row.registered, row.came, row.worked) == (30, 2, 2, 0, 0)
    async with city.database.system() as uow:
        entry = await uow.session.scalar(sa.select(SurveyEntry).limit(1))
        assert entry is not None
        await uow.execute(
            sa.text("UPDATE survey_entries SET person_id = :p WHERE id = :i"), {"p": site.workers[0], "i": entry.id}
        )
    await accepted(site)
    async with offices.clerk.may(P.OUTREACH_READ) as uow:
        (row,) = await surveys.recent(uow, kind="roadside")
        assert (row.registered, row.worked) == (2, 1)


async def test_quiz(city: City, offices: Offices) -> None:
    """R041: the county's training is answered at the station, once passed; answers that do not exist are refused."""
    questions = [
        Question(text="工钱怎么写？", options=["写明数目和怎么结", "写面议"], right=0),
        Question(text="能不能写只要男的？", options=["能", "不能"], right=1),
    ]
    now = city.clock.now()
    form = CourseForm(
        title="岗位怎么写", trainer="罗志华", place="县局", minutes=60, happened_at=now, questions=questions
    )
    async with offices.bureau.may(P.OUTREACH_MANAGE) as uow:
        course = (await training.hold(uow, form)).id
        bad = CourseForm(
            title="", trainer="罗", place="县局", minutes=60, happened_at=now + timedelta(days=1),
            questions=[Question(text="好的", options=["一", "一"], right=2)],
        )  # fmt: skip
        assert await refused(lambda: training.hold(uow, bad)) == {
            "title", "trainer", "happened_at", "questions[0].options", "questions[0].right",
        }  # fmt: skip
    async with offices.bureau.may(P.OUTREACH_READ) as uow:
        waited = await training.waiting(uow, course)
    assert "李敏" in {one.name for one in waited}
    async with offices.clerk.may(P.OUTREACH_RECORD) as uow:
        (seen,) = await training.courses(uow)
        assert (seen.my_score, seen.i_passed) == (None, False)
        assert await refused(lambda: training.answer(uow, course, [0, 5])) == {"answers[1]"}
        assert await refused(lambda: training.answer(uow, course, [0])) == {"answers"}
        first = await training.answer(uow, course, [0, 0])
        assert (first.score, first.passed) == (50, False)
        second = await training.answer(uow, course, [0, 1])
        assert (second.score, second.passed, second.nth) == (100, True, 2)
        with pytest.raises(Conflict, match="已经考过"):
            await training.answer(uow, course, [0, 1])
    async with offices.bureau.may(P.OUTREACH_READ) as uow:
        still = {one.name for one in await training.waiting(uow, course)}
        assert "李敏" not in still
        assert still == {one.name for one in waited} - {"李敏"}, "who has not answered is named to the bureau"
        (line,) = await training.results(uow, course)
        assert (line.name, line.score, line.tries) == ("李敏", 100, 2)
    async with offices.other_clerk.may(P.OUTREACH_RECORD) as uow:
        assert await training.courses(uow) == []
        with pytest.raises(NotFound):
            await training.answer(uow, course, [0, 1])


async def test_quality(site: Site, offices: Offices) -> None:
    """R060: parts without records leave the score alone; it is the weighted share of records without a fault."""
    parts = [PartScore(key=p.key, label=p.label, good=g, all=a, weight=w) for p, (g, a, w) in zip(PARTS, ((8, 10, 40), (0, 0, 30), (1, 2, 30)), strict=True)]  # fmt: skip
    assert quality.score(parts) == round((40 * 0.8 + 30 * 0.5) * 100 / 70, 1)
    assert quality.score([PartScore(key="x", label="x", good=0, all=0, weight=9)]) is None
    await facts.refresh(site.city.database)
    async with offices.bureau.may(P.OUTREACH_READ) as uow:
        (station,) = await quality.month(uow, tenant_path(COUNTY), date(2026, 3, 10))
        complete = station.parts[0]
        assert (complete.all, complete.good, station.score) == (
            3,
            0,
            0.0,
        )  # three people whose cards nobody saw, without trades checked


async def test_sample(site: Site, offices: Offices) -> None:
    """R103: drawn by chance once, never more than there are; being drawn opens the rating anew, and M22 is the one truth."""
    await accepted(site)
    city, day = site.city, date(2026, 3, 11)
    city.clock.advance(timedelta(days=10))
    form = SampleForm(first=day, last=day, workers=1, employers=1)
    async with offices.bureau.may(P.SATISFACTION_DRAW) as uow:
        big = SampleForm(first=day, last=day, workers=2, employers=0)
        assert await refused(lambda: satisfaction.draw(uow, big)) == {"workers", "employers"}
        ahead = SampleForm(first=day, last=date(2026, 12, 1), workers=1, employers=1)
        assert await refused(lambda: satisfaction.draw(uow, ahead)) == {"last"}
        await satisfaction.draw(uow, form)
        with pytest.raises(Conflict, match="不能重抽"):
            await satisfaction.draw(uow, form)
    async with offices.clerk.may(P.RATING_CREATE) as uow:
        asks = {ask.side: ask for ask in await satisfaction.to_ask(uow)}
        await satisfaction.answered(uow, asks["worker"].id, stars=5, channel="phone")
        await satisfaction.missed(uow, asks["employer"].id, "unreached")
        assert await refused(lambda: satisfaction.missed(uow, asks["employer"].id, "answered")) == {"outcome"}
        (left,) = await satisfaction.to_ask(uow)
        assert (left.side, left.outcome) == ("employer", "unreached")
    await facts.refresh(city.database)
    async with offices.bureau.may(P.OUTREACH_READ) as uow:
        found = await satisfaction.totals(uow, tenant_path(COUNTY), date(2026, 3, 1), date(2026, 3, 31))
        worker, employer = found["worker"], found["employer"]
        assert (worker.valid, worker.satisfied, worker.percent, worker.enough) == (1, 1, 100.0, False)
        assert (worker.drawn, worker.drawn_valid, employer.drawn, employer.drawn_valid, employer.percent) == (
            1,
            1,
            1,
            0,
            None,
        )
        (sample,) = await satisfaction.samples(uow)
        assert (sample.answered_workers, sample.answered_employers, sample.workers) == (1, 0, 1)


def test_draw_is_repeatable() -> None:
    """One engagement a person, whoever has many; the same seed gives the same people."""
    rows = [SimpleNamespace(id=UUID(int=n), worker_id=UUID(int=n % 7), employer_id=UUID(int=n % 3)) for n in range(50)]
    first = satisfaction.chosen(rows, "worker", 5, 42)
    assert len({row.worker_id for row in first}) == 5
    assert satisfaction.chosen(list(reversed(rows)), "worker", 5, 42) == first
    assert len({row.employer_id for row in satisfaction.chosen(rows, "employer", 3, 1)}) == 3


async def test_brand(site: Site, offices: Offices) -> None:
    """R069: a brand with who and what goes under it, counted; its work counts when it is done."""
    async with offices.bureau.may(P.OUTREACH_MANAGE) as uow:
        assert await refused(lambda: brands.add(uow, BrandForm(name="", story="", trade_codes=["9-99"]))) == {"name", "story", "trade_codes"}  # fmt: skip
        brand = (
            await brands.add(uow, BrandForm(name="兰考泡桐木工", story="一把刨子走四方。", trade_codes=["6-29-99-00"]))
        ).id
    async with offices.clerk.may(P.OUTREACH_RECORD) as uow:
        await brands.tag(uow, brand, person_id=site.workers[0])
        with pytest.raises(Conflict, match="已经在这个品牌里"):
            await brands.tag(uow, brand, person_id=site.workers[0])
        assert await refused(lambda: brands.tag(uow, brand, order_code="NOSUCH")) == {"order"}
    async with offices.other_clerk.may(P.OUTREACH_RECORD) as uow:
        with pytest.raises(NotFound):
            await brands.tag(uow, brand, person_id=site.workers[1])
        assert [one.name for one in await brands.public(uow)] == ["兰考泡桐木工"]
    await accepted(site)
    async with offices.clerk.may(P.OUTREACH_READ) as uow:
        (seen,) = await brands.views(uow)
        assert (seen.workers, seen.posts, seen.completed) == (1, 0, 1)


async def test_warning_costs_credit(site: Site, offices: Offices) -> None:
    """R119: stations guide, the bureau warns by a date; the employer is told, his credit takes the points, and it is checked."""
    trust.register()
    city, now = site.city, site.city.clock.now()
    form = GuidanceForm(
        employer_id=city.trusted, topics=["contract"], words="有三个人没签约定，请补签。", happened_at=now
    )
    async with offices.clerk.may(P.OUTREACH_RECORD) as uow:
        row = await guidance.guide(uow, form)
        await guidance.check(uow, row.id, fixed=False, words="还是没签")
        with pytest.raises(Conflict, match="已经核过"):
            await guidance.check(uow, row.id, fixed=True, words="签了")
        bad = GuidanceForm(
            employer_id=city.trusted,
            topics=["x"],
            words="",
            happened_at=now + timedelta(days=1),
            fix_by=date(2026, 1, 1),
        )
        assert await refused(lambda: guidance.guide(uow, bad)) == {"topics", "words", "happened_at", "fix_by"}
        with pytest.raises(NotFound):
            await guidance.guide(uow, msgspec.structs.replace(form, employer_id=city.elsewhere))
    async with offices.bureau.may(P.EMPLOYER_WARN) as uow:
        assert await refused(lambda: guidance.warn(uow, form)) == {"fix_by"}
        warned = await guidance.warn(uow, msgspec.structs.replace(form, fix_by=date(2026, 3, 20)))
    while await timers.sweep(city.database):
        pass
    async with city.database.system() as uow:
        entry = await uow.session.scalar(sa.select(CreditEntry).where(CreditEntry.employer_id == city.trusted))
        assert entry is not None
        assert (entry.reason, entry.points, entry.subject_id, entry.order_id) == ("warned", 3, warned.id, None)
        letter = await uow.session.get(Letter, warned.letter_id)
        assert letter is not None
        assert (letter.kind, letter.employer_id, letter.about_id) == ("warning", city.trusted, warned.id)
    city.clock.advance(timedelta(days=12))
    async with offices.bureau.may(P.OUTREACH_READ) as uow:
        assert [(g.kind, g.state, g.overdue) for g in await guidance.recent(uow)] == [
            ("warning", "open", True), ("guidance", "unfixed", False),
        ]  # fmt: skip
