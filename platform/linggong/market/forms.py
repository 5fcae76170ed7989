"""What the author of a post fills in, and how it becomes an order: cleaned, checked, measured (R045, R051, transition 2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

import msgspec

from linggong.kernel import clock
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault
from linggong.kernel.money import Fen
from linggong.market.codes import JobForm, LegalForm, PayChannel, PayUnit, Settlement
from linggong.market.hourly import MINUTES_PER_GONG, hourly_fen, work_minutes
from linggong.market.lint import Finding, LintInput, LintRules, lint
from linggong.market.models import Order
from linggong.market.text import TextTooLong, clean_text, has_bad_chars
from tenants.parameters import Value
from tenants.service import parameters

T = TypeVar("T")
Text = Annotated[str, msgspec.Meta(max_length=4000)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Whole = Annotated[int, msgspec.Meta(ge=-1_000_000_000, le=100_000_000_000)]
Age = Annotated[int, msgspec.Meta(ge=0, le=120)]
Condition = Literal["heat", "height", "night", "heavy", "outdoor"]
Benefit = Literal["meal", "lodging", "transport", "tools", "insurance"]
SourceChannel = Literal["desk", "phone_intake", "web", "visit", "survey", "agency", "import"]


class OrderForm(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A post as its author filled it in; None means not filled in. Money is fen, times are aware.

    `starts_at` and `ends_at` are the first shift, `last_date` the last business day of a post of several days.
    """

    title: Text | None = None
    trade_code: Text | None = None
    headcount: Whole | None = None
    min_crew: Whole | None = None
    place: Text | None = None
    division_code: Text | None = None
    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    last_date: date | None = None
    meal_minutes: Annotated[int, msgspec.Meta(ge=0, le=1440)] | None = None
    pay_fen: Whole | None = None
    pay_unit: PayUnit | None = None
    minutes_per_gong: Annotated[int, msgspec.Meta(ge=0, le=1440)] | None = None
    pieces_per_day: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None
    piece_name: Text | None = None
    settlement: Settlement | None = None
    choice_of_settlement: bool | None = None
    pay_channel: PayChannel | None = None
    job_form: JobForm | None = None
    legal_form: LegalForm | None = None
    conditions: Annotated[list[Condition], msgspec.Meta(max_length=5)] | None = None
    benefits: Annotated[list[Benefit], msgspec.Meta(max_length=5)] | None = None
    meals: Text | None = None
    ride: Text | None = None
    tools: Text | None = None
    min_skill: Annotated[int, msgspec.Meta(ge=0, le=8)] | None = None
    min_age: Age | None = None
    max_age: Age | None = None
    gender_limit_code: Text | None = None
    crew_allowed: bool | None = None
    insurance_payer: Literal["none", "employer", "agency", "worker"] | None = None
    rain_rule: Text | None = None
    cancel_rule: Text | None = None
    contact_name: Text | None = None
    contact_phone: Text | None = None
    description: Text | None = None
    source_channel: SourceChannel | None = None


FIELDS = OrderForm.__struct_fields__

_SHORT_TEXTS = {"meals": 40, "ride": 40, "tools": 40, "rain_rule": 100, "cancel_rule": 100}
"""Texts that the lint does not know, with their longest length."""

_FORM_CODES = frozenset(
    {
        "required", "bad_characters", "too_long", "no_words", "unknown_trade", "division", "meal", "date_order",
        "time_order", "pay", "gong", "min_crew", "headcount", "too_long_order", "shift_too_long", "phone", "gender_code",
    }
)  # fmt: skip
"""Faults of form: with one of these a post cannot even be kept as a draft. All other rules wait for its submission."""

ADVICE = frozenset(
    {"gong_length", "piece_rate", "long_day", "part_time_hours", "late_settle", "broad_trade", "age_limit"}
)
"""Warnings meant for the author; every other warning wants a person's eye before the post is published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The parameters in force at the order's node (transitions 2 to 7)."""

    rules: LintRules
    minutes_per_gong: int
    review: timedelta
    auto_from: timedelta
    auto_to: timedelta
    recheck: timedelta
    returned: timedelta
    refresh: timedelta
    remind: timedelta
    lock: timedelta
    fill_until: timedelta
    free_cancel: timedelta
    cancel_percent: Decimal
    rain_percent: Decimal

    @property
    def lock_minutes(self) -> int:
        """Minutes before the start from which the list of people is locked."""
        return int(self.lock.total_seconds() // 60)


_TIMES = {
    "review": "t.review",
    "auto_from": "t.review.auto_from",
    "auto_to": "t.review.auto_to",
    "recheck": "t.review.recheck",
    "returned": "t.return",
    "refresh": "t.refresh",
    "remind": "t.refresh.remind",
    "lock": "t.lock",
    "fill_until": "t.fill_until",
    "free_cancel": "t.free_cancel",
}
_NUMBERS = (
    "wage.minimum_hourly_fen",
    "wage.hours_per_work_unit",
    "post.max_headcount",
    "post.max_shifts",
    "post.max_days_ahead",
    "comp.cancel_after_lock",
    "comp.rain_on_site",
    "fraud.pay_high",
    "fraud.pay_low",
    "fraud.pay_words",
)


async def policy_at(uow: UnitOfWork, path: str) -> Policy:
    """Read the parameters of a post at `path` in one query."""
    values = await parameters(uow, path, *_NUMBERS, *_TIMES.values())
    return Policy(
        rules=LintRules(
            min_hourly_fen=_int(values["wage.minimum_hourly_fen"]),
            # The table holds at most 500 places whatever a parameter says.
            max_headcount=min(_int(values["post.max_headcount"]), 500),
            max_span_days=_int(values["post.max_shifts"]),
            max_days_ahead=_int(values["post.max_days_ahead"]),
            pay_high=float(_decimal(values["fraud.pay_high"])),
            pay_low=float(_decimal(values["fraud.pay_low"])),
            pay_words=float(_decimal(values["fraud.pay_words"])),
        ),
        minutes_per_gong=int(_decimal(values["wage.hours_per_work_unit"]) * 60),
        cancel_percent=_decimal(values["comp.cancel_after_lock"]),
        rain_percent=_decimal(values["comp.rain_on_site"]),
        **{name: _span(values[key]) for name, key in _TIMES.items()},
    )


def _int(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError(f"not a whole number: {value!r}")
    return value


def _decimal(value: Value) -> Decimal:
    if not isinstance(value, Decimal):
        raise TypeError(f"not a decimal: {value!r}")
    return value


def _span(value: Value) -> timedelta:
    if not isinstance(value, timedelta):
        raise TypeError(f"not a duration: {value!r}")
    return value


def check(form: OrderForm, rules: LintRules, *, now: datetime) -> list[Finding]:
    """Return all findings of a filled-in form: the lint's, and those of the fields that only the form knows."""
    starts = None if form.starts_at is None else clock.shanghai(form.starts_at)
    post = LintInput(
        title=form.title,
        trade_code=form.trade_code,
        headcount=form.headcount,
        place=form.place,
        division_code=form.division_code,
        starts_at=starts,
        ends_at=None if form.ends_at is None else clock.shanghai(form.ends_at),
        last_date=form.last_date,
        meal_minutes=form.meal_minutes or 0,
        pay_fen=form.pay_fen,
        pay_unit=form.pay_unit,
        minutes_per_gong=form.minutes_per_gong,
        pieces_per_day=form.pieces_per_day,
        piece_name=form.piece_name,
        settlement=form.settlement,
        choice_of_settlement=bool(form.choice_of_settlement),
        pay_channel=form.pay_channel,
        contact_name=form.contact_name,
        contact_phone=form.contact_phone,
        description=form.description,
        job_form=form.job_form,
        legal_form=form.legal_form,
        gender_limit_code=form.gender_limit_code,
        min_age=form.min_age,
        max_age=form.max_age,
    )
    found = lint(post, rules, now=now)
    for name, limit in _SHORT_TEXTS.items():
        text = getattr(form, name)
        if text is None:
            continue
        if has_bad_chars(text):
            found.append(Finding(name, "bad_characters", "error", "请去掉表情和看不见的符号，只用文字、数字和标点"))
        try:
            clean_text(text, limit)
        except TextTooLong as fault:
            found.append(Finding(name, "too_long", "error", f"最多{fault.limit}个字，现在{fault.length}个，请删短"))
    if form.min_crew is not None and not 1 <= form.min_crew <= max(form.headcount or 1, 1):
        found.append(Finding("min_crew", "min_crew", "error", "最少开工人数要在1和要的人数之间"))
    return found


def faults_of(findings: Iterable[Finding]) -> list[Fault]:
    """Return the errors among findings as the faults that an author is shown."""
    return [Fault(f.field, f.message, f.code) for f in findings if f.severity == "error"]


def draft_faults(findings: Iterable[Finding]) -> list[Fault]:
    """Return the errors with which a post cannot even be kept as a draft."""
    return faults_of(f for f in findings if f.code in _FORM_CODES)


def noted(findings: Sequence[Finding]) -> list[str]:
    """Return findings as the order keeps them for its reviewer."""
    return [f"{f.severity}|{f.field}|{f.code}|{f.message}" for f in findings]


def days_of(form: OrderForm) -> int:
    """Return how many days the post runs; both dates must stand."""
    if form.last_date is None or form.starts_at is None:
        return 1
    return (form.last_date - clock.business_date(form.starts_at)).days + 1


def fill(order: Order, form: OrderForm, sealer: Sealer, policy: Policy) -> None:
    """Write a form that has no faults of form into the order; `order.id` must be set, because the phone is sealed to it."""
    starts, ends = _set(form.starts_at), _set(form.ends_at)
    days = days_of(form)
    order.title = clean_text(_set(form.title), 40)
    order.trade_code = _set(form.trade_code)
    order.headcount = _set(form.headcount)
    order.min_crew = form.min_crew or 1
    order.division_code = form.division_code
    order.place = clean_text(_set(form.place), 100)
    order.latitude, order.longitude = form.latitude, form.longitude
    order.work_date = clock.business_date(starts)
    order.starts_at = clock.utc(starts)
    order.ends_at = clock.utc(ends) + timedelta(days=days - 1)
    order.days = days
    order.meal_minutes = form.meal_minutes or 0
    order.pay_fen = Fen(_set(form.pay_fen))
    unit = _set(form.pay_unit)
    order.pay_unit = unit
    order.minutes_per_gong = (form.minutes_per_gong or policy.minutes_per_gong) if unit is PayUnit.GONG else None
    order.pieces_per_day = form.pieces_per_day
    order.piece_name = clean_text(form.piece_name or "", 10)
    rate = hourly_fen(
        order.pay_fen,
        unit,
        minutes_per_day=work_minutes(int((ends - starts).total_seconds() // 60), order.meal_minutes),
        minutes_per_gong=order.minutes_per_gong or MINUTES_PER_GONG,
        pieces_per_day=form.pieces_per_day,
    )
    order.hourly_fen = None if rate is None else Fen(rate)
    order.settlement = _set(form.settlement)
    order.choice_of_settlement = bool(form.choice_of_settlement)
    order.pay_channel = _set(form.pay_channel)
    order.job_form = _set(form.job_form)
    order.legal_form = _set(form.legal_form)
    order.conditions = sorted(set(form.conditions or ()))
    order.benefits = sorted(set(form.benefits or ()))
    for name, limit in _SHORT_TEXTS.items():
        setattr(order, name, clean_text(getattr(form, name) or "", limit))
    order.min_skill = form.min_skill or 0
    order.min_age, order.max_age = form.min_age, form.max_age
    order.gender_limit_code = form.gender_limit_code or None
    order.crew_allowed = bool(form.crew_allowed)
    order.insurance_payer = form.insurance_payer or "none"
    order.contact_name = clean_text(_set(form.contact_name), 30)
    order.phone_sealed = sealer.seal(_set(form.contact_phone).replace(" ", ""), phone_place(order.id))
    order.description = clean_text(form.description or "", 2000, multiline=True)
    if form.source_channel is not None:
        order.source_channel = form.source_channel


def phone_place(order_id: UUID) -> str:
    """Return the place to which an order's phone is sealed."""
    return f"orders.phone_sealed.{order_id}"


def form_of(order: Order, sealer: Sealer) -> OrderForm:
    """Return the form that would make this order, for changes, repeats and the check at submission."""
    first_end = order.ends_at - timedelta(days=order.days - 1)
    raw: dict[str, Any] = {
        name: getattr(order, name)
        for name in FIELDS
        if name not in ("starts_at", "ends_at", "last_date", "contact_phone", "pay_unit", "settlement")
    }
    raw |= {
        "starts_at": order.starts_at,
        "ends_at": first_end,
        "last_date": order.work_date + timedelta(days=order.days - 1) if order.days > 1 else None,
        "contact_phone": sealer.open(order.phone_sealed, phone_place(order.id)),
        "pay_unit": PayUnit(order.pay_unit),
        "settlement": Settlement(order.settlement),
        "pay_channel": PayChannel(order.pay_channel),
        "job_form": JobForm(order.job_form),
        "legal_form": LegalForm(order.legal_form),
        "pay_fen": int(order.pay_fen),
    }
    return OrderForm(**raw)


def merged(form: OrderForm, changes: OrderForm, clear: Iterable[str] = ()) -> OrderForm:
    """Return `form` with what `changes` fills in, and with the named fields emptied."""
    given = {n: v for n in FIELDS if (v := getattr(changes, n)) is not None}
    return msgspec.structs.replace(form, **(given | dict.fromkeys(clear)))


_OF_A_PERSON = frozenset({"contact_name", "contact_phone"})


def changed(before: OrderForm, after: OrderForm) -> dict[str, Any]:
    """Return what differs as {field: [before, after]}; the contact is named, never shown (transition 5's evidence)."""
    out: dict[str, Any] = {}
    for name in FIELDS:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            out[name] = "changed" if name in _OF_A_PERSON else [old, new]
    return out


def snapshot(form: OrderForm) -> dict[str, Any]:
    """Return the filled-in fields for the event of a submission, without the contact's name and phone."""
    return {n: v for n in FIELDS if n not in _OF_A_PERSON and (v := getattr(form, n)) is not None}


def _set(value: T | None) -> T:
    if value is None:
        raise ValueError("a form with faults was to be stored")
    return value
