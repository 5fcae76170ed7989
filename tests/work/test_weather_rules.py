"""What a temperature means for a shift outdoors (ruling 17, transition 32, worked path h)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from linggong.work.weather import rules
from tenants.parameters import default

NUMBERS = rules.Numbers.of({key: default(key) for key in rules.KEYS})
MIDNIGHT = datetime(2026, 7, 19, 16, tzinfo=UTC)
"""20 July in Kaifeng."""


def at(hour: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hour)


def kind(degrees: float | None, begins: float = 8, ends: float = 17, level: str = "orange") -> str | None:
    found = rules.judge("heat", level, degrees, at(begins), at(ends), NUMBERS)
    return found.kind if found else None


@pytest.mark.parametrize(
    ("degrees", "expected"),
    [(34.9, None), (35, "warn"), (36.9, "warn"), (37, "limit"), (39.9, "limit"), (40, "stop"), (43, "stop")],
)
def test_the_law_has_three_steps(degrees: float, expected: str | None) -> None:
    assert kind(degrees) == expected


@pytest.mark.parametrize(
    ("begins", "ends", "expected"),
    [(5, 10, "warn"), (6, 9.5, "warn"), (4.9, 10, "stop"), (5, 10.02, "stop"), (20, 29, "stop"), (29, 34, "stop")],
)
def test_at_forty_only_the_cool_hours_are_left(begins: float, ends: float, expected: str) -> None:
    """The last case lies in the cool hours of the NEXT day, to which it belongs: judged by its own morning."""
    day = timedelta(days=1) if begins >= 24 else timedelta()
    found = rules.judge("heat", "red", 41, at(begins) - day, at(ends) - day, NUMBERS)
    assert found is not None
    assert found.kind == ("warn" if begins >= 24 else expected)


@pytest.mark.parametrize(
    ("level", "expected"), [("blue", None), ("yellow", "warn"), ("orange", "limit"), ("red", "stop")]
)
def test_a_level_stands_for_a_temperature_when_none_is_named(level: str, expected: str | None) -> None:
    assert kind(None, level=level) == expected


@pytest.mark.parametrize("what", ["rain", "snow", "wind"])
def test_other_weather_warns_and_leaves_the_word_to_the_employer(what: str) -> None:
    found = rules.judge(what, "red", None, at(8), at(17), NUMBERS)
    assert found is not None
    assert found.kind == "warn"
    assert "误工补偿" in found.words


@pytest.mark.parametrize(
    ("begins", "verdict", "expected"),
    [(7, "stop", 4.75), (10.5, "stop", 4.75), (5, "stop", 4.75), (4, "stop", 3.75), (7, "warn", 4.75), (9, "warn", 7)],
)
def test_a_stop_is_decided_before_five_for_every_hour_of_the_day(begins: float, verdict: str, expected: float) -> None:
    """05:00 is when the cool hours begin, so that it must be known by then; other weather is told two hours ahead."""
    assert rules.decide_at(at(begins), verdict, NUMBERS) == at(expected)
