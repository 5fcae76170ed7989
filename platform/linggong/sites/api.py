"""The file of a place and the targets over HTTP: what another system of the city would read or bring."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paths import TenantPath
from linggong.measures.api import place_of
from linggong.measures.sites import thresholds
from linggong.sites import around, checks, files, functions, hours, marks, premises, roster, targets, wall
from linggong.sites.around import GatheringForm, GatheringView
from linggong.sites.checks import CheckForm, Item
from linggong.sites.files import FileForm, FileView, Gap
from linggong.sites.functions import SiteFunctions
from linggong.sites.hours import Season
from linggong.sites.marks import Marks
from linggong.sites.premises import EquipmentForm, RoomForm
from linggong.sites.roster import Least, Member, StaffForm
from linggong.sites.targets import AreaCover, PlaceTargets, TargetForm
from linggong.sites.wall import WallState
from rbac.permissions import Permission
from tenants import queries
from tenants.evidence import PhotoInput


class WholeFile(msgspec.Struct, frozen=True, kw_only=True):
    """All of the file of a place on a day."""

    path: str
    name: str
    day: date
    file: FileView | None
    rooms: list[dict[str, Any]]
    area_m2: float
    equipment: list[dict[str, Any]]
    checks: dict[str, list[Item]]
    hours: list[Season]
    staff: list[Member]
    wall: WallState
    marks: Marks | None
    serves: list[str]
    """Names of the areas that it serves beside its own."""
    gaps: list[Gap]


class CheckInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An item of a checklist with its photo."""

    kind: str
    item: str
    here: bool = True
    note: Annotated[str, Meta(max_length=200)] = ""
    looked_on: date | None = None
    photo: PhotoInput | None = None


class HoursInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Hours by season, from a day on; left out: today."""

    seasons: Annotated[list[Season], Meta(max_length=12)]
    from_on: date | None = None


class EndInput(msgspec.Struct, forbid_unknown_fields=True):
    """A last day; left out: today."""

    on: date | None = None


class Made(msgspec.Struct, frozen=True):
    """What was made."""

    id: UUID


class PlaceFiles(Controller):
    """The file of one place."""

    path = "/api/v1/places/{node_id:uuid}"
    tags = ("places",)

    @get("/file", opt={"permission": Permission.FILE_READ}, summary="The file of a place on a day")
    async def read(
        self, uow: NamedDependency[UnitOfWork], node_id: FromPath[UUID], day: FromQuery[date | None] = None
    ) -> WholeFile:
        """Return elements, premises, equipment, checklists, hours, staff, wall, marks, and what is missing."""
        return await whole(uow, node_id, day or clock.business_date(uow.now))

    @put("/file", opt={"permission": Permission.FILE_WRITE}, summary="Write the next version of the elements")
    async def write(self, uow: NamedDependency[UnitOfWork], node_id: FromPath[UUID], data: JSONBody[FileForm]) -> Made:
        """Write the seven elements and with whom it is built."""
        return Made((await files.write(uow, node_id, data)).id)

    @post("/rooms", opt={"permission": Permission.FILE_WRITE}, summary="Add a room")
    async def room(self, uow: NamedDependency[UnitOfWork], node_id: FromPath[UUID], data: JSONBody[RoomForm]) -> Made:
        """Add a room with its use and area."""
        return Made((await premises.add_room(uow, node_id, data)).id)

    @post("/equipment", opt={"permission": Permission.FILE_WRITE}, summary="Add a thing")
    async def thing(
        self, uow: NamedDependency[UnitOfWork], node_id: FromPath[UUID], data: JSONBody[EquipmentForm]
    ) -> Made:
        """Add a thing with the day on which it expires."""
        return Made((await premises.add_equipment(uow, node_id, data)).id)

    @put("/checks", opt={"permission": Permission.FILE_WRITE}, summary="Note an item of a checklist")
    async def check(
        self, uow: NamedDependency[UnitOfWork], node_id: FromPath[UUID], data: JSONBody[CheckInput]
    ) -> Made:
        """Note that an item is there or is not, with a photo."""
        form = CheckForm(kind=data.kind, item=data.item, here=data.here, note=data.note, looked_on=data.looked_on)
        return Made((await checks.mark(uow, node_id, form, data.photo.photo() if data.photo else None)).id)

    @put("/hours", opt={"permission": Permission.FILE_WRITE}, summary="Declare opening hours")
    async def declare(
        self, uow: NamedDependency[UnitOfWork], node_id: FromPath[UUID], data: JSONBody[HoursInput]
    ) -> Made:
        """Declare hours by season."""
        return Made((await hours.declare(uow, node_id, data.seasons, from_on=data.from_on)).id)

    @post("/roster", opt={"permission": Permission.FILE_WRITE}, summary="Add somebody to the roster")
    async def hire(
        self, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets], node_id: FromPath[UUID],
        data: JSONBody[StaffForm],
    ) -> Made:  # fmt: skip
        """Add somebody's period with the kinds of proof that were seen."""
        return Made((await roster.add(uow, secrets.sealer, node_id, data)).id)

    @get("/roster/least", opt={"permission": Permission.FILE_READ}, summary="The fewest people over a period")
    async def least(
        self, uow: NamedDependency[UnitOfWork], node_id: FromPath[UUID], first: FromQuery[date], last: FromQuery[date]
    ) -> Least:
        """Return the fewest people on any day from the first to the last."""
        return await roster.least(uow, await seen(uow, node_id), first, last)


class Rosters(Controller):
    """Periods of people."""

    path = "/api/v1/site-staff"
    tags = ("places",)

    @post(
        "/{site_staff_id:uuid}/end", opt={"permission": Permission.FILE_WRITE}, status_code=200,
        summary="Note somebody's last day",
    )  # fmt: skip
    async def end(
        self, uow: NamedDependency[UnitOfWork], site_staff_id: FromPath[UUID], data: JSONBody[EndInput]
    ) -> None:
        """Note somebody's last day at a place."""
        await roster.end(uow, site_staff_id, data.on)


class Targets(Controller):
    """Targets, coverage, functions, gathering points."""

    path = "/api/v1/targets"
    tags = ("places",)

    @get("/", opt={"permission": Permission.OVERVIEW_READ}, summary="Targets against what lives")
    async def board(
        self, uow: NamedDependency[UnitOfWork], year: FromQuery[int | None] = None, path: FromQuery[str] = ""
    ) -> list[PlaceTargets]:
        """Return the board of a place and of its counties (R001)."""
        at = await place_of(uow, path)
        return await targets.board(uow, at, year or clock.business_date(uow.now).year)

    @put("/", opt={"permission": Permission.TARGET_SET}, summary="Set a target")
    async def set(self, uow: NamedDependency[UnitOfWork], data: JSONBody[TargetForm]) -> Made:
        """Set how many of a kind a county or city wants by the end of a year."""
        return Made((await targets.set_target(uow, data)).id)

    @get("/cover", opt={"permission": Permission.OVERVIEW_READ}, summary="Streets and communities with a live place")
    async def cover(self, uow: NamedDependency[UnitOfWork], path: FromQuery[str] = "") -> list[AreaCover]:
        """Return which streets and communities have a place that lives (R002)."""
        return await targets.cover(uow, await place_of(uow, path))

    @get("/functions", opt={"permission": Permission.OVERVIEW_READ}, summary="Use of the basic functions in a month")
    async def used(
        self, uow: NamedDependency[UnitOfWork], month: FromQuery[date], path: FromQuery[str] = ""
    ) -> list[SiteFunctions]:
        """Return how often each function was used; zero is what to look at (R018)."""
        return await functions.used(uow, await place_of(uow, path), month)


class Gatherings(Controller):
    """Points where workers gather by themselves."""

    path = "/api/v1/gathering-points"
    tags = ("places",)

    @get("/", opt={"permission": Permission.FILE_READ}, summary="Gathering points")
    async def read(self, uow: NamedDependency[UnitOfWork], path: FromQuery[str] = "") -> list[GatheringView]:
        """Return the points of a survey with the nearest live station (R037)."""
        return await around.gatherings(uow, await place_of(uow, path))

    @post("/", opt={"permission": Permission.FILE_WRITE}, summary="Enter a gathering point")
    async def add(self, uow: NamedDependency[UnitOfWork], data: JSONBody[GatheringForm]) -> Made:
        """Enter what a survey found."""
        return Made((await around.survey(uow, data)).id)


async def seen(uow: UnitOfWork, node_id: UUID) -> TenantPath:
    """Return the path of a place within the scope. Raises NotFound."""
    node = await queries.node(uow, node_id)
    if not uow.scope.covers(node.path):
        raise NotFound
    return TenantPath(node.path)


async def whole(uow: UnitOfWork, node_id: UUID, day: date) -> WholeFile:
    """Return all of the file of a place on a day. Raises NotFound outside the scope."""
    path = await seen(uow, node_id)
    known = (await files.read(uow, [path], day)).get(path)
    if known is None:
        raise NotFound
    node, declared = known.node, await hours.declared(uow, path, day)
    return WholeFile(
        path=path, name=node.name, day=day, file=known.file,
        rooms=[{"id": r.id, "name": r.name, "use": r.use, "address": r.address, "area_m2": float(r.area_m2)} for r in known.rooms],
        area_m2=float(known.area_m2),
        equipment=[
            {"id": t.id, "kind": t.kind, "name": t.name, "pieces": t.pieces, "bought_on": t.bought_on, "expires_on": t.expires_on}
            for t in known.equipment
        ],
        checks=await checks.items(uow, path, node.kind), hours=declared.seasons if declared else [],
        staff=await roster.on_duty(uow, path, day), wall=await wall.state(uow, path, day),
        marks=marks.of(node.latitude, node.longitude, node.point_is_demo),
        serves=[name for _, _, name in await around.areas(uow, path)],
        gaps=files.gaps_of(known, await thresholds(uow, *checks.FAMILIES), day),
    )  # fmt: skip


CONTROLLERS: list[Any] = [PlaceFiles, Rosters, Targets, Gatherings]
