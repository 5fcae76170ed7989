"""What ledgers and reports show in the demo: lines by hand, days that were signed, late or forgotten, and the month that is over.

Written once. What the printed accounts do goes through the services; the days of all other stations are written as their clerks would
have signed them, a few late and a few not at all, so that a county has something to ask about.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zlib import crc32

import sqlalchemy as sa

from linggong.insight import day as days
from linggong.insight.day import TOLD, Count
from linggong.kernel import clock
from linggong.kernel.clock import MovableClock, at_shanghai
from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.events import Event
from linggong.kernel.ids import new_id
from linggong.kernel.paths import ROOT, Scope, TenantPath, parent, tenant_path
from linggong.ledgers import daily, months, reports, writing
from linggong.ledgers.models import DayRecord, MonthReport
from linggong.ledgers.reports import ReportAnswer, ReportSign
from linggong.ledgers.writing import EntryForm
from linggong.measures.sites import open_sites
from linggong.people.models import Staff
from rbac.models import RoleAssignment
from rbac.roles import Role
from tenants import service
from tenants.models import Node

_DAYS: Final = 45
_Acting = tuple[Actor, Scope]
_LINES: Final[tuple[tuple[int, dict[str, Any]], ...]] = (
    (9, {"who": "街道办", "what": "检查候工区消防器材", "place": "驿站", "n": 2, "note": "灭火器压力正常，一处标牌补贴好了"}),
    (4, {"who": "候工的零工", "what": "送热水和手套", "place": "驿站候工区", "n": 21, "note": "寒潮第一天，手套 20 副"}),
    (2, {"who": "", "what": "停电两小时，登记改用纸，来电后补录", "place": "驿站", "note": "补录 6 人"}),
)  # fmt: skip
_BOOKS: Final = "灵活用工政策宣讲、灵活用工企业需求、人力资源供给、用工专员服务企业、零工市场即时对接、其他事项台账"


async def write(database: Database) -> int:
    """Fill the ledgers; returns how many days were written. Nothing a second time."""
    async with database.system() as uow:
        if await uow.session.scalar(sa.select(sa.exists().where(DayRecord.id.is_not(None)))):
            return 0
        named = await _posts(uow, Staff.username.in_(("clerk", "street", "county")))
        clerks = await _posts(uow, RoleAssignment.role == Role.STATION_CLERK)
    people = dict(named.values())
    if not {"clerk", "county"} <= people.keys():
        return 0
    now = clock.now()
    moved = MovableClock(now)
    with clock.clock_set(moved):
        await _by_hand(database, people["clerk"], moved, clock.business_date(now))
        moved.move_to(now)
        async with database.system() as uow:
            written = await _days(uow, {path: acting[0].id for path, (_, acting) in clerks.items()})
        await _month(database, people, clerks, moved, now)
    return written


async def _posts(uow: UnitOfWork, which: sa.ColumnElement[bool]) -> dict[str, tuple[str, _Acting]]:
    rows = await uow.execute(
        sa.select(Staff.username, Staff.id, RoleAssignment.role, RoleAssignment.tenant)
        .join(RoleAssignment, RoleAssignment.staff_id == Staff.id)
        .where(which, RoleAssignment.ends_at.is_(None))
    )
    return {row.tenant: (row.username, _as(row.id, row.role, tenant_path(row.tenant))) for row in rows}


def _as(staff_id: UUID, role: str, path: TenantPath) -> _Acting:
    return Actor(kind="staff", id=staff_id, post=path, role=role, channel="desk"), Scope(trees=(path,))


async def _by_hand(database: Database, clerk: _Acting, moved: MovableClock, today: date) -> None:
    async with database.system() as uow:
        county = parent(parent(tenant_path(str(clerk[0].post))) or ROOT) or ROOT
        await service.set_parameter(uow, county, "ledgers", _BOOKS, "汴人社规〔2025〕1号 (R086-R090)，本县另加一本")
    for back, given in _LINES:
        at = at_shanghai(today - timedelta(days=back), time(10, 20))
        # One in three is written the day after: what is late is shown in the demo, too.
        moved.move_to(at + (timedelta(hours=27) if back == 4 else timedelta(minutes=35)))
        async with database.begin(*clerk) as uow:
            row = await writing.write(uow, "other", EntryForm(happened_at=at, **given))
        if back == 4:
            moved.advance(timedelta(hours=2))
            async with database.begin(*clerk) as uow:
                form = EntryForm(happened_at=at, corrects=row.id, reason="人数写反了", **(given | {"n": 12}))
                await writing.write(uow, "other", form)


async def _days(uow: UnitOfWork, clerks: Mapping[str, UUID]) -> int:
    """Write the signed days of all stations with a clerk, from one count of what happened."""
    today = clock.business_date(uow.now)
    first, last = today - timedelta(days=_DAYS), today - timedelta(days=1)
    sites = [site.path for site in await open_sites(uow, ROOT) if site.path in clerks]
    wanted = await daily.expected(uow, sites, first, last)
    nodes = {row.path: row.id for row in await uow.execute(sa.select(Node.path, Node.id).where(Node.path.in_(sites)))}
    names = {row.id: row.name for row in await uow.execute(sa.select(Staff.id, Staff.name))}
    counts = await _counts(uow, first, last)
    written = 0
    for path in sites:
        for day in sorted(wanted[path]):
            draw = crc32(f"{path}{day}".encode()) % 100
            forgotten = draw < 2 or (day == last and draw % 4 == 0) or (path == sites[0] and day == last)
            if forgotten:
                continue
            late = draw < 7
            counted = counts.get((path, day), {})
            row = DayRecord(
                id=new_id(), tenant=path, day=day, nth=0, text=days.diary(counted, day), note="",
                counts={kind: one.number for kind, one in sorted(counted.items())},
                signed_at=at_shanghai(day + timedelta(days=int(late)), time(8 if late else 18, draw % 50)), signed_by=clerks[path],
                signed_name=names[clerks[path]], late=late, hash=b"",
            )  # fmt: skip
            row.hash = daily.digest(nodes[path], row)
            uow.session.add(row)
            written += 1
    return written


async def _counts(uow: UnitOfWork, first: date, last: date) -> dict[tuple[str, date], dict[str, Count]]:
    since, until = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
    day = sa.cast(sa.func.timezone("Asia/Shanghai", Event.occurred_at), sa.Date).label("day")
    rows = await uow.execute(
        sa.select(
            Event.tenant, day, Event.type, sa.func.count(), sa.func.count().filter(Event.channel == "offline"),
            sa.func.min(Event.occurred_at),
        )
        .where(Event.occurred_at >= since, Event.occurred_at < until, Event.tenant.is_not(None), TOLD)
        .group_by(Event.tenant, day, Event.type)
    )  # fmt: skip
    found: dict[tuple[str, date], dict[str, Count]] = {}
    for tenant, on, kind, number, offline, begun in rows:
        found.setdefault((tenant, on), {})[kind] = Count(number, offline, begun)
    return found


async def _month(
    database: Database, people: Mapping[str, _Acting], clerks: Mapping[str, tuple[str, _Acting]], moved: MovableClock, now: datetime
) -> None:  # fmt: skip
    """Draft the month that is over; most stations sign in time, a few late, one in twelve not at all; the county looks at its own."""
    begin = clock.business_date(now).replace(day=1)
    month = (begin - timedelta(days=1)).replace(day=1)
    async with database.system() as uow:
        moved.move_to(at_shanghai(begin, time(2, 10)))
        await months.draft(uow, month)
    async with database.system() as uow:
        drafts = list(
            await uow.session.scalars(
                sa.select(MonthReport).where(MonthReport.month == month).order_by(MonthReport.tenant)
            )
        )
    own, county = people["clerk"][0].post, people["county"]
    for n, draft in enumerate(drafts):
        _, acting = clerks.get(draft.tenant, ("", None))
        if acting is None or (n % 12 == 5 and draft.tenant != own):
            continue
        late = n % 9 == 4 and draft.tenant != own
        at = draft.due_at + timedelta(days=1, hours=10) if late else draft.due_at - timedelta(hours=30 - n % 6)
        if at > now:
            continue
        moved.move_to(at)
        async with database.begin(*acting) as uow:
            await reports.sign(uow, draft.id, ReportSign(seen=reports.seen(draft)))
        moved.advance(timedelta(minutes=90))
        if not county[1].covers(draft.tenant) or moved.now() > now:
            continue
        async with database.begin(*county) as uow:
            if late:
                await reports.give_back(uow, draft.id, ReportAnswer(words="宣讲只写了场次，没写人数，补上再报。"))
            elif n % 3:
                await reports.approve(uow, draft.id)
    moved.move_to(now)
