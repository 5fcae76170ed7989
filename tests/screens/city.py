"""The demo city on a database of its own, served at a clock that stands still, with a session for everybody in it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import uvicorn

from linggong.app import runtime
from linggong.app.application import build
from linggong.demo import doors, furnishing, sign_ins, stations
from linggong.demo.fill import fill
from linggong.kernel import clock, logs, postgres
from linggong.kernel.clock import MovableClock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.settings import Settings
from linggong.people import sessions
from linggong.people.models import Contact, EmployerMember, Staff
from tenants import commands

UNTIL = date(2026, 5, 20)
"""A Wednesday in the garlic harvest."""
MOMENT = datetime(2026, 5, 19, 21, 10, tzinfo=UTC)
"""Ten past five in the morning, when the counter is full."""


@dataclass
class City:
    """A served demo city."""

    base: str
    database: Database
    secrets: Secrets
    loop: asyncio.AbstractEventLoop
    tokens: dict[str, str] = field(default_factory=dict)

    def run(self, work: Any) -> Any:
        """Run something of the app's in its own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(120)

    def token(self, who: str) -> str:
        """Return the session of a member of staff by name, of a telephone, or '' for nobody."""
        if who and who not in self.tokens:
            self.tokens[who] = self.run(self._open(who))
        return self.tokens.get(who, "")

    async def _open(self, who: str) -> str:
        async with self.database.system() as uow:
            if not who.isdecimal():
                account = await uow.session.scalar(sa.select(Staff.id).where(Staff.username == who))
                assert account is not None, f"no account {who}"
                return await sessions.create(uow, "staff", account)
            index = self.secrets.sealer.blind_index("phone", who)
            person = await uow.session.scalar(sa.select(Contact.person_id).where(Contact.number_index == index))
            assert person is not None, f"nobody has the telephone {who}"
            employer = await uow.session.scalar(
                sa.select(EmployerMember.employer_id).where(EmployerMember.person_id == person)
            )
            return await sessions.create(uow, "person", person, {"employer_id": str(employer)} if employer else None)

    def one(self, statement: Any) -> Any:
        """Return one value of the database."""

        async def ask() -> Any:
            async with self.database.system() as uow:
                return await uow.session.scalar(statement)

        return self.run(ask())


@contextlib.contextmanager
def standing(*, days: int, scale: float, moment: datetime = MOMENT, folder: Path | None = None) -> Iterator[City]:
    """Start PostgreSQL in a folder of its own, write the days, serve them; everything ends with the block."""
    logs.configure("text", "WARNING")
    with contextlib.ExitStack() as stack:
        data = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="linggong-screens-")))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        given = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "LINGGONG_OWNER_DATABASE_URL")}
        base = f"http://127.0.0.1:{port}"
        settings = Settings.from_env(
            given
            | {
                "LINGGONG_DATA_DIR": str(data),
                "LINGGONG_PORT": str(port),
                "LINGGONG_POOL_SIZE": "6",
                "LINGGONG_PUBLIC_URL": "https://lg.kaifeng.example",
            }
        )
        prepared = runtime.prepare(settings)
        stack.callback(postgres.stop, data)
        secrets = Secrets.load(data)
        stack.enter_context(clock.clock_set(MovableClock(moment)))
        asyncio.run(_fill(prepared, secrets, days, scale, moment))
        yield from _served(settings, prepared.app, secrets, base, port)


async def _fill(prepared: runtime.Prepared, secrets: Secrets, days: int, scale: float, moment: datetime) -> None:
    if not await runtime.is_empty(prepared.owner):
        return
    await commands.load(prepared.owner, "kaifeng")
    database = Database(prepared.app, pool_size=6, sealer=secrets.sealer)
    try:
        if days:
            await fill(
                database, prepared.owner, secrets.sealer, days=days, seed=1, until=clock.business_date(moment),
                scale=scale, moment=moment,
            )  # fmt: skip
        else:
            await sign_ins.create(database, secrets.sealer)
        await doors.furnish(database)
        await furnishing.furnish(database, secrets.sealer)
        await stations.furnish(database)
    finally:
        await database.dispose()


def _served(settings: Settings, dsn: str, secrets: Secrets, base: str, port: int) -> Iterator[City]:
    app = build(settings, dsn, secrets=secrets)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", lifespan="on"))
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    for _ in range(600):
        if server.started or not thread.is_alive():
            break
        time.sleep(0.05)
    assert server.started, "the app did not start"
    try:
        yield City(base, app.state.database, secrets, loops[0])
    finally:
        server.should_exit = True
        thread.join(20)


def person_of(city: City, phone: str) -> UUID:
    """Return whose telephone it is."""
    found: UUID = city.one(
        sa.select(Contact.person_id).where(Contact.number_index == city.secrets.sealer.blind_index("phone", phone))
    )
    return found
