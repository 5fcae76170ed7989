"""Stations near me, for a worker on his way (R062): the nearest first, with hours, telephone and the way there."""

from __future__ import annotations

from typing import Any, Final

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency

from linggong.kernel.db import Actor, Database
from linggong.kernel.geo import Point, metres
from linggong.people.where import Here
from linggong.web import pages
from linggong.web.places import places
from linggong.web.portal import here
from linggong.web.ways import ways
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import queries as tree
from tenants.views import NodeView

AnyRequest = Request[Any, Any, Any]
_SHOWN: Final = 15


class Near(Controller):
    """The nearest places where people are served."""

    include_in_schema = False

    @get("/stations/near", opt={"permission": Permission.NODE_READ})
    async def near(
        self, request: AnyRequest, database: NamedDependency[Database], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The list; whoever has not said where he is, is asked first."""
        place, cookies = await here.known(request, database, principal)
        if place is None:
            return pages.redirect(request, here.here_href("/stations/near"), cookies=cookies)
        known = await places(database)
        async with database.begin(Actor(kind="anonymous"), read_only=True) as uow:
            found = await tree.sites(uow)
        near = sorted(((_far(place, s), s) for s in found), key=lambda pair: (pair[0] is None, pair[0] or 0))
        response = pages.render(
            request,
            "portal/near.html",
            place=here.words(place),
            change_href=here.here_href("/stations/near"),
            stations=[
                {
                    "name": s.name,
                    "kind": s.kind_label,
                    "distance_m": far,
                    "where": s.address or known.label(s.path),
                    "hours": s.opening_hours or "",
                    "phone": s.phone or "",
                    "ways": ways(s.latitude, s.longitude, s.name, s.address or ""),
                }
                for far, s in near[:_SHOWN]
            ],
            about=any(s.point_is_demo for _, s in near[:_SHOWN]),
        )
        response.cookies.extend(cookies)
        return response


def _far(place: Here, site: NodeView) -> int | None:
    if site.latitude is None or site.longitude is None:
        return None
    return metres(place.point, Point(site.latitude, site.longitude))
