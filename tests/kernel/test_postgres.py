"""The embedded server survives what happens to a station's PC: kills, crashes, two starts at once."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from linggong.kernel import postgres

START = """
import sys
from pathlib import Path
from linggong.kernel import postgres
info = postgres.ensure_running(Path(sys.argv[1]), fast=True)
print(info.pid, info.port, flush=True)
"""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder outside pytest's own, which root's pytest closes to the server's user at every start."""
    path = Path(tempfile.mkdtemp(prefix="linggong-pg-"))
    yield path
    postgres.stop(path, immediate=True)
    shutil.rmtree(path)


def start_elsewhere(data_dir: Path, then: str = "") -> subprocess.Popen[str]:
    """A process of its own that starts the server, says its pid and port, and goes on with ``then``."""
    return subprocess.Popen([sys.executable, "-c", START + then, str(data_dir)], stdout=subprocess.PIPE, text=True)


def first_line(process: subprocess.Popen[str]) -> list[int]:
    assert process.stdout is not None
    return [int(word) for word in process.stdout.readline().split()]


async def test_starts_listens_on_loopback_only_and_asks_for_a_password(data_dir: Path) -> None:
    info = postgres.ensure_running(data_dir, fast=True)
    listening = {c.laddr.ip for c in psutil.net_connections("tcp") if c.status == "LISTEN" and c.pid == info.pid}
    assert listening == {"127.0.0.1"}
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.make_dsn(info.host, info.port, "postgres", "wrong", "postgres"))
    conn = await asyncpg.connect(info.superuser_dsn)
    try:
        shown = {
            name: await conn.fetchval(f"SHOW {name}")
            for name in ("server_encoding", "timezone", "max_connections", "fsync")
        }
        collation = await conn.fetchval("SELECT datcollate FROM pg_database WHERE datname = 'postgres'")
    finally:
        await conn.close()
    assert collation == "C"
    assert shown == {
        "server_encoding": "UTF8",
        "timezone": "UTC",
        "max_connections": "100",
        "fsync": "off",
    }
    assert info.password not in repr(info)


async def test_without_fast_it_is_durable(data_dir: Path) -> None:
    info = postgres.ensure_running(data_dir)
    conn = await asyncpg.connect(info.superuser_dsn)
    try:
        for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert await conn.fetchval(f"SHOW {name}") == "on", name
    finally:
        await conn.close()


def test_secrets_are_readable_by_their_owner_only(data_dir: Path) -> None:
    postgres.ensure_running(data_dir, fast=True)
    postgres.role_passwords(data_dir)
    assert stat.S_IMODE((data_dir / "postgres.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((data_dir / "postgres").stat().st_mode) == 0o700
    assert not (data_dir / "postgres.password").exists()


async def test_stop_and_start_keep_data_and_port(data_dir: Path) -> None:
    before = postgres.ensure_running(data_dir, fast=True)
    conn = await asyncpg.connect(before.superuser_dsn)
    await conn.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
    await conn.close()
    assert postgres.stop(data_dir) is True
    assert postgres.stop(data_dir) is False
    assert postgres.find_running(data_dir) is None
    after = postgres.ensure_running(data_dir, fast=True)
    assert after.port == before.port
    assert after.pid != before.pid
    conn = await asyncpg.connect(after.superuser_dsn)
    assert await conn.fetchval("SELECT n FROM kept") == 7
    await conn.close()


async def test_kill_9_of_the_postmaster_loses_no_acknowledged_row(data_dir: Path) -> None:
    info = postgres.ensure_running(data_dir)
    conn = await asyncpg.connect(info.superuser_dsn)
    await conn.execute("CREATE TABLE paid (n int)")
    for n in range(50):
        await conn.execute("INSERT INTO paid VALUES ($1)", n)
    os.kill(info.pid, signal.SIGKILL)
    # At once: the backends of the dead postmaster may still be there, and its pid file surely is.
    again = postgres.ensure_running(data_dir)
    assert again.pid != info.pid
    conn.terminate()
    conn = await asyncpg.connect(again.superuser_dsn)
    assert await conn.fetchval("SELECT count(*) FROM paid") == 50
    await conn.close()


def test_a_pid_file_whose_number_went_to_another_program_does_not_block(data_dir: Path) -> None:
    info = postgres.ensure_running(data_dir, fast=True)
    pid_file = data_dir / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    postgres.stop(data_dir)
    owner = (data_dir / "postgres").stat()
    other = subprocess.Popen(["sleep", "60"], user=owner.st_uid, group=owner.st_gid)
    try:
        pid_file.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        os.chown(pid_file, owner.st_uid, owner.st_gid)
        assert postgres.find_running(data_dir) is None
        assert postgres.ensure_running(data_dir, fast=True).pid not in (other.pid, info.pid)
    finally:
        other.kill()
        other.wait()


def test_the_server_outlives_a_killed_parent_and_is_found(data_dir: Path) -> None:
    parent = start_elsewhere(data_dir, "import time; time.sleep(60)")
    pid, port = first_line(parent)
    parent.kill()
    parent.communicate()
    found = postgres.ensure_running(data_dir, fast=True)
    assert (found.pid, found.port) == (pid, port)


def test_two_starts_at_once_make_one_server(data_dir: Path) -> None:
    starts = [start_elsewhere(data_dir) for _ in range(3)]
    seen = {tuple(first_line(process)) for process in starts}
    for process in starts:
        process.communicate()
        assert process.returncode == 0
    assert len(seen) == 1


def test_a_killed_set_up_leaves_nothing_that_blocks(data_dir: Path) -> None:
    half = data_dir / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    assert postgres.ensure_running(data_dir, fast=True).pid > 0
    assert not half.exists()


def test_a_taken_port_is_left_to_its_holder(data_dir: Path) -> None:
    port = postgres.ensure_running(data_dir, fast=True).port
    postgres.stop(data_dir)
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", port))
        holder.listen()
        moved = postgres.ensure_running(data_dir, fast=True)
    assert moved.port != port


def test_data_of_another_major_version_are_refused(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir()
    (data_dir / "postgres" / "PG_VERSION").write_text("14\n")
    with pytest.raises(postgres.EmbeddedServerError, match="dump them with the old version"):
        postgres.ensure_running(data_dir)


def test_lost_passwords_are_said_and_not_replaced(data_dir: Path) -> None:
    postgres.ensure_running(data_dir, fast=True)
    postgres.stop(data_dir)
    state = data_dir / "postgres.json"
    state.rename(data_dir / "moved.json")
    with pytest.raises(postgres.EmbeddedServerError, match="restore that file"):
        postgres.ensure_running(data_dir)


def test_a_deep_folder_works(data_dir: Path) -> None:
    deep = data_dir.joinpath(*["a-rather-long-folder-name"] * 6)
    try:
        started = time.monotonic()
        assert postgres.ensure_running(deep, fast=True).port > 0
        assert time.monotonic() - started < 30
    finally:
        postgres.stop(deep, immediate=True)


async def test_roles_and_database(data_dir: Path) -> None:
    info = postgres.ensure_running(data_dir, fast=True)
    passwords = await postgres.bootstrap_roles(info.superuser_dsn, "city-one", data_dir=data_dir)
    assert await postgres.bootstrap_roles(info.superuser_dsn, "city-one", data_dir=data_dir) == passwords

    def dsn(role: str, password: str) -> str:
        return postgres.make_dsn(info.host, info.port, role, password, "city-one")

    owner = await asyncpg.connect(dsn(postgres.OWNER_ROLE, passwords.owner))
    app = await asyncpg.connect(dsn(postgres.APP_ROLE, passwords.app))
    try:
        rights = "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        assert tuple(await owner.fetchrow(rights)) == (False, True, False, False)
        assert tuple(await app.fetchrow(rights)) == (False, False, False, False)
        assert await owner.fetchval(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        ) == (postgres.OWNER_ROLE)
        settings = {
            name: await app.fetchval(f"SHOW {name}") for name in ("app.scope", "app.actor", "app.kind", "app.employer")
        }
        assert settings == {"app.scope": "#none", "app.actor": "", "app.kind": "none", "app.employer": ""}
        await owner.execute("CREATE TABLE posts (tenant text COLLATE \"C\"); INSERT INTO posts VALUES ('/4102/')")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute("CREATE TABLE mine (n int)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.fetch("SELECT * FROM posts")
        await owner.execute("CREATE EXTENSION pg_trgm")
    finally:
        await owner.close()
        await app.close()


async def test_the_starting_scope_matches_no_path(data_dir: Path) -> None:
    info = postgres.ensure_running(data_dir, fast=True)
    passwords = await postgres.bootstrap_roles(info.superuser_dsn, "city", data_dir=data_dir)
    app = await asyncpg.connect(postgres.make_dsn(info.host, info.port, postgres.APP_ROLE, passwords.app, "city"))
    try:
        inside = (
            "SELECT $1::text COLLATE \"C\" >= NULLIF(current_setting('app.scope', true), '') "
            "AND $1::text COLLATE \"C\" < NULLIF(current_setting('app.scope', true), '') || '~'"
        )
        for path in ("/4102/", "/4102/25/001/0203/", "/a/"):
            assert await app.fetchval(inside, path) is False
    finally:
        await app.close()
