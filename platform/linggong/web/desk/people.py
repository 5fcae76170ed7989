"""People at the desk: who is served here, found by name or by an exact number, and a new telephone number for a lost one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict, Invalid
from linggong.people import queries, recovery
from linggong.web import menus, pages
from linggong.web.desk.home import trade_words
from linggong.web.refused import shown
from rbac.permissions import Permission
from rbac.principal import Principal
from rbac.roles import Role

AnyRequest = Request[Any, Any, Any]
DESK_ROLES = (Role.STATION_CLERK, Role.STATION_MANAGER, Role.COUNTY_OPERATOR)
_SHOWN = 100


class People(Controller):
    """Search and recovery."""

    path = "/desk/people"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PERSON_READ})
    async def people(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """People whom this post serves, the latest first."""
        return await people_page(request, uow, secrets, principal, "")

    @post("/", opt={"permission": Permission.PERSON_READ})
    async def search(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """Search by name, or by an exact ID or phone number: posted, so that no number is in an address or a log."""
        values = await pages.form_values(request)
        return await people_page(request, uow, secrets, principal, str(values.get("q", ""))[:60])

    @post("/{person_id:uuid}/phone", opt={"permission": Permission.PERSON_RECOVER})
    async def recover(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        person_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Put a new number in place of a lost, changed or recycled one; every session of the old one ends."""
        values = await pages.form_values(request)
        typed = {k: str(values.get(k, ""))[:60] for k in ("reason", "phone", "card_seen")}

        async def show(fresh: UnitOfWork, error: Invalid | Conflict) -> Response[bytes]:
            return await people_page(request, fresh, secrets, principal, "", failed=(person_id, typed, error))

        async with shown(request, uow, show, Invalid, Conflict):
            await recovery.recover_at_desk(
                uow,
                secrets.sealer,
                person_id,
                reason=typed["reason"],
                phone=typed["phone"],
                card_seen=bool(typed["card_seen"]),
            )
        # The sessions end in a transaction of the system's: after this one stands.
        await uow.commit()
        await recovery.end_sessions(database, person_id)
        return pages.redirect(request, "/desk/people", say="号码换好了，旧手机已经退出登录。")


async def people_page(
    request: AnyRequest,
    uow: UnitOfWork,
    secrets: Secrets,
    principal: Principal,
    q: str,
    *,
    failed: tuple[UUID, dict[str, str], Invalid | Conflict] | None = None,
) -> Response[bytes]:
    """Return the page of the people whom this post serves."""
    found = await queries.workers_linked(uow, secrets.sealer, q=q, limit=_SHOWN)
    open_id, typed, faults = "", {"reason": "", "phone": "", "card_seen": ""}, []
    if failed is not None:
        open_id, typed, error = str(failed[0]), failed[1], failed[2]
        faults = [f.message for f in error.faults] if isinstance(error, Invalid) else [error.detail]
        found.sort(key=lambda w: w.id != failed[0])
    number = any(c.isdigit() for c in q)
    return menus.render(
        request,
        principal,
        "desk/people.html",
        status=200 if failed is None else failed[2].status,
        # A number is not shown again on a screen that others can see.
        q="" if number else q,
        searched=bool(q),
        may_act=principal.acting.role in DESK_ROLES,
        people=[
            {
                "id": str(w.id),
                "name": w.name,
                "sub": f"{w.sex} {w.age}岁",
                "trades": trade_words(w.trades),
                "level": w.verified_level,
                "at": w.linked_at,
            }
            for w in found
        ],
        more=len(found) == _SHOWN,
        reasons=[{"value": k, "label": v} for k, v in recovery.REASONS.items()],
        open_id=open_id,
        typed=typed,
        faults=faults,
    )
