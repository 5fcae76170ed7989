"""Assembly: one Litestar application from the slices' controllers, the pages, and the edge."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from litestar import Litestar, Request
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.static_files import create_static_files_router
from litestar.stores.memory import MemoryStore

from admin import internals as console_internals
from linggong import tables  # noqa: F401 - mappers of every slice
from linggong.app import console, edge, metrics, problems, registry, runtime
from linggong.kernel import logs
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.live import Hub
from linggong.kernel.practice import PRACTISING
from linggong.kernel.settings import Settings
from linggong.people.limits import AddressLimiter
from linggong.web import pages
from linggong.web.inbox.badge import Badges
from rbac import store
from rbac.decisions import Decisions
from rbac.permissions import Permission
from rbac.roles import ROLE_LABELS

VERSION = "0.1.0"
_LOCK_PATIENCE = 5
"""Seconds that a request waits for a row that somebody else holds; then it is asked to try again (409)."""


def create() -> Litestar:
    """Build the app of one process from the environment; what the server calls."""
    settings = Settings.from_env()
    logs.configure(settings.log_format, settings.log_level)
    app = build(settings, runtime.app_dsn(settings))
    app.on_startup.append(settle)
    return app


def settle() -> None:
    """Keep what a started process holds for good (routes, models, statements) out of every later search for garbage."""
    gc.collect()
    gc.freeze()


def practice_accounts() -> list[dict[str, str]]:
    """Return the demo's accounts for the practice market's door: its people are made up, and their password is published."""
    from linggong.demo import sign_ins

    phones = "、".join(f"{w.phone}（{w.name}）" for w in sign_ins.WORKERS)
    phones += f"，雇主 {sign_ins.EMPLOYER.phone}"
    return [
        {
            "username": a.username,
            "name": a.name,
            "role": ROLE_LABELS[a.role],
            "password": sign_ins.PASSWORD,
            "phones": phones,
        }
        for a in sorted(sign_ins.STAFF, key=lambda a: not a.role.startswith("station"))
    ]


def _follow_policies(hub: Hub, decisions: store.DecisionStore, database: Database) -> set[asyncio.Task[None]]:
    """Reload the decisions whenever a policy changes, and after every reconnect, when a notice may have been missed."""
    running: set[asyncio.Task[None]] = set()

    def changed(_: str) -> None:
        task = asyncio.create_task(decisions.reload(database))
        running.add(task)
        task.add_done_callback(running.discard)

    hub.on(store.CHANNEL, changed)
    return running


@dataclass(frozen=True, slots=True)
class Deployment:
    """What an app is started on: its settings, the app role's database, and its keys (default: the data directory's)."""

    settings: Settings
    dsn: str
    secrets: Secrets | None = None


def build(settings: Settings, dsn: str, *, secrets: Secrets | None = None) -> Litestar:
    """Build the app on a database that is migrated already; `dsn` is the app role's, `secrets` default to the data directory's."""
    registry.register()
    console_internals.check_release()

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        on: Deployment = app.state.deployment
        keys = on.secrets or Secrets.load(on.settings.data_dir)
        # A row that is held for long must not gather one request after the other until every connection waits for it.
        database = Database(on.dsn, pool_size=on.settings.pool_size, lock_patience=_LOCK_PATIENCE, sealer=keys.sealer)
        await database.check_role()
        hub = Hub(on.dsn, (store.CHANNEL,))
        app.state.database = database
        app.state.secrets = keys
        app.state.settings = on.settings
        app.state.limiter = AddressLimiter()
        app.state.decisions = store.DecisionStore(await store.load(database))
        app.state.hub = hub
        app.state.practice_accounts = practice_accounts() if PRACTISING else []
        app.state.badges = Badges(hub)
        reloads = _follow_policies(hub, app.state.decisions, database)
        await pages.prepare(app)
        await hub.start()
        try:
            yield
        finally:
            await hub.stop()
            await asyncio.gather(*reloads, return_exceptions=True)
            await database.dispose()

    def of_state(name: str) -> Provide:
        def provide(request: Request[Any, Any, Any]) -> Any:
            return getattr(request.app.state, name)

        return Provide(provide, sync_to_thread=False)

    static = create_static_files_router(
        path="/static",
        directories=[pages.STATIC],
        opt={"permission": Permission.PUBLIC_USE},
        cache_control=pages.STATIC_CACHE,
        include_in_schema=False,
    )
    app = Litestar(
        route_handlers=[*registry.CONTROLLERS, metrics.live, metrics.ready, metrics.metrics, console.console, static],
        lifespan=[lifespan],
        middleware=[edge.RequestEdge],
        guards=[edge.guard],
        after_request=edge.commit,
        exception_handlers=problems.HANDLERS,
        dependencies={
            "uow": Provide(edge.provide_uow),
            "principal": Provide(edge.provide_principal),
            "decisions": Provide(edge.provide_decisions, sync_to_thread=False),
            **{name: of_state(name) for name in ("database", "secrets", "settings", "hub")},
        },
        plugins=[edge.DeclaredPermissions()],
        signature_namespace={
            "Database": Database,
            "Decisions": Decisions,
            "Hub": Hub,
            "Secrets": Secrets,
            "Settings": Settings,
        },
        request_max_body_size=settings.max_body_bytes,
        compression_config=CompressionConfig("gzip", minimum_size=800, gzip_compress_level=4, exclude=["^/live$"]),
        stores={"response_cache": MemoryStore()},
        openapi_config=OpenAPIConfig(
            title="零工通 Linggong",
            version=VERSION,
            path=edge.SCHEMA_PATH,
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
            components=Components(
                security_schemes={
                    "session": SecurityScheme(type="apiKey", name=pages.SESSION_COOKIE, security_scheme_in="cookie")
                }
            ),
            use_handler_docstrings=True,
        ),
        debug=False,
        pdb_on_exception=False,
    )
    app.state.deployment = Deployment(settings, dsn, secrets)
    return app
