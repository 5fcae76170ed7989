"""The pages of the assessment over HTTP: a year from its card to its sheet, forms that come back filled, the drill to the records."""

from __future__ import annotations

from datetime import timedelta

import httpx
from browsing import Browsers
from officers import Officer
from small_city import COUNTY

from linggong.people import sessions
from tests.assessment import offices as o


async def at(browsers: Browsers, who: Officer) -> httpx.AsyncClient:
    """The browser of somebody."""
    async with browsers.city.database.system() as uow:
        return await browsers.anybody(await sessions.create(uow, "staff", who.id))


async def test_a_year_on_the_pages(browsers: Browsers) -> None:
    city = browsers.city
    offices = await o.found(city)
    await o.busy_year(city)
    bureau, operator = await at(browsers, offices.bureau), await at(browsers, offices.operator)
    card = f"/bureau/cards/{offices.card_id}"
    for page, words in (("/bureau/cards", "在用"), (card, "0-999:3 1000-1500:4 1501-:5"), ("/bureau/upkeep", "还没有满一天"), ("/bureau/assessments", "还没有考核")):  # fmt: skip
        assert words in (await bureau.get(page)).text, page
    typed = {"rows.2.points": "6", "rows.13.tiers": "0-699=3", "first": "", "reason": ""}
    refused = await bureau.post(f"{card}/change", data=typed)
    assert refused.status_code == 422
    assert "分档写成" in refused.text
    assert 'value="0-699=3"' in refused.text, "what was typed is kept"
    begun = await bureau.post("/bureau/assessments", data={"contract_id": str(offices.contract_id), "year": "2026"})
    year = begun.headers["location"]
    page = (await operator.get(year)).text
    assert "再得 1 分" in page, "what would win a lost point back"
    assert "开始一个年度" not in (await operator.get("/bureau/assessments")).text
    assert (await operator.post("/bureau/assessments", data={"year": "2026"})).status_code == 403
    assert "（1）" in (await bureau.get(f"{year}/rows/16")).text, "the case behind the point"
    assert "/bureau/measures/M07?" in (await operator.get(f"{year}/rows/14")).text
    filed = await operator.post(f"{year}/materials", data={"row": "17", "name": "公众号后台截图", "number": "2000"})
    assert filed.status_code == 303
    entry = {"kind": "security", "what": "patch", "day": "2026-03-09", "words": "系统补丁打到最新。"}
    assert (await operator.post("/bureau/upkeep", data=entry)).status_code == 303
    assert "系统补丁打到最新" in (await bureau.get("/bureau/upkeep")).text
    city.clock.advance(timedelta(days=300))
    bureau, operator = await at(browsers, offices.bureau), await at(browsers, offices.operator)
    assert (await bureau.post(f"{year}/freeze")).status_code == 303
    late = await operator.post(f"{year}/materials", data={"row": "17", "name": "补交的截图", "number": "9000"})
    assert late.status_code == 409
    assert "第 17 行：补交的截图" in (await bureau.get(year)).text, "refused, and listed"
    assert (
        await operator.post(f"{year}/report", data={"words": "这一年站点天天开门。", "claims.2": "5"})
    ).status_code == 303
    assert (await operator.post(f"{year}/review", data={"words": "给自己打分"})).status_code == 403
    given = {f"rows.{n}.points": str(p) for n, p in o.FULL.items()} | {f"rows.{n}.by": "检查记录" for n in o.FULL}
    wrong = await bureau.post(f"{year}/review", data=given | {"rows.2.points": "9", "words": "按材料评的"})
    assert wrong.status_code == 422
    assert "给 0 到 5 分" in wrong.text
    assert (await bureau.post(f"{year}/review", data=given | {"words": "按材料评的"})).status_code == 303
    shown = (await operator.get(year)).text
    assert "94 分：优秀" in shown
    assert "申诉" in shown
    for kind, head in (("pdf", b"%PDF-"), ("xlsx", b"PK")):
        assert (await operator.get(f"{year}/sheet/{kind}")).content.startswith(head)
    told = (await operator.get("/api/v1/assessments")).json()
    assert [(one["points"], one["grade"], one["state"]) for one in told] == [(94, "优秀", "S_REVIEWED")]


async def test_the_city_sees_its_board_and_no_other_form(browsers: Browsers) -> None:
    offices = await o.found(browsers.city)
    bureau = await at(browsers, offices.bureau)
    assert "示范性零工市场" in (await bureau.get("/bureau/recognitions")).text
    refused = await bureau.post("/bureau/recognitions", data={"path": f"{COUNTY}001/s01/", "words": "申报"})
    assert refused.status_code == 422
    assert "只有零工市场可以申报" in refused.text
