"""Pay far from what the trade pays, and pay that the text tells differently than the form (R057).

References are published percentiles of yearly pay by occupation (`data/wage-reference.csv`, with their publisher), brought
to an hour by the statutory 21.75 paid days of a month at eight hours. They are coarse: they only ask for a person's eye.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from linggong.market.fraud_text import plain
from linggong.market.hourly import PAID_DAYS_PER_MONTH_HUNDREDTHS
from linggong.market.trades import data_lines
from linggong.market.words import Hit

HOURS_PER_YEAR: Final = PAID_DAYS_PER_MONTH_HUNDREDTHS * 12 * 8 / 100
"""2,088 paid hours."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What an hour of a group of trades pays, in fen, and who published it."""

    group: str
    low: int
    middle: int
    high: int
    publisher: str


@cache
def _references() -> dict[str, Reference]:
    found = {}
    for prefix, group, _scope, _year, p10, p50, p90, publisher, _read_at in csv.reader(
        data_lines("wage-reference.csv")
    ):
        # 10,000 yuan are 1,000,000 fen.
        low, middle, high = (round(float(cell) * 1_000_000 / HOURS_PER_YEAR) if cell else 0 for cell in (p10, p50, p90))
        # One group lacks its 90th percentile: twice the median stands in, as in its neighbours.
        found[prefix] = Reference(group, low, middle, high or 2 * middle, publisher)
    return found


def reference(trade_code: str) -> Reference:
    """Return the reference of the narrowest group that holds the trade; the whole economy for anything else."""
    table = _references()
    for length in range(len(trade_code), 0, -1):
        if trade_code[:length] in table:
            return table[trade_code[:length]]
    return table[""]


def far_from_reference(trade_code: str, hourly: int, *, high: float, low: float) -> Hit | None:
    """Return a finding for pay above `high` times the 90th percentile, or below `low` times the median."""
    known = reference(trade_code)
    if hourly > known.high * high:
        return Hit(
            "pay_far", "warning",
            f"合每小时{hourly / 100:.0f}元，远高于“{known.group}”的行情（九成人不到{known.high / 100:.0f}元）。请核对工钱和单位",
        )  # fmt: skip
    if hourly < known.middle * low:
        return Hit(
            "pay_far", "warning",
            f"合每小时{hourly / 100:.0f}元，远低于“{known.group}”的行情（一半人在{known.middle / 100:.0f}元以上）。请核对工钱和单位",
        )  # fmt: skip
    return None


_NOT_MONEY: Final = r"(?![\d.]*(?:斤|件|个|单|米|人|箱|袋|车|岁|小时|分钟|点|号|公里|亩|吨|平|桌|次|层|份))"
_PER_DAY: Final = (
    re.compile(rf"(?:日薪|日结|日工资|工资|每天|一天|一[个]?工|每工)(?:约|是|为|:)?(\d{{2,5}}){_NOT_MONEY}(?:元|块|\b|$|,)"),
    re.compile(r"(\d{2,5})(?:元|块)?(?:/|一|每)(?:天|日|工|个工)"),
)  # fmt: skip
_PER_HOUR: Final = (
    re.compile(
        rf"(?:时薪|每小时|(?<![十\d一二三四五六七八九两半几])一?小时)(?:约|是|为|:)?(\d{{2,4}}){_NOT_MONEY}(?:元|块|\b|$|,)"
    ),
    re.compile(r"(\d{2,4})(?:元|块)?(?:/|一|每)(?:小时|时|个小时)"),
)
_PER_MONTH: Final = re.compile(r"(?:月薪|月工资|月入|每月)(?:约|是|为|:)?(\d{4,6})(?!\d)")


def told_hourly(text: str, minutes_per_day: int) -> list[int]:
    """Return what the text promises, in fen an hour; empty when it names no pay."""
    read = plain(text)
    told = [int(m.group(1)) * 100 for pattern in _PER_HOUR for m in pattern.finditer(read)]
    if minutes_per_day > 0:
        told += [int(m.group(1)) * 6000 // minutes_per_day for p in _PER_DAY for m in p.finditer(read)]
        told += [
            int(m.group(1)) * 6000 * 100 // (minutes_per_day * PAID_DAYS_PER_MONTH_HUNDREDTHS)
            for m in _PER_MONTH.finditer(read)
        ]
    return told


def told_otherwise(text: str, hourly: int, minutes_per_day: int, *, factor: float) -> Hit | None:
    """Return a finding when the text promises much more, or much less, than the form pays."""
    for told in told_hourly(text, minutes_per_day):
        if told > hourly * factor or told * factor < hourly:
            return Hit(
                "pay_words_differ", "warning",
                f"文字里的工钱合每小时{told / 100:.0f}元，和填的每小时{hourly / 100:.0f}元差得多。请写成一样的",
            )  # fmt: skip
    return None
