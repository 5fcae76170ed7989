"""Without a network (R010): a page that the browser keeps, and what it wrote down there, entered later with its original time.

The page keeps entries itself (static/offline.js) and sends each one under its own Idempotency-Key. What is refused stays there
with the reason.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency

from linggong.insight import day
from linggong.insight.day import Expected
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.people import registration
from linggong.people.identity_numbers import surname_call
from linggong.stations import counter, queries
from linggong.web import menus, pages
from linggong.web.desk import register
from linggong.work import attend
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
MOST = 200
"""Entries that one browser keeps."""


class Kept(msgspec.Struct, frozen=True):
    """What a page asks for while there is a network: who is here, whom it may sign in as arrived, and the server's clock."""

    who: str
    csrf: str
    now: datetime
    most: int
    expected: list[Expected]


class Entered(msgspec.Struct, frozen=True):
    """It was entered."""

    said: str


class Worker(Controller):
    """The script by which a browser keeps the page; it governs /desk alone."""

    path = "/desk/worker.js"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PUBLIC_USE}, media_type="text/javascript", sync_to_thread=False)
    def script(self) -> Response[bytes]:
        """The script."""
        return Response(
            _SCRIPT,
            media_type="text/javascript",
            headers={
                "service-worker-allowed": "/desk",
                "x-content-type-options": "nosniff",
                "cache-control": "no-cache",
            },
        )


_SCRIPT = (pages.STATIC / "desk-worker.js").read_bytes()


class Offline(Controller):
    """The page, and what was written down on it."""

    path = "/desk/offline"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PERSON_REGISTER})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """Sign-in, registration and arrival as they go on without a network. Nobody's data stands in it."""
        return menus.render(
            request,
            principal,
            "desk/offline.html",
            form=pages.form_state(dict(register.FIRST)),
            most=MOST,
            **await register.choices(database, principal),
        )

    @get("/kept", opt={"permission": Permission.PERSON_REGISTER})
    async def kept(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets]
    ) -> Response[Kept]:
        """What the page needs for an hour without a network."""
        return Response(
            Kept(
                who=secrets.sign("viewer", str(uow.actor.id))[:12],
                csrf=pages.csrf_token(request, pages.session_token(request)),
                now=uow.now,
                most=MOST,
                expected=await day.expected(uow),
            ),
            headers={"cache-control": "no-store"},
        )

    @post("/register", status_code=200, opt={"permission": Permission.PERSON_REGISTER, "channel": "offline"})
    async def register(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets]
    ) -> Entered:
        """Register somebody who was written down without a network; raises Invalid with every fault."""
        values = await pages.form_values(request)
        at = _at(values)
        try:
            form, proxy = await register.read(uow, values)
            made = await registration.register_worker(
                uow, secrets.sealer, form, proxy=proxy, channel="offline", happened_at=at
            )
        except (Invalid, Conflict) as error:
            raise register.at_fields(error) from None
        called = surname_call(form.name)
        return Entered(f"{called}登记好了。" if made.created else f"{called}早就登记过，账号还是原来的。")

    @post("/sign_in", status_code=200, opt={"permission": Permission.QUEUE_SERVE, "channel": "offline"})
    async def sign_in(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        database: NamedDependency[Database],
    ) -> Entered:
        """Sign in who came while there was no network, with the time at which he came."""
        values = await pages.form_values(request)
        person = values.get("person")
        made = await counter.at_desk(
            uow, secrets, database, person_id=_id(person) if person else None,
            number=str(values.get("number", ""))[:40], came_at=_at(values),
        )  # fmt: skip
        ticket = await queries.one(uow, made)
        return Entered(f"签到了，{ticket.number} 号。")

    @post("/arrive", status_code=200, opt={"permission": Permission.ASSIGNMENT_ARRIVE, "channel": "offline"})
    async def arrive(self, request: AnyRequest, uow: NamedDependency[UnitOfWork]) -> Entered:
        """Note who came to his work while there was no network (36); it is a clerk's word, with the time at which he came."""
        if uow.actor.kind != "staff":
            raise NotFound
        values = await pages.form_values(request)
        await attend.arrive(uow, _id(values.get("one")), method="clerk", came_at=_at(values))
        return Entered("到岗记下了。")


def _id(raw: Any) -> UUID:
    try:
        return UUID(str(raw or ""))
    except ValueError:
        raise NotFound from None


def _at(values: dict[str, Any]) -> datetime:
    """Return the original time, in milliseconds since 1970 as browsers count; raises Invalid for what is no time."""
    try:
        ms = float(str(values.get("at", "")))
        if not math.isfinite(ms):
            raise ValueError
        return datetime.fromtimestamp(ms / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise Invalid([Fault("at", "没写明是几点的事，请重新记一次。", "time")]) from None
