"""Writes days of a plausible city through the real services, with a moved clock; see `fill`."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import asyncpg
import msgspec
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError

from linggong import tables  # noqa: F401 - mappers of every slice
from linggong.cases import subscribers as cases_subscribers
from linggong.contracts import subscribers as contracts_subscribers
from linggong.cover import line
from linggong.cover import subscribers as cover_subscribers
from linggong.demo import asking, diary, dispatching, hall, insuring, reaching, sign_ins
from linggong.demo.actors import Actors, Register, find_again
from linggong.demo.cast import Cast
from linggong.demo.places import County, narrow, read_counties
from linggong.demo.plan import Planner, tick
from linggong.demo.planned import Plan
from linggong.demo.schedule import Step, steps
from linggong.demo.showcase import Showcase
from linggong.kernel import clock, outbox, timers
from linggong.kernel.clock import MovableClock, at_shanghai, business_date
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Database
from linggong.kernel.errors import LinggongError
from linggong.market import subscribers as market_subscribers
from linggong.measures import facts
from linggong.publishing import figures
from linggong.trust import subscribers as trust_subscribers
from linggong.wages import subscribers as wages_subscribers
from linggong.work import subscribers as work_subscribers

Advance = Callable[[float, str], None]
_SIDE_BY_SIDE = 5
_ASKING = frozenset({"confirm", "withdraw", "cancel"})
"""Steps after which there is something to ask the insurer."""
_SMALL = 0.25
"""Below this scale a few counties with two desks each are enough."""


class FillReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a fill did. `done` counts steps by name, `refused` what the services refused and why."""

    first: date
    until: date
    days: int
    seed: int
    resumed: bool
    done: dict[str, int]
    refused: dict[str, int]
    timers: int
    seconds: float


async def fill(
    database: Database,
    owner_dsn: str,
    sealer: Sealer,
    *,
    days: int,
    seed: int,
    until: date,
    scale: float = 1.0,
    advance: Advance | None = None,
    moment: datetime | None = None,
) -> FillReport:
    """Write `days` days of a city that end with `until`, up to `moment` (default: now, or that day's forenoon).

    Everything goes through the services, each step as the one who would take it and at its own time; the timers are
    swept on the way. The same seed, days and places give the same city. A run that was killed goes on where it stopped,
    whatever is asked for; a finished one goes on to a later `until`. `scale` 1 is some 110 posts a day, 1,000 workers at
    the start and 37 more a day. Raises LookupError without a loaded city, ValueError for days out of range.
    """
    if not 1 <= days <= 366:
        raise ValueError(f"days must lie between 1 and 366, got {days}")
    began = asyncio.get_running_loop().time()
    for room in (
        market_subscribers,
        work_subscribers,
        cover_subscribers,
        wages_subscribers,
        cases_subscribers,
        trust_subscribers,
    ):
        room.register()
    # A paper costs a tenth of a second; those of the past are made when somebody asks for them.
    contracts_subscribers.register(papers=False)
    at = moment or (clock.now() if until == business_date(clock.now()) else at_shanghai(until, time(10)))
    known = await diary.read(database, seed)
    first = until - timedelta(days=days - 1)
    if known is not None:
        first, scale = known.first, known.scale
        at = max(at, known.moment) if known.finished else known.moment
    if known is None or not known.finished or at > known.moment:
        async with _pool(database.url, sealer) as pool:
            cast, fired = await _play(
                pool,
                owner_dsn,
                sealer,
                _Course(seed, scale, first, at, known),
                _share_of(days, advance),
            )
        # Written by the pool that waits for the disk: with this entry everything before it is safe as well.
        with clock.clock_set(MovableClock(at)):
            await asking.heard(database)
            await asking.ask(database)
            await diary.write(database, seed, diary.FINISHED, cast.top, until=business_date(at), done=dict(cast.done))
        done, refused = cast.done, cast.refused
    else:
        done, refused, fired = Counter[str](), Counter[str](), 0
    await _analyze(owner_dsn)
    return FillReport(
        first=first,
        until=business_date(at),
        days=(business_date(at) - first).days + 1,
        seed=seed,
        resumed=known is not None,
        done=dict(sorted(done.items())),
        refused=dict(sorted(refused.items())),
        timers=fired,
        seconds=round(asyncio.get_running_loop().time() - began, 1),
    )


@dataclass(frozen=True, slots=True)
class _Course:
    """From where to where a run goes; `known` is what an earlier one of the same seed left."""

    seed: int
    scale: float
    first: date
    moment: datetime
    known: diary.Progress | None


async def _play(
    database: Database, owner_dsn: str, sealer: Sealer, course: _Course, advance: Advance
) -> tuple[Cast, int]:
    counties = await read_counties(database)
    if course.scale < _SMALL:
        counties = narrow(counties, (sign_ins.SHOW_DESK, sign_ins.OTHER_DESK))
    top = counties[0].top
    movable = MovableClock(at_shanghai(course.first - timedelta(days=1), time(7)))
    with clock.clock_set(movable):
        if course.known is None or course.known.finished:
            await diary.write(
                database, course.seed, diary.STARTED, top, first=course.first, moment=course.moment, scale=course.scale
            )
        planner = Planner(
            counties, seed=course.seed, first=course.first, last=business_date(course.moment), scale=course.scale
        )
        plan = planner.plan()
        _show(planner, course.moment, counties)
        if course.known is not None and course.known.finished:
            # What was to begin before the moment at which the earlier run ended can no longer begin.
            plan.orders[:] = [o for o in plan.orders if not o.now or o.created >= course.known.moment]
        register = Register()
        await sign_ins.employ(database, sealer, counties, register)
        await find_again(database, sealer, plan, register)
        start = None
        if course.known is not None:
            known = course.known
            start = known.moment if known.finished else await diary.reached(database, register, known.moment)
        cast = Cast(Actors(database, register), sealer, plan, top)
        run = _Run(database, cast, movable, course.seed, advance, owner_dsn)
        await insuring.offer(database, top)
        async with insuring.insurer(sealer):
            await run.play(plan, first=course.first, start=start, end=course.moment)
        await hall.furnish(database, sealer, counties, register, course.moment)
        await dispatching.propose(database, counties, register, course.moment)
        await reaching.ask(database, counties, register, course.moment)
        await figures.nightly(database)
        await facts.refresh(database)
    return cast, run.fired


def _share_of(days: int, advance: Advance | None) -> Advance:
    """Return what takes a share between 0 and 1 and tells the caller's bar of `days` about it."""
    if advance is None:
        return lambda done, words: None
    return lambda share, words: advance(share * days, words)


@asynccontextmanager
async def _pool(url: str, sealer: Sealer) -> AsyncIterator[Database]:
    """Open a pool whose commits do not wait for the disk: a power cut loses moments, and a run goes on from there."""
    database = Database(url, pool_size=_SIDE_BY_SIDE, sealer=sealer)

    @event.listens_for(database.engine.sync_engine, "connect")
    def _quick(connection: DBAPIConnection, record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("SET synchronous_commit = off")
        cursor.close()

    try:
        yield database
    finally:
        await database.dispose()


def _show(planner: Planner, at: datetime, counties: list[County]) -> None:
    desks = [d for c in counties for d in c.desks]
    desk = next((d for d in desks if d.path == sign_ins.SHOW_DESK), desks[-1])
    showcase = Showcase(planner, at, desk)
    showcase.stars(*sign_ins.plan_stars(planner, desk, tick(at - timedelta(hours=14))))
    showcase.add()


class _Run:
    """Plays the steps: the clock moves, what is due fires, then everybody acts, side by side."""

    def __init__(
        self, database: Database, cast: Cast, movable: MovableClock, seed: int, advance: Advance, owner_dsn: str
    ) -> None:
        self.database, self.cast, self.movable, self.seed = database, cast, movable, seed
        self.advance, self.owner_dsn = advance, owner_dsn
        self.fired = 0
        self._room = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def play(self, plan: Plan, *, first: date, start: datetime | None, end: datetime) -> None:
        """Play all steps from `start` (at which a run may have been killed halfway) to `end`."""
        by_time = steps(plan, self.cast)
        begin = at_shanghai(first - timedelta(days=1), time(7))
        today = business_date(start or begin)
        for at in _times(by_time, start or begin, end):
            if business_date(at) != today:
                await diary.write(
                    self.database, self.seed, diary.DAY, self.cast.top, day=today, done=dict(self.cast.done)
                )
                if (today - first).days in (-1, 0, 3, 14):
                    # A table that grew from nothing has no statistics, and plans without them are slow.
                    await _analyze(self.owner_dsn)
                today = business_date(at)
            self.movable.move_to(at)
            self.fired += await timers.sweep(self.database, limit=100_000)
            due = by_time.get(at, [])
            await self._together(due)
            if at.minute % 30 == 0 or any(step.name in _ASKING for step in due):
                # The insurer answers within the same minute.
                while await outbox.work(self.database, line.SYSTEM, limit=500):
                    pass
            self.advance((at - begin) / (end - begin), f"{today:%m-%d}")
        # What the last steps handed to the background is due at this very moment.
        self.fired += await timers.sweep(self.database, limit=100_000)

    async def _together(self, due: list[Step]) -> None:
        threads: dict[str, list[Step]] = defaultdict(list)
        for step in due:
            threads[step.thread].append(step)
        async with asyncio.TaskGroup() as group:
            for thread in threads.values():
                group.create_task(self._thread(thread))

    async def _thread(self, thread: list[Step]) -> None:
        async with self._room:
            for step in thread:
                await self._step(step)

    async def _step(self, step: Step) -> None:
        for attempt in (1, 2, 3):
            try:
                await step.run()
            except LinggongError as error:
                self.cast.refuse(step.name, error)
            except KeyError:
                # Its person or post never came to be, because the step before was refused.
                self.cast.refused[f"{step.name}: nothing to act on"] += 1
            except DBAPIError as error:
                # Two transactions that touch the same rows in another order: one is rolled back and tries again.
                if attempt == 3 or "deadlock" not in str(error):
                    raise
                continue
            return


def _times(by_time: dict[datetime, list[Step]], start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the times of steps, and every full half hour in between, at which only timers are looked at."""
    half = timedelta(minutes=30)
    # The end is one of them, and the half hours are the clock's: a run that goes on looks at what the first one looked at.
    wanted = {at for at in by_time if start <= at <= end} | {end}
    at = start.replace(minute=0, second=0, microsecond=0)
    while at <= end:
        if at >= start:
            wanted.add(at)
        at += half
    yield from sorted(wanted)


async def _analyze(owner_dsn: str) -> None:
    connection = await asyncpg.connect(owner_dsn)
    try:
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
