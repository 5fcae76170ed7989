"""Population of the tree's places: data with a source and a day, never guessed (M19, M24).

A figure may be set at any region; what is summed up is the finest that is known, so that a street is not counted beside its own
communities.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from msgspec import Meta
from sqlalchemy.dialects.postgresql import distinct_on, insert

from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath, in_subtree
from tenants.kinds import REGION_KINDS
from tenants.models import Node, NodePopulation

_CODE = 12
_MOST = 50_000_000


class PopulationInput(msgspec.Struct, forbid_unknown_fields=True):
    """One line of a population paper; the place by its 12-digit code or its path."""

    place: Annotated[str, Meta(max_length=120)]
    residents: int
    as_of: date
    source: str
    working_age: int | None = None
    is_sample: bool = False


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """The latest population of a region, with the region's point where one is known."""

    path: str
    name: str
    code: str
    residents: int
    working_age: int | None
    as_of: date
    source: str
    is_sample: bool
    latitude: float | None
    longitude: float | None


async def load(uow: UnitOfWork, lines: Sequence[PopulationInput]) -> int:
    """Write lines of a paper, each in place of one of the same day; return how many.

    Raises Invalid with every fault of every line: a place that is not a region of the scope, numbers, a missing source.
    """
    known = {
        ref: row.path
        for row in await uow.execute(
            sa.select(Node.path, Node.division_code).where(
                uow.scope.clause(Node.path),
                Node.kind.in_([kind.value for kind in REGION_KINDS]),
                sa.or_(
                    Node.path.in_({line.place for line in lines}),
                    Node.division_code.in_({line.place for line in lines}),
                ),
            )
        )
        for ref in (row.path, row.division_code)
    }
    faults = [fault for n, line in enumerate(lines) for fault in _faults(n, line, line.place in known)]
    if not lines:
        faults.append(Fault("lines", "一行也没有。", "required"))
    if faults:
        raise Invalid(faults)
    by = None if uow.actor.id == NOBODY else uow.actor.id
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(), "tenant": known[line.place], "as_of": line.as_of, "residents": line.residents,
            "working_age": line.working_age, "source": line.source.strip(), "is_sample": line.is_sample, "set_at": uow.now,
            "set_by": by,
        }
        for line in lines
    ]  # fmt: skip
    add = insert(NodePopulation)
    told = ("residents", "working_age", "source", "is_sample", "set_at", "set_by")
    again = {name: add.excluded[name] for name in told}
    await uow.execute(add.on_conflict_do_update(index_elements=["tenant", "as_of"], set_=again), rows)
    return len(lines)


def _faults(n: int, line: PopulationInput, known: bool) -> Iterable[Fault]:
    if not known:
        yield Fault(f"lines.{n}.place", "没有这个地区，或者不归您管。请填 12 位区划代码或路径。", "place")
    if not 0 <= line.residents <= _MOST:
        yield Fault(f"lines.{n}.residents", "人口要在 0 到 5000 万之间。", "range")
    elif line.working_age is not None and not 0 <= line.working_age <= line.residents:
        yield Fault(f"lines.{n}.working_age", "劳动年龄人口不能多于总人口。", "range")
    if not 1 <= len(line.source.strip()) <= 200:
        yield Fault(f"lines.{n}.source", "请写数据来源，例如公报的名称，最多 200 个字。", "required")


async def areas(uow: UnitOfWork, top: TenantPath, *, until: date, finest: bool = True) -> list[Area]:
    """Return the latest population, not later than a day, of the regions at and below a place, in the tree's order.

    `finest`: without a region below which another has a figure, so that nobody is counted twice.
    """
    latest = (
        sa.select(
            Node.path, Node.name, Node.division_code, Node.latitude, Node.longitude, NodePopulation.residents,
            NodePopulation.working_age, NodePopulation.as_of, NodePopulation.source, NodePopulation.is_sample,
        )
        .join(NodePopulation, NodePopulation.tenant == Node.path)
        .where(in_subtree(Node.path, top), NodePopulation.as_of <= until)
        .ext(distinct_on(Node.path))
        .order_by(Node.path, NodePopulation.as_of.desc())
    )  # fmt: skip
    found = [
        Area(
            path=row.path, name=row.name, code=row.division_code or "", residents=row.residents,
            working_age=row.working_age, as_of=row.as_of, source=row.source, is_sample=row.is_sample,
            latitude=row.latitude, longitude=row.longitude,
        )
        for row in await uow.execute(latest)
    ]  # fmt: skip
    if not finest:
        return found
    # In order of paths whatever lies below a region follows it.
    return [a for n, a in enumerate(found) if not any(b.path.startswith(a.path) for b in found[n + 1 : n + 2])]
