"""What a person may do where, taken over all his posts, and what a change of posts gives and takes: for previews.

Derived from the same rows as every decision. Staff act at one post at a time: allow rules count for each post by itself,
deny rows of all posts count for each, so that one more post may also take something away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from linggong.kernel.paths import ROOT, TenantPath, is_under
from rbac.decisions import Decisions
from rbac.permissions import OUTSIDE_STAFF, Permission
from rbac.principal import Post, Principal

# What everybody may, or what belongs to the person himself: nobody asks whether a change of posts gives it.
_COMMON = OUTSIDE_STAFF | {Permission.NODE_READ}


@dataclass(frozen=True, slots=True)
class Gain:
    """Permissions that somebody has at a place, with all below it, and had not before (or the other way round)."""

    place: TenantPath
    permissions: tuple[Permission, ...]


def reach(decisions: Decisions, posts: Sequence[Post]) -> dict[Permission, frozenset[TenantPath]]:
    """Return where each permission holds for a person with these posts: the tops of subtrees, single nodes among them."""
    found: dict[Permission, frozenset[TenantPath]] = {}
    for permission in Permission:
        if permission in _COMMON:
            continue
        places: set[TenantPath] = set()
        for post in posts:
            principal = Principal(acting=post, others=tuple(p for p in posts if p is not post))
            scope = decisions.scope(principal, permission)
            trees = [t for t in scope.trees if scope.covers(t)]
            # Numbers that hold from above are shown by the place that one works at, not by every place above it.
            nodes = [n for n in scope.nodes if scope.covers(n) and not any(is_under(t, n) for t in trees)]
            places.update(trees, nodes)
        if places:
            found[permission] = _tops(places)
    return found


def difference(
    decisions: Decisions, before: Sequence[Post], after: Sequence[Post]
) -> tuple[tuple[Gain, ...], tuple[Gain, ...]]:
    """Return what the posts `after` give that `before` did not, and what they take, by place."""
    had, has = reach(decisions, before), reach(decisions, after)
    return _beyond(has, had), _beyond(had, has)


def _beyond(
    one: dict[Permission, frozenset[TenantPath]], other: dict[Permission, frozenset[TenantPath]]
) -> tuple[Gain, ...]:
    at: dict[TenantPath, list[Permission]] = {}
    for permission, places in one.items():
        known = other.get(permission, frozenset())
        for place in places:
            if not any(is_under(place, k) for k in known):
                at.setdefault(place, []).append(permission)
    return tuple(Gain(place, tuple(at[place])) for place in sorted(at))


def _tops(places: Iterable[TenantPath]) -> frozenset[TenantPath]:
    tops: list[TenantPath] = []
    for place in sorted(places, key=len):
        if not any(is_under(place, top) and (top != ROOT or place == ROOT) for top in tops):
            tops.append(place)
    return frozenset(tops)
