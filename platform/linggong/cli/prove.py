"""`linggong prove`: proofs on a scratch database, dropped at the end."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time

import cyclopts

from linggong.cli.output import note
from linggong.kernel.settings import Settings

prove = cyclopts.App(name="prove", help="Prove on a scratch database that the walls hold.")


@prove.command
def isolation(*, requests: int = 2000, seed: int = 1, mutate: bool = False) -> int:
    """Send generated requests of everybody to every operation and compare each answer with an oracle (docs/proof.md).

    The last line is JSON: operations, covered, requests, leaks, writes_outside, oracle_mismatches, seconds. The exit code
    is 1 when anything was found; each finding is printed with the request that shows it again.

    Parameters
    ----------
    requests
        How many requests to send.
    seed
        The same seed sends the same requests to the same city.
    mutate
        Open the walls one hole at a time and tell which hole went unnoticed.
    """
    from linggong.prove import run, scratch

    # Also who is told to stop drops what he made.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    place = scratch.server(Settings.from_env())

    async def proof(name: str) -> run.Report:
        stage = await run.build(place, name, seed)
        report = await run.prove(stage, requests, seed, note)
        if mutate:
            from linggong.prove.mutants import prove_walls

            note("opening the walls, one hole at a time")
            began = time.perf_counter()
            alone = await prove_walls(stage, seed)
            report.mutants = alone.line()
            report.findings += alone.findings()
            report.seconds += time.perf_counter() - began
        return report

    with scratch.migrated(place) as name:
        report = asyncio.run(proof(name))
    for finding in report.findings:
        print(finding)
    if len(report.findings) >= run.TOLD:
        print(f"... and more: only the first {run.TOLD} are told")
    if report.covered < report.operations:
        print(f"{report.operations - report.covered} operations got no request: send more than {requests}")
    print(json.dumps(report.line()))
    sys.stdout.flush()
    return 0 if report.clean else 1
