"""Visits and calls at the desk: whom to call next, what was said, who looks after whom (R054, R087, R089)."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.outreach import officers, visits
from linggong.outreach.codes import SOURCE_OF, VISIT_CHANNELS
from linggong.outreach.models import Visit
from linggong.outreach.visits import VisitForm
from linggong.web import evidence, menus, pages
from linggong.web.outreach import reading
from linggong.web.outreach.reading import AnyRequest
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal

_SHOWN_FOR = 60


class VisitPages(Controller):
    """The first page of reaching out, and its form."""

    path = "/outreach"
    include_in_schema = False

    @get("/", opt={"permission": Permission.OUTREACH_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Whom to call next, and what was said lately."""
        return reading.render(
            request, principal, "visits.html", "visits", to_call=await visits.to_call(uow), rows=await visits.recent(uow),
            channels=VISIT_CHANNELS, sources=SOURCE_OF,
            may_post=menus.may(request, principal, Permission.ORDER_CREATE),
        )  # fmt: skip

    @get("/visits/new", opt={"permission": Permission.OUTREACH_RECORD})
    async def new(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        employer: Annotated[UUID | None, QueryParameter()] = None, follows: Annotated[UUID | None, QueryParameter()] = None,
    ) -> Response[bytes]:  # fmt: skip
        """The form, for whoever was chosen."""
        return await _new(request, uow, principal=principal, employer=employer, follows=follows)

    @post("/visits/new", request_max_body_size=evidence.CEILING, opt={"permission": Permission.OUTREACH_RECORD})
    async def record(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:  # fmt: skip
        """Write it down."""
        values = await pages.form_values(request)
        photo = await evidence.read(values)
        show = partial(
            _new,
            request,
            principal=principal,
            employer=_uuid(values.get("employer_id")),
            follows=_uuid(values.get("follows")),
        )
        async with filled(request, uow, show, values):
            form = reading.read(VisitForm, values, "happened_at", **reading.placed(photo))
            row = await visits.record(uow, secrets.sealer, form, photo)
        return pages.redirect(request, "/outreach", say=f"记下了，追溯码 {row.trace_code}。")

    @post("/visits/{visit_id:uuid}/phone", opt={"permission": Permission.OUTREACH_RECORD})
    async def phone(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], visit_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """The telephone of an employer who is not registered, for a minute, with a record of who saw it."""
        number = await visits.phone_of(uow, secrets.sealer, visit_id)
        row = await uow.session.get_one(Visit, visit_id)
        return reading.render(
            request, principal, "visit_phone.html", "visits", name=row.employer_name, contact=row.contact_name, number=number,
            visit=str(visit_id), forget={"seconds": _SHOWN_FOR, "href": "/outreach"},
        )  # fmt: skip


def _uuid(raw: Any) -> UUID | None:
    try:
        return UUID(str(raw or ""))
    except ValueError:
        return None


async def _new(
    request: AnyRequest, uow: UnitOfWork, *, principal: Principal, employer: UUID | None, follows: UUID | None
) -> Response[bytes]:
    before = await uow.session.get(Visit, follows) if follows is not None else None
    if follows is not None and (before is None or not uow.scope.covers(before.tenant)):
        raise NotFound
    return reading.render(
        request, principal, "visit_new.html", "visits", before=before, chosen=str(employer or ""),
        employers=await reading.employer_options(uow), trades=reading.trade_options(), channels=reading.choices(VISIT_CHANNELS),
        called=before.employer_name if before is not None and before.employer_id is None else "",
    )  # fmt: skip


class OfficerPages(Controller):
    """Who looks after which employer."""

    path = "/outreach/officers"
    include_in_schema = False

    @get("/", opt={"permission": Permission.OUTREACH_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Employers with their officers, those without one first."""
        return await _officers(request, uow, principal=principal)

    @post("/", opt={"permission": Permission.OUTREACH_MANAGE})
    async def assign(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Give an employer to somebody."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_officers, request, principal=principal), values):
            employer, staff = _uuid(values.get("employer_id")), _uuid(values.get("staff_id"))
            faults = []
            if employer is None:
                faults.append(Fault("employer_id", "请选雇主。", "required"))
            if staff is None:
                faults.append(Fault("staff_id", "请选由谁来联系。", "required"))
            if employer is None or staff is None:
                raise Invalid(faults)
            await officers.assign(uow, employer, staff, reason=str(values.get("reason") or ""))
        return pages.redirect(request, "/outreach/officers", say="派好了，他的“要联系的”里会有这一家。")


async def _officers(request: AnyRequest, uow: UnitOfWork, *, principal: Principal) -> Response[bytes]:
    rows = await officers.employers(uow)
    return reading.render(
        request, principal, "officers.html", "officers", rows=rows, without=sum(row.staff_id is None for row in rows),
        employers=[{"value": str(row.employer_id), "label": row.employer} for row in rows],
        staff=[{"value": str(one.id), "label": f"{one.name}（{one.employers} 家）"} for one in await officers.staff_here(uow)],
    )  # fmt: skip
