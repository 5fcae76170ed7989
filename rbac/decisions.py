"""`can` and `scope`: Casbin answers what ROLES may do; the posts held travel with the principal.

One `Decisions` a policy version, built aside and swapped (`rbac.store`), because reloading in place denies callers in
between. The memo's key is what the matcher can observe: the relation of the acting node to the row's node, the special
subtrees that the row lies in, and for an object with deny rows the same of the other posts held. Neither the person
nor the node is in it, so it stays small and only a policy change empties it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from linggong.kernel.paths import NOWHERE, ROOT, Scope, TenantPath, ancestors, is_under
from rbac.engine import EFFECTS, RELATIONS, Engine, denier
from rbac.permissions import Permission
from rbac.policies import PolicyRow
from rbac.principal import Principal

_MEMO_LIMIT, _SCOPE_LIMIT = 4_096, 50_000
"""Entries kept of one permission's answers, and of all scopes; beyond them the memo starts anew."""


@dataclass(slots=True)
class _Look:
    """The rows of one permission and what of a question they can observe."""

    rows: list[PolicyRow] = field(default_factory=list)
    special: tuple[str, ...] = ()
    """Subtrees to which some row is limited."""
    deniers: frozenset[str] = frozenset()
    """Roles that a deny row names, with those that inherit from them: held anywhere, they count."""
    memo: dict[tuple[object, ...], bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Areas:
    """Where an object may be read, and where each of its other actions is allowed: what a page shows, and with which buttons."""

    read: Scope
    write: Mapping[str, Scope]
    """By action; an action that is allowed nowhere is not in it."""

    def may(self, action: str, path: str) -> bool:
        """Tell whether the action is allowed on a row at `path`."""
        return self.write.get(action, NOWHERE).covers(path)


class Decisions:
    """The decisions of one policy version; safe to call from several threads.

    Raises ValueError for a row whose relation or effect is unknown: Casbin would skip it, also when it is a deny.
    """

    def __init__(
        self, policies: Iterable[PolicyRow], inherits: Iterable[tuple[str, str]] = (), version: int = 0
    ) -> None:
        self.policies: tuple[PolicyRow, ...] = tuple(policies)
        self.inherits: tuple[tuple[str, str], ...] = tuple(inherits)
        self.version = version
        for row in self.policies:
            if row[4] not in RELATIONS or row[5] not in EFFECTS:
                raise ValueError(f"policy row with an unknown relation or effect: {row}")
        self._engine = Engine(self.policies, self.inherits)
        names = {row[0] for row in self.policies} | {name for pair in self.inherits for name in pair}
        self._closure = {name: self._engine.inherited(name) for name in names}
        self._looks: dict[str, _Look] = {}
        for row in self.policies:
            self._looks.setdefault(f"{row[2]}:{row[3]}", _Look()).rows.append(row)
        for look in self._looks.values():
            look.special = tuple(sorted({row[1] for row in look.rows} - {"*"}))
            denied = {row[0] for row in look.rows if row[5] == "deny"}
            look.deniers = frozenset(name for name, roles in self._closure.items() if roles & denied)
        self._scopes: dict[tuple[object, ...], Scope] = {}

    def roles_of(self, role: str) -> frozenset[str]:
        """Return a role with those that it inherits from; nothing for a role that no row names."""
        return self._closure.get(role, frozenset())

    def rows_of(self, permission: str) -> tuple[PolicyRow, ...]:
        """Return the rows that name a permission, in their order."""
        look = self._looks.get(permission)
        return () if look is None else tuple(look.rows)

    def can(self, principal: Principal, path: TenantPath, permission: Permission) -> bool:
        """Tell whether the principal may do this to a row at `path`; unknown roles, objects and actions are a no."""
        look = self._looks.get(permission)
        if look is None:
            return False
        acting = principal.acting
        at = acting.path
        # Each place is an open-coded test of prefixes: this is asked for every row of a page.
        key: tuple[object, ...] = (
            acting.role,
            "=" if path == at else ">" if path.startswith(at) else "<" if at.startswith(path) else "x",
        )
        if look.special:
            key += tuple([s for s in look.special if path.startswith(s)])
        if principal.others and look.deniers:
            key += (_observed(principal, path, look),)
        answer = look.memo.get(key)
        return self._decide(principal, path, permission, look, key) if answer is None else answer

    def _decide(
        self, principal: Principal, path: TenantPath, permission: Permission, look: _Look, key: tuple[object, ...]
    ) -> bool:
        acting = principal.acting
        roles = self._closure.get(acting.role)
        if roles is None:
            return False  # and is not kept: a memo must not grow by names that no policy holds
        subject: dict[str, tuple[str, ...]] = dict.fromkeys(roles, (acting.path,))
        if look.deniers:
            for post in (acting, *principal.others):
                for role in self._closure.get(post.role, ()):
                    subject[denier(role)] = (*subject.get(denier(role), ()), post.path)
        if len(look.memo) >= _MEMO_LIMIT:
            look.memo.clear()
        answer = look.memo[key] = self._engine.enforce(subject, path, permission.object, permission.action)
        return answer

    def scope(self, principal: Principal, permission: Permission) -> Scope:
        """Return where the answer of `can` is yes, for lists; derived from the same rows. Empty means: nowhere at all."""
        look = self._looks.get(permission)
        if look is None:
            return NOWHERE
        acting = principal.acting
        key: tuple[object, ...] = (permission, acting.role, acting.path)
        if principal.others and look.deniers:
            key += tuple([(p.role, p.path) for p in principal.others if p.role in look.deniers])
        found = self._scopes.get(key)
        if found is None:
            found = self._derive(principal, look)
            if len(self._scopes) >= _SCOPE_LIMIT:
                self._scopes.clear()
            self._scopes[key] = found
        return found

    def _derive(self, principal: Principal, look: _Look) -> Scope:
        allow, deny = _Area(), _Area()
        acting = principal.acting
        for role, limit, _, _, relation, effect in look.rows:
            area, posts = (allow, (acting,)) if effect == "allow" else (deny, (acting, *principal.others))
            for post in posts:
                if role in self._closure.get(post.role, ()):
                    area.add(limit, relation, post.path)
        return _less(allow, deny)

    def anywhere(self, principal: Principal, permission: Permission) -> bool:
        """Tell whether the principal may do this at any place at all: the guard's first question."""
        return not self.scope(principal, permission).is_empty

    def areas(self, principal: Principal, object_type: str) -> Areas:
        """Return the read area of an object and the areas of its other actions."""
        read, write = NOWHERE, {}
        for permission in _permissions_of(object_type):
            scope = self.scope(principal, permission)
            if permission.action == "read":
                read = scope
            elif not scope.is_empty:
                write[permission.action] = scope
        return Areas(read, MappingProxyType(write))


def _observed(principal: Principal, path: str, look: _Look) -> frozenset[tuple[str, str]]:
    """Return what deny rows can observe of the other posts: the role and the relation of its node to the row's."""
    return frozenset(
        [
            (p.role, "=" if path == p.path else ">" if path.startswith(p.path) else "<" if p.path.startswith(path) else "x")
            for p in principal.others
            if p.role in look.deniers
        ]
    )  # fmt: skip


_OBJECTS: dict[str, tuple[Permission, ...]] = {
    name: tuple(p for p in Permission if p.object == name) for name in {p.object for p in Permission}
}


def _permissions_of(object_type: str) -> tuple[Permission, ...]:
    return _OBJECTS.get(object_type, ())


class _Area:
    """Subtrees and single nodes being collected for a scope."""

    def __init__(self) -> None:
        self.trees: set[TenantPath] = set()
        self.nodes: set[TenantPath] = set()

    def add(self, limit_: str, relation: str, at: TenantPath) -> None:
        limit = ROOT if limit_ == "*" else TenantPath(limit_)
        match relation:
            case "any":
                self.trees.add(limit)
            case "down":
                if is_under(at, limit):
                    self.trees.add(at)
                elif is_under(limit, at):
                    self.trees.add(limit)
            case "own":
                if is_under(at, limit):
                    self.nodes.add(at)
            case "up":
                self.nodes.update(p for p in ancestors(at) if is_under(p, limit))


def _tops(trees: Iterable[TenantPath]) -> list[TenantPath]:
    """Leave out the subtrees that lie in another one."""
    tops: list[TenantPath] = []
    for tree in sorted(trees, key=len):
        if not _inside(tree, tops):
            tops.append(tree)
    return sorted(tops)


def _inside(path: str, trees: Iterable[str]) -> bool:
    return any(is_under(path, tree) for tree in trees)


def _less(allow: _Area, deny: _Area) -> Scope:
    """Return the allowed area less the denied one, in the fewest words: nothing that has no effect stays, so that an
    area denied as a whole is empty.
    """
    denied = _tops(deny.trees)
    trees = [t for t in _tops(allow.trees) if not _inside(t, denied)]
    nodes = [
        n for n in allow.nodes if n not in deny.nodes and not _inside(n, trees) and not _inside(n, denied)
    ]  # fmt: skip
    if not trees and not nodes:
        return NOWHERE
    return Scope(
        tuple(trees),
        tuple(sorted(nodes)),
        tuple(t for t in denied if _inside(t, trees)),
        tuple(sorted(n for n in deny.nodes if _inside(n, trees) and not _inside(n, denied))),
    )
