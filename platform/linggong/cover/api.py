"""Cover over HTTP: products, what an order adds, what a worker is told, waivers, and the insurer's callback."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from litestar import Controller, Request, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from linggong.cover import choices, line, products, protocol, queries, waivers
from linggong.cover.choices import ChoiceForm
from linggong.cover.products import ProductForm
from linggong.cover.queries import CoverState, ProductView, Told
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.paths import TenantPath, tenant_path
from linggong.kernel.settings import Settings
from linggong.people.models import Person
from linggong.people.service_links import served_by
from rbac.permissions import Permission


class NewProduct(ProductForm, forbid_unknown_fields=True, kw_only=True):
    """A product, and the place that offers it."""

    place: Annotated[str, msgspec.Meta(max_length=160)]


class Waiving(msgspec.Struct, forbid_unknown_fields=True):
    """Why there is no cover, in the employer's words."""

    reason: Annotated[str, msgspec.Meta(max_length=200)]


class Acknowledging(msgspec.Struct, forbid_unknown_fields=True):
    """The warning that was shown or read aloud, by its SHA-256 in hex."""

    text_hash: Annotated[str, msgspec.Meta(max_length=64)]


class Taken(msgspec.Struct, frozen=True):
    """What became of an answer that the insurer brought."""

    heard: str


def place_of(raw: str | None, uow: UnitOfWork) -> TenantPath:
    """Return the place asked for, or the highest one of the scope. Raises Invalid for a malformed path, NotFound outside."""
    if raw is None:
        place = uow.scope.trees[0] if uow.scope.trees else None
    else:
        try:
            place = tenant_path(raw)
        except ValueError:
            raise Invalid([Fault("path", "地方的路径写法不对。", "path")]) from None
    if place is None or not uow.scope.covers(place):
        raise NotFound
    return place


async def _birthday(uow: UnitOfWork, worker_id: UUID | None) -> date | None:
    """Return whose birthday decides: a worker's own, or that of one whom the asking station serves; None for nobody."""
    if uow.actor.kind == "worker":
        worker_id = uow.actor.id
    if worker_id is None or uow.actor.kind == "employer":
        return None
    found = sa.select(Person.birth_date).where(Person.id == worker_id)
    if uow.actor.kind == "staff":
        found = found.where(served_by(uow, Person.id))
    born: date | None = await uow.session.scalar(found)
    if born is None:
        raise NotFound
    return born


async def _state(uow: UnitOfWork, engagement_id: UUID) -> CoverState:
    await uow.flush()
    found = await queries.cover_of(uow, engagement_id)
    if found is None:
        raise NotFound
    return found


class CoverOffer(Controller):
    """What places offer, and how far it reaches."""

    path = "/api/v1/cover"
    tags = ("cover",)

    @get("/products", opt={"permission": Permission.BOARD_READ})
    async def products(
        self, uow: NamedDependency[UnitOfWork], place: FromQuery[str], off: FromQuery[bool] = False
    ) -> list[ProductView]:
        """Products that orders at a place can have; `off` with those no longer on offer."""
        try:
            path = tenant_path(place)
        except ValueError:
            raise Invalid([Fault("place", "地方的路径写法不对。", "path")]) from None
        return [queries.product_view(p) for p in await queries.products(uow, path, also_off=off)]

    @post("/products", opt={"permission": Permission.COVER_MANAGE})
    async def add(self, uow: NamedDependency[UnitOfWork], data: JSONBody[NewProduct]) -> ProductView:
        """Offer a product at a place and below it."""
        try:
            path = tenant_path(data.place)
        except ValueError:
            raise Invalid([Fault("place", "地方的路径写法不对。", "path")]) from None
        return queries.product_view(await products.add_product(uow, path, data))

    @put("/products/{product_id:uuid}", opt={"permission": Permission.COVER_MANAGE})
    async def change(
        self, uow: NamedDependency[UnitOfWork], product_id: FromPath[UUID], data: JSONBody[ProductForm]
    ) -> ProductView:
        """Change a product, or take it off the list; policies that exist keep what was agreed."""
        return queries.product_view(await products.change_product(uow, product_id, data))


class OrderCover(Controller):
    """Cover of an order, before anybody takes it."""

    path = "/api/v1/orders/{order_id:uuid}/cover"
    tags = ("cover",)

    @get("/", opt={"permission": Permission.ENGAGEMENT_READ})
    async def told(
        self, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID], worker_id: FromQuery[UUID | None] = None
    ) -> Told:
        """Can this worker be insured for this order, by what, and if not, why not; staff name the worker."""
        return await queries.told(uow, order_id, await _birthday(uow, worker_id))

    @put("/", opt={"permission": Permission.ORDER_CREATE})
    async def choose(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        order_id: FromPath[UUID],
        data: JSONBody[ChoiceForm],
    ) -> ProductView | None:
        """Add a top-up that the employer pays, and the number of his 工伤保险; returns the top-up."""
        row = await choices.choose(uow, secrets.sealer, order_id, data)
        offered = await queries.products(uow, row.tenant)
        chosen = next((p for p in offered if p.id == row.topup_id), None)
        return None if chosen is None else queries.product_view(chosen)


class EngagementCover(Controller):
    """Cover of one worker on one order."""

    path = "/api/v1/engagements/{engagement_id:uuid}/cover"
    tags = ("cover",)

    @get("/", opt={"permission": Permission.ENGAGEMENT_READ})
    async def state(self, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID]) -> CoverState:
        """Policies, waiver, and the one state that they make."""
        return await _state(uow, engagement_id)

    @post("/waiver", opt={"permission": Permission.ENGAGEMENT_OFFER})
    async def waive(
        self, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID], data: JSONBody[Waiving]
    ) -> CoverState:
        """The employer states that this worker works without cover; the worker is warned and may leave."""
        await waivers.waive(uow, engagement_id, reason=data.reason)
        return await _state(uow, engagement_id)

    @post("/waiver/acknowledgement", opt={"permission": Permission.ENGAGEMENT_CONFIRM})
    async def acknowledge(
        self, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID], data: JSONBody[Acknowledging]
    ) -> CoverState:
        """The warned worker goes all the same."""
        await waivers.acknowledge(uow, engagement_id, text_hash=data.text_hash)
        return await _state(uow, engagement_id)


class InsurerDoor(Controller):
    """Where the insurer brings its decisions."""

    path = protocol.CALLBACK_PATH
    tags = ("cover",)

    @post("/", opt={"permission": Permission.PUBLIC_USE}, status_code=200)
    async def callback(
        self,
        request: Request[Any, Any, Any],
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        secrets: NamedDependency[Secrets],
    ) -> Taken:
        """Take a signed answer about a call of ours; the same answer again changes nothing."""
        body = await request.body()
        if len(body) > protocol.MOST_BYTES:
            raise Invalid([Fault("", "内容太长。", "reply")])
        key = line.key_of(settings, secrets)
        return Taken(await line.callback(database, key, request.headers.get(protocol.SIGNATURE, ""), body))


CONTROLLERS: list[Any] = [CoverOffer, OrderCover, EngagementCover, InsurerDoor]
