"""The console at /admin: Piccolo Admin over our own tables, behind our own session, inside the scoped transaction.

Piccolo is heavy: this module imports nothing, `build` and `routes` do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from admin.console import Console
    from rbac.permissions import Permission


class ConsoleRoute(NamedTuple):
    """A reachable operation of the console; `permission` is needed beside console:use."""

    method: str
    path: str
    table: str
    permission: Permission


def build() -> Console:
    """Build the console of this process, once; raises when Piccolo is not the release that we know."""
    from admin import console

    return console.build()


def routes() -> Iterator[ConsoleRoute]:
    """Yield every reachable operation of the console, paths as a browser sends them, for the proof of isolation."""
    from rbac.permissions import Permission

    for door in build().doors:
        yield ConsoleRoute(door.method, f"/admin{door.path}", door.table, door.permission or Permission.CONSOLE_USE)
