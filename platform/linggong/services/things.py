"""Tools, rooms and lockers of a hall: lent, booked, given back; all free and recorded (R036, ruling 25)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.kernel import clock
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id, short_code
from linggong.people.identity_numbers import veil_name
from linggong.people.text import clean
from linggong.services import codes, entries
from linggong.services.hall_models import Thing, ThingUse
from linggong.services.who import recognise

_LONGEST: Final = timedelta(days=31)
Line = Annotated[str, Meta(max_length=200)]


class UseForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Who takes a thing and until when; a room also from when, and may be for an employer."""

    who: Line = ""
    note: Line = ""
    from_at: datetime | None = None
    until: datetime | None = None
    employer_id: UUID | None = None


class ThingLine(msgspec.Struct, frozen=True, kw_only=True):
    """A thing with who has it now; the name is veiled."""

    id: UUID
    kind: str
    kind_words: str
    name: str
    use_id: UUID | None
    by: str
    until: datetime | None
    is_late: bool


class UseLine(msgspec.Struct, frozen=True, kw_only=True):
    """A use in a list."""

    id: UUID
    trace_code: str
    thing: str
    kind: str
    kind_words: str
    by: str
    note: str
    from_at: datetime
    until: datetime
    back_at: datetime | None
    condition_words: str


async def add(uow: UnitOfWork, kind: str, name: str) -> Thing:
    """Register a thing of the acting post. Raises Invalid with every fault, Conflict for a name that is taken, NotFound."""
    post = entries.post_of(uow)
    faults: list[Fault] = []
    called = clean(faults, "name", name, most=30, least=2)
    if kind not in codes.THINGS:
        faults.append(Fault("kind", "请选是工具、场地还是寄存柜。", "choice"))
    if faults:
        raise Invalid(faults)
    taken = sa.select(Thing.id).where(Thing.tenant == post, Thing.name == called, Thing.ended_at.is_(None))
    if await uow.session.scalar(taken):
        raise Conflict(f"已经有“{called}”了，请加个号，例如“{called}2”。")
    row = Thing(id=new_id(), tenant=post, kind=kind, name=called, created_at=uow.now, created_by=_me(uow))
    uow.session.add(row)
    await uow.flush()
    await _tell(uow, "thing.added", row.id, row.tenant, kind=kind)
    return row


async def retire(uow: UnitOfWork, thing_id: UUID) -> None:
    """Take a thing off the list. Raises Conflict while somebody has it, NotFound."""
    row = await _thing(uow, thing_id)
    if await _out(uow, row.id) is not None:
        raise Conflict("还没有还回来，不能去掉。")
    row.ended_at = uow.now
    await uow.flush()
    await _tell(uow, "thing.ended", row.id, row.tenant)


async def use(uow: UnitOfWork, sealer: Sealer, thing_id: UUID, form: UseForm) -> ThingUse:
    """Lend a tool, give a locker, book a room. Raises Invalid with every fault, Conflict for what is out or taken then, NotFound."""
    row = await _thing(uow, thing_id)
    faults: list[Fault] = []
    is_room = row.kind == "room"
    name, worker_id = "", None
    if is_room:
        # An employer or an agency comes by the name of the firm.
        name = clean(faults, "who", form.who, most=60, least=2)
    else:
        found = await recognise(uow, sealer, form.who, faults)
        name, worker_id = found.name, found.person_id
    note = clean(faults, "note", form.note, most=100, least=2 if is_room else 0)
    begins = form.from_at or uow.now
    until = form.until or clock.at_shanghai(clock.business_date(begins), time(23, 59))
    if until <= begins:
        faults.append(Fault("until", "结束时间要晚于开始时间，请改。", "order"))
    elif until - begins > _LONGEST:
        faults.append(Fault("until", f"一次最多 {_LONGEST.days} 天。", "range"))
    if is_room and begins < uow.now - timedelta(hours=12):
        faults.append(Fault("from_at", "开始时间已经过去太久，请改。", "past"))
    elif not is_room and form.from_at is not None and form.from_at > uow.now:
        faults.append(Fault("from_at", "借出时间比现在还晚，请核对。", "future"))
    if faults:
        raise Invalid(faults)
    if is_room:
        await _room_is_free(uow, row, begins, until)
    elif (out := await _out(uow, row.id)) is not None:
        due = clock.shanghai(out.until)
        raise Conflict(f"“{row.name}”还在{veil_name(out.name)}那里，说好 {due:%m月%d日 %H:%M} 还。")
    made = ThingUse(
        id=new_id(), trace_code=short_code(), tenant=row.tenant, worker_id=worker_id, employer_id=form.employer_id,
        thing_id=row.id, kind=row.kind, name=name, note=note, from_at=begins, until=until, created_at=uow.now,
        by_id=_me(uow),
    )  # fmt: skip
    uow.session.add(made)
    await uow.flush()
    await _tell(uow, "thing.taken", made.id, made.tenant, person_id=worker_id, kind=row.kind)
    return made


async def give_back(uow: UnitOfWork, use_id: UUID, condition: str = "good") -> ThingUse:
    """Note that a thing is back and how; a booking ends or is given up. Raises Invalid, Conflict for what is back, NotFound."""
    row = await uow.session.scalar(
        sa.select(ThingUse)
        .where(ThingUse.id == use_id, uow.scope.clause(ThingUse.tenant))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    if condition not in codes.CONDITIONS:
        raise Invalid([Fault("condition", "请选还回来时的样子。", "choice")])
    if row.back_at is not None:
        raise Conflict("已经还了，不用再记。")
    row.back_at, row.condition = max(uow.now, row.from_at), condition
    await uow.flush()
    await _tell(uow, "thing.back", row.id, row.tenant, person_id=row.worker_id, condition=condition)
    return row


async def things(uow: UnitOfWork) -> list[ThingLine]:
    """Return the things of the acting post's places with who has them; rooms as they are at this moment."""
    now_used = sa.and_(
        ThingUse.thing_id == Thing.id,
        ThingUse.back_at.is_(None),
        sa.or_(Thing.kind != "room", sa.and_(ThingUse.from_at <= uow.now, ThingUse.until > uow.now)),
    )
    rows = await uow.execute(
        sa.select(Thing, ThingUse)
        .outerjoin(ThingUse, now_used)
        .where(uow.scope.clause(Thing.tenant), Thing.ended_at.is_(None))
        .order_by(Thing.kind.desc(), Thing.name, Thing.id)
    )
    return [
        ThingLine(
            id=thing.id, kind=thing.kind, kind_words=codes.THINGS[thing.kind], name=thing.name,
            use_id=None if used is None else used.id, by="" if used is None else _shown(used),
            until=None if used is None else used.until, is_late=used is not None and used.until < uow.now,
        )
        for thing, used in rows
    ]  # fmt: skip


async def uses(uow: UnitOfWork, *, ahead: bool = False, limit: int = 30) -> list[UseLine]:
    """Return the latest uses, or (`ahead`) the bookings to come, the next first."""
    statement = (
        sa.select(ThingUse, Thing.name)
        .join(Thing, Thing.id == ThingUse.thing_id)
        .where(uow.scope.clause(ThingUse.tenant))
        .limit(limit)
    )
    if ahead:
        coming = sa.and_(ThingUse.kind == "room", ThingUse.until > uow.now, ThingUse.back_at.is_(None))
        statement = statement.where(coming).order_by(ThingUse.from_at, ThingUse.id)
    else:
        statement = statement.order_by(ThingUse.from_at.desc(), ThingUse.id)
    return [
        UseLine(
            id=row.id, trace_code=row.trace_code, thing=name, kind=row.kind, kind_words=codes.USES[row.kind],
            by=_shown(row), note=row.note, from_at=row.from_at, until=row.until, back_at=row.back_at,
            condition_words=codes.CONDITIONS.get(row.condition or "", ""),
        )
        for row, name in (await uow.execute(statement))
    ]  # fmt: skip


def _shown(row: ThingUse) -> str:
    return row.name if row.kind == "room" else veil_name(row.name)


async def _thing(uow: UnitOfWork, thing_id: UUID) -> Thing:
    row = await uow.session.scalar(
        sa.select(Thing)
        .where(Thing.id == thing_id, uow.scope.clause(Thing.tenant), Thing.ended_at.is_(None))
        .with_for_update()
    )
    if row is None:
        raise NotFound
    return row


async def _out(uow: UnitOfWork, thing_id: UUID) -> ThingUse | None:
    found: ThingUse | None = await uow.session.scalar(
        sa.select(ThingUse).where(
            ThingUse.thing_id == thing_id, ThingUse.back_at.is_(None),
            sa.or_(ThingUse.kind != "room", ThingUse.until > uow.now),
        ).limit(1)
    )  # fmt: skip
    return found


async def _room_is_free(uow: UnitOfWork, row: Thing, begins: datetime, until: datetime) -> None:
    other = await uow.session.scalar(
        sa.select(ThingUse).where(
            ThingUse.thing_id == row.id, ThingUse.back_at.is_(None), ThingUse.from_at < until, ThingUse.until > begins
        ).order_by(ThingUse.from_at).limit(1)
    )  # fmt: skip
    if other is not None:
        first, last = clock.shanghai(other.from_at), clock.shanghai(other.until)
        raise Conflict(f"“{row.name}”{first:%m月%d日 %H:%M} 到 {last:%H:%M} 有人订了，请换个时间。")


def _me(uow: UnitOfWork) -> UUID | None:
    return None if uow.actor.id == NOBODY else uow.actor.id


async def _tell(
    uow: UnitOfWork, event: str, subject: UUID, tenant: str, *, person_id: UUID | None = None, **body: Any
) -> None:
    await uow.emit(
        NewEvent(
            type=event, chain=f"thing:{subject}", subject_id=subject, tenant=tenant, person_id=person_id, body=body
        )
    )
