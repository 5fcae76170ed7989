"""Pay rules as money: every amount follows the rule, never a fen lost or made (order-states section 5, R076)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linggong.wages.rules import Rate, base_line, day_part

FEN = st.integers(1, 500_000)
AGREED = st.integers(30, 14 * 60)
ENDED = st.sampled_from(["", "early_employer", "early_worker", "late_worker"])


def half_up(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def pay(unit: str, fen: int, *, minutes: int = 480, agreed: int = 480, quantity: float | None = None, ended: str = "") -> int:  # fmt: skip
    rate = Rate(fen=fen, unit=unit, agreed_minutes=agreed, minutes_per_gong=480)
    return base_line(rate, minutes=minutes, quantity=quantity, ended=ended).amount_fen


@pytest.mark.parametrize(
    ("unit", "fen", "minutes", "quantity", "ended", "amount"),
    [
        ("day", 20000, 480, None, "", 20000),
        ("day", 20000, 470, None, "", 20000),  # as agreed: a full shift is one 工
        ("day", 20000, 361, None, "early_employer", 20000),  # more than three quarters
        ("day", 20000, 360, None, "early_employer", 15000),  # exactly three quarters is pro rata
        ("day", 20000, 240, None, "early_employer", 10000),
        ("day", 20000, 30, None, "early_employer", 10000),  # at least half a day
        ("day", 20000, 30, None, "early_worker", 1250),
        ("day", 20000, 361, None, "early_worker", 15042),
        ("day", 20000, 240, None, "late_worker", 10000),
        ("hour", 2500, 480, None, "", 20000),
        ("hour", 2500, 1, None, "", 42),
        ("piece", 300, 480, 61.5, "", 18450),
        ("piece", 300, 480, 0, "", 0),
        ("gong", 22000, 480, None, "", 22000),
        ("gong", 22000, 240, None, "early_worker", 11000),
        ("gong", 22000, 480, 1.25, "", 27500),
        ("month", 435000, 480, None, "", 20000),  # 21.75 paid days
    ],
)
def test_the_amounts_of_the_table(
    unit: str, fen: int, minutes: int, quantity: float | None, ended: str, amount: int
) -> None:
    assert pay(unit, fen, minutes=minutes, quantity=quantity, ended=ended) == amount


@given(FEN, AGREED, st.integers(0, 14 * 60), ENDED)
def test_a_day_pays_between_nothing_and_the_day(fen: int, agreed: int, minutes: int, ended: str) -> None:
    amount = pay("day", fen, minutes=minutes, agreed=agreed, ended=ended)
    assert 0 <= amount <= fen
    if minutes >= agreed or ended == "":
        assert amount == fen
    if ended == "early_employer":
        assert amount >= half_up(Decimal(fen) / 2), "the employer's early end pays half a day at least"


@given(FEN, AGREED, st.data())
def test_more_work_never_pays_less(fen: int, agreed: int, data: st.DataObject) -> None:
    ended = data.draw(st.sampled_from(["early_employer", "early_worker", "late_worker"]))
    less = data.draw(st.integers(0, agreed))
    more = data.draw(st.integers(less, agreed))
    for unit in ("day", "hour", "gong", "month"):
        assert pay(unit, fen, minutes=less, agreed=agreed, ended=ended) <= pay(unit, fen, minutes=more, agreed=agreed, ended=ended)  # fmt: skip


@given(FEN, AGREED, st.integers(0, 14 * 60))
def test_who_ended_it_early_never_gains_by_it(fen: int, agreed: int, minutes: int) -> None:
    by_employer = pay("day", fen, minutes=minutes, agreed=agreed, ended="early_employer")
    assert by_employer >= pay("day", fen, minutes=minutes, agreed=agreed, ended="early_worker")


@given(FEN, st.integers(0, 14 * 60))
def test_hours_are_exact_to_half_a_fen(fen: int, minutes: int) -> None:
    assert pay("hour", fen, minutes=minutes) == half_up(Decimal(fen) * minutes / 60)


@given(FEN, st.integers(0, 100_000_00))
def test_pieces_are_counted_to_the_hundredth(fen: int, hundredths: int) -> None:
    if fen * hundredths > 10**11:
        return
    assert pay("piece", fen, quantity=hundredths / 100) == half_up(Decimal(fen) * hundredths / 100)


@given(FEN, AGREED, st.integers(0, 14 * 60), ENDED, st.sampled_from(["hour", "day", "gong", "month", "piece"]))
def test_a_line_says_what_it_is(fen: int, agreed: int, minutes: int, ended: str, unit: str) -> None:
    rate = Rate(fen=fen, unit=unit, agreed_minutes=agreed, piece_name="筐")
    line = base_line(rate, minutes=minutes, quantity=12.5 if unit == "piece" else None, ended=ended)
    assert (line.kind, line.rate_fen) == ("base", fen)
    assert isinstance(line.amount_fen, int)
    assert "元/" in line.words


@pytest.mark.parametrize("above", [60, 75, 90])
def test_the_full_day_edge_is_a_parameter(above: int) -> None:
    assert day_part(above, 100, "early_employer", above) == (above, 100)
    assert day_part(above + 1, 100, "early_employer", above) == (1, 1)


@pytest.mark.parametrize(("unit", "minutes", "quantity"), [("hour", -1, None), ("piece", 1, -1.0), ("week", 1, None)])
def test_nonsense_is_refused(unit: str, minutes: int, quantity: float | None) -> None:
    with pytest.raises(ValueError, match=r"negative|unknown"):
        base_line(Rate(fen=1, unit=unit, agreed_minutes=480), minutes=minutes, quantity=quantity, ended="")


def test_a_shift_without_minutes_is_refused() -> None:
    with pytest.raises(ValueError, match="agreed minutes"):
        day_part(1, 0, "early_worker")
