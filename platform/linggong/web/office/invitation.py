"""The door for invited staff: the code, then a password of one's own."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.errors import Fault, Invalid, SignInFailed, TooMany
from linggong.offices import accounts
from linggong.people.door_guards import not_too_often
from linggong.web import pages
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]


class InvitationDoor(Controller):
    """Open an invited account."""

    path = "/sign-in/staff/invitation"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PUBLIC_USE})
    async def page(self, request: AnyRequest) -> Response[bytes]:
        """Ask for the code and a password."""
        return _page(request, {}, None)

    @post("/", guards=[not_too_often], opt={"permission": Permission.PUBLIC_USE})
    async def accept(
        self, request: AnyRequest, database: NamedDependency[Database], secrets: NamedDependency[Secrets]
    ) -> Response[bytes]:
        """Set the password; signing in comes after, by the door of all staff."""
        values = await pages.form_values(request)
        typed = {k: str(values.get(k, "")) for k in ("code", "password", "again")}
        try:
            if typed["password"] != typed["again"]:
                raise Invalid([Fault("again", "两次输入的密码不一样，请再输一次。", "again")])
            opened = await accounts.accept(database, secrets, typed["code"], typed["password"])
        except Invalid as error:
            return _page(request, typed, error)
        except (SignInFailed, TooMany) as error:
            return _page(request, typed, Invalid([Fault("code", error.detail, "code")], error.detail))
        say = f"{opened.name}，密码设好了。用户名是 {opened.username}，请登录。"
        return pages.redirect(request, "/sign-in/staff", say=say)


def _page(request: AnyRequest, typed: dict[str, str], invalid: Invalid | None) -> Response[bytes]:
    shown = {"code": typed.get("code", "")}
    return pages.render(
        request, "office/invitation.html", status=422 if invalid else 200, form=pages.form_state(shown, invalid)
    )
