from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest

from linggong.market.codes import (
    GENDER_LIMIT_LABELS,
    JOB_FORM_LABELS,
    LEGAL_FORM_LABELS,
    PAY_CHANNEL_LABELS,
    PAY_UNIT_LABELS,
    SETTLEMENT_LABELS,
    GenderLimitCode,
    JobForm,
    LegalForm,
    PayChannel,
    PayUnit,
    Settlement,
)
from linggong.market.lint import Finding, LintInput, LintRules, has_errors, lint
from linggong.market.text import TextTooLong, clean_text, has_bad_chars

SHANGHAI = timezone(timedelta(hours=8))
NOW = datetime(2026, 6, 1, 4, 30, tzinfo=SHANGHAI)
START = datetime(2026, 6, 1, 7, 0, tzinfo=SHANGHAI)
RULES = LintRules(min_hourly_fen=2000)
GOOD = LintInput(
    title="搬砖小工，管午饭",
    trade_code="6-29-99-00",
    headcount=6,
    place="东关大街12号工地南门",
    division_code="410203001001",
    starts_at=START,
    ends_at=START + timedelta(hours=9),
    meal_minutes=60,
    pay_fen=20000,
    pay_unit=PayUnit.DAY,
    settlement=Settlement.DAILY,
    pay_channel=PayChannel.CASH,
    contact_name="王师傅",
    contact_phone="13800000000",
    description="上料、搬砖。自带手套更好。\n下雨不开工会提前通知。",
    job_form=JobForm.TEMPORARY,
    legal_form=LegalForm.SERVICE,
)


def found(post: LintInput = GOOD, rules: LintRules = RULES, **changes: Any) -> set[tuple[str, str, str]]:
    findings = lint(replace(post, **changes), rules, now=NOW)
    return {(finding.field, finding.code, finding.severity) for finding in findings}


def test_a_good_post_has_no_findings() -> None:
    assert lint(GOOD, RULES, now=NOW) == []


def test_every_missing_field_is_named_at_once() -> None:
    findings = lint(LintInput(), RULES, now=NOW)
    assert {finding.field for finding in findings if finding.code == "required"} == {
        "title",
        "trade_code",
        "headcount",
        "place",
        "division_code",
        "starts_at",
        "ends_at",
        "pay_fen",
        "pay_unit",
        "settlement",
        "pay_channel",
        "contact_name",
        "contact_phone",
        "job_form",
        "legal_form",
    }
    assert has_errors(findings)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"title": "   "}, ("title", "required", "error")),
        ({"title": "搬" * 41}, ("title", "too_long", "error")),
        ({"title": "小工🔥急招"}, ("title", "bad_characters", "error")),
        ({"title": "小工\x00"}, ("title", "bad_characters", "error")),
        ({"description": "干活\u202e"}, ("description", "bad_characters", "error")),
        ({"title": "？！…"}, ("title", "no_words", "error")),
        ({"trade_code": "9-99-99-99"}, ("trade_code", "unknown_trade", "error")),
        ({"trade_code": "6-00-00-00"}, ("trade_code", "broad_trade", "warning")),
        ({"headcount": 0}, ("headcount", "headcount", "error")),
        ({"headcount": 501}, ("headcount", "headcount", "error")),
        ({"min_age": 15}, ("min_age", "under_age", "error")),
        ({"max_age": 50}, ("max_age", "age_limit", "warning")),
        ({"min_age": 40, "max_age": 30}, ("max_age", "age_order", "error")),
        ({"gender_limit_code": "because"}, ("gender_limit_code", "gender_code", "error")),
        ({"division_code": "4102"}, ("division_code", "division", "error")),
        ({"contact_phone": "12345"}, ("contact_phone", "phone", "error")),
        ({"starts_at": NOW}, ("starts_at", "past", "error")),
        ({"starts_at": NOW.astimezone(UTC)}, ("starts_at", "past", "error")),
        ({"starts_at": NOW + timedelta(days=181)}, ("starts_at", "too_far", "error")),
        ({"ends_at": START}, ("ends_at", "time_order", "error")),
        ({"ends_at": START + timedelta(hours=17)}, ("ends_at", "shift_too_long", "error")),
        ({"ends_at": START + timedelta(hours=12, minutes=1)}, ("ends_at", "long_day", "warning")),
        ({"meal_minutes": 540}, ("meal_minutes", "meal", "error")),
        ({"meal_minutes": -1}, ("meal_minutes", "meal", "error")),
        ({"last_date": date(2026, 5, 31)}, ("last_date", "date_order", "error")),
        ({"last_date": date(2027, 6, 2)}, ("last_date", "too_long_order", "error")),
        ({"pay_fen": 0}, ("pay_fen", "pay", "error")),
        ({"pay_fen": 10**9}, ("pay_fen", "pay", "error")),
        ({"pay_fen": 15999}, ("pay_fen", "below_minimum", "error")),
        ({"pay_unit": PayUnit.HOUR, "pay_fen": 1999}, ("pay_fen", "below_minimum", "error")),
        ({"pay_unit": PayUnit.GONG}, ("minutes_per_gong", "gong_length", "warning")),
        ({"pay_unit": PayUnit.GONG, "minutes_per_gong": 5}, ("minutes_per_gong", "gong", "error")),
        ({"pay_unit": PayUnit.GONG, "minutes_per_gong": 601}, ("pay_fen", "below_minimum", "error")),
        ({"pay_unit": PayUnit.PIECE, "pay_fen": 50}, ("pieces_per_day", "piece_rate", "warning")),
        (
            {"pay_unit": PayUnit.PIECE, "pay_fen": 50, "pieces_per_day": 319},
            ("pay_fen", "below_minimum", "error"),
        ),
        ({"settlement": Settlement.WEEKLY}, ("settlement", "weekly_choice", "error")),
        (
            {"settlement": Settlement.ON_COMPLETION, "last_date": date(2026, 6, 16)},
            ("settlement", "late_settle", "warning"),
        ),
        ({"job_form": JobForm.PART_TIME}, ("job_form", "part_time_hours", "warning")),
        (
            {"legal_form": LegalForm.NON_FULL_TIME, "pay_unit": PayUnit.MONTH},
            ("pay_unit", "part_time_settle", "error"),
        ),
        (
            {
                "job_form": JobForm.PART_TIME,
                "settlement": Settlement.ON_COMPLETION,
                "last_date": date(2026, 6, 16),
            },
            ("settlement", "part_time_settle", "error"),
        ),
        ({"title": "搬砖，押金200"}, ("title", "fee", "error")),
        ({"place": "东关 押金处 加微信abc123"}, ("place", "diversion", "error")),
        ({"description": "只招男工"}, ("description", "gender", "error")),
    ],
)
def test_each_fault_is_found(changes: dict[str, Any], expected: tuple[str, str, str]) -> None:
    assert expected in found(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"pay_fen": 16000},
        {"ends_at": START + timedelta(hours=12), "pay_fen": 30000},
        {"pay_unit": PayUnit.GONG, "minutes_per_gong": 600},
        {"pay_unit": PayUnit.PIECE, "pay_fen": 50, "pieces_per_day": 320},
        {"settlement": Settlement.WEEKLY, "choice_of_settlement": True},
        {"settlement": Settlement.ON_COMPLETION, "last_date": date(2026, 6, 15)},
        {
            "job_form": JobForm.PART_TIME,
            "ends_at": START + timedelta(hours=5),
            "settlement": Settlement.ON_COMPLETION,
            "last_date": date(2026, 6, 15),
        },
        {"starts_at": START.replace(hour=22), "ends_at": START.replace(hour=22) + timedelta(hours=8)},
        {"contact_phone": "0371-22345678"},
        {"description": "<script>alert(1)</script>'; DROP TABLE orders; --"},
        {"description": "限男，井下掘进", "gender_limit_code": GenderLimitCode.MINE_UNDERGROUND.value},
        {"contact_name": "𠮷师傅"},
    ],
)
def test_the_edge_is_still_good(changes: dict[str, Any]) -> None:
    assert found(**changes) == set()


def test_without_a_floor_pay_is_not_judged() -> None:
    assert found(rules=LintRules(), pay_fen=1) == set()


def test_below_minimum_says_both_rates() -> None:
    messages = [finding.message for finding in lint(replace(GOOD, pay_fen=15000), RULES, now=NOW)]
    assert messages == ["合每小时18.75元，低于最低20元，请加工钱或减时间"]


def test_errors_decide_whether_a_post_returns() -> None:
    assert not has_errors([Finding("title", "x", "warning", "")])
    assert has_errors([Finding("title", "x", "warning", ""), Finding("title", "y", "error", "")])


def test_every_code_has_a_label() -> None:
    pairs: list[tuple[type[StrEnum], Mapping[Any, str]]] = [
        (PayUnit, PAY_UNIT_LABELS),
        (Settlement, SETTLEMENT_LABELS),
        (PayChannel, PAY_CHANNEL_LABELS),
        (JobForm, JOB_FORM_LABELS),
        (LegalForm, LEGAL_FORM_LABELS),
        (GenderLimitCode, GENDER_LIMIT_LABELS),
    ]
    for codes, labels in pairs:
        assert set(codes) == set(labels)
        assert len(set(labels.values())) == len(labels)


def test_clean_text_folds_and_keeps_what_matters() -> None:
    assert clean_text("  小工\t🔥 <b>急</b>\r\n招\u200b ", 40) == "小工 <b>急</b> 招"
    assert clean_text("一\r\n\n\n\n二  三", 40, multiline=True) == "一\n\n二 三"
    assert clean_text("𠮷师傅 20㎡ 35℃", 40) == "𠮷师傅 20㎡ 35℃"
    assert clean_text("1️⃣号", 40) == "1号"


def test_clean_text_never_cuts() -> None:
    assert clean_text("搬" * 40, 40) == "搬" * 40
    with pytest.raises(TextTooLong) as fault:
        clean_text("搬" * 41, 40)
    assert (fault.value.limit, fault.value.length) == (40, 41)


@pytest.mark.parametrize(
    ("text", "bad"),
    [("好\n的\t吧", False), ("a\x00b", True), ("\u202e", True), ("👍", True), ("㎡℃①", False)],
)
def test_bad_characters(text: str, bad: bool) -> None:
    assert has_bad_chars(text) is bad
