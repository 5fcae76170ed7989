"""Planning inspections: a random draw (R120), a single place, an entry inspection (R133); tasks for inspectors."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Annotated, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.inspection import checklists, common
from linggong.inspection.drawing import Candidate, Inspector, Pick, drawn
from linggong.inspection.models import InspectionDraw, InspectionResult, InspectionTask
from linggong.kernel import clock
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.paths import ancestors, in_subtree, tenant_path
from linggong.people.models import Staff
from rbac.models import RoleAssignment
from rbac.roles import ROLE_LABELS, Role
from tenants.kinds import SITE_KINDS, BuildStatus
from tenants.models import Node

OF_BUREAU: Final = (Role.COUNTY_BUREAU, Role.CITY_BUREAU)
INSPECTORS: Final = (*OF_BUREAU, Role.DEPARTMENT_VIEWER)
MOST_DAYS: Final = 366


class DrawForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A draw: how many places of which kinds, how many inspectors each, until when; an empty seed is made up and written down."""

    places: int
    due_on: date
    kinds: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=20)] = []
    hands: int = 2
    joint: bool = False
    seed: Annotated[str, Meta(max_length=60)] = ""


class PlanForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One place to inspect by named inspectors; `kind` is planned, joint or entry."""

    site: UUID
    due_on: date
    inspectors: Annotated[list[UUID], Meta(max_length=10)]
    kind: Annotated[str, Meta(max_length=20)] = "planned"
    note: Annotated[str, Meta(max_length=200)] = ""


async def draw(uow: UnitOfWork, form: DrawForm) -> InspectionDraw:
    """Draw places and inspectors below the acting post and make a task of each. Raises Forbidden, Invalid with every fault."""
    post = uow.actor.post
    if post is None:
        raise Forbidden("抽查由人社局组织。")
    kinds = form.kinds or sorted(checklists.built_in())
    pool = await candidates(uow, kinds)
    people = await inspectors(uow, joint=form.joint)
    faults = _due(form.due_on, uow)
    if set(kinds) - {k.value for k in SITE_KINDS}:
        faults.append(Fault("kinds", "请选要抽查哪几类站点。", "choice"))
    if not pool:
        faults.append(Fault("places", "这里没有开着的这类站点。", "none"))
    elif not 1 <= form.places <= len(pool):
        faults.append(Fault("places", f"一共只有 {len(pool)} 个站点，请抽 1 到 {len(pool)} 个。", "range"))
    if not 1 <= form.hands <= 5 or (form.joint and form.hands < 2):
        faults.append(Fault("hands", "每个站点 1 到 5 名检查人员，联合检查至少 2 名。", "range"))
    elif len(people) < form.hands or (form.joint and {p.bureau for p in people} != {True, False}):
        few = "人社局和协同部门都要有人" if form.joint else f"只有 {len(people)} 名"
        faults.append(Fault("hands", f"检查人员不够：{few}，请先在“人员”里派岗。", "few"))
    seed = form.seed.strip() or secrets.token_hex(8)
    picks: list[Pick] = []
    if not faults:
        try:
            picks = drawn(seed, pool, people, n=form.places, hands=form.hands, joint=form.joint)
        except ValueError:
            faults.append(Fault("hands", "有的站点只剩本站自己的人能查，请增加检查人员。", "few"))
    if faults:
        raise Invalid(faults)
    row = InspectionDraw(
        id=new_id(), tenant=post, seed=seed, pool=[msgspec.to_builtins(p) for p in pool],
        inspectors=[msgspec.to_builtins(p) for p in people], places=form.places, hands=form.hands,
        picked=[msgspec.to_builtins(p) for p in picks], joint=form.joint, drawn_at=uow.now,
        drawn_by=None if uow.actor.id == NOBODY else uow.actor.id, drawn_name=await common.name(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    for pick in picks:
        node = await common.node_at(uow, pick.path)
        await _task(uow, node, "joint" if form.joint else "random", form.due_on, pick.inspectors, draw_id=row.id)
    office = await common.node_at(uow, post)
    await common.tell(uow, "inspection.drawn", office, row.id, seed=seed, of=len(pool), places=[p.name for p in picks])
    return row


async def plan(uow: UnitOfWork, form: PlanForm) -> InspectionTask:
    """Plan the inspection of one place. Raises NotFound for a foreign place, Invalid with every fault."""
    node = await uow.session.scalar(
        sa.select(Node).where(
            Node.id == form.site, uow.scope.clause(Node.path), Node.kind.in_([k.value for k in SITE_KINDS]),
            Node.status != BuildStatus.CLOSED,
        )
    )  # fmt: skip
    if node is None:
        raise NotFound
    faults = _due(form.due_on, uow)
    if form.kind not in ("planned", "joint", "entry"):
        faults.append(Fault("kind", "请选：日常检查、联合检查、进入检查。", "choice"))
    known = {p.id: p for p in await inspectors(uow, joint=True)}
    chosen = [known[str(i)] for i in dict.fromkeys(form.inspectors) if str(i) in known]
    if not chosen or len(chosen) < len(set(form.inspectors)):
        faults.append(Fault("inspectors", "请选检查人员，有的人不在检查人员名单里。", "unknown"))
    if any(str(node.id) in one.not_at for one in chosen):
        faults.append(Fault("inspectors", "本站自己的人不能检查本站。", "own"))
    if form.kind == "joint" and chosen and {one.bureau for one in chosen} != {True, False}:
        faults.append(Fault("inspectors", "联合检查要人社局和协同部门都有人参加。", "joint"))
    if faults:
        raise Invalid(faults)
    return await _task(uow, node, form.kind, form.due_on, chosen, note=form.note.strip())


async def cancel(uow: UnitOfWork, task_id: UUID, *, reason: str) -> InspectionTask:
    """Cancel a task that nobody has begun. Raises NotFound, Conflict, Invalid without a reason."""
    row = await uow.session.scalar(
        sa.select(InspectionTask)
        .where(InspectionTask.id == task_id, uow.scope.clause(InspectionTask.tenant))
        .with_for_update()
    )
    if row is None:
        raise NotFound
    if row.state != "open":
        raise Conflict("这次检查已经结束，不能取消。")
    if row.draw_id is not None:
        raise Conflict("抽到的站点不能取消检查，不然抽签就没有意义。查不了的，到现场写明情况。")
    if await uow.session.scalar(sa.select(InspectionResult.id).where(InspectionResult.task_id == row.id).limit(1)):
        raise Conflict("已经填了检查结果，不能取消，请填完。")
    if len(reason.strip()) < 4:
        raise Invalid([Fault("reason", "请写为什么取消，4 个字以上。", "required")])
    row.state, row.note, row.done_at = "cancelled", reason.strip(), uow.now
    await uow.flush()
    await common.tell(uow, "inspection.cancelled", await common.node_at(uow, row.tenant), row.id, reason=row.note)
    return row


async def candidates(uow: UnitOfWork, kinds: list[str]) -> list[Candidate]:
    """Return the open places of these kinds within the scope, in the tree's order."""
    rows = await uow.execute(
        sa.select(Node.id, Node.path, Node.name)
        .where(uow.scope.clause(Node.path), Node.kind.in_(kinds), Node.status == BuildStatus.OPEN)
        .order_by(Node.path)
    )
    return [Candidate(id=str(r.id), path=r.path, name=r.name) for r in rows]


async def inspectors(uow: UnitOfWork, *, joint: bool) -> list[Inspector]:
    """Return who may inspect below the acting post: the bureau's people, and with `joint` those of other departments."""
    post = uow.actor.post or "/"
    roles = [r.value for r in (INSPECTORS if joint else OF_BUREAU)]
    now = (
        RoleAssignment.starts_at <= uow.now,
        sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > uow.now),
    )
    rows = (
        await uow.execute(
            sa.select(Staff.id, Staff.name, RoleAssignment.role, RoleAssignment.tenant)
            .join(RoleAssignment, RoleAssignment.staff_id == Staff.id)
            .where(RoleAssignment.role.in_(roles), RoleAssignment.tenant == post, *now)
            .order_by(Staff.id, RoleAssignment.role)
        )
    ).all()
    own = await uow.execute(
        sa.select(RoleAssignment.staff_id, RoleAssignment.tenant).where(
            RoleAssignment.staff_id.in_({r.id for r in rows}),
            RoleAssignment.role.in_([r.value for r in common.OWN_ROLES]),
            *now,
        )
    )
    held: dict[UUID, list[str]] = {}
    for staff_id, path in own:
        held.setdefault(staff_id, []).append(path)
    sites = (
        (await uow.execute(sa.select(Node.id, Node.path).where(in_subtree(Node.path, tenant_path(post))))).all()
        if held
        else []
    )
    found: dict[UUID, Inspector] = {}
    for row in rows:
        paths = held.get(row.id, [])
        not_at = [str(s.id) for s in sites if any(p in ancestors(tenant_path(s.path)) for p in paths)]
        found.setdefault(
            row.id,
            Inspector(
                id=str(row.id), name=row.name, office=ROLE_LABELS[Role(row.role)], bureau=row.role in set(OF_BUREAU),
                not_at=not_at,
            ),
        )  # fmt: skip
    return list(found.values())


async def _task(
    uow: UnitOfWork, node: Node, kind: str, due_on: date, chosen: list[Inspector], *, draw_id: UUID | None = None, note: str = ""
) -> InspectionTask:  # fmt: skip
    checklist = await checklists.at(uow, node.path, node.kind)
    if checklist is None:
        raise Invalid([Fault("kinds", f"“{node.name}”这类站点还没有检查表，请先定一张。", "none")])
    row = InspectionTask(
        id=new_id(), tenant=node.path, node_id=node.id, draw_id=draw_id, kind=kind, place_kind=node.kind,
        title=checklist.title, version=checklist.version, items=[msgspec.to_builtins(i) for i in checklist.items],
        inspectors=[{"id": i.id, "name": i.name, "office": i.office} for i in chosen], due_on=due_on, state="open",
        made_at=uow.now, made_by=None if uow.actor.id == NOBODY else uow.actor.id, note=note,
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    who = [i.name for i in chosen]
    await common.tell(uow, "inspection.planned", node, row.id, kind=kind, due_on=due_on, inspectors=who)
    return row


def _due(due_on: date, uow: UnitOfWork) -> list[Fault]:
    days = (due_on - clock.business_date(uow.now)).days
    return [] if 0 <= days <= MOST_DAYS else [Fault("due_on", "检查期限要在今天以后、一年以内。", "range")]
