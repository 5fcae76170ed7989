"""A figure is the number of its records, the workbook holds the page's numbers, a map needs its approval number."""

from __future__ import annotations

import io
import json
import re
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from browsing import Browsers
from officers import DECISIONS
from python_calamine import CalamineWorkbook
from small_city import COUNTY, OTHER_COUNTY, STATION

from linggong.cases import subscribers as case_subscribers
from linggong.contracts import subscribers as contract_subscribers
from linggong.insight.behind import Window
from linggong.insight.matters import COUNTED, matter
from linggong.insight.records import records
from linggong.kernel import clock, timers
from linggong.kernel.db import SYSTEM, Actor
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE, Scope, tenant_path
from linggong.market import suspending
from linggong.people import sessions, staff
from linggong.wages import subscribers as wage_subscribers
from linggong.web.bureau import briefing
from linggong.work import subscribers as work_subscribers
from rbac.principal import Post, Principal
from rbac.roles import Role
from tenants import service
from tenants.models import Node
from tests.work.conftest import Site, people, publish
from tests.work.walking import accepted

CITY = "/4102/"


@pytest.fixture(autouse=True)
def _loop() -> None:
    work_subscribers.register()
    contract_subscribers.register()
    wage_subscribers.register()
    case_subscribers.register()


async def office(browsers: Browsers, role: Role, path: str) -> httpx.AsyncClient:
    """The browser of somebody at an office."""
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        account = await staff.create_staff(uow, f"{role}{path.count('/')}", "王处", role, path, "dawn-at-the-bridge-5")
        return await browsers.anybody(await sessions.create(uow, "staff", account))


async def lived(browsers: Browsers) -> None:
    """A day of the county: one worked and was not paid, one did not come, a post was frozen on a report."""
    city = browsers.city
    site = Site(city, await publish(city, headcount=2), await people(city, 3))
    await accepted(site, 0)
    other, _ = await browsers.post(title="保洁两天", starts_at=city.clock.now() + timedelta(days=2),
                                   ends_at=city.clock.now() + timedelta(days=2, hours=8))  # fmt: skip
    async with city.database.begin(*city.clerk) as uow:
        await suspending.suspend(uow, other, reason="false_post", note="有人打电话说是假的")
    city.clock.advance(timedelta(days=9))
    await timers.sweep(city.database, limit=1000)


def at(path: str, role: str = "county_bureau") -> tuple[Actor, Scope]:
    place = tenant_path(path)
    return Actor(kind="staff", id=new_id(), post=place, role=role), Scope(trees=(place,))


async def test_every_figure_is_the_number_of_its_records(browsers: Browsers) -> None:
    await lived(browsers)
    today = clock.business_date(browsers.city.clock.now())
    counts: dict[str, dict[str, int]] = {}
    for path in (CITY, COUNTY, OTHER_COUNTY):
        async with browsers.city.database.begin(*at(path)) as uow:
            window, top = Window(today - timedelta(days=29), today, uow.now), tenant_path(path)
            for key in COUNTED:
                found = await matter(uow, top, key, window)
                seen, cursor = 0, None
                while True:
                    page, total = await records(uow, top, key, window, seen=uow.scope, cursor=cursor, limit=2)
                    seen, cursor = seen + len(page.items), page.next
                    if cursor is None:
                        break
                assert found.count == total == seen, (path, key)
                counts.setdefault(path, {})[key] = seen
    assert counts[CITY] == counts[COUNTY] | {
        k: counts[COUNTY][k] + counts[OTHER_COUNTY][k] for k in ("silent", "stations", "employers")
    }
    here = counts[COUNTY]
    assert {k: here[k] for k in ("arrears", "holds", "late_holds", "overdue", "workers")} == {
        "arrears": 1, "holds": 1, "late_holds": 1, "overdue": 1, "workers": 3,
    }  # fmt: skip
    there = counts[OTHER_COUNTY]
    assert not any(there[k] for k in COUNTED if k not in ("silent", "stations", "employers"))


OFFICES = (
    (Role.CITY_BUREAU, CITY), (Role.COUNTY_BUREAU, COUNTY), (Role.COUNTY_OPERATOR, COUNTY), (Role.STREET_OPERATOR, "/4102/25/001/"),
)  # fmt: skip


async def test_each_number_on_the_page_leads_to_so_many_records(browsers: Browsers) -> None:
    await lived(browsers)
    for role, path in OFFICES:
        client = await office(browsers, role, path)
        await numbers_lead(client, role, path)


async def numbers_lead(client: httpx.AsyncClient, role: Role, path: str) -> None:
    page = (await client.get("/bureau", params={"days": "30"})).text
    links = re.findall(r'href="(/bureau/records\?[^"]+)">(?:<b class="num">)?([\d,]+)(?=<)', page)
    assert len({href for href, _ in links}) >= 4
    principal = Principal(acting=Post(role, tenant_path(path)), id=new_id())
    for href, number in dict(links).items():
        figure = re.search(r"figure=(\w+)", href)
        assert figure is not None
        listed = await client.get(href.replace("&amp;", "&"))
        assert listed.status_code == 200, href
        total = re.search(r'data-total="(\d+)"', listed.text)
        assert total is not None
        rows = listed.text.count("<tr>") - 1
        assert int(total.group(1)) == rows
        if COUNTED[figure.group(1)].label != "逾期的工资单":  # its figure is money
            assert rows == int(number.replace(",", "")), href
        assert DECISIONS.anywhere(principal, COUNTED[figure.group(1)].read)


async def test_who_sees_figures_alone_gets_no_records(browsers: Browsers) -> None:
    await lived(browsers)
    analyst = await office(browsers, Role.CITY_ANALYST, CITY)
    page = (await analyst.get("/bureau", params={"days": "30"})).text
    assert "欠薪" in page
    assert set(re.findall(r"figure=(\w+)", page)) <= {"silent"}
    assert (await analyst.get("/bureau/records?figure=arrears")).status_code == 403
    assert (await analyst.get("/bureau/records?figure=nothing")).status_code == 422
    county = await office(browsers, Role.COUNTY_BUREAU, OTHER_COUNTY)
    for page_of in ("", "/records?figure=arrears", "/export/places", "/brief"):
        joint = "&" if "?" in page_of else "?"
        assert (await county.get(f"/bureau{page_of}{joint}path={COUNTY}")).status_code == 404
    auditor = await office(browsers, Role.AUDITOR, CITY)
    trails = re.findall(
        r'href="(/audit/record/bills/[^"]+)"', (await auditor.get("/bureau/records?figure=arrears")).text
    )
    assert len(trails) == 1, "an auditor goes on to what happened to the row"
    assert "/audit/check?" in (await auditor.get(trails[0])).text
    own = await county.get("/bureau/records?figure=arrears")
    assert 'data-total="0"' in own.text


def sheet(content: bytes) -> list[list[Any]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    rows: list[list[Any]] = book.get_sheet_by_index(0).to_python()
    return rows


def cells(page: str, key: str) -> list[list[str]]:
    table = re.search(rf'<table class="grid-table" id="{key}">(.*?)</table>', page, re.DOTALL)
    assert table is not None, key
    lines = re.findall(r"<tr>(.*?)</tr>", table.group(1), re.DOTALL)
    return [
        [re.sub(r"<[^>]+>", "", c) for c in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL)] for line in lines
    ]


def same(shown: str, kept: Any) -> bool:
    """Tell whether a cell of the workbook says what the page says."""
    if shown == "—" or kept == "":
        return shown == "—" and kept == ""
    if isinstance(kept, str):
        return shown == kept or kept.endswith(shown) or "日" in shown
    if shown.endswith("%"):
        return f"{kept:.0%}" == shown
    if "/" in shown:
        live, opened = map(int, shown.split("/"))
        return abs(kept - live / opened) < 0.001
    plain = shown.replace(",", "").removesuffix(" 分钟")
    return " 小时" in plain or abs(float(plain) - float(kept)) < 0.006


TABLES = (
    (Role.CITY_BUREAU, CITY, ("exceptions", "places", "trend")),
    (Role.COUNTY_OPERATOR, COUNTY, ("targets", "places", "stations")),
)


async def test_a_workbook_holds_the_numbers_of_the_page(browsers: Browsers) -> None:
    await lived(browsers)
    for role, path, keys in TABLES:
        client = await office(browsers, role, path)
        page = (await client.get("/bureau", params={"days": "30"})).text
        for key in keys:
            link = re.search(rf'href="(/bureau/export/{key}\?[^"]+)"', page)
            assert link is not None, key
            found = await client.get(link.group(1).replace("&amp;", "&"))
            assert found.status_code == 200
            kept, shown = sheet(found.content), cells(page, key)
            assert kept[0] == shown[0]
            assert len(kept) == len(shown)
            assert [
                (a, b)
                for s, k in zip(shown[1:], kept[1:], strict=True)
                for a, b in zip(s, k, strict=True)
                if not same(a, b)
            ] == []
    assert (await client.get("/bureau/export/nothing")).status_code == 404
    street = await office(browsers, Role.STATION_MANAGER, STATION)
    assert "/bureau/export/" not in (await street.get("/bureau")).text
    assert (await street.get("/bureau/export/places")).status_code == 403


async def test_the_brief_of_a_month_says_what_the_tables_say(browsers: Browsers) -> None:
    await lived(browsers)
    city = await office(browsers, Role.CITY_BUREAU, CITY)
    made = await city.get("/bureau/brief", params={"month": "2026-03"})
    assert made.status_code == 200, made.text
    assert made.content.startswith(b"%PDF-")
    assert made.headers["content-type"].startswith("application/pdf")
    for month, status in (("2026-13", 422), ("2027-01", 422), ("x", 422)):
        assert (await city.get("/bureau/brief", params={"month": month})).status_code == status
    street = await office(browsers, Role.STREET_OPERATOR, "/4102/25/001/")
    assert (await street.get("/bureau/brief")).status_code == 403
    async with browsers.city.database.begin(*at(CITY, "city_bureau")) as uow:
        top = await uow.session.scalar(sa.select(Node).where(Node.path == CITY))
        assert top is not None
        told = await briefing.told(uow, top, date(2026, 3, 1), date(2026, 3, 19))
    text = "".join(told.words)
    assert "3月，开封市有 2 个用工单开工，要人 8 人次，双方定下 1 人次，到岗 1 人次，到岗率12%" in text
    assert "现在逾期没付的 200 元，涉及 1 人" in text
    assert "欠薪 1 件" in text
    assert len(told.charts) == 3
    assert told.charts[0].names == ["龙亭区", "兰考县"]
    assert told.charts[0].values == [[0, 0], [8, 1]]
    assert len(told.grids) == 2


def outline(*names: str, ring: Any = None, **more: Any) -> bytes:
    ring = ring or [[114.2, 34.8], [114.5, 34.8], [114.5, 34.9], [114.2, 34.8]]
    shapes = [
        {"type": "Feature", "properties": {"name": n, "onclick": "x"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for n in names
    ]  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": shapes, **more}).encode()


GOOD = outline("兰考县", "龙亭区", script="<script>")
NUMBER = "豫S（2024）012号"


NO_MAPS: tuple[tuple[bytes, str, str], ...] = (
    (GOOD, "", "审图号"),
    (GOOD, "自己画的", "审图号"),
    (b"", NUMBER, "请选边界图文件"),
    (b"\xff\xfe{", NUMBER, "读不懂"),
    (b"[" * 5000, NUMBER, "读不懂"),
    (b"<svg onload='x'/>", NUMBER, "读不懂"),
    (b'{"type": "Topology"}', NUMBER, "FeatureCollection"),
    (outline("兰考县"), NUMBER, "缺 龙亭区"),
    (outline("兰考县", "龙亭区", "杞县"), NUMBER, "多 杞县"),
    (outline("兰考县", "龙亭区", "龙亭区"), NUMBER, "重名"),
    (outline("兰考县", "龙亭区", ring=[[2, 48], [3, 48], [3, 49], [2, 48]]), NUMBER, "中国境内"),
    (outline("兰考县", "龙亭区", ring=[["a", 1]] * 4), NUMBER, "经纬度"),
    (outline("兰考县", "龙亭区", ring=[[114.2, 34.8]] * 10_500), NUMBER, "简化"),
    (GOOD + b" " * 400_000, NUMBER, "太大"),
)


async def test_a_map_that_is_none_is_refused(browsers: Browsers) -> None:
    city = await office(browsers, Role.CITY_BUREAU, CITY)
    for data, approval, words in NO_MAPS:
        sent = await city.post(
            "/bureau/map", data={"path": CITY, "approval": approval}, files={"file": ("a.json", data)}
        )
        assert sent.status_code == 422, words
        assert words in sent.text
    assert "/outline" not in (await city.get("/bureau")).text


async def test_a_map_is_shown_with_its_approval_number_until_it_is_taken_down(browsers: Browsers) -> None:
    city = await office(browsers, Role.CITY_BUREAU, CITY)
    assert "先用方块" in (await city.get("/bureau")).text
    sent = await city.post(
        "/bureau/map", data={"path": CITY, "approval": NUMBER, "source": "省测绘局"}, files={"file": ("a.json", GOOD)}
    )
    assert sent.status_code == 303, sent.text
    page = (await city.get("/bureau")).text
    assert f"审图号：{NUMBER}" in page
    address = re.search(r'data-map="(/bureau/map/([^/]+)/outline)"', page)
    assert address is not None
    shapes = await city.get(address.group(1))
    assert [f["properties"] for f in shapes.json()["features"]] == [{"name": "兰考县"}, {"name": "龙亭区"}]
    assert "script" not in shapes.text
    county = await office(browsers, Role.COUNTY_BUREAU, COUNTY)
    assert (await county.get(address.group(1))).status_code == 404, "the city's map is the city's"
    assert (await county.post(f"/bureau/map/{address.group(2)}/remove")).status_code == 404
    tried = await county.post("/bureau/map", data={"path": CITY, "approval": NUMBER}, files={"file": ("a.json", GOOD)})
    assert tried.status_code == 404
    assert (await city.post(f"/bureau/map/{address.group(2)}/remove")).status_code == 303
    assert "先用方块" in (await city.get("/bureau")).text


async def test_an_operator_sees_its_targets_first(browsers: Browsers) -> None:
    operator = await office(browsers, Role.COUNTY_OPERATOR, COUNTY)
    page = (await operator.get("/bureau")).text
    assert "没定" in page
    assert page.index("今年的任务") < page.index("各地供需")
    async with browsers.city.database.begin(*at(COUNTY)) as uow:
        await service.set_parameter(uow, COUNTY, "station.year.posts", "40", "运营合同")
    before = cells((await operator.get("/bureau")).text, "targets")[1]
    assert (before[1], before[2]) == ("40", "0")
    assert cells((await operator.get("/bureau")).text, "targets")[2][1:3] == ["没定", "0"], "trainees (R105)"
    # R108: one post however many heads it wants.
    today = browsers.city.clock.now() + timedelta(hours=2)
    await browsers.post(headcount=6, starts_at=today, ends_at=today + timedelta(hours=8))
    posts = cells((await operator.get("/bureau")).text, "targets")[1]
    assert posts[1:] == ["40", "1", "2%"]
