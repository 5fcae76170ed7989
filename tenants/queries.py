"""All SQL reads of the tree and of the parameters set in it (R001-R004)."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import ancestors, tenant_path
from tenants.models import ParameterValue


async def overrides(uow: UnitOfWork, path: str, keys: Collection[str] | None = None) -> dict[str, dict[str, str]]:
    """Return the raw values set at `path` and above it, as `parameters.resolve` takes them; `keys` None means all."""
    statement = sa.select(ParameterValue.tenant, ParameterValue.key, ParameterValue.value).where(
        ParameterValue.tenant.in_(ancestors(tenant_path(path)))
    )
    if keys is not None:
        statement = statement.where(ParameterValue.key.in_(keys))
    found: dict[str, dict[str, str]] = {}
    for tenant, key, value in await uow.execute(statement):
        found.setdefault(tenant, {})[key] = value
    return found
