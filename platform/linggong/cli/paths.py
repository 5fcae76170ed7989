"""`linggong demo path`: a worked path played on a scratch database, dropped at the end."""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import Any

from linggong.cli.output import emit, note
from linggong.cli.tree import Json
from linggong.kernel.settings import Settings


def path(letter: str = "", *, json: Json = False) -> int:
    """Play one of the worked paths of the order's life through the API with a moved clock, and print its timeline.

    Each step is a request of the one who takes it, to the app as it is served, on a scratch database that is dropped at the
    end. Beside a step stand what it moved and the number of the transition. Exit 1 when a step went otherwise than written or
    an invariant is broken at the end.

    Parameters
    ----------
    letter
        a to j; without one the paths are listed.
    """
    from linggong.demo.paths.book import PATHS
    from linggong.prove import scratch

    if letter not in PATHS:
        for known in sorted(PATHS):
            print(f"{known}  {PATHS[known].title}")
        if not letter:
            return 0
        raise ValueError(f"no path {letter!r}: they are {', '.join(sorted(PATHS))}")
    # Also who is told to stop drops what he made.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    place = scratch.server(Settings.from_env())
    with scratch.migrated(place) as name:
        lines, ends, violations = asyncio.run(_play(place, name, letter, quiet=json))
    if json:
        emit({"path": letter, "lines": lines, "ends": ends, "violations": violations}, as_json=True)
    else:
        note(f"{letter}: {PATHS[letter].title}")
        print("结果：" + "，".join(f"{k} {v}" for k, v in ends.items()))
        for violation in violations:
            print(violation)
    return 1 if violations else 0


async def _play(place: Any, name: str, letter: str, *, quiet: bool) -> tuple[list[Any], dict[str, Any], list[Any]]:
    import tempfile
    from datetime import UTC, datetime
    from pathlib import Path

    import asyncpg

    from linggong.demo.paths.book import PATHS
    from linggong.demo.paths.stage import PathError, Stage
    from linggong.invariants import run
    from linggong.invariants.subjects import BY_NAME
    from linggong.kernel import clock
    from linggong.kernel.crypto import Secrets
    from linggong.prove import site
    from tenants.loading import load_preset_into

    owner = await asyncpg.connect(place.owner_of(name))
    movable = clock.MovableClock(datetime(2026, 5, 19, tzinfo=UTC))
    with tempfile.TemporaryDirectory(prefix="linggong-path-") as folder, clock.clock_set(movable):
        try:
            await load_preset_into(owner, "kaifeng")
            secrets = Secrets.load(Path(folder))
            async with site.served(place.app_of(name), secrets) as app:
                stage = Stage(
                    app, app.state.database, secrets, movable, {n: s.machine for n, s in BY_NAME.items()},
                    say=(lambda line: None) if quiet else (lambda line: print(line.text(), flush=True)),
                )  # fmt: skip
                try:
                    ends = await PATHS[letter].play(stage)
                except PathError as error:
                    raise ValueError(str(error)) from error
            report = await run.check(owner)
            return stage.lines, ends, report.violations
        finally:
            await owner.close()
