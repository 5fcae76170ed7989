"""Money under whatever people do: claims, answers, disputes, settlements and passing time in any order keep every sum."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from linggong.kernel import timers
from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, Invalid
from linggong.kernel.money import fen
from linggong.kernel.paths import EVERYWHERE
from linggong.kernel.replay import replay
from linggong.wages import bills, holding, journal, overdue, service
from linggong.wages.models import Bill, Payment
from linggong.wages.rules import Line

from .conftest import Site, accepted

STEPS = 120


class Walk:
    """One bill and everybody who may touch it, drawing what happens next."""

    def __init__(self, site: Site, bill_id: UUID, seed: int) -> None:
        self.site, self.bill_id = site, bill_id
        self.random = random.Random(seed)
        self.cases: list[UUID] = []
        self.done: Counter[str] = Counter()

    def some(self) -> int:
        return self.random.choice((1, 99, 2500, 5000, 10000, 20000, self.random.randint(1, 25000), 10**12))

    async def claim(self) -> None:
        channel: Any = self.random.choice(("cash", "bank", "wechat"))
        async with self.site.begin(self.random.choice((self.site.employer, self.site.clerk))) as uow:
            await service.record_payment(uow, self.bill_id, amount_fen=self.some(), channel=channel, voucher="V")

    async def answer(self) -> None:
        async with self.site.begin((SYSTEM, EVERYWHERE)) as uow:
            ids = list(await uow.session.scalars(sa.select(Payment.id).where(Payment.bill_id == self.bill_id)))
        if not ids:
            raise Conflict("nothing is claimed")
        received = self.random.random() < 0.6
        got = 0 if received or self.random.random() < 0.5 else self.some()
        async with self.site.begin(self.random.choice((self.site.worker(), self.site.clerk))) as uow:
            await service.answer_payment(uow, self.random.choice(ids), received=received, got_fen=got)

    async def hold(self) -> None:
        case = uuid4()
        async with self.site.begin(self.site.employer) as uow:
            await holding.hold(uow, self.bill_id, self.some(), case)
        self.cases.append(case)

    async def release(self) -> None:
        if self.cases:
            async with self.site.begin(self.site.clerk) as uow:
                await holding.release(uow, self.bill_id, self.random.choice(self.cases))

    async def settle(self) -> None:
        change = self.random.choice((0, -self.some(), self.some()))
        lines = (
            [Line(kind="base", words="和解", quantity=1, rate_fen=fen(change), amount_fen=fen(change))]
            if change
            else []
        )
        case = self.random.choice(self.cases) if self.cases else uuid4()
        async with self.site.begin(self.site.clerk) as uow:
            await holding.settle(uow, self.bill_id, case, lines)

    async def add(self) -> None:
        async with self.site.begin(self.site.employer) as uow:
            await bills.add_line(uow, self.bill_id, kind="travel", words="车费", amount_fen=self.some())

    async def report(self) -> None:
        async with self.site.begin(self.site.worker()) as uow:
            await overdue.report_arrears(uow, self.bill_id, unreachable=True, note="打了三次电话")

    async def wait(self) -> None:
        self.site.at(hours=self.random.choice((1, 5, 13, 30, 80, 400)))
        await timers.sweep(self.site.city.database)

    async def go(self) -> None:
        """Take one step; a refusal is an answer, anything else is a fault."""
        steps: tuple[Callable[[], Awaitable[None]], ...] = (
            self.claim, self.claim, self.answer, self.answer, self.hold, self.release, self.settle, self.add, self.report,
            self.wait,
        )  # fmt: skip
        step = self.random.choice(steps)
        try:
            await step()
        except (Conflict, Invalid, ValueError) as error:
            if isinstance(error, ValueError) and "amount in fen" not in str(error):
                raise
            self.done["refused"] += 1
        else:
            self.done[step.__name__] += 1


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_bill_adds_up_whatever_happens(site: Site, seed: int) -> None:
    _, _, bill_id = await accepted(site)
    walk = Walk(site, bill_id, seed)
    for _ in range(STEPS):
        await walk.go()
        async with site.begin((SYSTEM, EVERYWHERE)) as uow:
            row = await uow.session.get(Bill, bill_id)
            assert row is not None
            sums = await journal.sums(uow, bill_id)
            live = await uow.session.scalar(
                sa.text("SELECT count(*) FROM timers WHERE subject_id = :b AND region = 'wage' AND state = 'live'"),
                {"b": bill_id},
            )
            failed = await uow.session.scalar(sa.text("SELECT count(*) FROM timers WHERE state = 'failed'"))
        assert sums == {
            "worker_owed": -row.total_fen, "paid": row.paid_fen, "held": row.held_fen,
            "employer_owes": row.total_fen - row.paid_fen - row.held_fen,
        }  # fmt: skip
        assert (row.state == "SETTLED") == (row.wage_state in ("W_PAID", "W_PAIDLATE"))
        assert live == (0 if row.state == "SETTLED" or row.wage_state == "W_REFERRED" else 1), "invariant 11"
        assert not failed
    async with site.begin((SYSTEM, EVERYWHERE)) as uow:
        bodies = await uow.session.scalars(
            sa.text("SELECT body FROM events WHERE chain = :c ORDER BY n"), {"c": f"order:{site.order_id}"}
        )
        told = replay(bodies)
    assert told.breaks == []
    assert told.states["bill", str(bill_id)] == row.state
    assert told.states["overdue", str(bill_id)] == row.wage_state
    assert walk.done["claim"] > 3
    assert walk.done["answer"] > 3
