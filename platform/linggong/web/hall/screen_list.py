"""The screens of a station on the desk: register one, see whether it lives, take its address away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Invalid, NotFound
from linggong.kernel.settings import Settings
from linggong.stations import screens
from linggong.stations.api import address
from linggong.web import menus, pages
from linggong.web.places import places
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
KINDS = {"wall": "大屏", "kiosk": "自助机"}


class ScreenList(Controller):
    """The walls and kiosks of the acting post."""

    path = "/desk/screens"
    include_in_schema = False

    @get("/", opt={"permission": Permission.SCREEN_READ})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """What stands here."""
        return await _page(request, uow, database, principal)

    @post("/", opt={"permission": Permission.SCREEN_MANAGE})
    async def register(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """Register one; the page shows its address this once."""
        values = await pages.form_values(request)
        try:
            row, token = await screens.register(uow, kind=str(values.get("kind", "")), name=str(values.get("name", "")))
        except Invalid as invalid:
            return await _page(request, uow, database, principal, values=values, invalid=invalid)
        path = address(row.kind, token)
        made = {"name": row.name, "kind": KINDS[row.kind], "path": path, "url": f"{settings.address}{path}"}
        return await _page(request, uow, database, principal, made=made)

    @post("/{screen_id:uuid}/end", opt={"permission": Permission.SCREEN_MANAGE})
    async def end(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], screen_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Take its address away."""
        row = await screens.end(uow, screen_id)
        return pages.redirect(request, "/desk/screens", say=f"“{row.name}”停用了，原来的地址打不开了。")


async def _page(
    request: AnyRequest,
    uow: UnitOfWork,
    database: Database,
    principal: Principal,
    *,
    values: dict[str, Any] | None = None,
    invalid: Invalid | None = None,
    made: dict[str, str] | None = None,
) -> Response[bytes]:
    if not principal.is_staff:
        raise NotFound
    known = await places(database)
    rows = [
        {
            "id": str(s.id),
            "name": s.name,
            "kind": KINDS[s.kind],
            "place": known.label(s.tenant),
            "last_beat": s.last_beat,
            "beats": s.beats_today,
            "alive": s.alive,
        }
        for s in await screens.listed(uow)
    ]
    return menus.render(
        request,
        principal,
        "hall/screens.html",
        status=200 if invalid is None else 422,
        rows=rows,
        form=pages.form_state(values or {"kind": "wall"}, invalid),
        kinds=[{"value": k, "label": v} for k, v in KINDS.items()],
        made=made,
        may_manage=menus.may(request, principal, Permission.SCREEN_MANAGE),
    )
