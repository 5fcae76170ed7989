"""The steps of a notice or a task: send, open, sign, answer, return, close, withdraw; and what the clock does.

Each row moves on its own: one office's late answer holds up nobody else's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from linggong.inbox import offices
from linggong.inbox.machines import KINDS, MEMO, OPEN
from linggong.inbox.models import Memo, MemoRead, MemoWord
from linggong.kernel import timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.machine import NEW, SYSTEM_HAND, Transition
from linggong.kernel.timers import Timer
from linggong.people.models import Staff
from rbac.roles import hand
from tenants import holidays
from tenants.models import Node

REGION = "inbox"
REMIND, OVERDUE = "inbox.remind", "inbox.overdue"
MOST_DAYS, MOST_TITLE, MOST_BODY, MOST_WORDS = 60, 60, 2000, 1000
_LAST_MORNING = timedelta(hours=15)
"""A task is due at 24:00; at 09:00 of that day the office is reminded."""


class MemoForm(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody sends: `to` as `inbox.offices.chosen` reads it; `days` are working days, for a task only."""

    kind: str = "notice"
    title: str = ""
    body: str = ""
    to: list[str] = []
    days: int | None = None


async def send(uow: UnitOfWork, form: MemoForm) -> UUID:
    """Send a notice or a task to offices below the acting post; returns what holds them together.

    Raises Invalid with every fault, Forbidden for a post that sends nothing.
    """
    own, below = offices.office_of(uow.actor.role), await offices.below(uow)
    if uow.actor.post is None or not below:
        raise Forbidden("您的岗位下面没有可以发的单位。")
    title, body, faults = " ".join(form.title.split()), form.body.strip(), _faults(form)
    chosen: list[offices.Office] = []
    try:
        chosen = offices.chosen(below, form.to)
    except Invalid as invalid:
        faults += invalid.faults
    if faults:
        raise Invalid(faults)
    node = (await uow.execute(sa.select(Node.id, Node.name).where(Node.path == uow.actor.post))).one()
    name = await _name(uow)
    batch = new_id()
    for to in chosen:
        due = None
        if form.kind == "task" and form.days:
            # Each office's own calendar: a county may work where the next one rests.
            due = await holidays.working_deadline(uow, to.path, uow.now, form.days)
        row = Memo(
            id=new_id(), batch_id=batch, kind=form.kind, tenant=to.path, office=to.office, from_node=node.id,
            from_office=own, sender=f"{offices.named(node.name, own)} {name}".strip(), sent_by=uow.actor.id,
            sent_at=uow.now, title=title, body=body, state="M_SENT", due_at=due,
        )  # fmt: skip
        uow.session.add(row)
        await _tell(uow, row, MEMO.step(NEW, "send", _hand(uow)), batch=str(batch), kind=form.kind, due_at=due)
        await _deadline(uow, row)
    await uow.flush()
    return batch


async def sent(uow: UnitOfWork, row: Memo) -> None:
    """Tell of a notice or a task that the machine itself wrote (9a)."""
    made = MEMO.step(NEW, "send", SYSTEM_HAND)
    await _tell(uow, row, made, batch=str(row.batch_id), kind=row.kind, due_at=row.due_at)
    await _deadline(uow, row)


async def opened(uow: UnitOfWork, memo_id: UUID) -> Memo:
    """Note that whoever acts has opened what his office received: once a person. Raises NotFound."""
    row = await _received(uow, memo_id)
    note = insert(cast(sa.Table, MemoRead.__table__)).values(
        memo_id=row.id, staff_id=uow.actor.id, tenant=row.tenant, name=await _name(uow), read_at=uow.now
    )
    await uow.execute(note.on_conflict_do_nothing())
    return row


async def sign(uow: UnitOfWork, memo_id: UUID) -> Memo:
    """Sign for a notice or a task, for the whole office (9b, 9c); a second time changes nothing. Raises NotFound, Conflict."""
    row = await opened(uow, memo_id)
    if row.signed_at is None:
        await _move(uow, row, "note" if row.kind == "notice" else "sign")
        row.signed_at, row.signed_by = uow.now, await _name(uow)
        if row.kind == "notice":
            row.ended_at = uow.now
    return row


async def answer(uow: UnitOfWork, memo_id: UUID, *, words: str) -> Memo:
    """Answer a task (9d), which also signs for it. Raises Invalid without words, NotFound, Conflict in another state."""
    row = await opened(uow, memo_id)
    MEMO.step(row.state, "answer" if row.kind == "task" else "note", _hand(uow))
    if row.kind == "notice":
        raise Conflict("通知签收就行，不用回复。")
    await _say(uow, row, "answer", _said(words, "办得怎么样"))
    await _move(uow, row, "answer", late=row.overdue_at is not None)
    row.answered_at = uow.now
    if row.signed_at is None:
        row.signed_at, row.signed_by = uow.now, await _name(uow)
    await timers.cancel_timers(uow, row.id)
    return row


async def give_back(uow: UnitOfWork, memo_id: UUID, *, words: str, days: int) -> Memo:
    """Return an answer for more, with a new deadline in working days (9e): the sender. Raises Invalid, NotFound, Conflict."""
    row = await _sent(uow, memo_id)
    MEMO.step(row.state, "return", _hand(uow))
    faults = [] if 1 <= days <= MOST_DAYS else [_bad_days()]
    try:
        words = _said(words, "还要补充什么")
    except Invalid as invalid:
        faults += invalid.faults
    if faults:
        raise Invalid(faults)
    await _say(uow, row, "return", words)
    row.due_at = await holidays.working_deadline(uow, row.tenant, uow.now, days)
    row.overdue_at = row.reminded_at = None
    await _move(uow, row, "return", due_at=row.due_at)
    await _deadline(uow, row)
    return row


async def close(uow: UnitOfWork, memo_id: UUID) -> Memo:
    """Accept an answer (9f): the sender. Raises NotFound, Conflict before there is one."""
    row = await _sent(uow, memo_id)
    await _move(uow, row, "close")
    row.ended_at = uow.now
    return row


async def withdraw(uow: UnitOfWork, batch_id: UUID, *, words: str) -> int:
    """Withdraw a sending where it is still open (9g): the sender; returns at how many offices. Raises Invalid, NotFound, Conflict."""
    rows = [row for row in await _batch(uow, batch_id) if MEMO.find(row.state, "withdraw")]
    if not rows:
        raise Conflict("各单位都已办完，不用撤回了。")
    words = _said(words, "为什么撤回")
    for row in rows:
        await _say(uow, row, "withdraw", words)
        await _move(uow, row, "withdraw")
        row.ended_at = uow.now
        await timers.cancel_timers(uow, row.id)
    return len(rows)


async def end_office(uow: UnitOfWork, path: str, words: str) -> int:
    """Withdraw what is still open at a place that ends (9g); returns how many. The caller has decided that it ends."""
    rows = await uow.session.scalars(
        sa.select(Memo).where(Memo.tenant == path, Memo.state.in_(OPEN)).order_by(Memo.id).with_for_update()
    )
    ended = list(rows)
    for row in ended:
        await _say(uow, row, "withdraw", words)
        await _move(uow, row, "withdraw")
        row.ended_at = uow.now
        await timers.cancel_timers(uow, row.id)
    await uow.flush()
    return len(ended)


async def on_remind(uow: UnitOfWork, timer: Timer) -> None:
    """It is the last day (9h)."""
    await _by_clock(uow, timer, "remind")


async def on_overdue(uow: UnitOfWork, timer: Timer) -> None:
    """The day is over without an answer (9i): marked, and told to the sender, whose page and badge show it."""
    await _by_clock(uow, timer, "overdue")


async def _by_clock(uow: UnitOfWork, timer: Timer, event: str) -> None:
    row = await uow.session.get(Memo, timer.subject_id, with_for_update=True)
    if row is None or row.state not in OPEN:
        return
    if event == "remind":
        row.reminded_at = uow.now
    else:
        row.overdue_at = uow.now
    await _move(uow, row, event, due_at=row.due_at)


def _faults(form: MemoForm) -> list[Fault]:
    faults, title, body = [], " ".join(form.title.split()), form.body.strip()
    if form.kind not in KINDS:
        faults.append(Fault("kind", "请选：通知，还是督办。", "unknown"))
    if not 2 <= len(title) <= MOST_TITLE:
        faults.append(Fault("title", f"请写标题，2 到 {MOST_TITLE} 个字。", "required"))
    if not 2 <= len(body) <= MOST_BODY:
        faults.append(Fault("body", f"请写内容，2 到 {MOST_BODY} 个字。", "required"))
    if form.kind == "task" and not (form.days and 1 <= form.days <= MOST_DAYS):
        faults.append(_bad_days())
    return faults


def _bad_days() -> Fault:
    return Fault("days", f"请写几个工作日内办完，1 到 {MOST_DAYS}。", "range")


def _said(words: str, what: str) -> str:
    text = words.strip()
    if not 2 <= len(text) <= MOST_WORDS:
        raise Invalid([Fault("words", f"请写明{what}，2 到 {MOST_WORDS} 个字。", "required")])
    return text


def _hand(uow: UnitOfWork) -> str:
    return hand(uow.actor.kind, uow.actor.role)


async def _name(uow: UnitOfWork) -> str:
    return str(await uow.session.scalar(sa.select(Staff.name).where(Staff.id == uow.actor.id)) or "")


def received_here(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    """Return the test of what the acting office received."""
    return sa.and_(Memo.tenant == uow.actor.post, Memo.office == offices.office_of(uow.actor.role))


def sent_here(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    """Return the test of what the acting office sent."""
    here = sa.select(Node.id).where(Node.path == uow.actor.post).scalar_subquery()
    return sa.and_(Memo.from_node == here, Memo.from_office == offices.office_of(uow.actor.role))


async def _received(uow: UnitOfWork, memo_id: UUID) -> Memo:
    return await _locked(uow, Memo.id == memo_id, received_here(uow))


async def _sent(uow: UnitOfWork, memo_id: UUID) -> Memo:
    return await _locked(uow, Memo.id == memo_id, sent_here(uow))


async def _locked(uow: UnitOfWork, *tests: sa.ColumnElement[bool]) -> Memo:
    row = await uow.session.scalar(
        sa.select(Memo)
        .where(uow.scope.clause(Memo.tenant), *tests)
        .with_for_update(of=Memo)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    return row


async def _batch(uow: UnitOfWork, batch_id: UUID) -> list[Memo]:
    rows = await uow.session.scalars(
        sa.select(Memo)
        .where(uow.scope.clause(Memo.tenant), Memo.batch_id == batch_id, sent_here(uow))
        .order_by(Memo.id)
        .with_for_update(of=Memo)
        .execution_options(populate_existing=True)
    )
    found = list(rows)
    if not found:
        raise NotFound
    return found


async def _say(uow: UnitOfWork, row: Memo, kind: str, words: str) -> None:
    uow.session.add(
        MemoWord(
            id=new_id(), memo_id=row.id, tenant=row.tenant, kind=kind, words=words, name=await _name(uow),
            staff_id=uow.actor.id, said_at=uow.now,
        )
    )  # fmt: skip


async def _deadline(uow: UnitOfWork, row: Memo) -> None:
    if row.due_at is None:
        return
    for key, due in ((REMIND, row.due_at - _LAST_MORNING), (OVERDUE, row.due_at)):
        await timers.set_timer(uow, subject_id=row.id, region=REGION, key=key, due_at=due, tenant=row.tenant)


async def _move(uow: UnitOfWork, row: Memo, event: str, **body: object) -> None:
    made = MEMO.step(row.state, event, _hand(uow))
    row.state = made.target
    await uow.flush()
    await _tell(uow, row, made, **body)


async def _tell(uow: UnitOfWork, row: Memo, made: Transition, **body: object) -> None:
    """Append the step to the row's chain; `via` lets the sender's open pages hear it (`kernel.live`)."""
    told = {
        "machine": MEMO.name,
        "subject": str(row.id),
        "from": made.source,
        "to": made.target,
        "event": made.event,
        "transition": made.number,
    }
    via = await uow.session.scalar(sa.select(Node.path).where(Node.id == row.from_node))
    await uow.emit(
        NewEvent(
            type=f"memo.{made.event}", chain=f"memo:{row.id}", subject_id=row.id, tenant=row.tenant, via=via,
            body={**told, **{k: v.isoformat() if isinstance(v, datetime) else v for k, v in body.items()}},
        )
    )  # fmt: skip


def register() -> None:
    """Bind by name at assembly; calling it again changes nothing."""
    timers.on_timer(REMIND, on_remind)
    timers.on_timer(OVERDUE, on_overdue)
