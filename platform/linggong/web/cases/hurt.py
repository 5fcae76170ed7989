"""Injuries on pages: one button for the hurt, the clerk's steps."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.cases import claims, injuries, injury_queries
from linggong.cases.forms import InjuryForm
from linggong.cases.injury_queries import InjuryLine, InjuryView
from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Forbidden, Invalid, NotFound
from linggong.kernel.money import format_yuan
from linggong.web import menus, pages
from linggong.web.cases import shown
from linggong.web.cases.shown import field, form, text
from linggong.web.refused import filled
from linggong.work import queries as work
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
DESK, MINE = "/desk/injuries", "/my/injuries"
_TONES = {"I_CLOSED": "done", "I_PAID": "done", "IREFUSED": "danger", "I_REPORTED": "danger"}
_ROLES = {"worker": "本人", "employer": "用工方", "co_worker": "工友", "leader": "班组长", "passer_by": "路过的人"}
_BY = {"worker": "本人", "employer": "用工方", "leader": "班组长", "co_worker": "工友", "staff": "工作人员"}
_PAPERS = {"receipt": "发票", "diagnosis": "诊断证明", "record": "病历", "disability": "伤残鉴定", "other": "其他"}
_YES_NO = [{"value": "1", "label": "同意赔付"}, {"value": "0", "label": "拒赔"}]


def _row(line: InjuryLine, base: str) -> dict[str, Any]:
    return {
        "href": f"{base}/{line.id}", "title": f"{line.worker_name} 受伤", "state": line.state_words,
        "tone": _TONES.get(line.state, "work"), "late": line.is_late,
        "due": line.next_due + (f"（{'、'.join(line.breach_words)}）" if line.breach_words else ""),
        "sub": f"{line.title}，{line.employer_name}，{clock.shanghai(line.happened_at):%m-%d %H:%M}",
    }  # fmt: skip


def _item(view: InjuryView) -> dict[str, Any]:
    line = view.line
    facts = [
        ("哪里干活", f"{line.title} {line.employer_name}"), ("什么时候", f"{clock.shanghai(line.happened_at):%Y-%m-%d %H:%M}"),
        ("在哪里", view.place), ("怎么伤的", view.words), ("谁报的", _BY[line.reported_by]),
        ("能不能继续干", "能" if line.can_go_on else "不能，已按受伤的时刻收工，工钱照算"),
        ("电话核实", _at(view.called_at)), ("到场核实", _at(view.visited_at)), ("保单", view.policy_no or "没有商业保险"),
        ("通知保险", _at(view.insurer_told_at) or (f"{clock.shanghai(view.insurer_due_at):%m-%d %H:%M} 前" if view.policy_no else "")),
        ("保险报案号", view.insurer_ref), ("保险决定", view.decision),
        ("赔付", f"{format_yuan(view.paid_fen)} 元" if view.paid_fen else ""), ("没保险怎么办", view.legal_path),
        ("结案", view.summary),
    ]  # fmt: skip
    return {
        "heading": f"{line.worker_name} 受伤报案", "state": line.state_words, "tone": _TONES.get(line.state, "work"),
        "facts": [{"label": k, "value": v} for k, v in facts], "warnings": line.breach_words, "offers": [], "referrals": [],
        "notes": [{"at": s.at, "who": s.name, "what": _ROLES[s.role], "text": s.words} for s in view.statements],
        "papers": [f"{_PAPERS[p.kind]} {format_yuan(p.amount_fen) + ' 元' if p.amount_fen else ''}" for p in view.papers],
    }  # fmt: skip


def _at(when: datetime | None) -> str:
    return f"{clock.shanghai(when):%m-%d %H:%M}" if when else ""


def _forms(view: InjuryView, base: str, *, staff: bool) -> list[dict[str, Any]]:
    may, here = set(view.actions), f"{base}/{view.line.id}"
    words, policy = (
        field("words", "怎么说的", "area"),
        field("policy_no", "保单号", required=False, value=view.policy_no),
    )
    ref = field("ref", "保险报案号", value=view.insurer_ref)
    steps: list[tuple[str, str, list[dict[str, Any]], str]] = [
        ("called", "电话核实了", [words], ""),
        ("visited", "到场核实了", [words], ""),
        ("state", "记一个人的陈述", [field("name", "谁"), field("role", "身份", "select", options=shown.options(_ROLES)), words], "plain"),
        ("verify", "核实完了", [], ""),
        ("notify_insurer", "已打电话通知保险", [ref, policy], ""),
        ("claim", "报保险理赔", [field("policy_no", "保单号", value=view.policy_no), ref], ""),
        ("document", "交材料", [
            field("kind", "什么材料", "select", options=shown.options(_PAPERS)), field("content", "内容或编号", "area"),
            field("amount", "金额", "money", required=False),
            *([field("evidence", "同意书编号")] if staff else []),
            field("consent", "本人单独同意：伤情材料只给保险和人社局看", "check"),
        ], ""),
        ("decide", "登记保险的决定", [
            field("accepted", "结果", "select", options=_YES_NO), field("amount", "赔多少", "money", required=False),
            field("words", "决定写了什么", "area"),
        ], ""),
        ("pay", "赔付到账", [field("amount", "赔了多少", "money")], ""),
        ("appeal", "申诉", [field("words", "为什么", "area")], ""),
        ("civil", "没有保险，要求赔偿", [field("words", "要赔什么", "area"), field("amount", "多少钱", "money", required=False)], ""),
        ("close", "结案", [field("words", "结案说明", "area")], "danger"),
    ]  # fmt: skip
    desk_only = {"called", "visited", "state", "verify", "decide", "pay", "close"}
    return [
        form(step, f"{here}/{step}", label, *fields, tone=tone)
        for step, label, fields, tone in steps
        if step in may and (staff or step not in desk_only)
    ]


async def _step(uow: UnitOfWork, secrets: Secrets, injury_id: UUID, step: str, values: dict[str, Any]) -> None:
    words, amount = text(values, "words"), shown.fen_of(values, "amount")
    match step:
        case "called":
            await injuries.called(uow, injury_id, words=words)
        case "visited":
            await injuries.visited(uow, injury_id, words=words)
        case "state":
            await injuries.state(uow, injury_id, name=text(values, "name"), role=text(values, "role"), words=words)
        case "verify":
            await injuries.verify(uow, injury_id)
        case "decide":
            accepted = text(values, "accepted") == "1"
            await claims.decide(uow, injury_id, decision=words, accepted=accepted, amount_fen=amount)
        case "pay":
            await claims.paid(uow, injury_id, amount_fen=amount or 0)
        case "close":
            await claims.close(uow, injury_id, summary=words)
        case _:
            await _party_step(uow, secrets, injury_id, step, values)


async def _party_step(uow: UnitOfWork, secrets: Secrets, injury_id: UUID, step: str, values: dict[str, Any]) -> None:
    words, amount = text(values, "words"), shown.fen_of(values, "amount")
    match step:
        case "notify_insurer":
            await injuries.notify_insurer(uow, injury_id, ref=text(values, "ref"), policy_no=text(values, "policy_no"))
        case "claim":
            await claims.claim(uow, injury_id, policy_no=text(values, "policy_no"), ref=text(values, "ref"))
        case "document":
            await claims.hand_in(
                uow, secrets.sealer, injury_id, kind=text(values, "kind"), content=text(values, "content"),
                consent=bool(values.get("consent")), evidence=text(values, "evidence"), amount_fen=amount,
            )  # fmt: skip
        case "appeal":
            await claims.appeal(uow, injury_id, words=words)
        case "civil":
            await claims.civil(uow, injury_id, claim=words, amount_fen=amount)
        case _:
            raise NotFound


class DeskInjuries(Controller):
    """Injuries for staff."""

    path = DESK
    include_in_schema = False

    @get("/", opt={"permission": Permission.INJURY_READ})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        after: Annotated[str | None, QueryParameter(max_length=400)] = None,
    ) -> Response[bytes]:
        """Every injury, the newest first."""
        found = await injury_queries.page(uow, open_only=False, cursor=after, limit=30)
        return menus.render(
            request, principal, "desk/case_list.html", heading="受伤报案", lead="2 小时打电话，24 小时到场，24 小时内通知保险",
            tabs=[{"label": "投诉和纠纷", "href": "/desk/cases", "here": False}],
            rows=[_row(line, DESK) for line in found.items], nothing="没有受伤报案", forms=[],
            more_href=f"{DESK}?after={found.next}" if found.next else "", tab_key="cases",
        )  # fmt: skip

    @get("/{injury_id:uuid}", opt={"permission": Permission.INJURY_READ})
    async def one(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        injury_id: FromPath[UUID],
    ) -> Response[bytes]:
        """One injury."""
        return await _at_desk(request, uow, principal, injury_id)

    @post("/{injury_id:uuid}/{step:str}", opt={"permission": Permission.INJURY_HANDLE})
    async def step(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        injury_id: FromPath[UUID],
        step: FromPath[str],
    ) -> Response[bytes]:
        """A step of the desk."""
        values = await pages.form_values(request)
        async with filled(
            request, uow, lambda fresh: _at_desk(request, fresh, request.state["principal"], injury_id), values
        ):
            await _step(uow, secrets, injury_id, step, values)
        return pages.redirect(request, f"{DESK}/{injury_id}", say="记好了。")


async def _at_desk(
    request: AnyRequest,
    uow: UnitOfWork,
    principal: Principal,
    injury_id: UUID,
) -> Response[bytes]:
    view = await injury_queries.one(uow, injury_id)
    may = menus.may(request, principal, Permission.INJURY_HANDLE)
    forms = _forms(view, DESK, staff=True) if may else []
    return menus.render(
        request, principal, "desk/case.html", item=_item(view), help=None, forms=forms, tab_key="cases",
        back={"href": DESK, "label": "回列表"},
    )  # fmt: skip


class MyInjuries(Controller):
    """The button, and what became of it."""

    path = MINE
    include_in_schema = False

    @get("/", opt={"permission": Permission.INJURY_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """Report, and what was reported."""
        if principal.is_staff:
            raise Forbidden("工作人员请到工作台“受伤”。")
        return await _reports(request, principal, uow)

    @post("/", opt={"permission": Permission.INJURY_REPORT})
    async def report(self, request: AnyRequest, uow: NamedDependency[UnitOfWork]) -> Response[bytes]:
        """One button (79): the answer shows 120 and the station's telephone."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_reports, request, request.state["principal"]), values):
            shift = shown.uuid_or_none(values, "assignment_id")
            if shift is None:
                raise Invalid([Fault("assignment_id", "请选是哪个活。", "required")])
            row = await injuries.report(
                uow,
                InjuryForm(
                    assignment_id=shift, place=text(values, "place"), words=text(values, "words"),
                    can_go_on=not values.get("cannot_go_on"),
                ),
            )  # fmt: skip
        return pages.redirect(request, f"{MINE}/{row.id}", say="报案收到。驿站马上给你打电话。")

    @get("/{injury_id:uuid}", opt={"permission": Permission.INJURY_READ})
    async def one(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        injury_id: FromPath[UUID],
    ) -> Response[bytes]:
        """One injury with whom to call."""
        return await _of_mine(request, uow, principal, injury_id)

    @post("/{injury_id:uuid}/{step:str}", opt={"permission": Permission.INJURY_REPORT})
    async def step(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        injury_id: FromPath[UUID],
        step: FromPath[str],
    ) -> Response[bytes]:
        """A step of the injured or the employer."""
        values = await pages.form_values(request)
        async with filled(
            request, uow, lambda fresh: _of_mine(request, fresh, request.state["principal"], injury_id), values
        ):
            await _party_step(uow, secrets, injury_id, step, values)
        return pages.redirect(request, f"{MINE}/{injury_id}", say="好了。")


async def _reports(request: AnyRequest, principal: Principal, uow: UnitOfWork) -> Response[bytes]:
    found = await injury_queries.page(uow, open_only=False, cursor=None, limit=20)
    forms = []
    if principal.kind == "worker":
        for view in await work.my_work(uow):
            for shift in view.shifts:
                if shift.state in ("A_ARRIVED", "A_WORKING", "A_PAUSED", "A_FINISHED"):
                    forms.append(_button(shift.id, f"{shift.work_date.month}月{shift.work_date.day}日 {view.title}"))
    if len(forms) == 1:
        forms[0]["open"] = True
    return pages.render(
        request, "portal/case_list.html", heading="受伤报案", lead="有人受伤先打 120，再点下面的按钮", tabs=[],
        rows=[_row(line, MINE) for line in found.items], nothing="没有报过的" if not forms else "", forms=forms, more_href="", tab_key="me",
    )  # fmt: skip


async def _of_mine(
    request: AnyRequest,
    uow: UnitOfWork,
    principal: Principal,
    injury_id: UUID,
) -> Response[bytes]:
    if principal.is_staff:
        raise Forbidden("工作人员请到工作台“受伤”。")
    view = await injury_queries.one(uow, injury_id)
    told = await injuries.first_help(uow, view.tenant)
    forms = _forms(view, MINE, staff=False)
    return pages.render(
        request, "portal/case.html", item=_item(view), forms=forms,
        help={"emergency": told.emergency, "station": told.station, "phone": told.station_phone}
        if view.line.state == "I_REPORTED" else None,
        back={"href": MINE, "label": "回报案"}, tab_key="me",
    )  # fmt: skip


def _button(assignment_id: UUID, title: str) -> dict[str, Any]:
    return form(
        f"hurt{assignment_id}", MINE, f"在“{title}”受伤了，报案", field("assignment_id", "", "hidden", value=str(assignment_id)),
        field("place", "在哪里", required=False), field("words", "怎么伤的", "area", required=False),
        field("cannot_go_on", "干不了了（按现在收工，工钱照算）", "check", required=False), tone="danger",
    )  # fmt: skip
