"""The city board (R006): public posts in one round trip, without a transaction, straight to msgspec structs.

Each combination of filters has one SQL text, so the driver reuses its prepared statement. Filters are checked before the
query: an unknown value is an error, never an empty list. Rows follow a keyset, so a board that grows neither skips nor repeats.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from linggong.kernel import clock
from linggong.kernel.db import Database
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.geo import EARTH_M
from linggong.kernel.paging import Page, decode_cursor, encode_cursor
from linggong.kernel.paths import tenant_path
from linggong.market.board_sql import COLUMNS, LISTS, ONE, STAGES, TIGHT, TIGHT_KM, Shape, count, statement
from linggong.market.codes import BENEFIT_LABELS, JobForm, Settlement
from linggong.market.synonyms import search_query, title_words
from linggong.market.tokens import query_tokens
from linggong.market.trades import trade
from linggong.market.views import BoardLine, BoardPostView, TraceLine, Twin

Sort = Literal["newest", "pay", "distance", "soonest", "fit"]
SORTS: tuple[Sort, ...] = ("newest", "pay", "distance", "soonest", "fit")
STILL_SHOWN = timedelta(minutes=30)
"""A post leaves the board this long after its start even when its timer is late; the timer itself is a parameter."""
COUNT_CAP = 1000
MAX_LIMIT = 100
MAX_RADIUS_KM = 200.0
NEAR_KM = 30.0
"""Radius of the distance order when none was asked for."""
_MAX_QUERY = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardFilters:
    """What a visitor asks of the board; None and '' mean that he did not ask. Pay is fen for a day, radius is in km.

    `area` is a county's or street's path, `trade` a code of any level of the classification.
    """

    area: str | None = None
    trade: str | None = None
    date: date | None = None
    settlement: str | None = None
    job_form: str | None = None
    benefits: tuple[str, ...] = ()
    """What the post must offer, all of it: meal, lodging, transport, tools, insurance."""
    pay_min_fen: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    radius_km: float | None = None
    q: str | None = None
    sort: str = "newest"
    far: bool = False
    """The distance order goes on beyond NEAR_KM, and ends with the posts whose place nobody knows."""
    once: bool = False
    """Of posts that say the same thing one is shown, with the places of the others."""
    trades: tuple[str, ...] = ()
    """Whoever looks works in these trades: the order by fit puts their posts a day forward."""


class BadFilter(Invalid):
    """A filter that cannot be: the address is wrong, not a form."""

    status = 400
    code = "bad-filter"
    title = "找活的条件不对"


def prepared(filters: BoardFilters) -> tuple[set[str], dict[str, Any], bool]:
    """Check the filters; return the conditions, their arguments, and whether there is a point. Raises Invalid."""
    faults = list(_faults(filters))
    if faults:
        raise BadFilter(faults)
    on: set[str] = set()
    values: dict[str, Any] = {"since": clock.now() - STILL_SHOWN}
    if filters.area:
        on.add("area")
        values["area"] = filters.area
    if filters.trade:
        on.add("trade")
        values["trade"], values["trade_end"] = trade_range(filters.trade)
    if filters.date is not None:
        on.add("date")
        values["date"] = filters.date
    if filters.settlement:
        on.add("settlement")
        values["settlement"] = filters.settlement
    if filters.job_form:
        on.add("job_form")
        values["job_form"] = filters.job_form
    if filters.benefits:
        on.add("benefits")
        values["benefits"] = msgspec.json.encode(filters.benefits).decode()
    if filters.pay_min_fen:
        on.add("pay")
        values["pay_min"] = filters.pay_min_fen
    search = search_query(filters.q) if filters.q else ""
    if search:
        on.add("search")
        values["search"] = search
    if filters.sort == "fit":
        values["trades"] = list(filters.trades)
        values["fit_words"], values["fit_alike"] = title_words(filters.q or "")
    point = filters.latitude is not None and filters.longitude is not None
    if filters.latitude is not None and filters.longitude is not None:
        values["latitude"], values["longitude"] = filters.latitude, filters.longitude
        radius = filters.radius_km or (NEAR_KM if filters.sort == "distance" and not filters.far else None)
        if radius is not None:
            on |= {"box"} if radius > TIGHT_KM else {"box", TIGHT}
            for part in STAGES:
                values |= _box(filters.latitude, filters.longitude, radius / part, "" if part == 1 else str(part))
    return on, values, point


def _faults(f: BoardFilters) -> Any:
    if f.area:
        try:
            tenant_path(f.area)
        except ValueError:
            yield Fault("area", "没有这个地方，请从列表里选。", "unknown")
    if f.trade and trade(f.trade) is None:
        yield Fault("trade", "没有这个工种，请从列表里选。", "unknown")
    if f.settlement and f.settlement not in {s.value for s in Settlement}:
        yield Fault("settlement", "没有这种结算方式，请从列表里选。", "unknown")
    if f.job_form and f.job_form not in {s.value for s in JobForm}:
        yield Fault("job_form", "没有这种用工形式，请从列表里选。", "unknown")
    if not BENEFIT_LABELS.keys() >= set(f.benefits):
        yield Fault("benefits", "没有这种待遇，请从列表里选。", "unknown")
    if f.pay_min_fen is not None and not 0 <= f.pay_min_fen <= 100_000_000:
        yield Fault("pay_min_fen", "一天的工钱请填 0 到 100 万元之间。", "range")
    if f.q and len(f.q) > _MAX_QUERY:
        yield Fault("q", f"要找的字最多{_MAX_QUERY}个，请少写几个。", "too_long")
    elif f.q and f.q.strip() and not query_tokens(f.q):
        yield Fault("q", "请用文字写要找的活，例如：搬砖。", "no_words")
    if f.sort not in SORTS:
        yield Fault("sort", "没有这种排法，请重新选。", "unknown")
    if (f.latitude is None) != (f.longitude is None):
        yield Fault("latitude", "经度和纬度要一起给。", "point")
    if f.latitude is not None and not -85 <= f.latitude <= 85:
        yield Fault("latitude", "纬度不对，请重新定位。", "range")
    if f.longitude is not None and not -180 <= f.longitude <= 180:
        yield Fault("longitude", "经度不对，请重新定位。", "range")
    if f.radius_km is not None and not 0 < f.radius_km <= MAX_RADIUS_KM:
        yield Fault("radius_km", f"距离请填 {MAX_RADIUS_KM:.0f} 公里以内。", "range")
    if f.latitude is None and (f.sort == "distance" or f.radius_km is not None):
        yield Fault("latitude", "按远近找，请先允许定位。", "required")


def trade_range(code: str) -> tuple[str, str]:
    """Return the half-open range of codes (byte order) that holds a trade and all below it: 6-29-00-00 -> 6-29 to 6-29."""
    found = trade(code)
    if found is None:
        raise Invalid([Fault("trade", "没有这个工种，请从列表里选。", "unknown")])
    prefix = code
    if found.level < 4:
        while prefix.endswith("-00"):
            prefix = prefix[:-3]
    # '.' follows '-' in byte order, so this is everything that begins with the prefix and a dash, and the prefix itself.
    return prefix, prefix + "."


def _box(lat: float, lng: float, radius_km: float, end: str) -> dict[str, float]:
    """Return a circle and the box around it; a hair wider, so that rounding loses nobody at its edge."""
    dlat = math.degrees(radius_km * 1000 / EARTH_M) * 1.001
    dlng = dlat / max(math.cos(math.radians(lat)), 0.01)
    return {
        f"radius_m{end}": round(radius_km * 1000),
        f"lat_from{end}": lat - dlat,
        f"lat_to{end}": lat + dlat,
        f"lng_from{end}": lng - dlng,
        f"lng_to{end}": lng + dlng,
    }


_CURSOR_TYPES = {"newest": datetime, "soonest": datetime, "pay": int, "distance": int, "fit": int}


def _after(cursor: str, sort: str) -> dict[str, Any]:
    said, key, order_id = decode_cursor(cursor, str, _CURSOR_TYPES[sort], UUID)
    if said != sort or (isinstance(key, datetime) and key.tzinfo is None):
        raise BadFilter([Fault("cursor", "翻页位置失效了，请从第一页重新看。", "cursor")])
    return {"after_key": key, "after_id": order_id}


def _line(row: Any) -> BoardLine:
    values = list(row.values())[: len(COLUMNS) + 2]
    for at in LISTS:
        text = values[at]
        values[at] = msgspec.json.decode(text) if text != "[]" else []
    values[-1] = [] if values[-1] is None else [Twin(*t) for t in msgspec.json.decode(values[-1])]
    return BoardLine(*values)


async def board_page(
    database: Database, filters: BoardFilters, cursor: str | None = None, limit: int = 20
) -> Page[BoardLine]:
    """Return a page of the board. One round trip, no transaction; raises Invalid for filters that cannot be."""
    on, values, point = prepared(filters)
    if not 1 <= limit <= MAX_LIMIT:
        raise BadFilter([Fault("limit", f"一页 1 到 {MAX_LIMIT} 条。", "range")])
    if cursor:
        values |= _after(cursor, filters.sort)
    sql, names = statement(Shape(frozenset(on), filters.sort, point, bool(cursor), filters.once))
    values["limit"] = limit + 1
    rows = await database.fetch_public(sql, *(values[name] for name in names))
    if not rows and filters.area and not cursor:
        await _check_area(database, filters.area)
    items = [_line(row) for row in rows[:limit]]
    if len(rows) <= limit:
        return Page(items)
    key = rows[limit - 1]["key"]
    said = key.isoformat() if isinstance(key, datetime) else key
    return Page(items, encode_cursor(filters.sort, said, str(items[-1].order_id)))


async def _check_area(database: Database, area: str) -> None:
    """An empty page asks whether the place exists at all, so that a mistyped one is an error."""
    if not await database.fetch_public("SELECT 1 FROM nodes WHERE path = $1", area):
        raise BadFilter([Fault("area", "没有这个地方，请从列表里选。", "unknown")])


async def board_count(database: Database, filters: BoardFilters) -> int:
    """Return how many posts fit, at most COUNT_CAP + 1: beyond that nobody needs the number."""
    on, values, _ = prepared(filters)
    sql, names = count(frozenset(on), COUNT_CAP + 1, once=filters.once)
    rows = await database.fetch_public(sql, *(values[name] for name in names))
    return int(rows[0][0])


async def board_post(database: Database, ref: str | UUID) -> BoardPostView:
    """Return a published order by trace code or id, listed or not (R048), in one round trip; raises NotFound."""
    by_id = isinstance(ref, UUID)
    rows = await database.fetch_public(
        ONE + ("b.order_id = $1" if by_id else "b.trace_code = $1"),
        ref if by_id else str(ref).strip().upper()[:20].replace("\0", ""),
        clock.now() - STILL_SHOWN,
    )
    if not rows:
        raise NotFound
    row = rows[0]
    history = msgspec.json.decode(row["history"] or "[]", type=list[tuple[datetime, str, str]])
    return BoardPostView(
        post=_line(row),
        listed=row["listed"],
        description=row["description"],
        employer_id=row["employer_id"],
        terms_version=row["version"],
        terms=None if row["body"] is None else msgspec.json.decode(row["body"]),
        history=[TraceLine(*line) for line in history],
    )


def etag(content: bytes) -> str:
    """Return the weak entity tag of an encoded page."""
    return f'W/"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'


def fresh(if_none_match: str | None, tag: str) -> bool:
    """Tell whether the reader holds this page already (RFC 9110: weak comparison)."""
    if not if_none_match:
        return False
    held: Sequence[str] = [t.strip().removeprefix("W/") for t in if_none_match.split(",")]
    return "*" in held or tag.removeprefix("W/") in held
