"""`linggong machines`: the tables of transitions, as the docs print them."""

from __future__ import annotations

from pathlib import Path


def machines(*, write: Path | None = None) -> None:
    """Print every state machine with its diagram and its table.

    Parameters
    ----------
    write
        Write to this file instead (docs/machines.md).
    """
    from linggong.app.machines import markdown

    if write is None:
        print(markdown(), end="")
    else:
        write.write_text(markdown(), encoding="utf-8")
