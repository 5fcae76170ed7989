"""Training and policies: written by county and city, read by everybody while they hold; what a worker wants to learn (R105)."""

from __future__ import annotations

import re
from datetime import timedelta

from browsing import Browsers
from small_city import COUNTY, OTHER_COUNTY, OTHER_STATION

from linggong.kernel import clock
from linggong.kernel.paths import tenant_path

from .desk import at_post


def _policy(path: str, **changes: str) -> dict[str, str]:
    day = clock.business_date(clock.now())
    return {
        "path": path, "kind": "training", "title": "电工免费培训", "who": "登记的零工", "what": "学十天，发证", "how": "带身份证到驿站",
        "phone": "0371-00009000", "source": "某发〔2026〕1号", "valid_from": day.isoformat(), "valid_to": (day + timedelta(days=9)).isoformat(),
    } | changes  # fmt: skip


async def test_a_policy_is_written_read_and_ends(browsers: Browsers) -> None:
    bureau = await at_post(browsers, "county", "county_bureau", COUNTY)
    anybody = await browsers.anybody()
    bad = await bureau.post("/office/benefits", data=_policy(COUNTY, kind="", title=" ", valid_to="2020-01-01"))
    assert bad.status_code == 422
    for words in ("请选一类", "必须填写", "截止日期比开始还早"):
        assert words in bad.text, words
    assert (await bureau.post("/office/benefits", data=_policy(OTHER_COUNTY))).status_code in (404, 422)
    assert (await bureau.post("/office/benefits", data=_policy(COUNTY))).status_code == 303
    page = (await anybody.get("/training", params={"county": COUNTY})).text
    for there in ("电工免费培训", "学十天，发证", "还有 9 天", "tel:0371-00009000", "某发〔2026〕1号"):
        assert there in page, there
    assert "电工免费培训" not in (await anybody.get("/training", params={"county": OTHER_COUNTY})).text
    one = re.search(r'action="(/office/benefits/[0-9a-f-]+)"', (await bureau.get("/office/benefits")).text)
    assert one
    neighbour = await at_post(browsers, "neighbour", "county_bureau", OTHER_COUNTY)
    assert (await neighbour.post(f"{one[1]}/end")).status_code == 404
    assert (await bureau.post(one[1], data=_policy(COUNTY, title="焊工免费培训"))).status_code == 303
    browsers.city.clock.advance(timedelta(days=10))
    assert "免费培训</h3>" not in (await anybody.get("/training")).text, "over by its date"
    clerk = await browsers.clerk()
    assert (await clerk.get("/office/benefits")).status_code == 403


async def test_a_wish_is_seen_by_the_station_that_serves_him(browsers: Browsers) -> None:
    worker = await browsers.worker()
    assert (await worker.post("/training/wish", data={"pick": ["电工", "焊工"], "wish": "修手机"})).status_code == 303
    page = (await worker.get("/training")).text
    assert "电工、焊工、修手机" in page
    refused = await worker.post("/training/wish", data={"wish": "学" * 61})
    assert (refused.status_code, "最多 60 个字" in refused.text) == (422, True)
    clerk = await browsers.clerk()
    seen = (await clerk.get("/desk/training")).text
    assert "电工、焊工、修手机" in seen
    assert "李**" in seen
    assert "李国强" not in seen
    other = await at_post(browsers, "zhao", path=str(tenant_path(OTHER_STATION)))
    assert "修手机" not in (await other.get("/desk/training")).text
    assert (await worker.post("/training/wish", data={})).status_code == 303
    assert "修手机" not in (await clerk.get("/desk/training")).text
