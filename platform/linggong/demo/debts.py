"""An employer who owes overdue wages pays up before he posts again, because nothing else lets him (transition 64)."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa

from linggong.demo.actors import Actors
from linggong.demo.planned import PlannedEmployer
from linggong.kernel.db import Actor
from linggong.kernel.paths import EVERYWHERE
from linggong.wages import overdue, service
from linggong.wages.models import LATE_STATES, Bill
from rbac.roles import Role


async def pay_up(actors: Actors, employer: PlannedEmployer, done: Counter[str]) -> None:
    """Pay an employer's late wages by bank and let each worker say that they came; nothing where none is late."""
    employer_id = actors.register.employers[employer.key]
    paid = []
    async with actors.employer(employer) as uow:
        if await overdue.may_post(uow, employer_id) is None:
            return
        late = await uow.session.scalars(
            sa.select(Bill).where(Bill.employer_id == employer_id, Bill.wage_state.in_(LATE_STATES)).order_by(Bill.id)
        )
        for bill in late.all():
            claimed = await service.claimed(uow, bill)
            left = bill.total_fen - bill.paid_fen - claimed
            if left > 0:
                voucher = f"BF{bill.id.hex[-8:].upper()}"
                await service.record_payment(uow, bill.id, amount_fen=left, channel="bank", voucher=voucher)
                done["paid"] += 1
            paid.append((bill.id, bill.worker_id))
    for bill_id, worker_id in paid:
        actor = Actor(kind="worker", id=worker_id, role=Role.WORKER.value, channel="web")
        async with actors.database.begin(actor, EVERYWHERE) as uow:
            for payment_id in await service.waiting(uow, bill_id):
                await service.answer_payment(uow, payment_id, received=True)
                done["received"] += 1
