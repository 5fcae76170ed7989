"""Whom an employer knows: his regulars asked again (回头客), his word on those who worked, the receipt of an order (R051, 61, R076)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.market import queries as market
from linggong.wages import queries as wages
from linggong.wages.queries import BillView
from linggong.web import filters, pages, wage_rows
from linggong.web.employer.home import only_employer
from linggong.web.refused import filled
from linggong.work import engage, rating, regulars
from linggong.work import queries as work
from linggong.work.queries import orders_of_day
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
HOME = "/employer/people"
STARS = [{"value": str(n), "label": f"{n} 星"} for n in range(5, 0, -1)]


class EmployerPeople(Controller):
    """回头客: ask them again."""

    path = HOME
    include_in_schema = False

    @get("/", opt={"permission": Permission.ENGAGEMENT_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Who finished work here, the latest first."""
        only_employer(principal)
        return await _people(request, uow)

    @post("/invite", opt={"permission": Permission.ENGAGEMENT_INVITE})
    async def invite(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Ask one of them for an open order (11); a no costs him nothing."""
        only_employer(principal)
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_people, request), values):
            order, worker = wage_rows.uuid_of(values, "order"), wage_rows.uuid_of(values, "one")
            if order is None or worker is None:
                raise Conflict("请先选去哪一单。")
            known = await regulars.regulars(uow, workers=[worker])
            if not known or (await market.order(uow, order)).employer_id != principal.employer_id:
                raise NotFound
            await engage.invite(uow, order, worker)
        return pages.redirect(request, HOME, say=f"问{known[0].name}了，等他回话。")


async def _people(request: AnyRequest, uow: UnitOfWork) -> Response[bytes]:
    hiring = [o for o in await orders_of_day(uow, open_only=True) if o.starts_at > uow.now]
    return pages.render(
        request,
        "employer/people.html",
        people=await regulars.regulars(uow),
        orders=[
            {
                "value": str(o.id),
                "label": f"{o.title}（{filters.day(clock.business_date(o.starts_at), uow.now)}，差 {o.headcount - o.confirmed} 人）",
            }
            for o in hiring
            if o.headcount > o.confirmed
        ],
    )


class OrderRatings(Controller):
    """The employer's word on those who worked (61)."""

    path = "/employer/orders/{order_id:uuid}/rate"
    include_in_schema = False

    @get("/", opt={"permission": Permission.ENGAGEMENT_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Who is still without a word."""
        only_employer(principal)
        return await _ratings(request, order_id, uow)

    @post("/", opt={"permission": Permission.RATING_CREATE})
    async def rate(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Stars and words that may be ticked; blind until both have spoken or 72 hours have passed."""
        only_employer(principal)
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_ratings, request, order_id), values):
            one = wage_rows.uuid_of(values, "one")
            if one is None or one not in {v.id for v in await work.roster(uow, order_id)}:
                raise NotFound
            stars, tags = str(values.get("stars") or ""), values.get("tags") or []
            await rating.rate(
                uow, one, stars=rating.KEYS.get(stars, 0), tags=[tags] if isinstance(tags, str) else tags,
                words=str(values.get("words") or ""),
            )  # fmt: skip
        return pages.redirect(request, f"/employer/orders/{order_id}/rate", say="评价记下了，他也评了或过三天才公开。")


async def _ratings(request: AnyRequest, order_id: UUID, uow: UnitOfWork) -> Response[bytes]:
    worked = [v for v in await work.roster(uow, order_id) if any(s.state == "A_ACCEPTED" for s in v.shifts)]
    order = await market.order(uow, order_id)
    return pages.render(
        request,
        "employer/rate.html",
        order={"id": str(order.id), "title": order.title},
        waiting=[{"id": str(v.id), "name": v.worker_name} for v in worked if not v.rated],
        done=[v.worker_name for v in worked if v.rated],
        stars=STARS,
        tags=rating.TAGS["employer"],
    )


class OrderReceipt(Controller):
    """What was paid for an order, to whom and whether it came, on one sheet to print."""

    path = "/employer/orders/{order_id:uuid}/receipt"
    include_in_schema = False

    @get("/", opt={"permission": Permission.BILL_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """The sheet."""
        only_employer(principal)
        order = await market.order(uow, order_id)
        bills = sorted(await wages.bills(uow, order_id=order_id, limit=1000), key=lambda b: (b.worker_name, b.due_at))
        return pages.render(
            request,
            "employer/receipt.html",
            order={
                "id": str(order.id), "title": order.title, "employer": order.employer_name, "place": order.place,
                "trace_code": order.trace_code, "start": order.starts_at, "end": order.ends_at,
            },
            lines=[_paid(b) for b in bills],
            total_fen=sum(b.total_fen for b in bills),
            paid_fen=sum(b.paid_fen for b in bills),
            printed_at=uow.now,
        )  # fmt: skip


def _paid(bill: BillView) -> dict[str, Any]:
    kept = [wage_rows.payment(p) for p in bill.payments if p.state != "denied"]
    return {
        "worker": bill.worker_name, "day": bill.work_date, "total_fen": bill.total_fen, "paid_fen": bill.paid_fen,
        "state": wage_rows.state_of(bill), "payments": kept,
    }  # fmt: skip
