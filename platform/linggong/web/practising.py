"""`/practice`: what the practice market is and how to get there; in it, the way back and a fresh start."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency

from linggong.kernel import practice
from linggong.kernel.errors import Forbidden, NotFound
from linggong.kernel.settings import Settings
from linggong.web import menus
from rbac.permissions import Permission
from rbac.principal import Principal
from rbac.roles import Role

AnyRequest = Request[Any, Any, Any]
MANAGERS = frozenset(
    {
        Role.STATION_MANAGER, Role.STREET_OPERATOR, Role.COUNTY_OPERATOR, Role.COUNTY_BUREAU, Role.CITY_BUREAU,
        Role.SYSADMIN,
    }
)  # fmt: skip
_AGAIN_AFTER = 15
_HERE = ("127.0.0.1", "localhost", "::1")


class Practice(Controller):
    """The door between the two markets."""

    path = "/practice"
    include_in_schema = False

    @get("/", opt={"permission": Permission.SESSION_USE})
    async def page(
        self, request: AnyRequest, settings: NamedDependency[Settings], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """What it is; the way there or back."""
        if not principal.is_staff:
            raise NotFound
        href = _over(request, settings)
        ready = practice.PRACTISING or bool(href and await _answers(settings.practice_port))
        return menus.render(
            request, principal, "office/practice.html", practising=practice.PRACTISING, open=bool(href), ready=ready,
            may_reset=practice.PRACTISING and principal.acting.role in MANAGERS, going=False,
        )  # fmt: skip

    @get("/over", opt={"permission": Permission.SESSION_USE})
    async def over(self, request: AnyRequest, settings: NamedDependency[Settings]) -> Response[bytes]:
        """Lead to the door of the other market."""
        href = _over(request, settings)
        if not href:
            raise NotFound
        door = href if practice.PRACTISING else f"{href}/sign-in/staff"
        return Response(b"", status_code=303, headers={"location": door})

    @post("/reset", opt={"permission": Permission.SESSION_USE})
    async def reset(
        self, request: AnyRequest, settings: NamedDependency[Settings], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Ask for a fresh practice market; whoever starts it sees the mark and does so."""
        if not practice.PRACTISING:
            raise NotFound
        if principal.acting.role not in MANAGERS:
            raise Forbidden("重来会清掉所有人练的东西，请站长来按。")
        (settings.data_dir / practice.RESET).touch()
        return menus.render(
            request, principal, "office/practice.html", practising=True, open=True, ready=True,
            may_reset=False, going=True, forget={"seconds": _AGAIN_AFTER, "href": "/sign-in/staff"},
        )  # fmt: skip


def _over(request: AnyRequest, settings: Settings) -> str:
    """Return the other market's address; '' when whoever asks cannot reach it: this computer's loopback is not his."""
    href = settings.real_url if practice.PRACTISING else practice.address(settings)
    return "" if href.startswith("http://127.0.0.1") and request.url.hostname not in _HERE else href


async def _answers(port: int) -> bool:
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(0.5):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return True
    return False


def accounts_here(request: AnyRequest) -> list[dict[str, str]]:
    """Return the accounts that the practice market's door offers; none in the real one."""
    return list(getattr(request.app.state, "practice_accounts", ())) if practice.PRACTISING else []


CONTROLLERS: list[Any] = [Practice]
