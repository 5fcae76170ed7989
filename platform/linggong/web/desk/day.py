"""The day on paper: 今日派工单 with the drafted diary, and the list of who rides in the van of one job (R067)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.insight import day as days
from linggong.insight.day import DayOrder, Goer
from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict, NotFound, TooMany
from linggong.people import notices
from linggong.people.reveals import Reached
from linggong.web import menus
from linggong.web.desk.home import forgetting
from linggong.work import contacts
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]


class Day(Controller):
    """The order of the day."""

    path = "/desk/day"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PERSON_REGISTER})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        on: Annotated[str, QueryParameter(max_length=10)] = "",
    ) -> Response[bytes]:
        """Jobs of a day with who goes, whom to call, and the diary as the events tell it."""
        today = clock.business_date(uow.now)
        day = _day(on, today)
        calls = await notices.call_list(uow, limit=30) if day == today else []
        return menus.render(
            request,
            principal,
            "desk/day.html",
            day=day,
            near=[
                {"href": f"/desk/day?on={d.isoformat()}", "label": word, "here": d == day}
                for d, word in (
                    (today - timedelta(days=1), "昨天"),
                    (today, "今天"),
                    (today + timedelta(days=1), "明天"),
                )
            ],
            orders=[_order(o) for o in await days.orders(uow, day)],
            calls=[{"who": c.who or "看不到姓名", "text": c.text, "tries": c.tries} for c in calls],
            diary=days.diary(await days.ledger(uow, day), day) if day <= today else "",
        )


class Van(Controller):
    """Who rides."""

    path = "/desk/orders/{order_id:uuid}/van"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PERSON_REGISTER})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
        on: Annotated[str, QueryParameter(max_length=10)] = "",
    ) -> Response[bytes]:
        """The list without telephones."""
        return await _van(request, uow, principal, order_id, on)

    @post("/", status_code=200, opt={"permission": Permission.ENGAGEMENT_CONTACT})
    async def phones(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
        on: Annotated[str, QueryParameter(max_length=10)] = "",
    ) -> Response[bytes]:
        """The list with telephones: each is a look that its owner sees, within the limits of the hour (R049)."""
        menus.need(request, principal, Permission.PERSON_REGISTER)
        if not principal.is_staff:
            raise NotFound
        found: dict[UUID, Reached] = {}
        note = ""
        for order in await days.orders(uow, _day(on, clock.business_date(uow.now)), order_id=order_id):
            for goer in order.goers:
                try:
                    async with uow.savepoint():
                        found[goer.engagement_id] = await contacts.look_up(
                            uow, database, secrets.sealer, goer.engagement_id
                        )
                except Conflict:
                    continue  # no telephone of his own: the station calls
                except TooMany as error:
                    note = error.detail
                    break
        return await _van(request, uow, principal, order_id, on, found=found, note=note)


async def _van(
    request: AnyRequest,
    uow: UnitOfWork,
    principal: Principal,
    order_id: UUID,
    on: str,
    *,
    found: dict[UUID, Reached] | None = None,
    note: str = "",
) -> Response[bytes]:
    day = _day(on, clock.business_date(uow.now))
    orders = await days.orders(uow, day, order_id=order_id)
    if not orders:
        # The job is not today: the day on which it begins. Whose job it is not learns nothing.
        first = await days.first_day(uow, order_id)
        day = day if on else first
        orders = await days.orders(uow, day, order_id=order_id)
    if not orders:
        raise Conflict(f"{day.month}月{day.day}日这单没有活：没发布、取消了，或不是这一天。请到用工单里看。")
    query = f"?on={day.isoformat()}"
    return menus.render(
        request,
        principal,
        "desk/van.html",
        day=day,
        order=_order(orders[0], found),
        post_href=f"/desk/orders/{order_id}/van{query}",
        shown=found is not None,
        note=note,
        may_call=menus.may(request, principal, Permission.ENGAGEMENT_CONTACT),
        forget=forgetting(uow.now, f"/desk/orders/{order_id}/van{query}", *(found or {}).values()),
    )


def _day(raw: str, today: date) -> date:
    try:
        asked = date.fromisoformat(raw) if raw else today
    except ValueError:
        raise NotFound from None
    if abs((asked - today).days) > 400:
        raise NotFound
    return asked


def _order(order: DayOrder, phones: dict[UUID, Reached] | None = None) -> dict[str, Any]:
    leaders = {g.crew for g in order.goers if g.crew}
    return {
        "id": str(order.id),
        "code": order.trace_code,
        "title": order.title,
        "employer": order.employer_name,
        "contact": order.contact_name,
        "place": order.place,
        "start": order.starts_at,
        "end": order.ends_at,
        "wanted": order.headcount,
        "ride": order.ride,
        "meals": order.meals,
        "tools": order.tools,
        "crews": sorted(leaders),
        "people": [_goer(n, g, phones) for n, g in enumerate(order.goers, 1)],
    }


def _goer(n: int, goer: Goer, phones: dict[UUID, Reached] | None) -> dict[str, Any]:
    seen = (phones or {}).get(goer.engagement_id)
    return {
        "n": n,
        "name": goer.name,
        "sub": goer.sub,
        "crew": goer.crew,
        "leads": goer.leads,
        "arrived": goer.arrived_at,
        "phone": seen.phone if seen else "" if phones is None else "经驿站",
    }
