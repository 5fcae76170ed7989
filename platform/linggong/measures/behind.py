"""The records behind a component of the facts, by the very queries that count it: only their heads and their grouping differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.paging import Page, decode_cursor, encode_cursor
from linggong.kernel.paths import Scope, TenantPath, in_subtree
from linggong.measures.facts import SUBJECTS
from linggong.measures.models import MetricFact
from linggong.measures.reading import stem
from linggong.measures.shape import VERSION
from linggong.measures.subject import GROUPS, said

_ROWS: Final = "SELECT @columns, @id, (@amount)::bigint FROM @from"


@dataclass(frozen=True, slots=True)
class Source:
    """A count of the facts with the table of its records, their id, and what one of them adds."""

    table: str
    query: str
    id: str = "k.id"
    amount: str = "1"

    @property
    def rows(self) -> str:
        """The count's own query, one row for each record: (tenant, day, component, trade_code, grp, key, id, amount)."""
        head, _, rest = self.query.strip().partition("\n  FROM ")
        columns = head.removeprefix("SELECT ").rpartition(", ")[0]
        words = {"@columns": columns, "@id": self.id, "@amount": self.amount, "@from": rest.rpartition(" GROUP BY ")[0]}
        return said(said(_ROWS, words))


def _count(*words: str) -> str:
    """Return the one count of the facts that has these words."""
    (query,) = (q for subject in SUBJECTS for q in subject.counts if all(word in q for word in words))
    return query


_SHIFTS: Final = Source("assignments", _count("('confirmed', "))
_POSTS: Final = Source("orders", _count("'fill.minutes'"), "t.id")
_BILLS: Final = Source("bills", _count("('bills.due', "), amount="v.amount")
_RATINGS: Final = Source("ratings", _count("'rated.' || k.side"))
_SAID: Final = Source("engagements", _count("('said.all', "))
_SIGN_UPS: Final = Source("engagements", _count("('signup.all', "))
_CALLED: Final = Source("call_backs", _count("('call.owed', "))
_BECAME: Final = Source("orders", _count("('published', "))
_CASES: Final = Source("cases", _count("('cases.accepted', "), amount="v.amount")
_REGISTERED: Final = Source("persons", _count("('seek.opened', "), "k.worker_id")

SOURCES: Final[Mapping[str, Source]] = MappingProxyType(
    {
        "wanted": Source("shifts", _count("'wanted', o.trade_code"), "s.id", "o.headcount"),
        **dict.fromkeys(
            (
                "confirmed", "agreed", "arrived", "completed", "missing.worker", "missing.employer", "covered", "covered.government",
                "covered.employer", "waived", "contracted",
                "looped", "done.person",
            ),
            _SHIFTS,
        ),
        **dict.fromkeys(("fill.minutes", "fill.none", "first.minutes", "first.none", "posts"), _POSTS),
        **dict.fromkeys(
            (
                "bills.due", "bills.confirmed", "bills.evidence", "bills.claimed", "due.fen", "late.fen", "due.person",
                "late.person",
            ),
            _BILLS,
        ),
        "wage.hour": Source("bills", _count("('wage.hour', ")),
        **dict.fromkeys(("rated.worker", "rated.employer", "satisfied.worker", "satisfied.employer"), _RATINGS),
        **dict.fromkeys(("said.all", "said.proxy"), _SAID),
        **dict.fromkeys(("signup.all", "signup.proxy"), _SIGN_UPS),
        **dict.fromkeys(("call.owed", "call.agreed", "call.denied"), _CALLED),
        **dict.fromkeys(("published", "untrue", "stale", "check.minutes"), _BECAME),
        **dict.fromkeys(("seek.opened", "register.proxy"), _REGISTERED),
        **dict.fromkeys(
            (
                "cases", "cases.accepted", "cases.closed", "cases.in_time", "cases.asked", "cases.content", "cases.reopened",
                "cases.fen",
            ),
            _CASES,
        ),
    }
)  # fmt: skip
"""Components that count records, by name; the others are computed, or belong to the guard of a figure."""

_PAIRS: Final = """WITH pairs AS MATERIALIZED (SELECT DISTINCT tenant COLLATE "C" AS tenant, day
  FROM unnest(cast(:tenants AS text[]), cast(:days AS date[])) AS u (tenant, day))
SELECT u.day, u.trade_code, u.key, u.id, u.amount FROM (@rows) u (tenant, day, component, trade_code, grp, key, id, amount)
  WHERE u.component = :component AND (cast(:groups AS text[]) IS NULL OR u.grp = ANY (cast(:groups AS text[])))
    AND (:trade = '' OR u.trade_code = :trade OR u.trade_code LIKE :below)
    AND (cast(:day AS date) IS NULL OR (u.day, u.id) < (cast(:day AS date), cast(:id AS uuid)))
  ORDER BY u.day DESC, u.id DESC LIMIT :most"""
_DAYS_AT_ONCE: Final = 31


@dataclass(frozen=True, slots=True)
class Asked:
    """Which records: of which component, where, from when to when, of which trade and group."""

    component: str
    top: TenantPath
    first: date
    last: date
    trade: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """One record that a component counts: its table and id, the day and trade under which it counts, the key, what it adds."""

    table: str
    id: UUID
    day: date
    trade: str
    key: str
    amount: int


async def records(
    uow: UnitOfWork,
    database: Database,
    asked: Asked,
    *,
    seen: Sequence[Scope],
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Counted]:
    """Return a page of what a component counts, the latest day first.

    Days and places are those of the facts that the reader's scope and `seen` allow; the conditions of a count look at rows that
    may lie outside it (a policy, an age), so that they are read as the refresh reads them. Rows themselves are for the caller to read.
    """
    source = SOURCES[asked.component]
    after: tuple[Any, ...] = (None, None) if cursor is None else decode_cursor(cursor, date, UUID)
    last = asked.last if after[0] is None else min(asked.last, after[0])
    found: list[Counted] = []
    statement = sa.text(_PAIRS.replace("@rows", source.rows).replace("::", r"\:\:"))
    span, below = 1, f"{stem(asked.trade)}%" if asked.trade else ""
    async with database.system() as whole:
        while last >= asked.first and len(found) <= limit:
            first = max(asked.first, last - timedelta(days=span - 1))
            tenants, days = await _pairs(uow, asked, seen, first, last)
            if tenants:
                rows = await whole.execute(
                    statement,
                    {
                        "tenants": tenants, "days": days, "component": asked.component, "trade": asked.trade, "below": below,
                        "groups": list(GROUPS[asked.group].values) if asked.group else None, "day": after[0], "id": after[1],
                        "most": limit + 1 - len(found),
                    },
                )  # fmt: skip
                found += [Counted(source.table, r.id, r.day, r.trade_code, r.key, int(r.amount)) for r in rows]
            last, span = first - timedelta(days=1), min(span * 2, _DAYS_AT_ONCE)
    items = found[:limit]
    more = encode_cursor(items[-1].day.isoformat(), str(items[-1].id)) if len(found) > limit else None
    return Page(items, more)


async def _pairs(
    uow: UnitOfWork, asked: Asked, seen: Sequence[Scope], first: date, last: date
) -> tuple[Sequence[str], Sequence[date]]:
    """Return the places and days that have such facts."""
    rows = await uow.execute(
        sa.select(MetricFact.tenant, MetricFact.day)
        .distinct()
        .where(
            MetricFact.component == asked.component,
            MetricFact.version == VERSION,
            MetricFact.day.between(first, last),
            in_subtree(MetricFact.tenant, asked.top),
            uow.scope.clause(MetricFact.tenant),
            *(scope.clause(MetricFact.tenant) for scope in seen),
        )
    )
    pairs = [(row.tenant, row.day) for row in rows]
    return [tenant for tenant, _ in pairs], [day for _, day in pairs]
