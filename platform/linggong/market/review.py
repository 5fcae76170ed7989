"""Review and publication (transitions 3 and 4, R057): first rules, then a person; never the one who wrote the entry."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import clock, reading, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid
from linggong.kernel.events import NewEvent, canonical
from linggong.kernel.ids import new_id
from linggong.kernel.money import format_yuan
from linggong.market import gates, happenings, queries, sampling
from linggong.market.forms import ADVICE, Policy, policy_at
from linggong.market.models import Order, Shift, TermsVersion
from linggong.market.queries import OrderEmployer
from linggong.market.tokens import index_tokens
from linggong.market.trades import trade
from linggong.offices.duties import require_other_hand
from linggong.people.models import Employer

RETURN_REASONS = {
    "title": "标题没说清干什么活",
    "place": "地点找不到",
    "time": "时间不对或来不及",
    "pay": "工钱没说清或太低",
    "headcount": "人数不对",
    "trade": "工种选错了",
    "contact": "联系人打不通",
    "wording": "有不该写的话",
    "fee": "不能向零工收钱",
    "identity": "用工主体要重新核实",
    "duplicate": "和别的单重复",
    "past": "开工时间已过，没来得及审",
    "other": "其他",
}
"""Reasons for sending an order back; all of them are told at once (transition 4)."""

CALL_BACKS = ("reached", "not_reached", "not_needed")
_TOKEN_ALIASES = 8


async def approve(uow: UnitOfWork, order_id: UUID, *, call_back: str | None = None, note: str = "") -> Order:
    """Publish an order that waits for review (transition 3).

    A first-time employer is called back before ('reached'); that call earns him the trust by which later posts pass by
    rule. Raises Conflict for the reviewer's own proxy entry (invariant 13) and for an order whose start has passed,
    Invalid when the call-back is missing, NotFound.
    """
    _only_staff(uow)
    order = await queries.order(uow, order_id, lock=True)
    happenings.expect(order, "O_REVIEW", todo="可能别人已经审过了。")
    await _not_own_entry(uow, order)
    if call_back is not None and call_back not in CALL_BACKS:
        raise Invalid([Fault("call_back", "请选回电结果。", "call_back")])
    employer = await queries.employer_for_order(uow, order.employer_id)
    if employer.status != "active" or employer.level < 1:
        raise Conflict("这个用工主体现在不能发布用工，请退回，并请他先核实。")
    first = not await queries.was_published(uow, order.employer_id)
    if first and call_back != "reached":
        raise Invalid([Fault("call_back", "第一次发布，请先打电话核实，打通后再通过。", "call_back")])
    policy = await policy_at(uow, order.tenant)
    await _publish(uow, order, policy, reviewer=uow.actor.id, by="person", note=note, call_back=call_back)
    if call_back == "reached" and not employer.is_trusted:
        await _trust(uow, order)
    return order


def _only_staff(uow: UnitOfWork) -> None:
    if uow.actor.kind not in ("staff", "system"):
        raise Forbidden("审核由市场工作人员来做，请等审核结果。")


async def _not_own_entry(uow: UnitOfWork, order: Order) -> None:
    """Refuse the review of one's own entry (invariant 13): a separated duty like any other."""
    await require_other_hand(uow, "enter-approve", chain=f"order:{order.id}")


async def _trust(uow: UnitOfWork, order: Order) -> None:
    await uow.execute(sa.update(Employer).where(Employer.id == order.employer_id).values(is_trusted=True))
    await uow.emit(
        NewEvent(
            type="employer.trusted",
            chain=f"employer:{order.employer_id}",
            subject_id=order.employer_id,
            tenant=order.tenant,
            employer_id=order.employer_id,
            body={"order": str(order.id), "why": "first order called back"},
        )
    )


async def pass_by_rule(
    uow: UnitOfWork, order: Order, employer: OrderEmployer, policy: Policy, *, any_hour: bool = False
) -> bool:
    """Publish a trusted employer's order without a person, in the early hours (transition 3, S); tells whether it did.

    A person looks at it again within `t.review.recheck`. A finding that wants an eye keeps the order in the queue.
    `any_hour` serves the review's own deadline: the order of a trusted employer does not wait for ever.
    """
    if not employer.is_trusted or employer.status != "active" or employer.level < 1 or order.starts_at <= uow.now:
        return False
    if any(f.severity != "warning" or f.code not in ADVICE for f in queries.findings_view(order.findings)):
        return False
    if (not any_hour and not _in_window(uow, policy)) or await gates.read_by_a_person(uow, order.employer_id):
        return False
    await _publish(uow, order, policy, reviewer=None, by="rule", note="", call_back=None)
    await happenings.set_timer(uow, order, happenings.REVIEW_RECHECK, uow.now + policy.recheck)
    return True


def _in_window(uow: UnitOfWork, policy: Policy) -> bool:
    now = clock.shanghai(uow.now)
    since = timedelta(hours=now.hour, minutes=now.minute, seconds=now.second)
    if policy.auto_from <= policy.auto_to:
        return policy.auto_from <= since < policy.auto_to
    return since >= policy.auto_from or since < policy.auto_to


async def _publish(
    uow: UnitOfWork,
    order: Order,
    policy: Policy,
    *,
    reviewer: UUID | None,
    by: str,
    note: str,
    call_back: str | None,
) -> None:
    if order.starts_at <= uow.now:
        raise Conflict("开工时间已过，不能上板了。请退回，让雇主改时间。")
    made = happenings.step(uow, order, "approve", by_rule=by == "rule")
    order.search_tokens = index_tokens(search_text(order))
    order.state = made.target
    order.hiring = True
    order.published_at = order.refreshed_at = order.reviewed_at = uow.now
    order.reviewed_by, order.review_note = reviewer, note[:200]
    order.terms_version += 1
    await uow.flush()
    shifts = shifts_of(order)
    body = canonical(terms_body(order, shifts, policy))
    uow.session.add_all(shifts)
    await reading.added(
        uow,
        TermsVersion,
        id=new_id(),
        order_id=order.id,
        tenant=order.tenant,
        employer_id=order.employer_id,
        version=order.terms_version,
        body=body,
        hash=hashlib.sha256(body.encode()).digest(),
        created_at=uow.now,
    )
    await timers.cancel_timers(uow, order.id, happenings.REVIEW)
    await happenings.set_timer(uow, order, happenings.REMIND, uow.now + policy.remind)
    await happenings.set_timer(uow, order, happenings.REFRESH, uow.now + policy.refresh)
    await happenings.keep_time(uow, order)
    await happenings.tell(
        uow,
        order,
        "order.published",
        made=made,
        on_behalf=False,
        by=by,
        call_back=call_back,
        terms_hash=hashlib.sha256(body.encode()).hexdigest(),
    )
    # Posted inside the lock window, the list is locked from the start, and places may still be filled (ruling 9).
    await happenings.derived(uow, order, policy.lock_minutes)


def search_text(order: Order) -> str:
    """Return what a search finds an order by: its own words, its trade's name and the words of the roadside."""
    chosen = trade(order.trade_code)
    of_trade = [] if chosen is None else [chosen.name, *chosen.aliases[:_TOKEN_ALIASES]]
    return "\n".join([order.title, order.place, order.employer_name, *of_trade, order.description])


def shifts_of(order: Order) -> list[Shift]:
    """Return the order's shifts: one a day at the same hours."""
    length = order.ends_at - timedelta(days=order.days - 1) - order.starts_at
    return [
        Shift(
            id=new_id(),
            order_id=order.id,
            tenant=order.tenant,
            employer_id=order.employer_id,
            work_date=order.work_date + timedelta(days=day),
            starts_at=order.starts_at + timedelta(days=day),
            ends_at=order.starts_at + timedelta(days=day) + length,
            meal_minutes=order.meal_minutes,
        )
        for day in range(order.days)
    ]


def terms_body(order: Order, shifts: Sequence[Shift], policy: Policy) -> dict[str, Any]:
    """Return what both sides confirm (R073, transition 18): work, place, hours, rate, settlement, meals, ride, tools, rain
    and cancel rule. It names no phone and no person; amounts are fen, times ISO 8601 in UTC.
    """
    chosen = trade(order.trade_code)
    rain, cancel = _plain(policy.rain_percent), _plain(policy.cancel_percent)
    return {
        "trace_code": order.trace_code,
        "version": order.terms_version,
        "employer": {"id": str(order.employer_id), "name": order.employer_name},
        "work": {
            "title": order.title,
            "trade_code": order.trade_code,
            "trade": "" if chosen is None else chosen.name,
            "description": order.description,
            "conditions": order.conditions,
            "min_skill": order.min_skill,
            "min_age": order.min_age,
            "max_age": order.max_age,
            "job_form": order.job_form,
            "legal_form": order.legal_form,
            "headcount": order.headcount,
            "crew_allowed": order.crew_allowed,
        },
        "place": {
            "text": order.place,
            "division_code": order.division_code,
            "latitude": order.latitude,
            "longitude": order.longitude,
        },
        "shifts": [
            {
                "date": s.work_date.isoformat(),
                "starts_at": s.starts_at.isoformat(),
                "ends_at": s.ends_at.isoformat(),
                "meal_minutes": s.meal_minutes,
            }
            for s in shifts
        ],
        "pay": {
            "fen": int(order.pay_fen),
            "unit": order.pay_unit,
            "piece_name": order.piece_name,
            "minutes_per_gong": order.minutes_per_gong,
            "pieces_per_day": order.pieces_per_day,
            "text": f"{format_yuan(order.pay_fen)}元",
        },
        "settlement": {
            "when": order.settlement,
            "channel": order.pay_channel,
            "choice": order.choice_of_settlement,
        },
        "benefits": order.benefits,
        "meals": order.meals,
        "ride": order.ride,
        "tools": order.tools,
        "insurance_payer": order.insurance_payer,
        "rain_rule": order.rain_rule or f"出门前通知不开工，不算钱；到场后因雨不开工，付日工钱的{rain}%或车费",
        "cancel_rule": order.cancel_rule or f"锁定名单前双方都可以取消；锁定后雇主取消，付日工钱的{cancel}%",
    }


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


async def return_order(uow: UnitOfWork, order_id: UUID, *, reasons: Sequence[str], note: str = "") -> Order:
    """Send an order back with all reasons at once (transition 4); it expires when it does not come back in time (5).

    Raises Invalid without a known reason, Conflict for the reviewer's own proxy entry, NotFound.
    """
    _only_staff(uow)
    faults = [Fault("reasons", "请至少选一个原因。", "required")] if not reasons else []
    faults += [
        Fault("reasons", f"没有“{r[:20]}”这个原因，请重新选。", "unknown") for r in reasons if r not in RETURN_REASONS
    ]
    if "other" in reasons and not note.strip():
        faults.append(Fault("note", "选了“其他”，请写明怎么改。", "required"))
    if faults:
        raise Invalid(faults)
    order = await queries.order(uow, order_id, lock=True)
    happenings.expect(order, "O_REVIEW", todo="可能别人已经审过了。")
    await _not_own_entry(uow, order)
    policy = await policy_at(uow, order.tenant)
    await send_back(uow, order, policy, reasons=list(dict.fromkeys(reasons)), note=note)
    return order


async def send_back(uow: UnitOfWork, order: Order, policy: Policy, *, reasons: Sequence[str], note: str) -> None:
    """Make transition 4 on a loaded order; by a person, or by the clock when nobody reviewed it in time."""
    made = happenings.step(uow, order, "return")
    order.state = made.target
    order.reviewed_by = uow.actor.id if uow.actor.kind == "staff" else None
    order.reviewed_at = uow.now
    order.review_note = "；".join(
        [*(RETURN_REASONS[r] for r in reasons), *([note.strip()[:200]] if note.strip() else [])]
    )
    await uow.flush()
    await timers.cancel_timers(uow, order.id, happenings.REVIEW, happenings.START)
    await happenings.set_timer(uow, order, happenings.RETURN, uow.now + policy.returned)
    await happenings.tell(
        uow,
        order,
        "order.returned",
        made=made,
        on_behalf=False,
        reasons=list(reasons),
        note=note.strip()[:200],
    )


async def recheck(uow: UnitOfWork, order_id: UUID, *, note: str = "") -> Order:
    """Record that a person has looked at an order that passed by rule (transition 3), or was drawn by the sample (R057).

    A drawn one is for another hand than its reviewer's. Raises Conflict, Forbidden, NotFound.
    """
    _only_staff(uow)
    order = await queries.order(uow, order_id, lock=True)
    drawn = await sampling.is_drawn(uow, order.id)
    if order.published_at is None or (order.reviewed_by is not None and not drawn):
        raise Conflict("这单不用复核：还没上板，或者已经有人审过。")
    if order.reviewed_by is not None and order.reviewed_by in (uow.actor.id, uow.actor.on_behalf_of):
        raise Conflict("这单是您审的，抽查请同事来看。")
    await _not_own_entry(uow, order)
    order.reviewed_by, order.reviewed_at, order.review_note = uow.actor.id, uow.now, note[:200]
    await timers.cancel_timers(uow, order.id, happenings.REVIEW_RECHECK, happenings.SAMPLE)
    await happenings.tell(uow, order, "order.rechecked", transition="3", on_behalf=False, note=note[:200], drawn=drawn)
    return order
