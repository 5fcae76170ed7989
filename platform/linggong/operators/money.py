"""The plan of payment and what a grade leaves of its last part (R125, R126), reckoned by `assessment.payment`; in fen, never paid by itself."""

from __future__ import annotations

from datetime import date

import msgspec

from linggong.assessment import payment as reckoning
from linggong.assessment.evidence import Contract
from linggong.operators.place_rules import Rules, card_of, grade_of

_WHOLE = 100


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the plan."""

    part: int
    percent: int
    fen: int
    due: date | None
    by_grade: bool


class Tail(msgspec.Struct, frozen=True, kw_only=True):
    """What a grade leaves of the last part under one reading; below zero is to be paid back."""

    grade: str
    multiplier: int
    total_fen: int
    amount_fen: int


def plan(rules: Rules, contract: Contract, ends_on: date) -> list[Planned]:
    """Return the parts of a contract's price with their days; the part by grade is due on the contract's last day."""
    if not rules.plan:
        return []
    whole = reckoning.payment(card_of(rules.plan), grade_of("", _WHOLE), contract)
    return [
        Planned(
            part=n, percent=part.percent, fen=part.fen, due=ends_on if part.by_grade else part.due, by_grade=part.by_grade
        )
        for n, part in enumerate(whole.plan, 1)
    ]  # fmt: skip


def tails(rules: Rules, contract: Contract, grade: str) -> dict[str, Tail]:
    """Return what a grade leaves under both readings, by their names; empty where the place gives the grade no multiplier."""
    multiplier = rules.multipliers.get(grade)
    if multiplier is None or not rules.plan:
        return {}
    found = reckoning.payment(card_of(rules.plan), grade_of(grade, multiplier), contract)
    return {
        name: Tail(
            grade=grade, multiplier=multiplier, total_fen=reading.total_fen, amount_fen=reading.tail_fen - reading.recover_fen
        )
        for name, reading in (("whole_contract", found.whole_contract), ("tail_only", found.tail_only))
    }  # fmt: skip
