"""The labelled posts: 249 posts by hand, some of them bad in one or more ways, halved into dev and test by the file itself.

Rules are tuned on the dev half only. Posts stand in the order in which they were handed in, so that a copied text or a
telephone used by many employers can be known from what came before.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from linggong.market.codes import PayUnit
from linggong.market.trades import COMMON_TRADES

FILE = Path(__file__).parent / "data" / "labelled-posts.csv"
CLASSES = ("fee", "training", "diversion", "scam", "pay", "bias", "contact", "repost")
_ALSO = {"fee": frozenset({"training", "scam"}), "scam": frozenset({"training"}), "pay": frozenset({"scam"})}
"""Money asked for a course is a fee as well, and a cheat often promises too much: naming it is neither right nor wrong."""
_CODES = {common.word: common.code for common in COMMON_TRADES}
_UNITS = {
    "时": PayUnit.HOUR, "天": PayUnit.DAY, "工": PayUnit.GONG, "件": PayUnit.PIECE, "月": PayUnit.MONTH,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Labelled:
    """One post with what a careful reader says about it."""

    number: int
    half: str
    labels: frozenset[str]
    trade_code: str
    pay_fen: int
    pay_unit: PayUnit
    hours: int
    employer: str
    phone: str
    title: str
    description: str


@cache
def posts() -> tuple[Labelled, ...]:
    """Return all posts in order."""
    with FILE.open(encoding="utf-8", newline="") as handle:
        return tuple(_read(number, row) for number, row in enumerate(csv.DictReader(handle), start=2))


def _read(number: int, row: dict[str, str]) -> Labelled:
    labels = frozenset(filter(None, row["labels"].split(";")))
    assert labels <= set(CLASSES), (number, labels)
    return Labelled(
        number=number,
        half=row["half"],
        labels=labels,
        trade_code=_CODES[row["trade"]],
        pay_fen=round(float(row["pay"]) * 100),
        pay_unit=_UNITS[row["unit"]],
        hours=int(row["hours"]),
        employer=row["employer"] or f"of-{number}",
        phone=row["phone"] or f"15{number:09d}",
        title=row["title"],
        description=row["description"],
    )


@dataclass(slots=True)
class Score:
    """How often a class was found, and how often rightly."""

    hit: int = 0
    false: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """Return the share of findings that were right; 1.0 without any finding."""
        return self.hit / (self.hit + self.false) if self.hit + self.false else 1.0

    @property
    def recall(self) -> float:
        """Return the share of bad posts that were found."""
        return self.hit / (self.hit + self.missed) if self.hit + self.missed else 1.0


def measure(half: str, find: Callable[[Labelled], set[str]]) -> tuple[dict[str, Score], list[str]]:
    """Return scores by class ('any' = bad at all), and the mistakes in words."""
    scores = {name: Score() for name in (*CLASSES, "any")}
    mistakes = []
    for post in posts():
        found = find(post)
        if post.half != half:
            continue
        for name, is_bad, is_found in _verdicts(post, found):
            score = scores[name]
            score.hit += is_bad and is_found
            score.false += is_found and not is_bad
            score.missed += is_bad and not is_found
            if is_bad != is_found:
                kind = "missed" if is_bad else "false alarm"
                mistakes.append(f"{kind} {name}: line {post.number} {post.title} / {post.description}")
    return scores, mistakes


def _verdicts(post: Labelled, found: set[str]) -> Iterator[tuple[str, bool, bool]]:
    for name in CLASSES:
        if name not in post.labels and post.labels & _ALSO.get(name, frozenset()):
            continue
        yield name, name in post.labels, name in found
    yield "any", bool(post.labels), bool(found)
