"""The public figures of the market (R138)."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.publishing import figures
from linggong.publishing.figures import Told
from linggong.web import footer, pages
from linggong.web.filters import yuan
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]
NONE = "—"


class FiguresPage(Controller):
    """What was counted last night."""

    path = "/figures"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PUBLIC_USE})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        period: Annotated[str, QueryParameter(max_length=10)] = "",
    ) -> Response[bytes]:
        """The figures of thirty days, of the last month or of the last quarter."""
        await footer.renew(request.app)
        told = await figures.told(uow)
        chosen = next((t for t in told if t.period == period), None) if period else next(iter(told), None)
        if period and chosen is None:
            raise Invalid([Fault("period", "没有这一期的数据，请从单子里选。", "period")])
        return pages.render(
            request,
            "public/figures.html",
            periods=[{"value": t.period, "label": _name(t.period), "on": t is chosen} for t in told],
            told=None if chosen is None else _shown(chosen),
        )


def _name(period: str) -> str:
    if period == "30d":
        return "近 30 天"
    year, _, part = period.partition("Q")
    if part:
        return f"{year}年第{part}季度"
    year, _, month = period.partition("-")
    return f"{year}年{int(month)}月"


def _rate(value: float | None) -> str:
    return NONE if value is None else f"{value:.0%}"


def _number(value: int | None) -> str:
    return NONE if value is None else f"{value:,}"


def _ratio(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


def _minutes(value: int | None) -> str:
    if value is None:
        return NONE
    return (
        f"{value} 分钟" if value < 120 else f"{round(value / 60)} 小时" if value < 2880 else f"{round(value / 1440)} 天"
    )


def _shown(told: Told) -> dict[str, Any]:
    f = told.figures
    tiles = [
        ("要人", _number(f.demand), "人", f"开工的用工单 {f.posts:,} 个"),
        ("求职", _number(f.seekers), "人", f"登记零工 {_number(f.workers)} 人"),
        ("求人倍率", _ratio(f.ratio), "", "要人数 ÷ 求职人数，大于 1 是人不够"),
        ("上工", _number(f.arrived), "人次", f"约好的到岗率 {_rate(f.fill_rate)}"),
        ("招满要多久", _minutes(f.fill_minutes), "", "从发布到招满，一半的单子更快"),
        ("按时付工钱", _rate(f.on_time_rate), "", f"到期工资单 {f.bills_due:,} 张"),
        (
            "工钱中位数",
            NONE if f.wage_hour_fen is None else yuan(f.wage_hour_fen),
            "元/小时",
            "已结清的活，一半人高于它",
        ),
        ("驿站和市场", _number(f.stations), "处", f"用工主体 {_number(f.employers)} 家"),
    ]
    most = max((p.demand for p in f.places), default=0)
    return {
        "name": f.name, "label": _name(told.period), "begins_on": told.begins_on, "ends_on": told.ends_on,
        "made_at": told.made_at, "persons": f.persons_least, "employers": f.employers_least,
        "tiles": [
            {"label": label, "value": value, "unit": "" if value == NONE else unit, "sub": sub}
            for label, value, unit, sub in tiles
        ],
        "wages": [
            {"trade": w.trade, "hour": NONE if w.hour_fen is None else yuan(w.hour_fen), "day": NONE if w.day_fen is None else yuan(w.day_fen)}
            for w in f.wages
        ],
        "places": [
            {
                "name": p.name, "demand": p.demand, "most": most, "seekers": _number(p.seekers), "ratio": _ratio(p.ratio),
                "arrived": _number(p.arrived),
            }
            for p in f.places
        ],
    }  # fmt: skip


CONTROLLERS: list[Any] = [FiguresPage]
