"""My credit: what counts, why, until when, with a button to object; and the public list of excellent workers (R137)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paths import ROOT
from linggong.trust import objections, queries, stars
from linggong.web import pages
from linggong.web.refused import filled, sent_back
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]
HERE = "/me/credit"
_OBJECTED = "申诉收到了，决定前不计分，会通知您结果。"


class CreditPages(Controller):
    """One's own credit."""

    path = HERE
    include_in_schema = False

    @get("/", opt={"permission": Permission.CREDIT_READ})
    async def page(self, request: AnyRequest, uow: NamedDependency[UnitOfWork]) -> Response[bytes]:
        """What counts now, why, until when."""
        return await _page(request, uow)

    @post("/entries/{entry_id:uuid}/objection", opt={"permission": Permission.CREDIT_OBJECT})
    async def object_to_entry(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], entry_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Object to points."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_page, request), values):
            await objections.object_to_entry(uow, entry_id, words=str(values.get("words", "")))
        return pages.redirect(request, HERE, say=_OBJECTED)

    @post("/levels/{restriction_id:uuid}/objection", opt={"permission": Permission.CREDIT_OBJECT})
    async def object_to_level(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], restriction_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Object to a restriction."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_page, request), values):
            await objections.object_to_level(uow, restriction_id, words=str(values.get("words", "")))
        return pages.redirect(request, HERE, say=_OBJECTED)

    @post("/listing/{answer:str}", opt={"permission": Permission.CREDIT_OBJECT})
    async def listing(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], answer: FromPath[str]
    ) -> Response[bytes]:
        """Agree to stand on the public list, or take it back."""
        if answer not in ("agree", "withdraw"):
            raise NotFound
        async with sent_back(request, uow, HERE):
            await (stars.agree(uow) if answer == "agree" else stars.withdraw(uow))
        said = "好，星级够了就会上榜。" if answer == "agree" else "撤回了，马上从榜上拿下。"
        return pages.redirect(request, HERE, say=said)


async def _page(request: AnyRequest, uow: UnitOfWork) -> Response[bytes]:
    return pages.render(request, "portal/credit.html", credit=await queries.my_credit(uow, ROOT))


class Excellent(Controller):
    """The public list."""

    include_in_schema = False

    @get("/excellent", opt={"permission": Permission.BOARD_READ})
    async def page(self, request: AnyRequest, database: NamedDependency[Database]) -> Response[bytes]:
        """Who agreed to stand on it, best first."""
        return pages.render(request, "portal/excellent.html", workers=await stars.listed(database))
