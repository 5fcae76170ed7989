"""An employer's first screen and his order form: the day's bars, what waits for him, 再来一单 (R045, R051)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict, Forbidden, Invalid
from linggong.kernel.money import format_yuan
from linggong.market import gates, queries, service
from linggong.market.forms import OrderForm, form_of
from linggong.market.models import Order
from linggong.market.views import OrderLine
from linggong.people import reverifying
from linggong.people.employers import own_contact
from linggong.wages import queries as wages
from linggong.web import cards, order_forms, pages, wage_rows
from linggong.web.places import places
from linggong.web.refused import shown
from linggong.work import regulars
from linggong.work.queries import TodayOrder, orders_of_day
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
_WAITING = ("O_DRAFT", "O_REVIEW", "O_RETURNED")
_SAID = {"O_DRAFT": "先存着了，想好了再交。", "O_REVIEW": "交上去了，审核通过就上板。"}
_CLEARED = ("last_date", "meal_minutes", "piece_name", "meals", "ride", "tools", "rain_rule", "description")
"""Fields of the page that an edit may empty."""


def only_employer(principal: Principal) -> None:
    """Raise Forbidden for anybody who is not signed in as an employer: these pages speak to him."""
    if principal.kind != "employer":
        raise Forbidden("这里是雇主用的。请在“我的”里换成雇主身份，或到工作台办理。")


def _bar(order: TodayOrder) -> dict[str, Any]:
    return {
        "href": f"/employer/orders/{order.id}",
        "title": order.title,
        "start": order.starts_at,
        "end": order.ends_at,
        "place": order.place,
        "wanted": order.headcount,
        "taken": order.confirmed,
        "arrived": order.arrived,
        "applied": order.applied,
        "state": order.state,
    }


def _line(order: OrderLine) -> dict[str, Any]:
    edit = order.state in ("O_DRAFT", "O_RETURNED")
    return {
        "href": f"/employer/orders/{order.id}{'/edit' if edit else ''}",
        "title": order.title,
        "start": order.starts_at,
        "end": order.ends_at,
        "place": order.place,
        "wanted": order.headcount,
        "taken": order.confirmed,
        "state": order.state,
    }


def spoken(order: OrderLine) -> str:
    """Return an order as one line for the ear: 搬砖 · 200/天 · 日结 · 东关 · 要6人."""
    pay = f"{format_yuan(order.pay_fen)}/{cards.unit_word(order.pay_unit, order.piece_name)}"
    return " · ".join(
        (order.title, pay, cards.settlement_word(order.settlement), order.place, f"要{order.headcount}人")
    )


async def _blocked(uow: UnitOfWork, level: int, employer_id: UUID) -> str:
    """Return why he may not post now, '' when he may."""
    if level < 1:
        return "还没核实身份。带营业执照或身份证到驿站看一下，当场就能发活；公司的也可以先在“核实资料”里交执照照片。"
    return await gates.why_not(uow, employer_id)


class EmployerHome(Controller):
    """The employer's own pages before work."""

    include_in_schema = False
    path = "/employer"

    @get("/", opt={"permission": Permission.ORDER_READ})
    async def home(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        after: Annotated[str | None, QueryParameter(max_length=400)] = None,
    ) -> Response[bytes]:
        """The day at a glance."""
        only_employer(principal)
        live = await orders_of_day(uow)
        page = await queries.orders(uow, cursor=after, limit=20)
        employer = await queries.employer_for_order(uow, principal.employer_id)
        own = await reverifying.own(uow, secrets.sealer)
        bills = await wages.bills(uow, unsettled=True)
        unpaid = [b for b in bills if b.state == "OPEN"]
        today = clock.business_date(uow.now)
        now_on = [o for o in live if clock.business_date(o.starts_at) <= today <= clock.business_date(o.ends_at)]
        shown = {o.id for o in now_on}
        accept = [o for o in live if o.to_accept]
        last = page.items[0] if page.items and not after else None
        return pages.render(
            request,
            "employer/home.html",
            repeat=None if last is None else {"href": f"/employer/orders/new?from={last.id}", "line": spoken(last)},
            unpaid={
                "fen": sum(b.left_fen for b in unpaid),
                "people": len({b.engagement_id for b in unpaid}),
                "href": "/employer/wages",
            },
            to_accept={
                "people": sum(o.to_accept for o in accept),
                "href": f"/employer/orders/{accept[0].id}#roll" if accept else "/employer",
            },
            today=[_bar(o) for o in now_on],
            others=[_line(o) for o in page.items if o.id not in shown],
            more_href=f"/employer?after={page.next}" if page.next else "",
            blocked=await _blocked(uow, employer.level, principal.employer_id),
            reverify=f"{own.reverify_on:%Y-%m-%d}" if own.over or own.soon else "",
            agency=await queries.is_agency(uow, principal.employer_id),
        )

    @get("/orders/new", opt={"permission": Permission.ORDER_CREATE})
    async def new(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        source: Annotated[UUID | None, QueryParameter(name="from")] = None,
    ) -> Response[bytes]:
        """An order form: empty, or filled from an earlier order for tomorrow."""
        only_employer(principal)
        tomorrow = clock.business_date(uow.now) + timedelta(days=1)
        if source is not None:
            old = form_of(await queries.order(uow, source), secrets.sealer)
            values = order_forms.values_of(old, day=tomorrow) | {"from": str(source), "asks_former": "1"}
        else:
            last = await queries.orders(uow, limit=1)
            values = order_forms.defaults(*await own_contact(uow, secrets.sealer))
            if last.items:
                old = form_of(await queries.order(uow, last.items[0].id), secrets.sealer)
                values = order_forms.defaults(old.contact_name or "", old.contact_phone or "")
        return await _form(request, database, values, former=await _former(uow, values))

    @get("/orders/trade", opt={"permission": Permission.ORDER_READ})
    async def trade(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        title: Annotated[str, QueryParameter(max_length=200)] = "",
        street: Annotated[str, QueryParameter(max_length=12)] = "",
    ) -> Response[bytes]:
        """The trades that a title most likely means, as choices of the form, and what is paid for the first one there."""
        hint = await order_forms.pay_hint(database, {"title": title, "street": street})
        return pages.render(request, "parts/trade.html", guesses=order_forms.guesses(title), chosen="", pay_hint=hint)

    @post("/orders/new", opt={"permission": Permission.ORDER_CREATE})
    async def create(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """Keep or hand in; every fault at once with what was typed."""
        only_employer(principal)
        values = await pages.form_values(request)
        former = await _former(uow, values)

        async def show(_: UnitOfWork, error: Invalid | Conflict) -> Response[bytes]:
            return await _form(request, database, values, error=error, former=former)

        async with shown(request, uow, show, Invalid, Conflict):
            order = await order_forms.enter(
                values,
                lambda form: service.create_order(
                    uow,
                    secrets.sealer,
                    form,
                    employer_id=principal.employer_id,
                    submit=values.get("then") != "draft",
                    repeat_of=wage_rows.uuid_of(values, "from"),
                    asks_former=bool(values.get("asks_former")),
                ),
            )
        return _kept(request, order)

    @get("/orders/{order_id:uuid}/edit", opt={"permission": Permission.ORDER_CREATE})
    async def edit(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
    ) -> Response[bytes]:
        """A draft or a returned order, with the reasons of its return."""
        only_employer(principal)
        order = await queries.order(uow, order_id)
        if order.state not in ("O_DRAFT", "O_RETURNED"):
            return pages.redirect(request, f"/employer/orders/{order_id}", say="已经交上去的单不能改。", kind="warn")
        values = order_forms.values_of(form_of(order, secrets.sealer))
        return await _form(request, database, values, order_id=order_id, returned=_reasons(order))

    @post("/orders/{order_id:uuid}/edit", opt={"permission": Permission.ORDER_CREATE})
    async def change(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Keep the changes, and hand in."""
        only_employer(principal)
        values = await pages.form_values(request)
        order = await queries.order(uow, order_id)
        returned = _reasons(order)

        async def keep(form: OrderForm) -> Order:
            kept = await service.edit_draft(uow, secrets.sealer, order_id, form, clear=_emptied(form))
            return kept if values.get("then") == "draft" else await service.submit(uow, secrets.sealer, order_id)

        async def show(_: UnitOfWork, error: Invalid | Conflict) -> Response[bytes]:
            return await _form(request, database, values, error=error, order_id=order_id, returned=returned)

        async with shown(request, uow, show, Invalid, Conflict):
            order = await order_forms.enter(values, keep)
        return _kept(request, order)


async def _former(uow: UnitOfWork, values: dict[str, Any]) -> int:
    """Return how many finished the order that is repeated, 0 for a new one."""
    source = wage_rows.uuid_of(values, "from")
    return 0 if source is None else await regulars.how_many(uow, source)


def _reasons(order: Order) -> list[str]:
    """Return why the review sent an order back, read before a rollback could take the row away."""
    return [r for r in order.review_note.split("；") if r] if order.state == "O_RETURNED" else []


def _emptied(form: OrderForm) -> list[str]:
    return [name for name in _CLEARED if getattr(form, name) is None]


def _kept(request: AnyRequest, order: Order) -> Response[bytes]:
    said = _SAID.get(order.state, "已经上板，等人报名。")
    return pages.redirect(
        request, "/employer" if order.state == "O_DRAFT" else f"/employer/orders/{order.id}", say=said
    )


async def _form(
    request: AnyRequest,
    database: Database,
    values: dict[str, Any],
    *,
    error: Invalid | Conflict | None = None,
    order_id: UUID | None = None,
    returned: list[str] | None = None,
    former: int = 0,
) -> Response[bytes]:
    state = pages.form_state(values, order_forms.at_fields(error) if isinstance(error, Invalid) else None)
    if isinstance(error, Conflict):
        state["errors"][""] = error.detail
    return pages.render(
        request,
        "employer/order_form.html",
        status=200 if error is None else error.status,
        post_url="/employer/orders/new" if order_id is None else f"/employer/orders/{order_id}/edit",
        heading="改一改" if order_id is not None else "再来一单" if values.get("from") else "发新活",
        former=former,
        guesses=order_forms.guesses(str(values.get("title") or "")) if not values.get("trade") else [],
        guessed=str(values.get("trade_guess") or ""),
        pay_hint=await order_forms.pay_hint(database, values),
        form=state,
        options=order_forms.options(await places(database)),
        returned=returned or [],
        findings=[],
    )
