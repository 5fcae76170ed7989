"""Who may not go, whatever the score: each refusal names its rule. The loop asks the same again when somebody really goes."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linggong.matching.certificates import names
from linggong.matching.columns import Openings, People

Rows = NDArray[Any]
MIN_AGE, ADULT_AGE = 16, 18
"""[law: 劳动法, 未成年工特殊保护]; the loop reads the parameters, whose least is the same."""


class Rule(NamedTuple):
    """A hard rule: its key and what the desk is told."""

    key: str
    words: str


RULES: Final = (
    Rule("account", "账号停用了，或者还没实名登记"),
    Rule("child", "未满16周岁，不能派工"),
    Rule("minor", "未满18周岁，不能做登高、重活和夜班"),
    Rule("age_asked", "年龄不在雇主要的范围里"),
    Rule("sex", "这个活依法限定了性别"),
    Rule("ban", "信用“禁止”期间，不能接活"),
    Rule("ban_today", "信用“限制”期间，不能接当天的活"),
    Rule("certificate", "这个活要持证上岗，他没有登记证书"),
    Rule("insurable", "他的年龄或这个活，没有保险肯保"),
    Rule("asked", "他已经在这单里，或者说过不去"),
    Rule("overlap", "那个时间已经有别的活"),
)
"""In the order in which they are asked: the first that refuses is named."""
_NUMBER: Final = {rule.key: n for n, rule in enumerate(RULES)}
FREE: Final = -1


def refusals(seekers: People, orders: Openings, i: Rows, j: Rows) -> NDArray[np.int8]:
    """Return for each pair (row of a seeker, row of an opening) the number of the rule that refuses it, or FREE."""
    found = np.full(len(i), FREE, dtype=np.int8)

    def refuse(key: str, bad: Rows) -> None:
        found[bad & (found == FREE)] = _NUMBER[key]

    age, level, needs = seekers.age[i], seekers.level[i], orders.needs[j]
    refuse("account", ~seekers.fit[i])
    refuse("child", age < MIN_AGE)
    refuse("minor", (age < ADULT_AGE) & orders.adults_only[j])
    refuse("age_asked", ~orders.asked_ages[j, age])
    sex = orders.sex[j]
    refuse("sex", ((sex == 1) & seekers.woman[i]) | ((sex == 2) & ~seekers.woman[i]))
    refuse("ban", level >= 3)
    refuse("ban_today", (level == 2) & orders.today[j])
    refuse("certificate", (seekers.certificates[i] & needs) != needs)
    refuse("insurable", ~orders.insurable_ages[j, age])
    _one_by_one(seekers, orders, i, j, found)
    return found


def _one_by_one(seekers: People, orders: Openings, i: Rows, j: Rows, found: NDArray[np.int8]) -> None:
    """Ask what no column answers, of those alone who hold a shift or have answered some order."""
    tied = np.array([bool(s.busy or s.asked) for s in seekers.of], dtype=np.bool_)
    rows: dict[int, list[int]] = defaultdict(list)
    for at in np.flatnonzero(tied[i] & (found == FREE)) if len(tied) else ():
        rows[int(i[at])].append(int(at))
    for one, pairs in rows.items():
        seeker = seekers.of[one]
        for n in pairs:
            order = orders.of[int(j[n])]
            if order.id in seeker.asked:
                found[n] = _NUMBER["asked"]
            elif any(a < end and start < b for a, b in seeker.busy for start, end in order.shifts):
                found[n] = _NUMBER["overlap"]


def words(number: int, orders: Openings, j: int) -> str:
    """Return what the desk is told of a refusal."""
    rule = RULES[number]
    if rule.key == "certificate":
        return f"这个活要有{names(int(orders.needs[j]))}，他没有登记"
    return rule.words
