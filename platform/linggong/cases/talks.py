"""Offers from both sides, and the settlement that both have signed: it makes the bill's new lines (72)."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from linggong.cases import common, money
from linggong.cases.forms import OfferForm, SignForm
from linggong.cases.handling import resolved
from linggong.cases.models import Case, CaseOffer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.money import Fen, format_yuan

_TALKING = ("D_OPEN", "D_NEGOTIATING", "D_MEDIATING", "D_REOPENED")


async def offer(uow: UnitOfWork, case_id: UUID, form: OfferForm) -> CaseOffer:
    """Offer an amount (71): what the worker gets of what is disputed. A new offer takes the place of an open one.

    A party offers for himself, staff for the side that told them, the case's mediator proposes as such. Offering is no
    signature: each side still signs. Raises Invalid beyond the disputed amount.
    """
    row = await common.case(uow, case_id)
    _two_sides(row)
    side = _side(uow, row, form.side, mediator=True)
    faults: list[Fault] = []
    words = common.words(faults, "words", form.words)
    if row.amount_fen is not None and form.amount_fen > row.amount_fen:
        faults.append(Fault("amount_fen", f"最多 {format_yuan(row.amount_fen)} 元，就是争议的那部分。", "range"))
    if form.amount_fen < 0 or form.amount_fen > 10**9:
        faults.append(Fault("amount_fen", "金额要在 0 到一千万元之间。", "range"))
    if faults:
        raise Invalid(faults)
    await uow.execute(
        sa.update(CaseOffer).where(CaseOffer.case_id == row.id, CaseOffer.state == "open").values(state="replaced")
    )
    made = CaseOffer(
        id=new_id(), case_id=row.id, side=side, amount_fen=Fen(form.amount_fen), words=words, state="open",
        made_by=common.said_by(uow), made_at=uow.now, tenant=row.tenant, via=row.via,
        worker_id=row.worker_id, employer_id=row.employer_id, worker_proof="", employer_proof="",
    )  # fmt: skip
    uow.session.add(made)
    await uow.flush()
    await common.tell(uow, row, "case.offered", None, offer=made.id, side=side, amount_fen=form.amount_fen)
    for other in {"worker", "employer"} - {side}:
        text = f"受理号{row.receipt}：对方提出付给零工{format_yuan(form.amount_fen)}元了结。同意就登录签字，不同意可提自己的方案。"
        await common.notify(uow, row, other, text)
    return made


async def decline(uow: UnitOfWork, case_id: UUID, *, side: str | None = None) -> Case:
    """The other side does not take the open offer; they go on talking, or ask for mediation."""
    row = await common.case(uow, case_id)
    said_for = _side(uow, row, side)
    open_offer = await _open(uow, row)
    if open_offer.side == said_for:
        raise Conflict("这是自己提的方案。想改，直接提一个新的。")
    open_offer.state = "declined"
    await common.tell(uow, row, "case.declined", None, offer=open_offer.id, side=said_for)
    return row


async def sign(uow: UnitOfWork, case_id: UUID, offer_id: UUID, form: SignForm) -> Case:
    """Sign the open offer for a side (72). With both signatures the case is settled and the bill takes its new lines.

    Staff need the signed paper's number as proof, and one member of staff does not sign for both sides, save the
    mediator at whose table both signed one paper (invariant 13). Raises Conflict when the offer is not the open one any
    more: nobody signs what he has not read.
    """
    row = await common.case(uow, case_id)
    _two_sides(row)
    common.refuse_own(uow, row)
    side = _side(uow, row, form.side)
    signed = await _open(uow, row)
    if signed.id != offer_id:
        raise Conflict("方案已经改过了，请看清新的方案再签。")
    if getattr(signed, f"{side}_signed_at") is not None:
        raise Conflict("这一方已经签过了，等另一方签。")
    faults: list[Fault] = []
    proof = common.words(faults, "proof", form.proof, most=200)
    if uow.actor.kind == "staff" and not proof:
        faults.append(Fault("proof", "代签要有本人签字的协议，请填协议编号或照片编号。", "required"))
    if faults:
        raise Invalid(faults)
    other = "employer" if side == "worker" else "worker"
    by = common.said_by(uow)
    at_the_table = row.state == "D_MEDIATING" and row.mediator_id == uow.actor.id
    if uow.actor.kind == "staff" and getattr(signed, f"{other}_signed_by") == by and not at_the_table:
        raise Conflict("双方不能都由您一个人代签。请另一位工作人员办，或请当事人自己签。")
    if row.state in ("D_OPEN", "D_REOPENED"):
        raise Conflict("驿站还没联系双方。请先联系，再签和解。")
    # What is signed first changes no state; the second signature does.
    made = common.step(uow, row, "settle")
    setattr(signed, f"{side}_signed_at", uow.now)
    setattr(signed, f"{side}_signed_by", by)
    setattr(signed, f"{side}_proof", proof)
    both = getattr(signed, f"{other}_signed_at") is not None
    if both:
        signed.state = "signed"
    await uow.flush()
    await common.tell(uow, row, "case.signed", None, offer=signed.id, side=side)
    if not both:
        return row
    mediated = row.state == "D_MEDIATING"
    row.state = made.target
    await money.settle(uow, row, signed.amount_fen, f"和解{row.receipt}")
    words = f"双方同意：争议部分付给零工 {format_yuan(signed.amount_fen)} 元。{signed.words}".strip()
    await resolved(uow, row, "mediated" if mediated else "settled", words)
    await common.tell(uow, row, "case.settled", made, offer=signed.id, amount_fen=signed.amount_fen, bill=row.bill_id)
    await common.notify_both(
        uow, row, f"受理号{row.receipt}已和解：付给零工{format_yuan(signed.amount_fen)}元。请在7天内评价办理。"
    )
    await common.derive(uow, row)
    return row


def _two_sides(row: Case) -> None:
    if row.worker_id is None or row.employer_id is None:
        raise Conflict("这件没有对方当事人，不能协商。由人社局核查后答复。")
    if row.state not in _TALKING:
        raise Conflict("现在不在协商。请刷新后再看。")


async def _open(uow: UnitOfWork, row: Case) -> CaseOffer:
    found = await uow.session.scalar(
        sa.select(CaseOffer)
        .where(CaseOffer.case_id == row.id, CaseOffer.state == "open")
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise Conflict("现在没有待签的方案。")
    return found


def _side(uow: UnitOfWork, row: Case, said: str | None, *, mediator: bool = False) -> str:
    """Return for whom this is said: a party himself, or whom the member of staff names."""
    own = common.side_of(uow, row)
    if own is not None:
        return own
    if uow.actor.kind != "staff":
        raise NotFound
    if mediator and row.mediator_id == uow.actor.id and said in (None, "mediator"):
        return "mediator"
    if said not in ("worker", "employer"):
        raise Invalid([Fault("side", "请选是替哪一方。", "required")])
    return said
