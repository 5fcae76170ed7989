"""Staff: accounts and their first post. How they come in is in `staff_sign_in`."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import tenant_path
from linggong.people.door_models import StaffCredential
from linggong.people.models import Staff
from linggong.people.passwords import check_password_rules, hash_secret
from rbac.models import RoleAssignment
from rbac.roles import STAFF_ROLES

_USERNAME = re.compile(r"[a-z][a-z0-9_.-]{2,39}", re.ASCII)


async def create_staff(
    uow: UnitOfWork, username: str, name: str, role: str, path: str, password: str, *, granted_by: UUID | None = None
) -> UUID:
    """Create an account with its first post. Raises Invalid with all faults, Conflict for a taken user name, NotFound."""
    faults = []
    if not _USERNAME.fullmatch(username):
        faults.append(Fault("username", "用户名用 3 到 40 个小写字母、数字或 . _ -，以字母开头。", "username"))
    if not 2 <= len(name.strip()) <= 50:
        faults.append(Fault("name", "请填姓名。", "required"))
    if role not in STAFF_ROLES:
        faults.append(Fault("role", "没有这个岗位。", "role"))
    try:
        tenant = tenant_path(path)
    except ValueError:
        faults.append(Fault("path", "地方的路径写法不对。", "path"))
    if faults:
        raise Invalid(faults)
    check_password_rules(username, password)
    if not uow.scope.covers(tenant):
        raise NotFound
    if await uow.session.scalar(sa.select(Staff.id).where(Staff.username == username)):
        raise Conflict("这个用户名已经有人用了，请换一个。")
    staff_id = new_id()
    hashed = await hash_secret(password)
    uow.session.add(Staff(id=staff_id, tenant=tenant, username=username, name=name.strip(), created_at=uow.now))
    await uow.flush()
    uow.session.add(StaffCredential(staff_id=staff_id, password_hash=hashed, changed_at=uow.now))
    await assign(uow, staff_id, role, tenant, granted_by=granted_by)
    return staff_id


async def assign(
    uow: UnitOfWork,
    staff_id: UUID,
    role: str,
    path: str,
    *,
    granted_by: UUID | None = None,
    ends_at: datetime | None = None,
) -> UUID:
    """Give a member of staff a post."""
    tenant = tenant_path(path)
    if not uow.scope.covers(tenant):
        raise NotFound
    row = RoleAssignment(
        id=new_id(),
        staff_id=staff_id,
        role=role,
        tenant=tenant,
        starts_at=uow.now,
        ends_at=ends_at,
        granted_by=granted_by,
    )
    uow.session.add(row)
    await uow.flush()
    await uow.emit(
        NewEvent(
            type="staff.assigned",
            chain=f"staff:{staff_id}",
            subject_id=staff_id,
            tenant=tenant,
            body={"role": role, "assignment": row.id, "granted_by": granted_by},
        )
    )
    return row.id
