"""Text messages that come in: kept first, done once, answered in one short message.

Each message is done in three steps that each commit: it is kept (the gateway may forget it then), the worker's own step
runs in his transaction, and the answer goes out. A process that dies between them is followed by `leftovers`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert

from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, LinggongError
from linggong.kernel.ids import new_id
from linggong.kernel.outbox import OutsideCall
from linggong.people import messages
from linggong.people.identity_numbers import BadNumber, normalise_phone
from linggong.people.notice_models import PhoneStop
from linggong.phones import line, people, protocol, questions, words, work
from linggong.phones.models import KINDS, InMessage, KeypadCall, PhoneQuestion
from linggong.phones.people import Someone
from linggong.phones.protocol import Inbound
from linggong.phones.questions import Evidence
from rbac import store
from rbac.decisions import Decisions

log = structlog.get_logger(__name__)
_LEASE: Final = timedelta(minutes=2)
_HOUR_MOST: Final = 30
"""Messages of one number in an hour that are answered; more come from no thumb."""
_STRANGER_MOST: Final = 3
_KEPT: Final = timedelta(days=90)
_SAID = {
    **dict.fromkeys(("退订", "TD", "T"), "stop"), **dict.fromkeys(("订阅", "DY", "恢复"), "start"),
    **dict.fromkeys(("帮助", "?", "HELP", "怎么回"), "help"), **dict.fromkeys(("人工", "电话", "打电话"), "0"),
    **dict.fromkeys(("我的活", "查活"), "3"),
}  # fmt: skip
_WORDS = {word for kind in KINDS for word in words.answer_words(kind)}
_CODES_MOST: Final = 5
"""Wrong codes of one number in a day; who goes on is guessing."""
_MANNERS = ("好", "好的", "行", "可以", "知道了", "谢谢", "嗯", "OK")
"""Said to a message that asks nothing."""
_CODE = re.compile(r"[A-HJ-NP-Z][2-9]")
asks: Final[dict[str, Callable[[UnitOfWork, list[UUID]], Awaitable[str]]]] = {}
"""Words by which somebody asks how far his own matters are, and who answers in one line ('' for none). Bound by higher floors."""


class Meant(NamedTuple):
    """What a message says: a key, and the question's code; what is neither may be a word that its question knows."""

    key: str
    code: str
    word: str = ""

    def answer(self, kind: str) -> str:
        """Return 1 or 2 if this answers that kind of question, else ''. 好的 and 收到 are manners, no answer to an offer."""
        known = words.answer_words(kind)
        if not self.word:
            return self.key if self.key in ("1", "2") else ""
        # "2没收到" says the same thing twice; "1不去" says two things.
        said = known.get(self.word, "")
        return said if self.key in ("", said) else ""


class _Done(NamedTuple):
    reply: str
    outcome: str


def meaning(text: str) -> Meant:
    """Read a message as people type it: full-width digits, spaces, stops, the key before or after the code or its word."""
    plain = unicodedata.normalize("NFKC", text).upper().removeprefix("回")
    plain = re.sub(r"[\s,.;:!、，。；：！“”\"'()（）]+", "", plain)
    code = ""
    if plain not in _SAID and (found := _CODE.search(plain)):
        code, plain = found.group(), plain.replace(found.group(), "", 1)
    if plain in _SAID:
        return Meant(_SAID[plain], code)
    if plain in ("0", "1", "2", "3"):
        return Meant(plain, code)
    if plain[:1] in ("1", "2"):
        return Meant(plain[0], code, plain[1:])
    return Meant("", code if plain in _WORDS else "", plain or "?")


async def receive(
    database: Database, sealer: Sealer, decisions: Decisions, key: bytes, signature: str, body: bytes
) -> str:
    """Take a signed message from the gateway; 'again' for one that is known by its id.

    Raises Forbidden for a signature that does not fit, Invalid for what is no message.
    """
    told = line.read(key, signature, protocol.INBOUND_PATH, body, Inbound)
    try:
        number = normalise_phone(told.number).number
    except BadNumber as error:
        raise Invalid([Fault("number", error.message, "phone")]) from None
    kept = new_id()
    async with database.system() as uow:
        taken = await uow.execute(
            insert(InMessage)
            .values(
                id=kept,
                ref=told.message_id,
                number_sealed=sealer.seal(number, f"in_messages.number_sealed.{kept}"),
                number_index=sealer.blind_index("phone", number),
                text_sealed=sealer.seal(told.text, f"in_messages.text_sealed.{kept}"),
                attested=told.attested,
                sent_at=told.sent_at,
                state="received",
                outcome="",
                received_at=uow.now,
            )
            .on_conflict_do_nothing(index_elements=["ref"])
            .returning(InMessage.id)
        )
        if taken.scalar_one_or_none() is None:
            return "again"
    await do(database, sealer, decisions, kept)
    return "first"


async def leftovers(database: Database, sealer: Sealer) -> int:
    """Do what was kept and not finished, because a process died; returns how many."""
    async with database.system() as uow:
        waiting = list(
            await uow.session.scalars(
                sa.select(InMessage.id)
                .where(InMessage.state != "done", InMessage.received_at < uow.now - _LEASE)
                .order_by(InMessage.received_at)
                .limit(100)
            )
        )
    if waiting:
        decisions = await store.load(database)
        for key in waiting:
            await do(database, sealer, decisions, key)
    return len(waiting)


async def do(database: Database, sealer: Sealer, decisions: Decisions, key: UUID) -> None:
    """Do one kept message, unless another process has it in hand."""
    async with database.system() as uow:
        row = await uow.session.scalar(
            sa.update(InMessage)
            .where(
                InMessage.id == key,
                InMessage.state != "done",
                sa.or_(InMessage.state == "received", InMessage.taken_at < uow.now - _LEASE),
            )
            .values(state="taken", taken_at=uow.now)
            .returning(InMessage)
        )
        if row is None:
            return
        number = sealer.open(row.number_sealed, f"in_messages.number_sealed.{key}")
        text = sealer.open(row.text_sealed, f"in_messages.text_sealed.{key}")
        many = await _recently(uow, row.number_index)
    try:
        done = await _dialogue(database, sealer, decisions, row, text) if many <= _HOUR_MOST else _Done("", "flooded")
    except LinggongError as error:
        more = words.MORE if error.detail == words.GONE else ""
        done = _Done(f"{error.detail}{more}", "refused")
    except Exception:
        log.exception("message_not_done", message=str(key))
        done = _Done(words.TRY_LATER, "failed")
    if done.outcome == "unknown" and many > _STRANGER_MOST:
        done = _Done("", "unknown")
    async with database.system() as uow:
        reply = None
        if done.reply:
            reply = await messages.queue(uow, sealer, number, "reply", words.signed(done.reply))
        await uow.execute(
            sa.update(InMessage)
            .where(InMessage.id == key)
            .values(state="done", outcome=done.outcome, done_at=uow.now, reply_id=reply)
        )


async def _recently(uow: UnitOfWork, number_index: bytes) -> int:
    found = await uow.session.scalar(
        sa.select(sa.func.count())
        .select_from(InMessage)
        .where(InMessage.number_index == number_index, InMessage.received_at > uow.now - timedelta(hours=1))
    )
    return int(found or 0)


async def _dialogue(database: Database, sealer: Sealer, decisions: Decisions, row: InMessage, text: str) -> _Done:
    if row.attested == "failed":
        return _Done("", "made_up")
    meant = meaning(text)
    async with database.system() as uow:
        known = await people.behind(uow, row.number_index)
        employer = None if known else await people.employer_of(uow, row.number_index)
        if not known and employer is None:
            return _Done(words.NO_OFFICE if meant.key == "0" else words.UNKNOWN, "unknown")
        if meant.key in ("stop", "start"):
            return await _subscription(uow, row.number_index, stop=meant.key == "stop")
        if meant.key == "0":
            asker = await _who_called(uow, row.number_index, known)
            await people.wants_a_call(uow, person_id=asker, employer_id=employer, how="发短信按了0，")
            return _Done(words.CALL_COMING, "call_wanted")
        if not known:
            return _Done(words.FOR_EMPLOYERS, "employer")
        if meant.key == "help":
            return _Done(words.HELP, "help")
        if meant.word in asks:
            own = [who.id for who in known if who.own_word]
            said = await asks[meant.word](uow, own) if own else words.ONLY_CONTACT
            return _Done(said or words.NO_MATTER, "asked")
        chosen = None if meant.key == "3" else await _question_meant(uow, row, known, meant)
        gone = (
            await _late(uow, row)
            if isinstance(chosen, _Done) and chosen.outcome == "gone" and meant.key == "1"
            else None
        )
    if isinstance(chosen, _Done):
        more = await questions.or_else(database, gone)
        return _Done(f"{words.GONE}{more}", chosen.outcome) if more else chosen
    by = Evidence("sms", row.ref, row.attested)
    if chosen is None:
        return _Done(await work.lines(database, decisions, sealer, known, by), "work")
    yes = meant.answer(chosen.kind) == "1"
    needed = questions.NEEDS[chosen.kind][yes]
    try:
        async with people.acting(database, decisions, chosen.person_id, needed, channel="sms", ref=by.ref) as uow:
            said = await questions.answer(uow, chosen.id, yes=yes, by=by)
    except Conflict as error:
        more = await questions.or_else(database, chosen.id)
        if not more:
            raise
        return _Done(f"{error.detail}{more}", "refused")
    return _Done(said, "answered")


async def _question_meant(uow: UnitOfWork, row: InMessage, known: list[Someone], meant: Meant) -> PhoneQuestion | _Done:
    """Return the question that a message answers, or what to ask back.

    Only what had left for his telephone when he sent it: a message that was long on its way, or is taken up again after a
    process died, never answers the question after it.
    """
    if await _answered_by(uow, row.ref):
        return _Done(words.DONE, "answered")
    own = {who.id: who for who in known if who.own_word}
    if not own:
        return _Done(words.ONLY_CONTACT, "only_contact")
    waiting = [q for q in await questions.open_of(uow, row.number_index) if q.person_id in own]
    sent = min(row.sent_at or row.received_at, row.received_at)
    mine = [q for q in waiting if q.shown_at is not None and q.shown_at <= sent]
    if meant.code:
        return await _by_code(uow, row, meant, mine, own)
    if len(mine) == 1 and not mine[0].needs_code:
        return mine[0] if meant.answer(mine[0].kind) else _Done(_again(mine[0]), "unclear")
    if mine:
        understood = any(meant.answer(q.kind) for q in mine)
        return _Done(_choices(mine, own), "asked_back" if understood else "unclear")
    if any(not q.by_sms for q in waiting):
        return _Done(words.BY_CALL, "by_call")
    if not meant.key and meant.word not in _WORDS:
        return _Done(words.NOTHING_ASKED if meant.word in _MANNERS else words.UNCLEAR, "unclear")
    late = await _late(uow, row) is not None
    return _Done(f"{words.GONE}{words.MORE}" if late else words.NOTHING_ASKED, "gone" if late else "nothing_asked")


async def _by_code(
    uow: UnitOfWork, row: InMessage, meant: Meant, mine: list[PhoneQuestion], own: dict[UUID, Someone]
) -> PhoneQuestion | _Done:
    tries = await uow.session.scalar(
        sa.select(sa.func.count())
        .select_from(InMessage)
        .where(
            InMessage.number_index == row.number_index,
            InMessage.outcome == "wrong_code",
            InMessage.received_at > uow.now - timedelta(days=1),
        )
    )
    if (tries or 0) >= _CODES_MOST:
        return _Done(words.TOO_MANY_CODES, "guessing")
    for question in mine:
        if question.code == meant.code:
            return question if meant.answer(question.kind) else _Done(_again(question), "unclear")
    had = await uow.session.scalar(
        sa.select(PhoneQuestion.id)
        .where(
            PhoneQuestion.number_index == row.number_index,
            PhoneQuestion.code == meant.code,
            PhoneQuestion.state != "open",
        )
        .limit(1)
    )
    if had is not None:
        return _Done(f"{words.GONE}{words.MORE}", "gone")
    if mine:
        return _Done(f"没有编号{meant.code}的事。{_choices(mine, own)}", "wrong_code")
    return _Done(words.NOTHING_ASKED, "nothing_asked")


async def _late(uow: UnitOfWork, row: InMessage) -> UUID | None:
    """Return the question that this number was asked last of those that are over; None where nothing was lately."""
    sent = min(row.sent_at or row.received_at, row.received_at)
    found: UUID | None = await uow.session.scalar(
        sa.select(PhoneQuestion.id)
        .where(
            PhoneQuestion.number_index == row.number_index,
            PhoneQuestion.asked_at > sent - questions.SHOWN_FOR,
            PhoneQuestion.asked_at <= sent,
            PhoneQuestion.state != "open",
        )
        .order_by(PhoneQuestion.asked_at.desc(), PhoneQuestion.id)
        .limit(1)
    )
    return found


def _again(question: PhoneQuestion) -> str:
    keys = words.keys(question.kind, question.code if question.needs_code else "")
    return f"没看懂。请只回：{keys}；0让驿站给您打电话。"


async def _answered_by(uow: UnitOfWork, ref: str) -> bool:
    return bool(
        await uow.session.scalar(
            sa.select(PhoneQuestion.id).where(PhoneQuestion.answer_ref == ref, PhoneQuestion.channel == "sms").limit(1)
        )
    )


def _choices(mine: list[PhoneQuestion], own: dict[UUID, Someone]) -> str:
    """Return what to choose from: each question's code, whose it is, and what it is about."""
    short = {"invitation": "去不去", "offer": "去不去", "terms": "改约定", "payment": "收没收到钱"}
    parts = [f"{q.code}{own[q.person_id].call}{short[q.kind]}" for q in mine]
    code = mine[0].code
    return words.trimmed(f"请带编号回，比如“1 {code}”或“2 {code}”。{'，'.join(parts)}", words.LIMIT - len(words.SIGNED))


async def _who_called(uow: UnitOfWork, number_index: bytes, known: list[Someone]) -> UUID | None:
    """Return who of a shared number wants the call: whom we asked last, else who has had the number longest."""
    ids = [who.id for who in known]
    if not ids:
        return None
    last: UUID | None = await uow.session.scalar(
        sa.select(PhoneQuestion.person_id)
        .where(PhoneQuestion.number_index == number_index, PhoneQuestion.person_id.in_(ids))
        .order_by(PhoneQuestion.asked_at.desc())
        .limit(1)
    )
    return last or ids[0]


async def _subscription(uow: UnitOfWork, number_index: bytes, *, stop: bool) -> _Done:
    if stop:
        await uow.execute(insert(PhoneStop).values(number_index=number_index, since=uow.now).on_conflict_do_nothing())
        return _Done(words.STOPPED, "stopped")
    await uow.execute(sa.delete(PhoneStop).where(PhoneStop.number_index == number_index))
    return _Done(words.STARTED, "started")


async def clean(database: Database) -> None:
    """Remove messages, calls and steps of the line after three months; what was answered stays with its question."""
    async with database.system() as uow:
        before = uow.now - _KEPT
        await uow.execute(sa.delete(InMessage).where(InMessage.received_at < before, InMessage.state == "done"))
        await uow.execute(sa.delete(KeypadCall).where(KeypadCall.started_at < before))
        await uow.execute(
            sa.delete(OutsideCall).where(
                OutsideCall.system == messages.SYSTEM, OutsideCall.created_at < before, OutsideCall.state == "answered"
            )
        )
