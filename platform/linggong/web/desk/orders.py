"""Orders at the desk: the list, one order's roll, posting for an employer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from linggong.market import board, hiring, service
from linggong.market import queries as market
from linggong.market.forms import form_of
from linggong.people import queries as people
from linggong.web import cards, order_forms, pages, roll
from linggong.web.desk.home import trade_words
from linggong.web.places import places
from linggong.web.portal.order import history_line
from linggong.work import engage, queries
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]


def line_of(order: Any) -> str:
    """Return the one line that is read aloud."""
    begin = clock.shanghai(order.starts_at)
    return (
        f"{order.title} · {order.pay_fen / 100:g}/{cards.unit_word(order.pay_unit)} · "
        f"{cards.settlement_word(order.settlement)} · {order.place} · 要{order.headcount}人 · {begin.month}月{begin.day}日{begin:%H:%M}"
    )


class Orders(Controller):
    """Orders of this post."""

    path = "/desk"
    include_in_schema = False

    @get("/orders", opt={"permission": Permission.ORDER_READ})
    async def page(self, request: AnyRequest, uow: NamedDependency[UnitOfWork]) -> Response[bytes]:
        """Live orders, the soonest first."""
        orders = await queries.orders_of_day(uow, limit=200)
        show = request.query_params.get("show", "")
        if show == "work":
            orders = [o for o in orders if o.state in ("O_LOCKED", "O_ACTIVE", "O_DONE")]
        elif show == "unpaid":
            orders = [o for o in orders if o.state in ("O_SETTLING", "O_DONE", "O_ACTIVE")]
        return pages.render(
            request,
            "desk/orders.html",
            show=show,
            orders=[
                {
                    "href": f"/desk/orders/{o.id}",
                    "title": o.title,
                    "employer": o.employer_name,
                    "state": o.state,
                    "start": o.starts_at,
                    "end": o.ends_at,
                    "place": o.place,
                    "wanted": o.headcount,
                    "taken": o.confirmed,
                    "applied": o.applied,
                    "arrived": o.arrived,
                    "to_accept": o.to_accept,
                }
                for o in orders
            ],
        )

    @get("/orders/{order_id:uuid}", opt={"permission": Permission.ENGAGEMENT_OFFER})
    async def one(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        order_id: FromPath[UUID],
    ) -> Response[bytes]:
        """One order with its roll."""
        order = await market.order(uow, order_id)
        rows = await roll.rows(uow, order_id) if order.published_at else []
        inside = {r["name"] for r in rows if not r["state"].startswith("X_")}
        workers = await people.workers_linked(uow, secrets.sealer, limit=100)
        history: list[dict[str, Any]] = []
        if order.published_at:
            found = await board.board_post(database, order.id)
            history = [history_line(line) for line in found.history]
        return pages.render(
            request,
            "desk/order.html",
            order={
                "id": str(order.id),
                "title": order.title,
                "state": order.state,
                "line": line_of(order),
                "start": order.starts_at,
                "end": order.ends_at,
                "place": order.place,
                "wanted": order.headcount,
                "taken": order.confirmed,
                "arrived": sum(1 for r in rows if " 到" in r["times"]),
                "trace_code": order.trace_code,
                "employer": order.employer_name,
                "employer_phone": "",
                "public_href": f"/orders/{order.trace_code}",
            },
            rows=rows,
            bulk=roll.BULK,
            pay_ways=roll.PAY_WAYS,
            candidates=[
                {"value": str(w.id), "label": f"{w.name} {w.age}岁 {trade_words(w.trades)}"}
                for w in workers
                if w.name not in inside
            ],
            history=history,
        )

    @post("/orders/{order_id:uuid}/{step:str}", opt={"permission": Permission.ENGAGEMENT_OFFER})
    async def step(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        order_id: FromPath[UUID],
        step: FromPath[str],
    ) -> Response[bytes]:
        """One step for one row or many: apply, choose, confirm, arrive, start, finish, accept, pay, received, refresh."""
        back = f"/desk/orders/{order_id}"
        if uow.actor.kind != "staff":
            raise Forbidden("这一页给驿站工作人员用。")
        values = await pages.form_values(request)
        try:
            if step == "apply":
                row = await engage.apply(uow, order_id, worker_id=UUID(str(values.get("worker", ""))))
                return pages.redirect(request, back, say=f"{row.worker_name}报上名了。")
            if step == "refresh":
                await hiring.refresh(uow, order_id, how="note")
                return pages.redirect(request, back, say="记下了：还在招。")
        except ValueError:
            return pages.redirect(request, back, say="请选一个人。", kind="warn")
        except (Conflict, Invalid, NotFound) as error:
            await uow.rollback()
            return pages.redirect(request, back, say=error.detail, kind="bad")
        said, refused = await roll.act(uow, secrets, order_id, step, values)
        words = "；".join([w for w in (said, *refused) if w])
        return pages.redirect(request, back, say=words, kind="bad" if refused else "ok")

    @get("/post", opt={"permission": Permission.ORDER_CREATE})
    async def form(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
    ) -> Response[bytes]:
        """Quick posting; `?from=` repeats a former order."""
        values: dict[str, Any] = order_forms.defaults() | {"employer": request.query_params.get("employer", "")}
        source = request.query_params.get("from")
        if source:
            try:
                order = await market.order(uow, UUID(source))
            except ValueError:
                raise NotFound from None
            values = order_forms.values_of(
                form_of(order, secrets.sealer), day=clock.business_date(uow.now) + timedelta(days=1)
            )
            values["employer"] = str(order.employer_id)
        return await _post_page(request, uow, database, secrets, values, None)

    @post("/post", opt={"permission": Permission.ORDER_CREATE})
    async def create(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
    ) -> Response[bytes]:
        """Post for an employer: checked at once, then to the review (2)."""
        values = await pages.form_values(request)
        try:
            try:
                employer_id = UUID(str(values.get("employer", "")))
            except ValueError:
                raise Invalid([Fault("employer", "请选雇主，没登记过的先登记。", "required")]) from None
            source = "phone_intake" if values.get("intake", "phone") == "phone" else "desk"
            filled = await _with_contact(uow, secrets, employer_id, values)
            form = msgspec.structs.replace(order_forms.read(filled), source_channel=source)
            order = await service.create_order(
                uow, secrets.sealer, form, employer_id=employer_id, tenant=uow.actor.post, submit=True
            )
        except (Invalid, Conflict, Forbidden, NotFound) as error:
            await uow.rollback()
            fault = order_forms.at_fields(error) if isinstance(error, Invalid) else Invalid([Fault("", error.detail)])
            async with database.begin(uow.actor, uow.scope) as fresh:
                return await _post_page(request, fresh, database, secrets, values, fault)
        words = "上板了，有人报名会在这里。" if order.state != "O_REVIEW" else "交审了，等另一位同事审核。"
        return pages.redirect(request, f"/desk/orders/{order.id}", say=words)


async def _with_contact(uow: UnitOfWork, secrets: Secrets, employer_id: UUID, values: dict[str, Any]) -> dict[str, Any]:
    """Fill in the employer's own contact where the clerk typed none."""
    from linggong.people.models import Employer

    if values.get("contact_name") and values.get("contact_phone"):
        return values
    row = await uow.session.get(Employer, employer_id)
    if row is None:
        raise NotFound
    phone = secrets.sealer.open(row.phone_sealed, f"employers.phone_sealed.{row.id}")
    return {
        **values,
        "contact_name": values.get("contact_name") or row.contact_name,
        "contact_phone": values.get("contact_phone") or phone,
    }


async def _post_page(
    request: AnyRequest,
    uow: UnitOfWork,
    database: Database,
    secrets: Secrets,
    values: dict[str, Any],
    invalid: Invalid | None,
) -> Response[bytes]:
    employers = await people.employers_linked(uow, secrets.sealer, limit=300)
    return pages.render(
        request,
        "desk/post.html",
        status=422 if invalid else 200,
        form=pages.form_state(values, invalid),
        options=order_forms.options(await places(database)),
        employers=[{"value": str(e.id), "label": e.name} for e in employers if e.status == "active"],
        findings=[],
    )
