"""Hourly equivalent of any pay, in fen, so that a wage floor and a wage statistic can compare posts (M09)."""

from __future__ import annotations

from linggong.market.codes import PayUnit

MINUTES_PER_GONG = 480
"""Default length of one 工 in minutes; the terms of a post state their own, or wage figures mean nothing."""

PAID_DAYS_PER_MONTH_HUNDREDTHS = 2175
"""Paid days of a month times 100 (21.75, the statutory conversion of monthly wages)."""


def work_minutes(span_minutes: int, meal_minutes: int) -> int:
    """Paid minutes of a shift: its span without the meal break, never below zero."""
    return max(span_minutes - max(meal_minutes, 0), 0)


def hourly_fen(
    pay_fen: int,
    unit: PayUnit,
    *,
    minutes_per_day: int,
    minutes_per_gong: int = MINUTES_PER_GONG,
    pieces_per_day: int | None = None,
) -> int | None:
    """Fen an hour, rounded down, so that a pay a hair below a floor never rounds up to it.

    `minutes_per_day` is paid work without meal breaks. A 工 is counted by its own agreed length, not by
    the day. None when it cannot be known: no hours, or pay by the piece without an expected number of pieces
    a day.
    """
    if unit is PayUnit.HOUR:
        return pay_fen
    if unit is PayUnit.GONG:
        return pay_fen * 60 // minutes_per_gong if minutes_per_gong > 0 else None
    if minutes_per_day <= 0:
        return None
    if unit is PayUnit.DAY:
        return pay_fen * 60 // minutes_per_day
    if unit is PayUnit.MONTH:
        return pay_fen * 6000 // (minutes_per_day * PAID_DAYS_PER_MONTH_HUNDREDTHS)
    if pieces_per_day is None or pieces_per_day <= 0:
        return None
    return pay_fen * pieces_per_day * 60 // minutes_per_day
