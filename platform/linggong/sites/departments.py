"""The departments of a county's working group with whom to call (R016); cases are handed to them in linggong.cases."""

from __future__ import annotations

from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.people.text import clean, clean_name
from linggong.sites import common
from linggong.sites.models import CountyDepartment
from tenants import queries
from tenants.kinds import NodeKind

PARTS = {"lead": "牵头", "member": "成员"}
_PLACES = (NodeKind.CITY, NodeKind.COUNTY, NodeKind.ZONE)


class DepartmentForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A department, who answers there, what it does in the group."""

    path: str
    name: str
    part: str
    contact: str
    phone: str
    duty: str = ""


class DepartmentView(msgspec.Struct, frozen=True, kw_only=True):
    """A department of the directory."""

    id: UUID
    path: str
    name: str
    part: str
    part_words: str
    contact: str
    phone: str
    duty: str


async def write(uow: UnitOfWork, form: DepartmentForm) -> CountyDepartment:
    """Add a department, or write anew what is known of it. Raises NotFound outside the scope, Invalid with every fault."""
    node, faults = await queries.managed(uow, form.path), list[Fault]()
    if node.kind not in _PLACES:
        raise NotFound
    name = clean(faults, "name", form.name, most=40, least=2)
    contact = clean_name(faults, "contact", form.contact)
    phone = clean(faults, "phone", form.phone, most=20, least=3)
    if phone and not all(c.isdecimal() or c in "-+ ()" for c in phone):
        faults.append(Fault("phone", "电话号码里只能有数字和“-”。", "characters"))
    duty = clean(faults, "duty", form.duty, most=120)
    common.choice(faults, "part", form.part, PARTS, "分工")
    if faults:
        raise Invalid(faults)
    row = await uow.session.scalar(
        sa.select(CountyDepartment)
        .where(CountyDepartment.tenant == node.path, CountyDepartment.name == name)
        .with_for_update()
    )
    if row is None:
        row = CountyDepartment(id=new_id(), tenant=node.path, name=name)
        uow.session.add(row)
    row.part, row.contact, row.phone, row.duty = form.part, contact, phone, duty
    row.set_at, row.set_by = uow.now, common.actor(uow)
    await uow.flush()
    await common.tell(uow, node, "department_written", department=row.name, part=row.part)
    return row


async def remove(uow: UnitOfWork, department_id: UUID) -> None:
    """Take a department out of the directory. Raises NotFound."""
    row = await uow.session.scalar(
        sa.select(CountyDepartment)
        .where(CountyDepartment.id == department_id, uow.scope.clause(CountyDepartment.tenant))
        .with_for_update()
    )
    if row is None:
        raise NotFound
    await common.tell(uow, await queries.managed(uow, row.tenant), "department_removed", department=row.name)
    await uow.session.delete(row)
    await uow.flush()


async def listed(uow: UnitOfWork, path: str) -> list[DepartmentView]:
    """Return the directory of a county or city, whoever leads first."""
    rows = await uow.session.scalars(
        sa.select(CountyDepartment)
        .where(CountyDepartment.tenant == path, uow.scope.clause(CountyDepartment.tenant))
        .order_by(CountyDepartment.part, CountyDepartment.name)
    )
    return [
        DepartmentView(
            id=row.id, path=row.tenant, name=row.name, part=row.part, part_words=PARTS[row.part], contact=row.contact,
            phone=row.phone, duty=row.duty,
        )
        for row in rows
    ]  # fmt: skip
