"""Where the console hangs on the app: one handler behind the guard, which hands each request on with its principal.

Piccolo is slow to import and the console seldom opened: its first request in a process builds it.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote

from litestar import Litestar
from litestar import asgi as handler
from litestar.connection import ASGIConnection
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from admin import build
from admin.context import Visit
from linggong.app import edge
from linggong.kernel.errors import TooLarge
from linggong.people import sessions
from linggong.web import pages
from rbac.permissions import Permission

ROOT = "/admin"
_UPLOAD_MARGIN = 10_000
"""Bytes around a file in its form."""


@handler(ROOT, is_mount=True, copy_scope=True, opt={"permission": Permission.CONSOLE_USE})
async def console(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve the console to whoever the guard let in."""
    asgi: Any = (receive, send)
    app: Litestar = scope["litestar_app"]
    # Litestar strips the mount's prefix and adds a slash: the address as it was sent says which door is meant.
    raw = scope.get("raw_path") or scope["path"].encode()
    path = unquote(raw.partition(b"?")[0].decode("latin-1"))
    inner: Any = {**scope, "path": path.removeprefix(ROOT) or "/", "root_path": ""}
    if path == ROOT:
        await ASGIResponse(status_code=308, headers={"location": f"{ROOT}/"})(inner, *asgi)
        return
    connection = ASGIConnection[Any, Any, Any, Any](scope, receive, send)
    if inner["method"] == "POST" and inner["path"] == "/public/logout/":
        async with app.state.database.system() as uow:
            await sessions.revoke(uow, pages.session_token(connection))
        await ASGIResponse(body=b"{}", cookies=[pages.no_session_cookie()])(inner, *asgi)
        return
    visit = Visit(
        principal=await edge.principal_of(connection),
        decisions=app.state.decisions.current,
        database=app.state.database,
        secrets=app.state.secrets,
        settings=app.state.settings,
        request_id=scope["state"]["request_id"],
        csrf=pages.csrf_token(connection, edge.csrf_secret(connection) or ""),
    )
    settings = app.state.settings
    upload = inner["path"] == "/api/media/"
    most = settings.upload_max_bytes + _UPLOAD_MARGIN if upload else settings.max_body_bytes
    body = await _whole(receive, most)
    site = await asyncio.to_thread(build)
    response = await site.handle(visit, inner, _again(body))
    await response(inner, *asgi)


async def _whole(receive: Receive, most: int) -> bytes:
    """Read the body before a transaction opens: none waits for a slow line. Raises TooLarge."""
    parts, size = [], 0
    while True:
        message: Any = await receive()
        if message["type"] != "http.request":
            break
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise TooLarge("内容太大，请减小后再试。")
        if not message.get("more_body"):
            break
    return b"".join(parts)


def _again(body: bytes) -> Any:
    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
