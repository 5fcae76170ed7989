"""Pages of cases: a worker disputes, the desk calls, both sign; a station is complained of; a receipt is looked up; the button."""

from __future__ import annotations

import re
from uuid import UUID

import httpx
from browsing import Browsers
from small_city import COUNTY, STATION

from tests.work.conftest import Site
from tests.work.walking import accepted

from .desk import at_post, flash


async def worked(browsers: Browsers) -> tuple[httpx.AsyncClient, httpx.AsyncClient, UUID]:
    """One job worked and accepted; returns worker, employer and the bill."""
    order_id, _ = await browsers.post()
    token, worker_id = await browsers.person()
    _, _, bill_id = await accepted(Site(browsers.city, order_id, [worker_id]))
    return await browsers.anybody(token), await browsers.boss(browsers.city.trusted), bill_id


def posted(text: str, what: str) -> str:
    found = re.search(rf'action="([^"]*{what})"', text)
    assert found, what
    return found.group(1)


async def test_from_claim_to_signature(browsers: Browsers) -> None:
    worker, boss, bill = await worked(browsers)
    assert f"/my/cases/new?bill={bill}" in (await worker.get("/my/wages")).text
    bad = await worker.post("/my/cases/new", data={"kind": "wage", "claim": "少", "bill_id": str(bill), "amount": "x"})
    assert bad.status_code == 422
    assert "金额请填数字" in bad.text
    assert 'name="amount" inputmode="decimal" maxlength="12" value="x" required' not in bad.text
    assert ">\n少</textarea>" in bad.text, "what was typed stays"
    claim = {"kind": "wage", "claim": "加班两小时没算", "bill_id": str(bill), "amount": "50", "asks": "more"}
    made = await worker.post("/my/cases/new", data=claim)
    case = made.headers["location"]
    told = re.search(r"查询码 (\d{4})", await flash(worker, made))
    assert told
    page = (await worker.get(case)).text
    assert "加班两小时没算" in page
    receipt = re.search(r"<h1>工资 ([A-Z0-9]{8})</h1>", page)
    assert receipt
    assert "50 元" in (await boss.get("/my/cases")).text
    stranger = await browsers.worker(7)
    assert (await stranger.get(case)).status_code == 404

    clerk = await at_post(browsers, "clerk2")
    desk = "/desk" + case.removeprefix("/my")
    assert "受理" in (await clerk.get("/desk/cases")).text
    await clerk.post(f"{desk}/handle/contact", data={"words": "两边都打通了"})
    await boss.post(f"{case}/offer", data={"amount": "30", "words": "各让一步"})
    page = (await worker.get(case)).text
    offer = re.search(r'name="offer_id" value="([^"]+)"', page)
    assert offer
    for side in (worker, boss):
        await side.post(f"{case}/sign", data={"offer_id": offer.group(1)})
    assert "双方和解" in (await worker.get(case)).text
    await worker.post(f"{case}/rate", data={"stars": "5"})
    assert "零工 5 星" in (await clerk.get(desk)).text

    visitor = await browsers.anybody()
    blank = (await visitor.get(f"/case/{receipt.group(1).lower()}")).text
    assert receipt.group(1) in blank
    token = re.search(r'name="_csrf" value="([^"]+)"', blank)
    assert token
    wrong = f"{(int(told.group(1)) + 1) % 10_000:04d}"
    for digits, words in ((wrong, "受理号和尾号对不上"), (told.group(1), "双方和解")):
        asked = {"receipt": receipt.group(1), "digits": digits, "_csrf": token.group(1)}
        assert words in (await visitor.post("/case", data=asked)).text


async def test_a_station_does_not_read_what_is_said_of_it(browsers: Browsers) -> None:
    clerk = await at_post(browsers, "clerk2")
    form = {
        "kind": "complaint", "channel": "12345", "claimant": "anonymous", "claim": "驿站中午没有人", "against": "station",
        "against_path": STATION,
    }  # fmt: skip
    made = await clerk.post("/desk/cases/new", data=form)
    assert made.headers["location"] == "/desk/cases"
    assert "驿站中午没有人" not in (await clerk.get("/desk/cases?which=all")).text
    bureau = await at_post(browsers, "bureau", "county_bureau", COUNTY)
    listed = (await bureau.get("/desk/cases")).text
    case = re.search(r'href="(/desk/cases/[0-9a-f-]{36})"', listed)
    assert case
    assert (await clerk.get(case.group(1))).status_code == 404
    await bureau.post(f"{case.group(1)}/answer", data={"words": "已安排中午轮班"})
    assert "已答复" in (await bureau.get(case.group(1))).text


async def test_incidents_and_the_roster(browsers: Browsers) -> None:
    clerk = await at_post(browsers, "clerk2")
    bad = await clerk.post("/desk/incidents", data={"kind": "fraud", "words": "收押金跑了", "hours_ago": "早上"})
    assert bad.status_code == 422
    assert "几小时前发生的：几小时前发生的，请填整数" in bad.text
    assert "收押金跑了</textarea>" in bad.text
    assert '<option value="fraud" selected>' in bad.text
    await clerk.post("/desk/incidents", data={"kind": "fight", "words": "门口打架", "hours_ago": "1"})
    assert "待核实" in (await clerk.get("/desk/incidents")).text
    bureau = await at_post(browsers, "bureau", "county_bureau", COUNTY)
    decide = posted((await bureau.get("/desk/incidents")).text, "/desk/incidents/[0-9a-f-]+")
    await bureau.post(decide, data={"confirmed": "1", "words": "派出所已处理"})
    assert "属实" in (await clerk.get("/desk/incidents")).text
    assert "没成件的纠纷" in (await bureau.get("/desk/hidden-disputes")).text
    assert "增加调解员" in (await bureau.get("/desk/mediators")).text
    bare = (await bureau.post("/desk/mediators", data={"certificate": "TJ-1"})).text
    for words in ("谁：请先选一个", "发证机构：请填写", "有效期起：请填", "有效期止：请填"):
        assert words in bare, words
    assert "增加调解员" not in (await clerk.get("/desk/mediators")).text
    mediator = await at_post(browsers, "zhou", "mediator", COUNTY)
    assert "纠纷" in (await mediator.get("/desk/cases")).text


async def test_the_button(browsers: Browsers) -> None:
    worker, _, _ = await worked(browsers)
    page = (await worker.get("/my/injuries")).text
    assert "没有报过" in page
    bad = await worker.post("/my/injuries", data={"assignment_id": "x"})
    assert bad.status_code == 422
    assert "编号不对" in bad.text
