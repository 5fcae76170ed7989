"""The policies as readers see them: rules, explanations and previews, each with its Chinese words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from linggong.kernel import clock
from rbac.explain import EFFECT_LABELS, RELATION_LABELS, Explanation, Found, HeldPost, Reason
from rbac.labels import PERMISSION_LABELS
from rbac.permissions import Permission
from rbac.policies import PolicyRow
from rbac.roles import ROLE_LABELS, Role

EVERYWHERE = "*"
Word = Annotated[str, Meta(max_length=40)]
Names = Mapping[str, str]
"""Short names of places by path."""


class RuleForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A rule to be added: who may (or may not) do what, where the role must be held, and in which subtree it is in force."""

    role: Word
    object: Word
    action: Word
    relation: Literal["down", "own", "up", "any"] = "down"
    effect: Literal["allow", "deny"] = "allow"
    subtree: Annotated[str, Meta(max_length=120)] = EVERYWHERE
    """Path of a place, or "*"."""

    @property
    def row(self) -> PolicyRow:
        """The row as the table holds it."""
        return (self.role, self.subtree, self.object, self.action, self.relation, self.effect)


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """A rule in force."""

    id: int
    role: str
    role_label: str
    object: str
    action: str
    permission_label: str
    relation: str
    effect: str
    subtree: str
    subtree_name: str
    words: str
    fixed: str
    """Why it cannot be changed here; empty when it can."""


class RuleList(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one version of the policies."""

    version: int
    rules: list[RuleView]
    inherits: list[tuple[str, str]]
    """(role, the role whose rules it has as well)."""


class PostView(msgspec.Struct, frozen=True, kw_only=True):
    """A post in an explanation. One outside the reader's area says nothing but that it is there."""

    id: UUID | None
    role: str
    role_label: str
    path: str
    place: str
    in_force: bool
    starts_at: datetime | None
    ends_at: datetime | None


class RuleNamed(msgspec.Struct, frozen=True, kw_only=True):
    """The rule that decided."""

    role: str
    subtree: str
    object: str
    action: str
    relation: str
    effect: str
    words: str
    inherited: bool
    """The rule is another role's, from which the post's role inherits."""


class VerdictView(msgspec.Struct, frozen=True, kw_only=True):
    """What holds while acting at one post. `decided_at` is the post whose rule decided: a deny may come from another one."""

    post: PostView
    allowed: bool
    reason: Reason
    rule: RuleNamed | None
    decided_at: PostView | None


class ExplanationView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a member of staff may do something at a place, and what decided."""

    allowed: bool
    reason: Reason
    words: str
    staff_id: UUID
    username: str
    name: str
    at: str
    place: str
    object: str
    action: str
    permission_label: str
    rule: RuleNamed | None
    decided_at: PostView | None
    posts: list[VerdictView]


class WhoView(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may, or who is stopped by a deny only."""

    staff_id: UUID
    username: str
    name: str
    post: PostView
    allowed: bool
    rule: RuleNamed
    denied_by: RuleNamed | None
    denied_at: PostView | None


class WhoList(msgspec.Struct, frozen=True, kw_only=True):
    """Who may do something at a place."""

    at: str
    place: str
    object: str
    action: str
    permission_label: str
    may: int
    stopped: int
    """Counts of all, also when not all are listed."""
    staff: list[WhoView]


class TouchedRole(msgspec.Struct, frozen=True, kw_only=True):
    """What a change means for the holders of a role."""

    role: str
    role_label: str
    staff: int
    """Members of staff in force whose reach changes; 0 for roles that are held by everybody outside the staff."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a change would give and take, before it is made."""

    change: Literal["add", "remove"]
    words: str
    gives: bool
    """It gives (else it takes)."""
    permission_label: str
    where: str
    version: int
    roles: list[TouchedRole]
    staff: int
    names: list[str]
    """Some of the staff touched."""


def role_label(role: str) -> str:
    """Return a role's Chinese name; its code for one that is unknown."""
    return ROLE_LABELS[Role(role)] if role in list(Role) else role


def permission_label(object_type: str, action: str) -> str:
    """Return a permission in Chinese."""
    known = f"{object_type}:{action}"
    return PERMISSION_LABELS[Permission(known)] if known in list(Permission) else known


def where_words(row: PolicyRow, names: Names) -> str:
    """Say where a rule is in force."""
    limit = "" if row[1] == EVERYWHERE else f"，限{names.get(row[1], row[1])}"
    return f"{RELATION_LABELS[row[4]]}{limit}"


def rule_words(row: PolicyRow, names: Names) -> str:
    """Return a rule as a sentence."""
    what = permission_label(row[2], row[3])
    return f"{EFFECT_LABELS[row[5]]}{role_label(row[0])}“{what}”（{where_words(row, names)}）"


def rule_named(found: Found, names: Names) -> RuleNamed:
    """Return a rule that decided."""
    role, subtree, object_type, action, relation, effect = found.rule
    return RuleNamed(
        role=role, subtree=subtree, object=object_type, action=action, relation=relation, effect=effect,
        words=rule_words(found.rule, names), inherited=found.is_inherited,
    )  # fmt: skip


def explanation_words(name: str, what: str, place: str, found: Explanation, post: PostView | None, names: Names) -> str:
    """Say in one or two sentences whether he may, and what to do when he may not."""
    if found.reason is Reason.NO_POST:
        return f"不可以。{name}现在没有在任的岗位，请先派岗。"
    if found.reason is Reason.NO_RULE or found.decider is None or post is None:
        return f"不可以。{name}现在的岗位没有一条规则提到“{what}”。"
    rule = rule_words(found.decider.rule, names)
    at = f"{post.place}的{post.role_label}" if post.role else "一个不归您管的岗位"
    match found.reason:
        case Reason.ALLOWED:
            return f"可以。{name}是{at}，规则{rule}。"
        case Reason.DENIED:
            return f"不可以。{name}是{at}，规则{rule}；禁止优先，他在别的岗位上也不能做。"
        case Reason.NOT_IN_FORCE:
            day = _day(found.acting)
            return f"不可以。能做这件事的岗位是{at}，{day}。"
        case _:
            return f"不可以。{name}是{at}，规则{rule}；“{place}”不在这个范围里。"


def _day(held: HeldPost | None) -> str:
    if held is None:
        return "现在不在任"
    now = clock.now()
    if held.ends_at is not None and held.ends_at <= now:
        return f"已于 {clock.business_date(held.ends_at):%Y-%m-%d} 结束"
    if held.starts_at > now:
        return f"{clock.business_date(held.starts_at):%Y-%m-%d} 才开始"
    return "但他的账号已经停用"
