"""From a point to the records (R122): what a row of a year counts, record by record, as far as the reader's post sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from linggong.assessment import gather
from linggong.assessment.card import Row
from linggong.cases import codes
from linggong.cases import common as cases
from linggong.cases.injury_models import Incident
from linggong.cases.models import Case
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.money import format_yuan
from linggong.people.models import ServiceLink
from linggong.wages.models import Payment
from rbac.permissions import Permission

MOST: Final = 100
MEASURED: Final = {
    "assignments": {"assignments": ("M07", "completed")}, "posts": {"audited": ("M05", "posts"), "raw": ("M18", "published")},
    "truth": {"false_posts": ("M18", "untrue"), "stale": ("M18", "stale")},
    "satisfaction": {
        "workers": ("M22", "rated.worker"), "employers": ("M22", "rated.employer"),
    },
    "functions": {
        "post_orders": ("M18", "published"), "take_orders": ("M08", "agreed"), "price": ("M03", "confirmed"),
        "contract_insurance": ("M16", "contracted"), "settlement": ("M12", "bills.confirmed"), "negotiation_complaint": ("M14", "cases"),
    },
}  # fmt: skip
"""Counts whose records stand on the page of a measure: the measure and the component."""


@dataclass(frozen=True, slots=True)
class Line:
    """One record."""

    title: str
    sub: str
    day: date
    place: str
    href: str


@dataclass(frozen=True, slots=True)
class Listed:
    """Records of a count: the first hundred, and how many there are."""

    key: str
    label: str
    read: Permission
    total: int
    lines: Sequence[Line]


OWN: Final = {
    "persons": ("persons", "登记的人", Permission.PERSON_READ), "incidents": ("incidents", "查实的事件", Permission.INCIDENT_READ),
    "disputes": ("disputes", "立案的纠纷", Permission.CASE_READ), "functions": ("payments", "雇主支付记录", Permission.BILL_READ),
}  # fmt: skip
"""Counts whose records are listed here, by the row's source: the key, the words, what one must hold to see them."""


async def listed(uow: UnitOfWork, row: Row, ask: gather.Ask) -> Listed | None:
    """Return the records that a row counts, where they are listed here. The caller checks that the reader may see them."""
    if row.source not in OWN:
        return None
    key, label, read = OWN[row.source]
    model, test, at = _SELECTS[key](uow, ask)
    total = int(await uow.session.scalar(sa.select(sa.func.count()).select_from(model).where(test)) or 0)
    found = await uow.session.scalars(sa.select(model).where(test).order_by(at.desc()).limit(MOST))
    return Listed(key, label, read, total, [_line(key, one) for one in found])


def _persons(uow: UnitOfWork, ask: gather.Ask) -> tuple[Any, Any, Any]:
    return ServiceLink, gather.registered(ask), ServiceLink.started_at


def _incidents(uow: UnitOfWork, ask: gather.Ask) -> tuple[Any, Any, Any]:
    return Incident, gather.confirmed_incidents(ask), Incident.happened_at


def _disputes(uow: UnitOfWork, ask: gather.Ask) -> tuple[Any, Any, Any]:
    # An operator's people never see cases of their own.
    return Case, sa.and_(gather.disputes(ask), cases.not_own(uow)), Case.created_at


def _payments(uow: UnitOfWork, ask: gather.Ask) -> tuple[Any, Any, Any]:
    return Payment, gather.paid(ask), Payment.claimed_at


_PAID: Final = {"cash": "现金", "bank": "银行转账", "wechat": "微信", "card": "社保卡"}
_SELECTS: Final = {"persons": _persons, "incidents": _incidents, "disputes": _disputes, "payments": _payments}


def _line(key: str, one: Any) -> Line:
    match key:
        case "persons":
            return Line("登记的零工", _short(one.subject_id), clock.business_date(one.started_at), one.tenant, f"/desk/people/{one.subject_id}")  # fmt: skip
        case "incidents":
            return Line(
                codes.INCIDENTS[one.kind], one.findings, clock.business_date(one.happened_at), one.tenant, "/desk/cases"
            )
        case "disputes":
            return Line(f"{codes.KINDS[one.kind]} {one.receipt}", codes.CHANNELS[one.channel], clock.business_date(one.created_at), one.tenant, f"/desk/cases/{one.id}")  # fmt: skip
    return Line(
        f"付款 {format_yuan(one.amount_fen)} 元",
        _PAID[one.channel],
        clock.business_date(one.claimed_at),
        one.tenant,
        "",
    )


def _short(one: UUID) -> str:
    return f"编号尾号 {one.hex[-6:]}"
