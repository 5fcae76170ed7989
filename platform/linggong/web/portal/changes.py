"""A worker's answers to changed terms, somebody in his place, and his crew."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.money import from_yuan
from linggong.market import board
from linggong.web import pages
from linggong.web.portal.mine import only_worker
from linggong.web.portal.order import order_ref
from linggong.web.refused import filled
from linggong.work import crews, replacing, terms, terms_queries
from linggong.work import queries as work
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
_AGREED = ("A_CONFIRMED", "A_CONTRACTED")
_UNKNOWN = {
    "enter": Fault("code", "没有这个替工码，请再问一遍。", "unknown"),
    "join": Fault("code", "没有这个入组码，请再问一遍。", "unknown"),
    "sign_up": Fault("trace_code", "没有这个编号的活，请看板上的编号。", "unknown"),
}


@asynccontextmanager
async def _known(step: str) -> AsyncIterator[None]:
    """What nobody has by the code or number that was typed is a fault of its field."""
    try:
        yield
    except NotFound:
        if step not in _UNKNOWN:
            raise
        raise Invalid([_UNKNOWN[step]]) from None


class WorkerChanges(Controller):
    """Changed terms and substitutes."""

    path = "/my/changes"
    include_in_schema = False

    @get("/", opt={"permission": Permission.ENGAGEMENT_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """What waits for my answer, and what became of the rest."""
        only_worker(principal)
        return await _changes(request, uow)

    @post("/{step:str}", opt={"permission": Permission.TERMS_CHANGE})
    async def step(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        step: FromPath[str],
    ) -> Response[bytes]:
        """Answer a proposal, offer somebody in my place, come for somebody."""
        only_worker(principal)
        values = await pages.form_values(request)
        back = "/my/changes"
        async with filled(request, uow, partial(_changes, request), values), _known(step):
            match step:
                case "agree":
                    await terms.agree(uow, _uuid(values.get("one")))
                    said = "说定了，按新的约定算。"
                case "refuse":
                    await terms.refuse(uow, _uuid(values.get("one")))
                    said = "好，原来说好的照旧。"
                case "take_back":
                    await terms.take_back(uow, _uuid(values.get("one")))
                    said = "收回了。"
                case "substitute":
                    if not values.get("one"):
                        raise Invalid([Fault("one", "请选哪个活要找人替。", "required")])
                    made = await replacing.propose(uow, _uuid(values.get("one")), reason=str(values.get("reason", "")))
                    said = f"把替工码 {made.code} 告诉替你的人，他报上名、雇主同意才算换。"
                case "consent":
                    await replacing.consent(uow, _uuid(values.get("one")))
                    said = "记下了：你同意换人。"
                case "keep":
                    await replacing.refuse(uow, _uuid(values.get("one")))
                    said = "不换了，你照常去。"
                case "enter":
                    await replacing.enter(uow, str(values.get("code", ""))[:12])
                    said, back = "报上名了，等雇主同意换人。", "/my/jobs"
                case _:
                    raise NotFound
        return pages.redirect(request, back, say=said)


class CrewPages(Controller):
    """My crew."""

    path = "/my/crew"
    include_in_schema = False

    @get("/", opt={"permission": Permission.ENGAGEMENT_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The crews that I lead and those with which I come."""
        only_worker(principal)
        return await _crews(request, uow)

    @post("/{step:str}", opt={"permission": Permission.CREW_USE})
    async def step(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        principal: NamedDependency[Principal],
        step: FromPath[str],
    ) -> Response[bytes]:
        """Found, join, leave, sign up."""
        only_worker(principal)
        values = await pages.form_values(request)
        kind = "ok"
        async with filled(request, uow, partial(_crews, request), values), _known(step):
            match step:
                case "found":
                    crew = await crews.found(uow, name=str(values.get("name", "")), fee_fen=_fee(values))
                    said = f"班组建好了。把入组码 {crew.code} 告诉一起干的人。"
                case "join":
                    member = await crews.join(uow, str(values.get("code", ""))[:12])
                    said = f"进了“{member.crew_name}”。每个活还是你自己点头、自己收钱。"
                case "leave":
                    await crews.leave(uow, _uuid(values.get("one")))
                    said = "退出了。已经定下的活还是你自己的。"
                case "sign_up":
                    said, kind = await _sign_up(uow, database, values)
                case _:
                    raise NotFound
        return pages.redirect(request, "/my/crew", say=said, kind=kind)


async def _changes(request: AnyRequest, uow: UnitOfWork) -> Response[bytes]:
    views = await work.my_work(uow)
    titles = {v.id: v.title for v in views}
    found = await terms_queries.changes(uow)
    bound = [v for v in views if v.state in _AGREED]
    exchanges = [x for v in bound for x in await replacing.of_order(uow, v.order_id)]
    return pages.render(
        request,
        "portal/changes.html",
        proposals=[
            {
                "id": str(p.id),
                "title": titles.get(p.engagement_id, ""),
                "words": p.words,
                "state": p.state_words,
                "due": p.answer_due_at if p.state == "T_PROPOSED" else None,
                "mine": p.side == "worker",
                "open": p.state == "T_PROPOSED",
            }
            for p in found[:30]
        ],
        jobs=[
            {"id": str(v.id), "title": v.title, "start": v.starts_at}
            for v in bound
            if not any(s.state in replacing.BEGUN for s in v.shifts)
        ],
        exchanges=[
            {
                "id": str(x.id),
                "title": titles.get(x.engagement_id, ""),
                "code": x.code,
                "consented": x.consented,
                "entered": x.new_engagement_id is not None,
                "accepted": x.accepted,
            }
            for x in exchanges
        ],
    )


async def _crews(request: AnyRequest, uow: UnitOfWork) -> Response[bytes]:
    return pages.render(
        request,
        "portal/crew.html",
        led=[
            {
                "id": str(c.id),
                "name": c.name,
                "code": c.code,
                "fee_fen": c.fee_fen,
                "members": [{"id": str(m.id), "name": m.name} for m in c.members],
            }
            for c in await crews.mine(uow)
        ],
        joined=[{"id": str(m.id), "name": m.crew_name} for m in await crews.memberships(uow)],
    )


async def _sign_up(uow: UnitOfWork, database: Database, values: dict[str, Any]) -> tuple[str, str]:
    ref = order_ref(str(values.get("trace_code", "")).strip().upper())
    order_id = ref if isinstance(ref, UUID) else (await board.board_post(database, ref)).post.order_id
    chosen = values.get("members") or []
    ids = [_uuid(v) for v in (chosen if isinstance(chosen, list) else [chosen])]
    made = await crews.sign_up(uow, _uuid(values.get("one")), order_id, ids)
    refused = "；".join(f"{name}：{why}" for name, why in made.refused.items())
    said = f"{len(made.engagements)} 人报上名了，等雇主选，再各自点头。" if made.engagements else ""
    return said + refused, "bad" if refused else "ok"


def _fee(values: dict[str, Any]) -> int:
    text = str(values.get("fee", "")).strip()
    if not text:
        return 0
    try:
        return int(from_yuan(text))
    except ValueError:
        raise Invalid([Fault("fee", "带班费请填数字，例如 10；没有就空着。", "number")]) from None


def _uuid(raw: Any) -> UUID:
    try:
        return UUID(str(raw or ""))
    except ValueError:
        raise NotFound from None
