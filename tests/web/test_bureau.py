"""The bureaus' pages: who gets in, what they show, what a parameter's change is refused for."""

from __future__ import annotations

import httpx
import pytest
from browsing import Browsers
from small_city import COUNTY, OTHER_COUNTY

from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.people import sessions, staff


async def bureau(browsers: Browsers, role: str = "city_bureau", post: str = "/4102/") -> httpx.AsyncClient:
    """The browser of somebody who sits at a bureau or with an operator."""
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        account = await staff.create_staff(uow, role, "王处", role, post, "dawn-at-the-bridge-5")
        return await browsers.anybody(await sessions.create(uow, "staff", account))


async def test_the_city_sees_its_counties_and_their_streets(browsers: Browsers) -> None:
    await browsers.post()
    city = await bureau(browsers)
    page = await city.get("/bureau")
    assert page.status_code == 200
    assert "开封市总览" in page.text
    assert f"/bureau?path={COUNTY}" in page.text
    assert 'data-chart="trend"' in page.text
    below = await city.get("/bureau", params={"path": COUNTY, "days": "7"})
    assert "兰考县总览" in below.text
    assert "兰阳街道" in below.text
    assert "上一级" in below.text


async def test_scripts_come_from_files_of_ours_alone(browsers: Browsers) -> None:
    page = await (await bureau(browsers)).get("/bureau")
    assert "script-src" not in page.headers["content-security-policy"]
    assert "default-src 'self'" in page.headers["content-security-policy"]
    scripts = [part.split(">", 1) for part in page.text.split("<script")[1:]]
    assert any("echarts" in head for head, _ in scripts)
    for head, rest in scripts:
        assert 'src="/static/' in head
        assert rest.startswith("</script>")
    assert 'style="' not in page.text


async def test_a_county_stays_at_home(browsers: Browsers) -> None:
    county = await bureau(browsers, "county_bureau", COUNTY)
    assert "兰考县总览" in (await county.get("/bureau")).text
    assert (await county.get("/bureau", params={"path": OTHER_COUNTY})).status_code == 404
    assert (await county.get("/bureau", params={"path": "/4102/"})).status_code == 404


@pytest.mark.parametrize(
    ("query", "word"),
    [("path=nowhere", "地方的路径"), ("days=0", "写法不对"), ("days=400", "写法不对"), ("days=x", "写法不对")],
)
async def test_a_bad_question_is_told(browsers: Browsers, query: str, word: str) -> None:
    page = await (await bureau(browsers)).get(f"/bureau?{query}")
    assert page.status_code == 422
    assert "填写有误" in page.text
    assert word in page.text


async def test_the_bureau_is_closed_to_others(browsers: Browsers) -> None:
    anybody, worker = await browsers.anybody(), await browsers.worker()
    boss = await browsers.boss(browsers.city.trusted)
    for page in ("/bureau", "/bureau/parameters"):
        closed = await anybody.get(page)
        assert closed.status_code == 303
        assert closed.headers["location"].startswith("/sign-in/staff?next=/bureau")
        assert (await worker.get(page)).status_code == 403
        assert (await boss.get(page)).status_code == 403


async def test_a_parameter_is_set_with_its_paper_and_read_below(browsers: Browsers) -> None:
    city = await bureau(browsers)
    table = await city.get("/bureau/parameters")
    assert 'action="/bureau/parameters/t.refresh"' in table.text
    bare = await city.post("/bureau/parameters/t.refresh", data={"path": "/4102/", "value": "12h", "source": ""})
    assert bare.status_code == 422
    assert "请写依据" in bare.text
    assert 'id="source-refused"' in bare.text, "beside its field"
    wrong = await city.post("/bureau/parameters/t.refresh", data={"path": "/4102/", "value": "soon", "source": "号"})
    assert wrong.status_code == 422
    assert 'value="soon"' in wrong.text
    paper = "汴人社〔2026〕7号"
    done = await city.post("/bureau/parameters/t.refresh", data={"path": "/4102/", "value": "12h", "source": paper})
    assert done.status_code == 303
    below = await city.get("/bureau/parameters", params={"path": COUNTY})
    assert paper in below.text


async def test_money_is_written_in_yuan_and_a_value_is_taken_back(browsers: Browsers) -> None:
    city = await bureau(browsers)
    path = "/bureau/parameters/wage.minimum_hourly_fen"
    table = (await city.get("/bureau/parameters")).text
    assert "20.60 元/小时" in table
    assert 'name="value" value="20.60元"' in table
    assert "24 小时" in table
    data = {"path": "/4102/", "value": "21.5元", "source": "豫政〔2026〕1号"}
    assert (await city.post(path, data=data)).status_code == 303
    assert "21.50 元/小时" in (await city.get("/bureau/parameters")).text
    assert (await city.post(f"{path}/clear", data={"path": "/4102/"})).status_code == 303
    assert "20.60 元/小时" in (await city.get("/bureau/parameters")).text
    assert (await city.post(f"{path}/clear", data={"path": "/4102/"})).status_code == 404


async def test_a_county_reads_the_city_and_sets_its_own(browsers: Browsers) -> None:
    county = await bureau(browsers, "county_bureau", COUNTY)
    assert 'action="/bureau/parameters/' in (await county.get("/bureau/parameters")).text
    above = await county.get("/bureau/parameters", params={"path": "/4102/"})
    assert above.status_code == 200
    assert 'action="/bureau/parameters/' not in above.text


async def test_who_may_not_set(browsers: Browsers) -> None:
    operator = await bureau(browsers, "county_operator", COUNTY)
    table = await operator.get("/bureau/parameters")
    assert table.status_code == 200
    assert 'action="/bureau/parameters/' not in table.text
    data = {"path": COUNTY, "value": "12h", "source": "自己定的"}
    assert (await operator.post("/bureau/parameters/t.refresh", data=data)).status_code == 403
    county = await bureau(browsers, "county_bureau", COUNTY)
    foreign = await county.post("/bureau/parameters/t.refresh", data=data | {"path": OTHER_COUNTY})
    assert foreign.status_code == 404
