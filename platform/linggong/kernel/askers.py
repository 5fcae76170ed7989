"""Who asks for connections: a request is one, however many tasks it is done in (`kernel.db`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Asker:
    """One piece of work, however many tasks it is done in."""


asker: ContextVar[Asker | None] = ContextVar("asker", default=None)


@contextmanager
def one_asker() -> Iterator[None]:
    """Count what is done in here as one piece of work in the giving out of connections, also in tasks that it starts.

    A request's dependencies are resolved in tasks of their own, so a task does not tell who holds a connection already.
    """
    token = asker.set(Asker())
    try:
        yield
    finally:
        asker.reset(token)
