"""`linggong check`: what must always be true, looked up on a live database."""

from __future__ import annotations

import asyncio

import cyclopts

from linggong.cli.output import emit, note, table
from linggong.cli.tree import Json
from linggong.kernel.settings import Settings

check = cyclopts.App(name="check", help="Look whether what must always be true is true.")
_SHOWN = 200


@check.command
def invariants(*rule: str, json: Json = False) -> int:
    """Hold the database against the invariants of the order's life, in one read-only snapshot. Exit 1 when one is broken.

    Parameters
    ----------
    rule
        Numbers of the invariants to look at; all when none is given.
    """
    import asyncpg

    from linggong.app import runtime
    from linggong.invariants import run

    prepared = runtime.prepare(Settings.from_env())

    async def look() -> run.InvariantReport:
        owner = await asyncpg.connect(prepared.owner)
        try:
            return await run.check(owner, rule)
        finally:
            await owner.close()

    report = asyncio.run(look())
    if json:
        emit(report, as_json=True)
        return 1 if report.violations else 0
    table(
        [(r.id, r.title, r.violations or "", f"{r.seconds:.2f} s", r.words) for r in report.rules],
        ("", "", "不符", "", ""),
    )
    if report.violations:
        # Not a drawn table: an id that a narrow terminal broke in two could not be looked up.
        shown = report.violations[:_SHOWN]
        width = max(len(v.row) for v in shown)
        for v in shown:
            print(f"{v.rule:>4}  {v.row:<{width}}  {v.detail}")
        if len(report.violations) > _SHOWN:
            note(f"... {len(report.violations) - _SHOWN} more, all with --json")
    print(
        f"{len(report.violations)} violations" if report.violations else "every invariant holds",
        f"({report.seconds} s)",
    )
    return 1 if report.violations else 0
