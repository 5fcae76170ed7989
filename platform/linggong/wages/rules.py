"""Pay rules (order-states section 5, ruling 16): pure functions from terms and attendance to an amount in fen."""

from __future__ import annotations

from dataclasses import dataclass

from linggong.kernel.money import Fen, fen, format_yuan, share

MONTHLY_PAID_DAYS_X100 = 2175
"""21.75 paid days a month [law: 计薪天数, 劳社部发〔2008〕3号; professional knowledge, to be re-read before it is cited]."""
BY_EMPLOYER = frozenset({"early_employer", "material", "power"})
"""Ends of a shift that are the employer's doing."""
HEAT_PAID = "heat_paid"
"""A stop for heat in an employment relation: the shift is paid as agreed (ruling 16)."""
UNIT_WORDS = {"hour": "小时", "day": "天", "piece": "件", "gong": "工", "month": "月"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What was agreed: fen per unit; for 工 its minutes; the shift's agreed minutes without the meal."""

    fen: int
    unit: str
    agreed_minutes: int
    minutes_per_gong: int = 480
    piece_name: str = ""
    pieces_per_day: int | None = None
    """Expected pieces of a shift, where pay is by the piece: what a day's pay is then reckoned from."""
    full_day_above: int = 75
    """Percent of the shift beyond which a day ended early by the employer is a whole day (45)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a bill: quantity x rate, and the amount that follows by the rule."""

    kind: str
    words: str
    quantity: float
    rate_fen: Fen
    amount_fen: Fen


def base_line(rate: Rate, *, minutes: int, quantity: float | None, ended: str, waited: int = 0) -> Line:
    """Return the line for the work done.

    `ended` is '' (as agreed) or a cause that `day_part` knows; `waited` are minutes of the shift spent waiting, which are paid
    by a line of their own and are not in `minutes`. Raises ValueError for a negative or unknown input.
    """
    if minutes < 0 or waited < 0 or (quantity is not None and quantity < 0):
        raise ValueError("minutes and quantity cannot be negative")
    match rate.unit:
        case "hour":
            paid = max(minutes, rate.agreed_minutes) if ended == HEAT_PAID else minutes
            return _line(rate, share(rate.fen, paid, 60), round(paid / 60, 2), "小时工钱")
        case "piece":
            done = quantity or 0.0
            return _line(rate, share(rate.fen, round(done * 100), 100), done, "计件工钱")
        case "gong":
            hundredths = round(quantity * 100) if quantity is not None else round(minutes * 100 / rate.minutes_per_gong)
            return _line(rate, share(rate.fen, hundredths, 100), hundredths / 100, "按工算钱")
        case "day":
            part, whole = day_part(minutes, rate.agreed_minutes, ended, rate.full_day_above, waited)
            return _line(rate, share(rate.fen, part, whole), round(part / whole, 2), "日工钱")
        case "month":
            part, whole = day_part(minutes, rate.agreed_minutes, ended, rate.full_day_above, waited)
            amount = share(rate.fen, part * 100, whole * MONTHLY_PAID_DAYS_X100)
            return _line(rate, amount, round(part / whole, 2), "月薪折日")
        case _:
            raise ValueError(f"unknown pay unit {rate.unit!r}")


def day_part(minutes: int, agreed: int, ended: str, full_day_above: int = 75, waited: int = 0) -> tuple[int, int]:
    """Return the paid part of a day as a fraction (part, whole).

    Ended by the employer or for want of material or power: half a day at least, the whole beyond `full_day_above` percent
    (45). By the worker, by rain, in part, by injury, or void: the time worked, and never less because of the cause (46, 49).
    """
    if agreed <= 0:
        raise ValueError("a shift has agreed minutes")
    if ended == HEAT_PAID or minutes >= agreed:
        return (1, 1)
    if ended == "":
        return (1, 1) if not waited else (max(agreed - waited, min(minutes, agreed), 0), agreed)
    if ended in BY_EMPLOYER:
        if minutes * 100 > agreed * full_day_above:
            return (1, 1)
        return (minutes, agreed) if minutes * 2 >= agreed else (1, 2)
    return (minutes, agreed)


def _line(rate: Rate, amount: Fen, quantity: float, words: str) -> Line:
    unit = rate.piece_name or UNIT_WORDS[rate.unit]
    said = f"{words} {format_yuan(rate.fen)}元/{unit} × {quantity:g}"
    return Line(kind="base", words=said, quantity=quantity, rate_fen=fen(rate.fen), amount_fen=amount)
