# ruff: noqa: S608 - the texts are put together from constants of this file; every value is an argument
"""The SQL of the board: one text for each combination of conditions, so that prepared statements are used again.

A million posts are never sorted for one page. Where an index gives the order, a statement first walks the first WINDOW posts in
that order; when they hold a whole page the rest is not looked at, else the word or the filter is rare and its own index is
quick. By distance a small circle is tried before a wide one. docs/finding.md says why this is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import msgspec

from linggong.kernel.geo import EARTH_M
from linggong.market.models import DAY_PAY
from linggong.market.views import BoardLine

Arg = Callable[[str, str], str]

COMPUTED: Final = ("distance_m", "twins")
COLUMNS = tuple(f.name for f in msgspec.structs.fields(BoardLine) if f.name not in COMPUTED)
JSON = ("benefits", "conditions")
LISTS = tuple(COLUMNS.index(name) for name in JSON)
SELECT = ", ".join(f"b.{c}::text" if c in JSON else f"b.{c}" for c in COLUMNS)
WINDOW: Final = 4000
"""How many posts are walked in the order of an index before the index of the words is asked."""
LONG_WINDOW: Final = 24_000
"""How many are walked when the window held a sixth of a page, so that a longer walk will hold all of it."""
CANDIDATES: Final = 300
"""How many of the newest posts that fit are put in order by fit."""
_ENOUGH: Final = 100
"""So many candidates in the long window are enough for the order by fit."""
TIGHT, TIGHT_KM = "tight", 6
"""The mark of a circle of so many kilometres or less: places are asked first, words after."""
STAGES: Final = (8, 3, 1)
"""Parts of the radius that are tried one after the other by distance."""
MAX_TWINS: Final = 20

TITLE_S, SYNONYM_S, TRADE_S, KM_S, FAR_KM = 43_200, 21_600, 86_400, 1_800, 30
"""The order by fit in seconds of freshness: a typed word in the title counts as half a day newer, a word of the same meaning as a
quarter, a trade of one's own as a day, each kilometre (up to FAR_KM) as half an hour older."""

_NOWHERE = 2_147_483_647
"""Sorts a post whose place nobody knows after all others."""
_CASTS = {"newest": "timestamptz", "pay": "bigint", "soonest": "timestamptz", "distance": "int", "fit": "bigint"}
_WALKED = ("newest", "pay", "soonest")


@dataclass(frozen=True, slots=True)
class Shape:
    """Which conditions a statement has: what makes it one SQL text."""

    filters: frozenset[str]
    sort: str
    point: bool
    after: bool
    once: bool = False
    """Of posts that say the same thing only the first is shown."""


def arguments() -> tuple[list[str], Arg]:
    """Return the growing list of argument names and the function that writes an argument's place."""
    names: list[str] = []

    def arg(name: str, cast: str) -> str:
        if name not in names:
            names.append(name)
        return f"CAST(${names.index(name) + 1} AS {cast})"

    return names, arg


def day_pay(of: str) -> str:
    """Return the pay of a day of one row, as the index on it spells it."""
    return DAY_PAY.replace("pay_", f"{of}.pay_").replace("hourly_", f"{of}.hourly_")


class _Writer:
    """Writes the parts of one statement."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.names, self.arg = arguments()
        self.falling = shape.sort not in ("soonest", "distance")
        self.direction = "DESC" if self.falling else "ASC"

    @property
    def limit(self) -> str:
        """The argument that holds how many rows are asked."""
        return self.arg("limit", "int")

    def distance(self, of: str) -> str:
        """Return the distance in metres from the asked point."""
        if not self.shape.point:
            return "NULL::int"
        lat, lng = self.arg("latitude", "float8"), self.arg("longitude", "float8")
        return (
            f"(2 * {EARTH_M} * asin(least(1, sqrt(power(sin(radians({of}.near_latitude - {lat}) / 2), 2) + cos(radians({lat})) "
            f"* cos(radians({of}.near_latitude)) * power(sin(radians({of}.near_longitude - {lng}) / 2), 2)))))::int"
        )

    def key(self, of: str) -> str:
        """Return the expression that the order goes by."""
        match self.shape.sort:
            case "pay":
                return day_pay(of)
            case "soonest":
                return f"{of}.starts_at"
            case "distance":
                return f"coalesce({self.distance(of)}, {_NOWHERE})"
            case "fit":
                return self._fit(of)
            case _:
                return f"{of}.published_at"

    def _fit(self, of: str) -> str:
        parts = [f"extract(epoch FROM {of}.published_at)::bigint"]
        if "search" in self.shape.filters:
            hit = "EXISTS (SELECT 1 FROM unnest({}) AS w(word) WHERE strpos(lower({}.title), w.word) > 0)"
            own, alike = self.arg("fit_words", "text[]"), self.arg("fit_alike", "text[]")
            parts.append(
                f"CASE WHEN {hit.format(own, of)} THEN {TITLE_S} WHEN {hit.format(alike, of)} THEN {SYNONYM_S} ELSE 0 END"
            )
        parts.append(f"CASE WHEN {of}.trade_code = ANY ({self.arg('trades', 'text[]')}) THEN {TRADE_S} ELSE 0 END")
        if self.shape.point:
            parts.append(f"- (least(coalesce({self.distance(of)}, {FAR_KM}000), {FAR_KM}000)::bigint * {KM_S} / 1000)")
        return "(" + " + ".join(parts).replace("+ -", "-") + ")"

    def where(self, of: str, stage: int = 1) -> str:
        """Return the conditions of the filters; `stage` is the part of the radius."""
        parts = where(self.shape.filters - {"box"}, self.arg, of)
        if "box" in self.shape.filters:
            end = "" if stage == 1 else str(stage)
            names = (f"lat_from{end}", f"lat_to{end}", f"lng_from{end}", f"lng_to{end}")
            lat_from, lat_to, lng_from, lng_to = (self.arg(n, "float8") for n in names)
            box = f"{of}.near_latitude BETWEEN {lat_from} AND {lat_to} AND {of}.near_longitude BETWEEN {lng_from} AND {lng_to}"
            # The box first: conditions of one price are asked in the order of the text, and a row of a walk rarely lies in it.
            parts = f"{box} AND {parts} AND {self.distance(of)} <= {self.arg(f'radius_m{end}', 'int')}"
        return parts

    def after(self, key: str, of: str) -> str:
        """Return the condition that a row stands behind the cursor."""
        if not self.shape.after:
            return "true"
        compare = "<" if self.falling else ">"
        cast = _CASTS[self.shape.sort]
        return f"({key}, {of}.order_id) {compare} ({self.arg('after_key', cast)}, {self.arg('after_id', 'uuid')})"

    def once(self, key: str, of: str) -> str:
        """Return the condition that no post of the same group that fits as well stands before this one.

        A scalar subquery: an EXISTS would be turned into a join with the whole board.
        """
        if not self.shape.once:
            return "true"
        compare = ">" if self.falling else "<"
        return (
            f"coalesce((SELECT false FROM board_posts o WHERE o.group_key = {of}.group_key AND {self.where('o')} "
            f"AND ({self.key('o')}, o.order_id) {compare} ({key}, {of}.order_id) LIMIT 1), true)"
        )

    def order(self, of: str = "") -> str:
        """Return the order of a page."""
        return f"ORDER BY {of}key {self.direction}, {of}order_id {self.direction}"

    def first(self, hits: str, gate: str = "") -> str:
        """Return the first rows of a set of hits, each group once."""
        sorted_ = f"(SELECT * FROM {hits} {self.order()} OFFSET 0) h"
        return f"SELECT h.order_id, h.key, h.d FROM {sorted_} WHERE {gate or 'true'} AND {self.once('h.key', 'h')} LIMIT {self.limit}"

    def hits(self, gate: str, stage: int = 1) -> str:
        """Return all rows that fit and stand behind the cursor."""
        return (
            f"SELECT b.order_id, b.group_key, {self.key('b')} AS key, {self.distance('b')} AS d FROM board_posts b "
            f"WHERE {gate} AND {self.where('b', stage)} AND {self.after(self.key('b'), 'b')}"
        )

    def walked(self) -> list[str]:
        """Return the parts of a statement whose order an index gives."""
        key = self.key("b")
        walk = (
            f"SELECT b.*, {key} AS key FROM board_posts b WHERE b.listed AND b.starts_at > {self.arg('since', 'timestamptz')} "
            f"AND {self.after(key, 'b')} ORDER BY {key} {self.direction}, b.order_id {self.direction} LIMIT"
        )
        near, further = "(SELECT count(*) FROM near)", "(SELECT count(*) FROM further)"
        # Words alone are what their index answers best: it is asked sooner. In a box a row of the walk costs a comparison.
        if "box" in self.shape.filters:
            part, longer = 7, 2 * LONG_WINDOW
        else:
            part, longer = (3, LONG_WINDOW // 2) if self.shape.filters == {"search"} else (6, LONG_WINDOW)
        long = f"{near} < {self.limit} AND {near} * {part} >= {self.limit}"

        def first(window: int, gate: str) -> str:
            return (
                f"SELECT w.order_id, w.key, {self.distance('w')} AS d FROM ({walk} {window}) w "
                f"WHERE {gate} AND {self.where('w')} AND {self.once('w.key', 'w')} {self.order('w.')} LIMIT {self.limit}"
            )

        return [
            f"near AS MATERIALIZED ({first(WINDOW, 'true')})",
            f"further AS MATERIALIZED ({first(longer, long)})",
            f"hits AS MATERIALIZED ({self.hits(f'{near} < {self.limit} AND {further} < {self.limit}')})",
            f"page AS MATERIALIZED (SELECT * FROM near WHERE {near} >= {self.limit} UNION ALL "
            f"SELECT * FROM further WHERE {further} >= {self.limit} UNION ALL ({self.first('hits')}))",
        ]

    def staged(self) -> list[str]:
        """Return the parts of the order by distance within a radius: a small circle that holds a page is enough."""
        parts, gate, pages = [], "true", []
        for stage in STAGES:
            parts.append(f"hits{stage} AS MATERIALIZED ({self.hits(gate, stage)})")
            parts.append(f"page{stage} AS MATERIALIZED ({self.first(f'hits{stage}')})")
            enough = f"(SELECT count(*) FROM page{stage}) >= {self.limit}" if stage > 1 else "true"
            pages.append(f"SELECT * FROM page{stage} WHERE {enough}")
            gate = f"NOT ({enough}) AND {gate}" if gate != "true" else f"NOT ({enough})"
        # A later circle is empty unless all earlier ones fell short.
        return [*parts, f"page AS MATERIALIZED ({' UNION ALL '.join(pages)})"]

    def fitting(self) -> list[str]:
        """Return the parts of the order by fit: the newest that fit, then put in order."""
        since = self.arg("since", "timestamptz")
        walk = f"SELECT b.* FROM board_posts b WHERE b.listed AND b.starts_at > {since} ORDER BY b.published_at DESC LIMIT {LONG_WINDOW}"
        few = f"(SELECT count(*) FROM near) < {_ENOUGH}"
        newest = f"ORDER BY published_at DESC LIMIT {CANDIDATES}"
        scored = f"SELECT c.order_id, c.group_key, {self.key('c')} AS key, {self.distance('c')} AS d"
        return [
            f"near AS MATERIALIZED (SELECT w.* FROM ({walk}) w WHERE {self.where('w')} LIMIT {CANDIDATES})",
            f"more AS MATERIALIZED (SELECT b.order_id, b.published_at FROM board_posts b WHERE {few} AND {self.where('b')})",
            f"found AS MATERIALIZED (SELECT order_id FROM near WHERE NOT {few} UNION ALL (SELECT order_id FROM more {newest}))",
            f"hits AS MATERIALIZED ({scored} FROM found JOIN board_posts c USING (order_id) WHERE {self.after(self.key('c'), 'c')})",
            f"page AS MATERIALIZED ({self.first('hits')})",
        ]

    def all(self) -> list[str]:
        """Return the parts of a statement that looks at every post that fits."""
        return [f"hits AS MATERIALIZED ({self.hits('true')})", f"page AS MATERIALIZED ({self.first('hits')})"]


@lru_cache(maxsize=512)
def statement(shape: Shape) -> tuple[str, tuple[str, ...]]:
    """Return the SQL of a shape and the names of its arguments in order."""
    w = _Writer(shape)
    if shape.sort == "fit":
        parts = w.fitting()
    elif shape.sort in _WALKED:
        parts = w.walked()
    else:
        parts = w.staged() if "box" in shape.filters else w.all()
    twins = "NULL::text"
    if shape.once:
        twins = (
            "(SELECT json_agg(json_build_array(t.trace_code, t.tenant, t.place, t.places_left, t.employer_name)) FROM "
            f"(SELECT * FROM board_posts o WHERE o.group_key = b.group_key AND o.listed AND o.order_id <> b.order_id "
            f"AND o.starts_at > {w.arg('since', 'timestamptz')} ORDER BY o.published_at, o.order_id LIMIT {MAX_TWINS}) t)::text"
        )
    return (
        f"WITH {', '.join(parts)} SELECT {SELECT}, page.d, {twins} AS twins, page.key FROM page "
        f"JOIN board_posts b USING (order_id) {w.order('page.')}",
        tuple(w.names),
    )


def where(filters: frozenset[str], arg: Arg, of: str = "b") -> str:
    """Return the conditions of a set of filters, but the radius."""
    parts = [f"{of}.listed", f"{of}.starts_at > {arg('since', 'timestamptz')}"]
    if "area" in filters:
        area = arg("area", "text")
        parts.append(f"{of}.tenant >= {area} AND {of}.tenant < {area} || '~'")
    if "trade" in filters:
        parts.append(f"{of}.trade_code >= {arg('trade', 'text')} AND {of}.trade_code < {arg('trade_end', 'text')}")
    if "date" in filters:
        parts.append(f"{of}.work_date = {arg('date', 'date')}")
    if "settlement" in filters:
        parts.append(f"{of}.settlement = {arg('settlement', 'text')}")
    if "job_form" in filters:
        parts.append(f"{of}.job_form = {arg('job_form', 'text')}")
    if "benefits" in filters:
        parts.append(f"{of}.benefits @> {arg('benefits', 'text')}::jsonb")
    if "pay" in filters:
        parts.append(f"{day_pay(of)} >= {arg('pay_min', 'bigint')}")
    if "search" in filters:
        # Through text: the driver has no codec of its own for a tsquery. Where no index of words is wanted the query is read once
        # and not at every row: rows of a walk, of a group, and of a tight circle, in which few posts lie; a plan that is made for
        # any circle would read all that hold a common word.
        asked = f"{arg('search', 'text')}::tsquery"
        by_row = of != "b" or TIGHT in filters
        parts.append(f"ts_match_vq({of}.search, (SELECT {asked}))" if by_row else f"{of}.search @@ {asked}")
    return " AND ".join(parts)


def count(filters: frozenset[str], cap: int, *, once: bool = False) -> tuple[str, tuple[str, ...]]:
    """Return the SQL that counts up to `cap` rows, each group once, and its arguments."""
    w = _Writer(Shape(filters, "newest", "box" in filters, after=False, once=once))
    sql = (
        f"SELECT count(*) FROM (SELECT 1 FROM board_posts b WHERE {w.where('b')} AND {w.once('b.published_at', 'b')} "
        f"LIMIT {cap}) x"
    )
    return sql, tuple(w.names)


ONE = f"""
SELECT {SELECT}, NULL::int AS d, NULL::text AS twins, b.listed AND b.starts_at > $2 AS listed, b.description, b.employer_id,
  t.version, t.body, h.history::text
FROM board_posts b
LEFT JOIN LATERAL (SELECT version, body FROM terms_versions t WHERE t.order_id = b.order_id AND t.is_general
                   ORDER BY version DESC LIMIT 1) t ON true
LEFT JOIN LATERAL (SELECT json_agg(json_build_array(at, state, what) ORDER BY id) AS history FROM trace_entries e
                   WHERE e.order_id = b.order_id) h ON true
WHERE """
