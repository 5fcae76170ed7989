"""Posts of staff: given, handed over for a while, moved to another place, ended.

Nobody gives more than he holds: only roles that his own role may hand on, only where his decision reaches, not longer than
his own post, never to himself, never at a post that he holds in somebody's stead. What is ended is dead on the next request.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta
from sqlalchemy.exc import IntegrityError

from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import Scope
from linggong.offices import rules
from linggong.offices.models import StaffInvitation
from linggong.people.models import Staff
from rbac.models import RoleAssignment
from rbac.roles import ROLE_LABELS, Role

Reason = Annotated[str, Meta(max_length=200)]
PathText = Annotated[str, Meta(max_length=120)]


class PostForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A post to give: `path` of its place; days in Asia/Shanghai, both counted; left out: from now, without an end."""

    role: Annotated[str, Meta(max_length=40)]
    path: PathText
    starts_on: date | None = None
    ends_on: date | None = None
    contract_id: UUID | None = None
    """The operator's contract (R020); found by itself when only one covers the place."""


class TransferForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Where a post goes, and why."""

    path: PathText
    reason: Reason


class StandInForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which colleague holds a post from day to day while its holder is away, and why."""

    staff_id: UUID
    starts_on: date | None = None
    ends_on: date
    reason: Reason


class ReasonForm(msgspec.Struct, forbid_unknown_fields=True):
    """Why something ends."""

    reason: Reason


async def assign(uow: UnitOfWork, staff_id: UUID, form: PostForm, *, scope: Scope | None = None) -> UUID:
    """Give a member of staff a post; returns its id.

    `scope` is where the granter may give posts, the unit of work's by default. Raises NotFound for a person or place
    outside it, Invalid with every fault, Conflict for oneself, an ended account, an equal post at the time, or duties that
    one person may not unite; Forbidden at a post held in somebody's stead.
    """
    within = uow.scope if scope is None else scope
    who = await rules.granter(uow)
    node = await rules.place(uow, form.path, within)
    staff = await rules.person(uow, staff_id, within)
    rules.not_oneself(uow, staff_id, "不能给自己派岗，请同事或上级来派。")
    rules.active(staff)
    faults: list[Fault] = []
    role = rules.check_role(form.role, who, faults)
    when = rules.period(uow, who, form.starts_on, form.ends_on, faults)
    contract_id: UUID | None = None
    if role is not None:
        rules.check_place(node, role, faults)
        contract_id, when = await rules.contract_for(uow, who, role, node, when, form.contract_id, faults)
    if faults or role is None:
        raise Invalid(faults)
    await rules.check_union(uow, staff_id, role, node.path, when, contract_id is not None)
    row = _post(uow, staff_id, role, node.path, when, contract_id=contract_id)
    await _give(uow, row)
    await tell(uow, "staff.assigned", row)
    return row.id


async def transfer(uow: UnitOfWork, post_id: UUID, form: TransferForm) -> UUID:
    """Move a post to another place in one step: the old one ends as the new one begins; returns the new one's id.

    Raises as `assign` does; the operator's contract goes along and must cover the new place.
    """
    who = await rules.granter(uow)
    old, staff = await _held(uow, post_id, who)
    rules.not_oneself(uow, staff.id, "不能调自己的岗位，请同事或上级来调。")
    node = await rules.place(uow, form.path, uow.scope)
    if old.stands_in_for is not None:
        raise Conflict("这是代岗，不能调到别处。要换地方，请结束代岗再重新安排。")
    if node.path == old.tenant:
        raise Conflict(f"他已经在“{node.name}”，不用调。")
    role = Role(old.role)
    faults: list[Fault] = []
    reason = _reason(form.reason, faults)
    rules.check_place(node, role, faults)
    when = rules.Period(max(old.starts_at, uow.now), old.ends_at)
    if who.ends_at is not None and (when.ends_at is None or when.ends_at > who.ends_at):
        when = rules.Period(when.starts_at, who.ends_at)
    contract_id = old.contract_id
    if contract_id is not None or role is Role.COUNTY_OPERATOR:
        contract_id, when = await rules.contract_for(uow, who, role, node, when, contract_id, faults)
    if faults:
        raise Invalid(faults)
    await _end(uow, old, reason)
    await uow.flush()
    await rules.check_union(uow, staff.id, role, node.path, when, contract_id is not None)
    row = _post(uow, staff.id, role, node.path, when, contract_id=contract_id)
    await _give(uow, row)
    if staff.tenant == old.tenant and uow.scope.covers(staff.tenant):
        staff.tenant = node.path
        moved = sa.update(StaffInvitation).where(StaffInvitation.staff_id == staff.id)
        await uow.execute(moved.values(tenant=node.path))
    await uow.flush()
    await tell(uow, "staff.transferred", row, before=old.tenant, reason=reason)
    return row.id


async def substitute(uow: UnitOfWork, post_id: UUID, form: StandInForm) -> UUID:
    """Let a colleague hold a post for a period in its holder's stead; returns the stand-in's own post.

    He may do what the holder may, but not hand it on. Raises as `assign` does; Conflict for a post that is itself held in
    somebody's stead.
    """
    who = await rules.granter(uow)
    post, holder = await _held(uow, post_id, who)
    if form.staff_id == holder.id:
        raise Conflict("代岗的人要是另一位同事。")
    rules.not_oneself(uow, form.staff_id, "不能安排自己代岗，请同事或上级来安排。")
    if post.stands_in_for is not None:
        raise Conflict("这个岗位本身就是代的，不能再转给别人代。请安排原岗位的人。")
    colleague = await rules.person(uow, form.staff_id, uow.scope)
    rules.active(colleague)
    faults: list[Fault] = []
    reason = _reason(form.reason, faults)
    when = rules.period(uow, who, form.starts_on, form.ends_on, faults)
    if post.ends_at is not None and when.ends_at is not None and when.ends_at > post.ends_at:
        faults.append(Fault("ends_on", "代岗不能比原岗位更久，请改结束日期。", "holder"))
    if when.starts_at < post.starts_at:
        faults.append(Fault("starts_on", "原岗位那时还没有开始，请改开始日期。", "holder"))
    if faults:
        raise Invalid(faults)
    role = Role(post.role)
    await rules.check_union(uow, colleague.id, role, post.tenant, when, post.contract_id is not None)
    row = _post(uow, colleague.id, role, post.tenant, when, contract_id=post.contract_id, stands_in_for=holder.id)
    await _give(uow, row)
    await tell(uow, "staff.substituted", row, stands_in_for=holder.id, reason=reason)
    return row.id


async def end_post(uow: UnitOfWork, post_id: UUID, form: ReasonForm) -> None:
    """End a post now; whoever stands in there goes with it. Dead on the holder's next request.

    Raises NotFound, Invalid without a reason or for a role that the granter may not hand on, Conflict for one's own post
    and for one that is over.
    """
    who = rules.Granter(await rules.grantable(uow))
    row, staff = await _held(uow, post_id, who)
    rules.not_oneself(uow, staff.id, "不能撤自己的岗位，请同事或上级来撤。")
    faults: list[Fault] = []
    reason = _reason(form.reason, faults)
    if faults:
        raise Invalid(faults)
    await _end(uow, row, reason)
    await uow.flush()
    await tell(uow, "staff.post_ended", row, reason=reason)


async def post(uow: UnitOfWork, post_id: UUID) -> RoleAssignment:
    """Return a post of the scope; NotFound for foreign and missing alike."""
    statement = sa.select(RoleAssignment).where(RoleAssignment.id == post_id, uow.scope.clause(RoleAssignment.tenant))
    found = await uow.session.scalar(statement)
    if found is None:
        raise NotFound
    return found


async def end_stand_ins(uow: UnitOfWork, row: RoleAssignment, reason: str) -> None:
    """End what colleagues hold in the stead of a post's holder: there is nothing left to stand in for."""
    found = await uow.execute(
        sa.select(RoleAssignment).where(
            RoleAssignment.stands_in_for == row.staff_id,
            RoleAssignment.role == row.role,
            RoleAssignment.tenant == row.tenant,
            rules.not_over(uow.now),
        )
    )
    for stand_in in found.scalars():
        close(uow, stand_in, reason)
        await tell(uow, "staff.post_ended", stand_in, reason=reason)


def close(uow: UnitOfWork, row: RoleAssignment, reason: str) -> None:
    """Let a post end now, or never begin."""
    row.ends_at = max(row.starts_at, uow.now)
    row.ended_by = uow.actor.id if uow.actor.id != NOBODY else None
    row.end_reason = reason


async def tell(uow: UnitOfWork, event: str, row: RoleAssignment, **body: Any) -> None:
    """Record what happened to a post in its holder's chain; `before` is the word `from` of the event's body."""
    if "before" in body:
        body = {"from": body.pop("before"), **body}
    facts = {"post": row.id, "role": row.role, "until": row.ends_at, "contract": row.contract_id}
    await uow.emit(
        NewEvent(
            type=event,
            chain=f"staff:{row.staff_id}",
            subject_id=row.staff_id,
            tenant=row.tenant,
            body={k: v for k, v in (facts | body).items() if v is not None},
        )
    )


async def _held(uow: UnitOfWork, post_id: UUID, who: rules.Granter) -> tuple[RoleAssignment, Staff]:
    """Return a post that lives or will live, locked with its holder, when the actor may hand its role on."""
    row = await post(uow, post_id)
    staff = await rules.person(uow, row.staff_id, uow.scope)
    await uow.session.refresh(row, with_for_update=True)
    if row.ends_at is not None and row.ends_at <= uow.now:
        raise Conflict("这个岗位已经结束了，请刷新后再看。")
    if row.role not in who.grantable:
        words = f"“{ROLE_LABELS[Role(row.role)]}”不归您派，也不归您撤，请上级来办。"
        raise Invalid([Fault("role", words, "delegation")])
    return row, staff


async def _end(uow: UnitOfWork, row: RoleAssignment, reason: str) -> None:
    close(uow, row, reason)
    await end_stand_ins(uow, row, reason)


def _post(
    uow: UnitOfWork,
    staff_id: UUID,
    role: Role,
    path: str,
    when: rules.Period,
    *,
    contract_id: UUID | None,
    stands_in_for: UUID | None = None,
) -> RoleAssignment:
    return RoleAssignment(
        id=new_id(),
        staff_id=staff_id,
        role=role.value,
        tenant=path,
        starts_at=when.starts_at,
        ends_at=when.ends_at,
        granted_by=uow.actor.id if uow.actor.id != NOBODY else None,
        contract_id=contract_id,
        stands_in_for=stands_in_for,
    )


async def _give(uow: UnitOfWork, row: RoleAssignment) -> None:
    uow.session.add(row)
    try:
        await uow.flush()
    except IntegrityError:
        # The constraint knows also what this post's own scope does not show.
        raise Conflict("他在这段时间已经有这个岗位了，请刷新后再看。") from None


def _reason(raw: str, faults: list[Fault]) -> str:
    reason = raw.strip()
    if len(reason) < 2:
        faults.append(Fault("reason", "请写明原因，例如文件号或“调离”。", "required"))
    return reason
