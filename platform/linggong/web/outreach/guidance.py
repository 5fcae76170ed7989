"""Guidance of employers and warnings with their letter (R119)."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.db import UnitOfWork
from linggong.outreach import guidance
from linggong.outreach.codes import GUIDANCE_KINDS, GUIDANCE_STATES, GUIDANCE_TOPICS
from linggong.outreach.guidance import GuidanceForm
from linggong.web import menus, pages
from linggong.web.outreach import reading
from linggong.web.outreach.reading import AnyRequest
from linggong.web.refused import filled, sent_back
from rbac.permissions import Permission
from rbac.principal import Principal


class GuidancePages(Controller):
    """What employers were shown, and warned of."""

    path = "/outreach/guidance"
    include_in_schema = False

    @get("/", opt={"permission": Permission.OUTREACH_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """What is open first, and the form."""
        return await _guidance(request, uow, principal=principal)

    @post("/", opt={"permission": Permission.OUTREACH_RECORD})
    async def guide(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Write down what an employer was shown."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_guidance, request, principal=principal), values):
            form = reading.read(GuidanceForm, values, "happened_at", topics=reading.many(values, "topics"))
            await guidance.guide(uow, form)
        return pages.redirect(request, "/outreach/guidance", say="记下了，也告诉了雇主。")

    @post("/warnings", opt={"permission": Permission.EMPLOYER_WARN})
    async def warn(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Warn him by a letter."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_guidance, request, principal=principal), values):
            form = reading.read(GuidanceForm, values, "happened_at", topics=reading.many(values, "topics"))
            await guidance.warn(uow, form)
        return pages.redirect(request, "/outreach/guidance", say="警示函发出了，雇主手机上能看到。")

    @post("/{guidance_id:uuid}/check", opt={"permission": Permission.OUTREACH_RECORD})
    async def check(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], guidance_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Note whether it was put right."""
        values = await pages.form_values(request)
        async with sent_back(request, uow, "/outreach/guidance"):
            fixed = values.get("fixed") == "1"
            await guidance.check(uow, guidance_id, fixed=fixed, words=str(values.get("words") or ""))
        return pages.redirect(request, "/outreach/guidance", say="记下了。")


async def _guidance(request: AnyRequest, uow: UnitOfWork, *, principal: Principal) -> Response[bytes]:
    return reading.render(
        request, principal, "guidance.html", "guidance", rows=await guidance.recent(uow), kinds=GUIDANCE_KINDS,
        states=GUIDANCE_STATES, topics=reading.choices(GUIDANCE_TOPICS), employers=await reading.employer_options(uow),
        may_warn=menus.may(request, principal, Permission.EMPLOYER_WARN),
    )  # fmt: skip
