"""`linggong check invariants`: exit 0 when all hold; exit 1 and the rows, never a person's data, when one is broken."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
from small_city import STATION

if TYPE_CHECKING:
    from conftest import Server

    from tests.invariants.conftest import Day


async def linggong(server: Server, name: str, folder: Path, *words: str) -> tuple[int, str]:
    """Run the command on a database."""
    environment = os.environ | {
        "DATABASE_URL": server.dsn("app", name),
        "LINGGONG_OWNER_DATABASE_URL": server.dsn("owner", name),
        "LINGGONG_DATA_DIR": str(folder),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "linggong", "check", "invariants", *words,
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def test_whole_and_broken(day: Day, server: Server, tmp_path: Path) -> None:
    await server.clone("invariants", "invariants_cli")
    try:
        code, out = await linggong(server, "invariants_cli", tmp_path)
        assert (code, "every invariant holds" in out) == (0, True)
        owner = await asyncpg.connect(server.dsn("owner", "invariants_cli"))
        await owner.execute("UPDATE assignments SET state = 'X_NOSHOW_W' WHERE id = $1", day.names["worked"])
        await owner.close()
        code, out = await linggong(server, "invariants_cli", tmp_path, "--json")
        found = json.loads(out)["violations"]
        assert code == 1
        assert {(v["rule"], v["row"]) for v in found} == {
            ("9", f"assignments/{day.names['worked']}"),
            ("12", f"assignment/{day.names['worked']}"),
            ("14", f"figures/shifts {STATION} 2026-03-11"),
        }
        code, out = await linggong(server, "invariants_cli", tmp_path, "9")
        assert (code, str(day.names["worked"]) in out, "李" in out) == (1, True, False)
        assert (await linggong(server, "invariants_cli", tmp_path, "1"))[0] == 0
        assert (await linggong(server, "invariants_cli", tmp_path, "99"))[0] == 1
    finally:
        await server.drop("invariants_cli")
