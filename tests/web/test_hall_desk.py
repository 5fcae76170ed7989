"""The queue on the clerk's first page: sign in, call, left, and who is not known yet."""

from __future__ import annotations

import re
from datetime import timedelta

from browsing import Browsers
from small_city import OTHER_STATION

from .desk import at_post, flash, number, worker_form


async def test_the_clerk_signs_in_calls_and_lets_go(browsers: Browsers) -> None:
    clerk = await browsers.clerk()
    _, person = await browsers.person(1)
    page = (await clerk.get("/desk")).text
    assert f'form="numbers" name="person" value="{person}"' in page, "he registered today and has no number yet"
    assert "李国强签到了，1 号" in await flash(clerk, await clerk.post("/desk/numbers", data={"person": str(person)}))
    # Somebody whom nobody knows types his telephone; the same telephone again is the same number.
    for _ in range(2):
        answer = await clerk.post("/desk/numbers", data={"number": "13700000002"})
        assert "还没登记的人签到了，2 号" in await flash(clerk, answer)
    page = (await clerk.get("/desk")).text
    assert "等活的人（2）" in page
    assert re.findall(r"queue-no[^>]*>(\d+)<", page) == ["2", "1"]
    assert "13700000002" not in page
    call, new = re.findall(r'name="call" value="([^"]+)" aria-label="叫号 1 号', page), re.findall(r'name="call" value="([^"]+)" aria-label="叫号 2 号', page)  # fmt: skip
    assert "叫了 1 号 李师傅，大屏上已经显示。" in await flash(
        clerk, await clerk.post("/desk/numbers", data={"call": call[0]})
    )
    assert "第 2 次" in await flash(clerk, await clerk.post("/desk/numbers", data={"call": call[0]}))
    assert "再叫" in (await clerk.get("/desk")).text
    # The stranger registers and keeps his number.
    await clerk.post("/desk/register", data=worker_form(2, name="孙国强", contact_kind="mobile", phone="13700000002"))
    page = (await clerk.get("/desk")).text
    assert re.findall(r"queue-no[^>]*>(\d+)<", page) == ["1", "2"]
    assert "孙国强" in page
    assert "2 号走了" in await flash(clerk, await clerk.post("/desk/numbers", data={"left": new[0]}))
    page = (await clerk.get("/desk")).text
    assert "孙国强" not in page
    assert "李国强" in page
    for bad, words in (
        ({}, "请输 18 位身份证号"),
        ({"number": "12"}, "位数不对"),
        ({"call": "x"}, "没有找到"),
        ({"call": new[0]}, "已经走了"),
    ):
        assert words in await flash(clerk, await clerk.post("/desk/numbers", data=bad)), bad
    # An entry without a network comes later, with its original time, and is marked (R010).
    came = browsers.city.clock.now() - timedelta(minutes=40)
    late = {"number": number(3), "came_at": came.isoformat()}
    made = await clerk.post("/api/v1/queue/tickets", json=late)
    assert (made.status_code, made.json()["late"], made.json()["number"]) == (201, True, 3)
    page = (await clerk.get("/desk")).text
    assert "补录" in page
    assert "等 40 分" in page
    other = await at_post(browsers, "zhao", path=OTHER_STATION)
    for step in ("call", "left"):
        assert "没有找到" in await flash(other, await other.post("/desk/numbers", data={step: call[0]}))
    assert (await (await browsers.worker(5)).post("/desk/numbers", data={"call": call[0]})).status_code == 403
