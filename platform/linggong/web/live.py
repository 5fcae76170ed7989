"""`/live`: the stream that tells an open page what of it has changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Stream

from linggong.kernel.db import NOBODY
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.kernel.live import Hub
from linggong.people.door_guards import address_of
from linggong.people.limits import network_of
from rbac.permissions import Permission
from rbac.principal import Principal
from rbac.roles import Role

MOST = 5000
"""Streams of one process; more are asked to come later."""
RESERVED = 1000
"""Of them, those kept for staff and for screens: however many look on, the desks stay fresh."""
MOST_OF_NETWORK = 1500
"""Streams of one address without an account; many phones share one."""
EARLIER = 2000
"""Milliseconds that a page may have been read before it was drawn."""
BOARD = ("type:order", "type:engagement")


def keys(topic: str, principal: Principal) -> tuple[str, ...]:
    """Return what a topic stands for, for whoever asks; nothing when it is not his.

    board: the city's posts and their places, for everybody; here: what happens at and below a member of staff's post;
    inbox: notices and tasks that his post received or sent;
    me: a worker's or an employer's own matters.
    """
    if topic == "board":
        return BOARD
    if topic == "here" and principal.is_staff:
        return (f"tenant:{principal.acting.path}",)
    if topic == "inbox" and principal.is_staff:
        return (f"memo@{principal.acting.path}",)
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
    at: Annotated[int | None, QueryParameter(ge=0)] = None,
) -> Stream:
    """Stream `change` (the names of topics) and `resync`; no transaction is held open meanwhile.

    `at`: the stamp of the page that is looked at; a browser that comes back says `Last-Event-ID` instead.
    """
    names = {key: topic for topic in topics.split(",")[:5] for key in keys(topic, principal)}
    if not names:
        raise Invalid([Fault("topics", "没有这个栏目，或者它不归您看。", "unknown")])
    network = network_of(address_of(request)) if principal.id == NOBODY else ""
    return answer(hub, names, since=since(request, at), network=network, known=principal.is_staff)


def since(request: Request[Any, Any, Any], at: int | None) -> int | None:
    """Return from when on a client may have missed something: his last frame's number, else his page's."""
    last = request.headers.get("last-event-id", "")
    if last:
        return int(last) if last.isdecimal() and len(last) < 16 else 0
    return at - EARLIER if at is not None else None


def answer(hub: Hub, names: Mapping[str, str], *, since: int | None, network: str, known: bool) -> Stream:
    """Open a stream, unless too many are open; raises Conflict."""
    full = hub.clients >= (MOST if known else MOST - RESERVED)
    if full or (network and hub.clients_of(network) >= MOST_OF_NETWORK):
        raise Conflict("现在看的人太多，页面请过一会儿自己刷新。")
    return Stream(
        hub.stream(names, since=since, network=network),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


CONTROLLERS = [stream]
