"""Frozen orders that wait for a decision, take-downs to confirm, objections to answer (9, 10)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.market import suspending
from linggong.market.models import Order, Suspension
from linggong.web import menus, pages
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]


class Holds(Controller):
    """What is frozen in the scope."""

    path = "/bureau/holds"
    include_in_schema = False

    @get("/", opt={"permission": Permission.ORDER_DECIDE})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The most urgent first."""
        return await _page(request, principal, uow)

    @post("/{order_id:uuid}/{step:str}", opt={"permission": Permission.ORDER_DECIDE})
    async def step(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
        step: FromPath[str],
    ) -> Response[bytes]:
        """Restore, propose or confirm a take-down, answer an objection."""
        values = await pages.form_values(request)
        words = str(values.get("words", ""))[:500]
        if step in ("take_down", "uphold", "reject"):
            menus.need(request, principal, Permission.ORDER_TAKEDOWN)
        async with filled(request, uow, partial(_page, request, principal), values):
            match step:
                case "restore":
                    await suspending.restore(uow, order_id, findings=words)
                    said = "恢复了，定下的人会收到通知。"
                case "propose":
                    await suspending.propose_takedown(uow, order_id, findings=words)
                    said = "提出了，等人社局的同事确认。"
                case "take_down":
                    await suspending.confirm_takedown(uow, order_id, note=words)
                    said = "下架了，雇主五个工作日内可以提异议。"
                case "uphold" | "reject":
                    await suspending.answer_objection(uow, order_id, uphold=step == "uphold", note=words)
                    said = "答复记下了。"
                case _:
                    raise NotFound
        return pages.redirect(request, "/bureau/holds", say=said)


async def _page(request: AnyRequest, principal: Principal, uow: UnitOfWork) -> Response[bytes]:
    rows = await uow.execute(
        sa.select(Suspension, Order.title, Order.employer_name, Order.trace_code)
        .join(Order, Order.id == Suspension.order_id)
        .where(
            uow.scope.clause(Suspension.tenant),
            sa.or_(
                Suspension.outcome.is_(None),
                sa.and_(Suspension.objected_at.is_not(None), Suspension.answer.is_(None)),
            ),
        )
        .order_by(Suspension.decide_due_at)
        .limit(200)
    )
    decides = menus.may(request, principal, Permission.ORDER_TAKEDOWN)
    return menus.render(
        request,
        principal,
        "bureau/holds.html",
        holds=[
            {
                "order": str(hold.order_id),
                "title": title,
                "employer": employer,
                "trace_code": code,
                "why": suspending.REASONS.get(hold.reason, hold.reason),
                "note": hold.note,
                "since": hold.suspended_at,
                "due": hold.decide_due_at,
                "late": hold.outcome is None and hold.decide_due_at < uow.now,
                "proposed": hold.proposed_at is not None,
                "findings": hold.findings,
                "objection": hold.objection if hold.outcome is not None else "",
            }
            for hold, title, employer, code in rows
        ],
        decides=decides,
    )
