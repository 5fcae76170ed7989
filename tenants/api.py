"""The tree over HTTP: reading is public, changing needs a post above the place (R001-R004, R020-R024)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from linggong.kernel.clock import business_date
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.paging import Page
from linggong.kernel.paths import tenant_path
from rbac.permissions import Permission
from tenants import holidays, population, queries, service
from tenants.holidays import DayView
from tenants.kinds import NodeKind
from tenants.population import Area, PopulationInput
from tenants.views import KindCount, NewNode, NodeChanges, NodeView, ParameterInput, ResolvedView


class OpenInput(msgspec.Struct, forbid_unknown_fields=True):
    """When a place opens; left out means today."""

    on: date | None = None


class CloseInput(msgspec.Struct, forbid_unknown_fields=True):
    """Why a place closes."""

    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class NodeDetail(msgspec.Struct, frozen=True):
    """A place with the names of the regions around it and what lies in its subtree."""

    node: NodeView
    regions: dict[str, str]
    below: list[KindCount]


class NodeController(Controller):
    """Places of the tree."""

    path = "/api/v1/nodes"
    tags = ("nodes",)

    @get("/", opt={"permission": Permission.NODE_READ}, summary="Places directly below another, or the tops")
    async def children(
        self,
        uow: NamedDependency[UnitOfWork],
        parent: FromQuery[str | None] = None,
        kind: FromQuery[list[NodeKind] | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 50,
    ) -> Page[NodeView]:
        """List places; `parent` is an id, a path or a 12-digit code."""
        above = None if parent is None else (await queries.node(uow, _ref(parent))).path
        return await queries.children(uow, above, kinds=kind or (), cursor=cursor, limit=limit)

    @get("/counties", opt={"permission": Permission.NODE_READ}, summary="Counties and functional zones")
    async def counties(self, uow: NamedDependency[UnitOfWork]) -> list[NodeView]:
        """List the county level of the deployment."""
        return await queries.counties(uow)

    @get("/by-code/{code12:str}", opt={"permission": Permission.NODE_READ}, summary="A place by division code")
    async def by_code(self, uow: NamedDependency[UnitOfWork], code12: FromPath[str]) -> NodeDetail:
        """Return the place that holds a 12-digit division code."""
        return await _detail(uow, code12)

    @get("/{node_id:uuid}", opt={"permission": Permission.NODE_READ}, summary="A place")
    async def one(self, uow: NamedDependency[UnitOfWork], node_id: FromPath[UUID]) -> NodeDetail:
        """Return one place."""
        return await _detail(uow, node_id)

    @post("/", opt={"permission": Permission.NODE_MANAGE}, summary="Add a place")
    async def add(self, uow: NamedDependency[UnitOfWork], data: JSONBody[NewNode]) -> NodeView:
        """Add a place below `parent`."""
        return queries.view(await service.add_node(uow, data))

    @patch("/{node_id:uuid}", opt={"permission": Permission.NODE_MANAGE}, summary="Change a place")
    async def change(
        self, uow: NamedDependency[UnitOfWork], node_id: FromPath[UUID], data: JSONBody[NodeChanges]
    ) -> NodeView:
        """Change name, point, contact or build status."""
        return queries.view(await service.change_node(uow, node_id, data))

    @post(
        "/{node_id:uuid}/open",
        opt={"permission": Permission.NODE_MANAGE},
        status_code=200,
        summary="Open a place",
    )
    async def open(
        self, uow: NamedDependency[UnitOfWork], node_id: FromPath[UUID], data: JSONBody[OpenInput]
    ) -> NodeView:
        """Open a place that was planned, built or closed."""
        return queries.view(await service.open_node(uow, node_id, data.on))

    @post(
        "/{node_id:uuid}/close",
        opt={"permission": Permission.NODE_MANAGE},
        status_code=200,
        summary="Close a place",
    )
    async def close(
        self, uow: NamedDependency[UnitOfWork], node_id: FromPath[UUID], data: JSONBody[CloseInput]
    ) -> NodeView:
        """Close a place; 409 lists everything that stands against it."""
        return queries.view(await service.close_node(uow, node_id, data.reason))


class ParameterController(Controller):
    """Parameters as they stand at a place, with their sources."""

    path = "/api/v1/nodes/{node_id:uuid}/parameters"
    tags = ("parameters",)

    @get("/", opt={"permission": Permission.PARAMETER_READ}, summary="All parameters at a place")
    async def table(self, uow: NamedDependency[UnitOfWork], node_id: FromPath[UUID]) -> list[ResolvedView]:
        """Return every parameter with the place that set it."""
        return await service.parameter_table(uow, (await queries.node(uow, node_id)).path)

    @put("/{key:str}", opt={"permission": Permission.PARAMETER_SET}, summary="Set a parameter at a place")
    async def set(
        self,
        uow: NamedDependency[UnitOfWork],
        node_id: FromPath[UUID],
        key: FromPath[str],
        data: JSONBody[ParameterInput],
    ) -> ResolvedView:
        """Set a value that holds here and below until overridden."""
        path = (await queries.node(uow, node_id)).path
        await service.set_parameter(uow, path, key, data.value, data.source)
        return await service.parameter_at(uow, path, key)

    @delete(
        "/{key:str}",
        opt={"permission": Permission.PARAMETER_SET},
        status_code=200,
        summary="Take back what a place has set",
    )
    async def clear(
        self, uow: NamedDependency[UnitOfWork], node_id: FromPath[UUID], key: FromPath[str]
    ) -> ResolvedView:
        """Return what holds once the place's own value is gone."""
        path = (await queries.node(uow, node_id)).path
        await service.clear_parameter(uow, path, key)
        return await service.parameter_at(uow, path, key)


class DayInput(msgspec.Struct, forbid_unknown_fields=True):
    """A day that differs from the week, with the paper it comes from."""

    kind: Literal["holiday", "workday"]
    name: Annotated[str, Meta(min_length=1, max_length=20)]
    source: Annotated[str, Meta(min_length=1, max_length=200)]


class HolidayController(Controller):
    """Working days and holidays as they stand at a place; deadlines in working days count by them (R097)."""

    path = "/api/v1/nodes/{node_id:uuid}/holidays"
    tags = ("parameters",)

    @get("/", opt={"permission": Permission.NODE_READ}, summary="Days of a year that differ from the week")
    async def days(
        self,
        uow: NamedDependency[UnitOfWork],
        node_id: FromPath[UUID],
        year: Annotated[int | None, QueryParameter(ge=2000, le=2100)] = None,
    ) -> list[DayView]:
        """Return the published arrangement with what this place and those above it set."""
        return await holidays.days_of(uow, node_id, year or business_date(uow.now).year)

    @put("/{day:str}", opt={"permission": Permission.PARAMETER_SET}, summary="Set a day at a place")
    async def set(
        self, uow: NamedDependency[UnitOfWork], node_id: FromPath[UUID], day: FromPath[str], data: JSONBody[DayInput]
    ) -> DayView:
        """Set a day that holds here and below until overridden."""
        return await holidays.set_day(uow, node_id, _day(day), data.kind, data.name, data.source)

    @delete("/{day:str}", opt={"permission": Permission.PARAMETER_SET}, summary="Take back a place's own day")
    async def clear(self, uow: NamedDependency[UnitOfWork], node_id: FromPath[UUID], day: FromPath[str]) -> None:
        """Let what is set above (or the week) hold again."""
        await holidays.clear_day(uow, node_id, _day(day))


class PopulationController(Controller):
    """Population of the places, by which liveliness and coverage are divided (M19, M24)."""

    path = "/api/v1/populations"
    tags = ("nodes",)

    @get("/", opt={"permission": Permission.NODE_READ}, summary="Latest population of the places below one")
    async def read(self, uow: NamedDependency[UnitOfWork], node: FromQuery[str]) -> list[Area]:
        """Return what is known at and below a place (id, path or code), each with its source and day; nothing is guessed."""
        top = tenant_path((await queries.node(uow, _ref(node))).path)
        return await population.areas(uow, top, until=business_date(uow.now), finest=False)

    @put("/", opt={"permission": Permission.NODE_MANAGE}, summary="Load a population paper")
    async def load(
        self, uow: NamedDependency[UnitOfWork], data: JSONBody[Annotated[list[PopulationInput], Meta(max_length=5000)]]
    ) -> int:
        """Write its lines, each in place of one of the same day, and return how many; all faults of all lines at once."""
        return await population.load(uow, data)


CONTROLLERS: list[Any] = [NodeController, ParameterController, HolidayController, PopulationController]


def _day(raw: str) -> date:
    try:
        return date.fromisoformat(raw)
    except ValueError:
        raise Invalid([Fault("day", "日期要写成 2026-10-01 这样。", "date")]) from None


def _ref(raw: str) -> str | UUID:
    try:
        return UUID(raw)
    except ValueError:
        return raw


async def _detail(uow: UnitOfWork, ref: str | UUID) -> NodeDetail:
    found = await queries.node(uow, ref)
    return NodeDetail(found, await queries.region_names(uow, found.path), await queries.subtree_counts(uow, found.path))
