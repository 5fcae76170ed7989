"""What both sides agreed, as the pay rules read it: the rate, the parameters in force, travel and deductions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec

from linggong.kernel.db import UnitOfWork
from linggong.kernel.money import Fen, fen, from_yuan
from linggong.market.models import TermsVersion
from linggong.wages.extras import Numbers
from linggong.wages.rules import Rate
from linggong.work import common
from linggong.work.models import Assignment, Engagement
from tenants.parameters import Value
from tenants.service import parameters, resolved

_KEYS = (
    "comp.full_day_above", "comp.wait", "comp.wait_fault", "comp.cancel_after_lock", "comp.rain_on_site",
    "overtime.workday", "overtime.restday", "overtime.holiday", "wage.minimum_hourly_fen",
)  # fmt: skip
_AMOUNT = re.compile(r"(?<![\d.])(\d{1,4}(?:\.\d{1,2})?)\s*元")
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """One worker's terms for one shift, ready for the pay rules."""

    terms: TermsVersion
    rate: Rate
    numbers: Numbers
    legal_form: str
    settlement: str
    travel_fen: int
    """The travel that was agreed: the floor of a compensation."""
    texts: dict[str, str]
    """What the terms say on meals, ride and tools."""
    conditions: tuple[str, ...] = ()
    overtime_fen: int | None = None
    """Pay an hour of overtime on this shift's day, where both agreed to some (48)."""
    overtime_until: datetime | None = None
    extra: tuple[tuple[str, int], ...] = ()
    """Further work agreed on that day, and what is paid for the whole of it."""
    reduced: tuple[str, int] | None = None
    """Less work agreed on that day, and what the shift pays then."""


async def agreed(uow: UnitOfWork, engagement: Engagement, shift: Assignment | None) -> Agreed:
    """Read the terms that both confirmed for a shift; without one, for the first shift of the engagement."""
    terms = await common.agreed_terms(uow, engagement)
    body: dict[str, Any] = msgspec.json.decode(terms.body)
    values = await parameters(uow, engagement.tenant, *_KEYS)
    heat = await _heat_allowance(uow, engagement.tenant)
    pay, texts = body["pay"], {name: str(body.get(name) or "") for name in ("meals", "ride", "tools")}
    travel = pay.get("travel_fen")
    return Agreed(
        terms=terms,
        rate=Rate(
            fen=int(pay["fen"]),
            unit=pay["unit"],
            agreed_minutes=_minutes(body["shifts"], shift),
            minutes_per_gong=int(pay.get("minutes_per_gong") or 480),
            piece_name=pay.get("piece_name") or "",
            pieces_per_day=pay.get("pieces_per_day"),
            full_day_above=int(_fraction(values["comp.full_day_above"])),
        ),
        numbers=Numbers(
            wait_percent=_fraction(values["comp.wait"]),
            wait_fault_percent=_fraction(values["comp.wait_fault"]),
            cancel_percent=_fraction(values["comp.cancel_after_lock"]),
            rain_percent=_fraction(values["comp.rain_on_site"]),
            overtime_percent=(
                _fraction(values["overtime.workday"]),
                _fraction(values["overtime.restday"]),
                _fraction(values["overtime.holiday"]),
            ),
            heat_allowance_fen=heat,
            minimum_hourly_fen=int(_fraction(values["wage.minimum_hourly_fen"])),
        ),
        legal_form=str(body.get("work", {}).get("legal_form") or "service"),
        settlement=body["settlement"]["when"],
        travel_fen=int(travel) if travel is not None else int(amount_in(texts["ride"]) or 0),
        texts=texts,
        conditions=tuple(body.get("work", {}).get("conditions") or ()),
        **_changes(body, shift),
    )


def _changes(body: dict[str, Any], shift: Assignment | None) -> dict[str, Any]:
    """Return what both agreed on site for a shift's day; of two changes of a kind the later one holds (24, 25)."""
    if shift is None:
        return {}
    day = shift.work_date.isoformat()
    overtime, extra, reduced = (
        [c for c in body.get(kind) or () if c.get("date") == day] for kind in ("overtime", "extra", "reduced")
    )
    found: dict[str, Any] = {"extra": tuple((str(c["what"]), int(c["pay_fen"])) for c in extra)}
    if overtime:
        found["overtime_fen"] = int(overtime[-1]["hourly_fen"])
        found["overtime_until"] = datetime.fromisoformat(overtime[-1]["until"])
    if reduced:
        found["reduced"] = (str(reduced[-1]["what"]), int(reduced[-1]["pay_fen"]))
    return found


async def _heat_allowance(uow: UnitOfWork, path: str) -> int:
    """Return the high-temperature allowance of a day; 0 where the bureau has not set one (it has no default)."""
    found = (await resolved(uow, path, "heat.allowance_fen"))["heat.allowance_fen"].value
    return found if isinstance(found, int) else 0


def amount_in(text: str) -> Fen | None:
    """Return the amount that a text of the terms names (午饭自理，食堂 12 元), None when it names none or several."""
    found = _AMOUNT.findall(text)
    return fen(from_yuan(found[0])) if len(found) == 1 else None


def _minutes(shifts: list[dict[str, Any]], shift: Assignment | None) -> int:
    """Return a shift's agreed minutes without the meal."""
    if shift is not None:
        day = shift.work_date.isoformat()
        meal = next((int(s["meal_minutes"]) for s in shifts if s["date"] == day), 0)
        return int((shift.ends_at - shift.starts_at) / _MINUTE) - meal
    first = shifts[0]
    starts, ends = (datetime.fromisoformat(first[key]) for key in ("starts_at", "ends_at"))
    return int((ends - starts) / _MINUTE) - int(first["meal_minutes"])


def _fraction(value: Value) -> Fraction:
    if not isinstance(value, int | Decimal) or isinstance(value, bool):
        raise TypeError(f"not a number: {value!r}")
    return Fraction(value)
