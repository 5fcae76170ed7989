"""补人 (38, 40): somebody is missing, and others are asked in waves until the place is filled.

Employer or clerk said that he did not come, or a clerk lets a gap be filled: that word is the employer's yes to whoever confirms
first, so that one answer fills the place (ruling 12: a person decides). The waitlist comes first, then who waits in this station's
hall, then who may be called; some at a time, with a short time to answer. The system asks, and stops when the place is filled.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
import numpy as np
import sqlalchemy as sa
import structlog

from linggong.kernel import events, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, LinggongError, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import Scope, tenant_path
from linggong.kernel.timers import Timer
from linggong.market.models import BoardPost
from linggong.matching import queries, rules
from linggong.matching.facts import Seeker
from linggong.matching.rules import FREE
from linggong.matching.score import Scores
from linggong.people import notices
from linggong.people.limits import span, whole
from linggong.push.models import FillIn, FillInAsk
from linggong.work import common, engage, waiting
from linggong.work.engage import Wish
from linggong.work.models import Engagement
from linggong.work.site_models import NoShow
from linggong.work.subscribers import lapse
from tenants.service import parameters

log = structlog.get_logger(__name__)
LOOK_TIMER, WAVE_TIMER = "push.fill_in", "push.wave"
_HIRING: Final = ("O_OPEN", "O_FULL", "O_LOCKED", "O_ACTIVE")
_KEYS: Final = ("push.wave_people", "push.wave_lasts", "push.waves_most", "push.score_min", "t.fill_until.no_show")
_BEFORE: Final = timedelta(hours=2)
"""How long before the start a clerk may let a gap be filled at once; earlier there is time to choose."""


class Next(NamedTuple):
    """Somebody who may be asked."""

    seeker: Seeker
    source: str
    score: int
    why: str


async def missing(uow: UnitOfWork, told: NewEvent) -> None:
    """Let the system look at once when a no-show freed a place: who said it may not see whom to ask."""
    if told.body.get("reason") == "no_show":
        await _look(uow, told)


async def changed(uow: UnitOfWork, told: NewEvent) -> None:
    """Somebody who was asked has answered, or lapsed: look whether the place is filled, or who is next."""
    row = await uow.session.get(Engagement, told.subject_id) if told.subject_id else None
    if row is not None and row.source == "fill_in":
        await _look(uow, told)


async def _look(uow: UnitOfWork, told: NewEvent) -> None:
    row = await uow.session.get(Engagement, told.subject_id)
    if row is not None:
        await common.set_timer(uow, row, LOOK_TIMER, uow.now, region="fill_in")


async def on_look_due(uow: UnitOfWork, timer: Timer) -> None:
    """Begin to fill the place of one who did not come, or look again at a gap that is being filled."""
    row = await uow.session.get(Engagement, timer.subject_id)
    if row is None:
        return
    one = await _running(uow, row.order_id)
    if (
        one is None
        and row.state == "X_NOSHOW_W"
        and (await parameters(uow, row.tenant, "push.fill_in"))["push.fill_in"]
    ):
        said = await uow.session.scalar(
            sa.select(NoShow)
            .join(Engagement, sa.and_(Engagement.order_id == NoShow.order_id, Engagement.worker_id == NoShow.worker_id))
            .where(Engagement.id == row.id)
            .order_by(NoShow.reported_at.desc())
            .limit(1)
        )
        if said is not None:
            by = "self" if said.reported_side == "employer" else f"proxy:{said.reported_by}"
            one = await _begin(uow, row.order_id, row.tenant, "no_show", by)
    if one is not None:
        await wave(uow, one)


async def begin(uow: UnitOfWork, order_id: UUID) -> FillIn:
    """Let a gap be filled at once (a clerk of the order's post). Raises Conflict when nothing is missing or it is too early, NotFound."""
    post = await common.post_of(uow, order_id)
    if uow.actor.kind != "staff" or not uow.scope.covers(post.tenant):
        raise NotFound
    until = (await common.span(uow, post.tenant, "t.fill_until.no_show"))["t.fill_until.no_show"]
    if post.places_left < 1 or post.state not in _HIRING:
        raise Conflict("这单现在不缺人。")
    if not post.starts_at - _BEFORE <= uow.now <= post.starts_at + until:
        raise Conflict("开工前两小时到补人截止前才能这样叫人。早的话用“配岗”慢慢挑。")
    if await _running(uow, order_id) is not None:
        raise Conflict("已经在叫人了。")
    return await _begin(uow, order_id, post.tenant, "asked", common.said_by(uow))


async def stop(uow: UnitOfWork, fill_in_id: UUID) -> FillIn:
    """Ask nobody more; who was asked may still answer until his time is over. Raises Conflict, NotFound."""
    one = await uow.session.get(FillIn, fill_in_id, with_for_update=True)
    if one is None or not uow.scope.covers(one.tenant):
        raise NotFound
    if one.state != "running":
        raise Conflict("已经不在叫人了。")
    await _end(uow, one, "stopped", "工作人员停了")
    return one


async def _running(uow: UnitOfWork, order_id: UUID) -> FillIn | None:
    return await uow.session.scalar(
        sa.select(FillIn).where(FillIn.order_id == order_id, FillIn.state == "running").with_for_update()
    )


async def _begin(uow: UnitOfWork, order_id: UUID, tenant: str, cause: str, by: str) -> FillIn:
    one = FillIn(id=new_id(), tenant=tenant, order_id=order_id, cause=cause, begun_by=by, begun_at=uow.now)
    uow.session.add(one)
    await uow.flush()
    await _tell(uow, one, "fill_in.begun", cause=cause)
    post = await common.post_of(uow, order_id)
    await _employer(uow, post, f"“{post.title}”缺 {post.places_left} 人，驿站正在叫人顶上，叫到了马上告诉您。")
    await _timer(uow, one, uow.now)
    return one


async def _timer(uow: UnitOfWork, one: FillIn, due: datetime) -> None:
    one.next_at = due
    await timers.set_timer(uow, subject_id=one.id, region="fill_in", key=WAVE_TIMER, due_at=due, tenant=one.tenant)


async def on_wave_due(uow: UnitOfWork, timer: Timer) -> None:
    """The time of a wave is over: whoever has not answered has lapsed, and the next are asked."""
    one = await uow.session.get(FillIn, timer.subject_id, with_for_update=True)
    if one is not None and one.state == "running":
        # The timer being fired still counts as live: end it first, or the new one would only move it.
        timer.state = "fired"
        await uow.flush()
        await wave(uow, one)


async def wave(uow: UnitOfWork, one: FillIn) -> None:
    """Ask as many as may be asked at a time, or end it: filled, too late, nobody left (system transaction)."""
    numbers = await parameters(uow, one.tenant, *_KEYS)
    post = await common.post_of(uow, one.order_id)
    if post.state not in _HIRING or uow.now > min(post.starts_at + span(numbers["t.fill_until.no_show"]), post.ends_at):
        return await _end(uow, one, "over", "过了补人的时间，或者活已经停了")
    await waiting.settle(uow, one.order_id)
    asked = await _asked(uow, one.order_id)
    if post.places_left < 1:
        return await _filled(uow, one, post, asked)
    room = post.places_left * whole(numbers["push.wave_people"]) - len(asked)
    if room <= 0:
        return None
    made = 0
    if one.wave < whole(numbers["push.waves_most"]):
        until = uow.now + span(numbers["push.wave_lasts"])
        for person in await candidates(uow, one, whole(numbers["push.score_min"])):
            made += await _ask(uow, one, person, until)
            if made == room:
                break
        if made:
            one.wave += 1
            await _tell(uow, one, "fill_in.asked", wave=one.wave, people=made)
            await _timer(uow, one, until + timedelta(seconds=1))
    if not made and not asked:
        await _end(uow, one, "over", "合适的人都问过了")
        await _employer(
            uow,
            post,
            f"“{post.title}”还缺 {post.places_left} 人，合适的人都问过了，没人能去。请和驿站商量。",
            call=True,
        )
    return None


async def _asked(uow: UnitOfWork, order_id: UUID) -> list[Engagement]:
    """Return who holds an offer of an order that is not answered."""
    return list(
        await uow.session.scalars(
            sa.select(Engagement)
            .where(
                Engagement.order_id == order_id, Engagement.state == "A_OFFERED", Engagement.replacement_id.is_(None)
            )
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    )


async def _ask(uow: UnitOfWork, one: FillIn, person: Next, until: datetime) -> bool:
    try:
        async with uow.savepoint():
            row = await engage.ask_in(uow, one.order_id, person.seeker.id, Wish(one.begun_by, until))
    except LinggongError as error:
        log.info("not_asked_in", order=str(one.order_id), why=error.detail)
        return False
    uow.session.add(
        FillInAsk(
            id=new_id(), tenant=one.tenant, fill_in_id=one.id, engagement_id=row.id, wave=one.wave + 1, source=person.source,
            score=person.score, why=person.why, asked_at=uow.now,
        )
    )  # fmt: skip
    await uow.flush()
    return True


async def candidates(uow: UnitOfWork, one: FillIn, least: int) -> list[Next]:
    """Return who may be asked, in order: the waitlist by its numbers, who waits here and who may be called by the score.

    Whoever had to do with this order before (said no, or nothing, left, or did not come) is not asked again; whom a hard rule bars
    is not asked at all.
    """
    within = Scope(trees=(tenant_path(one.tenant),))
    orders = await queries.openings(uow, within, only=[one.order_id], gap=True)
    if not orders:
        return []
    standby = await _standby(uow, one.order_id)
    known = set(await uow.session.scalars(sa.select(Engagement.worker_id).where(Engagement.order_id == one.order_id)))
    people = [
        msgspec.structs.replace(s, asked=s.asked - {one.order_id}) if s.id in standby else s
        for s in await queries.seekers(uow, within, orders, at=one.tenant, pending=True)
        if s.id in standby or s.id not in known
    ]
    if not people:
        return []
    scores = Scores(people, orders, await queries.pasts(uow, people, orders, at=one.tenant), uow.now)
    i, j = np.arange(len(people)), np.zeros(len(people), dtype=np.int64)
    total, parts = scores.pairs(i, j)
    barred = rules.refusals(scores.people, scores.orders, i, j)
    found: list[tuple[tuple[int, float], Next]] = []
    for n, seeker in enumerate(people):
        if barred[n] != FREE:
            continue
        source = "standby" if seeker.id in standby else "here" if seeker.came is not None else "available"
        if source == "available" and float(total[n]) < least:
            continue
        rank = (
            (0, float(standby[seeker.id])) if source == "standby" else (1 + (source == "available"), -float(total[n]))
        )
        told = scores.told(n, 0, float(total[n]), parts[:, n])
        found.append((rank, Next(seeker, source, told.score, told.why)))
    return [one_ for _, one_ in sorted(found, key=lambda pair: (pair[0], pair[1].seeker.id))]


async def _standby(uow: UnitOfWork, order_id: UUID) -> dict[UUID, int]:
    """Return who waited for a place of this order until the start and was not asked, with his number."""
    rows = await uow.execute(
        sa.select(Engagement.worker_id, Engagement.queue_no).where(
            Engagement.order_id == order_id,
            Engagement.state == "X_DECLINED",
            Engagement.end_reason == "started",
            Engagement.queue_no.is_not(None),
            Engagement.offered_at.is_(None),
        )
    )
    return {r.worker_id: r.queue_no for r in rows}


async def _filled(uow: UnitOfWork, one: FillIn, post: BoardPost, asked: list[Engagement]) -> None:
    """The place is taken: who was asked beside him is told at once, and the employer, who comes."""
    for row in asked:
        if row.source == "fill_in":
            await lapse(uow, row, "filled")
    came = await uow.session.scalars(
        sa.select(Engagement.worker_name)
        .join(FillInAsk, FillInAsk.engagement_id == Engagement.id)
        .where(FillInAsk.fill_in_id == one.id, Engagement.confirmed_at.is_not(None))
        .order_by(Engagement.confirmed_at)
    )
    names = "、".join(came.all()[:5])
    await _end(uow, one, "filled", "补齐了")
    await _employer(uow, post, f"“{post.title}”的人补齐了{'：' + names if names else ''}，正在过去。到了请点名。")


async def _end(uow: UnitOfWork, one: FillIn, state: str, why: str) -> None:
    one.state, one.why_over, one.ended_at, one.next_at = state, why, uow.now, None
    await uow.flush()
    await timers.cancel_timers(uow, one.id, WAVE_TIMER)
    await _tell(uow, one, f"fill_in.{state}", waves=one.wave)


async def _employer(uow: UnitOfWork, post: BoardPost, text: str, *, call: bool = False) -> None:
    await notices.notify(
        uow, to="employer", kind="fill_in", text=text[: notices.MAX_TEXT], subject_id=post.order_id, tenant=post.tenant,
        employer_id=post.employer_id, call=call,
    )  # fmt: skip


async def _tell(uow: UnitOfWork, one: FillIn, event: str, **body: Any) -> None:
    await uow.emit(
        NewEvent(
            type=event, chain=f"order:{one.order_id}", subject_id=one.id, tenant=one.tenant,
            body={"order": str(one.order_id), **body},
        )
    )  # fmt: skip


def register() -> None:
    """Bind by name at assembly; calling it again changes nothing."""
    events.subscribe("engagement.place_freed", "push.missing", missing)
    for told in ("engagement.confirmed", "engagement.declined", "engagement.lapsed", "engagement.withdrawn"):
        events.subscribe(told, "push.answered", changed)
    timers.on_timer(LOOK_TIMER, on_look_due)
    timers.on_timer(WAVE_TIMER, on_wave_due)
