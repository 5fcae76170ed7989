"""The form of an order on pages: posted fields to the market's form and back, with the market's faults at our fields (R045)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from linggong.kernel import clock
from linggong.kernel.db import Database
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.money import format_yuan, from_yuan
from linggong.market.classifier import classify_title
from linggong.market.codes import (
    LEGAL_FORM_LABELS,
    PAY_CHANNEL_LABELS,
    SETTLEMENT_LABELS,
    JobForm,
    LegalForm,
    PayChannel,
    PayUnit,
    Settlement,
)
from linggong.market.forms import OrderForm
from linggong.market.models import Order
from linggong.market.trades import COMMON_TRADES
from linggong.publishing import wage_levels
from linggong.publishing.wage_levels import Hint
from linggong.stations import wall
from linggong.stations.wall import Offered
from linggong.trust.common import county_of
from linggong.web import pages
from linggong.web.cards import CONDITIONS, trade_word
from linggong.web.places import Places, places

Values = Mapping[str, Any]
_PIECES: Final = {"piece": "件", "square": "平方", "ton": "吨", "order": "单"}
_FIELDS: Final = {
    "headcount": "wanted", "min_crew": "wanted", "starts_at": "start", "ends_at": "end", "last_date": "days",
    "place": "address", "division_code": "street", "latitude": "address", "longitude": "address",
    "meal_minutes": "break_minutes", "pay_fen": "pay", "pay_unit": "pay", "piece_name": "pay", "pieces_per_day": "pay",
    "minutes_per_gong": "pay", "choice_of_settlement": "settlement", "pay_channel": "pay_way", "trade_code": "trade",
    "description": "detail", "job_form": "legal_form", "insurance_payer": "insurance", "min_skill": "demands",
    "min_age": "demands", "max_age": "demands", "gender_limit_code": "demands", "cancel_rule": "rain_rule",
    "benefits": "meals", "conditions": "detail",
}  # fmt: skip
"""Where a fault of the market's form is shown."""
_TEXTS: Final = ("title", "address", "contact_name", "contact_phone", "meals", "ride", "tools", "rain_rule")


class PayHint(NamedTuple):
    """What a trade pays nearby, beside the field of the pay: what settled work earned (M09), else what posts offer."""

    trade: str
    earned: Hint | None = None
    offered: Offered | None = None


def options(known: Places) -> dict[str, list[dict[str, str]]]:
    """Return the choices of macros/order_fields.html."""
    return {
        "streets": known.coded,
        "trades": [{"value": t.code, "label": t.word} for t in COMMON_TRADES],
        "settlements": [{"value": c.value, "label": w} for c, w in SETTLEMENT_LABELS.items()],
        "legal_forms": [{"value": c.value, "label": w} for c, w in LEGAL_FORM_LABELS.items()],
        "pay_ways": [{"value": c.value, "label": w} for c, w in PAY_CHANNEL_LABELS.items()],
    }


def defaults(contact_name: str = "", contact_phone: str = "") -> dict[str, Any]:
    """Return what an empty form starts with."""
    tomorrow = clock.business_date(clock.now()) + timedelta(days=1)
    return {
        "date": tomorrow.isoformat(), "start": "07:00", "end": "17:30", "break_minutes": "60", "pay_unit": "day",
        "settlement": "daily", "legal_form": "service", "pay_way": "wechat",
        "contact_name": contact_name, "contact_phone": contact_phone,
    }  # fmt: skip


def _at(day: date | None, raw: str, name: str, faults: list[Fault]) -> datetime | None:
    if not raw:
        return None
    try:
        return None if day is None else clock.at_shanghai(day, time.fromisoformat(raw))
    except ValueError:
        faults.append(Fault(name, "时间写法不对，例如 06:30。", "time"))
        return None


def _whole(values: Values, name: str, faults: list[Fault], most: int) -> int | None:
    raw = str(values.get(name) or "").strip()
    if not raw:
        return None
    number = pages.whole(raw, most)
    if number is None:
        faults.append(Fault(name, f"请填 0 到 {most} 的整数。", "number"))
    return number


def _choice(values: Values, name: str, kind: Any, faults: list[Fault]) -> Any:
    raw = str(values.get(name) or "")
    if not raw:
        return None
    try:
        return kind(raw)
    except ValueError:
        faults.append(Fault(name, "没有这个选项，请重新选。", "unknown"))
        return None


def _pay(values: Values, faults: list[Fault]) -> tuple[int | None, PayUnit | None, str]:
    amount: int | None = None
    raw = str(values.get("pay") or "")
    if raw:
        try:
            amount = int(from_yuan(raw))
        except ValueError:
            faults.append(Fault("pay", "工钱请填数字，最多两位小数，例如 200。", "number"))
    unit = str(values.get("pay_unit") or "day")
    if unit in _PIECES:
        return amount, PayUnit.PIECE, _PIECES[unit]
    return amount, _choice({"pay": unit}, "pay", PayUnit, faults), ""


async def enter(values: Values, act: Callable[[OrderForm], Awaitable[Order]]) -> Order:
    """Act on what was posted. Raises Invalid with every fault at once: what cannot be read and what the market says of the rest."""
    form, unread = read(values)
    try:
        order = await act(form)
    except Invalid as error:
        told = {f.field for f in unread}
        if "date" in told:
            told |= {"start", "end", "days"}
        raise Invalid([*unread, *(f for f in at_fields(error).faults if f.field not in told)]) from None
    if unread:
        raise Invalid(unread)
    return order


def read(values: Values) -> tuple[OrderForm, list[Fault]]:
    """Return the market's form of what was posted, and a fault for each field that cannot be read at all and is left empty."""
    faults: list[Fault] = []
    day: date | None = None
    if values.get("date"):
        try:
            day = date.fromisoformat(str(values["date"]))
        except ValueError:
            faults.append(Fault("date", "日期写法不对，例如 2026-11-25。", "date"))
    else:
        faults.append(Fault("date", "请选哪天。", "required"))
    starts = _at(day, str(values.get("start") or ""), "start", faults)
    ends = _at(day, str(values.get("end") or ""), "end", faults)
    if starts is not None and ends is not None and ends <= starts:
        ends += timedelta(days=1)
    days = _whole(values, "days", faults, 60)
    amount, unit, piece = _pay(values, faults)
    title = str(values.get("title") or "")
    trade = str(values.get("trade") or "") or _ticked(values, title) or guess(title)
    texts = {name: str(values.get(name) or "") or None for name in _TEXTS}
    for name in ("detail", "demands", "insurance", *texts):
        if len(str(values.get(name) or "")) > 4000:
            faults.append(Fault(name, "太长了，请删短。", "too_long"))
    notes = [("要求：", values.get("demands")), ("保险：", values.get("insurance")), ("", values.get("detail"))]
    headcount = _whole(values, "wanted", faults, 100_000)
    meal = _whole(values, "break_minutes", faults, 1440)
    settlement = _choice(values, "settlement", Settlement, faults)
    channel = _choice(values, "pay_way", PayChannel, faults)
    legal = _choice(values, "legal_form", LegalForm, faults)
    texts["place"] = texts.pop("address")
    form = OrderForm(
        **texts,  # type: ignore[arg-type]
        headcount=headcount,
        trade_code=trade or None,
        division_code=str(values.get("street") or "") or None,
        starts_at=starts,
        ends_at=ends,
        last_date=day + timedelta(days=days - 1) if day is not None and days and days > 1 else None,
        meal_minutes=meal,
        pay_fen=amount,
        pay_unit=unit,
        piece_name=piece or None,
        settlement=settlement,
        pay_channel=channel or PayChannel.WECHAT,
        job_form=JobForm.TEMPORARY,
        legal_form=legal or LegalForm.SERVICE,
        conditions=[c for c in CONDITIONS if values.get(c)],  # type: ignore[misc]
        benefits=[b for b, f in (("meal", "meals"), ("transport", "ride"), ("tools", "tools")) if _gives(values, f)],  # type: ignore[misc]
        crew_allowed=bool(values.get("crew_allowed")),
        description="\n".join(f"{label}{text}" for label, text in notes if text) or None,
        source_channel="web",
    )
    return form, faults


def _gives(values: Values, name: str) -> bool:
    text = str(values.get(name) or "")
    return bool(text) and not text.startswith(("不", "无", "没", "自"))


def guesses(title: str) -> list[dict[str, str]]:
    """Return the three trades that a title most likely means, in the words of the roadside."""
    found = classify_title(title, 3) if title.strip() else []
    return [{"value": g.code, "label": trade_word(g.code)} for g in found]


async def pay_hint(database: Database, values: Values) -> PayHint | None:
    """Return what the form's trade pays in the county of its street; None while either is open or too little is known."""
    code = str(values.get("trade") or "") or guess(str(values.get("title") or ""))
    path = (await places(database)).paths.get(str(values.get("street") or ""))
    if not code or path is None:
        return None
    earned = await wage_levels.hint(database, county_of(path), code)
    if earned is not None:
        return PayHint(trade_word(code), earned=earned)
    found = await wall.offered(database, county_of(path), code)
    return None if found is None else PayHint(trade_word(code), offered=found)


def _ticked(values: Values, title: str) -> str:
    """Return the suggestion that was ticked, unless it belonged to a title that was changed since."""
    ticked = str(values.get("trade_guess") or "")
    return ticked if ticked and any(g["value"] == ticked for g in guesses(title)) else ""


def guess(title: str) -> str:
    """Return the trade that a title most likely means, '' when nothing fits."""
    found = classify_title(title, 1) if title.strip() else []
    return found[0].code if found else ""


def at_fields(error: Invalid) -> Invalid:
    """Return the market's faults at the page's fields; unknown ones at the form as a whole."""
    return Invalid([Fault(_FIELDS.get(f.field, f.field), f.message, f.code) for f in error.faults])


def values_of(form: OrderForm, *, day: date | None = None) -> dict[str, Any]:
    """Return a market's form as the page shows it, moved to another day when one is given."""
    starts = clock.shanghai(form.starts_at) if form.starts_at else None
    ends = clock.shanghai(form.ends_at) if form.ends_at else None
    unit = form.pay_unit.value if form.pay_unit else "day"
    if form.pay_unit is PayUnit.PIECE:
        unit = next((k for k, v in _PIECES.items() if v == form.piece_name), "piece")
    days = (form.last_date - starts.date()).days + 1 if form.last_date and starts else 0
    lines = (form.description or "").split("\n")
    return {
        "title": form.title or "", "wanted": str(form.headcount or ""),
        "date": day.isoformat() if day else starts.date().isoformat() if starts else "",
        "start": f"{starts:%H:%M}" if starts else "", "end": f"{ends:%H:%M}" if ends else "",
        "days": str(days) if days > 1 else "", "break_minutes": str(form.meal_minutes or ""),
        "pay": format_yuan(form.pay_fen) if form.pay_fen else "", "pay_unit": unit,
        "settlement": form.settlement.value if form.settlement else "", "street": form.division_code or "",
        "address": form.place or "", "contact_name": form.contact_name or "", "contact_phone": form.contact_phone or "",
        "trade": form.trade_code or "", "legal_form": form.legal_form.value if form.legal_form else "",
        "pay_way": form.pay_channel.value if form.pay_channel else "", "meals": form.meals or "", "ride": form.ride or "",
        "tools": form.tools or "", "rain_rule": form.rain_rule or "",
        "demands": next((t[3:] for t in lines if t.startswith("要求：")), ""),
        "insurance": next((t[3:] for t in lines if t.startswith("保险：")), ""),
        "detail": "\n".join(t for t in lines if not t.startswith(("要求：", "保险："))),
        "crew_allowed": "1" if form.crew_allowed else "", **dict.fromkeys(form.conditions or (), "1"),
    }  # fmt: skip
