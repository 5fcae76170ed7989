"""The site's pages: a shift's small forms for worker, employer and clerk, and the weather at a post."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import httpx
import sqlalchemy as sa
from browsing import button
from signing import both_sign
from small_city import COUNTY, START

from linggong.kernel import timers
from linggong.kernel.db import SYSTEM, Actor
from linggong.kernel.paths import EVERYWHERE
from linggong.work import attend, engage
from linggong.work.models import Assignment

from .desk import at_post, flash, later

if TYPE_CHECKING:
    from browsing import Browsers


class Day(NamedTuple):
    """Who is at the place, and which shift it is."""

    worker: httpx.AsyncClient
    boss: httpx.AsyncClient
    order_id: UUID
    shift: UUID


async def day(browsers: Browsers, *, come: bool = True) -> Day:
    """A signed worker and his employer, at work or missing."""
    city = browsers.city
    order_id, _ = await browsers.post(conditions=["outdoor"])
    token, person = await browsers.person()
    him, firm = (Actor(kind="worker", id=person, role="worker"), EVERYWHERE), city.employer(city.trusted)
    async with city.database.begin(*him) as uow:
        one = (await engage.apply(uow, order_id)).id
    async with city.database.begin(*firm) as uow:
        await engage.offer(uow, one)
    async with city.database.begin(*him) as uow:
        await engage.confirm(uow, one)
    await both_sign(city.database, one, him, firm)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        shift = (await uow.session.scalars(sa.select(Assignment.id))).one()
    worker, boss = await browsers.anybody(token), await browsers.boss(city.trusted)
    await later(browsers, seconds=int((START - city.clock.now()).total_seconds()))
    if come:
        async with city.database.begin(*firm) as uow:
            await attend.arrive(uow, shift, method="roll_call")
        await timers.sweep(city.database)
    return Day(worker, boss, order_id, shift)


async def test_a_worker_stops_for_heat_and_the_employer_goes_on_from_the_roll(browsers: Browsers) -> None:
    worker, boss, order_id, shift = await day(browsers)
    mine = await worker.get("/my/jobs")
    assert f'href="/shifts/{shift}"' in mine.text
    page = await worker.get(f"/shifts/{shift}")
    assert "太热" in page.text
    assert '<option value="power"' not in page.text, "other causes are not his to say"
    assert "作废" not in page.text
    refused = await worker.post(f"/shifts/{shift}/pause", data={"cause": "rain"})
    assert "高温或不安全" in refused.text
    assert "停工记下了" in await flash(worker, await worker.post(f"/shifts/{shift}/pause", data={"cause": "heat"}))
    assert "停工了" in (await worker.get("/my/jobs")).text
    roll = await boss.get(f"/employer/orders/{order_id}")
    one = button(roll.text, "resume")
    assert "复工" in await flash(boss, await boss.post(f"/employer/orders/{order_id}/resume", data={"one": one}))
    await later(browsers, hours=2)
    done = await boss.post(f"/shifts/{shift}/end_early", data={"reason": "活干完了", "task_done": "1"})
    assert "提前收工" in await flash(boss, done)
    part = {"reason": "quality", "words": "墙角没抹平", "amount": "40"}
    assert "不认可的部分" in await flash(boss, await boss.post(f"/shifts/{shift}/accept_part", data=part))


async def test_fewer_hours_are_proposed_and_answered(browsers: Browsers) -> None:
    worker, boss, _, shift = await day(browsers)
    await later(browsers, hours=9)
    await boss.post(f"/shifts/{shift}/finish")
    await timers.sweep(browsers.city.database)
    await later(browsers, hours=2, minutes=1)
    await timers.sweep(browsers.city.database)
    asked = await boss.post(f"/shifts/{shift}/propose_record", data={"hours": "6", "reason": "中午多歇两小时"})
    assert "等零工回话" in await flash(boss, asked)
    assert "雇主要改工时" in (await worker.get("/my/jobs")).text
    assert "只认 6 小时" in (await worker.get(f"/shifts/{shift}")).text
    assert "按原来的记录" in await flash(worker, await worker.post(f"/shifts/{shift}/refuse_record"))


async def test_a_no_show_is_contested_and_decided_at_the_desk(browsers: Browsers) -> None:
    worker, _, order_id, shift = await day(browsers, come=False)
    await later(browsers, minutes=31)
    clerk = await browsers.clerk()
    roll = await clerk.get(f"/desk/orders/{order_id}")
    one = button(roll.text, "absent")
    bare = await clerk.post(f"/desk/orders/{order_id}/absent", data={"one": one})
    assert "电话" in await flash(clerk, bare)
    called = {"one": one, f"call_{shift}": "8:01 打了没人接"}
    assert "没来" in await flash(clerk, await clerk.post(f"/desk/orders/{order_id}/absent", data=called))
    assert "申诉" in (await worker.get("/my/jobs")).text
    contest = await worker.post(f"/shifts/{shift}/contest", data={"reason": "address", "words": "地图上的位置不对"})
    assert "申诉收到" in await flash(worker, contest)
    decision = {"outcome": "withdrawn", "note": "发单定位确实错了"}
    own = await clerk.post(f"/shifts/{shift}/decide", data=decision)
    assert "另一位" in own.text
    assert "发单定位确实错了" in own.text, "what was typed comes back (R045)"
    assert (await worker.post(f"/shifts/{shift}/decide", data=decision)).status_code == 403
    colleague = await at_post(browsers, "wangfang")
    assert "请同事来定" in (await colleague.get(f"/desk/orders/{order_id}")).text
    assert "定了" in await flash(colleague, await colleague.post(f"/shifts/{shift}/decide", data=decision))


async def test_nobody_there_is_said_with_two_calls_and_a_photo(browsers: Browsers) -> None:
    worker, _, _, shift = await day(browsers, come=False)
    await later(browsers, minutes=35)
    photo = {"photo": ("gate.jpg", b"\xff\xd8\xff\xe0" + b"0" * 50, "image/jpeg")}
    wrong = await worker.post(f"/shifts/{shift}/employer_no_show", data={"call_1": "7:4x", "call_2": ""}, files=photo)
    assert "7:45" in wrong.text
    assert 'value="7:4x"' in wrong.text
    told = await worker.post(
        f"/shifts/{shift}/employer_no_show", data={"call_1": "07:45", "call_2": "08:00"}, files=photo
    )
    assert "补偿" in await flash(worker, told)


async def test_an_employer_moves_a_hot_day_from_the_orders_page(browsers: Browsers) -> None:
    city = browsers.city
    order_id, _ = await browsers.post(conditions=["outdoor"])
    boss = await browsers.boss(city.trusted)
    bureau = await at_post(browsers, "county", "county_bureau", COUNTY)
    hot = {
        "kind": "heat", "level": "red", "temperature_c": "41", "begins_at": "2026-03-11T00:00",
        "ends_at": "2026-03-12T00:00",
    }  # fmt: skip
    await bureau.post("/desk/weather", data=hot)
    await timers.sweep(city.database)
    page = await boss.get(f"/employer/orders/{order_id}")
    assert "当天要停" in page.text
    assert f"/orders/{order_id}/cool-hours" in page.text
    assert "按早上的时间来" in await flash(boss, await boss.post(f"/orders/{order_id}/cool-hours"))
    assert "05:00" in (await boss.get(f"/employer/orders/{order_id}")).text
    other = await browsers.boss(city.elsewhere, 902)
    assert (await other.post(f"/orders/{order_id}/cool-hours")).status_code == 404


async def test_strangers_see_no_shift(browsers: Browsers) -> None:
    _, _, _, shift = await day(browsers)
    stranger, other = await browsers.worker(7), await browsers.boss(browsers.city.elsewhere, 901)
    for who in (stranger, other):
        assert (await who.get(f"/shifts/{shift}")).status_code == 404
        assert (await who.post(f"/shifts/{shift}/pause", data={"cause": "heat"})).status_code == 404
    assert (await stranger.post(f"/shifts/{shift}/nonsense")).status_code == 404


async def test_a_bureau_enters_the_weather_and_takes_it_back(browsers: Browsers) -> None:
    bureau = await at_post(browsers, "county", "county_bureau", COUNTY)
    assert "现在没有天气预警" in (await bureau.get("/desk/weather")).text
    bad = await bureau.post("/desk/weather", data={"kind": "heat", "level": "blue", "begins_at": "x", "ends_at": ""})
    assert bad.status_code == 422
    day_ahead = {"begins_at": "2026-03-11T00:00", "ends_at": "2026-03-12T00:00"}
    bad = await bureau.post("/desk/weather", data={"kind": "heat", "level": "blue", **day_ahead})
    assert "最高气温" in bad.text
    made = await bureau.post(
        "/desk/weather", data={"kind": "heat", "level": "red", "temperature_c": "41", "number": "7", **day_ahead}
    )
    assert "红色高温预警" in await flash(bureau, made)
    page = await bureau.get("/desk/weather")
    assert "41℃" in page.text
    clerk = await browsers.clerk()
    there = await clerk.get("/desk/weather")
    assert "41℃" in there.text
    assert "withdraw" not in there.text, "the county's alert is not the station's to take back"
    one = page.text.split("/desk/weather/")[1].split("/")[0]
    assert "解除了" in await flash(bureau, await bureau.post(f"/desk/weather/{one}/withdraw", data={"why": "已解除"}))
    assert (await browsers.city.database.fetch_public("SELECT count(*) FROM weather_alerts"))[0][0] == 1
