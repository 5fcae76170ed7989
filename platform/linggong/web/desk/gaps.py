"""补人 at the desk (38, 40): what is short now, who is being asked, who says yes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.db import UnitOfWork
from linggong.push import filling, views
from linggong.push.views import GapView
from linggong.web import pages
from linggong.web.refused import sent_back
from linggong.work.machines import STATE_WORDS
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]
HERE = "/desk/dispatch"
_STATES = {
    "running": ("正在叫人", "wait"),
    "filled": ("补齐了", "go"),
    "over": ("没补齐", "danger"),
    "stopped": ("停了", "off"),
}
_SOURCES = {"standby": "候补", "here": "在大厅", "available": "电话短信"}
_ANSWERS = {"A_OFFERED": ("等回话", "wait"), "X_DECLINED": ("没回话或已满", "off"), "X_WITHDRAWN": ("不去", "off")}


async def of_desk(uow: UnitOfWork) -> dict[str, Any]:
    """Return what the desk's pages show of gaps: `gaps` and `short`."""
    return {
        "gaps": [_gap(one) for one in await views.gaps(uow)],
        "short": [
            {"href": f"/desk/orders/{o.order_id}", "begin": f"/desk/gaps/{o.order_id}/begin", "title": o.title, "place": o.place,
             "start": o.starts_at, "missing": o.missing, "asked": o.asked}
            for o in await views.short(uow)
        ],
    }  # fmt: skip


def _gap(one: GapView) -> dict[str, Any]:
    words, tone = _STATES[one.state]
    return {
        "id": str(one.id), "href": f"/desk/orders/{one.order_id}", "title": one.title, "place": one.place,
        "start": one.starts_at, "missing": one.missing, "cause": "有人没到岗" if one.cause == "no_show" else "驿站叫的",
        "state": words, "tone": tone, "why": one.why_over, "wave": one.wave, "next_at": one.next_at,
        "running": one.state == "running", "stop": f"/desk/gaps/{one.id}/stop",
        "asks": [
            {
                "name": a.name, "href": f"/desk/people/{a.worker_id}", "number": a.number, "source": _SOURCES[a.source], "wave": a.wave,
                "why": a.why, "answer": _ANSWERS.get(a.state, (STATE_WORDS.get(a.state, ""), "go"))[0],
                "tone": _ANSWERS.get(a.state, ("", "go"))[1], "until": a.answer_by,
            }
            for a in one.asks
        ],
    }  # fmt: skip


class Gaps(Controller):
    """Begin and stop asking people in."""

    path = "/desk/gaps"
    include_in_schema = False

    @post("/{order_id:uuid}/begin", opt={"permission": Permission.DISPATCH_PROPOSE})
    async def begin(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Ask people in at once."""
        async with sent_back(request, uow, HERE):
            await filling.begin(uow, order_id)
        return pages.redirect(request, HERE, say="马上叫人，谁先答应就是谁。")

    @post("/{fill_in_id:uuid}/stop", opt={"permission": Permission.DISPATCH_PROPOSE})
    async def stop(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], fill_in_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Ask nobody more."""
        async with sent_back(request, uow, HERE):
            await filling.stop(uow, fill_in_id)
        return pages.redirect(request, HERE, say="不再叫人。叫过的人还可以在时间内答应。")
