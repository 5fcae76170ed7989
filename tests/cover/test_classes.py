"""Accident classes: our proposal covers every trade that the market names."""

from __future__ import annotations

import csv
from importlib import resources

import pytest

from linggong.cover.classes import class_of
from linggong.market.trades import COMMON_TRADES, trade, trades


@pytest.mark.parametrize(
    ("code", "conditions", "found"),
    [
        ("6-29-99-00", (), 4),
        ("6-29-01-05", (), 6),
        ("6-29-04-01", (), 3),
        ("4-09-08-01", (), 2),
        ("4-09-08-01", ("height",), 5),
        ("6-29-01-05", ("height",), 6),
        ("4-10-08-01", (), 4),
        ("9-99-99-99", (), 3),
        ("", (), 3),
    ],
)
def test_the_longest_beginning_counts(code: str, conditions: tuple[str, ...], found: int) -> None:
    assert class_of(code, conditions) == found


def test_every_trade_has_a_class_and_every_line_a_trade() -> None:
    assert {class_of(t.code) for t in trades()} <= set(range(1, 7))
    assert all(class_of(c.code) in range(1, 6) for c in COMMON_TRADES)
    raw = (resources.files("linggong.cover") / "data" / "accident-classes.csv").read_text("utf-8")
    lines = list(csv.DictReader(raw.splitlines()))
    assert len({row["code_prefix"] for row in lines}) == len(lines)
    for row in lines:
        filled = row["code_prefix"].split("-") + ["00"] * 3
        assert trade("-".join(filled[:4])) is not None, row
