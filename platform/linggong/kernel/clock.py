"""The one source of time: aware UTC instants, business days in Asia/Shanghai, replaceable for demos and tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Protocol

# China has kept one offset without summer time since 1991, so a fixed zone needs no tz database on old machines.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


class Clock(Protocol):
    """Anything that can tell the present instant."""

    def now(self) -> datetime:
        """Return the present instant, aware and in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant, aware and in UTC."""
        return datetime.now(UTC)


class MovableClock:
    """A clock that stands still until it is moved: for demo history and for tests of timers."""

    def __init__(self, at: datetime) -> None:
        self._at = utc(at)

    def now(self) -> datetime:
        """Return the instant it was last moved to."""
        return self._at

    def move_to(self, at: datetime) -> None:
        """Set the instant; raises ValueError for a naive time."""
        self._at = utc(at)

    def advance(self, step: timedelta) -> None:
        """Move by `step`."""
        self._at += step


_current: Clock = SystemClock()


def now() -> datetime:
    """Return the present instant of the clock in force, aware and in UTC."""
    return _current.now()


def set_clock(clock: Clock) -> None:
    """Replace the clock of this process."""
    global _current
    _current = clock


@contextmanager
def clock_set(clock: Clock) -> Iterator[Clock]:
    """Replace the clock inside a `with` block."""
    before = _current
    set_clock(clock)
    try:
        yield clock
    finally:
        set_clock(before)


def utc(at: datetime) -> datetime:
    """Return `at` in UTC; raise ValueError when it is naive, because a naive time is a guess."""
    if at.tzinfo is None:
        raise ValueError("naive datetime: give a time zone")
    return at.astimezone(UTC)


def shanghai(at: datetime) -> datetime:
    """Return `at` as people in the city read it."""
    return utc(at).astimezone(SHANGHAI)


def business_date(at: datetime) -> date:
    """Return the calendar day in Asia/Shanghai."""
    return shanghai(at).date()


def at_shanghai(day: date, at: time) -> datetime:
    """Return the UTC instant of a wall-clock time in Asia/Shanghai."""
    return datetime.combine(day, at, SHANGHAI).astimezone(UTC)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return the half-open UTC interval of a business day."""
    start = at_shanghai(day, time())
    return start, start + timedelta(days=1)
