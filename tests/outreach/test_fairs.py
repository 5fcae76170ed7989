"""Fairs: planned, said before, signed in at, closed; which station of the month has passed (R070, R109, R110)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from linggong.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from linggong.kernel.paths import tenant_path
from linggong.market.models import Order
from linggong.measures import facts
from linggong.outreach import fair_push, fairs, holding, posts
from linggong.outreach.holding import FairForm
from linggong.people.notice_models import Notice
from rbac.permissions import Permission as P
from tenants import service

from .conftest import COUNTY, STATION, City, Offices, Site, refused, signed


def fair(city: City, **changes: Any) -> FairForm:
    start = city.clock.now() + timedelta(days=1)
    values: dict[str, Any] = {
        "theme": "春季务工专场", "place": "兰阳街道零工驿站院内", "starts_at": start, "ends_at": start + timedelta(hours=4),
        "stations": [STATION],
    }  # fmt: skip
    return FairForm(**(values | changes))


async def test_fair_from_plan_to_month(site: Site, offices: Offices) -> None:
    """R070, R109: pushed before it begins, signed in once each, closed with its count; five employers make the month pass."""
    city, sealer = site.city, site.city.secrets.sealer
    async with offices.bureau.may(P.PARAMETER_SET) as uow:
        await service.set_parameter(uow, COUNTY, "fair.per_month", "1", "R109")
        await service.set_parameter(uow, COUNTY, "fair.min_employers", "2", "R109")
    async with offices.clerk.may(P.OUTREACH_RECORD) as uow:
        code = str(await uow.session.scalar(sa.select(Order.trace_code).where(Order.id == site.order_id)))
        row = await holding.plan(uow, fair(city, orders=[code.lower()]))
        told = await fair_push.push(uow, row.id, "posts")
        assert (told.told, told.left_out) == (3, 0)
        assert "搬砖小工" in told.text
        assert (await fair_push.push(uow, row.id, "employers")).told == 3
        with pytest.raises(Conflict, match="不再重复打扰"):
            await fair_push.push(uow, row.id, "posts")
        with pytest.raises(Conflict, match="还没到签到时间"):
            await holding.sign_in(uow, row.id, city.trusted)
        with pytest.raises(Conflict, match="已经在这场"):
            await holding.add_post(uow, row.id, code)
    async with city.database.system() as uow:
        kinds = (await uow.execute(sa.select(Notice.to_side, sa.func.count()).where(Notice.kind == "fair").group_by(Notice.to_side))).all()  # fmt: skip
        assert sorted(map(tuple, kinds)) == [("employer", 3), ("worker", 3)]
    city.clock.advance(timedelta(days=1))
    async with offices.clerk.may(P.OUTREACH_RECORD) as uow:
        await holding.sign_in(uow, row.id, city.trusted)
        with pytest.raises(Conflict, match="已经签到过"):
            await holding.sign_in(uow, row.id, city.trusted)
        with pytest.raises(NotFound):
            await holding.sign_in(uow, row.id, city.elsewhere)
        with pytest.raises(Conflict, match="开始以前发"):
            await fair_push.push(uow, row.id, "notice")
        with pytest.raises(Conflict, match="还没结束"):
            await holding.close(uow, row.id, visitors=60)
    async with city.database.begin(*city.employer(city.fresh)) as uow:
        with pytest.raises(Invalid, match="签到码不对"):
            await holding.sign_in_by_code(uow, sealer, row.id, "000000x")
        await holding.sign_in_by_code(uow, sealer, row.id, holding.code_of(sealer, row.id))
    async with city.database.begin(*city.employer(city.trusted)) as uow:
        with pytest.raises(Conflict, match="已经签到过"):
            await holding.sign_in_by_code(uow, sealer, row.id, holding.code_of(sealer, row.id))
    await signed(site)
    city.clock.advance(timedelta(hours=5))
    async with offices.clerk.may(P.OUTREACH_RECORD) as uow:
        assert await refused(lambda: holding.close(uow, row.id, visitors=-1)) == {"visitors"}
        await holding.close(uow, row.id, visitors=60, note="来了不少人")
        seen = await fairs.view(uow, row.id)
        assert (seen.fair.employers, seen.deals, seen.min_employers, len(seen.pushes)) == (2, 1, 2, 2)
        assert [e.how for e in seen.employers] == ["服务台签到", "手机输码签到"]
        (month,) = await fairs.month(uow, tenant_path(STATION), date(2026, 3, 20))
        assert (month.held, month.counted, month.passed) == (1, 1, True)
        (line,) = await fairs.listed(uow, tenant_path(STATION), date(2026, 3, 1), date(2026, 3, 31))
        assert (line.trace_code, line.figures) == (row.trace_code, {"employers": 2, "visitors": 60})
    async with offices.bureau.may(P.PARAMETER_SET) as uow:
        await service.set_parameter(uow, COUNTY, "fair.min_employers", "5", "R109")
    async with offices.bureau.may(P.OUTREACH_READ) as uow:
        (month,) = await fairs.month(uow, tenant_path(COUNTY), date(2026, 3, 1))
        assert (month.held, month.counted, month.passed) == (1, 0, False)
        (april,) = await fairs.month(uow, tenant_path(COUNTY), date(2026, 4, 1))
        assert (april.held, april.passed) == (0, False)
    async with offices.other_bureau.may(P.OUTREACH_READ) as uow:
        (none,) = await fairs.month(uow, tenant_path("/4102/02/"), date(2026, 3, 1))
        assert (none.held, none.wanted, none.passed) == (0, None, None)
        with pytest.raises(NotFound):
            await fairs.view(uow, row.id)


async def test_fair_refused(city: City, offices: Offices) -> None:
    """An end before the start, no station or a foreign one, no such post; a fair without employers is not held."""
    start = city.clock.now() + timedelta(hours=1)
    async with offices.clerk.may(P.OUTREACH_RECORD) as uow:
        bad = fair(
            city, theme="", ends_at=start - timedelta(hours=3), stations=["/4102/02/003/s01/"], orders=["NOSUCH"]
        )
        assert await refused(lambda: holding.plan(uow, bad)) == {"theme", "ends_at", "stations", "orders"}
        assert await refused(lambda: holding.plan(uow, fair(city, stations=[]))) == {"stations"}
        row = await holding.plan(uow, fair(city, starts_at=start, ends_at=start + timedelta(hours=2)))
    async with offices.operator.may(P.OUTREACH_RECORD) as uow:
        joint = await holding.plan(uow, fair(city))
    async with offices.clerk.may(P.OUTREACH_RECORD) as uow:
        with pytest.raises(Forbidden, match="上级单位"):
            await holding.close(uow, joint.id, visitors=1)
        assert {line.id for line in await fairs.listed_here(uow)} == {row.id, joint.id}
    city.clock.advance(timedelta(hours=4))
    async with offices.clerk.may(P.OUTREACH_RECORD) as uow:
        with pytest.raises(Conflict, match="没有一家雇主签到"):
            await holding.close(uow, row.id, visitors=30)
        assert await refused(lambda: holding.cancel(uow, row.id, reason="")) == {"note"}
        await holding.cancel(uow, row.id, reason="下雨")
        with pytest.raises(Conflict, match="已经结束或取消"):
            await holding.sign_in(uow, row.id, city.trusted)


async def test_posts_of_the_year(site: Site, offices: Offices) -> None:
    """R108: distinct audited posts against the place's target; heads stand beside, and another year has none."""
    async with offices.bureau.may(P.PARAMETER_SET) as uow:
        await service.set_parameter(uow, COUNTY, "station.year.posts", "2", "R108")
    await facts.refresh(site.city.database)
    async with offices.bureau.may(P.OUTREACH_READ) as uow:
        (station,) = await posts.year(uow, tenant_path(COUNTY), date(2026, 3, 31))
        assert (station.posts, station.heads, station.target, station.met) == (1, 6, 2, False)
        (before,) = await posts.year(uow, tenant_path(COUNTY), date(2025, 12, 31))
        assert (before.posts, before.heads) == (0, 0)
    async with offices.other_bureau.may(P.OUTREACH_READ) as uow:
        (other,) = await posts.year(uow, tenant_path("/4102/02/"), date(2026, 3, 31))
        assert (other.posts, other.target, other.met) == (0, None, None)
