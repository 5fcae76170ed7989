"""快速发布: an employer at the counter or on the telephone; first who, then what, then to the review (R045, R051, transition 2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from linggong.insight import desk
from linggong.insight.desk import LastOrder
from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.paths import ancestors
from linggong.market import queries, service
from linggong.market.forms import OrderForm, SourceChannel, form_of
from linggong.market.models import Order
from linggong.people import employers
from linggong.people import queries as people
from linggong.people.queries import EmployerCard
from linggong.web import cards, menus, order_forms, pages
from linggong.web.places import places
from linggong.web.refused import shown
from linggong.work import regulars
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
_INTAKES: Final[dict[str, SourceChannel]] = {
    "phone": "phone_intake", "visit": "desk", "outside": "visit", "survey": "survey", "agency": "agency", "online": "web",
}  # fmt: skip
"""How a post came to the desk (R054): by telephone, over the counter, or because somebody went out to ask."""
_SHOWN = 30
_CLEARED = ("last_date", "meal_minutes", "piece_name", "meals", "ride", "tools", "rain_rule", "description")
"""Fields that the page may empty; what it does not show stays as it is."""


class Posting(Controller):
    """Posting for an employer."""

    path = "/desk/post"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PERSON_REGISTER})
    async def form(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        employer: Annotated[UUID | None, QueryParameter()] = None,
        source: Annotated[UUID | None, QueryParameter(name="from")] = None,
        edit: Annotated[UUID | None, QueryParameter()] = None,
    ) -> Response[bytes]:
        """Who posts; then the form: empty, like the last one (`from`), or a returned one to be mended (`edit`)."""
        tomorrow = clock.business_date(uow.now) + timedelta(days=1)
        if edit is not None or source is not None:
            order = await queries.order(uow, edit or source)  # type: ignore[arg-type]
            if edit is not None and order.state not in ("O_DRAFT", "O_RETURNED"):
                return pages.redirect(request, f"/desk/orders/{edit}", say="已经交上去的单不能改。", kind="warn")
            values = order_forms.values_of(form_of(order, secrets.sealer), day=None if edit else tomorrow)
            # The contact is filled in again when the form comes back: it need not stand on the screen.
            values |= {"contact_name": "", "contact_phone": "", "employer": str(order.employer_id)}
            values |= {"edit": str(edit)} if edit is not None else {"from": str(source), "asks_former": "1"}
        elif employer is not None:
            here = await _street_of(database, principal)
            values = order_forms.defaults() | {"employer": str(employer), "street": here}
        else:
            return await _choose(request, uow, secrets, principal, "")
        return await _page(request, uow, database, principal, values, None)

    @post("/find", opt={"permission": Permission.PERSON_REGISTER})
    async def find(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """Find the employer by a part of the name, a credit code or a phone number; one hit goes straight on.

        One or two digits are the line in the list of those who posted last: their last order again, or a new one.
        """
        q = str((await pages.form_values(request)).get("q", ""))[:60]
        if q.isascii() and q.isdecimal() and len(q) <= 2:
            listed = await _latest(uow, secrets, "")
            if 0 < int(q) <= min(len(listed), _SHOWN):
                chosen, order = listed[int(q) - 1]
                return pages.redirect(
                    request, f"/desk/post?from={order.id}" if order else f"/desk/post?employer={chosen.id}"
                )
        found = await people.employers_linked(uow, secrets.sealer, q=q, limit=2) if q else []
        if len(found) == 1 and found[0].status == "active":
            return pages.redirect(request, f"/desk/post?employer={found[0].id}")
        return await _choose(request, uow, secrets, principal, q)

    @get("/trade", opt={"permission": Permission.PERSON_REGISTER})
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

    @post("/", opt={"permission": Permission.ORDER_CREATE})
    async def create(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """Check everything at once, then hand in (2), or change and hand in again (5)."""
        if not principal.is_staff:
            raise NotFound
        values = await pages.form_values(request)
        employer_id = _uuid(values.get("employer"))

        async def show(fresh: UnitOfWork, error: Invalid | Conflict) -> Response[bytes]:
            if employer_id is None:
                return await _choose(request, fresh, secrets, principal, "")
            fault = order_forms.at_fields(error) if isinstance(error, Invalid) else Invalid([Fault("", error.detail)])
            return await _page(request, fresh, database, principal, values, fault)

        async with shown(request, uow, show, Invalid, Conflict):
            if employer_id is None:
                raise Invalid([Fault("employer", "请先选雇主。", "required")])
            order = await _hand_in(uow, secrets, employer_id, values)
        said = "上板了，有人报名会在这里。" if order.state != "O_REVIEW" else "交审了。自己录的单要请同事来审。"
        return pages.redirect(request, f"/desk/orders/{order.id}", say=said)


def _uuid(raw: Any) -> UUID | None:
    try:
        return UUID(str(raw or ""))
    except ValueError:
        return None


async def _hand_in(uow: UnitOfWork, secrets: Secrets, employer_id: UUID, values: dict[str, Any]) -> Order:
    edit, source = _uuid(values.get("edit")), _uuid(values.get("from"))
    before: OrderForm | None = None
    if edit is not None or source is not None:
        before = form_of(await queries.order(uow, edit or source), secrets.sealer)  # type: ignore[arg-type]
    filled = dict(values)
    if not (values.get("contact_name") and values.get("contact_phone")):
        name, phone = await _contact(uow, secrets, employer_id, before)
        filled["contact_name"] = values.get("contact_name") or name
        filled["contact_phone"] = values.get("contact_phone") or phone
    channel = _INTAKES.get(str(values.get("intake")), "phone_intake")

    async def act(read: OrderForm) -> Order:
        form = msgspec.structs.replace(read, source_channel=channel)
        if edit is None:
            return await service.create_order(
                uow,
                secrets.sealer,
                form,
                employer_id=employer_id,
                submit=True,
                repeat_of=source,
                asks_former=bool(values.get("asks_former")),
            )
        clear = [name for name in _CLEARED if getattr(form, name) is None]
        await service.edit_draft(uow, secrets.sealer, edit, form, clear=clear)
        return await service.submit(uow, secrets.sealer, edit)

    return await order_forms.enter(filled, act)


async def _contact(uow: UnitOfWork, secrets: Secrets, employer_id: UUID, before: OrderForm | None) -> tuple[str, str]:
    """Return the contact of the order that is repeated or mended, else the employer's own."""
    if before is not None and before.contact_phone:
        return before.contact_name or "", before.contact_phone
    row = await employers.employer_served(uow, employer_id)
    phone = secrets.sealer.open(row.phone_sealed, f"employers.phone_sealed.{row.id}")
    return row.contact_name, phone


async def _latest(uow: UnitOfWork, secrets: Secrets, q: str) -> list[tuple[EmployerCard, LastOrder | None]]:
    """Return the employers who may post, each with the last order; who posted last comes first."""
    found = [e for e in await people.employers_linked(uow, secrets.sealer, q=q, limit=300) if e.status == "active"]
    last = await desk.last_orders(uow, [e.id for e in found])
    # UUIDs of orders grow with time.
    found.sort(key=lambda e: last[e.id].id.int if e.id in last else 0, reverse=True)
    return [(e, last.get(e.id)) for e in found]


async def _choose(
    request: AnyRequest, uow: UnitOfWork, secrets: Secrets, principal: Principal, q: str
) -> Response[bytes]:
    found = await _latest(uow, secrets, q)
    return menus.render(
        request,
        principal,
        "desk/post_employer.html",
        q="" if sum(c.isdigit() for c in q) >= 6 else q,
        searched=bool(q),
        more=len(found) > _SHOWN,
        employers=[
            {
                "id": str(e.id),
                "name": e.name,
                "verified": e.verified_level > 0,
                "last": None
                if order is None
                else {
                    "href": f"/desk/post?from={order.id}",
                    "day": order.work_date,
                    "line": f"{order.title} · {order.pay_fen / 100:g}/"
                    f"{cards.unit_word(order.pay_unit, order.piece_name)} · 要{order.headcount}人",
                },
            }
            for e, order in found[:_SHOWN]
        ],
    )


async def _page(
    request: AnyRequest,
    uow: UnitOfWork,
    database: Database,
    principal: Principal,
    values: dict[str, Any],
    invalid: Invalid | None,
) -> Response[bytes]:
    employer = await employers.employer_served(uow, UUID(str(values["employer"])))
    last = (await desk.last_orders(uow, [employer.id])).get(employer.id)
    edit = _uuid(values.get("edit"))
    returned = ""
    if edit is not None:
        returned = (await queries.order(uow, edit)).review_note
    return menus.render(
        request,
        principal,
        "desk/post.html",
        status=422 if invalid else 200,
        form=pages.form_state(values, invalid),
        options=_near(order_forms.options(await places(database)), principal),
        employer={
            "id": str(employer.id),
            "name": people.employer_view(uow, employer).name,
            "warn": "" if employer.verified_level > 0 else "还没核实：先到“雇主”里看证件核验，才能发活。",
        },
        repeat_href=f"/desk/post?from={last.id}" if last and not values.get("from") and edit is None else "",
        heading="改一改" if edit is not None else "照上次再来一单" if values.get("from") else "快速发布",
        returned=[r for r in returned.split("；") if r],
        guesses=order_forms.guesses(str(values.get("title") or "")) if not values.get("trade") else [],
        pay_hint=await order_forms.pay_hint(database, values),
        former=await regulars.how_many(uow, source) if (source := _uuid(values.get("from"))) else 0,
        guessed=str(values.get("trade_guess") or ""),
    )


async def _street_of(database: Database, principal: Principal) -> str:
    """Return the code of the street in which the post stands: most of its orders are there."""
    known = await places(database)
    above = set(ancestors(principal.acting.path))
    return next((o["value"] for o in known.coded if known.paths.get(o["value"]) in above), "")


def _near(options: dict[str, list[dict[str, str]]], principal: Principal) -> dict[str, list[dict[str, str]]]:
    """Put the streets of the post's own county first: that is where its orders are."""
    county = "".join(principal.acting.path.strip("/").split("/")[:2])
    streets = sorted(options["streets"], key=lambda s: not s["value"].startswith(county))
    return options | {"streets": streets}
