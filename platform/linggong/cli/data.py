"""`people`, `market`, `demo`: bringing data in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import cyclopts

from linggong.cli.output import emit, note, progress
from linggong.cli.tree import Json, with_database
from linggong.kernel.practice import PRACTISING
from linggong.kernel.settings import Settings

people = cyclopts.App(name="people", help="Workers' registers.")
market = cyclopts.App(name="market", help="Posts: import, trial files.")
demo = cyclopts.App(name="demo", help="The demo city.")
T = TypeVar("T")


def _sealer() -> Any:
    from linggong.kernel.crypto import Secrets

    return Secrets.load(Settings.from_env().data_dir).sealer


def _report(report: Any, stored: int, file: Path, as_json: bool) -> int:
    """Print an import's report; write the annotated copy beside the file. Returns the exit code."""
    faults = [{"row": f.row, "column": f.column, "message": f.message} for f in report.faults]
    copy = None
    if report.annotated is not None:
        copy = file.with_name(report.annotated_name or f"{file.stem}-错误{file.suffix}")
        copy.write_bytes(report.annotated)
    result = {"rows": report.rows, "stored": stored, "faults": len(faults), "copy": str(copy) if copy else None}
    if as_json:
        emit(result | {"faults": faults}, as_json=True)
    else:
        emit(result, as_json=False)
        for fault in faults[:20]:
            note(f"row {fault['row']} {fault['column']}: {fault['message']}")
        if len(faults) > 20:
            note(f"... {len(faults) - 20} more in {copy}")
    return 1 if faults else 0


def _with_uow(work: Callable[[Any], Awaitable[T]]) -> T:
    async def run(database: Any) -> T:
        async with database.system() as uow:
            return await work(uow)

    return with_database(run)


@people.command(name="import")
def import_people(file: Path, *, at: str, skip_bad: bool = False, json: Json = False) -> int:
    """Bring in a register of workers (csv, xlsx): all rows or none; duplicates are proposed for merging.

    Parameters
    ----------
    file
        The register; see docs/importing.md for its columns.
    at
        Path of the station that registered them.
    skip_bad
        Store the good rows and name the bad ones in the copy.
    """
    from linggong.kernel.paths import tenant_path
    from linggong.people.importing import import_people as bring_in

    data = file.read_bytes()
    report = _with_uow(lambda uow: bring_in(uow, _sealer(), data, file.name, tenant=tenant_path(at), skip_bad=skip_bad))
    return _report(report, report.stored, file, json)


@market.command(name="import")
def import_market(file: Path, *, at: str | None = None, json: Json = False) -> int:
    """Bring in posts (csv, xlsx): all rows or none; they wait for review.

    Parameters
    ----------
    file
        The posts; see docs/importing.md for the columns.
    at
        Path of the station; left out, each post goes to the station that serves its place.
    """
    from linggong.market.importing import import_posts

    data = file.read_bytes()
    report = _with_uow(lambda uow: import_posts(uow, _sealer(), data, file.name, tenant=at))
    return _report(report, report.stored, file, json)


@market.command
def sample(file: Path, *, rows: int = 3000, seed: int = 1) -> int:
    """Write a trial file of posts from real job titles, with made-up places, pay and dates.

    Parameters
    ----------
    file
        The csv to write.
    """
    from datetime import timedelta

    import sqlalchemy as sa

    from linggong.kernel import clock
    from linggong.market.sample_posts import write_sample_posts
    from linggong.people.models import Employer
    from tenants.models import Node

    async def known(uow: Any) -> tuple[list[str], list[str]]:
        codes = await uow.session.scalars(
            sa.select(Node.division_code).where(Node.kind == "street", Node.division_code.is_not(None))
        )
        numbers = await uow.session.scalars(
            sa.select(Employer.uscc).where(
                Employer.uscc.is_not(None), Employer.verified_level > 0, Employer.status == "active"
            )
        )
        return [str(c) for c in codes], [str(n) for n in numbers]

    codes, numbers = _with_uow(known)
    if not codes or not numbers:
        raise ValueError("load a city and register employers first")
    write_sample_posts(
        file,
        rows=rows,
        seed=seed,
        first_day=clock.business_date(clock.now()) + timedelta(days=1),
        days=20,
        division_codes=codes,
        employer_numbers=numbers,
    )
    note(f"{rows} posts written to {file}")
    return 0


@demo.command
def fill(*, days: int = 60, seed: int = 1, scale: float = 1.0, json: Json = False) -> int:
    """Write days of a plausible city through the real services with a moved clock; goes on where a killed run stopped.

    Parameters
    ----------
    days
        How many days, today the last.
    seed
        The same seed gives the same city.
    scale
        1 is about 110 posts a day.
    """
    from linggong.app import runtime

    settings = Settings.from_env()
    prepared = runtime.prepare(settings)
    emit(_fill(settings, prepared, days=days, seed=seed, scale=scale), as_json=json)
    return 0


def _fill(settings: Settings, prepared: Any, *, days: int, seed: int, scale: float) -> Any:
    from linggong.demo import (
        assessing,
        bookkeeping,
        doors,
        furnishing,
        inspections,
        learning,
        letters,
        operators,
        outreach,
        serving,
        stations,
        wechat,
    )
    from linggong.demo import filing as place_files
    from linggong.demo.fill import fill as write_city
    from linggong.kernel import clock, logs
    from linggong.kernel.crypto import Secrets
    from linggong.kernel.db import Database

    logs.configure(settings.log_format, "WARNING" if settings.log_level == "INFO" else settings.log_level)
    sealer = Secrets.load(settings.data_dir).sealer

    async def run() -> Any:
        database = Database(prepared.app, pool_size=6, sealer=sealer)
        try:
            with progress("demo city", float(days)) as advance:
                report = await write_city(
                    database,
                    prepared.owner,
                    sealer,
                    days=days,
                    seed=seed,
                    until=clock.business_date(clock.now()),
                    scale=scale,
                    advance=advance,
                )
            await doors.furnish(database)
            await furnishing.furnish(database, sealer)
            await letters.write(database)
            await outreach.play(database, sealer)
            await learning.furnish(database)
            await serving.furnish(database, sealer)
            await place_files.furnish(database, sealer)
            await stations.furnish(database)
            await bookkeeping.write(database)
            await operators.furnish(database, sealer)
            await assessing.write(database)
            await inspections.write(database)
            await wechat.connect(database, sealer, settings.data_dir)
            return report
        finally:
            await database.dispose()

    return asyncio.run(run())


async def _cards(prepared: Any, preset: str) -> None:
    """Publish the score card that a preset brings at its counties, where none is."""
    from linggong.assessment.keeping import publish_preset
    from linggong.kernel.db import Database

    database = Database(prepared.app, pool_size=1)
    try:
        await publish_preset(database, preset)
    finally:
        await database.dispose()


def fill_empty(settings: Settings, prepared: Any) -> None:
    """Load the city of the settings into an empty database; Kaifeng gets days of history, the others their accounts."""
    from linggong.demo import sign_ins, wechat
    from linggong.kernel.crypto import Secrets
    from linggong.kernel.db import Database
    from tenants import commands

    asyncio.run(commands.load(prepared.owner, settings.preset))
    asyncio.run(_cards(prepared, settings.preset))
    if not settings.dev:
        # The demo's accounts have a published password: they exist where the demo is shown and nowhere else.
        note("no demo outside dev mode; make the first account with `linggong staff add`")
        return
    if settings.preset == "kaifeng" and settings.demo_days > 0:
        _fill(settings, prepared, days=settings.demo_days, seed=1, scale=0.12 if PRACTISING else 0.45)
        return

    async def accounts() -> None:
        sealer = Secrets.load(settings.data_dir).sealer
        database = Database(prepared.app, pool_size=2, sealer=sealer)
        try:
            await sign_ins.create(database, sealer)
            await wechat.connect(database, sealer, settings.data_dir)
        finally:
            await database.dispose()

    asyncio.run(accounts())
