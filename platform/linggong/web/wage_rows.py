"""A wage bill as pages draw it, for the worker, the employer and the desk."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar.datastructures import UploadFile

from linggong.kernel import clock
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.money import format_yuan, from_yuan
from linggong.market.codes import PAY_CHANNEL_LABELS
from linggong.wages.proofs import PROOF_WORDS
from linggong.wages.queries import BillView, PaymentView
from linggong.web import cards

PAY_WAYS = [{"value": code.value, "label": label} for code, label in PAY_CHANNEL_LABELS.items()]
_SAID = {"claimed": "等他回话", "confirmed": "他说收到了", "denied": "他说没收到"}


def bill(view: BillView) -> dict[str, Any]:
    """Return a bill with its lines, payments and what this reader may do."""
    claimed = [p for p in view.payments if p.state == "claimed"]
    answerable = [p for p in view.payments if "deny_payment" in p.actions]
    due = clock.shanghai(view.due_at)
    return {
        "id": str(view.id),
        "order_href": f"/employer/orders/{view.order_id}",
        "title": view.title,
        "employer": view.employer_name,
        "worker": view.worker_name,
        "day": view.work_date,
        "state": state_of(view),
        "total_fen": view.total_fen,
        "paid_fen": view.paid_fen,
        "left_fen": view.left_fen,
        "held_fen": view.held_fen,
        "payable_fen": max(0, view.left_fen - sum(p.amount_fen for p in claimed)),
        "due_at": view.due_at,
        "due_text": "" if view.state in ("SETTLED", "RULED") else f"{due.month}月{due.day}日 {due:%H:%M} 前该付",
        "lines": [
            {
                "label": line.words,
                "quantity_text": f"{format_yuan(line.rate_fen)} × {line.quantity:g}",
                "amount_fen": line.amount_fen,
            }
            for line in view.lines
        ],
        "payments": [payment(p) for p in view.payments],
        # A bill's only payment is answered by the bill's own buttons; of several he says which one he means.
        "answerable": [answer(p) for p in answerable] if len(view.payments) > 1 else [],
        "waiting": len(claimed),
        "claim": None
        if not claimed
        else {
            "at": claimed[-1].claimed_at,
            "how": cards.channel_word(claimed[-1].channel),
            "amount_fen": sum(p.amount_fen for p in claimed),
        },
        "can_confirm": bool(claimed),
        "can_dispute": bool(answerable),
        "actions": view.actions,
        "slip_href": f"/bills/{view.id}/slip",
    }


def answer(view: PaymentView) -> dict[str, Any]:
    """Return a payment to which the worker may say that it came, or that it did not."""
    return {
        "id": str(view.id),
        "at": view.claimed_at,
        "how": cards.channel_word(view.channel),
        "amount_fen": view.amount_fen,
        "waits": view.state == "claimed",
    }


def payment(view: PaymentView) -> dict[str, Any]:
    """Return a payment in words."""
    words = f"{cards.channel_word(view.channel)} {PROOF_WORDS[view.proof]}{view.voucher}".strip()
    said = _SAID[view.state]
    if view.state == "claimed" and view.tries:
        said += f"（问过 {view.tries} 次）"
    if view.state == "confirmed" and view.answered_proof == "" and view.answered_at is not None:
        said = "收到了"
    return {
        "id": str(view.id),
        "at": view.claimed_at,
        "amount_fen": view.amount_fen,
        "words": words,
        "said": said,
        "state": view.state,
        "single_witness": view.single_witness,
        "proofs": [f"/api/v1/payment-proofs/{p.id}" for p in view.proofs],
        "actions": view.actions,
    }


def state_of(view: BillView) -> str:
    """Return the one state that a bill shows: late ones say so, whoever has claimed what."""
    if view.state == "RULED":
        return "X_RULED"
    if view.state == "SETTLED":
        return "W_PAIDLATE" if view.wage_state == "W_PAIDLATE" else "B_SETTLED"
    if view.wage_state in ("W_OVERDUE", "W_ARREARS", "W_REFERRED"):
        return view.wage_state
    if view.state == "CLAIMED":
        return "B_CLAIMED"
    return "W_GRACE" if view.overdue else "B_OPEN"


def amount(values: dict[str, Any], field: str = "amount") -> int:
    """Read an amount in yuan; raises Invalid with what to type."""
    try:
        return int(from_yuan(str(values.get(field, ""))))
    except ValueError:
        raise Invalid([Fault(field, "金额请填数字，例如 260。", "number")]) from None


def way(values: dict[str, Any]) -> Any:
    """Read by what a wage was paid; raises Invalid."""
    found = str(values.get("pay_way", ""))
    if found not in {w["value"] for w in PAY_WAYS}:
        raise Invalid([Fault("channel", "请选用什么付的。", "unknown")])
    return found


async def picture(values: dict[str, Any], field: str = "picture") -> bytes | None:
    """Read an uploaded picture, None when none was chosen."""
    found = values.get(field)
    if not isinstance(found, UploadFile) or not found.filename:
        return None
    return await found.read()


def uuid_of(values: dict[str, Any], field: str) -> UUID | None:
    """Read an id, None when it is none."""
    try:
        return UUID(str(values.get(field, "")))
    except ValueError:
        return None
