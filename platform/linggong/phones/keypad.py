"""The keypad dialogue: what is read out, and what each key does. One HTTP call a step; the same step again is the same step.

1 听今天的活, 2 我接的活, 3 工钱没拿到, 0 找人工; 9 goes back. Whoever shares a number says first who he is. A call that we
made begins with its question. Nobody is told anything of a worker but at a number by which he may speak for himself.

The number that calls can be made up. Whoever calls hears jobs, applies, answers offers and hears when and where he works;
other terms, payments, wages and telephones are for a call that *we* make, or whose number the carrier vouches for. He presses
1, hangs up, and his telephone rings (`phones.back`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert

from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Database
from linggong.kernel.errors import Conflict, Fault, Invalid, LinggongError, NotFound
from linggong.kernel.ids import new_id
from linggong.people.identity_numbers import BadNumber, normalise_phone
from linggong.phones import back, line, people, protocol, questions, words, work
from linggong.phones.asked import CODED
from linggong.phones.models import KeypadCall, PhoneQuestion
from linggong.phones.people import Someone
from linggong.phones.protocol import Press, Spoken
from linggong.phones.questions import Evidence
from linggong.wages import service as wages
from linggong.work import engage
from rbac.decisions import Decisions
from rbac.permissions import Permission

log = structlog.get_logger(__name__)
_MENU = "听今天的活请按1，我接的活请按2，工钱没拿到请按3，找人工请按0。"
_BACK = "返回请按9。"
_BYE = "再见。"
_HELLO = "您好，这里是零工市场。"
_NUMERALS = "一二三四五六七八九"
Then = Literal["keys", "hang_up"]


class _Said(NamedTuple):
    """What is read out, and where the call is then."""

    text: str
    place: dict[str, Any]
    then: Then = "keys"


@dataclass(slots=True)
class _Call:
    """One step of one call."""

    database: Database
    decisions: Decisions
    sealer: Sealer
    row: KeypadCall
    known: list[Someone] = field(default_factory=list)
    employer: UUID | None = None

    def who(self) -> Someone | None:
        """Return who speaks, once that is known."""
        return next((p for p in self.known if p.id == self.row.person_id), None)

    @property
    def verified(self) -> bool:
        """Tell whether it is his telephone for sure: we called it, or the carrier vouches for it."""
        return self.row.question_id is not None or self.row.back_of is not None or self.row.attested == "full"

    def acting(self, permission: Permission) -> Any:
        """Open the speaker's own transaction."""
        if self.row.person_id is None:
            raise NotFound
        return people.acting(
            self.database, self.decisions, self.row.person_id, permission, channel="keypad", ref=self.row.ref
        )


async def press(
    database: Database, sealer: Sealer, decisions: Decisions, key: bytes, signature: str, body: bytes
) -> Spoken:
    """Take a signed step from the exchange. Raises Forbidden, Invalid, NotFound (a call that we never made), Conflict for a
    step that does not follow the last one.
    """
    asked = line.read(key, signature, protocol.KEYPAD_PATH, body, Press)
    try:
        number = normalise_phone(asked.number).number
    except BadNumber as error:
        raise Invalid([Fault("number", error.message, "phone")]) from None
    row, before = await _step(database, sealer, asked, number)
    if before is not None:
        return before
    call = _Call(database, decisions, sealer, row)
    async with database.system() as uow:
        call.known = [who for who in await people.behind(uow, row.number_index) if who.own_word]
        call.employer = None if call.known else await people.employer_of(uow, row.number_index)
    try:
        spoken = await _do(call, asked.keys.strip())
    except LinggongError as error:
        more = await questions.or_else(database, row.question_id) if isinstance(error, Conflict) else ""
        spoken = _Said(f"{error.detail}{more}{_BACK}", {"at": "told"})
    except Exception:
        log.exception("keypad_step_failed", call=str(row.id))
        spoken = _Said(f"没办成，请过一会儿再打。{_BYE}", {}, "hang_up")
    async with database.system() as uow:
        await uow.execute(
            sa.update(KeypadCall)
            .where(KeypadCall.id == row.id)
            .values(
                place=spoken.place,
                said_sealed=sealer.seal(spoken.text, _aad(row)),
                then=spoken.then,
                person_id=row.person_id,
                last_at=uow.now,
            )
        )
    return Spoken(session=asked.session, step=asked.step, say=spoken.text, then=spoken.then)


async def _step(database: Database, sealer: Sealer, asked: Press, number: str) -> tuple[KeypadCall, Spoken | None]:
    """Take the call's next step for this process, or return what was said at a step that is asked again."""
    index = sealer.blind_index("phone", number)
    async with database.system() as uow:
        question_id, back_of = await back.our_call(uow, asked.call_id, index) if asked.call_id else (None, None)
        key = new_id()
        await uow.execute(
            insert(KeypadCall)
            .values(
                id=key, ref=asked.session, number_index=index, question_id=question_id, back_of=back_of, step=-1,
                number_sealed=sealer.seal(number, f"keypad_calls.number_sealed.{key}"), attested=asked.attested,
                place={}, then="", started_at=uow.now, last_at=uow.now,
            )
            .on_conflict_do_nothing(index_elements=["ref"])
        )  # fmt: skip
        row = (
            await uow.session.scalars(sa.select(KeypadCall).where(KeypadCall.ref == asked.session).with_for_update())
        ).one()
        if row.number_index != index:
            raise NotFound
        if asked.step == row.step:
            then: Then = "hang_up" if row.then == "hang_up" else "keys"
            return row, Spoken(session=row.ref, step=row.step, say=said(sealer, row) or "请稍等。", then=then)
        if asked.step != row.step + 1 or row.then == "hang_up":
            raise Conflict("这一步和上一步接不上，请重新打。")
        row.step, row.said_sealed, row.then, row.last_at = asked.step, None, "", uow.now
    return row, None


def _aad(row: KeypadCall) -> str:
    return f"keypad_calls.said_sealed.{row.id}"


def said(sealer: Sealer, row: KeypadCall) -> str:
    """Return what was said last in a call; '' while a step is being done."""
    return sealer.open(row.said_sealed, _aad(row)) if row.said_sealed else ""


# --- the menus --------------------------------------------------------------------------------------------------------


async def _do(call: _Call, keys: str) -> _Said:
    place = call.row.place or {}
    if call.row.attested == "failed" and not call.verified:
        return _Said(f"{_HELLO}这个号码没法核实，请换个电话打，或到就近的驿站。{_BYE}", {}, "hang_up")
    if not call.known:
        return await _stranger(call, keys)
    if keys == "0" and call.row.step > 0:
        return await _human(call)
    at = place.get("at", "")
    if at == "":
        return await _begin(call)
    if at == "who":
        return await _chosen(call, keys, place)
    if at == "ask":
        return await _answer(call, keys, place)
    if keys == "9" or at == "told":
        return _menu(call) if keys == "9" or keys not in ("1", "2", "3") else await _main(call, keys)
    return await {"main": _main_at, "jobs": _apply, "wages": _not_paid, "back": _call_back}[at](call, keys, place)


async def _begin(call: _Call) -> _Said:
    if call.row.question_id is not None:
        async with call.database.system() as uow:
            question = await uow.session.get_one(PhoneQuestion, call.row.question_id)
            known = await questions.still(uow, question) if question.state == "open" else False
        call.row.person_id = question.person_id
        who = call.who()
        if not known or who is None:
            return _Said(f"{_HELLO}要问您的事已经过期，或者答过了。{_BYE}", {}, "hang_up")
        return _ask([question], f"{_HELLO}请{who.call}本人听。", last=True)
    if call.row.back_of is not None:
        async with call.database.system() as uow:
            heard = await uow.session.get_one(KeypadCall, call.row.back_of)
        call.row.person_id = heard.person_id
        who = call.who()
        if who is None:
            return _Said(f"{_HELLO}没有别的事了。{_BYE}", {}, "hang_up")
        before = f"{_HELLO}请{who.call}本人听。"
        return await (_wages if heard.place.get("want") == "wages" else _mine)(call, before)
    if len(call.known) > 1:
        return _who(call, _HELLO)
    call.row.person_id = call.known[0].id
    return _menu(call, _HELLO)


def _who(call: _Call, before: str = "") -> _Said:
    listed = call.known[: len(_NUMERALS)]
    names = "，".join(f"{who.call}请按{n}" for n, who in enumerate(listed, 1))
    return _Said(
        f"{before}这个号码有几位在用。{names}，找人工请按0。", {"at": "who", "ids": [str(w.id) for w in listed]}
    )


async def _chosen(call: _Call, keys: str, place: dict[str, Any]) -> _Said:
    person_id = _pick(place, keys)
    if person_id is None or person_id not in {who.id for who in call.known}:
        return _who(call, "没有这个选项。")
    call.row.person_id = person_id
    who = call.who()
    return _menu(call, f"{who.call if who else ''}，您好。")


def _menu(call: _Call, before: str = "") -> _Said:
    return _Said(f"{before}{_MENU}", {"at": "main"})


async def _main_at(call: _Call, keys: str, place: dict[str, Any]) -> _Said:
    return await _main(call, keys)


async def _main(call: _Call, keys: str) -> _Said:
    if keys == "1":
        return await _jobs(call)
    if keys == "2":
        return await _mine(call)
    if keys == "3":
        return await _wages(call)
    return _menu(call, "没有这个选项。")


async def _jobs(call: _Call, before: str = "") -> _Said:
    found = await work.jobs(call.database, call.row.person_id) if call.row.person_id else []
    if not found:
        return _Said(f"现在没有要人的活，早上四点到七点最多。{_BACK}", {"at": "told"})
    cards = "。".join(f"{_NUMERALS[n]}、{job.line}" for n, job in enumerate(found))
    first = "想去请按1" if len(found) == 1 else "想去哪个，请按几"
    return _Said(f"{before}{cards}。{first}，{_BACK}", {"at": "jobs", "ids": [str(j.order_id) for j in found]})


async def _apply(call: _Call, keys: str, place: dict[str, Any]) -> _Said:
    order_id = _pick(place, keys)
    if order_id is None:
        return await _jobs(call, "没有这个选项。")
    async with call.acting(Permission.ENGAGEMENT_APPLY) as uow:
        made = await engage.apply(uow, order_id)
    told = (
        "人刚招满，您先排队等着，有空位叫您。" if made.queue_no else "替您报上名了。雇主定了，会发短信或打电话告诉您。"
    )
    return _Said(f"{told}{_BACK}", {"at": "told"})


async def _mine(call: _Call, before: str = "") -> _Said:
    async with call.database.system() as uow:
        found = [q for q in await questions.open_of(uow, call.row.number_index) if q.person_id == call.row.person_id]
    here = [q for q in found if call.verified or q.kind not in CODED]
    if here:
        return _ask(here, before)
    async with call.acting(Permission.ENGAGEMENT_READ) as uow:
        said = await work.spoken_work(uow, call.sealer, whom_to_call=call.verified)
    told = before + ("".join(said) or ("" if found else "您现在没有接下的活。"))
    if found:
        return _offer_back(f"{told}还有{len(found)}件事要您答复。", "mine")
    if said and not call.verified:
        return _offer_back(f"{told}到了找谁、电话多少，", "mine")
    return _Said(f"{told}{_BACK}", {"at": "told"})


def _offer_back(before: str, want: str) -> _Said:
    return _Said(
        f"{before}为了防别人冒用您的号码，这个只在我们打给您的电话里办。要我们现在打给您，请按1，找人工请按0，{_BACK}",
        {"at": "back", "want": want},
    )


async def _call_back(call: _Call, keys: str, place: dict[str, Any]) -> _Said:
    if keys != "1":
        return _offer_back("没有这个选项。", place["want"])
    async with call.database.system() as uow:
        if not await back.order(uow, call.row):
            return _Said(f"今天打回去的次数多了，请过一会儿再打，找人工请按0。{_BACK}", {"at": "told"})
    return _Said(f"好，请挂机，我们马上打给您。{_BYE}", {"at": "back", "want": place["want"]}, "hang_up")


def _ask(found: list[PhoneQuestion], before: str, *, last: bool = False) -> _Said:
    """Read out the first open question, all of it; the rest follow."""
    first = found[0]
    read = _read(first)
    place = {"at": "ask", "ids": [str(q.id) for q in found], "last": last, "kind": first.kind, "read": read}
    return _Said(f"{before}{read}{'' if last else _BACK}", place)


def _read(question: PhoneQuestion) -> str:
    return f"{question.body}。{words.spoken_keys(question.kind)}"


async def _answer(call: _Call, keys: str, place: dict[str, Any]) -> _Said:
    last = bool(place.get("last"))
    if keys == "9" and not last:
        return _menu(call)
    async with call.database.system() as uow:
        question = await uow.session.get_one(PhoneQuestion, UUID(place["ids"][0]))
    if keys not in ("1", "2"):
        return _ask([question], "没有这个选项。", last=last)
    if _read(question) != place["read"]:
        # Nobody agrees to words that he has not heard.
        return _ask([question], "刚才的内容改了，请再听一遍。", last=last)
    if question.kind in CODED and not call.verified:
        raise NotFound
    yes = keys == "1"
    by = Evidence("keypad", call.row.ref, call.row.attested, place["read"], call.row.last_at)
    async with call.acting(questions.NEEDS[place["kind"]][yes]) as uow:
        said = await questions.answer(uow, question.id, yes=yes, by=by)
    if last:
        return _Said(f"{said}{_BYE}", {}, "hang_up")
    async with call.database.system() as uow:
        rest = [
            q
            for q in await questions.open_of(uow, call.row.number_index)
            if q.person_id == call.row.person_id and (call.verified or q.kind not in CODED)
        ]
    return _ask(rest, said) if rest else _Said(f"{said}{_BACK}", {"at": "told"})


async def _wages(call: _Call, before: str = "") -> _Said:
    if not call.verified:
        return _offer_back("工钱的事，", "wages")
    async with call.acting(Permission.BILL_READ) as uow:
        found = await work.unpaid(uow)
        said = [work.spoken_bill(view, uow.now) for view in found]
    if not found:
        return _Said(f"{before}没有没结清的工钱。有别的事要找人，请按0。{_BACK}", {"at": "told"})
    listed = "。".join(f"{_NUMERALS[n]}、{text}" for n, text in enumerate(said))
    first = "没拿到请按1" if len(found) == 1 else "哪一笔没拿到，请按几"
    return _Said(f"{before}{listed}。{first}，{_BACK}", {"at": "wages", "ids": [str(v.id) for v in found]})


async def _not_paid(call: _Call, keys: str, place: dict[str, Any]) -> _Said:
    bill_id = _pick(place, keys)
    if bill_id is None:
        return await _wages(call, "没有这个选项。")
    claimed = await _claimed(call, bill_id)
    if len(claimed) > 1:
        return _ask(claimed, f"雇主登记了{len(claimed)}笔付款，一笔一笔问您。")
    async with call.acting(Permission.CASE_OPEN) as uow:
        said = await work.not_paid(uow, call.sealer, bill_id)
    return _Said(f"{said}{_BACK}", {"at": "told"})


async def _claimed(call: _Call, bill_id: UUID) -> list[PhoneQuestion]:
    """Return what he is asked about the payments of a bill: "it did not come" says nothing of which."""
    async with call.acting(Permission.BILL_READ) as uow:
        waiting = set(await wages.waiting(uow, bill_id))
    async with call.database.system() as uow:
        found = await questions.open_of(uow, call.row.number_index)
    return [q for q in found if q.person_id == call.row.person_id and q.subject_id in waiting]


async def _human(call: _Call) -> _Said:
    person_id = call.row.person_id or call.known[0].id
    async with call.database.system() as uow:
        await people.wants_a_call(uow, person_id=person_id, employer_id=None, how="打电话按了0，")
    return _Said(f"{words.CALL_COMING}{_BYE}", {}, "hang_up")


async def _stranger(call: _Call, keys: str) -> _Said:
    if call.employer is None:
        return _Said(f"{_HELLO}{words.UNKNOWN}{_BYE}", {}, "hang_up")
    if keys != "0":
        return _Said(f"{_HELLO}雇主请登录网页办理，要驿站回电请按0。", {"at": "employer"})
    async with call.database.system() as uow:
        await people.wants_a_call(uow, person_id=None, employer_id=call.employer, how="打电话按了0，")
    return _Said(f"{words.CALL_COMING}{_BYE}", {}, "hang_up")


def _pick(place: dict[str, Any], keys: str) -> UUID | None:
    ids = place.get("ids", [])
    return UUID(ids[int(keys) - 1]) if keys.isdecimal() and 0 < int(keys) <= len(ids) else None
