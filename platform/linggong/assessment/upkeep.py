"""The log of upkeep (row 2, R129), and the uptime that the system itself can know: it notes every five minutes that it runs."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta
from sqlalchemy.dialects.postgresql import insert

from linggong.assessment import common
from linggong.assessment.models import UPKEEP, UPKEEP_WHAT, Upkeep, UptimeDay
from linggong.kernel import clock
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from tenants import queries as tree

BEAT: Final = timedelta(minutes=5)
_BEATS_A_DAY: Final = int(timedelta(days=1) / BEAT)
_MOST_DOWN: Final = 43200
_OLDEST: Final = timedelta(days=366)


class UpkeepForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What was done for the system on a day, of which of the four kinds; minutes for which it did not run."""

    path: Annotated[str, Meta(max_length=120)]
    kind: str
    what: str
    day: date
    words: Annotated[str, Meta(max_length=500)]
    down_minutes: int = 0


class UpkeepView(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the log."""

    id: UUID
    path: str
    kind: str
    kind_words: str
    what: str
    what_words: str
    day: date
    words: str
    down_minutes: int
    by: str
    at: datetime


class Uptime(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a period the system ran, from the first day on which it noted that; `share` is None before that."""

    since: date | None
    beats: int
    due: int
    share: float | None
    down_days: list[date]
    """Days on which it noted less than nine tenths of what was due."""


async def enter(uow: UnitOfWork, form: UpkeepForm) -> UUID:
    """Add to the log. Raises NotFound for a place outside the scope, Invalid with every fault."""
    place = await tree.node(uow, form.path)
    if not uow.scope.covers(place.path):
        raise NotFound
    today, faults = clock.business_date(uow.now), []
    if form.kind not in UPKEEP:
        faults.append(Fault("kind", "请选四类维护中的一类。", "choice"))
    if form.what not in UPKEEP_WHAT:
        faults.append(Fault("what", "请选做了什么。", "choice"))
    if form.day > today:
        faults.append(Fault("day", "日期不能晚于今天。", "future"))
    elif form.day < today - _OLDEST:
        faults.append(Fault("day", "一年以前的维护不能补记。", "far"))
    if not 4 <= len(form.words.strip()) <= 500:
        faults.append(Fault("words", "写明做了什么、结果怎样，4 到 500 个字。", "required"))
    if not 0 <= form.down_minutes <= _MOST_DOWN:
        faults.append(Fault("down_minutes", f"停机分钟要在 0 到 {_MOST_DOWN} 之间。", "range"))
    common.refuse(faults)
    row = Upkeep(
        id=new_id(), tenant=place.path, kind=form.kind, what=form.what, day=form.day, words=form.words.strip(),
        down_minutes=form.down_minutes, made_at=uow.now, made_by=common.actor(uow), made_name=await common.name(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    body = {"kind": form.kind, "what": form.what, "day": form.day.isoformat(), "down_minutes": form.down_minutes}
    await uow.emit(
        NewEvent(type="upkeep.entered", chain=f"node:{place.id}", subject_id=place.id, tenant=place.path, body=body)
    )
    return row.id


async def entries(uow: UnitOfWork, first: date, last: date, *, limit: int = 200) -> list[UpkeepView]:
    """Return the log of the scope, the latest first."""
    rows = await uow.session.scalars(
        sa.select(Upkeep)
        .where(uow.scope.clause(Upkeep.tenant), Upkeep.day.between(first, last))
        .order_by(Upkeep.day.desc(), Upkeep.id.desc())
        .limit(limit)
    )
    return [
        UpkeepView(
            id=one.id, path=one.tenant, kind=one.kind, kind_words=UPKEEP[one.kind], what=one.what, what_words=UPKEEP_WHAT[one.what],
            day=one.day, words=one.words, down_minutes=one.down_minutes, by=one.made_name, at=one.made_at,
        )
        for one in rows
    ]  # fmt: skip


async def beat(database: Database) -> None:
    """Note that the system runs; two processes in one span of five minutes count once."""
    async with database.system() as uow:
        day = clock.business_date(uow.now)
        made = insert(UptimeDay).values(day=day, beats=1, first_at=uow.now, last_at=uow.now)
        again = made.on_conflict_do_update(
            index_elements=["day"],
            set_={"beats": UptimeDay.beats + 1, "last_at": uow.now},
            where=UptimeDay.last_at < uow.now - BEAT / 2,
        )
        await uow.execute(again)


async def uptime(uow: UnitOfWork, first: date, last: date) -> Uptime:
    """Return how much of the days that are over the system ran, counted from the first day that it noted."""
    last = min(last, clock.business_date(uow.now) - timedelta(days=1))
    rows = await uow.session.scalars(
        sa.select(UptimeDay).where(UptimeDay.day.between(first, last)).order_by(UptimeDay.day)
    )
    found = {row.day: row for row in rows}
    if not found:
        return Uptime(since=None, beats=0, due=0, share=None, down_days=[])
    since = min(found)
    due, beats, down = 0, 0, []
    for n in range((last - since).days + 1):
        day = since + timedelta(days=n)
        whole = _BEATS_A_DAY
        if day == since:
            # Counted from the first beat on: before it nothing was there that could run.
            whole = max(1, int((clock.day_bounds(day)[1] - found[day].first_at) / BEAT))
        had = min(found[day].beats if day in found else 0, whole)
        due, beats = due + whole, beats + had
        if had < whole * 0.9:
            down.append(day)
    return Uptime(since=since, beats=beats, due=due, share=round(beats / due, 4), down_days=down)
