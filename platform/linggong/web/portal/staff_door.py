"""Staff at the door: user name and password, then the second factor; binding one."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

import pyotp
import segno
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound, SignInFailed, TooMany
from linggong.kernel.settings import Settings
from linggong.people import sessions, staff
from linggong.web import pages
from linggong.web.portal.steps import (
    STEP_COOKIE,
    Step,
    agent_of,
    as_invalid,
    keep,
    load,
    sign_in_page,
    welcome,
    with_cookies,
)
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]


def _offered(uri: str) -> dict[str, str]:
    """Return the picture to scan and the secret to type, in fours as one reads it off."""
    secret = pyotp.parse_uri(uri).secret
    fours = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    return {"qr_href": segno.make(uri).svg_data_uri(scale=5), "secret": fours}


class StaffDoor(Controller):
    """Sign-in of staff."""

    include_in_schema = False

    @get("/sign-in/staff", opt={"permission": Permission.PUBLIC_USE})
    async def staff_page(
        self,
        request: AnyRequest,
        settings: NamedDependency[Settings],
        next_: Annotated[str, QueryParameter(name="next", max_length=300)] = "",
    ) -> Response[bytes]:
        """Ask staff for name and password."""
        return sign_in_page(request, settings, "staff", next_=next_)

    @post("/sign-in/staff", opt={"permission": Permission.PUBLIC_USE})
    async def staff(
        self, request: AnyRequest, database: NamedDependency[Database], settings: NamedDependency[Settings]
    ) -> Response[bytes]:
        """Check name and password; then the second factor, if one is bound."""
        values = await pages.form_values(request)
        next_ = str(values.get("next", ""))
        try:
            signed = await staff.sign_in(
                database, str(values.get("username", "")), str(values.get("password", "")), agent=agent_of(request)
            )
        except (SignInFailed, TooMany) as error:
            shown = {k: v for k, v in values.items() if k != "password"}
            return sign_in_page(request, settings, "staff", shown, as_invalid(error, ""), next_=next_)
        if signed.kind == "half":
            # By way of a page of its own: a form's token is derived from the cookie, which is new from here on.
            kept = pages.session_cookie(request, signed.token, max_age=signed.max_age)
            return pages.redirect(request, "/sign-in/totp?" + urlencode({"next": next_}), cookies=[kept])
        return await welcome(request, database, signed, next_)

    @get("/sign-in/totp", opt={"permission": Permission.PUBLIC_USE})
    async def totp_page(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        next_: Annotated[str, QueryParameter(name="next", max_length=300)] = "",
    ) -> Response[bytes]:
        """Ask for the second factor; whoever owes none starts over."""
        if await sessions.half_account(database, request.cookies.get(pages.SESSION_COOKIE, "")) is None:
            return pages.redirect(request, "/sign-in/staff", say="放得太久了，请重新登录。", kind="warn")
        return sign_in_page(request, settings, "totp", next_=next_)

    @post("/sign-in/totp", opt={"permission": Permission.PUBLIC_USE})
    async def totp(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
    ) -> Response[bytes]:
        """Check the second factor."""
        values = await pages.form_values(request)
        token = request.cookies.get(pages.SESSION_COOKIE, "")
        next_ = str(values.get("next", ""))
        try:
            signed = await staff.second_factor(
                database, secrets, token, str(values.get("totp", "")), agent=agent_of(request)
            )
        except (SignInFailed, TooMany) as error:
            return sign_in_page(request, settings, "totp", {}, as_invalid(error, "totp"), next_=next_)
        return await welcome(request, database, signed, next_)

    @get("/sign-in/enrol", opt={"permission": Permission.SESSION_USE})
    async def enrol_page(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """Offer a second factor: the picture to scan and the secret to type."""
        if not principal.is_staff:
            raise NotFound
        try:
            offer = await staff.offer_totp(database, secrets, principal.id)
        except Conflict as error:
            return pages.redirect(request, "/me", say=error.detail, kind="warn")
        shown = _offered(offer.uri)
        page = sign_in_page(request, settings, "enrol", enrol=shown)
        return with_cookies(page, keep(request, secrets, Step(secret=offer.uri)))

    @post("/sign-in/enrol", opt={"permission": Permission.SESSION_USE})
    async def enrol(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """Bind it with a first code; a wrong one shows the same picture again, which is scanned already."""
        if not principal.is_staff:
            raise NotFound
        values = await pages.form_values(request)
        try:
            await staff.confirm_totp(database, secrets, principal.id, str(values.get("totp", "")))
        except Invalid as error:
            uri = load(request, secrets).secret
            if not uri:
                return pages.redirect(request, "/sign-in/enrol", say="放得太久了，请重新扫一次。", kind="warn")
            at_field = Invalid([Fault("totp", f.message, f.code) for f in error.faults])
            shown = _offered(uri)
            return sign_in_page(request, settings, "enrol", {}, at_field, enrol=shown)
        done = Cookie(key=STEP_COOKIE, value="", max_age=0, path="/")
        return pages.redirect(request, "/me", say="动态码绑好了，下次登录要用。", cookies=[done])
