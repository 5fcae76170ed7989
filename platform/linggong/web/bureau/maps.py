"""The outline of a city's counties: handed in with its approval number, shown under it, taken down again."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.insight import outline
from linggong.insight.api import top_of
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Invalid
from linggong.kernel.paths import TenantPath
from linggong.web import menus, pages
from linggong.web.bureau import screens
from linggong.web.refused import shown
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
Path = Annotated[str | None, QueryParameter(max_length=120)]
_CEILING = outline.MOST_BYTES * 4


class Maps(Controller):
    """The map of a place."""

    path = "/bureau/map"
    include_in_schema = False

    @get("/", opt={"permission": Permission.NODE_MANAGE})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        path: Path = None,
    ) -> Response[bytes]:
        """What is shown now, and the form."""
        return await _page(request, uow, principal, path)

    @post("/", opt={"permission": Permission.NODE_MANAGE}, request_max_body_size=_CEILING)
    async def hand_in(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Hand in an outline."""
        values = await pages.form_values(request)
        path = str(values.get("path", "")) or None
        top = await top_of(uow, path)
        sent = values.get("file")
        data = await sent.read(outline.MOST_BYTES + 1) if isinstance(sent, UploadFile) else b""
        async with shown(
            request,
            uow,
            lambda fresh, error: _page(request, fresh, principal, path, values=values, invalid=error),
            Invalid,
        ):
            await outline.hand_in(
                uow, TenantPath(top.path), data, approval=str(values.get("approval", ""))[:60],
                source=str(values.get("source", "")),
            )  # fmt: skip
        return pages.redirect(request, f"/bureau?{urlencode({'path': top.path})}", say="地图换好了，图下印着审图号。")

    @post("/{outline_id:uuid}/remove", opt={"permission": Permission.NODE_MANAGE})
    async def remove(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], outline_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Take an outline down."""
        await outline.take_down(uow, outline_id)
        return pages.redirect(request, "/bureau/map", say="撤下来了。没有别的地图时，县区画成方块。")

    @get("/{outline_id:uuid}/outline", opt={"permission": Permission.OVERVIEW_READ})
    async def shapes(self, uow: NamedDependency[UnitOfWork], outline_id: FromPath[UUID]) -> Response[bytes]:
        """The outline itself, for the chart."""
        text = await outline.shapes(uow, outline_id)
        return Response(
            text.encode(), media_type="application/geo+json", headers={"cache-control": "private, max-age=86400"}
        )


async def _page(
    request: AnyRequest,
    uow: UnitOfWork,
    principal: Principal,
    path: str | None,
    *,
    values: dict[str, Any] | None = None,
    invalid: Invalid | None = None,
) -> Response[bytes]:
    top = await top_of(uow, path)
    typed = {k: v for k, v in (values or {}).items() if k != "file"}
    return menus.render(
        request,
        principal,
        "bureau/map.html",
        status=422 if invalid else 200,
        place=top.name,
        path=top.path,
        back=f"/bureau?{urlencode({'path': top.path})}",
        has_parts=await screens.kind_of(uow, top) == "city",
        shown=await outline.latest(uow, TenantPath(top.path)),
        most=outline.MOST_BYTES // 1000,
        form=pages.form_state(typed, invalid),
    )
