"""Prometheus metrics and health."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from litestar import Response, get
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

from linggong.kernel.db import Database
from linggong.kernel.live import Hub
from rbac.permissions import Permission

REQUESTS = Counter("linggong_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram(
    "linggong_request_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 5),
)
POOL_BUSY = Gauge("linggong_pool_busy", "Database connections in use")


def observe(scope: Any, status: int, seconds: float) -> None:
    """Count one answered request under its route's template, never its raw path (ids would flood the labels)."""
    route = scope.get("path_template") or "unmatched"
    REQUESTS.labels(scope["method"], route, str(status)).inc()
    SECONDS.labels(route).observe(seconds)


@get("/health/live", opt={"permission": Permission.PUBLIC_USE}, include_in_schema=False)
async def live() -> dict[str, str]:
    """The process runs."""
    return {"status": "ok"}


@get("/health/ready", opt={"permission": Permission.PUBLIC_USE}, include_in_schema=False)
async def ready(database: NamedDependency[Database], hub: NamedDependency[Hub]) -> Response[dict[str, str]]:
    """The database answers and live updates are connected: traffic may come."""
    try:
        await database.fetch_public("SELECT 1")
    except (OSError, sa.exc.SQLAlchemyError):
        return Response({"status": "no database"}, status_code=503)
    if not hub.connected.is_set():
        return Response({"status": "live updates not connected"}, status_code=503)
    return Response({"status": "ok"})


@get("/metrics", opt={"permission": Permission.PUBLIC_USE}, include_in_schema=False)
async def metrics(database: NamedDependency[Database]) -> Response[bytes]:
    """What Prometheus scrapes."""
    pool: Any = database.engine.pool
    POOL_BUSY.set(pool.checkedout())
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
