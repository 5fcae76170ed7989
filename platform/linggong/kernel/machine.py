"""State machines as data: one declared table a machine, read by the services, the API, the pages and the docs.

A machine knows no business word: states, events and hands are names that the declaring slice gives. Hands are single
letters (`rbac.roles.hand`): who says the event. Guards, deadlines and effects stand in the table in words, because the
service that makes the step checks, sets and causes them; the docs print them beside the arrows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from linggong.kernel.errors import Conflict

NEW = "-"
"""The source of a transition that brings its subject into being."""
SYSTEM_HAND = "S"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """From a state to a state by an event, said by one of the hands; `number` is its number in the state tables."""

    number: str
    machine: str
    source: str
    target: str
    event: str
    actors: frozenset[str]
    words: str
    """What the button says."""
    guard: str = ""
    deadline: str = ""
    """Keys of the parameters that limit its time."""
    effects: str = ""
    follows: bool = False
    """It follows from a step of another subject (an order's cancel ends engagements); nobody presses a button for it."""


def rows(
    number: str,
    sources: str,
    target: str,
    event: str,
    actors: str,
    words: str,
    *,
    guard: str = "",
    deadline: str = "",
    effects: str = "",
    follows: bool = False,
) -> list[Transition]:
    """Return one transition from each of the sources (names apart by spaces; hands likewise)."""
    return [
        Transition(
            number=number,
            machine="",
            source=source,
            target=source if target == "=" else target,
            event=event,
            actors=frozenset(actors.split()),
            words=words,
            guard=guard,
            deadline=deadline,
            effects=effects,
            follows=follows,
        )
        for source in sources.split()
    ]


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine: its transitions, the words for its states, and which of them end it.

    `stands_in` names a hand that may do whatever another may: (("O", "C"),) lets O speak where C is listed. Raises
    ValueError at its declaration when two rows leave one state by one event, or a state has no word.
    """

    name: str
    title: str
    table: tuple[Transition, ...]
    labels: Mapping[str, str]
    ends: frozenset[str] = frozenset()
    stands_in: tuple[tuple[str, str], ...] = (("O", "C"),)
    _by_step: Mapping[tuple[str, str], Transition] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_step: dict[tuple[str, str], Transition] = {}
        for row in self.table:
            if (row.source, row.event) in by_step:
                raise ValueError(f"{self.name}: two rows leave {row.source} by {row.event}")
            by_step[row.source, row.event] = row
            for state in (row.source, row.target):
                if state != NEW and state not in self.labels:
                    raise ValueError(f"{self.name}: no word for the state {state}")
        object.__setattr__(self, "_by_step", by_step)

    @property
    def states(self) -> tuple[str, ...]:
        """The states, in the order of their words."""
        return tuple(self.labels)

    @property
    def events(self) -> tuple[str, ...]:
        """The events, each once, in the order of the table."""
        return tuple(dict.fromkeys(row.event for row in self.table))

    def find(self, source: str, event: str) -> Transition | None:
        """Return the transition that an event makes from a state, None when there is none."""
        return self._by_step.get((source, event))

    def permits(self, row: Transition, hand: str) -> bool:
        """Tell whether a hand may make a transition."""
        return hand in row.actors or any(hand == a and b in row.actors for a, b in self.stands_in)

    def step(self, source: str, event: str, hand: str) -> Transition:
        """Return the transition that a hand makes from a state; raises Conflict, with the reason, when there is none."""
        found = self.find(source, event)
        if found is None:
            word = self.labels.get(source, source)
            raise Conflict(f"现在是“{word}”，不能做这一步。请刷新后再看。", state=source)
        if not self.permits(found, hand):
            raise Conflict(f"“{found.words}”要由另一方来做。", state=source)
        return found

    def allowed(self, source: str, hand: str) -> list[str]:
        """Return the events that a hand may say in a state (guards may still refuse), not those that only follow."""
        return [r.event for r in self.table if r.source == source and not r.follows and self.permits(r, hand)]

    def is_end(self, state: str) -> bool:
        """Tell whether nothing follows but a listed reopening."""
        return state in self.ends

    def diagram(self) -> str:
        """Return the machine as a Mermaid state diagram, arrows that differ in the number only drawn together."""
        arrows: dict[tuple[str, str], list[str]] = {}
        for row in self.table:
            said = f"{row.number} {row.event}".strip()
            known = arrows.setdefault((row.source, row.target), [])
            if said not in known:
                known.append(said)
        lines = ["stateDiagram-v2"]
        for (source, target), said_by in arrows.items():
            lines.append(f"    {'[*]' if source == NEW else source} --> {target}: {', '.join(said_by)}")
        lines += [f"    {state} --> [*]" for state in self.states if state in self.ends]
        return "\n".join(lines)


def machine(
    name: str,
    title: str,
    table: Iterable[Sequence[Transition]],
    labels: Mapping[str, str],
    ends: Iterable[str] = (),
) -> Machine:
    """Build a machine from `rows(...)`; every row takes the machine's name."""
    named = tuple(replace(row, machine=name) for group in table for row in group)
    return Machine(name, title, named, labels, frozenset(ends))
