"""Worked days of the town, walked on pages alone: everybody who acts has a browser and nothing else.

a: a farmer calls at 05:10, six people for garlic, rain at eleven, paid in cash and closed by 14:00.
b: a restaurant wants three; one does not come, the next in the queue does; his bus broke down, and nothing counts against him.
c: a crew of eight; its leader may not take their wages; seven are paid by WeChat, one in cash.
e: an employer vanishes with twelve people unpaid: arrears at once, handed over the same day, nothing new posted anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, expect

from linggong.demo.paths import cast
from linggong.demo.paths.dawn import SIX
from linggong.demo.paths.stage import DAY
from linggong.demo.paths.wages import EIGHT, TWELVE, account
from linggong.kernel.crypto import Secrets

from .acts import agree, apply, arrive, call, choose_all, day_code, fill_payment, handset, say, tick_all
from .pressing import leaving, press
from .town import Town, post_order, town

if TYPE_CHECKING:
    from conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
NEXT_DAY = DAY + timedelta(days=1)


@pytest.fixture
def place(server: Server, browser: Browser, secrets: Secrets, tmp_path: Path) -> Iterator[Town]:
    with town(server, browser, secrets, tmp_path) as made:
        yield made
        made.sound()


def test_path_a_garlic_and_rain(place: Town) -> None:
    """05:10, the last order again for six; two by telephone keys and texts, two on the board, two from the queue; rain; cash."""
    stage = place.stage
    place.until(15, 0, day=DAY - timedelta(days=1))
    place.do(cast.staffed(stage, "驿站", "同事"))
    place.do(cast.employer(stage, "蒜农老孙", agent="孙宝山", n=900, kind="individual", trusted=False))
    place.do(cast.workers(stage, SIX))
    farmer = place.of("蒜农老孙")
    farmer.goto("/employer/orders/new")
    last = post_order(farmer, "收大蒜，管一顿饭", 2, start="07:00", end="17:00", address="城东村北蒜地", outdoor="tick")
    colleague = place.of("同事", 1366, 768)
    colleague.goto("/desk/review")
    box = colleague.locator("input[name=call_back]").first
    if box.count():
        box.check()
    press(colleague, "form[action*='/approve'] button")
    farmer.goto(f"/employer/orders/{last}")
    press(farmer, "button:has-text('取消这单')")

    place.until(5, 10)
    clerk = place.of("驿站", 1366, 768)
    clerk.goto("/desk/post")
    press(clerk, "a[href*='/desk/post?from=']")
    clerk.fill("#wanted", "6")
    clerk.fill("#date", f"{DAY:%Y-%m-%d}")
    press(clerk, "button:has-text('交审')")
    order = re.search(r"/desk/orders/([0-9a-f-]{36})", clerk.url)
    assert order, clerk.inner_text("main")[:800]
    expect(clerk.locator("main")).to_contain_text("招工中")  # the early hours pass it by rule

    place.until(5, 15)
    for name in SIX[:2]:
        apply(place, name, "收大蒜")
    for name in SIX[2:4]:
        clerk.goto(f"/desk/orders/{order[1]}")
        press(clerk, f"form[action$='/apply'] button[aria-label^='替{name[0]}']")
    place.until(5, 25)
    clerk = place.of("驿站")
    tick_all(clerk, order[1], "选他们")
    place.work()
    for name in SIX[:2]:
        agree(place, name, "收大蒜")
    handset(place, SIX[2]).fill("#text", "1")
    press(place.of("电话机"), "button:has-text('发')")
    call(place, SIX[3], "2", "1")
    place.sign("蒜农老孙", f"/employer/orders/{order[1]}/sign")
    for _ in SIX[2:4]:
        clerk.goto(f"/desk/orders/{order[1]}")
        press(clerk, "button[formaction$='/contract']")

    place.until(5, 40)
    clerk = place.of("驿站")
    for n in (5, 6):
        clerk.goto("/desk")
        clerk.fill("#sign", f"138{n:08d}")
        press(clerk, "button:has-text('签到')")
        clerk.goto(f"/desk?order={order[1]}")
        clerk.locator(".choice", has_text=SIX[n - 1][0]).filter(has=clerk.locator("input[name=worker]")).first.locator(
            "input[name=worker]"
        ).check()
        with leaving(clerk):
            clerk.keyboard.press("Enter")
    clerk.goto(f"/desk/orders/{order[1]}")
    expect(clerk.locator("main")).to_contain_text("定下 6/6")

    place.until(6, 40)
    farmer = place.of("蒜农老孙")
    at_gate = day_code(farmer, order[1])
    for name in SIX[:2]:
        arrive(place, name, at_gate)
    tick_all(place.of("驿站"), order[1], "到岗")
    place.until(11, 0)
    farmer = place.of("蒜农老孙")
    farmer.goto(f"/employer/orders/{order[1]}")
    shifts = [a.get_attribute("href") or "" for a in farmer.locator("a:has-text('有情况')").all()]
    assert len(shifts) == 6
    for shift in shifts:
        farmer.goto(shift)
        say(farmer, "pause", cause="rain")
    place.until(13, 0)
    farmer = place.of("蒜农老孙")
    for words in ("全部认定", "都记付款"):
        farmer.goto(f"/employer/orders/{order[1]}")
        if words == "都记付款":
            place.until(13, 30)
            farmer = place.of("蒜农老孙")
            farmer.goto(f"/employer/orders/{order[1]}")
            farmer.select_option("#pay_way", "cash")
        press(farmer, f"button:has-text('{words}')")
    place.work()
    for name in SIX[:2]:
        page = place.of(name)
        page.goto("/my/wages")
        press(page, "button:has-text('收到了')")
    for name in SIX[2:4]:
        handset(place, name).fill("#text", "1")
        press(place.of("电话机"), "button:has-text('发')")
    tick_all(place.of("驿站"), order[1], "都说收到了")
    place.until(14, 0)
    farmer = place.of("蒜农老孙")
    farmer.goto(f"/employer/orders/{order[1]}/receipt")
    expect(farmer.locator("tbody .state-done")).to_have_count(6)
    farmer.goto(f"/employer/orders/{order[1]}")
    expect(farmer.locator(".state").first).to_have_text(re.compile("结清"))


def test_path_e_twelve_unpaid(place: Town) -> None:
    stage = place.stage
    place.until(5, 0)
    place.do(cast.staffed(stage, "驿站", "县局"))
    place.do(cast.employer(stage, "跑路食品厂", agent="何老板", n=904))
    place.do(cast.workers(stage, TWELVE))
    clerk = place.of("驿站", 1366, 768)
    order = post_order(place.of("跑路食品厂"), "装箱工十二人", 12)
    for _ in TWELVE:
        clerk.goto(f"/desk?order={order}")
        press(clerk, "button:has-text('派工')")
    clerk.goto(f"/desk/orders/{order}")
    expect(clerk.locator("main")).to_contain_text("定下 12/12")
    place.until(7, 20)
    boss = place.of("跑路食品厂")
    boss.goto(f"/employer/orders/{order}")
    press(boss, "button:has-text('全都到了')")
    place.until(16, 30)
    boss = place.of("跑路食品厂")
    boss.goto(f"/employer/orders/{order}")
    press(boss, "button:has-text('全部下班')")
    # His telephone is switched off, the gate is locked.
    place.until(13, 0, day=NEXT_DAY)
    bureau = place.of("县局", 1366, 768)
    bureau.goto("/bureau")
    expect(bureau.locator("main")).to_contain_text("欠薪")
    bureau.goto("/desk/wages")
    whole = bureau.locator("section", has_text="跑路食品厂 欠 12 个人")
    whole.locator("input[name=authority]").fill("县劳动保障监察大队")
    whole.locator("input[name=number]").fill("龙劳监2026-31")
    with leaving(bureau):
        whole.locator("button").click()
    expect(bureau.locator("main")).to_contain_text("12 个人的工钱整案转办了")
    boss = place.of("跑路食品厂")
    boss.goto("/employer")
    expect(boss.locator(".note-danger").first).to_contain_text("不能")
    for street in ("410202003000", "410221103000"):
        boss.goto("/employer/orders/new")
        for name, value in (("title", "又招装箱工"), ("wanted", "3"), ("pay", "200"), ("address", "新厂")):
            boss.fill(f"#{name}", value)
        boss.select_option("#street", street)
        press(boss, "button[value=submit]")
        expect(boss.locator("main")).to_contain_text("不能发")
    worker = place.of(TWELVE[0])
    worker.goto("/my/wages")
    expect(worker.locator("main")).to_contain_text("200")


@pytest.mark.prove
def test_path_c_a_crew_of_eight(place: Town) -> None:
    stage = place.stage
    place.until(5, 0)
    place.do(cast.staffed(stage, "驿站"))
    place.do(cast.employer(stage, "开封建筑公司", agent="王经理", n=902))
    for n, name in enumerate(EIGHT, 1):
        place.do(cast.workers(stage, [name], first=n, bank_account=account(n)))
    leader, boss = place.of(EIGHT[0]), place.of("开封建筑公司")
    leader.goto("/my/crew")
    leader.locator("summary", has_text="我要带班").click()
    leader.fill("#name", "保田瓦工班")
    press(leader, "button:has-text('建班组')")
    code = leader.locator("section", has_text="保田瓦工班").locator("b.said").inner_text()
    for name in EIGHT[1:]:
        page = place.of(name)
        page.goto("/my/crew")
        page.fill("#code", code)
        press(page, "button:has-text('进组')")
    order = post_order(boss, "砌墙八人班组", 8, crew_allowed="tick")
    boss.goto(f"/employer/orders/{order}")
    trace = boss.locator(".trace").inner_text()
    leader.goto("/my/crew")
    leader.locator("input[name=trace_code]").fill(trace)
    press(leader, "button:has-text('给勾上的人报名')")
    if not leader.locator("main", has_text=f"{len(EIGHT)} 个人").count():
        apply(place, EIGHT[0], "砌墙八人班组")
    choose_all(boss, order, 8)
    for name in EIGHT:
        agree(place, name, "砌墙八人班组")
    place.sign("开封建筑公司", f"/employer/orders/{order}/sign")
    place.until(7, 0)
    at_gate = day_code(place.of("开封建筑公司"), order)
    for name in EIGHT:
        arrive(place, name, at_gate)
    place.until(16, 30)
    boss = place.of("开封建筑公司")
    boss.goto(f"/employer/orders/{order}")
    press(boss, "button:has-text('全部下班')")
    boss.goto(f"/employer/orders/{order}")
    press(boss, "button:has-text('全部认定')")
    boss.goto("/employer/wages")
    expect(boss.locator("main")).to_contain_text("班组长和别人不能代收")
    bills = boss.locator("form[action$='/pay']")
    expect(bills).to_have_count(8)
    # The leader wants all of it: a payment that names him for another man's work is refused.
    other = boss.locator("article").filter(has=boss.locator("form[action$='/pay']")).filter(has_not_text="张师傅").first
    fill_payment(other, "wechat", "WX0000")
    payee = other.locator("input[name=payee_name]")
    payee.fill(EIGHT[0])
    with leaving(boss):
        other.locator("button:has-text('记付款')").click()
    expect(boss.locator("main")).to_contain_text("本人")
    for n in range(8):
        boss.goto("/employer/wages")
        one = boss.locator("article").filter(has=boss.locator("form[action$='/pay']")).first
        fill_payment(one, "cash" if n == 7 else "wechat", "" if n == 7 else f"WX{n:04d}")
        with leaving(boss):
            one.locator("button:has-text('记付款')").click()
    for name in EIGHT:
        page = place.of(name)
        page.goto("/my/wages")
        press(page, "button:has-text('收到了')")
    boss.goto(f"/employer/orders/{order}")
    expect(boss.locator(".state").first).to_have_text(re.compile("结清"))


@pytest.mark.prove
def test_path_b_a_bus_that_broke_down(place: Town) -> None:
    stage = place.stage
    place.until(5, 30)
    place.do(cast.staffed(stage, "驿站", "同事"))
    place.do(cast.employer(stage, "龙亭小宋城饭店", agent="宋经理", n=901))
    place.do(cast.workers(stage, SIX[:4]))
    boss = place.of("龙亭小宋城饭店")
    order = post_order(boss, "饭店后厨帮工", 3, start="09:00", end="18:00")
    for name in SIX[:3]:
        apply(place, name, "饭店后厨帮工")
    choose_all(boss, order, 3)
    for name in SIX[:3]:
        agree(place, name, "饭店后厨帮工")
    place.sign("龙亭小宋城饭店", f"/employer/orders/{order}/sign")
    boss.goto(f"/employer/orders/{order}")
    trace = boss.locator(".trace").inner_text()
    page = place.of(SIX[3])
    page.goto(f"/orders/{trace}")  # somebody passed the poster on; the board shows only what has places
    press(page, "button:has-text('排候补')")
    expect(page.locator("main")).to_contain_text("候补")
    place.until(8, 50)
    at_gate = day_code(place.of("龙亭小宋城饭店"), order)
    for name in SIX[1:3]:
        arrive(place, name, at_gate)
    place.until(9, 30)
    boss = place.of("龙亭小宋城饭店")
    boss.goto(f"/employer/orders/{order}")
    card = boss.locator(".job-list > li").filter(has=boss.locator("button:has-text('没来')"))
    card.locator("input[name^=call_]").fill("9:10、9:20 打了两次没接")
    with leaving(boss):
        card.locator("button:has-text('没来')").click()
    expect(boss.locator("main")).to_contain_text("他可以申诉")
    place.work()
    agree(place, SIX[3], "饭店后厨帮工")
    place.sign("龙亭小宋城饭店", f"/employer/orders/{order}/sign")
    at_gate = day_code(boss, order)
    arrive(place, SIX[3], at_gate)
    place.until(15, 0)
    late = place.of(SIX[0])
    late.goto("/my/jobs")
    press(late, "a:has-text('申诉')")
    say(late, "contest", reason="other", words="班车坏在路上，有客运站证明")
    colleague = place.of("同事", 1366, 768)
    colleague.goto(f"/desk/orders/{order}")
    press(colleague, "tr:has-text('他申诉了') a:has-text('现场')")
    say(colleague, "decide", outcome="withdrawn", note="客运站证明属实，不算没来")
    late.goto("/me/credit")
    expect(late.locator("main")).not_to_contain_text("没到岗 1")
