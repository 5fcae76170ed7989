"""What a grade pays (R125, R126), in both readings of the text; figures for people to decide on, nothing is ever paid by itself.

The paper says once that the contract's price is paid by 100, 90, 80 or 70 per cent of the grade (the whole contract), and once that
the last instalment is paid by grade (the tail alone). Under the first, a bad year may have been overpaid before it is assessed.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

import msgspec

from linggong.assessment.card import Card, Grade
from linggong.assessment.evidence import Contract


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """An instalment: its share in fen and the day on which it is due; None where that day is not known yet."""

    percent: int
    fen: int
    due: date | None
    by_grade: bool


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What one reading of the text comes to, in fen."""

    total_fen: int
    tail_fen: int
    """Due after the instalments before the assessment; 0 where those were more than the total."""
    recover_fen: int
    """To be paid back by the operator."""


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """Both readings, beside the plan."""

    price_fen: int
    multiplier: int
    plan: list[Part]
    whole_contract: Reading
    tail_only: Reading


def payment(card: Card, grade: Grade, contract: Contract) -> Payment:
    """Return what a grade pays of a contract's price. Shares are rounded half up to the fen; the last takes the rest.

    Raises ValueError for a card that pays nothing by grade.
    """
    if grade.multiplier is None or not card.plan:
        raise ValueError(f"{card.id} has no plan of payment")
    parts = []
    left = contract.price_fen
    for n, part in enumerate(card.plan):
        fen = left if n == len(card.plan) - 1 else _share(contract.price_fen, part.percent)
        left -= fen
        parts.append(
            Part(percent=part.percent, fen=fen, due=_due(part.due, contract), by_grade=part.due == "final")
        )  # fmt: skip
    fixed = sum(part.fen for part in parts if not part.by_grade)
    tail = sum(part.fen for part in parts if part.by_grade)
    whole = _share(contract.price_fen, grade.multiplier)
    reduced = _share(tail, grade.multiplier)
    return Payment(
        price_fen=contract.price_fen, multiplier=grade.multiplier, plan=parts,
        whole_contract=Reading(total_fen=whole, tail_fen=max(0, whole - fixed), recover_fen=max(0, fixed - whole)),
        tail_only=Reading(total_fen=fixed + reduced, tail_fen=reduced, recover_fen=0),
    )  # fmt: skip


def _share(fen: int, percent: int) -> int:
    return (fen * percent + 50) // 100


def _due(rule: str, contract: Contract) -> date | None:
    """Return when an instalment is due: the service period runs from the signing (R126), a renewal has no go-live of its own."""
    month = timedelta(days=30)
    match rule:
        case "go_live+30d" if contract.renewal:
            return contract.signed + month
        case "go_live+30d":
            return None if contract.go_live is None else contract.go_live + month
        case "signed+30d":
            return contract.signed + month
        case "signed+3m":
            return months(contract.signed, 3)
        case "signed+9m":
            return months(contract.signed, 9)
    return None


def months(day: date, months: int) -> date:
    """Return the same day so many months later, or the month's last day where it has no such day (民法典 202 to 203)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
