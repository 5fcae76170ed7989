"""What a worker presses on his own telephone after the job: an injury, two payments, the stars, a complaint, his code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, expect

from linggong.demo.paths import cast, steps
from linggong.demo.paths.stage import DAY
from linggong.kernel.crypto import Secrets

from .pressing import press
from .town import Town, town

if TYPE_CHECKING:
    from conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture
def place(server: Server, browser: Browser, secrets: Secrets, tmp_path: Path) -> Iterator[Town]:
    with town(server, browser, secrets, tmp_path) as made:
        yield made
        made.sound()


def test_injury_wages_stars_complaint_and_code(place: Town) -> None:
    stage = place.stage

    async def at_work() -> str:
        stage.clock.move_to(stage.at(5, 0, day=DAY))
        await cast.staffed(stage, "驿站")
        boss = await cast.employer(stage, "宏达建筑队", agent="王经理", n=903)
        who = (await cast.workers(stage, ["张保田"]))[0]
        order = await steps.post(stage, boss, cast.order_form(stage, headcount=1))
        engagement, shift = await steps.taken(stage, who, order, boss)
        await steps.countersign(stage, boss, order, engagement)
        await stage.until(stage.at(7, 0, day=DAY))
        await steps.come(stage, who, shift, order)
        await stage.until(stage.at(10, 0, day=DAY))
        return shift

    async def paid(shift: str) -> None:
        boss, who = stage.people["宏达建筑队"], stage.people["张保田"]
        await stage.until(stage.at(16, 30, day=DAY))
        await steps.finish(stage, who, shift)
        bill = await steps.accept(stage, boss, shift)
        await steps.pay(stage, boss, bill, amount=12000)
        await steps.pay(stage, boss, bill, amount=8000, channel="wechat", voucher="WX1")

    shift = place.do(at_work())
    worker = place.of("张保田")
    # Hurt: one button from the job, and whom to call.
    worker.goto("/my/jobs")
    press(worker, "a:has-text('受伤了，报案')")
    worker.fill("[name=place]", "三号楼门口")
    press(worker, "button:has-text('受伤了，报案')")
    expect(worker.locator("main")).to_contain_text("报案收到")
    expect(worker.locator("a[href='tel:120']").first).to_be_visible()

    # Two payments: the first did not come, the second did.
    place.do(paid(shift))
    worker = place.of("张保田")
    worker.goto("/my/wages")
    worker.locator("summary", has_text="120 元没收到").click()
    short = worker.locator("form:has(input[name=payment]):visible", has_text="告诉驿站")
    short.locator("[name=got]").fill("一分没有")
    press(worker, "form:has(input[name=payment]) button:visible:has-text('告诉驿站，帮我要')")
    expect(worker.locator(".fault")).to_contain_text("金额请填数字")
    expect(worker.locator("[name=got]:visible")).to_have_value("一分没有")
    worker.locator("[name=got]:visible").fill("0")
    press(worker, "form:has(input[name=payment]) button:visible:has-text('告诉驿站，帮我要')")
    expect(worker.locator("main")).to_contain_text("差多少都写着")
    press(worker, "button:has-text('80 元收到了')")
    expect(worker.locator("main")).to_contain_text("记下了，这笔收到了")
    expect(worker.locator(".stat").first).to_contain_text("120 元")
    asked = re.search(r"驿站在问，受理号 (\S+)", worker.inner_text("main"))
    assert asked
    press(worker, "a:has-text('驿站在问')")
    expect(worker.locator("h1")).to_contain_text(asked[1])

    # A complaint: the receipt number and the code stand there to be written down.
    worker.goto("/my/cases/new")
    worker.select_option("[name=kind]", value="complaint")
    worker.fill("[name=claim]", "工头骂人")
    press(worker, "button:has-text('交上去')")
    told = re.search(r"受理号 (\S+)，查询码 (\d{4})", worker.inner_text("body"))
    assert told
    expect(worker.locator("h1")).to_contain_text(told[1])

    # Stars, and the code that a station reads.
    worker.goto("/my/jobs")
    press(worker, "button.chip:has-text('还行')")
    expect(worker.locator("main")).to_contain_text("评价收到了")
    worker.goto("/me")
    press(worker, "button:has-text('出示我的码')")
    picture = worker.get_by_alt_text("我的码的图")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth > 100")
    assert re.search(r"\d{4} \d{4}", worker.inner_text("main"))
