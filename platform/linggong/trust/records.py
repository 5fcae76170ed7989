"""How an employer pays: a public record beside his posts, and the 今日结 badge that only his history gives (M12).

Made anew by the background job whenever a bill of his falls due, is paid, or a worker's rating opens.
"""

from __future__ import annotations

from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.timers import Timer
from linggong.market.models import BoardPost
from linggong.trust.common import numbers, spans
from linggong.trust.models import PayRecord

RECORD = "t.trust.record"
# A bill is on time when the last payment that settled it was made by its due date: the worker's answer may take days.
_BILLS = sa.text("""
    SELECT count(*) AS due, count(*) FILTER (WHERE on_time) AS on_time,
      count(*) FILTER (WHERE on_time AND settled_by = 'confirmed') AS confirmed,
      count(*) FILTER (WHERE daily) AS same_day_due, count(*) FILTER (WHERE daily AND on_time) AS same_day_on_time,
      count(*) FILTER (WHERE state = 'SETTLED' AND NOT on_time) AS late,
      count(*) FILTER (WHERE state NOT IN ('SETTLED', 'RULED')) AS open
    FROM (SELECT b.state, b.settled_by, o.settlement = 'daily' AS daily, b.state = 'SETTLED' AND
            coalesce((SELECT max(p.claimed_at) FROM payments p WHERE p.bill_id = b.id AND p.state = 'confirmed'), b.settled_at)
              <= b.due_at AS on_time
          FROM bills b JOIN orders o ON o.id = b.order_id
          WHERE b.employer_id = :employer AND b.total_fen > 0 AND b.due_at > :since
            AND (b.due_at <= :now OR b.state = 'SETTLED')) AS one
""")
_RATINGS = sa.text(
    "SELECT count(*) AS ratings, round(avg(stars), 2) AS rating FROM ratings "
    "WHERE employer_id = :employer AND side = 'worker' AND open_at <= :now AND created_at > :since"
)


class PayRecordView(msgspec.Struct, frozen=True, kw_only=True):
    """An employer's record as workers read it; `words` says it in one line, `same_day` is the badge."""

    due: int
    on_time: int
    confirmed: int
    late: int
    open: int
    percent: int | None
    """None while too few bills fell due."""
    same_day: bool
    rating: float | None
    ratings: int
    words: str


async def on_due(uow: UnitOfWork, timer: Timer) -> None:
    """Make an employer's record anew; other bills of his that wait for the same are answered with it."""
    if timer.employer_id is not None:
        waiting = (
            Timer.employer_id == timer.employer_id,
            Timer.key == RECORD,
            Timer.state == "live",
            Timer.due_at <= uow.now,
        )
        skipped = sa.select(Timer.id).where(*waiting).with_for_update(skip_locked=True)
        await uow.execute(sa.update(Timer).where(Timer.id.in_(skipped)).values(state="cancelled", ended_at=uow.now))
        await remake(uow, timer.employer_id, timer.tenant)


async def remake(uow: UnitOfWork, employer_id: UUID, tenant: str) -> None:
    """Count his bills and ratings of the window, in all counties."""
    since = uow.now - (await spans(uow, tenant, "record.window"))["record.window"]
    asked = {"employer": employer_id, "since": since, "now": uow.now}
    bills = (await uow.execute(_BILLS, asked)).one()
    ratings = (await uow.execute(_RATINGS, asked)).one()
    values = {**bills._mapping, **ratings._mapping, "employer_id": employer_id, "made_at": uow.now}
    made = insert(PayRecord).values(values)
    await uow.execute(made.on_conflict_do_update(index_elements=["employer_id"], set_=values))


async def record_of(uow: UnitOfWork, employer_id: UUID, place: str, *, settlement: str = "") -> PayRecordView:
    """Return the record of an employer for a post at a place; `settlement` is the post's, for the badge."""
    rules = await numbers(uow, place, "record.badge_min", "record.badge_from", "stars.min_sample")
    row = (await uow.execute(sa.select(PayRecord).where(PayRecord.employer_id == employer_id))).scalar_one_or_none()
    return view(row, rules, settlement)


async def of_post(uow: UnitOfWork, order_id: UUID) -> PayRecordView:
    """Return the record of the employer of a published post, with its badge; raises NotFound without such a post."""
    post = (
        await uow.execute(
            sa.select(BoardPost.employer_id, BoardPost.tenant, BoardPost.settlement).where(
                BoardPost.order_id == order_id
            )
        )
    ).one_or_none()
    if post is None:
        raise NotFound
    return await record_of(uow, post.employer_id, post.tenant, settlement=post.settlement)


def view(row: PayRecord | None, rules: dict[str, int], settlement: str) -> PayRecordView:
    """Return the words and the badge of a record."""
    if row is None or row.due == 0:
        return PayRecordView(
            due=0, on_time=0, confirmed=0, late=0, open=0, percent=None, same_day=False, rating=None, ratings=0,
            words="这家还没有付钱记录",
        )  # fmt: skip
    enough = row.due >= rules["record.badge_min"]
    percent = row.on_time * 100 // row.due if enough else None
    same_day = (
        settlement == "daily"
        and row.open == 0
        and row.same_day_due >= rules["record.badge_min"]
        and row.same_day_on_time * 100 >= rules["record.badge_from"] * row.same_day_due
    )
    words = f"到期{row.due}笔工钱，按时付{row.on_time}笔"
    if row.late:
        words += f"，付晚{row.late}笔"
    if row.open:
        words += f"，现在还欠{row.open}笔"
    return PayRecordView(
        due=row.due, on_time=row.on_time, confirmed=row.confirmed, late=row.late, open=row.open, percent=percent,
        same_day=same_day, rating=row.rating if row.ratings >= rules["stars.min_sample"] else None, ratings=row.ratings,
        words=words,
    )  # fmt: skip
