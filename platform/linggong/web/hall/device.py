"""What every page of a screen needs: which screen asks, its sign of life, and no dead end where nobody stands to help."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from linggong.kernel import clock
from linggong.kernel.errors import Forbidden
from linggong.web import pages

AnyRequest = Request[Any, Any, Any]
_WEEK = "一二三四五六日"


def day_words() -> str:
    """Return today as a wall says it: 11月27日 周五."""
    now = clock.shanghai(clock.now())
    return f"{now.month}月{now.day}日 周{_WEEK[now.weekday()]}"


def begin_again(request: AnyRequest, _: Forbidden | HTTPException) -> Response[bytes]:
    """A page that stood open too long (its token is old) leads back to the start instead of to an error page."""
    path = "/".join(request.scope["path"].split("/")[:3])
    return pages.redirect(request, path, say="页面刚才放得太久，请再输一次。", kind="warn")
