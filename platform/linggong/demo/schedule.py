"""From the plan to a list of steps in order of time: who does what at which five minutes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial

from linggong.demo.cast import Cast
from linggong.demo.planned import MINUTE, Plan, PlannedOrder
from linggong.kernel.clock import at_shanghai, business_date, shanghai


@dataclass(frozen=True, slots=True)
class Step:
    """One step; steps of one `thread` at the same time follow each other, others run side by side."""

    at: datetime
    thread: str
    name: str
    run: Callable[[], Awaitable[None]]


def steps(plan: Plan, cast: Cast) -> dict[datetime, list[Step]]:
    """Return the steps by time, in order; within a time in the order of the plan."""
    found: list[Step] = [*_people(plan, cast)]
    for order in plan.orders:
        found += _order(order, cast)
    found += _rechecks(plan, cast)
    by_time: dict[datetime, list[Step]] = defaultdict(list)
    for step in sorted(found, key=lambda s: s.at):
        by_time[step.at].append(step)
    return by_time


def _people(plan: Plan, cast: Cast) -> list[Step]:
    at_desk: dict[tuple[datetime, str], list[int]] = defaultdict(list)
    for worker in plan.workers:
        # A desk writes its newcomers in by the half hour.
        half = worker.at.replace(minute=worker.at.minute - worker.at.minute % 30)
        at_desk[half, worker.desk.path].append(worker.key)
    out = [Step(e.at, f"employer {e.key}", "register", partial(cast.register_employer, e)) for e in plan.employers]
    for (at, path), keys in at_desk.items():
        workers = [plan.workers[k] for k in keys]
        out.append(Step(at, path, "register", lambda w=workers: cast.register_workers(w)))  # type: ignore[misc]
    return out


def _order(order: PlannedOrder, cast: Cast) -> list[Step]:
    out: list[Step] = []

    def add(at: datetime, name: str, run: Callable[[], Awaitable[None]]) -> None:
        out.append(Step(at, order.key, name, run))

    add(order.created, "create", lambda: cast.create(order))
    if order.approve is not None:
        add(order.approve, "approve", lambda: cast.approve(order))
    for at in order.refreshes:
        if order.cancel is None or at < order.cancel:
            add(at, "refresh", lambda: cast.refresh(order))
    for wave in order.waves:
        add(wave.apply, "apply", partial(cast.apply, order, wave))
        if wave.offer is not None:
            add(wave.offer, "offer", partial(cast.offer, order, wave))
        if wave.confirm is not None:
            add(wave.confirm, "confirm", partial(cast.confirm, order, wave))
        for key, at in wave.leaves.items():
            if at != wave.offer:
                add(at, "withdraw", partial(cast.withdraw, order, key))
    if order.cancel is not None:
        add(order.cancel, "cancel", lambda: cast.cancel(order))
    elif any(wave.confirm for wave in order.waves):
        _work(order, cast, add)
    return out


def _work(order: PlannedOrder, cast: Cast, add: Callable[[datetime, str, Callable[[], Awaitable[None]]], None]) -> None:
    for shift in range(order.days):
        moved = timedelta(days=shift)
        # Most call the roll when work begins; the others earlier, and the clock begins the work.
        called = order.starts + moved - (10 * MINUTE if order.early_roll else 0 * MINUTE)
        add(called, "arrive", partial(cast.arrive, order, shift))
        if order.absent:
            add(order.starts + moved + 35 * MINUTE, "miss", partial(cast.miss, order, shift))
        end = order.ends + moved
        add(end, "end of shift", partial(cast.end_of_shift, order, shift))
        if order.pay_after is None:
            continue
        paid = end + order.pay_after
        if order.pay_after:
            add(paid, "pay", lambda: cast.pay(order))
        add(paid + 30 * MINUTE, "answer", lambda: cast.answer(order))
        if order.denied:
            add(paid + 60 * 15 * MINUTE, "pay again", lambda: cast.pay_again(order))
            add(paid + 60 * 16 * MINUTE, "answer", lambda: cast.answer(order, again=True))


def _rechecks(plan: Plan, cast: Cast) -> list[Step]:
    dawn: dict[tuple[datetime, str], list[PlannedOrder]] = defaultdict(list)
    for order in plan.orders:
        if 4 <= shanghai(order.created).hour < 8:
            at = at_shanghai(business_date(order.created), time(8, 30))
            dawn[at, order.county.path].append(order)

    def run(orders: list[PlannedOrder]) -> Callable[[], Awaitable[None]]:
        return lambda: cast.recheck(orders)

    return [Step(at, f"recheck {path}", "recheck", run(orders)) for (at, path), orders in dawn.items()]
