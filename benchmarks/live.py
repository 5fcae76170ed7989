"""A thousand open boards on one worker process: how soon each hears of a new post, against a bare LISTEN in the same run.

    python -m benchmarks.live [--clients 1000] [--posts 20]

Prints the median and p95 of the time from the step before COMMIT to a client's frame, the same for one bare asyncpg listener and the ratio of the
medians (the figure), how many frames of those due arrived, and the web process's resident memory. Aims: all served, median
<= 100 ms, memory <= 250 MB. The 30 ms for which changes are gathered are part of every client's time.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import asyncpg

import migrations
from benchmarks.board_http import free_port, ready, resident_mb
from linggong.kernel import db, postgres
from linggong.kernel.crypto import Secrets
from linggong.kernel.events import NewEvent

NAME = "bench_live"


class Board:
    """One browser that keeps `/live` open and notes when a frame came."""

    def __init__(self) -> None:
        self.heard: list[float] = []
        self.opened = asyncio.Event()

    async def listen(self, port: int) -> None:
        """Read frames until cancelled; raises RuntimeError when it is not let in."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(b"GET /live?topics=board HTTP/1.1\r\nhost: bench\r\naccept: text/event-stream\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in head.split(b"\r\n", 1)[0]:
                raise RuntimeError(head.decode())
            self.opened.set()
            while line := await reader.readline():
                if line.startswith(b"event: change"):
                    self.heard.append(time.perf_counter())
        finally:
            writer.close()


async def play(app_dsn: str, folder: Path, port: int, clients: int, posts: int) -> tuple[list[float], list[float], int]:
    """Open the boards, tell of posts one after the other; returns both delays in seconds, and frames that came."""
    boards = [Board() for _ in range(clients)]
    tasks = [asyncio.create_task(board.listen(port)) for board in boards]
    await asyncio.wait_for(asyncio.gather(*(board.opened.wait() for board in boards)), 60)
    bare: list[float] = []
    listener = await asyncpg.connect(app_dsn)
    await listener.add_listener("live", lambda *_: bare.append(time.perf_counter()))
    database = db.Database(app_dsn, pool_size=1, sealer=Secrets.load(folder).sealer)
    delays: list[float] = []
    plain: list[float] = []
    arrived = 0
    for n in range(posts):
        before = [len(board.heard) for board in boards]
        async with database.system() as uow:
            await uow.emit(NewEvent(type="order.published", chain=f"order:{n}"))
            told = time.perf_counter()
        for _ in range(60):
            await asyncio.sleep(0.05)
            if all(len(board.heard) > b for board, b in zip(boards, before, strict=True)):
                break
        heard = [board.heard[b] - told for board, b in zip(boards, before, strict=True) if len(board.heard) > b]
        arrived += len(heard)
        delays += heard
        plain.append(bare[-1] - told)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await listener.close()
    await database.dispose()
    return delays, plain, arrived


def main() -> None:
    """Prepare, play, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--posts", type=int, default=20)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="linggong-bench-"))
    folder.chmod(0o755)
    info = postgres.ensure_running(folder)
    server = None
    try:
        passwords = asyncio.run(postgres.bootstrap_roles(info.superuser_dsn, NAME, data_dir=folder))
        owner = postgres.make_dsn(info.host, info.port, postgres.OWNER_ROLE, passwords.owner, NAME)
        app = postgres.make_dsn(info.host, info.port, postgres.APP_ROLE, passwords.app, NAME)
        migrations.upgrade(owner)
        port = free_port()
        server = subprocess.Popen(
            [sys.executable, "-m", "linggong", "serve"],
            env=os.environ
            | {"DATABASE_URL": app, "LINGGONG_OWNER_DATABASE_URL": owner, "LINGGONG_DATA_DIR": str(folder), "LINGGONG_PORT": str(port)},
        )  # fmt: skip
        asyncio.run(ready(port))
        delays, plain, arrived = asyncio.run(play(app, folder, port, asked.clients, asked.posts))
        memory = resident_mb(server.pid)
    finally:
        if server is not None:
            server.terminate()
            server.wait(30)
        postgres.stop(folder, immediate=True)
        shutil.rmtree(folder, ignore_errors=True)
    median, bare = statistics.median(delays) * 1000, statistics.median(plain) * 1000
    p95 = sorted(delays)[int(len(delays) * 0.95)] * 1000
    print(f"{asked.clients} boards, {asked.posts} posts: {arrived} of {asked.clients * asked.posts} frames")
    print(
        f"median {median:.0f} ms, p95 {p95:.0f} ms (aim 100); bare LISTEN {bare:.1f} ms, ratio {median / max(bare, 0.01):.1f}"
    )
    print(f"web process {memory:.0f} MB (aim 250)")


if __name__ == "__main__":
    main()
