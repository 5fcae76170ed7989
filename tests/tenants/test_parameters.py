"""Parameter definitions, reading and writing of values, and inheritance down the tree."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.parameters import (
    BadParameter,
    ParameterType,
    default,
    definition,
    definitions,
    encode,
    format_duration,
    parse,
    parse_duration,
    resolve,
)

NEEDED = (
    "board.page_size", "t.refresh", "t.lock", "wage.minimum_hourly_fen", "t.offer.same_day",
    "t.offer.other", "t.accept.daily", "t.accept.other", "t.pay.daily", "t.pay.once", "t.pay.weekly",
    "t.pay.max", "t.receipt", "t.receipt.tries", "t.free_cancel", "otp.ttl", "otp.max_attempts",
    "employer.reverify_days", "overbook", "t.review", "t.hardship_window", "t.understaffed",
    "t.employer_wait", "t.weather_decision", "t.pause_max", "t.auto_checkout", "t.grace", "t.arrears",
    "t.refer", "t.rate", "t.dispute.ack", "t.dispute.first", "t.dispute.negotiate", "t.dispute.mediate",
    "t.injury.notice_insurer", "t.objection.no_show", "t.retention", "t.archive", "topology.counties",
    "model_market.target", "ledgers", "core_functions", "fee.ceiling_year", "grade.bands", "pay.plan",
    "contract.term_years", "renewal.min_grade", "market.min_staff", "station.min_staff",
    "station.min_area_m2", "premises.total_m2", "station.year.posts", "station.year.trainees",
    "fair.per_month", "fair.min_employers", "contractor.no_violation_years", "project.budget",
    "report.period", "awards", "score.row9",
)  # fmt: skip


def test_what_the_main_line_needs_is_defined() -> None:
    assert [key for key in NEEDED if key not in definitions()] == []


@pytest.mark.parametrize("key", list(definitions()))
def test_every_definition_is_whole(key: str) -> None:
    spec = definition(key)
    assert spec.title
    assert spec.source
    value = default(key)
    if value is not None:
        assert parse(key, encode(key, value)) == value
    for limit in (spec.minimum, spec.maximum):
        assert limit is None or parse(key, limit) is not None
    if spec.type in (ParameterType.INT, ParameterType.DURATION, ParameterType.PERCENT):
        assert spec.minimum is not None


def test_law_is_marked() -> None:
    assert definition("t.pay.max").is_law
    assert not definition("t.lock").is_law
    assert "to be checked" in definition("wage.minimum_hourly_fen").source


def test_figures_of_one_contract_are_nobody_elses_default() -> None:
    for key in ("fee.ceiling_year", "renewal.min_grade", "station.min_area_m2", "market.min_staff"):
        assert default(key) is None
    assert default("score.row9") == ()


@pytest.mark.parametrize(
    ("key", "raw", "value"),
    [
        ("board.page_size", " 30 ", 30),
        ("station.min_area_m2", "7.50", Decimal("7.5")),
        ("overbook", "10%", Decimal(10)),
        ("card.red_is_award", "是", True),
        ("card.red_is_award", "FALSE", False),
        ("t.lock", "1h30min", timedelta(minutes=90)),
        ("t.lock", "90分钟", timedelta(minutes=90)),
        ("t.accept.daily", "21:00", timedelta(hours=21)),
        ("t.pay.daily", "24:00", timedelta(hours=24)),
        ("wage.minimum_hourly_fen", "20.6元", 2060),
        ("wage.minimum_hourly_fen", "2060", 2060),
        ("project.budget", "122,730.00元", 12_273_000),
        ("awards", "十佳驿站、十佳服务点", ("十佳驿站", "十佳服务点")),
        ("awards", '["十佳驿站"]', ("十佳驿站",)),
        ("renewal.min_grade", "良好", "良好"),
    ],
)
def test_reading(key: str, raw: str, value: object) -> None:
    assert parse(key, raw) == value
    assert parse(key, encode(key, parse(key, raw))) == value


@pytest.mark.parametrize(
    ("key", "raw", "says"),
    [
        ("board.page_size", "many", "整数"),
        ("board.page_size", "３.5", "整数"),
        ("board.page_size", "", "填写"),
        ("board.page_size", "1000", "不能大于 100 条"),
        ("board.page_size", "-5", "不能小于 5 条"),
        ("wage.minimum_hourly_fen", "20.6", "元"),
        ("wage.minimum_hourly_fen", "20.666元", "元"),
        ("overbook", "NaN", "百分数"),
        ("overbook", "1e400", "百分数"),
        ("overbook", "0.00000001", "百分数"),
        ("overbook", "51", "不能大于"),
        ("card.red_is_award", "maybe", "是"),
        ("t.lock", "soon", "时长"),
        ("t.lock", "60", "时长"),
        ("t.accept.daily", "25:00", "时长"),
        ("t.accept.daily", "24:01", "时长"),
        ("t.pay.max", "16d", "不能大于 15d"),
        ("t.retention", "1", "不能小于 3 年"),
        ("worker.min_age", "15", "不能小于 16 周岁"),
        ("awards", "[1,2]", "顿号"),
        ("awards", '["', "顿号"),
        ("awards", "、".join("x" * 101), "最多"),
        ("renewal.min_grade", "良\x00好", "看不见"),
        ("renewal.min_grade", "好" * 5000, "太长"),
        ("no.such.key", "1", "没有参数"),
    ],
)
def test_bad_values_say_what_to_do(key: str, raw: str, says: str) -> None:
    with pytest.raises(BadParameter, match=says) as caught:
        parse(key, raw)
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("board.page_size", True),
        ("board.page_size", Decimal(20)),
        ("board.page_size", 2000),
        ("t.lock", timedelta(milliseconds=1)),
        ("t.lock", timedelta(seconds=-1)),
        ("renewal.min_grade", ""),
        ("card.red_is_award", "true"),
    ],
)
def test_encode_refuses_what_parse_would(key: str, value: object) -> None:
    with pytest.raises(BadParameter):
        encode(key, value)


@given(st.integers(0, 10**8 - 1))
def test_durations_come_back(seconds: int) -> None:
    value = timedelta(seconds=seconds)
    assert parse_duration(format_duration(value)) == value


def test_duration_text_is_plain() -> None:
    texts = [format_duration(timedelta(**kw)) for kw in ({"hours": 24}, {"days": 7}, {"minutes": 60}, {"seconds": 0})]
    assert texts == ["24h", "7d", "1h", "0s"]


def test_the_nearest_override_wins() -> None:
    overrides = {
        "/4102/": {"t.lock": "90min", "board.page_size": "30"},
        "/4102/25/": {"t.lock": "2h"},
        "/4102/25/001/": {"t.lock": "3h"},
        "/4102/2/": {"t.lock": "4h"},
    }
    assert resolve("t.lock", "/4102/25/101/0203/", overrides).value == timedelta(hours=2)
    at_node = resolve("t.lock", "/4102/25/001/", overrides)
    assert (at_node.value, at_node.raw, at_node.source_path) == (timedelta(hours=3), "3h", "/4102/25/001/")
    assert resolve("t.lock", "/4102/21/", overrides).source_path == "/4102/"
    assert resolve("board.page_size", "/4102/25/001/0203/s01/", overrides).value == 30


def test_without_override_the_default_holds() -> None:
    found = resolve("t.lock", "/4102/25/", {"/3504/": {"t.lock": "2h"}, "/4102/25/001/": {"t.lock": "2h"}})
    assert (found.value, found.source_path) == (timedelta(minutes=60), None)
    assert resolve("fee.ceiling_year", "/4102/", {}).value is None


def test_resolve_refuses_bad_paths_keys_and_stored_values() -> None:
    for path in ("", "4102", "/4102", "/4102/../", "/开封/"):
        with pytest.raises(ValueError, match="path"):
            resolve("t.lock", path, {})
    with pytest.raises(BadParameter):
        resolve("t.nothing", "/4102/", {})
    with pytest.raises(BadParameter):
        resolve("t.lock", "/4102/", {"/4102/": {"t.lock": "soon"}})
