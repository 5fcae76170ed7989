"""`linggong rbac explain` and `who` on a real database, as an operator types them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from small_city import OTHER_STATION, STATION

if TYPE_CHECKING:
    from conftest import TestDatabase

    from tests.app.conftest import Site


async def linggong(blank: TestDatabase, folder: Path, *words: str) -> tuple[int, str, str]:
    environment = os.environ | {
        "DATABASE_URL": blank.app_dsn,
        "LINGGONG_OWNER_DATABASE_URL": blank.owner_dsn,
        "LINGGONG_DATA_DIR": str(folder),
        "COLUMNS": "200",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "linggong", "rbac", *words, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_explain_and_who(site: Site, blank: TestDatabase, tmp_path: Path) -> None:
    await site.staff("station_manager", STATION, "manager1")
    asked = ("--object", "person", "--action", "register")
    code, out, _ = await linggong(blank, tmp_path, "explain", "--staff", "manager1", "--at", STATION, *asked)
    assert code == 0
    assert "rule: station_clerk, *, person, register, down, allow" in out
    assert f"post: station_manager at {STATION}" in out
    code, out, _ = await linggong(
        blank, tmp_path, "explain", "--staff", "manager1", "--at", OTHER_STATION, *asked, "--json"
    )
    assert code == 1
    assert json.loads(out)["reason"] == "elsewhere"
    code, out, _ = await linggong(blank, tmp_path, "who", "--at", STATION, *asked, "--json")
    assert code == 0
    assert [(w["username"], w["allowed"]) for w in json.loads(out)["staff"]] == [("manager1", True)]
    code, out, err = await linggong(
        blank, tmp_path, "explain", "--staff", "manager1", "--at", STATION, "--object", "person", "--action", "fly"
    )
    assert (code, out) == (1, "")
    assert "register" in err, "it names the actions that there are"
    code, _, err = await linggong(blank, tmp_path, "explain", "--staff", "nobody1", "--at", STATION, *asked)
    assert (code, "Traceback" in err) == (1, False)
