"""What every page controller needs: rendering with the common context, redirects with a word to say, form reading."""

from __future__ import annotations

import hashlib
import json
import re
import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlsplit

import msgspec
from jinja2 import Environment
from litestar import Litestar, Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import CacheControlHeader, Cookie, UploadFile
from markupsafe import Markup

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import NOBODY
from linggong.kernel.errors import Invalid
from linggong.kernel.forms import validate
from linggong.kernel.practice import COOKIES, PRACTISING
from linggong.web import footer
from linggong.web.environment import STATIC as STATIC
from linggong.web.environment import make_environment
from rbac.principal import ANONYMOUS, Principal
from tenants import queries

SESSION_COOKIE = f"{COOKIES}_session"
CSRF_COOKIE = f"{COOKIES}_csrf"
CSRF_FIELD = "_csrf"
CSRF_HEADER = "x-csrf-token"
FLASH_COOKIE = f"{COOKIES}_flash"
BIG_COOKIE = "lg_big"
DESK_COOKIE = f"{COOKIES}_desk"
"""The token of a shared computer."""
STATIC_CACHE = CacheControlHeader(max_age=31_536_000, public=True, immutable=True)
"""Own files carry a hash in their query and vendor files in their name, so a browser may keep them for good."""
AnyRequest = Request[Any, Any, Any]
AnyConnection = ASGIConnection[Any, Any, Any, Any]
HTML = "text/html; charset=utf-8"
S = TypeVar("S", bound=msgspec.Struct)

# Strict: no inline script or style anywhere, nothing from another host, nobody frames us.
CSP = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is looking, as templates see him."""

    kind: str
    name: str
    post_name: str
    mark: str = ""
    """Tells this account from another one, and nothing else: what a browser tab keeps is given back to him alone."""


@cache
def _own_asset(name: str) -> str:
    content = (STATIC / name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:10]}"


@cache
def _manifest() -> Mapping[str, str]:
    file = STATIC / "vendor" / "manifest.json"
    names: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    return names


def asset(name: str) -> str:
    """Return the address of a static file, with its hash."""
    vendor = _manifest().get(name)
    return f"/static/vendor/{vendor}" if vendor else _own_asset(name)


async def prepare(app: Litestar) -> None:
    """Build the template environment; the site is named after the place that runs the deployment."""
    seat = queries.seat_of(await app.state.database.fetch_public(queries.TOPMOST))
    await footer.renew(app)
    name = "零工通" if seat is None else f"{seat['name']}公共零工市场"
    app.state.templates = make_environment(asset, site_name=f"训练·{name}" if PRACTISING else name)


def csrf_token(connection: AnyConnection, secret: str) -> str:
    """Return the token that forms and scripts send back, derived from the session or the anonymous cookie."""
    keys: Secrets = connection.app.state.secrets
    return keys.sign("csrf", secret)


def render(request: AnyRequest, template: str, *, status: int = 200, **context: Any) -> Response[bytes]:
    """Return a page: the template with its own context and what all pages share."""
    principal = request.state.get("principal")
    if not isinstance(principal, Principal):
        principal = ANONYMOUS
    cookies: list[Cookie] = []
    made: dict[str, str] = {}

    def csrf_field() -> Markup:
        secret = request.cookies.get(SESSION_COOKIE) or request.cookies.get(CSRF_COOKIE)
        if secret is None:
            secret = made.get("secret")
        if secret is None:
            secret = made["secret"] = random.token_urlsafe(24)
            cookies.append(_cookie(request, CSRF_COOKIE, secret))
        token = csrf_token(request, secret)
        return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, token)

    flash = _read_flash(request)
    if flash:
        cookies.append(Cookie(key=FLASH_COOKIE, value="", max_age=0, path="/"))
    me = None
    if principal is not ANONYMOUS and principal.kind != "anonymous":
        post = principal.acting.node_name if principal.is_staff else principal.employer_name
        if principal.acting.stands_in_for != NOBODY:
            post += "（代）"
        mark = request.app.state.secrets.sign("viewer", str(principal.id))[:12]
        me = Viewer(principal.kind, principal.name, post, mark)
    environment: Environment = request.app.state.templates
    text = environment.get_template(template).render(
        now=clock.now(),
        me=me,
        flash=flash,
        big=request.cookies.get(BIG_COOKIE) == "1",
        shared_desk=DESK_COOKIE in request.cookies,
        foot=getattr(request.app.state, "foot", ()),
        csrf_field=csrf_field,
        status=status,
        **context,
    )
    if PRACTISING:
        text = practice_mark(text, request.app.state.settings.real_url)
    return Response(
        text.encode(),
        status_code=status,
        media_type=HTML,
        cookies=cookies,
        headers={
            "content-security-policy": CSP,
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
            # A page that shows somebody's number for a while stands in no cache at all.
            "cache-control": "no-store" if context.get("forget") else "private, no-cache",
        },
    )


def practice_mark(page: str, real_url: str) -> str:
    """Return a page of the practice market with what nobody may overlook above everything else."""
    bar = Markup(
        '<aside class="practice" aria-label="训练模式"><strong>训练模式：这里的一切都不是真的</strong>'
        "<span>人、活、工钱都是编的，不计数，不发短信，不投保。</span>"
        '<span><a href="/practice">说明和重来</a><a href="{}">回正式系统</a></span></aside>'
    ).format(real_url)
    page = page.replace("</head>", f'<link rel="stylesheet" href="{asset("practice.css")}"></head>', 1)
    return re.sub(r"<body[^>]*>", lambda found: f"{found.group()}{bar}", page, count=1)


def is_own_path(to: str) -> bool:
    """Tell whether an address stays on this site, in every browser's reading of it.

    Browsers read a backslash as a slash and drop tabs and line breaks, so that `/\\host`, `/<tab>/host` and their like lead
    to another host; what is encoded once more is decoded by whoever redirects next.
    """
    if not to.isprintable():
        return False
    seen = re.split(r"[?#]", to, maxsplit=1)[0]
    for _ in range(3):
        if not seen.startswith("/") or seen.startswith("//") or "\\" in seen or not seen.isprintable():
            return False
        seen, before = unquote(seen), seen
        if seen == before:
            return True
    return False


def redirect(
    request: AnyRequest, to: str, *, say: str = "", kind: str = "ok", cookies: list[Cookie] | None = None
) -> Response[bytes]:
    """Return a 303 to a path of ours, with a word to show there."""
    if not is_own_path(to):
        to = "/"
    jar = list(cookies or [])
    if say:
        jar.append(_cookie(request, FLASH_COOKIE, quote(f"{kind}|{say}"), max_age=60))
    return Response(b"", status_code=303, headers={"location": quote(to, safe="/?&=%#+")}, cookies=jar)


def session_cookie(request: AnyRequest, token: str, *, max_age: int) -> Cookie:
    """Return the cookie that carries a session's token."""
    return _cookie(request, SESSION_COOKIE, token, max_age=max_age)


def desk_cookie(request: AnyRequest, token: str, *, max_age: int) -> Cookie:
    """Return the cookie that makes a browser a shared computer; an empty token ends that."""
    return _cookie(request, DESK_COOKIE, token, max_age=max_age if token else 0)


def session_token(request: AnyConnection) -> str:
    """Return the token of the session that a request brings, or ''."""
    return request.cookies.get(SESSION_COOKIE, "")


def desk_token(request: AnyConnection) -> str:
    """Return the token of the shared computer that a request comes from, or ''."""
    return request.cookies.get(DESK_COOKIE, "")


def no_session_cookie() -> Cookie:
    """Return the cookie that ends a session in the browser."""
    return Cookie(key=SESSION_COOKIE, value="", max_age=0, path="/")


def _cookie(request: AnyRequest, key: str, value: str, *, max_age: int | None = None) -> Cookie:
    secure = request.app.state.settings.secure_cookies
    return Cookie(key=key, value=value, max_age=max_age, httponly=True, samesite="lax", secure=secure, path="/")


def _read_flash(request: AnyRequest) -> list[dict[str, str]]:
    raw = request.cookies.get(FLASH_COOKIE)
    if not raw:
        return []
    kind, _, text = unquote(raw).partition("|")
    # The cookie is the visitor's own; templates escape it, and only these kinds have a look.
    return [{"kind": kind if kind in {"ok", "warn", "bad"} else "ok", "text": text[:300]}] if text else []


async def form_values(request: AnyRequest) -> dict[str, Any]:
    """Return the posted fields as a dict: single values as text, repeated ones as a list, without the CSRF field."""
    form = await request.form()
    values: dict[str, Any] = {}
    for key in form:
        if key == CSRF_FIELD:
            continue
        found = form.getall(key)
        clean = [v if isinstance(v, UploadFile) else str(v).strip() for v in found]
        values[key] = clean if len(clean) > 1 else clean[0]
    return values


def picture(media: str, content: bytes) -> Response[bytes]:
    """Return a photo that no cache keeps."""
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff", "content-security-policy": CSP}
    return Response(content, media_type=media, headers=headers)


def whole(raw: object, most: int = 999_999_999) -> int | None:
    """Read a whole number from 0 to `most` as it was typed; None for anything else.

    Digits of other scripts, of which int() takes any, and numbers so long that int() refuses them are no numbers here.
    """
    text = raw.strip() if isinstance(raw, str) else ""
    found = int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else None
    return found if found is not None and found <= most else None


def convert(struct: type[S], values: Mapping[str, Any]) -> S:
    """Convert posted fields to a form struct; raises Invalid with every field's fault."""
    return validate(struct, values, strict=False)


def form_state(values: Mapping[str, Any] | None = None, invalid: Invalid | None = None) -> dict[str, Any]:
    """Return what the form macros show: the values as typed and each field's faults."""
    errors: dict[str, str] = {}
    for fault in invalid.faults if invalid else ():
        errors[fault.field] = f"{errors[fault.field]} {fault.message}" if fault.field in errors else fault.message
    return {"values": dict(values or {}), "errors": errors}


_STAFF_AREAS = (
    "/inbox", "/outreach", "/desk", "/bureau", "/office", "/audit", "/admin", "/ledgers", "/reports", "/places", "/inspections",
    "/rectifications",
)  # fmt: skip


def door_to(path: str, query: str = "") -> str:
    """Return where somebody signs in who wanted this page: staff at their own door, and back to where they were."""
    if path.startswith("/admin"):
        path, query = "/admin/", ""  # what he saw there stands behind the hash, which no server is told
    door = "/sign-in/staff" if path.startswith(_STAFF_AREAS) else "/sign-in"
    return f"{door}?next={quote(path + (f'?{query}' if query else ''))}"


def _came_from(request: AnyRequest) -> str:
    """Return the page of ours whose form was sent, '' when the browser does not say."""
    came = urlsplit(request.headers.get("referer", ""))
    return came.path + (f"?{came.query}" if came.query else "") if came.netloc == request.url.netloc else ""


def render_problem(request: AnyRequest, problem: Mapping[str, Any]) -> bytes:
    """Return the page of a problem: what happened, what to do, the number to tell a member of staff."""
    actions = [{"label": "回首页", "href": "/"}]
    if problem["status"] in {401, 403}:
        # The address of a POST answers no GET: the way back leads to the page whose form was sent.
        door = door_to(str(problem["instance"])).partition("?")[0]
        back = _came_from(request) if request.method == "POST" else ""
        actions.insert(0, {"label": "去登录", "href": f"{door}?next={quote(back)}" if back else door})
    elif request.method == "POST" and (back := _came_from(request)):
        actions.insert(0, {"label": "回去改", "href": back})
    faults: Any = problem.get("errors") or []
    advice = "；".join(f["message"] for f in faults if f["message"] != "csrf") or problem["detail"]
    if problem["status"] == 404 and not getattr(request.state.get("principal"), "is_staff", False):
        advice = "没有找到这一页。可能已经结束、撤下了，或者地址不对。"
    response = render(
        request,
        "error.html",
        status=int(problem["status"]),
        title=problem["title"],
        advice=advice,
        request_id=problem["request_id"],
        actions=actions,
    )
    content: bytes = response.content
    return content
