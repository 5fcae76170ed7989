"""A member of staff's account as its administrator secures it: password, second factor, PIN, lock, sessions."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.people import security
from linggong.people.security import SetUpCode
from linggong.people.security_api import administrator
from linggong.web import menus, pages
from linggong.web.portal.safety import PROOFS, sheet_page
from linggong.web.refused import sent_back
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]


class StaffSecurityPage(Controller):
    """/office/staff/ID/security."""

    path = "/office/staff/{staff_id:uuid}/security"
    include_in_schema = False
    opt = MappingProxyType({"permission": Permission.STAFF_SECURE})

    @get("/")
    async def page(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        staff_id: FromPath[UUID],
    ) -> Response[bytes]:
        """How the account is secured, and what can be done."""
        return await _page(request, database, secrets, principal, staff_id)

    @post("/password")
    async def password(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        staff_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Put a set-up code in place of the password; it is shown on this answer alone."""
        async with sent_back(request, None, _home(staff_id)):
            code = await security.reset_password(database, secrets, administrator(request, principal), staff_id)
        page = await _page(request, database, secrets, principal, staff_id, code=code)
        page.headers["cache-control"] = "no-store"
        return page

    @post("/factor")
    async def factor(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        principal: NamedDependency[Principal],
        staff_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Take the second factor."""
        async with sent_back(request, None, _home(staff_id)):
            await security.reset_factor(database, administrator(request, principal), staff_id)
        return _back(request, staff_id, "第二步重置了：下次登录时重新绑定，或现在给他印一次性码。")

    @post("/codes")
    async def codes(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        staff_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Print a new sheet of one-time codes for him."""
        async with sent_back(request, None, _home(staff_id)):
            sheet = await security.print_codes(database, secrets, administrator(request, principal), staff_id)
        return sheet_page(request, sheet, _home(staff_id))

    @post("/pin")
    async def pin(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        principal: NamedDependency[Principal],
        staff_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Take the PIN."""
        await security.reset_pin(database, administrator(request, principal), staff_id)
        return _back(request, staff_id, "PIN 清掉了，本人完整登录后可再设。")

    @post("/unlock")
    async def unlock(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        staff_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Lift the lock of too many wrong tries."""
        await security.unlock(database, secrets, administrator(request, principal), staff_id)
        return _back(request, staff_id, "解锁了，可以再登录。")

    @post("/sessions/end")
    async def end_sessions(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        principal: NamedDependency[Principal],
        staff_id: FromPath[UUID],
    ) -> Response[bytes]:
        """End all his sessions."""
        ended = await security.end_sessions(database, administrator(request, principal), staff_id)
        return _back(request, staff_id, f"{ended} 个登录都退出了。")

    @post("/sessions/{session_id:uuid}/end")
    async def end_session(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        principal: NamedDependency[Principal],
        staff_id: FromPath[UUID],
        session_id: FromPath[UUID],
    ) -> Response[bytes]:
        """End one of his sessions."""
        await security.end_session(database, administrator(request, principal), staff_id, session_id)
        return _back(request, staff_id, "那个登录退出了。")


def _home(staff_id: UUID) -> str:
    return f"/office/staff/{staff_id}/security"


def _back(request: AnyRequest, staff_id: UUID, say: str) -> Response[bytes]:
    return pages.redirect(request, _home(staff_id), say=say)


async def _page(
    request: AnyRequest,
    database: Database,
    secrets: Secrets,
    principal: Principal,
    staff_id: UUID,
    *,
    code: SetUpCode | None = None,
) -> Response[bytes]:
    found = await security.overview(database, secrets, administrator(request, principal), staff_id)
    own = staff_id == principal.id
    return menus.render(request, principal, "security/staff.html", person=found, proofs=PROOFS, code=code, own=own)


CONTROLLERS: list[Any] = [StaffSecurityPage]
