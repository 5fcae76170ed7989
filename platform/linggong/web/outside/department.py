"""What was referred to a department: its list with the law's clocks, one case, and what it writes back (R016, 66, 74, 75)."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.cases import codes, outside
from linggong.cases.forms import RulingForm
from linggong.cases.outside import ReferredView
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.money import format_yuan
from linggong.web import menus, pages
from linggong.web.bureau import running, tables
from linggong.web.bureau.tables import Head, Table, money, words
from linggong.web.cases import shown
from linggong.web.cases.shown import field, form, text
from linggong.web.refused import filled
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
HOME = "/office/referrals"


def _step(view: ReferredView) -> tuple[str, datetime | None]:
    if view.answered_at is not None:
        return "已答复", None
    return ("等受理", view.accept_due_at) if view.accepted_at is None else ("办理中", view.decide_due_at)


def _table(found: list[ReferredView], now: datetime, *, done: bool) -> Table:
    rows = []
    for view in found:
        step, due = _step(view)
        tone = "danger" if view.late else ""
        rows.append(
            [
                words(f"{view.kind_words} {view.receipt}", f"{HOME}/{view.id}"), words(view.place),
                words("，".join(x for x in (view.title, view.employer_name) if x) or "—"), money(view.amount_fen),
                tables.at(view.referred_at), words(step, tone="wait" if step == "等受理" and not view.late else ""),
                tables.at(view.answered_at if done else due, tone),
                words(view.document or "—") if done else words(running.left(due, now), tone=tone),
            ]
        )  # fmt: skip
    heads = (
        Head("件", number=False), Head("哪里转来", number=False), Head("哪次用工", number=False), Head("金额（元）"), Head("转来时间"),
        Head("到哪一步", number=False), Head("答复时间" if done else "期限"), Head("文书号" if done else "还剩", number=not done),
    )  # fmt: skip
    title, nothing = ("办完的", "没有办完的件。") if done else ("转给我们的", "没有转给我们的件。")
    return Table(key="done" if done else "referred", title=title, heads=heads, rows=rows, empty=nothing)


def _day(when: datetime | None) -> str:
    return f"{clock.shanghai(when):%Y-%m-%d %H:%M}" if when else ""


def _item(view: ReferredView, now: datetime) -> dict[str, Any]:
    step, due = _step(view)
    facts = [
        ("反映的事", view.claim), ("要求", view.wanted),
        ("争议金额", f"{format_yuan(view.amount_fen)} 元" if view.amount_fen else ""), ("谁反映的", view.claimant),
        ("哪次用工", f"{view.title} {view.employer_name}".strip()), ("为什么转来", view.reason),
        ("哪里转来", f"{view.place}{'，电话 ' + view.phone if view.phone else ''}"), ("转来时间", _day(view.referred_at)),
        ("登记号", view.number), ("受理期限", _day(view.accept_due_at)), ("办理期限", _day(view.decide_due_at)),
        ("受理时间", _day(view.accepted_at)), ("催问过", f"{view.asked} 次，上次 {_day(view.asked_at)}" if view.asked else ""),
        ("结果", view.outcome), ("文书号", view.document), ("答复时间", _day(view.answered_at)),
    ]  # fmt: skip
    late = [f"{step}已{running.left(due, now)}"] if view.late and due is not None else []
    return {
        "heading": f"{view.kind_words} {view.receipt}", "state": step, "tone": "danger" if view.late else "work",
        "facts": [{"label": k, "value": v} for k, v in facts], "warnings": late, "offers": [], "papers": [], "referrals": [],
        "notes": [],
    }  # fmt: skip


def _forms(view: ReferredView) -> list[dict[str, Any]]:
    if view.answered_at is not None:
        return []
    here, found = f"{HOME}/{view.id}", []
    if view.accepted_at is None:
        found.append(form("accept", f"{here}/accept", "受理", field("number", "本部门登记号"), opened=True))
    ruled = [field("outcome", "结果", "area"), field("document", "文书号")]
    if view.amount_fen:
        most = f"最多 {format_yuan(view.amount_fen)} 元；多判的部分请另登记一件"
        ruled.append(field("amount", "判给零工多少", "money", required=False, hint=most))
    found.append(
        form("answer", f"{here}/answer", "答复结果", *ruled, opened=view.accepted_at is not None,
             intro="答复后双方会收到通知，工资单按结果改，这件就办结。")
    )  # fmt: skip
    return found


class Referred(Controller):
    """Cases referred to the actor's authority."""

    path = HOME
    include_in_schema = False

    @get("/", opt={"permission": Permission.REFERRAL_READ})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        show: Annotated[str, QueryParameter(max_length=10)] = "open",
    ) -> Response[bytes]:
        """What waits, the clock that runs out first on top; what was answered behind a second chip."""
        body = await outside.stands_for(uow, "department")
        done = show == "done"
        found = await outside.referred(uow, open_only=not done)
        shown_ones = [v for v in found if (v.answered_at is not None) == done]
        late = sum(v.late for v in shown_ones)
        return menus.render(
            request, principal, "office/first.html", heading=codes.BODIES.get(body, "转给我们的件"), tab_key="referrals",
            lead="只看得到转给本部门的件" if body else "",
            warning="" if body else "还没有写明您代表哪个部门，所以看不到件。请县人社局在“外单位”里写明。",
            tabs=[
                {"label": "在办", "href": HOME, "here": not done}, {"label": "办完的", "href": f"{HOME}?show=done", "here": done},
            ],
            counts=[
                {"label": "等受理", "value": sum(v.accepted_at is None for v in shown_ones), "tone": "wait"},
                {"label": "办理中", "value": sum(v.accepted_at is not None for v in shown_ones), "tone": "go"},
                {"label": "超期", "value": late, "tone": "danger" if late else "go"},
            ] if not done else [],
            tables=[_table(shown_ones, uow.now, done=done)], forms=[],
        )  # fmt: skip

    @get("/{referral_id:uuid}", opt={"permission": Permission.REFERRAL_READ})
    async def one(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        referral_id: FromPath[UUID],
    ) -> Response[bytes]:
        """One of them."""
        return await _one(request, principal, referral_id, uow)

    @post("/{referral_id:uuid}/{step:str}", opt={"permission": Permission.REFERRAL_ANSWER})
    async def step(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        referral_id: FromPath[UUID], step: FromPath[str],
    ) -> Response[bytes]:  # fmt: skip
        """Take it on, or write back what was decided."""
        values = await pages.form_values(request)
        here = f"{HOME}/{referral_id}"
        async with filled(request, uow, partial(_one, request, principal, referral_id), values):
            match step:
                case "accept":
                    await outside.accept(uow, referral_id, number=text(values, "number"))
                case "answer":
                    ruling = RulingForm(
                        outcome=text(values, "outcome"), document=text(values, "document"),
                        amount_fen=shown.fen_of(values, "amount"),
                    )  # fmt: skip
                    await outside.answer(uow, referral_id, ruling)
                case _:
                    raise NotFound
        return pages.redirect(
            request, here, say="受理了，双方收到通知。" if step == "accept" else "答复记下了，双方收到通知。"
        )


async def _one(request: AnyRequest, principal: Principal, referral_id: UUID, uow: UnitOfWork) -> Response[bytes]:
    view = await outside.referred_one(uow, referral_id)
    may = menus.may(request, principal, Permission.REFERRAL_ANSWER)
    return menus.render(
        request, principal, "desk/case.html", item=_item(view, uow.now), help=None, forms=_forms(view) if may else [],
        back={"href": HOME, "label": "回列表"}, tab_key="referrals",
    )  # fmt: skip
