"""Weather over HTTP: `/api/v1/weather/alerts`, and what they mean for an order."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Forbidden, NotFound
from linggong.kernel.paths import tenant_path
from linggong.work.weather import alerts, orders, queries
from linggong.work.weather.alerts import AlertForm
from linggong.work.weather.queries import AlertView, DecisionView
from rbac.permissions import Permission


class Withdrawal(msgspec.Struct, forbid_unknown_fields=True):
    """Why an alert is taken back."""

    why: Annotated[str, msgspec.Meta(max_length=200)]


class Moving(msgspec.Struct, frozen=True):
    """How many workers still have to answer; 0 when the hours hold at once."""

    waiting: int


class WeatherAlerts(Controller):
    """Alerts in force, public; entering and withdrawing them, for bureaus and stations."""

    path = "/api/v1/weather/alerts"
    tags = ("weather",)

    @get("/", opt={"permission": Permission.BOARD_READ})
    async def alerts(
        self,
        uow: NamedDependency[UnitOfWork],
        path: Annotated[str | None, QueryParameter(max_length=120)] = None,
        past: FromQuery[bool] = False,
    ) -> list[AlertView]:
        """Alerts of a place and below it, of the whole city without one."""
        return await queries.alerts(uow, _path(path), past=past)

    @post("/", opt={"permission": Permission.WEATHER_WRITE})
    async def enter(self, uow: NamedDependency[UnitOfWork], data: JSONBody[AlertForm]) -> AlertView:
        """Enter an alert for one's own place or one below it."""
        row = await alerts.enter(uow, data)
        return await _one(uow, row.id, row.tenant)

    @post("/{alert_id:uuid}/withdraw", status_code=200, opt={"permission": Permission.WEATHER_WRITE})
    async def withdraw(
        self, uow: NamedDependency[UnitOfWork], alert_id: FromPath[UUID], data: JSONBody[Withdrawal]
    ) -> AlertView:
        """Take an alert back."""
        row = await alerts.withdraw(uow, alert_id, why=data.why)
        return await _one(uow, row.id, row.tenant)


class OrderWeather(Controller):
    """What the alerts mean for an order."""

    path = "/api/v1/orders/{order_id:uuid}/weather"
    tags = ("weather",)

    @get("/", opt={"permission": Permission.ORDER_READ})
    async def decisions(self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID]) -> list[DecisionView]:
        """By day: a warning, shorter hours, or a stop that is moved or cancelled."""
        return await queries.decisions(uow, order_id)

    @post("/move", status_code=200, opt={"permission": Permission.TERMS_CHANGE})
    async def move(self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID]) -> Moving:
        """Propose the cool hours of the morning to everybody on the order (employer's side)."""
        if uow.actor.kind == "worker":
            raise Forbidden("改时间由雇主或驿站提，您同意或不同意。")
        return Moving(len(await orders.move(uow, order_id)))


def _path(raw: str | None) -> str | None:
    if raw is None:
        return None
    try:
        return tenant_path(raw)
    except ValueError:
        raise NotFound from None


async def _one(uow: UnitOfWork, alert_id: UUID, area: str) -> AlertView:
    await uow.flush()
    return next(a for a in await queries.alerts(uow, area, past=True, may_write=True) if a.id == alert_id)


CONTROLLERS: list[Any] = [WeatherAlerts, OrderWeather]
