"""Screens that stand in a station: registered by its staff, known by a secret address, alive as long as they say so.

The address is shown once, of its secret only a hash is kept. What a screen may read and do follows from where it stands: its
transactions are a system's, bound to the subtree of its station.
"""

from __future__ import annotations

import secrets as random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import Scope, TenantPath, tenant_path
from linggong.people.registration import place
from linggong.people.sessions import token_hash
from linggong.stations.models import KINDS, Screen, ScreenBeat

SILENT_AFTER = timedelta(minutes=5)
"""A screen beats every minute; one that was not heard for so long is called silent."""
_MOST = 20
_HOUR = timedelta(hours=1)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A screen that is asking: which one, and where it stands."""

    id: UUID
    kind: str
    tenant: TenantPath
    node_id: UUID
    station: str
    phone: str
    opening_hours: str

    @property
    def actor(self) -> Actor:
        """Who acts when the screen does: the system at its station, nowhere above."""
        return Actor(kind="system", post=self.tenant, channel=self.kind)

    @property
    def scope(self) -> Scope:
        """Its own station."""
        return Scope(trees=(self.tenant,))


class ScreenView(msgspec.Struct, frozen=True, kw_only=True):
    """A screen as the staff of its station see it; never its address."""

    id: UUID
    tenant: str
    kind: str
    name: str
    made_at: datetime
    last_beat: datetime | None
    beats_today: int
    alive: bool


class BeatView(msgspec.Struct, frozen=True, kw_only=True):
    """An hour in which a screen was alive: a sign that the station is open."""

    screen_id: UUID
    hour: datetime
    first_at: datetime
    last_at: datetime
    beats: int


async def register(
    uow: UnitOfWork, *, kind: str, name: str, at: TenantPath | None = None, token: str = ""
) -> tuple[Screen, str]:
    """Register a screen at the acting post, or at a node below it; returns it with the secret of its address.

    `token` is a documented secret of the demo; everybody else gets a random one. Raises Invalid with every fault, NotFound for a foreign node.
    """
    faults = []
    name = " ".join(name.split())
    if kind not in KINDS:
        faults.append(Fault("kind", "请选：大屏，还是自助机。", "unknown"))
    if not 1 <= len(name) <= 30 or not name.isprintable():
        faults.append(Fault("name", "给它起个名字，最多 30 个字，比如“大厅东墙”。", "name"))
    where = await place(uow, at)
    if where is None:
        raise NotFound
    here = (await uow.session.scalars(sa.select(Screen.name).where(Screen.tenant == where, _stands()))).all()
    if name in here:
        faults.append(Fault("name", "这里已经有一台叫这个名字的，请换一个。", "taken"))
    if len(here) >= _MOST:
        faults.append(Fault("", f"一个站点最多登记 {_MOST} 台，请先停用不用的。", "most"))
    if faults:
        raise Invalid(faults)
    token = token or random.token_urlsafe(24)
    made_by = uow.actor.id if uow.actor.kind == "staff" else None
    row = Screen(
        id=new_id(), tenant=where, kind=kind, name=name, token_hash=token_hash(token), made_by=made_by, made_at=uow.now
    )
    uow.session.add(row)
    await uow.flush()
    await _tell(uow, row, "screen.registered", kind=kind, name=name)
    return row, token


async def end(uow: UnitOfWork, screen_id: UUID) -> Screen:
    """Take a screen's address away: it shows nothing from the next look on. Saying it twice changes nothing. Raises NotFound."""
    row = await uow.session.get(Screen, screen_id, with_for_update=True)
    if row is None or not uow.scope.covers(row.tenant):
        raise NotFound
    if row.ended_at is None:
        row.ended_at, row.ended_by = uow.now, uow.actor.id
        await _tell(uow, row, "screen.ended", kind=row.kind, name=row.name)
    return row


async def listed(uow: UnitOfWork) -> list[ScreenView]:
    """Return the screens that stand in the scope, by place and name, with their last sign of life."""
    begin = uow.now - timedelta(hours=24)
    beats = (
        sa.select(
            ScreenBeat.screen_id,
            sa.func.max(ScreenBeat.last_at).label("last"),
            sa.func.sum(ScreenBeat.beats).label("n"),
        )
        .where(uow.scope.clause(ScreenBeat.tenant), ScreenBeat.hour > begin)
        .group_by(ScreenBeat.screen_id)
        .subquery()
    )
    rows = await uow.execute(
        sa.select(Screen, beats.c.last, beats.c.n)
        .outerjoin(beats, beats.c.screen_id == Screen.id)
        .where(uow.scope.clause(Screen.tenant), _stands())
        .order_by(Screen.tenant, Screen.kind.desc(), Screen.name)
        .limit(500)
    )
    return [
        ScreenView(
            id=s.id, tenant=s.tenant, kind=s.kind, name=s.name, made_at=s.made_at, last_beat=last,
            beats_today=int(n or 0), alive=last is not None and last > uow.now - SILENT_AFTER,
        )
        for s, last, n in rows
    ]  # fmt: skip


async def beats(uow: UnitOfWork, screen_id: UUID, *, hours: int = 48) -> list[BeatView]:
    """Return the hours in which a screen of the scope was alive, the latest first; raises NotFound."""
    row = await uow.session.get(Screen, screen_id)
    if row is None or not uow.scope.covers(row.tenant):
        raise NotFound
    found = await uow.session.scalars(
        sa.select(ScreenBeat)
        .where(ScreenBeat.screen_id == screen_id, ScreenBeat.hour > uow.now - timedelta(hours=hours))
        .order_by(ScreenBeat.hour.desc())
    )
    return [
        BeatView(screen_id=b.screen_id, hour=b.hour, first_at=b.first_at, last_at=b.last_at, beats=b.beats)
        for b in found
    ]


async def of_token(database: Database, token: str, kind: str) -> Standing:
    """Return the screen behind a secret address; raises NotFound for one that never was or is no more."""
    if not 20 <= len(token) <= 64 or not token.isascii():
        raise NotFound
    rows = await database.fetch_public(_BEHIND, token_hash(token), kind)
    if not rows:
        raise NotFound
    row = rows[0]
    return Standing(
        id=row["id"], kind=row["kind"], tenant=tenant_path(row["tenant"]), node_id=row["node_id"], station=row["station"],
        phone=row["phone"] or "", opening_hours=row["opening_hours"] or "",
    )  # fmt: skip


_BEHIND = "SELECT id, kind, tenant, node_id, station, phone, opening_hours FROM screen_of($1, $2)"


async def beat(database: Database, screen: Standing) -> None:
    """Note that a screen is alive, in the row of its hour: one row an hour, however often it says so."""
    async with database.begin(screen.actor, screen.scope) as uow:
        hour = uow.now.replace(minute=0, second=0, microsecond=0)
        new = insert(cast(sa.Table, ScreenBeat.__table__)).values(
            screen_id=screen.id, hour=hour, tenant=screen.tenant, first_at=uow.now, last_at=uow.now, beats=1
        )
        await uow.execute(
            new.on_conflict_do_update(
                index_elements=["screen_id", "hour"],
                set_={
                    "last_at": sa.func.greatest(ScreenBeat.last_at, new.excluded.last_at),
                    "beats": ScreenBeat.beats + 1,
                },
            )
        )


async def opening_evidence(
    uow: UnitOfWork, tenant: str, begin: datetime, end: datetime
) -> Sequence[tuple[datetime, datetime]]:
    """Return (first, last) sign of life of any screen of a node for each hour of a span: what liveliness reckons with (M19)."""
    rows = await uow.execute(
        sa.select(sa.func.min(ScreenBeat.first_at), sa.func.max(ScreenBeat.last_at))
        .where(ScreenBeat.tenant == tenant, ScreenBeat.hour >= begin - _HOUR, ScreenBeat.hour < end)
        .group_by(ScreenBeat.hour)
        .order_by(ScreenBeat.hour)
    )
    return [(first, last) for first, last in rows]


def _stands() -> sa.ColumnElement[bool]:
    return Screen.ended_at.is_(None)


async def _tell(uow: UnitOfWork, row: Screen, event: str, **body: object) -> None:
    await uow.emit(
        NewEvent(type=event, chain=f"screen:{row.id}", subject_id=row.id, tenant=row.tenant, body=dict(body))
    )
