"""What a running case takes out of the overdue clock: the named amount only, for a while, then the clock runs on (69)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.money import Fen, fen, format_yuan
from linggong.kernel.timers import Timer
from linggong.wages import bills, journal, overdue
from linggong.wages.journal_models import BillHold
from linggong.wages.loading import bill
from linggong.wages.models import Bill
from linggong.wages.rules import Line
from linggong.work import common

HOLD_TIMER = "t.dispute.hold_max"


async def hold(uow: UnitOfWork, bill_id: UUID, amount_fen: int, case_id: UUID) -> BillHold:
    """Set the amount that a case is about aside; the rest stays due on its date (invariant 8).

    Raises Invalid for an amount beyond what is open and not held yet, Conflict when this case holds something already or the
    bill is closed, NotFound.
    """
    row = await bill(uow, bill_id)
    if row.state not in ("OPEN", "CLAIMED"):
        raise Conflict("这张工资单已经结清，没有可以暂缓的。")
    if await _live(uow, row, case_id) is not None:
        raise Conflict("这个案件已经暂缓了这张工资单的钱。")
    left = row.total_fen - row.paid_fen - row.held_fen
    if not 0 < amount_fen <= left:
        words = f"争议金额要大于 0，最多 {format_yuan(left)} 元。" if left > 0 else "没有还没付、又没有争议的钱了。"
        raise Invalid([Fault("amount_fen", words, "range")])
    spans = await common.span(uow, row.tenant, HOLD_TIMER)
    made = BillHold(
        id=new_id(), bill_id=row.id, case_id=case_id, amount_fen=fen(amount_fen), state="live", held_at=uow.now,
        until=uow.now + spans[HOLD_TIMER], ended_at=None, order_id=row.order_id, tenant=row.tenant, via=row.via,
        worker_id=row.worker_id, employer_id=row.employer_id,
    )  # fmt: skip
    uow.session.add(made)
    row.held_fen = Fen(row.held_fen + amount_fen)
    await uow.flush()
    await journal.post(uow, row, "held", {"held": amount_fen, "employer_owes": -amount_fen}, case_id=case_id)
    await timers.set_timer(
        uow, subject_id=made.id, region="hold", key=HOLD_TIMER, due_at=made.until, tenant=row.tenant, via=row.via,
        person_id=row.worker_id, employer_id=row.employer_id,
    )  # fmt: skip
    await common.tell(
        uow, row, row.id, "bill.held", None, case=case_id, amount_fen=amount_fen, until=made.until.isoformat()
    )
    await overdue.follow(uow, row)
    return made


async def release(uow: UnitOfWork, bill_id: UUID, case_id: UUID) -> Bill:
    """The case holds nothing any longer: the amount is due as it was, and the clock runs on. Without a hold nothing changes."""
    row = await bill(uow, bill_id)
    found = await _live(uow, row, case_id)
    if found is not None:
        await _end(uow, row, found, "released")
        await overdue.follow(uow, row)
    return row


async def settle(
    uow: UnitOfWork, bill_id: UUID, case_id: UUID, lines: Sequence[Line], *, due_at: datetime | None = None
) -> Bill:
    """End the case's hold and write what it settled as lines: 10 of 20 m² conceded is one line of minus 10 m² of pay.

    With no line the whole amount is owed as it was. Lines on a settled bill open it again, due at `due_at`, or else within
    the time of a single job. Raises Invalid for a kind that may not be written and when the bill would fall below what was
    paid, NotFound.
    """
    row = await bill(uow, bill_id)
    bills.check_kinds(lines)
    found = await _live(uow, row, case_id)
    if found is not None:
        await _end(uow, row, found, "settled")
    if not lines:
        await overdue.follow(uow, row)
        return row
    if due_at is None and row.state == "SETTLED":
        due_at = uow.now + (await common.span(uow, row.tenant, "t.pay.once"))["t.pay.once"]
    return await bills.change(uow, row, lines, cause="settled", case_id=case_id, due_at=due_at)


async def make_room(uow: UnitOfWork, row: Bill, amount_fen: int) -> None:
    """Shrink what is held by what was paid of it: an employer who pays the disputed part as well has conceded it."""
    left = amount_fen
    for one in await uow.session.scalars(
        sa.select(BillHold).where(BillHold.bill_id == row.id, BillHold.state == "live").order_by(BillHold.held_at)
    ):
        if left <= 0:
            return
        rest = one.amount_fen - left
        left -= one.amount_fen
        await _end(uow, row, one, "released")
        if rest > 0:
            await hold(uow, row.id, rest, one.case_id)


async def held(uow: UnitOfWork, case_id: UUID) -> list[BillHold]:
    """Return what a case holds now."""
    rows = await uow.session.scalars(
        sa.select(BillHold).where(BillHold.case_id == case_id, BillHold.state == "live").order_by(BillHold.id)
    )
    return list(rows)


async def lapsed(uow: UnitOfWork, timer: Timer) -> None:
    """The longest time for a hold has passed although the case runs: the amount counts again (69)."""
    found = await uow.session.get(BillHold, timer.subject_id)
    if found is None:
        raise NotFound
    row = await bill(uow, found.bill_id)
    await uow.session.refresh(found)
    if found.state == "live":
        await _end(uow, row, found, "lapsed")
        await overdue.follow(uow, row)


async def _live(uow: UnitOfWork, row: Bill, case_id: UUID) -> BillHold | None:
    found: BillHold | None = await uow.session.scalar(
        sa.select(BillHold).where(BillHold.bill_id == row.id, BillHold.case_id == case_id, BillHold.state == "live")
    )
    return found


async def _end(uow: UnitOfWork, row: Bill, found: BillHold, how: str) -> None:
    found.state, found.ended_at = how, uow.now
    row.held_fen = Fen(row.held_fen - found.amount_fen)
    await uow.flush()
    await timers.cancel_timers(uow, found.id, HOLD_TIMER)
    await journal.post(
        uow, row, "released", {"held": -found.amount_fen, "employer_owes": found.amount_fen}, case_id=found.case_id
    )
    await common.tell(uow, row, row.id, "bill.released", None, case=found.case_id, amount_fen=found.amount_fen, how=how)
