"""Telling people: one receipt a person and matter, sent by SMS where there is a telephone, called where nobody answers.

A step writes its notices in its own transaction (`notify`); the sender takes them afterwards, opens the number with the
city's keys and hands the text to `people.messages`. What a person opens himself counts as reached, like a call that got
through; what nobody could deliver is unreached and stands on the station's call list.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, LinggongError, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.people import messages, reaching, telephones
from linggong.people.identity_numbers import is_mobile, surname_call, veil_name
from linggong.people.models import Employer, Person
from linggong.people.notice_models import Notice, PhoneStop
from linggong.people.telephones import Reach

MAX_TEXT = 140
Outcome = Literal["reached", "unreached", "wrong", "later"]
CALL_AGAIN: Final = (timedelta(minutes=5), timedelta(hours=24))
"""How soon and how late he may ask to be called again."""
_STALE = timedelta(hours=24)
_BATCH = 200
_NO_NUMBER, _LATE, _LANDLINE = "没有登记电话", "过了一天还没发出去", "座机收不到短信"
_STOPPED = "本人退订了短信"
_HIS_OWN_BUSINESS = ("wage_", "payment_", "case", "injury", "arrears", "cover_", "terms_")
"""Kinds that are told to himself only: his wages, his disputes, his health. A neighbour's telephone is no place for them."""


not_called: set[str] = set()
"""Kinds of notices that are no reason for a call: nobody at a desk rings about them. Bound by higher floors."""


class NoticeView(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as its addressee or the desk reads it."""

    id: UUID
    kind: str
    subject_id: UUID
    to_side: str
    who: str
    """Whom it tells: 李**, or the employer's public name; '' where the reader is that somebody."""
    person_id: UUID | None
    employer_id: UUID | None
    text: str
    state: str
    call_wanted: bool
    tries: int
    call_at: datetime | None
    last_call: str
    created_at: datetime


async def notify(
    uow: UnitOfWork,
    *,
    to: str,
    kind: str,
    text: str,
    subject_id: UUID,
    tenant: str,
    via: str | None = None,
    person_id: UUID | None = None,
    employer_id: UUID | None = None,
    call: bool = False,
    part_id: UUID | None = None,
) -> UUID:
    """Tell one side ('worker', 'employer', or one of `others`) something about a matter; returns the receipt's id.

    Both ids are the matter's sides, `to` says whose notice it is. `call`: the desk should call right away, because an
    SMS may not be read before the van leaves. `part_id`: which part of the matter it asks about. Raises ValueError for a text longer than two SMS.
    """
    if len(text) > MAX_TEXT:
        raise ValueError(f"a notice has at most {MAX_TEXT} characters: {text!r}")
    row = Notice(
        id=new_id(),
        tenant=tenant,
        via=via,
        person_id=person_id,
        employer_id=employer_id,
        to_side=to,
        kind=kind,
        subject_id=subject_id,
        part_id=part_id,
        text=text,
        state="queued",
        call_wanted=call,
        created_at=uow.now,
    )
    uow.session.add(row)
    await uow.flush()
    return row.id


async def of_me(uow: UnitOfWork, *, limit: int = 50) -> list[NoticeView]:
    """Return the newest notices of the signed-in worker or employer."""
    return await _views(uow, _mine(uow), limit=limit)


async def seen(uow: UnitOfWork, ids: Sequence[UUID]) -> None:
    """Mark one's own notices as reached: he has opened them himself."""
    await uow.execute(
        sa.update(Notice)
        .where(Notice.id.in_(ids), _mine(uow), Notice.state != "reached")
        .values(state="reached", settled_at=uow.now, settled_how="seen", call_wanted=False)
    )


def _mine(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    if uow.actor.kind == "employer":
        return sa.and_(Notice.employer_id == uow.actor.employer_id, Notice.to_side == "employer")
    return sa.and_(Notice.person_id == uow.actor.id, Notice.to_side == "worker")


async def call_list(uow: UnitOfWork, *, limit: int = 100) -> list[NoticeView]:
    """Return what the desk should call about, the oldest first; who asked to be called later stands at the end until then."""
    lines = await _views(uow, sa.and_(_desk(uow), Notice.call_wanted), limit=limit, newest=False)
    return sorted(
        lines, key=lambda line: (line.call_at is not None and line.call_at > uow.now, line.call_at or line.created_at)
    )


async def about(uow: UnitOfWork, subject_id: UUID) -> list[NoticeView]:
    """Return every receipt about a matter, as far as the desk may see it."""
    return await _views(uow, sa.and_(_desk(uow), Notice.subject_id == subject_id), limit=1000)


async def of_subjects(uow: UnitOfWork, subject_ids: Sequence[UUID]) -> list[NoticeView]:
    """Return the receipts about several matters, the oldest first, as far as row security lets this actor see them."""
    return await _views(uow, Notice.subject_id.in_(subject_ids), limit=10_000, newest=False)


def _desk(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    return sa.or_(uow.scope.clause(Notice.tenant), uow.scope.clause(Notice.via))


async def called(uow: UnitOfWork, notice_id: UUID, outcome: Outcome, *, again: timedelta | None = None) -> None:
    """Note the outcome of the desk's call. Three calls without an answer, or a wrong number, leave it unreached.

    `later`: he asked to be called again after `again`; that is no failed try. Raises NotFound, Conflict when somebody was
    reached already, Invalid for a time that is too soon or too late.
    """
    if outcome == "later" and not (again is not None and CALL_AGAIN[0] <= again <= CALL_AGAIN[1]):
        raise Invalid([Fault("again", "请选过多久再打：5 分钟到一天。", "range")])
    row = await uow.session.scalar(
        sa.select(Notice).where(Notice.id == notice_id, _desk(uow)).with_for_update(key_share=True)
    )
    if row is None:
        raise NotFound
    if row.state == "reached":
        raise Conflict("已经通知到了，不用再打。")
    reached = outcome == "reached"
    row.tries, row.last_call = row.tries + (outcome != "later"), outcome
    row.call_at = uow.now + again if outcome == "later" and again is not None else None
    if reached or outcome == "wrong" or row.tries >= 3:
        row.state, row.settled_how = ("reached", "call") if reached else ("unreached", "none")
        row.settled_at, row.call_wanted = uow.now, False
        row.error = "" if reached else "号码不对" if outcome == "wrong" else "打了三次没打通"
    await uow.flush()
    await uow.emit(
        NewEvent(
            type="notice.called",
            chain=f"notice:{row.id}",
            subject_id=row.id,
            tenant=row.tenant,
            person_id=row.person_id,
            employer_id=row.employer_id,
            body={
                "kind": row.kind,
                "about": str(row.subject_id),
                "reached": reached,
                "outcome": outcome,
                "tries": row.tries,
            },
        )
    )


async def _views(
    uow: UnitOfWork, condition: sa.ColumnElement[bool], *, limit: int, newest: bool = True
) -> list[NoticeView]:
    order = Notice.created_at.desc() if newest else Notice.created_at
    rows = await uow.execute(
        sa.select(Notice, Person.name, Employer.name)
        .outerjoin(Person, sa.and_(Person.id == Notice.person_id, Notice.to_side == "worker"))
        .outerjoin(Employer, sa.and_(Employer.id == Notice.employer_id, Notice.to_side == "employer"))
        .where(condition)
        .order_by(order, Notice.id)
        .limit(limit)
    )
    return [
        NoticeView(
            id=row.id,
            kind=row.kind,
            subject_id=row.subject_id,
            to_side=row.to_side,
            who=veil_name(person) if person else firm or "",
            person_id=row.person_id if row.to_side == "worker" else None,
            employer_id=row.employer_id if row.to_side == "employer" else None,
            text=row.text,
            state=row.state,
            call_wanted=row.call_wanted,
            tries=row.tries,
            call_at=row.call_at,
            last_call=row.last_call,
            created_at=row.created_at,
        )
        for row, person, firm in rows
    ]


class Worded(NamedTuple):
    """What an SMS says in a notice's place."""

    text: str
    by_sms: bool = True
    """Not: it is asked by a call, because no SMS reaches the telephone."""


Wording = Callable[[UnitOfWork, Sealer, Notice, Reach], Awaitable[Worded | None]]
wordings: dict[str, Wording] = {}
"""{kind of notice: what its SMS says}, where that is more than the notice: a question with its keys. Bound by higher floors.

None: the matter is answered already, and nothing goes out.
"""


async def send(database: Database, sealer: Sealer) -> int:
    """Hand queued notices to the sender of messages, or let `reaching` hold them; returns how many. One that waited a day is called."""
    async with database.system() as uow:
        rows = (
            await uow.session.scalars(
                sa.select(Notice)
                .where(Notice.state == "queued", sa.or_(Notice.not_before.is_(None), Notice.not_before <= uow.now))
                .order_by(Notice.created_at)
                .limit(_BATCH)
                .with_for_update(skip_locked=True)
            )
        ).all()
        reaches = await telephones.of_notices(uow, sealer, rows)
        stopped = set(
            await uow.session.scalars(
                sa.select(PhoneStop.number_index).where(
                    PhoneStop.number_index.in_({r.number_index for r in reaches.values()})
                )
            )
        )
        for row in rows:
            await _send_one(uow, sealer, row, reaches.get(row.id), stopped)
    return len(rows)


async def _send_one(uow: UnitOfWork, sealer: Sealer, row: Notice, reach: Reach | None, stopped: set[bytes]) -> None:
    if uow.now - (row.requeued_at or row.created_at) > _STALE:
        # Yesterday's news is history; a call about it would only confuse.
        _unreached(uow, row, _NO_NUMBER if reach is None else _LATE, call=False)
        return
    now = await reaching.verdict(uow, row)
    if now.until is not None:
        row.not_before = now.until
        return
    if now.why_not:
        _unreached(uow, row, now.why_not, call=False)
        return
    if await reaching.by_wechat(uow, sealer, row, reach):
        row.channel, row.state, row.sent_at = "wechat", "sent", uow.now
        return
    if reach is None:
        _unreached(uow, row, _NO_NUMBER)
        return
    why = "" if is_mobile(reach.number) else _LANDLINE
    why = _STOPPED if reach.number_index in stopped else why
    worded = Worded(row.text)
    if row.to_side == "worker" and not reach.own_word and row.kind.startswith(_HIS_OWN_BUSINESS):
        worded, row.call_wanted = Worded(await pass_on(uow, row)), True
    if row.to_side == "worker" and row.kind in wordings:
        # What cannot be written to him is asked by a call.
        try:
            async with uow.savepoint():
                asked = await wordings[row.kind](uow, sealer, row, reach)
        except LinggongError as error:
            # One that cannot be worded must not hold the others up.
            _unreached(uow, row, error.detail[:200])
            return
        if asked is None:
            row.state, row.settled_at, row.settled_how, row.call_wanted = "reached", uow.now, "answered", False
            return
        worded = asked
    elif why:
        _unreached(uow, row, why)
        return
    if worded.by_sms and not why:
        await messages.queue(uow, sealer, reach.number, row.kind, worded.text, notice_id=row.id)
    row.channel = "sms" if worded.by_sms and not why else "keypad"
    row.state, row.sent_at = "sent", uow.now


async def pass_on(uow: UnitOfWork, row: Notice) -> str:
    """Return what is said to a telephone that others answer: that the station looks for him, and nothing of why."""
    person = await uow.session.get_one(Person, row.person_id)
    return f"请转告{surname_call(person.name, person.sex)}：驿站有事找他，请联系驿站。"


def _unreached(uow: UnitOfWork, row: Notice, why: str, *, call: bool = True) -> None:
    row.state, row.settled_at, row.settled_how, row.error = "unreached", uow.now, "none", why
    row.call_wanted = call and row.kind not in not_called
    row.channel = "call" if row.call_wanted else "page"


async def by_hand(uow: UnitOfWork, notice_id: UUID, *, why: str = "") -> None:
    """No message and no machine reached him: somebody at the desk should call (system transaction).

    `why`: it was not delivered, and may be sent again.
    """
    changed: dict[str, Any] = {"call_wanted": Notice.kind.not_in(not_called)}
    if why:
        changed |= {"state": "unreached", "error": why, "settled_at": uow.now, "settled_how": "none"}
    await uow.execute(
        sa.update(Notice)
        .where(Notice.id == notice_id, Notice.state.in_(("queued", "sent", "unreached")))
        .values(**changed)
    )


async def otherwise(uow: UnitOfWork, notice_id: UUID) -> None:
    """WeChat did not take it: it is sent as if there were no WeChat (system transaction)."""
    await uow.execute(
        sa.update(Notice)
        .where(Notice.id == notice_id, Notice.state == "sent", Notice.channel == "wechat")
        .values(state="queued", channel="", sent_at=None)
    )


async def answered(uow: UnitOfWork, notice_id: UUID) -> None:
    """He answered by SMS or by a key: he was reached."""
    await uow.execute(
        sa.update(Notice)
        .where(Notice.id == notice_id)
        .values(state="reached", settled_at=uow.now, settled_how="answered", call_wanted=False)
    )
