"""What moves to another place when a place is removed: each floor says of its own rows, as it does before one closes.

The tree does not know what higher floors keep at a place. A mover is asked twice: first what would move (`go` False, nothing
is written), then to move it; it returns how many of what, in Chinese words. Done in `linggong.app`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from linggong.kernel.db import UnitOfWork

Mover = Callable[[UnitOfWork, str, str, bool], Awaitable[dict[str, int]]]
_movers: dict[str, Mover] = {}


def on_rehoming(name: str, mover: Mover) -> None:
    """Register what moves a floor's open rows from a place to another; the same name again replaces it."""
    _movers[name] = mover


async def moved(uow: UnitOfWork, source: str, target: str, *, go: bool) -> dict[str, int]:
    """Ask every floor, in the order of their names; returns how many of what move (or would move)."""
    found: dict[str, int] = {}
    for _, mover in sorted(_movers.items()):
        for words, n in (await mover(uow, source, target, go)).items():
            found[words] = found.get(words, 0) + n
    return found
