"""每日工作记实 (R091): a station's day is drafted from what happened, the clerk adds what no record knows, and signs. What is signed stays."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.insight import day as days
from linggong.kernel import clock
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent, canonical
from linggong.kernel.ids import new_id
from linggong.ledgers.models import DayRecord
from linggong.ledgers.writing import name_of, own_site
from linggong.measures.hours import opens
from linggong.measures.liveliness import closures
from linggong.measures.site_models import SiteDay
from linggong.measures.sites import thresholds
from tenants.models import Node

LOOK_BACK: Final = 31
"""Days on which a missing record is still asked for on the clerk's first screen; the month report counts all."""
NOTE_LENGTH: Final = 2000


class SignForm(msgspec.Struct, forbid_unknown_fields=True):
    """A day to sign at one's own station, or an addition to one that is signed. `site` is the station's path, '' one's own."""

    day: date
    note: Annotated[str, Meta(max_length=6000)] = ""
    site: Annotated[str, Meta(max_length=120)] = ""


class Addition(msgspec.Struct, frozen=True, kw_only=True):
    """What was added to a signed day, by whom and when."""

    note: str
    signed_at: datetime
    signed_name: str


class DayView(msgspec.Struct, frozen=True, kw_only=True):
    """A day of a station: `signed`, `late` (signed after its hour), `missing`, or `open` (today, or no day of work)."""

    day: date
    state: str
    text: str = ""
    note: str = ""
    signed_at: datetime | None = None
    signed_name: str = ""
    additions: list[Addition] = []


async def expected(uow: UnitOfWork, paths: Sequence[str], first: date, last: date) -> dict[str, set[date]]:
    """Return the days of stations that need a record: open by their hours, since they opened and left a first sign, not closed as declared."""
    nodes = await uow.execute(
        sa.select(Node.path, Node.opening_hours, Node.opened_on, Node.closed_on).where(Node.path.in_(paths))
    )
    begun = {
        row.tenant: row.day
        for row in await uow.execute(
            sa.select(SiteDay.tenant, sa.func.min(SiteDay.day).label("day"))
            .where(SiteDay.tenant.in_(paths))
            .group_by(SiteDay.tenant)
        )
    }
    closed = await closures(uow, paths, first, last)
    span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    found: dict[str, set[date]] = {}
    for path, hours, since, until in nodes:
        start = max((day for day in (since, begun.get(path)) if day is not None), default=None)
        found[path] = {
            day
            for day in span
            if start is not None and day >= start and (until is None or day < until)
            and opens(hours, day) is not None and day not in closed.get(path, ())
        }  # fmt: skip
    return found


async def missing(uow: UnitOfWork, path: str) -> list[date]:
    """Return the days before today that a station did not sign, the latest first."""
    last = clock.business_date(uow.now) - timedelta(days=1)
    first = last - timedelta(days=LOOK_BACK - 1)
    wanted = (await expected(uow, [path], first, last)).get(path, set())
    signed = await uow.session.scalars(
        sa.select(DayRecord.day).where(DayRecord.tenant == path, DayRecord.nth == 0, DayRecord.day.between(first, last))
    )
    return sorted(wanted - set(signed), reverse=True)


async def due_at(uow: UnitOfWork, path: str, day: date) -> datetime:
    """Return until when a day is signed in time: `daily.due`, counted from its midnight."""
    hours = (await thresholds(uow, "daily.")).whole(path, "daily.due")
    return clock.day_bounds(day)[0] + timedelta(seconds=hours)


async def draft(uow: UnitOfWork, path: str, day: date) -> tuple[str, dict[str, Any]]:
    """Return the diary of a station's day as the records tell it now, and how often what happened."""
    counted = await days.ledger(uow, day, at=path)
    return days.diary(counted, day), {kind: one.number for kind, one in sorted(counted.items())}


async def sign(uow: UnitOfWork, form: SignForm) -> DayRecord:
    """Sign a day of one's own station (R091). Raises Conflict for a post that is no station, Invalid with every fault."""
    node = await own_site(uow)
    known, faults = await _checked(uow, node, form)
    if known:
        faults.append(
            Fault("day", f"{form.day.month}月{form.day.day}日已经签过了，签过的不能改，要补充请写在下面。", "signed")
        )
    if faults:
        raise Invalid(faults)
    text, counts = await draft(uow, node.path, form.day)
    late = uow.now > await due_at(uow, node.path, form.day)
    row = await _keep(uow, node, form, nth=0, text=text, counts=counts, late=late)
    await _tell(uow, "day.signed", node, row)
    return row


async def add(uow: UnitOfWork, form: SignForm) -> DayRecord:
    """Add to a day that is signed; the record itself stays as it is. Raises as `sign` does."""
    node = await own_site(uow)
    known, faults = await _checked(uow, node, form)
    if not known:
        faults.append(Fault("day", "这一天还没有签，请先签字。", "unsigned"))
    if not form.note.strip():
        faults.append(Fault("note", "请写补充什么。", "required"))
    if faults:
        raise Invalid(faults)
    row = await _keep(uow, node, form, nth=known, text="", counts={}, late=False)
    await _tell(uow, "day.added", node, row)
    return row


async def _checked(uow: UnitOfWork, node: Node, form: SignForm) -> tuple[int, list[Fault]]:
    """Return how much is signed of the day already, and what is wrong with the form whatever is done with it."""
    today, faults = clock.business_date(uow.now), []
    if form.site and form.site != node.path:
        if not uow.scope.covers(form.site):
            raise NotFound
        faults.append(Fault("site", "只能签自己站点的日志。", "foreign"))
    if form.day > today:
        faults.append(Fault("day", "还没到的日子不能签。", "future"))
    elif form.day < today - timedelta(days=366):
        faults.append(Fault("day", "一年以前的日志不再补签。", "past"))
    elif node.opened_on is not None and form.day < node.opened_on:
        faults.append(Fault("day", f"站点 {node.opened_on.isoformat()} 才开办，那天还没有这个站。", "not_there"))
    elif node.closed_on is not None and form.day >= node.closed_on:
        faults.append(Fault("day", "站点已经关停，那天没有日志。", "not_there"))
    if len(form.note.strip()) > NOTE_LENGTH:
        faults.append(Fault("note", f"最多 {NOTE_LENGTH} 个字。", "length"))
    # Whoever signs the same day at the same time waits here, and is told that it is signed.
    await uow.execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:k, 7))"), {"k": f"{node.path}|{form.day}"}
    )
    here = sa.select(sa.func.count()).where(DayRecord.tenant == node.path, DayRecord.day == form.day)
    return int(await uow.session.scalar(here) or 0), faults


async def _keep(
    uow: UnitOfWork, node: Node, form: SignForm, *, nth: int, text: str, counts: dict[str, Any], late: bool
) -> DayRecord:
    row = DayRecord(
        id=new_id(), tenant=node.path, day=form.day, nth=nth, text=text, note=form.note.strip(), counts=counts,
        signed_at=uow.now, signed_by=None if uow.actor.id == NOBODY else uow.actor.id, signed_name=await name_of(uow), late=late,
        hash=b"",
    )  # fmt: skip
    row.hash = digest(node.id, row)
    uow.session.add(row)
    await uow.flush()
    return row


def digest(node_id: UUID, row: DayRecord) -> bytes:
    """Return the hash of what was signed. It covers the place's id, not its path, which may move."""
    told = {
        "node": node_id, "day": row.day, "nth": row.nth, "text": row.text, "note": row.note, "counts": row.counts,
        "signed_at": row.signed_at, "signed_by": row.signed_by, "late": row.late,
    }  # fmt: skip
    return hashlib.sha256(canonical(told).encode()).digest()


async def _tell(uow: UnitOfWork, what: str, node: Node, row: DayRecord) -> None:
    await uow.emit(
        NewEvent(
            type=what, chain=f"node:{node.id}", subject_id=node.id, tenant=node.path,
            body={"day": row.day, "late": row.late, "sha256": row.hash.hex()},
        )
    )  # fmt: skip


async def read(uow: UnitOfWork, path: str, first: date, last: date) -> list[DayView]:
    """Return the days of a station over a period up to today, the latest first, each with what was signed. Raises NotFound."""
    if not uow.scope.covers(path):
        raise NotFound
    today = clock.business_date(uow.now)
    last = min(last, today)
    rows = await uow.session.scalars(
        sa.select(DayRecord)
        .where(DayRecord.tenant == path, DayRecord.day.between(first, last))
        .order_by(DayRecord.day, DayRecord.nth)
    )
    by_day: dict[date, list[DayRecord]] = {}
    for row in rows:
        by_day.setdefault(row.day, []).append(row)
    wanted = (await expected(uow, [path], first, last)).get(path, set()) if last >= first else set()
    span = [last - timedelta(days=n) for n in range((last - first).days + 1)]
    return [_view(day, by_day.get(day, []), day in wanted and day < today) for day in span]


def _view(day: date, rows: list[DayRecord], wanted: bool) -> DayView:
    if not rows:
        return DayView(day=day, state="missing" if wanted else "open")
    record, *more = rows
    return DayView(
        day=day, state="late" if record.late else "signed", text=record.text, note=record.note, signed_at=record.signed_at,
        signed_name=record.signed_name,
        additions=[Addition(note=one.note, signed_at=one.signed_at, signed_name=one.signed_name) for one in more],
    )  # fmt: skip


class DaySums(msgspec.Struct, frozen=True, kw_only=True):
    """How a station kept its records over a period."""

    expected: int = 0
    signed: int = 0
    late: int = 0

    @property
    def missing(self) -> int:
        """Days that nobody signed."""
        return self.expected - self.signed


async def sums(uow: UnitOfWork, paths: Sequence[str], first: date, last: date) -> dict[str, DaySums]:
    """Return how stations kept their records, in a few queries however many they are."""
    wanted = await expected(uow, paths, first, last)
    rows = await uow.execute(
        sa.select(DayRecord.tenant, DayRecord.day, DayRecord.late).where(
            DayRecord.tenant.in_(paths), DayRecord.nth == 0, DayRecord.day.between(first, last)
        )
    )
    signed: dict[str, dict[date, bool]] = {}
    for tenant, day, late in rows:
        signed.setdefault(tenant, {})[day] = late
    found = {}
    for path in paths:
        here, due = signed.get(path, {}), wanted.get(path, set())
        # Who came on a day off and signed it did more than he must, and owes nothing for another day.
        found[path] = DaySums(
            expected=len(due), signed=len(due & here.keys()), late=sum(here[day] for day in due & here.keys())
        )
    return found
