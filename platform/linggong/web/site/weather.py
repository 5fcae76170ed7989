"""The weather at a post: alerts in force, entering one, taking one back (ruling 17)."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Invalid, NotFound
from linggong.web import menus, pages
from linggong.web.refused import filled, sent_back, shown
from linggong.work.weather import alerts, orders, queries, rules
from linggong.work.weather.alerts import AlertForm
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
_KINDS: Final = [{"value": k, "label": v} for k, v in rules.WORDS.items()]
_LEVELS: Final = [{"value": k, "label": v} for k, v in rules.LEVEL_WORDS.items()]


class WeatherPages(Controller):
    """Alerts of the acting post and below."""

    include_in_schema = False
    path = "/desk/weather"

    @get("/", opt={"permission": Permission.WEATHER_WRITE})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """What holds here, and the form for a new one."""
        return await _page(request, principal, uow)

    @post("/", opt={"permission": Permission.WEATHER_WRITE})
    async def enter(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Enter an alert."""
        values = await pages.form_values(request)
        typed = {
            k: v for k, v in values.items() if k in ("kind", "level", "temperature_c", "number", "words", "source")
        }
        for name in ("begins_at", "ends_at"):
            typed[name] = _aware(str(values.get(name, "")))
        async with shown(request, uow, lambda fresh, error: _page(request, principal, fresh, values, error), Invalid):
            row = await alerts.enter(uow, pages.convert(AlertForm, typed))
        said = f"登记好了：{rules.LEVEL_WORDS[row.level]}{rules.WORDS[row.kind]}预警。室外的活马上通知到。"
        return pages.redirect(request, "/desk/weather", say=said)

    @post("/{alert_id:uuid}/withdraw", opt={"permission": Permission.WEATHER_WRITE})
    async def withdraw(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        alert_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Take one back."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_page, request, principal), values):
            await alerts.withdraw(uow, alert_id, why=str(values.get("why", ""))[:200])
        return pages.redirect(request, "/desk/weather", say="解除了，还没定的单照常。")


class CoolHours(Controller):
    """Moving an order's hours into the cool of the morning, from its own page."""

    include_in_schema = False
    path = "/orders/{order_id:uuid}/cool-hours"

    @post("/", opt={"permission": Permission.TERMS_CHANGE})
    async def move(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Propose the cool hours to everybody on the order."""
        if principal.kind == "worker":
            raise NotFound
        back = f"/desk/orders/{order_id}" if principal.is_staff else f"/employer/orders/{order_id}"
        async with sent_back(request, uow, back):
            waiting = await orders.move(uow, order_id)
            await uow.flush()
        said = f"已经问了 {len(waiting)} 个人，同意的照新时间来。" if waiting else "改好了，按早上的时间来。"
        return pages.redirect(request, back, say=said)


async def _page(
    request: AnyRequest,
    principal: Principal,
    uow: UnitOfWork,
    values: dict[str, Any] | None = None,
    invalid: Invalid | None = None,
) -> Response[bytes]:
    found = await queries.alerts(uow, uow.actor.post, may_write=True)
    return menus.render(
        request,
        principal,
        "site/weather.html",
        status=422 if invalid else 200,
        alerts=[
            {
                "id": str(a.id),
                "title": f"{rules.LEVEL_WORDS[a.level]}{rules.WORDS[a.kind]}预警"
                + ("" if a.temperature_c is None else f" {a.temperature_c:g}℃"),
                "when": f"{clock.shanghai(a.begins_at):%m月%d日 %H:%M} 到 {clock.shanghai(a.ends_at):%m月%d日 %H:%M}",
                "area": a.area_name,
                "source": " · ".join(t for t in (a.source, a.number) if t),
                "words": a.words,
                "orders": a.orders,
                "may_withdraw": "withdraw" in a.actions,
            }
            for a in found
        ],
        kinds=_KINDS,
        levels=_LEVELS,
        form=pages.form_state(values, invalid),
    )


def _aware(raw: str) -> str:
    """Return what a browser's local time means in the city, as the form takes it; other texts stay for the fault."""
    try:
        return datetime.fromisoformat(raw).replace(tzinfo=clock.SHANGHAI).isoformat() if raw else ""
    except ValueError:
        return raw
