"""The steps of an instalment (R126): the operator asks with proof, the bureau checks, two different people approve, and what was
paid elsewhere is entered with its voucher. Nothing is ever paid from here.

Nobody decides about his own request, nobody decides twice, and nobody of the operator decides at all (R017).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.kernel import clock, timers
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from linggong.kernel.money import fen, format_yuan
from linggong.kernel.paths import tenant_path
from linggong.offices import duties
from linggong.offices.models import OperatorContract
from linggong.operators import outcome, planning
from linggong.operators.codes import EVIDENCE_SETTLEMENT
from linggong.operators.dossier import REGION, actor, own_operator
from linggong.operators.machines import SETTLEMENT
from linggong.operators.models import Settlement
from linggong.operators.outcome import Outcome
from rbac.models import RoleAssignment
from rbac.roles import hand
from tenants import evidence, holidays
from tenants.evidence import Photo
from tenants.service import parameters

LATE, TOLD, REVIEW_DAYS = "operators.late", "operators.told", "pay.review_days"
OTHER_HAND, SECOND_HAND = "settle-pay", "approve-confirm"
_TWO = 2
_MOST_PHOTOS = 10


class RequestForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is said with a request."""

    words: Annotated[str, Meta(max_length=500)] = ""


class PaidForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The voucher of a payment that was made outside."""

    paid_on: date | None = None
    voucher: Annotated[str, Meta(max_length=80)] = ""


async def request(
    uow: UnitOfWork, settlement_id: UUID, form: RequestForm, photos: list[Photo] | None = None
) -> Settlement:
    """Ask for an instalment, with proof (126b): the operator, or the bureau for a request that came on paper.

    Raises NotFound (also for another operator's), Conflict before its day, a second time, without the year's grade for the
    last part or when the grade leaves nothing of it; Invalid without words or proof.
    """
    row = await locked(uow, settlement_id)
    step = SETTLEMENT.find(row.state, "request")
    if step is None and not SETTLEMENT.is_end(row.state):
        raise Conflict(f"第 {row.part} 期已经申请过，现在是“{SETTLEMENT.labels[row.state]}”，不能再申请一次。")
    step = SETTLEMENT.step(row.state, "request", hand_of(uow))
    contract = await uow.session.get_one(OperatorContract, row.contract_id)
    _is_due(row, contract, clock.business_date(uow.now))
    amount = int(row.planned_fen)
    if row.by_grade:
        left = await _of_grade(uow, row)
        amount = left.tail_fen
        if amount <= 0:
            words = f"按“{row.grade}”等次，尾款没有可付的" + (
                f"，还要退回 {format_yuan(-amount)} 元。" if amount else "。"
            )
            raise Conflict(words)
    faults: list[Fault] = []
    if len(form.words.strip()) < _TWO:
        faults.append(Fault("words", "请写明这一期完成了什么、附了哪些材料。", "required"))
    for photo in photos or []:
        evidence.check(photo, faults, now=uow.now)
    if len(photos or []) > _MOST_PHOTOS:
        faults.append(Fault("photo", f"一次最多 {_MOST_PHOTOS} 张。", "count"))
    if not photos and not (await evidence.of(uow, EVIDENCE_SETTLEMENT, [row.id]))[row.id]:
        faults.append(Fault("photo", "请附证明材料的照片（验收单、上线证明、发票）。", "required"))
    if faults:
        raise Invalid(faults)
    row.round += 1
    row.amount_fen, row.words, row.reason = fen(amount), form.words.strip(), ""
    row.requested_at, row.requested_by = uow.now, actor(uow)
    row.state = step.target
    await uow.flush()
    for photo in photos or []:
        await evidence.keep(uow, tenant_path(uow.actor.post or row.tenant), EVIDENCE_SETTLEMENT, row.id, photo)
    await timers.cancel_timers(uow, row.id, planning.DUE)
    await _review(uow, row)
    await planning.tell(uow, row, "request", amount_fen=row.amount_fen, grade=row.grade, due_on=row.due_on)
    await say_soon(uow, row)
    return row


async def withdraw(uow: UnitOfWork, settlement_id: UUID) -> Settlement:
    """Take a request back before it was checked (126h): whoever may ask. Raises NotFound, Conflict."""
    row = await locked(uow, settlement_id)
    step = SETTLEMENT.step(row.state, "withdraw", hand_of(uow))
    await _move(uow, row, step.event)
    _forget(row)
    await uow.flush()
    return row


async def check(uow: UnitOfWork, settlement_id: UUID) -> Settlement:
    """Say that words and proof fit (126c). Raises NotFound, Forbidden, Conflict for whoever asked."""
    row = await _decide(uow, settlement_id, "check", OTHER_HAND)
    row.checked_at, row.checked_by = uow.now, actor(uow)
    await uow.flush()
    return row


async def approve(uow: UnitOfWork, settlement_id: UUID) -> Settlement:
    """Approve first (126d). Raises NotFound, Forbidden, Conflict for whoever asked."""
    row = await _decide(uow, settlement_id, "approve", OTHER_HAND)
    row.approved_at, row.approved_by = uow.now, actor(uow)
    await uow.flush()
    return row


async def confirm(uow: UnitOfWork, settlement_id: UUID) -> Settlement:
    """Approve second, by another person, which makes the order of payment (126e). Raises NotFound, Forbidden, Conflict."""
    row = await _decide(uow, settlement_id, "confirm", OTHER_HAND, SECOND_HAND)
    if row.approved_by is not None and row.approved_by == actor(uow):
        raise Conflict("初审的人不能再复审，请另一位同事来复审。")
    row.confirmed_at, row.confirmed_by = uow.now, actor(uow)
    contract = await uow.session.get_one(OperatorContract, row.contract_id)
    row.order_number = f"{contract.number}-{row.part}-{row.round or 1}"
    await timers.cancel_timers(uow, row.id)
    await uow.flush()
    await say_soon(uow, row)
    return row


async def pay(uow: UnitOfWork, settlement_id: UUID, form: PaidForm) -> Settlement:
    """Enter that it was paid, or paid back (126f). Raises NotFound, Forbidden, Conflict, Invalid with every fault."""
    row = await locked(uow, settlement_id)
    step = SETTLEMENT.step(row.state, "pay", hand_of(uow))
    await _not_of_operator(uow, row)
    today, faults = clock.business_date(uow.now), []
    back = (row.amount_fen or 0) < 0
    ordered = clock.business_date(row.confirmed_at or uow.now)
    if form.paid_on is None or not ordered <= form.paid_on <= today:
        faults.append(Fault("paid_on", f"{'退款' if back else '付款'}要在 {ordered} 到今天之间。", "range"))
    if len(form.voucher.strip()) < _TWO:
        faults.append(Fault("voucher", f"请填{'收款' if back else '支付'}凭证号。", "required"))
    if faults:
        raise Invalid(faults)
    row.paid_on, row.voucher, row.paid_by = form.paid_on, form.voucher.strip(), actor(uow)
    await _move(uow, row, step.event, paid_on=row.paid_on, voucher=row.voucher, amount_fen=row.amount_fen)
    await say_soon(uow, row)
    return row


async def give_back(uow: UnitOfWork, settlement_id: UUID, *, words: str) -> Settlement:
    """Return a request for more (126g); who approved it before has approved nothing. Raises NotFound, Forbidden, Conflict, Invalid."""
    row = await locked(uow, settlement_id)
    SETTLEMENT.step(row.state, "return", hand_of(uow))
    await _not_of_operator(uow, row)
    row.reason = _because(words, "要补正什么")
    await _move(uow, row, "return", reason=row.reason)
    _forget(row)
    await timers.cancel_timers(uow, row.id)
    await uow.flush()
    await say_soon(uow, row)
    return row


async def recover(uow: UnitOfWork, settlement_id: UUID) -> Settlement:
    """Begin to take back what the grade leaves below what was fixed (126i): a negative sum that two others approve.

    Raises NotFound, Forbidden, Conflict where there is nothing to be paid back.
    """
    row = await locked(uow, settlement_id)
    SETTLEMENT.step(row.state, "recover", hand_of(uow))
    await _not_of_operator(uow, row)
    if not row.by_grade:
        raise Conflict("只有按等次结算的那一期才会追回。")
    left = await _of_grade(uow, row)
    if not left.back_fen:
        raise Conflict(f"现在没有要追回的。{left.words}")
    row.round += 1
    row.amount_fen, row.requested_at, row.requested_by = fen(-left.back_fen), uow.now, actor(uow)
    row.words, row.reason = left.words, ""
    await _move(uow, row, "recover", amount_fen=row.amount_fen, grade=row.grade)
    await timers.cancel_timers(uow, row.id, planning.DUE)
    await _review(uow, row)
    return row


async def lapse(uow: UnitOfWork, settlement_id: UUID, *, words: str) -> Settlement:
    """Say that an instalment is not paid any more (126j). Raises NotFound, Forbidden, Conflict, Invalid without a reason."""
    row = await locked(uow, settlement_id)
    SETTLEMENT.step(row.state, "lapse", hand_of(uow))
    await _not_of_operator(uow, row)
    contract = await uow.session.get_one(OperatorContract, row.contract_id)
    ended = contract.status == "terminated" and (row.due_on is None or row.due_on > contract.ends_on)
    if not ended and not (row.by_grade and (await _of_grade(uow, row)).tail_fen == 0):
        raise Conflict("这一期照合同还要付：合同没有提前终止，等次也没有扣完。")
    row.reason = _because(words, "为什么不再支付")
    await _move(uow, row, "lapse", reason=row.reason)
    await timers.cancel_timers(uow, row.id)
    await say_soon(uow, row)
    return row


async def say_soon(uow: UnitOfWork, row: Settlement) -> None:
    """Let the other side be told how an instalment stands now: by the machine, whose scope reaches both sides."""
    await timers.set_timer(
        uow, subject_id=row.id, region=REGION, key=TOLD, due_at=uow.now, tenant=row.tenant, via=row.via
    )


async def locked(uow: UnitOfWork, settlement_id: UUID) -> Settlement:
    """Return an instalment that the scope shows, alone until the transaction ends. Raises NotFound."""
    statement = sa.select(Settlement).where(Settlement.id == settlement_id, await seen(uow))
    found = await uow.session.scalar(
        statement if uow.read_only else statement.with_for_update().execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


async def seen(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    """Return the test that an instalment lies in the scope: at its county, or at the contract's first place.

    An operator's people see their own operator's, also where another one ran the same places before.
    """
    here = sa.or_(uow.scope.clause(Settlement.tenant), uow.scope.clause(Settlement.via))
    own = await own_operator(uow)
    return here if own is None else sa.and_(here, Settlement.operator_id == own)


def _is_due(row: Settlement, contract: OperatorContract, today: date) -> None:
    if row.due_on is None:
        raise Conflict(f"软件上线日期还没有登记，第 {row.part} 期的时间还定不下来。请县人社局先登记。")
    if contract.status == "terminated" and row.due_on > contract.ends_on:
        raise Conflict(
            f"合同 {contract.number} 已于 {contract.ends_on} 终止，第 {row.part} 期 {row.due_on} 才到期，不再支付。"
        )
    if today < row.due_on:
        raise Conflict(f"第 {row.part} 期 {row.due_on} 才到期，还不能申请。")


async def _of_grade(uow: UnitOfWork, row: Settlement) -> Outcome:
    """Return what the final grade leaves of the last part; notes grade and reading on the row. Raises Conflict without either."""
    found = await outcome.reckon(uow, row)
    row.grade, row.reading = found.grade, found.reading
    return found


async def _decide(uow: UnitOfWork, settlement_id: UUID, event: str, *separations: str) -> Settlement:
    row = await locked(uow, settlement_id)
    SETTLEMENT.step(row.state, event, hand_of(uow))
    await _not_of_operator(uow, row)
    for key in separations:
        await duties.require_other_hand(uow, key, chain=planning.chain(row))
    await _move(uow, row, event, amount_fen=row.amount_fen)
    return row


async def _not_of_operator(uow: UnitOfWork, row: Settlement) -> None:
    """Refuse whoever works or worked under a contract of this operator, also in whose stead he acts."""
    hands = {uow.actor.id, uow.actor.on_behalf_of} - {NOBODY}
    under = sa.select(OperatorContract.id).where(OperatorContract.operator_id == row.operator_id)
    theirs = sa.exists().where(RoleAssignment.staff_id.in_(hands), RoleAssignment.contract_id.in_(under))
    if uow.actor.kind == "staff" and await uow.session.scalar(sa.select(theirs)):
        raise Forbidden("您在这家运营方任过职，不能审它的钱。请另一位同事来审。")


async def _move(uow: UnitOfWork, row: Settlement, event: str, **body: object) -> None:
    row.state = SETTLEMENT.step(row.state, event, hand_of(uow)).target
    await uow.flush()
    await planning.tell(uow, row, event, **body)


def _forget(row: Settlement) -> None:
    row.checked_at = row.checked_by = row.approved_at = row.approved_by = row.requested_at = row.requested_by = None
    row.amount_fen = None


async def _review(uow: UnitOfWork, row: Settlement) -> None:
    """Set when the bureau is told that it has looked too long."""
    days = int(str((await parameters(uow, row.tenant, REVIEW_DAYS))[REVIEW_DAYS]))
    due = await holidays.working_deadline(uow, row.tenant, uow.now, days)
    await timers.set_timer(uow, subject_id=row.id, region=REGION, key=LATE, due_at=due, tenant=row.tenant, via=row.via)


def _because(words: str, what: str) -> str:
    text = words.strip()
    if not _TWO <= len(text) <= 300:
        raise Invalid([Fault("words", f"请写明{what}，2 到 300 个字。", "required")])
    return text


def hand_of(uow: UnitOfWork) -> str:
    """Return the letter by which the table names who acts."""
    return hand(uow.actor.kind, uow.actor.role)
