"""The whole loop with scripts off: a worker and an employer, each with a browser that runs no script (progressive enhancement)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, expect

from linggong.demo.paths import cast
from linggong.demo.paths.stage import DAY
from linggong.kernel.crypto import Secrets

from .pressing import press
from .town import Town, order_of, town

if TYPE_CHECKING:
    from conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def place(server: Server, browser: Browser, secrets: Secrets, tmp_path: Path) -> Iterator[Town]:
    with town(server, browser, secrets, tmp_path) as made:
        made.scripts = False
        yield made
        made.sound()


def test_one_job_from_post_to_paid_without_scripts(place: Town) -> None:
    stage = place.stage
    place.until(5, 0)
    place.do(cast.staffed(stage, "驿站"))
    place.do(cast.employer(stage, "龙亭小宋城饭店", agent="宋经理", n=901))
    place.do(cast.workers(stage, ["张保田"]))
    boss, worker = place.of("龙亭小宋城饭店"), place.of("张保田")

    # A new order; what is wrong comes back with everything that was typed.
    boss.goto("/employer")
    press(boss, "main a:has-text('发新活')")
    boss.fill("#title", "饭店后厨帮工")
    boss.fill("#wanted", "1")
    boss.fill("#date", f"{DAY:%Y-%m-%d}")
    boss.fill("#start", "09:00")
    boss.fill("#end", "18:00")
    boss.fill("#pay", "两百")
    boss.select_option("#street", "410202003000")
    boss.fill("#address", "宋都御街 8 号")
    press(boss, "button[value=submit]")
    expect(boss.locator("#pay-fault")).to_be_visible()
    expect(boss.locator("#address")).to_have_value("宋都御街 8 号")
    boss.fill("#pay", "200")
    press(boss, "button[value=submit]")
    order = order_of(boss)

    # Search, read, apply.
    worker.goto("/")
    worker.fill("#q", "后厨")
    press(worker, "button:has-text('找')")
    press(worker, ".job-title >> text=饭店后厨帮工")
    press(worker, "button:has-text('报名')")
    boss.goto(f"/employer/orders/{order}")
    press(boss, "button:has-text('选他')")

    # The price, the contract, both signatures.
    worker.goto("/my/jobs")
    press(worker, "a:has-text('饭店后厨帮工')")
    press(worker, "button:has-text('我去')")
    place.sign("张保田", worker.url)
    expect(worker.locator("main")).to_contain_text("你这边签好了")
    place.sign("龙亭小宋城饭店", f"/employer/orders/{order}/sign")

    # The day's code at the gate, wrong and right; the roll; the end; recognition.
    place.until(8, 40)
    boss, worker = place.of("龙亭小宋城饭店"), place.of("张保田")
    boss.goto(f"/employer/orders/{order}")
    code = boss.locator(".note-go b.num").inner_text()
    for typed in (f"{(int(code) + 1) % 10000:04d}", code):
        worker.goto("/my/jobs")
        worker.fill("#code", typed)
        press(worker, "button:has-text('我到了')")
    place.until(18, 5)
    boss, worker = place.of("龙亭小宋城饭店"), place.of("张保田")
    worker.goto("/my/jobs")
    if worker.locator("button:has-text('下班')").count():
        press(worker, "button:has-text('下班')")
    boss.goto(f"/employer/orders/{order}")
    for words in ("下班", "认定完工"):
        if boss.locator(f"button:has-text('{words}')").count():
            press(boss, f"button:has-text('{words}')")

    # Paid, recorded, received, rated; a receipt.
    boss.goto(f"/employer/orders/{order}")
    boss.select_option("#pay_way", "cash")
    press(boss, "button:has-text('记付款')")
    worker.goto("/my/wages")
    press(worker, "button:has-text('收到了')")
    expect(worker.locator("main")).to_contain_text("已收到")
    boss.goto(f"/employer/orders/{order}/rate")
    boss.locator("input[name=stars][value='5']").check()
    press(boss, "button:has-text('评他')")
    expect(boss.locator("main")).to_contain_text("评过了")
    boss.goto(f"/employer/orders/{order}/receipt")
    expect(boss.locator("main")).to_contain_text(re.compile("已收到 200"))
    boss.goto("/employer")
    press(boss, "a:has-text('再来一单')")
    expect(boss.locator("#title")).to_have_value("饭店后厨帮工")
    expect(boss.locator("main")).to_contain_text("先问上回干完活的 1 个人")
