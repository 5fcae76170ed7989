"""Employers at the desk: found, registered on the spot, verified by their papers (R045, R049)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.people import employers, queries
from linggong.people.forms import EmployerForm, ProxyConsent, check_consent, check_employer
from linggong.people.identity_numbers import surname_call
from linggong.people.registration import whole
from linggong.web import menus, pages
from linggong.web.desk.people import DESK_ROLES
from linggong.web.refused import filled, shown
from rbac.permissions import Permission
from rbac.principal import Principal
from rbac.roles import Role
from tenants.service import parameters

AnyRequest = Request[Any, Any, Any]
KINDS = {
    "individual": "个人",
    "enterprise": "企业",
    "individual_business": "个体工商户",
    "cooperative": "合作社",
    "organisation": "其他单位",
}
STATUSES = {"active": "", "restricted": "限制发布", "closed": "已注销"}
_TEXTS = ("name", "uscc", "id_number", "contact_name", "phone", "address")
_SHOWN = 100


class Employers(Controller):
    """Search, registration, verification."""

    path = "/desk/employers"
    include_in_schema = False

    @get("/", opt={"permission": Permission.EMPLOYER_READ})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """Employers whom this post serves."""
        return await _page(request, uow, secrets, principal, "")

    @post("/", opt={"permission": Permission.EMPLOYER_READ})
    async def search(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """Search by a part of the name, a credit code or a phone number; posted, so that no number is in an address."""
        values = await pages.form_values(request)
        return await _page(request, uow, secrets, principal, str(values.get("q", ""))[:60])

    @get("/new", opt={"permission": Permission.EMPLOYER_REGISTER})
    async def form(self, request: AnyRequest, principal: NamedDependency[Principal]) -> Response[bytes]:
        """Register an employer."""
        return _form(request, principal, {"kind": "enterprise"}, None)

    @post("/new", opt={"permission": Permission.EMPLOYER_REGISTER})
    async def register(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """Register an employer, or link the one that the city knows; then post for him."""
        values = await pages.form_values(request)

        async def show(_: UnitOfWork, error: Invalid | Conflict) -> Response[bytes]:
            fault = error if isinstance(error, Invalid) else Invalid([Fault("name", error.detail)])
            return _form(
                request, principal, values, Invalid([Fault(_field(f.field), f.message, f.code) for f in fault.faults])
            )

        async with shown(request, uow, show, Invalid, Conflict):
            form, proxy = await read(uow, values)
            made = await employers.register_employer(uow, secrets.sealer, form, proxy=proxy)
        words = "是新雇主，登记好了，接着发活。" if made.created else "在全市已经登记过，接到本站了，接着发活。"
        return pages.redirect(
            request,
            f"/desk/post?employer={made.employer_id}",
            say=(surname_call(form.name) if form.kind == "individual" else form.name) + words,
        )

    @post("/{employer_id:uuid}/verify", opt={"permission": Permission.EMPLOYER_VERIFY})
    async def verify(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], employer_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Note which papers were seen: level 2 until the next look (R049)."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _page(request, fresh, secrets, principal, ""), values):
            row = await employers.verify_employer(uow, employer_id, evidence=str(values.get("evidence", ""))[:200])
        until = f"，{row.reverify_on:%Y-%m-%d} 前再核一次" if row.reverify_on else ""
        return pages.redirect(
            request, "/desk/employers", say=f"{queries.employer_view(uow, row).name}核验好了{until}。"
        )


def _field(name: str) -> str:
    if name.startswith("proxy"):
        return "consent" if name in ("proxy", "proxy.method") else "evidence"
    return name


async def read(uow: UnitOfWork, values: dict[str, Any]) -> tuple[EmployerForm, ProxyConsent | None]:
    """Return the registration that was typed, with the consent of a natural person; raises Invalid with every fault."""
    faults: list[Fault] = []
    kind = str(values.get("kind") or "")
    if kind not in KINDS:
        raise Invalid([Fault("kind", "请选哪种雇主。", "required")])
    raw: dict[str, Any] = {k: str(values.get(k) or "") for k in _TEXTS}
    # What belongs to the other kind may have been typed before the kind was changed.
    raw.pop("uscc" if kind == "individual" else "id_number")
    blanks = {k: raw[k] or " " for k in ("name", "contact_name", "phone")}
    if kind == "individual" and not raw["contact_name"]:
        blanks["contact_name"] = blanks["name"]
    given = (
        {k: v for k, v in raw.items() if v} | blanks | {"kind": kind, "licence_seen": bool(values.get("licence_seen"))}
    )
    form = pages.convert(EmployerForm, given)
    proxy: ProxyConsent | None = None
    if kind == "individual":
        proxy = pages.convert(ProxyConsent, {"method": "slip", "evidence": str(values.get("evidence") or "")})
        check_consent(proxy, faults)
    age = await parameters(uow, uow.actor.post or "/", "worker.adult_age")
    today = clock.business_date(uow.now)
    check_employer(form, faults, today=today, adult_age=whole(age["worker.adult_age"]))
    if faults:
        raise Invalid(faults)
    return form, proxy


def _form(
    request: AnyRequest, principal: Principal, values: dict[str, Any], invalid: Invalid | None
) -> Response[bytes]:
    return menus.render(
        request,
        principal,
        "desk/employer.html",
        status=422 if invalid else 200,
        form=pages.form_state(values, invalid),
        kinds=[{"value": k, "label": v} for k, v in KINDS.items()],
    )


async def _page(
    request: AnyRequest, uow: UnitOfWork, secrets: Secrets, principal: Principal, q: str
) -> Response[bytes]:
    found = await queries.employers_linked(uow, secrets.sealer, q=q, limit=_SHOWN)
    today = clock.business_date(uow.now)
    role = principal.acting.role
    digits = sum(c.isdigit() for c in q) >= 6
    return menus.render(
        request,
        principal,
        "desk/employers.html",
        q="" if digits else q,
        searched=bool(q),
        may_post=role in DESK_ROLES,
        may_verify=role in (*DESK_ROLES, Role.COUNTY_BUREAU),
        more=len(found) == _SHOWN,
        employers=[
            {
                "id": str(e.id),
                "name": e.name,
                "kind": KINDS.get(e.kind, e.kind),
                "level": e.verified_level,
                "reverify_on": e.reverify_on,
                "due": e.verified_level < 2 or (e.reverify_on is not None and e.reverify_on <= today),
                "trusted": e.is_trusted,
                "agency": e.is_agency,
                "status": STATUSES.get(e.status, e.status),
                "may_post": e.status == "active",
            }
            for e in found
        ],
    )
