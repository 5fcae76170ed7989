"""The log of upkeep on a page (R129): what was entered, and the uptime that the system counted itself."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency

from linggong.assessment import upkeep
from linggong.assessment.models import UPKEEP, UPKEEP_WHAT
from linggong.assessment.upkeep import UpkeepForm
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.web import menus, pages
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import queries as tree

AnyRequest = Request[Any, Any, Any]
HOME = "/bureau/upkeep"
_YEAR = timedelta(days=365)


class Log(Controller):
    """The log of the scope."""

    path = HOME
    include_in_schema = False

    @get("/", opt={"permission": Permission.SCORECARD_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The last year's entries and the uptime."""
        return await _page(request, principal, uow)

    @post("/", opt={"permission": Permission.SCORECARD_FILE})
    async def enter(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Add an entry."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_page, request, principal), values):
            typed = {k: v for k, v in values.items() if k in ("kind", "what", "day", "words", "down_minutes") and v}
            blank = {"kind": "", "what": "", "day": " ", "words": "", "path": uow.actor.post or ""}
            await upkeep.enter(uow, pages.convert(UpkeepForm, blank | typed))
        return pages.redirect(request, HOME, say="记下了。")


async def _page(request: AnyRequest, principal: Principal, uow: UnitOfWork) -> Response[bytes]:
    today = clock.business_date(uow.now)
    entries = await upkeep.entries(uow, today - _YEAR, today)
    return menus.render(
        request, principal, "assess/log.html", entries=entries, uptime=await upkeep.uptime(uow, today - _YEAR, today),
        kinds=[{"value": k, "label": w, "n": sum(1 for e in entries if e.kind == k)} for k, w in UPKEEP.items()],
        whats=[{"value": k, "label": w} for k, w in UPKEEP_WHAT.items()], files=menus.may(request, principal, Permission.SCORECARD_FILE),
        today=today, names=await tree.names(uow, [e.path for e in entries]), form={"values": {"day": today.isoformat()}, "errors": {}},
    )  # fmt: skip
