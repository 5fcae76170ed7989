"""Two consents make a contract (R075): what was shown, how each side proved who he is, when and where; then transition 20.

The contract is made the moment both have said yes to the same terms in the same form, and every other gate (cover)
agrees; when cover comes later, its event completes it. One clerk who stands for both sides is a single witness and owes a
call-back.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.contracts import facts, wording
from linggong.contracts.facts import Facts
from linggong.contracts.models import ContractBlob, ContractConsent, ContractFile
from linggong.contracts.proofs import Clerk, Code, Proof
from linggong.kernel import clock, reading, timers
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from linggong.kernel.ids import new_id, short_code
from linggong.work import common, concluding, gates, witness
from linggong.work.machines import STATE_WORDS
from linggong.work.models import Engagement

Side = Literal["worker", "employer"]
SIDES: Final[tuple[Side, Side]] = ("worker", "employer")
SIDE_WORDS: Final = {"worker": "零工", "employer": "雇主"}
SLIP_TIMER: Final = "t.contract.slip"
GATE: Final = "contracts"
WITNESS_LENGTH: Final = 40
_HELD: Final = "contract held"
_FILE: Final = "WHERE engagement_id = $1 AND part = 0"
_CONSENTS: Final = "WHERE file_id = $1 AND terms_hash = $2 AND legal_form = $3 ORDER BY given_at, id"


class Held(NamedTuple):
    """What a signature has read and written with the engagement locked: it stands until the transaction ends."""

    file: ContractFile
    told: Facts
    known: dict[str, ContractConsent]


def held(uow: UnitOfWork, row: Engagement) -> Held | None:
    """Return what this transaction's own signature holds of an engagement's contract, while its terms are the same."""
    found: Held | None = uow.memo.get((_HELD, row.id))
    return found if found is not None and found.file.terms_hash == row.terms_hash else None


async def sign(
    uow: UnitOfWork, engagement_id: UUID, *, proof: Proof, side: Side | None = None, text_hash: str | None = None
) -> Engagement:
    """Record one side's consent, and make the contract when nothing is missing any more.

    Worker and employer speak for themselves with a `Code`; staff name the side and bring a `Clerk`. `text_hash` is that
    of the screen that was shown; None for a clerk who reads what is in force. The employer may consent from his offer
    on, the worker once he has confirmed. Raises NotFound, Conflict (wrong state, already signed, other words by now),
    Forbidden for another's side, Invalid.
    """
    row = await common.engagement(uow, engagement_id)
    uow.memo.pop((_HELD, row.id), None)
    side = _side(uow, row, side, proof)
    _check_state(row, side)
    file, told = await file_of(uow, row)
    shown = wording.screen(told)
    if text_hash is not None and text_hash != shown.text_hash:
        raise Conflict("约定刚刚改过，请看完新的再签。")
    known = await consents(uow, file)
    if side in known:
        raise Conflict(f"{SIDE_WORDS[side]}这边已经签过了，等另一方。", side=side)
    consent = await _record(uow, row, file, side, proof, shown)
    uow.memo[_HELD, row.id] = Held(file, told, {**known, side: consent})
    if isinstance(proof, Clerk):
        await _witnessed(uow, row, known, consent)
    await complete(uow, row)
    return row


def _side(uow: UnitOfWork, row: Engagement, side: Side | None, proof: Proof) -> Side:
    kind = uow.actor.kind
    if kind in ("worker", "employer"):
        own: Side = "worker" if kind == "worker" else "employer"
        if side not in (None, own) or not isinstance(proof, Code):
            raise Forbidden("只能替自己签约。")
        return own
    if kind != "staff" or not isinstance(proof, Clerk):
        raise Forbidden("签约要本人，或由驿站工作人员代办。")
    if side is None:
        raise Invalid([Fault("side", "请选替哪一方签：零工还是雇主。", "required")])
    if side == "employer":
        common.for_employer(uow, row)
    if len(proof.witness) > WITNESS_LENGTH:
        raise Invalid([Fault("witness", f"见证人最多 {WITNESS_LENGTH} 个字。", "length")])
    return side


def _check_state(row: Engagement, side: Side) -> None:
    if row.state == "A_CONFIRMED" or (row.state == "A_OFFERED" and side == "employer"):
        return
    if row.state == "A_CONTRACTED":
        raise Conflict("已经签过约了。", state=row.state)
    if row.state == "A_OFFERED":
        raise Conflict("先确认价格，再签约。", state=row.state)
    raise Conflict(f"现在是“{STATE_WORDS.get(row.state, row.state)}”，不能签约。请刷新后再看。", state=row.state)


async def file_of(uow: UnitOfWork, row: Engagement) -> tuple[ContractFile, Facts]:
    """Return the engagement's contract document and what it says: made (in state open) when it is asked for first, and
    made to fit when the terms that it stood for are no longer those in force.
    """
    if (kept := held(uow, row)) is not None:
        return kept.file, kept.told
    file = await reading.one(uow, ContractFile, _FILE, row.id)
    told = await facts.gather(uow, row)
    if file is None:
        file = ContractFile(
            id=new_id(),
            order_id=row.order_id,
            tenant=row.tenant,
            via=row.via,
            worker_id=row.worker_id,
            employer_id=row.employer_id,
            engagement_id=row.id,
            part=0,
            code=short_code(10),
            state="open",
            legal_form=told.form.value,
            warnings=told.warnings,
            terms_version=told.terms_version,
            terms_hash=bytes.fromhex(told.terms_hash),
            changes=[],
            created_at=uow.now,
        )
        uow.session.add(file)
        await uow.flush()
    elif file.state == "open" and outdated(file, told):
        file.legal_form, file.warnings = told.form.value, told.warnings
        file.terms_version, file.terms_hash = told.terms_version, bytes.fromhex(told.terms_hash)
        await uow.flush()
    # What one side was warned of, the other is warned of in the same words.
    return file, msgspec.structs.replace(told, code=file.code, warnings=list(file.warnings))


def outdated(file: ContractFile, told: Facts) -> bool:
    """Tell whether a document that waits for consents stands for other terms or another form than those of now."""
    return (file.terms_hash.hex(), file.legal_form) != (told.terms_hash, told.form.value)


async def consents(uow: UnitOfWork, file: ContractFile) -> dict[str, ContractConsent]:
    """Return the consents that count, by side: to these terms, in this form; the last one of each side."""
    found = await reading.many(uow, ContractConsent, _CONSENTS, file.id, file.terms_hash, file.legal_form)
    return {c.side: c for c in found}


async def _record(
    uow: UnitOfWork, row: Engagement, file: ContractFile, side: Side, proof: Proof, shown: wording.Screen
) -> ContractConsent:
    clerk = proof if isinstance(proof, Clerk) else None
    if clerk is not None and clerk.slip_id is not None:
        await _slip(uow, row, clerk.slip_id)
    owed = clerk is not None and clerk.slip_id is None
    text = wording.shown("", shown.sentences, shown.warnings)
    consent = ContractConsent(
        id=new_id(),
        order_id=row.order_id,
        tenant=row.tenant,
        via=row.via,
        worker_id=row.worker_id,
        employer_id=row.employer_id,
        file_id=file.id,
        side=side,
        terms_version=file.terms_version,
        terms_hash=file.terms_hash,
        legal_form=file.legal_form,
        text_version=shown.text_version,
        shown=text,
        text_hash=bytes.fromhex(shown.text_hash),
        method="code" if clerk is None else "clerk",
        given_by=uow.actor.id if uow.actor.id != NOBODY else None,
        channel=uow.actor.channel,
        station=uow.actor.post if uow.actor.kind == "staff" else None,
        device=proof.device[:80],
        witness=clerk.witness.strip() if clerk is not None else "",
        slip_id=clerk.slip_id if clerk is not None else None,
        slip_due_at=end_of_day(uow) if owed else None,
        given_at=uow.now,
    )
    uow.session.add(consent)
    await uow.flush()
    if owed and consent.slip_due_at is not None:
        await _timer(uow, row, consent.id, "contract", SLIP_TIMER, consent.slip_due_at)
    await common.tell(
        uow,
        row,
        file.id,
        "contract.consented",
        None,
        engagement=str(row.id),
        side=side,
        how=consent.method,
        text_version=shown.text_version,
        text_hash=shown.text_hash,
        terms_version=file.terms_version,
        legal_form=file.legal_form,
        slip_owed=owed,
    )
    return consent


def end_of_day(uow: UnitOfWork) -> datetime:
    """Return the midnight that ends the business day: until then a slip's photo may follow."""
    return clock.day_bounds(clock.business_date(uow.now))[1]


async def _timer(uow: UnitOfWork, row: Engagement, subject: UUID, region: str, key: str, due: datetime) -> None:
    await timers.set_timer(
        uow,
        subject_id=subject,
        region=region,
        key=key,
        due_at=due,
        tenant=row.tenant,
        via=row.via,
        person_id=row.worker_id,
        employer_id=row.employer_id,
    )


async def _slip(uow: UnitOfWork, row: Engagement, slip_id: UUID) -> None:
    found = await uow.session.scalar(
        sa.select(ContractBlob.id).where(
            ContractBlob.id == slip_id, ContractBlob.engagement_id == row.id, ContractBlob.kind == "slip"
        )
    )
    if found is None:
        raise NotFound


async def _witnessed(
    uow: UnitOfWork, row: Engagement, known: dict[str, ContractConsent], consent: ContractConsent
) -> None:
    """One clerk for both sides is one witness: the step is marked, and another member of staff calls one side back."""
    other = next((c for s, c in known.items() if s != consent.side), None)
    if other is not None and other.method == "clerk" and other.given_by == consent.given_by:
        await witness.owe(uow, row, "20", consent.file_id)


async def missing(uow: UnitOfWork, row: Engagement) -> list[Side]:
    """Return the sides whose consent to the terms in force is missing."""
    if (kept := held(uow, row)) is not None:
        return [side for side in SIDES if side not in kept.known]
    file = await reading.one(uow, ContractFile, _FILE, row.id)
    if file is None or file.terms_hash != row.terms_hash:
        return list(SIDES)
    known = await consents(uow, file)
    return [side for side in SIDES if side not in known]


async def gate(uow: UnitOfWork, row: Engagement) -> str | None:
    """Answer the work floor's question before transition 20: have both sides consented?"""
    lacking = await missing(uow, row)
    if not lacking:
        return None
    return f"还差{'、'.join(SIDE_WORDS[s] for s in lacking)}签约：要本人用短信验证码签，或到驿站签。"


async def waits_for(uow: UnitOfWork, row: Engagement) -> str | None:
    """Return why a confirmed engagement is not contracted yet, None when nothing is in the way.

    A gate may write (cover is asked for when somebody wants to sign); who only looks is told what he can do himself.
    """
    if uow.read_only:
        return await gate(uow, row)
    for _, ask in sorted(gates.ready_to_contract.items()):
        if reason := await ask(uow, row):
            return reason
    return None


async def complete(uow: UnitOfWork, row: Engagement) -> bool:
    """Make the contract (20) of a locked engagement when it is ready; consents stay when something else is still missing."""
    if row.state != "A_CONFIRMED" or await waits_for(uow, row) is not None:
        return False
    await concluding.contracted(uow, row)
    return True


async def for_the_employer(uow: UnitOfWork, order_id: UUID) -> list[UUID]:
    """Return the engagements of an order that wait for the employer's signature."""
    given = sa.exists().where(
        ContractConsent.file_id == ContractFile.id,
        ContractConsent.side == "employer",
        ContractConsent.terms_hash == ContractFile.terms_hash,
        ContractConsent.legal_form == ContractFile.legal_form,
    )
    signed = sa.exists().where(
        ContractFile.engagement_id == Engagement.id,
        ContractFile.part == 0,
        ContractFile.terms_hash == Engagement.terms_hash,
        given,
    )
    rows = await uow.session.scalars(
        sa.select(Engagement.id)
        .where(Engagement.order_id == order_id, Engagement.state.in_(("A_OFFERED", "A_CONFIRMED")), ~signed)
        .order_by(Engagement.id)
    )
    return list(rows)


async def sign_order(uow: UnitOfWork, order_id: UUID, *, proof: Code) -> list[Engagement]:
    """The employer signs for everybody of an order whom he has chosen and not signed for yet, with one code.

    Raises Conflict when nobody waits for his signature, Forbidden but for the employer.
    """
    if uow.actor.kind != "employer":
        raise Forbidden("这一步由雇主本人来做；零工在自己手机上签，或到驿站签。")
    waiting = await for_the_employer(uow, order_id)
    if not waiting:
        raise Conflict("没有等您签约的人。")
    return [await sign(uow, engagement_id, proof=proof) for engagement_id in waiting]
