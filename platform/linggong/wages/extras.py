"""Pay beside the work itself (order-states section 5, ruling 16): waiting, overtime, heat, compensation. Pure functions.

Everything is counted as an exact fraction and rounded once, half up, so that no fen is lost on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from linggong.kernel.money import Fen, fen, format_yuan
from linggong.wages.rules import MONTHLY_PAID_DAYS_X100, Line, Rate, base_line

DayKind = Literal["workday", "restday", "holiday"]
EMPLOYMENT = frozenset({"labour_contract", "non_full_time"})
"""Legal forms that are an employment relation (ruling 16)."""
STANDARD_MINUTES = 480
"""Standard hours of a day [law: 劳动法 第三十六条; professional knowledge, to be re-read before it is cited]."""
EMPLOYERS_FAULT = frozenset({"employer", "material", "power"})
"""Causes of waiting that are the employer's (42)."""
CAUSE_WORDS = {
    "employer": "雇主原因",
    "material": "缺材料",
    "power": "停电",
    "heat": "高温",
    "rain": "下雨",
    "other": "其他原因",
}
COMPENSATION_WORDS = {
    "cancel_after_lock": "锁定后取消空跑补偿",
    "employer_no_show": "雇主失约空跑补偿",
    "differs": "活不对、没干成的补偿",
    "rain_on_site": "到场因雨没开工的误工补偿",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The parameters of a place that pay rules read; percentages as whole or decimal percent."""

    wait_percent: Fraction = Fraction(50)
    wait_fault_percent: Fraction = Fraction(100)
    cancel_percent: Fraction = Fraction(30)
    rain_percent: Fraction = Fraction(30)
    overtime_percent: tuple[Fraction, Fraction, Fraction] = (Fraction(150), Fraction(200), Fraction(300))
    """On workdays, rest days and statutory holidays, in an employment relation [law: 劳动法 第四十四条]."""
    heat_allowance_fen: int = 0
    minimum_hourly_fen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Minutes spent waiting at the place during a pause (41, 42), and why."""

    minutes: int
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """Minutes beyond the agreed hours (48). `rate_fen` is the agreed pay an hour, None when nothing was agreed."""

    minutes: int
    rate_fen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """What attendance says about a shift: minutes of work inside the agreed hours without meal and waiting, the count,
    how it ended (`rules.day_part`), waits, extra hours, the kind of day, and whether it was hot outdoor work.
    """

    minutes: int
    quantity: float | None = None
    ended: str = ""
    waits: Sequence[Wait] = ()
    extras: Sequence[Extra] = ()
    day: DayKind = "workday"
    hot: bool = False


def work_lines(rate: Rate, worked: Worked, numbers: Numbers, *, legal_form: str = "service") -> list[Line]:
    """Return all lines of a shift that was worked, in full or in part; the first is the base line, no line is 0 but it."""
    employed = legal_form in EMPLOYMENT
    waited = sum(w.minutes for w in worked.waits)
    ended = "heat_paid" if worked.ended == "heat" and employed else worked.ended
    base = base_line(rate, minutes=worked.minutes, quantity=worked.quantity, ended=ended, waited=waited)
    lines = [base]
    # Waiting and work share one day: together they never pay more than the day itself.
    room = (
        None if rate.unit not in ("day", "month") else max(0, round_half_up(day_pay(rate, numbers)) - base.amount_fen)
    )
    for wait in worked.waits:
        line = _wait_line(rate, wait, numbers, employed=employed)
        if room is not None:
            amount = min(line.amount_fen, room)
            room -= amount
            line = Line(
                kind=line.kind, words=line.words, quantity=line.quantity, rate_fen=line.rate_fen, amount_fen=fen(amount)
            )
        lines.append(line)
    if legal_form == "labour_contract":
        lines += _premium_lines(rate, worked, numbers)
    lines += [_extra_line(rate, extra, worked.day, numbers, employed=employed) for extra in worked.extras]
    if worked.hot and employed and numbers.heat_allowance_fen:
        lines.append(
            _line("allowance", "高温津贴", 1, numbers.heat_allowance_fen, Fraction(numbers.heat_allowance_fen))
        )
    return [base, *(line for line in lines[1:] if line.amount_fen)]


def compensation_line(rate: Rate, kind: str, numbers: Numbers, *, travel_fen: int = 0) -> Line:
    """Return what a worker is owed for a shift that came to nothing by the employer's doing or by rain after arrival.

    A part of the day's pay, and never less than the agreed travel (30, 33, 39, 39b). Raises ValueError for another kind.
    """
    if kind not in COMPENSATION_WORDS:
        raise ValueError(f"no compensation for {kind!r}")
    percent = numbers.rain_percent if kind == "rain_on_site" else numbers.cancel_percent
    day = day_pay(rate, numbers)
    part = round_half_up(day * percent / 100)
    words = f"{COMPENSATION_WORDS[kind]}：日工钱的{_percent(percent)}"
    if part < travel_fen:
        return _line("compensation", f"{COMPENSATION_WORDS[kind]}：约定路费", 1, travel_fen, Fraction(travel_fen))
    return Line(kind="compensation", words=words, quantity=1.0, rate_fen=part, amount_fen=part)


def rain_before_leaving() -> None:
    """Told not to come before he left home: nothing is owed (section 5), and no line is written."""


def day_pay(rate: Rate, numbers: Numbers) -> Fraction:
    """Return the pay of the whole shift in fen, whatever the unit; by the piece without an expected count, the least wage."""
    match rate.unit:
        case "day":
            return Fraction(rate.fen)
        case "hour":
            return Fraction(rate.fen * rate.agreed_minutes, 60)
        case "gong":
            return Fraction(rate.fen * rate.agreed_minutes, rate.minutes_per_gong)
        case "month":
            return Fraction(rate.fen * 100, MONTHLY_PAID_DAYS_X100)
        case "piece":
            if rate.pieces_per_day:
                return Fraction(rate.fen * rate.pieces_per_day)
            return Fraction(numbers.minimum_hourly_fen * rate.agreed_minutes, 60)
        case _:
            raise ValueError(f"unknown pay unit {rate.unit!r}")


def hourly_pay(rate: Rate, numbers: Numbers) -> Fraction:
    """Return the agreed hourly equivalent in fen; never below the least hourly wage."""
    if rate.agreed_minutes <= 0:
        raise ValueError("a shift has agreed minutes")
    return max(day_pay(rate, numbers) * 60 / rate.agreed_minutes, Fraction(numbers.minimum_hourly_fen))


def round_half_up(amount: Fraction) -> Fen:
    """Round an exact amount to whole fen, .5 for the worker."""
    return fen((2 * amount.numerator + amount.denominator) // (2 * amount.denominator))


def _wait_line(rate: Rate, wait: Wait, numbers: Numbers, *, employed: bool) -> Line:
    if wait.minutes < 0:
        raise ValueError("waiting is never negative")
    percent = numbers.wait_fault_percent if wait.cause in EMPLOYERS_FAULT else numbers.wait_percent
    if employed and (wait.cause in EMPLOYERS_FAULT or wait.cause == "heat"):
        percent = Fraction(100)
    hourly = _plain_hourly(rate, numbers) * percent / 100
    words = f"停工待命（{CAUSE_WORDS.get(wait.cause, '其他原因')}）{wait.minutes}分钟，按{_percent(percent)}"
    return _line("waiting", words, round(wait.minutes / 60, 2), hourly, hourly * wait.minutes / 60)


def _plain_hourly(rate: Rate, numbers: Numbers) -> Fraction:
    """Return the hour inside the day: what waiting and premiums are a part of."""
    if rate.unit == "hour":
        return Fraction(rate.fen)
    return day_pay(rate, numbers) * 60 / rate.agreed_minutes


def _extra_line(rate: Rate, extra: Extra, day: DayKind, numbers: Numbers, *, employed: bool) -> Line:
    """Return overtime: the agreed pay an hour, at least the hourly equivalent, with the law's multiplier where one is due."""
    if extra.minutes < 0:
        raise ValueError("extra hours are never negative")
    least = hourly_pay(rate, numbers)
    if employed:
        least = least * _multiplier(day, numbers) / 100
    hourly = max(Fraction(extra.rate_fen or 0), least)
    why = "加班" if extra.rate_fen is not None else "超时（未另行约定）"
    return _line(
        "overtime", f"{why}{extra.minutes}分钟", round(extra.minutes / 60, 2), hourly, hourly * extra.minutes / 60
    )


def _premium_lines(rate: Rate, worked: Worked, numbers: Numbers) -> list[Line]:
    """Return what a labour contract owes above the agreed rate: hours beyond the standard day, and a statutory holiday."""
    if rate.unit == "piece" or worked.minutes <= 0:
        return []
    hourly = _plain_hourly(rate, numbers)
    if worked.day == "holiday":
        more = hourly * (_multiplier("holiday", numbers) - 100) / 100
        return [_line("overtime", "法定节假日加发", round(worked.minutes / 60, 2), more, more * worked.minutes / 60)]
    beyond = worked.minutes - STANDARD_MINUTES
    if beyond <= 0:
        return []
    more = hourly * (_multiplier(worked.day, numbers) - 100) / 100
    return [_line("overtime", f"超过8小时加发{beyond}分钟", round(beyond / 60, 2), more, more * beyond / 60)]


def _multiplier(day: DayKind, numbers: Numbers) -> Fraction:
    return numbers.overtime_percent[("workday", "restday", "holiday").index(day)]


def _line(kind: str, words: str, quantity: float, rate: Fraction | int, amount: Fraction) -> Line:
    shown = round_half_up(Fraction(rate))
    said = f"{words} {format_yuan(shown)}元/小时" if kind in ("overtime", "waiting") else words
    return Line(kind=kind, words=said, quantity=float(quantity), rate_fen=shown, amount_fen=round_half_up(amount))


def _percent(number: Fraction) -> str:
    return f"{float(number):g}%"
