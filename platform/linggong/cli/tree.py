"""`linggong tenants`: the tree."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import cyclopts
from cyclopts import Parameter

from linggong.cli.output import emit, table
from linggong.kernel.settings import Settings

tenants = cyclopts.App(name="tenants", help="The tree: load a preset, show, add, move and close places.")
T = TypeVar("T")
Json = Annotated[bool, Parameter(name="--json", negative="", help="Print one JSON document.")]


def with_database(work: Callable[[Any], Awaitable[T]]) -> T:
    """Run `work` with the app role's pool on the prepared database."""
    from linggong.app import registry, runtime
    from linggong.kernel.crypto import Secrets
    from linggong.kernel.db import Database

    settings = Settings.from_env()
    prepared = runtime.prepare(settings)
    registry.register()

    async def run() -> T:
        database = Database(prepared.app, pool_size=2, sealer=Secrets.load(settings.data_dir).sealer)
        try:
            return await work(database)
        finally:
            await database.dispose()

    return asyncio.run(run())


def with_uow(work: Callable[[Any], Awaitable[T]]) -> T:
    """Run `work` in one transaction of the system actor; it commits when nothing was raised."""

    async def run(database: Any) -> T:
        async with database.system() as uow:
            return await work(uow)

    return with_database(run)


def owner_dsn() -> str:
    """Return the owner role's DSN of the prepared database."""
    from linggong.app import runtime

    return runtime.prepare(Settings.from_env()).owner


@tenants.command
def presets(*, json: Json = False) -> None:
    """List the presets that can be loaded."""
    from tenants.preset_files import load_preset, preset_names

    rows = [(name, load_preset(name).title, len(load_preset(name).nodes)) for name in preset_names()]
    if json:
        emit([{"name": n, "title": t, "nodes": c} for n, t, c in rows], as_json=True)
    else:
        table(rows, ("preset", "title", "nodes"))


@tenants.command
def load(preset: str, *, json: Json = False) -> None:
    """Load a preset's tree and parameters; what is there already stays as it is.

    Parameters
    ----------
    preset
        One of `linggong tenants presets`.
    """
    from tenants import commands

    emit(asyncio.run(commands.load(owner_dsn(), preset)), as_json=json)


@tenants.command
def show(place: str | None = None, *, depth: int = 1, json: Json = False) -> None:
    """Show the tree from a place down.

    Parameters
    ----------
    place
        A path like /4102/02/ or a 12-digit division code; left out, the top.
    depth
        How many levels below it.
    """
    from tenants import commands

    lines = with_database(lambda database: commands.show(database, place, depth=depth))
    if json:
        emit(lines, as_json=True)
    else:
        table(((line.path, line.kind, line.name, line.status) for line in lines), ("path", "kind", "name", "status"))


@tenants.command
def parameters(place: str, *, json: Json = False) -> None:
    """Show every parameter at a place: its value, its source, and where it was set.

    Parameters
    ----------
    place
        A path or a 12-digit division code.
    """
    from tenants import queries, service

    async def work(uow: Any) -> Any:
        return await service.parameter_table(uow, (await queries.node(uow, place)).path)

    rows = with_uow(work)
    if json:
        emit(rows, as_json=True)
    else:
        shown = ((r.key, r.value, r.unit, r.source, r.set_at_name or "") for r in rows)
        table(shown, ("key", "value", "unit", "source", "set at"))


@tenants.command
def add(
    parent: str, kind: str, name: str, *, segment: str | None = None, code: str | None = None, json: Json = False
) -> None:
    """Add a place below `parent`; the naming rules warn and are recorded (R021-R024).

    Parameters
    ----------
    parent
        Path of the place above.
    kind
        street, community, market_comprehensive, market_trade, station, service_point, contact_point, counter ...
    name
        Its full name.
    """
    import msgspec

    from tenants import commands
    from tenants.views import NewNode

    raw = {"kind": kind, "name": name, "parent": parent, "segment": segment, "code12": code}
    form = msgspec.convert({k: v for k, v in raw.items() if v is not None}, NewNode)
    emit(with_database(lambda database: commands.add(database, form)), as_json=json)


@tenants.command
def move(path: str, new_parent: str, *, note: str, segment: str | None = None, json: Json = False) -> None:
    """Hang a place with all below it under another one: every row that hangs on it follows in one transaction.

    Parameters
    ----------
    note
        Who decided it and why; goes into the event.
    """
    from tenants import commands

    report = asyncio.run(commands.move(owner_dsn(), path, new_parent, new_segment=segment, note=note))
    emit(report, as_json=json)


@tenants.command
def close(path: str, *, note: str = "", json: Json = False) -> None:
    """Close a place; refused while something open hangs on it.

    Parameters
    ----------
    note
        Why; goes into the event.
    """
    from tenants import commands

    emit(with_database(lambda database: commands.close(database, path, reason=note)), as_json=json)
