"""What every record of reaching out has in common: where it is kept, when it happened, who wrote it, its code and its event."""

from __future__ import annotations

from collections.abc import Container
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec

from linggong.kernel import clock
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Fault, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.paths import TenantPath
from linggong.market.trades import trade

_AHEAD: Final = timedelta(minutes=1)
_OLDEST: Final = timedelta(days=366)
"""What happened longer ago than a year is a slip of the pen."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a ledger: what happened where, by which code it is found again, when it happened and when it was written."""

    id: UUID
    tenant: str
    trace_code: str
    words: str
    place: str
    happened_at: datetime
    written_at: datetime
    done_by: UUID | None
    photos: int
    figures: dict[str, int]


class _Row(Protocol):
    id: Any
    tenant: Any


def here(uow: UnitOfWork) -> TenantPath:
    """Return the acting post's node, where its records are kept; raises NotFound for whoever stands at none."""
    if uow.actor.post is None or not uow.scope.covers(uow.actor.post):
        raise NotFound
    return uow.actor.post


def who(uow: UnitOfWork) -> UUID | None:
    """Return who writes."""
    return None if uow.actor.id == NOBODY else uow.actor.id


def past(faults: list[Fault], now: datetime, at: datetime, what: str, field: str = "happened_at") -> None:
    """Add what is wrong with the time of something that has happened: in the future, or longer ago than a year."""
    if at.tzinfo is None:
        faults.append(Fault(field, "时间写法不对，例如 2026-11-25 06:30。", "time"))
    elif at > now + _AHEAD:
        faults.append(Fault(field, f"{what}的时间在将来，请核对；还没发生的不能先记。", "future"))
    elif at < now - _OLDEST:
        faults.append(Fault(field, f"{what}的时间是一年以前，请核对。", "old"))


def long(faults: list[Fault], field: str, text: str, what: str, *, least: int = 2, most: int = 200) -> str:
    """Return a text without blanks around it; too short or too long is a fault."""
    clean = text.strip()
    if len(clean) < least:
        faults.append(Fault(field, f"请写{what}。", "required"))
    elif len(clean) > most:
        faults.append(Fault(field, f"{what}最多写 {most} 个字。", "length"))
    return clean


def known(faults: list[Fault], field: str, code: str, codes: Container[str], what: str) -> None:
    """Add a fault for a code that is none."""
    if code not in codes:
        faults.append(Fault(field, f"请选{what}。", "choice"))


def point(faults: list[Fault], latitude: float | None, longitude: float | None) -> None:
    """Add what is wrong with a point: half of one, or none on earth."""
    if (latitude is None) != (longitude is None):
        faults.append(Fault("latitude", "经度和纬度要一起写。", "point"))
    elif latitude is not None and longitude is not None and not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        faults.append(Fault("latitude", "经纬度不对，请核对。", "point"))


def trades(faults: list[Fault], field: str, *codes: str | None) -> None:
    """Add a fault for a trade that does not exist."""
    if any(code and trade(code) is None for code in codes):
        faults.append(Fault(field, "没有这个工种，请从列表里选。", "unknown"))


def shot_that_day(faults: list[Fault], taken_at: datetime | None, happened_at: datetime) -> None:
    """Add a fault for a photo of another day: it proves nothing of this one."""
    if taken_at is None or taken_at.tzinfo is None or happened_at.tzinfo is None:
        return
    if clock.business_date(taken_at) != clock.business_date(happened_at):
        faults.append(Fault("photo_taken_at", "照片不是这一天拍的，请核对日期。", "range"))


def month_of(day: date) -> date:
    """Return a month's first day."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    """Return the first day of the month after."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


async def tell(uow: UnitOfWork, row: _Row, event: str, *, at: datetime | None = None, **body: Any) -> None:
    """Emit what happened to a record; what was written later carries its original time."""
    await uow.emit(
        NewEvent(
            type=event, chain=f"{event.partition('.')[0]}:{row.id}", subject_id=row.id, tenant=row.tenant,
            employer_id=getattr(row, "employer_id", None), occurred_at=at, body=body,
        )
    )  # fmt: skip
