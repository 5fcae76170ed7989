"""Opening hours as a place declares them by season, and how far its days kept them (R038).

What is declared is also written as the place's public hours, so that the directory, the wall and the liveliness say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.ids import new_id
from linggong.measures import liveliness
from linggong.measures.hours import opens
from linggong.measures.site_models import SiteDay
from linggong.measures.sites import thresholds
from linggong.sites import common
from linggong.sites.models import SiteHours

_MOST = 6
_WEEK = "一二三四五六日"
_SIGNS = ("clerk", "beat", "deed")
_AHEAD = timedelta(days=366)


class Season(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Hours of some months, both named ones among them; minutes of the day. Months may go over the year's end (10 to 3)."""

    first_month: int
    last_month: int
    opens: int
    closes: int
    weekdays: str = "1-7"
    """From a day of the week to a day of the week, 1 is Monday."""

    def words(self) -> str:
        """Return it as the directory prints it: 4月到9月 周一到周六 04:30 到 18:00."""
        first, last = (int(day) for day in self.weekdays.split("-"))
        week = "" if (first, last) == (1, 7) else f"周{_WEEK[first - 1]}到周{_WEEK[last - 1]} "
        return (
            f"{self.first_month}月到{self.last_month}月 {week}{minute_words(self.opens)} 到 {minute_words(self.closes)}"
        )

    def months(self) -> list[int]:
        """Return its months."""
        last = self.last_month if self.last_month >= self.first_month else self.last_month + 12
        return [(month - 1) % 12 + 1 for month in range(self.first_month, last + 1)]


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """Hours that hold on a day."""

    version: int
    from_on: date
    seasons: list[Season]
    declared_at: datetime

    @property
    def words(self) -> str:
        """Return all seasons, as the directory prints them."""
        return spoken(self.seasons)


class KeptDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day that is over: when it should have opened (None: closed by its hours or declared closed), what was first seen."""

    day: date
    due: int | None
    signs: dict[str, int]
    """Minute of the day of the first clerk's sign-in, screen's beat and transaction."""
    verdict: str
    """open, late, shut, rest."""


def spoken(seasons: Sequence[Season]) -> str:
    """Return seasons as one line of public hours."""
    return "；".join(season.words() for season in seasons)


def minute_words(minute: int) -> str:
    """Return 04:30 for 270."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def faults_of(seasons: Sequence[Season]) -> list[Fault]:
    """Return everything that is wrong with seasons: months, hours that close before they open, months named twice."""
    if not 1 <= len(seasons) <= _MOST:
        return [Fault("seasons", f"请写开放时间，最多 {_MOST} 段。", "required")]
    faults: list[Fault] = []
    taken: set[tuple[int, int]] = set()
    for n, one in enumerate(seasons):
        at = f"seasons.{n}"
        if not (1 <= one.first_month <= 12 and 1 <= one.last_month <= 12):
            faults.append(Fault(f"{at}.first_month", "月份请填 1 到 12。", "range"))
            continue
        first, dash, last = one.weekdays.partition("-")
        week = (int(first), int(last)) if dash and first in set("1234567") and last in set("1234567") else (0, 0)
        if not 1 <= week[0] <= week[1]:
            faults.append(Fault(f"{at}.weekdays", "星期请写成 1-7 这样，从小到大。", "choice"))
            continue
        if not (0 <= one.opens < 1440 and 0 < one.closes <= 1440):
            faults.append(Fault(f"{at}.opens", "时间请写成 04:30 这样。", "time"))
        elif one.closes <= one.opens:
            faults.append(Fault(f"{at}.closes", f"关门（{minute_words(one.closes)}）要晚于开门（{minute_words(one.opens)}）。", "order"))  # fmt: skip
        days = {(month, day) for month in one.months() for day in range(week[0], week[1] + 1)}
        if days & taken:
            faults.append(Fault(f"{at}.first_month", "这一段和前面的月份、星期重复了，同一天只能有一个时间。", "twice"))
        taken |= days
    missing = [month for month in range(1, 13) if month not in {m for m, _ in taken}]
    if missing and not faults:
        listed = "、".join(str(month) for month in missing)
        faults.append(Fault("seasons", f"{listed} 月还没有写。停开的日子请报备，开放时间要写满全年。", "gap"))
    return faults


async def declare(
    uow: UnitOfWork, place: str | UUID, seasons: Sequence[Season], *, from_on: date | None = None
) -> SiteHours:
    """Declare hours from a day on; those of today become the public hours at once. Raises NotFound, Invalid with every fault."""
    node, now = await common.site(uow, place), common.today(uow)
    faults = faults_of(seasons)
    start = from_on or now
    if not now <= start <= now + _AHEAD:
        faults.append(Fault("from_on", "从今天起，最多提前一年公布。", "range"))
    if faults:
        raise Invalid(faults)
    before = await uow.session.scalar(sa.select(sa.func.max(SiteHours.version)).where(SiteHours.tenant == node.path))
    row = SiteHours(
        id=new_id(), tenant=node.path, version=(before or 0) + 1, from_on=start,
        seasons=[msgspec.to_builtins(season) for season in seasons], declared_at=uow.now, declared_by=common.actor(uow),
    )  # fmt: skip
    uow.session.add(row)
    if start == now:
        node.opening_hours = spoken(seasons)
    await uow.flush()
    await common.tell(uow, node, "hours_declared", version=row.version, from_on=start, hours=spoken(seasons))
    return row


async def put_in_force(uow: UnitOfWork, day: date) -> int:
    """Make hours public that were declared to hold from a day on; returns of how many places. The machine's, each night."""
    done = 0
    for path in await uow.session.scalars(sa.select(SiteHours.tenant).where(SiteHours.from_on == day).distinct()):
        held = await declared(uow, path, day)
        node = await common.site(uow, path)
        if held is not None and node.opening_hours != held.words:
            node.opening_hours, done = held.words, done + 1
            await common.tell(uow, node, "hours_in_force", version=held.version, hours=held.words)
    await uow.flush()
    return done


async def declared(uow: UnitOfWork, path: str, day: date) -> Declared | None:
    """Return the hours that a place declared for a day: of those that had begun the last one."""
    return next((one for one in await versions(uow, path) if one.from_on <= day), None)


async def versions(uow: UnitOfWork, path: str) -> list[Declared]:
    """Return all that a place declared, what holds longest from now on first."""
    rows = await uow.session.scalars(
        sa.select(SiteHours)
        .where(SiteHours.tenant == path)
        .order_by(SiteHours.from_on.desc(), SiteHours.version.desc())
    )
    return [
        Declared(
            version=row.version, from_on=row.from_on, seasons=msgspec.convert(row.seasons, list[Season]),
            declared_at=row.declared_at,
        )
        for row in rows
    ]  # fmt: skip


async def kept(uow: UnitOfWork, path: str, hours: str | None, first: date, last: date) -> list[KeptDay]:
    """Return the days of a place from the first to the last, the latest first, each held against its hours.

    A day is open with two independent signs, on time when the first of them is there within the grace of the tenant (M19).
    """
    limits = await thresholds(uow, "liveliness.")
    grace = limits.whole(path, "liveliness.grace") // 60
    seen: dict[date, dict[str, int]] = {}
    rows = await uow.execute(
        sa.select(SiteDay.day, SiteDay.sign, SiteDay.first_at).where(
            SiteDay.tenant == path, SiteDay.day.between(first, last), SiteDay.sign.in_(_SIGNS)
        )
    )
    for day, sign, at in rows:
        local = clock.shanghai(at)
        seen.setdefault(day, {})[sign] = local.hour * 60 + local.minute if local.date() == day else 0
    closed = (await liveliness.closures(uow, [path], first, last)).get(path, set())
    said = await versions(uow, path)
    found = []
    for back in range((last - first).days + 1):
        day = last - timedelta(days=back)
        held = next((one.words for one in said if one.from_on <= day), hours)
        due, signs = opens(held, day), seen.get(day, {})
        if due is None or day in closed:
            due, verdict = None, "rest"
        elif len(signs) < liveliness.SIGNALS:
            verdict = "shut"
        else:
            verdict = "open" if due < 0 or min(signs.values()) <= due + grace else "late"
        found.append(KeptDay(day=day, due=due, signs=signs, verdict=verdict))
    return found
