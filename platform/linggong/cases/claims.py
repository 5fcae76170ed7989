"""From the claim to its end: papers, decision, payment or refusal, appeal, the way without cover, closing (81 to 87)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from linggong.cases import codes, common, injuries, intake
from linggong.cases.forms import CaseForm
from linggong.cases.injury_models import Injury, InjuryPaper
from linggong.cases.machines import INJURY, OPEN_DISPUTE
from linggong.cases.models import Case
from linggong.kernel import timers
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.money import Fen
from linggong.people.models import Consent
from linggong.wages.models import Bill
from linggong.work.common import hand
from tenants.parameters import parse_duration
from tenants.service import parameters

DOCS, APPEAL = "t.injury.docs", "t.injury.appeal"
CONSENT: Final = "health_data"
_TEXT: Final = "伤情材料告知书 2026-01"
_READERS: Final = frozenset({"county_bureau", "insurer"})
EMPLOYMENT: Final = "劳动关系：单位 30 日内、本人一年内申请工伤认定；没参保的由单位按工伤标准赔。"
SERVICE: Final = "个人之间的劳务：按民法典第 1192 条，看双方过错分担。"
CONTRACTED: Final = "承揽：自己承担，定作、指示、选任有过错的由定作人按过错赔。"
OVER_AGE: Final = "超龄用工：先按约定和过错协商，能否认定工伤由人社部门核实。"


async def claim(uow: UnitOfWork, injury_id: UUID, *, policy_no: str, ref: str) -> Injury:
    """The claim is made (81): policy and the insurer's case number."""
    row = await common.injury(uow, injury_id)
    made = INJURY.step(row.state, "claim", hand(uow))
    faults: list[Fault] = []
    policy = common.words(faults, "policy_no", policy_no or row.policy_no, least=4, most=60)
    number = common.words(faults, "ref", ref or row.insurer_ref, least=2, most=60)
    if faults:
        raise Invalid(faults)
    row.state, row.claimed_at, row.policy_no, row.insurer_ref = made.target, uow.now, policy, number
    row.insurer_told_at = row.insurer_told_at or uow.now
    await timers.cancel_timers(uow, row.id, injuries.INSURER)
    days = await _docs(uow, row)
    if days:
        await common.set_timer(uow, row, DOCS, uow.now + days[0])
    await common.tell(uow, row, "injury.claimed", made, ref=number)
    return row


async def _docs(uow: UnitOfWork, row: Injury) -> list[timedelta]:
    found = (await parameters(uow, row.tenant, DOCS))[DOCS]
    return sorted(parse_duration(one) for one in found) if isinstance(found, tuple) else []


async def remind(uow: UnitOfWork, row: Injury) -> None:
    """Day 7, 30 and 60: papers are still missing (83). After the last one the clerk's list holds it."""
    if row.state not in ("I_CLAIMED", "I_DOCS") or row.claimed_at is None:
        return
    text = "您的保险理赔还缺材料。请带发票、诊断证明到驿站，或登录上传。材料保密，只给保险和人社局看。"
    await common.notify(uow, row, "worker", text, call=True)
    await common.tell(uow, row, "injury.papers_reminded", None)
    for after in await _docs(uow, row):
        if row.claimed_at + after > uow.now:
            await common.set_timer(uow, row, DOCS, row.claimed_at + after)
            return


async def hand_in(
    uow: UnitOfWork,
    sealer: Sealer,
    injury_id: UUID,
    *,
    kind: str,
    content: str,
    consent: bool,
    evidence: str = "",
    amount_fen: int | None = None,
) -> InjuryPaper:
    """Hand in a receipt or a diagnosis (83): sealed, and only with a consent of its own (health data).

    Staff give the proof of the consent (the signed slip). Raises Invalid with every fault.
    """
    row = await common.injury(uow, injury_id)
    made = INJURY.step(row.state, "document", hand(uow))
    faults: list[Fault] = []
    text = common.words(faults, "content", content, least=2)
    proof = common.words(faults, "evidence", evidence, most=200)
    if kind not in ("receipt", "diagnosis", "record", "disability", "other"):
        faults.append(Fault("kind", "请选是什么材料。", "unknown"))
    if not consent:
        faults.append(Fault("consent", "伤情材料要本人单独同意才能收。", "required"))
    if uow.actor.kind == "staff" and not proof:
        faults.append(Fault("evidence", "请填本人签字的同意书编号。", "required"))
    if amount_fen is not None and not 0 < amount_fen <= 10**9:
        faults.append(Fault("amount_fen", "金额要大于 0。", "range"))
    if faults:
        raise Invalid(faults)
    agreed = Consent(
        id=new_id(), person_id=row.worker_id, purpose=CONSENT, text_version=_TEXT, given_at=uow.now,
        method="slip" if uow.actor.kind == "staff" else "tap", evidence=proof,
        taken_by=uow.actor.id if uow.actor.kind == "staff" else None,
    )  # fmt: skip
    uow.session.add(agreed)
    await uow.flush()
    paper_id = new_id()
    paper = InjuryPaper(
        id=paper_id, injury_id=row.id, kind=kind, consent_id=agreed.id, handed_in_at=uow.now,
        content_sealed=sealer.seal(text, f"injury_papers.content_sealed.{paper_id}"),
        amount_fen=Fen(amount_fen) if amount_fen else None,
        taken_by=uow.actor.id if uow.actor.kind == "staff" else None,
        tenant=row.tenant, via=row.via, worker_id=row.worker_id, employer_id=None,
    )  # fmt: skip
    uow.session.add(paper)
    row.state = made.target
    await common.tell(uow, row, "injury.document", made, paper=paper_id, kind=kind)
    return paper


async def open_paper(uow: UnitOfWork, sealer: Sealer, injury_id: UUID, paper_id: UUID) -> str:
    """Open a paper: the injured himself, the bureau, the insurer, with an event each time (83: restricted view)."""
    row = await common.injury(uow, injury_id)
    paper = await uow.session.scalar(
        sa.select(InjuryPaper).where(InjuryPaper.id == paper_id, InjuryPaper.injury_id == row.id)
    )
    if paper is None:
        raise NotFound
    if uow.actor.kind == "worker":
        if row.worker_id != uow.actor.id:
            raise NotFound
    elif uow.actor.role not in _READERS:
        raise Forbidden("伤情材料只有本人、人社局和保险公司能看。")
    await common.tell(uow, row, "injury.paper_opened", None, paper=paper.id, role=uow.actor.role)
    return sealer.open(paper.content_sealed, f"injury_papers.content_sealed.{paper.id}")


async def decide(
    uow: UnitOfWork, injury_id: UUID, *, decision: str, accepted: bool, amount_fen: int | None = None
) -> Injury:
    """The insurer decided (84): by itself, or by its letter that a clerk or the bureau enters. A refusal can be appealed (86)."""
    row = await common.injury(uow, injury_id)
    made = INJURY.step(row.state, "decide", hand(uow))
    faults: list[Fault] = []
    said = common.words(faults, "decision", decision, least=4, most=500)
    if accepted and not amount_fen:
        faults.append(Fault("amount_fen", "请填赔多少。", "required"))
    if amount_fen is not None and not 0 < amount_fen <= 10**10:
        faults.append(Fault("amount_fen", "金额要大于 0。", "range"))
    if faults:
        raise Invalid(faults)
    row.state, row.decided_at, row.decision = made.target, uow.now, said
    await timers.cancel_timers(uow, row.id, DOCS)
    await common.tell(uow, row, "injury.decided", made, accepted=accepted, amount_fen=amount_fen)
    if accepted:
        row.paid_fen = Fen(amount_fen or 0)
        await common.notify(uow, row, "worker", "保险同意赔付，到账后请确认。")
        return row
    refused = INJURY.step(row.state, "refuse", hand(uow))
    row.state, row.refused_at = refused.target, uow.now
    span = (await common.spans(uow, row.tenant, APPEAL))[APPEAL]
    await common.set_timer(uow, row, APPEAL, uow.now + span)
    await common.tell(uow, row, "injury.refused", refused)
    await common.notify(
        uow, row, "worker", f"保险没同意赔付。{span.days}天内可以申诉，也可以走协商赔偿。驿站帮您办。", call=True
    )
    return row


async def paid(uow: UnitOfWork, injury_id: UUID, *, amount_fen: int) -> Injury:
    """The money came (85)."""
    row = await common.injury(uow, injury_id)
    made = INJURY.step(row.state, "pay", hand(uow))
    if not 0 < amount_fen <= 10**10:
        raise Invalid([Fault("amount_fen", "请填赔了多少。", "range")])
    row.state, row.paid_fen, row.paid_at = made.target, Fen(amount_fen), uow.now
    await common.tell(uow, row, "injury.paid", made, amount_fen=amount_fen)
    return row


async def appeal(uow: UnitOfWork, injury_id: UUID, *, words: str) -> Injury:
    """The injured appeals against a refusal (86), within 30 days."""
    row = await common.injury(uow, injury_id)
    made = INJURY.step(row.state, "appeal", hand(uow))
    span = (await common.spans(uow, row.tenant, APPEAL))[APPEAL]
    if row.refused_at is None or uow.now > row.refused_at + span:
        raise Conflict(f"拒赔已过 {span.days} 天，不能申诉了。还可以走协商赔偿或起诉。")
    faults: list[Fault] = []
    why = common.words(faults, "words", words, least=4)
    if faults:
        raise Invalid(faults)
    row.state = made.target
    await timers.cancel_timers(uow, row.id, APPEAL)
    await common.tell(uow, row, "injury.appealed", made, why=why)
    return row


def path_of(legal_form: str) -> str:
    """Return where an injury without cover goes, by the legal form (82)."""
    if legal_form in codes.EMPLOYMENT_FORMS:
        return EMPLOYMENT
    if legal_form == "contracted_work":
        return CONTRACTED
    return OVER_AGE if legal_form == "over_age" else SERVICE


async def civil(uow: UnitOfWork, injury_id: UUID, *, claim: str, amount_fen: int | None = None) -> Case:
    """No cover, or refused: the injured asks the employer (82). A dispute opens, and the legal form decides its path."""
    row = await common.injury(uow, injury_id)
    made = INJURY.step(row.state, "civil", hand(uow))
    if row.case_id is not None:
        raise Conflict("已经在协商赔偿了。")
    if row.state == "I_VERIFIED" and row.policy_no:
        raise Conflict("有保险，请先报保险。拒赔以后再协商赔偿。")
    form = CaseForm(
        kind="injury", claim=claim, wanted="赔偿受伤损失", amount_fen=amount_fen, assignment_id=row.assignment_id,
        channel="system" if uow.actor.kind == "system" else "web" if uow.actor.kind == "worker" else "desk",
        claimant="worker",
    )  # fmt: skip
    opened = await intake.open_case(uow, None, form)
    row.case_id, row.legal_path = opened.id, path_of(opened.legal_form)
    await common.note(uow, opened, "note", row.legal_path)
    await common.tell(uow, row, "injury.civil", made, case=opened.id, path=row.legal_path)
    return opened


async def close(uow: UnitOfWork, injury_id: UUID, *, summary: str) -> Injury:
    """Close an injury (87): only with all money settled, of the claim, the dispute and the wages of that day."""
    row = await common.injury(uow, injury_id)
    made = INJURY.step(row.state, "close", hand(uow))
    faults: list[Fault] = []
    said = common.words(faults, "summary", summary, least=4)
    if row.state in ("I_CLAIMED", "I_DOCS", "I_APPEAL"):
        faults.append(Fault("", "保险还没有结果，不能结案。", "open"))
    if row.state == "I_DECIDED":
        faults.append(Fault("", "保险同意赔付，钱还没到，不能结案。", "open"))
    if row.case_id is not None and await uow.session.scalar(
        sa.select(Case.id).where(Case.id == row.case_id, Case.state.in_(OPEN_DISPUTE))
    ):
        faults.append(Fault("", "协商赔偿还没办结，不能结案。", "open"))
    unpaid = await uow.session.scalar(
        sa.select(Bill.id).where(Bill.assignment_id == row.assignment_id, Bill.state.in_(("OPEN", "CLAIMED")))
    )
    if unpaid is not None:
        faults.append(Fault("", "受伤那天的工钱还没结清，不能结案。", "open"))
    if faults:
        raise Invalid(faults)
    row.state, row.closed_at, row.summary = made.target, uow.now, said
    await timers.cancel_timers(uow, row.id)
    await common.tell(uow, row, "injury.closed", made)
    await common.derive(uow, row)
    return row
