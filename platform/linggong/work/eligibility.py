"""May this worker take this order: hiring, age, night and heavy work, other jobs at that time (guards of 12, 13 and 18)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.market.models import BoardPost
from linggong.people.models import Person
from linggong.people.registration import whole
from linggong.work import common
from linggong.work.common import ShiftTime
from linggong.work.machines import HOLDING
from tenants.service import parameters

_YOUNG_BARRED = frozenset({"height", "night", "heavy"})
_NIGHT_FROM, _NIGHT_TO = 22, 6
"""Hours of the night in which nobody under 18 works [law: 未成年工特殊保护; professional knowledge, to be re-read]."""

_LIVE = r"SELECT state FROM engagements WHERE order_id = $1 AND worker_id = $2 AND state NOT LIKE 'X\_%' LIMIT 1"
_CLASH = """
SELECT p.title, a.starts_at FROM assignments a JOIN board_posts p ON p.order_id = a.order_id
WHERE a.worker_id = $1 AND a.state = ANY ($2::text[]) AND EXISTS (
  SELECT FROM unnest($3::timestamptz[], $4::timestamptz[]) s (begins, ends) WHERE a.starts_at < s.ends AND a.ends_at > s.begins)
LIMIT 1"""


async def check_hiring(
    uow: UnitOfWork, post: BoardPost, *, waitlist: bool = False, in_place_of: bool = False
) -> datetime:
    """Return until when the order takes people in, or (full, with `waitlist`) lets them wait for a place.

    `in_place_of`: somebody comes for one who has a place; then it counts only that the work goes on (28).

    Raises Conflict when it is full, frozen, lapsed, ended, or began too long ago.
    """
    until = post.starts_at + (await common.span(uow, post.tenant, "t.fill_until"))["t.fill_until"]
    if post.listed and uow.now <= until:
        return until
    if in_place_of and post.state in ("O_OPEN", "O_FULL", "O_LOCKED", "O_ACTIVE") and uow.now < post.ends_at:
        return post.ends_at
    if post.places_left == 0 and post.state in ("O_FULL", "O_LOCKED", "O_ACTIVE"):
        if waitlist and uow.now <= until:
            return until
        raise Conflict("这个活招满了，请看看别的活。", state=post.state)
    if post.state == "O_SUSPENDED":
        raise Conflict("这个活正在核查，暂时不能报名，请看看别的活。", state=post.state)
    raise Conflict("这个活已经不招人了，请看看别的活。", state=post.state)


async def check_person(uow: UnitOfWork, person: Person, post: BoardPost, shifts: Sequence[ShiftTime]) -> None:
    """Raise Conflict for a closed or unverified account, and for work that the law bars at this age (R113)."""
    if person.status != "active":
        raise Conflict("这个账号已经停用，请到驿站处理。")
    if person.verified_level < 1:
        raise Conflict("请先实名登记，再报名。")
    numbers = await parameters(uow, post.tenant, "worker.min_age", "worker.adult_age")
    age = age_on(person.birth_date, min(s.work_date for s in shifts))
    if age < whole(numbers["worker.min_age"]):
        raise Conflict("未满16周岁，不能派工。这是法律规定。")
    if age >= whole(numbers["worker.adult_age"]):
        return
    if _YOUNG_BARRED & set(post.conditions) or any(touches_night(s.starts_at, s.ends_at) for s in shifts):
        raise Conflict("未满18周岁，不能做登高、重活和夜班。请选别的活。")


def age_on(born: date, day: date) -> int:
    """Return full years of age on a day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def touches_night(starts_at: datetime, ends_at: datetime) -> bool:
    """Tell whether any part of a shift lies between 22:00 and 06:00 in Shanghai."""
    begins = clock.shanghai(starts_at)
    if begins.hour >= _NIGHT_FROM or begins.hour < _NIGHT_TO:
        return True
    return ends_at - starts_at > begins.replace(hour=_NIGHT_FROM, minute=0, second=0, microsecond=0) - begins


async def check_free(uow: UnitOfWork, worker_id: UUID, order_id: UUID, shifts: Sequence[ShiftTime]) -> None:
    """Raise Conflict when he takes part in this order already, or has another job at that time."""
    if live := await uow.fetch(_LIVE, order_id, worker_id):
        raise Conflict("这个活已经报过名了，请到“我的活”里看。", state=live[0]["state"])
    await check_overlap(uow, worker_id, shifts)


async def check_overlap(uow: UnitOfWork, worker_id: UUID, shifts: Sequence[ShiftTime]) -> None:
    """Raise Conflict that names the job at that time, as far as the actor may see it (invariant 4).

    A clerk does not see his worker's jobs elsewhere: the exclusion constraint on assignments has the last word.
    """
    if not shifts:
        return
    times = [s.starts_at for s in shifts], [s.ends_at for s in shifts]
    for clash in await uow.fetch(_CLASH, worker_id, list(HOLDING), *times):
        when = clock.shanghai(clash["starts_at"])
        raise Conflict(
            f"{when.month}月{when.day}日 {when:%H:%M} 已经接了“{clash['title']}”，时间冲突。要换的话请先退掉那个。"
        )


def no_time(error: sa.exc.IntegrityError) -> Conflict | None:
    """Return the Conflict for a shift that the exclusion constraint refused, None for any other fault."""
    cause = getattr(error.orig, "__cause__", None)
    if getattr(cause, "sqlstate", None) != "23P01":
        return None
    return Conflict("这位零工那个时间已经在别处接了活，时间冲突。要换的话请先退掉那个。")
