"""The edge of a request: its id, its principal, its one transaction, its permission, its CSRF token.

Order: session read, decision, then ONE scoped transaction, committed in `after_request` before anything is sent; an
exception rolls back. The holder of a request is a context variable because `after_request` is told the response only.
"""

from __future__ import annotations

import hashlib
import secrets as random
import time
from contextvars import ContextVar
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.enums import RequestEncodingType, ScopeType
from litestar.exceptions import ImproperlyConfiguredException
from litestar.handlers import BaseRouteHandler
from litestar.plugins import ReceiveRoutePlugin
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from sqlalchemy.dialects.postgresql import insert

from linggong.app import metrics
from linggong.app.problems import Replayed
from linggong.kernel.askers import one_asker
from linggong.kernel.db import NOBODY, Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotSignedIn
from linggong.kernel.idempotency import IdempotencyKey
from linggong.kernel.ids import new_id
from linggong.people import sessions
from linggong.web.inbox import badge
from linggong.web.pages import CSRF_COOKIE, CSRF_FIELD, CSRF_HEADER, SESSION_COOKIE, csrf_token
from rbac.decisions import Decisions
from rbac.permissions import Permission
from rbac.principal import ANONYMOUS, Principal
from rbac.store import DecisionStore

SCHEMA_PATH = "/api/schema"
_NEVER_KEPT = frozenset({Permission.PERSON_REVEAL, Permission.EMPLOYER_REVEAL, Permission.ENGAGEMENT_CONTACT})
"""Answers with somebody's number in clear are not stored for a second answer; a look is the same look while it is open."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
AnyConnection = ASGIConnection[Any, Any, Any, Any]


@dataclass(slots=True)
class Held:
    """What a request holds on to until it is answered."""

    request_id: str
    uow: UnitOfWork | None = None
    idempotency: IdempotencyKey | None = None


_held: ContextVar[Held] = ContextVar("held")


class RequestEdge:
    """Outermost middleware: request id, log context, metrics, and the transaction's end whatever happened."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        held = Held(request_id=random.token_hex(8))
        token = _held.set(held)
        scope.setdefault("state", {})["request_id"] = held.request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=held.request_id)
        started, status = time.perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", held.request_id.encode())]
            await send(message)

        try:
            with one_asker():
                await self._app(scope, receive, sending)
        finally:
            if held.uow is not None:
                await held.uow.close()
            _held.reset(token)
            metrics.observe(scope, status, time.perf_counter() - started)


async def commit(response: Response[Any]) -> Response[Any]:
    """`after_request`: commit before anything is sent; a failed commit is an error like any other."""
    held = _held.get(None)
    if held is None or held.uow is None:
        return response
    uow, held.uow = held.uow, None
    try:
        if response.status_code is not None and response.status_code >= 400:
            await uow.rollback()
        else:
            if held.idempotency is not None:
                await _remember(uow, held.idempotency, response)
            await uow.commit()
    finally:
        await uow.close()
    return response


def permission_of(handler: BaseRouteHandler, path: str = "") -> Permission:
    """Return the operation's declared permission."""
    permission = handler.opt.get("permission")
    if isinstance(permission, Permission):
        return permission
    # What the framework adds by itself: the API's description and answers to OPTIONS.
    if getattr(handler, "http_methods", None) == {"OPTIONS"} or path.startswith(SCHEMA_PATH):
        return Permission.PUBLIC_USE
    raise Forbidden


class DeclaredPermissions(ReceiveRoutePlugin):
    """Refuses to start an app in which an operation declares no permission (deny by default)."""

    def receive_route(self, route: Any) -> None:
        """Check every handler of a route as it is registered, controllers and routers resolved."""
        handlers = [route.route_handler] if hasattr(route, "route_handler") else list(route.route_handlers)
        for handler in handlers:
            if getattr(handler, "http_methods", None) == {"OPTIONS"} or route.path.startswith(SCHEMA_PATH):
                continue
            if not isinstance(handler.opt.get("permission"), Permission):
                raise ImproperlyConfiguredException(f"{route.path} {handler}: no permission declared")


async def principal_of(connection: AnyConnection) -> Principal:
    """Return who is asking; the session is read once a request."""
    known = connection.state.get("principal")
    if isinstance(known, Principal):
        return known
    token = connection.cookies.get(SESSION_COOKIE)
    principal = await sessions.resolve(connection.app.state.database, token) if token else None
    connection.state["principal"] = principal or ANONYMOUS
    return principal or ANONYMOUS


async def guard(connection: AnyConnection, handler: BaseRouteHandler) -> None:
    """Wall 1: ask the decisions whether this principal may do this anywhere; rows are narrowed by the scope."""
    permission = permission_of(handler, connection.scope["path"])
    principal = await principal_of(connection)
    decisions = await _decisions_for(connection, principal)
    if not decisions.anywhere(principal, permission):
        if principal is ANONYMOUS:
            raise NotSignedIn("请先登录，再做这一步。")
        raise Forbidden("您现在的岗位不能做这件事。需要的话，请切换岗位或联系管理员。")
    await badge.prepare(connection, principal)
    if connection.scope["type"] == ScopeType.HTTP and connection.scope["method"] not in _SAFE:
        await _check_csrf(connection)


async def _decisions_for(connection: AnyConnection, principal: Principal) -> Decisions:
    """Return the decisions in force, also when a policy changed and its notice is on the way to this process, or lost."""
    state = connection.app.state
    store: DecisionStore = state.decisions
    if principal is not ANONYMOUS:
        return await store.at_least(principal.policy_version, state.database)
    return await store.compare(state.database, listening=state.hub.connected.is_set())


def csrf_secret(connection: AnyConnection) -> str | None:
    """Return what the CSRF token is derived from: the session, or before sign-in a cookie of its own."""
    return connection.cookies.get(SESSION_COOKIE) or connection.cookies.get(CSRF_COOKIE)


async def _check_csrf(connection: AnyConnection) -> None:
    secret = csrf_secret(connection)
    is_api = connection.scope["path"].startswith("/api/")
    if is_api and connection.cookies.get(SESSION_COOKIE) is None:
        return  # no cookie session, nothing that a foreign page could ride on
    given = connection.headers.get(CSRF_HEADER)
    if given is None and not is_api:
        request = Request[Any, Any, Any](connection.scope, connection.receive)
        kind = request.content_type[0]
        if kind in {RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART}:
            form = await request.form()
            given = form.get(CSRF_FIELD)
    if secret is None or not isinstance(given, str) or not compare_digest(given, csrf_token(connection, secret)):
        raise Forbidden("页面放得太久了，请刷新后再交一次。", errors=[{"field": "", "message": "csrf"}])


async def provide_principal(request: Request[Any, Any, Any]) -> Principal:
    """Dependency `principal`."""
    return await principal_of(request)


def provide_decisions(request: Request[Any, Any, Any]) -> Decisions:
    """Dependency `decisions`: those in force."""
    store: DecisionStore = request.app.state.decisions
    return store.current


async def provide_uow(request: Request[Any, Any, Any]) -> UnitOfWork:
    """Dependency `uow`: the request's one transaction, opened for the principal with the permission's scope (wall 2)."""
    held = _held.get()
    if held.uow is not None:
        return held.uow
    principal = await principal_of(request)
    store: DecisionStore = request.app.state.decisions
    database: Database = request.app.state.database
    permission = permission_of(request.route_handler)
    scope = store.current.scope(principal, permission)
    read_only = permission.is_read or request.method in _SAFE
    # What was written down without a network says so in the events and the trail (R010).
    channel = request.route_handler.opt.get("channel") or (
        "api" if request.scope["path"].startswith("/api/") else "web"
    )
    actor = principal.actor(channel=channel, request_id=held.request_id)
    held.uow = await database.open(actor, scope, read_only=read_only)
    key = request.headers.get("idempotency-key")
    if key and not read_only and principal.id != NOBODY and permission not in _NEVER_KEPT:
        held.idempotency = await _claim_key(held.uow, request, key)
    return held.uow


async def _claim_key(uow: UnitOfWork, request: Request[Any, Any, Any], key: str) -> IdempotencyKey:
    """Take the key for this request, or raise `Replayed` with the answer that it got before."""
    if not 8 <= len(key) <= 200 or not key.isascii() or not key.isprintable():
        raise Invalid([Fault("Idempotency-Key", "请用 8 到 200 个可见字符。", "idempotency-key")])
    row = IdempotencyKey(
        id=new_id(),
        actor_id=uow.actor.id,
        operation=f"{request.method} {request.scope['path']}",
        key=key,
        request_hash=hashlib.sha256(await request.body()).digest(),
        created_at=uow.now,
    )
    columns = ("id", "actor_id", "operation", "key", "request_hash", "created_at")
    taken = await uow.execute(
        insert(IdempotencyKey)
        .values({c: getattr(row, c) for c in columns})
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.id)
    )
    if taken.scalar_one_or_none() is not None:
        return row
    before = (
        await uow.execute(
            sa.select(IdempotencyKey).where(
                IdempotencyKey.actor_id == row.actor_id,
                IdempotencyKey.operation == row.operation,
                IdempotencyKey.key == key,
            )
        )
    ).scalar_one()
    if before.request_hash != row.request_hash:
        raise Conflict("这个 Idempotency-Key 已经用在另一个请求上，请换一个。")
    raise Replayed(before.status or 200, before.content_type or "application/json", before.answer or b"")


async def _remember(uow: UnitOfWork, row: IdempotencyKey, response: Response[Any]) -> None:
    content = response.content
    body = content if isinstance(content, bytes) else msgspec.json.encode(content)
    await uow.execute(
        sa.update(IdempotencyKey)
        .where(IdempotencyKey.id == row.id)
        .values(status=response.status_code or 200, content_type="application/json", answer=body)
    )
