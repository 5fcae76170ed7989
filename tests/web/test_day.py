"""The day on paper: who goes where, who rides, whom to call, what happened; telephones only when asked for, and recorded (R049)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from browsing import Browsers
from small_city import OTHER_STATION

from .desk import at_post

if TYPE_CHECKING:
    from conftest import TestDatabase


async def test_the_order_of_the_day_and_the_van(browsers: Browsers, blank: TestDatabase) -> None:
    clerk = await browsers.clerk()
    _, person = await browsers.person(1)
    order, code = await browsers.post(ride="5:40 驿站门口上车")
    empty = (await clerk.get(f"/desk/orders/{order}/van")).text
    assert "还没有定下的人" in empty
    await clerk.post("/desk/match", data={"worker": str(person), "order": str(order)})
    owner = await blank.owner()
    work_date = await owner.fetchval("SELECT work_date FROM assignments")
    page = (await clerk.get(f"/desk/day?on={work_date}")).text
    for words in ("1 单，1 人", "5:40 驿站门口上车", "李国强", "上车名单"):
        assert words in page, words
    assert "13800000001" not in page
    today = (await clerk.get("/desk/day")).text
    assert "派工 1 人次" in today
    assert "新登记 1 人" in today
    assert "日志（照记录起草）" in today

    van = (await clerk.get(f"/desk/orders/{order}/van")).text
    assert "李国强" in van
    assert code in van
    assert "13800000001" not in van
    assert await owner.fetchval("SELECT count(*) FROM reveals") == 0
    shown = await clerk.post(f"/desk/orders/{order}/van?on={work_date}")
    assert shown.status_code == 200
    assert "13800000001" in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert await owner.fetchval("SELECT count(*) FROM reveals WHERE person_id = $1", person) == 1
    await owner.close()

    other = await at_post(browsers, "zhao", path=OTHER_STATION)
    assert "李国强" not in (await other.get(f"/desk/day?on={work_date}")).text
    assert (await other.get(f"/desk/orders/{order}/van")).status_code == 404
    assert (await clerk.get("/desk/day?on=yesterday")).status_code == 404
    tomorrow = work_date + timedelta(days=300)
    assert "这天没有用工" in (await clerk.get(f"/desk/day?on={tomorrow}")).text
    none = await clerk.get(f"/desk/orders/{order}/van?on={tomorrow}")
    assert none.status_code == 409
    assert "这单没有活" in none.text
    assert (await other.get(f"/desk/orders/{order}/van?on={tomorrow}")).status_code == 404
