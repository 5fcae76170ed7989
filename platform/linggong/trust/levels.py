"""Levels that follow from points: 提醒, 限制, 禁止 (section 6). Run by the background job, which sees all counties."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import clock, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.ids import new_id
from linggong.kernel.machine import NEW
from linggong.kernel.timers import Timer
from linggong.trust.common import county_of, hand, move, notice, numbers, spans, tell
from linggong.trust.machines import LEVEL, LEVEL_WORDS
from linggong.trust.models import CreditEntry, Restriction
from tenants import holidays

EXPIRE = "t.credit.expire"
_THRESHOLDS = {
    "worker": ((2, "credit.worker.limit_at"), (1, "credit.worker.confirm_at")),
    "employer": ((3, "credit.employer.ban_at"), (2, "credit.employer.limit_at"), (1, "credit.employer.remind_at")),
}
_WHAT = {
    ("worker", 1): "以后接活，驿站会先打电话和您确认一遍",
    ("worker", 2): "这几天先不能接当天的活，别的活照常",
    ("employer", 1): "再扣分会影响发单，请按时到场、按时付钱",
    ("employer", 2): "以后发的每一单都要人工审核",
    ("employer", 3): "暂停发布用工",
}
"""What a level means, as the party is told."""


def effect(side: str, level: int) -> str:
    """Return what a level means for a side, in words."""
    return _WHAT.get((side, level), "暂停接活" if side == "worker" else "暂停发布用工")


def counting(now: datetime) -> sa.ColumnElement[bool]:
    """Return the test of entries whose points count now: told, not contested, not lifted, not decayed (invariant 9)."""
    return sa.and_(
        CreditEntry.state.in_(("K_NOTED", "K_COUNTED")), CreditEntry.counts_from <= now, CreditEntry.expires_at > now
    )


def standing(now: datetime) -> sa.ColumnElement[bool]:
    """Return the test of restrictions in force: an objection suspends a worker's, not an employer's."""
    live = sa.or_(
        Restriction.state == "L_LIVE",
        sa.and_(Restriction.state == "L_CONTESTED", Restriction.employer_id.is_not(None)),
    )
    return sa.and_(live, Restriction.starts_at <= now, Restriction.ends_at > now)


async def one_at_a_time(uow: UnitOfWork, person_id: UUID | None, employer_id: UUID | None) -> None:
    """Wait for whoever notes or reckons the same party: two happenings at once must not both miss a threshold."""
    await uow.execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:k, 6))"), {"k": f"{person_id}{employer_id}"}
    )


async def reckon(
    uow: UnitOfWork, *, person_id: UUID | None, employer_id: UUID | None, tenant: str, via: str | None
) -> None:
    """Sum what counts, impose the level that it reaches, lift levels that it no longer reaches."""
    side = "worker" if person_id is not None else "employer"
    whose = CreditEntry.person_id == person_id if person_id is not None else CreditEntry.employer_id == employer_id
    await one_at_a_time(uow, person_id, employer_id)
    rows = (
        await uow.execute(sa.select(CreditEntry.points, CreditEntry.expires_at).where(whose, counting(uow.now)))
    ).all()
    total = sum(r.points for r in rows)
    limits = await numbers(uow, tenant, *(key for _, key in _THRESHOLDS[side]))
    level = next((n for n, key in _THRESHOLDS[side] if total >= limits[key]), 0)
    held = await _held(uow, person_id, employer_id)
    for row in held:
        if row.level > level:
            await move(uow, LEVEL, row, "excuse", points=total)
            await timers.cancel_timers(uow, row.id)
            await notice(uow, row, "credit.level_lifted", f"信用分降到{total}分，“{LEVEL_WORDS[row.level]}”已经解除。")
    if not level:
        return
    limit = limits[dict(_THRESHOLDS[side])[level]]
    decayed = _below([(r.expires_at, r.points) for r in rows], total, limit)
    if not any(row.level >= level for row in held):
        await _impose(uow, person_id, employer_id, tenant, via, level, total, decayed)
    for row in held:
        if row.level == level == 1 and decayed > row.ends_at:
            # New points keep the reminder; it is no new restriction.
            row.ends_at = decayed
            await _end_timer(uow, row)


def _below(decays: Sequence[tuple[datetime, int]], total: int, limit: int) -> datetime:
    """Return when enough points will have decayed that the sum lies below a limit."""
    for at, points in sorted(decays):
        total -= points
        if total < limit:
            return at
    raise ValueError("the sum never falls below its limit")


async def _held(uow: UnitOfWork, person_id: UUID | None, employer_id: UUID | None) -> Sequence[Restriction]:
    whose = Restriction.person_id == person_id if person_id is not None else Restriction.employer_id == employer_id
    return (
        await uow.session.scalars(
            sa.select(Restriction)
            .where(
                whose,
                Restriction.kind == "points",
                Restriction.state.in_(("L_LIVE", "L_CONTESTED")),
                Restriction.ends_at > uow.now,
            )
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    ).all()


async def _impose(
    uow: UnitOfWork, person_id: UUID | None, employer_id: UUID | None, tenant: str, via: str | None, level: int,
    total: int, decayed: datetime,
) -> None:  # fmt: skip
    side = "worker" if person_id is not None else "employer"
    times = await spans(uow, tenant, "credit.worker.limit", "credit.employer.limit")
    longest = times["credit.worker.limit"] if side == "worker" else times["credit.employer.limit"]
    made = LEVEL.step(NEW, "impose", hand(uow))
    row = Restriction(
        id=new_id(),
        tenant=county_of(tenant),
        via=via,
        person_id=person_id,
        employer_id=employer_id,
        state=made.target,
        kind="points",
        level=level,
        points=total,
        grounds=f"60天内信用分累计{total}分",
        starts_at=uow.now,
        # A reminder lasts as long as the points; what costs work ends with its term, if the points do not end before.
        ends_at=decayed if level == 1 else min(decayed, uow.now + longest),
        created_at=uow.now,
    )
    await start(uow, row)
    uow.session.add(row)
    await uow.flush()
    await tell(uow, LEVEL, row, made, level=level, points=total, ends_at=row.ends_at.isoformat(), shared=level >= 2)
    await inform(uow, row)


async def start(uow: UnitOfWork, row: Restriction) -> None:
    """Set the end's timer and the time to object."""
    days = (await numbers(uow, row.tenant, "t.objection.other"))["t.objection.other"]
    row.object_until = await holidays.working_deadline(uow, row.tenant, uow.now, days)
    await _end_timer(uow, row)


async def _end_timer(uow: UnitOfWork, row: Restriction) -> None:
    await timers.set_timer(
        uow, subject_id=row.id, region="credit", key=EXPIRE, due_at=row.ends_at, tenant=row.tenant, via=row.via,
        person_id=row.person_id, employer_id=row.employer_id,
    )  # fmt: skip


async def inform(uow: UnitOfWork, row: Restriction) -> None:
    """Tell the party what holds, why, until when, and how to object."""
    side = "worker" if row.person_id is not None else "employer"
    ends = clock.shanghai(row.ends_at)
    text = (
        f"信用{LEVEL_WORDS[row.level]}：{effect(side, row.level)}，到{ends.month}月{ends.day}日为止。"
        "不认可的可在5个工作日内在“我的信用”里或到驿站申诉。"
    )
    await notice(uow, row, "credit.level", text, call=row.level >= 2 and side == "worker")


async def on_expire(uow: UnitOfWork, timer: Timer) -> None:
    """A restriction reached its end (6q)."""
    row = await uow.session.get(Restriction, timer.subject_id, populate_existing=True)
    if row is None or LEVEL.is_end(row.state) or row.state == "L_PROPOSED":
        return
    await move(uow, LEVEL, row, "expire")
    await notice(uow, row, "credit.level_lifted", f"信用“{LEVEL_WORDS[row.level]}”已到期解除。")


def day(when: datetime) -> str:
    """Return a date as people say it."""
    local = clock.shanghai(when)
    return f"{local.month}月{local.day}日"
