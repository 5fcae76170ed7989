"""The city board over HTTP at 100,000 open posts, on one worker, against a bare asyncpg query of the same rows in the same run.

    python -m benchmarks.board_http [--posts 100000] [--seconds 5]

Prints p50 and p95 in ms of one client, requests a second of sixteen, the ratio of medians to the bare query (the figure), and
the web process's resident memory afterwards. Aims: ratio <= 2.5, p95 <= 40 ms, memory <= 250 MB.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import asyncpg
import psutil

import migrations
from benchmarks.board import fill, measure
from linggong.kernel import postgres
from linggong.market import board, board_sql

CASES = {
    "first page": ("/api/v1/board", board.BoardFilters()),
    "search 搬砖": (f"/api/v1/board?q={quote('搬砖')}", board.BoardFilters(q="搬砖")),
    "search 保洁": (f"/api/v1/board?q={quote('保洁')}", board.BoardFilters(q="保洁")),
    "first page, HTML": ("/", board.BoardFilters()),
}
_CLIENTS = 16


class Client:
    """One keep-alive connection that speaks just enough HTTP/1.1: a heavy client would measure itself."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> bytes:
        """Return the body of a GET; raises RuntimeError for anything but 200."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(f"GET {path} HTTP/1.1\r\nhost: bench\r\naccept: */*\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        if " 200 " not in head.split("\r\n", 1)[0]:
            raise RuntimeError(head)
        length = int(head.split("content-length: ", 1)[1].split("\r\n", 1)[0])
        return await reader.readexactly(length)

    def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()


async def throughput(port: int, path: str, seconds: float) -> float:
    """Return requests a second of sixteen clients at once."""
    done = 0
    end = time.perf_counter() + seconds

    async def one() -> None:
        nonlocal done
        client = Client(port)
        while time.perf_counter() < end:
            await client.get(path)
            done += 1
        client.close()

    begun = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(_CLIENTS)))
    return done / (time.perf_counter() - begun)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def ready(port: int) -> None:
    """Wait for the server on a port; raises RuntimeError after two minutes."""
    for _ in range(1200):
        try:
            await Client(port).get("/health/ready")
            return
        except (OSError, RuntimeError, asyncio.IncompleteReadError):
            await asyncio.sleep(0.1)
    raise RuntimeError("the server did not become ready")


def resident_mb(pid: int) -> float:
    """Return the largest resident size among the server's processes: the one that serves."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return max(p.memory_info().rss for p in family) / 1e6


async def run(posts: int, seconds: float) -> None:
    """Fill, serve, measure, print."""
    folder = Path(tempfile.mkdtemp(prefix="linggong-bench-"))
    folder.chmod(0o755)
    info = postgres.ensure_running(folder)
    server: subprocess.Popen[bytes] | None = None
    try:
        passwords = await postgres.bootstrap_roles(info.superuser_dsn, "bench", data_dir=folder)
        owner_dsn = postgres.make_dsn(info.host, info.port, postgres.OWNER_ROLE, passwords.owner, "bench")
        app_dsn = postgres.make_dsn(info.host, info.port, postgres.APP_ROLE, passwords.app, "bench")
        await asyncio.to_thread(migrations.upgrade, owner_dsn)
        owner = await asyncpg.connect(owner_dsn)
        await fill(owner, posts)
        await owner.close()
        port = free_port()
        environment = os.environ | {
            "DATABASE_URL": app_dsn,
            "LINGGONG_OWNER_DATABASE_URL": owner_dsn,
            "LINGGONG_DATA_DIR": str(folder),
            "LINGGONG_PORT": str(port),
            "LINGGONG_LOG_LEVEL": "WARNING",
        }
        server = subprocess.Popen([sys.executable, "-m", "linggong", "serve"], env=environment)
        await ready(port)
        bare = await asyncpg.connect(app_dsn)
        print(f"{posts} open posts, one worker")
        print(f"{'':22}{'p50 ms':>9}{'p95 ms':>9}{'req/s':>9}{'bare p50':>10}{'bare p95':>10}{'ratio':>8}")
        for name, (path, filters) in CASES.items():
            client = Client(port)
            on, values, point = board.prepared(filters)
            values["limit"] = 21
            sql, names = board_sql.statement(board_sql.Shape(frozenset(on), filters.sort, point, False))
            arguments = [values[n] for n in names]

            async def page(asked: str = path, by: Client = client) -> bytes:
                return await by.get(asked)

            async def rows(query: str = sql, given: list[object] = arguments) -> list[asyncpg.Record]:
                return await bare.fetch(query, *given)

            mine, other = await measure(page, seconds), await measure(rows, seconds)
            rate = await throughput(port, path, seconds)
            client.close()
            print(
                f"{name:22}{mine[0]:9.2f}{mine[1]:9.2f}{rate:9.0f}{other[0]:10.2f}{other[1]:10.2f}{mine[0] / other[0]:8.2f}"
            )
        await bare.close()
        print(f"web process resident: {resident_mb(server.pid):.0f} MB")
    finally:
        if server is not None:
            server.terminate()
            server.wait(20)
        postgres.stop(folder, immediate=True)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=5)
    given = parser.parse_args()
    asyncio.run(run(given.posts, given.seconds))
