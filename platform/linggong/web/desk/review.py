"""The review queue (R057, transitions 3 and 4): rules have spoken, a person decides, reasons are told once."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.market import queries, review, sampling, service
from linggong.market.views import QueueLine
from linggong.people.reveals import Reached
from linggong.web import cards, menus, pages
from linggong.web.desk.home import forgetting, trade_words
from linggong.web.desk.orders import line_of
from linggong.web.refused import filled, sent_back
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
_SHOWN = 20


def _item(item: QueueLine, now: Any, phones: dict[UUID, Reached]) -> dict[str, Any]:
    begin, end = clock.shanghai(item.starts_at), clock.shanghai(item.ends_at)
    last = f"{end:%H:%M}" if end.date() == begin.date() else f"{end.month}月{end.day}日 {end:%H:%M}"
    pay = f"{item.pay_fen / 100:g} 元/{cards.unit_word(item.pay_unit, item.piece_name)}"
    pay += f"，约 {item.hourly_fen / 100:.1f} 元/小时" if item.hourly_fen and item.pay_unit != "hour" else ""
    level = {0: "没核实", 1: "号码核过"}.get(item.employer_level, "看过证件")
    return {
        "id": str(item.id),
        "line": line_of(item),
        "employer": item.employer_name,
        "employer_sub": f"{level}，{'还没上过板' if item.first_time else '以前上过板'}",
        "first_time": item.first_time,
        "own": item.own_entry,
        "sent_at": item.submitted_at,
        "due_at": item.due_at,
        "late": item.due_at is not None and item.due_at < now,
        "facts": [
            {"label": "工种", "value": f"{trade_words([item.trade_code])}（{item.trade_code}）"},
            {"label": "时间", "value": f"{begin.month}月{begin.day}日 {begin:%H:%M} 到 {last}"},
            {"label": "工钱", "value": f"{pay}，{cards.settlement_word(item.settlement)}"},
            {"label": "地方", "value": item.place},
            {"label": "说明", "value": item.description or "没写"},
        ],
        "findings": [{"level": "block" if f.severity == "error" else "warn", "text": f.message} for f in item.findings],
        "phone": phones[item.id].phone if item.id in phones else "",
        "contact": phones[item.id].name if item.id in phones else "",
    }


class Review(Controller):
    """Posts that wait for a word."""

    path = "/desk/review"
    include_in_schema = False

    @get("/", opt={"permission": Permission.ORDER_REVIEW})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        after: Annotated[str | None, QueryParameter(max_length=400)] = None,
    ) -> Response[bytes]:
        """The queue, the oldest first."""
        return await _page(request, uow, principal, after, {})

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
        """Show the contact's telephone for the call-back, for a while; the employer sees that it was looked at (R049)."""
        menus.need(request, principal, Permission.ORDER_REVIEW)  # the answer is the whole queue
        async with sent_back(request, uow, "/desk/review"):
            found = await service.reveal_contact(uow, database, secrets.sealer, order_id)
        return await _page(request, uow, principal, None, {order_id: found})

    @post("/{order_id:uuid}/{answer:str}", opt={"permission": Permission.ORDER_REVIEW})
    async def decide(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        order_id: FromPath[UUID], answer: FromPath[str],
    ) -> Response[bytes]:  # fmt: skip
        """Approve with the result of the call-back (3), or return with every reason at once (4)."""
        values = await pages.form_values(request)
        note = str(values.get("note", ""))[:200]
        async with filled(request, uow, lambda fresh: _page(request, fresh, principal, None, {}), values):
            if answer == "approve":
                order = await review.approve(uow, order_id, call_back=values.get("call_back") or None, note=note)
                said = f"{order.title}通过了，已经上板。"
            elif answer == "recheck":
                order = await review.recheck(uow, order_id, note=note)
                said = f"{order.title}看过了，属实。"
            elif answer == "return":
                raw = values.get("reasons") or []
                reasons = [str(r) for r in (raw if isinstance(raw, list) else [raw])]
                order = await review.return_order(uow, order_id, reasons=reasons, note=note)
                said = f"{order.title}退回了，雇主会看到全部原因。"
            else:
                raise NotFound
        return pages.redirect(request, "/desk/review", say=said)


async def _page(
    request: AnyRequest, uow: UnitOfWork, principal: Principal, after: str | None, phones: dict[UUID, Reached]
) -> Response[bytes]:
    found = await queries.review_queue(uow, cursor=after, limit=_SHOWN)
    items = sorted(found.items, key=lambda i: i.id not in phones)
    return menus.render(
        request,
        principal,
        "desk/review.html",
        queue=[_item(i, uow.now, phones) for i in items],
        rechecks=[
            {
                "id": str(r.id),
                "title": r.title,
                "employer": r.employer_name,
                "place": r.place,
                "start": r.starts_at,
                "pay": f"{r.pay_fen / 100:g}/{cards.unit_word(r.pay_unit)}",
                "why": "抽查" if r.drawn else "规则放行",
                "own": r.own,
                "due_at": r.due_at,
                "href": f"/orders/{r.trace_code}",
                "freeze_href": f"/desk/orders/{r.id}/changes",
            }
            for r in (await sampling.waiting(uow) if after is None else [])
        ],
        reasons=[{"value": k, "label": v} for k, v in review.RETURN_REASONS.items() if k != "past"],
        more_href=f"/desk/review?after={found.next}" if found.next else "",
        paged=after is not None,
        may_call=menus.may(request, principal, Permission.EMPLOYER_REVEAL),
        forget=forgetting(uow.now, "/desk/review", *phones.values()),
    )
