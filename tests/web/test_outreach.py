"""The pages of reaching out over HTTP: forms come back filled when refused, a table that is refused gives its copy, fairs by code."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from browsing import Browsers
from small_city import COMMUNITY_CODE, STATION

from linggong.kernel import clock
from linggong.kernel.sheets import write_xlsx
from linggong.market.models import Order
from linggong.outreach import holding
from linggong.outreach.survey_rows import COLUMNS
from rbac.roles import Role

from .desk import at_post, flash, order_form

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


async def test_visit_form_and_phone(browsers: Browsers) -> None:
    """R054: what is refused comes back filled; a telephone is shown by a POST alone; a post says that it came of a visit."""
    clerk, city = await browsers.clerk(), browsers.city
    at = f"{clock.shanghai(city.clock.now()):%Y-%m-%dT%H:%M}"
    bad = await clerk.post(
        "/outreach/visits/new", data={"channel": "visit", "happened_at": "2026-03-11T05:10", "needs": "要两个洗碗工"}
    )
    assert bad.status_code == 422
    assert "要两个洗碗工" in bad.text
    assert "时间在将来" in bad.text
    form = {
        "channel": "visit",
        "happened_at": at,
        "needs": "要两个洗碗工",
        "employer_name": "新开的面馆",
        "phone": "13803789901",
        "place": "东大街",
    }
    photo = {"photo": ("a.png", PNG, "image/png")}
    refused = await clerk.post("/outreach/visits/new", data=form, files=photo)
    assert "没有时间的照片不能作证据" in refused.text
    assert "记下了" in await flash(
        clerk, await clerk.post("/outreach/visits/new", data=form | {"photo_taken_at": at}, files=photo)
    )
    page = (await clerk.get("/outreach")).text
    assert "新开的面馆" in page
    assert "13803789901" not in page
    shown = re.search(r'action="(/outreach/visits/[^"]+/phone)"', page)
    assert shown is not None
    assert "13803789901" in (await clerk.post(shown[1], data={})).text
    await clerk.post("/desk/post", data=order_form(city.trusted, intake="outside"))
    async with city.database.system() as uow:
        assert await uow.session.scalar(sa.select(Order.source_channel)) == "visit"


async def test_survey_pages(browsers: Browsers) -> None:
    """R053, R121: six rows typed, the wrong cell named; a refused table gives a copy; the roadside goes on for the next one."""
    clerk = await browsers.clerk()
    at = f"{clock.shanghai(browsers.city.clock.now()):%Y-%m-%dT%H:%M}"
    form = {
        "division_code": COMMUNITY_CODE,
        "happened_at": at,
        "r2_situation": "idle",
        "r2_consent": "1",
        "r2_id_number": "410225198005011018",
    }
    bad = (await clerk.post("/outreach/surveys/new", data=form)).text
    assert "同意登记的要填这一格" in bad
    assert re.search(r'<input[^>]* id="r2_phone"[^>]*aria-invalid', bad)
    assert not re.search(r'<input[^>]* id="r0_phone"[^>]*aria-invalid', bad)
    good = form | {
        "r2_name": "王小明",
        "r2_phone": "13912345678",
        "r2_trade_code": "6-29-99-00",
        "r2_pay_fen": "200",
        "r2_slip": "1",
    }
    assert "新登记 1 人" in await flash(clerk, await clerk.post("/outreach/surveys/new", data=good))
    table = write_xlsx([list(COLUMNS.values()), ["999999999999", *[""] * 10]])
    answer = await clerk.post("/outreach/surveys/import", data={"happened_at": at}, files={"file": ("a.xlsx", table)})
    assert "“999999999999”" in answer.text
    copy = re.search(r"/outreach/surveys/copy/[\w-]+", answer.text)
    assert copy is not None
    assert (await clerk.get(copy[0])).status_code == 200
    road = {"place": "东关桥头", "happened_at": at, "heads": "30", "r0_wants_work": "1"}
    assert "只计数 1 人" in await flash(clerk, await clerk.post("/outreach/surveys/roadside", data=road))
    assert 'value="东关桥头"' in (await clerk.get("/outreach/surveys/roadside")).text


async def test_fair_pages(browsers: Browsers) -> None:
    """R109: planned on a page, signed in by code on an employer's telephone, public before it begins."""
    clerk, city = await browsers.clerk(), browsers.city
    start = clock.shanghai(city.clock.now() + timedelta(hours=1))
    form = {
        "theme": "春季专场",
        "place": "驿站院内",
        "starts_at": f"{start:%Y-%m-%dT%H:%M}",
        "ends_at": f"{start - timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "stations": STATION,
    }
    assert f'value="{STATION}" checked' in (await clerk.get("/outreach/fairs")).text, "one's own station is ticked"
    assert "结束时间要在开始以后" in (await clerk.post("/outreach/fairs", data=form)).text
    many = (await clerk.post("/outreach/fairs", data=form | {"theme": "", "stations": "", "orders": "NOSUCH99"})).text
    for words in ("请写主题", "结束时间要在开始以后", "请选由哪些站点来办", "没有在招的用工单：NOSUCH99"):
        assert words in many, "all that is wrong is named at once"
    made = await clerk.post("/outreach/fairs", data=form | {"ends_at": f"{start + timedelta(hours=3):%Y-%m-%dT%H:%M}"})
    where = made.headers["location"]
    code = re.search(r'fs-4">(\d{6})<', (await clerk.get(where)).text)
    assert code is not None
    assert "春季专场" in (await (await browsers.anybody()).get("/fairs")).text
    assert "签到了" in await flash(
        clerk, await clerk.post(f"{where}/employers", data={"employer_id": str(city.trusted)})
    )
    assert "已经签到过" in await flash(
        clerk, await clerk.post(f"{where}/employers", data={"employer_id": str(city.trusted)})
    )
    assert code[1] == holding.code_of(city.secrets.sealer, _id(where))
    boss = await browsers.boss(city.fresh)
    own = where.replace("/outreach/", "/employer/")
    assert "签到码不对" in (await boss.post(own, data={"code": "x"})).text
    assert "签到好了" in await flash(boss, await boss.post(own, data={"code": code[1]}))
    assert "手机输码签到" in (await clerk.get(where)).text


async def test_bureau_pages(browsers: Browsers) -> None:
    """R041, R103, R119: the bureau holds a training that the clerk answers, draws nobody where nobody worked, and warns."""
    bureau = await at_post(browsers, "luo", Role.COUNTY_BUREAU.value, "/4102/25/")
    at = f"{clock.shanghai(browsers.city.clock.now()):%Y-%m-%dT%H:%M}"
    course = {
        "title": "岗位怎么写",
        "trainer": "罗",
        "place": "县局",
        "minutes": "60",
        "happened_at": at,
        "q0_text": "工钱怎么写？",
        "q0_options": "写明\n面议",
        "q0_right": "3",
    }
    assert "正确答案不在选项里" in (await bureau.post("/outreach/training", data=course)).text
    await bureau.post("/outreach/training", data=course | {"q0_right": "1", "trainer": "罗志华"})
    href = re.search(r"/outreach/training/[0-9a-f-]{36}", (await bureau.get("/outreach/training")).text)
    assert href is not None
    clerk = await browsers.clerk()
    assert "没过" in await flash(clerk, await clerk.post(href[0], data={"a0": "1"}))
    assert "100 分，过了" in await flash(clerk, await clerk.post(href[0], data={"a0": "0"}))
    drawn = await bureau.post(
        "/outreach/satisfaction", data={"first": "2026-03-01", "last": "2026-03-09", "workers": "30", "employers": "30"}
    )
    assert "抽不出 30 个" in drawn.text
    warning = {
        "employer_id": str(browsers.city.trusted),
        "happened_at": at,
        "topics": "contract",
        "words": "没签约定",
        "fix_by": "",
    }
    assert "警示要写明哪天以前改好" in (await bureau.post("/outreach/guidance/warnings", data=warning)).text
    assert "警示函发出了" in await flash(
        bureau, await bureau.post("/outreach/guidance/warnings", data=warning | {"fix_by": "2026-03-20"})
    )
    assert "看函" in (await bureau.get("/outreach/guidance")).text
    assert (await clerk.post("/outreach/guidance/warnings", data=warning)).status_code == 403


def _id(where: str) -> UUID:
    return UUID(where.rpartition("/")[2])
