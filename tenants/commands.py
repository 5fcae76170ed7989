"""What stands behind `linggong tenants load|show|add|move|close`: typed functions that return what the CLI prints."""

from __future__ import annotations

import asyncpg

from linggong.kernel.db import ANONYMOUS, Database
from linggong.kernel.errors import NotFound
from linggong.kernel.paths import ROOT, tenant_path
from tenants import queries, service
from tenants.loading import LoadReport, load_preset_into
from tenants.moving import MoveReport, move_subtree
from tenants.preset_files import preset_names
from tenants.views import NewNode, NodeView, TreeLine


def presets() -> tuple[str, ...]:
    """Return the names that `load` takes."""
    return preset_names()


async def load(owner_dsn: str, preset: str) -> LoadReport:
    """Load a preset as the owner role; again adds only what is missing. Raises NotFound, Conflict."""
    owner = await asyncpg.connect(owner_dsn)
    try:
        return await load_preset_into(owner, preset)
    finally:
        await owner.close()


async def show(database: Database, ref: str | None = None, *, depth: int = 1) -> list[TreeLine]:
    """Return the tree from a path or 12-digit code (None: from the top) down `depth` levels, as anybody may read it."""
    async with database.begin(ANONYMOUS) as uow:
        top = ROOT if ref is None or ref == ROOT else tenant_path((await queries.node(uow, ref)).path)
        return await queries.tree(uow, top, depth)


async def add(database: Database, form: NewNode) -> NodeView:
    """Add a place, also the top of an empty deployment. Raises NotFound, Invalid, Conflict."""
    async with database.system() as uow:
        return queries.view(await service.add_node(uow, form))


async def move(owner_dsn: str, ref: str, new_parent: str, *, new_segment: str | None = None, note: str) -> MoveReport:
    """Move a subtree as the owner role; `ref` and `new_parent` are paths or 12-digit codes. Raises as `move_subtree`."""
    owner = await asyncpg.connect(owner_dsn)
    try:
        path, above = [await _path_of(owner, r) for r in (ref, new_parent)]
        return await move_subtree(owner, path, above, new_segment=new_segment, actor_note=note)
    finally:
        await owner.close()


async def close(database: Database, ref: str, *, reason: str) -> NodeView:
    """Close a place by path or 12-digit code. Raises NotFound, Conflict with every reason against it."""
    async with database.system() as uow:
        return queries.view(await service.close_node(uow, ref, reason))


async def _path_of(owner: asyncpg.Connection, ref: str) -> str:
    if ref.startswith("/"):
        return ref
    path = await owner.fetchval("SELECT path FROM nodes WHERE division_code = $1", ref)
    if path is None:
        raise NotFound
    return str(path)
