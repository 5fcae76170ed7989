"""Carries the plan out: every step goes through the services, in the name of the one who would take it.

Each step looks at the state in the database first and does only what is still to do, so that the moment at which a run
was killed can be gone through again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from uuid import UUID

import sqlalchemy as sa
import structlog

from linggong.contracts import signing
from linggong.contracts.proofs import Clerk, Code
from linggong.cover import waivers
from linggong.demo import debts, insuring
from linggong.demo.actors import Actors, Transaction
from linggong.demo.paperwork import employer_form, order_form, quantity, worker_form
from linggong.demo.planned import Plan, PlannedEmployer, PlannedOrder, PlannedWorker, Wave
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Actor, UnitOfWork
from linggong.kernel.errors import Conflict, Invalid
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE, TenantPath
from linggong.market import hiring, queries, review, service
from linggong.market.models import Order
from linggong.people.employers import register_employer
from linggong.people.forms import ProxyConsent
from linggong.people.registration import register_worker
from linggong.wages import service as wages
from linggong.wages.models import Bill, Payment
from linggong.work import absence, attend, engage, rating
from linggong.work.models import Assignment, Engagement, Rating

log = structlog.get_logger(__name__)

_OWN_PHONE = "安卓手机 微信"
_CREW = (
    sa.select(Engagement)
    .where(
        Engagement.order_id == sa.bindparam("order"), Engagement.worker_id.in_(sa.bindparam("workers", expanding=True))
    )
    .order_by(Engagement.created_at, Engagement.id)
)
_SHIFT = (
    sa.select(Assignment)
    .where(Assignment.order_id == sa.bindparam("order"), Assignment.state.in_(sa.bindparam("states", expanding=True)))
    .order_by(Assignment.created_at, Assignment.id)
)


class Cast:
    """The made-up people at work. `done` counts steps by name, `refused` what the services refused."""

    def __init__(self, actors: Actors, sealer: Sealer, plan: Plan, top: TenantPath) -> None:
        self.actors, self.sealer, self.plan, self.top = actors, sealer, plan, top
        self.ids = actors.register
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.passed: set[str] = set()

    def refuse(self, step: str, error: Exception) -> None:
        """Note a refusal: in a city of its own some steps come too late, and the services say so."""
        words = error.faults[0].message if isinstance(error, Invalid) and error.faults else str(error)
        self.refused[f"{step}: {words}"] += 1
        log.debug("demo_step_refused", step=step, why=words)

    # --- people -----------------------------------------------------------------------------------------------

    async def register_workers(self, workers: list[PlannedWorker]) -> None:
        """Register workers at one desk in one transaction, those with a phone of their own by themselves."""
        new = [w for w in workers if w.key not in self.ids.workers]
        own = [w for w in new if w.online and w.key % 2]
        for worker in own:
            actor = Actor(kind="worker", id=new_id(), role="worker", channel="web")
            async with self.actors.database.begin(actor, EVERYWHERE) as uow:
                done = await register_worker(uow, self.sealer, worker_form(worker), phone_verified=True)
            self.ids.workers[worker.key] = done.person_id
        at_desk = [w for w in new if w not in own]
        if at_desk:
            async with self.actors.clerk(at_desk[0].desk) as uow:
                made = {}
                for worker in at_desk:
                    consent = ProxyConsent(method="slip", evidence=f"同意书第{worker.key + 1}号")
                    done = await register_worker(uow, self.sealer, worker_form(worker), proxy=consent)
                    made[worker.key] = done.person_id
            self.ids.workers.update(made)
        self.done["workers"] += len(new)

    async def register_employer(self, employer: PlannedEmployer) -> None:
        """Register an employer at a desk, where the licence is seen."""
        if employer.key in self.ids.agents:
            return
        consent = ProxyConsent(method="slip", evidence=f"用工登记表第{employer.key + 1}号")
        async with self.actors.clerk(employer.desk) as uow:
            done = await register_employer(uow, self.sealer, employer_form(employer), proxy=consent)
        self.ids.employers[employer.key] = done.employer_id
        if done.agent_id is not None:
            self.ids.agents[employer.key] = done.agent_id
        self.done["employers"] += 1

    # --- posts ------------------------------------------------------------------------------------------------

    async def create(self, order: PlannedOrder) -> None:
        """Write and submit a post."""
        if order.key in self.ids.orders:
            return
        await debts.pay_up(self.actors, order.employer, self.done)
        async with self._author(order) as uow:
            made = await service.create_order(
                uow,
                self.sealer,
                order_form(order),
                employer_id=self.ids.employers[order.employer.key],
                tenant=order.desk.path,
                submit=True,
            )
            await insuring.add_cover(uow, self.sealer, order, made)
        if made.state != "O_REVIEW":
            self.passed.add(order.key)
        self.ids.orders[order.key] = made.id
        self.done["orders"] += 1

    def _author(self, order: PlannedOrder) -> Transaction:
        if order.channel == "web":
            return self.actors.employer(order.employer)
        return self.actors.clerk(order.employer.desk, "phone" if order.channel == "phone_intake" else "desk")

    async def approve(self, order: PlannedOrder) -> None:
        """The county's operator reviews what no rule let pass."""
        if order.key in self.passed:
            return
        async with self.actors.operator(order.county) as uow:
            found = await queries.order(uow, self.ids.orders[order.key])
            if found.state == "O_REVIEW":
                if order.fate == "returned":
                    await review.return_order(uow, found.id, reasons=["place"], note="地址请写到村口或路口")
                else:
                    await review.approve(uow, found.id, call_back="reached")
                self.done["reviewed"] += 1

    async def recheck(self, orders: list[PlannedOrder]) -> None:
        """The operator looks again at what passed by rule."""
        if not orders:
            return
        ids = [self.ids.orders[o.key] for o in orders if o.key in self.ids.orders]
        async with self.actors.operator(orders[0].county) as uow:
            unseen = sa.select(Order.id).where(
                Order.id.in_(ids), Order.published_at.is_not(None), Order.reviewed_by.is_(None)
            )
            for order_id in (await uow.session.scalars(unseen.order_by(Order.id))).all():
                await review.recheck(uow, order_id)
                self.done["rechecked"] += 1

    async def refresh(self, order: PlannedOrder) -> None:
        """Say that people are still wanted."""
        async with self.actors.for_order(order) as uow:
            found = await queries.order(uow, self.ids.orders[order.key])
            if found.state in ("O_OPEN", "O_FULL") and found.refreshed_at != uow.now:
                await hiring.refresh(uow, found.id, how="tap" if order.employer.online else "voice")
                self.done["refreshed"] += 1

    async def cancel(self, order: PlannedOrder) -> None:
        """The employer calls it off, or the weather does."""
        outdoor = "outdoor" in order.text.template.conditions
        async with self.actors.for_order(order) as uow:
            found = await queries.order(uow, self.ids.orders[order.key])
            if found.state in ("O_CANCELLED", "O_EXPIRED"):
                return
            await service.cancel_order(uow, found.id, reason="weather" if outdoor else "employer", note="活推后了")
            self.done["cancelled"] += 1

    # --- hiring -----------------------------------------------------------------------------------------------

    async def apply(self, order: PlannedOrder, wave: Wave) -> None:
        """Workers apply: each on his phone, the others through the clerk of their own desk."""
        order_id = self.ids.orders[order.key]
        for key in wave.own:
            async with self.actors.worker(self.plan.workers[key]) as uow:
                await self._apply(uow, order_id, [key])
        for desk_workers in self._by_desk(wave.desk):
            async with self.actors.clerk(desk_workers[0].desk) as uow:
                await self._apply(uow, order_id, [w.key for w in desk_workers])

    async def _apply(self, uow: UnitOfWork, order_id: UUID, keys: list[int]) -> None:
        known = await self._engagements(uow, order_id, keys)
        for key in keys:
            if self.ids.workers[key] in known:
                continue
            await engage.apply(uow, order_id, worker_id=self.ids.workers[key])
            self.done["applied"] += 1

    def _by_desk(self, keys: Iterable[int]) -> list[list[PlannedWorker]]:
        desks: dict[str, list[PlannedWorker]] = defaultdict(list)
        for key in keys:
            worker = self.plan.workers[key]
            desks[worker.desk.path].append(worker)
        return list(desks.values())

    async def offer(self, order: PlannedOrder, wave: Wave) -> None:
        """The employer chooses; who is one too many is told so."""
        order_id = self.ids.orders[order.key]
        async with self.actors.employer(order.employer, "web" if order.employer.online else "phone") as uow:
            for row in (await self._engagements(uow, order_id, wave.people)).values():
                if row.state != "A_APPLIED":
                    continue
                if any(wave.leaves.get(k) == wave.offer for k in wave.people if self.ids.workers[k] == row.worker_id):
                    await engage.decline(uow, row.id, reason="人够了")
                    self.done["declined"] += 1
                else:
                    await engage.offer(uow, row.id)
                    await signing.sign(uow, row.id, proof=Code(uow.now, _OWN_PHONE))
                    self.done["offered"] += 1

    async def confirm(self, order: PlannedOrder, wave: Wave) -> None:
        """The workers confirm the price and sign."""
        uninsured: list[UUID] = []
        for transaction, keys in self._themselves(wave):
            async with transaction() as uow:
                uninsured += await self._confirm(uow, self.ids.orders[order.key], keys)
        if not uninsured:
            return
        async with self.actors.employer(order.employer, "web" if order.employer.online else "phone") as uow:
            texts = await insuring.waive(uow, uninsured)
        for transaction, keys in self._themselves(wave):
            async with transaction() as uow:
                await self._without_cover(uow, self.ids.orders[order.key], keys, texts)

    def _themselves(self, wave: Wave) -> list[tuple[Callable[[], Transaction], list[int]]]:
        """Return the workers of a wave with the transaction in which each speaks: his own, or his desk's clerk's."""
        workers = self.plan.workers
        own = [(partial(self.actors.worker, workers[key]), [key]) for key in wave.own]
        desks = self._by_desk(wave.desk)
        return [*own, *((partial(self.actors.clerk, d[0].desk), [w.key for w in d]) for d in desks)]

    async def _confirm(self, uow: UnitOfWork, order_id: UUID, keys: list[int]) -> list[UUID]:
        """Confirm and sign; returns those whom no insurance takes."""
        uninsured = []
        for row in (await self._engagements(uow, order_id, keys)).values():
            if row.state == "A_OFFERED":
                await engage.confirm(uow, row.id)
                self.done["confirmed"] += 1
            if row.state == "A_CONFIRMED":
                own = uow.actor.kind == "worker"
                proof = Code(uow.now, _OWN_PHONE) if own else Clerk(device="Windows 电脑")
                await signing.sign(uow, row.id, side="worker", proof=proof)
                if row.state == "A_CONFIRMED" and await insuring.not_taken(uow, row):
                    uninsured.append(row.id)
        return uninsured

    async def _without_cover(self, uow: UnitOfWork, order_id: UUID, keys: list[int], texts: dict[UUID, str]) -> None:
        """Most go all the same, once they have read what it means; one in five does not."""
        for n, row in enumerate((await self._engagements(uow, order_id, keys)).values()):
            if row.state != "A_CONFIRMED" or row.id not in texts:
                continue
            if keys[n % len(keys)] % 5 == 0:
                await engage.withdraw(uow, row.id, reason="没有保险，不去了")
                self.done["withdrawn"] += 1
                continue
            await waivers.acknowledge(uow, row.id, text_hash=texts[row.id])
            self.done["waived"] += 1

    async def withdraw(self, order: PlannedOrder, key: int) -> None:
        """A worker leaves before the work."""
        worker = self.plan.workers[key]
        async with self.actors.worker(worker) if worker.online else self.actors.clerk(worker.desk) as uow:
            for row in (await self._engagements(uow, self.ids.orders[order.key], [key])).values():
                if not row.state.startswith("X_"):
                    await engage.withdraw(uow, row.id, reason="家里有事")
                    self.done["withdrawn"] += 1

    async def _engagements(self, uow: UnitOfWork, order_id: UUID, keys: Iterable[int]) -> dict[UUID, Engagement]:
        wanted = [self.ids.workers[k] for k in keys if k in self.ids.workers]
        rows = await uow.session.scalars(_CREW, {"order": order_id, "workers": wanted})
        return {row.worker_id: row for row in rows}

    # --- at the place -----------------------------------------------------------------------------------------

    async def arrive(self, order: PlannedOrder, shift: int) -> None:
        """Roll call by the employer, or the clerk notes who is there."""
        async with self.actors.for_order(order) as uow:
            absent = {self.ids.workers[k] for k in order.absent if k in self.ids.workers}
            for row in await self._shift(uow, order, shift, "A_CONFIRMED", "A_CONTRACTED"):
                if row.worker_id in absent:
                    continue
                await attend.arrive(uow, row.id, method="roll_call" if order.employer.online else "clerk")
                self.done["arrived"] += 1
                if not order.early_roll and row.state == "A_ARRIVED":
                    # Without cover in time he waits; the clock begins his work when it is there.
                    with suppress(Conflict):
                        await attend.start(uow, row.id)

    async def miss(self, order: PlannedOrder, shift: int) -> None:
        """Whoever did not come is noted half an hour after the start."""
        async with self.actors.for_order(order) as uow:
            for row in await self._shift(uow, order, shift, "A_CONFIRMED", "A_CONTRACTED"):
                await absence.no_show(uow, row.id, call_note="打了电话没人接")
                self.done["no_shows"] += 1

    async def end_of_shift(self, order: PlannedOrder, shift: int) -> None:
        """The shift ends, the work is accepted, and most are paid on the spot."""
        async with self.actors.for_order(order) as uow:
            rows = await self._shift(uow, order, shift, "A_ARRIVED", "A_WORKING", "A_FINISHED")
            for n, row in enumerate(rows):
                if row.state == "A_ARRIVED":
                    with suppress(Conflict):
                        await attend.start(uow, row.id)
                if row.state == "A_WORKING":
                    await attend.finish(uow, row.id, quantity=quantity(order, n))
                if row.state == "A_FINISHED":
                    await attend.accept(uow, row.id)
                    self.done["accepted"] += 1
            if order.stars is not None and shift == order.days - 1:
                await self._rate(uow, order, {r.engagement_id for r in rows}, order.stars[0])
            if order.pay_after is not None and not order.pay_after:
                await self._pay(uow, order)

    async def _shift(self, uow: UnitOfWork, order: PlannedOrder, shift: int, *states: str) -> list[Assignment]:
        day = order.first_date.toordinal() + shift
        rows = await uow.session.scalars(_SHIFT, {"order": self.ids.orders[order.key], "states": states})
        return [row for row in rows if row.work_date.toordinal() == day]

    # --- wages ------------------------------------------------------------------------------------------------

    async def pay(self, order: PlannedOrder) -> None:
        """The employer pays what is open."""
        async with self.actors.for_order(order) as uow:
            await self._pay(uow, order)

    async def _pay(self, uow: UnitOfWork, order: PlannedOrder, channel: wages.Channel | None = None) -> None:
        how = channel or order.pay_channel
        bills = await uow.session.scalars(
            sa.select(Bill)
            .where(Bill.order_id == self.ids.orders[order.key], Bill.state == "OPEN")
            .order_by(Bill.created_at, Bill.id)
        )
        for bill in bills.all():
            left = bill.total_fen - bill.paid_fen
            if left > 0:
                voucher = "" if how == "cash" else f"{'ZZ' if how == 'bank' else 'WX'}{order.key}"
                await wages.record_payment(uow, bill.id, amount_fen=left, channel=how, voucher=voucher)
                self.done["paid"] += 1

    async def answer(self, order: PlannedOrder, *, again: bool = False) -> None:
        """The workers say that the money came; now and then one says that it did not."""
        keys = [k for wave in order.waves for k in wave.people if k in self.ids.workers]
        own = [self.plan.workers[k] for k in keys if self.plan.workers[k].online]
        rest = [k for k in keys if not self.plan.workers[k].online]
        first = order.denied and not again
        for worker in own:
            async with self.actors.worker(worker) as uow:
                await self._answer(uow, order, [worker], deny=first)
                first = False
        for workers in self._by_desk(rest):
            async with self.actors.clerk(workers[0].desk) as uow:
                await self._answer(uow, order, workers, deny=first)
                first = False

    async def _answer(self, uow: UnitOfWork, order: PlannedOrder, workers: list[PlannedWorker], *, deny: bool) -> None:
        ids = [self.ids.workers[w.key] for w in workers]
        rows = await uow.session.scalars(
            sa.select(Payment)
            .where(
                Payment.order_id == self.ids.orders[order.key], Payment.worker_id.in_(ids), Payment.state == "claimed"
            )
            .order_by(Payment.claimed_at, Payment.id)
        )
        rated = set()
        for n, payment in enumerate(rows.all()):
            no = deny and n == 0
            await wages.answer_payment(uow, payment.id, received=not no)
            self.done["denied" if no else "received"] += 1
            rated.add(payment.worker_id)
        if order.stars is not None and rated:
            found = await uow.session.scalars(
                sa.select(Engagement).where(
                    Engagement.order_id == self.ids.orders[order.key], Engagement.worker_id.in_(rated)
                )
            )
            await self._rate(uow, order, {e.id for e in found}, order.stars[1], side="worker")

    async def pay_again(self, order: PlannedOrder) -> None:
        """After a worker said that nothing came, the employer pays by bank."""
        async with self.actors.for_order(order) as uow:
            await self._pay(uow, order, "bank")

    async def _rate(
        self, uow: UnitOfWork, order: PlannedOrder, engagements: set[UUID], stars: int, side: str = "employer"
    ) -> None:
        given = await uow.session.scalars(
            sa.select(Rating.engagement_id).where(Rating.engagement_id.in_(engagements), Rating.side == side)
        )
        for engagement_id in sorted(engagements - set(given.all())):
            await rating.rate(uow, engagement_id, side=side, stars=stars, tags=[])
            self.done["rated"] += 1
