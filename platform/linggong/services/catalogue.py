"""The catalogue of services: what a place takes in, what to bring, how long it takes (R043, R097-R099, ruling 25).

An item written at a place holds for all below it until a lower place writes its own, as a public text does. Nothing is
overwritten: a change is the next version, so that what somebody was told on a day can be shown later.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Final

import msgspec
import sqlalchemy as sa
from msgspec import Meta
from sqlalchemy.dialects.postgresql import distinct_on

from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import ancestors, tenant_path
from linggong.people.text import clean
from linggong.services import codes
from linggong.services.models import ServiceItem
from tenants import queries
from tenants.models import Node

MOST_MATERIALS: Final = 12
_LONGEST: Final = {"hour": 200, "day": 120}
Line = Annotated[str, Meta(max_length=400)]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """An item as it stands at a place. `version` 0 came with the system; `case` is the kind of case it opens, '' none."""

    code: str
    name: str
    kind: str
    department: str
    materials: list[str]
    limit_n: int
    limit_unit: str
    guide: str
    source: str
    version: int = 0
    set_at: datetime | None = None
    place: str = ""
    """Who wrote it."""
    is_own: bool = False
    case: str = ""

    @property
    def limit_words(self) -> str:
        """The time limit, as people say it."""
        return f"{self.limit_n}{codes.UNITS[self.limit_unit]}"


class ItemForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An item as somebody writes it; `materials` one a line."""

    name: Line = ""
    kind: Line = ""
    department: Line = ""
    materials: Annotated[str, Meta(max_length=2000)] = ""
    limit_n: int | None = None
    limit_unit: Line = "day"
    guide: Line = ""
    source: Line = ""


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """All items of a place; `version` counts what was written for it since the system came, `changed_at` says when last."""

    items: list[Item]
    version: int
    changed_at: datetime | None


@cache
def given() -> Mapping[str, Item]:
    """Return the items that came with the system, by code, in the order of the page."""
    data = tomllib.loads(files("linggong.services").joinpath("catalogue.toml").read_text(encoding="utf-8"))
    return MappingProxyType({one["code"]: msgspec.convert(one, Item) for one in data["items"]})


async def at(uow: UnitOfWork, path: str) -> Catalogue:
    """Return the catalogue of a place: the nearest version of each item at it or above it, else what came with the system."""
    above = ancestors(tenant_path(path))
    latest = (
        sa.select(ServiceItem, Node.name)
        .join(Node, Node.path == ServiceItem.tenant)
        .where(ServiceItem.tenant.in_(above))
        .ext(distinct_on(ServiceItem.tenant, ServiceItem.code))
        .order_by(ServiceItem.tenant, ServiceItem.code, ServiceItem.version.desc())
    )
    nearest: dict[str, tuple[ServiceItem, str]] = {}
    # Sorted by path, a place comes after all above it.
    written = list(await uow.execute(latest))
    for row, place in written:
        nearest[row.code] = (row, place)
    order = [*given(), *sorted(nearest.keys() - given().keys())]
    found = [_view(*nearest[code], path) if code in nearest else given()[code] for code in order]
    ended = {code for code, (row, _) in nearest.items() if row.is_ended}
    return Catalogue(
        items=[one for one in found if one.code not in ended],
        version=1 + sum(row.version for row, _ in written),
        changed_at=max((row.set_at for row, _ in written), default=None),
    )


def _view(row: ServiceItem, place: str, path: str) -> Item:
    return Item(
        code=row.code, name=row.name, kind=row.kind, department=row.department, materials=list(row.materials),
        limit_n=row.limit_n, limit_unit=row.limit_unit, guide=row.guide, source=row.source, version=row.version,
        set_at=row.set_at, place=place, is_own=row.tenant == path, case=_case(row.code),
    )  # fmt: skip


def _case(code: str) -> str:
    known = given().get(code)
    return known.case if known is not None else ""


async def item(uow: UnitOfWork, path: str, code: str) -> Item | None:
    """Return one item of a place, None where there is none of this code."""
    return next((one for one in (await at(uow, path)).items if one.code == code), None)


async def write(uow: UnitOfWork, path: str, form: ItemForm, code: str) -> Item:
    """Write an item for a place and all below it; a new code makes a new item.

    Raises NotFound outside the scope, Invalid with every fault: a limit of 0, no department, twice the same paper.
    """
    place = await queries.managed(uow, path)
    faults: list[Fault] = []
    if not (code.isascii() and code.isalnum() and 2 <= len(code) <= 20):
        faults.append(Fault("code", "事项代码用 2 到 20 个字母或数字，例如 shiye。", "format"))
    words = {
        name: clean(faults, name, getattr(form, name), most=most, least=least)
        for name, most, least in (("name", 30, 2), ("department", 40, 2), ("guide", 200, 0), ("source", 200, 2))
    }
    if form.kind not in codes.ITEM_KINDS:
        faults.append(Fault("kind", "请选一类。", "choice"))
    if form.limit_unit not in codes.UNITS:
        faults.append(Fault("limit_unit", "时限按工作小时或工作日算，请选一种。", "choice"))
    most = _LONGEST.get(form.limit_unit, 120)
    if form.limit_n is None or not 1 <= form.limit_n <= most:
        faults.append(Fault("limit_n", f"办理时限写 1 到 {most} 之间的整数，不能是 0。", "range"))
    materials = _materials(form.materials, faults)
    if faults or form.limit_n is None:
        raise Invalid(faults)
    await _next(
        uow, place, code, materials=materials, kind=form.kind, limit_n=form.limit_n, limit_unit=form.limit_unit,
        is_ended=False, **words,
    )  # fmt: skip
    found = await item(uow, place.path, code)
    if found is None:
        raise NotFound
    return found


async def end(uow: UnitOfWork, path: str, code: str, source: str) -> None:
    """Take an item out of a place's catalogue, with the paper that says so. Raises NotFound, Invalid without the paper."""
    place = await queries.managed(uow, path)
    known = await item(uow, place.path, code)
    if known is None:
        raise NotFound
    faults: list[Fault] = []
    source = clean(faults, "source", source, most=200, least=2)
    if faults:
        raise Invalid(faults)
    await _next(
        uow, place, code, materials=known.materials, kind=known.kind, limit_n=known.limit_n, limit_unit=known.limit_unit,
        is_ended=True, name=known.name, department=known.department, guide=known.guide, source=source,
    )  # fmt: skip


def _materials(raw: str, faults: list[Fault]) -> list[str]:
    lines = [line for line in raw.replace("\r", "").split("\n") if line.strip()]
    kept = [clean(faults, "materials", line, most=60) for line in lines]
    if len(kept) > MOST_MATERIALS:
        faults.append(Fault("materials", f"材料最多 {MOST_MATERIALS} 样，请合并。", "length"))
    if len(set(kept)) < len(kept):
        faults.append(Fault("materials", "有一样材料写了两遍。", "twice"))
    return kept


async def _next(
    uow: UnitOfWork, place: Node, code: str, *, materials: list[str], kind: str, limit_n: int, limit_unit: str,
    is_ended: bool, name: str, department: str, guide: str, source: str,
) -> None:  # fmt: skip
    last = await uow.session.scalar(
        sa.select(sa.func.max(ServiceItem.version)).where(ServiceItem.tenant == place.path, ServiceItem.code == code)
    )
    row = ServiceItem(
        id=new_id(), tenant=place.path, code=code, version=(last or 0) + 1, name=name, kind=kind, department=department,
        materials=materials, limit_n=limit_n, limit_unit=limit_unit, guide=guide, source=source, is_ended=is_ended,
        set_at=uow.now, set_by=uow.actor.id if uow.actor.id != NOBODY else None,
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await uow.emit(
        NewEvent(
            type="service.item_ended" if is_ended else "service.item_written", chain=f"node:{place.id}",
            subject_id=place.id, tenant=place.path, body={"code": code, "version": row.version, "name": name},
        )
    )  # fmt: skip
