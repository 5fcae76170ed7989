"""What did not reach outside systems, with a button that sends it again."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from linggong.kernel import outbox
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict
from linggong.offices import outside
from linggong.offices.outside import View
from linggong.people import undelivered
from linggong.phones.queries import failed_texts
from linggong.web import menus, pages
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
NOTICE_WORDS: Final = {
    "case": "投诉和纠纷", "injury": "工伤", "order_cancelled": "活取消了", "order_ended": "活没有了", "order_suspended": "冻结核查",
    "order_restored": "恢复", "not_taken": "没有录用", "terms_proposed": "改约定", "no_show": "没到岗", "replaced": "换人", "arrears": "欠薪",
}  # fmt: skip


class OutsidePages(Controller):
    """Dead letters, what is under way, contradictions."""

    path = "/office/outside"
    include_in_schema = False

    @get("/", opt={"permission": Permission.OUTSIDE_READ})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        database: NamedDependency[Database],
        view: FromQuery[View] = "dead",
        cursor: FromQuery[str | None] = None,
    ) -> Response[bytes]:
        """The calls of one view."""
        found = await outside.calls(uow, view, cursor=cursor)
        counts = await outside.counts(uow)
        reads_texts = view == "dead" and menus.may(request, principal, Permission.MESSAGE_READ)
        return menus.render(
            request,
            principal,
            "office/outside.html",
            view=view,
            views=[
                {"key": "dead", "label": f"没送到（{counts.dead}）"},
                {"key": "open", "label": f"在发（{counts.open}）"},
                {"key": "contradicted", "label": f"说法不一（{counts.contradicted}）"},
                {"key": "answered", "label": "已回复"},
            ],
            calls=[
                {
                    "id": str(c.id),
                    "what": f"{c.system_words} · {outbox.kind_words(c.system, c.kind)}",
                    "place": c.tenant,
                    "state": c.state_words,
                    "attempts": c.attempts,
                    "error": c.last_error,
                    "at": c.created_at,
                    "next_at": c.next_at if c.state in outbox.OPEN else None,
                    "resend": c.state in ("dead", "failed"),
                }
                for c in found.items
            ],
            next_href=f"/office/outside?view={view}&cursor={found.next}" if found.next else "",
            may_resend=menus.may(request, principal, Permission.OUTSIDE_RESEND),
            texts=[
                {
                    "id": str(t.id),
                    "what": f"{NOTICE_WORDS.get(t.kind, '通知')}（给{t.side_words}）",
                    "place": t.tenant,
                    "error": t.error or "没有通知到",
                    "tries": t.tries,
                    "at": t.created_at,
                    "called": t.called,
                }
                for t in (await undelivered.dead(uow) if reads_texts else [])
            ],
            failed=[
                {
                    "what": "验证码" if "code" in f.kind else "通知短信",
                    "place": f.tenant,
                    "error": f.error,
                    "at": f.at,
                    "listed": f.listed,
                }
                for f in (await failed_texts(uow, database) if reads_texts else [])
            ],
            may_text=menus.may(request, principal, Permission.MESSAGE_RESEND),
        )

    @post("/texts/{notice_id:uuid}/resend", opt={"permission": Permission.MESSAGE_RESEND})
    async def resend_text(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], notice_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Send a text again that reached nobody."""
        said = "已重新排队。还没有号码的，请先让驿站补登记。"
        try:
            await undelivered.resend(uow, notice_id)
        except Conflict as error:
            said = error.detail
        return pages.redirect(request, "/office/outside", say=said)

    @post("/{call_id:uuid}/resend", opt={"permission": Permission.OUTSIDE_RESEND})
    async def resend(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], call_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Send it again."""
        said = "已重新排队，一会儿刷新看结果。"
        try:
            await outbox.resend(uow, call_id)
        except Conflict as error:
            said = error.detail
        return pages.redirect(request, "/office/outside", say=said)
