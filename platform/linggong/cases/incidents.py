"""The register of incidents (R112): whoever sees one writes it down, the bureau confirms it, only what is confirmed counts."""

from __future__ import annotations

from datetime import date, datetime
from typing import cast
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.cases import codes, common
from linggong.cases.injury_models import Incident
from linggong.kernel.clock import day_bounds
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paging import Page, decode_cursor, encode_cursor
from linggong.market.models import Order
from linggong.offices import duties


class IncidentView(msgspec.Struct, frozen=True, kw_only=True):
    """One incident."""

    id: UUID
    tenant: str
    kind: str
    kind_words: str
    status: str
    happened_at: datetime
    words: str
    order_id: UUID | None
    findings: str
    own: bool
    """The reader's own entry: somebody else confirms it."""


class IncidentCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many of a kind are confirmed, and how many wait."""

    kind: str
    kind_words: str
    confirmed: int
    waiting: int
    unfounded: int


async def record(
    uow: UnitOfWork, *, kind: str, words: str, happened_at: datetime, order_id: UUID | None = None
) -> Incident:
    """Write an incident down at the acting post. Raises Invalid with every fault, NotFound for an order out of sight."""
    faults: list[Fault] = []
    said = common.words(faults, "words", words, least=4)
    if kind not in codes.INCIDENTS:
        faults.append(Fault("kind", "请选是哪一类事件。", "unknown"))
    if happened_at > uow.now:
        faults.append(Fault("happened_at", "发生时间不能在将来。", "range"))
    tenant = uow.actor.post
    if order_id is not None:
        tenant = await uow.session.scalar(
            sa.select(Order.tenant).where(Order.id == order_id, uow.scope.clause(Order.tenant))
        )
    if tenant is None:
        raise NotFound
    if faults:
        raise Invalid(faults)
    row = Incident(
        id=new_id(), tenant=tenant, kind=kind, status="reported", happened_at=happened_at, words=said, order_id=order_id,
        reported_by=uow.actor.id, reported_at=uow.now, findings="",
    )  # fmt: skip
    uow.session.add(row)
    await _tell(uow, row, "incident.recorded")
    return row


async def decide(uow: UnitOfWork, incident_id: UUID, *, confirmed: bool, findings: str) -> Incident:
    """Confirm an incident or find it unfounded, once; another hand than the one that wrote it down (invariant 13)."""
    row = await uow.session.scalar(
        sa.select(Incident).where(Incident.id == incident_id, uow.scope.clause(Incident.tenant)).with_for_update()
    )
    if row is None:
        raise NotFound
    await duties.require_other_hand(uow, "record-confirm", subject=row.id)
    if row.status != "reported":
        raise Conflict("这件已经认定过了。")
    faults: list[Fault] = []
    said = common.words(faults, "findings", findings, least=4)
    if faults:
        raise Invalid(faults)
    row.status = "confirmed" if confirmed else "unfounded"
    row.findings, row.decided_by, row.decided_at = said, uow.actor.id, uow.now
    await _tell(uow, row, "incident.decided")
    return row


async def _tell(uow: UnitOfWork, row: Incident, event: str) -> None:
    await uow.flush()
    await uow.emit(
        NewEvent(
            type=event, chain=f"order:{row.order_id}" if row.order_id else f"incident:{row.id}", subject_id=row.id,
            tenant=row.tenant, body={"kind": row.kind, "status": row.status},
        )
    )  # fmt: skip


async def page(uow: UnitOfWork, *, status: str | None, cursor: str | None, limit: int) -> Page[IncidentView]:
    """Return the register, the newest first."""
    conditions = [uow.scope.clause(Incident.tenant)]
    if status is not None:
        conditions.append(Incident.status == status)
    if cursor is not None:
        at, key = decode_cursor(cursor, datetime, UUID)
        conditions.append(
            sa.tuple_(Incident.happened_at, Incident.id)
            < sa.tuple_(sa.literal(cast(datetime, at)), sa.literal(cast(UUID, key)))
        )
    rows = (
        await uow.session.scalars(
            sa.select(Incident)
            .where(*conditions)
            .order_by(Incident.happened_at.desc(), Incident.id.desc())
            .limit(limit + 1)
        )
    ).all()
    items = [view(uow, row) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(items, encode_cursor(items[-1].happened_at.isoformat(), str(items[-1].id)) if more else None)


def view(uow: UnitOfWork, row: Incident) -> IncidentView:
    """Return an incident as staff read it."""
    return IncidentView(
        id=row.id, tenant=row.tenant, kind=row.kind, kind_words=codes.INCIDENTS[row.kind], status=row.status,
        happened_at=row.happened_at, words=row.words, order_id=row.order_id, findings=row.findings,
        own=row.reported_by == uow.actor.id,
    )  # fmt: skip


async def counts(uow: UnitOfWork, first: date, last: date) -> list[IncidentCount]:
    """Return the numbers of a period by kind; only the confirmed ones count in an assessment (R112)."""
    begin, end = day_bounds(first)[0], day_bounds(last)[1]
    rows = await uow.execute(
        sa.select(
            Incident.kind,
            sa.func.count().filter(Incident.status == "confirmed"),
            sa.func.count().filter(Incident.status == "reported"),
            sa.func.count().filter(Incident.status == "unfounded"),
        )
        .where(uow.scope.clause(Incident.tenant), Incident.happened_at >= begin, Incident.happened_at < end)
        .group_by(Incident.kind)
    )
    found = {kind: (yes, open_, no) for kind, yes, open_, no in rows}
    return [
        IncidentCount(
            kind=kind, kind_words=words, confirmed=found.get(kind, (0, 0, 0))[0], waiting=found.get(kind, (0, 0, 0))[1],
            unfounded=found.get(kind, (0, 0, 0))[2],
        )
        for kind, words in codes.INCIDENTS.items()
    ]  # fmt: skip
