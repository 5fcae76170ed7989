"""Ledgers as views on what happened, lines by hand that are only added to, and how complete they are (R086 to R093, R095)."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from uuid import UUID
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from small_city import good

from linggong.insight import day
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.paths import TenantPath
from linggong.kernel.sheets import read_sheet
from linggong.ledgers import layouts, queries, sheets, writing
from linggong.ledgers.layouts import LayoutForm
from linggong.ledgers.models import LedgerEntry
from linggong.ledgers.queries import Line, Tally
from linggong.ledgers.writing import EntryForm
from linggong.market import service as market
from linggong.outreach import briefings, visits
from linggong.outreach.briefings import BriefingForm
from linggong.outreach.visits import VisitForm
from linggong.people.employers import register_employer
from linggong.people.forms import EmployerForm, ProxyConsent
from linggong.people.identity_numbers import check_digit
from linggong.people.registration import register_worker
from linggong.services import entries, helping
from linggong.services.entries import TakeForm
from linggong.services.helping import HelpForm, StepForm
from rbac.permissions import Permission as P
from tenants import service as tree
from tenants.evidence import Photo
from tests.tenants.test_evidence import PNG

from .conftest import COUNTY, STATION, City, Offices
from .people import worker

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)


async def lines(who: Offices, code: str, *, by: str = "clerk", path: str = STATION, full: bool = True) -> list[Line]:
    async with getattr(who, by).may(P.LEDGER_READ) as uow:
        return await queries.lines(uow, code, TenantPath(path), FIRST, LAST, full=full)


async def write(offices: Offices, code: str, /, **given: object) -> UUID:
    async with offices.clerk.may(P.LEDGER_WRITE) as uow:
        return (await writing.write(uow, code, EntryForm(**given))).id  # type: ignore[arg-type]


async def test_lines_are_views_on_what_happened(city: City, offices: Offices) -> None:
    """R087, R088, R092: a post and a registration stand in their ledgers by themselves, names as the reader's post may see them."""
    async with offices.clerk.may(P.ORDER_CREATE) as uow:
        order = await market.create_order(
            uow, city.secrets.sealer, good(), employer_id=city.trusted, tenant=STATION, submit=True
        )
    async with offices.clerk.may(P.PERSON_REGISTER) as uow:
        consent = ProxyConsent(method="slip", evidence="1号")
        await register_worker(uow, city.secrets.sealer, worker(), proxy=consent)
        body = "41022519700512011"
        boss = EmployerForm(
            kind="individual",
            name="赵老板",
            id_number=body + check_digit(body),
            contact_name="赵老板",
            phone="13800000077",
        )
        await register_employer(uow, city.secrets.sealer, boss, proxy=consent)
    async with offices.clerk.may(P.LEDGER_READ) as uow:
        told = day.diary(await day.ledger(uow, date(2026, 3, 10)), date(2026, 3, 10))
    assert "新登记 1 人，新登记雇主 1 家。" in told
    [demand] = await lines(offices, "demand")
    assert (demand.who, demand.what, demand.n, demand.code) == ("开封建筑公司", "搬砖小工，管午饭", 6, order.trace_code)
    assert demand.note == "来站登记 · 200 元/天"
    assert demand.written_at == demand.happened_at == city.clock.now()
    [own] = await lines(offices, "seekers")
    assert (own.who, own.what) == ("李国强", "新登记")
    assert [one.who for one in await lines(offices, "seekers", by="bureau", path=COUNTY)] == ["李**"]
    assert [one.who for one in await lines(offices, "seekers", full=False)] == ["李**"]
    assert len(await lines(offices, "supply")) == 1, "who hires offers no labour"
    assert await lines(offices, "seekers", by="other_bureau", path=STATION) == []
    with pytest.raises(NotFound):
        await lines(offices, "gossip")


async def test_what_went_out_stands_in_the_ledgers(city: City, offices: Offices) -> None:
    """R086, R087, R089: a briefing with its photo, a visit with its demand; nobody writes them a second time."""
    at = city.clock.now() - timedelta(hours=2)
    async with offices.clerk.may(P.OUTREACH_RECORD) as uow:
        said = BriefingForm(topic="社保补贴怎么领", place="东关社区", audience=32, happened_at=at)
        await briefings.record(uow, said, Photo(data=PNG, taken_at=at))
        heard = VisitForm(
            channel="visit",
            happened_at=at,
            needs="要长期装卸工",
            employer_id=city.trusted,
            place="东大市场",
            headcount=8,
        )
        await visits.record(uow, city.secrets.sealer, heard)
    [briefing] = await lines(offices, "briefing")
    assert (briefing.what, briefing.n, briefing.complete, briefing.late) == ("社保补贴怎么领", 32, True, False)
    [visit] = await lines(offices, "officer", by="bureau", path=COUNTY)
    assert (visit.who, visit.what, visit.place) == ("开封建筑公司", "上门走访：要长期装卸工", "东大市场")
    assert [one.n for one in await lines(offices, "demand")] == [8]
    with pytest.raises(Conflict, match="自动生成"):
        await write(offices, "briefing", what="又写一遍")


async def test_an_office_in_free_words_is_no_name_to_veil(city: City, offices: Offices) -> None:
    """R091: who came may be an office (街道办) or people in general; whoever is named is veiled outside the station."""
    for who in ("街道办", "刘建国", "李师傅", "县人社局", "刘建国和李明", "附近居民"):
        await write(offices, "other", who=who, what="来看消防器材", place="驿站", n=1)
    shown = {one.who for one in await lines(offices, "other", by="bureau", path=COUNTY)}
    assert shown == {"街道办", "刘**", "李师傅", "县人社局", "附近居民"}


async def test_a_line_by_hand_is_corrected_by_a_further_one(city: City, offices: Offices) -> None:
    """R086, R095: with author and time, never changed; the correction stands for both, and the first stays readable."""
    first = await write(offices, "other", what="社保补贴宣讲", place="东关社区", n=32)
    with pytest.raises(Invalid) as refused:
        await write(
            offices,
            "other",
            what="社保补贴宣讲",
            n=23,
            corrects=first,
            happened_at=city.clock.now() + timedelta(hours=1),
        )
    assert {f.code for f in refused.value.faults} == {"required", "future"}
    second = await write(
        offices, "other", what="社保补贴宣讲", place="东关社区", n=23, corrects=first, reason="人数写反了"
    )
    [line] = await lines(offices, "other")
    assert (line.n, line.corrected, line.complete) == (23, "人数写反了", False)
    with pytest.raises(Conflict, match="已经更正过了"):
        await write(offices, "other", what="再改", corrects=first, reason="又错了")
    async with offices.clerk.may(P.LEDGER_READ) as uow:
        hand = (await writing.hands(uow, [second]))[second]
    assert hand.author == "李敏"
    assert "32" in hand.before[0]
    for statement in (sa.update(LedgerEntry).values(n=1), sa.delete(LedgerEntry)):
        with pytest.raises(sa.exc.DBAPIError):
            async with city.database.system() as uow:
                await uow.execute(statement)


async def test_who_may_write_and_in_which_ledger(city: City, offices: Offices) -> None:
    with pytest.raises(Conflict, match="自动生成"):
        await write(offices, "posts", what="岗位")
    with pytest.raises(Conflict, match="站点自己的人"):
        async with offices.bureau.may(P.LEDGER_READ) as uow:
            await writing.write(uow, "other", EntryForm(what="代写"))
    async with city.database.system() as uow:
        await tree.set_parameter(
            uow, "/4102/", "ledgers", "咨询台账、困难帮扶台账、创业咨询台账、创业成功有补贴台账", "文件"
        )
    with pytest.raises(Conflict, match="没有设这本台账"):
        await write(offices, "other", what="停电")


async def test_services_stand_in_their_ledgers(city: City, offices: Offices) -> None:
    """R093: who asked, who was helped, whose start-up got its subsidy, with the paper that grants it."""
    async with offices.clerk.may(P.SERVICE_TAKE) as uow:
        await entries.take(
            uow, city.secrets.sealer, TakeForm(item="zixun", who="王芳", words="怎么参保", outcome="带身份证到窗口")
        )
        case = await helping.open_case(
            uow, city.secrets.sealer, HelpForm(kind="startup", who="王芳", topic="早餐车", plan="办证、贷款")
        )
        await helping.step(uow, case.id, StepForm(stage="consult", words="讲了办证流程"))
        await helping.step(
            uow,
            case.id,
            StepForm(stage="subsidy", words="一次性创业补贴", amount_fen=500000, paper="兰人社补〔2026〕7号"),
        )
    [asked] = await lines(offices, "consulting", by="bureau", path=COUNTY)
    assert (asked.who, asked.what, asked.note, asked.complete) == ("王**", "怎么参保", "带身份证到窗口", True)
    assert {one.note for one in await lines(offices, "startup")} == {"办证、贷款", "讲了办证流程"}
    [paid] = await lines(offices, "startup_done")
    assert (paid.who, paid.what, paid.complete) == ("王芳", "早餐车", True)
    assert paid.note == "一次性创业补贴，5000.00 元，兰人社补〔2026〕7号"


async def test_a_photo_without_time_proves_nothing(offices: Offices, city: City) -> None:
    async with offices.clerk.may(P.LEDGER_WRITE) as uow:
        with pytest.raises(Invalid) as refused:
            await writing.write(uow, "other", EntryForm(what="宣讲"), Photo(data=PNG))
    assert [f.field for f in refused.value.faults] == ["photo_taken_at"]
    form = EntryForm(what="宣讲", place="东关社区", note="九个人")
    async with offices.clerk.may(P.LEDGER_WRITE) as uow:
        await writing.write(uow, "other", form, Photo(data=PNG, taken_at=city.clock.now()))
    [line] = await lines(offices, "other")
    assert line.complete


async def test_completeness_by_station(city: City, offices: Offices) -> None:
    """R095: required fields, written more than 24 h after it happened, changed after the signature; weights of the place."""
    await write(offices, "other", who="诚信建筑", what="送毛巾", place="站里", note="两箱")
    await write(offices, "other", who="诚信建筑", what="停电", happened_at=city.clock.now() - timedelta(hours=25))
    async with offices.bureau.may(P.LEDGER_READ) as uow:
        [station] = await queries.scores(uow, TenantPath(COUNTY), FIRST, LAST)
    one = next(s for s in station.scores if s.ledger == "other")
    assert (one.lines, one.late_lines, one.at_once) == (2, 1, 0.5)
    assert (one.filled, one.in_time, one.unchanged) == (0.5, 0.5, 1.0)
    assert one.score == pytest.approx(50 * 0.5 + 30 * 0.5 + 20, abs=0.06)
    assert next(s for s in station.scores if s.ledger == "matching").score is None
    assert station.whole.lines == 2


def test_a_better_ledger_never_scores_less() -> None:
    weights = {"filled": 50, "in_time": 30, "unchanged": 20}
    base = Tally(lines=10, filled=20, wanted=40, late=5, changed=5)
    for better in (
        Tally(lines=10, filled=21, wanted=40, late=5, changed=5), Tally(lines=10, filled=20, wanted=40, late=4, changed=5),
        Tally(lines=10, filled=20, wanted=40, late=5, changed=0),
    ):  # fmt: skip
        assert (queries.score("", better, weights).score or 0) > (queries.score("", base, weights).score or 0)


async def test_a_countys_own_layout(city: City, offices: Offices) -> None:
    """R092: the county's headings in its order; what cannot be is refused with every reason."""
    await write(offices, "other", what="社保补贴宣讲", place="东关社区", n=32)
    async with offices.bureau.may(P.PARAMETER_SET) as uow:
        bad = LayoutForm(place=COUNTY, title="表", columns=["what=主题", "what=再来", "salary=工资"])
        with pytest.raises(Invalid) as refused:
            await layouts.set_layout(uow, "other", bad)
        assert {f.code for f in refused.value.faults} == {"unknown", "twice", "required"}
        assert "salary" in str(refused.value)
    async with offices.bureau.may(P.PARAMETER_SET) as uow:
        form = LayoutForm(
            place=COUNTY,
            title="政策宣讲登记簿",
            columns=["no", "what=宣讲主题", "n=到场人数"],
            source="兰人社〔2026〕3号",
        )
        await layouts.set_layout(uow, "other", form)
        with pytest.raises(NotFound):
            await layouts.set_layout(
                uow, "other", LayoutForm(place="/4102/02/", title="别县", columns=["no"], source="无")
            )
    async with offices.clerk.may(P.LEDGER_READ) as uow:
        layout = await layouts.layout(uow, "other", STATION)
        found = await queries.lines(uow, "other", TenantPath(STATION), FIRST, LAST, full=False)
    paper = sheets.of_ledger(layout, "兰阳街道零工驿站", "2026年3月", found, "2026-03-10 05:10")
    table = read_sheet(sheets.xlsx(paper), "a.xlsx", max_rows=100)
    assert table.headers[0] == "兰阳街道零工驿站政策宣讲登记簿"
    assert [str(cell) for cell in table.rows[1]] == ["序号", "宣讲主题", "到场人数"]
    assert table.rows[2] == [1.0, "社保补贴宣讲", 32.0]
    assert sheets.pdf(paper).startswith(b"%PDF")


def test_a_long_line_gets_the_height_it_needs_in_the_workbook() -> None:
    """What wraps in its column must not run over its neighbours, whatever program opens the file."""
    paper = sheets.Paper(
        title="台账", place="驿站", period="2026年3月", head=["事项", "结果"], kinds=["text", "text"],
        rows=[["宣讲", "到了"], ["用工指导：有两个人没签约定就上工了，请补签，以后先签再干", "已补签"]], total=[], notes=[], signers=[], made="",
    )  # fmt: skip
    with ZipFile(io.BytesIO(sheets.xlsx(paper))) as book:
        rows = re.findall(r'<row r="(\d+)"([^>]*)>', book.read("xl/worksheets/sheet1.xml").decode())
    heights = {int(n): re.findall(r' ht="(\d+)', rest) for n, rest in rows}
    assert (heights[4], heights[5]) == ([], ["32"])
