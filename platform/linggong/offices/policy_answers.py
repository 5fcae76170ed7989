"""Why somebody may or may not do something at a place, and who may: answers about staff from their posts and the rules.

A reader is told about staff inside his own area only; everybody else is as if missing. A deny of a post outside it still
counts, because the answer must be right, but the post is not named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.paths import Scope, TenantPath
from linggong.offices.policy_views import (
    EVERYWHERE,
    ExplanationView,
    Names,
    PostView,
    VerdictView,
    WhoList,
    WhoView,
    explanation_words,
    permission_label,
    role_label,
    rule_named,
)
from linggong.people.models import Staff
from rbac.decisions import Decisions
from rbac.explain import Explanation, HeldPost, explain, judge
from rbac.models import RoleAssignment
from rbac.permissions import Permission
from rbac.principal import Post, Principal
from rbac.roles import STAFF_ROLES, Role
from tenants import queries as tree
from tenants.models import Node


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a place: the place as it is called, and the permission."""

    path: TenantPath
    place: str
    permission: Permission


async def asked(uow: UnitOfWork, at: str, object_type: str, action: str) -> Asked:
    """Check a question; raises Invalid with every fault of its words, NotFound for a missing place."""
    known = {p.object for p in Permission}
    wanted = f"{object_type}:{action}"
    if object_type not in known:
        raise Invalid([Fault("object", f"没有“{object_type}”这类对象。可选：{'、'.join(sorted(known))}。", "object")])
    if wanted not in list(Permission):
        actions = "、".join(p.action for p in Permission if p.object == object_type)
        raise Invalid([Fault("action", f"“{object_type}”没有“{action}”这个动作。可选：{actions}。", "action")])
    node = await tree.node(uow, at)
    return Asked(TenantPath(node.path), node.name, Permission(wanted))


def _held(row: Any, uow: UnitOfWork) -> HeldPost:
    post = Post(Role(row.role), TenantPath(row.tenant), row.node_id, row.node_name, row.id, row.stands_in_for or NOBODY)
    in_force = row.starts_at <= uow.now and (row.ends_at is None or row.ends_at > uow.now)
    return HeldPost(post, in_force, row.starts_at, row.ends_at)


_POSTS = (
    sa.select(
        RoleAssignment.staff_id,
        RoleAssignment.id,
        RoleAssignment.role,
        RoleAssignment.tenant,
        RoleAssignment.starts_at,
        RoleAssignment.ends_at,
        RoleAssignment.stands_in_for,
        Node.id.label("node_id"),
        Node.name.label("node_name"),
    )
    .join(Node, Node.path == RoleAssignment.tenant)
    .order_by(RoleAssignment.starts_at, RoleAssignment.id)
)


async def posts_of(
    uow: UnitOfWork, staff_ids: Iterable[UUID] | None = None, *, in_force: bool = False
) -> dict[UUID, list[HeldPost]]:
    """Return the posts of these members of staff (None: of all) in order of their beginning, by person."""
    statement = _POSTS
    if staff_ids is not None:
        statement = statement.where(RoleAssignment.staff_id.in_(set(staff_ids)))
    if in_force:
        now = uow.now
        statement = statement.where(
            RoleAssignment.starts_at <= now, sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > now)
        )
    found: dict[UUID, list[HeldPost]] = {}
    for row in await uow.execute(statement):
        if row.role in STAFF_ROLES:
            found.setdefault(row.staff_id, []).append(_held(row, uow))
    return found


async def _names(uow: UnitOfWork, decisions: Decisions, permission: Permission) -> Names:
    return await tree.names(uow, {row[1] for row in decisions.rows_of(permission)} - {EVERYWHERE}, full=True)


def _post_view(held: HeldPost, seen: Scope) -> PostView:
    post = held.post
    if not seen.covers(post.path):
        return PostView(
            id=None, role="", role_label="", path="", place="", in_force=held.in_force, starts_at=None, ends_at=None
        )
    return PostView(
        id=post.id, role=post.role.value, role_label=role_label(post.role), path=post.path, place=post.node_name,
        in_force=held.in_force, starts_at=held.starts_at, ends_at=held.ends_at,
    )  # fmt: skip


async def explain_staff(
    readers: UnitOfWork, service: UnitOfWork, seen: Scope, decisions: Decisions, username: str, question: Asked
) -> ExplanationView:
    """Explain for a member of staff whom the reader may see.

    `readers` is the reader's own transaction and `seen` where he may see staff; `service` reads all posts. Raises NotFound
    for a foreign and for a missing user name alike.
    """
    member = await readers.session.scalar(
        sa.select(Staff).where(Staff.username == username.strip().lower(), seen.clause(Staff.tenant))
    )
    if member is None:
        raise NotFound
    held = (await posts_of(service, [member.id])).get(member.id, [])
    if member.status != "active":
        held = [HeldPost(h.post, False, h.starts_at, h.ends_at) for h in held]
    names = await _names(readers, decisions, question.permission)
    found = explain(decisions, held, question.path, question.permission)
    by_id = {h.post.id: _post_view(h, seen) for h in held}
    decided_at = by_id[found.decider.post.id] if found.decider is not None else None
    what = permission_label(question.permission.object, question.permission.action)
    return ExplanationView(
        allowed=found.allowed, reason=found.reason,
        words=explanation_words(member.name, what, question.place, found, decided_at, names),
        staff_id=member.id, username=member.username, name=member.name, at=question.path, place=question.place,
        object=question.permission.object, action=question.permission.action, permission_label=what,
        rule=rule_named(found.decider, names) if found.decider else None, decided_at=decided_at,
        posts=_verdicts(found, by_id, names),
    )  # fmt: skip


def _verdicts(found: Explanation, by_id: Mapping[UUID, PostView], names: Names) -> list[VerdictView]:
    return [
        VerdictView(
            post=by_id[held.post.id], allowed=verdict.allowed, reason=verdict.reason,
            rule=rule_named(verdict.decider, names) if verdict.decider else None,
            decided_at=by_id[verdict.decider.post.id] if verdict.decider else None,
        )
        for held, verdict in found.verdicts
    ]  # fmt: skip


async def who_may(
    readers: UnitOfWork,
    service: UnitOfWork,
    seen: Scope,
    decisions: Decisions,
    question: Asked,
    *,
    limit: int | None = None,
) -> WhoList:
    """Return the staff whom the reader may see and who may do something at a place, with those whom only a deny stops.

    At most `limit` are listed, nearest to the city first; the counts are of all.
    """
    named = {row[0] for row in decisions.rows_of(question.permission) if row[5] == "allow"}
    roles = [r.value for r in STAFF_ROLES if decisions.roles_of(r) & named]
    members = {
        row.id: row
        for row in await readers.execute(
            sa.select(Staff.id, Staff.username, Staff.name)
            .join(RoleAssignment, RoleAssignment.staff_id == Staff.id)
            .where(Staff.status == "active", seen.clause(Staff.tenant), RoleAssignment.role.in_(roles))
            .distinct()
        )
    }
    held = await posts_of(service, members, in_force=True) if members else {}
    names = await _names(readers, decisions, question.permission)
    found: list[WhoView] = []
    for staff_id, posts in held.items():
        member = members[staff_id]
        for one in posts:
            if not seen.covers(one.post.path):
                continue
            others = tuple(h.post for h in posts if h is not one)
            verdict = judge(decisions, Principal(acting=one.post, others=others), question.path, question.permission)
            if verdict.allow is None:
                continue
            deny = verdict.deny
            by = next((h for h in posts if deny is not None and h.post is deny.post), None)
            found.append(
                WhoView(
                    staff_id=staff_id, username=member.username, name=member.name, post=_post_view(one, seen),
                    allowed=verdict.allowed, rule=rule_named(verdict.allow, names),
                    denied_by=rule_named(deny, names) if deny else None, denied_at=_post_view(by, seen) if by else None,
                )
            )  # fmt: skip
    found.sort(key=lambda w: (not w.allowed, w.post.path, w.username))
    return WhoList(
        at=question.path, place=question.place, object=question.permission.object, action=question.permission.action,
        permission_label=permission_label(question.permission.object, question.permission.action),
        may=sum(w.allowed for w in found), stopped=sum(not w.allowed for w in found), staff=found[:limit],
    )  # fmt: skip
