"""Kiosk, wall, screens and share pack over HTTP, scripts off: what they show, to whom, and what they never show."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import segno
import sqlalchemy as sa
from browsing import Browsers
from small_city import OTHER_STATION

from linggong.stations import screens
from linggong.stations.models import ScreenBeat, Ticket

from .desk import at_post, flash, number, worker_form
from .picture import dark_square, pixels


async def stands(browsers: Browsers, clerk: httpx.AsyncClient, kind: str, name: str = "三号屏") -> str:
    """Register a screen on the desk's page; returns its path."""
    page = (await clerk.post("/desk/screens", data={"kind": kind, "name": name})).text
    found = re.search(r'id="made-url" value="[^"]*(/(?:screen|kiosk)/[^"]+)"', page)
    assert found, page[:300]
    return found[1]


async def form(anybody: httpx.AsyncClient, path: str, **values: str) -> httpx.Response:
    """Fill in the form of a page as a browser without scripts does."""
    page = await anybody.get(path)
    token = re.search(r'name="_csrf" value="([^"]+)"', page.text)
    assert token
    return await anybody.post(path, data={"_csrf": token[1], **values})


async def test_a_screen_is_registered_lives_and_ends(browsers: Browsers) -> None:
    clerk, anybody = await browsers.clerk(), await browsers.anybody()
    assert "这里还没有大屏和自助机" in (await clerk.get("/desk/screens")).text
    bad = await clerk.post("/desk/screens", data={"kind": "tv", "name": " "})
    assert bad.status_code == 422
    assert "请选：大屏，还是自助机" in bad.text
    assert "给它起个名字" in bad.text
    path = await stands(browsers, clerk, "wall")
    page = (await clerk.get("/desk/screens")).text
    assert path.rpartition("/")[2] not in page, "the address is shown once"
    assert "还没打开过" in page
    assert "已经有一台叫这个名字" in (await clerk.post("/desk/screens", data={"kind": "wall", "name": "三号屏"})).text
    assert (await anybody.get(path)).status_code == 200
    for wrong in (path.replace("/screen/", "/kiosk/"), "/screen/none", path[:-1] + "_", path + "x" * 90):
        assert (await anybody.get(wrong)).status_code == 404, wrong
    # Its sign of life: one row an hour, however often; the hour after has its own.
    for minutes in (0, 1, 59):
        browsers.city.clock.advance(timedelta(minutes=minutes))
        assert (await form(anybody, path)).status_code == 405
        token = re.search(r'name="_csrf" value="([^"]+)"', (await anybody.get(path)).text)
        assert token
        assert (await anybody.post(f"{path}/beat", data={"_csrf": token[1]})).status_code == 204
    async with browsers.city.database.system() as uow:
        beats = (await uow.session.scalars(sa.select(ScreenBeat).order_by(ScreenBeat.hour))).all()
        assert [(b.beats, (b.last_at - b.first_at) // timedelta(minutes=1)) for b in beats] == [(2, 1), (1, 0)]
        shown = await screens.opening_evidence(uow, beats[0].tenant, beats[0].hour, beats[1].last_at)
        assert len(shown) == 2
    assert "在线" in (await clerk.get("/desk/screens")).text
    other = await at_post(browsers, "zhao", path=OTHER_STATION)
    ids = re.findall(r'action="/desk/screens/([^/]+)/end"', (await clerk.get("/desk/screens")).text)
    assert len(ids) == 1
    assert "三号屏" not in (await other.get("/desk/screens")).text
    assert (await other.post(f"/desk/screens/{ids[0]}/end")).status_code == 404
    assert "停用了" in await flash(clerk, await clerk.post(f"/desk/screens/{ids[0]}/end"))
    assert (await anybody.get(path)).status_code == 404


async def test_the_kiosk_gives_numbers_before_anybody_opens(browsers: Browsers) -> None:
    clerk, anybody = await browsers.clerk(), await browsers.anybody()
    await clerk.post("/desk/register", data=worker_form(1))
    path = await stands(browsers, clerk, "kiosk")
    start = (await anybody.get(path)).text
    assert start.index(">签到</button>") < start.index('name="key"'), "Enter is 签到"
    # Without scripts each key is a round trip, and what is typed never stands in an address.
    typed = ""
    for key in ("1", "3", "9", "back", "8", "X"):
        page = await form(anybody, path, number=typed, key=key)
        assert page.status_code == 200
        field = re.search(r'id="number" name="number" value="([^"]*)"', page.text)
        assert field
        typed = field[1]
    assert typed == "138X"
    for wrong, words in (("13a", "只能输数字"), ("", "请输 18 位身份证号"), ("1380000", "位数不对")):
        page = await form(anybody, path, number=wrong)
        assert page.status_code == 422
        assert words in page.text
    given = await form(anybody, path, number=number(1))
    assert given.status_code == 303
    assert number(1) not in given.headers["location"]
    shown = await anybody.get(given.headers["location"])
    assert "赵师傅，您是" in shown.text
    assert re.search(r'kiosk-digits num">1<', shown.text)
    assert "赵大明" not in shown.text
    assert f'content="20;url={path}"' in shown.text, "back by itself, scripts or not"
    assert shown.headers["cache-control"] == "no-store"
    again = await form(anybody, path, number=number(1))
    assert re.search(r'kiosk-digits num">1<', (await anybody.get(again.headers["location"])).text)
    new = await anybody.get((await form(anybody, path, number="13700000009")).headers["location"])
    assert re.search(r'kiosk-digits num">2<', new.text)
    assert "您还没登记" in new.text
    assert '前面还有 <b class="num">1</b> 人' in new.text
    # The page of a number is good for two minutes, for that number, at that kiosk.
    where = given.headers["location"]
    asked = {k: v[0] for k, v in parse_qs(urlsplit(where).query).items()}
    async with browsers.city.database.system() as uow:
        other = await uow.session.scalar(sa.select(Ticket.id).where(Ticket.number == 2))
    for changed in (
        asked | {"ticket": str(other)},
        asked | {"until": str(int(asked["until"]) + 9)},
        asked | {"mark": "é"},
    ):
        assert (await anybody.get(f"{path}/number", params=changed)).headers.get("location") == path
    browsers.city.clock.advance(timedelta(minutes=3))
    assert (await anybody.get(where)).headers["location"] == path
    # A page that stood open for too long leads back to the start, not into a dead end.
    stale = await anybody.post(path, data={"number": number(1), "_csrf": "old"})
    assert (stale.status_code, stale.headers["location"]) == (303, path)
    for _ in range(40):
        last = await form(anybody, path, number="12")
    assert (last.status_code, "按得太快了" in last.text) == (429, True)


async def test_the_wall_shows_jobs_seekers_and_calls_and_nobody_by_name(browsers: Browsers) -> None:
    clerk, anybody = await browsers.clerk(), await browsers.anybody()
    await browsers.post()
    for n in (1, 2):
        _, person = await browsers.person(n)
        await clerk.post("/desk/numbers", data={"person": str(person)})
    other = await at_post(browsers, "zhao", path=OTHER_STATION)
    await other.post("/desk/register", data=worker_form(7, name="欧阳海"))
    path = await stands(browsers, clerk, "wall")
    page = (await anybody.get(path)).text
    assert "搬砖小工" in page
    assert page.count("站里等着") == 2
    assert "李师傅" in page
    assert "欧阳" not in page, "another station's people"
    for secret in ("李国强", "138000", "13800", number(1)):
        assert secret not in page
    assert len(re.findall(r'<section class="panel[^>]*(?<!hidden)>', page)) == 1
    assert 'content="12;url=' in page
    assert "投诉" in page
    assert "12333" in page
    assert "工价参考" not in page, "one post tells of one employer"
    call = re.findall(r'name="call" value="([^"]+)"', (await clerk.get("/desk")).text)
    await clerk.post("/desk/numbers", data={"call": call[0]})
    assert '请 <b class="num">1</b> 号 李师傅 到窗口' in (await anybody.get(path)).text
    browsers.city.clock.advance(timedelta(minutes=4))
    assert "到窗口" not in (await anybody.get(path)).text.replace("窗口登记", "")


async def test_what_is_passed_on_opens_without_signing_in(browsers: Browsers) -> None:
    order_id, code = await browsers.post()
    clerk, anybody = await browsers.clerk(), await browsers.anybody()
    boss = await browsers.boss(browsers.city.trusted)
    for who, page in ((clerk, f"/desk/orders/{order_id}"), (boss, f"/employer/orders/{order_id}")):
        assert f"/share/orders/{code}" in (await who.get(page)).text
    page = (await anybody.get(f"/share/orders/{code}")).text
    assert "【招人】搬砖小工，管午饭 · 200/天 · 日结 · 兰阳街道 · 要6人 · 3月11日 07:30" in page
    assert f"/orders/{code}</textarea>" in page
    assert "13800000000" not in page
    picture = await anybody.get(f"/share/orders/{code}/poster.png")
    assert picture.headers["content-type"] == "image/png"
    width, height, rows = pixels(picture.content)
    assert (width, height) == (1080, 1440)
    # Read back dot by dot: it is the code of the address that the words say, too.
    url = re.search(r"(http\S+/orders/\S+)</textarea>", page)
    assert url
    wanted = [[bool(dot) for dot in row] for row in segno.make(url[1], error="m").matrix]
    assert dark_square(rows, len(wanted)) == wanted
    paper = await anybody.get(f"/share/orders/{code}/poster.pdf")
    assert paper.content.startswith(b"%PDF")
    desk = (await clerk.get("/desk")).text
    day = re.search(r'href="(/share/stations/[^"]+)"', desk)
    assert day
    page = (await anybody.get(day[1])).text
    assert "【兰阳街道零工驿站】3月10日 周二，兰考县正在招 1 个活" in page
    assert (await anybody.get(f"{day[1]}/poster.png")).content.startswith(b"\x89PNG")
    for missing in (
        "/share/orders/KF-0000-XXXX",
        f"/share/orders/{code}/poster.exe",
        f"{day[1]}/poster",
        f"/share/stations/{order_id}",
    ):
        assert (await anybody.get(missing)).status_code == 404, missing
    await clerk.post(f"/desk/orders/{order_id}/cancel", data={"reason": "employer"})
    assert (await anybody.get(f"/share/orders/{code}")).status_code == 409


async def test_a_worker_signs_in_on_his_own_phone(browsers: Browsers) -> None:
    clerk, anybody, me = await browsers.clerk(), await browsers.anybody(), await browsers.worker(1)
    wall = (await anybody.get(await stands(browsers, clerk, "wall"))).text
    code = re.search(r'手机签到码 <b class="num"[^>]*>(\d{3}) (\d{3})<', wall)
    assert code
    wrong = await me.post("/my/number", data={"code": "12"})
    assert (wrong.status_code, "签到码不对" in wrong.text) == (422, True)
    assert "您是 1 号" in await flash(me, await me.post("/my/number", data={"code": f"{code[1]} {code[2]}"}))
    page = (await me.get("/my/number")).text
    assert '<b class="num">1</b> 号' in page
    assert "前面没有人等" in page
    ticket = re.findall(r'name="call" value="([^"]+)"', (await clerk.get("/desk")).text)
    await clerk.post("/desk/numbers", data={"call": ticket[0]})
    assert "叫到您了" in (await me.get("/my/number")).text
    for _ in range(12):
        last = await me.post("/my/number", data={"code": "999999"})
    assert "试得太多了" in last.text
    assert (await anybody.get("/my/number")).status_code == 303
    assert (await clerk.get("/my/number")).status_code == 403
