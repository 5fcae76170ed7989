"""Month reports drafted for all stations at once (R094): group queries, never a query a station."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.ids import new_id
from linggong.kernel.paths import ROOT, TenantPath, ancestors, in_subtree, tenant_path
from linggong.ledgers import daily, queries
from linggong.ledgers.columns import MONEY, PERSONS, SHARES, SUMS
from linggong.ledgers.models import MonthReport
from linggong.ledgers.queries import Tally
from linggong.measures import facts
from linggong.measures.by_place import Told, by_place, components
from linggong.measures.sites import SITES, Place, thresholds
from tenants import holidays
from tenants.models import HolidayDay, Node

_DAYS: Final = 28
"""How long into the next month unsigned drafts are counted anew each night."""


async def nightly(database: Database) -> None:
    """Draft the month that is over for every station: on day 1, and on the nights after it for what is not signed yet."""
    await facts.refresh(database)
    async with database.system() as uow:
        today = clock.business_date(uow.now)
        if today.day <= _DAYS:
            await draft(uow, (today.replace(day=1) - timedelta(days=1)).replace(day=1))


async def draft(uow: UnitOfWork, month: date, *, top: TenantPath = ROOT) -> int:
    """Draft the reports of a month that is over, for each station that was there; return how many were written or counted anew.

    What is signed stays as it is. For the system. Raises Invalid for a month that is not over.
    """
    first, last = month.replace(day=1), queries.month_end(month.replace(day=1))
    if last >= clock.business_date(uow.now):
        raise Invalid([Fault("month", f"{first.year}年{first.month}月还没过完，月底以后才能出月报。", "not_over")])
    sites = await there(uow, top, first, last)
    known = {
        row.tenant: row
        for row in await uow.session.scalars(
            sa.select(MonthReport).where(MonthReport.month == first).order_by(MonthReport.version)
        )
    }
    todo = [site for site in sites if site.path not in known or known[site.path].state == "draft"]
    found = await figures(uow, todo, first, last)
    due = await due_dates(uow, [site.path for site in todo], last)
    for site in todo:
        row = known.get(site.path)
        if row is None:
            uow.session.add(first_version(site.path, first, found[site.path], uow.now, due[site.path]))
        elif row.figures != found[site.path]:
            row.figures, row.drafted_at = found[site.path], uow.now
    await uow.flush()
    return len(todo)


def first_version(path: str, month: date, told: dict[str, Any], now: datetime, due: datetime) -> MonthReport:
    """Return the first version of a report."""
    return MonthReport(
        id=new_id(), tenant=path, month=month, version=1, state="draft", figures=told, drafted_at=now, due_at=due
    )


async def there(uow: UnitOfWork, top: TenantPath, first: date, last: date) -> list[Place]:
    """Return the stations that were open at some time in a period, in the tree's order."""
    rows = await uow.execute(
        sa.select(Node.path, Node.name, Node.kind)
        .where(in_subtree(Node.path, top), uow.scope.clause(Node.path), Node.kind.in_(SITES), stood(first, last))
        .order_by(Node.path)
    )
    return [Place(path, name, kind) for path, name, kind in rows]


def stood(first: date, last: date) -> sa.ColumnElement[bool]:
    """Return the test that a station was open at some time in a period; one whose opening day nobody wrote down always was."""
    return sa.and_(
        sa.or_(Node.opened_on.is_(None), Node.opened_on <= last),
        sa.or_(
            sa.and_(Node.status == "open", Node.closed_on.is_(None)),
            sa.and_(Node.closed_on.is_not(None), Node.closed_on > first),
        ),
    )


async def figures(uow: UnitOfWork, sites: Sequence[Place], first: date, last: date) -> dict[str, dict[str, Any]]:
    """Return the figures of stations and a period, by path: ledgers, measures and signed days."""
    paths = [site.path for site in sites]
    keeps = await queries.kept_by(uow, sites)
    codes = list(dict.fromkeys(code for names in keeps.values() for code in names))
    tallies = await queries.tallies(uow, codes, sites, first, last)
    told = await by_place(uow, paths, first, last, sums=set(SUMS) | components((*SHARES, *MONEY)), persons=set(PERSONS))
    days = await daily.sums(uow, paths, first, last)
    limits = await thresholds(uow, "ledger.")
    return {
        path: {
            **_books({code: tallies[code].get(path, Tally()) for code in keeps[path]}, queries.weights_at(limits, path)),
            **_measures(told[path]),
            "days.expected": days[path].expected, "days.signed": days[path].signed, "days.late": days[path].late,
            "days.missing": days[path].missing,
        }
        for path in paths
    }  # fmt: skip


def _books(kept: Mapping[str, Tally], weights: Mapping[str, int]) -> dict[str, Any]:
    whole = Tally()
    for tally in kept.values():
        whole.add(tally)
    return {f"ledger.{code}": tally.lines for code, tally in kept.items()} | {
        "books.lines": whole.lines, "books.late": whole.late, "books.at_once": {"above": whole.at_once, "below": whole.lines},
        "books.filled": {"above": whole.filled, "below": whole.wanted}, "books.score": queries.score("", whole, weights).score,
    }  # fmt: skip


def _measures(told: Told) -> dict[str, Any]:
    shares = {f"{metric}.{key}": told.value(metric, key) for metric, key in SHARES}
    return {
        **{name: told.sum(name) for name in SUMS},
        **{name: told.persons.get(name, 0) for name in PERSONS},
        **{key: {"above": value.above or 0, "below": value.below or 0} for key, value in shares.items()},
        **{f"{metric}.{key}": int(told.value(metric, key).value or 0) for metric, key in MONEY},
    }


async def due_dates(uow: UnitOfWork, paths: Sequence[str], last: date) -> dict[str, datetime]:
    """Return until when the reports of a month that ends with `last` are due at places: `report.due_workday`, by each place's calendar."""
    limits = await thresholds(uow, "report.")
    own = set(await uow.session.scalars(sa.select(HolidayDay.tenant).distinct()))
    start, known, found = clock.day_bounds(last)[0], dict[tuple[Any, ...], datetime](), {}
    for path in paths:
        days = limits.whole(path, "report.due_workday")
        # Places under the same calendars and the same number have the same day.
        key = (days, *(place for place in ancestors(tenant_path(path)) if place in own))
        if key not in known:
            known[key] = await holidays.working_deadline(uow, path, start, days)
        found[path] = known[key]
    return found
