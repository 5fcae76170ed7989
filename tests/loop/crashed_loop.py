"""All subjects through the loop, each step dying at each of its points, and the whole worker process dying at random at last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random

import sqlalchemy as sa
from small_city import START

from linggong.cases import handling, intake, talks
from linggong.cases.forms import CaseForm, OfferForm, SignForm
from linggong.kernel import clock, timers
from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.people import sessions
from linggong.work import attend
from tests.loop.crashing import Wreck, pool


def work_a_day(made: Wreck) -> None:
    """Let everybody come, work and go home; sessions are opened anew where they ran out."""

    async def day() -> None:
        assert made.site is not None
        database = pool(made)
        object.__setattr__(made.site.city, "database", database)
        try:
            made.clock.move_to(START - timedelta(minutes=10))
            await timers.sweep(database)
            code = attend.arrival_code(made.secrets, made.site.order_id, clock.business_date(START))
            for n, subject in enumerate(made.subjects):
                async with made.site.begin(made.site.worker(n)) as uow:
                    subject.shift = await uow.session.scalar(
                        sa.text("SELECT id FROM assignments WHERE engagement_id = :e"), {"e": subject.engagement}
                    )
                    assert subject.shift is not None
                    await attend.arrive(uow, subject.shift, method="code", code=code, secrets=made.secrets)
            made.clock.move_to(START)
            await timers.sweep(database, limit=10_000)
            made.clock.move_to(START + timedelta(hours=9))
            for n, subject in enumerate(made.subjects):
                assert subject.shift is not None
                async with made.site.begin(made.site.worker(n)) as uow:
                    await attend.finish(uow, subject.shift)
            async with database.begin(SYSTEM, EVERYWHERE) as uow:
                for subject in made.subjects:
                    subject.token = await sessions.create(uow, "person", subject.worker)
                boss = await uow.session.scalar(sa.text("SELECT person_id FROM employer_members LIMIT 1"))
                made.employer = await sessions.create(uow, "person", boss, {"employer_id": str(made.site.city.trusted)})
        finally:
            await database.dispose()

    asyncio.run(day())


def find_bills(made: Wreck) -> None:
    """Note the bill of every subject."""
    bills = {r["assignment_id"]: r["id"] for r in made.fetch("SELECT id, assignment_id FROM bills")}
    for subject in made.subjects:
        subject.bill = bills.get(subject.shift)


def find_payments(made: Wreck) -> None:
    """Note the payment of every subject."""
    payments = {r["bill_id"]: r["id"] for r in made.fetch("SELECT id, bill_id FROM payments")}
    for subject in made.subjects:
        subject.payment = payments.get(subject.bill)


def bring_cases(made: Wreck) -> None:
    """Let everybody say it was too little, and the employer sign what he offers: the worker's signature settles it."""

    async def cases() -> None:
        assert made.site is not None
        database = pool(made)
        object.__setattr__(made.site.city, "database", database)
        try:
            for n, subject in enumerate(made.subjects):
                form = CaseForm(
                    kind="wage", claim="少算了两个小时的工钱", bill_id=subject.bill, amount_fen=3000, asks="more"
                )
                async with made.site.begin(made.site.worker(n)) as uow:
                    subject.case = case_id = (await intake.open_case(uow, made.secrets.sealer, form)).id
                async with made.site.begin(made.site.clerk) as uow:
                    await handling.contact(uow, case_id, words="两边都打通了，先自己谈。")
                async with made.site.begin(made.site.employer) as uow:
                    subject.offer = offer = (
                        await talks.offer(uow, case_id, OfferForm(amount_fen=1000, words="各让一步"))
                    ).id
                    await talks.sign(uow, case_id, offer, SignForm())
        finally:
            await database.dispose()

    asyncio.run(cases())


def night_comes(made: Wreck) -> None:
    """What was settled is not paid: its day of payment is over, and every other deadline of these days was met."""
    made.clock.advance(timedelta(days=2))
    made.execute(
        "UPDATE timers SET due_at = $1 WHERE state = 'live' AND key = 't.pay'", made.clock.now() + timedelta(hours=1)
    )
    made.catch_up()


LOOP: tuple[tuple[str, Callable[[Wreck], None] | None], ...] = (
    ("confirm", None), ("insure", None), ("contract", None), ("paper", work_a_day), ("accept", find_bills), ("pay", find_payments),
    ("receive", bring_cases), ("settle", night_comes), ("fall due", None),
)  # fmt: skip
"""The steps, app and worker process by turns, and what happens after each with nothing dying."""


def whole_loop(made: Wreck, hows: Sequence[str], rnd: Random, *, every: bool = False, at_random: int) -> dict[str, int]:
    """Take all subjects through the loop, killing each step of each; returns the points of each step.

    At last the wages fall into arrears while the worker process itself is killed `at_random` times at no chosen point.
    """
    points = {}
    plan = list(zip(made.subjects, hows, strict=True))
    for name, then in LOOP:
        points[name] = made.phase(name, plan, rnd, every=every)
        if then is not None:
            then(made)
        made.hold()
    for _ in range(at_random):
        made.clock.advance(timedelta(hours=rnd.choice((1, 6, 13, 80))))
        made.kill_worker(rnd.uniform(0.5, 6))
    _ends(made)
    made.hold()
    return points


def _ends(made: Wreck) -> None:
    """Every wage clock that ran while workers died ran once, and so did what was done before it."""
    made.clock.advance(timedelta(hours=100))
    made.catch_up()
    twice = made.fetch(
        "SELECT subject_id, body::jsonb ->> 'machine' AS machine, body::jsonb ->> 'event' AS event, count(*) FROM events "
        "WHERE body::jsonb ->> 'event' IN ('confirm', 'contract', 'settle', 'due', 'grace', 'overdue', 'arrears') "
        "GROUP BY 1, 2, 3 HAVING count(*) > 1"
    )
    assert twice == []
    left = made.fetch("SELECT wage_state, count(*) FROM bills WHERE state <> 'SETTLED' GROUP BY 1")
    assert [(r["wage_state"], r["count"]) for r in left] == [("W_ARREARS", len(made.subjects))]
    assert made.fetch("SELECT count(*) FROM timers WHERE state = 'failed'")[0][0] == 0
    assert made.fetch("SELECT count(*) FROM contract_files WHERE state <> 'sealed'")[0][0] == 0
