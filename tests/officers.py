"""People of offices for tests: accounts with posts, acting with the scope that the seeded policies give them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from small_city import COUNTY, STATION, City

from linggong.kernel.db import NOBODY, SYSTEM, Database, UnitOfWork
from linggong.kernel.paths import EVERYWHERE, tenant_path
from linggong.offices import operators
from linggong.offices.operators import ContractForm, OperatorForm
from linggong.offices.posts import PostForm
from linggong.people import staff
from rbac.decisions import Decisions
from rbac.models import RoleAssignment
from rbac.permissions import Permission
from rbac.policies import INHERITS, seed_policies
from rbac.principal import Post, Principal
from rbac.roles import Role

DECISIONS = Decisions(seed_policies(), [(a.value, b.value) for a, b in INHERITS])
PASSWORD = "dawn-at-the-bridge-5"
CODES = ("91410200MA0DEM0B14", "91410200MA0DEM0C15")
STREET = "/4102/25/001/"
MONDAY = date(2026, 3, 16)
"""The moved clock stands at Tuesday 2026-03-10, 05:10."""


@dataclass(frozen=True)
class Officer:
    """A member of staff at his post."""

    database: Database
    id: UUID
    post: Post

    @asynccontextmanager
    async def may(self, permission: Permission = Permission.STAFF_GRANT) -> AsyncIterator[UnitOfWork]:
        """A transaction of his, with the scope of one permission; it commits when nothing is raised."""
        principal = Principal(acting=self.post, id=self.id)
        async with self.database.begin(principal.actor(), DECISIONS.scope(principal, permission)) as uow:
            yield uow


async def hire(
    database: Database,
    username: str,
    role: Role,
    path: str,
    *,
    name: str = "韩静",
    ends_at: datetime | None = None,
    stands_in_for: UUID | None = None,
) -> Officer:
    """Make an account with a post, as the command line does."""
    async with database.system() as uow:
        staff_id = await staff.create_staff(uow, username, name, role, path, PASSWORD)
    return await at_post(database, staff_id, ends_at=ends_at, stands_in_for=stands_in_for)


async def at_post(
    database: Database, staff_id: UUID, *, ends_at: datetime | None = None, stands_in_for: UUID | None = None
) -> Officer:
    """Return somebody at his latest post."""
    async with database.system() as uow:
        row = (
            await uow.execute(
                sa.select(RoleAssignment)
                .where(RoleAssignment.staff_id == staff_id)
                .order_by(RoleAssignment.id.desc())
                .limit(1)
            )
        ).scalar_one()
        if ends_at is not None:
            row.ends_at = ends_at
        if stands_in_for is not None:
            row.stands_in_for = stands_in_for
        post = Post(Role(row.role), tenant_path(row.tenant), id=row.id, stands_in_for=row.stands_in_for or NOBODY)
    return Officer(database, staff_id, post)


async def contract(
    bureau: Officer, places: list[str], *, number: str = "2026-01", uscc: str = CODES[0], name: str = "汴梁人力公司",
    starts_on: date = date(2026, 1, 1), ends_on: date = date(2026, 12, 31), county: str = "/4102/25/",
) -> UUID:  # fmt: skip
    """Register an operator with a contract of these places."""
    async with bureau.may(Permission.OPERATOR_MANAGE) as uow:
        operator_id = await operators.register_operator(uow, OperatorForm(name=name, uscc=uscc, path=county))
        form = ContractForm(number=number, starts_on=starts_on, ends_on=ends_on, places=places)
        return await operators.sign_contract(uow, operator_id, form)


async def rows(city: City, staff_id: UUID) -> list[RoleAssignment]:
    """Return all posts that somebody holds or held, the first first."""
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        found = await uow.execute(
            sa.select(RoleAssignment).where(RoleAssignment.staff_id == staff_id).order_by(RoleAssignment.id)
        )
        return list(found.scalars())


async def sysadmin(city: City) -> Officer:
    """Return the county's administrator."""
    return await hire(city.database, "admin", Role.SYSADMIN, COUNTY, name="管理员")


async def clerk(city: City, username: str = "limin", path: str = STATION) -> UUID:
    """Make a clerk."""
    return (await hire(city.database, username, Role.STATION_CLERK, path, name="李敏")).id


def wants(role: Role = Role.STATION_CLERK, path: str = STREET + "0203/", **changes: Any) -> PostForm:
    """Return the form of a post that is to be given."""
    return PostForm(role=role.value, path=path, **changes)
