"""Lint of a post before it is submitted: rules first, then a person (transition 2, R045, R057, R083, R114).

Pure: no database, no clock of its own. A post with an `error` cannot be submitted; a `warning` is shown to
the author and to the reviewer. Every fault is reported at once (一次性告知, transition 4).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType

from linggong.market import fraud_pay, words
from linggong.market.codes import (
    GenderLimitCode,
    JobForm,
    LegalForm,
    PayChannel,
    PayUnit,
    Settlement,
)
from linggong.market.fraud_words import fraud_hits
from linggong.market.hourly import MINUTES_PER_GONG, hourly_fen, work_minutes
from linggong.market.text import TextTooLong, clean_text, has_bad_chars
from linggong.market.trades import trade
from linggong.market.words import Severity, Sex

__all__ = ["Finding", "LintInput", "LintRules", "TextTooLong", "clean_text", "has_errors", "lint"]

TEXT_LIMITS: Mapping[str, int] = MappingProxyType(
    {"title": 40, "place": 100, "contact_name": 30, "description": 2000, "piece_name": 10}
)
"""Longest text of each field, in characters."""

_STATUTORY: Mapping[str, Sex] = MappingProxyType({code.value: "male" for code in GenderLimitCode})
_PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|400-?\d{3}-?\d{4}")
_DIVISION = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LintInput:
    """A post as its author filled it in (R045 and the field dictionary); None means not filled in.

    `starts_at` and `ends_at` are the first shift, aware and in the zone of business days; `last_date` the
    last business day of a post of several days. `pay_fen` is fen for one `pay_unit`; `minutes_per_gong` the
    agreed length of one 工; `pieces_per_day` what a usual worker makes. `choice_of_settlement` says that the
    worker may choose daily settlement instead of weekly.
    """

    title: str | None = None
    trade_code: str | None = None
    headcount: int | None = None
    place: str | None = None
    division_code: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    last_date: date | None = None
    meal_minutes: int = 0
    pay_fen: int | None = None
    pay_unit: PayUnit | None = None
    minutes_per_gong: int | None = None
    pieces_per_day: int | None = None
    piece_name: str | None = None
    settlement: Settlement | None = None
    choice_of_settlement: bool = False
    pay_channel: PayChannel | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    description: str | None = None
    job_form: JobForm | None = None
    legal_form: LegalForm | None = None
    gender_limit_code: str | None = None
    min_age: int | None = None
    max_age: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LintRules:
    """Limits of the tenant, all parameters with their own source; no figure here is a rule of law by itself.

    `min_hourly_fen` is the minimum hourly wage in force at the place of work, None while none is entered.
    `statutory_gender_codes` gives the sex to which each code may limit a post.
    """

    min_hourly_fen: int | None = None
    max_headcount: int = 500
    max_shift_minutes: int = 16 * 60
    long_day_minutes: int = 11 * 60
    part_time_day_minutes: int = 4 * 60
    part_time_settle_days: int = 15
    max_days_ahead: int = 180
    max_span_days: int = 366
    min_age: int = 16
    max_pay_fen: int = 100_000_000
    pay_high: float = 2.0
    """Times the 90th percentile of the trade above which pay wants an eye."""
    pay_low: float = 0.6
    """Times the median of the trade below which pay wants an eye."""
    pay_words: float = 1.4
    """How far the pay in the text may be from the pay in the form."""
    statutory_gender_codes: Mapping[str, Sex] = field(default_factory=lambda: _STATUTORY)


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: the field it belongs to, a stable rule code, how grave, and what to do, in Chinese."""

    field: str
    code: str
    severity: Severity
    message: str


def has_errors(findings: list[Finding]) -> bool:
    """Whether a post with these findings must go back to its author."""
    return any(finding.severity == "error" for finding in findings)


def lint(post: LintInput, rules: LintRules, *, now: datetime) -> list[Finding]:
    """All faults of a post, errors and warnings, in the order of the form. `now` is aware."""
    checks = (_required, _texts, _trade_and_people, _place_and_contact, _times, _pay, _settlement, _wording, _fraud)
    found: dict[tuple[str, str, str], Finding] = {}
    for check in checks:
        for finding in check(post, rules, now):
            # Plain words may be repeated with one code; of the looser rules one finding of a kind is enough.
            if check is _fraud and any(key[:2] == (finding.field, finding.code) for key in found):
                continue
            found.setdefault((finding.field, finding.code, finding.message), finding)
    return list(found.values())


def _error(name: str, code: str, message: str) -> Finding:
    return Finding(name, code, "error", message)


def _warn(name: str, code: str, message: str) -> Finding:
    return Finding(name, code, "warning", message)


_REQUIRED: Mapping[str, str] = MappingProxyType(
    {
        "title": "请写一句话说明干什么活",
        "trade_code": "请选工种",
        "headcount": "请填要几个人",
        "place": "请写干活的地址，让人找得到",
        "division_code": "请选干活所在的村或社区",
        "starts_at": "请填几点开工",
        "ends_at": "请填几点收工",
        "pay_fen": "请填工钱",
        "pay_unit": "请选工钱按什么算：小时、天、工、件或月",
        "settlement": "请选怎么结：日结、次结、周结或完工结",
        "pay_channel": "请选工钱怎么给：现金、银行转账、微信或社保卡",
        "contact_name": "请填现场联系人",
        "contact_phone": "请填联系电话",
        "job_form": "请选用工形式：非全日制、临时性或阶段性",
        "legal_form": "请选用工关系，例如劳务或非全日制用工",
    }
)


def _required(post: LintInput, rules: LintRules, now: datetime) -> Iterator[Finding]:
    for name, message in _REQUIRED.items():
        value = getattr(post, name)
        if value is None or (isinstance(value, str) and not value.strip()):
            yield _error(name, "required", message)


def _texts(post: LintInput, rules: LintRules, now: datetime) -> Iterator[Finding]:
    for name, limit in TEXT_LIMITS.items():
        value = getattr(post, name)
        if value is None:
            continue
        if has_bad_chars(value):
            yield _error(name, "bad_characters", "请去掉表情和看不见的符号，只用文字、数字和标点")
        try:
            cleaned = clean_text(value, limit, multiline=name == "description")
        except TextTooLong as fault:
            yield _error(name, "too_long", f"最多{fault.limit}个字，现在{fault.length}个，请删短")
            continue
        if value.strip() and not any(char.isalnum() for char in cleaned):
            yield _error(name, "no_words", "请用文字写清楚")


def _trade_and_people(post: LintInput, rules: LintRules, now: datetime) -> Iterator[Finding]:
    if post.trade_code:
        chosen = trade(post.trade_code)
        if chosen is None:
            yield _error("trade_code", "unknown_trade", "没有这个工种，请从列表里选")
        elif chosen.level < 3:
            yield _warn("trade_code", "broad_trade", f"“{chosen.name}”太宽，请选细一点的工种，更快招到人")
    if post.headcount is not None:
        if post.headcount < 1:
            yield _error("headcount", "headcount", "人数至少是1")
        elif post.headcount > rules.max_headcount:
            yield _error("headcount", "headcount", f"一单最多{rules.max_headcount}人，多的请分成几单")
    if post.min_age is not None and post.min_age < rules.min_age:
        yield _error("min_age", "under_age", f"不能招{rules.min_age}岁以下的人，请改年龄下限")
    if post.max_age is not None:
        if post.max_age < max(post.min_age or 0, rules.min_age):
            yield _error("max_age", "age_order", "年龄上限比下限小，请改过来")
        else:
            yield _warn("max_age", "age_limit", f"限{post.max_age}岁以下会挡住很多能干活的人，没有法定原因请去掉")
    if post.gender_limit_code and post.gender_limit_code not in rules.statutory_gender_codes:
        yield _error("gender_limit_code", "gender_code", "限男女要有法定理由，请从列表里选，没有就不要限")


def _place_and_contact(post: LintInput, rules: LintRules, now: datetime) -> Iterator[Finding]:
    if post.division_code and not _DIVISION.fullmatch(post.division_code):
        yield _error("division_code", "division", "村或社区的代码是12位数字，请从列表里选")
    if post.contact_phone and not _PHONE.fullmatch(post.contact_phone.replace(" ", "")):
        yield _error("contact_phone", "phone", "请填11位手机号，或带区号的座机，例如0371-12345678")


def _times(post: LintInput, rules: LintRules, now: datetime) -> Iterator[Finding]:
    if post.meal_minutes < 0:
        yield _error("meal_minutes", "meal", "吃饭休息的分钟数不能小于0")
    if post.starts_at is not None:
        if post.starts_at <= now:
            yield _error("starts_at", "past", "开工时间已过，请改成以后的时间")
        elif post.starts_at > now + timedelta(days=rules.max_days_ahead):
            yield _error("starts_at", "too_far", f"只能提前{rules.max_days_ahead}天发布，请到时再发")
        if post.last_date is not None:
            # Same zone as the start: the day on which people are told to come.
            span = (post.last_date - post.starts_at.date()).days
            if span < 0:
                yield _error("last_date", "date_order", "最后一天比开工那天早，请改过来")
            elif span >= rules.max_span_days:
                yield _error("last_date", "too_long_order", f"一单最长{rules.max_span_days}天，请分开发")
    minutes = _shift(post)
    if minutes is None or post.starts_at is None or post.ends_at is None:
        return
    if post.ends_at <= post.starts_at:
        yield _error("ends_at", "time_order", "收工时间要晚于开工时间，过夜的活请选第二天")
        return
    if post.ends_at - post.starts_at > timedelta(minutes=rules.max_shift_minutes):
        hours = rules.max_shift_minutes // 60
        yield _error("ends_at", "shift_too_long", f"一个工日不能超过{hours}小时，几天的活请填最后一天的日期")
    elif minutes <= 0:
        yield _error("meal_minutes", "meal", "吃饭休息比干活的时间还长，请改过来")
    elif minutes > rules.long_day_minutes:
        yield _warn(
            "ends_at",
            "long_day",
            f"一天干{minutes / 60:.3g}小时太长，请减到{rules.long_day_minutes // 60}小时以内或分两班",
        )
    if _is_part_time(post) and minutes > rules.part_time_day_minutes:
        hours = rules.part_time_day_minutes // 60
        yield _warn("job_form", "part_time_hours", f"非全日制平均每天不超过{hours}小时，请减少时间或换用工形式")


def _shift(post: LintInput) -> int | None:
    if post.starts_at is None or post.ends_at is None:
        return None
    return work_minutes(int((post.ends_at - post.starts_at).total_seconds() // 60), post.meal_minutes)


def _is_part_time(post: LintInput) -> bool:
    return post.job_form is JobForm.PART_TIME or post.legal_form is LegalForm.NON_FULL_TIME


def _pay(post: LintInput, rules: LintRules, now: datetime) -> Iterator[Finding]:
    if post.pay_fen is None:
        return
    if post.pay_fen <= 0:
        yield _error("pay_fen", "pay", "工钱要大于0")
        return
    if post.pay_fen > rules.max_pay_fen:
        yield _error("pay_fen", "pay", "工钱数太大，请看看是不是多打了0")
        return
    if post.minutes_per_gong is not None and not 60 <= post.minutes_per_gong <= 24 * 60:
        yield _error("minutes_per_gong", "gong", "请填1个工算几小时，一般是8到10小时")
        return
    if post.pay_unit is PayUnit.GONG and post.minutes_per_gong is None:
        hours = MINUTES_PER_GONG // 60
        yield _warn("minutes_per_gong", "gong_length", f"请填1个工算几小时，不填按{hours}小时算")
    if post.pay_unit is None or rules.min_hourly_fen is None:
        return
    rate = _hourly(post)
    if rate is None:
        if post.pay_unit is PayUnit.PIECE:
            yield _warn("pieces_per_day", "piece_rate", "请填一般人一天能干多少件，好算出一小时多少钱")
    elif rate < rules.min_hourly_fen:
        floor = _yuan(rules.min_hourly_fen)
        yield _error("pay_fen", "below_minimum", f"合每小时{_yuan(rate)}元，低于最低{floor}元，请加工钱或减时间")


def _hourly(post: LintInput) -> int | None:
    if post.pay_fen is None or post.pay_unit is None:
        return None
    return hourly_fen(
        post.pay_fen,
        post.pay_unit,
        minutes_per_day=_shift(post) or 0,
        minutes_per_gong=post.minutes_per_gong or MINUTES_PER_GONG,
        pieces_per_day=post.pieces_per_day,
    )


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}".removesuffix(".00")


def _settlement(post: LintInput, rules: LintRules, now: datetime) -> Iterator[Finding]:
    days = 1
    if post.starts_at is not None and post.last_date is not None:
        days = (post.last_date - post.starts_at.date()).days + 1
    if _is_part_time(post):
        limit = rules.part_time_settle_days
        if post.settlement is Settlement.ON_COMPLETION and days > limit:
            yield _error("settlement", "part_time_settle", f"非全日制最长{limit}天结一次，请改成日结或周结")
        if post.pay_unit is PayUnit.MONTH:
            yield _error("pay_unit", "part_time_settle", f"非全日制最长{limit}天结一次，请按小时或按天算工钱")
    if post.settlement is Settlement.WEEKLY and not post.choice_of_settlement:
        yield _error("settlement", "weekly_choice", "周结要零工自己愿意。请勾选“零工可以选日结”，或改成日结、次结")
    if post.settlement is Settlement.ON_COMPLETION and days > rules.part_time_settle_days and not _is_part_time(post):
        yield _warn("settlement", "late_settle", f"干{days}天才结一次，来的人会少。请考虑日结或周结")


def _wording(post: LintInput, rules: LintRules, now: datetime) -> Iterator[Finding]:
    allowed = rules.statutory_gender_codes.get(post.gender_limit_code or "")
    for name in ("title", "description", "place", "contact_name", "piece_name"):
        text = getattr(post, name)
        if not text:
            continue
        hits = [*words.fee_hits(text), *words.scam_hits(text), *words.diversion_hits(text)]
        if name in ("title", "description"):
            hits += [*words.gender_hits(text, allowed), *words.discrimination_hits(text)]
        for hit in hits:
            yield Finding(name, hit.code, hit.severity, hit.message)


def _fraud(post: LintInput, rules: LintRules, now: datetime) -> Iterator[Finding]:
    for name in ("title", "description"):
        for hit in fraud_hits(getattr(post, name) or ""):
            yield Finding(name, hit.code, hit.severity, hit.message)
    rate = _hourly(post)
    if rate is None or rate <= 0:
        return
    if post.trade_code and (
        far := fraud_pay.far_from_reference(post.trade_code, rate, high=rules.pay_high, low=rules.pay_low)
    ):
        yield Finding("pay_fen", far.code, far.severity, far.message)
    text = f"{post.title or ''}。{post.description or ''}"
    if told := fraud_pay.told_otherwise(text, rate, _shift(post) or 0, factor=rules.pay_words):
        yield Finding("pay_fen", told.code, told.severity, told.message)
