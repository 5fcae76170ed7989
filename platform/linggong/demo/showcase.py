"""What is going on at the very moment when the demo is opened: people at work, applicants waiting, posts in review.

The plan's days follow the clock of a market, where nobody works at three in the night. Somebody who opens the demo then
should still see a city at work, so a few posts are laid around the moment.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from linggong.demo.places import County, Desk
from linggong.demo.plan import Planner, tick
from linggong.demo.planned import MINUTE, NOW, PlannedEmployer, PlannedOrder, PlannedWorker, Wave
from linggong.kernel.chance import repeatable
from linggong.kernel.clock import business_date, shanghai

_ROUND_THE_CLOCK = ("分拣", "打包", "流水线", "保洁", "搬运装卸", "服务员")


class Showcase:
    """Adds posts around `moment` to a planner whose plan is made; deterministic by seed and moment."""

    def __init__(self, planner: Planner, moment: datetime, desk: Desk | None) -> None:
        self.planner, self.moment = planner, tick(moment)
        self.desk = desk
        self.rng = repeatable(f"{planner.seed}:{self.moment.isoformat()}")
        self._n = 0
        self._known: list[PlannedWorker] = []
        self._own: PlannedEmployer | None = None

    def stars(self, workers: list[PlannedWorker], employer: PlannedEmployer) -> None:
        """Give the accounts that are printed after the start their own part: the first of each kind of post is theirs."""
        self._known = workers
        self.desk = employer.desk
        self._own = employer

    def add(self) -> None:
        """Add everything; a smaller city gets less of it."""
        some = min(1.0, self.planner.scale * 2)
        for n in range(max(3, round(12 * some))):
            self.at_work(first=n == 0)
        for n in range(max(2, round(8 * some))):
            self.just_done(first=n == 0)
        for n in range(max(3, round(14 * some))):
            self.with_applicants(first=n == 0)
        for _ in range(max(2, round(7 * some))):
            self.in_review()
        for _ in range(max(6, round(60 * some))):
            self.open_post()

    def at_work(self, *, first: bool = False) -> None:
        """People have come and are at work until some hours from now."""
        hours = self.rng.choice((1, 2, 3))
        length = timedelta(hours=hours + self.rng.randint(2, 4))
        order = self._post(self.moment - timedelta(hours=hours), length, self._own if first else None)
        if order is not None:
            self._fill(order, self._known[:1] if first else [])

    def just_done(self, *, first: bool = False) -> None:
        """The work is done and accepted; the bill falls due."""
        order = self._post(self.moment - timedelta(hours=6), timedelta(hours=5), self._own if first else None)
        if order is not None:
            order.pay_after = timedelta(minutes=20) if not first and self.rng.random() < 0.5 else None
            self._fill(order, self._known[1:] if first else [])

    def with_applicants(self, *, first: bool = False) -> None:
        """Some have applied and wait for the employer's word."""
        own = self._own if first else None
        order = self._open(self.moment - timedelta(minutes=self.rng.randrange(60, 240, 5)), own)
        if order is None:
            return
        crew = self.planner.crew(self.rng, order, min(order.text.headcount + 1, 4))
        crew = [*(self._known if first else []), *crew]
        wave = Wave(self.moment - timedelta(minutes=self.rng.randrange(10, 40, 5)), None, None)
        for worker in crew:
            (wave.own if worker.online else wave.desk).append(worker.key)
        if crew:
            order.waves.append(wave)

    def in_review(self) -> None:
        """An employer's first post waits for a person, who calls back first."""
        county = self._county()
        hirer = self.planner.add_employer(county, self.moment - timedelta(minutes=90), desk=self._desk_of(county))
        order = self._open(self.moment - timedelta(minutes=self.rng.randrange(5, 25, 5)), hirer)
        if order is not None:
            order.approve = None

    def open_post(self) -> None:
        """Nobody has applied yet."""
        self._open(self.moment - timedelta(minutes=self.rng.randrange(30, 360, 5)))

    def _county(self) -> County:
        counties = self.planner.counties
        if self.desk is not None and self.rng.random() < 0.35:
            return next((c for c in counties if self.desk in c.desks), counties[0])
        return self.rng.choices(counties, [c.weight for c in counties])[0]

    def _desk_of(self, county: County) -> Desk | None:
        return self.desk if self.desk in county.desks else None

    def _hirer(self, county: County, created: datetime) -> PlannedEmployer | None:
        known = [e for e in self.planner.employers if e.county is county and e.at + 30 * MINUTE < created]
        here = [e for e in known if e.desk is self.desk]
        return self.rng.choice(here or known) if known else None

    def _open(self, created: datetime, hirer: PlannedEmployer | None = None) -> PlannedOrder | None:
        day = business_date(self.moment) + timedelta(days=self.rng.choice((1, 1, 1, 2, 3)))
        hirer = hirer or self._hirer(self._county(), created)
        if hirer is None:
            return None
        kind = self.planner.template_for(self.rng, hirer, day)
        order = self.planner.order(self.rng, self._key(), hirer, kind, day, created)
        if order is None:
            return None
        order.fate, order.waves, order.refreshes, order.cancel = "open", [], [], None
        return order

    def _post(self, starts: datetime, length: timedelta, hirer: PlannedEmployer | None = None) -> PlannedOrder | None:
        hirer = hirer or self._hirer(self._county(), starts - timedelta(hours=4))
        if hirer is None:
            return None
        kind = self.planner.template_for(self.rng, hirer, business_date(starts), _ROUND_THE_CLOCK)
        local = shanghai(starts)
        begin = local.hour * 60 + local.minute
        kind = replace(kind, hours=((begin, begin + int(length / MINUTE), 0),), many_days=0.0)
        created = tick(starts - timedelta(minutes=self.rng.randrange(100, 150, 5)))
        order = self.planner.order(self.rng, self._key(), hirer, kind, business_date(starts), created)
        if order is None:
            return None
        order.fate, order.waves, order.refreshes, order.cancel, order.absent = "done", [], [], None, set()
        order.pay_after, order.stars, order.denied = None, None, False
        return order

    def _fill(self, order: PlannedOrder, known: list[PlannedWorker]) -> None:
        order.approve = order.created + 5 * MINUTE
        rest = order.text.headcount - len(known)
        crew = [*known, *(self.planner.crew(self.rng, order, rest) if rest > 0 else [])][: order.text.headcount]
        at = order.created + 15 * MINUTE
        wave = Wave(at, at + 10 * MINUTE, at + 15 * MINUTE)
        for worker in crew:
            (wave.own if worker.online else wave.desk).append(worker.key)
        if crew:
            order.waves.append(wave)

    def _key(self) -> str:
        self._n += 1
        return f"{NOW}{self.moment:%Y%m%d%H%M}-{self._n}"
