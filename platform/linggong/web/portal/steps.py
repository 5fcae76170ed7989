"""What the steps of signing in and registering share: the sealed cookie between them, their page, the welcome at the end."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
import segno
from litestar import Request, Response
from litestar.datastructures import Cookie

from linggong.kernel.crypto import SealBroken, Secrets
from linggong.kernel.db import Database
from linggong.kernel.errors import Fault, Invalid, LinggongError, TooMany
from linggong.kernel.practice import COOKIES
from linggong.kernel.settings import Settings
from linggong.people import sessions
from linggong.people.factors import FactorState, TotpOffer
from linggong.people.identity_numbers import mask_phone
from linggong.people.sessions import SignedIn
from linggong.web import homes, pages
from linggong.web.practising import accounts_here

AnyRequest = Request[Any, Any, Any]
STEP_COOKIE = f"{COOKIES}_step"
_STEP_STAYS = 600


class Step(msgspec.Struct):
    """What is kept between two steps of signing in, sealed in a cookie of ten minutes."""

    phone: str = ""
    proof: str = ""
    next: str = ""


def load(request: AnyRequest, secrets: Secrets) -> Step:
    """Return what the last step kept; nothing when it is old, missing or not ours."""
    try:
        raw = bytes.fromhex(request.cookies.get(STEP_COOKIE, ""))
        return msgspec.json.decode(secrets.sealer.open(raw, "cookie.step"), type=Step)
    except (ValueError, IndexError, SealBroken, UnicodeDecodeError, msgspec.MsgspecError):
        return Step()


def keep(request: AnyRequest, secrets: Secrets, step: Step) -> Cookie:
    """Return the cookie that carries a step."""
    value = secrets.sealer.seal(msgspec.json.encode(step).decode(), "cookie.step").hex()
    return Cookie(
        key=STEP_COOKIE,
        value=value,
        max_age=_STEP_STAYS,
        httponly=True,
        samesite="lax",
        secure=request.app.state.settings.secure_cookies,
        path="/",
    )


def agent_of(request: AnyRequest) -> str:
    """Return what the browser calls itself."""
    return request.headers.get("user-agent", "")


def sign_in_page(
    request: AnyRequest,
    settings: Settings,
    step: str,
    values: dict[str, Any] | None = None,
    invalid: Invalid | None = None,
    *,
    next_: str = "",
    phone: str = "",
    people: list[dict[str, str]] | None = None,
    enrol: dict[str, str] | None = None,
    factor: FactorState | None = None,
    error: LinggongError | None = None,
) -> Response[bytes]:
    """Return portal/sign_in.html at one of its steps: 422 when it has faults to tell, 429 when the `error` is a limit."""
    wait = error.retry_after if isinstance(error, TooMany) else 0
    page = pages.render(
        request,
        "portal/sign_in.html",
        status=429 if wait else 422 if invalid else 200,
        step=step,
        form=pages.form_state(values, invalid),
        next=next_,
        phone_masked=mask_phone(phone) if phone else "",
        resend_in=0,
        people=people or [],
        dev_messages=settings.dev,
        enrol=enrol or {"qr_href": "", "secret": "", "offer": ""},
        factor=factor,
        accounts=accounts_here(request) if step == "staff" else [],
    )
    if wait:
        page.headers["retry-after"] = str(wait)
    return page


def as_invalid(error: LinggongError, field: str) -> Invalid:
    """Return an error as the fault of one field, so that the form can say it in its place."""
    return error if isinstance(error, Invalid) else Invalid([Fault(field, error.detail)], error.detail)


def with_cookies(response: Response[bytes], *cookies: Cookie) -> Response[bytes]:
    """Return the answer with cookies set."""
    response.cookies.extend(cookies)
    return response


def offered(offer: TotpOffer) -> dict[str, str]:
    """Return the picture to scan, the secret to type, in fours as one reads it off, and the sealed offer that comes back."""
    fours = " ".join(offer.secret[i : i + 4] for i in range(0, len(offer.secret), 4))
    return {"qr_href": segno.make(offer.uri).svg_data_uri(scale=5), "secret": fours, "offer": offer.offer}


async def onward(request: AnyRequest, database: Database, signed: SignedIn, next_: str) -> Response[bytes]:
    """Lead to what a session still owes, else to where its owner wanted to go.

    By way of a page of its own: a form's token is derived from the cookie, which is new from here on.
    """
    step = {"half": "/sign-in/totp", "enrol": "/sign-in/enrol"}.get(signed.kind)
    if step is None:
        return await welcome(request, database, signed, next_)
    kept = pages.session_cookie(request, signed.token, max_age=signed.max_age)
    return pages.redirect(request, f"{step}?" + urlencode({"next": next_}), cookies=[kept])


async def welcome(request: AnyRequest, database: Database, signed: SignedIn, next_: str) -> Response[bytes]:
    """Open the session in the browser and lead to where its owner wanted to go, or to his first screen."""
    principal = await sessions.resolve(database, signed.token)
    if principal is None:
        words = "密码对，但您现在没有岗位。请找管理员派岗后再登录。"
        return pages.redirect(request, "/sign-in/staff", say=words, kind="warn", cookies=[pages.no_session_cookie()])
    where = homes.safe_next(next_, principal)
    done = Cookie(key=STEP_COOKIE, value="", max_age=0, path="/")
    return pages.redirect(
        request, where, cookies=[pages.session_cookie(request, signed.token, max_age=signed.max_age), done]
    )
