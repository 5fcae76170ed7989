"""One order of an employer: choose, call the roll, accept, record payment; cancel, say that people are still wanted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.contracts import signing
from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.money import from_yuan
from linggong.market import hiring, queries, service
from linggong.market.codes import PAY_CHANNEL_LABELS
from linggong.market.views import OrderView
from linggong.wages import queries as wages
from linggong.wages import service as pay
from linggong.web import pages
from linggong.web.employer import rolls
from linggong.web.employer.home import only_employer, spoken
from linggong.web.refused import filled
from linggong.web.site.notes import weather_notes
from linggong.work import absence, attend, contacts, engage, regulars, stopping
from linggong.work import queries as work
from linggong.work.queries import WorkView
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
_PAY_WAYS = [{"value": code.value, "label": label} for code, label in PAY_CHANNEL_LABELS.items()]
_CANCELLABLE = ("O_REVIEW", "O_OPEN", "O_FULL", "O_LOCKED")
_LIVE = ("O_OPEN", "O_FULL", "O_LOCKED", "O_ACTIVE")


def _steps_here(order: OrderView, roster: list[WorkView], unpaid: bool) -> int:
    shifts = [s.state for v in roster for s in v.shifts]
    if order.state in ("O_CLOSED", "O_ARCHIVED"):
        return 4
    if "A_WORKING" in shifts or "A_PAUSED" in shifts:
        return 2
    if "A_FINISHED" in shifts:
        return 3
    if unpaid or order.state in ("O_SETTLING", "O_DONE"):
        return 4
    return 1 if "A_ARRIVED" in shifts or order.confirmed >= order.headcount else 0


async def _page(
    request: AnyRequest,
    uow: UnitOfWork,
    secrets: Secrets,
    order_id: UUID,
    *,
    phone: tuple[UUID, str] | None = None,
) -> Response[bytes]:
    order = queries.order_view(uow, await queries.order(uow, order_id))
    roster = await work.roster(uow, order_id) if order.published_at is not None else []
    bills = await wages.bills(uow, order_id=order_id, limit=1000)
    base = f"/employer/orders/{order_id}"
    names = rolls.rows(roster, bills)
    asking = rolls.applicants(roster)
    await _know(uow, roster, [*asking, *names])
    for row in names:
        row["ask_phone"] = row["state"] in ("A_CONFIRMED", "A_CONTRACTED", "A_ARRIVED", "A_WORKING")
        row["phone"] = phone[1] if phone is not None and row["engagement"] == str(phone[0]) else ""
    today = clock.business_date(uow.now)
    working = order.work_date <= today <= order.last_date and order.state in _LIVE
    arrived = sum(
        any(s.state in ("A_ARRIVED", "A_WORKING", "A_PAUSED", "A_FINISHED", "A_ACCEPTED") for s in v.shifts)
        for v in roster
    )
    returned = order.state in ("O_DRAFT", "O_RETURNED")
    to_sign = len(await signing.for_the_employer(uow, order_id))
    return pages.render(
        request,
        "employer/order.html",
        order={
            "id": str(order.id),
            "title": order.title,
            "state": order.state,
            "start": order.starts_at,
            "end": order.first_ends_at,
            "place": order.place,
            "wanted": order.headcount,
            "taken": order.confirmed,
            "arrived": arrived,
            "trace_code": order.trace_code,
            "line": spoken(order),
            "edit_href": f"{base}/edit" if returned else "",
            "repeat_href": f"/employer/orders/new?from={order.id}",
        },
        applicants=asking,
        to_rate=sum(not v.rated and any(s.state == "A_ACCEPTED" for s in v.shifts) for v in roster),
        billed=bool(bills),
        rows=names,
        bulk=rolls.bulk(names),
        hiring=order.hiring and order.state == "O_OPEN",
        pay_ways=_PAY_WAYS,
        steps_here=_steps_here(order, roster, any(b.state != "SETTLED" for b in bills)),
        cancel={"url": f"{base}/cancel", "label": "取消这单", "tone": "danger", "fields": {}}
        if order.state in _CANCELLABLE
        else None,
        refresh={"url": f"{base}/refresh", "label": "还在招人", "tone": "plain", "fields": {}}
        if order.state == "O_OPEN"
        else None,
        day_code=attend.arrival_code(secrets, order_id, today) if working else "",
        to_sign={"url": f"{base}/sign", "people": to_sign} if to_sign else None,
        weather=await weather_notes(uow, order_id) if order.published_at is not None else [],
    )


async def _know(uow: UnitOfWork, roster: list[WorkView], rows: list[dict[str, Any]]) -> None:
    """Say beside each name whether he has worked here before (回头客), and what he was given then."""
    known = (
        {r.worker_id: r for r in await regulars.regulars(uow, workers=[v.worker_id for v in roster])} if roster else {}
    )
    by_engagement = {str(v.id): known.get(v.worker_id) for v in roster}
    for row in rows:
        before = by_engagement.get(row["engagement"])
        if before is not None:
            row["sub"], row["star"] = f"回头客：给您干过 {before.days} 天", before.stars


def _one(values: dict[str, Any]) -> UUID:
    try:
        return UUID(str(values.get("one", "")))
    except ValueError:
        raise NotFound from None


class EmployerOrder(Controller):
    """An order with its people."""

    include_in_schema = False
    path = "/employer/orders/{order_id:uuid}"

    @get("/", opt={"permission": Permission.ORDER_READ})
    async def order(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
    ) -> Response[bytes]:
        """The order, who applied, and the roll."""
        only_employer(principal)
        return await _page(request, uow, secrets, order_id)

    @post("/choose", opt={"permission": Permission.ENGAGEMENT_OFFER})
    async def choose(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], order_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Choose an applicant (17)."""
        return await _do(
            request, uow, secrets, principal, order_id, lambda v: engage.offer(uow, _one(v)), "选好了，等他点头。"
        )

    @post("/decline", opt={"permission": Permission.ENGAGEMENT_OFFER})
    async def decline(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], order_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Not taken (14)."""
        return await _do(
            request, uow, secrets, principal, order_id, lambda v: engage.decline(uow, _one(v)), "记下了，已告诉他。"
        )

    @post("/arrive", opt={"permission": Permission.ASSIGNMENT_ARRIVE})
    async def arrive(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], order_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Call the roll (36)."""

        def step(values: dict[str, Any]) -> Awaitable[Any]:
            return attend.arrive(uow, _one(values), method="roll_call")

        return await _do(request, uow, secrets, principal, order_id, step, "到岗记下了。")

    @post("/absent", opt={"permission": Permission.ASSIGNMENT_ACCEPT})
    async def absent(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], order_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """He did not come (38)."""

        def step(values: dict[str, Any]) -> Awaitable[Any]:
            one = _one(values)
            return absence.no_show(uow, one, call_note=str(values.get(f"call_{one}", ""))[:200])

        return await _do(request, uow, secrets, principal, order_id, step, "记下了：没来。他可以申诉，没定之前不算。")

    @post("/start", opt={"permission": Permission.ASSIGNMENT_START})
    async def start(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], order_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Work begins (37)."""
        return await _do(
            request, uow, secrets, principal, order_id, lambda v: attend.start(uow, _one(v)), "开工记下了。"
        )

    @post("/resume", opt={"permission": Permission.ASSIGNMENT_START})
    async def resume(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], order_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Work goes on (42)."""
        return await _do(
            request, uow, secrets, principal, order_id, lambda v: stopping.resume(uow, _one(v)), "复工了。"
        )

    @post("/end_pause", opt={"permission": Permission.ASSIGNMENT_START})
    async def end_pause(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], order_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """It does not go on (43)."""
        return await _do(
            request, uow, secrets, principal, order_id, lambda v: stopping.end_pause(uow, _one(v)), "收工了，请认定。"
        )

    @post("/finish", opt={"permission": Permission.ASSIGNMENT_FINISH})
    async def finish(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], order_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """The shift is over (44); pieces where pay is by the piece."""

        def step(values: dict[str, Any]) -> Awaitable[Any]:
            raw = str(values.get(f"pieces_{_one(values)}", ""))
            try:
                pieces = float(raw) if raw else None
            except ValueError:
                raise Invalid([Fault(f"pieces_{_one(values)}", "数量请填数字，例如 120。", "number")]) from None
            return attend.finish(uow, _one(values), quantity=pieces)

        return await _do(request, uow, secrets, principal, order_id, step, "下班记下了，请认定完工。")

    @post("/accept", opt={"permission": Permission.ASSIGNMENT_ACCEPT})
    async def accept(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], order_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Recognise completion (51): the bill follows."""
        said = "完工认定了，工资单出来了，请按时付。"
        return await _do(request, uow, secrets, principal, order_id, lambda v: attend.accept(uow, _one(v)), said)

    @post("/pay", opt={"permission": Permission.PAYMENT_RECORD})
    async def pay(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], order_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Record what was paid to the worker himself (56)."""

        async def step(values: dict[str, Any]) -> Any:
            one = _one(values)
            try:
                amount = int(from_yuan(str(values.get(f"amount_{one}", ""))))
            except ValueError:
                raise Invalid([Fault(f"amount_{one}", "付了多少请填数字，例如 260。", "number")]) from None
            way = str(values.get("pay_way", ""))
            if way not in {w["value"] for w in _PAY_WAYS}:
                raise Invalid([Fault("pay_way", "请选用什么付的。", "unknown")])
            found = [b for b in await wages.bills(uow, order_id=order_id, limit=1000) if b.assignment_id == one]
            if not found:
                raise NotFound
            voucher = str(values.get("voucher", ""))[:101]
            return await pay.record_payment(uow, found[0].id, amount_fen=amount, channel=way, voucher=voucher)  # type: ignore[arg-type]

        return await _do(request, uow, secrets, principal, order_id, step, "付款记下了，等他说收到。")

    @post("/phone", opt={"permission": Permission.ENGAGEMENT_CONTACT})
    async def phone(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], order_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Show one confirmed worker's number on the page, asked for by name (R049)."""
        only_employer(principal)
        values = await pages.form_values(request)
        one = _one(values)
        async with filled(request, uow, lambda fresh: _page(request, fresh, secrets, order_id), values):
            found = await contacts.look_up(uow, request.app.state.database, secrets.sealer, one)
        return await _page(request, uow, secrets, order_id, phone=(one, found.phone))

    @post("/cancel", opt={"permission": Permission.ORDER_CREATE})
    async def cancel(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], order_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Cancel before work (29, 30)."""

        def step(_: dict[str, Any]) -> Awaitable[Any]:
            return service.cancel_order(uow, order_id, reason="employer")

        return await _do(request, uow, secrets, principal, order_id, step, "取消了，报名的人会收到通知。")

    @post("/refresh", opt={"permission": Permission.ORDER_REFRESH})
    async def refresh(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], order_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """People are still wanted (6)."""
        return await _do(
            request, uow, secrets, principal, order_id, lambda _: hiring.refresh(uow, order_id), "好，继续在板上。"
        )


async def _do(
    request: AnyRequest,
    uow: UnitOfWork,
    secrets: Secrets,
    principal: Principal,
    order_id: UUID,
    step: Callable[[dict[str, Any]], Awaitable[Any]],
    said: str,
) -> Response[bytes]:
    """Do one step, for one row or for all that wait for it (whole or not at all), and come back to the order; a refusal
    shows the order as it is now, with what was typed and what to do.
    """
    only_employer(principal)
    values = await pages.form_values(request)
    async with filled(request, uow, lambda fresh: _page(request, fresh, secrets, order_id), values):
        if values.get("all"):
            path = request.url.path.rpartition("/")[2]
            roster = await work.roster(uow, order_id)
            found = rolls.rows(roster, await wages.bills(uow, order_id=order_id, limit=1000))
            for one in rolls.waiting_for(found, path):
                await step(values | {"one": one})
        else:
            await step(values)
    return pages.redirect(request, f"/employer/orders/{order_id}", say=said)
