"""The public site over HTTP: everybody reads it, staff write it, a refused text comes back as typed (R099)."""

from __future__ import annotations

import re

from browsing import Browsers
from small_city import COUNTY, OTHER_COUNTY

from linggong.publishing import figures

from .test_bureau import bureau


async def test_anybody_finds_a_station_its_rules_and_the_foot(browsers: Browsers) -> None:
    anybody, city = await browsers.anybody(), await bureau(browsers)
    told = {"site.hotline": "0371-5555 0100", "site.licence_hr": "豫人资〔2026〕01号"}
    for key, value in told.items():
        await city.post(f"/bureau/parameters/{key}", data={"path": "/4102/", "value": value, "source": "文件"})
    browsers.app.state.foot_at = 0.0
    page = await anybody.get("/stations")
    assert (page.status_code, "兰考县" in page.text, "龙亭区" in page.text) == (200, True, True)
    assert 'href="tel:0371-5555 0100"' in page.text
    assert "豫人资〔2026〕01号" in page.text
    assert "ICP" not in page.text, "what nobody has set is not shown"
    for href in ("/stations", "/rules", "/figures", "/report", "/check"):
        assert f'<li><a href="{href}"' in page.text
    of_county = await anybody.get("/stations", params={"county": COUNTY})
    assert "兰阳街道零工驿站" in of_county.text
    assert "大兴街道零工驿站" not in of_county.text
    assert "大兴街道零工驿站" in (await anybody.get("/stations", params={"q": "大兴"})).text
    assert "没有找到" in (await anybody.get("/stations", params={"q": "<b>😀"})).text
    for wrong in ("/stations?county=/9/", "/rules?county=x", "/figures?period=1999"):
        assert (await anybody.get(wrong)).status_code == 422
    assert "还没有算出数据" in (await anybody.get("/figures")).text
    await figures.nightly(browsers.city.database)
    assert "不是零" in (await anybody.get("/figures")).text
    assert "上墙" in (await anybody.get("/rules/sheet")).text


async def test_staff_write_promises_and_publish_the_directory(browsers: Browsers) -> None:
    anybody = await browsers.anybody()
    county = await bureau(browsers, "county_bureau", COUNTY)
    assert "兰考县的公示" in (await county.get("/office/site")).text
    assert (await county.get("/office/site", params={"path": OTHER_COUNTY})).status_code == 404
    assert (await (await browsers.clerk()).get("/office/site")).status_code == 403
    bad = await county.post(
        "/office/site/texts/promises", data={"path": COUNTY, "body": "我刚写的话，{t.nothing}。", "source": "文件"}
    )
    assert bad.status_code == 422
    assert "我刚写的话，{t.nothing}。</textarea>" in bad.text
    assert "没有参数" in bad.text
    form = {"path": COUNTY, "body": "一个工作日内回话。", "source": "兰人社〔2026〕3号"}
    assert (await county.post("/office/site/texts/promises", data=form)).status_code == 303
    assert "一个工作日内回话" in (await anybody.get("/rules", params={"county": COUNTY})).text
    assert "一个工作日内回话" not in (await anybody.get("/rules")).text
    done = await county.post("/office/site/directory", data={"path": COUNTY})
    edition = done.headers["location"]
    assert re.fullmatch(r"/stations/editions/[0-9a-f-]{36}", edition)
    assert "兰阳街道零工驿站" in (await anybody.get(edition)).text
    book = await anybody.get(f"{edition}/xlsx")
    assert book.content[:2] == b"PK"
    again = await county.post("/office/site/directory", data={"path": COUNTY})
    assert "/office/site" in again.headers["location"]
    assert (await county.post("/office/site/directory", data={"path": "/4102/"})).status_code == 404
    cleared = await county.post("/office/site/texts/promises/clear", data={"path": COUNTY})
    assert cleared.status_code == 303
    assert "一个工作日内回话" not in (await anybody.get("/rules", params={"county": COUNTY})).text
