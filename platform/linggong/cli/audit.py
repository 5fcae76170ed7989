"""`audit`: holding the trail of writes and events against its hash chains and anchors."""

from __future__ import annotations

import asyncio
from typing import Any

import cyclopts

from linggong.cli.output import emit, note
from linggong.cli.tree import Json, with_database
from linggong.kernel.settings import Settings

audit = cyclopts.App(name="audit", help="The audit trail: verify its chains, take an anchor.")
_SHOWN = 50


@audit.command
def verify(*, chain: str | None = None, no_file: bool = False, json: Json = False) -> int:
    """Find every altered, removed or reordered row of events and audit rows, and say where it is. Exit 1 when one is found.

    Parameters
    ----------
    chain
        One chain only: an event chain (order:<id>, person:<id>, ...), or a place's audit chain by its path or node id.
    no_file
        Do not hold the anchors against the data directory's audit-anchors.jsonl (a restored copy may have none).
    """
    import asyncpg

    from linggong.app import runtime
    from linggong.kernel import anchors

    settings = Settings.from_env()
    prepared = runtime.prepare(settings)

    async def check() -> anchors.AuditReport:
        owner = await asyncpg.connect(prepared.owner)
        try:
            return await anchors.verify(owner, None if no_file else settings.data_dir, chain)
        finally:
            await owner.close()

    report = asyncio.run(check())
    if chain is not None and not any(report.rows.values()):
        raise ValueError(f"no chain {chain!r}")
    if json:
        emit(report, as_json=True)
        return 1 if report.faults else 0
    for log, count in report.rows.items():
        note(f"{log}: {count} rows in {report.chains[log]} chains")
    note(f"anchors: {report.anchors}")
    for fault in report.faults[:_SHOWN]:
        where = " ".join(
            str(part) for part in (fault.log, fault.chain, fault.n, fault.subject) if part not in (None, "")
        )
        print(f"{fault.kind}: {where}: {fault.detail}")
    if len(report.faults) > _SHOWN:
        note(f"... {len(report.faults) - _SHOWN} more, all with --json")
    print(f"{len(report.faults)} faults" if report.faults else "every chain is whole", f"({report.seconds} s)")
    return 1 if report.faults else 0


@audit.command
def anchor(*, json: Json = False) -> int:
    """Take an anchor now: the worker takes one a day. Prints it; keep a copy of the file elsewhere."""
    from linggong.kernel import anchors

    data_dir = Settings.from_env().data_dir

    async def take(database: Any) -> anchors.AnchorLine:
        return await anchors.take(database, data_dir)

    emit(with_database(take), as_json=json)
    return 0
