"""The real worker process makes the paper that a contract queued; the command line then tells good files from bad."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from linggong.contracts import queries
from linggong.contracts.models import ContractFile
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from tests.work.walking import signed

from . import papers
from .conftest import Site, verified

if TYPE_CHECKING:
    from conftest import TestDatabase

WORKER = """
import asyncio, sys
from linggong.contracts import subscribers
from linggong.kernel import tasks
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.settings import Settings
async def main():
    subscribers.register()
    settings = Settings.from_env()
    database = Database(settings.database_url, pool_size=2, sealer=Secrets.load(settings.data_dir).sealer)
    await tasks.run_worker(settings.database_url, database)
    await database.dispose()
asyncio.run(main())
"""


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def secrets(folder: Path) -> Secrets:
    """The city's keys lie where the worker looks for them."""
    return Secrets.load(folder)


def environment(blank: TestDatabase, folder: Path) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": blank.app_dsn,
        "LINGGONG_OWNER_DATABASE_URL": blank.owner_dsn,
        "LINGGONG_DATA_DIR": str(folder),
        "LINGGONG_PUBLIC_URL": "https://lg.example.gov.cn",
    }


async def linggong(blank: TestDatabase, folder: Path, *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "linggong", "contracts", *words, env=environment(blank, folder),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def made(site: Site) -> ContractFile:
    for _ in range(400):
        async with site.begin((SYSTEM, EVERYWHERE)) as uow:
            file: Any = await uow.session.scalar(sa.select(ContractFile).where(ContractFile.state == "sealed"))
        if file is not None:
            return file
        await asyncio.sleep(0.1)
    raise AssertionError("the worker made nothing")


async def test_the_worker_makes_it_and_the_command_line_checks_it(
    site: Site, blank: TestDatabase, folder: Path, tmp_path: Path
) -> None:
    await verified(site.city, site.workers[0])
    await signed(site)
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, env=environment(blank, folder), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        file = await made(site)
    finally:
        worker.terminate()
        await asyncio.wait_for(worker.wait(), 30)
    async with site.begin(site.worker()) as uow:
        _, raw = await queries.content(uow, file.id)
    good, bad, other = tmp_path / "good.pdf", tmp_path / "bad.pdf", tmp_path / "note.txt"
    good.write_bytes(raw)
    bad.write_bytes(papers.with_page(raw))
    other.write_text("hello")
    code, out = await linggong(blank, folder, "check", str(good))
    assert (code, "good: 文件完整" in out) == (0, True)
    code, out = await linggong(blank, folder, "check", str(good), str(bad), str(other))
    assert code == 1
    assert [line.split(": ")[1] for line in out.splitlines()] == ["good", "pages_changed", "not_pdf"]
    code, out = await linggong(blank, folder, "check", "--offline", str(good))
    assert code == 0
    code, out = await linggong(blank, tmp_path / "elsewhere", "check", "--offline", str(good))
    assert (code, "foreign_seal" in out) == (1, True)
