"""The line to the insurer: what a call needs, how it is made, what an answer changes (`kernel.outbox`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.cover import changes, enrolment, protocol
from linggong.cover.insurer import HttpInsurer, Insurer
from linggong.cover.models import CoverPolicy
from linggong.cover.protocol import Change, Enrolment, InjuryNotice, Reply, Withdrawal
from linggong.kernel import clock, outbox
from linggong.kernel.crypto import Sealer, Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault as FormFault
from linggong.kernel.errors import Forbidden, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.outbox import Answer, Asked, Heard, Line, OutsideCall, Unanswered
from linggong.kernel.settings import Settings
from linggong.people.models import Person

SYSTEM = enrolment.SYSTEM


@dataclass(slots=True)
class _Wire:
    """Who is asked, and the keys with which a person's number is opened for it; set by the process that makes calls."""

    insurer: Insurer | None = None
    sealer: Sealer | None = None


_wire = _Wire()


def key_of(settings: Settings, secrets: Secrets) -> bytes:
    """Return the key that we share with the insurer; without one of a contract, this deployment's own for its stand-in."""
    return (settings.insurer_key or secrets.sign("insurer", "shared key")).encode()


def use(insurer: Insurer | None, sealer: Sealer | None) -> None:
    """Ask this insurer from now on; None: nobody, calls wait."""
    _wire.insurer, _wire.sealer = insurer, sealer


def insurer_of(settings: Settings, secrets: Secrets) -> HttpInsurer | None:
    """Return the client of the insurer that the settings name; None without one."""
    return HttpInsurer(settings.insurer_url, key_of(settings, secrets)) if settings.insurer_url else None


async def work(database: Database) -> None:
    """Make what is due, if there is somebody to ask."""
    if _wire.insurer is not None:
        await outbox.work(database, SYSTEM)


async def prepare(uow: UnitOfWork, call: OutsideCall) -> Enrolment | Change | Withdrawal | InjuryNotice:
    """Build what a call sends; personal data is read here and kept in memory only."""
    if call.kind == "notify_injury":
        return InjuryNotice(
            request_id=str(call.id),
            reference=str(call.subject_id),
            policy_no=str(call.payload.get("policy_no", "")),
            happened_at=datetime.fromisoformat(call.payload["happened_at"]),
            place=str(call.payload.get("place", ""))[:200],
        )
    policy = await uow.session.get(CoverPolicy, call.subject_id)
    if policy is None:
        raise NotFound
    if call.kind == "change":
        return Change(
            request_id=str(call.id),
            reference=str(policy.id),
            policy_no=policy.policy_no,
            starts_at=datetime.fromisoformat(call.payload["starts_at"]),
            ends_at=datetime.fromisoformat(call.payload["ends_at"]),
            place=str(call.payload.get("place", "")),
        )
    if call.kind == "withdraw":
        return Withdrawal(
            request_id=str(call.id),
            reference=str(policy.id),
            policy_no=str(call.payload["policy_no"]),
            reason="not_going",
        )
    person = await uow.session.get(Person, policy.worker_id)
    if person is None or _wire.sealer is None:
        raise NotFound
    return Enrolment(
        request_id=str(call.id),
        reference=str(policy.id),
        product=str(call.payload["product"]),
        name=person.name,
        id_number=_wire.sealer.open(person.id_sealed, f"persons.id_sealed.{person.id}"),
        birth_date=person.birth_date,
        occupation_class=policy.occupation_class,
        place=policy.place,
        starts_at=policy.starts_at,
        ends_at=policy.ends_at,
        days=policy.days,
        premium_fen=int(policy.premium_fen),
    )


async def send(asked: Asked, request: Any) -> Answer:
    """Make one call; no transaction is open."""
    insurer = _wire.insurer
    if insurer is None:
        raise Unanswered("还没有接通保险公司")
    match request:
        case Enrolment():
            return normal(await insurer.enrol(request))
        case Change():
            return normal(await insurer.change(request))
        case Withdrawal():
            return normal(await insurer.withdraw(request))
        case InjuryNotice():
            return normal(await insurer.notify_injury(request))
    raise TypeError(asked.kind)


def normal(reply: Reply) -> Answer:
    """Return a reply as it is kept: without words for a decision that carries none, so that equal answers are equal."""
    if reply.result == "pending":
        return Answer({}, final=False)
    return Answer(
        {
            "result": reply.result,
            "policy_no": reply.policy_no[:60],
            "effective_at": None if reply.effective_at is None else clock.utc(reply.effective_at).isoformat(),
            "code": reply.code[:40],
            "words": reply.words[:200],
        }
    )


async def answered(uow: UnitOfWork, call: OutsideCall, answer: dict[str, Any]) -> None:
    """Act on the first final answer."""
    if call.kind == "enrol":
        policy = await _policy(uow, call.subject_id)
        if answer["result"] == "accepted":
            holds = datetime.fromisoformat(answer["effective_at"])
            await enrolment.accepted(uow, policy, answer["policy_no"], holds)
            await changes.follow(uow, policy.engagement_id)
        else:
            await enrolment.refused(uow, policy, answer["code"], answer["words"])
    elif call.kind == "change":
        from_then = datetime.fromisoformat(answer["effective_at"]) if answer["result"] == "accepted" else None
        await changes.answered(uow, await _policy(uow, call.subject_id), call, from_then)
    elif call.kind == "notify_injury":
        # Injuries live on a higher floor, which listens.
        await uow.emit(
            NewEvent(
                type="cover.injury_answered",
                chain=call.chain,
                subject_id=call.subject_id,
                tenant=call.tenant,
                person_id=call.person_id,
                employer_id=call.employer_id,
                body=dict(answer),
            )
        )


async def contradicted(uow: UnitOfWork, call: OutsideCall, answer: dict[str, Any]) -> None:
    """A later answer says something else."""
    if call.kind == "enrol":
        await enrolment.disputed(uow, await _policy(uow, call.subject_id))


async def _policy(uow: UnitOfWork, policy_id: UUID) -> CoverPolicy:
    found = await uow.session.scalar(
        sa.select(CoverPolicy)
        .where(CoverPolicy.id == policy_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


async def callback(database: Database, key: bytes, signature: str, body: bytes) -> Heard:
    """Take what the insurer brings by itself: signed, about a call of ours, counted once.

    Raises Forbidden for a signature that does not fit, Invalid for what is no reply, NotFound for a call that was never
    made or was about another policy.
    """
    if not protocol.verify(key, signature, protocol.CALLBACK_PATH, body, clock.now()):
        raise Forbidden("签名不对或已过期。")
    try:
        reply = msgspec.json.decode(body, type=Reply)
        call_id, policy_id = UUID(reply.request_id), UUID(reply.reference)
        if reply.result == "accepted" and not (reply.policy_no and reply.effective_at):
            raise ValueError
        answer = normal(reply)
    except (msgspec.MsgspecError, ValueError):
        raise Invalid([FormFault("", "回复的内容看不懂。", "reply")]) from None
    async with database.system() as uow:
        heard: Heard = await outbox.hear(uow, SYSTEM, call_id, policy_id, answer)
    return heard


def register() -> None:
    """Connect the line by name; calling it again changes nothing."""
    outbox.connect(
        Line(
            system=SYSTEM,
            words="保险公司",
            kinds={"enrol": "参保", "change": "改保险时间", "withdraw": "退保", "notify_injury": "报案"},
            prepare=prepare,
            send=send,
            answered=answered,
            contradicted=contradicted,
        )
    )
