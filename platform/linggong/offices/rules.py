"""What must hold before a post is given: who gives it, which role, where, how long, under which contract (authz: delegation).

Form faults are collected and raised together; a place or person outside the scope is NotFound like a missing one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, NotFound
from linggong.kernel.paths import Scope, is_under, tenant_path
from linggong.offices.duties import HeldPost, check_posts
from linggong.offices.models import OperatorContract, OperatorContractNode
from linggong.people.models import Staff
from rbac.models import RoleAssignment, RoleDelegation
from rbac.roles import HELD_AT, ROLE_LABELS, STAFF_ROLES, Role
from tenants import queries as tree
from tenants.kinds import BuildStatus
from tenants.views import NodeView

LONGEST = timedelta(days=366 * 10)
UNDER_CONTRACT = frozenset({Role.COUNTY_OPERATOR, Role.STATION_MANAGER, Role.STATION_CLERK})
"""Roles that people of an operator hold; the first of them never without a contract (R020)."""


@dataclass(frozen=True, slots=True)
class Granter:
    """Who gives posts: what he may hand on and how long his own post lasts."""

    grantable: frozenset[str]
    ends_at: datetime | None = None
    contract_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """From when to when; open when nothing ends it."""

    starts_at: datetime
    ends_at: datetime | None


def overlaps(starts_at: datetime, ends_at: datetime | None) -> sa.ColumnElement[bool]:
    """Return the condition that a post is held at some time of a period."""
    from_ = sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > starts_at)
    return from_ if ends_at is None else sa.and_(from_, RoleAssignment.starts_at < ends_at)


def not_over(now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a post is held now or will be."""
    return overlaps(now, None)


async def granter(uow: UnitOfWork) -> Granter:
    """Return who gives posts here; his own post is locked, so that it does not end meanwhile.

    Raises Forbidden at a post that is held in somebody's stead (it is not handed on) and at one that is over.
    """
    if uow.actor.kind == "system":
        return Granter(frozenset(STAFF_ROLES))
    if uow.actor.on_behalf_of != NOBODY:
        raise Forbidden("代岗期间不能派岗。请原岗位的人或上级来派。")
    own = await uow.session.scalar(
        sa.select(RoleAssignment)
        .where(
            RoleAssignment.id == uow.actor.post_id,
            RoleAssignment.staff_id == uow.actor.id,
            RoleAssignment.starts_at <= uow.now,
            not_over(uow.now),
        )
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    if own is None:
        raise Forbidden("您的岗位已经结束，请重新登录后再看。")
    return Granter(await grantable(uow), own.ends_at, own.contract_id)


async def grantable(uow: UnitOfWork) -> frozenset[str]:
    """Return the roles that the acting role may hand on."""
    if uow.actor.kind == "system":
        return frozenset(STAFF_ROLES)
    rows = await uow.execute(sa.select(RoleDelegation.may_grant).where(RoleDelegation.role == uow.actor.role))
    return frozenset(rows.scalars())


def check_role(role: str, who: Granter, faults: list[Fault]) -> Role | None:
    """Return the role when the granter may hand it on."""
    if role not in STAFF_ROLES:
        faults.append(Fault("role", "没有这个岗位，请重新选。", "unknown"))
        return None
    if role not in who.grantable:
        words = f"您的岗位不能派“{ROLE_LABELS[Role(role)]}”，请上级来派。"
        faults.append(Fault("role", words, "delegation"))
        return None
    return Role(role)


async def place(uow: UnitOfWork, path: str, scope: Scope) -> NodeView:
    """Return the place of a post; NotFound outside the scope as for a missing one."""
    try:
        wanted = tenant_path(path)
    except ValueError:
        raise NotFound from None
    if not scope.covers(wanted):
        raise NotFound
    return await tree.node(uow, wanted)


def check_place(node: NodeView, role: Role, faults: list[Fault]) -> None:
    """Collect what stands against holding the role there."""
    if node.kind.value not in HELD_AT[role]:
        words = f"“{ROLE_LABELS[role]}”不能设在{node.kind_label}“{node.name}”，请换一个地方。"
        faults.append(Fault("path", words, "kind"))
    if node.status is BuildStatus.CLOSED:
        faults.append(Fault("path", f"“{node.name}”已经关停，请换一个地方。", "closed"))


def period(uow: UnitOfWork, who: Granter, starts_on: date | None, ends_on: date | None, faults: list[Fault]) -> Period:
    """Return the period of a post: from now or a later day's start, to a day's end; within the granter's own."""
    today = clock.business_date(uow.now)
    starts_at = begin(uow, starts_on)
    if starts_on is not None and starts_on < today:
        faults.append(Fault("starts_on", "不能补派过去的日子，最早从今天起。", "past"))
    elif starts_on is not None and is_far(starts_on, today):
        faults.append(Fault("starts_on", "开始日期太远，请核对年份。", "far"))
    if ends_on is not None and is_far(ends_on, today):
        words = "结束日期太远，请核对年份。" if ends_on > today else "结束日期要在开始日期之后，最早当天。"
        faults.append(Fault("ends_on", words, "far" if ends_on > today else "order"))
        ends_on = None
    if ends_on is None:
        if who.ends_at is not None and who.ends_at <= starts_at:
            faults.append(Fault("starts_on", _own_end(who.ends_at), "granter"))
        return Period(starts_at, who.ends_at)
    ends_at = clock.day_bounds(ends_on)[1]
    if ends_at <= starts_at:
        faults.append(Fault("ends_on", "结束日期要在开始日期之后，最早当天。", "order"))
    if who.ends_at is not None and ends_at > who.ends_at:
        faults.append(Fault("ends_on", _own_end(who.ends_at), "granter"))
    return Period(starts_at, ends_at)


def begin(uow: UnitOfWork, starts_on: date | None) -> datetime:
    """Return when something begins that is to begin on a day: now, or the start of a later day that is not too far."""
    today = clock.business_date(uow.now)
    if starts_on is None or starts_on <= today or is_far(starts_on, today):
        return uow.now
    return clock.day_bounds(starts_on)[0]


def is_far(day: date, today: date) -> bool:
    """Tell whether a day is further away than anything that is arranged here: a slip of the year."""
    return abs((day - today).days) > LONGEST.days


def _own_end(ends_at: datetime) -> str:
    last = clock.business_date(ends_at - timedelta(microseconds=1))
    return f"您自己的岗位到 {last} 为止，派出去的岗位不能更久。"


async def contract_for(
    uow: UnitOfWork, who: Granter, role: Role, node: NodeView, when: Period, asked: UUID | None, faults: list[Fault]
) -> tuple[UUID | None, Period]:
    """Return the contract on which the post hangs and the period that it leaves.

    An operator's people hang on the contract of whoever appoints them. An operator's own post needs one: the asked one, or
    the only one that covers the place then.
    """
    if who.contract_id is not None:
        # His own post lies inside the contract and ends with it, and so does all that he gives.
        if asked not in (None, who.contract_id) or role not in UNDER_CONTRACT:
            faults.append(Fault("contract_id", "运营方只能在自己的合同里派人。", "contract"))
        return who.contract_id, when
    if role not in UNDER_CONTRACT or (role is not Role.COUNTY_OPERATOR and asked is None):
        if asked is not None:
            faults.append(Fault("contract_id", f"“{ROLE_LABELS[role]}”不挂运营合同。", "contract"))
        return None, when
    if role is Role.COUNTY_OPERATOR and asked is None and uow.actor.kind == "system":
        return None, when
    found = await _covering(uow, node.path, when, asked)
    if len(found) != 1:
        words = (
            "这个合同不管这个地方，或者已经到期，请核对。"
            if asked is not None
            else "这里还没有运营合同，请先登记合同，再派运营方的岗位。"
            if not found
            else "这里有好几个合同，请选一个。"
        )
        faults.append(Fault("contract_id", words, "contract"))
        return None, when
    contract = found[0]
    begins, over = clock.day_bounds(contract.starts_on)[0], clock.day_bounds(contract.ends_on)[1]
    if when.starts_at < begins:
        faults.append(Fault("starts_on", f"合同从 {contract.starts_on} 起，岗位不能更早。", "contract"))
    if when.ends_at is not None and when.ends_at > over and (who.ends_at is None or when.ends_at != who.ends_at):
        faults.append(Fault("ends_on", f"合同到 {contract.ends_on} 为止，岗位不能更久。", "contract"))
    return contract.id, Period(when.starts_at, min(when.ends_at or over, over))


async def _covering(uow: UnitOfWork, path: str, when: Period, asked: UUID | None) -> list[OperatorContract]:
    inside = sa.exists().where(
        OperatorContractNode.contract_id == OperatorContract.id,
        sa.func.starts_with(sa.literal(path), OperatorContractNode.tenant),
    )
    last = clock.business_date(when.starts_at)
    running = sa.and_(OperatorContract.status == "signed", OperatorContract.ends_on >= last)
    statement = sa.select(OperatorContract).where(inside, running)
    if asked is not None:
        statement = statement.where(OperatorContract.id == asked)
    return list((await uow.execute(statement)).scalars())


async def person(uow: UnitOfWork, staff_id: UUID, scope: Scope) -> Staff:
    """Return a member of staff who belongs here or holds a post here, alone until the transaction ends; NotFound.

    The lock makes two granters at once wait for each other, so that each sees what the other has given.
    """
    await uow.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"staff:{staff_id}", 0))))
    found = await uow.session.scalar(
        sa.select(Staff).where(Staff.id == staff_id, belongs(scope)).execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def belongs(scope: Scope) -> sa.ColumnElement[bool]:
    """Return the condition that a member of staff is at home in the scope or holds (held, will hold) a post in it."""
    held = sa.exists().where(RoleAssignment.staff_id == Staff.id, scope.clause(RoleAssignment.tenant))
    return sa.or_(scope.clause(Staff.tenant), held)


def active(staff: Staff) -> None:
    """Raise Conflict for an account that has ended."""
    if staff.status != "active":
        raise Conflict(f"{staff.name}的账号已经停用，请先恢复账号。")


def not_oneself(uow: UnitOfWork, staff_id: UUID, words: str) -> None:
    """Raise Conflict when somebody would act on himself."""
    if uow.actor.id == staff_id:
        raise Conflict(words)


_AROUND = sa.text("SELECT role, tenant, starts_at, ends_at, contract_id FROM posts_around(:staff, :tenant)")


async def check_union(uow: UnitOfWork, staff_id: UUID, role: Role, path: str, when: Period, under: bool) -> None:
    """Refuse a post that the person holds already in that time, or that may not be united with one he holds. Conflict."""
    rows = (await uow.execute(_AROUND, {"staff": staff_id, "tenant": path})).all()
    wanted = HeldPost(role.value, path, when.starts_at, when.ends_at, under)
    held = [HeldPost(r.role, r.tenant, r.starts_at, r.ends_at, r.contract_id is not None) for r in rows]
    if any(post.role == role and post.path == path and post.meets(wanted) for post in held):
        raise Conflict(f"他在这段时间已经是这里的“{ROLE_LABELS[role]}”了，不用再派。")
    await check_posts(uow, wanted, held)


def inside(path: str, tops: list[str]) -> bool:
    """Tell whether a place lies in one of several subtrees."""
    return any(is_under(path, top) for top in tops)
