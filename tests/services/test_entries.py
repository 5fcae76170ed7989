"""A matter from the counter to its result: one owner, told once, in time (R043, R096, R097, R098)."""

from __future__ import annotations

import re
from datetime import date, time, timedelta

import pytest
from browsing import Browsers, browsers
from small_city import COUNTY, OTHER_STATION, City
from web.desk import at_post

from linggong.cases.models import Case
from linggong.kernel import clock
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.paths import tenant_path
from linggong.services import catalogue, clocks, entries, figures, listing, queries, status
from linggong.services.catalogue import ItemForm
from linggong.services.entries import TakeForm
from linggong.services.models import ServiceEntry
from tenants import holidays

from .conftest import STATION, enrol, take

__all__ = ["browsers"]


async def test_three_fields_take_it_in_and_the_first_asked_stays_accountable(city: City) -> None:
    person = await enrol(city, 1)
    made = await take(city, who="13800000001")
    assert made.materials == ["身份证或社保卡"]
    async with city.database.begin(*city.clerk) as uow:
        row = await uow.session.get_one(ServiceEntry, made.id)
        assert (row.worker_id, row.owner_id, row.handler_id) == (person, city.clerk_id, city.clerk_id)
        # Three working days after Tuesday end with Friday.
        assert clock.shanghai(row.due_at).isoformat() == "2026-03-14T00:00:00+08:00"
        with pytest.raises(Invalid) as wrong:
            await entries.hand_over(uow, made.id, new_id(), "")
        assert {f.field for f in wrong.value.faults} == {"reason", "staff_id"}
    async with city.database.begin(*city.other_clerk) as uow:
        for key in (made.id, new_id()):
            with pytest.raises(NotFound):
                await entries.close(uow, key, "办好了")
    # He sees it, and so does whoever holds the receipt.
    async with city.database.system() as uow:
        assert (await status.look_up(uow, city.secrets.sealer, made.trace_code.lower(), made.digits)).state == "open"
        assert await status.spoken(uow, [person]) == "失业登记在办，3月14日前"
        with pytest.raises(NotFound):
            await status.look_up(uow, city.secrets.sealer, made.trace_code, "0000" if made.digits != "0000" else "1111")


async def test_every_fault_of_an_intake_is_named_at_once(city: City) -> None:
    for form, fields in (
        (TakeForm(item="nosuch", who="", happened_at=clock.now() + timedelta(hours=1)), {"item", "who", "happened_at"}),
        (TakeForm(item="1", who="13912345678", channel="pigeon"), {"who", "channel"}),
        (TakeForm(item="qianxin", who="张三", words="欠"), {"words"}),
    ):
        async with city.database.begin(*city.clerk) as uow:
            with pytest.raises(Invalid) as wrong:
                await entries.take(uow, city.secrets.sealer, form)
            assert {f.field for f in wrong.value.faults} == fields


async def test_materials_are_told_once_and_a_second_time_is_a_breach_that_stops_no_clock(city: City) -> None:
    made = await take(city)
    async with city.database.begin(*city.clerk) as uow:
        row = await entries.ask_papers(uow, made.id, ["户口本", "一寸照片"])
        assert (row.state, row.missing, row.breaches) == ("waiting", ["户口本", "一寸照片"], [])
        with pytest.raises(Invalid, match="还缺材料"):
            await entries.close(uow, made.id, "办好了")
        with pytest.raises(Conflict, match="材料还没交齐"):
            await entries.refer(uow, made.id, "就业中心", "A-1")
    city.clock.advance(timedelta(days=8))
    async with city.database.begin(*city.clerk) as uow:
        assert [one.is_late for one in await queries.entries(uow)] == [False]
        row = await entries.brought(uow, made.id)
        assert row.due_at > uow.now + timedelta(days=2)
        due = row.due_at
        row = await entries.ask_papers(uow, made.id, ["结婚证"])
        assert (row.state, row.due_at, row.breaches) == ("open", due, ["told_twice"])
        assert (await entries.brought(uow, made.id)).due_at == due
        with pytest.raises(Invalid, match="请写还缺哪些材料"):
            await entries.ask_papers(uow, made.id, [" "])


async def test_late_is_a_fact_and_the_rate_tells_it(city: City) -> None:
    quick, slow = await take(city), await take(city)
    city.clock.advance(timedelta(hours=2))
    async with city.database.begin(*city.clerk) as uow:
        for at, words in (
            (uow.now + timedelta(hours=1), "比现在还晚"),
            (uow.now - timedelta(hours=3), "比受理时间还早"),
        ):
            with pytest.raises(Invalid, match=words):
                await entries.close(uow, quick.id, "办好了", at=at)
        with pytest.raises(Invalid, match="必须填写"):
            await entries.close(uow, quick.id, " ")
        await entries.close(uow, quick.id, "登记好了")
        with pytest.raises(Conflict, match="已经办结"):
            await entries.close(uow, quick.id, "又办好了")
    city.clock.advance(timedelta(days=9))
    async with city.database.begin(*city.clerk) as uow:
        assert [one.id for one in await queries.entries(uow, "late")] == [slow.id]
        await entries.refer(uow, slow.id, "公共就业服务中心", "就服2026-7")
        with pytest.raises(Conflict, match="等它回复"):
            await entries.refer(uow, slow.id, "公共就业服务中心", "就服2026-8")
        assert (await entries.answer(uow, slow.id, "登记完成")).breaches == ["late"]
        rate = await queries.rate(uow, STATION, uow.now - timedelta(days=30), uow.now + timedelta(days=1))
        assert (rate.ended, rate.in_time, rate.open, rate.share) == (2, 1, 0, 0.5)
        day = clock.business_date(uow.now)
        counts = await listing.counts(uow, STATION, day - timedelta(days=20), day)
        assert (counts["item.shiye"], counts["taken"], counts["done"], counts["in_time"]) == (2, 2, 2, 1)
        lines = await figures.stations(uow, STATION, day - timedelta(days=20), day)
        assert [(one.path, one.taken, one.share) for one in lines] == [(STATION, 2, 50)]
        rows = await listing.rows(uow, "service", STATION, day - timedelta(days=20), day)
        assert [(r.trace_code, r.who, r.outcome) for r in rows] == [
            (quick.trace_code, "张**", "登记好了"),
            (slow.trace_code, "张**", "登记完成"),
        ]


async def test_owed_wages_open_a_case_and_are_counted_from_there(city: City) -> None:
    made = await take(city, item="qianxin", words="干了六天，欠一千二")
    assert made.case_id is not None
    async with city.database.begin(*city.clerk) as uow:
        case = await uow.session.get_one(Case, made.case_id)
        assert (case.kind, case.receipt, case.owner_id) == ("complaint", made.trace_code, city.clerk_id)
        assert await queries.entries(uow) == []
        day = clock.business_date(uow.now)
        counts = await listing.counts(uow, STATION, day, day)
        assert (counts["item.qianxin"], counts["taken"], counts["done"]) == (1, 1, 0)


async def test_a_consultation_ends_at_the_counter(city: City) -> None:
    made = await take(city, item="1", who="李四", words="问社保补贴", outcome="告诉他要什么材料了")
    assert made.is_done
    async with city.database.begin(*city.clerk) as uow:
        day = clock.business_date(uow.now)
        (row,) = await listing.rows(uow, "consultation", STATION, day, day)
        assert (row.who, row.topic, row.outcome) == ("李**", "政策和用工咨询：问社保补贴", "告诉他要什么材料了")


async def test_working_hours_run_in_working_hours(city: City) -> None:
    """Tuesday 09:30: four hours end at 13:30. Friday 17:00: one hour that day, three on Monday."""
    made = await take(city, item="changdi", who="王五")
    assert clock.shanghai(made.due_at).isoformat()[:16] == "2026-03-10T13:30"
    friday = clock.at_shanghai(date(2026, 3, 13), time(17))
    async with city.database.begin(*city.clerk) as uow:
        due = await clocks.due(uow, STATION, friday, 4, "hour")
        assert clock.shanghai(due).isoformat()[:16] == "2026-03-16T11:00"
        with pytest.raises(ValueError, match="closes after it opens"):
            await holidays.working_hours(uow, STATION, friday, 1, opens=time(9), closes=time(8))


async def test_the_catalogue_has_versions_and_what_was_told_stays(city: City) -> None:
    before = await take(city)
    good = ItemForm(
        name="失业登记",
        kind="register",
        department="就业局",
        materials="身份证\n离职证明",
        limit_n=2,
        limit_unit="hour",
        source="兰人社〔2026〕3号",
    )
    async with city.database.begin(*city.staff(COUNTY)) as uow:
        with pytest.raises(Invalid) as wrong:
            await catalogue.write(
                uow,
                COUNTY,
                ItemForm(name="", kind="x", materials="身份证\n身份证", limit_n=0, limit_unit="week"),
                "失业",
            )
        assert {f.field for f in wrong.value.faults} == {
            "code", "name", "kind", "department", "source", "materials", "limit_n", "limit_unit",
        }  # fmt: skip
        assert (await catalogue.write(uow, COUNTY, good, "shiye")).version == 1
        assert (await catalogue.write(uow, COUNTY, good, "shiye")).version == 2
        assert (await catalogue.at(uow, tenant_path(STATION))).version == 3
        await catalogue.end(uow, COUNTY, "jianxi", "本县不办")
        assert await catalogue.item(uow, STATION, "jianxi") is None
        assert await catalogue.item(uow, OTHER_STATION, "jianxi") is not None
        with pytest.raises(NotFound):
            await catalogue.write(uow, OTHER_STATION, good, "shiye")
    after = await take(city)
    assert after.materials == ["身份证", "离职证明"]
    async with city.database.begin(*city.clerk) as uow:
        told = await queries.one(uow, before.id)
        assert (told.materials, told.limit_words) == (["身份证或社保卡"], "3个工作日")


async def test_the_counter_and_the_receipt_at_a_browser(browsers: Browsers) -> None:
    clerk = await browsers.clerk()
    bad = await clerk.post("/desk/services", data={"item": "", "who": "", "words": ""})
    assert bad.status_code == 422
    for words in ("没有这个事项", "请写来的是谁"):
        assert words in bad.text
    made = await clerk.post("/desk/services", data={"item": "linghuo", "who": "张三 13900000001", "words": "要登记"})
    assert made.status_code == 303
    page = (await clerk.get(made.headers["location"])).text
    assert "受理号" in page
    key = made.headers["location"].partition("done=")[2]
    slip = (await clerk.get(f"/desk/services/{key}/receipt")).text
    assert "查询码" in slip
    for step, data in (
        ("papers", {"names": "照片"}), ("brought", {}), ("note", {"words": "打过电话"}),
        ("refer", {"department": "就业中心", "reference": "A-1"}), ("answer", {"outcome": "登记好了"}),
    ):  # fmt: skip
        done = await clerk.post(f"/desk/services/{key}/{step}", data=data)
        assert done.status_code == 303, (step, done.text)
    anybody = await browsers.anybody()
    code = (await clerk.get(f"/desk/services/{key}")).text.split('<dd class="num">')[1][:8]
    digits = slip.split('查询码</dt><dd class="num">')[1][:4]
    token = re.search(r'name="_csrf" value="([^"]+)"', (await anybody.get("/case")).text)
    assert token
    for typed, words in ((digits, "登记好了"), ("12", "对不上")):
        asked = {"receipt": code, "digits": typed, "_csrf": token.group(1)}
        assert words in (await anybody.post("/case", data=asked)).text
    guide = (await anybody.get("/guide/sheet", params={"county": COUNTY})).text
    assert "5个工作日" in guide
    assert "第 1 版" in guide
    bureau = await at_post(browsers, "county", "county_bureau", COUNTY)
    assert (await bureau.post("/desk/services", data={"item": "1", "who": "张三"})).status_code == 403
    assert "兰阳街道零工驿站" in (await bureau.get("/bureau/services")).text
    assert (await clerk.get("/office/services")).status_code == 403
