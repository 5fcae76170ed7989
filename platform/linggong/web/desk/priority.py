"""Proofs of hardship of one person (R052): entered and ended by those who serve him, with his own consent."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.matching import priority
from linggong.matching.priority import NewMark
from linggong.matching.tiers import CATEGORIES
from linggong.people import profiles
from linggong.web import menus, pages
from linggong.web.refused import filled, sent_back
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]


class Priority(Controller):
    """One person's proofs."""

    path = "/desk/people/{person_id:uuid}/priority"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PRIORITY_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], person_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """The proofs in force, and the form for another one."""
        return await _page(request, principal, secrets, person_id, uow)

    @post("/", opt={"permission": Permission.PRIORITY_RECORD})
    async def note(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], person_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Note one."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_page, request, principal, secrets, person_id), values):
            await priority.note(uow, person_id, _read(values))
        return pages.redirect(request, f"/desk/people/{person_id}/priority", say="登记好了，配岗时会先照顾他。")

    @post("/{priority_mark_id:uuid}/end", opt={"permission": Permission.PRIORITY_RECORD})
    async def end(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], person_id: FromPath[UUID],
        priority_mark_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """End one, with the consent that was given for it."""
        back = f"/desk/people/{person_id}/priority"
        async with sent_back(request, uow, back):
            await priority.end(uow, person_id, priority_mark_id)
        return pages.redirect(request, back, say="去掉了。")


def _read(values: dict[str, Any]) -> NewMark:
    try:
        until = date.fromisoformat(str(values.get("valid_to", "")))
    except ValueError:
        raise Invalid([Fault("valid_to", "请写有效到哪天。", "required")]) from None
    typed = {name: str(values.get(name, "")) for name in ("category", "grantor", "proof", "consent")}
    return NewMark(valid_to=until, **typed)


async def _page(
    request: AnyRequest, principal: Principal, secrets: Secrets, person_id: UUID, uow: UnitOfWork
) -> Response[bytes]:
    found = await priority.marks(uow, person_id)
    return menus.render(
        request,
        principal,
        "desk/priority.html",
        id=str(person_id),
        call=(await profiles.person_profile(uow, secrets.sealer, person_id)).call,
        marks=[{"id": str(m.id), "words": m.words, "grantor": m.grantor, "valid_to": m.valid_to} for m in found],
        categories=[{"value": key, "label": words} for key, words in CATEGORIES.items()],
        form={"values": {}, "errors": {}},
        may_act=menus.may(request, principal, Permission.PRIORITY_RECORD),
    )
