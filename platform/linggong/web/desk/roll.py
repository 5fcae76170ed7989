"""The roll of one order at the desk: a row a worker and shift with its one next step, and the same step for the ticked ones.

The clerk speaks for whoever is at the counter or on the telephone; what he enters is marked as his (by proxy).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from linggong.contracts import counter
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid, LinggongError, NotFound
from linggong.kernel.money import from_yuan
from linggong.market.codes import PAY_CHANNEL_LABELS
from linggong.wages import queries as wages
from linggong.wages import service as pay
from linggong.wages.queries import BillView
from linggong.web import cards
from linggong.work import absence, attend, engage, queries, stopping, witness
from linggong.work.queries import RollName, ShiftView, WorkView

PAY_WAYS: Final = [{"value": code.value, "label": label} for code, label in PAY_CHANNEL_LABELS.items()]
BULK: Final = [
    {"path": "choose", "label": "选他们"},
    {"path": "confirm", "label": "都说定"},
    {"path": "arrive", "label": "到岗"},
    {"path": "start", "label": "开工"},
    {"path": "finish", "label": "下班"},
    {"path": "accept", "label": "认定"},
    {"path": "received", "label": "都说收到了"},
]
_DONE: Final = {
    "accept_invitation": "回话记下了：愿意去", "choose": "选好了，等零工点头", "confirm": "价钱说定，零工这边的约也签了", "contract": "约签了",
    "arrive": "到岗记下了", "start": "开工记下了", "finish": "下班记下了", "accept": "完工认定了，工资单出来了",
    "pay": "付款记下了，等零工回话", "received": "零工说收到了，记下了", "denied": "零工说没收到，记下了，请再问雇主",
    "resume": "复工记下了", "end_pause": "收工记下了，等认定",
    "absent": "记下了：没来", "decline": "没选，已经告诉零工", "withdraw": "替零工退了",
}  # fmt: skip
_OF_ENGAGEMENT: Final = {
    "A_INVITED": (("accept_invitation", "他愿意去"), ("decline", "他不去")),
    "A_APPLIED": (("choose", "选他"), ("decline", "不选")),
    "A_OFFERED": (("confirm", "替他点头"), ("withdraw", "他不去了")),
    "A_WAITLIST": (None, ("withdraw", "他不等了")),
}
_OF_SHIFT: Final = {
    "A_CONFIRMED": (("arrive", "到岗"), ("absent", "没来")),
    "A_CONTRACTED": (("arrive", "到岗"), ("absent", "没来")),
    "A_ARRIVED": (("start", "开工"), None),
    "A_WORKING": (("finish", "下班"), None),
    "A_PAUSED": (("resume", "复工"), ("end_pause", "不干了，收工")),
    "A_FINISHED": (("accept", "认定"), None),
}
_ON_SITE: Final = ("A_CONFIRMED", "A_CONTRACTED", "A_ARRIVED", "A_WORKING", "A_PAUSED", "A_FINISHED")
_THERE: Final = ("A_ARRIVED", "A_WORKING", "A_PAUSED", "A_FINISHED", "A_ACCEPTED")


@dataclass(frozen=True, slots=True)
class Entry:
    """One row with what it stands for."""

    row: dict[str, Any]
    view: WorkView
    shift: ShiftView | None
    bill: BillView | None


def _times(shift: ShiftView, many: bool) -> str:
    parts = [f"{shift.work_date.month}月{shift.work_date.day}日"] if many else []
    for moment, word in ((shift.arrived_at, "到"), (shift.started_at, "开工"), (shift.finished_at, "下班")):
        if moment is not None:
            parts.append(f"{clock.shanghai(moment):%H:%M} {word}")
    if shift.minutes is not None:
        parts.append(f"{shift.minutes / 60:g} 小时")
    if shift.quantity is not None:
        parts.append(f"{shift.quantity:g} 件")
    return " · ".join(parts)


def _step(pair: tuple[str, str] | None) -> dict[str, str] | None:
    return None if pair is None else {"path": pair[0], "label": pair[1]}


def _contract(view: WorkView) -> str:
    return f"/desk/contracts/{view.id}" if view.terms_version is not None else ""


def _row(view: WorkView, name: RollName, row_id: UUID, state: str) -> dict[str, Any]:
    return {
        "id": str(row_id), "engagement": str(view.id), "name": name.name, "sub": name.sub, "star": None, "phone": "", "state": state,
        "price_fen": view.pay_fen, "price_unit": cards.unit_word(view.pay_unit), "times": "", "hours": None,
        "left_fen": None, "pieces": False, "contract_href": _contract(view), "warn": "", "next": None, "other": None, "ask_phone": False,
    }  # fmt: skip


async def entries(uow: UnitOfWork, order_id: UUID) -> list[Entry]:
    """Return the rows of an order's roll, those who need a hand first, ended ones last. Raises NotFound."""
    views = await queries.roster(uow, order_id)
    bills = {b.assignment_id: b for b in await wages.bills(uow, order_id=order_id, limit=2000) if b.assignment_id}
    names = await queries.roll_names(uow, order_id)
    made = [e for v in views for e in _of(v, names.get(v.id, RollName(v.worker_name, "")), bills)]
    return sorted(made, key=lambda e: (e.row["next"] is None, e.row["state"].startswith("X_")))


def _of(view: WorkView, name: RollName, bills: dict[UUID, BillView]) -> list[Entry]:
    if view.state in _OF_ENGAGEMENT or view.state.startswith("X_"):
        row = _row(view, name, view.id, view.state)
        following, other = _OF_ENGAGEMENT.get(view.state, (None, None))
        row["next"], row["other"] = _step(following), _step(other)
        contested = next(
            (s for s in view.shifts if s.site is not None and s.site.no_show in ("open", "contested")), None
        )
        if contested is not None and contested.site is not None:
            row["site_href"] = f"/shifts/{contested.id}"
            row["warn"] = "他申诉了，请同事来定" if contested.site.no_show == "contested" else ""
        return [Entry(row, view, None, None)]
    live = [s for s in view.shifts if not s.state.startswith("X_")]
    # Of the days to come only the next one waits for a hand.
    coming = next((s for s in live if s.state in ("A_CONFIRMED", "A_CONTRACTED")), None)
    out = []
    for shift in live:
        if shift.state in ("A_CONFIRMED", "A_CONTRACTED") and shift is not coming:
            continue
        row = _row(view, name, shift.id, shift.state)
        following, other = _OF_SHIFT.get(shift.state, (None, None))
        row["times"] = _times(shift, len(view.shifts) > 1)
        row["next"], row["other"] = _step(following), _step(other)
        row["pieces"] = (
            shift.quantity is None and view.pay_unit == "piece" and shift.state in ("A_WORKING", "A_FINISHED")
        )
        row["ask_phone"] = shift.state != "A_ACCEPTED"
        row["site_href"] = f"/shifts/{shift.id}" if shift.state in _ON_SITE else ""
        row["ask_call"] = row["other"] is not None and row["other"]["path"] == "absent"
        if view.contracted_at is None and shift is coming:
            row["ask_call"] = False
            row["other"] = {"path": "contract", "label": "签约"}
        elif view.contracted_at is None and shift.state == "A_ARRIVED":
            row["next"], row["warn"] = {"path": "contract", "label": "签约"}, "没签约，不能开工"
        if view.single_witness:
            row["sub"] = " · ".join(t for t in (row["sub"], "等同事回访") if t)
        bill = bills.get(shift.id)
        if bill is not None:
            _money(row, bill)
        out.append(Entry(row, view, shift, bill))
    return out


def _money(row: dict[str, Any], bill: BillView) -> None:
    claimed = sum(p.amount_fen for p in bill.payments if p.state == "claimed")
    left = bill.left_fen - claimed
    if bill.state == "SETTLED":
        row["state"] = "A_SETTLED"
    elif left > 0:
        row["state"], row["left_fen"], row["next"] = "A_BILLED", left, {"path": "pay", "label": "记付款"}
        row["warn"] = "过了付款时间" if bill.overdue else row["warn"]
        if any(p.state == "denied" for p in bill.payments):
            row["warn"] = "他说没收到，请核对后再付"
    if claimed:
        row["other"] = {"path": "denied", "label": "他说没收到"}
        if left <= 0:
            row["state"], row["next"] = "A_PAYCLAIMED", {"path": "received", "label": "他说收到了"}


def bulk(found: list[Entry]) -> list[dict[str, str]]:
    """Return the steps for many that wait for somebody; payment stands beside them by itself."""
    waiting = {e.row["next"]["path"] for e in found if e.row["next"]}
    return [step for step in BULK if step["path"] in waiting]


def arrived(found: list[Entry]) -> int:
    """Return how many people have come."""
    return len({e.view.id for e in found if e.shift is not None and e.shift.state in _THERE})


async def act(uow: UnitOfWork, order_id: UUID, path: str, values: dict[str, Any]) -> tuple[str, list[str]]:
    """Do one step for one row or for the ticked ones; returns what to say and what was refused, by name.

    Each row stands alone: one that is refused does not hold up the rest. Raises NotFound for an unknown step.
    """
    if path not in _DONE:
        raise NotFound
    chosen = values.get("one") or values.get("ids") or []
    ids = {str(v) for v in (chosen if isinstance(chosen, list) else [chosen])}
    found = [e for e in await entries(uow, order_id) if e.row["id"] in ids]
    if not found:
        return "", ["请先勾人，或点一行里的按钮。"]
    done, refused = 0, []
    for entry in found:
        try:
            async with uow.savepoint():
                await _do(uow, entry, path, values)
            done += 1
        except Invalid as error:
            refused.append(f"{entry.row['name']}：{''.join(f.message for f in error.faults)}")
        except LinggongError as error:
            refused.append(f"{entry.row['name']}：{error.detail}")
    return (f"{_DONE[path]}（{done} 人）。" if done else ""), refused


async def _do(uow: UnitOfWork, entry: Entry, path: str, values: dict[str, Any]) -> None:
    view, shift = entry.view, entry.shift
    match path:
        case "accept_invitation":
            await engage.accept_invitation(uow, view.id)
        case "choose":
            await engage.offer(uow, view.id)
        case "confirm":
            await counter.confirm(uow, view.id)
        case "contract":
            await counter.sign_both(uow, view.id)
        case "decline":
            await engage.decline(uow, view.id)
        case "withdraw":
            await engage.withdraw(uow, view.id, reason="由驿站代退")
        case "received" | "denied" | "pay":
            await _pay(uow, entry, path, values)
        case _ if shift is None:
            raise Invalid([Fault("", "还没说定，先确认价钱。")])
        case "arrive":
            await attend.arrive(uow, shift.id, method="clerk")
        case "start":
            await attend.start(uow, shift.id)
        case "finish":
            await attend.finish(uow, shift.id, quantity=_quantity(values, shift), consent=_said(values))
        case "accept":
            await attend.accept(uow, shift.id, quantity=_quantity(values, shift), consent=_said(values))
        case "resume":
            await stopping.resume(uow, shift.id)
        case "end_pause":
            await stopping.end_pause(uow, shift.id)
        case "absent":
            await absence.no_show(uow, shift.id, call_note=str(values.get(f"call_{shift.id}", ""))[:200])


def _said(values: dict[str, Any]) -> witness.Consent:
    """Return how the clerk was told of the end or its recognition."""
    return witness.Consent(read_out=str(values.get("read_out", "")))


def _quantity(values: dict[str, Any], shift: ShiftView) -> float | None:
    raw = str(values.get(f"pieces_{shift.id}", "")).strip()
    try:
        number = float(raw) if raw else None
    except ValueError:
        number = float("nan")
    if number is not None and not 0 <= number <= 100_000:
        raise Invalid([Fault("quantity", "数量请填 0 到 100000 的数字。", "number")])
    return number


async def _pay(uow: UnitOfWork, entry: Entry, path: str, values: dict[str, Any]) -> None:
    bill = entry.bill
    if bill is None:
        raise Invalid([Fault("", "还没有工资单，先认定完工。")])
    if path != "pay":
        waiting = [p for p in bill.payments if p.state == "claimed"]
        if not waiting:
            raise Invalid([Fault("", "还没登记付款，没有话可回。")])
        for payment in waiting:
            await pay.answer_payment(uow, payment.id, received=path == "received", note="到柜台说的，本人签字")
        return
    try:
        amount = int(from_yuan(str(values.get(f"amount_{entry.row['id']}", ""))))
    except ValueError:
        raise Invalid([Fault("amount_fen", "付了多少请填数字，例如 260。", "number")]) from None
    way = str(values.get("pay_way", ""))
    if way not in {w["value"] for w in PAY_WAYS}:
        raise Invalid([Fault("channel", "请选用什么付的。", "unknown")])
    voucher = str(values.get("voucher", ""))[:101]
    await pay.record_payment(uow, bill.id, amount_fen=amount, channel=way, voucher=voucher)  # type: ignore[arg-type]
