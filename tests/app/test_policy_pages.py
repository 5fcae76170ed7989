"""The pages about policies: the table, one role's list, preview and confirmation, why somebody may or may not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
from small_city import STATION

if TYPE_CHECKING:
    from tests.app.conftest import Site

CITY = "/4102/"


async def bureau_of(site: Site) -> httpx.AsyncClient:
    client = await site.staff("city_bureau", CITY, "bureau1")
    client.headers["accept"] = "text/html"
    return client


async def test_the_table_and_a_roles_list(site: Site) -> None:
    bureau = await bureau_of(site)
    page = (await bureau.get("/office/policies")).text
    assert "岗位和权限总表" in page
    assert "市级分析" in page
    assert page.count("<tr") > 80
    one = (await bureau.get("/office/policies", params={"role": "station_manager"})).text
    assert "站长还有驿站工作人员的全部权限" in one
    assert "看工作人员和岗位" in one
    assert "先看影响" in one
    assert "没有限地方的规则" in (await bureau.get("/office/policies", params={"limited": "true"})).text
    auditor = await site.staff("auditor", CITY, "auditor1")
    seen = (await auditor.get("/office/policies", params={"role": "auditor"})).text
    assert "先看影响" not in seen
    assert "取消<" not in seen


async def test_a_rule_is_added_after_a_preview_and_taken_away_again(site: Site) -> None:
    bureau = await bureau_of(site)
    await site.staff("station_clerk", STATION, "clerk1")
    wanted = {
        "change": "add", "role": "station_clerk", "permission": "overview:read", "relation": "down", "effect": "allow",
        "subtree": "兰考县",
    }  # fmt: skip
    page = (await bureau.get("/office/policies/preview", params=wanted)).text
    assert "允许驿站工作人员“看统计总览”（任岗的地方和它下面，限兰考县）" in page
    assert 'class="num">1</strong> 人的权限会变' in page
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    done = await bureau.post("/office/policies/add", data=fields)
    assert (done.status_code, done.headers["location"]) == (303, "/office/policies?role=station_clerk")
    listed = (await bureau.get("/office/policies", params={"role": "station_clerk", "limited": "true"})).text
    number = re.search(r"change=remove&amp;rule=(\d+)", listed)
    assert number is not None
    away = {"change": "remove", "rule": number[1], "role": "station_clerk"}
    preview = (await bureau.get("/office/policies/preview", params=away)).text
    assert "收回" in preview
    gone = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', preview))
    assert (await bureau.post("/office/policies/remove", data=gone)).status_code == 303
    assert (
        "没有这样的规则"
        in (await bureau.get("/office/policies", params={"role": "station_clerk", "limited": "true"})).text
    )


async def test_a_form_with_faults_comes_back_filled(site: Site) -> None:
    bureau = await bureau_of(site)
    bad = {"change": "add", "role": "mediator", "permission": "", "relation": "down", "effect": "allow"}
    answer = await bureau.get("/office/policies/preview", params=bad)
    assert answer.status_code == 422
    assert "请选一个权限。" in answer.text
    nowhere = bad | {"permission": "order:read", "subtree": "没有的县"}
    assert "没有找到“没有的县”" in (await bureau.get("/office/policies/preview", params=nowhere)).text
    denied = bad | {"permission": "policy:change"}
    answer = await bureau.get("/office/policies/preview", params=denied)
    assert answer.status_code == 303
    assert (await bureau.post("/office/policies/remove", data={"rule": "x"})).status_code == 404


async def test_why_and_who(site: Site) -> None:
    await site.staff("station_clerk", STATION, "clerk1")
    bureau = await bureau_of(site)
    asked = {"permission": "order:review", "at": "兰阳街道零工驿站", "staff": "clerk1"}
    page = (await bureau.get("/office/policies/explain", params=asked)).text
    assert "可以。李敏是兰阳街道零工驿站的驿站工作人员" in page
    no = (await bureau.get("/office/policies/explain", params=asked | {"permission": "case:close"})).text
    assert "没有一条规则提到“办结投诉和纠纷”" in no
    who = (await bureau.get("/office/policies/explain", params={"permission": "order:review", "at": STATION})).text
    assert "1 人可以" in who
    missing = await bureau.get("/office/policies/explain", params=asked | {"staff": "nobody1"})
    assert missing.status_code == 404
    assert "没有这个用户名" in missing.text
    assert (await bureau.get("/office/policies/explain")).status_code == 200
