from __future__ import annotations

import pytest

from linggong.market.codes import PayUnit
from linggong.market.hourly import hourly_fen, work_minutes


@pytest.mark.parametrize(
    ("pay", "unit", "minutes", "gong", "pieces", "expected"),
    [
        (2000, PayUnit.HOUR, 0, 480, None, 2000),
        (20000, PayUnit.DAY, 480, 480, None, 2500),
        (20000, PayUnit.DAY, 540, 480, None, 2222),
        (30000, PayUnit.GONG, 540, 600, None, 3000),
        (30000, PayUnit.GONG, 540, 0, None, None),
        (348000, PayUnit.MONTH, 480, 480, None, 2000),
        (50, PayUnit.PIECE, 480, 480, 320, 2000),
        (50, PayUnit.PIECE, 480, 480, None, None),
        (20000, PayUnit.DAY, 0, 480, None, None),
    ],
)
def test_hourly(pay: int, unit: PayUnit, minutes: int, gong: int, pieces: int | None, expected: int | None) -> None:
    rate = hourly_fen(pay, unit, minutes_per_day=minutes, minutes_per_gong=gong, pieces_per_day=pieces)
    assert rate == expected


def test_meal_breaks_are_not_work() -> None:
    assert work_minutes(540, 60) == 480
    assert work_minutes(540, -60) == 540
    assert work_minutes(30, 60) == 0
