"""A feed that is slow, down, lying or repeats itself (ruling 17), asked over a real socket."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from linggong.work.weather.source import HttpSource, SourceFailed
from linggong.work.weather.stand_in import StandIn

HEAT: dict[str, Any] = {
    "number": "2026-07-001", "area": "410225", "kind": "heat", "level": "red", "temperature_c": 41,
    "begins_at": "2026-07-20T00:00:00+08:00", "ends_at": "2026-07-21T00:00:00+08:00",
}  # fmt: skip


@pytest.fixture
def feed() -> Iterator[StandIn]:
    with StandIn([HEAT], slow_seconds=1.0) as running:
        yield running


def source(feed: StandIn, **changes: Any) -> HttpSource:
    return HttpSource(feed.url, **({"timeout_seconds": 0.3, "pause_seconds": 0.01} | changes))


async def test_a_good_answer(feed: StandIn) -> None:
    found = await source(feed).reports()
    assert [(r.number, r.area, r.temperature_c) for r in found] == [("2026-07-001", "410225", 41)]


async def test_twice_is_once(feed: StandIn) -> None:
    feed.mood = "twice"
    assert len(await source(feed).reports()) == 1


async def test_a_lie_is_left_out_and_the_truth_beside_it_kept(feed: StandIn) -> None:
    feed.mood = "lying"
    assert [r.number for r in await source(feed).reports()] == ["2026-07-001"]


@pytest.mark.parametrize(
    "change",
    [
        {"ends_at": "2026-07-19T00:00:00+08:00"},
        {"ends_at": "2026-09-19T00:00:00+08:00"},
        {"begins_at": "2026-07-20T00:00:00"},
        {"temperature_c": 410},
        {"area": "../.."},
        {"kind": "locusts"},
        {"number": ""},
    ],
)
async def test_what_makes_no_sense_is_left_out(feed: StandIn, change: dict[str, Any]) -> None:
    feed.alerts = [HEAT | change]
    assert list(await source(feed).reports()) == []


@pytest.mark.parametrize("mood", ["slow", "down", "garbage"])
async def test_a_feed_that_fails_is_asked_a_few_times_and_given_up(feed: StandIn, mood: Any) -> None:
    feed.mood = mood
    began = time.monotonic()
    with pytest.raises(SourceFailed):
        await source(feed).reports()
    assert feed.asked == 3
    assert time.monotonic() - began < 3


async def test_nobody_at_home() -> None:
    with StandIn() as gone:
        address = gone.url
    with pytest.raises(SourceFailed):
        await HttpSource(address, pause_seconds=0.01).reports()


async def test_an_answer_without_end_is_cut(feed: StandIn) -> None:
    feed.alerts = [HEAT | {"words": "x" * 2_000_000}]
    with pytest.raises(SourceFailed, match="too long"):
        await source(feed, timeout_seconds=5).reports()
