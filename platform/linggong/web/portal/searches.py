"""Saved searches of a worker: kept from the board, listed with what they found, deleted (R062)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.market import searches
from linggong.market.searches import FoundPost
from linggong.people import limits, where
from linggong.web import cards, pages
from linggong.web.portal import here
from linggong.web.portal.board import KEPT, filters_of
from linggong.web.portal.mine import only_worker
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]


class Searches(Controller):
    """What I look for."""

    path = "/my/searches"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PERSON_SELF})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The searches, each with the newest that it found."""
        only_worker(principal)
        return await _page(request, uow)

    @post("/", opt={"permission": Permission.PERSON_SELF})
    async def save(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """Keep the filters that stood on the board."""
        only_worker(principal)
        form = await pages.form_values(request)
        values = {name: str(form.get(name, "")) for name in (*KEPT, "date", "sort")}
        place = here.told(request) or await where.last_said(uow)
        async with filled(request, uow, partial(_page, request), values):
            faults: list[Fault] = []
            filters = filters_of(values | {"date": "", "sort": "newest"}, faults, place)
            if faults:
                raise Invalid(faults)
            kept = await searches.save(uow, filters)
        return pages.redirect(request, "/my/searches", say=f"存好了。有“{kept.label}”的新活就告诉您。")

    @post("/{search_id:uuid}/delete", opt={"permission": Permission.PERSON_SELF})
    async def delete(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], search_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Look for it no more."""
        await searches.delete(uow, search_id)
        return pages.redirect(request, "/my/searches", say="删掉了，不再提醒。")


async def _page(request: AnyRequest, uow: UnitOfWork) -> Response[bytes]:
    numbers = await limits.at_top(uow, "search.per_day", "push.quiet_from", "push.quiet_to", "search.most")
    hours = [int(limits.span(numbers[key]).total_seconds()) // 3600 for key in ("push.quiet_from", "push.quiet_to")]
    return pages.render(
        request,
        "portal/searches.html",
        searches=[
            {"id": str(s.id), "label": s.label, "found": [_found(post) for post in s.found]}
            for s in await searches.mine(uow)
        ],
        per_day=numbers["search.per_day"],
        most=numbers["search.most"],
        quiet=f"晚上 {hours[0]} 点到早上 {hours[1]} 点",
    )


def _found(post: FoundPost) -> dict[str, Any]:
    return {
        "href": f"/orders/{post.trace_code}",
        "title": post.title,
        "pay_fen": post.pay_fen,
        "pay_unit": cards.unit_word(post.pay_unit, post.piece_name),
        "start": post.starts_at,
    }
