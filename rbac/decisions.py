"""`can` and `scope`: Casbin answers what ROLES may do; the acting post travels with the principal.

One enforcer a policy version, built aside and swapped, because reloading in place denies callers in between. The
memo's key is what the matcher can observe (object, action, relation of the acting node to the row's node, special
subtrees the row lies in); neither the person nor the node is in it, so it stays small and only a policy change empties it.
"""

from __future__ import annotations

import ast
import logging
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import casbin
from casbin.persist import Adapter

from linggong.kernel.paths import ROOT, Scope, TenantPath, ancestors, is_under
from rbac.permissions import Permission
from rbac.policies import PolicyRow
from rbac.principal import Principal

MODEL = Path(__file__).with_name("model.conf")


def within(dom: str, rule_dom: str) -> bool:
    """Tell whether the row's node lies in the subtree to which a rule is limited."""
    return rule_dom == "*" or is_under(dom, rule_dom)


def related(relation: str, at: str, dom: str) -> bool:
    """Tell whether a role held at `at` stands in `relation` to a row at `dom`; unknown relations do not."""
    match relation:
        case "down":
            return is_under(dom, at)
        case "own":
            return dom == at
        case "up":
            return is_under(at, dom)
        case "any":
            return True
        case _:
            return False


def holds(subject: tuple[frozenset[str], str], role: str, relation: str, dom: str) -> bool:
    """Casbin's function: does the subject (roles, node) hold `role` in `relation` to the row?"""
    roles, at = subject
    return role in roles and related(relation, at, dom)


class _Compiled:
    """Stands in for Casbin's SimpleEval; the matcher is compiled once (model.conf is ours alone)."""

    __slots__ = ("_code", "_functions")

    def __init__(self, code: Any, functions: dict[str, Any]) -> None:
        self._code, self._functions = code, functions

    def eval(self, names: dict[str, Any]) -> Any:
        return eval(self._code, self._functions, names)  # noqa: S307 - our own model file


class _Enforcer(casbin.FastEnforcer):  # type: ignore[misc]
    _codes: dict[str, Any] | None = None

    def _get_expression(self, expr: str, functions: dict[str, Any] | None = None) -> _Compiled:
        if self._codes is None:
            self._codes = {}
        if expr not in self._codes:
            parsed = casbin.core_enforcer.CoreEnforcer._get_expression(expr, functions).ast_parsed_value
            self._codes[expr] = compile(ast.fix_missing_locations(ast.Expression(parsed)), "<matcher>", "eval")
        return _Compiled(self._codes[expr], {**(functions or {}), "__builtins__": {}})


class _Rows(Adapter):  # type: ignore[misc]
    """Feeds rows to Casbin; the CSV loader ignores quotes, so none is used."""

    def __init__(self, policies: Iterable[PolicyRow], inherits: Iterable[tuple[str, str]]) -> None:
        self._policies, self._inherits = list(policies), list(inherits)

    def load_policy(self, model: Any) -> None:
        for policy in self._policies:
            model.add_policy("p", "p", list(policy))
        for pair in self._inherits:
            model.add_policy("g", "g", list(pair))


class Decisions:
    """The decisions of one policy version; safe to call from several threads."""

    def __init__(
        self, policies: Iterable[PolicyRow], inherits: Iterable[tuple[str, str]] = (), version: int = 0
    ) -> None:
        rows: list[PolicyRow] = list(policies)
        inherits = list(inherits)
        self.version = version
        self._enforcer = _Enforcer(str(MODEL), _Rows(rows, inherits))
        logging.getLogger("casbin").setLevel(logging.WARNING)
        self._enforcer.add_function("within", within)
        self._enforcer.add_function("holds", holds)
        self._lock = threading.Lock()
        self._memo: dict[tuple[object, ...], bool] = {}
        names = {row[0] for row in rows} | {name for pair in inherits for name in pair}
        self._closure = {
            n: frozenset([n, *self._enforcer.get_implicit_roles_for_user(n)]) if inherits else frozenset([n])
            for n in names
        }
        self._index: dict[tuple[str, str], list[PolicyRow]] = {}
        for row in rows:
            self._index.setdefault((row[2], row[3]), []).append(row)
        self._special = {k: tuple(sorted({r[1] for r in v} - {"*"})) for k, v in self._index.items()}

    def _subject(self, role: str, path: str) -> tuple[frozenset[str], str]:
        return self._closure.get(role, frozenset()), path

    def can(self, principal: Principal, path: TenantPath, permission: Permission) -> bool:
        """Tell whether the principal may do this to a row at `path`; unknown roles, objects and actions are a no."""
        key = (permission.object, permission.action)
        if key not in self._index:
            return False
        if self._denied_elsewhere(principal, path, key):
            return False
        role, at = principal.acting.role.value, principal.acting.path
        relation = "=" if path == at else ">" if is_under(path, at) else "<" if is_under(at, path) else "x"
        memo_key = (*key, role, relation, *(s for s in self._special[key] if is_under(path, s)))
        answer = self._memo.get(memo_key)
        if answer is None:
            # FastEnforcer keeps its row filter on the shared policy object: one at a time on the miss path.
            with self._lock:
                answer = bool(self._enforcer.enforce(self._subject(role, at), path, *key))
            self._memo[memo_key] = answer
        return answer

    def _denied_elsewhere(self, principal: Principal, path: str, key: tuple[str, str]) -> bool:
        if not principal.others:
            return False
        denials = [r for r in self._index[key] if r[5] == "deny"]
        return any(
            within(path, dom) and holds(self._subject(post.role.value, post.path), role, relation, path)
            for role, dom, _, _, relation, _ in denials
            for post in principal.others
        )

    def scope(self, principal: Principal, permission: Permission) -> Scope:
        """Return where the answer of `can` is yes, for lists; derived from the same rows."""
        rows = self._index.get((permission.object, permission.action), ())
        allow = _Area()
        deny = _Area()
        acting = (principal.acting.role.value, principal.acting.path)
        others = [(p.role.value, p.path) for p in principal.others]
        for role, dom, _, _, relation, effect in rows:
            for held, at in [acting] if effect == "allow" else [acting, *others]:
                if role in self._closure.get(held, ()):
                    (allow if effect == "allow" else deny).add(dom, relation, at)
        return Scope(allow.top_trees(), allow.single_nodes(), deny.top_trees(), deny.single_nodes())

    def anywhere(self, principal: Principal, permission: Permission) -> bool:
        """Tell whether the principal may do this at any place at all: the guard's first question."""
        return not self.scope(principal, permission).is_empty


class _Area:
    """Subtrees and single nodes being collected for a scope."""

    def __init__(self) -> None:
        self._trees: set[TenantPath] = set()
        self._nodes: set[TenantPath] = set()

    def add(self, dom: str, relation: str, at: TenantPath) -> None:
        limit = ROOT if dom == "*" else TenantPath(dom)
        match relation:
            case "any":
                self._trees.add(limit)
            case "down":
                if is_under(at, limit):
                    self._trees.add(at)
                elif is_under(limit, at):
                    self._trees.add(limit)
            case "own":
                if is_under(at, limit):
                    self._nodes.add(at)
            case "up":
                self._nodes.update(p for p in ancestors(at) if is_under(p, limit))

    def top_trees(self) -> tuple[TenantPath, ...]:
        tops: list[TenantPath] = []
        for tree in sorted(self._trees, key=len):
            if not any(is_under(tree, t) for t in tops):
                tops.append(tree)
        return tuple(sorted(tops))

    def single_nodes(self) -> tuple[TenantPath, ...]:
        trees = self.top_trees()
        return tuple(sorted(n for n in self._nodes if not any(is_under(n, t) for t in trees)))
