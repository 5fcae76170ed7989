"""Trades (工种): the national classification of occupations, with the words that day labourers use.

Data are read on first use and kept; see `data/README.md` for origin, licence and cleaning.
"""

from __future__ import annotations

import csv
import gzip
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from linggong.market.codes import PayUnit


@dataclass(frozen=True, slots=True)
class Trade:
    """One entry of 职业分类大典 2022. `level` is 1 (大类) to 4 (细类).

    `aliases` holds day-labour words first.
    """

    code: str
    level: int
    parent_code: str | None
    name: str
    definition: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CommonTrade:
    """A trade as it is called at the roadside: short word, usual unit of pay, icon key for pages (R051)."""

    word: str
    code: str
    pay_unit: PayUnit
    outdoor: bool
    icon: str


COMMON_TRADES: Final[tuple[CommonTrade, ...]] = (
    CommonTrade("小工", "6-29-99-00", PayUnit.GONG, True, "helper"),
    CommonTrade("瓦工", "6-29-01-01", PayUnit.GONG, True, "bricklayer"),
    CommonTrade("贴砖", "6-29-04-01", PayUnit.DAY, False, "tiler"),
    CommonTrade("钢筋工", "6-29-01-04", PayUnit.GONG, True, "rebar"),
    CommonTrade("木工", "6-06-03-02", PayUnit.GONG, True, "carpenter"),
    CommonTrade("水电工", "6-29-03-02", PayUnit.GONG, False, "electrician"),
    CommonTrade("电焊工", "6-18-02-04", PayUnit.GONG, True, "welder"),
    CommonTrade("搬运装卸", "4-02-05-01", PayUnit.DAY, True, "loader"),
    CommonTrade("分拣", "4-02-07-09", PayUnit.HOUR, False, "sorter"),
    CommonTrade("打包", "6-31-05-00", PayUnit.HOUR, False, "packer"),
    CommonTrade("流水线", "6-31-99-00", PayUnit.HOUR, False, "assembly"),
    CommonTrade("缝纫", "6-05-01-03", PayUnit.PIECE, False, "sewing"),
    CommonTrade("货车司机", "4-02-02-02", PayUnit.DAY, True, "truck"),
    CommonTrade("保洁", "4-09-08-01", PayUnit.HOUR, False, "cleaner"),
    CommonTrade("钟点工", "4-10-01-06", PayUnit.HOUR, False, "housekeeper"),
    CommonTrade("护工", "4-14-01-02", PayUnit.DAY, False, "carer"),
    CommonTrade("服务员", "4-03-02-05", PayUnit.HOUR, False, "waiter"),
    CommonTrade("厨师帮厨", "4-03-02-01", PayUnit.DAY, False, "cook"),
    CommonTrade("保安", "4-07-05-01", PayUnit.DAY, False, "guard"),
    CommonTrade("发传单", "4-01-02-01", PayUnit.HOUR, True, "leaflet"),
    CommonTrade("绿化", "4-09-10-01", PayUnit.GONG, True, "gardener"),
    CommonTrade("采摘", "5-01-02-02", PayUnit.DAY, True, "picker"),
    CommonTrade("收庄稼", "5-01-02-01", PayUnit.DAY, True, "harvest"),
    CommonTrade("剥蒜分级", "5-05-06-01", PayUnit.PIECE, False, "garlic"),
)
"""The trades that most day-labour posts name, in the order in which pages show them."""


@dataclass(frozen=True, slots=True)
class _Classification:
    by_code: dict[str, Trade]
    labour_words: dict[str, str]
    search_keys: list[tuple[str, int, str]]


def fold(text: str) -> str:
    """A text in the form in which words are compared: NFKC, lower case, no white space."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def data_lines(name: str) -> list[str]:
    """Lines of a data file of this package without its heading; files that end in `.gz` are unpacked."""
    raw = (resources.files("linggong.market") / "data" / name).read_bytes()
    if name.endswith(".gz"):
        raw = gzip.decompress(raw)
    # Not splitlines(): titles may hold rarer line separators.
    return raw.decode("utf-8").rstrip("\n").split("\n")[1:]


@cache
def _load() -> _Classification:
    words: dict[str, str] = {}
    words_of: dict[str, list[str]] = {}
    for row in csv.reader(data_lines("day-labour-words.csv")):
        for word in row[0].split("|"):
            words[word] = row[1]
            words_of.setdefault(row[1], []).append(word)
    by_code: dict[str, Trade] = {}
    for line in data_lines("occupations.tsv.gz"):
        code, level, parent, name, definition, aliases = line.split("\t")
        own = [alias for alias in aliases.split("|") if alias]
        by_code[code] = Trade(
            code,
            int(level),
            parent or None,
            name,
            definition,
            tuple(dict.fromkeys(words_of.get(code, []) + own)),
        )
    # Rank 0 words of the roadside, 1 names, 2 aliases: the order in which equal hits are shown.
    keys = [(fold(word), 0, code) for word, code in words.items()]
    for entry in by_code.values():
        keys.append((fold(entry.name), 1, entry.code))
        keys.extend((fold(alias), 2, entry.code) for alias in entry.aliases)
    return _Classification(by_code, {fold(word): code for word, code in words.items()}, keys)


def trade(code: str) -> Trade | None:
    """The trade with this code, or None when the classification has no such code."""
    return _load().by_code.get(code)


def trades() -> tuple[Trade, ...]:
    """All trades in the order of their codes, groups included."""
    return tuple(_load().by_code.values())


def labour_words() -> dict[str, str]:
    """Day-labour words, folded, to codes. The mapping is a judgement and is to be reviewed."""
    return dict(_load().labour_words)


def ancestors(code: str) -> tuple[Trade, ...]:
    """Groups above a trade, nearest first; empty for a major group and for an unknown code."""
    by_code = _load().by_code
    found: list[Trade] = []
    entry = by_code.get(code)
    while entry is not None and entry.parent_code is not None:
        entry = by_code.get(entry.parent_code)
        if entry is not None:
            found.append(entry)
    return tuple(found)


def is_under(code: str, ancestor: str) -> bool:
    """Whether a trade is the given one or lies below it. Unknown codes lie nowhere."""
    if trade(code) is None or trade(ancestor) is None:
        return False
    return code == ancestor or any(entry.code == ancestor for entry in ancestors(code))


def search_trades(text: str, limit: int = 10) -> list[Trade]:
    """Trades whose name or words fit what a user typed, best first, at most `limit`.

    A whole word comes before a beginning, a beginning before a part; among equals roadside words come first,
    then shorter ones. When the typed text is longer than any word (搬砖小工), words inside it count. Nothing
    typed gives the common trades.
    """
    typed = fold(text)
    data = _load()
    if not typed:
        return [data.by_code[common.code] for common in COMMON_TRADES][:limit]
    best: dict[str, tuple[int, int, int, str]] = {}
    for key, rank, code in data.search_keys:
        if key == typed:
            grade = 0
        elif key.startswith(typed):
            grade = 1
        elif typed in key:
            grade = 2
        elif len(key) >= 2 and key in typed:
            grade = 3
        else:
            continue
        # Inside a longer text the longest word says most, elsewhere the shortest is nearest.
        score = (grade, rank, -len(key) if grade == 3 else len(key), code)
        if code not in best or score < best[code]:
            best[code] = score
    return [data.by_code[code] for code in sorted(best, key=best.__getitem__)[:limit]]
