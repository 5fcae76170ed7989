"""`linggong audit`: exit 0 and a sentence when all is whole, exit 1 and the place when a row was changed."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
from small_city import STATION, City

from linggong.kernel.ids import new_id
from linggong.people.models import ServiceLink

if TYPE_CHECKING:
    from conftest import Server, TestDatabase


async def linggong(blank: TestDatabase, folder: Path, *words: str) -> tuple[int, str]:
    """Run the command line on the test's database."""
    environment = os.environ | {
        "DATABASE_URL": blank.app_dsn,
        "LINGGONG_OWNER_DATABASE_URL": blank.owner_dsn,
        "LINGGONG_DATA_DIR": str(folder),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "linggong", "audit", *words, env=environment, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def test_verify_and_anchor(city: City, blank: TestDatabase, server: Server, tmp_path: Path) -> None:
    async with city.database.begin(*city.clerk) as uow:
        uow.session.add(ServiceLink(id=new_id(), subject_id=new_id(), tenant=STATION, kind="order", started_at=uow.now))
    code, out = await linggong(blank, tmp_path, "anchor", "--json")
    assert (code, json.loads(out)["anchor"]) == (0, 1)
    assert len((tmp_path / "audit-anchors.jsonl").read_text().splitlines()) == 1
    code, out = await linggong(blank, tmp_path, "verify")
    assert code == 0
    assert "every chain is whole" in out
    root = await asyncpg.connect(server.info.superuser_dsn.rsplit("/", 1)[0] + f"/{blank.name}")
    await root.execute("SET session_replication_role = replica")
    row = await root.fetchrow(
        "UPDATE audit_log SET role = 'x' WHERE tenant = $1 AND table_name = 'service_links' AND n = "
        "(SELECT max(n) FROM audit_log WHERE tenant = $1) RETURNING chain, n, row_id",
        STATION,
    )
    await root.close()
    assert row is not None
    code, out = await linggong(blank, tmp_path, "verify")
    assert code == 1
    assert f"altered: audit {row['chain']} {row['n']} service_links/{row['row_id']}: " in out
    code, out = await linggong(blank, tmp_path, "verify", "--json", "--chain", STATION)
    assert code == 1
    assert [f["kind"] for f in json.loads(out)["faults"]] == ["altered"]
    assert (await linggong(blank, tmp_path, "verify", "--chain", "/4102/99/"))[0] == 1
