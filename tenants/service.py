"""Use cases of the tree: parameters with inheritance, and the life of a node (R001-R004, R020-R024)."""

from __future__ import annotations

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from tenants import parameters as registry
from tenants import queries
from tenants.parameters import Resolved, Value


async def resolved(uow: UnitOfWork, path: str, *keys: str) -> dict[str, Resolved]:
    """Return each key's value at `path` with the node that set it; a value is None where nobody has decided.

    One query. Raises BadParameter for an unknown key, ValueError for a malformed path.
    """
    found = await queries.overrides(uow, path, keys)
    return {key: registry.resolve(key, path, found) for key in keys}


async def parameters(uow: UnitOfWork, path: str, *keys: str) -> dict[str, Value]:
    """Return the values in force at `path`: the nearest one set at it or above it, else the registry's default.

    One query. Raises Conflict naming the parameter that has no default and that no node above has set, BadParameter for
    an unknown key.
    """
    values: dict[str, Value] = {}
    for key, found in (await resolved(uow, path, *keys)).items():
        if found.value is None:
            raise Conflict(f"“{registry.definition(key).title}”还没有设置，请主管的人社局先在参数表里填写。", key=key)
        values[key] = found.value
    return values
