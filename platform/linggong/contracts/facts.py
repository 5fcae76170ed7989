"""What a contract says, gathered from the terms, the shifts and the place: the same for the screen, the voice and the paper."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import msgspec

from linggong.contracts import legal_forms
from linggong.contracts.models import ContractFile
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.money import format_yuan
from linggong.kernel.paths import ancestors, tenant_path
from linggong.market.codes import (
    BENEFIT_LABELS,
    INSURANCE_PAYER_LABELS,
    PAY_CHANNEL_LABELS,
    PAY_UNIT_LABELS,
    SETTLEMENT_LABELS,
    LegalForm,
    PayChannel,
    PayUnit,
    Settlement,
)
from linggong.market.models import TermsVersion
from linggong.work import common
from linggong.work.models import Engagement
from tenants.service import resolved

HOTLINE = "12333"
"""The ministry's own number, where a place has none of its own."""
_KEYS = ("comp.wait", "comp.wait_fault", "heat.allowance_fen", "t.retention")
_PLACES = "SELECT name, phone FROM nodes WHERE path = ANY ($1::text[]) ORDER BY length(path) DESC"


class ShiftLine(msgspec.Struct, frozen=True):
    """One working time as people say it."""

    day: str
    hours: str
    rest: str


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a contract says about the work; no person's full name and no number."""

    code: str
    part: int
    changes: list[str]
    form: LegalForm
    warnings: list[str]
    terms_version: int
    terms_hash: str
    title: str
    trade: str
    description: str
    place: str
    shifts: list[ShiftLine]
    pay: str
    pay_unit: str
    settlement: str
    channel: str
    benefits: str
    rain_rule: str
    cancel_rule: str
    insurance: str
    employer: str
    worker: str
    wait_percent: str
    wait_fault_percent: str
    heat_allowance: str
    retention_years: int
    station: str
    phone: str


async def gather(
    uow: UnitOfWork, row: Engagement, *, file: ContractFile | None = None, terms: TermsVersion | None = None
) -> Facts:
    """Return the facts of an engagement's contract, or of one of its documents.

    Before a document exists its form is chosen here, as it will be when it is made. Raises NotFound without terms.
    """
    version = file.terms_version if file is not None else row.terms_version
    found = terms or await common.terms_of(uow, row.order_id, version or 0)
    body: dict[str, Any] = json.loads(found.body)
    # A place may not have set its heat allowance yet; the contract then names the rule without a figure.
    numbers = {k: v.value for k, v in (await resolved(uow, row.tenant, *_KEYS, *legal_forms.LIMITS)).items()}
    if file is None:
        choice = await legal_forms.choose_for(uow, row, body, numbers)
    else:
        choice = legal_forms.Choice(LegalForm(file.legal_form), list(file.warnings))
    station, phone = await _place(uow, row.tenant)
    heat = numbers["heat.allowance_fen"]
    return Facts(
        code="" if file is None else file.code,
        part=0 if file is None else file.part,
        changes=[] if file is None else list(file.changes),
        form=choice.form,
        warnings=choice.warnings,
        terms_version=found.version,
        terms_hash=found.hash.hex(),
        title=body["work"]["title"],
        trade=body["work"]["trade"],
        description=body["work"]["description"],
        place=body["place"]["text"],
        shifts=[_shift(s) for s in body["shifts"]],
        pay=_pay(body["pay"]),
        pay_unit=body["pay"]["unit"],
        settlement=SETTLEMENT_LABELS[Settlement(body["settlement"]["when"])],
        channel=PAY_CHANNEL_LABELS[PayChannel(body["settlement"]["channel"])],
        benefits=_benefits(body),
        rain_rule=body["rain_rule"],
        cancel_rule=body["cancel_rule"],
        insurance=INSURANCE_PAYER_LABELS.get(body["insurance_payer"], INSURANCE_PAYER_LABELS["none"]),
        employer=body["employer"]["name"],
        worker=row.worker_name,
        wait_percent=_plain(numbers["comp.wait"]),
        wait_fault_percent=_plain(numbers["comp.wait_fault"]),
        heat_allowance=format_yuan(heat) if isinstance(heat, int) and heat else "",
        retention_years=int(str(numbers["t.retention"])),
        station=station,
        phone=phone,
    )


async def _place(uow: UnitOfWork, path: str) -> tuple[str, str]:
    """Return the order's station and the telephone for complaints: the station's own, else one above it, else the hotline."""
    rows = await uow.fetch(_PLACES, ancestors(tenant_path(path)))
    phone = next((r["phone"] for r in rows if r["phone"]), HOTLINE)
    return (rows[0]["name"] if rows else ""), phone


def _shift(raw: dict[str, Any]) -> ShiftLine:
    start = clock.shanghai(datetime.fromisoformat(raw["starts_at"]))
    end = clock.shanghai(datetime.fromisoformat(raw["ends_at"]))
    over = "次日" if end.date() > start.date() else ""
    meal = raw.get("meal_minutes") or 0
    rest = f"{meal} 分钟" if meal else "无"
    return ShiftLine(f"{start.year}年{start.month}月{start.day}日", f"{start:%H:%M}—{over}{end:%H:%M}", rest)


def _pay(raw: dict[str, Any]) -> str:
    unit = PayUnit(raw["unit"])
    word = raw.get("piece_name") or PAY_UNIT_LABELS[unit] if unit is PayUnit.PIECE else PAY_UNIT_LABELS[unit]
    text = f"每{word} {format_yuan(raw['fen'])} 元"
    if unit is PayUnit.GONG and raw.get("minutes_per_gong"):
        text += f"（1 个工按 {raw['minutes_per_gong'] / 60:g} 小时）"
    return text


def _benefits(body: dict[str, Any]) -> str:
    given = [BENEFIT_LABELS[b] for b in body.get("benefits", []) if b in BENEFIT_LABELS]
    given += [body[k] for k in ("meals", "ride", "tools") if body.get(k)]
    return "、".join(dict.fromkeys(given)) or "没有另外约定"


def _plain(value: object) -> str:
    return f"{float(str(value)):g}"
