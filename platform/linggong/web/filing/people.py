"""The roster of a place (R039, R040): who works here, since when, with which proofs; the fewest people over the last year."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.sites import roster
from linggong.sites.codes import PROOFS, STAFF_KINDS
from linggong.sites.roster import StaffForm
from linggong.web import evidence, pages
from linggong.web.filing import shown
from linggong.web.filing.typed import Typed
from linggong.web.refused import filled, sent_back
from rbac.permissions import Permission
from rbac.principal import Principal
from tenants import evidence as kept

AnyRequest = Request[Any, Any, Any]
_YEAR = timedelta(days=364)


class PeoplePages(Controller):
    """The roster."""

    path = "/places/{node_id:uuid}/people"
    include_in_schema = False
    request_max_body_size = evidence.CEILING

    @get("/", opt={"permission": Permission.FILE_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        node_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Who works here."""
        return await _page(request, uow, principal, node_id)

    @post("/", opt={"permission": Permission.FILE_WRITE})
    async def add(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        secrets: NamedDependency[Secrets], node_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Add somebody."""
        values = await pages.form_values(request)
        typed = Typed(values)
        form = StaffForm(
            name=typed.text("name"), id_number=typed.text("id_number"), kind=typed.text("kind"),
            starts_on=typed.needed("starts_on", "到岗日期"), ends_on=typed.day("ends_on"), duty=typed.text("duty"),
            proofs=typed.many("proofs"),
        )  # fmt: skip
        show = partial(_page, request, principal=principal, node_id=node_id)
        async with filled(request, uow, show, values), typed.checked():
            await roster.add(uow, secrets.sealer, node_id, form, await evidence.read(values))
        return pages.redirect(
            request, f"/places/{node_id}/people", say="加进名册了。证件号码只用来核对是不是同一个人，不保存原文。"
        )

    @post("/{site_staff_id:uuid}/end", opt={"permission": Permission.FILE_WRITE})
    async def end(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        node_id: FromPath[UUID],
        site_staff_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Note somebody's last day."""
        typed = Typed(await pages.form_values(request))
        async with sent_back(request, uow, f"/places/{node_id}/people"), typed.checked():
            await roster.end(uow, site_staff_id, typed.day("ends_on"))
        return pages.redirect(request, f"/places/{node_id}/people", say="记下了离岗日期。")

    @post("/{site_staff_id:uuid}/proofs", opt={"permission": Permission.FILE_WRITE})
    async def prove(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        node_id: FromPath[UUID],
        site_staff_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Add the photo of a proof."""
        values = await pages.form_values(request)
        async with sent_back(request, uow, f"/places/{node_id}/people"):
            photo = await evidence.read(values)
            if photo is None:
                raise Invalid([Fault("photo", "请先拍照或选一张照片。", "required")])
            await roster.prove(uow, site_staff_id, str(values.get("proof") or ""), photo)
        return pages.redirect(request, f"/places/{node_id}/people", say="证明存好了。")


async def _page(request: AnyRequest, uow: UnitOfWork, principal: Principal, node_id: UUID) -> Response[bytes]:
    found = await shown.load(uow, node_id)
    today = clock.business_date(uow.now)
    everybody = await roster.members(uow, found.path)
    photos = await kept.of(uow, roster.ABOUT, [one.id for one in everybody])
    here = [one for one in everybody if one.ends_on is None or one.ends_on >= today]
    least = await roster.least(uow, found.path, today - _YEAR, today)
    key = roster.least_by(found.node.kind)
    wanted = found.limits.held(found.path, key) if key else None
    on_duty = [one for one in here if one.starts_on <= today]
    return shown.render(
        request, principal, uow, "filing/people.html", found, "people",
        rows=[{"one": one, "photos": photos.get(one.id, []), "lacks": not roster.has_proof(one.kind, one.proofs)} for one in here],
        gone=[one for one in everybody if one not in here], least=least, wanted=wanted,
        full_time=sum(one.kind == "full_time" for one in on_duty), people=len(on_duty), markets=key == "market.min_staff",
        kinds=STAFF_KINDS, proofs=PROOFS,
    )  # fmt: skip
