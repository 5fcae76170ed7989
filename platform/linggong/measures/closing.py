"""Declared closures of stations (M20): said before they begin, by whoever manages places, and taken back when it opens again."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.measures.site_models import CLOSURES, SiteClosure
from linggong.measures.sites import SITES
from tenants import queries

MOST_DAYS = 120
KIND_WORDS = {"farm_season": "农忙停开", "renovation": "装修停开", "other": "其他停开"}


class ClosureForm(msgspec.Struct, forbid_unknown_fields=True):
    """A closure to declare: the station by path, id or code."""

    site: str
    first: date
    last: date
    kind: str
    note: str = ""


class ClosureView(msgspec.Struct, frozen=True, kw_only=True):
    """A declared closure."""

    id: UUID
    path: str
    site: str
    first: date
    last: date
    kind: str
    kind_words: str
    note: str
    ended_on: date | None


async def declare(uow: UnitOfWork, form: ClosureForm) -> SiteClosure:
    """Declare a closure. Raises NotFound for a foreign station, Invalid with every fault: days, kind, one that has begun already."""
    node = await queries.managed(uow, form.site)
    today, faults = clock.business_date(uow.now), []
    if node.kind not in SITES:
        faults.append(Fault("site", "请选一个站点。", "choice"))
    if form.first < today:
        faults.append(Fault("first", "要事先报备：第一天不能早于今天。", "past"))
    if not 0 <= (form.last - form.first).days < MOST_DAYS:
        faults.append(Fault("last", f"最后一天不能早于第一天，一次最多 {MOST_DAYS} 天。", "range"))
    if form.kind not in CLOSURES:
        faults.append(Fault("kind", "请选原因：农忙、装修、其他。", "choice"))
    note = form.note.strip()
    if len(note) > 200 or (form.kind == "other" and len(note) < 2):
        faults.append(Fault("note", "请写原因，2 到 200 个字。", "required"))
    if faults:
        raise Invalid(faults)
    row = SiteClosure(
        id=new_id(), tenant=node.path, first=form.first, last=form.last, kind=form.kind, note=note, declared_at=uow.now,
        declared_by=None if uow.actor.id == NOBODY else uow.actor.id,
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await _tell(uow, "site.closure_declared", node.id, node.path, first=form.first, last=form.last, kind=form.kind)
    return row


async def reopen(uow: UnitOfWork, closure_id: UUID) -> SiteClosure:
    """Note that a station is open again from today, before its closure ends. Raises NotFound, Conflict for one that is over."""
    row = await uow.session.scalar(
        sa.select(SiteClosure)
        .where(SiteClosure.id == closure_id, uow.scope.clause(SiteClosure.tenant))
        .with_for_update()
    )
    if row is None:
        raise NotFound
    today = clock.business_date(uow.now)
    if row.ended_on is not None or row.last < today:
        raise Conflict("这次停开已经结束了。")
    row.ended_on = max(today, row.first)
    await uow.flush()
    node = await queries.managed(uow, row.tenant)
    await _tell(uow, "site.closure_ended", node.id, node.path, on=row.ended_on)
    return row


async def declared(uow: UnitOfWork, top: TenantPath, *, since: date) -> list[ClosureView]:
    """Return the closures at and below a place that end on a day or later, the next first."""
    rows = list(
        await uow.session.scalars(
            sa.select(SiteClosure)
            .where(in_subtree(SiteClosure.tenant, top), uow.scope.clause(SiteClosure.tenant), SiteClosure.last >= since)
            .order_by(SiteClosure.first, SiteClosure.tenant)
        )
    )
    names = await queries.names(uow, {row.tenant for row in rows})
    return [
        ClosureView(
            id=row.id, path=row.tenant, site=names.get(row.tenant, ""), first=row.first, last=row.last, kind=row.kind,
            kind_words=KIND_WORDS[row.kind], note=row.note, ended_on=row.ended_on,
        )
        for row in rows
    ]  # fmt: skip


async def _tell(uow: UnitOfWork, what: str, node_id: UUID, path: str, **body: Any) -> None:
    await uow.emit(
        NewEvent(
            type=what, chain=f"node:{node_id}", subject_id=node_id, tenant=path,
            body={k: v.isoformat() if isinstance(v, date) else v for k, v in body.items()},
        )
    )  # fmt: skip
