"""The kiosk (自助机): a number for whoever comes before the clerk does, on an old computer, scripts or not.

Somebody types his identity number or telephone on big keys or lets a reader type it, and gets a number. Nothing of anybody
else is ever shown, and of himself only what he is called: 李师傅. The page of the number has a signed address that is good for
two minutes, so that nobody finds it in the browser's history.
"""

from __future__ import annotations

from datetime import timedelta
from hmac import compare_digest
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from markupsafe import Markup

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.errors import Forbidden, Invalid, NotFound, TooMany
from linggong.kernel.settings import Settings
from linggong.people import limits
from linggong.stations import poster, queries, queue, screens, wall, who
from linggong.stations.models import Ticket
from linggong.stations.screens import Standing
from linggong.web import pages
from linggong.web.hall.device import begin_again, day_words
from rbac.permissions import Permission
from tenants.models import Node

AnyRequest = Request[Any, Any, Any]
_KEYS = "123456789X0"
_MOST_TYPED = 18
_A_MINUTE, _UNKNOWN_AN_HOUR = 30, 90
_SHOWN = timedelta(minutes=2)
BACK_AFTER = 20
"""Seconds for which the number stands before the next one may come."""


class Kiosk(Controller):
    """One kiosk, at its secret address."""

    path = "/kiosk/{token:str}"
    include_in_schema = False
    exception_handlers = {Forbidden: begin_again}  # noqa: RUF012 - Litestar reads it from the class

    @get("/", opt={"permission": Permission.PUBLIC_USE})
    async def start(
        self, request: AnyRequest, database: NamedDependency[Database], token: FromPath[str]
    ) -> Response[bytes]:
        """The start: one field, big keys."""
        screen = await screens.of_token(database, token, "kiosk")
        return _start(request, screen, token)

    @post("/", opt={"permission": Permission.PUBLIC_USE})
    async def press(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        token: FromPath[str],
    ) -> Response[bytes]:
        """A key (without scripts each is a round trip), or 签到."""
        screen = await screens.of_token(database, token, "kiosk")
        values = await pages.form_values(request)
        typed = str(values.get("number", ""))[:40]
        key = str(values.get("key", ""))
        if key:
            return _start(request, screen, token, typed=_after(typed, key))
        await screens.beat(database, screen)
        try:
            ticket = await _sign_in(database, secrets, screen, typed)
        except (Invalid, TooMany) as error:
            words = "".join(f.message for f in error.faults) if isinstance(error, Invalid) else error.detail
            return _start(request, screen, token, typed=typed, fault=words, status=error.status)
        until = int((clock.now() + _SHOWN).timestamp())
        mark = _mark(secrets, screen, ticket.id, until)
        return pages.redirect(request, f"/kiosk/{quote(token)}/number?ticket={ticket.id}&until={until}&mark={mark}")

    @get("/number", opt={"permission": Permission.PUBLIC_USE})
    async def number(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        token: FromPath[str],
        ticket: Annotated[UUID, QueryParameter()],
        until: Annotated[int, QueryParameter()] = 0,
        mark: Annotated[str, QueryParameter(max_length=80)] = "",
    ) -> Response[bytes]:
        """The number that was given, for a moment; then back to the start by itself."""
        screen = await screens.of_token(database, token, "kiosk")
        fresh = clock.now().timestamp() <= until
        if not fresh or not compare_digest(mark.encode(), _mark(secrets, screen, ticket, until).encode()):
            return pages.redirect(request, f"/kiosk/{quote(token)}")
        async with database.begin(screen.actor, screen.scope, read_only=True) as uow:
            row = await uow.session.get(Ticket, ticket)
            if row is None:
                raise NotFound
            call, before = await queries.called_name(uow, row), await queries.waiting_before(uow, row)
            area = await wall.area_of(uow, screen.tenant)
            node = await uow.session.get_one(Node, screen.node_id)
            opens = node.opening_hours or ""
        board = f"{settings.address}/?county={quote(area.path, safe='')}"
        return pages.render(
            request,
            "hall/kiosk_number.html",
            token=token,
            station=screen.station,
            number=row.number,
            code=row.code,
            call=call,
            before=before,
            known=row.person_id is not None,
            opens=opens,
            today=day_words(),
            at=row.came_at,
            back_after=BACK_AFTER,
            qr=Markup(poster.qr_inline(board)),  # noqa: S704 - drawn here from an address of ours
            forget={"seconds": BACK_AFTER, "href": f"/kiosk/{token}"},
        )

    @post("/beat", status_code=204, opt={"permission": Permission.PUBLIC_USE})
    async def beat(self, database: NamedDependency[Database], token: FromPath[str]) -> None:
        """It is alive."""
        await screens.beat(database, await screens.of_token(database, token, "kiosk"))


def _start(
    request: AnyRequest, screen: Standing, token: str, *, typed: str = "", fault: str = "", status: int = 200
) -> Response[bytes]:
    return pages.render(
        request,
        "hall/kiosk.html",
        status=status,
        token=token,
        station=screen.station,
        typed=typed,
        fault=fault,
        keys=list(_KEYS),
        today=day_words(),
    )


def _after(typed: str, key: str) -> str:
    if key == "back":
        return typed[:-1]
    if key == "clear":
        return ""
    return (typed + key)[:_MOST_TYPED] if key in _KEYS and len(key) == 1 else typed


async def _sign_in(database: Database, secrets: Secrets, screen: Standing, typed: str) -> Ticket:
    await limits.take_at_once(  # counted also when what was typed is refused
        database, secrets, "kiosk", str(screen.id), most=_A_MINUTE, window=timedelta(minutes=1),
        say="按得太快了，请等一分钟再来。",
    )  # fmt: skip
    async with database.system(read_only=True) as uow:
        known = await who.recognise(uow, secrets.sealer, typed, at=screen.tenant)
    if known.person_id is None:
        await limits.take_at_once(
            database, secrets, "kiosk-new", str(screen.id), most=_UNKNOWN_AN_HOUR, window=timedelta(hours=1),
            say="没登记过的人取号太多了，请等工作人员来。",
        )  # fmt: skip
    async with database.begin(screen.actor, screen.scope) as uow:
        return await queue.sign_in(uow, at=screen.tenant, channel="kiosk", typed=known, screen_id=screen.id)


def _mark(secrets: Secrets, screen: Standing, ticket: UUID, until: int) -> str:
    return secrets.sign("kiosk", f"{screen.id}|{ticket}|{until}")[:40]
