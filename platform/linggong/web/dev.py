"""Dev pages: the local sender's messages, and the API's reference (offline)."""

from __future__ import annotations

import re
from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.errors import NotFound
from linggong.kernel.settings import Settings
from linggong.people import messages, trial
from linggong.people.identity_numbers import mask_phone
from linggong.web import pages
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]
_KINDS = {"sms": "短信", "code": "短信"}
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


class Dev(Controller):
    """Served in dev mode only; the reference always."""

    include_in_schema = False

    @get("/dev/messages", opt={"permission": Permission.DEV_READ})
    async def messages(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
    ) -> Response[bytes]:
        """What the local sender would have sent."""
        if not settings.dev:
            raise NotFound
        found = await messages.recent(database, secrets.sealer)
        rows = []
        for message in found:
            code = _CODE.search(message.text)
            rows.append(
                {
                    "at": message.created_at,
                    "to_masked": mask_phone(message.number),
                    "channel": _KINDS.get(message.kind, "短信"),
                    "text": message.text,
                    "code": code.group() if code else "",
                }
            )
        return pages.render(request, "dev/messages.html", messages=rows)

    @get("/dev/codes", opt={"permission": Permission.DEV_READ})
    async def codes(
        self,
        request: AnyRequest,
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        settings: NamedDependency[Settings],
        q: Annotated[str, QueryParameter(max_length=40)] = "",
    ) -> Response[bytes]:
        """What to type for the demo's accounts in the second step of signing in."""
        if not settings.dev:
            raise NotFound
        rows = await trial.shown(database, secrets.sealer, begins=q.strip())
        page = pages.render(request, "dev/codes.html", rows=rows, q=q, pin=trial.PIN)
        page.headers["cache-control"] = "no-store"
        return page

    @get("/docs", opt={"permission": Permission.PUBLIC_USE})
    async def docs(self, request: AnyRequest) -> Response[bytes]:
        """The API's reference. Its script writes style elements, so this page alone allows them."""
        page = pages.render(request, "docs.html", openapi_href="/api/schema/openapi.json")
        policy = pages.CSP + "; style-src 'self' 'unsafe-inline'; font-src 'self' data:; connect-src 'self'"
        page.headers["content-security-policy"] = policy
        return page


CONTROLLERS: list[Any] = [Dev]
