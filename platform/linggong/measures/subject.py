"""What a subject of the facts is made of: what it counts, and which days a changed record touches; and the words of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from linggong.wages.models import LATE_STATES

ARRIVED: Final = ("A_ARRIVED", "A_WORKING", "A_PAUSED", "A_FINISHED", "A_ACCEPTED")
HELD: Final = ("A_CONFIRMED", "A_CONTRACTED", *ARRIVED, "X_NOSHOW_W")
"""Shifts that both sides agreed on and nobody took back in time."""

_BANDS: Final = ("u50", "50", "55", "60", "65")


@dataclass(frozen=True, slots=True)
class Group:
    """A group of workers: its name, and the values of `metric_facts.grp` that belong to it."""

    label: str
    values: tuple[str, ...]


GROUPS: Final[Mapping[str, Group]] = MappingProxyType(
    {
        "u50": Group("50 岁以下", ("u50", "u50h")),
        "50": Group("50–54 岁", ("50", "50h")),
        "55": Group("55–59 岁", ("55", "55h")),
        "60": Group("60–64 岁", ("60", "60h")),
        "65": Group("65 岁及以上", ("65", "65h")),
        "hardship": Group("重点帮扶人员", tuple(band + "h" for band in _BANDS)),
        "others": Group("其他人员", _BANDS),
    }
)
"""Ages at which the rules of work and cover change; a group of R052 is in force by a proof, a date and a consent.
Staff who read the overview see figures of groups, of ten persons and three employers or more; employers and screens see none."""


PARTS: Final = (("u50", "50", "55", "60", "65"), ("hardship", "others"))
"""Groups that make up everybody together: of these the last one can be reckoned from the others and the whole."""


@dataclass(frozen=True, slots=True)
class Follow:
    """Which days of places a changed row of `table` touches: a query of (tenant, day) over `@rows r`, its images before and after.

    `whole`: the same query over all rows of the table is among those that find every day there is.
    """

    table: str
    days: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """Facts that belong together. `counts` are queries of (tenant, day, component, trade_code, grp, key, value) over `pairs`.

    `follows` names every table that they read, also through a join: what is not named is not followed.
    """

    name: str
    counts: tuple[str, ...]
    follows: tuple[Follow, ...]


def of_workers(days: str) -> tuple[Follow, ...]:
    """Return the rules by which a person's age or proof of hardship touches days. `days` joins his rows to `x.worker_id`."""
    return (
        Follow("persons", days.replace("x.worker_id", "r.id")),
        Follow("priority_marks", days.replace("x.worker_id", "r.person_id")),
        Follow("consents", days.replace("x.worker_id", "r.person_id") + " WHERE r.purpose = 'priority'"),
    )


def _in(column: str, states: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(state) for state in states)})"


_TERMS: Final = {
    "@due_day": "((b.due_at - interval '1 microsecond') AT TIME ZONE 'Asia/Shanghai')::date",
    "@published_day": "(o.published_at AT TIME ZONE 'Asia/Shanghai')::date",
    "@rated_day": "(r.created_at AT TIME ZONE 'Asia/Shanghai')::date",
    "@made_day": "(e.created_at AT TIME ZONE 'Asia/Shanghai')::date",
    "@owed_day": "(c.created_at AT TIME ZONE 'Asia/Shanghai')::date",
    "@said_day": "(e.worker_confirmed_at AT TIME ZONE 'Asia/Shanghai')::date",
    "@counts": "o.published_at IS NOT NULL AND o.state <> 'O_TAKENDOWN'",
    "@late": _in("b.wage_state", LATE_STATES),
    "@came": _in("a.state", ARRIVED),
    "@held": _in("a.state", HELD),
    "@agreed": _in("a.state", (*HELD, "X_NOSHOW_E")),
    "@group": """coalesce((SELECT CASE WHEN y.years < 50 THEN 'u50' WHEN y.years < 55 THEN '50' WHEN y.years < 60 THEN '55'
          WHEN y.years < 65 THEN '60' ELSE '65' END || CASE WHEN EXISTS (
            SELECT FROM priority_marks m JOIN consents c ON c.id = m.consent_id WHERE m.person_id = k.worker_id
              AND c.withdrawn_at IS NULL AND (m.recorded_at AT TIME ZONE 'Asia/Shanghai')::date <= k.day AND m.valid_to >= k.day
              AND (m.ended_at IS NULL OR (m.ended_at AT TIME ZONE 'Asia/Shanghai')::date > k.day)) THEN 'h' ELSE '' END
        FROM persons w CROSS JOIN LATERAL (SELECT extract(year FROM age(k.day, w.birth_date)) AS years) y
        WHERE w.id = k.worker_id), '')""",
}
"""Words of the queries. A deadline at 24:00 belongs to the day that it ends. An order that was never published, or that the
administration took down, counts nowhere, neither above nor below the line. `@group` is that of `k.worker_id` on `k.day`; who takes
his consent back is in no group of hardship any more, for no day."""


def said(query: str, terms: Mapping[str, str] = _TERMS) -> str:
    """Return a query with its words written out: the longest first, as one may begin another."""
    for word in sorted(terms, key=len, reverse=True):
        query = query.replace(word, terms[word])
    return query
