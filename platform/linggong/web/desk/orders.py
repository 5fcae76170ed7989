"""Orders at the desk: the list by what is to be done, and one order from the first call to the last payment."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.insight import desk
from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.market import board, hiring, queries, service
from linggong.market.views import OrderView
from linggong.matching import suggest
from linggong.people.reveals import Reached
from linggong.web import cards, menus, pages
from linggong.web.desk import roll
from linggong.web.desk.home import forgetting, trade_words
from linggong.web.portal.order import history_line
from linggong.web.refused import filled, sent_back
from linggong.web.site.notes import weather_notes
from linggong.work import contacts, engage, witness
from linggong.work import queries as work
from linggong.work.queries import TodayOrder
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
SHOWS = {
    "": "全部",
    "short": "缺人",
    "calls": "问还招不招、回访",
    "work": "在用工",
    "unpaid": "没付清",
    "back": "退回和草稿",
}
_CANCELLABLE = ("O_DRAFT", "O_REVIEW", "O_RETURNED", "O_OPEN", "O_FULL", "O_LOCKED")
_REASONS = {"employer": "雇主不要人了", "weather": "天气不好", "authority": "上级叫停"}
_SIDES = {"worker": "零工", "employer": "雇主"}


def line_of(order: Any) -> str:
    """Return the one line that is read aloud."""
    begin = clock.shanghai(order.starts_at)
    return (
        f"{order.title} · {order.pay_fen / 100:g}/{cards.unit_word(order.pay_unit, getattr(order, 'piece_name', ''))} · "
        f"{cards.settlement_word(order.settlement)} · {order.place} · 要{order.headcount}人 · "
        f"{begin.month}月{begin.day}日 {begin:%H:%M}"
    )


def _listed(order: TodayOrder) -> dict[str, Any]:
    return {
        "id": str(order.id), "href": f"/desk/orders/{order.id}", "title": order.title, "employer": order.employer_name,
        "state": order.state, "start": order.starts_at, "end": order.ends_at, "wanted": order.headcount,
        "taken": order.confirmed, "applied": order.applied, "arrived": order.arrived, "to_accept": order.to_accept,
        "refreshed_at": order.refreshed_at,
    }  # fmt: skip


class Orders(Controller):
    """Orders of this post."""

    path = "/desk/orders"
    include_in_schema = False

    @get("/", opt={"permission": Permission.PERSON_REGISTER})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        show: Annotated[str, QueryParameter(max_length=10)] = "",
    ) -> Response[bytes]:
        """Live orders, the soonest first, narrowed to what is to be done."""
        if show not in SHOWS:
            raise NotFound
        calls: list[dict[str, str]] = []
        if show == "back":
            lines = await queries.orders(uow, states=("O_DRAFT", "O_RETURNED"), limit=100)
            found = [_waiting_line(o) for o in lines.items]
        else:
            orders = await work.orders_of_day(uow, limit=300)
            found = [_listed(o) for o in orders if _fits(show, o, uow)]
        if show == "calls":
            found.sort(key=lambda o: o["refreshed_at"])
            calls = [
                {"href": f"/desk/orders/{order_id}#calls", "text": f"{name} · {title}"}
                for order_id, title, name in await desk.call_backs(uow)
            ]
        return menus.render(
            request,
            principal,
            "desk/orders.html",
            show=show,
            shows=[{"key": k, "label": v} for k, v in SHOWS.items()],
            orders=found,
            calls=calls,
        )

    @get("/{order_id:uuid}", opt={"permission": Permission.PERSON_REGISTER})
    async def one(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
    ) -> Response[bytes]:
        """One order with its roll."""
        return await _page(request, uow, database, principal, order_id)

    @post("/{order_id:uuid}/phone", opt={"permission": Permission.EMPLOYER_REVEAL})
    async def phone(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Whom to call about this order, for a while; the employer sees that it was looked at (R049)."""
        menus.need(request, principal, Permission.PERSON_REGISTER)  # the answer is the whole order with its roll
        async with sent_back(request, uow, f"/desk/orders/{order_id}"):
            boss = await service.reveal_contact(uow, database, secrets.sealer, order_id)
        return await _page(request, uow, database, principal, order_id, boss=boss)

    @post("/{order_id:uuid}/call", opt={"permission": Permission.ENGAGEMENT_CONTACT})
    async def call(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
    ) -> Response[bytes]:
        """How to reach one worker of the roll, for a while; he sees that it was looked at (R049)."""
        if not principal.is_staff:
            raise NotFound
        one = _uuid((await pages.form_values(request)).get("one"))
        async with sent_back(request, uow, f"/desk/orders/{order_id}"):
            found = await contacts.look_up(uow, database, secrets.sealer, one)
        return await _page(request, uow, database, principal, order_id, phone=(one, found))

    @post("/{order_id:uuid}/{step:str}", opt={"permission": Permission.PERSON_REGISTER})
    async def step(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        principal: NamedDependency[Principal],
        order_id: FromPath[UUID],
        step: FromPath[str],
    ) -> Response[bytes]:
        """A step of the order, or of one row of its roll or of the ticked ones."""
        back = f"/desk/orders/{order_id}"
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _page(request, fresh, database, principal, order_id), values):
            match step:
                case "apply":
                    row = await engage.apply(uow, order_id, worker_id=_uuid(values.get("worker")))
                    said = f"{row.worker_name}报上名了。"
                case "refresh":
                    await hiring.refresh(uow, order_id, how="note")
                    said = "记下了：还在招人。"
                    back = "/desk/orders?show=calls" if values.get("from") == "calls" else back
                case "cancel":
                    await service.cancel_order(
                        uow, order_id, reason=str(values.get("reason", "")), note=str(values.get("note", ""))[:200]
                    )
                    said = "取消了，定下的人会一个一个收到通知。"
                case "called":
                    said = await _called(uow, values)
                case _:
                    said, refused = await roll.act(uow, order_id, step, values)
                    if refused and not said:
                        raise Conflict(_named(refused))
                    return pages.redirect(request, back, say=said + _named(refused), kind="bad" if refused else "ok")
        return pages.redirect(request, back, say=said)


async def _called(uow: UnitOfWork, values: dict[str, Any]) -> str:
    reached: Literal["worker", "employer"] = "worker" if values.get("reached") == "worker" else "employer"
    denied = values.get("outcome") == "denied"
    await witness.call_back(
        uow, _uuid(values.get("one")), reached=reached, note=str(values.get("note", ""))[:200], denied=denied
    )
    return f"回访记下了：问的是{_SIDES[reached]}。"


def _named(refused: list[str]) -> str:
    return "；".join(refused[:5]) + (f"；还有 {len(refused) - 5} 人没办成" if len(refused) > 5 else "")


def _uuid(raw: Any) -> UUID:
    try:
        return UUID(str(raw or ""))
    except ValueError:
        raise NotFound from None


def _fits(show: str, order: TodayOrder, uow: UnitOfWork) -> bool:
    match show:
        case "short":
            return order.state in ("O_OPEN", "O_LOCKED") and order.confirmed < order.headcount
        case "calls":
            limit = uow.now - desk.STILL_WANTED_AFTER
            fresh = order.refreshed_at is not None and order.refreshed_at >= limit
            return order.state == "O_OPEN" and order.starts_at > uow.now and not fresh
        case "work":
            return order.state in ("O_LOCKED", "O_ACTIVE", "O_DONE") or order.to_accept > 0
        case "unpaid":
            return order.state in ("O_ACTIVE", "O_DONE", "O_SETTLING")
    return True


def _waiting_line(order: Any) -> dict[str, Any]:
    return {
        "id": str(order.id), "href": f"/desk/orders/{order.id}", "title": order.title, "employer": order.employer_name,
        "state": order.state, "start": order.starts_at, "end": order.ends_at, "wanted": order.headcount,
        "taken": order.confirmed, "applied": 0, "arrived": 0, "to_accept": 0, "refreshed_at": order.created_at,
    }  # fmt: skip


async def _page(
    request: AnyRequest,
    uow: UnitOfWork,
    database: Database,
    principal: Principal,
    order_id: UUID,
    *,
    boss: Reached | None = None,
    phone: tuple[UUID, Reached] | None = None,
) -> Response[bytes]:
    order = queries.order_view(uow, await queries.order(uow, order_id))
    found = await roll.entries(uow, order_id) if order.published_at else []
    for entry in found:
        if phone is not None and entry.view.id == phone[0]:
            entry.row["phone"] = phone[1].phone
    inside = {e.view.worker_id for e in found if not e.view.state.startswith("X_")}
    hirable = order.state in ("O_OPEN", "O_LOCKED") and order.confirmed < order.headcount
    people = (
        [s for s in await suggest.for_order(uow, order.id, limit=60) if s.worker_id not in inside] if hirable else []
    )
    history: list[dict[str, Any]] = []
    if order.published_at:
        history = [history_line(line) for line in (await board.board_post(database, order.id)).history]
    return menus.render(
        request,
        principal,
        "desk/order.html",
        order=_order(order, roll.arrived(found), boss),
        forget=forgetting(uow.now, f"/desk/orders/{order_id}", boss or (phone[1] if phone else None)),
        rows=[e.row for e in found],
        bulk=roll.bulk(found),
        pay_ways=roll.PAY_WAYS,
        hirable=hirable,
        candidates=[_candidate(s) for s in people if s.fit is not None],
        barred=[{"name": s.name, "why": s.refused} for s in people if s.fit is None],
        calls=[
            {"id": e.row["engagement"], "name": e.row["name"]}
            for e in {x.view.id: x for x in found if x.view.single_witness}.values()
        ],
        reasons=[{"value": k, "label": v} for k, v in _REASONS.items()] if order.state in _CANCELLABLE else [],
        history=history,
        weather=await weather_notes(uow, order_id) if order.published_at else [],
    )


def _candidate(one: suggest.Suggested) -> dict[str, Any]:
    """Return a suggested worker: why in one line, never what gives him priority (R052)."""
    fit = one.fit
    return {
        "value": str(one.worker_id), "label": f"{one.name} {one.sex} {one.age}岁 {trade_words(one.trades)}",
        "score": fit.score if fit else 0, "why": fit.why if fit else "", "here": one.waits,
    }  # fmt: skip


def _order(order: OrderView, arrived: int, boss: Reached | None) -> dict[str, Any]:
    mendable = order.state in ("O_DRAFT", "O_RETURNED")
    returned = [r for r in order.review_note.split("；") if r] if order.state == "O_RETURNED" else []
    return {
        "id": str(order.id),
        "title": order.title,
        "state": order.state,
        "line": line_of(order),
        "days": order.days,
        "contact_name": boss.name if boss else order.contact_name,
        "wanted": order.headcount,
        "taken": order.confirmed,
        "arrived": arrived,
        "trace_code": order.trace_code,
        "employer": order.employer_name,
        "employer_phone": boss.phone if boss else "",
        "public_href": f"/orders/{order.trace_code}" if order.published_at else "",
        "edit_href": f"/desk/post?edit={order.id}" if mendable else "",
        "repeat_href": f"/desk/post?from={order.id}",
        "may_refresh": order.state in ("O_OPEN", "O_FULL", "O_LOCKED"),
        "hiring": order.hiring,
        "returned": returned,
        "findings": [f.message for f in order.findings] if order.state == "O_REVIEW" else [],
    }
