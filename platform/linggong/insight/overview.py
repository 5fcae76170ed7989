"""The city overview: supply, demand, work and wages by county for a day or a window of days (requirements section 9).

What M03, M04, M07 and M12 divide is read from the facts of the measures (docs/measures.md); the rest is counted as it is now.
Rates are null, not 0, without a denominator.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from linggong.insight import behind
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.paths import TenantPath
from linggong.market.models import Order
from linggong.measures import sites
from linggong.measures.models import MetricFact
from linggong.measures.totals import sums
from linggong.people.models import Employer, ServiceLink, Worker
from linggong.wages.models import Bill
from tenants.models import Node


class Figures(msgspec.Struct, kw_only=True):
    """The figures of one place over a window of business days; amounts in fen."""

    open_posts: int = 0
    open_places: int = 0
    posts: int = 0
    """Orders published whose work begins in the window."""
    wanted: int = 0
    """Heads wanted, once for each of their days."""
    confirmed: int = 0
    arrived: int = 0
    completed: int = 0
    due_fen: int = 0
    """Bills falling due in the window."""
    paid_fen: int = 0
    overdue_fen: int = 0
    """Unpaid past its due time, now."""
    overdue_people: int = 0
    bills_due: int = 0
    """Bills whose due day is over: those of today are told tomorrow."""
    bills_on_time: int = 0
    """Of these, paid by then, and the worker says so."""
    workers: int = 0
    employers: int = 0
    stations_open: int = 0
    stations_live: int = 0
    """Of these, the ones where anything happened in the last 30 days."""

    @property
    def match_rate(self) -> float | None:
        """M03: confirmed / wanted."""
        return _rate(self.confirmed, self.wanted)

    @property
    def fill_rate(self) -> float | None:
        """M04: arrived / wanted."""
        return _rate(self.arrived, self.wanted)

    @property
    def completion_rate(self) -> float | None:
        """M07: completed / arrived."""
        return _rate(self.completed, self.arrived)

    @property
    def on_time_rate(self) -> float | None:
        """M12: bills paid by their due time and confirmed / bills due."""
        return _rate(self.bills_on_time, self.bills_due)


class PlaceFigures(msgspec.Struct, kw_only=True):
    """A place with its figures and rates."""

    path: str
    name: str
    kind: str
    figures: Figures
    match_rate: float | None = None
    fill_rate: float | None = None
    completion_rate: float | None = None
    on_time_rate: float | None = None


class Overview(msgspec.Struct, kw_only=True):
    """The places below one place, and their total."""

    path: str
    name: str
    day: date
    days: int
    places: list[PlaceFigures]
    total: PlaceFigures


_WORK: Final = {name: name for name in ("wanted", "confirmed", "arrived", "completed")}
_BILLS: Final = {"bills.due": "bills_due", "bills.confirmed": "bills_on_time"}
"""Components of the facts, and the figures that they are here."""


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


async def overview(uow: UnitOfWork, top: Node, *, day: date, days: int = 1) -> Overview:
    """Return the figures of the places directly below `top` for `days` business days ending with `day`.

    One query a table, grouped by the place's path. Raises Invalid for a window outside 1 to 366 days.
    """
    if not 1 <= days <= 366:
        raise Invalid([Fault("days", "天数要在 1 到 366 之间。", "range")])
    places = await _places(uow, top)
    rows = {p.path: Figures() for p in places}
    own = Figures()
    depth = top.path.count("/")
    await _collect(uow, TenantPath(top.path), depth, rows, own, day - timedelta(days=days - 1), day)
    views = [_view(p.path, p.name, p.kind, rows[p.path]) for p in places]
    total = Figures()
    for found in (*rows.values(), own):
        for field in total.__struct_fields__:
            setattr(total, field, getattr(total, field) + getattr(found, field))
    total.workers, total.employers = await _people_total(uow, TenantPath(top.path))
    return Overview(
        path=top.path,
        name=top.name,
        day=day,
        days=days,
        places=views,
        total=_view(top.path, top.name, top.kind, total),
    )


def _view(path: str, name: str, kind: str, figures: Figures) -> PlaceFigures:
    return PlaceFigures(
        path=path,
        name=name,
        kind=kind,
        figures=figures,
        match_rate=figures.match_rate,
        fill_rate=figures.fill_rate,
        completion_rate=figures.completion_rate,
        on_time_rate=figures.on_time_rate,
    )


async def _places(uow: UnitOfWork, top: Node) -> list[Any]:
    """Return the places directly below that are not closed, by path."""
    depth = top.path.count("/") + 1
    rows = await uow.execute(
        sa.select(Node.path, Node.name, Node.kind)
        .where(
            Node.path > top.path,
            Node.path < top.path + "~",
            sa.func.length(Node.path) - sa.func.length(sa.func.replace(Node.path, "/", "")) == depth,
            Node.status != "closed",
        )
        .order_by(Node.path)
    )
    return list(rows)


async def _collect(
    uow: UnitOfWork, top: TenantPath, depth: int, rows: dict[str, Figures], own: Figures, first: date, last: date
) -> None:
    """Fill `rows` by place; `own` takes what hangs on the top itself (an order of a county without a station) or below
    a closed place: it is in the total and in no line.
    """
    now = uow.now
    window = behind.Window(first, last, now)

    def within(column: Any) -> Any:
        return sa.and_(column >= top, column < top + "~", uow.scope.clause(column))

    async def add(column: Any, condition: Any, **figures: Any) -> None:
        key = behind.place_key(column, depth).label("place")
        found = await uow.execute(
            sa.select(key, *(f.label(n) for n, f in figures.items())).where(within(column), condition).group_by(key)
        )
        for row in found:
            figure = rows.get(row.place, own)
            for name in figures:
                setattr(figure, name, getattr(figure, name) + int(getattr(row, name) or 0))

    count, total = sa.func.count, sa.func.sum
    await add(
        Order.tenant,
        behind.open_posts(window),
        open_posts=count(),
        open_places=total(Order.headcount - Order.confirmed),
    )
    await add(
        Order.tenant,
        behind.posts(window),
        posts=count(),
    )
    over = min(last, clock.business_date(now) - timedelta(days=1))
    for until, components in ((last, _WORK), (over, _BILLS)):
        counted = await sums(uow, top, components, first, until, by=behind.place_key(MetricFact.tenant, depth))
        for place, values in counted.items():
            for component, value in values.items():
                figure, name = rows.get(place, own), components[component]
                setattr(figure, name, getattr(figure, name) + value)
    overdue, falls_due = behind.overdue(window), window.falls_due
    await add(
        Bill.tenant,
        sa.or_(falls_due, overdue),
        due_fen=total(Bill.total_fen).filter(falls_due),
        paid_fen=total(Bill.paid_fen).filter(falls_due),
        overdue_fen=total(Bill.total_fen - Bill.paid_fen).filter(overdue),
        overdue_people=count(Bill.worker_id.distinct()).filter(overdue),
    )
    registered = ServiceLink.kind == "registered"
    person = sa.select(Worker.person_id).where(Worker.person_id == ServiceLink.subject_id).exists()
    employer = sa.select(Employer.id).where(Employer.id == ServiceLink.subject_id).exists()
    await add(
        ServiceLink.tenant,
        registered,
        workers=count(ServiceLink.subject_id.distinct()).filter(person),
        employers=count(ServiceLink.subject_id.distinct()).filter(employer),
    )
    await add(
        Node.path,
        behind.open_sites(window),
        stations_open=count(),
        stations_live=count().filter(sites.alive(now)),
    )


async def _people_total(uow: UnitOfWork, top: TenantPath) -> tuple[int, int]:
    """Count people once, however many places serve them."""
    within = sa.and_(ServiceLink.tenant >= top, ServiceLink.tenant < top + "~", ServiceLink.kind == "registered")
    person = sa.select(Worker.person_id).where(Worker.person_id == ServiceLink.subject_id).exists()
    employer = sa.select(Employer.id).where(Employer.id == ServiceLink.subject_id).exists()
    row = (
        await uow.execute(
            sa.select(
                sa.func.count(ServiceLink.subject_id.distinct()).filter(person),
                sa.func.count(ServiceLink.subject_id.distinct()).filter(employer),
            ).where(within)
        )
    ).one()
    return int(row[0]), int(row[1])
