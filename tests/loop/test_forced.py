"""Rows forced into every state, every verb of the services said by a hand that may and by one that may not.

Either the step is the declared one, or it is refused in Chinese; never an unnamed error, never a change that no event tells.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from signing import both_sign

from linggong.cases import injuries
from linggong.cases.api import open_anywhere
from linggong.cases.forms import CaseForm, InjuryForm
from linggong.invariants.subjects import BY_NAME
from linggong.kernel import clock, timers
from linggong.kernel.crypto import Secrets
from linggong.kernel.errors import Invalid, LinggongError
from linggong.wages.models import Bill
from linggong.work import attend, engage, terms
from linggong.work.models import Assignment
from linggong.work.terms_values import TermsForm
from tests.loop import market, verbs, verbs_cases, verbs_site
from tests.loop.market import HANDS, Market, Row, _chinese
from tests.work.conftest import Site, publish

if TYPE_CHECKING:
    from conftest import Server

assert verbs_site.pause
assert verbs_cases.offer


async def _world(m: Market) -> dict[str, Row]:
    """One row of every machine: an order at work, a bill with a case, a change of terms and an injury."""
    site = Site(m.city, await publish(m.city, headcount=3), m.workers)
    shifts = {}
    for n in (0, 1):
        async with site.begin(site.worker(n)) as uow:
            engagement = (await engage.apply(uow, site.order_id)).id
        async with site.begin(site.employer) as uow:
            await engage.offer(uow, engagement)
        async with site.begin(site.worker(n)) as uow:
            await engage.confirm(uow, engagement)
        await both_sign(m.database, engagement, site.worker(n), site.employer)
        async with site.begin(site.worker(n)) as uow:
            shifts[n] = (
                engagement,
                await uow.session.scalar(sa.select(Assignment.id).where(Assignment.engagement_id == engagement)),
            )
    async with site.begin(site.employer) as uow:
        await terms.propose(uow, shifts[1][0], TermsForm(kind="price", pay_fen=26000, reason="活重"))
    m.clock.move_to(m.clock.now().replace(day=10, hour=23, minute=20))
    for n in (0, 1):
        code = attend.arrival_code(m.secrets, site.order_id, clock.business_date(m.clock.now()))
        async with site.begin(site.worker(n)) as uow:
            await attend.arrive(uow, shifts[n][1], method="code", code=code, secrets=m.secrets)
    m.clock.advance(timedelta(minutes=10))
    await timers.sweep(m.database)
    m.clock.advance(timedelta(hours=9))
    async with site.begin(site.worker(0)) as uow:
        await attend.finish(uow, shifts[0][1])
    async with site.begin(site.employer) as uow:
        await attend.accept(uow, shifts[0][1])
        bill = await uow.session.scalar(sa.select(Bill.id).where(Bill.assignment_id == shifts[0][1]))
    async with site.begin(site.worker(0)) as uow:
        form = CaseForm(kind="wage", claim="少算了一小时", amount_fen=2000, asks="more", bill_id=bill)
        await open_anywhere(uow, m.database, m.secrets, form)
    async with site.begin(site.worker(1)) as uow:
        await injuries.report(uow, InjuryForm(assignment_id=shifts[1][1], words="碰破了手", can_go_on=True))
    await m.look()
    rows = [Row(*r) for r in await m.owner.fetch(market._ROWS)]
    mine = {str(i) for i in shifts[1]}
    return {
        name: next(
            r for r in rows if r.machine == name and (name not in ("assignment", "engagement") or str(r.id) in mine)
        )
        for name in BY_NAME
        if name not in BESIDE and any(r.machine == name for r in rows)
    }


BESIDE = {"cover", "waiver", "credit_entry", "restriction", "memo", "scorecard", "recognition"}
"""They follow from others' steps, are the offices' own, or their state is no column that could be forced; their own tests try them."""


def _tries(name: str) -> Iterator[tuple[verbs.Try, str, str]]:
    """Yield (verb, state, hand): each state, by a hand that its events list somewhere, and by one that none lists."""
    machine = BY_NAME[name].machine
    for chosen in (t for t in verbs.TRIES if t.machine == name):
        rows = [r for r in machine.table if r.event in chosen.events]
        may = [h for h in HANDS if any(machine.permits(r, h) for r in rows)]
        must_not = [h for h in HANDS if h not in may]
        for state, hands in itertools.product(machine.states, (may, must_not)):
            if hands:
                yield chosen, state, hands[0]


@pytest.fixture
async def market_at_work(server: Server, secrets: Secrets, moved_clock: clock.MovableClock) -> Any:
    known = await market.template(server, secrets)
    made = await market.open_market(server, secrets, "loop_forced", known, moved_clock)
    yield made
    await made.close()
    await server.drop("loop_template")


@pytest.mark.timeout(900)
async def test_every_state_by_every_verb(market_at_work: Market, capsys: pytest.CaptureFixture[str]) -> None:
    m = market_at_work
    world = await _world(m)
    assert set(world) == set(BY_NAME) - BESIDE, "every machine of the loop"
    done = refused = 0
    for name, row in world.items():
        subject = BY_NAME[name]
        await m.owner.execute(f"ALTER TABLE {subject.table} DISABLE TRIGGER USER")
        for chosen, state, hand in _tries(name):
            await m.owner.execute(f"UPDATE {subject.table} SET {subject.column} = $1 WHERE id = $2", state, row.id)
            uow = await m.database.open(*m.who(hand, row))
            try:
                await chosen.verb(
                    m,
                    uow,
                    Row(name, row.id, state, row.order_id, row.worker_id, row.employer_id),
                    Random(f"{state}{hand}"),
                )
                await uow.flush()
                told = [json.loads(json.dumps(e.body, default=str)) for e in uow.told]
                for body in told:
                    m._hold(uow.actor.kind, body)
                now = await uow.session.scalar(
                    sa.text(f"SELECT {subject.column} FROM {subject.table} WHERE id = :id"), {"id": row.id}
                )
                moved = [b["to"] for b in told if b.get("subject") == str(row.id) and b.get("machine") == name]
                moved += [x[3] for b in told for x in b.get("moved", ()) if x[:2] == [name, str(row.id)]]
                assert now == (moved[-1] if moved else state), (
                    f"{hand} {chosen.name} in {state}: now {now}, told {moved}"
                )
                done += 1
            except LinggongError as error:
                words = [f.message for f in error.faults] if isinstance(error, Invalid) else [str(error)]
                if not all(_chinese(w) for w in words):
                    pytest.fail(f"{hand} {chosen.name} in {state}: {error!r}")
                refused += 1
            except sa.exc.SQLAlchemyError as error:
                pytest.fail(f"{hand} {chosen.name} of {name} in {state}: {error}")
            finally:
                await uow.rollback()
                await uow.close()
        await m.owner.execute(f"UPDATE {subject.table} SET {subject.column} = $1 WHERE id = $2", row.state, row.id)
    with capsys.disabled():
        print(f"\n  {done} steps done as declared, {refused} refused")
    assert done > 40
    assert refused > 400
