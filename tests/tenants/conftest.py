"""Fixtures of the tree: a small city, and the actors who work in it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from linggong.kernel.db import Actor, Database
from linggong.kernel.paths import Scope, TenantPath
from tenants import service
from tenants.kinds import BuildStatus, NodeKind
from tenants.views import NewNode

K = NodeKind


def staff(path: str) -> tuple[Actor, Scope]:
    """Staff at a post, with the scope that a `down` rule gives there."""
    return Actor(kind="staff", id=uuid4(), post=TenantPath(path)), Scope(trees=(TenantPath(path),))


async def plant(database: Database) -> None:
    """A city with two counties, two streets, a community and a station, added as the system."""
    rows: tuple[tuple[str | None, str, NodeKind, str, str | None], ...] = (
        (None, "4102", K.CITY, "开封市", "410200000000"),
        ("/4102/", "25", K.COUNTY, "兰考县", "410225000000"),
        ("/4102/", "21", K.COUNTY, "杞县", "410221000000"),
        ("/4102/25/", "001", K.STREET, "兰阳街道", "410225001000"),
        ("/4102/21/", "001", K.STREET, "城关镇", "410221100000"),
        ("/4102/25/001/", "0203", K.COMMUNITY, "裕禄社区", "410225001203"),
        ("/4102/25/001/", "s01", K.STATION, "兰阳街道零工驿站", None),
    )
    for parent, segment, kind, name, code in rows:
        async with database.system() as uow:
            await service.add_node(
                uow,
                NewNode(parent=parent, segment=segment, kind=kind, name=name, code12=code, status=BuildStatus.OPEN),
            )


@pytest.fixture
async def city(database: Database) -> Database:
    """The small city's database."""
    await plant(database)
    return database
