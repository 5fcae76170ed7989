"""Why somebody may or may not: the rule and the post that decided, found among the rows that `Decisions` decides from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from linggong.kernel.paths import TenantPath
from rbac.decisions import Decisions
from rbac.engine import related, within
from rbac.permissions import Permission
from rbac.policies import PolicyRow
from rbac.principal import Post, Principal

RELATION_LABELS: Mapping[str, str] = MappingProxyType(
    {"down": "任岗的地方和它下面", "own": "只在任岗的地方", "up": "任岗的地方和它上面", "any": "不限地方"}
)
EFFECT_LABELS: Mapping[str, str] = MappingProxyType({"allow": "允许", "deny": "禁止"})


class Reason(StrEnum):
    """What decided."""

    ALLOWED = "allowed"
    DENIED = "denied"
    """A deny row of a post that is held; it beats every allow."""
    NOT_IN_FORCE = "not_in_force"
    """A post would allow it, but has ended or not begun."""
    ELSEWHERE = "elsewhere"
    """A rule names the role, but the place lies outside where it is in force for the post."""
    NO_RULE = "no_rule"
    NO_POST = "no_post"


@dataclass(frozen=True, slots=True)
class Found:
    """A row of the policies, and the post at which it meets somebody."""

    rule: PolicyRow
    post: Post

    @property
    def is_inherited(self) -> bool:
        """Tell whether the row names another role, from which the post's role inherits."""
        return self.rule[0] != self.post.role


@dataclass(frozen=True, slots=True)
class Verdict:
    """What holds for one acting post: at most one row of each kind, the first that matches."""

    allowed: bool
    reason: Reason
    allow: Found | None = None
    deny: Found | None = None
    near: Found | None = None
    """An allow row for the role that does not reach the place."""

    @property
    def decider(self) -> Found | None:
        """The row that decided, or the one that came nearest."""
        return self.deny or self.allow or self.near


@dataclass(frozen=True, slots=True)
class HeldPost:
    """A post in the record of a member of staff, in force or not."""

    post: Post
    in_force: bool
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer for a person: what decided for the most favourable of his posts, and the verdict of each."""

    allowed: bool
    reason: Reason
    decider: Found | None
    acting: HeldPost | None
    verdicts: tuple[tuple[HeldPost, Verdict], ...]


def judge(decisions: Decisions, principal: Principal, path: TenantPath, permission: Permission) -> Verdict:
    """Say what decides when the principal, acting at his post, wants this on a row at `path`."""
    rows = decisions.rows_of(permission)
    acting = principal.acting

    def first(effect: str, posts: Iterable[Post], test: Callable[[PolicyRow, Post], bool]) -> Found | None:
        for post in posts:
            roles = decisions.roles_of(post.role)
            for row in rows:
                if row[5] == effect and row[0] in roles and test(row, post):
                    return Found(row, post)
        return None

    def matches(row: PolicyRow, post: Post) -> bool:
        return within(path, row[1]) and related(row[4], post.path, path)

    deny = first("deny", (acting, *principal.others), matches)
    allow = first("allow", (acting,), matches)
    allowed = decisions.can(principal, path, permission)
    if deny is not None:
        return Verdict(allowed, Reason.DENIED, allow, deny)
    if allow is not None:
        return Verdict(allowed, Reason.ALLOWED, allow)
    near = first("allow", (acting,), lambda *_: True)
    return Verdict(allowed, Reason.NO_RULE if near is None else Reason.ELSEWHERE, near=near)


_ORDER = (Reason.ALLOWED, Reason.DENIED, Reason.NOT_IN_FORCE, Reason.ELSEWHERE, Reason.NO_RULE)


def explain(decisions: Decisions, held: Sequence[HeldPost], path: TenantPath, permission: Permission) -> Explanation:
    """Explain for a person with these posts: he may act at any that is in force, and the denials of all in force count."""
    live = [h for h in held if h.in_force]
    verdicts = []
    for one in held:
        others = tuple(h.post for h in live if h is not one)
        verdict = judge(decisions, Principal(acting=one.post, others=others), path, permission)
        if not one.in_force:
            reason = Reason.NOT_IN_FORCE if verdict.allowed else verdict.reason
            verdict = replace(verdict, allowed=False, reason=reason)
        verdicts.append((one, verdict))
    if not live and not any(v.reason is Reason.NOT_IN_FORCE for _, v in verdicts):
        return Explanation(False, Reason.NO_POST, None, None, tuple(verdicts))
    # A post that is over explains nothing but that it is over.
    telling = [(h, v) for h, v in verdicts if h.in_force or v.reason is Reason.NOT_IN_FORCE]
    best, verdict = min(telling, key=lambda hv: _ORDER.index(hv[1].reason))
    return Explanation(verdict.allowed, verdict.reason, verdict.decider, best, tuple(verdicts))
