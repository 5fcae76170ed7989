"""Tools, rooms and lockers at the desk; what visitors think of the station (R036, R102, ruling 25)."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.services import codes, ratings, things
from linggong.services.ratings import RatingForm
from linggong.services.things import UseForm
from linggong.web import pages
from linggong.web.refused import filled, sent_back
from linggong.web.services.desk import rate_code
from linggong.web.services.shown import AnyRequest, options, read, render, typed
from rbac.permissions import Permission
from rbac.principal import Principal


class Things(Controller):
    """What the hall lends."""

    path = "/desk/things"
    include_in_schema = False

    @get("/", opt={"permission": Permission.SERVICE_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """What is there, who has it, what is booked."""
        return await _things(request, principal, uow)

    @post("/", opt={"permission": Permission.SERVICE_TAKE})
    async def add(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Register a thing."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_things, request, principal), values):
            await things.add(uow, typed(values, "kind"), typed(values, "name"))
        return pages.redirect(request, "/desk/things", say="登记好了。")

    @post("/{service_thing_id:uuid}/use", opt={"permission": Permission.SERVICE_TAKE})
    async def use(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal], service_thing_id: FromPath[UUID],
    ) -> Response[bytes]:  # fmt: skip
        """Lend it, or book it."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_things, request, principal), values):
            made = await things.use(uow, secrets.sealer, service_thing_id, read(UseForm, values))
        return pages.redirect(request, "/desk/things", say=f"记下了，编号 {made.trace_code}。不收钱。")

    @post("/{service_thing_id:uuid}/retire", opt={"permission": Permission.SERVICE_TAKE})
    async def retire(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], service_thing_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Take it off the list."""
        async with sent_back(request, uow, "/desk/things"):
            await things.retire(uow, service_thing_id)
        return pages.redirect(request, "/desk/things", say="去掉了。")

    @post("/uses/{thing_use_id:uuid}/back", opt={"permission": Permission.SERVICE_TAKE})
    async def back(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], thing_use_id: FromPath[UUID]
    ) -> Response[bytes]:
        """It is back."""
        values = await pages.form_values(request)
        async with sent_back(request, uow, "/desk/things"):
            await things.give_back(uow, thing_use_id, typed(values, "condition") or "good")
        return pages.redirect(request, "/desk/things", say="还了，记下了。")


async def _things(request: AnyRequest, principal: Principal, uow: UnitOfWork) -> Response[bytes]:
    return render(
        request,
        principal,
        "things.html",
        "things",
        things=await things.things(uow),
        coming=await things.uses(uow, ahead=True),
        latest=await things.uses(uow),
        kinds=options(codes.THINGS),
        conditions=options(codes.CONDITIONS),
    )


class _Written(msgspec.Struct):
    """When a paper was written, where that is typed in later."""

    at: datetime | None = None


class Ratings(Controller):
    """What visitors think."""

    path = "/desk/ratings"
    include_in_schema = False

    @get("/", opt={"permission": Permission.SERVICE_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The months, the latest words, the code for the wall."""
        return await _ratings(request, principal, uow)

    @post("/", opt={"permission": Permission.SERVICE_TAKE})
    async def paper(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Type a paper in."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_ratings, request, principal), values):
            form, written = read(RatingForm, values), read(_Written, values)
            await ratings.on_paper(uow, form, channel=typed(values, "channel") or "paper", at=written.at)
        return pages.redirect(request, "/desk/ratings", say="记下了。")


async def _ratings(request: AnyRequest, principal: Principal, uow: UnitOfWork) -> Response[bytes]:
    post = principal.acting
    return render(
        request,
        principal,
        "ratings.html",
        "ratings",
        names=codes.DIMENSIONS,
        trend=await ratings.trend(uow, post.path),
        latest=await ratings.latest(uow, post.path),
        rate_svg=rate_code(request, str(post.node_id)),
        place=post.node_name,
    )
