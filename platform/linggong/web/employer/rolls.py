"""The roll of one order as rows of macros/roll.html: who, what state, the one next step, as the employer says it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from linggong.kernel import clock
from linggong.wages.queries import BillView
from linggong.web import cards
from linggong.work.queries import ShiftView, WorkView

STEPS: Final = {
    "A_APPLIED": ("choose", "选他"),
    "A_CONFIRMED": ("arrive", "他到了"),
    "A_CONTRACTED": ("arrive", "他到了"),
    "A_ARRIVED": ("start", "开工"),
    "A_WORKING": ("finish", "下班"),
    "A_PAUSED": ("resume", "复工"),
    "A_FINISHED": ("accept", "认定完工"),
}
OTHERS: Final = {
    "A_APPLIED": ("decline", "不要"),
    "A_CONTRACTED": ("absent", "没来"),
    "A_CONFIRMED": ("absent", "没来"),
    "A_PAUSED": ("end_pause", "不干了，收工"),
}
_WAITING = ("A_INVITED", "A_APPLIED", "A_OFFERED", "A_WAITLIST")


def _times(shift: ShiftView, many: bool) -> str:
    parts = []
    if many:
        parts.append(f"{shift.work_date.month}月{shift.work_date.day}日")
    for moment, word in ((shift.arrived_at, "到"), (shift.started_at, "开工"), (shift.finished_at, "下班")):
        if moment is not None:
            parts.append(f"{clock.shanghai(moment):%H:%M} {word}")
    if shift.minutes is not None:
        parts.append(f"{shift.minutes / 60:g}小时")
    if shift.quantity is not None:
        parts.append(f"{shift.quantity:g}件")
    return " · ".join(parts)


def _step(pair: tuple[str, str] | None) -> dict[str, str] | None:
    return None if pair is None else {"path": pair[0], "label": pair[1]}


def _row(view: WorkView, row_id: UUID, state: str) -> dict[str, Any]:
    return {
        "id": str(row_id), "engagement": str(view.id), "name": view.worker_name, "sub": "", "star": None, "phone": "",
        "state": state, "price_fen": view.pay_fen, "price_unit": cards.unit_word(view.pay_unit), "times": "",
        "contract_href": f"/contracts/{view.id}" if view.terms_version is not None else "",
        "hours": None, "left_fen": None, "pieces": False, "warn": "", "next": None, "other": None,
    }  # fmt: skip


def applicants(roster: Iterable[WorkView]) -> list[dict[str, Any]]:
    """Return those who wait for the employer's choice or for whose word he waits."""
    rows = []
    for view in roster:
        if view.state in _WAITING:
            row = _row(view, view.id, view.state)
            row["next"], row["other"] = _step(STEPS.get(view.state)), _step(OTHERS.get(view.state))
            row["times"] = {"A_OFFERED": "等他点头", "A_INVITED": "等他回话"}.get(view.state, "")
            rows.append(row)
    return rows


def _shown(view: WorkView) -> list[ShiftView]:
    """Return the shifts that need a hand: the next open one, those to accept, those accepted; ended ones are left out."""
    live = [s for s in view.shifts if not s.state.startswith("X_")]
    coming = next((s for s in live if s.state in ("A_CONFIRMED", "A_CONTRACTED")), None)
    return [s for s in live if s.state not in ("A_CONFIRMED", "A_CONTRACTED") or s is coming]


def rows(roster: Iterable[WorkView], bills: Iterable[BillView]) -> list[dict[str, Any]]:
    """Return the confirmed ones, a row a shift: first what waits for a word or for money, settled ones last."""
    billed = {b.assignment_id: b for b in bills}
    out = []
    for view in roster:
        if view.state in _WAITING:
            continue
        if view.state.startswith("X_"):
            if view.confirmed_at is not None:
                out.append(_row(view, view.id, view.state))
            continue
        for shift in _shown(view):
            row = _row(view, shift.id, shift.state)
            row["times"] = _times(shift, len(view.shifts) > 1)
            row["next"], row["other"] = _step(STEPS.get(shift.state)), _step(OTHERS.get(shift.state))
            row["site_href"] = f"/shifts/{shift.id}" if shift.state != "A_ACCEPTED" else ""
            row["ask_call"] = row["other"] is not None and row["other"]["path"] == "absent"
            row["pieces"] = shift.state == "A_WORKING" and view.pay_unit == "piece"
            bill = billed.get(shift.id)
            if bill is not None:
                _money(row, bill)
            out.append(row)
    return sorted(out, key=lambda r: r["next"] is None)


_ALL: Final = {"arrive": "全都到了", "start": "全部开工", "finish": "全部下班", "accept": "全部认定", "pay": "都记付款"}


def bulk(found: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the steps that wait for two people or more, as one button each."""
    waiting = [r["next"]["path"] for r in found if r["next"] and not r["pieces"]]
    counts = {path: waiting.count(path) for path in _ALL}
    return [{"path": p, "label": f"{_ALL[p]}（{n} 人）"} for p, n in counts.items() if n > 1]


def waiting_for(found: Iterable[dict[str, Any]], path: str) -> list[str]:
    """Return the rows whose next step this is."""
    return [r["id"] for r in found if r["next"] and r["next"]["path"] == path and not r["pieces"]]


def _money(row: dict[str, Any], bill: BillView) -> None:
    claimed = sum(p.amount_fen for p in bill.payments if p.state == "claimed")
    left = bill.left_fen - claimed
    if bill.state == "SETTLED":
        row["state"] = "A_SETTLED"
    elif left > 0:
        row["state"], row["left_fen"], row["next"] = "A_BILLED", left, {"path": "pay", "label": "记付款"}
        if bill.overdue:
            row["warn"] = "过了付款时间，今天付清"
        if any(p.state == "denied" for p in bill.payments):
            row["warn"] = "他说没收到，请核对后再付"
    else:
        row["state"] = "A_PAYCLAIMED"
