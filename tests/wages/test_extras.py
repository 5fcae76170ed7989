"""Pay beside the work: waiting, overtime, heat and compensation follow the table, to the fen (section 5, ruling 16)."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linggong.wages.extras import (
    EMPLOYERS_FAULT,
    EMPLOYMENT,
    DayKind,
    Extra,
    Numbers,
    Wait,
    Worked,
    compensation_line,
    day_pay,
    hourly_pay,
    round_half_up,
    work_lines,
)
from linggong.wages.models import LINE_KINDS
from linggong.wages.rules import Line, Rate

FEN = st.integers(1, 500_000)
UNITS = st.sampled_from(["hour", "day", "piece", "gong", "month"])
FORMS = st.sampled_from(
    ["labour_contract", "non_full_time", "service", "contracted_work", "written_agreement", "over_age"]
)
CAUSES = st.sampled_from(["employer", "material", "power", "heat", "rain", "other"])
ENDS = st.sampled_from(
    ["", "early_employer", "early_worker", "late_worker", "material", "rain", "heat", "void", "partial"]
)
NUMBERS = Numbers(minimum_hourly_fen=2060, heat_allowance_fen=1000)


def day(fen: int = 20000, unit: str = "day", agreed: int = 480, **more: int) -> Rate:
    return Rate(fen=fen, unit=unit, agreed_minutes=agreed, minutes_per_gong=480, **more)


def paid(lines: list[Line]) -> dict[str, int]:
    out: dict[str, int] = {}
    for line in lines:
        out[line.kind] = out.get(line.kind, 0) + line.amount_fen
    return out


@pytest.mark.parametrize(
    ("worked", "form", "expected"),
    [
        # Path a: rain at 11:00, nobody comes back to work by 13:00: the hours worked and the wait at half pay.
        (Worked(minutes=240, ended="rain", waits=[Wait(minutes=120, cause="rain")]), "service", {"base": 10000, "waiting": 2500}),
        (Worked(minutes=420, waits=[Wait(minutes=60, cause="rain")]), "service", {"base": 17500, "waiting": 1250}),
        (Worked(minutes=420, waits=[Wait(minutes=60, cause="power")]), "service", {"base": 17500, "waiting": 2500}),
        (Worked(minutes=60, ended="rain"), "service", {"base": 2500}),
        (Worked(minutes=60, ended="material"), "service", {"base": 10000}),
        (Worked(minutes=120, ended="void"), "service", {"base": 5000}),
        (Worked(minutes=480, ended="void"), "service", {"base": 20000}),
        # A wait that the employer caused never lifts a day above the day.
        (Worked(minutes=400, ended="early_employer", waits=[Wait(minutes=60, cause="employer")]), "service", {"base": 20000}),
        # Heat: in an employment relation the shift is paid as agreed, and the allowance comes on top (ruling 16).
        (Worked(minutes=240, ended="heat", hot=True), "labour_contract", {"base": 20000, "allowance": 1000}),
        (Worked(minutes=240, ended="heat", hot=True), "service", {"base": 10000}),
        (Worked(minutes=420, waits=[Wait(minutes=60, cause="heat")]), "non_full_time", {"base": 17500, "waiting": 2500}),
        (Worked(minutes=420, waits=[Wait(minutes=60, cause="heat")]), "service", {"base": 17500, "waiting": 1250}),
        # Overtime: what was agreed, at least the hourly equivalent, with the law's multiplier where one is due.
        (Worked(minutes=480, extras=[Extra(minutes=90, rate_fen=3000)]), "service", {"base": 20000, "overtime": 4500}),
        (Worked(minutes=480, extras=[Extra(minutes=60)]), "service", {"base": 20000, "overtime": 2500}),
        (Worked(minutes=480, extras=[Extra(minutes=60, rate_fen=1000)]), "service", {"base": 20000, "overtime": 2500}),
        (Worked(minutes=480, extras=[Extra(minutes=60)]), "labour_contract", {"base": 20000, "overtime": 3750}),
        (Worked(minutes=480, extras=[Extra(minutes=60)], day="restday"), "non_full_time", {"base": 20000, "overtime": 5000}),
        (Worked(minutes=480, extras=[Extra(minutes=60)], day="holiday"), "non_full_time", {"base": 20000, "overtime": 7500}),
        (Worked(minutes=480, day="holiday"), "labour_contract", {"base": 20000, "overtime": 40000}),
        (Worked(minutes=480, day="holiday"), "service", {"base": 20000}),
    ],
)  # fmt: skip
def test_the_odd_cases_of_the_table(worked: Worked, form: str, expected: dict[str, int]) -> None:
    assert paid(work_lines(day(), worked, NUMBERS, legal_form=form)) == expected


def test_a_long_day_of_a_labour_contract_pays_more_beyond_eight_hours() -> None:
    lines = work_lines(day(2000, "hour", 600), Worked(minutes=600), NUMBERS, legal_form="labour_contract")
    assert paid(lines) == {"base": 20000, "overtime": 2000}
    assert paid(work_lines(day(2000, "hour", 600), Worked(minutes=600), NUMBERS)) == {"base": 20000}


@pytest.mark.parametrize(
    ("rate", "kind", "travel", "amount"),
    [
        (day(), "cancel_after_lock", 0, 6000),
        (day(), "employer_no_show", 0, 6000),
        (day(), "differs", 0, 6000),
        (day(), "rain_on_site", 0, 6000),
        (day(), "rain_on_site", 7000, 7000),
        (day(1000), "cancel_after_lock", 500, 500),
        (day(2500, "hour"), "cancel_after_lock", 0, 6000),
        (day(435000, "month"), "cancel_after_lock", 0, 6000),
        (day(300, "piece", pieces_per_day=100), "cancel_after_lock", 0, 9000),
        (day(300, "piece"), "cancel_after_lock", 0, 4944),  # the least wage of eight hours stands in for the day
        (day(22000, "gong"), "cancel_after_lock", 0, 6600),
    ],
)
def test_compensation_is_a_part_of_the_day_and_never_below_the_travel(
    rate: Rate, kind: str, travel: int, amount: int
) -> None:
    line = compensation_line(rate, kind, NUMBERS, travel_fen=travel)
    assert (line.kind, line.amount_fen) == ("compensation", amount)


def test_nothing_else_is_compensated() -> None:
    with pytest.raises(ValueError, match="no compensation"):
        compensation_line(day(), "rain_before_leaving", NUMBERS)
    with pytest.raises(ValueError, match="negative"):
        work_lines(day(), Worked(minutes=1, waits=[Wait(minutes=-1, cause="rain")]), NUMBERS)
    with pytest.raises(ValueError, match="negative"):
        work_lines(day(), Worked(minutes=1, extras=[Extra(minutes=-1)]), NUMBERS)
    with pytest.raises(ValueError, match="unknown"):
        day_pay(day(unit="week"), NUMBERS)
    with pytest.raises(ValueError, match="agreed minutes"):
        hourly_pay(day(agreed=0), NUMBERS)


WORKED = st.builds(
    Worked,
    minutes=st.integers(0, 840),
    quantity=st.none() | st.integers(0, 10_000).map(lambda n: n / 100),
    ended=ENDS,
    waits=st.lists(st.builds(Wait, minutes=st.integers(0, 240), cause=CAUSES), max_size=3),
    extras=st.lists(st.builds(Extra, minutes=st.integers(0, 240), rate_fen=st.none() | FEN), max_size=2),
    day=st.sampled_from(["workday", "restday", "holiday"]),
    hot=st.booleans(),
)


@given(FEN, UNITS, st.integers(30, 840), WORKED, FORMS)
def test_a_bill_owes_only_kinds_that_may_be_written_and_never_less_than_nothing(
    fen: int, unit: str, agreed: int, worked: Worked, form: str
) -> None:
    lines = work_lines(day(fen, unit, agreed), worked, NUMBERS, legal_form=form)
    assert lines[0].kind == "base"
    assert all(line.kind in LINE_KINDS and line.kind != "agreed_deduction" for line in lines)
    assert all(line.amount_fen >= 0 and isinstance(line.amount_fen, int) for line in lines)
    assert all(line.amount_fen for line in lines[1:])


@given(FEN, UNITS, st.integers(30, 840), WORKED)
def test_an_employment_relation_never_pays_less(fen: int, unit: str, agreed: int, worked: Worked) -> None:
    rate = day(fen, unit, agreed)
    free = sum(line.amount_fen for line in work_lines(rate, worked, NUMBERS, legal_form="service"))
    for form in EMPLOYMENT:
        assert sum(line.amount_fen for line in work_lines(rate, worked, NUMBERS, legal_form=form)) >= free


@given(FEN, st.integers(30, 840), st.integers(0, 840), ENDS, st.lists(st.builds(Wait, minutes=st.integers(0, 240), cause=CAUSES), max_size=3))  # fmt: skip
def test_waiting_never_lifts_a_day_above_the_day(
    fen: int, agreed: int, minutes: int, ended: str, waits: list[Wait]
) -> None:
    lines = work_lines(day(fen, "day", agreed), Worked(minutes=minutes, ended=ended, waits=waits), NUMBERS)
    assert sum(line.amount_fen for line in lines) <= fen


@given(FEN, UNITS, st.integers(30, 840), st.integers(1, 240), st.none() | FEN, FORMS, st.sampled_from(["workday", "restday", "holiday"]))  # fmt: skip
def test_extra_hours_pay_at_least_the_hourly_equivalent(
    fen: int, unit: str, agreed: int, minutes: int, agreed_rate: int | None, form: str, kind: DayKind
) -> None:
    rate = day(fen, unit, agreed)
    worked = Worked(minutes=agreed, quantity=1.0, extras=[Extra(minutes=minutes, rate_fen=agreed_rate)], day=kind)
    plain = Worked(minutes=agreed, quantity=1.0, day=kind)
    more = sum(x.amount_fen for x in work_lines(rate, worked, NUMBERS, legal_form=form))
    more -= sum(x.amount_fen for x in work_lines(rate, plain, NUMBERS, legal_form=form))
    times = (
        {"workday": Fraction(3, 2), "restday": Fraction(2), "holiday": Fraction(3)}[kind] if form in EMPLOYMENT else 1
    )
    least = max(hourly_pay(rate, NUMBERS) * times, Fraction(agreed_rate or 0))
    assert more == round_half_up(least * minutes / 60)


@given(FEN, UNITS, st.integers(30, 840), st.integers(0, 100_000))
def test_compensation_has_the_travel_for_a_floor(fen: int, unit: str, agreed: int, travel: int) -> None:
    rate = day(fen, unit, agreed)
    for kind in ("cancel_after_lock", "employer_no_show", "differs", "rain_on_site"):
        amount = compensation_line(rate, kind, NUMBERS, travel_fen=travel).amount_fen
        assert amount == max(travel, round_half_up(day_pay(rate, NUMBERS) * 30 / 100))


@given(st.integers(1, 240), CAUSES)
def test_a_wait_by_the_employers_fault_pays_twice_as_much(minutes: int, cause: str) -> None:
    line = work_lines(day(2400, "hour"), Worked(minutes=0, waits=[Wait(minutes=minutes, cause=cause)]), NUMBERS)[-1]
    assert line.amount_fen == (40 if cause in EMPLOYERS_FAULT else 20) * minutes


@given(st.fractions(0, 10**6))
def test_rounding_is_half_up(amount: Fraction) -> None:
    rounded = round_half_up(amount)
    assert -Fraction(1, 2) < rounded - amount <= Fraction(1, 2)
