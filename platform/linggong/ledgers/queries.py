"""All reads of the ledgers: lines for people, counts and completeness for many stations at once (R092, R095)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.money import format_yuan
from linggong.kernel.paths import TenantPath
from linggong.ledgers.codes import BY_NAME, LEDGERS, Ledger
from linggong.ledgers.sources import COLUMNS, LINES
from linggong.market.codes import PAY_UNIT_LABELS, PayUnit
from linggong.market.trades import trade
from linggong.measures.sites import SITES, Place, Thresholds, open_sites, thresholds
from linggong.people.identity_numbers import veil_name
from tenants import service

SITE_KINDS: Final = SITES
MOST_LINES: Final = 20_000
PAGE: Final = 100
_NAMES: Final = ", ".join(COLUMNS)
_LINES: Final = """
SELECT s.*, n.name AS station FROM (@lines) s (@names) JOIN nodes n ON n.path = s.tenant
WHERE s.tenant = ANY (cast(:tenants AS text[])) ORDER BY s.happened_at DESC, s.code LIMIT :limit OFFSET :offset"""
_COUNTS: Final = """
SELECT s.tenant, count(*) AS lines, coalesce(sum(s.n), 0) AS n, sum(s.filled) AS filled, sum(s.wanted) AS wanted,
  count(*) FILTER (WHERE s.written_at - s.happened_at <= make_interval(secs => p.once)) AS at_once,
  count(*) FILTER (WHERE s.written_at - s.happened_at > make_interval(secs => p.late)) AS late,
  count(*) FILTER (WHERE s.corrects IS NOT NULL OR d.id IS NOT NULL) AS changed
FROM (@lines) s (@names)
JOIN unnest(cast(:tenants AS text[]), cast(:once AS int[]), cast(:late AS int[])) p (tenant, once, late) ON p.tenant COLLATE "C" = s.tenant
LEFT JOIN day_records d ON d.tenant = s.tenant AND d.nth = 0 AND d.day = cast(s.happened_at AT TIME ZONE 'Asia/Shanghai' AS date)
  AND s.happened_at <= d.signed_at AND s.written_at > d.signed_at
GROUP BY s.tenant"""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a ledger as its reader may see it: happened, written, and how long after."""

    tenant: str
    station: str
    code: str
    happened_at: datetime
    written_at: datetime
    subject: UUID | None
    who: str
    what: str
    place: str
    n: int
    note: str
    complete: bool
    late: bool
    """Written later than the place allows (`ledger.late_after`)."""
    corrected: str
    """Why the line before was wrong; '' for a first one."""


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """How complete a ledger of a station and month is (R095). Shares are null without a line."""

    ledger: str
    lines: int
    heads: int
    """People or places that the lines speak of: heads wanted, listeners."""
    score: float | None
    """0 to 100 by the place's weights."""
    filled: float | None
    in_time: float | None
    unchanged: float | None
    """The share that was neither corrected nor written for a day whose record had been signed."""
    at_once: float | None
    """Written when it happened (`ledger.at_once`)."""
    late_lines: int
    changed_lines: int


@dataclass(slots=True)
class Tally:
    """Sums behind scores: of one ledger, or of several together."""

    lines: int = 0
    n: int = 0
    filled: int = 0
    wanted: int = 0
    at_once: int = 0
    late: int = 0
    changed: int = 0

    def add(self, other: Tally) -> None:
        """Add another one."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


async def kept(uow: UnitOfWork, path: str) -> list[Ledger]:
    """Return the ledgers that a place keeps (parameter `ledgers`), in its order; a name that we do not know is left out."""
    found = (await service.parameters(uow, path, "ledgers"))["ledgers"]
    names = found if isinstance(found, tuple) else ()
    return [LEDGERS[BY_NAME[name]] for name in names if name in BY_NAME]


def month_of(text: str, today: date) -> tuple[date, date]:
    """Return the first and last day of a month written as 2026-10, this one for ''. Raises Invalid."""
    try:
        first = date.fromisoformat(f"{text}-01") if text else today.replace(day=1)
    except ValueError:
        first = date.min
    if not date(2020, 1, 1) <= first <= today:
        raise Invalid([Fault("month", "月份不对：请写成 2026-10 这样，不能晚于本月。", "month")])
    return first, month_end(first)


def month_end(first: date) -> date:
    """Return the last day of a month."""
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def ledger(code: str) -> Ledger:
    """Return a ledger; raises NotFound."""
    if code not in LEDGERS:
        raise NotFound
    return LEDGERS[code]


async def lines(
    uow: UnitOfWork, code: str, top: TenantPath, first: date, last: date, *, page: int = 0, limit: int = PAGE, full: bool = True
) -> list[Line]:  # fmt: skip
    """Return the lines of a period at and below a place, the latest first: one more than `limit` where there are more.

    `full`: names in full at the reader's own post; else, and of all other places, 李**.
    """
    one = ledger(code)
    sites = [site.path for site in await open_sites(uow, top)]
    limits = await thresholds(uow, "ledger.")
    rows = await uow.execute(
        _text(_LINES, code), _period(first, last) | {"tenants": sites, "limit": limit + 1, "offset": page * limit}
    )
    return [_line(one, row, limits, own=full and row.tenant == uow.actor.post) for row in rows]


def _text(query: str, code: str) -> Any:
    return sa.text(query.replace("@lines", LINES[code]).replace("@names", _NAMES))


def _period(first: date, last: date) -> dict[str, Any]:
    return {"since": clock.day_bounds(first)[0], "until": clock.day_bounds(last)[1]}


_OFFICE: Final = (
    "街道办", "办事处", "街道", "社区", "居委会", "村委会", "委员会", "人社局", "人社所", "民政所", "民政局", "派出所", "消防队", "大队", "中队",
    "施工队", "驿站", "市场", "公司", "中心", "学校", "医院", "协会", "联合会", "工会", "残联", "妇联", "工商联", "合作社", "供电所", "工地",
    "单位", "部门", "企业", "商户", "政府", "检查组", "志愿者", "居民", "村民", "群众", "零工", "学生", "候工人员", "来访人员", "工作人员",
)  # fmt: skip


def no_person(words: str) -> bool:
    """Tell whether free words surely name an office, a firm or people in general (街道办), so that nothing needs a veil. Pure."""
    return words.strip().endswith(_OFFICE)


def _line(one: Ledger, row: Any, limits: Thresholds, *, own: bool) -> Line:
    who = row.who or ("看不到姓名" if one.person and not one.by_hand else "")
    if one.person and row.who and not own and not (one.by_hand and no_person(row.who)):
        who = row.who if row.who.endswith(("师傅", "女士")) else veil_name(row.who)
    delay = (row.written_at - row.happened_at).total_seconds()
    return Line(
        tenant=row.tenant, station=row.station, code=row.code, happened_at=row.happened_at, written_at=row.written_at,
        subject=row.subject, who=who, what=row.what, place=row.place, n=row.n, note=_note(row), complete=row.filled >= row.wanted,
        late=delay > limits.whole(row.tenant, "ledger.late_after"), corrected=row.reason,
    )  # fmt: skip


_CHANNELS: Final = {
    "desk": "来站登记", "phone_intake": "电话", "web": "网上", "visit": "走访", "survey": "问卷", "agency": "劳务中介", "import": "批量导入",
}  # fmt: skip


def _note(row: Any) -> str:
    if row.pay_fen is not None:
        pay = f"{format_yuan(row.pay_fen)} 元/{PAY_UNIT_LABELS.get(PayUnit(row.pay_unit), row.pay_unit)}"
        said = _CHANNELS.get(row.note, row.note)
        return f"{said} · {pay}"
    words = [found.name for code in row.trades if (found := trade(code)) is not None]
    return "、".join(words) or row.note


async def tallies(
    uow: UnitOfWork, codes: Sequence[str], sites: Sequence[Place], first: date, last: date
) -> dict[str, dict[str, Tally]]:
    """Return the sums by ledger and station: one query a ledger, however many stations."""
    limits = await thresholds(uow, "ledger.")
    paths = [site.path for site in sites]
    bound = _period(first, last) | {
        "tenants": paths,
        "once": [limits.whole(path, "ledger.at_once") for path in paths],
        "late": [limits.whole(path, "ledger.late_after") for path in paths],
    }
    found: dict[str, dict[str, Tally]] = {}
    for code in codes:
        rows = await uow.execute(_text(_COUNTS, code), bound)
        found[code] = {row.tenant: Tally(**{name: int(getattr(row, name)) for name in Tally.__slots__}) for row in rows}
    return found


def score(code: str, tally: Tally, weights: Mapping[str, int]) -> Score:
    """Return the score of sums by weights of `filled`, `in_time` and `unchanged` (R095)."""
    of = tally.lines
    shares = {
        "filled": tally.filled / tally.wanted if tally.wanted else None,
        "in_time": 1 - tally.late / of if of else None,
        "unchanged": 1 - tally.changed / of if of else None,
    }
    most = sum(weights[name] for name, share in shares.items() if share is not None)
    points = sum(weights[name] * share for name, share in shares.items() if share is not None)
    return Score(
        ledger=code, lines=of, heads=tally.n, score=round(points * 100 / most, 1) if most else None,
        at_once=tally.at_once / of if of else None, late_lines=tally.late, changed_lines=tally.changed, **shares,
    )  # fmt: skip


def weights_at(limits: Thresholds, path: str) -> dict[str, int]:
    """Return the weights of a place."""
    return {name: limits.whole(path, f"ledger.weight_{name}") for name in ("filled", "in_time", "unchanged")}


class StationScores(msgspec.Struct, frozen=True, kw_only=True):
    """The ledgers of a station in a period, and all of them together."""

    path: str
    name: str
    scores: list[Score]
    whole: Score


async def scores(uow: UnitOfWork, top: TenantPath, first: date, last: date) -> list[StationScores]:
    """Return the stations at and below a place with the completeness of each ledger that they keep, in the tree's order."""
    sites = await open_sites(uow, top)
    keeps = await kept_by(uow, sites)
    codes = list(dict.fromkeys(code for names in keeps.values() for code in names))
    found = await tallies(uow, codes, sites, first, last)
    limits = await thresholds(uow, "ledger.")
    told = []
    for site in sites:
        weights, whole, parts = weights_at(limits, site.path), Tally(), []
        for code in keeps[site.path]:
            tally = found[code].get(site.path, Tally())
            whole.add(tally)
            parts.append(score(code, tally, weights))
        told.append(StationScores(path=site.path, name=site.name, scores=parts, whole=score("", whole, weights)))
    return told


async def kept_by(uow: UnitOfWork, sites: Sequence[Place]) -> dict[str, tuple[str, ...]]:
    """Return the codes of the ledgers that each station keeps; one query."""
    limits = await thresholds(uow, "ledgers")
    found = {}
    for site in sites:
        names = limits.at(site.path, "ledgers")
        found[site.path] = tuple(BY_NAME[n] for n in names if n in BY_NAME) if isinstance(names, tuple) else ()
    return found
