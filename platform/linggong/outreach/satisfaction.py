"""Satisfaction of both sides by a random sample, and what it comes to for row 9 (R103).

There is one truth: an answer is a rating (61), four stars and more are satisfied, and the percentage is M22's. A sample makes
sure that it rests on enough people whom nobody picked: it is drawn by chance, once a period, and being drawn opens the rating
anew for its seven days, so that the desk can ask by telephone, and whoever was asked can answer on his own page.
"""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.chance import repeatable
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.ids import new_id, short_code
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.market.models import Order
from linggong.measures.models import MetricFact
from linggong.outreach import records
from linggong.outreach.codes import ASK_OUTCOMES
from linggong.outreach.more_models import SatisfactionAsk, SatisfactionSample
from linggong.outreach.visits import called
from linggong.people import notices
from linggong.people.limits import whole
from linggong.people.models import Employer
from linggong.work import gates, rating
from linggong.work.models import Assignment, Engagement, Rating
from tenants.service import parameters

SATISFIED: Final = 4
"""Stars from which somebody is satisfied, as M22 counts (`measures.facts_work`)."""
_LEAST: Final = "satisfaction.min_samples"
_KIND: Final = "rating_asked"
_TOLD: Final = {
    "worker": "请给{who}的“{what}”打个分，1 到 5 星，在“我的活”里点。抽到您，只占一分钟，别人看不到您的原话是谁说的。",
    "employer": "请给“{what}”来干活的师傅打个分，1 到 5 星，在用工单里点。抽到您，只占一分钟。",
}


class SampleForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A draw: the period in which work was completed, and how many of each side."""

    first: date
    last: date
    workers: int
    employers: int


class SideTotal(msgspec.Struct, frozen=True, kw_only=True):
    """One side's answers of a period (M22): `percent` is None without any; `enough` against the minimum of the place."""

    valid: int
    satisfied: int
    percent: float | None
    minimum: int
    enough: bool
    drawn: int
    """How many of a sample were asked in the period, and how many of those answered."""
    drawn_valid: int
    drawn_satisfied: int


class SampleView(msgspec.Struct, frozen=True, kw_only=True):
    """A sample with how far it is."""

    id: UUID
    trace_code: str
    first: date
    last: date
    drawn_at: datetime
    asked_workers: int
    asked_employers: int
    workers: int
    employers: int
    answered_workers: int
    answered_employers: int
    seed: int


class AskView(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was drawn and has not answered: whom to ask about what."""

    id: UUID
    engagement_id: UUID
    side: str
    who: str
    worker_id: UUID
    employer_id: UUID
    title: str
    outcome: str


async def draw(uow: UnitOfWork, form: SampleForm) -> SatisfactionSample:
    """Draw a sample of both sides at the acting post, by chance. Raises Invalid with every fault, Conflict for a period drawn
    before: a second draw would be a choice.
    """
    at, faults = records.here(uow), list[Fault]()
    if form.last < form.first or (form.last - form.first).days > 366:
        faults.append(Fault("last", "时间段不对：最多一年，最后一天不能早于第一天。", "range"))
    elif form.last >= clock.business_date(uow.now):
        faults.append(Fault("last", "最后一天要已经过去。", "future"))
    if faults:
        raise Invalid(faults)
    least = whole((await parameters(uow, at, _LEAST))[_LEAST])
    rows = await population(uow, form.first, form.last)
    by_side = {"worker": {r.worker_id for r in rows}, "employer": {r.employer_id for r in rows}}
    for side, field, asked, words in (("worker", "workers", form.workers, "零工"), ("employer", "employers", form.employers, "雇主")):  # fmt: skip
        there = len(by_side[side])
        if asked > there:
            faults.append(Fault(field, f"这段时间干完活的{words}只有 {there} 个，抽不出 {asked} 个。", "population"))
        elif asked < max(1, min(least, there)):
            faults.append(Fault(field, f"{words}至少抽 {max(1, min(least, there))} 个。", "minimum"))
    if faults:
        raise Invalid(faults)
    before = sa.select(SatisfactionSample.id).where(
        SatisfactionSample.tenant == at, SatisfactionSample.first <= form.last, SatisfactionSample.last >= form.first
    )
    if await uow.session.scalar(before) is not None:
        raise Conflict("这段时间里已经抽过样，不能重抽：重抽就成了挑人。")
    sample = SatisfactionSample(
        id=new_id(), tenant=at, trace_code=short_code(), first=form.first, last=form.last, asked_workers=form.workers,
        asked_employers=form.employers, workers=len(by_side["worker"]), employers=len(by_side["employer"]),
        seed=secrets.randbits(48), drawn_at=uow.now, drawn_by=records.who(uow),
    )  # fmt: skip
    uow.session.add(sample)
    await uow.flush()
    for side, asked in (("worker", form.workers), ("employer", form.employers)):
        for row in chosen(rows, side, asked, sample.seed):
            await _ask(uow, sample, side, row)
    await uow.flush()
    await records.tell(uow, sample, "sample.drawn", workers=form.workers, employers=form.employers, seed=sample.seed)
    return sample


def chosen(rows: list[Any], side: str, asked: int, seed: int) -> list[Any]:
    """Return one engagement each of so many people of a side, by chance; the same rows and seed give the same."""
    key = "worker_id" if side == "worker" else "employer_id"
    chance = repeatable(f"sample {seed} {side}")
    by_person: dict[UUID, list[Any]] = {}
    for row in sorted(rows, key=lambda r: str(r.id)):
        by_person.setdefault(getattr(row, key), []).append(row)
    people = chance.sample(sorted(by_person, key=str), asked)
    return [chance.choice(by_person[person]) for person in people]


async def population(uow: UnitOfWork, first: date, last: date) -> list[Any]:
    """Return the engagements at and below the acting post on which work was completed on these days, with both their sides."""
    at = records.here(uow)
    done = sa.exists().where(
        Assignment.engagement_id == Engagement.id,
        Assignment.state == "A_ACCEPTED",
        Assignment.work_date >= first,
        Assignment.work_date <= last,
    )
    rows = await uow.execute(
        sa.select(
            Engagement.id, Engagement.tenant, Engagement.via, Engagement.worker_id, Engagement.employer_id, Order.title,
            Order.employer_name,
        )
        .join(Order, Order.id == Engagement.order_id)
        .where(in_subtree(Engagement.tenant, at), done)
    )  # fmt: skip
    return list(rows.all())


async def _ask(uow: UnitOfWork, sample: SatisfactionSample, side: str, row: Any) -> None:
    uow.session.add(
        SatisfactionAsk(
            id=new_id(), tenant=row.tenant, sample_id=sample.id, engagement_id=row.id, worker_id=row.worker_id,
            employer_id=row.employer_id, asked_at=uow.now, side=side, outcome="open",
        )
    )  # fmt: skip
    said = sa.select(Rating.id).where(Rating.engagement_id == row.id, Rating.side == side)
    if await uow.session.scalar(said) is None:
        text = _TOLD[side].format(who=row.employer_name[:20], what=row.title[:20])
        await notices.notify(
            uow, to=side, kind=_KIND, text=text, subject_id=row.id, tenant=row.tenant, via=row.via, person_id=row.worker_id,
            employer_id=row.employer_id,
        )  # fmt: skip


async def opens(uow: UnitOfWork, row: Engagement) -> datetime | None:
    """Return since when an engagement may be rated because it was drawn (a gate of `work.rating`)."""
    latest = sa.select(sa.func.max(SatisfactionAsk.asked_at)).where(SatisfactionAsk.engagement_id == row.id)
    found: datetime | None = await uow.session.scalar(latest)
    return found


async def answered(uow: UnitOfWork, ask_id: UUID, *, stars: int, channel: str) -> Rating:
    """Take the answer of somebody who was drawn: his rating, as he said it. Raises what `rating.rate` does, NotFound."""
    ask = await _found(uow, ask_id)
    return await rating.rate(uow, ask.engagement_id, stars=stars, tags=[], side=ask.side, channel=channel)


async def missed(uow: UnitOfWork, ask_id: UUID, outcome: str) -> SatisfactionAsk:
    """Note that somebody could not be reached, or does not want to answer: no valid answer. Raises Invalid, NotFound."""
    ask = await _found(uow, ask_id)
    if outcome not in ASK_OUTCOMES or outcome == "open":
        raise Invalid([Fault("outcome", "请选联系不上，还是不愿答。", "choice")])
    ask.outcome, ask.noted_at, ask.noted_by = outcome, uow.now, records.who(uow)
    await uow.flush()
    await records.tell(uow, ask, "sample.missed", outcome=outcome)
    return ask


async def _found(uow: UnitOfWork, ask_id: UUID) -> SatisfactionAsk:
    row = await uow.session.get(SatisfactionAsk, ask_id, with_for_update=True)
    if row is None or not uow.scope.covers(row.tenant):
        raise NotFound
    return row


def _rated(side: Any) -> sa.ColumnElement[bool]:
    return sa.and_(Rating.engagement_id == SatisfactionAsk.engagement_id, Rating.side == side)


async def to_ask(uow: UnitOfWork, *, limit: int = 60) -> list[AskView]:
    """Return whom the scope's stations still have to ask, while their answer counts (the rating is open)."""
    since = uow.now - timedelta(days=7)
    rows = await uow.execute(
        sa.select(SatisfactionAsk, Order.title, Engagement.worker_name, Employer.name, Employer.kind)
        .join(Engagement, Engagement.id == SatisfactionAsk.engagement_id)
        .join(Order, Order.id == Engagement.order_id)
        .outerjoin(Employer, Employer.id == Engagement.employer_id)
        .where(
            uow.scope.clause(SatisfactionAsk.tenant),
            SatisfactionAsk.asked_at > since,
            sa.not_(sa.exists().where(_rated(SatisfactionAsk.side))),
        )
        .order_by(SatisfactionAsk.outcome != "open", SatisfactionAsk.asked_at, SatisfactionAsk.id)
        .limit(limit)
    )
    return [
        AskView(
            id=ask.id, engagement_id=ask.engagement_id, side=ask.side, worker_id=ask.worker_id, employer_id=ask.employer_id,
            who=worker if ask.side == "worker" else called("", name, kind), title=title, outcome=ask.outcome,
        )
        for ask, title, worker, name, kind in rows
    ]  # fmt: skip


async def samples(uow: UnitOfWork, *, limit: int = 20) -> list[SampleView]:
    """Return the samples of the scope with how many have answered, the latest first."""
    rows = list(
        await uow.session.scalars(
            sa.select(SatisfactionSample)
            .where(uow.scope.clause(SatisfactionSample.tenant))
            .order_by(SatisfactionSample.drawn_at.desc())
            .limit(limit)
        )
    )
    counts = await uow.execute(
        sa.select(SatisfactionAsk.sample_id, SatisfactionAsk.side, sa.func.count())
        .join(Rating, _rated(SatisfactionAsk.side))
        .where(SatisfactionAsk.sample_id.in_([row.id for row in rows]))
        .group_by(SatisfactionAsk.sample_id, SatisfactionAsk.side)
    )
    said = {(sample_id, side): int(n) for sample_id, side, n in counts}
    return [
        SampleView(
            id=r.id, trace_code=r.trace_code, first=r.first, last=r.last, drawn_at=r.drawn_at, asked_workers=r.asked_workers,
            asked_employers=r.asked_employers, workers=r.workers, employers=r.employers, seed=r.seed,
            answered_workers=said.get((r.id, "worker"), 0), answered_employers=said.get((r.id, "employer"), 0),
        )
        for r in rows
    ]  # fmt: skip


async def totals(uow: UnitOfWork, tenant: TenantPath, first: date, last: date) -> dict[str, SideTotal]:
    """Return each side's valid and satisfied answers of a period at a place and all below it, as M22 counts them (row 9).

    `enough` says whether the minimum of `satisfaction.min_samples` is met; what was drawn stands beside it.
    """
    least = whole((await parameters(uow, tenant, _LEAST))[_LEAST])
    wanted = [f"{kind}.{side}" for kind in ("rated", "satisfied") for side in ("worker", "employer")]
    facts = await uow.execute(
        sa.select(MetricFact.component, sa.func.sum(MetricFact.value))
        .where(
            in_subtree(MetricFact.tenant, tenant), MetricFact.day.between(first, last), MetricFact.component.in_(wanted)
        )
        .group_by(MetricFact.component)
    )
    sums = {component: int(n) for component, n in facts}
    begin, end = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
    asked = await uow.execute(
        sa.select(
            SatisfactionAsk.side, sa.func.count(), sa.func.count(Rating.id),
            sa.func.count(Rating.id).filter(Rating.stars >= SATISFIED),
        )
        .outerjoin(Rating, _rated(SatisfactionAsk.side))
        .where(in_subtree(SatisfactionAsk.tenant, tenant), SatisfactionAsk.asked_at >= begin, SatisfactionAsk.asked_at < end)
        .group_by(SatisfactionAsk.side)
    )  # fmt: skip
    drawn = {side: (int(n), int(valid), int(good)) for side, n, valid, good in asked}
    found = {}
    for side in ("worker", "employer"):
        valid, satisfied = sums.get(f"rated.{side}", 0), sums.get(f"satisfied.{side}", 0)
        n, drawn_valid, drawn_satisfied = drawn.get(side, (0, 0, 0))
        found[side] = SideTotal(
            valid=valid, satisfied=satisfied, percent=round(satisfied * 100 / valid, 2) if valid else None, minimum=least,
            enough=valid >= least, drawn=n, drawn_valid=drawn_valid, drawn_satisfied=drawn_satisfied,
        )  # fmt: skip
    return found


def register() -> None:
    """Let being drawn open the rating; calling it again changes nothing."""
    gates.rating_opens["satisfaction"] = opens
