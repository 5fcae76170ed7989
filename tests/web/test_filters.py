"""The page filters: money, days, clock times and ages."""

from __future__ import annotations

import ast
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from jinja2 import UndefinedError

import linggong
from linggong.app.machines import MACHINES
from linggong.web import filters
from linggong.web.environment import make_environment
from linggong.web.labels import STATES, label_of, tone_of

# 2026-11-24 05:50 in Shanghai is still the 23rd in UTC: the day must come from Shanghai.
NOW = datetime(2026, 11, 23, 21, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (26000, "260"),
        (26050, "260.50"),
        (5, "0.05"),
        (0, "0"),
        (-1000, "-10"),
        (-1005, "-10.05"),
        (123456700, "1,234,567"),
    ],
)
def test_yuan(fen: int, text: str) -> None:
    assert filters.yuan(fen) == text


@pytest.mark.parametrize("wrong", [260.0, "260", True])
def test_yuan_refuses_what_is_not_integer_fen(wrong: object) -> None:
    with pytest.raises(TypeError):
        filters.yuan(wrong)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(2026, 11, 22), "前天"),
        (date(2026, 11, 23), "昨天"),
        (date(2026, 11, 24), "今天"),
        (date(2026, 11, 25), "明天"),
        (date(2026, 11, 26), "后天"),
        (date(2026, 11, 27), "周五 11月27日"),
        (date(2027, 1, 3), "2027年1月3日"),
        (datetime(2026, 11, 24, 16, 30, tzinfo=UTC), "明天"),
    ],
)
def test_day_is_named_from_shanghai(value: date, text: str) -> None:
    assert filters.day(value, NOW) == text


def test_clock_times_are_shanghai() -> None:
    assert filters.hm(NOW) == "05:50"
    assert filters.stamp(NOW) == "2026-11-24 05:50"


@pytest.mark.parametrize(
    "function",
    [filters.hm, filters.stamp, lambda moment: filters.ago(moment, NOW), lambda moment: filters.day(moment, NOW)],
)
def test_naive_datetimes_are_refused(function: object) -> None:
    with pytest.raises(ValueError, match="naive"):
        function(datetime(2026, 11, 24, 5, 50))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("back", "text"),
    [
        (timedelta(seconds=59), "刚刚"),
        (timedelta(seconds=60), "1 分钟前"),
        (timedelta(minutes=59, seconds=59), "59 分钟前"),
        (timedelta(hours=1), "1 小时前"),
        (timedelta(hours=24), "1 天前"),
        (timedelta(days=30), "30 天前"),
        (timedelta(days=31), "2026-10-24"),
        (timedelta(seconds=-30), "马上"),
        (timedelta(hours=-3), "3 小时后"),
    ],
)
def test_ago(back: timedelta, text: str) -> None:
    assert filters.ago(NOW - back, NOW) == text


@pytest.mark.parametrize(("metres", "text"), [(0, "0 米"), (304, "300 米"), (1240, "1.2 公里"), (12600, "13 公里")])
def test_distance(metres: int, text: str) -> None:
    assert filters.distance(metres) == text


@pytest.mark.parametrize(("part", "whole", "share"), [(4, 6, 67), (0, 0, 0), (7, 6, 100), (-1, 6, 0)])
def test_percent_stays_within_a_bar(part: int, whole: int, share: int) -> None:
    assert filters.percent(part, whole) == share


def test_spoken_line_drops_empty_words() -> None:
    assert filters.spoken(["搬砖", "200/天", "", None, "东关"]) == "搬砖 · 200/天 · 东关"


def test_states_have_a_known_tone_and_unknown_ones_show() -> None:
    assert {tone for _, tone in STATES.values()} <= {"go", "wait", "work", "danger", "done", "off"}
    assert label_of("A_OFFERED") == "待确认价格"
    assert (label_of("A_NEW"), tone_of("A_NEW")) == ("A_NEW", "off")


def test_day_and_ago_read_now_from_the_page() -> None:
    template = make_environment(site_name="市场").from_string("{{ when|day }} {{ when|ago }} {{ 26050|yuan }}")
    when = NOW - timedelta(hours=8)
    assert template.render(now=NOW, when=when) == "昨天 8 小时前 260.50"
    with pytest.raises(TypeError, match="now"):
        template.render(now="today", when=when)


def test_a_name_the_controller_forgot_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        make_environment(site_name="市场").from_string("{{ forgotten }}").render()


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=2, hours=3), ("还有 2 天", "done")),
        (timedelta(hours=2, minutes=10), ("还有 2 小时 10 分", "done")),
        (timedelta(minutes=119), ("还有 1 小时 59 分", "wait")),
        (timedelta(seconds=20), ("还有 1 分钟", "wait")),
        (timedelta(seconds=-1), ("超过 1 分钟", "danger")),
        (timedelta(hours=-3), ("超过 3 小时", "danger")),
        (timedelta(days=-9), ("超过 9 天", "danger")),
    ],
)
def test_a_deadline_says_how_it_stands(left: timedelta, said: tuple[str, str]) -> None:
    assert filters.deadline(NOW + left, NOW) == said


def test_a_state_is_called_by_one_word() -> None:
    """Its machine's: a second word for the same state, somewhere in the code, reads like another state."""
    words = {state: word for one in MACHINES for state, word in one.labels.items() if "_" in state}
    package = Path(linggong.__file__).parent
    what_comes_next = {"cases/injury_queries.py", "web/employer/rolls.py", "web/portal/mine.py"}
    second = [
        f"{path.relative_to(package)}:{value.lineno} {key.value} {value.value}"
        for path in sorted(package.rglob("*.py"))
        if str(path.relative_to(package)) not in what_comes_next
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and key.value in words
        if isinstance(value, ast.Constant)
        and isinstance(value.value, str)
        and re.fullmatch(r"[\u4e00-\u9fff，]{1,7}", value.value)
        if value.value != words[key.value]
    ]
    assert second == []


@pytest.mark.parametrize(
    ("source", "read"),
    [
        ("汴人社规〔2025〕1号 (R018 R024)", "汴人社规〔2025〕1号"),
        ("汴人社规〔2025〕1号 (R086-R090)", "汴人社规〔2025〕1号"),
        ("《劳动争议调解仲裁法》；《人民调解法》；R084", "《劳动争议调解仲裁法》；《人民调解法》"),
        ("考核办法（R128）第三条", "考核办法第三条"),
        ("人社部发〔2022〕38号", "人社部发〔2022〕38号"),
    ],
)
def test_the_public_reads_no_number_of_a_requirement(source: str, read: str) -> None:
    assert filters.cited(source) == read
