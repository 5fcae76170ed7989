"""The monthly data-quality score of a station (R060): its parts are data, counted on the records that are really there.

The score is the weighted mean of the shares of records without the fault, of those parts in which there was anything at all.
Complete and timely are the counts of M19 (`measures.facts_sites`): a record is complete with identity seen and trade named, a
post with its point and no finding of the lint; an entry is timely within a day of what it tells.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.events import Event
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.measures.models import MetricFact
from linggong.measures.sites import open_sites, thresholds
from linggong.outreach import records


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the score: what is counted, of what, and which parameter says what it weighs."""

    key: str
    label: str
    words: str
    all: str
    good: str
    parameter: str


PARTS: Final = (
    Part("complete", "填得齐", "登记时看过证件、写了工种；岗位有坐标、没有审核提示", "quality.records", "quality.good", "quality.weight.complete"),
    Part("timely", "录得及时", "事情发生后一天以内录入", "entered.entries", "entered.timely", "quality.weight.timely"),
    Part("accepted", "一次通过", "本站代发的岗位交审没有被退回", "handed_in", "not_returned", "quality.weight.accepted"),
)  # fmt: skip
"""The formula as data: another part is another line here and its parameter."""


class PartScore(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a station's score: so many of so many; no share where there was nothing."""

    key: str
    label: str
    good: int
    all: int
    weight: int


class QualityScore(msgspec.Struct, frozen=True, kw_only=True):
    """The score of a station in a month; None where nothing was entered."""

    tenant: str
    name: str
    score: float | None
    parts: list[PartScore]


async def month(uow: UnitOfWork, tenant: TenantPath, day: date) -> list[QualityScore]:
    """Return the scores of all open stations at and below a place for the month of `day`, the lowest first."""
    first = records.month_of(day)
    after = records.next_month(first)
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    facts = await uow.execute(
        sa.select(MetricFact.tenant, MetricFact.component, sa.func.sum(MetricFact.value))
        .where(
            in_subtree(MetricFact.tenant, tenant),
            MetricFact.day >= first,
            MetricFact.day < after,
            MetricFact.component.in_([name for part in PARTS for name in (part.all, part.good)]),
        )
        .group_by(MetricFact.tenant, MetricFact.component)
    )
    for path, component, n in facts:
        counts[path][component] = int(n)
    begin, end = clock.day_bounds(first)[0], clock.day_bounds(after)[0]
    handed_in = sa.select(Event.tenant, Event.subject_id).where(
        in_subtree(Event.tenant, tenant), Event.type == "order.submitted", Event.actor_kind == "staff",
        Event.occurred_at >= begin, Event.occurred_at < end,
    ).distinct().subquery()  # fmt: skip
    back = sa.orm.aliased(Event)
    returned = sa.exists().where(back.subject_id == handed_in.c.subject_id, back.type == "order.returned")
    reviews = await uow.execute(
        sa.select(handed_in.c.tenant, sa.func.count(), sa.func.count().filter(sa.not_(returned))).group_by(
            handed_in.c.tenant
        )
    )
    for path, n, fine in reviews:
        counts[path]["handed_in"], counts[path]["not_returned"] = int(n), int(fine)
    weights, found = await thresholds(uow, "quality.weight."), []
    for site in await open_sites(uow, tenant):
        one = counts[site.path]
        parts = [
            PartScore(
                key=part.key, label=part.label, good=one[part.good], all=one[part.all],
                weight=weights.whole(site.path, part.parameter),
            )
            for part in PARTS
        ]  # fmt: skip
        found.append(QualityScore(tenant=site.path, name=site.name, score=score(parts), parts=parts))
    return sorted(found, key=lambda q: (q.score is None, q.score or 0, q.tenant))


def score(parts: list[PartScore]) -> float | None:
    """Return 0 to 100 with one decimal; None where no part has anything to count, or weighs nothing."""
    counted = [part for part in parts if part.all > 0 and part.weight > 0]
    if not counted:
        return None
    weight = sum(part.weight for part in counted)
    return round(100 * sum(part.weight * part.good / part.all for part in counted) / weight, 1)
