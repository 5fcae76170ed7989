"""用工专员: each employer has somebody who looks after him; a hand-over is recorded with what the next one must know (R089)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.kernel.ids import new_id
from linggong.outreach import records
from linggong.outreach.models import EmployerOfficer
from linggong.outreach.visits import called
from linggong.people.employers import employer_served
from linggong.people.models import Employer, Staff
from linggong.people.service_links import served_by
from rbac.models import RoleAssignment


class StaffLine(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who can look after employers, at his post."""

    id: UUID
    name: str
    tenant: str
    employers: int


class OfficerLine(msgspec.Struct, frozen=True, kw_only=True):
    """An employer and who looks after him; nobody yet: both are empty."""

    employer_id: UUID
    employer: str
    staff_id: UUID | None
    officer: str
    since: datetime | None
    before: str
    """Who did before, and what he left word of."""


async def assign(uow: UnitOfWork, employer_id: UUID, staff_id: UUID, *, reason: str = "") -> EmployerOfficer:
    """Give an employer to a member of staff at or below the acting post; whoever had him there hands over.

    Raises NotFound for an employer whom nobody here serves, Invalid for somebody without a post here or a hand-over without
    a word, Conflict where he has him already.
    """
    employer = await employer_served(uow, employer_id)
    faults: list[Fault] = []
    post = await uow.session.scalar(
        sa.select(RoleAssignment.tenant)
        .where(
            RoleAssignment.staff_id == staff_id,
            uow.scope.clause(RoleAssignment.tenant),
            sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > uow.now),
            RoleAssignment.starts_at <= uow.now,
        )
        .order_by(sa.func.length(RoleAssignment.tenant).desc(), RoleAssignment.id)
        .limit(1)
    )
    if post is None:
        faults.append(Fault("staff_id", "这个人在本单位没有岗位，请从名单里选。", "unknown"))
    words = records.long(faults, "reason", reason, "交接说明", least=0)
    now = list(
        await uow.session.scalars(
            sa.select(EmployerOfficer)
            .where(
                EmployerOfficer.employer_id == employer_id,
                EmployerOfficer.ended_at.is_(None),
                uow.scope.clause(EmployerOfficer.tenant),
            )
            .with_for_update()
        )
    )
    others = [row for row in now if row.staff_id != staff_id]
    if others and not words:
        faults.append(Fault("reason", "换人要写交接说明：为什么换，接手的人要知道什么。", "required"))
    if faults or post is None:
        raise Invalid(faults)
    if now and not others:
        raise Conflict("他已经是这家的用工专员了。")
    for row in now:
        row.ended_at, row.reason = uow.now, words
    await uow.flush()
    made = EmployerOfficer(
        id=new_id(), tenant=post, employer_id=employer_id, staff_id=staff_id, since=uow.now, assigned_by=records.who(uow)
    )  # fmt: skip
    uow.session.add(made)
    employer.officer_id = staff_id
    await uow.flush()
    await records.tell(uow, made, "officer.assigned", staff=str(staff_id), before=[str(r.staff_id) for r in others])
    return made


async def staff_here(uow: UnitOfWork) -> list[StaffLine]:
    """Return who can look after employers at or below the acting post, with how many each has."""
    count = (
        sa.select(sa.func.count())
        .where(EmployerOfficer.staff_id == Staff.id, EmployerOfficer.ended_at.is_(None))
        .correlate(Staff)
        .scalar_subquery()
    )
    rows = await uow.execute(
        sa.select(Staff.id, Staff.name, sa.func.max(RoleAssignment.tenant).label("tenant"), count.label("n"))
        .join(RoleAssignment, RoleAssignment.staff_id == Staff.id)
        .where(
            uow.scope.clause(RoleAssignment.tenant),
            RoleAssignment.starts_at <= uow.now,
            sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > uow.now),
            Staff.status == "active",
        )
        .group_by(Staff.id, Staff.name)
        .order_by(Staff.name, Staff.id)
        .limit(300)
    )
    return [StaffLine(id=r.id, name=r.name, tenant=r.tenant, employers=r.n) for r in rows]


async def employers(uow: UnitOfWork, *, limit: int = 100) -> list[OfficerLine]:
    """Return the employers whom the scope serves with their officers, those without one first."""
    now = sa.orm.aliased(EmployerOfficer)
    latest = (
        sa.select(now.id)
        .where(now.employer_id == Employer.id, now.ended_at.is_(None), uow.scope.clause(now.tenant))
        .order_by(now.since.desc())
        .limit(1)
        .correlate(Employer)
        .scalar_subquery()
    )
    rows = (
        await uow.execute(
            sa.select(Employer.id, Employer.name, Employer.kind, EmployerOfficer.staff_id, EmployerOfficer.since, Staff.name.label("officer"))
            .select_from(Employer)
            .outerjoin(EmployerOfficer, EmployerOfficer.id == latest)
            .outerjoin(Staff, Staff.id == EmployerOfficer.staff_id)
            .where(served_by(uow, Employer.id), Employer.status != "closed")
            .order_by(EmployerOfficer.since.is_not(None), Employer.name, Employer.id)
            .limit(limit)
        )
    ).all()  # fmt: skip
    before = await _before(uow, [row.id for row in rows])
    return [
        OfficerLine(
            employer_id=row.id, employer=called("", row.name, row.kind), staff_id=row.staff_id,
            officer=row.officer or ("（已离岗）" if row.staff_id else ""), since=row.since, before=before.get(row.id, ""),
        )
        for row in rows
    ]  # fmt: skip


async def _before(uow: UnitOfWork, ids: list[UUID]) -> dict[UUID, str]:
    rows = await uow.execute(
        sa.select(EmployerOfficer.employer_id, EmployerOfficer.reason, Staff.name)
        .outerjoin(Staff, Staff.id == EmployerOfficer.staff_id)
        .where(
            EmployerOfficer.employer_id.in_(ids),
            EmployerOfficer.ended_at.is_not(None),
            uow.scope.clause(EmployerOfficer.tenant),
        )
        .order_by(EmployerOfficer.ended_at)
    )
    return {row.employer_id: f"{row.name or '前任'}交接：{row.reason}" for row in rows}
