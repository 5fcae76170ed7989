"""Saved searches: kept from the board, told in one text, few a day, never at night, each post once (R062)."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import httpx
import sqlalchemy as sa
from browsing import Browsers
from small_city import START

from linggong.market import digest
from linggong.market.search_models import SavedSearch
from linggong.people import notices
from linggong.people.notice_models import Notice

DAILY = {"q": "搬砖", "settlement": "daily", "county": "/4102/25/", "pay_min": "180"}


async def _told(browsers: Browsers) -> list[Notice]:
    await digest.run(browsers.city.database)
    async with browsers.city.database.system() as uow:
        found = await uow.session.scalars(sa.select(Notice).where(Notice.kind == digest.KIND).order_by(Notice.id))
        return list(found)


async def _searching(browsers: Browsers, **values: str) -> tuple[httpx.AsyncClient, UUID]:
    token, person = await browsers.person()
    worker = await browsers.anybody(token)
    assert (await worker.post("/my/searches", data=values or DAILY)).status_code == 303
    return worker, person


async def test_a_search_is_kept_from_the_board_and_deleted(browsers: Browsers) -> None:
    worker, _ = await _searching(browsers)
    assert "有新的叫我" not in (await worker.get("/")).text
    assert "有新的叫我" in (await worker.get("/", params=DAILY)).text
    page = (await worker.get("/my/searches")).text
    assert "<h2>搬砖，兰考县，日结，一天180元起</h2>" in page
    await worker.post("/my/searches", data=DAILY)
    assert (await worker.get("/my/searches")).text.count("/delete") == 1, "the same is kept once"
    for values, words in (
        ({}, "先挑一样"),
        ({"q": "x" * 61}, "最多60个"),
        ({"county": "/99/"}, "没有这个地方"),
        ({"pay_min": "zz"}, "钱数"),
    ):
        refused = await worker.post("/my/searches", data=values)
        assert (refused.status_code, words in refused.text) == (422, True), values
    for n in range(4):
        assert (await worker.post("/my/searches", data={"pay_min": str(200 + n)})).status_code == 303
    assert "最多存 5 个" in (await worker.post("/my/searches", data={"pay_min": "300"})).text
    one = re.findall(r'action="(/my/searches/[^"]+/delete)"', page)
    assert (await (await browsers.worker(2)).post(one[0])).status_code == 404
    assert (await worker.post(one[0])).status_code == 303
    assert "<h2>搬砖" not in (await worker.get("/my/searches")).text
    assert (await (await browsers.boss(browsers.city.trusted)).get("/my/searches")).status_code == 403


async def test_each_fitting_post_is_told_once_in_one_text(browsers: Browsers) -> None:
    worker, person = await _searching(browsers)
    await worker.post("/my/searches", data={"q": "搬砖两天"})
    assert await _told(browsers) == []
    browsers.city.clock.advance(timedelta(minutes=3))
    await browsers.post()
    await browsers.post(title="搬砖两天")
    await browsers.post(title="搬砖，钱少", pay_fen=17000)
    first = await _told(browsers)
    assert [(n.person_id, n.to_side) for n in first] == [(person, "worker")]
    # Two searches found the same post: it is told with the older one alone.
    assert first[0].text.startswith("您要的“搬砖，兰考县，日结，一天180元起”有2个新活：")
    assert first[0].text.count("200元/天，明天7:30，东关大街12号工") == 2
    assert len(first[0].text) <= notices.MAX_TEXT
    assert len(await _told(browsers)) == 1, "each once"
    page = (await worker.get("/my/searches")).text
    assert 'class="hit" href="/orders/' in page
    # Not so soon after the last one; then at most three a day.
    for n in range(4):
        await browsers.post(title=f"搬砖再{n}")
        assert len(await _told(browsers)) == min(n + 1, 3)
        browsers.city.clock.advance(timedelta(minutes=61))
        assert len(await _told(browsers)) == min(n + 2, 3)
    # The next day's dawn: no text before five, and nothing of what has begun or filled up meanwhile.
    browsers.city.clock.advance(timedelta(hours=18))
    assert len(await _told(browsers)) == 3


async def test_nobody_is_woken_and_no_desk_rings(browsers: Browsers) -> None:
    _, person = await _searching(browsers)
    browsers.city.clock.advance(timedelta(hours=16))  # 21:10
    await browsers.post(starts_at=START + timedelta(days=1), ends_at=START + timedelta(days=1, hours=9))
    assert await _told(browsers) == []
    browsers.city.clock.advance(timedelta(hours=8))  # 05:10
    assert len(await _told(browsers)) == 1
    async with browsers.city.database.system() as uow:
        await uow.execute(sa.text("UPDATE contacts SET ended_at = now() WHERE person_id = :p"), {"p": person})
    await notices.send(browsers.city.database, browsers.city.secrets.sealer)
    told = (await _told(browsers))[0]
    assert (told.state, told.call_wanted) == ("unreached", False)


async def test_near_is_counted_from_where_he_stood(browsers: Browsers) -> None:
    token, _ = await browsers.person()
    worker = await browsers.anybody(token)
    await worker.post("/here", data={"latitude": "34.82", "longitude": "114.82"})
    await worker.post("/my/searches", data={"km": "5"})
    browsers.city.clock.advance(timedelta(minutes=3))
    await browsers.post(title="远", latitude=34.95, longitude=114.82)
    await browsers.post(title="近", latitude=34.83, longitude=114.82)
    told = await _told(browsers)
    assert ["近200元/天" in t.text and "远" not in t.text for t in told] == [True]
    async with browsers.city.database.system() as uow:
        assert (await uow.session.scalars(sa.select(SavedSearch.label))).all() == ["5公里内"]
