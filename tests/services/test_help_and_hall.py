"""Help with a next contact, courses with seats, tools that come back, ratings of a station (R036, R066-R068, R102, R104-R107)."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import msgspec
import pytest
from browsing import Browsers, browsers
from small_city import OTHER_STATION, City

from linggong.kernel import clock
from linggong.kernel.errors import Conflict, Invalid, NotFound, TooMany
from linggong.kernel.paths import tenant_path
from linggong.matching import priority
from linggong.matching.priority import NewMark
from linggong.publishing import benefits
from linggong.publishing.benefits import BenefitForm
from linggong.services import help_queries, helping, learn_queries, learning, listing, ratings, things
from linggong.services.helping import HelpForm, StepForm
from linggong.services.learning import CourseForm
from linggong.services.ratings import RatingForm
from linggong.services.things import UseForm
from linggong.stations import screens
from tenants import service

from .conftest import STATION, enrol, take

__all__ = ["browsers"]


async def test_help_has_a_next_contact_by_tier_and_ends_with_an_outcome(city: City) -> None:
    person = await enrol(city, 1)
    async with city.database.begin(*city.clerk) as uow:
        today = clock.business_date(uow.now)
        proof = NewMark(category="subsistence", grantor="县民政局", proof="D-1", valid_to=today, consent="0002")
        await priority.note(uow, person, proof)
        with pytest.raises(Invalid) as wrong:
            await helping.open_case(uow, city.secrets.sealer, HelpForm(kind="x", next_on=today - timedelta(days=1)))
        assert {f.field for f in wrong.value.faults} == {"kind", "who", "topic", "next_on"}
        row = await helping.open_case(
            uow,
            city.secrets.sealer,
            HelpForm(kind="hardship", who="13800000001", topic="低保，想找活", plan="先派近处的活"),
        )
        # Tier 2 is spoken with every 15 days.
        assert (row.tier, row.next_on) == (2, today + timedelta(days=15))
    city.clock.advance(timedelta(days=16))
    async with city.database.begin(*city.clerk) as uow:
        assert [line.is_late for line in await help_queries.cases(uow, "due")] == [True]
        for form, fields in (
            (StepForm(words="", next_on=clock.business_date(uow.now) - timedelta(days=1)), {"words", "next_on"}),
            (StepForm(words="谈了", stage="loan", minutes=0), {"stage", "minutes", "amount_fen", "paper"}),
            (StepForm(words="了结", outcome="happy"), {"outcome"}),
        ):
            with pytest.raises(Invalid) as wrong:
                await helping.step(uow, row.id, form)
            assert {f.field for f in wrong.value.faults} == fields
        await helping.step(uow, row.id, StepForm(words="到县医院当保洁了", outcome="placed"))
        assert await help_queries.due_count(uow) == 0
        with pytest.raises(Conflict, match="已经了结"):
            await helping.step(uow, row.id, StepForm(words="再谈"))
    async with city.database.begin(*city.other_clerk) as uow:
        with pytest.raises(NotFound):
            await help_queries.one(uow, row.id)


async def test_a_start_up_counts_as_success_with_its_subsidy_and_paper(city: City) -> None:
    async with city.database.begin(*city.clerk) as uow:
        row = await helping.open_case(
            uow, city.secrets.sealer, HelpForm(kind="startup", who="孙二娘 13900000002", topic="想开早点铺")
        )
        with pytest.raises(Invalid, match="凭证的编号"):
            await helping.step(uow, row.id, StepForm(words="补贴到账", stage="subsidy", amount_fen=500_000))
        for stage, fen, paper in (
            ("opening", None, ""),
            ("loan", 10_000_000, "担2026-9"),
            ("subsidy", 500_000, "创补2026-3"),
        ):
            await helping.step(uow, row.id, StepForm(words="办了", stage=stage, amount_fen=fen, paper=paper))
        with pytest.raises(Invalid, match="阶段不再变"):
            await helping.step(uow, row.id, StepForm(words="退回", stage="consult"))
        day = clock.business_date(uow.now)
        counts = await listing.counts(uow, STATION, day, day)
        assert (counts["startup_consultation"], counts["startup_success"], counts["hardship_help"]) == (1, 1, 0)
        (won,) = await listing.rows(uow, "startup_success", STATION, day, day)
        assert (won.trace_code, won.amount_fen, won.paper) == (row.trace_code, 500_000, "创补2026-3")
        talk = HelpForm(kind="guidance", who="李四", topic="转行", minutes=30, result="建议学电工")
        assert (await helping.open_case(uow, city.secrets.sealer, talk)).ended_at is not None
        with pytest.raises(Invalid, match="多少分钟"):
            await helping.open_case(uow, city.secrets.sealer, HelpForm(kind="guidance", who="李四", topic="转行"))


def course(city: City, **changes: object) -> CourseForm:
    day = clock.business_date(clock.now())
    values: dict[str, object] = {
        "title": "电工初级班", "provider": "县技校", "place": "县技校三楼", "begins_on": day, "ends_on": day + timedelta(days=5),
        "lessons": 20, "seats": 1,
    }  # fmt: skip
    return msgspec.convert(values | changes, CourseForm)


async def test_a_course_is_full_over_and_joined_once(city: City) -> None:
    await enrol(city, 1)
    await enrol(city, 2)
    await enrol(city, 3, where=city.other_clerk)
    sealer = city.secrets.sealer
    async with city.database.begin(*city.clerk) as uow:
        day = clock.business_date(uow.now)
        with pytest.raises(Invalid) as wrong:
            await learning.offer(uow, course(city, title="", ends_on=day - timedelta(days=1), lessons=0, seats=None))
        assert {f.field for f in wrong.value.faults} == {"title", "ends_on", "lessons", "seats"}
        made = await learning.offer(uow, course(city))
        with pytest.raises(Invalid, match="还没登记"):
            await learning.enrol(uow, sealer, made.id, "王五")
        row = await learning.enrol(uow, sealer, made.id, "13800000001")
        with pytest.raises(Conflict, match="已经报了"):
            await learning.enrol(uow, sealer, made.id, "13800000001")
        with pytest.raises(Conflict, match="满了"):
            await learning.enrol(uow, sealer, made.id, "13800000002")
    async with city.database.begin(*city.other_clerk) as uow:
        assert (await learn_queries.course(uow, made.id)).taken == 1, "seats are counted over all places"
        with pytest.raises(Conflict, match="满了"):
            await learning.enrol(uow, sealer, made.id, "13800000003")
        with pytest.raises(NotFound):
            await learning.attend(uow, row.id, 1)
    async with city.database.begin(*city.clerk) as uow:
        with pytest.raises(Invalid, match="0 到 20"):
            await learning.attend(uow, row.id, 21)
        with pytest.raises(Invalid, match="先记到课"):
            await learning.finish(uow, row.id, state="finished")
        await learning.attend(uow, row.id, 18)
        await learning.finish(uow, row.id, state="finished", certificate="电2026-88")
        with pytest.raises(Conflict, match="不能记成"):
            await learning.subsidy(uow, row.id, "training", "paid")
        await learning.subsidy(uow, row.id, "training", "asked")
        with pytest.raises(Invalid, match="请写金额"):
            await learning.subsidy(uow, row.id, "training", "granted")
        await learning.subsidy(uow, row.id, "training", "granted", 80_000)
        await learning.subsidy(uow, row.id, "training", "paid")
        await learning.subsidy(uow, row.id, "living", "asked")
    async with city.database.system() as uow:
        await service.set_parameter(uow, tenant_path("/4102/"), "station.year.trainees", "20", "龙里 2025")
    async with city.database.begin(*city.clerk) as uow:
        done = await learn_queries.progress(uow, STATION, 2026)
        assert (done.people, done.certified, done.target) == (1, 1, 20)
        (line,) = await listing.rows(uow, "training", STATION, day, day)
        assert (line.outcome, line.amount_fen) == ("结业，证书 电2026-88", 80_000)
    city.clock.advance(timedelta(days=6))
    # What comes after the last lesson is still reached: certificates, subsidies.
    async with city.database.begin(*city.clerk) as uow:
        assert await learn_queries.courses(uow, STATION) == []
        (over,) = await learn_queries.past(uow)
        assert (over.id, over.people, over.unsettled, over.subsidies) == (made.id, 1, 0, 1)
        await learning.subsidy(uow, row.id, "living", "refused")
        assert [one.subsidies for one in await learn_queries.past(uow)] == [0]
    async with city.database.begin(*city.other_clerk) as uow:
        assert await learn_queries.past(uow) == [], "whom another place brought is its own to follow"
    async with city.database.begin(*city.clerk) as uow:
        with pytest.raises(Conflict, match="已经结束"):
            await learning.enrol(uow, sealer, made.id, "13800000002")


async def test_the_last_seat_is_given_once(city: City) -> None:
    for n in (1, 2):
        await enrol(city, n)
    async with city.database.begin(*city.clerk) as uow:
        made = await learning.offer(uow, course(city))

    async def join(n: int) -> bool:
        async with city.database.begin(*city.clerk) as uow:
            try:
                await learning.enrol(uow, city.secrets.sealer, made.id, f"1380000000{n}")
            except Conflict:
                return False
            return True

    assert sorted(await asyncio.gather(join(1), join(2))) == [False, True]


async def test_a_tool_is_lent_once_and_a_room_booked_without_overlap(city: City) -> None:
    sealer = city.secrets.sealer
    async with city.database.begin(*city.clerk) as uow:
        with pytest.raises(Invalid) as wrong:
            await things.add(uow, "car", "")
        assert {f.field for f in wrong.value.faults} == {"kind", "name"}
        barrow, room = await things.add(uow, "tool", "手推车"), await things.add(uow, "room", "面谈室")
        with pytest.raises(Conflict, match="手推车2"):
            await things.add(uow, "tool", "手推车")
        lent = await things.use(uow, sealer, barrow.id, UseForm(who="张三 13900000001"))
        with pytest.raises(Conflict, match="还在张"):
            await things.use(uow, sealer, barrow.id, UseForm(who="李四"))
        with pytest.raises(Conflict, match="还没有还回来"):
            await things.retire(uow, barrow.id)
        with pytest.raises(Invalid, match="还回来时的样子"):
            await things.give_back(uow, lent.id, "dirty")
        await things.give_back(uow, lent.id, "worn")
        with pytest.raises(Conflict, match="已经还了"):
            await things.give_back(uow, lent.id)
        noon = uow.now + timedelta(hours=3)
        booked = UseForm(who="宏达建筑", note="面谈", from_at=noon, until=noon + timedelta(hours=1))
        await things.use(uow, sealer, room.id, booked)
        with pytest.raises(Invalid, match="晚于开始"):
            await things.use(uow, sealer, room.id, UseForm(who="别家", note="面谈", from_at=noon, until=noon))
        with pytest.raises(Conflict, match="有人订了"):
            late = noon + timedelta(minutes=30)
            await things.use(uow, sealer, room.id, UseForm(who="别家", note="面谈", from_at=late))
        after = noon + timedelta(hours=1)
        await things.use(uow, sealer, room.id, UseForm(who="别家", note="面谈", from_at=after))
        day = clock.business_date(uow.now)
        counts = await listing.counts(uow, STATION, day, day)
        assert (counts["tool_loans"], counts["bookings"]) == (1, 2)


async def test_a_moment_is_taken_as_a_browser_writes_it(browsers: Browsers) -> None:
    """An input of day and time sends no seconds: what is lent until six, booked, ended or entered later must be taken."""
    city, clerk = browsers.city, await browsers.clerk()
    async with city.database.begin(*city.clerk) as uow:
        barrow, room = await things.add(uow, "tool", "手推车"), await things.add(uow, "room", "面谈室")
    lent = await clerk.post(f"/desk/things/{barrow.id}/use", data={"who": "张三", "until": "2026-03-10T18:00"})
    assert lent.status_code == 303, lent.text
    asked = {"who": "宏达建筑", "note": "面谈", "from_at": "2026-03-11T14:00", "until": "2026-03-11T16:00:00"}
    assert (await clerk.post(f"/desk/things/{room.id}/use", data=asked)).status_code == 303
    assert "张**，今天 18:00 还" in (await clerk.get("/desk/things")).text
    taken = {"item": "zixun", "who": "李四", "words": "问补贴", "outcome": "说清了", "happened_at": "2026-03-09T16:20"}
    assert (await clerk.post("/desk/services", data=taken)).status_code == 303


async def test_a_station_is_rated_without_signing_in_once_a_receipt(city: City, browsers: Browsers) -> None:
    visit = (await take(city)).trace_code
    rate = {"upkeep": "5", "service": "4", "visit": visit}
    anybody = await browsers.anybody()
    clerk = await browsers.clerk()
    code = re.search(r"/desk/ratings", (await clerk.get("/desk/services")).text)
    assert code
    async with city.database.system() as uow:
        node = (await ratings.station(uow, STATION)).id
    page = (await anybody.get(f"/rate/{node}", params={"v": visit.lower()})).text
    assert visit in page
    token = re.search(r'name="_csrf" value="([^"]+)"', page)
    assert token
    sign = {"_csrf": token.group(1)}
    bad = await anybody.post(f"/rate/{node}", data=sign | {"upkeep": "6", "service": "0"})
    assert bad.status_code == 422
    for words in ("场地维护：打 1 到 5 分", "服务质量：打 1 到 5 分"):
        assert words in bad.text
    assert "至少给一项" in (await anybody.post(f"/rate/{node}", data=sign)).text
    assert "没有这张回执" in (await anybody.post(f"/rate/{node}", data=sign | rate | {"visit": "NOSUCH77"})).text
    assert "收到了，谢谢" in (await anybody.post(f"/rate/{node}", data=sign | rate)).text
    assert "评过了" in (await anybody.post(f"/rate/{node}", data=sign | rate)).text
    for _ in range(3):
        await ratings.by_qr(city.database, city.secrets, node, RatingForm(guidance=3), "10.0.0.1")
    with pytest.raises(TooMany):
        await ratings.by_qr(city.database, city.secrets, node, RatingForm(guidance=3), "10.0.0.1")
    with pytest.raises(NotFound):
        await ratings.by_qr(city.database, city.secrets, "/4102/25/", RatingForm(guidance=3), "10.0.0.2")
    async with city.database.begin(*city.clerk) as uow:
        await ratings.on_paper(uow, RatingForm(guidance=5, words="耐心"))
        now = (await ratings.trend(uow, STATION))[-1]
        assert (now.answers, now.means["upkeep"], now.means["guidance"], now.means["mediation"]) == (5, 5.0, 3.5, None)
    async with city.database.begin(*city.other_clerk) as uow:
        assert (await ratings.trend(uow, OTHER_STATION))[-1].answers == 0
    assert "“耐心”" in (await clerk.get("/desk/ratings")).text


async def test_code_keypad_and_paper_come_to_the_same_figures_and_a_receipt_rates_once(browsers: Browsers) -> None:
    """R102: the keypad of the hall sends as often as people come by; a receipt that has rated rates by no other way again."""
    city, anybody, clerk = browsers.city, await browsers.anybody(), await browsers.clerk()
    visit = (await take(city)).trace_code
    all_five = {"upkeep": 5, "service": 4, "sides": 3, "mediation": 2, "guidance": 1}
    async with city.database.begin(*city.clerk) as uow:
        _, secret = await screens.register(uow, kind="kiosk", name="门口")
        node = (await ratings.station(uow, STATION)).id
    door = "/api/v1/station-ratings"
    assert (await anybody.post(door, params={"kiosk": "x" * 30}, json=all_five)).status_code == 404
    assert (await anybody.post(door, params={"kiosk": secret}, json={"upkeep": 9})).status_code == 422
    for _ in range(5):
        assert (await anybody.post(door, params={"kiosk": secret}, json=all_five)).status_code == 201
    for status in (201, 201, 201, 429):
        assert (await anybody.post(door, params={"node": str(node)}, json=all_five)).status_code == status
    await ratings.by_qr(city.database, city.secrets, node, RatingForm(**all_five, visit=visit), "10.0.0.1")
    assert (await anybody.post(door, params={"kiosk": secret}, json=all_five | {"visit": visit})).status_code == 409
    again = await clerk.post("/desk/ratings", data=all_five | {"visit": visit.lower()})
    assert (again.status_code, "评过了" in again.text) == (409, True)
    wrong = await clerk.post("/desk/ratings", data=all_five | {"at": "2026-03-11T09:00", "visit": "NOSUCH77"})
    assert wrong.status_code == 422
    assert "时间比现在还晚" in wrong.text
    assert (await clerk.post("/desk/ratings", data=all_five | {"at": "2026-03-09T16:00"})).status_code == 303
    async with city.database.begin(*city.clerk) as uow:
        now = (await ratings.trend(uow, STATION))[-1]
    assert (now.answers, now.means) == (10, {name: float(n) for name, n in all_five.items()})


async def test_reads_and_prints_of_policies_are_counted(city: City, browsers: Browsers) -> None:
    async with city.database.begin(*city.clerk) as uow:
        day = clock.business_date(uow.now)
        policy = await benefits.write(
            uow, BenefitForm(path=STATION, kind="subsidy", title="社保补贴", who="灵活就业", what="补三分之二", how="到驿站", source="文件", valid_from=day)
        )  # fmt: skip
    anybody = await browsers.anybody()
    for _ in range(2):
        assert "补三分之二" in (await anybody.get(f"/training/policies/{policy.id}")).text
    assert "打印" in (await anybody.get(f"/training/policies/{policy.id}/sheet")).text
    async with city.database.begin(*city.clerk) as uow:
        assert (await benefits.counted(uow, [policy.id]))[policy.id] == {"read": 2, "print": 1}


async def test_he_sees_his_matters_and_joins_a_course_by_himself(browsers: Browsers) -> None:
    city = browsers.city
    worker = await browsers.worker()
    async with city.database.begin(*city.clerk) as uow:
        made = await learning.offer(uow, course(city))
    await take(city, who="13800000001")
    page = (await worker.get("/my/services")).text
    for there in ("失业登记", "在办", "电工初级班", "1 个名额"):
        assert there in page, there
    assert (await worker.post(f"/my/courses/{made.id}")).status_code == 303
    assert "0/20 课时" in (await worker.get("/my/services")).text
    # He may leave, which frees the seat, and come again: with his own row, and never twice.
    twice = await worker.post(f"/my/courses/{made.id}", follow_redirects=True)
    assert "您已经报了这个班" in twice.text
    assert (await worker.post(f"/my/courses/{made.id}/leave")).status_code == 303
    left = (await worker.get("/my/services")).text
    assert "退出" in left
    assert "1 个名额" in left
    assert "不用再退" in (await worker.post(f"/my/courses/{made.id}/leave", follow_redirects=True)).text
    assert (await worker.post(f"/my/courses/{made.id}")).status_code == 303
    assert (await worker.get("/my/courses")).headers["location"].endswith("/my/services")
    assert (await (await browsers.worker(2)).post(f"/my/courses/{made.id}/leave")).status_code == 404
    clerk = await browsers.clerk()
    listed = (await clerk.get(f"/desk/courses/{made.id}")).text
    assert "李**" in listed, "his station sees whom it is to call"
    assert "/desk/people/" in listed, "and opens who it is: two of one surname are told apart"
