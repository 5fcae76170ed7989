"""All SQL reads of staff: lists with filters, one person's page, what may be chosen when a post is given."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import aliased

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paging import Page, decode_cursor, encode_cursor
from linggong.kernel.paths import in_subtree, tenant_path
from linggong.offices import rules
from linggong.offices.models import OperatorContract, StaffInvitation
from linggong.people.models import Staff
from rbac.models import RoleAssignment
from rbac.roles import ROLE_LABELS, Role
from tenants.models import Node

STATES = {
    "on": "在岗",
    "stand_in": "代岗中",
    "coming": "待上岗",
    "invited": "未启用",
    "none": "没有岗位",
    "ended": "已停用",
}
"""States by which staff are listed."""


class PostView(msgspec.Struct, frozen=True, kw_only=True):
    """A post as overseers see it."""

    id: UUID
    staff_id: UUID
    role: str
    role_label: str
    path: str
    place: str
    starts_at: datetime
    ends_at: datetime | None
    state: str
    """now, coming or past."""
    stands_in_for: str | None
    """The name of whoever holds it otherwise; '' when he is not to be seen from here."""
    granted_by: str | None
    """Who gave it; null when it came from above or from the start."""
    contract: str | None
    """The number of the operator's contract on which it hangs."""
    ended_by: str | None
    end_reason: str


class StaffLine(msgspec.Struct, frozen=True, kw_only=True):
    """A member of staff in a list, with the posts here that live or will."""

    id: UUID
    username: str
    name: str
    status: str
    invited_until: datetime | None
    """Until when the open invitation is good; null when there is none."""
    last_sign_in_at: datetime | None
    posts: list[PostView]


class StaffDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One person: posts now, past and to come, as far as they lie in the reader's scope."""

    id: UUID
    username: str
    name: str
    status: str
    home: str
    home_path: str
    is_home_here: bool
    """His account belongs to the reader's scope; else only his posts here are."""
    created_at: datetime
    invited_until: datetime | None
    never_opened: bool
    """Invited, and no password chosen yet."""
    last_sign_in_at: datetime | None
    now: list[PostView]
    coming: list[PostView]
    past: list[PostView]


class StaffFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is narrowed by: a part of the name or user name, a place with all below it, a role, a state."""

    q: str = ""
    path: str = ""
    role: str = ""
    state: str = ""


async def staff_page(
    uow: UnitOfWork, filters: StaffFilter, *, cursor: str | None = None, limit: int = 50
) -> Page[StaffLine]:
    """Return staff who belong to the scope or hold a post in it, by name. Raises NotFound for a place outside it."""
    statement = sa.select(Staff.id, Staff.username, Staff.name, Staff.status).where(rules.belongs(uow.scope))
    if filters.q:
        like = "%" + filters.q.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
        statement = statement.where(sa.or_(Staff.name.like(like), Staff.username.like(like.lower())))
    if filters.path:
        try:
            top = tenant_path(filters.path)
        except ValueError:
            raise NotFound from None
        if not uow.scope.covers(top):
            raise NotFound
        there = _posts(uow, in_subtree(RoleAssignment.tenant, top), rules.not_over(uow.now))
        at_home = in_subtree(Staff.tenant, top)
        statement = statement.where(there if filters.role or filters.state in _HELD else sa.or_(there, at_home))
    if filters.role:
        statement = statement.where(_posts(uow, RoleAssignment.role == filters.role, rules.not_over(uow.now)))
    if filters.state:
        statement = statement.where(_state(uow, filters.state))
    if cursor is not None:
        name, after = decode_cursor(cursor, str, UUID)
        statement = statement.where(sa.tuple_(Staff.name, Staff.id) > sa.tuple_(sa.literal(name), sa.literal(after)))
    rows = (await uow.execute(statement.order_by(Staff.name, Staff.id).limit(limit + 1))).all()
    shown = rows[:limit]
    ids = [r.id for r in shown]
    posts: dict[UUID, list[PostView]] = {}
    for view in await _post_views(uow, ids, rules.not_over(uow.now)):
        posts.setdefault(view.staff_id, []).append(view)
    signed, open_ = await _last_sign_ins(uow, ids), await _invitations(uow, ids)
    items = [
        StaffLine(
            id=r.id,
            username=r.username,
            name=r.name,
            status=r.status,
            invited_until=open_.get(r.id, (None, False))[0],
            last_sign_in_at=signed.get(r.id),
            posts=posts.get(r.id, []),
        )
        for r in shown
    ]
    more = len(rows) > limit
    return Page(items, encode_cursor(shown[-1].name, str(shown[-1].id)) if more else None)


_HELD = frozenset({"on", "stand_in", "coming"})


def _posts(uow: UnitOfWork, *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists().where(RoleAssignment.staff_id == Staff.id, uow.scope.clause(RoleAssignment.tenant), *conditions)


def _state(uow: UnitOfWork, state: str) -> sa.ColumnElement[bool]:
    live = sa.and_(RoleAssignment.starts_at <= uow.now, rules.not_over(uow.now))
    match state:
        case "on":
            return sa.and_(Staff.status == "active", _posts(uow, live))
        case "stand_in":
            return sa.and_(Staff.status == "active", _posts(uow, live, RoleAssignment.stands_in_for.is_not(None)))
        case "coming":
            return sa.and_(
                Staff.status == "active", _posts(uow, RoleAssignment.starts_at > uow.now, rules.not_over(uow.now))
            )
        case "invited":
            unused = sa.exists().where(StaffInvitation.staff_id == Staff.id, StaffInvitation.expires_at > uow.now)
            used = sa.exists().where(StaffInvitation.staff_id == Staff.id, StaffInvitation.used_at.is_not(None))
            return sa.and_(Staff.status == "active", unused, sa.not_(used))
        case "none":
            return sa.and_(Staff.status == "active", sa.not_(_posts(uow, rules.not_over(uow.now))))
        case "ended":
            return Staff.status == "ended"
        case _:
            return sa.false()


async def staff_detail(uow: UnitOfWork, staff_id: UUID) -> StaffDetail:
    """Return one member of staff; NotFound for foreign and missing alike."""
    row = await uow.session.scalar(sa.select(Staff).where(Staff.id == staff_id, rules.belongs(uow.scope)))
    if row is None:
        raise NotFound
    home = await uow.session.scalar(sa.select(Node.name).where(Node.path == row.tenant))
    posts = await _post_views(uow, [staff_id])
    invited, never = (await _invitations(uow, [staff_id])).get(staff_id, (None, False))
    return StaffDetail(
        id=row.id,
        username=row.username,
        name=row.name,
        status=row.status,
        home=home or "",
        home_path=row.tenant,
        is_home_here=uow.scope.covers(row.tenant),
        created_at=row.created_at,
        invited_until=invited,
        never_opened=never,
        last_sign_in_at=(await _last_sign_ins(uow, [staff_id])).get(staff_id),
        now=[p for p in posts if p.state == "now"],
        coming=[p for p in posts if p.state == "coming"],
        past=[p for p in posts if p.state == "past"],
    )


async def post_view(uow: UnitOfWork, post_id: UUID) -> PostView:
    """Return one post; NotFound for foreign and missing alike."""
    found = await _post_views(uow, None, RoleAssignment.id == post_id)
    if not found:
        raise NotFound
    return found[0]


async def contract_posts(uow: UnitOfWork, contract_id: UUID) -> list[PostView]:
    """Return the posts that live or will under a contract, as far as they lie in the scope."""
    return await _post_views(uow, None, RoleAssignment.contract_id == contract_id, rules.not_over(uow.now))


async def colleagues(uow: UnitOfWork, *, but: UUID, limit: int = 200) -> list[tuple[UUID, str, str]]:
    """Return active staff of the scope (id, name, user name) who might hold somebody's post for a while."""
    statement = (
        sa.select(Staff.id, Staff.name, Staff.username)
        .where(rules.belongs(uow.scope), Staff.status == "active", Staff.id != but, Staff.id != uow.actor.id)
        .order_by(Staff.name, Staff.id)
        .limit(limit)
    )
    return [(r.id, r.name, r.username) for r in await uow.execute(statement)]


async def place_names(uow: UnitOfWork, paths: Iterable[str]) -> dict[str, str]:
    """Return the full names of places by path."""
    rows = await uow.execute(sa.select(Node.path, Node.name).where(Node.path.in_(set(paths))))
    return {r.path: r.name for r in rows}


async def names(uow: UnitOfWork, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names of staff as far as they are seen from here."""
    rows = await uow.execute(sa.select(Staff.id, Staff.name).where(Staff.id.in_(list(ids))))
    return {r.id: r.name for r in rows}


async def held_now(uow: UnitOfWork, staff_id: UUID, at: datetime | None = None) -> list[RoleAssignment]:
    """Return the posts of the scope that somebody holds, now or when the last of them has begun: for previews."""
    when = uow.now if at is None else at
    statement = (
        sa.select(RoleAssignment)
        .where(
            RoleAssignment.staff_id == staff_id,
            uow.scope.clause(RoleAssignment.tenant),
            RoleAssignment.starts_at <= when,
            sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > when),
        )
        .order_by(RoleAssignment.starts_at, RoleAssignment.id)
        .execution_options(populate_existing=True)
    )
    return list((await uow.execute(statement)).scalars())


async def _post_views(
    uow: UnitOfWork, staff_ids: Iterable[UUID] | None, *conditions: sa.ColumnElement[bool]
) -> list[PostView]:
    granter, absent, ender = aliased(Staff), aliased(Staff), aliased(Staff)
    statement = (
        sa.select(
            RoleAssignment,
            Node.name.label("place"),
            granter.name.label("granter"),
            absent.name.label("absent"),
            ender.name.label("ender"),
            OperatorContract.number.label("contract"),
        )
        .join(Node, Node.path == RoleAssignment.tenant)
        .outerjoin(granter, granter.id == RoleAssignment.granted_by)
        .outerjoin(absent, absent.id == RoleAssignment.stands_in_for)
        .outerjoin(ender, ender.id == RoleAssignment.ended_by)
        .outerjoin(OperatorContract, OperatorContract.id == RoleAssignment.contract_id)
        .where(uow.scope.clause(RoleAssignment.tenant), *conditions)
        .order_by(RoleAssignment.starts_at.desc(), RoleAssignment.id.desc())
        .execution_options(populate_existing=True)
    )
    if staff_ids is not None:
        statement = statement.where(RoleAssignment.staff_id.in_(list(staff_ids)))
    return [_view(row, uow.now) for row in await uow.execute(statement)]


def _view(row: Any, now: datetime) -> PostView:
    post: RoleAssignment = row[0]
    over = post.ends_at is not None and post.ends_at <= now
    return PostView(
        id=post.id,
        staff_id=post.staff_id,
        role=post.role,
        role_label=ROLE_LABELS[Role(post.role)],
        path=post.tenant,
        place=row.place,
        starts_at=post.starts_at,
        ends_at=post.ends_at,
        state="past" if over else "coming" if post.starts_at > now else "now",
        stands_in_for=None if post.stands_in_for is None else row.absent or "",
        granted_by=row.granter,
        contract=row.contract,
        ended_by=row.ender,
        end_reason=post.end_reason,
    )


_SIGN_INS = sa.text("SELECT staff_id, at FROM last_sign_ins(:ids)").bindparams(
    sa.bindparam("ids", type_=sa.ARRAY(sa.Uuid()))
)


async def _last_sign_ins(uow: UnitOfWork, ids: list[UUID]) -> dict[UUID, datetime]:
    return {r.staff_id: r.at for r in await uow.execute(_SIGN_INS, {"ids": ids})} if ids else {}


async def _invitations(uow: UnitOfWork, ids: list[UUID]) -> dict[UUID, tuple[datetime | None, bool]]:
    """Return for those who were invited: until when an open code is good, and whether none was ever used since."""
    rows = await uow.execute(
        sa.select(StaffInvitation.staff_id, StaffInvitation.expires_at, StaffInvitation.used_at)
        .where(StaffInvitation.staff_id.in_(ids))
        .order_by(StaffInvitation.created_at, StaffInvitation.id)
    )
    found: dict[UUID, tuple[datetime | None, bool]] = {}
    for r in rows:
        unused = r.used_at is None
        found[r.staff_id] = (r.expires_at if unused and r.expires_at > uow.now else None, unused)
    return found
