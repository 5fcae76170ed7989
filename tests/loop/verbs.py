"""What anybody may try, as the services offer it: a verb, the machine it moves, and the events it may lead to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

import sqlalchemy as sa
from signing import CODE
from small_city import STATION, good

from linggong.contracts import counter, signing
from linggong.kernel import clock
from linggong.kernel.money import fen
from linggong.market import hiring, review, service
from linggong.market.codes import PayUnit, Settlement
from linggong.wages import service as wages
from linggong.wages.models import Bill, Payment
from linggong.work import attend, engage
from linggong.work.models import Assignment
from tests.loop.market import Market, Row, Verb, soon


@dataclass(frozen=True, slots=True)
class Try:
    """A verb of a service."""

    machine: str
    name: str
    events: frozenset[str]
    verb: Verb
    raw: bool = False
    """It is no step of the machine by itself: which event follows depends on figures."""


TRIES: list[Try] = []


def tries(machine: str, *events: str) -> Any:
    """Register a verb of a machine that leads to these events."""

    def keep(verb: Verb) -> Verb:
        TRIES.append(Try(machine, verb.__name__, frozenset(events), verb))
        return verb

    return keep


@tries("order", "submit")
async def submit(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await service.submit(uow, m.secrets.sealer, row.id)


@tries("order", "approve")
async def approve(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await review.approve(uow, row.id, call_back="reached")


@tries("order", "return")
async def send_back(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await review.return_order(uow, row.id, reasons=["pay", "place"])


@tries("order", "refresh")
async def refresh(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await hiring.refresh(uow, row.id)


@tries("order", "cancel", "cancel_weather", "cancel_authority")
async def cancel(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await service.cancel_order(uow, row.id, reason=rnd.choice(("employer", "weather", "authority")))


@tries("engagement", "accept_invitation")
async def accept_invitation(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await engage.accept_invitation(uow, row.id)


@tries("engagement", "decline")
async def decline(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await engage.decline(uow, row.id, reason="有事")


@tries("engagement", "offer")
async def offer(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await engage.offer(uow, row.id)


@tries("engagement", "confirm")
async def confirm(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await engage.confirm(uow, row.id)


@tries("engagement", "contract")
async def contract(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    """Each side consents for itself, a clerk for whoever has not; the second consent makes the contract."""
    if uow.actor.kind == "staff":
        await counter.sign_both(uow, row.id)
    else:
        await signing.sign(uow, row.id, proof=CODE)


@tries("engagement", "withdraw")
async def withdraw(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await engage.withdraw(uow, row.id, reason="家里有事")


@tries("assignment", "arrive")
async def arrive(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    code = ""
    if uow.actor.kind == "worker":
        day = await uow.session.scalar(sa.select(Assignment.work_date).where(Assignment.id == row.id))
        code = attend.arrival_code(m.secrets, row.order_id, day)
    method: Any = {"worker": "code", "employer": "roll_call"}.get(uow.actor.kind, "clerk")
    await attend.arrive(uow, row.id, method=method, code=code, secrets=m.secrets)


@tries("assignment", "start")
async def start(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await attend.start(uow, row.id)


@tries("assignment", "finish")
async def finish(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await attend.finish(uow, row.id, quantity=rnd.choice((None, 0, 12, 40.5)))


@tries("assignment", "accept", "auto_accept")
async def accept(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await attend.accept(uow, row.id, quantity=rnd.choice((None, None, 12)))


@tries("bill", "record_payment")
async def pay(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    left = await uow.session.scalar(sa.select(Bill.total_fen - Bill.paid_fen).where(Bill.id == row.id)) or 0
    amount = rnd.choice((left, left, left // 2, 1, left + 1, 0, -5, 10**12))
    channel: Any = rnd.choice(("cash", "bank", "wechat", "card"))
    await wages.record_payment(uow, row.id, amount_fen=amount, channel=channel, voucher=rnd.choice(("", "D0001")))


async def _payment(uow: Any, row: Row, rnd: Random) -> Any:
    found = (
        await uow.session.scalars(sa.select(Payment.id).where(Payment.bill_id == row.id).order_by(Payment.id))
    ).all()
    return rnd.choice(found) if found else row.id


@tries("bill", "confirm_payment", "confirm_part", "answer_one")
async def received(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await wages.answer_payment(uow, await _payment(uow, row, rnd), received=True)


@tries("bill", "deny_payment", "answer_one")
async def denied(m: Market, uow: Any, row: Row, rnd: Random) -> None:
    await wages.answer_payment(uow, await _payment(uow, row, rnd), received=False, note="没收到")


LIVE = ("O_OPEN", "O_FULL", "O_LOCKED", "O_ACTIVE")


async def post(m: Market, rnd: Random) -> None:
    """Write an order as an employer, or a clerk for him; mostly sent in at once."""
    starts = soon(m, rnd)
    unit = rnd.choice((PayUnit.DAY, PayUnit.DAY, PayUnit.HOUR, PayUnit.PIECE, PayUnit.GONG))
    changes: dict[str, Any] = {
        "pay_fen": fen(rnd.choice((26000, 31350)) if rnd.random() < 0.95 else 5000), "headcount": rnd.randint(1, 4), "starts_at": starts, "ends_at": starts + timedelta(hours=rnd.choice((4, 9, 11))),
        "last_date": clock.business_date(starts) + timedelta(days=rnd.choice((0, 0, 0, 1))), "pay_unit": unit, "settlement": rnd.choice((Settlement.DAILY, Settlement.PER_JOB)),
    }  # fmt: skip
    if unit is PayUnit.HOUR:
        changes["pay_fen"] = fen(2500)
    elif unit is PayUnit.PIECE:
        changes |= {"pay_fen": fen(333), "pieces_per_day": 100, "piece_name": "件"}
    elif unit is PayUnit.GONG:
        changes |= {"minutes_per_gong": 480}
    employer = rnd.choice((m.city.trusted, m.city.trusted, m.city.fresh))
    row = Row("order", employer, "-", employer, None, employer)

    async def write(m: Market, uow: Any, row: Row, rnd: Random) -> None:
        await service.create_order(
            uow, m.secrets.sealer, good(**changes), employer_id=employer, tenant=STATION, submit=rnd.random() < 0.9
        )

    await m.attempt(rnd.choice("EEC"), "create", write, row, rnd)


async def enter(m: Market, rnd: Random) -> None:
    """A worker applies for some order, or is invited to it."""
    orders, live = m.of("order"), m.of("order", *LIVE)
    if not live and (not orders or rnd.random() < 0.8):
        await post(m, rnd)
        return
    order = rnd.choice(live if live and rnd.random() < 0.95 else orders)
    taken = {r.worker_id for r in m.of("engagement") if r.order_id == order.id and not r.state.startswith("X_")}
    free = [w for w in m.workers if w not in taken]
    worker = rnd.choice(free if free and rnd.random() < 0.9 else m.workers)
    row = Row("engagement", worker, "-", order.id, worker, order.employer_id)
    hand = rnd.choice("WWWCE")

    async def come(m: Market, uow: Any, row: Row, rnd: Random) -> None:
        if hand == "E" or (hand == "C" and rnd.random() < 0.5):
            await engage.invite(uow, order.id, worker)
        else:
            await engage.apply(uow, order.id, worker_id=worker)

    await m.attempt(hand, "enter", come, row, rnd)
