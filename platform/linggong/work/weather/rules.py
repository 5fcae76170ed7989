"""What an alert means for a shift outdoors, by the parameters of its place (防暑降温措施管理办法 第八条 [law], ruling 17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from tenants.parameters import Value
from tenants.service import parameters

Kind = Literal["warn", "limit", "stop"]
KEYS = (
    "heat.stop_c", "heat.limit_c", "heat.shorten_c", "heat.limit_hours", "heat.cool_from", "heat.cool_to", "heat.hot_from",
    "heat.hot_to", "heat.level_c", "t.weather_decision", "t.weather_decision.lead", "t.weather_decision.starts_before",
    "t.free_cancel",
)  # fmt: skip
"""The parameters that the rules need, at the order's place."""
WORDS = {"rain": "雨", "snow": "雪", "heat": "高温", "wind": "大风"}
LEVEL_WORDS = {"blue": "蓝色", "yellow": "黄色", "orange": "橙色", "red": "红色"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers in force: degrees, hours of a day, and when it is decided."""

    stop_c: float
    limit_c: float
    shorten_c: float
    limit_hours: float
    limit: timedelta
    cool_from: timedelta
    cool_to: timedelta
    """Outdoor work of a day that is too hot may be done between these hours."""
    hot_from: timedelta
    hot_to: timedelta
    level_c: dict[str, float]
    """The temperature that an alert's level stands for where the forecast names none."""
    decision: timedelta
    lead: timedelta
    early: timedelta
    """Shifts that begin before this hour are decided in the morning; later ones, like everybody's cancellation, earlier."""
    free: timedelta

    @staticmethod
    def of(values: dict[str, Value]) -> Numbers:
        """Read them from parameters (`KEYS`)."""

        def span(key: str) -> timedelta:
            value = values[key]
            assert isinstance(value, timedelta)  # noqa: S101 - the registry's type
            return value

        def number(key: str) -> float:
            value = values[key]
            assert isinstance(value, int | Decimal)  # noqa: S101 - the registry's type
            return float(value)

        listed = values["heat.level_c"]
        assert isinstance(listed, tuple)  # noqa: S101 - the registry's type
        levels = {item.partition(":")[0]: item.partition(":")[2] for item in listed}
        return Numbers(
            stop_c=number("heat.stop_c"),
            limit_c=number("heat.limit_c"),
            shorten_c=number("heat.shorten_c"),
            limit_hours=number("heat.limit_hours"),
            limit=timedelta(hours=number("heat.limit_hours")),
            cool_from=span("heat.cool_from"),
            cool_to=span("heat.cool_to"),
            hot_from=span("heat.hot_from"),
            hot_to=span("heat.hot_to"),
            level_c={level: float(degrees) for level, degrees in levels.items()},
            decision=span("t.weather_decision"),
            lead=span("t.weather_decision.lead"),
            early=span("t.weather_decision.starts_before"),
            free=span("t.free_cancel"),
        )


async def numbers_at(uow: UnitOfWork, path: str) -> Numbers:
    """Return the numbers in force at a place."""
    return Numbers.of(await parameters(uow, path, *KEYS))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of a shift, in a word and in Chinese."""

    kind: Kind
    words: str


def degrees(kind: str, level: str, temperature_c: float | None, numbers: Numbers) -> float | None:
    """Return the temperature to reckon with: the forecast's, else what the level of a heat alert stands for."""
    if kind != "heat":
        return None
    return temperature_c if temperature_c is not None else numbers.level_c.get(level)


def judge(
    kind: str, level: str, temperature_c: float | None, starts_at: datetime, ends_at: datetime, numbers: Numbers
) -> Verdict | None:
    """Return what an alert asks of an outdoor shift that it touches; None when it asks nothing.

    From 40 C on outdoor work stops, unless it lies in the cool hours of the morning; from 37 C on it is at most six hours
    and none in the hottest; from 35 C on no overtime. Rain, snow and wind warn: there the employer decides (32, 33).
    """
    heat = degrees(kind, level, temperature_c, numbers)
    if kind != "heat":
        return Verdict(
            "warn", f"{LEVEL_WORDS[level]}{WORDS[kind]}预警。不开工请在出门前告诉零工；到场后不开工要付误工补偿。"
        )
    if heat is None or heat < numbers.shorten_c:
        return None
    shown = f"{heat:g}℃"
    if heat >= numbers.stop_c:
        if within(starts_at, ends_at, numbers.cool_from, numbers.cool_to):
            return Verdict(
                "warn", f"预报{shown}。只能在 {_hour(numbers.cool_from)}—{_hour(numbers.cool_to)} 干，到点必须收工。"
            )
        return Verdict(
            "stop",
            f"预报{shown}，室外活当天要停。请改到 {_hour(numbers.cool_from)}—{_hour(numbers.cool_to)}，不改就按天气取消。",
        )
    if heat >= numbers.limit_c:
        return Verdict(
            "limit",
            f"预报{shown}，室外活一天不超过 {numbers.limit_hours:g} 小时，"
            f"{_hour(numbers.hot_from)}—{_hour(numbers.hot_to)} 不能干，不能加班。",
        )
    return Verdict("warn", f"预报{shown}，室外活要轮换歇息，不能加班。备好水和药。")


def within(starts_at: datetime, ends_at: datetime, earliest: timedelta, latest: timedelta) -> bool:
    """Tell whether a shift lies between two hours of its own first day."""
    midnight = midnight_of(clock.business_date(starts_at))
    return midnight + earliest <= starts_at and ends_at <= midnight + latest


def decide_at(starts_at: datetime, verdict: Kind, numbers: Numbers) -> datetime:
    """Return when the system decides for an employer who did nothing (32).

    A stop for heat is decided a little before the morning's hour of decision, whatever hour the shift begins: the hours it
    could have been moved to begin then. Never later than the free cancellation before the start.
    """
    morning = midnight_of(clock.business_date(starts_at)) + numbers.decision - numbers.lead
    if verdict == "stop" or starts_at < midnight_of(clock.business_date(starts_at)) + numbers.early:
        return min(morning, starts_at - numbers.lead)
    return starts_at - numbers.free


def midnight_of(day: date) -> datetime:
    """Return the instant at which a business day begins."""
    return clock.at_shanghai(day, time())


def _hour(since: timedelta) -> str:
    minutes = int(since.total_seconds() // 60)
    return f"{minutes // 60}:{minutes % 60:02d}"
