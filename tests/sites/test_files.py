"""The file of a place: what it refuses, what it counts, and what it says is missing (R019 to R042, R099 to R101)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from small_city import OTHER_STATION, STATION, City

from linggong.kernel.clock import at_shanghai, business_date, time
from linggong.kernel.db import SYSTEM, Actor
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.geo import Point, from_bd09, from_gcj02, metres, to_bd09, to_gcj02
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE, Scope, tenant_path
from linggong.measures.site_models import SiteDay
from linggong.people.identity_numbers import check_digit
from linggong.sites import checks, files, hours, marks, plan, premises, roster, wall
from linggong.sites.checks import CheckForm
from linggong.sites.files import Cobuild, FileForm
from linggong.sites.hours import Season
from linggong.sites.marks import PinForm
from linggong.sites.premises import EquipmentForm, RoomForm
from linggong.sites.roster import StaffForm
from linggong.sites.wall import TestForm
from tenants import service
from tenants.evidence import Photo
from tenants.models import Node

TODAY = date(2026, 3, 10)
PNG = b"\x89PNG\r\n\x1a\n" + b"wall"


def number(n: int) -> str:
    first = f"41022519900101{n:03d}"
    return first + check_digit(first)


def form(n: int = 1, **changes: object) -> StaffForm:
    values: dict[str, object] = {
        "name": "李敏", "id_number": number(n), "kind": "full_time", "starts_on": date(2025, 6, 1),
        "proofs": ["contract", "insurance"],
    }  # fmt: skip
    return StaffForm(**(values | changes))  # type: ignore[arg-type]


def said(caught: pytest.ExceptionInfo[Invalid]) -> dict[str, str]:
    return {fault.field: fault.message for fault in caught.value.faults}


async def test_all_faults_of_rooms_and_things_at_once(city: City) -> None:
    """R030, R034, R035: a room without area, a thing that expires before it was bought."""
    async with city.database.begin(*city.clerk) as uow:
        assert business_date(uow.now) == TODAY
        with pytest.raises(Invalid) as caught:
            await premises.add_room(
                uow, STATION, RoomForm(name="", use="shop", area_m2=Decimal(0), since=TODAY + timedelta(days=1))
            )
        faults = said(caught)
        assert list(faults) == ["name", "use", "area_m2", "since"]
        assert "面积要大于 0" in faults["area_m2"]
        assert faults["use"].startswith("用途请从单子里选：服务大厅")
        with pytest.raises(Invalid) as caught:
            await premises.add_equipment(
                uow, STATION,
                EquipmentForm(kind="gun", name="灭火器", pieces=0, bought_on=date(2026, 1, 2), expires_on=date(2026, 1, 1)),
            )  # fmt: skip
        assert said(caught)["expires_on"] == "有效期早于购置日期，请核对两个日期。"
        assert set(said(caught)) == {"kind", "pieces", "expires_on"}
        with pytest.raises(Invalid, match="灭火器要写有效期"):
            await premises.add_equipment(uow, STATION, EquipmentForm(kind="extinguisher", name="干粉灭火器"))
        with pytest.raises(NotFound):
            await premises.add_room(uow, OTHER_STATION, RoomForm(name="厅", use="hall", area_m2=Decimal(20)))
        with pytest.raises(NotFound):
            await premises.add_room(uow, "/4102/25/001/", RoomForm(name="厅", use="hall", area_m2=Decimal(20)))


async def test_a_roster_counts_on_any_day_and_its_least_day(city: City) -> None:
    """R039, R040: periods of one person do not overlap at one place; the least is told with its day."""
    sealer = city.secrets.sealer
    async with city.database.begin(*city.clerk) as uow:
        first = await roster.add(uow, sealer, STATION, form(1, ends_on=date(2025, 12, 31)))
        await roster.add(uow, sealer, STATION, form(1, starts_on=date(2026, 1, 11)))
        await roster.add(uow, sealer, STATION, form(2, name="王强", kind="service", proofs=["agreement"]))
        await roster.add(uow, sealer, STATION, form(3, name="赵云", proofs=["contract"], starts_on=date(2025, 9, 1)))
        with pytest.raises(Invalid) as caught:
            await roster.add(
                uow, sealer, STATION,
                form(1, name="9", kind="boss", proofs=["word"], starts_on=date(2025, 12, 31), ends_on=date(2025, 12, 1)),
            )  # fmt: skip
        assert {"name", "kind", "proofs", "ends_on"} <= set(said(caught))
        with pytest.raises(Invalid, match="2025-06-01 到 2025-12-31 已经在册，时间重叠了"):
            await roster.add(uow, sealer, STATION, form(1, starts_on=date(2025, 12, 31), ends_on=date(2026, 1, 5)))
        with pytest.raises(Invalid) as caught:
            await roster.add(uow, sealer, STATION, form(1, id_number="410225199001010000", starts_on=date(2026, 2, 1)))
        assert "id_number" in said(caught)
        assert [one.name for one in await roster.on_duty(uow, STATION, date(2026, 1, 5))] == ["赵云", "王强"]
        assert len(await roster.on_duty(uow, STATION, TODAY)) == 3
        least = await roster.least(uow, STATION, date(2025, 9, 1), TODAY)
        assert (least.people, least.people_on) == (2, date(2026, 1, 1))
        assert (least.full_time, least.full_time_on) == (1, date(2026, 1, 1))
        assert (least.proven, least.proven_on) == (0, date(2026, 1, 1))
        # Nobody before the first one came.
        assert (await roster.least(uow, STATION, date(2025, 5, 1), TODAY)).people == 0
        with pytest.raises(Conflict):
            await roster.end(uow, first.id)
        assert first.id_masked.startswith("410")
        assert number(1) not in str(vars(first))
    async with city.database.begin(*city.other_clerk) as uow:
        assert await roster.on_duty(uow, STATION, TODAY) == []
        with pytest.raises(NotFound):
            await roster.end(uow, first.id)


SUMMER = Season(first_month=4, last_month=9, opens=270, closes=1080)
WINTER = Season(first_month=10, last_month=3, opens=330, closes=1050, weekdays="1-6")


async def test_declared_hours_are_held_against_what_was_seen(city: City) -> None:
    """R038: closing before opening is refused, twelve months are asked for; each day is open, late, shut or rest."""
    bad = [
        Season(first_month=4, last_month=9, opens=1080, closes=270),
        Season(first_month=9, last_month=13, opens=1, closes=2),
        Season(first_month=9, last_month=10, opens=1, closes=2),
        Season(first_month=1, last_month=2, opens=1, closes=2, weekdays="6-2"),
    ]
    faults = {fault.field: fault.code for fault in hours.faults_of(bad)}
    assert faults == {
        "seasons.0.closes": "order", "seasons.1.first_month": "range", "seasons.2.first_month": "twice",
        "seasons.3.weekdays": "choice",
    }  # fmt: skip
    assert "1、2、3、10、11、12 月还没有写" in hours.faults_of([SUMMER])[0].message
    monday = date(2026, 3, 9)
    async with city.database.begin(*city.clerk) as uow:
        row = await hours.declare(uow, STATION, [SUMMER, WINTER])
        node = await uow.session.get_one(Node, (await files.read(uow, [STATION], TODAY))[STATION].node.id)
        assert node.opening_hours == "4月到9月 04:30 到 18:00；10月到3月 周一到周六 05:30 到 17:30"
        assert row.version == 1
        await hours.declare(uow, STATION, [Season(first_month=1, last_month=12, opens=300, closes=1000)],
                            from_on=TODAY + timedelta(days=2))  # fmt: skip
        with pytest.raises(Invalid):
            await hours.declare(uow, STATION, [SUMMER, WINTER], from_on=TODAY - timedelta(days=1))

        def sign(day: date, kind: str, at: time) -> SiteDay:
            return SiteDay(id=new_id(), tenant=STATION, day=day, sign=kind, n=1, first_at=at_shanghai(day, at))

        uow.session.add_all(
            [sign(monday, "clerk", time(5, 50)), sign(monday, "deed", time(7)),
             sign(monday - timedelta(days=2), "clerk", time(6, 40)), sign(monday - timedelta(days=2), "beat", time(6, 30)),
             sign(monday - timedelta(days=3), "deed", time(5))]
        )  # fmt: skip
        await uow.flush()
        days = await hours.kept(uow, STATION, node.opening_hours, monday - timedelta(days=3), monday)
    # Nothing was declared for days before today: the public hours of the place hold for them.
    assert [(one.day.day, one.due, one.verdict) for one in days] == [
        (9, 330, "open"), (8, None, "rest"), (7, 330, "late"), (6, 330, "shut"),
    ]  # fmt: skip
    async with city.database.system() as uow:
        assert await hours.put_in_force(uow, TODAY + timedelta(days=2)) == 1


@pytest.mark.parametrize("point", [Point(39.915, 116.404), Point(34.8216, 114.8203), Point(26.4498, 106.971)])
def test_points_come_back_from_each_map(point: Point) -> None:
    """R027: there and back within a metre, in both systems."""
    for shift, back in ((to_gcj02, from_gcj02), (to_bd09, from_bd09)):
        assert metres(back(shift(point)), point) == 0
        assert metres(shift(back(point)), point) == 0


def test_published_pairs_of_the_maps() -> None:
    """R027: 百度's own example of its converter: GCJ-02 39.915, 116.404 is BD-09 39.92133699, 116.41036949."""
    there = to_bd09(from_gcj02(Point(39.915, 116.404)))
    assert metres(there, Point(39.92133699351022, 116.41036949371029)) <= 1
    assert metres(from_gcj02(Point(39.91640428150164, 116.41024449916938)), Point(39.915, 116.404)) == 0


async def test_a_place_is_pinned_by_the_numbers_of_any_map(city: City) -> None:
    """R027, ruling 26: kept is WGS-84; a point abroad, far from all others or with its numbers exchanged is refused."""
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await uow.session.execute(
            sa.update(Node).where(Node.path == "/4102/02/").values(latitude=34.8, longitude=114.35)
        )
    async with city.database.begin(*city.clerk) as uow:
        bd = to_bd09(Point(34.8216, 114.8203))
        node = await marks.pin(uow, STATION, PinForm(system="bd09", latitude=bd.latitude, longitude=bd.longitude))
        assert (node.latitude, node.longitude) == pytest.approx((34.8216, 114.8203), abs=2e-6)
        assert not node.point_is_demo
        shown = marks.of(node.latitude, node.longitude, False)
        assert shown is not None
        assert shown.bd09 == pytest.approx((bd.latitude, bd.longitude), abs=2e-6)
        for latitude, longitude, words in ((35.68, 139.76, "不在中国"), (114.8, 34.8, "填反了")):
            with pytest.raises(Invalid, match=words):
                await marks.pin(uow, STATION, PinForm(system="wgs84", latitude=latitude, longitude=longitude))
        with pytest.raises(Invalid, match=r"最近的站点有 [0-9]{3} 公里"):
            await marks.pin(uow, STATION, PinForm(system="wgs84", latitude=34.8, longitude=104.8))
        with pytest.raises(Invalid, match="坐标请从单子里选"):
            await marks.pin(uow, STATION, PinForm(system="mars", latitude=34.8, longitude=114.8))


async def test_what_is_missing_is_said_by_the_tenants_own_lists(city: City) -> None:
    """R019, R028, R031, R100, ruling 22: 15 m² bind a station and no service point; codes that nobody knows are refused."""
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        for key, value in (
            ("station.min_area_m2", "15"),
            ("site.zones", '["零工登记"]'),
            ("site.wall_documents", '["岗位职责"]'),
            ("site.equipment", '["灭火器"]'),
        ):
            await service.set_parameter(uow, "/4102/", key, value, "文件")
        point = Node(
            id=new_id(),
            path=f"{STATION}p01/",
            kind="service_point",
            name="服务点",
            short_name="点",
            status="open",
            created_at=uow.now,
        )
        uow.session.add(point)
    async with city.database.begin(*city.clerk) as uow:
        before = {gap.code: gap.words for gap in await files.gaps(uow, STATION, TODAY)}
        assert set(before) == {
            "elements",
            "rooms",
            "zone",
            "function",
            "document",
            "plate",
            "map",
            "equipment",
            "staff",
            "hotline",
            "hours",
            "point",
        }
        assert before["staff"] == "在册工作人员 0 人，至少要 1 人。"
        with pytest.raises(Invalid) as caught:
            await files.write(uow, STATION, FileForm(elements={"colour": "红"}, cobuild=Cobuild(partners=["x"])))
        assert {"elements.colour", "elements", "cobuild.partners"} == set(said(caught))
        everything = dict.fromkeys(
            ("channels", "matching", "operation", "facilities", "funding", "rights", "supervision"), "有"
        )
        with pytest.raises(Invalid, match="谁主导、谁建设、谁负责"):
            await files.write(uow, STATION, FileForm(elements=everything, cobuild=Cobuild(partners=["aixin"])))
        await files.write(uow, STATION, FileForm(elements=everything))
        with pytest.raises(Conflict):
            await files.write(uow, STATION, FileForm(elements=everything))
        for place in (STATION, f"{STATION}p01/"):
            await premises.add_room(uow, place, RoomForm(name="大厅", use="hall", area_m2=Decimal("12.5")))
        with pytest.raises(Invalid, match="功能区里没有这一项"):
            await checks.mark(uow, STATION, CheckForm(kind="zone", item="游泳池"))
        with pytest.raises(Invalid, match="清单请从单子里选"):
            await checks.mark(uow, STATION, CheckForm(kind="pool", item="零工登记"))
        with pytest.raises(Invalid, match="没有时间的照片不能作证据"):
            await checks.mark(uow, STATION, CheckForm(kind="zone", item="零工登记"), Photo(data=PNG))
        await checks.mark(uow, STATION, CheckForm(kind="zone", item="零工登记"))
        await premises.add_equipment(
            uow, STATION, EquipmentForm(kind="extinguisher", name="干粉灭火器", expires_on=date(2026, 3, 1))
        )
        after = {gap.code: gap.words for gap in await files.gaps(uow, STATION, TODAY)}
        assert after["area"] == "室内面积 12.5 平方米，低于 15 平方米。"
        assert after["zone_photo"] == "功能区没有照片：零工登记。"
        assert after["expired"].startswith("干粉灭火器 2026-03-01 就过期了")
        assert not {"elements", "rooms", "zone", "equipment"} & set(after)
        assert "area" not in {gap.code for gap in await files.gaps(uow, f"{STATION}p01/", TODAY)}
        told = await plan.told(uow, STATION)
        assert (told.place, told.grids[1].rows[0]) == ("兰阳街道零工驿站", ["信息收集发布渠道", "有"])
        with pytest.raises(NotFound):
            await files.gaps(uow, OTHER_STATION, TODAY)


async def test_a_wall_is_complete_with_photos_and_reached_telephones(city: City) -> None:
    """R099 to R101: documents with a photo, both lines rung within their days; R026: slogans of the tenant."""
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await service.set_parameter(uow, "/4102/", "site.wall_documents", '["岗位职责"]', "文件")
        await service.set_parameter(uow, STATION, "site.slogans", '["零工小市场 就业大民生"]', "文件")
        assert await wall.slogans(uow, STATION) == ["零工小市场 就业大民生"]
    async with city.database.begin(*city.clerk) as uow:
        with pytest.raises(Invalid) as caught:
            await wall.test_line(
                uow, STATION, TestForm(line="fax", phone="abc", answered=True, tested_at=uow.now + timedelta(hours=1))
            )
        assert set(said(caught)) == {"line", "phone", "tested_at"}
        await checks.mark(uow, STATION, CheckForm(kind="document", item="岗位职责"), Photo(data=PNG, taken_at=uow.now))
        for line, answered in (("hotline", True), ("complaint", False)):
            await wall.test_line(
                uow, STATION, TestForm(line=line, phone="0371-12333", answered=answered, tested_at=_ago(uow.now))
            )
        state = await wall.state(uow, STATION, TODAY)
        assert (state.complete, state.missing) == (False, ["监督投诉电话 0371-12333 上次拨测没有人接"])
        await wall.test_line(uow, STATION, TestForm(line="complaint", phone="12333", answered=True, tested_at=uow.now))
        assert (await wall.state(uow, STATION, TODAY)).complete
        later = await wall.state(uow, STATION, TODAY + timedelta(days=40))
        assert later.missing == ["服务热线 30 天内没有拨测", "监督投诉电话 30 天内没有拨测"]
        before = await wall.state(uow, STATION, TODAY - timedelta(days=1))
        assert before.missing[0] == "“岗位职责”没有上墙"


def _ago(now: datetime) -> datetime:
    return now - timedelta(hours=2)


def bureau(path: str) -> tuple[Actor, Scope]:
    at = tenant_path(path)
    return Actor(kind="staff", id=new_id(), post=at, role="county_bureau"), Scope(trees=(at,))
