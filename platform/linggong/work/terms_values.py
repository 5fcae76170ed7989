"""What may be changed about agreed terms, read from a form, and what the terms then say. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from linggong.kernel import clock
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.money import fen, format_yuan
from linggong.market.codes import PayUnit
from linggong.market.hourly import hourly_fen, work_minutes

BEFORE_WORK = ("price", "time", "place", "headcount")
ON_SITE = ("overtime", "extra", "reduced")
_MINUTE = timedelta(minutes=1)
_MOST_OVERTIME = timedelta(hours=4)
_MOST_FEN = 10_000_000
"""More than 100,000 yuan is a slip of the finger, whatever the unit."""


class TermsForm(msgspec.Struct, kw_only=True):
    """A proposal; each kind reads its own fields. Amounts are fen, times carry their zone."""

    kind: str
    pay_fen: int | None = None
    """price: the new rate in its unit; extra: the whole of it; reduced: what the shift pays then."""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    """time: the first shift's new hours; the others follow."""
    place: str | None = None
    headcount: int | None = None
    until: datetime | None = None
    """overtime and reduced: when the shift ends then."""
    hourly_fen: int | None = None
    """overtime: pay an hour."""
    what: str | None = None
    """extra and reduced: which work."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a proposal is measured against."""

    now: datetime
    body: dict[str, Any]
    minimum_hourly_fen: int
    confirmed: int = 0
    most_people: int = 500
    shift_starts: datetime | None = None
    shift_ends: datetime | None = None


def read(form: TermsForm, around: Around) -> tuple[dict[str, Any], str]:
    """Return the values of a proposal and the words in which it is read aloud; raises Invalid with every fault."""
    if form.kind not in (*BEFORE_WORK, *ON_SITE):
        raise Invalid([Fault("kind", "没有这种改动，请重新选。", "unknown")])
    faults: list[Fault] = []
    if len(form.reason) > 200:
        faults.append(Fault("reason", "原因最多 200 个字。", "too_long"))
    reader = {
        "price": _price, "time": _time, "place": _place, "headcount": _headcount, "overtime": _overtime,
        "extra": _extra, "reduced": _reduced,
    }[form.kind]  # fmt: skip
    values, words = reader(form, around, faults)
    if faults:
        raise Invalid(faults)
    return values, words


Read = tuple[dict[str, Any], str]


def _amount(value: int | None, field: str, faults: list[Fault]) -> int:
    if value is None or not 0 < value <= _MOST_FEN:
        faults.append(Fault(field, "钱数要大于 0，不超过 10 万元。", "range"))
        return 0
    return value


def _price(form: TermsForm, around: Around, faults: list[Fault]) -> Read:
    amount, pay = _amount(form.pay_fen, "pay_fen", faults), around.body["pay"]
    if amount and amount == pay["fen"]:
        faults.append(Fault("pay_fen", "和现在的价钱一样，不用改。", "same"))
    hourly = hourly_of(around.body, amount)
    if amount and hourly is not None and hourly < around.minimum_hourly_fen:
        floor = format_yuan(fen(around.minimum_hourly_fen))
        faults.append(Fault("pay_fen", f"折合每小时低于最低工资 {floor} 元，不能这样改。", "minimum"))
    words = f"工钱从 {format_yuan(fen(pay['fen']))} 元改成 {format_yuan(fen(amount))} 元"
    return {"pay_fen": amount, "hourly_fen": hourly}, words


def hourly_of(body: dict[str, Any], amount: int) -> int | None:
    """Return the hourly equivalent of an amount under the terms' own hours."""
    pay, shift = body["pay"], body["shifts"][0]
    starts, ends = (datetime.fromisoformat(shift[key]) for key in ("starts_at", "ends_at"))
    return hourly_fen(
        amount,
        PayUnit(pay["unit"]),
        minutes_per_day=work_minutes(int((ends - starts) / _MINUTE), int(shift["meal_minutes"] or 0)),
        minutes_per_gong=int(pay.get("minutes_per_gong") or 480),
        pieces_per_day=pay.get("pieces_per_day"),
    )


def _time(form: TermsForm, around: Around, faults: list[Fault]) -> Read:
    starts, ends = form.starts_at, form.ends_at
    if starts is None or starts <= around.now:
        faults.append(Fault("starts_at", "新的开工时间要在现在以后。", "past"))
    if ends is None or (starts is not None and not timedelta(minutes=30) <= ends - starts <= timedelta(hours=16)):
        faults.append(Fault("ends_at", "收工要在开工之后，一班最长 16 小时。", "range"))
    if starts is None or ends is None:
        return {}, ""
    begins, until = clock.shanghai(starts), clock.shanghai(ends)
    words = f"时间改成 {begins.month}月{begins.day}日 {begins:%H:%M} 到 {until:%H:%M}"
    return {"starts_at": starts.isoformat(), "ends_at": ends.isoformat()}, words


def _place(form: TermsForm, around: Around, faults: list[Fault]) -> Read:
    place = (form.place or "").strip()
    if not 2 <= len(place) <= 80 or not place.isprintable():
        faults.append(Fault("place", "地点请写 2 到 80 个字。", "required"))
    return {"place": place}, f"地点改到 {place}"


def _headcount(form: TermsForm, around: Around, faults: list[Fault]) -> Read:
    wanted, now = form.headcount or 0, int(around.body["work"]["headcount"])
    if not 1 <= wanted <= around.most_people:
        faults.append(Fault("headcount", f"人数要在 1 到 {around.most_people} 之间。", "range"))
    elif wanted < around.confirmed:
        faults.append(Fault("headcount", f"已经定了 {around.confirmed} 人，不能比这个少。", "confirmed"))
    elif wanted == now:
        faults.append(Fault("headcount", "和现在的人数一样，不用改。", "same"))
    return {"headcount": wanted}, f"人数从 {now} 人改成 {wanted} 人"


def _overtime(form: TermsForm, around: Around, faults: list[Fault]) -> Read:
    rate, floor = _amount(form.hourly_fen, "hourly_fen", faults), hourly_of(around.body, around.body["pay"]["fen"])
    if rate and rate < max(floor or 0, around.minimum_hourly_fen):
        least = format_yuan(fen(max(floor or 0, around.minimum_hourly_fen)))
        faults.append(Fault("hourly_fen", f"加班每小时不能低于平时折合的 {least} 元。", "minimum"))
    if around.body["work"].get("legal_form") == "over_age":
        faults.append(Fault("kind", "超龄用工不安排加班。", "over_age"))
    ends = around.shift_ends
    if form.until is None or ends is None or not ends < form.until <= ends + _MOST_OVERTIME:
        faults.append(Fault("until", "加班要接着下班时间，最多 4 小时。", "range"))
        return {}, ""
    words = f"加班到 {clock.shanghai(form.until):%H:%M}，每小时 {format_yuan(fen(rate))} 元"
    return {"until": form.until.isoformat(), "hourly_fen": rate}, words


def _extra(form: TermsForm, around: Around, faults: list[Fault]) -> Read:
    amount, what = _amount(form.pay_fen, "pay_fen", faults), _what(form, faults)
    return {"what": what, "pay_fen": amount}, f"加活：{what}，另付 {format_yuan(fen(amount))} 元"


def _reduced(form: TermsForm, around: Around, faults: list[Fault]) -> Read:
    amount, what = _amount(form.pay_fen, "pay_fen", faults), _what(form, faults)
    starts, ends = around.shift_starts, around.shift_ends
    if form.until is None or starts is None or ends is None or not max(starts, around.now) < form.until <= ends:
        faults.append(Fault("until", "收工时间要在现在和说好的下班之间。", "range"))
        return {}, ""
    words = f"少干：{what}，{clock.shanghai(form.until):%H:%M} 收工，这一班付 {format_yuan(fen(amount))} 元"
    return {"what": what, "until": form.until.isoformat(), "pay_fen": amount}, words


def _what(form: TermsForm, faults: list[Fault]) -> str:
    what = (form.what or "").strip()
    if not 2 <= len(what) <= 60 or not what.isprintable():
        faults.append(Fault("what", "请写明是什么活，2 到 60 个字。", "required"))
    return what


def applied(body: dict[str, Any], kind: str, values: dict[str, Any], version: int, day: str | None) -> dict[str, Any]:
    """Return the terms after a change that both agreed to; `day` is the shift's date for what happens on site."""
    new: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(body))
    new["version"] = version
    match kind:
        case "price":
            new["pay"] |= {"fen": values["pay_fen"], "text": f"{format_yuan(fen(values['pay_fen']))}元"}
        case "time":
            new["shifts"] = moved_shifts(body["shifts"], values)
        case "place":
            new["place"] |= {"text": values["place"], "latitude": None, "longitude": None}
        case "headcount":
            new["work"]["headcount"] = values["headcount"]
        case _:
            new[kind] = [*new.get(kind, []), {"date": day, **values}]
    return new


def moved_shifts(shifts: list[dict[str, Any]], values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all shifts at the new hours of the first one, one a day as before."""
    first = datetime.fromisoformat(shifts[0]["starts_at"])
    starts, ends = (datetime.fromisoformat(values[key]) for key in ("starts_at", "ends_at"))
    out = []
    for shift in shifts:
        begins = datetime.fromisoformat(shift["starts_at"]) + (starts - first)
        out.append(
            shift
            | {
                "date": clock.business_date(begins).isoformat(),
                "starts_at": begins.isoformat(),
                "ends_at": (begins + (ends - starts)).isoformat(),
            }
        )
    return out
