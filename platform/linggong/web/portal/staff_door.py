"""Staff at the door: user name and password, the second factor, and what must be set before the first whole session."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.errors import Conflict, Fault, Invalid, SignInFailed, TooMany
from linggong.kernel.settings import Settings
from linggong.people import factors, staff_sign_in
from linggong.people.door_guards import not_too_often
from linggong.web import pages
from linggong.web.portal.steps import agent_of, as_invalid, offered, onward, sign_in_page
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
Next = Annotated[str, QueryParameter(name="next", max_length=300)]
_OLD = "放得太久了，请重新登录。"


class StaffDoor(Controller):
    """Sign-in of staff."""

    include_in_schema = False

    @get("/sign-in/staff", opt={"permission": Permission.PUBLIC_USE})
    async def staff_page(
        self, request: AnyRequest, settings: NamedDependency[Settings], next_: Next = ""
    ) -> Response[bytes]:
        """Ask staff for name and password."""
        return sign_in_page(request, settings, "staff", next_=next_)

    @post("/sign-in/staff", opt={"permission": Permission.PUBLIC_USE}, guards=[not_too_often])
    async def staff(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
    ) -> Response[bytes]:
        """Check name and password; then on to what is owed: the second factor, a password of one's own, a factor to bind."""
        values = await pages.form_values(request)
        next_ = str(values.get("next", ""))
        try:
            signed = await staff_sign_in.sign_in(
                database,
                secrets,
                str(values.get("username", "")),
                str(values.get("password", "")),
                agent=agent_of(request),
                device=pages.desk_token(request),
                replaces=pages.session_token(request),
            )
        except (SignInFailed, TooMany) as error:
            shown = {k: v for k, v in values.items() if k != "password"}
            told = as_invalid(error, "")
            return sign_in_page(request, settings, "staff", shown, told, next_=next_, error=error)
        return await onward(request, database, signed, next_)

    @get("/sign-in/totp", opt={"permission": Permission.PUBLIC_USE})
    async def totp_page(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        settings: NamedDependency[Settings],
        next_: Next = "",
    ) -> Response[bytes]:
        """Ask for the second factor; whoever owes none starts over."""
        owed = await staff_sign_in.owes(database, pages.session_token(request))
        if owed is None or owed[1] != "factor":
            return pages.redirect(request, "/sign-in/staff", say=_OLD, kind="warn")
        return sign_in_page(request, settings, "totp", next_=next_, factor=owed[2])

    @post("/sign-in/totp", opt={"permission": Permission.PUBLIC_USE}, guards=[not_too_often])
    async def totp(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
    ) -> Response[bytes]:
        """Check the second factor: the authenticator's code, or the next one of the printed sheet."""
        values = await pages.form_values(request)
        token = pages.session_token(request)
        next_ = str(values.get("next", ""))
        owed = await staff_sign_in.owes(database, token)
        if owed is None:
            return pages.redirect(request, "/sign-in/staff", say=_OLD, kind="warn")
        try:
            signed = await staff_sign_in.second_factor(
                database,
                secrets,
                token,
                str(values.get("totp", "")),
                agent=agent_of(request),
                device=pages.desk_token(request),
            )
        except (SignInFailed, TooMany) as error:
            if owed[1] != "factor":
                return pages.redirect(request, "/sign-in/enrol", say=error.detail, kind="bad")
            told = as_invalid(error, "totp")
            return sign_in_page(request, settings, "totp", {}, told, next_=next_, factor=owed[2], error=error)
        return await onward(request, database, signed, next_)

    @get("/sign-in/enrol", opt={"permission": Permission.PUBLIC_USE})
    async def enrol_page(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        principal: NamedDependency[Principal],
        next_: Next = "",
    ) -> Response[bytes]:
        """Ask for what an enrol session owes: a password of one's own first, then a factor to bind."""
        owed = await staff_sign_in.owes(database, pages.session_token(request))
        if owed is None:
            if principal.is_staff:
                return pages.redirect(request, "/me/security")
            return pages.redirect(request, "/sign-in/staff", say=_OLD, kind="warn")
        if owed[1] == "password":
            return sign_in_page(request, settings, "password", next_=next_)
        if owed[1] == "factor" or owed[2].has_any:
            return sign_in_page(request, settings, "totp", next_=next_, factor=owed[2])
        try:
            offer = await staff_sign_in.offer_totp(database, secrets, owed[0].account_id)
        except Conflict as error:
            return pages.redirect(request, "/sign-in/staff", say=error.detail, kind="warn")
        return sign_in_page(request, settings, "enrol", next_=next_, enrol=offered(offer), factor=owed[2])

    @post("/sign-in/enrol", opt={"permission": Permission.PUBLIC_USE}, guards=[not_too_often])
    async def enrol(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
    ) -> Response[bytes]:
        """Bind the offered factor with a first code; a wrong one shows the same picture again, which is scanned already."""
        values = await pages.form_values(request)
        token = pages.session_token(request)
        next_, sealed = str(values.get("next", "")), str(values.get("offer", ""))
        owed = await staff_sign_in.owes(database, token)
        if owed is None:
            return pages.redirect(request, "/sign-in/staff", say=_OLD, kind="warn")
        try:
            signed = await staff_sign_in.enrol(
                database,
                secrets,
                token,
                sealed,
                str(values.get("totp", "")),
                agent=agent_of(request),
                device=pages.desk_token(request),
            )
        except (SignInFailed, Conflict) as error:
            return pages.redirect(request, "/sign-in/staff", say=error.detail, kind="warn")
        except Invalid as error:
            if any(f.field == "offer" for f in error.faults):
                return pages.redirect(request, "/sign-in/enrol", say=error.faults[0].message, kind="warn")
            at_field = Invalid([Fault("totp", f.message, f.code) for f in error.faults])
            shown = offered(factors.read_offer(secrets.sealer, sealed, owed[0].account_id))
            return sign_in_page(request, settings, "enrol", {}, at_field, next_=next_, enrol=shown, factor=owed[2])
        return await onward(request, database, signed, next_)

    @post("/sign-in/password", opt={"permission": Permission.PUBLIC_USE}, guards=[not_too_often])
    async def password(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
    ) -> Response[bytes]:
        """Take a password of one's own in place of the set-up code."""
        values = await pages.form_values(request)
        next_, password = str(values.get("next", "")), str(values.get("password", ""))
        try:
            if password != str(values.get("again", "")):
                raise Invalid([Fault("again", "两次填的不一样，请再填一次。", "again")])
            signed = await staff_sign_in.choose_password(
                database,
                secrets,
                pages.session_token(request),
                password,
                agent=agent_of(request),
                device=pages.desk_token(request),
            )
        except SignInFailed as error:
            return pages.redirect(request, "/sign-in/staff", say=error.detail, kind="warn")
        except Invalid as error:
            return sign_in_page(request, settings, "password", {}, error, next_=next_)
        return await onward(request, database, signed, next_)
