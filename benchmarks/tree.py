"""How long the largest preset takes: Kaifeng's 2,742 nodes built from its files, and loaded into an empty database.

    python -m benchmarks.tree [--rounds 5]

Prints the medians and their ratios against the limits of half a second and five seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
import tomllib
from importlib.resources import files
from pathlib import Path

import migrations
from linggong.kernel import postgres
from linggong.prove import scratch
from tenants import commands
from tenants.preset_files import build_preset

BUILD_SECONDS, LOAD_SECONDS = 0.5, 5.0


def _built() -> float:
    folder = files("tenants").joinpath("presets")
    started = time.perf_counter()
    data = tomllib.loads(folder.joinpath("kaifeng.toml").read_text(encoding="utf-8"))
    build_preset("kaifeng", data, folder.joinpath("divisions", "kaifeng.csv").read_text(encoding="utf-8"))
    return time.perf_counter() - started


async def _loaded(place: scratch.Server, template: str) -> float:
    async with scratch.clone(place, template) as name:
        return (await commands.load(place.owner_of(name), "kaifeng")).seconds


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    built = statistics.median(_built() for _ in range(rounds))
    with tempfile.TemporaryDirectory(prefix="linggong-bench-") as folder:
        data = Path(folder)
        data.chmod(0o755)
        info = postgres.ensure_running(data)
        try:
            passwords = asyncio.run(postgres.bootstrap_roles(info.superuser_dsn, "empty", data_dir=data))
            place = scratch.embedded(info, passwords)
            migrations.upgrade(place.owner_of("empty"))
            loaded = statistics.median(asyncio.run(_loaded(place, "empty")) for _ in range(rounds))
        finally:
            postgres.stop(data, immediate=True)
    print(f"built  {built * 1000:7.0f} ms, limit {BUILD_SECONDS * 1000:.0f} ms, ratio {built / BUILD_SECONDS:.2f}")
    print(f"loaded {loaded * 1000:7.0f} ms, limit {LOAD_SECONDS * 1000:.0f} ms, ratio {loaded / LOAD_SECONDS:.2f}")


if __name__ == "__main__":
    main()
