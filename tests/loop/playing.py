"""A rule-based machine of Hypothesis over the real services: any hand, any verb, any order, clock jumps and restarts."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Collection, Coroutine
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from linggong.invariants.subjects import BY_NAME
from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from tests.loop import market, verbs, verbs_cases, verbs_site
from tests.loop.market import HANDS, Market

if TYPE_CHECKING:
    from conftest import Server

SEEDS = st.integers(0, 2**31)
_JUMPS = (1, 10, 30, 60, 180, 600, 1440, 4320, 11_000)
"""Minutes: from a moment to a week."""
KINDS = (
    "post", "enter", "enter", "order", "engagement", "engagement", "engagement", "assignment", "assignment", "assignment",
    "bill", "bill", "change", "terms", "case", "hurt", "dispute", "injury", "overdue", "uninsured", "waiver", "anything", "anything", "onward", "onward", "onward", "wrong", "clock", "clock", "restart",
)  # fmt: skip
ENDING = frozenset({
    "cancel", "withdraw", "decline", "no_show", "send_back", "denied", "void", "differs", "employer_no_show", "cancel_one",
    "suspend", "transfer", "withdraw_case", "ask_withdraw", "reschedule", "leave_early", "end_early",
})  # fmt: skip
"""What ends a story early: said less often, or no story would reach its end."""
ONWARD = frozenset({"offer", "confirm", "contract", "arrive", "start", "finish", "accept"})
"""What leads a story on to its bill."""
assert verbs_site.pause  # what registers more verbs is imported for that
GAME = "loop_game"
"""The database of each game in turn: under one name one pool serves them all, and what it compiled is not lost."""


class Stage:
    """What all games of a run share: the loop, the template, and what was done so far."""

    def __init__(self, server: Server, secrets: Secrets, *, look_every: int) -> None:
        self.server, self.secrets, self.look_every = server, secrets, look_every
        self.loop = asyncio.new_event_loop()
        self.known = self.run(market.template(server, secrets))
        self.database = Database(server.dsn("app", GAME), pool_size=2, sealer=secrets.sealer)
        self.steps = self.looks = 0
        self.made: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.began = time.perf_counter()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run to the end."""
        return self.loop.run_until_complete(work)

    def close(self) -> None:
        """Drop the template."""
        self.run(self.server.drop("loop_template"))
        self.loop.close()

    def line(self) -> str:
        """Say what was done."""
        took = time.perf_counter() - self.began
        return (
            f"{self.steps} steps in {took:.0f} s, {sum(self.made.values())} moves of {len(self.made)} kinds, "
            f"{sum(self.refused.values())} refusals, invariants looked at {self.looks} times"
        )


def machine(stage: Stage) -> type[RuleBasedStateMachine]:
    """Return the machine that plays on a stage."""

    class Loop(RuleBasedStateMachine):
        """One game on a database of its own."""

        def __init__(self) -> None:
            super().__init__()
            self.clock = clock.MovableClock(market.DAWN)
            self.before = clock._current
            clock.set_clock(self.clock)
            self.market: Market = stage.run(
                market.open_market(stage.server, stage.secrets, GAME, stage.known, self.clock, stage.database)
            )
            self.n = 0

        def step(self, work: Coroutine[Any, Any, Any]) -> None:
            stage.run(work)
            stage.steps += 1
            self.n += 1
            if self.n % stage.look_every == 0:
                self.look()

        def look(self) -> None:
            stage.run(self.market.hold())
            stage.looks += 1

        @rule(seed=SEEDS)
        def turn(self, seed: int) -> None:
            """Somebody does something: fitting where some subject stands, or anything at all."""
            # Small and equal seeds are what is tried first and most: the count of steps tells them apart.
            rnd = Random(f"{seed} {self.n}")
            kind = rnd.choice(KINDS)
            few = len(self.market.of("order", *verbs.LIVE, "O_REVIEW")) < 3
            if kind == "post" and few:
                self.step(verbs.post(self.market, rnd))
            elif kind == "enter":
                self.step(verbs.enter(self.market, rnd))
            elif kind == "hurt":
                self.step(verbs_cases.hurt(self.market, rnd))
            elif kind == "change":
                self.step(verbs_site.change_terms(self.market, rnd))
            elif kind == "uninsured":
                self.step(verbs_cases.uninsured(self.market, rnd))
            elif kind == "case":
                self.step(verbs_cases.bring(self.market, rnd))
            elif kind == "anything":
                self.anything(rnd)
            elif kind == "onward":
                self.act(rnd.choice(("engagement", "assignment", "assignment")), rnd, ONWARD)
            elif kind == "wrong":
                self.goes_wrong(rnd)
            elif kind == "clock":
                self.clock_jumps(rnd)
            elif kind == "restart":
                self.step(self.market.restart())
            else:
                self.act("order" if kind == "post" else kind, rnd)

        def anything(self, rnd: Random) -> None:
            """Let any hand try any verb on any subject."""
            known = {t.machine for t in verbs.TRIES}
            found = [r for r in self.market.rows.values() if r.machine in known]
            if not found:
                self.step(verbs.post(self.market, rnd))
                return
            row = rnd.choice(found)
            chosen = rnd.choice([t for t in verbs.TRIES if t.machine == row.machine])
            self.step(self.market.attempt(rnd.choice(HANDS), chosen.name, chosen.verb, row, rnd))

        def goes_wrong(self, rnd: Random) -> None:
            """Let a story go wrong where it can: somebody does not come, a payment is denied, an order is called off."""
            owed, signed = self.market.of("bill", "OPEN", "CLAIMED"), self.market.of("assignment", "A_CONTRACTED")
            chance = rnd.random()
            if owed and chance < 0.4:
                self.step(self.never_came(rnd.choice(owed), rnd))
            elif signed and chance < 0.85:
                self.step(self.stays_away(rnd.choice(signed), rnd))
            else:
                hiring = self.market.of("order", "O_OPEN", "O_FULL") or self.market.of("order")
                if hiring:
                    self.step(self.market.attempt("E", "cancel", verbs.cancel, rnd.choice(hiring), rnd))
                else:
                    self.step(verbs.post(self.market, rnd))

        async def never_came(self, row: market.Row, rnd: Random) -> None:
            """The employer says that he paid, and the worker says no."""
            if row.state == "OPEN":
                await self.market.attempt("E", "pay", verbs.pay, row, rnd)
            await self.market.attempt("W", "denied", verbs.denied, row, rnd)

        async def stays_away(self, row: market.Row, rnd: Random) -> None:
            """Somebody who signed does not come: the employer says so when the time for it is over."""
            starts = await self.market.owner.fetchval("SELECT starts_at FROM assignments WHERE id = $1", row.id)
            await self.market.move(starts + timedelta(minutes=35))
            await self.market.attempt("E", "no_show", verbs_site.no_show, row, rnd)

        def clock_jumps(self, rnd: Random) -> None:
            """Move the clock: to what comes next, or by minutes to a week."""
            if rnd.random() < 0.7:
                self.step(self.to_the_next(rnd))
            else:
                minutes = rnd.choice(_JUMPS[: rnd.randint(2, len(_JUMPS))])
                self.step(self.market.move(self.clock.now() + timedelta(minutes=minutes)))

        async def to_the_next(self, rnd: Random) -> None:
            """Move to just before the next start or to an end of a shift, or to the next deadline of anything."""
            at = self.clock.now()
            shifts = await self.market.owner.fetchval(
                "SELECT min(at) FROM (SELECT starts_at - interval '20 minutes' AS at FROM assignments "
                "WHERE state IN ('A_CONFIRMED', 'A_CONTRACTED') UNION ALL SELECT ends_at FROM assignments "
                "WHERE state IN ('A_ARRIVED', 'A_WORKING') UNION ALL SELECT starts_at + interval '35 minutes' "
                "FROM assignments WHERE state IN ('A_CONFIRMED', 'A_CONTRACTED')) t WHERE at > $1",
                at,
            )
            deadline = await self.market.owner.fetchval(
                "SELECT min(due_at) FROM timers WHERE state = 'live' AND due_at > $1", at
            )
            chosen = shifts if shifts is not None and rnd.random() < 0.7 else deadline
            await self.market.move(chosen or at + timedelta(hours=1))

        def act(self, machine: str, rnd: Random, names: Collection[str] = ()) -> None:
            """Let a hand that may try a verb that fits where some subject stands; guards may still refuse it."""
            options = []
            rough = rnd.random() < 0.2
            for row in self.market.of(machine):
                for chosen in (t for t in verbs.TRIES if t.machine == machine and (rough or t.name not in ENDING)):
                    for event in sorted(chosen.events):
                        found = BY_NAME[machine].machine.find(row.state, event)
                        if found is not None:
                            options += [(row, chosen, hand) for hand in sorted(found.actors) if hand in HANDS]
            options = [o for o in options if o[1].name in names] or options
            if options:
                row, chosen, hand = rnd.choice(options)
                self.step(self.market.attempt(hand, chosen.name, chosen.verb, row, rnd))
            elif len(self.market.of("order")) < 2:
                self.step(verbs.post(self.market, rnd))
            else:
                self.step(verbs.enter(self.market, rnd))

        def teardown(self) -> None:
            try:
                self.look()
            finally:
                stage.made += self.market.made
                stage.refused += self.market.refused
                stage.run(self.market.close())
                clock.set_clock(self.before)

    return Loop


def play(stage: Stage, steps: int, *, length: int = 250, derandomize: bool = True, reach: Collection[str] = ()) -> None:
    """Play games of `length` rules until so many steps are made, and on until the named moves are, to three times as many."""
    games = 0
    while stage.steps < steps or (not set(reach) <= set(stage.made) and stage.steps < 3 * steps):
        wanted = max(2, -(-(steps - stage.steps) // length))
        run_state_machine_as_test(
            machine(stage),
            settings=settings(
                max_examples=wanted, stateful_step_count=length, deadline=None, database=None,
                # Shrinking replays a game on new databases for minutes; the failure names its last steps instead.
                phases=(Phase.generate,), suppress_health_check=list(HealthCheck),
                derandomize=derandomize and games == 0, print_blob=False,
            ),
        )  # fmt: skip
        games += 1
