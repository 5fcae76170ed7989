"""快速转场 at the desk (R064): who waits here and could go to which station, and who is on the way, from here and to here."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.push import moving
from linggong.push.moving import Elsewhere, Rider
from linggong.web import menus, pages
from linggong.web.refused import filled, sent_back
from linggong.work.machines import STATE_WORDS
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
HERE = "/desk/moves"


def _way(km: float | None, *, ride: bool) -> str:
    distance = f"{km:g} 公里" if km is not None else ""
    return " · ".join(w for w in (distance, "雇主接送" if ride else "自己去") if w)


def group(one: Elsewhere) -> dict[str, Any]:
    """Return a station with those who could go there, as pages draw it."""
    return {
        "tenant": one.tenant, "name": one.name, "way": _way(one.km, ride=one.ride), "count": len(one.movers),
        "people": [{"value": str(m.worker_id), "name": m.name, "title": m.title, "why": m.why, "score": m.score} for m in one.movers],
    }  # fmt: skip


def _rider(one: Rider) -> dict[str, Any]:
    done = "到了" if one.came_at else "在路上" if one.left_at else ""
    return {
        "id": str(one.id), "name": one.name, "href": f"/desk/people/{one.worker_id}", "station": one.station, "title": one.title,
        "place": one.place, "start": one.starts_at, "way": _way(one.km, ride=one.ride),
        "state": done or STATE_WORDS.get(one.state, ""), "tone": "go" if one.came_at else "wait" if one.goes or one.state == "A_INVITED" else "off",
        "may_leave": one.out and one.goes and one.left_at is None, "may_come": not one.out and one.goes and one.came_at is None,
    }  # fmt: skip


class Moves(Controller):
    """Who goes over."""

    path = HERE
    include_in_schema = False

    @get("/", opt={"permission": Permission.DISPATCH_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Stations that lack people with who of ours could go; the lists of both ways."""
        return await _page(request, principal, uow)

    @post("/", opt={"permission": Permission.DISPATCH_PROPOSE})
    async def send(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Ask those who are ticked."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_page, request, principal), values):
            raw = values.get("ids") or []
            sent = await moving.send(
                uow, str(values.get("tenant") or ""), set(map(_id, raw if isinstance(raw, list) else [raw]))
            )
        left = f"；{len(sent.left_out)} 人没叫成：{'；'.join(sent.left_out)[:120]}" if sent.left_out else ""
        return pages.redirect(request, HERE, say=f"叫了 {sent.asked} 人，等他们回话{left}。")

    @post("/{handover_id:uuid}/{step:str}", opt={"permission": Permission.DISPATCH_PROPOSE})
    async def step(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], handover_id: FromPath[UUID], step: FromPath[str]
    ) -> Response[bytes]:
        """He has left, or he is here."""
        said = {"left": "记下了，他上路了，那边看得到。", "came": "记下了，人接到了。"}.get(step)
        if said is None:
            raise NotFound
        async with sent_back(request, uow, HERE):
            await (moving.left if step == "left" else moving.came)(uow, handover_id)
        return pages.redirect(request, HERE, say=said)


async def _page(request: AnyRequest, principal: Principal, uow: UnitOfWork) -> Response[bytes]:
    riders = await moving.riders(uow) if principal.is_staff else []
    return menus.render(
        request,
        principal,
        "desk/moves.html",
        groups=[group(one) for one in await moving.elsewhere(uow)] if uow.actor.post is not None else [],
        lists=[
            {"key": "in", "words": "转过来的人", "with": "从", "people": [_rider(r) for r in riders if not r.out]},
            {"key": "out", "words": "转出去的人", "with": "到", "people": [_rider(r) for r in riders if r.out]},
        ],
        may_act=menus.may(request, principal, Permission.DISPATCH_PROPOSE),
    )


def _id(raw: Any) -> UUID:
    try:
        return UUID(str(raw))
    except ValueError:
        raise NotFound from None
