"""Credit as the party, the desk and the bureau read it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.market.models import BoardPost
from linggong.people.identity_numbers import surname_call
from linggong.people.models import Employer, Person
from linggong.trust import levels, records, stars
from linggong.trust.common import county_of, hand, mine, numbers, side_of
from linggong.trust.machines import ENTRY, LEVEL, LEVEL_WORDS, OF_EMPLOYER, OF_WORKER, POINTS, REASONS
from linggong.trust.models import CreditEntry, Restriction
from linggong.trust.records import PayRecordView
from linggong.trust.stars import StarsView

Queue = Literal["contested", "proposed", "live", "all"]


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """Points for one happening: what, why, until when, what may be done."""

    id: UUID
    side: str
    who: str
    reason: str
    reason_words: str
    points: int
    state: str
    state_words: str
    counts: bool
    """Whether it counts now."""
    occurred_at: datetime
    counts_from: datetime
    expires_at: datetime
    object_until: datetime
    order_id: UUID | None
    title: str
    objection: str
    decision: str
    actions: list[str]


class LevelView(msgspec.Struct, frozen=True, kw_only=True):
    """A restriction: what it means, why, until when, what may be done."""

    id: UUID
    side: str
    who: str
    kind: str
    level: int
    level_words: str
    effect: str
    state: str
    state_words: str
    points: int
    grounds: str
    evidence: str
    starts_at: datetime
    ends_at: datetime
    object_until: datetime | None
    objection: str
    decision: str
    county: str
    actions: list[str]


class PriceView(msgspec.Struct, frozen=True, kw_only=True):
    """What a happening costs."""

    words: str
    points: int


class CreditView(msgspec.Struct, frozen=True, kw_only=True):
    """My credit: what counts now, why, until when, and what one may object to."""

    side: str
    points: int
    entries: list[EntryView]
    levels: list[LevelView]
    prices: list[PriceView]
    free: str
    """What never costs anything."""
    stars: list[StarsView]
    listed: bool
    record: PayRecordView | None


FREE = {
    "worker": "生病受伤、不安全、天气、停工令、不接邀请都不扣分。",
    "employer": "天气、停工令取消不扣分；锁定前取消不扣分。",
}


async def my_credit(uow: UnitOfWork, place: str) -> CreditView:
    """Return the credit of the signed-in worker or employer."""
    side = "employer" if uow.actor.kind == "employer" else "worker"
    reasons = OF_EMPLOYER if side == "employer" else OF_WORKER
    prices = await numbers(uow, place, *(POINTS[r] for r in reasons))
    found = await entries(uow, limit=100)
    return CreditView(
        side=side,
        points=sum(e.points for e in found if e.counts),
        entries=found,
        levels=await restrictions(uow, limit=50),
        prices=[PriceView(words=words, points=prices[POINTS[reason]]) for reason, words in reasons.items()],
        free=FREE[side],
        stars=await stars.of_person(uow, uow.actor.id, place) if side == "worker" else [],
        listed=await stars.may_list(uow) if side == "worker" else False,
        record=await records.record_of(uow, uow.actor.employer_id, place) if side == "employer" else None,
    )


async def entries(
    uow: UnitOfWork, *, queue: Queue = "all", entry_id: UUID | None = None, limit: int = 100
) -> list[EntryView]:
    """Return entries of the actor, or of the staff's places; 'contested' gives what waits for a decision, oldest first."""
    ask = (
        sa.select(CreditEntry, BoardPost.title, Person.name, Employer.name, levels.counting(uow.now).label("counts"))
        .outerjoin(BoardPost, BoardPost.order_id == CreditEntry.order_id)
        .outerjoin(Person, Person.id == CreditEntry.person_id)
        .outerjoin(Employer, Employer.id == CreditEntry.employer_id)
        .where(mine(uow, CreditEntry))
        .limit(limit)
    )
    if entry_id is not None:
        ask = ask.where(CreditEntry.id == entry_id)
    if queue == "contested":
        ask = ask.where(CreditEntry.state == "K_CONTESTED").order_by(CreditEntry.objected_at, CreditEntry.id)
    else:
        ask = ask.order_by(CreditEntry.occurred_at.desc(), CreditEntry.id.desc())
    return [_entry(uow, *row) for row in (await uow.execute(ask)).all()]


def _entry(
    uow: UnitOfWork, row: CreditEntry, title: str | None, person: str | None, employer: str | None, counts: bool
) -> EntryView:
    actions = ENTRY.allowed(row.state, hand(uow))
    if uow.now > row.object_until:
        actions = [a for a in actions if a != "object"]
    return EntryView(
        id=row.id, side=side_of(row), who=_who(person, employer), reason=row.reason, reason_words=REASONS[row.reason],
        points=row.points, state=row.state, state_words=ENTRY.labels[row.state], counts=bool(counts),
        occurred_at=row.occurred_at, counts_from=row.counts_from, expires_at=row.expires_at, object_until=row.object_until,
        order_id=row.order_id, title=title or "", objection=row.objection, decision=row.decision, actions=actions,
    )  # fmt: skip


def _who(person: str | None, employer: str | None) -> str:
    return surname_call(person) if person else employer or ""


async def restrictions(
    uow: UnitOfWork, *, queue: Queue = "all", restriction_id: UUID | None = None, limit: int = 100
) -> list[LevelView]:
    """Return restrictions of the actor, or of the staff's places; a party never sees a proposal about itself."""
    ask = (
        sa.select(Restriction, Person.name, Employer.name)
        .outerjoin(Person, Person.id == Restriction.person_id)
        .outerjoin(Employer, Employer.id == Restriction.employer_id)
        .where(mine(uow, Restriction))
        .limit(limit)
    )
    if restriction_id is not None:
        ask = ask.where(Restriction.id == restriction_id)
    if uow.actor.kind != "staff":
        ask = ask.where(Restriction.state.not_in(("L_PROPOSED", "L_REFUSED")))
    states: dict[str, Any] = {
        "contested": ("L_CONTESTED",),
        "proposed": ("L_PROPOSED",),
        "live": ("L_LIVE", "L_CONTESTED"),
    }
    if queue in states:
        ask = ask.where(Restriction.state.in_(states[queue]))
    ask = ask.order_by(Restriction.created_at.desc(), Restriction.id.desc())
    return [_level(uow, *row) for row in (await uow.execute(ask)).all()]


def _level(uow: UnitOfWork, row: Restriction, person: str | None, employer: str | None) -> LevelView:
    actions = LEVEL.allowed(row.state, hand(uow))
    if row.objected_at is not None or row.object_until is None or uow.now > row.object_until:
        actions = [a for a in actions if a != "object"]
    side = side_of(row)
    return LevelView(
        id=row.id, side=side, who=_who(person, employer), kind=row.kind, level=row.level,
        level_words=LEVEL_WORDS[row.level], effect=levels.effect(side, row.level), state=row.state,
        state_words=LEVEL.labels[row.state], points=row.points, grounds=row.grounds, evidence=row.evidence,
        starts_at=row.starts_at, ends_at=row.ends_at, object_until=row.object_until, objection=row.objection,
        decision=row.decision, county=county_of(row.tenant), actions=actions,
    )  # fmt: skip
