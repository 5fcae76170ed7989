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


def with_owner(work: Callable[[Any], Awaitable[T]]) -> T:
    """Run `work` on a connection of the owner role."""
    import asyncpg

    from linggong.app import runtime

    prepared = runtime.prepare(Settings.from_env())

    async def run() -> T:
        connection = await asyncpg.connect(prepared.owner)
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(run())


def with_uow(work: Callable[[Any], Awaitable[T]]) -> T:
    """Run `work` in one transaction of the system actor; it commits when nothing was raised."""
    from linggong.app import registry, runtime
    from linggong.kernel.db import Database

    prepared = runtime.prepare(Settings.from_env())
    registry.register()

    async def run() -> T:
        database = Database(prepared.app, pool_size=2)
        try:
            async with database.system() as uow:
                return await work(uow)
        finally:
            await database.dispose()

    return asyncio.run(run())


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
    from tenants.loading import load_preset_into

    report = with_owner(lambda owner: load_preset_into(owner, preset))
    emit(report, as_json=json)


@tenants.command
def show(place: str = "/", *, parameters: bool = False, json: Json = False) -> None:
    """Show a place and what hangs on it; `--parameters` shows every parameter with where it was set.

    Parameters
    ----------
    place
        A path like /4102/02/, an id, or a 12-digit division code; / is the top.
    """
    from tenants import queries, service

    async def work(uow: Any) -> tuple[Any, Any]:
        node = await (queries.top(uow) if place == "/" else queries.node(uow, place))
        rows: Any
        if parameters:
            rows = await service.parameter_table(uow, node.path)
        else:
            rows = await queries.children(uow, node.path)
        return node, rows

    node, rows = with_uow(work)
    if json:
        emit({"path": node.path, "name": node.name, "kind": node.kind, "rows": rows}, as_json=True)
    elif parameters:
        print(f"{node.name} {node.path}")
        table(((r.key, r.raw, r.unit, r.source, r.set_at_path or "") for r in rows), ("key", "value", "unit", "source", "set at"))
    else:
        print(f"{node.name} {node.path} ({node.kind})")
        table(((r.path, r.kind, r.name, r.status) for r in rows), ("path", "kind", "name", "status"))


@tenants.command
def add(parent: str, kind: str, name: str, *, segment: str | None = None, code: str | None = None, json: Json = False) -> None:
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

    from tenants import service
    from tenants.views import NewNode

    form = msgspec.convert(
        {"kind": kind, "name": name, "parent": parent, "segment": segment, "code12": code}, NewNode
    )

    async def work(uow: Any) -> dict[str, Any]:
        node = await service.add_node(uow, form)
        return {"path": node.path, "name": node.name, "warnings": node.name_warnings}

    emit(with_uow(work), as_json=json)


@tenants.command
def move(path: str, new_parent: str, *, note: str, segment: str | None = None, json: Json = False) -> None:
    """Hang a place with all below it under another one: every row that hangs on it follows in one transaction.

    Parameters
    ----------
    note
        Who decided it and why; goes into the event.
    """
    from tenants.moving import move_subtree

    report = with_owner(lambda owner: move_subtree(owner, path, new_parent, new_segment=segment, actor_note=note))
    emit(report, as_json=json)


@tenants.command
def close(path: str, *, note: str = "", json: Json = False) -> None:
    """Close a place; refused while something open hangs on it.

    Parameters
    ----------
    note
        Why; goes into the event.
    """
    from tenants import service

    async def work(uow: Any) -> dict[str, Any]:
        node = await service.close_node(uow, path, note)
        return {"path": node.path, "name": node.name, "status": node.status}

    emit(with_uow(work), as_json=json)
