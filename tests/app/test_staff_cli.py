"""`linggong staff`: who holds which post, and the end of an account, on the command line."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import staff_door
from officers import hire
from small_city import COUNTY, OTHER_STATION, STATION, City

from linggong.kernel.errors import SignInFailed
from linggong.people import sessions
from rbac.roles import STAFF_ROLES, Role

if TYPE_CHECKING:
    from conftest import TestDatabase


async def run(blank: TestDatabase, folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run a command on the test's database."""
    environment = os.environ | {
        "DATABASE_URL": blank.app_dsn,
        "LINGGONG_OWNER_DATABASE_URL": blank.owner_dsn,
        "LINGGONG_DATA_DIR": str(folder),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "linggong", "staff", *arguments, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, error = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), error.decode()


async def test_staff_are_listed_and_ended(city: City, blank: TestDatabase, tmp_path: Path) -> None:
    clerk = await hire(city.database, "limin", Role.STATION_CLERK, STATION, name="李敏")
    await hire(city.database, "zhaomin", Role.STATION_CLERK, OTHER_STATION, name="赵敏")
    async with city.database.system() as uow:
        token = await sessions.create(uow, "staff", clerk.id)
    code, out, _ = await run(blank, tmp_path, "list", "--at", COUNTY, "--json")
    assert code == 0
    (line,) = json.loads(out)
    assert (line["username"], [p["path"] for p in line["posts"]]) == ("limin", [STATION])
    code, out, _ = await run(blank, tmp_path, "list")
    assert "limin" in out
    assert "zhaomin" in out
    code, _, error = await run(blank, tmp_path, "end", "limin", "--reason", " ")
    assert code == 1
    assert "原因" in error
    code, out, _ = await run(blank, tmp_path, "end", "limin", "--reason", "离职", "--json")
    assert (code, json.loads(out)["status"]) == (0, "ended")
    assert await sessions.resolve(city.database, token) is None
    code, _, error = await run(blank, tmp_path, "end", "nobody", "--reason", "离职")
    assert code == 1
    assert "没有找到" in error


async def test_an_account_that_nobody_else_can_help_is_reset(city: City, blank: TestDatabase, tmp_path: Path) -> None:
    who = await staff_door.account(city, "chief", "sysadmin", COUNTY)
    await staff_door.bound(city, who, "chief")
    token = (await staff_door.enter(city, "chief")).token
    code, out, _ = await run(blank, tmp_path, "reset", "chief", "--factor", "--json")
    assert code == 0
    made = json.loads(out)
    assert (made["username"], len(made["code"])) == ("chief", 14)
    assert await sessions.owed(city.database, token) is None
    with pytest.raises(SignInFailed):
        await staff_door.enter(city, "chief")
    city.clock.advance(datetime.fromisoformat(made["good_until"]) - city.clock.now() - timedelta(minutes=1))
    assert (await staff_door.enter(city, "chief", made["code"])).kind == "enrol", "the factor went, too"
    code, out, error = await run(blank, tmp_path, "reset", "nobody")
    assert (code, out) == (1, "")
    assert "nobody" in error


async def test_help_names_every_role(blank: TestDatabase, tmp_path: Path) -> None:
    code, out, _ = await run(blank, tmp_path, "add", "--help")
    assert code == 0
    assert [role.value for role in STAFF_ROLES if role.value not in out] == []
