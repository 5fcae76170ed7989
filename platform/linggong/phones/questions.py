"""Questions by telephone: an invitation (11), an offer (17), other terms (24), a payment (57), each with two answers.

A notice of one of these kinds becomes a question when it is sent: its words name the wage and the day, and are kept as they
were shown. The answer is the worker's own step by the same services as on his pages, with what he was shown beside it.
"""

from __future__ import annotations

import secrets as random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.money import format_yuan
from linggong.kernel.timers import Timer
from linggong.market.models import BoardPost
from linggong.people import notices
from linggong.people.models import Contact, Person
from linggong.people.notice_models import Notice
from linggong.people.notices import Reach, Worded
from linggong.phones import words
from linggong.phones.models import PhoneQuestion
from linggong.wages import service as wages
from linggong.wages.models import Bill, Payment
from linggong.work import common, engage, terms
from linggong.work.models import Engagement
from linggong.work.terms_models import TermsChange
from rbac.permissions import Permission

CALL_AFTER = "t.phone.callback"
_LETTERS, _DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789"
NEEDS = {
    "invitation": {True: Permission.ENGAGEMENT_APPLY, False: Permission.ENGAGEMENT_DECLINE},
    "offer": {True: Permission.ENGAGEMENT_CONFIRM, False: Permission.ENGAGEMENT_APPLY},
    "terms": {True: Permission.TERMS_CHANGE, False: Permission.TERMS_CHANGE},
    "payment": {True: Permission.PAYMENT_CONFIRM, False: Permission.PAYMENT_CONFIRM},
}
"""What an answer needs permission for: the same as the button on his page."""
OF_NOTICE = {
    "invitation": "invitation",
    "offer": "offer",
    "terms_proposed": "terms",
    "payment_claimed": "payment",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question is about, while it is open."""

    kind: str
    subject_id: UUID
    order_id: UUID
    who: str
    """李师傅."""
    title: str
    before: str
    after: str
    expires_at: datetime | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """By what an answer came."""

    channel: str
    ref: str


# --- asking -----------------------------------------------------------------------------------------------------------


async def word(uow: UnitOfWork, sealer: Sealer, row: Notice, reach: Reach) -> Worded | None:
    """Make a question of a notice that is about to be sent; None when the matter is settled already."""
    asked = await about(uow, row)
    if asked is None:
        return None
    if not reach.own_word:
        # Whoever answers there is not he: the message tells, and the desk asks him.
        await notices.by_hand(uow, row.id)
        return Worded(words.signed(f"请转告{asked.who}：{asked.before}“{asked.title}”{asked.after}"))
    sharers = await uow.session.scalar(
        sa.select(sa.func.count(sa.distinct(Contact.person_id)))
        .join(Person, Person.id == Contact.person_id)
        .where(Contact.number_index == reach.number_index, Contact.ended_at.is_(None), Person.status == "active")
    )
    shared = (sharers or 0) > 1 or reach.kind == "relative"
    question = await _question(uow, sealer, row, reach, asked, shared=shared)
    before = f"{asked.who}，{asked.before}" if shared else asked.before
    text = words.with_title(before, asked.title, asked.after, words.keys(asked.kind, question.code if shared else ""))
    if text is None:
        # What does not fit a message is read out whole, and answered there.
        question.by_sms, question.call_at, question.text = False, uow.now, f"{before}“{asked.title}”{asked.after}。"
        return Worded(words.signed(f"{asked.who}，“{asked.title[:12]}”有事要您答复，内容长，马上打电话读给您听。"))
    question.text = text
    return Worded(text, by_sms=reach.kind != "landline")


async def _question(
    uow: UnitOfWork, sealer: Sealer, row: Notice, reach: Reach, asked: Asked, *, shared: bool
) -> PhoneQuestion:
    known = await uow.session.scalar(
        sa.select(PhoneQuestion)
        .where(PhoneQuestion.subject_id == asked.subject_id, PhoneQuestion.state == "open")
        .with_for_update()
    )
    wait = (await common.span(uow, row.tenant, CALL_AFTER))[CALL_AFTER]
    if known is not None and known.number_index != reach.number_index:
        known.state, known = "closed", None
        await uow.flush()
    if known is None:
        key = new_id()
        known = PhoneQuestion(
            id=key, notice_id=row.id, tenant=row.tenant, via=row.via, person_id=row.person_id, kind=asked.kind,
            subject_id=asked.subject_id, order_id=asked.order_id, text="", state="open", by_sms=True,
            code=await _code(uow, reach.number_index), number_index=reach.number_index, number_kind=reach.kind, needs_code=shared,
            number_sealed=sealer.seal(reach.number, f"phone_questions.number_sealed.{key}"), asked_at=uow.now,
        )  # fmt: skip
        uow.session.add(known)
    known.notice_id, known.asked_at, known.needs_code = row.id, uow.now, known.needs_code or shared
    known.terms_version, known.expires_at, known.by_sms = asked.version, asked.expires_at, True
    known.call_at = uow.now if reach.kind == "landline" else uow.now + wait
    await uow.flush()
    return known


async def _code(uow: UnitOfWork, index: bytes) -> str:
    taken = set(
        await uow.session.scalars(
            sa.select(PhoneQuestion.code).where(PhoneQuestion.number_index == index, PhoneQuestion.state == "open")
        )
    )
    return random.choice([a + n for a in _LETTERS for n in _DIGITS if a + n not in taken])


async def about(uow: UnitOfWork, row: Notice) -> Asked | None:
    """Return what a notice asks, None when it is answered, lapsed or gone."""
    kind = OF_NOTICE[row.kind]
    if kind == "payment":
        return await _payment(uow, row)
    if kind == "terms":
        return await _terms(uow, row)
    wanted = {"offer": "A_OFFERED", "invitation": "A_INVITED"}[kind]
    found = await uow.session.get(Engagement, row.subject_id, populate_existing=True)
    if found is None or found.state != wanted:
        return None
    return await _engagement(uow, found, kind)


async def _engagement(uow: UnitOfWork, row: Engagement, kind: str) -> Asked:
    post = await common.post_of(uow, row.order_id)
    version, pay, unit = row.terms_version, int(post.pay_fen), post.pay_unit
    if version is not None:
        agreed = msgspec.json.decode((await common.agreed_terms(uow, row)).body)["pay"]
        pay, unit = int(agreed["fen"]), str(agreed["unit"])
    days = len(await common.shift_times(uow, row.order_id))
    place = words.trimmed(post.place, 8)
    said = [
        words.moment(post.starts_at) + (f"起{days}天" if days > 1 else ""), words.pay(pay, unit, post.piece_name),
        words.settlement(post.settlement), place,
    ]  # fmt: skip
    lapses = await uow.session.scalar(
        sa.select(Timer.due_at).where(
            Timer.subject_id == row.id, Timer.key == common.OFFER_TIMER, Timer.state == "live"
        )
    )
    before = "定了您去" if kind == "offer" else "请您去"
    return Asked(kind, row.id, row.order_id, row.worker_name, post.title, before, "，".join(said), lapses, version)


async def _terms(uow: UnitOfWork, row: Notice) -> Asked | None:
    change = await uow.session.scalar(
        sa.select(TermsChange).where(
            TermsChange.order_id == row.subject_id,
            TermsChange.worker_id == row.person_id,
            TermsChange.state == "T_PROPOSED",
            TermsChange.side == "employer",
        )
    )
    if change is None:
        return None
    engagement = await uow.session.get_one(Engagement, change.engagement_id)
    title = (await common.post_of(uow, change.order_id)).title
    said = f"要改：{change.words.rstrip('。')}"
    return Asked(
        "terms", change.id, change.order_id, engagement.worker_name, title, "", said, change.answer_due_at,
        engagement.terms_version,
    )  # fmt: skip


async def _payment(uow: UnitOfWork, row: Notice) -> Asked | None:
    found = (
        await uow.execute(
            sa.select(Payment, Engagement.worker_name, BoardPost.title)
            .join(Bill, Bill.id == Payment.bill_id)
            .join(Engagement, Engagement.id == Bill.engagement_id)
            .join(BoardPost, BoardPost.order_id == Bill.order_id)
            .where(Bill.id == row.subject_id, Payment.state == "claimed", Bill.state != "RULED")
            .order_by(Payment.claimed_at.desc(), Payment.id)
            .limit(1)
        )
    ).one_or_none()
    if found is None:
        return None
    payment, who, title = found
    way = {"cash": "现金", "bank": "银行", "wechat": "微信", "card": "社保卡"}[payment.channel]
    at = clock.shanghai(payment.claimed_at)
    said = f"的工钱，雇主登记{at.month}月{at.day}日{way}付了{format_yuan(payment.amount_fen)}元"
    return Asked("payment", payment.id, payment.order_id, who, title, "", said)


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
        return True
    row.state = "closed"
    return False


async def waiting_of(uow: UnitOfWork) -> Sequence[PhoneQuestion]:
    """Return the open questions of the worker who acts."""
    rows = await uow.session.scalars(
        sa.select(PhoneQuestion)
        .where(PhoneQuestion.person_id == uow.actor.id, PhoneQuestion.state == "open")
        .order_by(PhoneQuestion.asked_at, PhoneQuestion.id)
    )
    return rows.all()


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
            return "已经记下了。"
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
                "shown": row.text, "shown_at": row.asked_at.isoformat(), "terms_version": row.terms_version,
                "telephone": row.number_kind, "number": row.number_index.hex(),
            },
        )
    )  # fmt: skip
    await notices.answered(uow, row.notice_id)
    return said


async def _invitation(uow: UnitOfWork, row: PhoneQuestion, yes: bool) -> str:
    if not yes:
        await engage.decline(uow, row.subject_id, reason="电话答复不去")
        return "好，记下了，您不去。以后有活再告诉您。"
    made = await engage.accept_invitation(uow, row.subject_id)
    return "替您报上名了，人刚招满，排在候补，有空位叫您。" if made.queue_no else "替您报上名了，等雇主定，会再告诉您。"


async def _offer(uow: UnitOfWork, row: PhoneQuestion, yes: bool) -> str:
    if not yes:
        await engage.withdraw(uow, row.subject_id, reason="电话答复不去")
        return "好，记下了，您不去。以后有活再告诉您。"
    await engage.confirm(uow, row.subject_id, seen=row.terms_version)
    post = await common.post_of(uow, row.order_id)
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
    row = await common.engagement(uow, told.subject_id) if told.subject_id else None
    if row is None:
        return
    kind = "offer" if told.type == "engagement.offered" else "invitation"
    asked = await _engagement(uow, row, kind)
    text = f"{asked.before}“{asked.title}”{asked.after}。请答复去还是不去。"
    await notices.notify(
        uow, to="worker", kind=kind, text=words.trimmed(text, notices.MAX_TEXT), subject_id=row.id, tenant=row.tenant,
        via=row.via, person_id=row.worker_id, employer_id=row.employer_id,
    )  # fmt: skip


SHOWN_FOR = timedelta(days=2)
"""How long a late answer is told that it is late."""
