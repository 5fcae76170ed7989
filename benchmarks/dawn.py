"""A dawn on one machine: who signs in and who posts between 04:30 and 06:30, pressed into ten minutes, with every screen alive.

    python -m benchmarks.dawn [--sign-ins 10000] [--orders 3000] [--minutes 10] [--workers 1]

Everything goes over HTTP to the market as it is served in production mode (guards, ceilings per address, row security, audit chain,
events), by a clock that runs as much faster as the two hours are shortened; the worker process and the SMS stand-in run beside it.
Half of the people come to the window, where a clerk types their number; the others sign in on their own phone by a code that comes
by SMS, look at the board, and take their number with the code on the wall. Employers post work of the same day, which goes up by
rule. Every station has a wall that keeps its stream open and fetches itself anew as its script does (hall.js). Arrivals are
spread evenly, at random.

Prints p50, p95 and the longest of each request, what was refused, how soon walls heard of what happened at their station, the CPU
spent by server, worker and PostgreSQL, and the ratio of the slowest p95 to the limit of 200 ms. Aims: p95 <= 200 ms, no error.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import psutil

import migrations
from benchmarks import dawn_clock
from benchmarks.board_http import free_port, ready
from benchmarks.dawn_people import City, found_city
from benchmarks.dawn_play import Dawn
from linggong.kernel import postgres

NAME = "bench_dawn"
P95_MS = 200.0
PACE = 12.0
"""Two hours in ten minutes."""
BEGIN = datetime(2026, 5, 19, 20, 30, tzinfo=UTC)
"""04:30 in Kaifeng, a Wednesday in the garlic weeks."""
_LEAD = 12.0
"""Seconds between the start of the processes and the first arrival."""


def percentile(values: list[float], share: float) -> float:
    """Return the value at `share` of a list, in ms."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000


def report(dawn: Dawn, seconds: float, spent: dict[str, float]) -> None:
    """Print what was measured."""
    worst = 0.0
    print(f"{'request':<34}{'n':>8}{'p50 ms':>9}{'p95 ms':>9}{'max ms':>9}")
    for name, took in sorted(dawn.took.items()):
        p95 = percentile(took, 0.95)
        worst = max(worst, p95)
        print(f"{name:<34}{len(took):>8}{percentile(took, 0.5):>9.0f}{p95:>9.0f}{max(took) * 1000:>9.0f}")
    everything = [t for took in dawn.took.values() for t in took]
    print(
        f"{'all':<34}{len(everything):>8}{percentile(everything, 0.5):>9.0f}{percentile(everything, 0.95):>9.0f}{max(everything) * 1000:>9.0f}"
    )
    print(
        "p95 by minute: "
        + ", ".join(f"{percentile(took, 0.95):.0f}" for _, took in sorted(dawn.minutes.items()))
        + " ms"
    )
    print(f"{len(everything) / seconds:.0f} requests/s over {seconds:.0f} s; signed in {dawn.signed}, posted {dawn.posted}, published {dawn.published}")  # fmt: skip
    if dawn.waits:
        print(f"posts that wait for a person, by reason: {dict(dawn.waits.most_common(8))}")
    if dawn.sms:
        print(
            f"SMS with a code arrived after p50 {percentile(dawn.sms, 0.5):.0f} ms, p95 {percentile(dawn.sms, 0.95):.0f} ms"
        )
    heard = dawn.heard
    print(
        f"{len(dawn.city.walls)} walls: {len(heard)} signs of life told, "
        + (
            f"p50 {percentile(heard, 0.5):.0f} ms, p95 {percentile(heard, 0.95):.0f} ms after the answer; "
            if heard
            else ""
        )
        + f"{dawn.lost} streams lost"
    )
    print("CPU: " + ", ".join(f"{name} {cpu / seconds * 100:.0f} %" for name, cpu in spent.items()) + " of one core")
    for words, n in sorted(dawn.refused.items(), key=lambda item: -item[1])[:10]:
        print(f"REFUSED {n}x {words}")
    print(f"errors {sum(dawn.refused.values())} (aim 0); slowest p95 {worst:.0f} ms, {worst / P95_MS:.2f} of the limit of {P95_MS:.0f} ms")  # fmt: skip


def _cpu(pid: int) -> float:
    """Return the CPU seconds of a process and of all that it started; of this one, its own alone."""
    first = psutil.Process(pid)
    total = 0.0
    for one in (first, *([] if pid == os.getpid() else first.children(recursive=True))):
        # A connection's own process of PostgreSQL may end in between; what it spent is then counted with its parent's children.
        with contextlib.suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            total += times.user + times.system
    if pid != os.getpid():
        total += first.cpu_times().children_user + first.cpu_times().children_system
    return total


async def _played(
    city: City, port: int, app_dsn: str, folder: Path, asked: Any, pids: dict[str, int], zero: float
) -> None:
    dawn = Dawn(city, port, random.Random(20260520))
    await dawn.open_walls()
    await asyncio.sleep(max(0.0, zero - time.time()))
    before = {name: _cpu(pid) for name, pid in pids.items()}
    begun = time.perf_counter()
    await dawn.play(asked.sign_ins, asked.orders, asked.minutes * 60, app_dsn, folder)
    seconds = time.perf_counter() - begun
    spent = {name: _cpu(pid) - before[name] for name, pid in pids.items()}
    await dawn.close_walls()
    report(dawn, seconds, spent)


async def _ears(owner: str) -> None:
    """Let the robots read their messages by an index of their own: else their reading grows with all that was ever sent."""
    connection = await asyncpg.connect(owner)
    try:
        await connection.execute("CREATE INDEX bench_handed ON out_messages (handed_at)")
    finally:
        await connection.close()


def main() -> None:
    """Found the city, start the market, play the dawn, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sign-ins", type=int, default=10_000)
    parser.add_argument("--orders", type=int, default=3_000)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="linggong-bench-"))
    folder.chmod(0o755)
    info = postgres.ensure_running(folder)
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        passwords = asyncio.run(postgres.bootstrap_roles(info.superuser_dsn, NAME, data_dir=folder))
        owner = postgres.make_dsn(info.host, info.port, postgres.OWNER_ROLE, passwords.owner, NAME)
        app = postgres.make_dsn(info.host, info.port, postgres.APP_ROLE, passwords.app, NAME)
        migrations.upgrade(owner)
        begun = time.perf_counter()
        city = asyncio.run(found_city(owner, app, folder, asked.sign_ins, max(20, asked.orders // 10), BEGIN))
        print(f"city of {len(city.stations)} stations, {len(city.people)} people, {len(city.bosses)} employers made in {time.perf_counter() - begun:.0f} s")  # fmt: skip
        asyncio.run(_ears(owner))
        port, sms = free_port(), free_port()
        zero = time.time() + _LEAD
        env = os.environ | dawn_clock.variables(BEGIN, zero, PACE) | {
            "DATABASE_URL": app, "LINGGONG_OWNER_DATABASE_URL": owner, "LINGGONG_DATA_DIR": str(folder), "LINGGONG_PORT": str(port),
            "LINGGONG_FORWARDED_FROM": "127.0.0.1/32", "LINGGONG_DEV": "0", "LINGGONG_SMS_URL": f"http://127.0.0.1:{sms}", "LINGGONG_SMS_KEY": secrets.token_hex(16), "LINGGONG_WORKERS": str(asked.workers), "LINGGONG_LOG_LEVEL": "WARNING",
        }  # fmt: skip
        running["gateway"] = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.dawn_clock", "gateway", str(sms)],
            env=env,
            stdout=subprocess.DEVNULL,
        )
        for part in ("serve", "worker"):
            running[part] = subprocess.Popen([sys.executable, "-m", "benchmarks.dawn_clock", part], env=env)
        asyncio.run(ready(port))
        pids = {"server": running["serve"].pid, "worker": running["worker"].pid, "gateway": running["gateway"].pid, "PostgreSQL": info.pid, "this": os.getpid()}  # fmt: skip
        asyncio.run(_played(city, port, app, folder, asked, pids, zero))
    finally:
        for process in running.values():
            process.terminate()
        for process in running.values():
            process.wait(30)
        postgres.stop(folder, immediate=True)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
