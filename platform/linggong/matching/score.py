"""How well a worker and an order go together: declared parts, each 0 to 1, a total of 0 to 100, and why in one line.

What is unknown is left out and the other weights are stretched, so that nobody loses by a field that he left empty. Who may
not go at all is said by `rules`, before anything is scored. Tiers of hardship (R052) are no part of the score: they enter only
where places are given out (`tiers`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from linggong.kernel.geo import EARTH_M
from linggong.market.trades import COMMON_TRADES, trade
from linggong.matching.certificates import names, needed
from linggong.matching.columns import (
    NO_TRADE,
    Floats,
    History,
    Openings,
    People,
    history,
    openings,
    people,
    trade_number,
)
from linggong.matching.facts import Opening, Pasts, Seeker


class Part(NamedTuple):
    """One part of the score."""

    key: str
    weight: float
    words: str


PARTS: Final = (
    Part("trade", 30, "工种"),
    Part("skill", 8, "技能"),
    Part("distance", 16, "远近和交通"),
    Part("window", 8, "时间"),
    Part("pay", 12, "工钱"),
    Part("certificates", 4, "证书"),
    Part("reliability", 10, "靠谱"),
    Part("past", 6, "和这家的往来"),
    Part("fairness", 6, "多久没活"),
)
"""The weights; they sum to 100."""
_AT: Final = {part.key: n for n, part in enumerate(PARTS)}
WEIGHTS: Final[Floats] = np.array([part.weight for part in PARTS], dtype=np.float32)
_SAME: Final = (1.0, 0.7, 0.4, 0.1)
"""For the same 细类, 小类, 中类, 大类."""
ANYBODYS: Final = np.array(
    [
        trade_number(t.code)
        for t in COMMON_TRADES
        if t.word
        in (
            "小工",
            "搬运装卸",
            "分拣",
            "打包",
            "流水线",
            "保洁",
            "发传单",
            "绿化",
            "采摘",
            "收庄稼",
            "剥蒜分级",
            "服务员",
        )
    ],
    dtype=np.int32,
)
"""Work that whoever is fit learns on the spot: there another trade counts half. Anything else wants a hand of its 小类."""
_HALF, _SKILLED = 0.5, 0.7
_FAIR_DAYS: Final = 7.0
_STRONG: Final = 0.6
"""A part below this is no reason to name."""
_REASONS: Final = 3

Rows = NDArray[Any]


def same_trade(mine: Rows, asked: Rows) -> Floats:
    """Return how near trades are: `mine` of shape (n, trades), `asked` of (n,); nan where nothing is known."""
    best = np.zeros(len(asked), dtype=np.float32)
    for level in range(3, -1, -1):
        cut = 100**level
        hit = ((mine // cut == (asked // cut)[:, None]) & (mine != NO_TRADE)).any(axis=1)
        best[hit] = _SAME[level]
    best[np.isin(asked, ANYBODYS) & (best < _HALF)] = _HALF
    unknown = (mine == NO_TRADE).all(axis=1) | (asked == NO_TRADE)
    return np.asarray(np.where(unknown, np.nan, best), dtype=np.float32)


def can_do(found: Floats, asked: Rows) -> Rows:
    """Tell whether somebody whose trade part is `found` is proposed for work of a trade; unknown trades are the clerk's to judge."""
    return np.isnan(found) | (found >= _SKILLED) | np.isin(asked, ANYBODYS)


def kilometres(lat_a: Floats, lng_a: Floats, lat_b: Floats, lng_b: Floats) -> Floats:
    """Return distances, flat enough for a city."""
    mean = np.radians((lat_a + lat_b) / 2)
    x = np.radians(lng_b - lng_a) * np.cos(mean)
    y = np.radians(lat_b - lat_a)
    return np.asarray(np.hypot(x, y) * (EARTH_M / 1000), dtype=np.float32)


def near(km: Floats, radius: Floats, speed: Floats, ride: Rows) -> Floats:
    """Return how well the way suits: half by his radius, half by the minutes with what he travels by."""
    share = km / radius
    reach = np.where(share <= 1, 1 - 0.6 * share, np.clip(0.4 * (2 - share), 0, 1))
    minutes = np.where(ride, 0.4, 1.0) * km / speed * 60
    return np.asarray((reach + np.clip(1 - (minutes - 10) / 80, 0, 1)) / 2, dtype=np.float32)


def pay(offered: Floats, wished: Floats) -> Floats:
    """Return how far the pay of a day meets the wish: nothing at 60 % of it, all at 100 %."""
    return np.asarray(np.clip((offered / wished - 0.6) / 0.4, 0, 1), dtype=np.float32)


def reliable(done: Floats, failed: Floats, stars: Floats) -> Floats:
    """Return how surely he comes, smoothed as if three good shifts stood before; stars count for four tenths."""
    kept = (done + 3) / (done + 3 + 3 * failed)
    rated = np.where(np.isnan(stars), kept, 0.6 * kept + 0.4 * (stars - 1) / 4)
    return np.asarray(np.where((done + failed == 0) & np.isnan(stars), np.nan, rated), dtype=np.float32)


def parts(seekers: People, orders: Openings, past: History, i: Rows, j: Rows) -> Floats:
    """Return the parts of pairs (row of a seeker, row of an opening), shape (parts, pairs); nan for unknown."""
    found = np.full((len(PARTS), len(i)), np.nan, dtype=np.float32)
    found[_AT["trade"]] = same_trade(seekers.trades[i], orders.trade[j])
    least = orders.min_skill[j]
    found[_AT["skill"]] = np.where(least > 0, np.clip(1 - (least - seekers.skill[i]) * 0.34, 0, 1), np.nan)
    km = kilometres(seekers.latitude[i], seekers.longitude[i], orders.latitude[j], orders.longitude[j])
    found[_AT["distance"]] = near(km, seekers.radius[i], seekers.speed[i], orders.ride[j])
    days, free = orders.weekdays[j], seekers.weekdays[i]
    window = np.where(free > 0, np.where(free & days == days, 1.0, np.where(free & days, 0.5, 0.0)), np.nan)
    there = np.where(np.isnan(km), 0, km) / seekers.speed[i] * 60 <= orders.minutes[j] + 15
    found[_AT["window"]] = np.where(there, window, 0)
    found[_AT["pay"]] = pay(orders.day[j], seekers.wish[i])
    needs = orders.needs[j]
    found[_AT["certificates"]] = np.where(needs > 0, (seekers.certificates[i] & needs) == needs, np.nan)
    found[_AT["reliability"]] = reliable(seekers.done[i], seekers.failed[i], seekers.stars[i])
    together, stars = past.at(i, j)
    liked = np.where(np.isnan(stars), 0.7, (stars - 1) / 4)
    found[_AT["past"]] = np.where(together > 0, np.clip(0.3 * np.minimum(together, 5) / 5 + 0.7 * liked, 0, 1), np.nan)
    found[_AT["fairness"]] = np.clip(seekers.idle[i] / _FAIR_DAYS, 0, 1)
    return found


def totals(found: Floats) -> Floats:
    """Return the totals of parts, 0 to 100: the weighted mean of what is known."""
    known = ~np.isnan(found)
    weight = (known * WEIGHTS[:, None]).sum(axis=0)
    summed = (np.where(known, found, 0) * WEIGHTS[:, None]).sum(axis=0)
    return np.asarray(np.where(weight > 0, 100 * summed / np.maximum(weight, 1), 0), dtype=np.float32)


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """The score of one pair: its total, each part that is known, and why in one line."""

    score: int
    parts: dict[str, float]
    why: str


class Scores:
    """A set of people and orders, ready to be scored in pairs."""

    def __init__(self, seekers: Sequence[Seeker], orders: Sequence[Opening], pasts: Pasts, now: datetime) -> None:
        self.people: People = people(seekers)
        self.orders: Openings = openings(orders, now)
        self.past: History = history(seekers, orders, pasts)

    def pairs(self, i: Rows, j: Rows) -> tuple[Floats, Floats]:
        """Return (totals, parts) of pairs."""
        found = parts(self.people, self.orders, self.past, i, j)
        return totals(found), found

    def fit(self, i: int, j: int) -> Fit:
        """Return the score of one pair with its reasons."""
        one, other = np.array([i]), np.array([j])
        total, found = self.pairs(one, other)
        return self.told(i, j, float(total[0]), found[:, 0])

    def told(self, i: int, j: int, total: float, found: Floats) -> Fit:
        """Return a pair that was scored already, with its reasons."""
        known = {p.key: round(float(v), 2) for p, v in zip(PARTS, found, strict=True) if not np.isnan(v)}
        strong = sorted((k for k, v in known.items() if v >= _STRONG), key=lambda k: -WEIGHTS[_AT[k]] * known[k])
        days = float(self.past.at(np.array([i]), np.array([j]))[0][0])
        said = [_reason(k, known[k], self.people.of[i], self.orders.of[j], int(days)) for k in strong[:_REASONS]]
        return Fit(score=round(total), parts=known, why="，".join(said) or "没有特别合适的地方，但都能去")


def word_of(code: str) -> str:
    """Return a trade as it is called at the roadside."""
    found = next((t.word for t in COMMON_TRADES if t.code == code), None)
    known = trade(code)
    return found or (known.name if known else "这个活")


def _reason(key: str, value: float, seeker: Seeker, order: Opening, days: int) -> str:
    match key:
        case "trade":
            return f"会{word_of(order.trade)}" if value >= 1 else "干过相近的活"
        case "skill":
            return "手艺够"
        case "distance":
            if order.ride:
                return "有车接"
            km = float(
                kilometres(
                    *(
                        np.array([v], dtype=np.float32)
                        for v in (seeker.latitude, seeker.longitude, order.latitude, order.longitude)
                    )
                )[0]
            )
            return f"离得近，{km:.1f} 公里" if km >= 0.1 else "就在门口"
        case "window":
            return "那天有空"
        case "pay":
            return "工钱够他的价" if value >= 1 else "工钱接近他的价"
        case "certificates":
            return f"有{names(needed(order.trade, order.conditions))}"
        case "reliability":
            return f"干完 {seeker.done} 个班、没爽约" if seeker.done and not seeker.failed else "口碑好"
        case "past":
            return f"给这家干过 {days} 天"
    return "没干过活" if seeker.idle_days is None else f"{seeker.idle_days} 天没活了"
