"""From a figure to its records, from a record to what happened to it and who wrote it, and on to the hash check.

Everything is read within the scope of `audit:read`; persons are masked, and sealed values stay sealed.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.insight.behind import FIGURES, Window, linked_below
from linggong.kernel.audit import SEALED, Anchor, AuditRow
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.events import Event
from linggong.kernel.orm import Base
from linggong.kernel.paging import Page, decode_cursor, encode_cursor
from linggong.kernel.paths import TenantPath
from linggong.market.models import Order
from linggong.people.identity_numbers import veil_name
from linggong.people.models import Employer, Person, ServiceLink, Staff
from linggong.wages.models import Bill
from linggong.work.models import Assignment
from rbac.rowsecurity import declared
from tenants.models import Node

_MOST = 500
"""Rows of a record's trail that are read at once."""
_CHAINS = {"orders": "order", "persons": "person", "workers": "person", "employers": "employer", "nodes": "node"}


class RecordLine(msgspec.Struct, frozen=True, kw_only=True):
    """A record behind a figure, without anything that names a person in full."""

    table: str
    id: str
    title: str
    state: str
    at: datetime
    tenant: str | None
    amount_fen: int | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A column before and after; `sealed` when its values may not be read here."""

    column: str
    before: Any
    after: Any
    sealed: bool = False


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """Who did something, at which post, through which door."""

    kind: str
    id: UUID | None
    name: str | None
    on_behalf_of: UUID | None
    role: str
    post: str | None
    channel: str
    request_id: str


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """One audit row, readable."""

    id: int
    chain: UUID
    n: int
    op: str
    at: datetime
    recorded_at: datetime
    by: Written
    changes: list[Change]
    hash: str


class EventLine(msgspec.Struct, frozen=True, kw_only=True):
    """One event, readable."""

    chain: str
    n: int
    type: str
    at: datetime
    by: Written
    body: dict[str, Any]
    hash: str


class RecordTrail(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of what happened to a record. `more`: there is more than is shown."""

    table: str
    id: str
    audit: list[AuditLine]
    events: list[EventLine]
    more: bool


class ChainFault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong at which number of a chain."""

    n: int | None
    kind: str
    subject: str
    detail: str


class ChainCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The check of one chain."""

    log: str
    chain: str
    rows: int
    whole: bool
    faults: list[ChainFault]


class AnchorView(msgspec.Struct, frozen=True, kw_only=True):
    """An anchor over all chains."""

    id: int
    taken_at: datetime
    heads: int
    hash: str


async def records(
    uow: UnitOfWork, top: Node, figure: str, *, day: date, days: int, cursor: str | None = None, limit: int = 50
) -> Page[RecordLine]:
    """Return what a figure of the overview counts below `top`, the newest first.

    Raises Invalid for an unknown figure or a window outside 1 to 366 days.
    """
    if figure not in FIGURES or not 1 <= days <= 366:
        raise Invalid([Fault("figure", "没有这个数字，请从总览里点。", "figure")])
    asked = FIGURES[figure]
    model = asked.model
    window = Window(day - timedelta(days=days - 1), day, uow.now)
    place = ServiceLink.tenant if asked.linked else model.tenant
    path = TenantPath(top.path)
    within = sa.and_(place >= path, place < path + "~", uow.scope.clause(place))
    test = linked_below(model.id, within) if asked.linked else within
    query = sa.select(model).where(test, asked.counts(window)).order_by(model.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(model.id < decode_cursor(cursor, UUID)[0])
    found = list(await uow.session.scalars(query))
    orders = await _orders(uow, {row.order_id for row in found if isinstance(row, Assignment | Bill)})
    items = [_line(row, orders) for row in found[:limit]]
    return Page(items, encode_cursor(items[-1].id) if len(found) > limit else None)


async def _orders(uow: UnitOfWork, ids: set[UUID]) -> dict[UUID, str]:
    if not ids:
        return {}
    rows = await uow.execute(sa.select(Order.id, Order.title).where(Order.id.in_(ids)))
    return {row.id: row.title for row in rows}


def _line(row: Any, orders: dict[UUID, str]) -> RecordLine:
    common: dict[str, Any] = {"table": row.__tablename__, "id": str(row.id), "tenant": getattr(row, "tenant", None)}
    if isinstance(row, Order):
        return RecordLine(**common, title=row.title, state=row.state, at=row.starts_at)
    if isinstance(row, Assignment):
        return RecordLine(**common, title=orders.get(row.order_id, ""), state=row.state, at=row.starts_at)
    if isinstance(row, Bill):
        return RecordLine(
            **common, title=orders.get(row.order_id, ""), state=row.state, at=row.due_at, amount_fen=row.total_fen
        )
    if isinstance(row, Employer):
        name = veil_name(row.name) if row.kind == "individual" else row.name
        return RecordLine(**common, title=name, state=row.status, at=row.created_at)
    person: Person = row
    return RecordLine(**common, title=veil_name(person.name), state=person.status, at=person.created_at)


async def record(uow: UnitOfWork, table: str, row_id: str) -> RecordTrail:
    """Return a record's audit rows and events, oldest first. Raises NotFound when there is none that may be read."""
    model = Base.metadata.tables.get(table)
    if model is None or declared(model).audit or not 1 <= len(row_id) <= 200:
        raise NotFound
    rows = list(
        await uow.session.scalars(
            sa.select(AuditRow)
            .where(AuditRow.table_name == table, AuditRow.row_id == row_id, uow.scope.clause(AuditRow.tenant))
            .order_by(AuditRow.id)
            .limit(_MOST + 1)
        )
    )
    about = [Event.chain == f"{_CHAINS[table]}:{row_id}"] if table in _CHAINS else []
    with contextlib.suppress(ValueError):
        about.append(Event.subject_id == UUID(row_id))
    told = []
    if about:
        found = await uow.session.scalars(
            sa.select(Event)
            .where(sa.or_(*about), uow.scope.clause(Event.tenant))
            .order_by(Event.recorded_at, Event.chain, Event.n)
            .limit(_MOST + 1)
        )
        told = list(found)
    if not rows and not told:
        raise NotFound
    names = await _names(uow, [*rows, *told])
    return RecordTrail(
        table=table,
        id=row_id,
        audit=[_audit_line(row, names) for row in rows[:_MOST]],
        events=[_event_line(row, names) for row in told[:_MOST]],
        more=len(rows) > _MOST or len(told) > _MOST,
    )


async def _names(uow: UnitOfWork, rows: Iterable[Any]) -> dict[UUID, str]:
    """Return the names of staff and of posts' places, by id; whoever is not staff stays a number."""
    staff = {row.actor_id for row in rows if row.actor_kind == "staff" and row.actor_id is not None}
    nodes = {row.post_node for row in rows if isinstance(row, AuditRow) and row.post_node is not None}
    found: dict[UUID, str] = {}
    if staff:
        found |= {r.id: r.name for r in await uow.execute(sa.select(Staff.id, Staff.name).where(Staff.id.in_(staff)))}
    if nodes:
        found |= {r.id: r.name for r in await uow.execute(sa.select(Node.id, Node.name).where(Node.id.in_(nodes)))}
    return found


def _by(row: Any, names: dict[UUID, str]) -> Written:
    post = getattr(row, "post_node", None)
    return Written(
        kind=row.actor_kind,
        id=row.actor_id,
        name=names.get(row.actor_id),
        on_behalf_of=row.on_behalf_of,
        role=getattr(row, "role", ""),
        post=names.get(post) if post else None,
        channel=row.channel,
        request_id=row.request_id,
    )


def _audit_line(row: AuditRow, names: dict[UUID, str]) -> AuditLine:
    before = json.loads(row.before) if row.before else {}
    after = json.loads(row.after) if row.after else {}
    changes = []
    for column in sorted(before.keys() | after.keys()):
        was, now = before.get(column), after.get(column)
        sealed = SEALED in (was, now) or any(isinstance(v, str) and v.startswith("\\x") for v in (was, now))
        changes.append(
            Change(column=column, before=None if sealed else was, after=None if sealed else now, sealed=sealed)
        )
    return AuditLine(
        id=row.id,
        chain=row.chain,
        n=row.n,
        op=row.op,
        at=row.occurred_at,
        recorded_at=row.recorded_at,
        by=_by(row, names),
        changes=changes,
        hash=row.hash.hex(),
    )


def _event_line(row: Event, names: dict[UUID, str]) -> EventLine:
    return EventLine(
        chain=row.chain,
        n=row.n,
        type=row.type,
        at=row.occurred_at,
        by=_by(row, names),
        body=json.loads(row.body),
        hash=row.hash.hex(),
    )


async def check(uow: UnitOfWork, log: str, chain: str) -> ChainCheck:
    """Check one chain ('audit' by a node's id, 'events' by its name). Raises NotFound unless one of its rows may be read."""
    if log == "audit":
        try:
            UUID(chain)
        except ValueError:
            raise NotFound from None
    elif log != "events":
        raise NotFound
    table: Any = AuditRow if log == "audit" else Event
    asked = UUID(chain) if log == "audit" else chain
    readable = sa.exists().where(table.chain == asked, uow.scope.clause(table.tenant))
    if not await uow.session.scalar(sa.select(readable)):
        raise NotFound
    rows = (
        await uow.execute(
            sa.text("SELECT rows, n, kind, subject, detail FROM audit_check(:log, :chain)"),
            {"log": log, "chain": chain},
        )
    ).all()
    if not rows:
        raise NotFound
    faults = [ChainFault(n=r.n, kind=r.kind, subject=r.subject, detail=r.detail) for r in rows[1:]]
    return ChainCheck(log=log, chain=chain, rows=rows[0].rows, whole=not faults, faults=faults)


async def anchors(uow: UnitOfWork, *, limit: int = 30) -> list[AnchorView]:
    """Return the latest anchors over all chains."""
    rows = await uow.session.scalars(sa.select(Anchor).order_by(Anchor.id.desc()).limit(limit))
    return [AnchorView(id=r.id, taken_at=r.taken_at, heads=r.heads, hash=r.hash.hex()) for r in rows]
