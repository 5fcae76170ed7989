"""What the machine does for the files of places: reminds of what expires (R035), says where nobody is (R040), puts hours in force."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa

from linggong.inbox.subscribers import above, notice
from linggong.kernel import clock
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.paths import TenantPath, tenant_path
from linggong.measures.hours import opens
from linggong.measures.liveliness import closures
from linggong.measures.site_models import SiteDay
from linggong.measures.sites import Place, open_sites, thresholds
from linggong.sites import checks, hours, roster
from linggong.sites.models import SiteEquipment, SiteStaff
from tenants.kinds import NodeKind
from tenants.models import Node

_ROOT = TenantPath("/")
_AGAIN = timedelta(days=7)
"""An expiry is told again after so long, until the thing is exchanged."""
_MONDAY = 0


async def nightly(database: Database) -> None:
    """Put hours in force that were declared for today; remind of things that expire; say where the roster falls short."""
    async with database.system() as uow:
        today = clock.business_date(uow.now)
        await hours.put_in_force(uow, today)
        await remind(uow, today)
        await short(uow, today)


async def forenoon(database: Database) -> None:
    """Say where by now nobody has opened."""
    async with database.system() as uow:
        await silent(uow)


async def remind(uow: UnitOfWork, today: date) -> int:
    """Tell places of things that expire within the days of their parameter or have expired; returns of how many places."""
    limits = await thresholds(uow, *checks.FAMILIES)
    rows = await uow.session.scalars(
        sa.select(SiteEquipment)
        .where(
            SiteEquipment.removed_on.is_(None), SiteEquipment.expires_on.is_not(None),
            SiteEquipment.expires_on <= today + timedelta(days=365),
            sa.or_(SiteEquipment.reminded_on.is_(None), SiteEquipment.reminded_on <= today - _AGAIN),
        )
        .order_by(SiteEquipment.tenant, SiteEquipment.expires_on)
        .with_for_update()
    )  # fmt: skip
    due: dict[str, list[SiteEquipment]] = {}
    for row in rows:
        ahead = timedelta(days=limits.whole(row.tenant, "site.equipment_remind_days"))
        if row.expires_on is not None and row.expires_on <= today + ahead:
            row.reminded_on = today
            due.setdefault(row.tenant, []).append(row)
    for path, things in due.items():
        listed = "；".join(
            f"{one.name}（{one.pieces} 件）{one.expires_on} {'已经过期' if one.expires_on and one.expires_on < today else '到期'}"
            for one in things
        )
        title = f"{len(things)} 样东西到期了，请更换"
        await notice(uow, [(path, "station")], title=title, body=f"{listed}。换好后在“档案”里停用旧的，登记新的。")
    return len(due)


async def short(uow: UnitOfWork, today: date) -> int:
    """Tell where the roster falls below the least today: the day it does, and each Monday after; returns of how many places."""
    limits = await thresholds(uow, "market.", "station.")
    staff: dict[str, list[SiteStaff]] = {}
    for row in await uow.session.scalars(sa.select(SiteStaff)):
        staff.setdefault(row.tenant, []).append(row)
    told = 0
    for site in await open_sites(uow, _ROOT):
        key = roster.least_by(site.kind)
        least = limits.held(site.path, key) if key else None
        # A place that has not begun its roster is told so by the gaps of its file, not every week.
        if not isinstance(least, int) or site.path not in staff:
            continue
        n, before = (roster.fewest(staff[site.path], day, day) for day in (today, today - timedelta(days=1)))
        market = site.kind != NodeKind.STATION
        here, was = (count.full_time if market else count.people for count in (n, before))
        if here >= least or (was < least and today.weekday() != _MONDAY):
            continue
        told += 1
        who = "专职人员" if market else "工作人员"
        await _both(
            uow, site, f"{site.name}：在册{who} {here} 人，少于 {least} 人", "请补上人员，或在“档案”里更新人员名册。"
        )
    return told


async def silent(uow: UnitOfWork) -> int:
    """Tell of open places where nothing was seen so long after they should have opened: no sign-in, no screen, no transaction.

    Only places that ever left a sign are told of: one that never did is found by the zombie rule. Returns of how many.
    """
    local = clock.shanghai(uow.now)
    today, minute = local.date(), local.hour * 60 + local.minute
    limits = await thresholds(uow, "site.")
    sites = await open_sites(uow, _ROOT)
    rows = await uow.execute(
        sa.select(SiteDay.tenant, sa.func.max(SiteDay.day).label("last"))
        .where(SiteDay.sign.in_(("clerk", "beat", "deed")), SiteDay.day > today - timedelta(days=14))
        .group_by(SiteDay.tenant)
    )
    last: dict[str, date] = {row.tenant: row.last for row in rows}
    said = {row.path: row.opening_hours for row in await uow.execute(
        sa.select(Node.path, Node.opening_hours).where(Node.path.in_(list(last)))
    )}  # fmt: skip
    closed = await closures(uow, list(last), today, today)
    told = 0
    for site in sites:
        if site.path not in last or last[site.path] == today or today in closed.get(site.path, ()):
            continue
        due = opens(said[site.path], today)
        if due is None or due < 0 or minute < due + limits.whole(site.path, "site.absent_after") // 60:
            continue
        told += 1
        at = hours.minute_words(due)
        await _both(uow, site, f"{site.name}：今天 {at} 该开门，到 {local:%H:%M} 没有动静", "没有人登录，屏幕没有心跳，也没有办过业务。请去看一看；停开的请先报备。")  # fmt: skip
    return told


async def _both(uow: UnitOfWork, site: Place, title: str, body: str) -> None:
    county = await above(uow, tenant_path(site.path))
    to = [(site.path, "station"), *([(county, "bureau")] if county else [])]
    await notice(uow, to, title=title, body=body)
