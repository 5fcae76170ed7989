"""What the bureau looks at beside the cases: trouble that nobody brought, by station, and how cases are served (R116, M14)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency

from linggong.cases import indicators
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.money import format_yuan
from linggong.web import menus
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
HOME = "/desk/hidden-disputes"
_DAYS = timedelta(days=30)


class HiddenDisputes(Controller):
    """The last thirty days."""

    path = HOME
    include_in_schema = False

    @get("/", opt={"permission": Permission.OVERVIEW_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Stations by trouble without a case; a quiet list of cases alone is no merit."""
        last = clock.business_date(uow.now)
        first = last - _DAYS
        level = await indicators.service_level(uow, first, last)
        lines = await indicators.hidden(uow, first, last)
        rows = [
            {
                "href": HOME, "title": line.station, "state": f"{line.hidden} 个没成件", "tone": "danger" if line.hidden else "go",
                "late": bool(line.hidden and not line.cases), "due": f"有件的 {line.cases} 个",
                "sub": f"完工 {line.finished} 个工日；没到岗 {line.no_shows}，工钱过期 {line.unpaid}，差评 {line.low_ratings}",
            }
            for line in lines
        ]  # fmt: skip
        lead = (
            f"{first:%m-%d} 到 {last:%m-%d}：登记 {level.cases} 件，每千个工日 {level.per_thousand} 件；按时受理 {level.acknowledged_in_time}，"
            f"办结 {level.closed}（按时 {level.closed_in_time}），双方满意 {level.both_satisfied}/{level.both_asked}，重开 {level.reopened}，"
            f"追回工钱 {format_yuan(level.recovered_fen)} 元。下面是出了事没成件的。"
        )
        return menus.render(
            request, principal, "desk/case_list.html", heading="没成件的纠纷", lead=lead,
            tabs=[{"label": "投诉和纠纷", "href": "/desk/cases", "here": False}], rows=rows, nothing="这段时间没有用工", forms=[],
            more_href="", tab_key="cases",
        )  # fmt: skip
