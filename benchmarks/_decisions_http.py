"""What guard and scoped transaction add to an endpoint: the whole app in process, on a real PostgreSQL.

    python -m benchmarks._decisions_http [--requests 1500]

The same request (the city's counties, as a signed-in clerk) goes through three builds of the app, turn and turn about:
as it is; with the principal already known (no session lookup); and with neither guard nor scoped transaction, its queries
on a plain connection. The differences of the medians are the figures.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

import migrations
from linggong.app import application, edge
from linggong.kernel import postgres
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.paths import EVERYWHERE
from linggong.kernel.settings import Settings
from linggong.people import sessions, staff
from rbac.principal import ANONYMOUS, Principal
from tenants.loading import load_preset_into

PATH = "/api/v1/nodes/counties"


@contextmanager
def patched(**names: Any) -> Iterator[None]:
    """Build an app with other parts at the edge."""
    before = {name: getattr(edge, name) for name in names}
    for name, value in names.items():
        setattr(edge, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(edge, name, value)


async def request(app: Any, cookie: str) -> bytes:
    """Send one GET through the app as a server would."""
    parts: list[bytes] = []
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            parts.append(message.get("body", b""))

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http", "path": PATH,
        "raw_path": PATH.encode(), "root_path": "", "query_string": b"", "client": ("127.0.0.1", 1), "server": ("bench", 80),
        "headers": [(b"host", b"bench"), (b"cookie", f"lg_session={cookie}".encode())], "extensions": {},
    }  # fmt: skip
    await app(scope, receive, send)
    if status != 200:
        raise RuntimeError(f"{status} {parts!r}")
    return b"".join(parts)


async def measure_requests(count: int) -> None:
    """Print the medians of the three builds and their differences."""
    folder = Path(tempfile.mkdtemp(prefix="linggong-bench-"))
    folder.chmod(0o755)
    info = postgres.ensure_running(folder)
    try:
        passwords = await postgres.bootstrap_roles(info.superuser_dsn, "bench", data_dir=folder)
        owner_dsn = postgres.make_dsn(info.host, info.port, postgres.OWNER_ROLE, passwords.owner, "bench")
        app_dsn = postgres.make_dsn(info.host, info.port, postgres.APP_ROLE, passwords.app, "bench")
        await asyncio.to_thread(migrations.upgrade, owner_dsn)
        owner = await asyncpg.connect(owner_dsn)
        await load_preset_into(owner, "kaifeng")
        await owner.close()
        await _measure(folder, app_dsn, count)
    finally:
        postgres.stop(folder, immediate=True)
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(folder: Path, dsn: str, count: int) -> None:
    settings = Settings.from_env({"LINGGONG_DATA_DIR": str(folder), "LINGGONG_POOL_SIZE": "2"})
    secrets = Secrets.load(folder)
    database = Database(dsn, pool_size=1)
    async with database.system() as uow:
        member = await staff.create_staff(
            uow, "bench", "李敏", "station_clerk", "/4102/02/001/", "dawn-at-the-bridge-5"
        )
    async with database.system() as uow:
        token = await sessions.create(uow, "staff", member)
    principal = await sessions.resolve(database, token)
    assert principal is not None
    known: Principal = principal
    engine = create_async_engine(
        dsn.replace("postgresql://", "postgresql+asyncpg://"), isolation_level="AUTOCOMMIT", pool_size=2
    )

    async def known_principal(connection: Any) -> Principal:
        connection.state["principal"] = known
        return known

    async def no_guard(connection: Any, handler: Any) -> None:
        connection.state["principal"] = ANONYMOUS

    async def plain_uow(request: Any) -> UnitOfWork:
        held = edge._held.get()
        if held.uow is None:
            session = AsyncSession(engine, expire_on_commit=False)
            held.uow = UnitOfWork(session, await session.connection(), known.actor(), EVERYWHERE)
        return held.uow

    plain_uow.__annotations__ = edge.provide_uow.__annotations__
    whole = application.build(settings, dsn, secrets=secrets)
    with patched(guard=no_guard, provide_uow=plain_uow):
        bare = application.build(settings, dsn, secrets=secrets)
    builds = {"as it is": whole, "principal known": whole, "neither guard nor scope": bare}
    taken: dict[str, list[float]] = {name: [] for name in builds}
    busy: dict[str, float] = dict.fromkeys(builds, 0.0)
    async with AsyncExitStack() as stack:
        for app in (whole, bare):
            await stack.enter_async_context(app.lifespan())
        answers = set()
        for turn in range(count + 100):
            for name, app in builds.items():
                with patched(**({"principal_of": known_principal} if name == "principal known" else {})):
                    begun, worked = time.perf_counter(), time.process_time()
                    answer = await request(app, token)
                    if turn >= 100:
                        taken[name].append((time.perf_counter() - begun) * 1000)
                        busy[name] += (time.process_time() - worked) * 1000 / count
                answers.add(answer)
    assert len(answers) == 1, "the three builds answer alike"
    await engine.dispose()
    await database.dispose()
    print(f"\nGET {PATH}, {count} requests of each build in turn, ms")
    print(f"{'':28}{'p50':>8}{'p95':>8}{'our CPU':>9}  (without PostgreSQL's)")
    medians = {}
    for name, values in taken.items():
        cuts = statistics.quantiles(values, n=100)
        medians[name] = cuts[49]
        print(f"{name:28}{cuts[49]:8.3f}{cuts[94]:8.3f}{busy[name]:9.3f}")
    added = medians["principal known"] - medians["neither guard nor scope"]
    print(f"guard and scoped transaction add {added:.3f} ms (aim: 0.4)")
    print(f"the session's lookup beside them {medians['as it is'] - medians['principal known']:.3f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1_500)
    asyncio.run(measure_requests(parser.parse_args().requests))
