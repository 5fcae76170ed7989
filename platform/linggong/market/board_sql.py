# ruff: noqa: S608 - the texts are put together from constants of this file; every value is an argument
"""The SQL of the board: one text for each combination of conditions, so that prepared statements are used again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from linggong.kernel.geo import EARTH_M
from linggong.market.models import DAY_PAY
from linggong.market.views import BoardLine

Arg = Callable[[str, str], str]

COLUMNS = tuple(f.name for f in msgspec.structs.fields(BoardLine) if f.name != "distance_m")
JSON = ("benefits", "conditions")
LISTS = tuple(COLUMNS.index(name) for name in JSON)
SELECT = ", ".join(f"b.{c}::text" if c in JSON else f"b.{c}" for c in COLUMNS)
_DISTANCE = (
    f"(2 * {EARTH_M} * asin(least(1, sqrt(power(sin(radians(near_latitude - {{lat}}) / 2), 2) + cos(radians({{lat}})) "
    "* cos(radians(near_latitude)) * power(sin(radians(near_longitude - {lng}) / 2), 2)))))::int"
)
# (sort key of the row, its SQL type in a cursor, direction)
_KEYS: dict[str, tuple[str, str, str]] = {
    "newest": ("published_at", "timestamptz", "DESC"),
    "pay": (DAY_PAY, "bigint", "DESC"),
    "soonest": ("starts_at", "timestamptz", "ASC"),
    "distance": ("d", "int", "ASC"),
}
_NOWHERE = 2_147_483_647
"""Sorts a post whose place nobody knows after all others."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Which conditions a statement has: what makes it one SQL text."""

    filters: frozenset[str]
    sort: str
    point: bool
    after: bool


def arguments() -> tuple[list[str], Arg]:
    """Return the growing list of argument names and the function that writes an argument's place."""
    names: list[str] = []

    def arg(name: str, cast: str) -> str:
        if name not in names:
            names.append(name)
        return f"CAST(${names.index(name) + 1} AS {cast})"

    return names, arg


@lru_cache(maxsize=512)
def statement(shape: Shape) -> tuple[str, tuple[str, ...]]:
    """Return the SQL of a shape and the names of its arguments in order."""
    names, arg = arguments()
    conditions = where(shape.filters, arg)
    key, cast, direction = _KEYS[shape.sort]
    lat, lng = (arg("latitude", "float8"), arg("longitude", "float8")) if shape.point else ("", "")
    distance = _DISTANCE.format(lat=lat, lng=lng) if shape.point else "NULL::int"
    if key == "d":
        key = f"coalesce({distance}, {_NOWHERE})"
    compare = "<" if direction == "DESC" else ">"
    after = (
        f"(key, order_id) {compare} ({arg('after_key', cast)}, {arg('after_id', 'uuid')})" if shape.after else "true"
    )
    order = f"ORDER BY key {direction}, order_id {direction}"
    limit = arg("limit", "int")
    if "search" in shape.filters or "box" in shape.filters:
        # Filter first, then sort: with one plan for both the planner may walk the whole board in sort order.
        within = f"d <= {arg('radius_m', 'int')} AND " if "box" in shape.filters else ""
        hits = f"SELECT order_id, {key} AS key, {distance} AS d FROM board_posts WHERE {conditions}"
        return (
            f"WITH hits AS MATERIALIZED ({hits}), page AS MATERIALIZED "
            f"(SELECT * FROM hits WHERE {within}{after} {order} LIMIT {limit}) "
            f"SELECT {SELECT}, page.d, page.key FROM page JOIN board_posts b USING (order_id) "
            f"ORDER BY page.key {direction}, order_id {direction}",
            tuple(names),
        )
    rows = f"SELECT b.*, {key} AS key, {distance} AS d FROM board_posts b WHERE {conditions}"
    if shape.after:
        rows += f" AND ({key}, order_id) {compare} ({arg('after_key', cast)}, {arg('after_id', 'uuid')})"
    # The key is spelled out, so that the index on the expression serves the order.
    return (
        f"SELECT {SELECT}, b.d, b.key FROM ({rows} ORDER BY {key} {direction}, order_id {direction} LIMIT {limit}) b "
        f"ORDER BY b.key {direction}, b.order_id {direction}",
        tuple(names),
    )


def where(filters: frozenset[str], arg: Arg) -> str:
    """Return the conditions of a set of filters."""
    parts = ["listed", f"starts_at > {arg('since', 'timestamptz')}"]
    if "area" in filters:
        area = arg("area", "text")
        parts.append(f"tenant >= {area} AND tenant < {area} || '~'")
    if "trade" in filters:
        parts.append(f"trade_code >= {arg('trade', 'text')} AND trade_code < {arg('trade_end', 'text')}")
    if "date" in filters:
        parts.append(f"work_date = {arg('date', 'date')}")
    if "settlement" in filters:
        parts.append(f"settlement = {arg('settlement', 'text')}")
    if "pay" in filters:
        parts.append(f"{DAY_PAY} >= {arg('pay_min', 'bigint')}")
    if "search" in filters:
        # Through text: the driver has no codec of its own for a tsquery.
        parts.append(f"search @@ {arg('search', 'text')}::tsquery")
    if "box" in filters:
        parts.append(f"near_latitude BETWEEN {arg('lat_from', 'float8')} AND {arg('lat_to', 'float8')}")
        parts.append(f"near_longitude BETWEEN {arg('lng_from', 'float8')} AND {arg('lng_to', 'float8')}")
    return " AND ".join(parts)


def count(filters: frozenset[str], cap: int) -> tuple[str, tuple[str, ...]]:
    """Return the SQL that counts up to `cap` rows, and its arguments."""
    names, arg = arguments()
    sql = f"SELECT count(*) FROM (SELECT 1 FROM board_posts WHERE {where(filters, arg)} LIMIT {cap}) x"
    return sql, tuple(names)


ONE = f"""
SELECT {SELECT}, NULL::int AS d, b.listed AND b.starts_at > $2 AS listed, b.description, b.employer_id,
  t.version, t.body, h.history::text
FROM board_posts b
LEFT JOIN LATERAL (SELECT version, body FROM terms_versions t WHERE t.order_id = b.order_id AND t.is_general
                   ORDER BY version DESC LIMIT 1) t ON true
LEFT JOIN LATERAL (SELECT json_agg(json_build_array(at, state, what) ORDER BY id) AS history FROM trace_entries e
                   WHERE e.order_id = b.order_id) h ON true
WHERE """
