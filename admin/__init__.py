"""The console at /admin: Piccolo Admin over our own tables, behind our own session, inside the scoped transaction.

Piccolo is heavy: this module imports nothing of it, `build` and `routes` do, at the first request to the console.
"""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
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


# Building swaps names inside Piccolo for a moment: one thread at a time.
_building = Lock()


def build() -> Console:
    """Build the console of this process, once; raises WrongPiccolo when Piccolo is not the release that we know."""
    with _building:
        from admin import console

        return console.build()


def routes() -> Iterator[ConsoleRoute]:
    """Yield every reachable operation of the console, paths as a browser sends them, for the proof of isolation."""
    from rbac.permissions import Permission

    for door in build().doors:
        yield ConsoleRoute(door.method, f"/admin{door.path}", door.table, door.permission or Permission.CONSOLE_USE)
