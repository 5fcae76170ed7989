"""Targets against what lives, areas covered, functions used, gathering points, reminders (R001, R002, R016, R018, R035 to R040, R134)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from small_city import COUNTY, STATION, City

from linggong.inbox.models import Memo
from linggong.kernel.clock import at_shanghai, time
from linggong.kernel.db import SYSTEM, Actor
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE, Scope, TenantPath, tenant_path
from linggong.measures.site_models import SiteDay
from linggong.people.identity_numbers import check_digit
from linggong.people.models import ServiceLink
from linggong.publishing import directory, reminding
from linggong.services.subscribers import enrolled
from linggong.sites import around, departments, functions, jobs, premises, roster, targets
from linggong.sites.around import GatheringForm
from linggong.sites.departments import DepartmentForm
from linggong.sites.premises import EquipmentForm
from linggong.sites.roster import StaffForm
from linggong.sites.targets import TargetForm
from tenants import service
from tenants.models import Node

TODAY = date(2026, 3, 10)
TRADE = "6-29-99-00"


def bureau(path: str = COUNTY, role: str = "county_bureau") -> tuple[Actor, Scope]:
    at = tenant_path(path)
    return Actor(kind="staff", id=new_id(), post=at, role=role), Scope(trees=(at,))


async def test_only_what_lives_counts_against_the_target(city: City) -> None:
    """R001, R134: the paper's numbers by default, a county's own beside them; registered and silent is not live."""
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await service.set_parameter(uow, "/4102/", "topology.counties", "10", "汴人社规〔2025〕1号")
        await service.set_parameter(uow, "/4102/", "model_market.target", '["2025-12-31:3", "2027-12-31:10"]', "同上")
        link = {
            "kind": "registered",
            "started_at": uow.now - timedelta(days=1),
            "ends_at": uow.now + timedelta(days=90),
        }
        uow.session.add(
            Node(
                id=new_id(),
                path="/4102/25/101/s01/",
                kind="station",
                name="堌阳镇零工驿站",
                short_name="堌阳",
                status="open",
                created_at=uow.now,
            )
        )
        await uow.session.execute(sa.delete(ServiceLink).where(ServiceLink.tenant != STATION))
        uow.session.add(ServiceLink(id=new_id(), tenant=STATION, subject_id=new_id(), **link))
    async with city.database.begin(*bureau()) as uow:
        with pytest.raises(Invalid) as caught:
            await targets.set_target(uow, TargetForm(path=COUNTY, year=1999, kind="kiosk", wanted=-1, source=""))
        assert {fault.field for fault in caught.value.faults} == {"year", "kind", "wanted", "source"}
        with pytest.raises(NotFound):
            await targets.set_target(
                uow, TargetForm(path="/4102/02/", year=2026, kind="station", wanted=2, source="文件")
            )
        await targets.set_target(
            uow, TargetForm(path=COUNTY, year=2026, kind="station", wanted=2, source="兰人社〔2026〕1号")
        )
        (place,) = await targets.board(uow, TenantPath(COUNTY), 2027)
        line = {one.kind: one for one in place.lines}
        assert (line["station"].wanted, line["station"].live, line["station"].open, line["station"].missing) == (
            2,
            1,
            2,
            1,
        )
        assert line["station"].source.endswith("（2026 年定的）")
        assert (line["market_comprehensive"].wanted, line["market_comprehensive"].live) == (1, 0)
        assert line["model_market"].live is None
        (lan, gu) = await targets.cover(uow, TenantPath(COUNTY))
        assert (lan.communities, lan.communities_live, gu.silent) == (1, 0, [])
    async with city.database.begin(*bureau("/4102/", "city_bureau")) as uow:
        board = await targets.board(uow, TenantPath("/4102/"), 2026)
        assert [one.path for one in board] == ["/4102/", "/4102/02/", "/4102/25/"]
        city_lines = {one.kind: one for one in board[0].lines}
        assert (city_lines["market_comprehensive"].wanted, city_lines["model_market"].wanted) == (11, 10)
        counties = {one.path: one for one in await targets.cover(uow, TenantPath("/4102/"))}
        assert (counties[COUNTY].streets, counties[COUNTY].streets_live, counties[COUNTY].streets_open) == (2, 1, 2)
        assert counties[COUNTY].silent == ["堌阳镇"]
    async with city.database.begin(*city.clerk) as uow:
        with pytest.raises(Invalid, match="本站就在兰阳街道里"):
            await around.serve(uow, STATION, "/4102/25/001/")
        with pytest.raises(Invalid, match="只能写本县"):
            await around.serve(uow, STATION, "/4102/02/003/")
        await around.serve(uow, STATION, "/4102/25/101/")
        with pytest.raises(Conflict):
            await around.serve(uow, STATION, "/4102/25/101/")
    async with city.database.begin(*bureau()) as uow:
        found = {one.path: one for one in await targets.cover(uow, TenantPath("/4102/25/"))}
        assert found["/4102/25/101/"].kind == "street"
        assert [one.streets_live for one in await targets.cover(uow, TenantPath(COUNTY))] == [1, 1]


async def test_functions_without_use_are_flagged(city: City) -> None:
    """R018: counted from what happened in the month; what a higher floor knows comes beside it."""

    async def courses(*_: object) -> dict[str, int]:
        return {STATION: 2}

    async with city.database.begin(*bureau()) as uow:
        (site,) = await functions.used(uow, TenantPath(COUNTY), TODAY)
        assert [(one.name, one.n, one.unused) for one in site.functions] == [
            ("即时快招", 0, True), ("技能提升", 0, True), ("劳动维权", 0, True),
        ]  # fmt: skip
        assert await enrolled(uow, TenantPath(COUNTY), uow.now, uow.now + timedelta(days=31)) == {}
        functions.count_by("技能提升", "courses", courses)
        try:
            (site,) = await functions.used(uow, TenantPath(COUNTY), TODAY)
            assert [one.n for one in site.functions] == [0, 2, 0]
        finally:
            functions.forget("技能提升", "courses")


async def test_a_survey_finds_where_they_gather_and_the_directory_lists_it(city: City) -> None:
    """R037 and the directory of 陕人社发〔2022〕23号: nature, scale, trades, hires a day; all faults at once."""
    good = GatheringForm(
        path="/4102/25/001/", name="裕禄桥头", address="裕禄大道桥头", latitude=34.83, longitude=114.82, begins_minute=240,
        ends_minute=450, heads=80, trades=[TRADE], hires_a_day=35,
    )  # fmt: skip
    async with city.database.begin(*bureau(role="county_operator")) as uow:
        with pytest.raises(Invalid) as caught:
            await around.survey(
                uow,
                GatheringForm(path=COUNTY, name="", address="", latitude=0, longitude=0, begins_minute=450, ends_minute=240,
                              heads=0, trades=["x"], hires_a_day=5, surveyed_on=TODAY + timedelta(days=3)),
            )  # fmt: skip
        assert {fault.field for fault in caught.value.faults} == {
            "name", "address", "latitude", "ends_minute", "heads", "trades", "hires_a_day", "surveyed_on",
        }  # fmt: skip
        with pytest.raises(NotFound):
            await around.survey(uow, GatheringForm(**{**_fields(good), "path": "/4102/02/003/"}))
        row = await around.survey(uow, good)
        (shown,) = await around.gatherings(uow, TenantPath(COUNTY))
        assert (shown.nearest, shown.heads) == ("", 80)
        lines = await directory.measured(uow, TenantPath(COUNTY), date(2026, 1, 1), TODAY)
        assert [
            (one.name, one.nature, one.seekers, one.hires_a_day, one.street) for one in lines if one.nature == "自发"
        ] == [("裕禄桥头", "自发", 80, 35.0, "兰阳街道")]
        await around.dissolve(uow, row.id)
        assert await around.gatherings(uow, TenantPath(COUNTY)) == []


def _fields(one: GatheringForm) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__struct_fields__}


async def test_departments_of_a_county(city: City) -> None:
    """R016: who to call, written anew in place, out of sight next door."""
    async with city.database.begin(*bureau()) as uow:
        wrong = DepartmentForm(path=COUNTY, name="", part="boss", contact="1", phone="abc")
        with pytest.raises(Invalid) as caught:
            await departments.write(uow, wrong)
        assert {fault.field for fault in caught.value.faults} == {"name", "part", "contact", "phone"}
        for phone in ("0371-1111111", "0371-2222222"):
            await departments.write(
                uow, DepartmentForm(path=COUNTY, name="公安局", part="member", contact="王警官", phone=phone)
            )
        assert [one.phone for one in await departments.listed(uow, COUNTY)] == ["0371-2222222"]
    async with city.database.begin(*bureau("/4102/02/")) as uow:
        assert await departments.listed(uow, COUNTY) == []


async def test_the_machine_reminds_once(city: City) -> None:
    """R035, R038, R040: what expires, a roster that falls short, a door that stayed shut; and the quarter's directory."""
    first = "41022519900101001"
    async with city.database.begin(*city.clerk) as uow:
        await premises.add_equipment(
            uow, STATION, EquipmentForm(kind="extinguisher", name="灭火器", expires_on=TODAY + timedelta(days=20))
        )
        await premises.add_equipment(
            uow, STATION, EquipmentForm(kind="extinguisher", name="新灭火器", expires_on=TODAY + timedelta(days=200))
        )
        await roster.add(
            uow, city.secrets.sealer, STATION,
            StaffForm(name="李敏", id_number=first + check_digit(first), kind="service", starts_on=date(2026, 1, 1), ends_on=TODAY - timedelta(days=1)),
        )  # fmt: skip
    async with city.database.system() as uow:
        assert (await jobs.remind(uow, TODAY), await jobs.remind(uow, TODAY + timedelta(days=1))) == (1, 0)
        assert (await jobs.short(uow, TODAY), await jobs.short(uow, TODAY + timedelta(days=1))) == (1, 0)
        await uow.execute(sa.update(Node).where(Node.path == STATION).values(opening_hours="1月到12月 05:00 到 18:00"))
        yesterday = TODAY - timedelta(days=1)
        uow.session.add(
            SiteDay(
                id=new_id(), tenant=STATION, day=yesterday, sign="clerk", n=1, first_at=at_shanghai(yesterday, time(5))
            )
        )
        await uow.flush()
        # It is 05:10: two hours after the opening are not over.
        assert await jobs.silent(uow) == 0
    city.clock.advance(timedelta(hours=3))
    async with city.database.system() as uow:
        assert await jobs.silent(uow) == 1
        assert await reminding.remind(uow, date(2026, 3, 10)) == 0
        assert await reminding.remind(uow, date(2026, 3, 16)) == 2
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        told = list(await uow.session.scalars(sa.select(Memo.title).where(Memo.tenant == STATION).order_by(Memo.id)))
        assert told == [
            "1 样东西到期了，请更换", "兰阳街道零工驿站：在册工作人员 0 人，少于 1 人",
            "兰阳街道零工驿站：今天 05:00 该开门，到 08:10 没有动静",
        ]  # fmt: skip
