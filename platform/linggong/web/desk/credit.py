"""Credit at the desk and the bureau: objections to decide, proposals, what is in force (section 6, R114)."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.trust import decisions, objections, queries
from linggong.web import menus, pages
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
Ref = Annotated[UUID | None, QueryParameter()]


class CreditDesk(Controller):
    """What waits for a decision, and what holds."""

    path = "/desk/credit"
    include_in_schema = False

    @get("/", opt={"permission": Permission.CREDIT_READ})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        person: Ref = None,
        employer: Ref = None,
    ) -> Response[bytes]:
        """Objections first, then proposals, then what is in force; a form to propose where one side is named."""
        return await _page(request, principal, str(person or ""), str(employer or ""), uow)

    @post("/entries/{entry_id:uuid}/objection", opt={"permission": Permission.CREDIT_OBJECT})
    async def object_to_entry(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], entry_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Write an objection for whoever came to the desk."""
        values = await pages.form_values(request)
        step = objections.object_to_entry(uow, entry_id, words=str(values.get("words", "")))
        return await _done(request, uow, step, "申诉写好了，决定前不计分。")

    @post("/entries/{entry_id:uuid}/{answer:str}", opt={"permission": Permission.CREDIT_DECIDE})
    async def decide_entry(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], entry_id: FromPath[UUID], answer: FromPath[str]
    ) -> Response[bytes]:
        """Lift or uphold points."""
        words = str((await pages.form_values(request)).get("words", ""))
        step = objections.decide_entry(uow, entry_id, lift=_lifts(answer), words=words)
        return await _done(request, uow, step, "决定好了，已通知本人。")

    @post("/levels/{restriction_id:uuid}/objection", opt={"permission": Permission.CREDIT_OBJECT})
    async def object_to_level(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], restriction_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Write an objection to a restriction."""
        values = await pages.form_values(request)
        step = objections.object_to_level(uow, restriction_id, words=str(values.get("words", "")))
        return await _done(request, uow, step, "申诉写好了。")

    @post("/levels/{restriction_id:uuid}/{answer:str}", opt={"permission": Permission.CREDIT_DECIDE})
    async def decide_level(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        restriction_id: FromPath[UUID],
        answer: FromPath[str],
    ) -> Response[bytes]:
        """Lift or uphold a restriction; confirm or refuse a proposal."""
        words = str((await pages.form_values(request)).get("words", ""))
        step: Awaitable[Any]
        match answer:
            case "confirm":
                step = decisions.confirm(uow, restriction_id, words=words)
            case "refuse":
                step = decisions.refuse(uow, restriction_id, words=words)
            case _:
                step = objections.decide_level(uow, restriction_id, lift=_lifts(answer), words=words)
        return await _done(request, uow, step, "决定好了。")

    @post("/propose", opt={"permission": Permission.CREDIT_PROPOSE})
    async def propose(self, request: AnyRequest, uow: NamedDependency[UnitOfWork]) -> Response[bytes]:
        """Propose to restrict or ban one side."""
        values = await pages.form_values(request)
        step = decisions.propose(
            uow,
            person_id=_uuid(values.get("person")),
            employer_id=_uuid(values.get("employer")),
            level=pages.whole(values.get("level"), 99_999) or 0,
            days=pages.whole(values.get("days"), 99_999) or 0,
            grounds=str(values.get("grounds", "")),
            evidence=str(values.get("evidence", "")),
        )
        return await _done(request, uow, step, "提出来了，等人社局另一位同事决定。")


def _lifts(answer: str) -> bool:
    if answer not in ("lift", "uphold"):
        raise NotFound
    return answer == "lift"


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(str(text or ""))
    except ValueError:
        return None


async def _page(
    request: AnyRequest, principal: Principal, person: str, employer: str, uow: UnitOfWork
) -> Response[bytes]:
    return menus.render(
        request,
        principal,
        "desk/credit.html",
        contested=await queries.entries(uow, queue="contested"),
        recent=await queries.entries(uow, limit=30),
        levels=await queries.restrictions(uow, queue="contested"),
        proposed=await queries.restrictions(uow, queue="proposed"),
        live=await queries.restrictions(uow, queue="live", limit=50),
        person=person,
        employer=employer,
        may_propose=menus.may(request, principal, Permission.CREDIT_PROPOSE),
        may_decide=menus.may(request, principal, Permission.CREDIT_DECIDE),
        may_object=menus.may(request, principal, Permission.CREDIT_OBJECT),
    )


async def _done(request: AnyRequest, uow: UnitOfWork, step: Awaitable[Any], said: str) -> Response[bytes]:
    values = await pages.form_values(request)
    # A proposal is typed on the page of the one whom it is about.
    person, employer = (str(_uuid(values.get(name)) or "") for name in ("person", "employer"))
    async with filled(request, uow, partial(_page, request, request.state["principal"], person, employer), values):
        await step
    return pages.redirect(request, "/desk/credit", say=said)
