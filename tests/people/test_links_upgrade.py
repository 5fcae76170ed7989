"""The upgrade gives every link an end, by its kind, and lets nobody vanish on that night."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import asyncpg

import migrations
from linggong.kernel.ids import new_id

if TYPE_CHECKING:
    from conftest import Server

NODE = (
    "INSERT INTO nodes (id, path, kind, name, short_name, status, point_is_demo, name_warnings, extra, created_at) "
    "VALUES ($1, '/4102/', 'city', '开封市', '开封', 'open', false, '[]', '{}', now())"
)
LINK = "INSERT INTO service_links (id, subject_id, tenant, kind, started_at, ends_at) VALUES ($1, $2, '/4102/', $3, $4, $5)"
RULE = (
    "INSERT INTO casbin_rule (ptype, v0, v1, v2, v3, v4, v5) "
    "VALUES ('p', 'street_operator', '*', 'overview', 'export', 'down', 'allow')"
)


async def test_links_without_an_end_get_one(server: Server) -> None:
    name = f"upgrade_{os.getpid()}"
    await server.clone("template1", name)
    dsn = server.dsn("owner", name)
    try:
        await asyncio.to_thread(migrations.upgrade, dsn, "0001")
        owner = await asyncpg.connect(dsn)
        now = datetime.now(UTC)
        long_ago, kept = now - timedelta(days=2000), now + timedelta(days=3)
        await owner.execute(NODE, new_id())
        ids = {kind: new_id() for kind in ("registered", "signed_in", "order", "showed_code")}
        for kind, subject in ids.items():
            await owner.execute(LINK, new_id(), subject, kind, long_ago, None)
        fresh, ended = new_id(), new_id()
        await owner.execute(LINK, new_id(), fresh, "registered", now, None)
        await owner.execute(LINK, new_id(), ended, "order", long_ago, kept)
        await owner.close()
        await asyncio.to_thread(migrations.upgrade, dsn, "0003")
        owner = await asyncpg.connect(dsn)
        # A city that has given a right by hand which a later release gives to everybody.
        await owner.execute(RULE)
        await owner.close()
        await asyncio.to_thread(migrations.upgrade, dsn)
        owner = await asyncpg.connect(dsn)
        ends = {
            r["subject_id"]: r["ends_at"] for r in await owner.fetch("SELECT subject_id, ends_at FROM service_links")
        }
        spans = {kind: (ends[subject] - now).days for kind, subject in ids.items()}
        assert spans == {"registered": 180, "signed_in": -1970, "order": 90, "showed_code": -1999}
        assert (ends[fresh] - now).days == 730
        assert ends[ended] == kept
        nullable = "SELECT is_nullable FROM information_schema.columns WHERE table_name = 'service_links' AND column_name = 'ends_at'"
        assert await owner.fetchval(nullable) == "NO"
        await owner.close()
    finally:
        await server.drop(name)
