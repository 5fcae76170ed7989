"""Whom a product takes, and whether cover came in time: pure rules, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from linggong.cover.classes import class_of
from linggong.cover.models import CoverPolicy, CoverProduct
from linggong.kernel import clock
from linggong.market.codes import LegalForm
from linggong.work.eligibility import age_on
from linggong.work.models import Assignment, Engagement

EMPLOYED: Final = frozenset({LegalForm.LABOUR_CONTRACT.value, LegalForm.NON_FULL_TIME.value})
"""Legal forms in which 工伤保险 is owed: neither commercial cover nor a waiver replaces it (ruling 16) [law]."""


@dataclass(frozen=True, slots=True)
class Job:
    """What of an order matters for cover, from the terms that both sides confirm."""

    trade_code: str
    conditions: tuple[str, ...]
    legal_form: str
    shifts: tuple[tuple[datetime, datetime], ...]

    @property
    def occupation_class(self) -> int:
        """Accident class, 1 to 6."""
        return class_of(self.trade_code, self.conditions)

    @property
    def owes_injury_insurance(self) -> bool:
        """Tell whether the legal form makes the employer pay 工伤保险."""
        return self.legal_form in EMPLOYED


def job_of(terms: dict[str, Any]) -> Job:
    """Return the job that a terms version's body describes."""
    work = terms["work"]
    return Job(
        trade_code=str(work["trade_code"]),
        conditions=tuple(work["conditions"]),
        legal_form=str(work["legal_form"]),
        shifts=tuple(
            (datetime.fromisoformat(s["starts_at"]), datetime.fromisoformat(s["ends_at"])) for s in terms["shifts"]
        ),
    )


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a product does not take somebody: a code of the insurer's protocol, and words."""

    code: str
    words: str


def fault_of(product: CoverProduct, job: Job, born: date | None) -> Fault | None:
    """Return why a product does not take this person for this job, None when it does as far as we know.

    An unknown birthday (the employer's own view) is left to the insurer.
    """
    first = clock.business_date(min(start for start, _ in job.shifts))
    if born is not None:
        age = age_on(born, first)
        if not product.min_age <= age <= product.max_age:
            return Fault("age", f"年龄{age}岁，只保{product.min_age}到{product.max_age}岁")
    if job.occupation_class not in product.classes:
        return Fault("class", f"这个活是{job.occupation_class}类职业，不在承保范围")
    longest = max(end - start for start, end in job.shifts)
    if longest > timedelta(hours=product.max_hours):
        return Fault("hours", f"一班超过{product.max_hours}小时，不承保")
    return None


def best(products: Sequence[CoverProduct], job: Job, born: date | None) -> tuple[CoverProduct, Fault | None]:
    """Return the first product that takes him, or the first of all with its reason; `products` is not empty."""
    for product in products:
        if fault_of(product, job, born) is None:
            return product, None
    return products[0], fault_of(products[0], job, born)


def period(product: CoverProduct, job: Job, now: datetime) -> tuple[datetime, datetime, int]:
    """Return from when to when cover is asked for, and for how many days: never backwards, with the way there and back."""
    left = [(start, end) for start, end in job.shifts if end > now] or list(job.shifts)
    starts = max(left[0][0] - timedelta(minutes=product.before_minutes), now)
    return starts, left[-1][1] + timedelta(minutes=product.after_minutes), len(left)


def in_time(policy: CoverPolicy, shift: Assignment, engagement: Engagement, now: datetime) -> bool:
    """Tell whether a policy covers a shift: it held when he checked in, or, where the contract is signed at the gate after
    the check-in (ruling 4), when work begins. Cover that starts later counts for nothing (invariant 3).
    """
    if policy.state != "active" or policy.disputed or policy.effective_at is None:
        return False
    moment = shift.arrived_at or now
    at_gate = engagement.contracted_at is None or engagement.contracted_at > moment
    if at_gate:
        moment = shift.started_at or now
    return policy.effective_at <= moment and policy.ends_at >= shift.ends_at
