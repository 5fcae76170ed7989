"""What the platform's records say for the rows of a card: an operator's places, a period, one figure a count (ruling 20).

A row names its source; what a source counts is told here once, for the forecast, the frozen evidence and the way to the records.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa

from linggong.assessment.card import Card, Row
from linggong.assessment.evidence import Answers, Entry
from linggong.cases import indicators
from linggong.cases.codes import MONEY_KINDS
from linggong.cases.injury_models import Incident
from linggong.cases.models import Case
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath, in_subtree, is_under
from linggong.ledgers.models import MonthReport
from linggong.measures.models import MetricFact
from linggong.measures.shape import VERSION
from linggong.outreach import fairs, publicity, records
from linggong.people.models import ServiceLink
from linggong.services.learn_models import Enrolment
from linggong.wages.models import Payment
from linggong.work.models import Assignment

USES: Final = {
    "post_orders": "published", "take_orders": "agreed", "price": "confirmed", "contract_insurance": "contracted",
    "settlement": "bills.confirmed", "negotiation_complaint": "cases",
}  # fmt: skip
"""Which component of the daily facts shows that a function was really used (row 1)."""
INCIDENTS: Final = {
    "fights": ("fight", "provocation"), "extortion": ("extortion",), "forced_trade": ("forced_trade",),
    "false_recruitment": ("false_recruitment", "fraud"), "child_labour": ("child_labour",),
}  # fmt: skip
"""Which confirmed incidents the card names (row 10, R112)."""
_COMPONENTS: Final = sorted(
    {*USES.values(), "posts", "completed", "untrue", "stale", "satisfied.worker", "rated.worker", "satisfied.employer", "rated.employer"}
)  # fmt: skip


@dataclass(slots=True)
class Ask:
    """Where and when; `deep`: also what stands beside a count and takes longer, for the evidence that is frozen."""

    uow: UnitOfWork
    paths: Sequence[TenantPath]
    first: date
    last: date
    deep: bool = False
    _sums: dict[str, int] | None = field(default=None, init=False)

    @property
    def begin(self) -> datetime:
        """The first instant of the period."""
        return clock.day_bounds(self.first)[0]

    @property
    def end(self) -> datetime:
        """The first instant after the period."""
        return clock.day_bounds(self.last)[1]

    def here(self, column: Any) -> sa.ColumnElement[bool]:
        """Return the test that a row lies at or below one of the places."""
        return sa.or_(*(in_subtree(column, path) for path in self.paths)) if self.paths else sa.false()

    def within(self, column: Any) -> sa.ColumnElement[bool]:
        """Return the test that an instant lies in the period."""
        return sa.and_(column >= self.begin, column < self.end)

    async def count(self, what: Any, *where: sa.ColumnElement[bool]) -> int:
        """Return one count."""
        return int(await self.uow.session.scalar(sa.select(what).where(*where)) or 0)

    async def sums(self) -> Mapping[str, int]:
        """Return the components of the daily facts, read once."""
        if self._sums is None:
            rows = await self.uow.execute(
                sa.select(MetricFact.component, sa.func.sum(MetricFact.value))
                .where(
                    self.here(MetricFact.tenant), MetricFact.version == VERSION,
                    MetricFact.day.between(self.first, self.last), MetricFact.component.in_(_COMPONENTS),
                )
                .group_by(MetricFact.component)
            )  # fmt: skip
            self._sums = {component: int(value) for component, value in rows}
        return self._sums


def registered(ask: Ask) -> sa.ColumnElement[bool]:
    """Return the test of a registration in the period: a register is kept by the checked identity number."""
    return sa.and_(ask.here(ServiceLink.tenant), ServiceLink.kind == "registered", ask.within(ServiceLink.started_at))


def paid(ask: Ask) -> sa.ColumnElement[bool]:
    """Return the test of a payment that an employer recorded in the period."""
    return sa.and_(ask.here(Payment.tenant), ask.within(Payment.claimed_at))


def confirmed_incidents(ask: Ask) -> sa.ColumnElement[bool]:
    """Return the test of an incident of the period that was confirmed; reports alone count for nothing."""
    return sa.and_(ask.here(Incident.tenant), Incident.status == "confirmed", ask.within(Incident.happened_at))


def disputes(ask: Ask) -> sa.ColumnElement[bool]:
    """Return the test of a case that a party or an authority brought in the period: not what the system opened, not a question."""
    by_party = sa.and_(Case.claimant != "system", Case.channel != "system")
    return sa.and_(ask.here(Case.tenant), ask.within(Case.created_at), by_party, sa.not_(on_the_spot()))


def on_the_spot() -> sa.ColumnElement[bool]:
    """Return the test of a question that was answered on the day it came: a consultation, no dispute (§2.1, 4)."""

    def day(column: Any) -> Any:
        return sa.cast(sa.func.timezone("Asia/Shanghai", column), sa.Date)

    same_day = day(Case.resolved_at) == day(Case.created_at)
    answered = sa.and_(Case.resolved_at.is_not(None), Case.ended_how == "answered", same_day)
    return sa.and_(Case.kind.not_in(sorted(MONEY_KINDS)), sa.func.coalesce(answered, sa.false()))


async def _functions(ask: Ask) -> dict[str, int]:
    sums = await ask.sums()
    days = sa.func.count(MetricFact.day.distinct())
    found = {key: sums.get(component, 0) for key, component in USES.items()}
    found["employer_pay"] = await ask.count(sa.func.count(), paid(ask))
    counted = (MetricFact.component == "published", MetricFact.day.between(ask.first, ask.last))
    found["data_statistics"] = await ask.count(days, ask.here(MetricFact.tenant), *counted)
    return found


async def _persons(ask: Ask) -> dict[str, int]:
    row = (
        await ask.uow.execute(
            sa.select(sa.func.count(ServiceLink.subject_id.distinct()), sa.func.count()).where(registered(ask))
        )
    ).one()
    return {"audited": int(row[0]), "raw": int(row[1])}


async def _posts(ask: Ask) -> dict[str, int]:
    sums = await ask.sums()
    return {"audited": sums.get("posts", 0), "raw": sums.get("published", 0)}


async def _assignments(ask: Ask) -> dict[str, int]:
    found = {"assignments": (await ask.sums()).get("completed", 0)}
    if ask.deep:
        done = (ask.here(Assignment.tenant), Assignment.state == "A_ACCEPTED", Assignment.work_date.between(ask.first, ask.last))  # fmt: skip
        found["orders"] = await ask.count(sa.func.count(Assignment.order_id.distinct()), *done)
    return found


async def _truth(ask: Ask) -> dict[str, int]:
    sums = await ask.sums()
    return {"false_posts": sums.get("untrue", 0), "false_records": 0, "stale": sums.get("stale", 0)}


async def _incidents(ask: Ask) -> dict[str, int]:
    rows = await ask.uow.execute(
        sa.select(Incident.kind, sa.func.count()).where(confirmed_incidents(ask)).group_by(Incident.kind)
    )
    by_kind = {row[0]: int(row[1]) for row in rows}
    return {key: sum(by_kind.get(kind, 0) for kind in kinds) for key, kinds in INCIDENTS.items()}


async def _disputes(ask: Ask) -> dict[str, int]:
    spot = sa.and_(ask.here(Case.tenant), ask.within(Case.created_at), on_the_spot())
    found = {
        "opened": await ask.count(sa.func.count(), disputes(ask)), "on_the_spot": await ask.count(sa.func.count(), spot)
    }  # fmt: skip
    if ask.deep:
        lines = await indicators.hidden(ask.uow, ask.first, ask.last)
        lines = [line for line in lines if any(is_under(line.tenant, path) for path in ask.paths)]
        found["no_show_without_case"] = sum(line.no_shows for line in lines)
        found["unpaid_without_case"] = sum(line.unpaid for line in lines)
        found["low_rating_without_case"] = sum(line.low_ratings for line in lines)
    return found


async def satisfaction(ask: Ask) -> dict[str, Answers]:
    """Return the answers of both sides: ratings of four and five stars are content (M22)."""
    sums = await ask.sums()
    return {
        side: Answers(satisfied=sums.get(f"satisfied.{one}", 0), valid=sums.get(f"rated.{one}", 0))
        for side, one in (("workers", "worker"), ("employers", "employer"))
    }


async def _followers(ask: Ask) -> dict[str, int]:
    # Accounts of several places are followed by the same people: numbers are never added up.
    found = [await publicity.followers(ask.uow, path, ask.last) for path in ask.paths]
    known = [number for number in found if number is not None]
    return {"followers": max(known)} if known else {}


async def _fairs(ask: Ask) -> dict[str, int]:
    """Count the fairs to which enough employers came, in a month no more than it asks for: twelve in one month are no year's."""
    day, counted, held = ask.first.replace(day=1), 0, 0
    while day <= ask.last:
        for path in ask.paths:
            for one in await fairs.month(ask.uow, path, day):
                held += one.held
                counted += one.counted if one.wanted is None else min(one.counted, one.wanted)
        day = records.next_month(day)
    return {"fairs": counted, "held": held} if held else {}


async def _reports(ask: Ask) -> dict[str, int]:
    """Count the months whose report came late or is due and unsigned; nothing where no report was ever drafted."""
    late = sa.or_(
        sa.and_(MonthReport.version == 1, MonthReport.late_days > 0),
        sa.and_(MonthReport.state == "draft", MonthReport.due_at < ask.uow.now),
    )
    here = (ask.here(MonthReport.tenant), MonthReport.month.between(ask.first.replace(day=1), ask.last))
    months = sa.func.count(sa.tuple_(MonthReport.tenant, MonthReport.month).distinct())
    row = (await ask.uow.execute(sa.select(months, months.filter(late)).where(*here))).one()
    return {"late": int(row[1]), "reports": int(row[0])} if row[0] else {}


async def _trainees(ask: Ask) -> dict[str, int]:
    """Count who was brought into a course and stayed, once each (R105); nothing where no course was ever joined."""
    joined = (ask.here(Enrolment.tenant), ask.within(Enrolment.created_at), Enrolment.state != "left")
    people = await ask.count(sa.func.count(Enrolment.worker_id.distinct()), *joined)
    return {"trainees": people} if people else {}


SOURCES: Final[Mapping[str, Callable[[Ask], Awaitable[dict[str, int]]]]] = {
    "functions": _functions, "persons": _persons, "posts": _posts, "assignments": _assignments, "truth": _truth,
    "incidents": _incidents, "disputes": _disputes, "followers": _followers, "fairs": _fairs, "reports": _reports,
    "trainees": _trainees,
}  # fmt: skip


FILED: Final = frozenset({"followers", "fairs", "reports", "trainees"})
"""Sources whose number a filed paper may say where the platform has no record of it."""


def takes_numbers(row: Row) -> bool:
    """Tell whether a filed paper may say what a row counts."""
    return row.reads == "count" and (row.source in FILED or row.source == "truth" or row.source not in SOURCES)


async def figures(ask: Ask, row: Row) -> dict[str, int]:
    """Return what the records say for a row, by the names of its source; nothing where only people know."""
    if row.source == "satisfaction":
        found = await satisfaction(ask)
        return {f"{side}.{key}": getattr(one, key) for side, one in found.items() for key in ("satisfied", "valid")}
    source = SOURCES.get(row.source)
    return {} if source is None else await source(ask)


async def entries(ask: Ask, card: Card, numbers: Mapping[int, int] | None = None) -> dict[str, Entry]:
    """Return the evidence of the rows that records or papers decide; rows that a person judges are left out.

    `numbers` are what filed papers say a row counts: followers, people in training, false personal records.
    """
    numbers = numbers or {}
    found: dict[str, Entry] = {}
    for row in card.rows:
        said = numbers.get(row.n)
        if row.reads == "rate":
            found[str(row.n)] = Entry(answers=await satisfaction(ask))
        elif row.reads == "uses":
            found[str(row.n)] = Entry(uses=await figures(ask, row))
        elif row.reads == "count" and row.source in SOURCES:
            counts = await figures(ask, row)
            if said is not None and row.source == "truth":
                counts["false_records"] = counts.get("false_records", 0) + said
            if row.source in FILED and not counts:
                # The platform knows nothing: what a paper says holds, and without one the row is open.
                if said is not None:
                    found[str(row.n)] = Entry(counts={row.counts[0]: said})
                continue
            found[str(row.n)] = Entry(counts={key: n for key, n in counts.items() if key in (*row.counts, *row.beside)})
        elif row.reads == "count" and said is not None:
            found[str(row.n)] = Entry(counts={row.counts[0]: said})
    return found
