"""The clerk's first screen: who waits, what is short of people, Enter brings them together."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.market import queries as market
from linggong.market.trades import COMMON_TRADES, trade
from linggong.people import queries as people
from linggong.people.queries import LinkedWorker
from linggong.wages import queries as wages
from linggong.web import cards, pages
from linggong.work import engage, queries
from linggong.work.queries import TodayOrder
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]
_WORDS = {t.code: t.word for t in COMMON_TRADES}


def trade_words(codes: list[str]) -> str:
    """Return trades in the words of the roadside."""
    names = []
    for code in codes[:3]:
        found = trade(code)
        names.append(_WORDS.get(code) or (found.name if found else code))
    return "、".join(names)


def _waiting(worker: LinkedWorker, now: Any) -> dict[str, Any]:
    today = clock.business_date(worker.linked_at) == clock.business_date(now)
    minutes = int((now - worker.linked_at).total_seconds() // 60) if today else None
    return {
        "id": str(worker.id),
        "name": worker.name,
        "sub": f"{worker.sex} {worker.age}岁 · {trade_words(worker.trades)}",
        "waited_min": minutes,
        "tag": "",
    }


def _order(order: TodayOrder) -> dict[str, Any]:
    return {
        "id": str(order.id),
        "href": f"/desk/orders/{order.id}",
        "title": order.title,
        "pay_fen": order.pay_fen,
        "pay_unit": cards.unit_word(order.pay_unit),
        "settlement": cards.settlement_word(order.settlement),
        "start": order.starts_at,
        "end": order.ends_at,
        "place": order.place,
        "wanted": order.headcount,
        "taken": order.confirmed,
    }


class Home(Controller):
    """The desk."""

    path = "/desk"
    include_in_schema = False

    @get("/", opt={"permission": Permission.ENGAGEMENT_OFFER})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], secrets: NamedDependency[Secrets]
    ) -> Response[bytes]:
        """Waiting people on the left, orders short of people on the right."""
        if uow.actor.kind != "staff":
            return pages.redirect(request, "/employer")
        workers = await people.workers_linked(uow, secrets.sealer, limit=60)
        orders = await queries.orders_of_day(uow, limit=200)
        short = [o for o in orders if o.confirmed < o.headcount and o.state in ("O_OPEN", "O_LOCKED")]
        at_work = [o for o in orders if o.state in ("O_ACTIVE", "O_DONE")]
        review = await market.review_queue(uow, limit=100)
        unpaid = await wages.bills(uow, unsettled=True, limit=500)
        late = [b for b in unpaid if b.overdue]
        today = clock.business_date(uow.now)
        linked_today = sum(1 for w in workers if clock.business_date(w.linked_at) == today)
        arrived = sum(o.arrived for o in orders)
        strip = [
            {
                "label": "等审核",
                "number": len(review.items),
                "tone": "wait" if review.items else "",
                "href": "/desk/review",
            },
            {
                "label": "工钱逾期",
                "number": len(late),
                "tone": "danger" if late else "",
                "href": "/desk/orders?show=unpaid",
            },
            {
                "label": "要认定完工",
                "number": sum(o.to_accept for o in orders),
                "tone": "",
                "href": "/desk/orders?show=work",
            },
            {"label": "今天上工", "number": arrived, "tone": "go", "href": "/desk/orders?show=work"},
        ]
        diary = f"今天登记和接待 {linked_today} 人，在招 {len(short)} 单，用工 {len(at_work)} 单，到岗 {arrived} 人次。"
        return pages.render(
            request,
            "desk/home.html",
            strip=strip,
            waiting=[_waiting(w, uow.now) for w in workers],
            orders=[_order(o) for o in short],
            picked_worker=request.query_params.get("worker", ""),
            picked_order=request.query_params.get("order", ""),
            waiting_more="/desk/people" if len(workers) == 60 else "",
            orders_more="",
            diary=diary,
        )

    @post("/match", opt={"permission": Permission.ENGAGEMENT_OFFER})
    async def match(self, request: AnyRequest, uow: NamedDependency[UnitOfWork]) -> Response[bytes]:
        """Hire the chosen worker for the chosen order: both are at the counter or on the telephone."""
        values = await pages.form_values(request)
        try:
            order_id, worker_id = UUID(str(values.get("order", ""))), UUID(str(values.get("worker", "")))
        except ValueError:
            return pages.redirect(request, "/desk", say="请左边选一个人，右边选一个活。", kind="warn")
        try:
            row = await engage.hire(uow, order_id, worker_id)
        except (Conflict, Invalid, NotFound) as error:
            await uow.rollback()
            return pages.redirect(request, f"/desk?order={order_id}", say=f"没派成：{error.detail}", kind="bad")
        words = "派好了，双方价钱已定、已签约。"
        if row.single_witness:
            words += "两边都是您一个人办的，24 小时内给其中一方回个电话。"
        return pages.redirect(request, f"/desk?order={order_id}", say=words)
