"""The wage slip: what was earned, taken off and paid, to read and to print; the law gives every worker one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.wages import queries, tax
from linggong.wages.facts import slip_facts
from linggong.wages.payees import payee
from linggong.web import pages, wage_rows
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]


class Slip(Controller):
    """One slip, for the worker, the employer and the desks that serve either."""

    include_in_schema = False

    @get("/bills/{bill_id:uuid}/slip", opt={"permission": Permission.BILL_READ})
    async def slip(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], bill_id: FromPath[UUID]
    ) -> Response[bytes]:
        """The slip of one bill."""
        view, facts = await queries.bill(uow, bill_id), await slip_facts(uow, bill_id)
        day = view.work_date or clock.business_date(facts.created_at)
        hint = await tax.hint(uow, facts.employer_id, facts.worker_id, f"{day:%Y-%m}", path=facts.tenant)
        return pages.render(
            request,
            "portal/slip.html",
            bill=wage_rows.bill(view)
            | ({"worker": (await payee(uow, bill_id)).name} if uow.actor.kind == "worker" else {}),
            day=f"{day.year}年{day.month}月{day.day}日",
            minutes=facts.minutes,
            quantity=facts.quantity,
            terms_version=facts.terms_version,
            settled_at=view.settled_at,
            hint="" if hint is None else hint.words,
        )
