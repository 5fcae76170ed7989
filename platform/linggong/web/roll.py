"""The roll of one order, for desk and employer: a row a worker with the one next action, and the same action for many."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid, LinggongError, NotFound
from linggong.kernel.money import from_yuan
from linggong.market.codes import PAY_CHANNEL_LABELS
from linggong.wages import queries as wages
from linggong.wages import service as pay
from linggong.wages.queries import BillView
from linggong.web import cards
from linggong.work import attend, engage, queries
from linggong.work.queries import ShiftView, WorkView

PAY_WAYS = [{"value": str(code), "label": label} for code, label in PAY_CHANNEL_LABELS.items()]
BULK = [
    {"path": "choose", "label": "选他们"},
    {"path": "arrive", "label": "到岗"},
    {"path": "start", "label": "开工"},
    {"path": "finish", "label": "完工"},
    {"path": "accept", "label": "认定"},
]
_DONE = {
    "choose": "选好了", "confirm": "价钱定了", "contract": "签好约了", "arrive": "到岗记下了", "start": "开工记下了",
    "finish": "完工记下了", "accept": "认定好了", "pay": "付款记下了，等零工回话", "received": "收款记下了", "no_show": "记下了：没来",
    "decline": "没选他，已经告诉他了",
}  # fmt: skip


def _live(view: WorkView) -> ShiftView | None:
    ended = ("A_ACCEPTED",)
    open_shifts = [s for s in view.shifts if s.state not in ended and not s.state.startswith("X_")]
    return open_shifts[0] if open_shifts else (view.shifts[-1] if view.shifts else None)


def _times(shift: ShiftView | None) -> str:
    if shift is None:
        return ""
    marks = ((shift.arrived_at, "到"), (shift.started_at, "开工"), (shift.finished_at, "完"))
    return " · ".join(f"{clock.shanghai(at):%H:%M} {word}" for at, word in marks if at is not None)


def _next(view: WorkView, shift: ShiftView | None, bills: list[BillView], *, staff: bool) -> dict[str, str] | None:
    if view.state == "A_APPLIED":
        return {"path": "choose", "label": "选他"}
    if view.state == "A_OFFERED":
        return {"path": "confirm", "label": "替他确认价钱"} if staff else None
    if view.state == "A_CONFIRMED" and staff:
        return {"path": "contract", "label": "签约"}
    state = shift.state if shift else ""
    steps = {
        "A_CONTRACTED": {"path": "arrive", "label": "到岗"},
        "A_CONFIRMED": {"path": "arrive", "label": "到岗"},
        "A_ARRIVED": {"path": "start", "label": "开工"},
        "A_WORKING": {"path": "finish", "label": "完工"},
        "A_FINISHED": {"path": "accept", "label": "认定"},
    }
    if state in steps:
        return steps[state]
    unpaid = [b for b in bills if b.state != "SETTLED"]
    if unpaid and any(p.state == "claimed" for b in unpaid for p in b.payments):
        return {"path": "received", "label": "他说收到了"} if staff else None
    return {"path": "pay", "label": "记付款"} if unpaid else None


async def rows(uow: UnitOfWork, order_id: UUID) -> list[dict[str, Any]]:
    """Return the rows of an order's roll, those who need something first. Raises NotFound for a foreign order."""
    views = await queries.roster(uow, order_id)
    by_engagement: dict[UUID, list[BillView]] = defaultdict(list)
    for bill in await wages.bills(uow, order_id=order_id, limit=1000):
        by_engagement[bill.engagement_id].append(bill)
    staff = uow.actor.kind == "staff"
    names = await queries.linked_names(uow, [v.worker_id for v in views]) if staff else {}
    made = [_row(v, by_engagement[v.id], names.get(v.worker_id, v.worker_name), staff=staff) for v in views]
    return sorted(made, key=lambda r: (r["next"] is None, r["state"].startswith("X_")))


def _row(view: WorkView, bills: list[BillView], name: str, *, staff: bool) -> dict[str, Any]:
    shift = _live(view)
    unpaid = [b for b in bills if b.state != "SETTLED"]
    claimed = any(p.state == "claimed" for b in unpaid for p in b.payments)
    ended = view.state.startswith("X_") or view.state in ("A_APPLIED", "A_OFFERED", "A_INVITED", "A_WAITLIST")
    state = view.state if ended or shift is None else shift.state
    if bills and shift is not None and shift.state == "A_ACCEPTED":
        state = "A_PAYCLAIMED" if claimed else "A_BILLED" if unpaid else "A_SETTLED"
    following = _next(view, shift, bills, staff=staff)
    paying = bool(unpaid) and not claimed and shift is not None and shift.state == "A_ACCEPTED"
    return {
        "id": str(view.id),
        "name": name,
        "sub": f"共 {len(view.shifts)} 天" if len(view.shifts) > 1 else "",
        "star": None,
        "phone": "",
        "state": state,
        "price_fen": view.pay_fen,
        "price_unit": cards.unit_word(view.pay_unit),
        "times": _times(shift),
        "hours": None,
        "left_fen": sum(b.left_fen for b in unpaid) if paying else None,
        "warn": "逾期没付"
        if any(b.overdue for b in unpaid)
        else "一个人替两边办的，要回电话"
        if view.single_witness and staff and not view.shifts
        else "",
        "next": following,
    }


async def act(
    uow: UnitOfWork, secrets: Secrets, order_id: UUID, path: str, values: dict[str, Any]
) -> tuple[str, list[str]]:
    """Do one step for one row or for the ticked ones; returns what to say and what was refused, by name.

    Each row stands alone: one that is refused does not hold up the rest. Raises NotFound for an unknown step.
    """
    if path not in _DONE:
        raise NotFound
    chosen = values.get("one") or values.get("ids") or []
    ids = {str(v) for v in (chosen if isinstance(chosen, list) else [chosen])}
    views = [v for v in await queries.roster(uow, order_id) if str(v.id) in ids]
    if not views:
        return "", ["请先勾人，或点一行里的按钮。"]
    done, refused = 0, []
    for view in views:
        try:
            async with uow.savepoint():
                await _step(uow, secrets, view, path, values)
            done += 1
        except LinggongError as error:
            refused.append(f"{view.worker_name}：{error.detail}")
    return (f"{_DONE[path]}（{done} 人）" if done else ""), refused


async def _step(uow: UnitOfWork, secrets: Secrets, view: WorkView, path: str, values: dict[str, Any]) -> None:
    shift = _live(view)
    method = "clerk" if uow.actor.kind == "staff" else "roll_call"
    match path:
        case "choose":
            await engage.offer(uow, view.id)
        case "confirm":
            await engage.confirm(uow, view.id)
            await engage.contract(uow, view.id)
        case "contract":
            await engage.contract(uow, view.id)
        case "decline":
            await engage.decline(uow, view.id)
        case "pay" | "received":
            await _money(uow, view, path, values)
        case _ if shift is None:
            raise Invalid([Fault("", "还没定下来，先确认价钱。")])
        case "arrive":
            await attend.arrive(uow, shift.id, method=method, secrets=secrets)  # type: ignore[arg-type]
        case "start":
            await attend.start(uow, shift.id)
        case "finish":
            raw = str(values.get(f"quantity_{view.id}", "")).strip()
            await attend.finish(uow, shift.id, quantity=_number(raw) if raw else None)
        case "accept":
            await attend.accept(uow, shift.id)
        case "no_show":
            await attend.no_show(uow, shift.id)


def _number(raw: str) -> float:
    try:
        return float(raw)
    except ValueError:
        raise Invalid([Fault("quantity", "数量请填数字。", "number")]) from None


async def _money(uow: UnitOfWork, view: WorkView, path: str, values: dict[str, Any]) -> None:
    await uow.flush()
    found = [b for b in await wages.bills(uow, order_id=view.order_id, limit=1000) if b.engagement_id == view.id]
    if path == "received":
        waiting = [p for b in found for p in b.payments if p.state == "claimed"]
        if not waiting:
            raise Invalid([Fault("", "还没登记付款。")])
        for payment in waiting:
            await pay.answer_payment(uow, payment.id, received=True, note="到柜台确认，本人签字")
        return
    open_bills = sorted((b for b in found if b.left_fen > 0), key=lambda b: b.due_at)
    if not open_bills:
        raise Invalid([Fault("", "没有要付的工钱。")])
    raw = str(values.get(f"amount_{view.id}", "")).strip()
    try:
        amount = int(from_yuan(raw)) if raw else sum(b.left_fen for b in open_bills)
    except ValueError:
        raise Invalid([Fault("amount", "金额请填数字，例如 200。", "money")]) from None
    if amount > sum(b.left_fen for b in open_bills) or amount <= 0:
        raise Invalid([Fault("amount", "金额不对，请照待付的数填。", "money")])
    for bill in open_bills:
        part = min(amount, bill.left_fen)
        if part > 0:
            channel: Any = str(values.get("pay_way") or "cash")
            if channel not in PAY_CHANNEL_LABELS:
                raise Invalid([Fault("pay_way", "请选付款方式。", "choice")])
            await pay.record_payment(
                uow, bill.id, amount_fen=part, channel=channel, voucher=str(values.get("voucher", ""))
            )
            amount -= part
