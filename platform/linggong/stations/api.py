"""The hall over HTTP: signing in for a number, the queue, the screens of a station."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.paging import Page
from linggong.stations import counter, phones, queries, queue, screens
from linggong.stations.phones import MyNumber
from linggong.stations.queries import TicketView
from linggong.stations.screens import BeatView, ScreenView
from rbac.permissions import Permission

Typed = Annotated[str, msgspec.Meta(max_length=40)]
TradeCode = Annotated[str, msgspec.Meta(max_length=20)]


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """Who came: a person whom this post serves, or an identity number or telephone as it was typed.

    `came_at` is the original time of an entry that was made without a network (R010).
    """

    person_id: UUID | None = None
    number: Typed = ""
    trades: list[TradeCode] = []
    came_at: datetime | None = None


class NewScreen(msgspec.Struct, forbid_unknown_fields=True):
    """A wall or a kiosk to be registered."""

    kind: Literal["wall", "kiosk"]
    name: Annotated[str, msgspec.Meta(max_length=60)]


class RegisteredScreen(msgspec.Struct, frozen=True):
    """A new screen; its address is told this once."""

    id: UUID
    address: str


class ShownCode(msgspec.Struct, forbid_unknown_fields=True):
    """The four digits that the station's wall shows today."""

    code: Annotated[str, msgspec.Meta(max_length=12)]


class Queue(Controller):
    """Today's queue at the desk."""

    path = "/api/v1/queue"
    tags = ("hall",)

    @get("/", opt={"permission": Permission.QUEUE_READ})
    async def today(self, uow: NamedDependency[UnitOfWork]) -> Page[TicketView]:
        """Today's numbers of this post and those below it, in the order of coming."""
        return Page(await queries.today(uow))

    @post("/tickets", opt={"permission": Permission.QUEUE_SERVE})
    async def sign_in(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        database: NamedDependency[Database],
        data: JSONBody[SignIn],
    ) -> TicketView:
        """Give a number, or the one that he has already today; the same call again changes nothing."""
        row = await counter.at_desk(
            uow,
            secrets,
            database,
            person_id=data.person_id,
            number=data.number,
            trades=data.trades,
            came_at=data.came_at,
        )
        return await queries.one(uow, row)

    @post("/tickets/{ticket_id:uuid}/call", status_code=200, opt={"permission": Permission.QUEUE_SERVE})
    async def call(self, uow: NamedDependency[UnitOfWork], ticket_id: FromPath[UUID]) -> TicketView:
        """Call a number; again, when nobody came."""
        await queue.call(uow, ticket_id)
        return await queries.one(uow, ticket_id)

    @post("/tickets/{ticket_id:uuid}/left", status_code=200, opt={"permission": Permission.QUEUE_SERVE})
    async def left(self, uow: NamedDependency[UnitOfWork], ticket_id: FromPath[UUID]) -> TicketView:
        """Note that he has gone."""
        await queue.leave(uow, ticket_id)
        return await queries.one(uow, ticket_id)


class Screens(Controller):
    """The walls and kiosks of a station."""

    path = "/api/v1/screens"
    tags = ("hall",)

    @get("/", opt={"permission": Permission.SCREEN_READ})
    async def listed(self, uow: NamedDependency[UnitOfWork]) -> Page[ScreenView]:
        """The screens at this post and below it, with their last sign of life."""
        return Page(await screens.listed(uow))

    @post("/", opt={"permission": Permission.SCREEN_MANAGE})
    async def register(self, uow: NamedDependency[UnitOfWork], data: JSONBody[NewScreen]) -> RegisteredScreen:
        """Register a screen at this post; its secret address is told once."""
        row, token = await screens.register(uow, kind=data.kind, name=data.name)
        return RegisteredScreen(row.id, address(row.kind, token))

    @delete("/{screen_id:uuid}", status_code=204, opt={"permission": Permission.SCREEN_MANAGE})
    async def end(self, uow: NamedDependency[UnitOfWork], screen_id: FromPath[UUID]) -> None:
        """Take its address away."""
        await screens.end(uow, screen_id)

    @get("/{screen_id:uuid}/beats", opt={"permission": Permission.SCREEN_READ})
    async def beats(self, uow: NamedDependency[UnitOfWork], screen_id: FromPath[UUID]) -> Page[BeatView]:
        """The hours of the last two days in which it was alive."""
        return Page(await screens.beats(uow, screen_id))


class OwnPhone(Controller):
    """A worker's own phone."""

    path = "/api/v1/my/number"
    tags = ("hall",)

    @post("/", opt={"permission": Permission.QUEUE_JOIN})
    async def join(
        self,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        database: NamedDependency[Database],
        data: JSONBody[ShownCode],
    ) -> MyNumber:
        """Sign oneself in, with the code that the wall of the station shows today."""
        return await phones.join(database, secrets, uow.actor, data.code)


def address(kind: str, token: str) -> str:
    """Return the path of a screen's page."""
    return f"/{'kiosk' if kind == 'kiosk' else 'screen'}/{token}"


CONTROLLERS = [Queue, Screens, OwnPhone]
