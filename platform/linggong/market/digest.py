"""New posts that fit: found every few minutes, told in one text a person, few a day, never at night, each post once.

A hit is of a saved search, or of the person himself (`linggong.push`); one digest tells both.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.geo import EARTH_M
from linggong.kernel.money import format_yuan
from linggong.market import board
from linggong.market.codes import PAY_UNIT_LABELS, PayUnit
from linggong.market.models import DAY_PAY, BoardPost
from linggong.market.search_models import SavedSearch, SearchHit
from linggong.market.trades import trade
from linggong.people import limits, notices, reaching
from linggong.people.notice_models import Notice

KIND: Final = reaching.NEWS
"""The kind of notice; nobody at a desk calls about one."""
notices.not_called.add(KIND)
_PEOPLE: Final = 500
_NAMED: Final = 3
_OVERLAP: Final = timedelta(minutes=10)
"""A post may be seen later than it says it was published: its transaction took that long."""
_NUMBERS: Final = ("search.per_day", "search.gap", "search.fresh", "push.digest_at")

_FIND: Final = f"""
INSERT INTO search_hits (id, tenant, person_id, search_id, order_id, found_at, left_out)
SELECT gen_random_uuid(), s.tenant, s.person_id, s.id, b.order_id, $1, ''
FROM unnest($2::uuid[], $3::text[], $4::text[]) AS t(id, trade_from, trade_to)
JOIN saved_searches s USING (id)
JOIN board_posts b ON b.listed AND b.starts_at > $1 AND b.published_at > greatest(s.created_at, s.looked_at - $5::interval)
  AND (s.area IS NULL OR b.tenant >= s.area AND b.tenant < s.area || '~')
  AND (t.trade_from = '' OR b.trade_code >= t.trade_from AND b.trade_code < t.trade_to)
  AND (s.settlement = '' OR b.settlement = s.settlement)
  AND (s.job_form = '' OR b.job_form = s.job_form) AND b.benefits @> s.benefits
  AND (s.pay_min_fen = 0 OR {DAY_PAY} >= s.pay_min_fen)
  AND (s.search = '' OR b.search @@ s.search::tsquery)
  AND (s.radius_m = 0 OR 2 * {EARTH_M} * asin(least(1, sqrt(power(sin(radians(b.near_latitude - s.latitude) / 2), 2)
    + cos(radians(s.latitude)) * cos(radians(b.near_latitude)) * power(sin(radians(b.near_longitude - s.longitude) / 2), 2)))) <= s.radius_m)
ORDER BY s.created_at, s.id, b.order_id
ON CONFLICT (person_id, order_id) DO NOTHING
"""  # noqa: S608 - put together from constants of ours


async def run(database: Database) -> None:
    """Look for new posts and tell them."""
    async with database.system() as uow:
        await find(uow)
    async with database.system() as uow:
        await tell(uow)


async def find(uow: UnitOfWork) -> None:
    """Note every new post that fits a saved search (system transaction)."""
    kept = (await uow.execute(sa.select(SavedSearch.id, SavedSearch.trade_code))).all()
    # A trade that the classification has lost finds nothing, and holds nobody else up.
    rows = [row for row in kept if not row.trade_code or trade(row.trade_code) is not None]
    if not rows:
        return
    ranges = [board.trade_range(row.trade_code) if row.trade_code else ("", "") for row in rows]
    ids = [row.id for row in rows]
    await uow.fetch(_FIND, uow.now, ids, [r[0] for r in ranges], [r[1] for r in ranges], _OVERLAP)
    await uow.execute(sa.update(SavedSearch).where(SavedSearch.id.in_(ids)).values(looked_at=uow.now))


async def tell(uow: UnitOfWork) -> int:
    """Tell whoever has something new, in one text for all of it (system transaction); returns how many were told.

    What a saved search found is told as soon as `search.gap` allows. What fits him without his asking waits for the digest of
    the day at `push.digest_at`, or goes along with the other. Nobody is told in the quiet hours, or beyond his limits.
    """
    numbers = await limits.at_top(uow, *_NUMBERS)
    if (await reaching.hours(uow)).loud_from(uow.now) > uow.now:
        return 0
    fresh = uow.now - limits.span(numbers["search.fresh"])
    await uow.execute(
        sa.update(SearchHit)
        .where(SearchHit.told_at.is_(None), SearchHit.left_out == "", SearchHit.found_at <= fresh)
        .values(left_out="late")
    )
    midnight = clock.day_bounds(clock.business_date(uow.now))[0]
    digest_at = midnight + limits.span(numbers["push.digest_at"])
    per_day, gap = limits.whole(numbers["search.per_day"]), limits.span(numbers["search.gap"])
    told = (
        sa.select(
            Notice.person_id,
            sa.func.count().filter(Notice.created_at >= midnight).label("times"),
            sa.func.max(Notice.created_at).label("last"),
        )
        .where(Notice.kind == KIND, Notice.created_at >= min(midnight, uow.now - gap))
        .group_by(Notice.person_id)
        .subquery()
    )
    of_the_day = sa.literal(uow.now >= digest_at) & (told.c.last.is_(None) | (told.c.last < digest_at))
    waiting = await uow.execute(
        sa.select(SearchHit.person_id)
        .outerjoin(told, told.c.person_id == SearchHit.person_id)
        .where(
            SearchHit.told_at.is_(None),
            SearchHit.left_out == "",
            sa.func.coalesce(told.c.times, 0) < per_day,
            sa.or_(told.c.last.is_(None), told.c.last <= uow.now - gap),
        )
        .group_by(SearchHit.person_id, told.c.last)
        .having(sa.func.bool_or(SearchHit.search_id.is_not(None)) | of_the_day)
        .order_by(SearchHit.person_id)
        .limit(_PEOPLE)
    )
    people = list(waiting.scalars().all())
    full = await reaching.full(uow, people)
    count = 0
    for person_id in people:
        if person_id not in full:
            count += await _tell_one(uow, person_id)
    return count


async def _tell_one(uow: UnitOfWork, person_id: UUID) -> bool:
    rows = (
        await uow.execute(
            sa.select(SearchHit, SavedSearch.label, BoardPost)
            .outerjoin(SavedSearch, SavedSearch.id == SearchHit.search_id)
            .join(BoardPost, BoardPost.order_id == SearchHit.order_id)
            .where(SearchHit.person_id == person_id, SearchHit.told_at.is_(None), SearchHit.left_out == "")
            .order_by(SearchHit.search_id.is_(None), BoardPost.starts_at, SearchHit.id)
            .with_for_update(of=SearchHit, skip_locked=True)
        )
    ).all()
    # What has filled up or begun by now is news no more.
    news = [(hit, label, post) for hit, label, post in rows if post.listed and post.starts_at > uow.now]
    # Of posts that say the same thing the first is told.
    firsts = {post.group_key: n for n, (_, _, post) in reversed(list(enumerate(news)))}
    news = [one for n, one in enumerate(news) if firsts[one[2].group_key] == n]
    for hit, _, post in rows:
        if post.listed and post.starts_at > uow.now:
            hit.told_at = uow.now
        else:
            hit.left_out = "over"
    await uow.flush()
    if not news:
        return False
    first = news[0][0]
    await notices.notify(
        uow,
        to="worker",
        kind=KIND,
        text=digest([label for _, label, _ in news], [post for _, _, post in news], uow.now),
        subject_id=first.search_id or first.order_id,
        tenant=first.tenant,
        person_id=person_id,
    )
    return True


def digest(labels: Sequence[str | None], posts: Sequence[BoardPost], now: datetime) -> str:
    """Return the one text: for what, how many, and the first few, in at most two messages' length."""
    own = {label for label in labels if label is not None}
    what = f"您要的“{next(iter(own))[:24]}”" if len(own) == 1 else "您存的找活条件"
    head = f"{what}有{len(posts)}个新活：" if None not in labels else f"适合您的新活有{len(posts)}个："
    tail = "。到零工市场“找活”里看，或回0让驿站打给您。不再收回TD。"
    said: list[str] = []
    for post in posts[:_NAMED]:
        unit = post.piece_name or PAY_UNIT_LABELS.get(PayUnit(post.pay_unit), "")
        part = (
            f"{post.title[:10]}{format_yuan(post.pay_fen)}元/{unit}，{_moment(post.starts_at, now)}，{post.place[:8]}"
        )
        if len(head) + len("；".join([*said, part])) + len(tail) > notices.MAX_TEXT:
            break
        said.append(part)
    return head + "；".join(said) + tail


def _moment(at: datetime, now: datetime) -> str:
    local, days = clock.shanghai(at), (clock.business_date(at) - clock.business_date(now)).days
    day = {0: "今天", 1: "明天", 2: "后天"}.get(days, f"{local.month}月{local.day}日")
    return f"{day}{local.hour}:{local.minute:02d}"
