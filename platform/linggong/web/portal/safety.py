"""我的安全: one's own password, second factor, printed codes, PIN, where one is signed in; this computer as a shared one."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.errors import Fault, Forbidden, Invalid, LinggongError, NotFound, TooMany
from linggong.people import factors, security, sessions, shared_desks
from linggong.people.door_guards import not_too_often
from linggong.people.factors import PrintedSheet
from linggong.web import pages
from linggong.web.portal.steps import agent_of, as_invalid, offered
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
PROOFS = {"phone": "手机验证码", "password": "密码", "factor": "密码加验证码", "pin": "PIN 换人"}


def sheet_page(request: AnyRequest, sheet: PrintedSheet, back: str) -> Response[bytes]:
    """Return the page to print on A4; it is shown once and kept nowhere."""
    page = pages.render(request, "security/sheet.html", sheet=sheet, back=back)
    page.headers["cache-control"] = "no-store"
    return page


async def _page(
    request: AnyRequest,
    database: Database,
    principal: Principal,
    *,
    section: str = "",
    values: dict[str, Any] | None = None,
    error: LinggongError | None = None,
) -> Response[bytes]:
    """Return the page, with a fault in one of its forms when there is one."""
    is_staff = principal.is_staff
    desk = await shared_desks.desk_of(database, pages.desk_token(request)) if is_staff else None
    fault = as_invalid(error, section) if error is not None else None
    wait = error.retry_after if isinstance(error, TooMany) else 0
    page = pages.render(
        request,
        "security/me.html",
        status=429 if wait else 422 if fault else 200,
        is_staff=is_staff,
        factor=await security.own_state(database, principal.id) if is_staff else None,
        full=is_staff and await sessions.is_full(database, principal.session_id),
        sessions=await security.own_sessions(database, principal.id, principal.session_id),
        proofs=PROOFS,
        desk=desk,
        place=principal.acting.node_name,
        section=section,
        form=pages.form_state(values, fault),
    )
    if wait:
        page.headers["retry-after"] = str(wait)
    return page


class Safety(Controller):
    """One's own security."""

    path = "/me/security"
    include_in_schema = False
    opt = MappingProxyType({"permission": Permission.SESSION_USE})

    @get("/")
    async def page(
        self, request: AnyRequest, database: NamedDependency[Database], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """How my account is secured, and where I am signed in."""
        return await _page(request, database, principal)

    @post("/password", guards=[not_too_often])
    async def password(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """Change my password."""
        values = await pages.form_values(request)
        old, new = str(values.get("old", "")), str(values.get("new", ""))
        try:
            if new != str(values.get("again", "")):
                raise Invalid([Fault("again", "两次填的不一样，请再填一次。", "again")])
            signed = await security.change_password(
                database, secrets, principal.actor(), principal.session_id, old, new, agent=agent_of(request)
            )
        except (Invalid, TooMany) as error:
            return await _page(request, database, principal, section="old", error=error)
        kept = pages.session_cookie(request, signed.token, max_age=signed.max_age)
        words = "密码改好了。别的地方都已退出，要用新密码重新登录。"
        return pages.redirect(request, "/me/security", say=words, cookies=[kept])

    @get("/totp")
    async def totp_page(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """Offer an authenticator to bind."""
        try:
            offer = await security.offer_own_totp(database, secrets, principal.id, principal.session_id)
        except LinggongError as error:
            if isinstance(error, NotFound):
                raise
            return pages.redirect(request, "/me/security", say=error.detail, kind="warn")
        return pages.render(request, "security/totp.html", enrol=offered(offer), form=pages.form_state())

    @post("/totp", guards=[not_too_often])
    async def totp(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """Bind it with a first code; a wrong one shows the same picture again."""
        values = await pages.form_values(request)
        sealed, code = str(values.get("offer", "")), str(values.get("totp", ""))
        try:
            signed = await security.bind_own_totp(
                database, secrets, principal.actor(), principal.session_id, sealed, code, agent=agent_of(request)
            )
        except Invalid as error:
            if any(f.field == "offer" for f in error.faults):
                return pages.redirect(request, "/me/security/totp", say=error.faults[0].message, kind="warn")
            at_field = Invalid([Fault("totp", f.message, f.code) for f in error.faults])
            shown = offered(factors.read_offer(secrets.sealer, sealed, principal.id))
            form = pages.form_state({}, at_field)
            return pages.render(request, "security/totp.html", status=422, enrol=shown, form=form)
        kept = pages.session_cookie(request, signed.token, max_age=signed.max_age)
        return pages.redirect(request, "/me/security", say="动态码绑好了，下次登录要用。", cookies=[kept])

    @post("/codes")
    async def codes(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """Print a new sheet of one-time codes; the old one is void."""
        if not principal.is_staff:
            raise NotFound
        sheet = await security.print_own_codes(database, secrets, principal.actor(), principal.session_id)
        return sheet_page(request, sheet, "/me/security")

    @post("/pin", guards=[not_too_often])
    async def pin(
        self, request: AnyRequest, database: NamedDependency[Database], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Choose my PIN for shared computers."""
        values = await pages.form_values(request)
        pin = str(values.get("pin", ""))
        try:
            if pin != str(values.get("pin_again", "")):
                raise Invalid([Fault("pin_again", "两次填的不一样，请再填一次。", "again")])
            await shared_desks.set_pin(database, principal.actor(), principal.session_id, pin)
        except (Invalid, Forbidden) as error:
            return await _page(request, database, principal, section="pin", error=error)
        return pages.redirect(request, "/me/security", say="PIN 设好了，在共用电脑上按 F8 换人时用。")

    @post("/sessions/{session_id:uuid}/end")
    async def end(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        principal: NamedDependency[Principal],
        session_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Sign out somewhere else."""
        await security.end_own_session(database, principal.actor(), session_id)
        return pages.redirect(request, "/me/security", say="那边退出了。")

    @post("/sessions/end-others")
    async def end_others(
        self, request: AnyRequest, database: NamedDependency[Database], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Sign out everywhere but here."""
        ended = await security.end_own_others(database, principal.actor(), principal.session_id)
        return pages.redirect(request, "/me/security", say=f"别处的 {ended} 个登录都退出了。")

    @post("/desk")
    async def desk(
        self, request: AnyRequest, database: NamedDependency[Database], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Make this browser a shared computer of the place where I act."""
        values = await pages.form_values(request)
        try:
            token = await shared_desks.name_desk(
                database, principal.actor(), principal.session_id, str(values.get("name", ""))
            )
        except (Invalid, Forbidden) as error:
            return await _page(request, database, principal, section="name", values=values, error=error)
        kept = pages.desk_cookie(request, token, max_age=shared_desks.DEVICE_STAYS)
        words = "这台电脑设成共用的了。同事在这里完整登录一次，当天就能按 F8 用 PIN 换人。"
        return pages.redirect(request, "/me/security", say=words, cookies=[kept])

    @post("/desk/end")
    async def end_desk(
        self, request: AnyRequest, database: NamedDependency[Database], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Make it nobody's shared computer any more."""
        desk = await shared_desks.desk_of(database, pages.desk_token(request))
        if desk is not None:
            await shared_desks.end_desk(database, principal.actor(), desk.id)
        gone = pages.desk_cookie(request, "", max_age=0)
        return pages.redirect(request, "/me/security", say="这台电脑不再共用。", cookies=[gone])
