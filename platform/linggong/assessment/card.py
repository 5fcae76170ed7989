"""What a score card is: rows with their tiers and rulings, grades, and the plan of payment (R122 to R126). Data, read from a file."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from itertools import pairwise
from typing import Final, Literal

import msgspec

OF_PRESET: Final = ("jianning",)
"""Presets whose paper gives points. 沙县 evaluates without points, 沙市 and 龙里 give criteria without points."""
LIBRARY: Final = ("jianning", "shaxian", "shashi", "longli")
"""Presets that bring a card: their paper's own, or for 沙市 and 龙里 our proposal, which counts for nothing until it is adopted."""
PROPOSAL: Final = "系统建议，未经采纳"


class Tier(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """One tier: the whole numbers from `start` to `end`, both included; without an end everything from there on."""

    start: int
    points: int
    end: int | None = None
    option: str = ""
    """An option of the card that sets the points instead."""


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"kind": "class"}):
    """One row of a card."""

    n: int
    part: str
    item: str
    points: int
    kind: Literal["computed", "evidence", "inspection"]
    reads: Literal["uses", "given", "rate", "count", "words"]
    """Functions that were used, points or a verdict in words that a reviewer gave, a share of answers, or a count."""
    ruling: str
    """How the text is read where it leaves room; printed on every sheet."""
    counts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    """What is shown beside the count and does not enter."""
    adds: str = ""
    """An option of the card with which it enters all the same."""
    source: str = ""
    """What gathers it from the platform's records (`gather`); '' where only people know."""
    unit: str = ""
    better: Literal["more", "less", ""] = ""
    tiers: tuple[Tier, ...] = ()


class Grade(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A grade: from how many whole points on, what it pays in per cent of the price where the card pays, and what follows."""

    name: str
    least: int = 0
    multiplier: int | None = None
    follows: str = ""
    task: Literal["", "plan", "end"] = ""
    """What somebody must do then (R128): a plan of improvement, or the end of the agreement."""


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A choice that the text leaves to the place; the first value is taken where nobody chose."""

    key: str
    words: str
    values: tuple[int, ...]


class Instalment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the price in per cent, and when it is due."""

    percent: int
    due: Literal["go_live+30d", "signed+30d", "signed+3m", "signed+9m", "final"]


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A score card of one version."""

    id: str
    version: int
    title: str
    source: str
    total: int
    rows: tuple[Row, ...]
    grades: tuple[Grade, ...]
    plan: tuple[Instalment, ...] = ()
    options: tuple[Option, ...] = ()
    subject: Literal["contract", "station"] = "contract"
    """What is assessed: an operator's contract year, or a station's calendar year."""
    scored: bool = True
    """False for a paper that evaluates in words: a verdict for each part and one for all, without any points."""
    paper: bool = True
    """The place's own paper. A proposal of ours counts for nothing until the bureau adopts it."""


def faults(card: Card) -> list[str]:
    """Return everything that makes a card unusable, in words: weights, tiers with gaps or overlaps, grades, the plan."""
    if not card.scored:
        return list(_words(card))
    return [*_weights(card), *(fault for row in card.rows for fault in _row(card, row)), *_grades(card)]


def _words(card: Card) -> Iterator[str]:
    if card.total or card.plan or any(row.points or row.tiers or row.reads != "words" for row in card.rows):
        yield "按部分评价的表没有分值、分档和付款计划。"
    if any(grade.least or grade.multiplier is not None for grade in card.grades):
        yield "按部分评价的表没有分数线和付款比例。"
    if (
        not card.rows
        or len({grade.name for grade in card.grades}) < 2
        or len({row.n for row in card.rows}) != len(card.rows)
    ):
        yield "按部分评价的表要有评价部分和至少两个结论，序号不重复。"


def _weights(card: Card) -> Iterator[str]:
    whole = sum(row.points for row in card.rows)
    if whole != card.total:
        yield f"各行分值合计 {whole} 分，应为 {card.total} 分。"
    numbers = [row.n for row in card.rows]
    if len(set(numbers)) != len(numbers):
        yield "有两行用了同一个序号。"
    paid = sum(part.percent for part in card.plan)
    if card.plan and paid != 100:
        yield f"付款计划合计 {paid}%，应为 100%。"


def _row(card: Card, row: Row) -> Iterator[str]:
    at = f"第 {row.n} 行"
    options = {option.key for option in card.options}
    if row.points <= 0:
        yield f"{at}：分值要大于 0。"
    if row.names and len(row.names) != len(row.counts):
        yield f"{at}：名称和计数项不一样多。"
    if {tier.option for tier in row.tiers} - options - {""} or (row.adds and row.adds not in options):
        yield f"{at}：用了没有声明的选项。"
    if row.reads == "uses" and row.points != len(row.counts):
        yield f"{at}：每项功能 1 分，{len(row.counts)} 项和 {row.points} 分对不上。"
    if row.reads == "words":
        yield f"{at}：打分的表不能只写评语。"
    if row.reads not in ("rate", "count"):
        return
    if not row.tiers or not row.better or not row.counts:
        yield f"{at}：缺少分档、计数项或方向。"
        return
    if row.tiers[0].start != 0:
        yield f"{at}：分档要从 0 开始。"
    for before, after in pairwise(row.tiers):
        if before.end is None or before.end + 1 != after.start:
            yield f"{at}：{before.start} 和 {after.start} 两档之间有空档或重叠。"
    last = row.tiers[-1].end
    if last is not None and not (row.reads == "rate" and last == 100):
        yield f"{at}：最后一档没有写到底。"
    if max(tier.points for tier in row.tiers) != row.points:
        yield f"{at}：最高一档不是 {row.points} 分。"
    order = [tier.points for tier in row.tiers]
    if order != sorted(order, reverse=row.better == "less"):
        yield f"{at}：更好的数得了更低的分。"


def _grades(card: Card) -> Iterator[str]:
    least = [grade.least for grade in card.grades]
    if not least or least != sorted(least, reverse=True) or len(set(least)) != len(least) or least[-1] != 0:
        yield "等次要从高到低排，最后一等从 0 分起。"
    paying = [grade.multiplier for grade in card.grades if grade.multiplier is not None]
    if any(not 0 <= one <= 100 for one in paying) or (card.plan and len(paying) != len(card.grades)):
        yield "等次的付款比例要在 0 到 100 之间，每等都要有。"


def of_preset(preset: str) -> Card | None:
    """Return the card of a preset; None where its paper gives no points."""
    return of_library(preset) if preset in OF_PRESET else None


def of_library(preset: str) -> Card:
    """Return the card that a preset brings. Raises LookupError for one that brings none."""
    if preset not in LIBRARY:
        raise LookupError(preset)
    text = resources.files("linggong.assessment.cards").joinpath(f"{preset}.toml").read_text(encoding="utf-8")
    return msgspec.toml.decode(text, type=Card)
