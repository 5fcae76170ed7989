"""How much a person may leaf through: reading page after page is an export without the record."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from admin.context import visit
from linggong.kernel.errors import TooMany

PER_MINUTE: Final = 240
"""Reads of rows a minute and person in one process: some forty clicks, each of which reads a list, its count and names."""
_seen: dict[UUID, tuple[int, int]] = {}


def paced(endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Count the reads of a person; raises TooMany beyond the limit until the minute is over."""

    async def counted(request: Request) -> Any:
        now = time.monotonic()
        minute, who = int(now // 60), visit().principal.id
        before, n = _seen.get(who, (minute, 0))
        n = n + 1 if before == minute else 1
        if len(_seen) > 10_000:
            _seen.clear()
        _seen[who] = (minute, n)
        if n > PER_MINUTE:
            raise TooMany("看得太快了，请过一分钟再看。要整份名单，请用“导出”。", retry_after=int(60 - now % 60) + 1)
        return await endpoint(request)

    return counted
