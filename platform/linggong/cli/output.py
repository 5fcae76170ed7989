"""Results on standard output: a short text for people, one JSON document with `--json`; notes go to stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec


def emit(result: Any, *, as_json: bool, text: str | None = None) -> None:
    """Print a result."""
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(result), indent=1).decode())
    else:
        print(_plain(result) if text is None else text)


def _plain(result: Any) -> str:
    built = msgspec.to_builtins(result, str_keys=True)
    if isinstance(built, dict):
        return "\n".join(f"{key}: {value}" for key, value in built.items())
    return str(built)


def note(text: str) -> None:
    """Say something that is not the result."""
    print(text, file=sys.stderr, flush=True)


def table(rows: Iterable[Sequence[object]], headers: Sequence[str]) -> None:
    """Print rows under headers."""
    from rich.console import Console
    from rich.table import Table

    shown = Table(*headers, box=None, pad_edge=False)
    for row in rows:
        shown.add_row(*("" if v is None else str(v) for v in row))
    Console().print(shown)


@contextmanager
def progress(title: str, total: float | None) -> Iterator[Any]:
    """Show a progress bar on a terminal; yields `advance(done, words)`. On a pipe it says each tenth once."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if console.is_terminal:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console) as bar:
            job = bar.add_task(title, total=total)
            yield lambda done, words="": bar.update(job, completed=done, description=f"{title} {words}".strip())
        return
    said = -1

    def advance(done: float, words: str = "") -> None:
        nonlocal said
        tenth = int(10 * done / total) if total else 0
        if tenth > said:
            said = tenth
            note(f"{title} {tenth * 10}% {words}".rstrip())

    yield advance
