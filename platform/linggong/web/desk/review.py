"""The review queue (R057, transitions 3 and 4): rules have spoken, a person decides, reasons are told once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Invalid
from linggong.market import queries, review
from linggong.web import cards, pages
from linggong.web.desk.orders import line_of
from rbac.permissions import Permission

AnyRequest = Request[Any, Any, Any]


class Review(Controller):
    """Posts that wait for a word."""

    path = "/desk/review"
    include_in_schema = False

    @get("/", opt={"permission": Permission.ORDER_REVIEW})
    async def page(self, request: AnyRequest, uow: NamedDependency[UnitOfWork]) -> Response[bytes]:
        """The queue, the oldest first."""
        found = await queries.review_queue(uow, limit=50)
        queue = []
        for item in found.items:
            order = await queries.order(uow, item.id)
            employer = await queries.employer_for_order(uow, order.employer_id)
            begin, end = clock.shanghai(order.starts_at), clock.shanghai(order.ends_at)
            findings = queries.findings_view(order.findings)
            queue.append(
                {
                    "id": str(order.id),
                    "line": line_of(order),
                    "employer": order.employer_name,
                    "employer_sub": "发过单，按规则可信" if employer.is_trusted else "第一次发，先打电话核实",
                    "first_time": not employer.is_trusted,
                    "sent_at": order.submitted_at,
                    "due_at": item.due_at,
                    "late": item.due_at is not None and item.due_at < uow.now,
                    "facts": [
                        {"label": "时间", "value": f"{begin.month}月{begin.day}日 {begin:%H:%M}–{end:%H:%M}"},
                        {"label": "地方", "value": order.place},
                        {"label": "付法", "value": cards.channel_word(order.pay_channel)},
                        {"label": "说明", "value": order.description or "没写"},
                    ],
                    "findings": [
                        {"level": "block" if f.severity == "error" else "warn", "text": f.message} for f in findings
                    ],
                    "phone": "",
                }
            )
        return pages.render(
            request,
            "desk/review.html",
            queue=queue,
            reasons=[{"value": k, "label": v} for k, v in review.RETURN_REASONS.items()],
            more_href="",
        )

    @post("/{order_id:uuid}/{answer:str}", opt={"permission": Permission.ORDER_REVIEW})
    async def decide(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], order_id: FromPath[UUID], answer: FromPath[str]
    ) -> Response[bytes]:
        """Approve (3), or return with every reason at once (4)."""
        values = await pages.form_values(request)
        try:
            if answer == "approve":
                call_back = "reached" if values.get("call_back") else None
                await review.approve(uow, order_id, call_back=call_back)
                said = "通过了，已经上板。"
            else:
                raw = values.get("reasons") or []
                reasons = [str(r) for r in (raw if isinstance(raw, list) else [raw])]
                await review.return_order(uow, order_id, reasons=reasons, note=str(values.get("note", "")))
                said = "退回了，雇主会看到原因。"
        except (Conflict, Invalid) as error:
            await uow.rollback()
            return pages.redirect(request, "/desk/review", say=error.detail, kind="bad")
        return pages.redirect(request, "/desk/review", say=said)
