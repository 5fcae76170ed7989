"""Questions by telephone: an invitation (11), an offer (17), other terms (24), a payment (57), each with two answers.

A notice of one of these kinds becomes a question when it is sent: its words name the wage and the day, and are kept as they
were shown. The answer is the worker's own step by the same services as on his pages, with what he was shown beside it.
"""

from __future__ import annotations

import secrets as random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.people import notices
from linggong.people.identity_numbers import is_mobile
from linggong.people.models import Contact, Person
from linggong.people.notice_models import Notice, PhoneStop
from linggong.people.notices import Worded
from linggong.people.telephones import Reach
from linggong.phones import words
from linggong.phones.asked import CODED, Asked, about, of_engagement
from linggong.phones.models import PhoneQuestion
from linggong.wages import service as wages
from linggong.work import common, engage, terms
from rbac.permissions import Permission

CALL_AFTER = "t.phone.callback"
QUIET = (22, 6)
"""The hours in which nobody is woken for what can wait until the morning; an offer cannot."""
_CODE_RESTS = timedelta(days=30)
_LETTERS, _DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789"
NEEDS = {
    "invitation": {True: Permission.ENGAGEMENT_APPLY, False: Permission.ENGAGEMENT_DECLINE},
    "offer": {True: Permission.ENGAGEMENT_CONFIRM, False: Permission.ENGAGEMENT_APPLY},
    "terms": {True: Permission.TERMS_CHANGE, False: Permission.TERMS_CHANGE},
    "payment": {True: Permission.PAYMENT_CONFIRM, False: Permission.PAYMENT_CONFIRM},
}
"""What an answer needs permission for: the same as the button on his page."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """By what an answer came."""

    channel: str
    ref: str
    attested: str = "unknown"
    """What the carrier said of the number."""
    shown: str = ""
    """What was read out; a message's words stand with the question."""
    shown_at: datetime | None = None


# --- asking -----------------------------------------------------------------------------------------------------------


async def word(uow: UnitOfWork, sealer: Sealer, row: Notice, reach: Reach) -> Worded | None:
    """Make a question of a notice that is about to be sent; None when the matter is settled already."""
    asked = await about(uow, row)
    if asked is None:
        return None
    if not reach.own_word:
        # Whoever answers there is not he, and learns nothing of it: the desk asks him.
        await notices.by_hand(uow, row.id)
        return Worded(words.signed(await notices.pass_on(uow, row)))
    sharers = await uow.session.scalar(
        sa.select(sa.func.count(sa.distinct(Contact.person_id)))
        .join(Person, Person.id == Contact.person_id)
        .where(Contact.number_index == reach.number_index, Contact.ended_at.is_(None), Person.status == "active")
    )
    shared = (sharers or 0) > 1 or reach.kind == "relative"
    question = await _question(uow, sealer, row, reach, asked, shared=shared)
    before = f"{asked.who}，{asked.before}" if shared else asked.before
    text = words.with_title(
        before, asked.title, asked.after, words.keys(asked.kind, question.code if question.needs_code else "")
    )
    if not await _by_sms(uow, reach):
        text = ""
    body = asked.read_out(shared=shared)
    if (question.text, question.body) != (text or "", body):
        # Only the same words again are the same question: an answer to the old ones was sent before these left.
        question.asked_at, question.shown_at = uow.now, None
    question.text, question.body, question.by_sms = text or "", body, bool(text)
    if not text:
        # What does not fit a message, or cannot be brought by one, is read out whole, and answered there.
        question.call_at = uow.now
    if text is None:
        when = (
            "马上" if not quiet(asked.kind, uow.now) else ("早上" if _hour(uow.now) < QUIET[1] else "明早") + "6点以后"
        )
        text = words.signed(f"{asked.who}，“{asked.title[:12]}”有事要您答复，内容长，{when}打电话读给您听。")
    return Worded(text, by_sms=bool(text))


async def _by_sms(uow: UnitOfWork, reach: Reach) -> bool:
    """Tell whether a message reaches the telephone: a mobile's, whose owner has not stopped them."""
    if not is_mobile(reach.number):
        return False
    stopped = sa.select(PhoneStop.since).where(PhoneStop.number_index == reach.number_index)
    return await uow.session.scalar(stopped) is None


def quiet(kind: str, now: datetime) -> bool:
    """Tell whether a call about this kind of question waits until the morning: nobody is woken but for a job."""
    return kind in CODED and not QUIET[1] <= _hour(now) < QUIET[0]


def _hour(at: datetime) -> int:
    return clock.shanghai(at).hour


async def _question(
    uow: UnitOfWork, sealer: Sealer, row: Notice, reach: Reach, asked: Asked, *, shared: bool
) -> PhoneQuestion:
    known = await uow.session.scalar(
        sa.select(PhoneQuestion)
        .where(PhoneQuestion.subject_id == asked.subject_id, PhoneQuestion.state == "open")
        .with_for_update()
    )
    wait = (await common.span(uow, row.tenant, CALL_AFTER))[CALL_AFTER]
    if known is not None and (known.number_index, known.kind) != (reach.number_index, asked.kind):
        # Another telephone, or an invitation that he answered on his page before he was chosen.
        known.state, known = "closed", None
        await uow.flush()
    if known is None:
        key = new_id()
        known = PhoneQuestion(
            id=key, notice_id=row.id, tenant=row.tenant, via=row.via, person_id=row.person_id, kind=asked.kind,
            subject_id=asked.subject_id, order_id=asked.order_id, text="", body="", state="open", by_sms=True,
            code=await _code(uow, reach.number_index), number_index=reach.number_index, number_kind=reach.kind,
            needs_code=shared or asked.kind in CODED, asked_at=uow.now,
            number_sealed=sealer.seal(reach.number, f"phone_questions.number_sealed.{key}"),
        )  # fmt: skip
        uow.session.add(known)
    known.notice_id, known.needs_code = row.id, known.needs_code or shared
    known.terms_version, known.expires_at, known.call_at = asked.version, asked.expires_at, uow.now + wait
    await uow.flush()
    return known


async def _code(uow: UnitOfWork, index: bytes) -> str:
    """Return a code that this number has not had for a while: an old message must not name a new question."""
    had = {
        code: state == "open"
        for code, state in await uow.execute(
            sa.select(PhoneQuestion.code, PhoneQuestion.state)
            .where(
                PhoneQuestion.number_index == index,
                sa.or_(PhoneQuestion.state == "open", PhoneQuestion.asked_at > uow.now - _CODE_RESTS),
            )
            .order_by(PhoneQuestion.state == "open")
        )
    }
    every = [a + n for a in _LETTERS for n in _DIGITS]
    return random.choice([c for c in every if c not in had] or [c for c in every if not had[c]])


# --- answering --------------------------------------------------------------------------------------------------------


async def open_of(uow: UnitOfWork, number_index: bytes) -> list[PhoneQuestion]:
    """Return the open questions of a number, the oldest first; those that lapsed meanwhile are closed (system transaction)."""
    rows = (
        await uow.session.scalars(
            sa.select(PhoneQuestion)
            .where(PhoneQuestion.number_index == number_index, PhoneQuestion.state == "open")
            .order_by(PhoneQuestion.asked_at, PhoneQuestion.id)
        )
    ).all()
    return [row for row in rows if await still(uow, row)]


async def still(uow: UnitOfWork, row: PhoneQuestion) -> bool:
    """Tell whether the matter of an open question is open; closes it when it is not."""
    notice = await uow.session.get_one(Notice, row.notice_id)
    asked = await about(uow, notice)
    if asked is not None and asked.subject_id == row.subject_id:
        row.expires_at = asked.expires_at
        if not _lapsed(uow, row):
            return True
    row.state = "closed"
    return False


def _lapsed(uow: UnitOfWork, row: PhoneQuestion) -> bool:
    return row.expires_at is not None and row.expires_at <= uow.now


async def answer(uow: UnitOfWork, question_id: UUID, *, yes: bool, by: Evidence) -> str:
    """Take the worker's own answer, in his transaction; returns what he is told. Raises what the step raises.

    The step is the same as on his page (13, 14, 18, 25, 26, 27, 57, 59); the event beside it keeps what he was shown.
    """
    row = await uow.session.scalar(
        sa.select(PhoneQuestion)
        .where(PhoneQuestion.id == question_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None or row.person_id != uow.actor.id:
        raise Conflict(words.GONE)
    if row.state != "open":
        if row.answer_ref == by.ref and row.answer == ("yes" if yes else "no"):
            return words.DONE
        raise Conflict(words.GONE)
    if _lapsed(uow, row):
        raise Conflict(words.GONE)
    said = await _STEPS[row.kind](uow, row, yes)
    row.state, row.answer, row.answered_at = "answered", "yes" if yes else "no", uow.now
    row.channel, row.answer_ref, row.call_at = by.channel, by.ref, None
    await uow.emit(
        NewEvent(
            type="phone.answered",
            chain=f"order:{row.order_id}",
            subject_id=row.subject_id,
            tenant=row.tenant,
            via=row.via,
            person_id=row.person_id,
            body={
                "question": row.id, "kind": row.kind, "answer": row.answer, "channel": by.channel, "ref": by.ref,
                "shown": by.shown or row.text, "shown_at": (by.shown_at or row.shown_at or row.asked_at).isoformat(),
                "terms_version": row.terms_version, "telephone": row.number_kind, "number": row.number_index.hex(),
                "attested": by.attested,
            },
        )
    )  # fmt: skip
    await notices.answered(uow, row.notice_id)
    return said


instead: dict[str, Callable[[Database, UUID], Awaitable[str]]] = {}
"""What else somebody is offered who said yes too late; registered at assembly by a higher floor."""


async def or_else(database: Database, question_id: UUID | None) -> str:
    """Return what is added for whoever could not have what he was asked about: the next best work, '' where there is none."""
    if question_id is None or not instead:
        return ""
    async with database.system() as uow:
        row = await uow.session.get(PhoneQuestion, question_id)
    return await instead["work"](database, row.person_id) if row is not None and row.kind in _WORK else ""


_WORK = ("invitation", "offer")


async def _invitation(uow: UnitOfWork, row: PhoneQuestion, yes: bool) -> str:
    if not yes:
        await engage.decline(uow, row.subject_id, reason="电话答复不去")
        return "好，记下了，您不去。以后有活再告诉您。"
    made = await engage.accept_invitation(uow, row.subject_id)
    return (
        "替您报上名了。人刚招满，您先排队等着，有空位叫您。"
        if made.queue_no
        else "替您报上名了，等雇主定，会再告诉您。"
    )


async def _offer(uow: UnitOfWork, row: PhoneQuestion, yes: bool) -> str:
    if not yes:
        await engage.withdraw(uow, row.subject_id, reason="电话答复不去")
        return "好，记下了，您不去。以后有活再告诉您。"
    await engage.confirm(uow, row.subject_id, seen=row.terms_version)
    post = await common.post_of(uow, row.order_id)
    if uow.actor.channel == "keypad":
        return f"说定了：{words.spoken_moment(post.starts_at)}，{post.place}。"
    return f"说定了：{words.moment(post.starts_at)}，{words.trimmed(post.place, 16)}。查活回3，有事回0。"


async def _change(uow: UnitOfWork, row: PhoneQuestion, yes: bool) -> str:
    await (terms.agree(uow, row.subject_id) if yes else terms.refuse(uow, row.subject_id, note="电话答复不同意"))
    return "记下了，按新的办。" if yes else "记下了，您不同意，原来说好的照旧。"


async def _paid(uow: UnitOfWork, row: PhoneQuestion, yes: bool) -> str:
    await wages.answer_payment(uow, row.subject_id, received=yes)
    return "记下了，您收到了这笔工钱。" if yes else "记下了，您没收到，已请雇主核对，驿站会跟着办。"


_STEPS: dict[str, Callable[[UnitOfWork, PhoneQuestion, bool], Awaitable[str]]] = {
    "invitation": _invitation,
    "offer": _offer,
    "terms": _change,
    "payment": _paid,
}


async def ask_offered(uow: UnitOfWork, told: NewEvent) -> None:
    """Somebody was chosen (17) or invited (11): he is asked, wherever he can be reached."""
    row = await common.locked_engagement(uow, told.subject_id) if told.subject_id else None
    if row is None:
        return
    kind = "offer" if told.type == "engagement.offered" else "invitation"
    asked = await of_engagement(uow, row, kind)
    text = f"{asked.before}“{asked.title}”{asked.after}。请答复去还是不去。"
    await notices.notify(
        uow, to="worker", kind=kind, text=words.trimmed(text, notices.MAX_TEXT), subject_id=row.id, tenant=row.tenant,
        via=row.via, person_id=row.worker_id, employer_id=row.employer_id,
    )  # fmt: skip


SHOWN_FOR = timedelta(days=2)
"""How long a late answer is told that it is late."""
