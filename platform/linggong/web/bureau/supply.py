"""Supply and demand of trades by week and month beside the year before, and the gaps that were told (R138)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from linggong.insight.api import top_of
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath
from linggong.measures import supply
from linggong.measures.sites import thresholds
from linggong.measures.supply import Bucket, GapView
from linggong.web import menus
from linggong.web.bureau.tables import Cell, Chart, Head, Table, number, words
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
SHOWN = {"week": 13, "month": 13}
_BACK = timedelta(days=60)


def _series(found: list[Bucket], unit: str) -> Table:
    rows = [
        [
            words(f"{b.first:%Y-%m}" if unit == "month" else f"{b.first.month}月{b.first.day}日起"), number(b.demand), number(b.supply),
            Cell("—" if b.ratio is None else f"{b.ratio:.2f}", b.ratio), number(b.demand_before), number(b.supply_before),
        ]
        for b in found
        if b.demand is not None
    ]  # fmt: skip
    # Lines of the year before only once there is one.
    drawn = (1, 2, 4, 5) if any(b.demand_before is not None for b in found) else (1, 2)
    heads = (
        Head("一周" if unit == "week" else "月份", number=False), Head("要人", title="每天要的人数加起来"),
        Head("能来", title="每天签到、报名或说定的人数加起来，一人一天只算一次"), Head("供需比", title="要人 ÷ 能来"),
        Head("去年要人", title="去年同一周或同一月；那时还没有记录的不显示"), Head("去年能来"),
    )  # fmt: skip
    return Table(
        key="series", title="按周" if unit == "week" else "按月", heads=heads, rows=rows[::-1],
        charts=(Chart(kind="line", columns=drawn),) if len(rows) > 1 else (), note="最近的在上面；还没过完的只算到昨天。",
        empty="这里还没有要人和签到的记录。",
    )  # fmt: skip


def _alarms(found: list[GapView], line: str) -> Table:
    rows = [
        [
            words(g.place), words(g.trade, tone="" if g.ended_on else "danger"), words(f"{g.since.month}月{g.since.day}日起 {g.days} 天"),
            number(g.demand), number(g.supply), words(f"{g.ended_on.month}月{g.ended_on.day}日缓解" if g.ended_on else "还缺"),
        ]
        for g in found
    ]  # fmt: skip
    heads = (
        Head("地方", number=False), Head("工种", number=False), Head("哪几天", number=False), Head("要人"), Head("能来"),
        Head("现在", number=False),
    )  # fmt: skip
    return Table(key="gaps", title="缺工提醒", heads=heads, rows=rows, empty="近两个月没有缺工提醒。", note=line)


class Supply(Controller):
    """The trend of supply and demand."""

    path = "/bureau/supply"
    include_in_schema = False

    @get("/", opt={"permission": Permission.OVERVIEW_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        path: Annotated[str | None, QueryParameter(max_length=120)] = None,
        unit: Annotated[str, QueryParameter(max_length=10)] = "week",
        trade: Annotated[str, QueryParameter(max_length=20)] = "",
    ) -> Response[bytes]:  # fmt: skip
        """A place's weeks or months, of all trades or one."""
        top = await top_of(uow, path)
        here, last = TenantPath(top.path), clock.business_date(uow.now) - timedelta(days=1)
        found = await supply.trend(uow, here, unit=unit, n=SHOWN.get(unit, 1), last=last, trade_code=trade)
        codes = await supply.trades_of(uow, here, last - timedelta(days=366), last)
        limits = await thresholds(uow, "supply.")
        line = (
            f"提醒线：要人超过能来的 {limits.decimal(here, 'supply.gap_ratio'):g} 倍、至少缺 {limits.whole(here, 'supply.gap_least')} 人，"
            f"连续 {limits.whole(here, 'supply.gap_days')} 天；告诉县区和市人社局一次，在参数里改。"
        )
        return menus.render(
            request, principal, "bureau/supply.html",
            place=top.name, path=here, unit=unit, trade=trade, up=f"/bureau?{urlencode({'path': here})}",
            units=[
                {"label": f"按{word}", "href": f"/bureau/supply?{urlencode({'path': here, 'unit': key, 'trade': trade})}", "on": key == unit}
                for key, word in supply.UNITS.items()
            ],
            trades=[{"value": code, "label": supply.name_of(code)} for code in dict.fromkeys([*([trade] if trade else []), *codes])],
            series=_series(found, unit), gaps=_alarms(await supply.gaps(uow, here, since=last - _BACK), line),
        )  # fmt: skip


CONTROLLERS: list[Any] = [Supply]
