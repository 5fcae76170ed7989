"""Details of the papers at a place: the sign of a counter, slogans on the screen, metres of rooms (R024, R026, R029, R030)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from browsing import Browsers
from small_city import COUNTY, STATION, City

from linggong.kernel.db import SYSTEM, Actor
from linggong.kernel.errors import Invalid
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE, Scope, TenantPath, tenant_path
from linggong.ledgers import queries
from linggong.sites import checks, files, premises
from linggong.sites.checks import CheckForm
from linggong.sites.premises import RoomForm
from linggong.work import engage
from tenants import service
from tenants.evidence import Photo
from tenants.models import Node
from tests.web.test_hall_pages import stands
from tests.work.conftest import Site, people, publish

TODAY = date(2026, 3, 10)
PNG = b"\x89PNG\r\n\x1a\n" + b"sign"


def operator() -> tuple[Actor, Scope]:
    at = tenant_path(COUNTY)
    return Actor(kind="staff", id=new_id(), post=at, role="county_operator"), Scope(trees=(at,))


async def place(city: City, segment: str, kind: str, name: str) -> str:
    path = f"{COUNTY}{segment}/"
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        node: dict[str, Any] = {"name": name, "short_name": name, "status": "open", "created_at": uow.now}
        uow.session.add(Node(id=new_id(), path=path, kind=kind, **node))
    return path


async def test_a_counter_shows_its_sign_with_a_dated_photo(city: City) -> None:
    """R024: the sign binds a counter alone; a photo without its time proves nothing, one with it stands with the item."""
    counter = await place(city, "w01", "counter", "兰考县灵活就业服务窗口")
    sign = CheckForm(kind="plate", item="counter")
    async with city.database.begin(*city.clerk) as uow:
        with pytest.raises(Invalid, match="没有这一项"):
            await checks.mark(uow, STATION, sign)
    async with city.database.begin(*operator()) as uow:
        told = " ".join(gap.words for gap in await files.gaps(uow, counter, TODAY))
        assert "“灵活就业服务专区（窗口）”标识" in told
        with pytest.raises(Invalid, match="没有时间的照片不能作证据"):
            await checks.mark(uow, counter, sign, Photo(data=PNG))
        await checks.mark(uow, counter, sign, Photo(data=PNG, taken_at=uow.now, latitude=34.82, longitude=114.82))
        shown = {one.item: one for one in (await checks.items(uow, counter, "counter"))["plate"]}
        assert (shown["counter"].here, len(shown["counter"].photos)) == (True, 1)
        assert shown["counter"].photos[0].taken_at == uow.now


async def test_the_wall_screen_says_the_slogans_of_the_place(browsers: Browsers) -> None:
    """R026: the tenant's slogans are among what the screen turns."""
    clerk, anybody = await browsers.clerk(), await browsers.anybody()
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await service.set_parameter(uow, COUNTY, "site.slogans", '["家门口就业 服务暖民心"]', "龙里县2025年采购文件")
    page = (await anybody.get(await stands(browsers, clerk, "wall"))).text
    assert "家门口就业" in page
    assert "服务暖民心" in page


async def test_rooms_are_summed_against_the_papers_metres(city: City) -> None:
    """R029, R030: 18.5 m² are too few where 20 are asked for; a market's rooms are summed up to 400."""
    market = await place(city, "m01", "market_comprehensive", "兰考县零工市场")
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await service.set_parameter(uow, COUNTY, "station.min_area_m2", "20", "龙里县2025年采购文件")
        await service.set_parameter(uow, COUNTY, "premises.total_m2", "400", "建宁县2023年方案")
    async with city.database.begin(*operator()) as uow:

        async def area(path: str, square_metres: str, name: str) -> str:
            form = RoomForm(name=name, use="hall", area_m2=Decimal(square_metres))
            await premises.add_room(uow, path, form)
            return next((g.words for g in await files.gaps(uow, path, TODAY) if g.code == "area"), "")

        assert await area(STATION, "18.5", "大厅") == "室内面积 18.5 平方米，低于 20 平方米。"
        assert await area(STATION, "1.5", "里间") == ""
        assert "400" in await area(market, "380", "一楼")
        assert await area(market, "20", "培训室") == ""


async def test_a_deal_stands_in_the_ledger_of_instant_matching(city: City) -> None:
    """R090: when both have said yes, the fifth ledger has its line, complete and under a trace code, written by nobody."""
    site = Site(city, await publish(city), await people(city, 1))
    async with site.begin(site.worker()) as uow:
        engagement_id = (await engage.apply(uow, site.order_id)).id
    async with site.begin(site.employer) as uow:
        await engage.offer(uow, engagement_id)

    async def lines() -> list[queries.Line]:
        async with city.database.begin(*operator()) as uow:
            return await queries.lines(uow, "matching", TenantPath(COUNTY), TODAY, TODAY, full=False)

    assert await lines() == []
    async with site.begin(site.worker()) as uow:
        await engage.confirm(uow, engagement_id)
    (line,) = await lines()
    assert (line.what, line.note, line.complete, line.late) == (
        "搬砖小工，管午饭",
        "开封建筑公司 · 200 元/天",
        True,
        False,
    )
    assert "-" in line.code
    assert line.who == "李师傅"
