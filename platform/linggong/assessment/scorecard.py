"""The engine: evidence on a card gives points, a total, a grade, and what would win lost points back (R122 to R124)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from linggong.assessment.card import Card, Grade, Row, Tier
from linggong.assessment.evidence import Entry, Evidence, check


class Next(msgspec.Struct, frozen=True, kw_only=True):
    """The nearest tier that gives more: reached at `at`, `gap` away, for so many points more."""

    at: int
    gap: int
    wins: float


class Scored(msgspec.Struct, frozen=True, kw_only=True):
    """A row with its points and how they came about."""

    n: int
    part: str
    item: str
    kind: str
    points: float
    most: int
    lost: float
    value: int | None
    """What the tiers were asked for: a count, or whole per cent."""
    unit: str
    tier: str
    """The tier in words, or the verdict; '' where the paper gives none."""
    ruling: str
    why: str
    """What lost the points, in words; '' where none are lost."""
    next: Next | None
    beside: dict[str, int]
    missing: bool
    """Nothing is known: no points, and the total is not yet one."""


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """A card with its points."""

    card: str
    version: int
    title: str
    source: str
    rows: list[Scored]
    total: float
    counted: int
    """The total as the grade reads it: decimals are cut off (R124)."""
    grade: str
    complete: bool
    """False while rows are missing: then the grade is what would come of what is known."""
    missing: list[int]
    follows: str
    options: dict[str, int]


def score(card: Card, given: Evidence) -> Score:
    """Score evidence on a card. Raises Invalid with all faults of the evidence."""
    check(card, given)
    if not card.scored:
        return _evaluated(card, given)
    options = {option.key: given.options.get(option.key, option.values[0]) for option in card.options}
    rows = [_row(row, given.rows.get(str(row.n)), options) for row in card.rows]
    tenths = sum(round(row.points * 10) for row in rows)
    grade = grade_of(card, tenths // 10)
    missing = [row.n for row in rows if row.missing]
    return Score(
        card=card.id, version=card.version, title=card.title, source=card.source, rows=rows, total=tenths / 10,
        counted=tenths // 10, grade=grade.name, complete=not missing, missing=missing, follows=grade.follows, options=options,
    )  # fmt: skip


def _evaluated(card: Card, given: Evidence) -> Score:
    """Return a card that evaluates in words: a verdict for each part, and one for the whole."""
    rows = [_row(row, given.rows.get(str(row.n)), {}) for row in card.rows]
    missing = [row.n for row in rows if row.missing]
    follows = next((grade.follows for grade in card.grades if grade.name == given.grade), "")
    return Score(
        card=card.id, version=card.version, title=card.title, source=card.source, rows=rows, total=0.0, counted=0, grade=given.grade,
        complete=not missing and bool(given.grade), missing=missing, follows=follows, options={},
    )  # fmt: skip


def grade_of(card: Card, points: int) -> Grade:
    """Return the grade of so many whole points: exactly on the edge is the better grade (70 is 合格)."""
    return next(grade for grade in card.grades if points >= grade.least)


def _row(row: Row, entry: Entry | None, options: Mapping[str, int]) -> Scored:
    if entry is None:
        return _told(row, 0.0, missing=True, why="没有材料")
    match row.reads:
        case "given":
            points = entry.points or 0.0
            return _told(row, points, why="" if points == row.points else f"考核人给了 {points:g} 分")
        case "words":
            return _told(row, 0.0, tier=(entry.words or "").strip())
        case "uses":
            uses = entry.uses or {}
            unused = [name for key, name in zip(row.counts, row.names, strict=True) if not uses.get(key)]
            why = f"没有真实用过：{'、'.join(unused)}" if unused else ""
            return _told(row, float(row.points - len(unused)), value=row.points - len(unused), why=why)
        case "rate":
            sides = (entry.answers or {}).values()
            valid = sum(side.valid for side in sides)
            if not valid:
                return _told(row, 0.0, missing=True, why="没有有效答卷")
            return _tiered(row, sum(side.satisfied for side in sides) * 100 // valid, options, {})
        case "count":
            counts = entry.counts or {}
            entering = [*row.counts, *(row.beside if row.adds and options[row.adds] else ())]
            beside = {key: counts[key] for key in row.beside if key in counts}
            return _tiered(row, sum(counts.get(key, 0) for key in entering), options, beside)


def _tiered(row: Row, value: int, options: Mapping[str, int], beside: dict[str, int]) -> Scored:
    tier = next(t for t in row.tiers if value >= t.start and (t.end is None or value <= t.end))
    points = _points(tier, options)
    better = [t for t in row.tiers if _points(t, options) > points]
    following = None
    if better and row.better == "more":
        near = min(better, key=lambda t: t.start)
        following = Next(at=near.start, gap=near.start - value, wins=float(_points(near, options) - points))
    elif better:
        near = max(better, key=lambda t: t.start)
        end = near.end if near.end is not None else near.start
        following = Next(at=end, gap=value - end, wins=float(_points(near, options) - points))
    why = "" if points == row.points else f"{value} {row.unit}，在“{_words(row, tier)}”一档"
    return _told(
        row, float(points), value=value, tier=_words(row, tier), why=why, following=following, beside=beside
    )  # fmt: skip


def _points(tier: Tier, options: Mapping[str, int]) -> int:
    return options[tier.option] if tier.option else tier.points


def tiers_in_words(row: Row) -> str:
    """Say a row's tiers as a reader understands them: 0 到 699 条得 3 分；700 到 1000 条得 4 分；1001 条起得 5 分."""
    return "；".join(f"{_words(row, tier)}得 {tier.points} 分" for tier in row.tiers)


def _words(row: Row, tier: Tier) -> str:
    if tier.end is None:
        return f"{tier.start} {row.unit}起"
    return f"{tier.start} {row.unit}" if tier.start == tier.end else f"{tier.start} 到 {tier.end} {row.unit}"


def _told(
    row: Row, points: float, *, value: int | None = None, tier: str = "", why: str = "", following: Next | None = None,
    beside: dict[str, int] | None = None, missing: bool = False,
) -> Scored:  # fmt: skip
    return Scored(
        n=row.n, part=row.part, item=row.item, kind=row.kind, points=points, most=row.points, lost=round(row.points - points, 1),
        value=value, unit=row.unit, tier=tier, ruling=row.ruling, why=why, next=following, beside=beside or {}, missing=missing,
    )  # fmt: skip
