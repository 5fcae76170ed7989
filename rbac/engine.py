"""Casbin, held so that its traps cannot bite (tests/rbac/test_traps.py names them one by one).

The enforcer is built once from all rows of one policy version and never changed: no reload in place, no `g` rows of
staff, no domain matching, no CSV. Its matcher is compiled once, which is safe because model.conf is ours alone.
"""

from __future__ import annotations

import ast
import logging
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import casbin
from casbin.model import fast_policy_filter
from casbin.persist import Adapter

from linggong.kernel.paths import is_under
from rbac.policies import PolicyRow

MODEL = Path(__file__).with_name("model.conf")
RELATIONS = ("down", "own", "up", "any")
"""Where a role must be held relative to the row: at or above it, right there, at or below it, anywhere."""
EFFECTS = ("allow", "deny")

# Casbin tells every rule and every denial at INFO, whenever somebody turned the root logger up.
logging.getLogger("casbin").setLevel(logging.WARNING)

Holdings = Mapping[str, tuple[str, ...]]
"""What a subject brings: the nodes at which each role is held. A deny row is known to Casbin under its role's name with a
mark before it (`denier`), because allow rows count for the acting post alone and deny rows for every post held."""


def denier(role: str) -> str:
    """Return the name under which a role meets deny rows."""
    return f"!{role}"


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


def holds(subject: Holdings, role: str, relation: str, dom: str) -> bool:
    """Casbin's function: does the subject hold `role` somewhere in `relation` to the row?"""
    places = subject.get(role)
    if places is None:  # so it is for most rows
        return False
    return any(related(relation, at, dom) for at in places)


class _Compiled:
    """Stands in for Casbin's SimpleEval; the matcher is compiled once (model.conf is ours alone)."""

    __slots__ = ("_code", "_functions")

    def __init__(self, code: Any, functions: dict[str, Any]) -> None:
        self._code, self._functions = code, functions

    def eval(self, names: dict[str, Any]) -> Any:
        return eval(self._code, self._functions, names)  # noqa: S307 - our own model file


class _Enforcer(casbin.FastEnforcer):  # type: ignore[misc]
    _compiled: _Compiled | None = None

    def _get_expression(self, expr: str, functions: dict[str, Any] | None = None) -> _Compiled:
        # One matcher, and functions that stay the same for as long as this enforcer lives.
        if self._compiled is None:
            parsed = casbin.core_enforcer.CoreEnforcer._get_expression(expr, functions).ast_parsed_value
            code = compile(ast.fix_missing_locations(ast.Expression(parsed)), "<matcher>", "eval")
            self._compiled = _Compiled(code, {**(functions or {}), "__builtins__": {}})
        return self._compiled

    def enforce(self, subject: Holdings, path: str, object_type: str, action: str) -> bool:
        """As the library's, but with the filter narrowed to the subject's roles: most rows of a permission are others'."""
        rows = self.model["p"]["p"].policy
        with fast_policy_filter(rows, object_type, action):
            rows._current_filter = [row for row in rows._current_filter if row[0] in subject]
            return bool(self.enforce_ex(subject, path, object_type, action)[0])


class _Rows(Adapter):  # type: ignore[misc]
    """Feeds rows to Casbin; the CSV loader ignores quotes, so none is used."""

    def __init__(self, policies: Iterable[PolicyRow], inherits: Iterable[tuple[str, str]]) -> None:
        self._policies, self._inherits = policies, inherits

    def load_policy(self, model: Any) -> None:
        for role, *rest, effect in self._policies:
            model.add_policy("p", "p", [denier(role) if effect == "deny" else role, *rest, effect])
        for pair in self._inherits:
            model.add_policy("g", "g", list(pair))


class Engine:
    """Casbin over the rows of one policy version; safe to call from several threads."""

    def __init__(self, policies: Iterable[PolicyRow], inherits: Iterable[tuple[str, str]]) -> None:
        # Rows are found by (object, action); the columns of request and policy stand at the same numbers in model.conf.
        self._enforcer = _Enforcer(str(MODEL), _Rows(policies, inherits), cache_key_order=[2, 3])
        self._enforcer.add_function("within", within)
        self._enforcer.add_function("holds", holds)
        self._lock = threading.Lock()

    def inherited(self, role: str) -> frozenset[str]:
        """Return a role of the policies with all that it inherits; never asked for a name that the policies do not hold."""
        return frozenset([role, *self._enforcer.get_implicit_roles_for_user(role)])

    def enforce(self, subject: Holdings, path: str, object_type: str, action: str) -> bool:
        """Ask Casbin. One at a time: FastEnforcer keeps its row filter on the policy that all threads share."""
        with self._lock:
            return self._enforcer.enforce(subject, path, object_type, action)
