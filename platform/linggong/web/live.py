"""`/live`: the stream that tells an open page what of it has changed."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Stream

from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.kernel.live import Hub
from rbac.permissions import Permission
from rbac.principal import Principal
from rbac.roles import Role

MOST = 5000
"""Streams of one process; more are asked to come later."""
BOARD = ("type:order", "type:engagement")


def keys(topic: str, principal: Principal) -> tuple[str, ...]:
    """Return what a topic stands for, for whoever asks; nothing when it is not his.

    board: the city's posts and their places, for everybody; here: what happens at and below a member of staff's post;
    me: a worker's or an employer's own matters.
    """
    if topic == "board":
        return BOARD
    if topic == "here" and principal.is_staff:
        return (f"tenant:{principal.acting.path}",)
    if topic == "me" and principal.acting.role is Role.WORKER:
        return (f"person:{principal.id}",)
    if topic == "me" and principal.acting.role is Role.EMPLOYER:
        return (f"employer:{principal.employer_id}",)
    return ()


@get("/live", opt={"permission": Permission.PUBLIC_USE}, include_in_schema=False)
async def stream(
    request: Request[Any, Any, Any],
    hub: NamedDependency[Hub],
    principal: NamedDependency[Principal],
    topics: Annotated[str, QueryParameter()] = "board",
) -> Stream:
    """Stream `change` (the names of topics) and `resync`; no transaction is held open meanwhile."""
    names = {key: topic for topic in topics.split(",")[:5] for key in keys(topic, principal)}
    if not names:
        raise Invalid([Fault("topics", "没有这个栏目，或者它不归您看。", "unknown")])
    if hub.clients >= MOST:
        raise Conflict("现在看的人太多，页面请过一会儿自己刷新。")
    return Stream(
        hub.stream(names, resync="last-event-id" in request.headers),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


CONTROLLERS = [stream]
