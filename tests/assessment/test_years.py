"""A year's assessment in the database: freeze, own report, review, appeal, final; whose hand each step is (R017, R122, R128)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from officers import Officer, contract, hire
from small_city import COUNTY, OTHER_COUNTY, START, STATION, City

from linggong.assessment import common, consequences, finals, keeping, queries, review, sheet, workbook, years
from linggong.assessment.models import Assessment
from linggong.assessment.review import Given, ReportForm, ReviewForm
from linggong.assessment.years import BeginForm, MaterialForm
from linggong.inbox import queries as memos
from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.paths import EVERYWHERE
from linggong.kernel.sheets import read_sheet
from linggong.letters.models import Letter
from rbac.models import RoleAssignment
from rbac.permissions import Permission as P
from rbac.roles import Role

from . import offices as o
from .offices import Offices

OVER = timedelta(days=300)
"""From the tenth of March past the end of the year."""


@pytest.fixture
async def offices(city: City) -> Offices:
    return await o.found(city)


async def memos_of(who: Officer) -> list[tuple[str, str]]:
    async with who.may(P.MEMO_READ) as uow:
        return [(m.kind, m.title) for m in await memos.received(uow)]


async def to_review(city: City, offices: Offices, *, followers: int = 2000) -> UUID:
    made = await o.begin(offices)
    await o.file(offices.operator, made, 17, "公众号后台截图 12 月", followers)
    city.clock.advance(OVER)
    await o.freeze(offices.bureau, made)
    await o.report(offices.operator, made, r2=5, r17=4)
    await o.reviewed(offices.bureau, made)
    return made


async def test_a_year_goes_from_evidence_to_a_final_grade(city: City, offices: Offices) -> None:
    await o.busy_year(city)
    made = await to_review(city, offices)
    async with offices.bureau.may(P.SCORECARD_READ) as uow:
        found = await queries.detail(uow, made)
        assert await finals.grade_of(uow, offices.contract_id, 2026) is None, "a review is not yet a grade"
    points = {row.n: row.points for row in found.score.rows}
    # Row 1: no payment stands in the records; 12 counts nobody registered; 13 and 14 lie on their edges (§2.1).
    assert {n: points[n] for n in (1, 9, 10, 12, 13, 14, 15, 16, 17)} == {1: 7, 9: 8, 10: 5, 12: 3, 13: 4, 14: 4, 15: 5, 16: 10, 17: 4}  # fmt: skip
    assert (found.assessment.points, found.assessment.grade, found.is_forecast) == (94, "优秀", False)
    with pytest.raises(Conflict, match="申诉期还没有过"):
        await o.finish(offices.colleague, made)
    city.clock.advance(timedelta(days=14))
    with pytest.raises(Conflict, match="自己评审的年度不能自己定案"):
        await o.finish(offices.bureau, made)
    await o.finish(offices.colleague, made)
    async with offices.operator.may(P.SCORECARD_READ) as uow:
        final = await finals.grade_of(uow, offices.contract_id, 2026)
        assert final is not None
        assert (final.points, final.grade, final.multiplier) == (94, "优秀", 100)
        assert await finals.grade_of(uow, offices.contract_id, 2027) is None
        found = await queries.detail(uow, made)
    assert [(s.kind, s.by) for s in found.said] == [("report", "侯建军"), ("review", "罗志华"), ("final", "周敏")]
    assert await memos_of(offices.operator) == [("notice", "兰考县年度考核：优秀")]
    table = read_sheet(workbook.book(found), "a.xlsx", max_rows=60).rows
    assert any("94 分：优秀" in str(cell) for row in table for cell in row), "the sheet says what it comes to"
    assert sheet.pdf(found)[:5] == b"%PDF-"


async def test_what_a_grade_asks_for_becomes_a_task(city: City, offices: Offices) -> None:
    await o.busy_year(city)
    made = await o.begin(offices)
    city.clock.advance(OVER)
    await o.freeze(offices.bureau, made)
    await o.report(offices.operator, made)
    # 17 points less on the ground, and nobody filed the followers: 46 + 27 = 73.
    await o.reviewed(offices.bureau, made, o.rows({2: 1, 3: 2, 4: 2, 5: 3, 6: 3}))
    city.clock.advance(timedelta(days=14))
    await o.finish(offices.colleague, made)
    async with offices.bureau.may(P.SCORECARD_READ) as uow:
        final = await finals.grade_of(uow, offices.contract_id, 2026)
    assert final is not None
    assert (final.points, final.grade, final.multiplier) == (70, "合格", 80), "exactly 70 is 合格"
    assert await memos_of(offices.operator) == [("task", "兰考县：合格，提交提升方案")]
    async with offices.bureau.may(P.LETTER_ISSUE) as uow:
        row, card = await queries.row_of(uow, made)
        draft = await consequences.asked(uow, row, card)
        assert draft is not None
        assert "第 5 行“办公设备、软件维护、网络、通讯”丢 4 分" in draft.fields["matter"]
        with pytest.raises(Invalid) as refused:
            await consequences.write(uow, made, draft.fields, due_on=None)
        assert [f.field for f in refused.value.faults] == ["due_on"]
        await consequences.write(uow, made, draft.fields, due_on=date(2027, 3, 1))
        letter = await uow.session.scalar(sa.select(Letter).where(Letter.about_id == made))
        assert letter is not None
        assert (letter.kind, letter.no, letter.recipient_name) == ("improvement", 1, "汴梁人力公司")
        with pytest.raises(Conflict, match="已经发过了"):
            await consequences.write(uow, made, draft.fields, due_on=date(2027, 3, 1))


async def test_a_bad_year_asks_the_bureau_to_end_the_agreement(city: City, offices: Offices) -> None:
    made = await o.begin(offices)
    city.clock.advance(OVER)
    await o.freeze(offices.bureau, made)
    with pytest.raises(Conflict, match="自评期也没有过"):
        await o.reviewed(offices.bureau, made)
    city.clock.advance(timedelta(days=30))
    await o.reviewed(offices.bureau, made, o.rows({3: 0, 4: 0}))
    city.clock.advance(timedelta(days=14))
    await o.finish(offices.colleague, made)
    assert ("task", "合同 2026-01：较差，办理终止") in await memos_of(offices.bureau)
    assert await memos_of(offices.operator) == [("notice", "兰考县年度考核：较差")]


async def test_an_appeal_is_answered_by_another_hand_and_ends_it(city: City, offices: Offices) -> None:
    await o.busy_year(city)
    made = await to_review(city, offices)
    async with offices.operator.may(P.SCORECARD_FILE) as uow:
        with pytest.raises(Invalid) as refused:
            await review.appeal(uow, made, words="不服", rows=[4, 99])
        assert [f.field for f in refused.value.faults] == ["words", "rows"]
        await review.appeal(uow, made, words="第四行现场那天正在消毒，请重新看。", rows=[4])
    answer = ReviewForm(rows=[Given(row=4, points=3, evidence=["复查记录"])], words="复查以后改为 3 分。")
    for who, words in ((offices.bureau, "自己评审的年度不能自己定案"), (offices.operator, "另一方")):
        async with who.may(P.SCORECARD_ASSESS) as uow:
            with pytest.raises((Conflict, NotFound)) as stopped:
                await review.decide(uow, made, answer)
        assert words in str(stopped.value) or stopped.type is NotFound
    async with offices.colleague.may(P.SCORECARD_ASSESS) as uow:
        found = await review.decide(uow, made, answer)
    assert (found.counted, found.grade) == (91, "优秀")
    async with offices.colleague.may(P.SCORECARD_READ) as uow:
        assert (await queries.detail(uow, made)).assessment.state == "S_FINAL"


async def test_the_bureau_enters_on_paper_what_the_operator_can_no_longer_hand_in(city: City, offices: Offices) -> None:
    """R017, R020: accounts end with the contract, the report and the appeal come after; who enters them neither reviews nor answers."""
    await o.busy_year(city)
    made = await o.begin(offices)
    city.clock.advance(OVER)
    await o.freeze(offices.bureau, made)
    async with offices.bureau.may(P.SCORECARD_FILE) as uow:
        await review.report(uow, made, ReportForm(words="纸质自评：全年服务正常，材料附后。", claims={"4": 6}))
    with pytest.raises(Conflict, match="自评是您代录的"):
        await o.reviewed(offices.bureau, made)
    await o.reviewed(offices.colleague, made)
    async with offices.bureau.may(P.SCORECARD_FILE) as uow:
        await review.appeal(uow, made, words="纸质申诉：第四行现场那天正在消毒。", rows=[4])
    answer = ReviewForm(rows=[], words="维持原来的评审。")
    for who, why in ((offices.bureau, "申诉是您代录的"), (offices.colleague, "自己评审的年度不能自己定案")):
        async with who.may(P.SCORECARD_ASSESS) as uow:
            with pytest.raises(Conflict, match=why):
                await review.decide(uow, made, answer)
    third = await hire(city.database, "third", Role.COUNTY_BUREAU, COUNTY, name="方正")
    async with third.may(P.SCORECARD_FILE) as uow:
        told = [(s.kind, s.kind_words) for s in (await queries.detail(uow, made)).said]
    assert ("report", "自评（书面，代录）") in told
    assert ("appeal", "申诉（书面，代录）") in told
    async with third.may(P.SCORECARD_ASSESS) as uow:
        await review.decide(uow, made, answer)


async def test_two_officials_are_enough_for_a_year_whose_report_came_on_paper(city: City, offices: Offices) -> None:
    """R017: who typed in the paper may make final what another reviewed."""
    await o.busy_year(city)
    made = await o.begin(offices)
    city.clock.advance(OVER)
    await o.freeze(offices.bureau, made)
    async with offices.bureau.may(P.SCORECARD_FILE) as uow:
        await review.report(uow, made, ReportForm(words="纸质自评：全年服务正常，材料附后。"))
    await o.reviewed(offices.colleague, made)
    city.clock.advance(timedelta(days=30))
    async with offices.bureau.may(P.SCORECARD_ASSESS) as uow:
        await review.finish(uow, made, words="无申诉，定案。")
        assert (await queries.detail(uow, made)).assessment.state == "S_FINAL"


async def test_an_appeal_has_its_days(city: City, offices: Offices) -> None:
    await o.busy_year(city)
    made = await to_review(city, offices)
    city.clock.advance(timedelta(days=14))
    async with offices.operator.may(P.SCORECARD_FILE) as uow:
        with pytest.raises(Conflict, match="申诉期已经过了"):
            await review.appeal(uow, made, words="第四行现场那天正在消毒，请重新看。")


async def test_the_operator_never_scores_itself(city: City, offices: Offices) -> None:
    await o.busy_year(city)
    made = await o.begin(offices)
    city.clock.advance(OVER)
    await o.freeze(offices.bureau, made)
    form = ReviewForm(rows=o.rows(), words="自己给自己打分。")
    # It has no such permission; and were it given one, the step is another side's.
    async with offices.operator.may(P.SCORECARD_ASSESS) as uow:
        with pytest.raises(NotFound):
            await review.review(uow, made, form)
    async with offices.operator.may(P.SCORECARD_FILE) as uow:
        with pytest.raises(Conflict, match="另一方"):
            await review.review(uow, made, form)
    # A person of the bureau who also holds an operator's post is no other hand.
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        post = (await uow.execute(sa.select(RoleAssignment).where(RoleAssignment.staff_id == offices.operator.id))).scalar_one()  # fmt: skip
        post.staff_id = offices.bureau.id
    for attempt in (o.freeze, o.reviewed):
        with pytest.raises(Conflict):
            await attempt(offices.bureau, made)
    city.clock.advance(timedelta(days=30))
    with pytest.raises(Conflict, match="一个人不能既替运营方做事、又考核运营方"):
        await o.reviewed(offices.bureau, made)


async def test_evidence_is_frozen(city: City, offices: Offices) -> None:
    await o.busy_year(city)
    made = await o.begin(offices)
    with pytest.raises(Conflict, match="考核期到 2026-12-31 才结束"):
        await o.freeze(offices.bureau, made)
    city.clock.advance(OVER)
    kept = await o.freeze(offices.bureau, made)
    late = MaterialForm(row=17, name="补交的截图", number=9000)
    async with offices.operator.may(P.SCORECARD_FILE) as uow:
        with pytest.raises(common.Frozen, match="证据已经封存"):
            await years.file_material(uow, made, late)
        await years.note_refused(city.database, uow, made, late)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await o.keep(uow, STATION, date(2026, 5, 1), completed=500)
        uow.session.add(o.incident(START, "confirmed"))
    async with offices.bureau.may(P.SCORECARD_READ) as uow:
        found = await queries.detail(uow, made)
        row, _ = await queries.row_of(uow, made)
        drift = await years.drift(uow, row)
    assert [(s.kind, s.words) for s in found.said] == [("refused", "第 17 行：补交的截图")]
    assert drift == ["第 10 行 打架斗殴：封存时 0，现在 1", "第 14 行 完工的派工：封存时 300，现在 800"]
    assert {r.n: r.points for r in found.score.rows}[14] == 4, "what came later does not count"
    assert found.assessment.frozen_hash == kept
    with pytest.raises(Conflict):
        await o.freeze(offices.bureau, made)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        stored = await uow.session.get(Assessment, made)
        assert stored is not None
        assert stored.frozen is not None
        stored.frozen = stored.frozen | {"rows": {"14": {"counts": {"assignments": 900}}}}
    city.clock.advance(timedelta(days=30))
    with pytest.raises(Conflict, match="校验码对不上"):
        await o.reviewed(offices.bureau, made)


async def test_a_review_is_told_all_its_faults(city: City, offices: Offices) -> None:
    await o.busy_year(city)
    made = await o.begin(offices)
    city.clock.advance(OVER)
    await o.freeze(offices.bureau, made)
    async with offices.operator.may(P.SCORECARD_FILE) as uow:
        with pytest.raises(Invalid) as refused:
            await review.report(uow, made, review.ReportForm(words="好", claims={"2": 5.5, "99": 1, "4": 6.05}))
    assert [f.field for f in refused.value.faults] == ["words", "claims.2", "claims.99", "claims.4"]
    await o.report(offices.operator, made)
    given = [
        Given(row=2, points=9, evidence=["记录"]), Given(row=3, points=7), Given(row=10, points=5, evidence=["记录"]),
        Given(row=99, points=1), *(one for one in o.rows() if one.row in (5, 6, 7, 8, 11)), *(one for one in o.rows() if one.row == 11),
    ]  # fmt: skip
    async with offices.bureau.may(P.SCORECARD_ASSESS) as uow:
        with pytest.raises(Invalid) as refused:
            await review.review(uow, made, ReviewForm(rows=given, words="无"))
    told = {f.field: f.message for f in refused.value.faults}
    assert told == {
        "words": "请写评审意见，2 到 1000 个字。", "rows.99": "打分表没有这一行。", "rows.11": "第 11 行写了两次。",
        "rows.10": "第 10 行按封存的记录算分，不能手工给分。", "rows.4.points": "第 4 行还没有评。", "rows.2.points": "给 0 到 5 分，最多一位小数。",
        "rows.3.by": "写明谁给的分、凭什么材料。",
    }  # fmt: skip


async def test_a_year_begins_once_and_on_a_card_that_counts(city: City, offices: Offices) -> None:
    async def refused(form: BeginForm) -> str:
        async with offices.bureau.may(P.SCORECARD_ASSESS) as uow:
            with pytest.raises((Invalid, Conflict)) as stopped:
                await years.begin(uow, form)
        return str(stopped.value)

    assert "二选一" in await refused(BeginForm(year=2026))
    assert "没有这一年度" in await refused(BeginForm(contract_id=offices.contract_id, year=2027))
    assert "还没有公布" in await refused(BeginForm(station=STATION, year=2026))
    assert "不能这样选" in await refused(
        BeginForm(contract_id=offices.contract_id, year=2026, options={"followers_below": 2})
    )
    made = await o.begin(offices)
    assert "已经开始了" in await refused(BeginForm(contract_id=offices.contract_id, year=2026))
    # A proposal of ours counts for nothing until the bureau adopts it (ruling 19), once.
    proposal = await o.publish(city, offices.bureau, "longli", own=False)
    assert "未经采纳" in await refused(BeginForm(station=STATION, year=2026))
    async with offices.bureau.may(P.SCORECARD_ASSESS) as uow:
        with pytest.raises(Invalid):
            await keeping.adopt(uow, proposal, document="")
        with pytest.raises(Conflict, match="不用采纳"):
            await keeping.adopt(uow, offices.card_id, document="兰人社〔2026〕3 号")
        await keeping.adopt(uow, proposal, document="兰人社〔2026〕3 号")
        with pytest.raises(Conflict, match="已经采纳过"):
            await keeping.adopt(uow, proposal, document="兰人社〔2026〕3 号")
        station = await years.begin(uow, BeginForm(station=STATION, year=2026))
        assert {one.what for one in await queries.assessments(uow)} == {"2026-01", "兰阳街道零工驿站"}
    # A neighbour sees nothing of it, and neither does another operator of the county (R020).
    neighbour = await hire(city.database, "longting", Role.COUNTY_BUREAU, OTHER_COUNTY, name="王芳")
    for one in (made, station):
        async with neighbour.may(P.SCORECARD_READ) as uow:
            with pytest.raises(NotFound):
                await queries.detail(uow, one)


async def test_service_years_run_from_the_signing(city: City, offices: Offices) -> None:
    assert years.period(date(2024, 2, 29), date(2027, 2, 27), 2025) == (date(2025, 2, 28), date(2026, 2, 27))
    assert years.period(date(2026, 3, 16), date(2026, 12, 31), 2026) == (date(2026, 3, 16), date(2026, 12, 31))
    assert (await _path(offices)) == COUNTY


async def _path(offices: Offices) -> str:
    made = await o.begin(offices)
    async with offices.bureau.may(P.SCORECARD_READ) as uow:
        return (await queries.detail(uow, made)).assessment.path


async def test_a_paper_without_points_is_evaluated_in_words(city: City) -> None:
    offices = await o.found(city, preset="shaxian")
    made = await o.begin(offices)
    city.clock.advance(OVER)
    await o.freeze(offices.bureau, made)
    await o.report(offices.operator, made)
    parts = [Given(row=n, words="做到了，记录齐全。", evidence=["检查记录"]) for n in range(1, 6)]
    async with offices.bureau.may(P.SCORECARD_ASSESS) as uow:
        with pytest.raises(Invalid) as refused:
            await review.review(uow, made, ReviewForm(rows=parts[:4], words="总体合格。", grade="优秀"))
    assert {f.field for f in refused.value.faults} == {"rows.5.words", "grade"}
    async with offices.bureau.may(P.SCORECARD_ASSESS) as uow:
        await review.review(uow, made, ReviewForm(rows=parts, words="总体合格。", grade="合格"))
    city.clock.advance(timedelta(days=14))
    await o.finish(offices.colleague, made)
    async with offices.operator.may(P.SCORECARD_READ) as uow:
        final = await finals.grade_of(uow, offices.contract_id, 2026)
        found = await queries.detail(uow, made)
    assert final is not None
    assert (final.points, final.grade, final.multiplier) == (None, "合格", None), "nothing is inherited from 建宁"
    assert sheet.outcome(found) == "结论：合格"
    assert all(row[4] == row[5] == "" for row in sheet.rows(found))


async def test_an_operator_sees_its_own_contracts_alone(city: City, offices: Offices) -> None:
    async with offices.bureau.may(P.OPERATOR_MANAGE) as uow:
        from linggong.offices import operators
        from linggong.offices.operators import PlacesForm

        await operators.cover(uow, offices.contract_id, PlacesForm(places=["/4102/25/101/"], reason="换站点"))
    other = await contract(offices.bureau, [STATION], number="2026-02", uscc="91410200MA0DEM0C15", name="第二家公司")
    async with offices.bureau.may(P.SCORECARD_ASSESS) as uow:
        theirs = await years.begin(uow, BeginForm(contract_id=other, year=2026))
    mine = await o.begin(offices)
    second = await hire(city.database, "dier", Role.COUNTY_OPERATOR, STATION, name="第二家")
    async with second.may(P.SCORECARD_READ) as uow:
        assert [one.id for one in await queries.assessments(uow)] == [theirs]
        with pytest.raises(NotFound):
            await queries.detail(uow, mine)
