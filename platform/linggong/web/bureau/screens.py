"""What each office sees first, as tables of figures: the page, its charts, its workbooks and the brief read the same ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

import sqlalchemy as sa

from linggong.insight import folk, matters, outline
from linggong.insight.behind import MEASURED, Window
from linggong.insight.matters import COUNTED, MATTERS
from linggong.insight.measured import read_of
from linggong.insight.overview import Overview, PlaceFigures, overview
from linggong.insight.trend import trend
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath
from linggong.market.trades import trade
from linggong.measures.answers import Value, answers
from linggong.web.bureau import running, tables
from linggong.web.bureau.stations import lively_table
from linggong.web.bureau.tables import Cell, Chart, Head, Table, money, number, rate, records_href, span, words
from rbac.permissions import Permission
from rbac.roles import Role
from tenants.models import Node

TREND_DAYS = 30
_COUNTY_KINDS = ("county", "zone")
May = Callable[[Permission], bool]


@dataclass(slots=True, kw_only=True)
class Screen:
    """A first screen: what it is of, what comes first, and the tables in the order of the page."""

    kind: str
    """city, county or site: what lies below the place."""
    top: Node
    found: Overview
    exceptions: Table
    places: Table
    trend: Table
    more: list[Table] = field(default_factory=list)
    lead: list[Table] = field(default_factory=list)
    """What a role needs before the figures: an operator's targets and disputes."""
    outline: outline.OutlineView | None = None
    recent: Table | None = None
    """The days before today, while today has nothing yet that a chart could show."""

    @property
    def counties(self) -> list[PlaceFigures]:
        """The counties below a city; city-level sites stand in the table alone."""
        return [v for v in self.found.places if v.kind in _COUNTY_KINDS]

    @property
    def tables(self) -> list[Table]:
        """All tables, for whoever takes one away."""
        return [self.exceptions, *self.lead, self.places, self.trend, *self.more]


async def kind_of(uow: UnitOfWork, top: Node) -> str:
    """Return city where counties lie below a place, county where streets do, site elsewhere."""
    if top.kind in _COUNTY_KINDS:
        return "county"
    below = sa.exists().where(Node.path > top.path, Node.path < top.path + "~", Node.kind.in_(_COUNTY_KINDS))
    return "city" if await uow.session.scalar(sa.select(below)) else "site"


def readable(may: May) -> dict[str, bool]:
    """Return by figure whether its records may be read."""
    parts = {key: may(read_of(component)) for key, (_, _, component) in MEASURED.items()}
    return parts | {key: may(figure.read) for key, figure in COUNTED.items()}


async def screen(uow: UnitOfWork, top: Node, days: int, may: May, *, last: date | None = None) -> Screen:
    """Read the first screen of a place for `days` business days that end with `last`, today where none is given."""
    today = last or clock.business_date(uow.now)
    path = TenantPath(top.path)
    window = Window(today - timedelta(days=days - 1), today, uow.now)
    kind, seen = await kind_of(uow, top), readable(may)
    found = await overview(uow, top, day=today, days=days)
    made = Screen(
        kind=kind,
        top=top,
        found=found,
        exceptions=tables.exceptions(
            await matters.matters(uow, path, window, MATTERS), path, days, uow.now, seen
        ),
        places=Table(key="places", title="", heads=()),
        trend=await trend_table(uow, top, days=TREND_DAYS if last is None else days, last=today),
    )  # fmt: skip
    made.places = await (_counties if kind == "city" else _parts)(uow, made, window, seen)
    if last is None and made.places.charts and not _moved(found.total):
        made.places = replace(made.places, charts=())
        made.recent = await _recent(uow, top, window)
    if kind == "city":
        made.outline = await outline.latest(uow, path)
    return made


async def add_own(uow: UnitOfWork, made: Screen, days: int, role: str, may: May) -> None:
    """Add what a role's own first screen shows beside the figures, and the addresses of workbooks for whoever may take them."""
    path = TenantPath(made.top.path)
    if role == Role.COUNTY_OPERATOR:
        made.lead = [await running.targets(uow, path), await running.disputes(uow)]
    if made.kind == "county" and may(Permission.OPERATOR_READ):
        made.more.append(await running.operators(uow, path, days))
    if made.kind != "city":
        made.more.append(await lively_table(uow, path))
    if made.kind == "site":
        if may(Permission.CASE_READ) and role == Role.STREET_OPERATOR:
            made.more.append(await running.disputes(uow))
        if may(Permission.PERSON_READ):
            made.more.append(await waiting(uow, path))
    if not may(Permission.OVERVIEW_EXPORT):
        return

    def to_take(table: Table) -> Table:
        if table.key in _STAY or not table.rows:
            return table
        return replace(table, export=f"/bureau/export/{table.key}?{urlencode({'path': path, 'days': days})}")

    made.exceptions, made.places, made.trend = to_take(made.exceptions), to_take(made.places), to_take(made.trend)
    made.lead, made.more = [to_take(t) for t in made.lead], [to_take(t) for t in made.more]


_STAY = frozenset({"waiting", "disputes"})
"""Lists of people and cases, not of figures: they leave through the console's export, with a purpose."""


async def trend_table(uow: UnitOfWork, top: Node, *, days: int, last: date) -> Table:
    """Return demand and turnout day by day, the latest day first."""
    line = await trend(uow, top, last=last, days=days)
    rows = [
        [Cell(f"{d.day.month}月{d.day.day}日", d.day.isoformat()), number(d.wanted), number(d.arrived)] for d in line
    ]
    return Table(
        key="trend", title=f"近 {days} 天要人和到岗", heads=(Head("日期", number=False), Head("要人"), Head("到岗")),
        rows=rows[::-1], charts=(Chart(kind="line", columns=(1, 2)),),
    )  # fmt: skip


def _counted(view: PlaceFigures, days: int, seen: dict[str, bool]) -> Callable[[str, int], Cell]:
    def cell(key: str, value: int) -> Cell:
        return number(value, records_href(key, view.path, days) if seen.get(key) else "")

    return cell


def _overdue(view: PlaceFigures, days: int, seen: dict[str, bool]) -> Cell:
    fen = view.figures.overdue_fen
    href = records_href("overdue", view.path, days) if seen["overdue"] else ""
    return money(fen, href, "danger" if fen else "")


async def _counties(uow: UnitOfWork, made: Screen, window: Window, seen: dict[str, bool]) -> Table:
    days = (window.last - window.first).days + 1
    parts = {
        v.path: await _market(uow, v.path, window) for v in made.found.places if v.figures.posts or v.figures.workers
    }
    whole = await _market(uow, made.top.path, window)

    def line(view: PlaceFigures, of: Mapping[str, Value], name: Cell) -> list[Cell]:
        f, cell = view.figures, _counted(view, days, seen)
        times, filled, hour = (of[key].value if key in of else None for key in _MARKET.values())
        ratio = Cell("—" if times is None else f"{times:.2f}", times)
        return [
            name, cell("open_posts", f.open_posts), cell("posts", f.posts), number(f.wanted), cell("arrived", f.arrived),
            rate(view.fill_rate), ratio, span(_whole(filled)), money(_whole(hour)), rate(view.on_time_rate),
            _overdue(view, days, seen), cell("workers", f.workers), _live(view, seen, days),
        ]  # fmt: skip

    heads = (
        Head("县区", number=False), Head("在招"), Head("岗位", title="这段时间开工的用工单"), Head("要人"), Head("到岗"),
        Head("到岗率", title="到岗 ÷ 要人（M04）"), Head("求人倍率", title="有效需求人数 ÷ 有效求职人数，上期结转加本期新增（M01）"),
        Head("招满用时", title="从发布到最后一个名额定下的中位数，没招满的排在最后（M05）"),
        Head("时薪", title="已结清的班次每小时工钱的中位数；不满 10 个人或 3 家单位不显示（M09）"),
        Head("按时付", title="按时付清并由本人确认 ÷ 到期，今天到期的明天才算（M12）"), Head("到期未付"), Head("零工"), Head("站点", title="30 天内有动静的 ÷ 已开的"),
    )  # fmt: skip
    counties = [v for v in made.found.places if v.kind in _COUNTY_KINDS]
    others = [v for v in made.found.places if v.kind not in _COUNTY_KINDS and not _is_empty(v)]

    def named(view: PlaceFigures) -> Cell:
        below = view.kind in _COUNTY_KINDS
        return words(view.name, f"/bureau?{urlencode({'path': view.path, 'days': days})}" if below else "")

    rows = [line(v, parts.get(v.path, {}), named(v)) for v in (*counties, *others)]
    return Table(
        key="places", title=f"{len(counties)} 个县区", heads=heads, rows=rows,
        total=line(made.found.total, whole, words("合计")), note="样本不够的不显示。点数字看记录。",
        charts=(Chart(kind="bar", columns=(3, 4)),),
    )  # fmt: skip


_MARKET: Final = {"M01": "M01.ratio", "M05": "M05.p50", "M09": "M09.p50"}
"""Measures of the market, and the figure of each that stands in the table."""


async def _market(uow: UnitOfWork, path: str, window: Window) -> dict[str, Value]:
    told = await answers(uow, list(_MARKET), TenantPath(path), first=window.first, last=window.last)
    return {f"{metric}.{value.key}": value for metric, one in told.items() for value in one.figures}


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)


def _live(view: PlaceFigures, seen: dict[str, bool], days: int) -> Cell:
    f = view.figures
    share = round(f.stations_live / f.stations_open, 4) if f.stations_open else None
    href = records_href("silent", view.path, days) if seen["silent"] and f.stations_live < f.stations_open else ""
    return Cell(f"{f.stations_live}/{f.stations_open}", share, href)


_LEAVES = {"station", "service_point", "contact_point", "counter", "market_trade", "market_comprehensive"}


async def _parts(uow: UnitOfWork, made: Screen, window: Window, seen: dict[str, bool]) -> Table:
    days = (window.last - window.first).days + 1

    def line(view: PlaceFigures, name: Cell) -> list[Cell]:
        f, cell = view.figures, _counted(view, days, seen)
        return [
            name, cell("open_posts", f.open_posts), number(f.wanted), cell("confirmed", f.confirmed), rate(view.match_rate),
            cell("arrived", f.arrived), rate(view.fill_rate), cell("completed", f.completed), money(f.due_fen),
            rate(view.on_time_rate), _overdue(view, days, seen), cell("workers", f.workers), _live(view, seen, days),
        ]  # fmt: skip

    heads = (
        Head("地方", number=False), Head("在招"), Head("要人"), Head("定下"), Head("定下率", title="定下 ÷ 要人（M03）"), Head("到岗"),
        Head("到岗率", title="到岗 ÷ 要人（M04）"), Head("完工"), Head("到期工钱"), Head("按时", title="按时付清并由本人确认 ÷ 到期，今天到期的明天才算（M12）"),
        Head("到期未付"), Head("零工"), Head("站点", title="30 天内有动静的 ÷ 已开的"),
    )  # fmt: skip
    quiet = [v for v in made.found.places if _is_empty(v)]
    if len(quiet) == len(made.found.places) or len(quiet) < _MANY:
        quiet = []
    rows = [
        line(v, words(v.name, "" if v.kind in _LEAVES else f"/bureau?{urlencode({'path': v.path, 'days': days})}"))
        for v in made.found.places
        if v not in quiet
    ]
    more = f"另有 {len(quiet)} 个地方没有站点也没有用工：{'、'.join(v.name for v in quiet)}。" if quiet else ""
    return Table(
        key="places", title="各地供需", heads=heads, rows=rows, total=line(made.found.total, words("合计")),
        note=f"工钱按元。点数字看记录。{more}", charts=(Chart(kind="bar", columns=(2, 3, 5)),) if len(rows) > 1 else (),
    )  # fmt: skip


_RECENT_DAYS = 7


def _moved(view: PlaceFigures) -> bool:
    f = view.figures
    return bool(f.wanted or f.confirmed or f.arrived)


async def _recent(uow: UnitOfWork, top: Node, window: Window) -> Table:
    """Return demand and turnout of the last days before today: early in the day there is nothing of today to draw."""
    found = await overview(uow, top, day=window.last - timedelta(days=1), days=_RECENT_DAYS)
    rows = [
        [words(v.name), number(v.figures.wanted), number(v.figures.confirmed), number(v.figures.arrived)]
        for v in found.places
        if _moved(v)
    ]
    said = "今天" if window.first == window.last else "这段时间"
    return Table(
        key="recent", title=f"今天以前 {_RECENT_DAYS} 天的供需", heads=(Head("地方", number=False), Head("要人"), Head("定下"), Head("到岗")),
        rows=rows, charts=(Chart(kind="bar", columns=(1, 2, 3)),),
        note=f"{said}还没有要人的活，图先画前 {_RECENT_DAYS} 天的。" if rows else "",
        empty=f"{said}和前 {_RECENT_DAYS} 天都没有要人的活，有了就画在这里。",
    )  # fmt: skip


_MANY = 4
"""Fewer places without anything stand in their rows."""


def _is_empty(view: PlaceFigures) -> bool:
    f = view.figures
    return not any(
        (f.stations_open, f.posts, f.open_posts, f.confirmed, f.due_fen, f.overdue_fen, f.workers, f.employers)
    )


async def waiting(uow: UnitOfWork, path: TenantPath) -> Table:
    """Return who waits long for work, masked; hardship itself is not on record yet, so that no category can leave the office."""
    found = await folk.waiters(uow, path)
    rows = [
        [
            words(w.name, f"/desk/people/{w.id}"), number(w.age), words(w.site), words(_trades(w.trades)), number(w.days),
            tables.at(w.seen_at),
        ]
        for w in found.longest
    ]  # fmt: skip
    heads = (
        Head("称呼", number=False), Head("年龄"), Head("登记在", number=False), Head("工种", number=False), Head("等了几天"), Head("最近来过"),
    )  # fmt: skip
    return Table(
        key="waiting", title="等活久的人", heads=heads, rows=rows,
        note=f"登记 {found.registered} 人，等 7 天以上 {found.over_week} 人，30 天以上 {found.over_month} 人；先列等得最久的。"
        "困难人员认定还没有登记，这里只按等活天数排，不写类别。",
        empty="没有等了 7 天以上的人。",
    )  # fmt: skip


def _trades(codes: list[str]) -> str:
    return "、".join(found.name for c in codes[:2] if (found := trade(c)))
