"""What a definition is made of, and what its functions are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

VERSION: Final = 2
SINCE: Final = date(2026, 11, 27)
OWNER: Final = "市人社局就业处"
PERSONS_LEAST: Final = 10
EMPLOYERS_LEAST: Final = 3

Kind = Literal["rate", "persons", "percentile", "sum", "computed"]


@dataclass(slots=True)
class Found:
    """What the facts tell of a period: per component the sums by key, and what a definition asks for besides (`Reads`)."""

    first: date
    last: date
    today: date
    keys: dict[str, dict[str, int]] = field(default_factory=dict)
    days: dict[str, dict[date, int]] = field(default_factory=dict)
    trades: dict[str, dict[str, int]] = field(default_factory=dict)
    """By trade, of every trade, whichever was asked for."""
    before: dict[str, dict[str, int]] = field(default_factory=dict)
    """The same of all days before the first."""
    person_days: dict[str, int] = field(default_factory=dict)
    """How many different pairs of a day and a key there are."""
    distinct: dict[str, int] = field(default_factory=dict)
    """How many different keys there are: persons, employers."""
    together: dict[tuple[str, ...], int] = field(default_factory=dict)
    """How many different keys several components have together."""
    waits: dict[int, int] = field(default_factory=dict)
    """By the days since he last finished a shift, how many people looked for work lately."""
    asked: Callable[[str], bool] = lambda _: True
    """Tells whether a trade belongs to the one asked for."""

    def sum(self, component: str) -> int:
        """Return the sum of a component over the period."""
        return sum(self.keys.get(component, {}).values())


@dataclass(frozen=True, slots=True)
class Computed:
    """What a function makes of what was found: the value, and what it was divided from."""

    value: float | None
    above: int | None = None
    below: int | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a measure. `above` and `below` name components of the facts.

    `rate` divides sums (times `scale`), `persons` numbers of different keys, `sum` adds; `percentile` takes the value at `share` of
    the list `above`, with what `below` counts (not over yet) behind its end; `computed` asks `compute`, which reads the
    definition's `uses`. `guarded`: told only for ten persons and three employers.
    """

    key: str
    label: str
    kind: Kind
    above: str = ""
    below: str = ""
    share: int = 0
    unit: str = "%"
    guarded: bool = False
    scale: int = 1
    compute: Callable[[Found], Computed] | None = None


@dataclass(frozen=True, slots=True)
class Reads:
    """Components that a definition's functions read, by the part of `Found` in which they are given."""

    keys: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    trades: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    person_days: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Definition:
    """One measure: what it says in plain words, its formula, what it leaves out, and its figures. No figures: not counted yet.

    `guard` names the components whose keys are the persons and the employers behind it. `ripe`: only days that are over are told.
    `group`: it is about this group of workers alone; not `grouped`: nothing of it tells of groups. `waits`: what it still needs, in words for whoever asks.
    """

    id: str
    name: str
    words: str
    formula: str
    leaves_out: str = "没有发布过的、被管理部门下架的用工单，分子分母都不算。"
    day: str = "上工日"
    figures: tuple[Figure, ...] = ()
    uses: Reads = Reads()
    guard: tuple[str, str] = ("shift.person", "shift.employer")
    ripe: bool = False
    group: str = ""
    grouped: bool = True
    waits: str = ""
    version: int = VERSION
    owner: str = OWNER
    since: date = SINCE
