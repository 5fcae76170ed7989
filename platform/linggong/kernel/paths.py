"""Tenant paths and scopes: where a row lies in the tree and which part of the tree a person may touch.

A path is materialised text like ``/4102/25/001/0203/``: immutable segments ``[a-z0-9]{1,12}``, a slash at both ends,
compared byte by byte (``COLLATE "C"``), so a subtree is the range ``[path, path || '~')`` that an index serves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NewType

from sqlalchemy import ColumnElement, and_, false, not_, or_, true

TenantPath = NewType("TenantPath", str)
"""A checked path. Only `tenant_path` and the database mint it."""

_PATH = re.compile(r"/(?:[a-z0-9]{1,12}/)*")
ROOT = TenantPath("/")


def tenant_path(raw: str) -> TenantPath:
    """Check and return a path; raises ValueError when it does not fit the pattern."""
    if not isinstance(raw, str) or len(raw) > 120 or not _PATH.fullmatch(raw):
        raise ValueError(f"not a tenant path: {raw!r}")
    return TenantPath(raw)


def child(parent: TenantPath, segment: str) -> TenantPath:
    """Return the path of a node below `parent`; raises ValueError for a bad segment."""
    return tenant_path(f"{parent}{segment}/")


def parent(path: TenantPath) -> TenantPath | None:
    """Return the path above, or None for the root."""
    if path == ROOT:
        return None
    return TenantPath(path[: path.rstrip("/").rfind("/") + 1])


@lru_cache(4096)
def ancestors(path: TenantPath) -> tuple[TenantPath, ...]:
    """Return the paths from the root down to `path` itself."""
    parts = path.strip("/").split("/") if path != ROOT else []
    return (ROOT, *(TenantPath("/" + "/".join(parts[: i + 1]) + "/") for i in range(len(parts))))


def is_under(path: str, top: str) -> bool:
    """Tell whether `path` is `top` or lies below it."""
    return path.startswith(top)


def in_subtree(column: Any, top: TenantPath) -> ColumnElement[bool]:
    """Return the SQL range test `column` within the subtree of `top`; uses a plain index on the column."""
    return and_(column >= top, column < top + "~")


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the tree where an answer is yes: subtrees and single nodes, less denied ones.

    Minted by `rbac.decisions.scope`; every query room takes one, so that a forgotten check does not type-check.
    """

    trees: tuple[TenantPath, ...] = ()
    nodes: tuple[TenantPath, ...] = ()
    not_trees: tuple[TenantPath, ...] = ()
    not_nodes: tuple[TenantPath, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether the scope allows nothing at all."""
        return not self.trees and not self.nodes

    def covers(self, path: str) -> bool:
        """Tell whether a row at `path` is inside."""
        if path in self.not_nodes or any(is_under(path, t) for t in self.not_trees):
            return False
        return path in self.nodes or any(is_under(path, t) for t in self.trees)

    def clause(self, column: Any) -> ColumnElement[bool]:
        """Return the same test as SQL on a path column."""
        allowed = [in_subtree(column, t) for t in self.trees]
        if self.nodes:
            allowed.append(column.in_(self.nodes))
        if not allowed:
            return false()
        denied = [not_(in_subtree(column, t)) for t in self.not_trees]
        if self.not_nodes:
            denied.append(column.not_in(self.not_nodes))
        yes = true() if ROOT in self.trees else or_(*allowed)
        return and_(yes, *denied)


NOWHERE = Scope()
EVERYWHERE = Scope(trees=(ROOT,))
