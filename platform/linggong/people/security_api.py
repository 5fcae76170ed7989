"""Over HTTP: what an administrator does for the account of a member of staff inside his scope."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any
from uuid import UUID

from litestar import Controller, Request, delete, get, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.people import security
from linggong.people.door_api import Ended
from linggong.people.factors import PrintedSheet
from linggong.people.security import Administrator, Overview, SessionView, SetUpCode
from rbac.permissions import Permission
from rbac.principal import Principal
from rbac.store import DecisionStore

Request_ = Request[Any, Any, Any]


def administrator(connection: ASGIConnection[Any, Any, Any, Any], principal: Principal) -> Administrator:
    """Return who asks, with the scope that the decisions in force give him for the security of accounts."""
    store: DecisionStore = connection.app.state.decisions
    channel = "api" if connection.scope["path"].startswith("/api/") else "web"
    request_id = str(connection.scope.get("state", {}).get("request_id", ""))
    scope = store.current.scope(principal, Permission.STAFF_SECURE)
    return Administrator(principal.actor(channel=channel, request_id=request_id), scope)


class StaffSecurity(Controller):
    """What an administrator does for the account of a member of staff inside his scope."""

    path = "/api/v1/staff/{staff_id:uuid}"
    tags = ("staff",)
    opt = MappingProxyType({"permission": Permission.STAFF_SECURE})

    @get("/security")
    async def overview(
        self,
        request: Request_,
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        staff_id: FromPath[UUID],
    ) -> Overview:
        """Factors, lock and sessions of an account."""
        return await security.overview(database, secrets, administrator(request, principal), staff_id)

    @get("/sessions")
    async def sessions(
        self,
        request: Request_,
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        staff_id: FromPath[UUID],
    ) -> list[SessionView]:
        """Where somebody is signed in."""
        found = await security.overview(database, secrets, administrator(request, principal), staff_id)
        return found.sessions

    @delete("/sessions/{session_id:uuid}", status_code=200)
    async def end_session(
        self,
        request: Request_,
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        staff_id: FromPath[UUID],
        session_id: FromPath[UUID],
    ) -> Ended:
        """End one session of somebody."""
        await security.end_session(database, administrator(request, principal), staff_id, session_id)
        return Ended(1)

    @post("/sessions/end", status_code=200)
    async def end_sessions(
        self,
        request: Request_,
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        staff_id: FromPath[UUID],
    ) -> Ended:
        """End all sessions of somebody."""
        return Ended(await security.end_sessions(database, administrator(request, principal), staff_id))

    @post("/reset-password", status_code=200)
    async def reset_password(
        self,
        request: Request_,
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        staff_id: FromPath[UUID],
    ) -> SetUpCode:
        """Put a set-up code in place of the password."""
        return await security.reset_password(database, secrets, administrator(request, principal), staff_id)

    @post("/reset-factor", status_code=200)
    async def reset_factor(
        self,
        request: Request_,
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        staff_id: FromPath[UUID],
    ) -> Overview:
        """Take the second factor; a new one is bound at the next sign-in."""
        by = administrator(request, principal)
        await security.reset_factor(database, by, staff_id)
        return await security.overview(database, secrets, by, staff_id)

    @post("/reset-pin", status_code=200)
    async def reset_pin(
        self,
        request: Request_,
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        staff_id: FromPath[UUID],
    ) -> Overview:
        """Take the PIN."""
        by = administrator(request, principal)
        await security.reset_pin(database, by, staff_id)
        return await security.overview(database, secrets, by, staff_id)

    @post("/unlock", status_code=200)
    async def unlock(
        self,
        request: Request_,
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        staff_id: FromPath[UUID],
    ) -> Overview:
        """Lift the lock of too many wrong tries."""
        by = administrator(request, principal)
        await security.unlock(database, secrets, by, staff_id)
        return await security.overview(database, secrets, by, staff_id)

    @post("/codes", status_code=200)
    async def codes(
        self,
        request: Request_,
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        staff_id: FromPath[UUID],
    ) -> PrintedSheet:
        """Print a new sheet of one-time codes for somebody; the old one is void."""
        return await security.print_codes(database, secrets, administrator(request, principal), staff_id)


CONTROLLERS: list[Any] = [StaffSecurity]
