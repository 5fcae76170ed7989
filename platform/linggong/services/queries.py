"""Matters as the desk, the person and the receipt see them: lists with clocks, the whole of one, the rate of in time (R097)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paths import in_subtree, tenant_path
from linggong.people.identity_numbers import veil_name
from linggong.people.models import Staff
from linggong.services import codes
from linggong.services.models import ServiceEntry, ServiceNote
from rbac.models import RoleAssignment

Which = Literal["open", "late", "mine", "ended"]
_SHOWN = 200


def until_words(due_at: datetime) -> str:
    """Say the end of a time as people do: a day ends at 24:00."""
    at = clock.shanghai(due_at)
    if at.time() == time():
        return f"{at - timedelta(days=1):%Y-%m-%d} 24:00"
    return f"{at:%Y-%m-%d %H:%M}"


class EntryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One matter in a list; the name is veiled."""

    id: UUID
    trace_code: str
    tenant: str
    item: str
    code: str
    name: str
    state: str
    state_words: str
    owner_id: UUID | None
    handler_id: UUID | None
    happened_at: datetime
    due_at: datetime
    is_late: bool
    referred_to: str
    missing: list[str]
    breaches: list[str]
    breach_words: list[str]
    ended_at: datetime | None
    outcome: str
    case_id: UUID | None
    materials: list[str]

    @property
    def due_words(self) -> str:
        """The end of the time, as people say it: a day ends at 24:00."""
        return until_words(self.due_at)


class NoteLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing done in a matter."""

    kind: str
    kind_words: str
    words: str
    by: str
    to: str
    at: datetime


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of a matter."""

    line: EntryLine
    words: str
    channel: str
    limit_words: str
    materials: list[str]
    told_at: datetime | None
    reference: str
    referred_at: datetime | None
    created_at: datetime
    owner: str
    handler: str
    worker_id: UUID | None
    notes: list[NoteLine]


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """How many matters ended in a period, how many of them in time, and what stands open; `share` is empty without any."""

    ended: int
    in_time: int
    told_twice: int
    open: int
    late_open: int

    @property
    def share(self) -> float | None:
        """Of those that ended, in time."""
        return None if not self.ended else self.in_time / self.ended


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """A member of staff to whom a matter can be handed."""

    id: UUID
    name: str


def late_now(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    """Return the test that a matter is open and over its time; while papers are missing the clock stands."""
    return sa.and_(ServiceEntry.state.in_(("open", "referred")), ServiceEntry.due_at < uow.now)


async def late_count(uow: UnitOfWork) -> int:
    """Return how many matters of the acting post's places are over their time."""
    where = (uow.scope.clause(ServiceEntry.tenant), late_now(uow))
    return int(await uow.session.scalar(sa.select(sa.func.count()).select_from(ServiceEntry).where(*where)) or 0)


async def entries(uow: UnitOfWork, which: Which = "open", *, limit: int = _SHOWN) -> list[EntryLine]:
    """Return matters of the acting post's places: what runs out first on top, of ended ones the latest."""
    statement = sa.select(ServiceEntry).where(uow.scope.clause(ServiceEntry.tenant)).limit(limit)
    if which == "ended":
        ended = ServiceEntry.state.in_(("done", "withdrawn"))
        statement = statement.where(ended).order_by(ServiceEntry.ended_at.desc(), ServiceEntry.id)
    else:
        statement = statement.where(ServiceEntry.state.in_(codes.OPEN_STATES)).order_by(
            ServiceEntry.state == "waiting", ServiceEntry.due_at, ServiceEntry.id
        )
        if which == "late":
            statement = statement.where(late_now(uow))
        elif which == "mine":
            mine = sa.or_(ServiceEntry.owner_id == uow.actor.id, ServiceEntry.handler_id == uow.actor.id)
            statement = statement.where(mine)
    return [line(uow, row) for row in await uow.session.scalars(statement)]


def line(uow: UnitOfWork, row: ServiceEntry) -> EntryLine:
    """Return a matter as a list shows it."""
    late = row.state in ("open", "referred") and row.due_at < uow.now
    return EntryLine(
        id=row.id, trace_code=row.trace_code, tenant=row.tenant, item=row.item_name, code=row.code,
        name=veil_name(row.name), state=row.state, state_words=codes.STATES[row.state], owner_id=row.owner_id,
        handler_id=row.handler_id, happened_at=row.happened_at, due_at=row.due_at, is_late=late,
        referred_to=row.referred_to, missing=list(row.missing), breaches=list(row.breaches),
        breach_words=[codes.BREACHES[b] for b in row.breaches], ended_at=row.ended_on_at, outcome=row.outcome, case_id=row.case_id,
        materials=list(row.materials),
    )  # fmt: skip


async def one(uow: UnitOfWork, entry_id: UUID) -> EntryView:
    """Return the whole of a matter to the place's staff; raises NotFound."""
    row = await uow.session.scalar(
        sa.select(ServiceEntry)
        .where(ServiceEntry.id == entry_id, uow.scope.clause(ServiceEntry.tenant))
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    notes = list(
        await uow.session.scalars(
            sa.select(ServiceNote).where(ServiceNote.entry_id == row.id).order_by(ServiceNote.at, ServiceNote.id)
        )
    )
    people = {row.owner_id, row.handler_id, *(n.by_id for n in notes), *(n.to_id for n in notes)}
    names = await staff_names(uow, [p for p in people if p is not None])
    return EntryView(
        line=line(uow, row), words=row.words, channel=codes.CHANNELS[row.channel],
        limit_words=f"{row.limit_n}{codes.UNITS[row.limit_unit]}", materials=list(row.materials), told_at=row.told_at,
        reference=row.reference, referred_at=row.referred_at, created_at=row.created_at,
        owner=name_of(names, row.owner_id), handler=name_of(names, row.handler_id), worker_id=row.worker_id,
        notes=[
            NoteLine(
                kind=n.kind, kind_words=codes.NOTES[n.kind], words=n.words, by=name_of(names, n.by_id),
                to=name_of(names, n.to_id), at=n.at,
            )
            for n in notes
        ],
    )  # fmt: skip


async def mine(uow: UnitOfWork, *, limit: int = 20) -> list[EntryLine]:
    """Return the signed-in person's own matters, the latest first."""
    rows = await uow.session.scalars(
        sa.select(ServiceEntry)
        .where(ServiceEntry.worker_id == uow.actor.id)
        .order_by(ServiceEntry.happened_at.desc(), ServiceEntry.id)
        .limit(limit)
    )
    return [line(uow, row) for row in rows]


async def rate(uow: UnitOfWork, path: str, first: datetime, until: datetime) -> Rate:
    """Return how many matters of a place and below ended from `first` up to before `until`, in time or not (R097)."""
    within = sa.and_(uow.scope.clause(ServiceEntry.tenant), in_subtree(ServiceEntry.tenant, tenant_path(path)))
    ended = sa.and_(ServiceEntry.state == "done", ServiceEntry.ended_on_at >= first, ServiceEntry.ended_on_at < until)

    def count(test: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.count().filter(test)

    row = (
        await uow.execute(
            sa.select(
                count(ended),
                count(sa.and_(ended, ~ServiceEntry.breaches.contains(["late"]))),
                count(sa.and_(ended, ServiceEntry.breaches.contains(["told_twice"]))),
                count(ServiceEntry.state.in_(codes.OPEN_STATES)),
                count(late_now(uow)),
            ).where(within)
        )
    ).one()
    return Rate(ended=row[0], in_time=row[1], told_twice=row[2], open=row[3], late_open=row[4])


async def staff_names(uow: UnitOfWork, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """Return names of members of staff, as far as the reader's post sees them."""
    rows = await uow.execute(sa.select(Staff.id, Staff.name).where(Staff.id.in_(ids)))
    return {row.id: row.name for row in rows}


def name_of(names: Mapping[UUID, str], staff_id: UUID | None) -> str:
    """Return a name, or what stands for it."""
    return "" if staff_id is None else names.get(staff_id, "工作人员")


async def colleagues(uow: UnitOfWork) -> list[Colleague]:
    """Return who works at the acting post today."""
    if uow.actor.post is None:
        return []
    rows = await uow.execute(
        sa.select(Staff.id, Staff.name)
        .join(RoleAssignment, RoleAssignment.staff_id == Staff.id)
        .where(
            RoleAssignment.tenant == uow.actor.post,
            Staff.status == "active",
            sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > uow.now),
        )
        .distinct()
        .order_by(Staff.name, Staff.id)
    )
    return [Colleague(id=row.id, name=row.name) for row in rows]
