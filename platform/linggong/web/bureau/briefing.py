"""The month's brief, drafted from the tables of the overview: no number stands in it that stands in no table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from linggong.insight.brief import Bars, Brief, Grid
from linggong.insight.overview import PlaceFigures
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath
from linggong.measures.answers import Value, answer
from linggong.web.bureau import screens
from linggong.web.bureau.screens import Screen
from linggong.web.bureau.tables import Table
from linggong.web.filters import yuan
from rbac.permissions import Permission
from tenants.models import Node


async def told(uow: UnitOfWork, top: Node, first: date, last: date) -> Brief:
    """Return the brief of a place from `first` to `last`, as it stands now."""
    days = (last - first).days + 1
    made = await screens.screen(uow, top, days, _no_links, last=last)
    told = await answer(uow, "M13", TenantPath(top.path), first=first, last=last)
    owed = {value.key: value for value in told.figures}
    now = clock.shanghai(uow.now)
    period = f"{first.year}年{first.month}月{first.day}日至{last.month}月{last.day}日"
    grids = [
        _grid(made.places, made.places.title),
        _grid(made.exceptions, f"要先看的（截至 {now:%m-%d %H:%M}）"),
    ]
    return Brief(
        title="零工市场月报", place=made.found.name, period=period, made=f"{now:%Y-%m-%d %H:%M} 生成",
        words=_words(made, first, owed), grids=grids, charts=_charts(made, owed),
        notes=[
            "到岗率 = 到岗 ÷ 要人；按时 = 按时付清 ÷ 到期。没有分母的写“—”，不补数。",
            *([made.places.note.replace("点数字看记录。", "")] if made.kind == "city" else []),
            "文字由系统按上面的数字起草，请核对后再用。",
        ],
    )  # fmt: skip


def _no_links(_: Permission) -> bool:
    return False


def _grid(table: Table, title: str) -> Grid:
    lines = [*table.rows, *([table.total] if table.total else [])]
    return Grid(
        title=title,
        head=[h.text for h in table.heads],
        rows=[[cell.text for cell in line] for line in lines],
        total=table.total is not None,
    )


def _charts(made: Screen, owed: Mapping[str, Value]) -> list[Bars]:
    views = made.counties or [v for v in made.found.places if v.figures.wanted or v.figures.bills_due]
    by_day = made.trend.rows[::-1]
    charts = [
        Bars(
            title="各地要人和到岗", series=["要人", "到岗"], unit="人次", names=[v.name for v in views],
            values=[[v.figures.wanted, v.figures.arrived] for v in views],
        ),
        Bars(
            title="每天要人和到岗", series=["要人", "到岗"], unit="人次", kind="columns",
            names=[line[0].text.partition("月")[2].rstrip("日") for line in by_day],
            values=[[_number(line[1].value), _number(line[2].value)] for line in by_day],
        ),
    ]  # fmt: skip
    ages = [value for key, value in owed.items() if key.startswith("aged") and value.value]
    if ages:
        charts.append(
            Bars(
                title="欠薪还有多少，拖了多久", series=["元"], names=[value.label for value in ages],
                values=[[(value.value or 0) / 100] for value in ages],
            )
        )  # fmt: skip
    else:
        charts.append(
            Bars(
                title="到期的工资单和按时付清的", series=["到期", "按时付清"], unit="张", names=[v.name for v in views],
                values=[[v.figures.bills_due, v.figures.bills_on_time] for v in views],
            )
        )  # fmt: skip
    return charts


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _percent(value: float | None) -> str:
    return "没有分母，不算" if value is None else f"{value:.0%}"


def _best(views: list[PlaceFigures]) -> str:
    rated = sorted((v for v in views if v.fill_rate is not None), key=lambda v: -(v.fill_rate or 0))
    if len(rated) < 2:
        return ""
    high, low = rated[0], rated[-1]
    return f"到岗率最高的是{high.name}（{_percent(high.fill_rate)}），最低的是{low.name}（{_percent(low.fill_rate)}）。"


def _words(made: Screen, first: date, owed: Mapping[str, Value]) -> list[str]:
    view, f = made.found.total, made.found.total.figures
    said = [
        f"{first.month}月，{made.found.name}有 {f.posts:,} 个用工单开工，要人 {f.wanted:,} 人次，双方定下 {f.confirmed:,} 人次，"
        f"到岗 {f.arrived:,} 人次，到岗率{_percent(view.fill_rate)}；完工认定 {f.completed:,} 人次。{_best(made.counties or made.found.places)}"
        f"现有登记零工 {f.workers:,} 人、用工主体 {f.employers:,} 家。",
        f"到期工资 {yuan(f.due_fen)} 元，已付 {yuan(f.paid_fen)} 元；到期工资单 {f.bills_due:,} 张，按时付清 {f.bills_on_time:,} 张"
        f"（{_percent(view.on_time_rate)}）。"
        + (
            f"现在逾期没付的 {yuan(f.overdue_fen)} 元，涉及 {f.overdue_people:,} 人，要盯住。"
            if f.overdue_fen
            else "现在没有逾期没付的工钱。"
        ),
    ]
    people, fen = owed["persons"], owed["money"]
    if people.below:
        said.append(
            f"本期到期的人里，过了宽限还没拿到钱的 {people.above or 0:,} 人（{_percent(people.value)}），"
            f"欠 {yuan(fen.above or 0)} 元（{_percent(fen.value)}）。"
        )
    open_ones = [(line[0].text, line[1].text, line[2].text) for line in made.exceptions.rows if line[1].value]
    if open_ones:
        parts = "；".join(
            f"{name} {count} 件" + (f"，最久 {age}" if age != "—" else "") for name, count, age in open_ones
        )
        said.append(f"需要先处理的：{parts}。")
    else:
        said.append("没有欠薪、受伤、冻结、超时和没动静的站点。")
    quiet = f.stations_open - f.stations_live
    said.append(
        f"已开站点 {f.stations_open} 个，30 天内有动静的 {f.stations_live} 个"
        + (f"，{quiet} 个没有动静，请街道和运营方说明。" if quiet else "。")
    )
    return said
