"""`/manual`: whose manual somebody wants, and the manual of one role."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.errors import NotFound
from linggong.web import pages
from linggong.web.manual import reader
from rbac.permissions import Permission
from rbac.principal import Principal
from rbac.roles import Role

OF_ROLE: Final[dict[str, str]] = {
    Role.WORKER: "worker", Role.EMPLOYER: "employer", Role.STATION_CLERK: "clerk", Role.STATION_MANAGER: "manager",
    Role.STREET_OPERATOR: "street", Role.COUNTY_OPERATOR: "operator", Role.COUNTY_BUREAU: "county", Role.CITY_BUREAU: "city",
    Role.CITY_ANALYST: "city", Role.AUDITOR: "auditor", Role.MEDIATOR: "mediator", Role.INSURER: "insurer",
    Role.DEPARTMENT_VIEWER: "department", Role.PII_OFFICER: "privacy", Role.SYSADMIN: "sysadmin",
}  # fmt: skip
_PUBLIC: Final = ("worker", "crew", "employer")


class Manuals(Controller):
    """Open to everybody: who thinks of taking part reads first."""

    path = "/manual"
    include_in_schema = False
    opt = MappingProxyType({"permission": Permission.PUBLIC_USE})

    @get("/")
    async def index(self, request: Request[Any, Any, Any], principal: NamedDependency[Principal]) -> Response[bytes]:
        """All of them, one's own first."""
        own = OF_ROLE.get(principal.acting.role, "")
        listed = [reader.manual(key) for key in sorted(reader.ORDER, key=lambda k: k != own)]
        people, staff = ([m for m in listed if (m.key in _PUBLIC) is public] for public in (True, False))
        groups = [{"title": "找活和招人", "manuals": people}, {"title": "工作人员", "manuals": staff}]
        return pages.render(
            request, "manual/index.html", groups=groups[::-1] if own and own not in _PUBLIC else groups, own=own
        )

    @get("/{role:str}")
    async def one(self, request: Request[Any, Any, Any], role: FromPath[str]) -> Response[bytes]:
        """One of them."""
        try:
            found = reader.manual(role)
        except KeyError:
            raise NotFound from None
        return pages.render(request, "manual/role.html", manual=found)


CONTROLLERS: list[Any] = [Manuals]
