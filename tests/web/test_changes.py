"""Changed terms, substitutes, crews, the waitlist and frozen orders on pages alone."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
from browsing import Browsers, button
from small_city import COUNTY, OTHER_STATION

from linggong.kernel import timers
from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.market import service
from linggong.people import sessions, staff


def said(answer: httpx.Response, where: str) -> None:
    assert answer.status_code == 303, answer.text[:2000]
    assert answer.headers["location"].startswith(where), answer.headers["location"]


def no(answer: httpx.Response) -> None:
    assert answer.status_code in (403, 409, 422), answer.status_code
    assert 'id="refused"' in answer.text, "the page comes back and says why"


async def hired(browsers: Browsers, worker: httpx.AsyncClient, boss: httpx.AsyncClient, code: str, base: str) -> None:
    said(await worker.post(f"/orders/{code}/apply"), "/my/jobs")
    page = await boss.get(base)
    said(await boss.post(f"{base}/choose", data={"one": button(page.text, "choose")}), base)
    page = await worker.get(f"/orders/{code}")
    confirm = re.search(r'action="(/engagements/[^"]+/confirm)"', page.text)
    assert confirm
    said(await worker.post(confirm.group(1)), "/")


async def officer(browsers: Browsers, name: str, role: str, path: str = COUNTY) -> httpx.AsyncClient:
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        account = await staff.create_staff(uow, name, "张敏", role, path, "dawn-at-the-bridge-5")
        return await browsers.anybody(await sessions.create(uow, "staff", account))


async def test_terms_are_changed_and_answered_on_pages(browsers: Browsers) -> None:
    order_id, code = await browsers.post()
    worker, boss = await browsers.worker(), await browsers.boss(browsers.city.trusted)
    base = f"/employer/orders/{order_id}"
    await hired(browsers, worker, boss, code, base)
    assert f"{base}/changes" in (await boss.get(base)).text
    bad = await boss.post(f"{base}/changes/propose", data={"kind": "price", "pay": "很多"})
    assert bad.status_code == 422
    assert "新工钱（元）：钱数请填数字" in bad.text
    assert re.search(r'<details class="fold" open><summary>改工钱', bad.text), "the form that was refused stands open"
    assert bad.text.count('<details class="fold" open>') == 1
    assert re.search(r'id="pay"[^>]* aria-invalid="true"[^>]* autofocus value="很多"', bad.text)
    said(await boss.post(f"{base}/changes/propose", data={"kind": "price", "pay": "220"}), f"{base}/changes")
    assert "待对方答复" in (await boss.get(f"{base}/changes")).text
    page = (await worker.get("/my/changes")).text
    assert re.search(r"改成 220(\.00)? 元", page)
    one = re.search(r'action="/my/changes/agree">.*?name="one" value="([^"]+)"', page, re.S)
    assert one
    said(await worker.post("/my/changes/agree", data={"one": one.group(1)}), "/my/changes")
    assert "已同意" in (await worker.get("/my/changes")).text
    assert "220" in (await worker.get(f"/orders/{code}")).text
    assert (await boss.post(f"{base}/changes/fly")).status_code == 404
    assert (await worker.get(f"{base}/changes")).status_code in (403, 404)


async def test_a_full_order_has_a_queue_and_a_substitute_a_code(browsers: Browsers) -> None:
    order_id, code = await browsers.post(headcount=1)
    first, second = await browsers.worker(1), await browsers.worker(2)
    boss = await browsers.boss(browsers.city.trusted)
    base = f"/employer/orders/{order_id}"
    await hired(browsers, first, boss, code, base)
    assert "排候补" in (await second.get(f"/orders/{code}")).text
    said(await second.post(f"/orders/{code}/apply"), "/my/jobs")
    assert "排第 1 位" in (await second.get(f"/orders/{code}")).text
    assert "第 1 位" in (await boss.get(f"{base}/changes")).text
    third = await browsers.worker(3)
    job = re.search(r'<option value="([^"]+)">', (await first.get("/my/changes")).text)
    assert job
    said(await first.post("/my/changes/substitute", data={"one": job.group(1), "reason": "家里有事"}), "/my/changes")
    number = re.search(r'替工码 <b class="num said">(\w{8})</b>', (await first.get("/my/changes")).text)
    assert number
    no(await third.post("/my/changes/enter", data={"code": "AAAAAAAA"}))
    said(await third.post("/my/changes/enter", data={"code": number.group(1)}), "/my/jobs")
    swap = re.search(r'changes/swap">.*?name="one" value="([^"]+)"', (await boss.get(f"{base}/changes")).text, re.S)
    assert swap
    said(await boss.post(f"{base}/changes/swap", data={"one": swap.group(1)}), f"{base}/changes")
    assert "雇主选了你" in (await third.get(f"/orders/{code}")).text


async def test_a_crew_is_founded_joined_and_signed_up(browsers: Browsers) -> None:
    _, code = await browsers.post(crew_allowed=True)
    leader, member = await browsers.worker(1), await browsers.worker(2)
    said(await leader.post("/my/crew/found", data={"name": "李家班", "fee": "10"}), "/my/crew")
    number = re.search(r'入组码 <b class="num said">(\w{8})</b>', (await leader.get("/my/crew")).text)
    assert number
    no(await member.post("/my/crew/join", data={"code": "AAAAAAAA"}))
    said(await member.post("/my/crew/join", data={"code": number.group(1).lower()}), "/my/crew")
    page = (await leader.get("/my/crew")).text
    crew = re.search(r'action="/my/crew/sign_up".*?name="one" value="([^"]+)"', page, re.S)
    who = re.search(r'name="members" value="([^"]+)"', page)
    assert crew
    assert who
    form = {"one": crew.group(1), "members": who.group(1), "trace_code": code.lower()}
    said(await leader.post("/my/crew/sign_up", data=form), "/my/crew")
    assert "已报名" in (await member.get("/my/jobs")).text
    no(await leader.post("/my/crew/sign_up", data=form | {"trace_code": "ZZZZZZZZ"}))


async def test_a_report_freezes_an_order_and_two_offices_take_it_down(browsers: Browsers) -> None:
    order_id, code = await browsers.post()
    clerk, boss = await browsers.clerk(), await browsers.boss(browsers.city.trusted)
    desk = f"/desk/orders/{order_id}/changes"
    said(await clerk.post(f"{desk}/suspend", data={"reason": "fee", "note": "说要交50块"}), desk)
    assert "正在核查" in (await clerk.get(desk)).text
    assert f"/orders/{code}" not in (await (await browsers.worker()).get("/")).text
    operator = await officer(browsers, "operator", "county_operator")
    bureau = await officer(browsers, "bureau", "county_bureau")
    assert "冻结核查（1）" in (await operator.get("/bureau/holds")).text
    step = f"/bureau/holds/{order_id}"
    assert (await operator.post(f"{step}/take_down", data={"words": ""})).status_code == 403
    no(await bureau.post(f"{step}/take_down", data={"words": ""}))
    said(await operator.post(f"{step}/propose", data={"words": "截图两张"}), "/bureau/holds")
    assert "确认下架" in (await bureau.get("/bureau/holds")).text
    said(await bureau.post(f"{step}/take_down", data={"words": "属实"}), "/bureau/holds")
    page = (await boss.get(f"/employer/orders/{order_id}/changes")).text
    assert "下架了" in page
    assert "截图两张" in page
    said(
        await boss.post(f"/employer/orders/{order_id}/changes/object", data={"words": "没有收费"}),
        f"/employer/orders/{order_id}/changes",
    )
    assert "没有收费" in (await bureau.get("/bureau/holds")).text
    second = await officer(browsers, "bureau2", "county_bureau")
    said(await second.post(f"{step}/uphold", data={"words": "误会"}), "/bureau/holds")
    assert "冻结核查（0）" in (await bureau.get("/bureau/holds")).text
    assert (await clerk.get("/bureau/holds")).status_code in (403, 404)


async def test_missing_people_and_rain(browsers: Browsers) -> None:
    city = browsers.city
    order_id, code = await browsers.post()
    worker, boss = await browsers.worker(), await browsers.boss(city.trusted)
    base = f"/employer/orders/{order_id}"
    await hired(browsers, worker, boss, code, base)
    city.clock.advance(timedelta(hours=25, minutes=30))
    await timers.sweep(city.database)
    page = (await boss.get(f"{base}/changes")).text
    assert "还差 5 人" in page
    said(await boss.post(f"{base}/changes/choose", data={"choice": "fewer"}), f"{base}/changes")
    assert "已选：人少也开工" in (await boss.get(f"{base}/changes")).text
    async with city.database.begin(*city.employer(city.trusted)) as uow:
        await service.cancel_order(uow, order_id, reason="weather")
    no(await boss.post(f"{base}/changes/reschedule", data={"work_date": "那天"}))
    said(await boss.post(f"{base}/changes/reschedule", data={"work_date": "2026-03-14"}), f"{base}/changes")
    await timers.sweep(city.database)
    assert "有人请你去" in (await worker.get("/my/jobs")).text


async def test_another_stations_desk_helps_out(browsers: Browsers) -> None:
    """31c: the employer asks around, the other desk answers and signs its own worker up."""
    city = browsers.city
    order_id, code = await browsers.post()
    worker, boss = await browsers.worker(), await browsers.boss(city.trusted)
    base = f"/employer/orders/{order_id}"
    await hired(browsers, worker, boss, code, base)
    city.clock.advance(timedelta(hours=25, minutes=30))
    await timers.sweep(city.database)
    no(await boss.post(f"{base}/changes/choose", data={"choice": "split"}))
    said(await boss.post(f"{base}/changes/choose", data={"choice": "ask_around"}), f"{base}/changes")
    other = await officer(browsers, "away", "station_clerk", OTHER_STATION)
    assert "别的驿站缺人" in (await other.get("/desk")).text
    page = (await other.get("/desk/help")).text
    call = re.search(r'action="(/desk/help/[^"]+)/answer"', page)
    assert call
    bad = await other.post(f"{call.group(1)}/answer", data={"people": "很多"})
    assert bad.status_code == 422
    assert 'value="很多"' in bad.text
    said(await other.post(f"{call.group(1)}/answer", data={"people": "2"}), "/desk/help")
    assert "能来 2 人" in (await boss.get(f"{base}/changes")).text
    assert (await other.post(f"{call.group(1)}/send", data={"worker": "x"})).status_code == 404
    assert (await other.post(f"{call.group(1)}/fly")).status_code == 404
    assert (await (await browsers.clerk()).get("/desk/help")).text.count("/answer") == 0
    assert (await worker.get("/desk/help")).status_code in (403, 404)
