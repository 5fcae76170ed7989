"""The file of a place: its seven elements in versions (R019), with whom it is built (R042), and what is still missing in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.measures.sites import Thresholds, thresholds
from linggong.people.text import clean
from linggong.sites import checks, common, functions, roster, wall
from linggong.sites.codes import CHECKS, ELEMENTS, EQUIPMENT, PARTNERS
from linggong.sites.models import SiteCheck, SiteEquipment, SiteFile, SiteHours, SiteRoom, SiteStaff
from linggong.sites.wall import Tested
from tenants import evidence
from tenants.evidence import Kept
from tenants.kinds import SITE_KINDS, NodeKind
from tenants.models import Node

_MOST = 600
_MARKETS = (NodeKind.MARKET_COMPREHENSIVE, NodeKind.MARKET_TRADE)


class Cobuild(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """With whom a place is built: whoever leads builds and answers for it (R042)."""

    partners: list[str] = []
    lead: str = ""
    """The department that leads."""
    responsible: str = ""
    """The person who answers for it, by office: 社区书记."""
    funding: str = ""


class FileForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A version of the file: all seven elements by code, with whom it is built, and why it is written anew."""

    elements: dict[str, str]
    cobuild: Cobuild | None = None
    reason: str = ""


class FileView(msgspec.Struct, frozen=True, kw_only=True):
    """A version of the file."""

    version: int
    elements: dict[str, str]
    cobuild: Cobuild
    reason: str
    set_at: datetime


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """What is missing in a file: a stable code, the part of the file, and the words."""

    code: str
    part: str
    words: str


async def write(uow: UnitOfWork, place: str | UUID, form: FileForm) -> SiteFile:
    """Write the next version. Raises NotFound, Invalid with every fault, Conflict where nothing is different."""
    node, faults = await common.site(uow, place), list[Fault]()
    faults += [
        Fault(f"elements.{code}", f"没有“{code[:20]}”这个要素，只有：{'、'.join(ELEMENTS.values())}。", "choice")
        for code in form.elements
        if code not in ELEMENTS
    ]
    elements = {
        code: clean(faults, f"elements.{code}", form.elements.get(code, ""), most=_MOST, lines=True)
        for code in ELEMENTS
    }
    if not any(elements.values()):
        faults.append(Fault("elements", "七个要素至少写一个。", "required"))
    with_whom = form.cobuild or Cobuild()
    for partner in with_whom.partners:
        common.choice(faults, "cobuild.partners", partner, PARTNERS, "共建单位")
    cobuild = Cobuild(
        partners=[code for code in PARTNERS if code in with_whom.partners],
        lead=clean(faults, "cobuild.lead", with_whom.lead, most=40),
        responsible=clean(faults, "cobuild.responsible", with_whom.responsible, most=40),
        funding=clean(faults, "cobuild.funding", with_whom.funding, most=60),
    )
    if cobuild.partners and not (cobuild.lead and cobuild.responsible):
        faults.append(Fault("cobuild.lead", "共建的要写牵头单位和责任人：谁主导、谁建设、谁负责。", "required"))
    reason = clean(faults, "reason", form.reason, most=120)
    if faults:
        raise Invalid(faults)
    before = await latest(uow, node.path)
    if before is not None and (before.elements, before.cobuild) == (elements, cobuild):
        raise Conflict("和上一版一样，不用再存。")
    row = SiteFile(
        id=new_id(), tenant=node.path, version=1 if before is None else before.version + 1, elements=elements,
        cobuild=msgspec.to_builtins(cobuild), reason=reason, set_at=uow.now, set_by=common.actor(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await common.tell(uow, node, "file_written", version=row.version, written=sum(bool(v) for v in elements.values()))
    return row


async def versions(uow: UnitOfWork, tenant: str) -> list[FileView]:
    """Return all versions of a file, the latest first."""
    rows = await uow.session.scalars(
        sa.select(SiteFile)
        .where(SiteFile.tenant == tenant, uow.scope.clause(SiteFile.tenant))
        .order_by(SiteFile.version.desc())
    )
    return [_view(row) for row in rows]


async def latest(uow: UnitOfWork, tenant: str) -> FileView | None:
    """Return the latest version, None where nothing was written."""
    return next(iter(await versions(uow, tenant)), None)


def _view(row: SiteFile) -> FileView:
    return FileView(
        version=row.version, elements={code: str(row.elements.get(code, "")) for code in ELEMENTS},
        cobuild=msgspec.convert(row.cobuild, Cobuild), reason=row.reason, set_at=row.set_at,
    )  # fmt: skip


@dataclass(slots=True)
class Known:
    """All that the files of some places say, read in a few queries however many they are."""

    node: Node
    file: FileView | None = None
    rooms: list[SiteRoom] = field(default_factory=list)
    checks: list[SiteCheck] = field(default_factory=list)
    photos: Mapping[UUID, list[Kept]] = field(default_factory=dict)
    equipment: list[SiteEquipment] = field(default_factory=list)
    hours: bool = False
    staff: list[SiteStaff] = field(default_factory=list)
    tests: list[Tested] = field(default_factory=list)

    @property
    def area_m2(self) -> Decimal:
        """Return the area of its rooms in use."""
        return sum((room.area_m2 for room in self.rooms), Decimal(0))


async def read(uow: UnitOfWork, paths: Sequence[str], day: date) -> dict[str, Known]:
    """Return what the files of places say on a day, as far as the scope reaches."""
    nodes = await uow.session.scalars(
        sa.select(Node)
        .where(Node.path.in_(paths), uow.scope.clause(Node.path), Node.kind.in_([k.value for k in SITE_KINDS]))
        .order_by(Node.path)
    )
    found = {node.path: Known(node=node) for node in nodes}
    here = list(found)
    files = sa.select(SiteFile).where(SiteFile.tenant.in_(here)).ext(distinct_on(SiteFile.tenant))
    for row in await uow.session.scalars(files.order_by(SiteFile.tenant, SiteFile.version.desc())):
        found[row.tenant].file = _view(row)
    rooms = sa.select(SiteRoom).where(
        SiteRoom.tenant.in_(here), SiteRoom.since <= day,
        sa.or_(SiteRoom.ended_on.is_(None), SiteRoom.ended_on > day),
    )  # fmt: skip
    for room in await uow.session.scalars(rooms.order_by(SiteRoom.name)):
        found[room.tenant].rooms.append(room)
    things = sa.select(SiteEquipment).where(
        SiteEquipment.tenant.in_(here), sa.or_(SiteEquipment.removed_on.is_(None), SiteEquipment.removed_on > day)
    )
    for thing in await uow.session.scalars(things.order_by(SiteEquipment.kind, SiteEquipment.name)):
        found[thing.tenant].equipment.append(thing)
    held = sa.select(SiteHours.tenant).where(SiteHours.tenant.in_(here), SiteHours.from_on <= day)
    for path in await uow.session.scalars(held.distinct()):
        found[path].hours = True
    for one in await uow.session.scalars(sa.select(SiteStaff).where(SiteStaff.tenant.in_(here))):
        found[one.tenant].staff.append(one)
    noted = await checks.stored(uow, here)
    photos = await evidence.of(uow, checks.ABOUT, [row.id for rows in noted.values() for row in rows])
    tests = await wall.last_tests(uow, here, clock.day_bounds(day)[1])
    for path, known in found.items():
        known.checks, known.tests, known.photos = noted[path], tests[path], photos
    return found


async def gaps(uow: UnitOfWork, tenant: str, day: date) -> list[Gap]:
    """Return what is missing in the file of a place on a day, in words. Raises NotFound outside the scope and for a piece of land."""
    known = (await read(uow, [tenant], day)).get(tenant)
    if known is None:
        raise NotFound
    return gaps_of(known, await thresholds(uow, *checks.FAMILIES), day)


def gaps_of(known: Known, limits: Thresholds, day: date) -> list[Gap]:
    """Return what is missing by what the tenant's parameters ask for; what they do not ask for is not missed."""
    return [
        *_elements(known), *_premises(known, limits), *_listed(known, limits), *_things(known, limits, day),
        *_people(known, limits, day),
        *(Gap(code="hotline", part="wall", words=words + "。")
          for words in wall.line_gaps(known.tests, day, limits.whole(known.node.path, "site.hotline_test_days"))),
        *([] if known.hours else [Gap(code="hours", part="hours", words="没有公布各季节的开放时间。")]),
        *_point(known),
    ]  # fmt: skip


def _elements(known: Known) -> list[Gap]:
    if known.file is None:
        return [Gap(code="elements", part="plan", words="七个要素还没有写。")]
    missing = [label for code, label in ELEMENTS.items() if not known.file.elements[code]]
    return [Gap(code="elements", part="plan", words=f"要素还缺：{'、'.join(missing)}。")] if missing else []


def _premises(known: Known, limits: Thresholds) -> list[Gap]:
    if not known.rooms:
        return [Gap(code="rooms", part="site", words="还没有登记场地和面积。")]
    found, area = [], known.area_m2
    # The least area binds a station and not a service point (ruling 22).
    least = limits.held(known.node.path, "station.min_area_m2") if known.node.kind == NodeKind.STATION else None
    if isinstance(least, Decimal) and area < least:
        found.append(
            Gap(
                code="area",
                part="site",
                words=f"室内面积 {common.square(area)} 平方米，低于 {common.square(least)} 平方米。",
            )
        )
    total = limits.held(known.node.path, "premises.total_m2") if known.node.kind in _MARKETS else None
    if isinstance(total, Decimal) and area < total:
        found.append(
            Gap(
                code="area",
                part="site",
                words=f"场地合计 {common.square(area)} 平方米，方案是约 {common.square(total)} 平方米。",
            )
        )
    return found


_PARTS = {"zone": "site", "function": "site", "document": "wall", "plate": "wall", "map": "wall"}


def _listed(known: Known, limits: Thresholds) -> list[Gap]:
    noted = {(row.kind, row.item): row for row in known.checks}
    found = []
    for kind, labels in checks.wanted(limits, known.node.path, known.node.kind).items():
        rows = {label: noted.get((kind, item)) for item, label in labels.items()}
        missing = [
            label for label, row in rows.items() if (row is None and not _seen(kind, label)) or (row and not row.here)
        ]
        bare = [label for label, row in rows.items() if row is not None and row.here and not known.photos.get(row.id)]
        if missing:
            words = f"{CHECKS[kind]}还缺：{'、'.join(missing)}。"
            found.append(Gap(code=kind, part=_PARTS[kind], words=words))
        # A function is shown by its use; everything else by a photo.
        if bare and kind != "function":
            words = f"{CHECKS[kind]}没有照片：{'、'.join(bare)}。"
            found.append(Gap(code=f"{kind}_photo", part=_PARTS[kind], words=words))
    return found


def _seen(kind: str, label: str) -> bool:
    return kind == "function" and functions.is_seen(label)


def _things(known: Known, limits: Thresholds, day: date) -> list[Gap]:
    have = {thing.kind for thing in known.equipment}
    asked = limits.at(known.node.path, "site.equipment")
    missing = [name for name in (asked if isinstance(asked, tuple) else ()) if _kind_of(name) not in have]
    found = []
    if missing:
        found.append(Gap(code="equipment", part="site", words=f"设施设备还缺：{'、'.join(missing)}。"))
    soon = day + timedelta(days=limits.whole(known.node.path, "site.equipment_remind_days"))
    for thing in known.equipment:
        if thing.expires_on is not None and thing.expires_on < day:
            found.append(Gap(code="expired", part="site", words=f"{thing.name} {thing.expires_on} 就过期了，请更换。"))
        elif thing.expires_on is not None and thing.expires_on <= soon:
            found.append(Gap(code="expiring", part="site", words=f"{thing.name} {thing.expires_on} 到期，请提前更换。"))
    return found


def _kind_of(name: str) -> str:
    """Return our kind of a thing that a tenant's list names."""
    return next((code for code, label in EQUIPMENT.items() if label == name), name)


def _people(known: Known, limits: Thresholds, day: date) -> list[Gap]:
    path, found = known.node.path, []
    now = roster.fewest(known.staff, day, day)
    least = limits.held(path, key) if (key := roster.least_by(known.node.kind)) else None
    n, who = (now.full_time, "专职人员") if known.node.kind in _MARKETS else (now.people, "工作人员")
    if isinstance(least, int) and n < least:
        found.append(Gap(code="staff", part="people", words=f"在册{who} {n} 人，至少要 {least} 人。"))
    bare = [
        one.name for one in known.staff
        if one.starts_on <= day and (one.ends_on is None or one.ends_on >= day) and not roster.has_proof(one.kind, one.proofs)
    ]  # fmt: skip
    if bare:
        found.append(Gap(code="proof", part="people", words=f"证明材料不齐：{'、'.join(bare)}。"))
    return found


def _point(known: Known) -> list[Gap]:
    if known.node.latitude is None:
        return [Gap(code="point", part="wall", words="还没有在地图上定位。")]
    if known.node.point_is_demo:
        return [Gap(code="point", part="wall", words="现在的位置是示例点，请到站点实地定位。")]
    return []
