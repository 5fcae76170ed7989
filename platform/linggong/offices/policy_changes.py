"""Changing the policies: one rule added or taken away by the city bureau, previewed first, recorded, in force at once.

`casbin_rule` is out of every request's reach, so a change runs in a transaction of this service that carries the person:
the event and the audit row name him. The model file is never touched: what a rule means is ours, which rules hold is his.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Literal
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.paths import EVERYWHERE as ALL_PLACES
from linggong.kernel.paths import TenantPath, is_under
from linggong.offices.policy_answers import posts_of
from linggong.offices.policy_views import (
    EVERYWHERE,
    Names,
    Preview,
    RuleForm,
    RuleList,
    RuleView,
    TouchedRole,
    permission_label,
    role_label,
    rule_words,
    where_words,
)
from linggong.people.models import Staff
from rbac.decisions import Decisions
from rbac.models import CasbinRule, PolicyState
from rbac.permissions import Permission
from rbac.policies import PolicyRow, seed_policies
from rbac.principal import Post, Principal
from rbac.roles import STAFF_ROLES, Role
from tenants import queries as tree

Change = Literal["add", "remove"]
_FOUNDATION = frozenset({Permission.PUBLIC_USE, Permission.SESSION_USE, Permission.POLICY_CHANGE})
"""Without these nobody could sign in, or the last one who may change the rules could lock everybody out."""
_DENIALS = frozenset(row for row in seed_policies() if row[5] == "deny")
"""Separation of offices: who is supervised does not lift what supervises him."""
_OUTSIDE = {
    role: frozenset((row[2], row[3]) for row in seed_policies() if row[0] == role and row[5] == "allow")
    for role in Role
    if role not in STAFF_ROLES
}
"""People outside the staff own their rows; a rule cannot make staff of them."""
_NAMED = 5


def fixed(row: PolicyRow) -> str:
    """Say why a rule cannot be changed here; empty when it can."""
    if f"{row[2]}:{row[3]}" in _FOUNDATION:
        return "登录和改规则本身是系统的底线，不能在这里改。"
    if row in _DENIALS:
        return "这是岗位之间互相监督的底线，不能在这里取消。"
    return ""


@asynccontextmanager
async def service(database: Database, actor: Actor, *, read_only: bool = False) -> AsyncIterator[UnitOfWork]:
    """Open the transaction of this service for a person."""
    async with database.begin(actor.as_system(), ALL_PLACES, read_only=read_only) as uow:
        yield uow


async def _rows(uow: UnitOfWork) -> list[CasbinRule]:
    return list((await uow.execute(sa.select(CasbinRule).order_by(CasbinRule.id))).scalars())


def _policy(rule: CasbinRule) -> PolicyRow:
    return (rule.v0, rule.v1, rule.v2 or "", rule.v3 or "", rule.v4 or "", rule.v5 or "")


def _decisions(rules: list[CasbinRule], version: int) -> Decisions:
    return Decisions(
        [_policy(r) for r in rules if r.ptype == "p"], [(r.v0, r.v1) for r in rules if r.ptype == "g"], version
    )


async def rules(uow: UnitOfWork) -> RuleList:
    """Return every rule in force, in the order of roles and permissions. Takes a transaction of `service`."""
    version = await uow.session.scalar(sa.select(PolicyState.version)) or 0
    found = await _rows(uow)
    names = await tree.names(uow, {r.v1 for r in found if r.ptype == "p"} - {EVERYWHERE}, full=True)
    roles, permissions = [r.value for r in Role], [p.value for p in Permission]

    def place(row: PolicyRow) -> tuple[int, int]:
        what = f"{row[2]}:{row[3]}"
        return (
            roles.index(row[0]) if row[0] in roles else len(roles),
            permissions.index(what) if what in permissions else len(permissions),
        )

    policies = sorted((r for r in found if r.ptype == "p"), key=lambda r: (*place(_policy(r)), r.id))
    return RuleList(
        version=version,
        rules=[_view(r.id, _policy(r), names) for r in policies],
        inherits=[(r.v0, r.v1) for r in found if r.ptype == "g"],
    )


def _view(rule_id: int, row: PolicyRow, names: Names) -> RuleView:
    role, subtree, object_type, action, relation, effect = row
    return RuleView(
        id=rule_id, role=role, role_label=role_label(role), object=object_type, action=action,
        permission_label=permission_label(object_type, action), relation=relation, effect=effect, subtree=subtree,
        subtree_name="" if subtree == EVERYWHERE else names.get(subtree, subtree), words=rule_words(row, names),
        fixed=fixed(row),
    )  # fmt: skip


async def _check(uow: UnitOfWork, row: PolicyRow) -> None:
    """Raise Invalid with every word of a new rule that nobody knows, Forbidden for what is not changed here."""
    role, subtree, object_type, action, _, effect = row
    faults = []
    if role not in list(Role):
        faults.append(Fault("role", "没有这个岗位，请重新选。", "role"))
    if f"{object_type}:{action}" not in list(Permission):
        faults.append(Fault("action", "没有这个权限，请重新选。", "permission"))
    if subtree != EVERYWHERE:
        try:
            known = (await tree.node(uow, subtree)).path == subtree
        except NotFound:
            known = False
        if not known:
            faults.append(Fault("subtree", "没有这个地方，请从机构树里选。", "subtree"))
    outside = _OUTSIDE.get(Role(role)) if not faults else None
    if outside is not None and effect == "allow" and (object_type, action) not in outside:
        faults.append(Fault("role", f"{role_label(role)}不是工作人员，不能给他这个权限。", "outside"))
    if faults:
        raise Invalid(faults)


async def _row_of(uow: UnitOfWork, change: Change, form: RuleForm | None, rule_id: int | None) -> PolicyRow:
    if change == "add":
        if form is None:
            raise NotFound
        await _check(uow, form.row)
        return form.row
    rule = await uow.session.get(CasbinRule, rule_id) if rule_id is not None else None
    if rule is None or rule.ptype != "p":
        raise NotFound
    return _policy(rule)


def _after(before: Decisions, change: Change, row: PolicyRow) -> Decisions:
    kept = [r for r in before.policies if r != row]
    return Decisions([*kept, row] if change == "add" else kept, before.inherits, before.version + 1)


async def _refuse(uow: UnitOfWork, before: Decisions, principal: Principal, change: Change, row: PolicyRow) -> None:
    """Raise Forbidden when the change is not his to make, Conflict when there is nothing to change."""
    area = before.scope(principal, Permission.POLICY_CHANGE)
    # A rule for everywhere is changed by whoever stands above every county, not by a post within one of them.
    places = [c.path for c in await tree.counties(uow)] if row[1] == EVERYWHERE else [row[1]]
    if principal.acting.role is not Role.CITY_BUREAU or area.is_empty or not all(area.covers(p) for p in places):
        raise Forbidden("只有市人社局可以改权限规则，而且只能改自己管的地方的。")
    if fixed(row):
        raise Forbidden(fixed(row))
    if change == "add" and row in before.policies:
        raise Conflict("已经有这条规则了，不用再加。")


def _touched(
    before: Decisions, after: Decisions, held: dict[UUID, list[Post]], permission: Permission
) -> Iterator[tuple[UUID, Role]]:
    """Yield (person, acting role) wherever the change alters what somebody in force reaches."""
    for staff_id, posts in held.items():
        for acting in posts:
            principal = Principal(acting=acting, others=tuple(p for p in posts if p is not acting))
            if before.scope(principal, permission) != after.scope(principal, permission):
                yield staff_id, acting.role


async def preview(
    uow: UnitOfWork, principal: Principal, change: Change, *, form: RuleForm | None = None, rule_id: int | None = None
) -> Preview:
    """Return what a change gives and takes, and whom it touches, without making it. Takes a transaction of `service`.

    Raises as `add` and `remove`.
    """
    row = await _row_of(uow, change, form, rule_id)
    version = await uow.session.scalar(sa.select(PolicyState.version)) or 0
    before = _decisions(await _rows(uow), version)
    await _refuse(uow, before, principal, change, row)
    after = _after(before, change, row)
    permission = Permission(f"{row[2]}:{row[3]}")
    held = {staff: [h.post for h in posts] for staff, posts in (await posts_of(uow, in_force=True)).items()}
    active = set(await uow.session.scalars(sa.select(Staff.id).where(Staff.status == "active")))
    touched: dict[Role, set[UUID]] = {}
    for staff_id, role in _touched(before, after, {s: p for s, p in held.items() if s in active}, permission):
        touched.setdefault(role, set()).add(staff_id)
    people = set().union(*touched.values())
    names = await tree.names(uow, {row[1]} - {EVERYWHERE}, full=True)
    concerned = [r for r in Role if row[0] in after.roles_of(r) | before.roles_of(r)]
    listed = [*concerned, *(r for r in touched if r not in concerned)]
    seen = before.scope(principal, Permission.STAFF_READ).clause(Staff.tenant)
    some = await uow.session.scalars(
        sa.select(Staff.name).where(Staff.id.in_(people), seen).order_by(Staff.id).limit(_NAMED)
    )
    return Preview(
        change=change, words=rule_words(row, names), gives=(change == "add") is (row[5] == "allow"),
        permission_label=permission_label(row[2], row[3]), where=where_words(row, names), version=version,
        roles=[TouchedRole(role=r, role_label=role_label(r), staff=len(touched.get(r, ()))) for r in listed],
        staff=len(people), names=list(some) if people else [],
    )  # fmt: skip


async def add(uow: UnitOfWork, principal: Principal, form: RuleForm, *, version: int | None = None) -> int:
    """Put a rule in force; returns its number. Takes a transaction of `service`.

    `version` is the one that was previewed: Conflict when somebody has changed the rules since. Raises Invalid for unknown
    words, Forbidden for what is not changed here, Conflict for a rule that is there.
    """
    before = await _locked(uow, version)
    row = await _row_of(uow, "add", form, None)
    await _refuse(uow, before, principal, "add", row)
    rule = CasbinRule(ptype="p", v0=row[0], v1=row[1], v2=row[2], v3=row[3], v4=row[4], v5=row[5])
    uow.session.add(rule)
    await _record(uow, principal, "policy.added", rule.v1, row, before.version)
    return rule.id


async def remove(uow: UnitOfWork, principal: Principal, rule_id: int, *, version: int | None = None) -> None:
    """Take a rule away. Takes a transaction of `service`; raises NotFound, Forbidden, Conflict as `add`."""
    before = await _locked(uow, version)
    row = await _row_of(uow, "remove", None, rule_id)
    await _refuse(uow, before, principal, "remove", row)
    await uow.session.delete(await uow.session.get_one(CasbinRule, rule_id))
    await _record(uow, principal, "policy.removed", row[1], row, before.version)


async def _locked(uow: UnitOfWork, version: int | None) -> Decisions:
    """Return the decisions in force, with other changes kept waiting."""
    found = await uow.session.scalar(sa.select(PolicyState.version).with_for_update()) or 0
    if version is not None and version != found:
        raise Conflict("刚才有人改过规则，请重新预览后再确认。")
    return _decisions(await _rows(uow), found)


async def _record(uow: UnitOfWork, principal: Principal, event: str, limit: str, row: PolicyRow, version: int) -> None:
    await uow.flush()
    top = principal.acting.path
    tenant = TenantPath(limit) if limit != EVERYWHERE and is_under(limit, top) else top
    body = dict(zip(("role", "subtree", "object", "action", "relation", "effect"), row, strict=True))
    await uow.emit(
        NewEvent(type=event, chain="policies", subject_id=None, tenant=tenant, body=body | {"after_version": version})
    )
