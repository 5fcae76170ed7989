"""The file of a place, targets, departments and gathering points in the demo: made up, and each says so.

Written once, as the people whose names are printed after the start.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.paths import Scope, TenantPath, parent, tenant_path
from linggong.people.identity_numbers import check_digit
from linggong.people.models import Staff
from linggong.sites import around, checks, departments, files, hours, premises, roster, targets, wall
from linggong.sites.around import GatheringForm
from linggong.sites.checks import CheckForm
from linggong.sites.departments import DepartmentForm
from linggong.sites.files import Cobuild, FileForm
from linggong.sites.hours import Season
from linggong.sites.models import SiteFile
from linggong.sites.premises import EquipmentForm, RoomForm
from linggong.sites.roster import StaffForm
from linggong.sites.targets import TargetForm
from linggong.sites.wall import TestForm
from linggong.stations import poster
from linggong.stations.poster import Poster
from rbac.models import RoleAssignment
from tenants.evidence import Photo
from tenants.models import Node

_SOURCE: Final = "演示用，不是真文件"
_WHO: Final = ("city", "county", "operator", "clerk")
_ELEMENTS: Final = {
    "channels": "站内大屏、公众号、微信群，电话叫人；岗位先审核再发布。",
    "matching": "站里签到等活，系统按工种、距离推荐，工作人员打电话确认。",
    "operation": "街道提供场地，运营公司派人值守，县人社局指导。",
    "facilities": "大厅一间、调解室一间，大屏、自助机、饮水、充电。",
    "funding": "县财政购买服务；场地水电由街道承担。",
    "rights": "签约、参保、工资记录；欠薪线索当天转办。",
    "supervision": "",
}
_ROOMS: Final = (("零工大厅", "hall", "一楼临街", "46.5"), ("调解室", "mediation", "一楼东侧", "12"))
_THINGS: Final = (
    ("screen", "信息发布屏", 1, None), ("computer", "办公电脑", 2, None), ("seats", "连排座椅", 6, None),
    ("extinguisher", "干粉灭火器", 4, 20), ("disinfection", "酒精消毒液", 2, -3), ("convenience", "饮水机和充电排插", 2, None),
)  # fmt: skip
_POINTS: Final = (
    ("老北关桥头", "北关桥南头人行道", 0.021, 0.014, 240, 450, 86, 35, ["6-29-99-00"]),
    ("建材市场门口", "建材市场东门停车场", -0.037, 0.052, 300, 540, 40, 18, ["6-29-99-00"]),
)
_DEPARTMENTS: Final = (
    ("人社局", "lead", "统筹协调、日常监督", "韩静"), ("公安局", "member", "查处敲诈、强揽活", "马建国"), ("城管局", "member", "劝导路边零工进场", "孙立"),
    ("总工会", "member", "爱心驿站共建", "刘梅"),
)  # fmt: skip


async def furnish(database: Database, sealer: Sealer) -> int:
    """Write the file of the first clerk's station, and what its county plans and found; returns how many rows. Nothing a second time."""
    async with database.system() as uow:
        if await uow.session.scalar(sa.select(sa.exists().where(SiteFile.id.is_not(None)))):
            return 0
        rows = await uow.execute(
            sa.select(Staff.username, Staff.id, RoleAssignment.role, RoleAssignment.tenant)
            .join(RoleAssignment, RoleAssignment.staff_id == Staff.id)
            .where(Staff.username.in_(_WHO))
        )
        people = {r.username: _as(r.id, r.role, tenant_path(r.tenant)) for r in rows}
    if not {"county", "clerk", "operator"} <= people.keys():
        return 0
    written = 0
    async with database.begin(*people["clerk"]) as uow:
        written += await _file(uow, sealer, _post(people["clerk"]))
    async with database.begin(*people["operator"]) as uow:
        written += await _points(uow, _post(people["operator"]))
    for name in ("county", "city"):
        if name in people:
            async with database.begin(*people[name]) as uow:
                written += await _plans(uow, _post(people[name]), 6 if name == "county" else 80)
    return written


def _as(staff_id: UUID, role: str, path: TenantPath) -> tuple[Actor, Scope]:
    return Actor(kind="staff", id=staff_id, post=path, role=role, channel="desk"), Scope(trees=(path,))


def _post(who: tuple[Actor, Scope]) -> TenantPath:
    return who[1].trees[0]


async def _file(uow: UnitOfWork, sealer: Sealer, place: TenantPath) -> int:
    today = clock.business_date(uow.now)
    await files.write(
        uow, place,
        FileForm(
            elements=_ELEMENTS, reason="年初建档",
            cobuild=Cobuild(partners=["aixin"], lead="街道办事处", responsible="街道社会事务办主任", funding="街道自筹"),
        ),
    )  # fmt: skip
    for name, use, address, area in _ROOMS:
        await premises.add_room(
            uow,
            place,
            RoomForm(name=name, use=use, address=address, area_m2=Decimal(area), since=today - timedelta(days=200)),
        )
    for kind, name, pieces, left in _THINGS:
        expires = None if left is None else today + timedelta(days=left)
        form = EquipmentForm(
            kind=kind,
            name=name,
            pieces=pieces,
            funding="街道自筹",
            bought_on=today - timedelta(days=300),
            expires_on=expires,
        )
        await premises.add_equipment(uow, place, form)
    picture = poster.draw(
        Poster(site="零工驿站", when=f"{today}", title="示例照片", url="-", sub="演示用，不是真照片"), "png"
    )
    taken = uow.now - timedelta(days=2, hours=3)
    done = (("document", "岗位职责"), ("document", "服务承诺"), ("document", "监督部门和投诉电话"), ("plate", "plate"), ("plate", "slogan"), ("map", "高德地图"))  # fmt: skip
    for kind, item in done:
        photo = Photo(data=picture, taken_at=taken, note="示例照片")
        await checks.mark(uow, place, CheckForm(kind=kind, item=item, looked_on=today - timedelta(days=2)), photo)
    await checks.mark(uow, place, CheckForm(kind="map", item="百度地图", here=False, note="已提交，等审核"))
    seasons = [
        Season(first_month=4, last_month=9, opens=270, closes=1080),
        Season(first_month=10, last_month=3, opens=300, closes=1050),
    ]
    await hours.declare(uow, place, seasons)
    for n, (name, kind, duty, proofs) in enumerate(
        (("李娜", "full_time", "登记、审核", ["contract", "insurance"]), ("周小燕", "full_time", "配岗、电话", ["contract"]),
         ("吴桂英", "service", "接待", ["agreement"]))
    ):  # fmt: skip
        first = f"4102021988030{n + 1}{n + 5}21"
        form_of = StaffForm(
            name=name, id_number=first + check_digit(first), kind=kind, duty=duty, proofs=proofs,
            starts_on=today - timedelta(days=240 - 60 * n),
        )  # fmt: skip
        await roster.add(uow, sealer, place, form_of)
    for line, phone, answered in (("hotline", "0371-12333", True), ("complaint", "12333", True)):
        form_t = TestForm(line=line, phone=phone, answered=answered, tested_at=uow.now - timedelta(days=4), note="示例")
        await wall.test_line(uow, place, form_t)
    return len(_ROOMS) + len(_THINGS) + len(done) + 8


async def _points(uow: UnitOfWork, county: TenantPath) -> int:
    node = (await uow.execute(sa.select(Node.latitude, Node.longitude).where(Node.path == county))).one()
    street = await uow.session.scalar(
        sa.select(Node.path).where(Node.path.startswith(county), Node.kind == "street").order_by(Node.path).limit(1)
    )
    if node.latitude is None or node.longitude is None or street is None:
        return 0
    for name, address, north, east, begins, ends, heads, hires, trades in _POINTS:
        form = GatheringForm(
            path=street, name=name, address=address, latitude=node.latitude + north, longitude=node.longitude + east,
            begins_minute=begins, ends_minute=ends, heads=heads, hires_a_day=hires, trades=trades, note=_SOURCE,
        )  # fmt: skip
        await around.survey(uow, form, made_up=True)
    return len(_POINTS)


async def _plans(uow: UnitOfWork, place: TenantPath, stations: int) -> int:
    year = clock.business_date(uow.now).year
    await targets.set_target(uow, TargetForm(path=place, year=year, kind="station", wanted=stations, source=_SOURCE))
    if parent(place) is None:
        return 1
    for name, part, duty, contact in _DEPARTMENTS:
        await departments.write(
            uow, DepartmentForm(path=place, name=name, part=part, duty=duty, contact=contact, phone="0371-0000000")
        )
    return 1 + len(_DEPARTMENTS)
