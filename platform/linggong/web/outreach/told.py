"""What was told to people: briefings with their photo, publications by channel, followers by month (R059, R086, R111)."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import Annotated

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from linggong.insight.api import top_of
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath
from linggong.outreach import briefings, posts, publicity
from linggong.outreach.briefings import BriefingForm
from linggong.outreach.codes import MEDIA, PLATFORMS, PUBLICITY_KINDS
from linggong.outreach.publicity import PublicityForm, SnapshotForm
from linggong.web import evidence, pages
from linggong.web.outreach import reading
from linggong.web.outreach.reading import AnyRequest
from linggong.web.places import counties
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal


class BriefingPages(Controller):
    """Policy briefings."""

    path = "/outreach/briefings"
    include_in_schema = False

    @get("/", opt={"permission": Permission.OUTREACH_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The latest, and the form."""
        return await _briefings(request, uow, principal=principal)

    @post("/", request_max_body_size=evidence.CEILING, opt={"permission": Permission.OUTREACH_RECORD})
    async def record(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Write one down."""
        values = await pages.form_values(request)
        photo = await evidence.read(values)
        async with filled(request, uow, partial(_briefings, request, principal=principal), values):
            form = reading.read(BriefingForm, values, "happened_at", **reading.placed(photo))
            row = await briefings.record(uow, form, reading.needed(photo))
        return pages.redirect(request, "/outreach/briefings", say=f"记下了，追溯码 {row.trace_code}。")


async def _briefings(request: AnyRequest, uow: UnitOfWork, *, principal: Principal) -> Response[bytes]:
    return reading.render(request, principal, "briefings.html", "briefings", rows=await briefings.recent(uow))


class PublicityPages(Controller):
    """Publications and followers."""

    path = "/outreach/publicity"
    include_in_schema = False
    opt = MappingProxyType({"permission": Permission.OUTREACH_RECORD})

    @get("/", opt={"permission": Permission.OUTREACH_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        path: Annotated[str, QueryParameter(max_length=120)] = "",
    ) -> Response[bytes]:  # fmt: skip
        """The latest, the accounts, and the forms."""
        return await _publicity(request, uow, principal=principal, path=path)

    @post("/", request_max_body_size=evidence.CEILING)
    async def record(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Write down what was published."""
        values = await pages.form_values(request)
        photo = await evidence.read(values)
        async with filled(request, uow, partial(_publicity, request, principal=principal), values):
            row = await publicity.record(uow, reading.read(PublicityForm, values, "happened_at"), photo)
        return pages.redirect(request, "/outreach/publicity", say=f"记下了，追溯码 {row.trace_code}。")

    @get("/followers", opt={"permission": Permission.OUTREACH_READ})
    async def followers(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The accounts with their numbers, and the form."""
        return await _followers(request, uow, principal=principal)

    @post("/followers", request_max_body_size=evidence.CEILING)
    async def snapshot(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Keep the month's number."""
        values = await pages.form_values(request)
        photo = await evidence.read(values)
        async with filled(request, uow, partial(_followers, request, principal=principal), values):
            row = await publicity.snapshot(uow, reading.read(SnapshotForm, values), reading.needed(photo))
        return pages.redirect(
            request, "/outreach/publicity/followers", say=f"{row.month.month} 月的粉丝数记下了，不能再改。"
        )


async def _publicity(request: AnyRequest, uow: UnitOfWork, *, principal: Principal, path: str = "") -> Response[bytes]:
    top = TenantPath((await top_of(uow, path or None)).path)
    return reading.render(
        request, principal, "publicity.html", "publicity", rows=await publicity.recent(uow), media=MEDIA,
        year=await posts.year(uow, top, clock.business_date(uow.now)), counties=await counties(uow, top),
        kinds=PUBLICITY_KINDS, media_choices=reading.choices(MEDIA), kind_choices=reading.choices(PUBLICITY_KINDS),
    )  # fmt: skip


async def _followers(request: AnyRequest, uow: UnitOfWork, *, principal: Principal) -> Response[bytes]:
    return reading.render(
        request, principal, "followers.html", "publicity", accounts=await publicity.accounts(uow), platforms=PLATFORMS,
        platform_choices=reading.choices(PLATFORMS),
    )  # fmt: skip
