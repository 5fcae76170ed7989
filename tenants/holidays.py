"""Working days: the State Council's arrangements as a table, and what a place sets for itself above it (R097).

`holidays.csv` holds the published arrangements; a year that is not in it yet counts weekends only, until somebody enters
its days. A place's own days hold for it and everything below, the nearest one first.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from linggong.kernel import clock
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import ancestors, tenant_path
from tenants import queries
from tenants.models import HolidayDay

Kind = Literal["holiday", "workday"]
_MEMO = "holidays"
_SET_DAYS = """
SELECT tenant, day, kind, name, source FROM holiday_days WHERE tenant = ANY ($1::text[]) ORDER BY length(tenant)"""
_SATURDAY = 5
_REACH = timedelta(days=400)
"""No deadline counts further than this: a table of holidays only would otherwise never end."""


class DayView(msgspec.Struct, frozen=True, kw_only=True):
    """A day that differs from the week, and who says so; `own` when the place itself set it."""

    day: date
    kind: Kind
    name: str
    source: str
    own: bool = False


@cache
def published() -> Mapping[date, DayView]:
    """Return the published arrangements, by day."""
    with (Path(__file__).parent / "holidays.csv").open(encoding="utf-8", newline="") as file:
        rows = {
            date.fromisoformat(row["day"]): DayView(
                day=date.fromisoformat(row["day"]),
                kind="holiday" if row["kind"] == "holiday" else "workday",
                name=row["name"],
                source=row["source"],
            )
            for row in csv.DictReader(file)
        }
    return MappingProxyType(rows)


async def calendar(uow: UnitOfWork, path: str) -> Mapping[date, DayView]:
    """Return the days that differ from the week at a place, by day. One query a transaction and place."""
    known: Mapping[date, DayView] | None = uow.memo.get((_MEMO, path))
    if known is not None:
        return known
    found = dict(published())
    for row in await uow.fetch(_SET_DAYS, ancestors(tenant_path(path))):
        found[row["day"]] = DayView(
            day=row["day"], kind=row["kind"], name=row["name"], source=row["source"], own=row["tenant"] == path
        )
    uow.memo[_MEMO, path] = found
    return found


def works(day: date, known: Mapping[date, DayView]) -> bool:
    """Tell whether a day is a working day: what the table says, else Monday to Friday."""
    special = known.get(day)
    return special.kind == "workday" if special is not None else day.weekday() < _SATURDAY


async def working_deadline(uow: UnitOfWork, path: str, start: datetime, days: int) -> datetime:
    """Return the end (24:00 in Shanghai) of the `days`-th working day after the day of `start`.

    Raises ValueError for less than one day.
    """
    if days < 1:
        raise ValueError("a deadline lies at least one working day ahead")
    known = await calendar(uow, path)
    day, left = clock.business_date(start), days
    last = day + _REACH
    while left and day < last:
        day += timedelta(days=1)
        left -= works(day, known)
    return clock.at_shanghai(day, time()) + timedelta(days=1)


async def working_hours(
    uow: UnitOfWork, path: str, start: datetime, hours: int, *, opens: time, closes: time
) -> datetime:
    """Return when `hours` hours of work have passed since `start`: on working days, between two times of the day.

    Raises ValueError for less than one hour, and for a place that closes before it opens.
    """
    if hours < 1 or opens >= closes:
        raise ValueError("working hours need an hour at least, and a place that closes after it opens")
    known = await calendar(uow, path)
    day, left = clock.business_date(start), timedelta(hours=hours)
    last = day + _REACH
    while day < last:
        begins, ends = max(start, clock.at_shanghai(day, opens)), clock.at_shanghai(day, closes)
        if works(day, known) and begins < ends:
            if begins + left <= ends:
                return begins + left
            left -= ends - begins
        day += timedelta(days=1)
    return clock.at_shanghai(last, closes)


async def not_on_a_holiday(uow: UnitOfWork, path: str, at: datetime) -> datetime:
    """Return `at`, or the same hour of the last working day before it: wages due on a holiday are paid before it [law]."""
    known = await calendar(uow, path)
    moved = at
    # A deadline at 24:00 belongs to the day that ends there.
    while not works(clock.business_date(moved - timedelta(microseconds=1)), known) and at - moved < _REACH:
        moved -= timedelta(days=1)
    return moved


async def days_of(uow: UnitOfWork, ref: str | UUID, year: int) -> list[DayView]:
    """Return the days of a year that differ from the week at a place, in order. Raises NotFound."""
    place = await queries.node(uow, ref)
    found = await calendar(uow, place.path)
    return [found[day] for day in sorted(found) if day.year == year]


async def set_day(uow: UnitOfWork, ref: str | UUID, day: date, kind: Kind, name: str, source: str) -> DayView:
    """Set a day at a place, for it and all below. Raises NotFound outside the scope, Invalid with every fault."""
    place = await queries.managed(uow, ref)
    faults = []
    if not 0 < len(name.strip()) <= 20:
        faults.append(Fault("name", "请写明是什么日子，最多 20 个字。", "required"))
    if not 0 < len(source.strip()) <= 200:
        faults.append(Fault("source", "请写明依据，例如文件名和文号，最多 200 个字。", "required"))
    if abs(day - clock.business_date(uow.now)) > 3 * _REACH:
        faults.append(Fault("day", "日期离今天太远，请核对年份。", "range"))
    if faults:
        raise Invalid(faults)
    row = {
        "kind": kind,
        "name": name.strip(),
        "source": source.strip(),
        "set_at": uow.now,
        "set_by": uow.actor.id if uow.actor.id != NOBODY else None,
    }
    await uow.execute(
        insert(HolidayDay)
        .values(id=new_id(), tenant=place.path, day=day, **row)
        .on_conflict_do_update(index_elements=["tenant", "day"], set_=row)
    )
    uow.memo.pop((_MEMO, place.path), None)
    await _tell(uow, place.id, place.path, "holiday.set", day, kind)
    return DayView(day=day, kind=kind, name=name.strip(), source=source.strip(), own=True)


async def clear_day(uow: UnitOfWork, ref: str | UUID, day: date) -> None:
    """Take back a day that the place itself set. Raises NotFound outside the scope and when it set none."""
    place = await queries.managed(uow, ref)
    gone = await uow.session.scalar(
        sa.delete(HolidayDay).where(HolidayDay.tenant == place.path, HolidayDay.day == day).returning(HolidayDay.kind)
    )
    if gone is None:
        raise NotFound
    uow.memo.pop((_MEMO, place.path), None)
    await _tell(uow, place.id, place.path, "holiday.cleared", day, gone)


async def _tell(uow: UnitOfWork, node_id: UUID, path: str, event: str, day: date, kind: str) -> None:
    await uow.emit(
        NewEvent(
            type=event,
            chain=f"node:{node_id}",
            subject_id=node_id,
            tenant=path,
            body={"day": day.isoformat(), "kind": kind},
        )
    )
