"""Each wall alone: the other two are held open, and every hole in it must be noticed by the requests meant for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from operator import eq
from typing import Any

from linggong.prove import walls
from linggong.prove.city import A21, Subject
from linggong.prove.client import Answer
from linggong.prove.judge import LEAK, Finding, Judge
from linggong.prove.operations import Operation, Slot
from linggong.prove.plan import Case, Planner
from linggong.prove.row_mutants import FOREIGN, Mutant, row_mutants
from linggong.prove.run import Stage, opened, operations_of
from linggong.prove.site import Site

ASKED = 60
"""Most requests that are sent to notice one hole."""
PLACELESS = frozenset({"policy:read", "console:use", "message:resend"})
"""What lies at no place: the rules are the whole city's, a message is found by its number, the console's door opens to all
of it. Whose staff, people and rows one is shown there follows from other permissions."""
Seen = tuple[int, frozenset[str], tuple[str, ...]]


@dataclass(slots=True)
class Walls:
    """What became of the holes."""

    mutants: list[Mutant] = field(default_factory=list)
    leaky: list[str] = field(default_factory=list)
    """What a whole wall lets through when it stands alone."""

    def findings(self) -> list[Finding]:
        """Return what is wrong: holes that nobody noticed, and what a wall that stands alone lets through."""
        survived = [
            Finding(LEAK, f"the hole {m.name} in the wall of {m.wall} went unnoticed", "")
            for m in self.mutants
            if not m.killed
        ]
        return survived + [Finding(LEAK, f"a wall that stands alone: {what}", "") for what in self.leaky]

    def line(self) -> dict[str, Any]:
        """Return what the report's last line says."""
        walls_ = sorted({m.wall for m in self.mutants})
        return {
            "killed": sum(m.killed for m in self.mutants),
            "survived": [f"{m.wall}: {m.name}" for m in self.mutants if not m.killed],
            **{w: sum(m.wall == w for m in self.mutants) for w in walls_},
        }


class Alone:
    """Asks the app while walls stand open."""

    def __init__(self, stage: Stage, site: Site, seed: int) -> None:
        self.site = site
        self.oracle = stage.oracle
        self.judge = Judge(stage.oracle)
        self.operations = operations_of(site)
        self.planner = Planner(stage.city, stage.world, stage.oracle, self.operations, seed)
        self.subjects = stage.city.subjects

    def permissions(self) -> dict[str, list[Operation]]:
        """Return the operations of each permission."""
        found: dict[str, list[Operation]] = {}
        for operation in self.operations:
            found.setdefault(operation.permission, []).append(operation)
        return found

    async def guard_mutants(self) -> tuple[list[Mutant], list[str]]:
        """Wall 1: a guard that says yes must be noticed by somebody who lacks the permission and is let in."""
        mutants, leaky = [], []
        for permission, found in sorted(self.permissions().items()):
            lacking = [s for s in self.subjects if not self.oracle.may_call(s, permission)]
            if not lacking:
                continue  # everybody may: there is no guard to open
            # Inside the console a table that one may not read is not there: its own door is what the guard keeps.
            doors = [o for o in found if not o.also or o.permission == o.also][:4]
            if not doors:
                continue
            cases = [self.planner.case(o, s, next(iter(o.slots), None)) for o in doors for s in _spread(lacking, 5)]
            whole = [(await self.site.ask(c.ask)) for c in cases]
            leaky += [
                f"guard lets in: {c.ask.told()} ({a.status})"
                for c, a in zip(cases, whole, strict=True)
                if not a.refused
            ]
            with walls.guards_open(partial(eq, permission)):
                now = [(await self.site.ask(c.ask)) for c in cases]
            noticed = [c for c, a in zip(cases, now, strict=True) if not a.refused]
            mutants.append(Mutant("guards", permission, bool(noticed), noticed[0].ask.told() if noticed else ""))
        return mutants, leaky

    async def scope_mutants(self) -> tuple[list[Mutant], list[str]]:
        """Wall 2: a scope that covers everything must be noticed by staff who then reach a row of another county."""
        mutants, leaky = [], []
        for permission, found in sorted(self.permissions().items()):
            limited = [
                s for s in self.subjects
                if s.is_staff and not s.others and self.oracle.area(s, permission).trees and not FOREIGN.startswith(s.path)
            ]  # fmt: skip
            cases = [] if permission in PLACELESS else list(self._foreign(found, limited))[:ASKED]
            if not cases:
                continue
            whole = [_seen(c, await self.site.ask(c.ask)) for c in cases]
            leaky += [
                f"scope lets through: {c.ask.told()}" for c, w in zip(cases, whole, strict=True) if self._through(c, w)
            ]
            with walls.scopes_open(partial(eq, permission)):
                now = [_seen(c, await self.site.ask(c.ask)) for c in cases]
            noticed = [c for c, a, b in zip(cases, whole, now, strict=True) if a != b]
            if not noticed:
                noticed = await self._by_figures(permission, [c for c in cases if c.operation.is_read][:12])
            mutants.append(Mutant("scopes", permission, bool(noticed), noticed[0].ask.told() if noticed else ""))
        return mutants, leaky

    async def _by_figures(self, permission: str, cases: list[Case]) -> list[Case]:
        """Return the reads whose whole text changes with the hole, and not without: sums show no single row."""
        told = []
        for case in cases:
            once, again = [(await self.site.ask(case.ask)).body for _ in range(2)]
            with walls.scopes_open(partial(eq, permission)):
                opened_ = (await self.site.ask(case.ask)).body
            if once == again != opened_:
                told.append(case)
        return told

    def _foreign(self, found: list[Operation], limited: list[Subject]) -> Iterator[Case]:
        # Reads first: they need no right state of the row and show most.
        for operation in sorted(found, key=lambda o: (bool(o.also), not o.is_read, bool(o.slots))):
            for subject in _spread(limited, 3):
                keyed: list[Slot | None] = [s for s in operation.slots if s.kind] or [
                    s for s in operation.slots if s.name in ("path", "parent", "tenant")
                ]
                for slot in keyed[:2] or [None]:
                    rows = self.planner.rows(slot.kind, FOREIGN) if slot is not None and slot.kind else []
                    if rows and slot is not None and not self.oracle.area(subject, operation.permission).holds(A21):
                        # Below his post and denied there: no other wall draws that line.
                        rows = [*self.planner.rows(slot.kind, A21)[:1], *rows]
                    if rows:
                        # Steps need a row in the right state: the later orders of a place are the open ones.
                        for row in rows[: 3 if operation.is_read else 8]:
                            yield self.planner.case(operation, subject, slot, row)
                    else:
                        for _ in range(1 if operation.is_read else 6):
                            yield self.planner.case(operation, subject, slot)

    def _through(self, case: Case, seen: Seen) -> bool:
        """Tell whether the scope alone gave a foreign row away."""
        allowed = self.oracle.tokens(case.subject, case.operation.permission)
        foreign = seen[1] - allowed - set(case.named)
        return any(
            not self.oracle.number_may_show(case.subject, case.operation.permission, t) for t in foreign
        ) or bool(foreign - set(self.oracle.world.clear))


def _seen(case: Case, answer: Answer) -> Seen:
    """Return what of an answer tells whether a hole was there: status, canaries, what changed where."""
    from linggong.prove.world import TOKEN

    found = frozenset(TOKEN.findall(answer.text)) - set(case.named)
    asked = set(TOKEN.findall(case.ask.url + case.ask.body.decode(errors="replace")))
    made = {t for _, _, _, after in answer.changes for t in TOKEN.findall(str(after))}
    where = sorted(f"{name} {(after or before).get('tenant')}" for name, _, before, after in answer.changes)
    return answer.status, found - asked - made, tuple(where)


def _spread(subjects: list[Subject], most: int) -> list[Subject]:
    """Return some of the subjects, of as many roles as there are."""
    by_role: dict[str, list[Subject]] = {}
    for subject in subjects:
        by_role.setdefault(subject.role, []).append(subject)
    turns = [group[n] for n in range(3) for group in by_role.values() if n < len(group)]
    return turns[:most]


async def prove_walls(stage: Stage, seed: int) -> Walls:
    """Open every hole once, wall by wall."""
    made = Walls()
    async with opened(stage) as (site, owner):
        alone = Alone(stage, site, seed)
        async with walls.rows_open(owner):
            with walls.scopes_open():
                _add(made, await alone.guard_mutants())
            with walls.guards_open():
                _add(made, await alone.scope_mutants())
        name = await owner.fetchval("SELECT current_database()")
        _add(made, await row_mutants(owner, stage.place.app_of(name), stage.city, stage.world))
    return made


def _add(made: Walls, found: tuple[list[Mutant], list[str]]) -> None:
    made.mutants += found[0]
    made.leaky += found[1]
