"""Bills: made from what was agreed and what was worked (54), or for a shift that came to nothing (30, 33, 39, 39b; ruling 2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import reading
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.kernel.ids import new_id
from linggong.kernel.machine import NEW
from linggong.kernel.money import Fen, fen, format_yuan
from linggong.wages import attendance, due, journal, overdue
from linggong.wages.agreed import Agreed, agreed, amount_in
from linggong.wages.extras import COMPENSATION_WORDS, compensation_line, work_lines
from linggong.wages.loading import bill
from linggong.wages.machines import BILL, OVERDUE
from linggong.wages.models import LINE_KINDS, Bill, BillLine, SettlementChoice
from linggong.wages.rules import Line
from linggong.work import common
from linggong.work.models import Assignment, Engagement

ADDABLE = {"overtime": "加班", "meal": "饭补", "travel": "路费", "allowance": "津贴"}
"""Lines that an employer may add to what he owes; nobody adds a fee, a deposit or a fine."""
DEDUCTIBLE = {"meals": "饭钱", "tools": "工具钱"}
"""What may be taken off, and only as far as the terms name an amount for it (54)."""
_MOST_FEN = 100_000_00


async def bill_for(uow: UnitOfWork, assignment_id: UUID, *, ended: str | None = None) -> Bill:
    """Write the wage bill of a shift from the terms and the attendance (54); a second call changes nothing.

    `ended` overrides how the shift ended: 'void' for work that is paid although the engagement is void (49).
    """
    row, engagement = await common.locked_assignment(uow, assignment_id)
    known = await reading.one(uow, Bill, "WHERE assignment_id = $1", row.id)
    if known is not None:
        return known
    terms = await agreed(uow, engagement, row)
    worked = await attendance.worked(uow, row, terms, ended=ended)
    lines = work_lines(terms.rate, worked, terms.numbers, legal_form=terms.legal_form)
    if terms.reduced is not None:
        # Both agreed on the pay of the shorter shift as a whole: it stands for the work and the waiting.
        what, amount = terms.reduced
        lines = [_one("base", f"少干：{what}", amount), *(x for x in lines if x.kind not in ("base", "waiting"))]
    lines += [_one("overtime", f"加活：{what}", amount) for what, amount in terms.extra]
    due_at = await due.due_for_shift(uow, row, terms.settlement)
    return await _write(uow, engagement, row, "work", lines, due_at, terms)


async def compensate(uow: UnitOfWork, engagement_id: UUID, cause: str, *, assignment_id: UUID | None = None) -> Bill:
    """Write what a worker is owed for a shift that came to nothing, whatever state it ended in; a second call changes nothing.

    Raises ValueError for a cause that owes nothing.
    """
    if cause not in COMPENSATION_WORDS:
        raise ValueError(f"no compensation for {cause!r}")
    engagement = await common.engagement(uow, engagement_id)
    shift = None if assignment_id is None else (await common.assignment(uow, assignment_id))[0]
    of = Bill.assignment_id == assignment_id if shift else Bill.assignment_id.is_(None)
    known = await uow.session.scalar(sa.select(Bill).where(Bill.engagement_id == engagement.id, of))
    if known is not None:
        return known
    terms = await agreed(uow, engagement, shift)
    line = compensation_line(terms.rate, cause, terms.numbers, travel_fen=terms.travel_fen)
    due_at = await due.due_now(uow, engagement, terms.settlement)
    return await _write(uow, engagement, shift, cause, [line], due_at, terms)


async def _write(
    uow: UnitOfWork,
    engagement: Engagement,
    shift: Assignment | None,
    cause: str,
    lines: Sequence[Line],
    due_at: datetime,
    terms: Agreed,
) -> Bill:
    total = fen(sum(line.amount_fen for line in lines))
    made = BILL.step(NEW, "bill" if total else "bill_nothing", common.hand(uow))
    wage = OVERDUE.step(NEW, "bill", common.hand(uow))
    row = Bill(
        id=new_id(),
        order_id=engagement.order_id,
        tenant=engagement.tenant,
        via=engagement.via,
        worker_id=engagement.worker_id,
        employer_id=engagement.employer_id,
        engagement_id=engagement.id,
        assignment_id=None if shift is None else shift.id,
        cause=cause,
        state=made.target,
        wage_state=wage.target,
        wage_since=uow.now,
        total_fen=total,
        paid_fen=fen(0),
        held_fen=fen(0),
        due_at=due_at,
        referral_no="",
        terms_version=terms.terms.version,
        terms_hash=terms.terms.hash,
        settled_at=None if total else uow.now,
        settled_by=None if total else "nothing_owed",
        created_at=uow.now,
    )
    uow.session.add(row)
    await uow.flush()
    await _lines(uow, row, lines)
    await journal.post(uow, row, "billed", {"employer_owes": total, "worker_owed": -total})
    await common.tell(
        uow, row, row.id, "bill.created", made, also=[common.moved(OVERDUE.name, row.id, wage.source, wage.target)],
        total_fen=total, cause=cause, assignment=row.assignment_id, due_at=due_at.isoformat(),
    )  # fmt: skip
    await overdue.follow(uow, row)
    return row


async def _lines(uow: UnitOfWork, row: Bill, lines: Sequence[Line], *, case_id: UUID | None = None) -> None:
    for line in lines:
        uow.session.add(
            BillLine(
                id=new_id(), bill_id=row.id, kind=line.kind, words=line.words, quantity=line.quantity,
                rate_fen=line.rate_fen, amount_fen=line.amount_fen, case_id=case_id, created_at=uow.now,
                order_id=row.order_id, tenant=row.tenant, via=row.via, worker_id=row.worker_id, employer_id=row.employer_id,
            )
        )  # fmt: skip
    await uow.flush()


async def change(
    uow: UnitOfWork,
    row: Bill,
    lines: Sequence[Line],
    *,
    cause: str,
    case_id: UUID | None = None,
    due_at: datetime | None = None,
) -> Bill:
    """Write further lines on a loaded bill, and let its state follow. What was paid stays paid.

    Raises Invalid when the bill would fall below what was paid, Conflict when it is closed by a ruling.
    """
    amount = sum(line.amount_fen for line in lines)
    total = row.total_fen + amount
    if total < row.paid_fen + row.held_fen:
        raise Invalid([Fault("lines", f"已经付了 {format_yuan(row.paid_fen)} 元，改后不能比这更少。", "range")])
    if row.state == "SETTLED":
        event = "add_lines" if total > row.paid_fen else ""
    else:
        event = "settle_down" if total == row.paid_fen else "change_lines"
    made = BILL.step(row.state, event, common.hand(uow)) if event else None
    await _lines(uow, row, lines, case_id=case_id)
    row.total_fen = Fen(total)
    if made is not None:
        row.state = made.target
    if due_at is not None:
        row.due_at = due_at
    settled = row.state == "SETTLED"
    row.settled_at, row.settled_by = (
        (row.settled_at or uow.now, row.settled_by or "confirmed") if settled else (None, None)
    )
    await uow.flush()
    await journal.post(uow, row, cause, {"employer_owes": amount, "worker_owed": -amount}, case_id=case_id)
    await common.tell(
        uow,
        row,
        row.id,
        "bill.changed",
        made,
        amount_fen=amount,
        total_fen=total,
        kinds=[line.kind for line in lines],
        case=case_id,
    )
    await overdue.follow(uow, row)
    await common.derive(uow, row)
    return row


async def add_line(uow: UnitOfWork, bill_id: UUID, *, kind: str, words: str, amount_fen: int) -> Bill:
    """The employer, or a clerk for him, owes more than the rules say: overtime, meal, travel, allowance (54).

    Raises Invalid with every fault, Conflict on a settled bill, NotFound.
    """
    row = await bill(uow, bill_id)
    _only_employers_side(uow, row)
    faults = []
    if kind not in ADDABLE:
        faults.append(Fault("kind", "只能加加班、饭补、路费、津贴。收费、押金、罚款不能写进工资单。", "kind"))
    if not 0 < amount_fen <= _MOST_FEN:
        faults.append(Fault("amount_fen", "金额要大于 0，不超过 10 万元。", "range"))
    if not 0 < len(words.strip()) <= 40:
        faults.append(Fault("words", "请写明是什么钱，最多 40 个字。", "required"))
    if faults:
        raise Invalid(faults)
    return await change(uow, row, [_one(kind, words.strip(), amount_fen)], cause="line_added")


async def deduct(uow: UnitOfWork, bill_id: UUID, *, what: str, amount_fen: int) -> Bill:
    """Take off what the terms name an amount for: meals or tools, once, and never more than that (54).

    Raises Invalid with every fault: anything else would be a fine. Conflict on a settled bill, NotFound.
    """
    row = await bill(uow, bill_id)
    _only_employers_side(uow, row)
    if what not in DEDUCTIBLE:
        raise Invalid([Fault("what", "只能扣约定里写明的饭钱、工具钱。罚款、押金、中介费都不能扣。", "kind")])
    engagement = await common.engagement(uow, row.engagement_id)
    most = amount_in((await agreed(uow, engagement, None)).texts[what])
    taken = await uow.session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(BillLine.amount_fen), 0)).where(
            BillLine.bill_id == row.id, BillLine.kind == "agreed_deduction", BillLine.words.startswith(DEDUCTIBLE[what])
        )
    )
    if most is None:
        raise Invalid([Fault("what", f"约定里没有写{DEDUCTIBLE[what]}多少，不能扣。", "not_agreed")])
    left = most + int(taken or 0)
    if not 0 < amount_fen <= left:
        raise Invalid(
            [Fault("amount_fen", f"约定的{DEDUCTIBLE[what]}最多还能扣 {format_yuan(max(left, 0))} 元。", "range")]
        )
    return await change(uow, row, [_one("agreed_deduction", DEDUCTIBLE[what], -amount_fen)], cause="line_added")


async def choose_weekly(uow: UnitOfWork, engagement_id: UUID) -> None:
    """The worker wants his wages by the week, where the terms offer it: said by himself or a clerk for him (ruling 16).

    Raises Conflict for anybody else and where the terms do not offer it.
    """
    engagement = await common.engagement(uow, engagement_id)
    if common.hand(uow) not in ("W", "C", "O"):
        raise Conflict("周结要零工自己选，雇主不能替他选。")
    if (await agreed(uow, engagement, None)).settlement != "weekly":
        raise Conflict("这单没有周结，按约定的时间结。")
    if await uow.session.get(SettlementChoice, engagement.id) is not None:
        return
    uow.session.add(
        SettlementChoice(
            engagement_id=engagement.id, chosen_at=uow.now, chosen_by=common.said_by(uow), order_id=engagement.order_id,
            tenant=engagement.tenant, via=engagement.via, worker_id=engagement.worker_id, employer_id=engagement.employer_id,
        )
    )  # fmt: skip
    await uow.flush()
    await common.tell(uow, engagement, engagement.id, "settlement.weekly_chosen", None)


def check_kinds(lines: Sequence[Line]) -> None:
    """Raise Invalid for lines that may not stand in a bill: a fee, a deposit, a fine, or nothing at all (54)."""
    if any(line.kind not in LINE_KINDS or not line.amount_fen for line in lines):
        raise Invalid(
            [Fault("lines", "工资单里只能有工钱、加班、饭补、路费、津贴、补偿、待命和约定扣除，金额不能是 0。", "kind")]
        )
    if any(line.kind == "agreed_deduction" and line.amount_fen > 0 for line in lines):
        raise Invalid([Fault("lines", "约定扣除要写成负数。", "sign")])


def _one(kind: str, words: str, amount: int) -> Line:
    return Line(kind=kind, words=words, quantity=1.0, rate_fen=fen(amount), amount_fen=fen(amount))


def _only_employers_side(uow: UnitOfWork, row: Bill) -> None:
    if common.hand(uow) not in ("E", "C", "O"):
        raise Conflict("加减工资单要由雇主来做。")
    common.for_employer(uow, row)
    if row.state not in ("OPEN", "CLAIMED"):
        raise Conflict("这张工资单已经结清，不能再改。")
