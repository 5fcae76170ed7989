"""Dev pages: the local sender's messages, and the API's reference (offline)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from linggong.kernel import clock
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

    @get("/dev/parts", opt={"permission": Permission.DEV_READ})
    async def parts(self, request: AnyRequest, settings: NamedDependency[Settings]) -> Response[bytes]:
        """Every part that pages are built from."""
        if not settings.dev:
            raise NotFound
        return pages.render(request, "dev/parts.html", **_parts(clock.now()))

    @get("/docs", opt={"permission": Permission.PUBLIC_USE})
    async def docs(self, request: AnyRequest) -> Response[bytes]:
        """The API's reference. Its script writes style elements, so this page alone allows them."""
        page = pages.render(request, "docs.html", openapi_href="/api/schema/openapi.json")
        policy = pages.CSP + "; style-src 'self' 'unsafe-inline'; font-src 'self' data:; connect-src 'self'"
        page.headers["content-security-policy"] = policy
        return page


def _parts(now: datetime) -> dict[str, Any]:
    sprite = (pages.STATIC / "icons" / "sprite.svg").read_text(encoding="utf-8")
    start = now.replace(minute=30, second=0, microsecond=0) + timedelta(hours=1)
    return {
        "job": {
            "href": "#main", "title": "搬砖小工", "trade": "labour", "pay_fen": 20000, "pay_unit": "天", "settlement": "日结",
            "start": start, "end": start + timedelta(hours=9), "place": "东关街道", "distance_m": 1240, "wanted": 6, "taken": 4,
            "tags": ["管饭", "有车"], "pays_on_time": True,
        },
        "people": [{"name": "李师傅", "sub": "58岁 · 普工", "star": 5}, {"name": "王师傅", "sub": "女 52岁 · 保洁", "star": None}],
        "states": ["O_OPEN", "O_FULL", "A_OFFERED", "A_CONFIRMED", "A_WORKING", "W_OVERDUE", "W_ARREARS", "B_SETTLED", "X_WITHDRAWN"],
        "deadlines": [now + timedelta(days=2), now + timedelta(hours=1, minutes=10), now - timedelta(hours=3)],
        "symbols": re.findall(r'<symbol id="([a-z0-9-]+)"', sprite),
        "colours": [
            {"name": "蓝：普通", "cls": ""}, {"name": "绿：成了", "cls": "state-go"}, {"name": "黄：等着", "cls": "state-wait"},
            {"name": "红：钱和危险", "cls": "state-danger"}, {"name": "灰：过去了", "cls": "state-off"},
        ],
    }  # fmt: skip


CONTROLLERS: list[Any] = [Dev]
