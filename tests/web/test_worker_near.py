"""How far it is: said once, by street or telephone, scripts off; told on the board, the order and the list of stations (R062)."""

from __future__ import annotations

import re
from datetime import timedelta

import sqlalchemy as sa
from browsing import Browsers
from small_city import OTHER_STATION, START, STATION

from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.people.where import OwnPlace
from tenants.models import Node


async def _points(browsers: Browsers) -> None:
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        for path, at, phone in ((STATION, (34.83, 114.82), "0371-23330001"), (OTHER_STATION, (34.80, 114.35), None)):
            await uow.execute(
                sa.update(Node).where(Node.path == path).values(latitude=at[0], longitude=at[1], phone=phone, opening_hours="5:00-18:00")
            )  # fmt: skip


def _titles(page: str) -> list[str]:
    return re.findall(r'class="job-title"><a href="[^"]+">([^<]+)</a>', page)


async def test_a_worker_says_once_where_he_is(browsers: Browsers) -> None:
    await _points(browsers)
    await browsers.post(
        title="远的活", latitude=34.90, longitude=114.90, starts_at=START, ends_at=START + timedelta(hours=9)
    )
    await browsers.post(title="没标位置的活", latitude=None, longitude=None)
    _, code = await browsers.post(title="近的活", latitude=34.831, longitude=114.821)
    worker = await browsers.worker()
    page = (await worker.get("/")).text
    assert "看哪个活离我近" in page
    assert _titles(page)[0] == "近的活", "the newest first while nobody knows where he is"
    assert (await worker.get("/?sort=distance")).headers["location"].startswith("/here?next=")
    county = re.search(r'href="(/here\?[^"]+)">兰考县', (await worker.get("/here?next=/stations/near")).text)
    assert county
    streets = (await worker.get(county[1].replace("&amp;", "&"))).text
    assert 'name="street" value="/4102/25/001/"' in streets
    said = await worker.post("/here", data={"street": "/4102/25/001/", "next": "/"})
    assert (said.status_code, said.headers["location"]) == (303, "/")
    page = (await worker.get("/")).text
    # Without a point of its own a post is as far as the station that serves it, and says so.
    assert _titles(page) == ["没标位置的活", "近的活", "远的活"]
    assert "约 0 米" in page
    assert "兰阳街道，换地方" in page
    assert _titles((await worker.get("/?km=5")).text) == ["没标位置的活", "近的活"]
    assert "uri.amap.com" in (await worker.get(f"/orders/{code}")).text
    # Another telephone of his knows it from his account; a stranger's does not.
    again = await browsers.anybody(worker.cookies["lg_session"])
    page = await again.get("/stations/near")
    assert page.text.index("兰阳街道零工驿站") < page.text.index("大兴街道零工驿站")
    for there in ("0371-23330001", "5:00-18:00", "api.map.baidu.com", "43 公里"):
        assert there in page.text
    other = await browsers.worker(2)
    assert (await other.get("/stations/near")).headers["location"].startswith("/here")
    forgot = await worker.post("/here/forget")
    assert forgot.status_code == 303
    async with browsers.city.database.system() as uow:
        assert (await uow.session.scalars(sa.select(OwnPlace))).all() == []
    assert "看哪个活离我近" in (await worker.get("/")).text


async def test_what_is_wrong_with_a_place_is_said(browsers: Browsers) -> None:
    await _points(browsers)
    anybody = await browsers.anybody()
    page = (await anybody.get("/here?next=//evil.test")).text
    token = re.search(r'name="_csrf" value="([^"]+)"', page)
    assert token
    for values, words in (
        ({"street": "/9/"}, "请从列表里选"),
        ({"latitude": "x", "longitude": "1"}, "没定到位"),
        ({"latitude": "51.5", "longitude": "-0.1"}, "定位不准"),
    ):
        answer = await anybody.post("/here", data={"_csrf": token[1], "next": "//evil.test", **values})
        assert (answer.status_code, words in answer.text) == (422, True), values
    told = await anybody.post(
        "/here", data={"_csrf": token[1], "next": "//evil.test", "latitude": "34.83129", "longitude": "114.82199"}
    )
    assert told.headers["location"] == "/"
    assert anybody.cookies["lg_here"].startswith("34.831%7C114.822"), "no finer than a hundred metres"
    anybody.cookies.set("lg_here", "nan|1|phone|<b>")
    assert (await anybody.get("/")).status_code == 200
