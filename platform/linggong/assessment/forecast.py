"""The score that would come of the records so far (M23): the computed rows of a card, scored on the daily facts of the measures.

Rows that a reviewer or an inspector judges stay missing: a forecast never guesses what nobody has looked at. Nothing records confirmed
false personal records apart from posts, so that row 15 counts false posts.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from linggong.assessment.card import Card
from linggong.assessment.evidence import Answers, Entry, Evidence
from linggong.assessment.scorecard import Score, score
from linggong.cases.injury_models import Incident
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.measures.models import MetricFact
from linggong.people.models import ServiceLink
from linggong.wages.models import Payment

_USES = {
    "post_orders": "published", "take_orders": "agreed", "price": "confirmed", "contract_insurance": "contracted",
    "settlement": "bills.confirmed", "negotiation_complaint": "cases",
}  # fmt: skip
"""Which component shows that a function was really used (row 1)."""
_INCIDENTS = {
    "fights": ("fight", "provocation"), "extortion": ("extortion",), "forced_trade": ("forced_trade",),
    "false_recruitment": ("false_recruitment", "fraud"), "child_labour": ("child_labour",),
}  # fmt: skip
"""Which confirmed incidents the card names (row 10, R112)."""


async def forecast(uow: UnitOfWork, card: Card, path: TenantPath, *, first: date, last: date) -> Score:
    """Return the score of a place and all below it on what is recorded for these days, both included."""
    sums = await _sums(uow, path, first, last)
    begin, end = clock.day_bounds(first)[0], clock.day_bounds(last)[1]

    async def count(what: Any, *where: sa.ColumnElement[bool]) -> int:
        return int(await uow.session.scalar(sa.select(what).where(*where)) or 0)

    uses = {key: sums.get(component, 0) for key, component in _USES.items()}
    uses["employer_pay"] = await count(
        sa.func.count(), in_subtree(Payment.tenant, path), Payment.claimed_at >= begin, Payment.claimed_at < end
    )
    uses["data_statistics"] = await count(
        sa.func.count(MetricFact.day.distinct()), in_subtree(MetricFact.tenant, path), MetricFact.day.between(first, last)
    )  # fmt: skip
    # A register is kept by the checked identity number: whoever is registered twice is one person of two links.
    here = (in_subtree(ServiceLink.tenant, path), ServiceLink.kind == "registered", ServiceLink.started_at >= begin, ServiceLink.started_at < end)  # fmt: skip
    raw = await count(sa.func.count(), *here)
    audited = await count(sa.func.count(ServiceLink.subject_id.distinct()), *here)
    confirmed = await uow.execute(
        sa.select(Incident.kind, sa.func.count())
        .where(in_subtree(Incident.tenant, path), Incident.status == "confirmed", Incident.happened_at >= begin, Incident.happened_at < end)
        .group_by(Incident.kind)
    )  # fmt: skip
    incidents = {row[0]: int(row[1]) for row in confirmed}
    answers = {
        side: Answers(satisfied=sums.get(f"satisfied.{one}", 0), valid=sums.get(f"rated.{one}", 0))
        for side, one in (("workers", "worker"), ("employers", "employer"))
    }
    rows = {
        "1": Entry(uses=uses),
        "9": Entry(answers=answers),
        "10": Entry(
            counts={key: sum(incidents.get(kind, 0) for kind in kinds) for key, kinds in _INCIDENTS.items()}
        ),
        "12": Entry(counts={"audited": audited, "raw": raw}),
        "13": Entry(counts={"audited": sums.get("posts", 0), "raw": sums.get("published", 0)}),
        "14": Entry(counts={"assignments": sums.get("completed", 0)}),
        "15": Entry(counts={"false_posts": sums.get("untrue", 0), "false_records": 0, "stale": sums.get("stale", 0)}),
        "16": Entry(counts={"opened": sums.get("cases", 0)}),
    }  # fmt: skip
    return score(card, Evidence(card=card.id, version=card.version, first=first, last=last, rows=rows))


async def _sums(uow: UnitOfWork, path: TenantPath, first: date, last: date) -> dict[str, int]:
    wanted = {*_USES.values(), "posts", "completed", "untrue", "stale", "satisfied.worker", "rated.worker", "satisfied.employer", "rated.employer"}  # fmt: skip
    rows = await uow.execute(
        sa.select(MetricFact.component, sa.func.sum(MetricFact.value))
        .where(in_subtree(MetricFact.tenant, path), MetricFact.day.between(first, last), MetricFact.component.in_(sorted(wanted)))
        .group_by(MetricFact.component)
    )  # fmt: skip
    return {component: int(value) for component, value in rows}
