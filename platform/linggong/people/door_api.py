"""The door over HTTP: staff sign in; one's own security."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.errors import NotFound
from linggong.kernel.practice import COOKIES
from linggong.kernel.settings import Settings
from linggong.people import security, shared_desks, staff_sign_in
from linggong.people.door_guards import not_too_often
from linggong.people.factors import FactorState, PrintedSheet, TotpOffer
from linggong.people.security import SessionView
from linggong.people.sessions import SignedIn
from rbac.permissions import Permission
from rbac.principal import Principal

SESSION_COOKIE = f"{COOKIES}_session"
DESK_COOKIE = f"{COOKIES}_desk"
Request_ = Request[Any, Any, Any]
Code = Annotated[str, msgspec.Meta(max_length=12)]
Password = Annotated[str, msgspec.Meta(max_length=200)]


class PasswordForm(msgspec.Struct, forbid_unknown_fields=True):
    """A member of staff's name and password."""

    username: Annotated[str, msgspec.Meta(max_length=60)]
    password: Password


class FactorForm(msgspec.Struct, forbid_unknown_fields=True):
    """The six digits of the authenticator, or eight letters off the printed sheet."""

    code: Code


class BindForm(msgspec.Struct, forbid_unknown_fields=True):
    """An offered authenticator and its first code."""

    offer: Annotated[str, msgspec.Meta(max_length=2000)]
    code: Code


class NewPassword(msgspec.Struct, forbid_unknown_fields=True):
    """A password of one's own in place of a set-up code."""

    password: Password


class ChangePassword(msgspec.Struct, forbid_unknown_fields=True):
    """The present password and the new one."""

    old: Password
    new: Password


class PinForm(msgspec.Struct, forbid_unknown_fields=True):
    """Six digits for shared computers."""

    pin: Annotated[str, msgspec.Meta(max_length=6)]


class Ended(msgspec.Struct, frozen=True):
    """How many sessions ended."""

    ended: int


class Signed(msgspec.Struct, frozen=True):
    """What kind of session was opened, and what its writes must carry as X-CSRF-Token."""

    kind: str
    csrf_token: str


def signed_answer(signed: SignedIn, settings: Settings, secrets: Secrets) -> Response[Signed]:
    """Return the answer to a step of signing in; the token travels in the cookie alone."""
    cookie = Cookie(
        key=SESSION_COOKIE,
        value=signed.token,
        max_age=signed.max_age,
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies,
        path="/",
    )
    return Response(Signed(signed.kind, secrets.sign("csrf", signed.token)), cookies=[cookie])


def agent_of(request: Request_) -> str:
    """Return what the browser calls itself."""
    return request.headers.get("user-agent", "")[:200]


class StaffSignIn(Controller):
    """Signing in of staff; each step answers with a session of its own, whole or owing what its kind says."""

    path = "/api/v1/sign-in/staff"
    tags = ("sign-in",)
    guards = (not_too_often,)
    opt = MappingProxyType({"permission": Permission.PUBLIC_USE})

    @post("/", status_code=200)
    async def password(
        self,
        request: Request_,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        data: JSONBody[PasswordForm],
    ) -> Response[Signed]:
        """Name and password. `half`: the second factor is owed; `enrol`: a password or a factor is to be set first."""
        signed = await staff_sign_in.sign_in(
            database,
            secrets,
            data.username,
            data.password,
            agent=agent_of(request),
            device=request.cookies.get(DESK_COOKIE, ""),
            replaces=request.cookies.get(SESSION_COOKIE, ""),
        )
        return signed_answer(signed, settings, secrets)

    @post("/second-factor", status_code=200)
    async def factor(
        self,
        request: Request_,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        data: JSONBody[FactorForm],
    ) -> Response[Signed]:
        """The authenticator's code or a printed one."""
        token, device = request.cookies.get(SESSION_COOKIE, ""), request.cookies.get(DESK_COOKIE, "")
        signed = await staff_sign_in.second_factor(
            database, secrets, token, data.code, agent=agent_of(request), device=device
        )
        return signed_answer(signed, settings, secrets)

    @post("/own-password", status_code=200)
    async def own_password(
        self,
        request: Request_,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        data: JSONBody[NewPassword],
    ) -> Response[Signed]:
        """A password of one's own after a set-up code (session of kind enrol)."""
        token, device = request.cookies.get(SESSION_COOKIE, ""), request.cookies.get(DESK_COOKIE, "")
        signed = await staff_sign_in.choose_password(
            database, secrets, token, data.password, agent=agent_of(request), device=device
        )
        return signed_answer(signed, settings, secrets)

    @post("/enrol", status_code=200)
    async def offer(
        self, request: Request_, database: NamedDependency[Database], secrets: NamedDependency[Secrets]
    ) -> TotpOffer:
        """Offer an authenticator to a session of kind enrol."""
        owed = await staff_sign_in.owes(database, request.cookies.get(SESSION_COOKIE, ""))
        if owed is None or owed[1] != "bind":
            raise NotFound
        return await staff_sign_in.offer_totp(database, secrets, owed[0].account_id)

    @post("/enrol/confirm", status_code=200)
    async def confirm(
        self,
        request: Request_,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        data: JSONBody[BindForm],
    ) -> Response[Signed]:
        """Bind it with a first code: the session is whole."""
        token, device = request.cookies.get(SESSION_COOKIE, ""), request.cookies.get(DESK_COOKIE, "")
        signed = await staff_sign_in.enrol(
            database, secrets, token, data.offer, data.code, agent=agent_of(request), device=device
        )
        return signed_answer(signed, settings, secrets)


class OwnSecurity(Controller):
    """One's own password, factor, PIN and sessions."""

    path = "/api/v1/me"
    tags = ("me",)
    opt = MappingProxyType({"permission": Permission.SESSION_USE})

    @get("/sessions")
    async def sessions(
        self, principal: NamedDependency[Principal], database: NamedDependency[Database]
    ) -> list[SessionView]:
        """Where I am signed in; this browser first."""
        return await security.own_sessions(database, principal.id, principal.session_id)

    @delete("/sessions/{session_id:uuid}", status_code=200)
    async def end(
        self,
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        session_id: FromPath[UUID],
    ) -> Ended:
        """End one of my sessions."""
        await security.end_own_session(database, principal.actor(channel="api"), session_id)
        return Ended(1)

    @post("/sessions/end-others", status_code=200)
    async def end_others(self, principal: NamedDependency[Principal], database: NamedDependency[Database]) -> Ended:
        """End all my sessions but this one."""
        actor = principal.actor(channel="api")
        return Ended(await security.end_own_others(database, actor, principal.session_id))

    @get("/security")
    async def state(self, principal: NamedDependency[Principal], database: NamedDependency[Database]) -> FactorState:
        """My factors, and what my posts demand."""
        return await security.own_state(database, principal.id)

    @post("/password", status_code=200, guards=[not_too_often])
    async def password(
        self,
        request: Request_,
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        data: JSONBody[ChangePassword],
    ) -> Response[Signed]:
        """Change my password; all other sessions end, this one goes on under a new token."""
        actor, agent = principal.actor(channel="api"), agent_of(request)
        signed = await security.change_password(
            database, secrets, actor, principal.session_id, data.old, data.new, agent=agent
        )
        return signed_answer(signed, settings, secrets)

    @post("/totp", status_code=200)
    async def offer(
        self,
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
    ) -> TotpOffer:
        """Offer an authenticator to bind."""
        return await security.offer_own_totp(database, secrets, principal.id, principal.session_id)

    @post("/totp/confirm", status_code=200, guards=[not_too_often])
    async def confirm(
        self,
        request: Request_,
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        data: JSONBody[BindForm],
    ) -> Response[Signed]:
        """Bind it with a first code; this session goes on under a new token."""
        actor, agent = principal.actor(channel="api"), agent_of(request)
        signed = await security.bind_own_totp(
            database, secrets, actor, principal.session_id, data.offer, data.code, agent=agent
        )
        return signed_answer(signed, settings, secrets)

    @post("/codes", status_code=200)
    async def codes(
        self,
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
    ) -> PrintedSheet:
        """Print a new sheet of one-time codes; the old one is void."""
        actor = principal.actor(channel="api")
        return await security.print_own_codes(database, secrets, actor, principal.session_id)

    @post("/pin", status_code=200)
    async def pin(
        self,
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        data: JSONBody[PinForm],
    ) -> FactorState:
        """Choose my PIN for shared computers."""
        actor = principal.actor(channel="api")
        await shared_desks.set_pin(database, actor, principal.session_id, data.pin)
        return await security.own_state(database, principal.id)


CONTROLLERS: list[Any] = [StaffSignIn, OwnSecurity]
