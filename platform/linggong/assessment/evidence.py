"""The evidence file of an assessment (docs/assessment.md): read strictly, every fault told at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from types import UnionType
from typing import Any, Final, get_args, get_origin

import msgspec

from linggong.assessment.card import Card, Row
from linggong.kernel.errors import Fault, Invalid

MAX_COUNT = 10_000_000
MOST_WORDS = 500
MOST_FEN = 1_000_000_000_000
_DAYS = (date(2000, 1, 1), date(2100, 12, 31))
_BOM: Final = b"\xef\xbb\xbf"
_WANTED: Final[dict[Any, str]] = {
    int: "要写整数，不带引号，不带小数。",
    float: "要写数，不带引号。",
    bool: "要写 true 或 false，不带引号。",
    date: "要写日期，像 2026-01-31。",
    str: "要写文字，带引号。",
    tuple[str, ...]: '要写一列文字，像 ["现场检查表 7 号"]。',
}
_WHO = "写明谁给的分、凭什么材料。"


class Answers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Answers of one side: how many were valid, and how many of them satisfied."""

    satisfied: int
    valid: int


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known for one row; which field is wanted, the row says (`reads`)."""

    uses: dict[str, int] | None = None
    points: float | None = None
    answers: dict[str, Answers] | None = None
    counts: dict[str, int] | None = None
    words: str | None = None
    """The verdict, where a card evaluates in words."""
    by: str = ""
    """Who gave the points."""
    evidence: tuple[str, ...] = ()
    """What he saw: numbers of records, photos, papers."""


class Contract(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The contract that is assessed; dates of the calendar, money in fen."""

    price_fen: int
    signed: date
    go_live: date | None = None
    renewal: bool = False
    """A further year of the same contract."""


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole evidence file."""

    card: str
    version: int
    first: date
    last: date
    rows: dict[str, Entry]
    contract: Contract | None = None
    options: dict[str, int] = {}
    grade: str = ""
    """The verdict for the whole, where a card evaluates in words."""


def read(raw: bytes) -> Evidence:
    """Read a file, also one that an editor began with a byte-order mark. Raises Invalid with every place that is no evidence."""
    raw = raw.removeprefix(_BOM)
    try:
        found = msgspec.json.decode(raw)
    except UnicodeDecodeError:
        raise Invalid([Fault("", "证据文件不是 UTF-8 编码，请用 UTF-8 另存一份。", "format")]) from None
    except (msgspec.DecodeError, RecursionError) as error:
        byte = re.search(r"byte (\d+)", str(error))
        where = f"第 {raw[: int(byte[1])].count(10) + 1} 行看不懂。" if byte else "没有写完，或者有个数太大。"
        raise Invalid([Fault("", f"证据文件不是完整的 JSON：{where}", "format")]) from None
    if faults := list(_misfits(Evidence, found, "")):
        raise Invalid(faults)
    return msgspec.convert(found, Evidence)


def _misfits(kind: Any, value: Any, at: str) -> Iterator[Fault]:
    """Yield each place below `at` whose value is not of its kind, by the name that a person finds in the file."""
    if get_origin(kind) is UnionType:
        if value is not None:
            yield from _misfits(next(k for k in get_args(kind) if k is not type(None)), value, at)
    elif get_origin(kind) is dict or hasattr(kind, "__struct_fields__"):
        if not isinstance(value, dict):
            yield Fault(at, "要写一组，用花括号括起来。", "format")
            return
        fields = {} if get_origin(kind) is dict else {field.name: field for field in msgspec.structs.fields(kind)}
        for name, inner in value.items():
            path = f"{at}.{name}" if at else name
            if fields and name not in fields:
                yield Fault(path, "没有这一项。", "unknown")
            else:
                yield from _misfits(fields[name].type if fields else get_args(kind)[1], inner, path)
        for name, field in fields.items():
            if field.required and name not in value:
                yield Fault(f"{at}.{name}" if at else name, "缺了。", "required")
    else:
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError:
            yield Fault(at, _WANTED[kind], "format")


def check(card: Card, given: Evidence) -> None:
    """Raises Invalid with everything that does not fit the card, at once."""
    faults = [*_head(card, given), *(f for row in card.rows if str(row.n) in given.rows for f in _entry(row, given.rows[str(row.n)]))]  # fmt: skip
    if faults:
        raise Invalid(faults)


def _head(card: Card, given: Evidence) -> Iterator[Fault]:
    if (given.card, given.version) != (card.id, card.version):
        yield Fault(
            "card",
            f"证据写的是 {given.card} 第 {given.version} 版，打分表是 {card.id} 第 {card.version} 版。",
            "version",
        )
    if given.last < given.first:
        yield Fault("last", "考核期的最后一天早于第一天。", "range")
    known = {str(row.n) for row in card.rows}
    for n in sorted(set(given.rows) - known):
        yield Fault(f"rows.{n}", "打分表没有这一行。", "unknown")
    options = {option.key: option for option in card.options}
    for key, value in given.options.items():
        if key not in options:
            yield Fault(f"options.{key}", "打分表没有这个选项。", "unknown")
        elif value not in options[key].values:
            yield Fault(f"options.{key}", f"只能是 {'、'.join(map(str, options[key].values))}。", "choice")
    if given.grade and (card.scored or given.grade not in {grade.name for grade in card.grades}):
        yield Fault(
            "grade",
            "等次按分数定，不另写。" if card.scored else f"结论只能是 {'、'.join(g.name for g in card.grades)}。",
            "choice",
        )
    if (contract := given.contract) is None:
        return
    if not 0 < contract.price_fen <= MOST_FEN:
        yield Fault("contract.price_fen", f"合同价要大于 0，不超过 {MOST_FEN}，单位是分。", "range")
    for name, day in (("signed", contract.signed), ("go_live", contract.go_live)):
        if day is not None and not _DAYS[0] <= day <= _DAYS[1]:
            yield Fault(f"contract.{name}", f"要在 {_DAYS[0]} 到 {_DAYS[1]} 之间。", "range")


def _entry(row: Row, entry: Entry) -> Iterator[Fault]:
    at = f"rows.{row.n}"
    wanted = {"uses": "uses", "given": "points", "rate": "answers", "count": "counts", "words": "words"}[row.reads]
    for name in ("uses", "points", "answers", "counts", "words"):
        if name != wanted and getattr(entry, name) is not None:
            yield Fault(f"{at}.{name}", f"这一行只看 {wanted}。", "unknown")
    if getattr(entry, wanted) is None:
        yield Fault(f"{at}.{wanted}", "缺了。", "required")
    elif entry.points is not None and wanted == "points":
        if not 0 <= entry.points <= row.points or round(entry.points * 10) != entry.points * 10:
            yield Fault(f"{at}.points", f"给 0 到 {row.points} 分，最多一位小数。", "range")
        if not entry.by.strip() or not entry.evidence:
            yield Fault(f"{at}.by", _WHO, "required")
    elif wanted == "words":
        if not 2 <= len((entry.words or "").strip()) <= MOST_WORDS:
            yield Fault(f"{at}.words", f"写这一部分的评语，2 到 {MOST_WORDS} 个字。", "required")
        if not entry.by.strip() or not entry.evidence:
            yield Fault(f"{at}.by", _WHO, "required")
    elif wanted == "answers":
        yield from _answers(row, entry.answers or {}, at)
    else:
        yield from _numbers(row, entry.uses if wanted == "uses" else entry.counts, f"{at}.{wanted}")


def _numbers(row: Row, numbers: Mapping[str, int] | None, at: str) -> Iterator[Fault]:
    found: Mapping[str, Any] = numbers or {}
    for key in row.counts:
        if key not in found:
            yield Fault(f"{at}.{key}", "缺了；没有就写 0。", "required")
    for key, value in found.items():
        if key not in (*row.counts, *row.beside):
            yield Fault(f"{at}.{key}", "这一行没有这一项。", "unknown")
        elif not 0 <= value <= MAX_COUNT:
            yield Fault(f"{at}.{key}", f"要在 0 到 {MAX_COUNT} 之间。", "range")


def _answers(row: Row, answers: Mapping[str, Answers], at: str) -> Iterator[Fault]:
    for side in row.counts:
        if side not in answers:
            yield Fault(f"{at}.answers.{side}", "两边都要问到；没人答就写 0。", "required")
    for side, one in answers.items():
        if side not in row.counts:
            yield Fault(f"{at}.answers.{side}", "这一行没有这一项。", "unknown")
        elif not 0 <= one.satisfied <= one.valid <= MAX_COUNT:
            yield Fault(f"{at}.answers.{side}", "满意的不能多于有效的，也不能是负数。", "range")
