"""Orders of other stations that lack people: who of ours can come (31c)."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.insight import desk
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.market import helping
from linggong.web import cards, menus, pages
from linggong.web.desk.home import trade_words
from linggong.web.refused import filled
from linggong.work import engage
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]


class Helping(Controller):
    """Who lacks people elsewhere."""

    path = "/desk/help"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PERSON_REGISTER})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """The same county first, the soonest first; beside each the people who wait here."""
        return await _page(request, principal, uow)

    @post("/{call_id:uuid}/{step:str}", opt={"permission": Permission.PERSON_REGISTER})
    async def step(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        call_id: FromPath[UUID], step: FromPath[str],
    ) -> Response[bytes]:  # fmt: skip
        """Say how many can come, or sign one of ours up: the employer chooses."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_page, request, principal), values):
            if step == "answer":
                people = pages.whole(values.get("people"), 999)
                await helping.answer(uow, call_id, people=-1 if people is None else people)
                said = "告诉雇主了。"
            elif step == "send":
                call = next((c for c in await helping.calls(uow) if c.id == call_id), None)
                if call is None:
                    raise Conflict("这单不缺人了，不用再叫。")
                if not values.get("worker"):
                    raise Invalid([Fault("worker", "请先选一个人。", "required")])
                row = await engage.apply(uow, call.order_id, worker_id=_uuid(values.get("worker")))
                said = f"{row.worker_name}报上名了，等雇主选。"
            else:
                raise NotFound
        return pages.redirect(request, "/desk/help", say=said)


async def _page(request: AnyRequest, principal: Principal, uow: UnitOfWork) -> Response[bytes]:
    people = await desk.waiting(uow, limit=100)
    return menus.render(
        request,
        principal,
        "desk/help.html",
        calls=[
            {
                "id": str(c.id),
                "order": str(c.order_id),
                "href": f"/orders/{c.trace_code}",
                "title": c.title,
                "station": c.station,
                "near": c.near,
                "place": c.place,
                "start": c.starts_at,
                "end": c.ends_at,
                "pay": f"{c.pay_fen / 100:g}/{cards.unit_word(c.pay_unit)}",
                "missing": c.missing,
                "answered": c.answered,
            }
            for c in await helping.calls(uow)
        ],
        people=[
            {"value": str(w.id), "label": f"{w.name} {w.age}岁 {trade_words(w.trades)}"} for w in people if not w.asked
        ],
    )


def _uuid(raw: Any) -> UUID:
    try:
        return UUID(str(raw or ""))
    except ValueError:
        raise NotFound from None
