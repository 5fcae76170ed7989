"""The rules of the market and the promises of its service (R099), to be read and to be printed for the wall (R100)."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.publishing import directory, promises
from linggong.publishing.promises import Shown
from linggong.web import footer, pages
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]
ON_THE_WALL = ("rules", "promises", "complain")
"""What the printed sheet says: the wall has room for what people ask in the hall."""
Where = Annotated[str, QueryParameter(max_length=120)]


class Rules(Controller):
    """The texts of a city or a county."""

    path = "/rules"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PUBLIC_USE})
    async def page(self, request: AnyRequest, uow: NamedDependency[UnitOfWork], county: Where = "") -> Response[bytes]:
        """All sections."""
        return await _page(request, uow, county, "public/rules.html")

    @get("/sheet", opt={"permission": Permission.PUBLIC_USE})
    async def sheet(self, request: AnyRequest, uow: NamedDependency[UnitOfWork], county: Where = "") -> Response[bytes]:
        """What hangs on the wall."""
        return await _page(request, uow, county, "public/rules_sheet.html", only=ON_THE_WALL)


async def _page(
    request: AnyRequest, uow: UnitOfWork, county: str, template: str, only: tuple[str, ...] = ()
) -> Response[bytes]:
    await footer.renew(request.app)
    known = await directory.places(uow)
    place = next((p for p in known if p.path == county), None) if county else next(iter(known), None)
    if county and place is None:
        raise Invalid([Fault("county", "没有这个县区，请从单子里选。", "place")])
    found = await promises.shown(uow, place.path if place else "/")
    return pages.render(
        request,
        template,
        place_name=place.name if place else "",
        chosen="" if place is None or place.is_top else place.path,
        counties=[p for p in known if not p.is_top],
        sections=[section(one) for one in found if not only or one.text.key in only],
    )


def section(one: Shown) -> dict[str, Any]:
    """Return a section as pages show it."""
    text = one.text
    return {
        "key": text.key, "title": text.title, "hint": text.hint, "points": one.points, "source": text.source,
        "version": text.version, "set_at": text.set_at, "place": text.place, "is_own": text.is_own, "body": text.body,
    }  # fmt: skip


CONTROLLERS: list[Any] = [Rules]
