"""The line to WeChat's messages (`kernel.outbox`): who is told by it, and what becomes of a notice that it does not take.

A notice goes one way only. WeChat's interface has no key that makes a message asked twice one message, so what it refused or
did not take goes on by SMS, and what may have arrived does not: the desk calls instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from linggong.kernel import outbox
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import LinggongError, NotFound
from linggong.kernel.outbox import Answer, Asked, Line, OutsideCall, Unanswered
from linggong.kernel.settings import Settings
from linggong.kernel.signed import Lost
from linggong.people import notices
from linggong.people.notice_models import Notice
from linggong.people.telephones import Reach
from linggong.phones import asked as open_questions
from linggong.phones import questions
from linggong.phones.asked import Asked as Question
from linggong.phones.models import PhoneQuestion
from linggong.phones.wechat import protocol
from linggong.phones.wechat.client import App, HttpMessages
from linggong.phones.wechat.protocol import Message
from linggong.wages.wechat import bindings
from linggong.work import common

SYSTEM: Final = "wechat_messages"
KIND: Final = "send"
_TRIES: Final = 4
"""Half a minute in all: then the SMS goes, because the work begins this dawn."""
_UNSURE: Final = 1
"""How often it is asked again after an answer that was lost."""
_GO: Final = "点开，看了选去或不去"
_WORDS: Final = {
    "invitation": ("请您去干活", _GO),
    "offer": ("定了您去干活", _GO),
    "terms_proposed": ("说好的事要改", "点开，选同意或不同意"),
    "payment_claimed": ("雇主说付了工钱", "点开，选收到或没收到"),
    "search": ("有适合您的新活", "点开看，想去就报名"),
}
_PAGES: Final = (("terms", "/my/changes"), ("payment", "/my/wages"), ("wage", "/my/wages"), ("search", "/"))


@dataclass(slots=True)
class _Wire:
    """Who is asked, and the keys with which an openid is opened; set by the process that makes calls."""

    client: HttpMessages | None = None
    sealer: Sealer | None = None


_wire = _Wire()


@dataclass(frozen=True, slots=True)
class Order:
    """A call in memory."""

    message: Message
    unsure: int
    """How often an answer was lost: he may have the message."""


def use(client: HttpMessages | None, sealer: Sealer | None) -> None:
    """Ask this WeChat from now on; None: nobody, and notices go by SMS."""
    _wire.client, _wire.sealer = client, sealer


def client_of(settings: Settings) -> HttpMessages | None:
    """Return the client of the WeChat that the settings name; None without one."""
    if not settings.wechat_msg_url:
        return None
    app = App(settings.wechat_msg_appid, settings.wechat_msg_secret, settings.wechat_msg_template)
    return HttpMessages(settings.wechat_msg_url, app)


async def work(database: Database) -> None:
    """Make what is due, if there is somebody to ask."""
    if _wire.client is not None:
        await outbox.work(database, SYSTEM)


def page_of(kind: str, question: Question | None) -> str:
    """Return our page on which a notice of this kind is answered or read: a job with 去 and 不去, the wages, the list."""
    if question is not None and kind in ("invitation", "offer"):
        return f"/orders/{question.order_id}"
    return next((path for begin, path in _PAGES if kind.startswith(begin)), "/me/notices")


async def take(uow: UnitOfWork, sealer: Sealer, row: Notice, reach: Reach | None) -> bool:
    """Take a notice that goes out now, if he allows a message and the line stands; False: it goes another way.

    What it asks is a question as after an SMS: who does not answer is called by the keypad, then by the desk.
    """
    if _wire.client is None or row.person_id is None or not await _stands(uow, row):
        return False
    to = await bindings.message_to(uow, row.person_id)
    if to is None or not to[1]:
        return False
    if row.kind in open_questions.OF_NOTICE:
        try:
            async with uow.savepoint():
                if await open_questions.about(uow, row) is None:
                    return False
                wait = (await common.span(uow, row.tenant, questions.CALL_AFTER))[questions.CALL_AFTER]
                if reach is not None and reach.own_word:
                    await questions.word(uow, sealer, row, reach)
                    await uow.execute(
                        sa.update(PhoneQuestion)
                        .where(PhoneQuestion.notice_id == row.id, PhoneQuestion.state == "open")
                        .values(call_at=uow.now + wait, by_sms=False)
                    )
                else:
                    # No telephone of his own that could ask again: the desk does, once he has had the time to answer.
                    row.call_wanted, row.call_at = True, uow.now + wait
        except LinggongError:
            return False
    if not await bindings.change_grants(uow, row.person_id, -1):
        return False
    await outbox.enqueue(
        uow, system=SYSTEM, kind=KIND, subject_id=row.id, chain=f"notice:{row.id}", tenant=row.tenant, via=row.via,
        person_id=row.person_id, payload={"what": row.kind},
    )  # fmt: skip
    return True


async def _stands(uow: UnitOfWork, row: Notice) -> bool:
    """Tell whether nothing waits to be asked again, and this notice was not tried here before."""
    trouble = sa.and_(OutsideCall.state == "failed", OutsideCall.system == SYSTEM)
    tried = sa.and_(OutsideCall.subject_id == row.id, OutsideCall.system == SYSTEM)
    return not await uow.session.scalar(sa.select(sa.or_(sa.exists().where(trouble), sa.exists().where(tried))))


async def prepare(uow: UnitOfWork, call: OutsideCall) -> Order | Answer:
    """Build what a call sends; the openid is opened here and kept in memory only. What is settled or taken back is not sent."""
    row = await uow.session.get(Notice, call.subject_id, populate_existing=True)
    if row is None or row.person_id is None or _wire.sealer is None or _wire.client is None:
        raise NotFound
    if call.state == "sent" and not call.waits:
        call.waits = 1  # it was in the air when a process ended
    lost = call.waits
    question = await open_questions.about(uow, row) if row.kind in open_questions.OF_NOTICE else None
    if row.channel not in ("", "wechat"):
        return Answer({"result": "elsewhere", "code": 0})  # a dead letter sent again, whose notice went by SMS
    if row.state != "sent" or (row.kind in open_questions.OF_NOTICE and question is None):
        return Answer({"result": "sent" if lost else "settled", "code": 0})
    to = await bindings.message_to(uow, row.person_id)
    if to is None:
        return Answer({"result": "unsure" if lost else "refused", "code": protocol.NOT_WANTED})
    what, answer = _WORDS.get(row.kind, ("零工通有事告诉您", "点开看全文"))
    message = Message(
        touser=bindings.open_openid(_wire.sealer, row.person_id, to[0]),
        template_id=_wire.client.app.template,
        page=protocol.page(page_of(row.kind, question)),
        data=protocol.data(what, row.text, answer),
    )
    return Order(message, lost)


async def send(_: Asked, order: Order | Answer) -> Answer:
    """Make one call; no transaction is open."""
    if isinstance(order, Answer):
        return order
    if order.unsure > _UNSURE:
        return Answer({"result": "unsure", "code": 0})
    if _wire.client is None:
        raise Unanswered("没有接微信")
    try:
        said = await _wire.client.send(order.message)
    except Lost:
        return Answer({"result": "lost", "code": 0}, final=False)
    if said.errcode == protocol.SENT:
        return Answer({"result": "sent", "code": 0})
    if said.errcode in protocol.BUSY:
        raise Unanswered(f"微信忙：{said.errcode}")
    # One that was lost before and is refused now may have been the last that he allowed.
    return Answer({"result": "unsure" if order.unsure else "refused", "code": said.errcode})


async def answered(uow: UnitOfWork, call: OutsideCall, answer: dict[str, Any]) -> None:
    """He has it, or it goes on another way."""
    person_id = call.person_id
    if answer["result"] in ("sent", "settled", "elsewhere") or person_id is None:
        if answer["result"] == "settled" and person_id is not None:
            await bindings.change_grants(uow, person_id, 1)
        return
    if answer["code"] == protocol.NOT_WANTED:
        await bindings.change_grants(uow, person_id, None)
    elif answer["result"] == "refused":
        await bindings.change_grants(uow, person_id, 1)
    await _another_way(uow, call, unsure=answer["result"] == "unsure")


async def gave_up(uow: UnitOfWork, call: OutsideCall) -> None:
    """It was not taken, and there is no more time: he keeps the message that he allowed, and the SMS goes."""
    if call.person_id is not None and not call.waits:
        await bindings.change_grants(uow, call.person_id, 1)
    await _another_way(uow, call, unsure=call.waits > 0)


async def _another_way(uow: UnitOfWork, call: OutsideCall, *, unsure: bool) -> None:
    if unsure:
        await notices.by_hand(uow, call.subject_id)
    else:
        await notices.otherwise(uow, call.subject_id)


def register() -> None:
    """Connect the line by name; calling it again changes nothing."""
    outbox.connect(
        Line(
            system=SYSTEM,
            words="微信通知",
            kinds={KIND: "发微信通知"},
            prepare=prepare,
            send=send,
            answered=answered,
            gave_up=gave_up,
            tries=_TRIES,
        )
    )
