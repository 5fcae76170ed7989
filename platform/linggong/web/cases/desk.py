"""Cases at the desk, at the mediator's and the bureau's: the list with its clocks, taking one down, working on it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.cases import api, arrears, codes, handling, lookups, mediation, queries, referrals, talks
from linggong.cases.forms import CaseForm, OfferForm, ReferForm, RulingForm, SignForm
from linggong.cases.queries import Which
from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.kernel.money import format_yuan
from linggong.wages import queries as wages
from linggong.web import menus, pages
from linggong.web.cases import shown
from linggong.web.cases.shown import field, form, text
from linggong.web.refused import Step, filled
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
HOME = "/desk/cases"
_TABS: tuple[tuple[Which, str], ...] = (("open", "在办"), ("late", "超时"), ("all", "全部"))
_AREAS = {
    "handle": Permission.CASE_HANDLE, "side": Permission.CASE_ANSWER, "mediate": Permission.CASE_MEDIATE,
    "refer": Permission.CASE_REFER, "answer": Permission.CASE_CLOSE, "note": Permission.CASE_NOTE,
}  # fmt: skip


class DeskCases(Controller):
    """Cases for staff."""

    path = HOME
    include_in_schema = False

    @get("/", opt={"permission": Permission.CASE_READ})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        which: Annotated[str, QueryParameter(max_length=10)] = "open",
        after: Annotated[str | None, QueryParameter(max_length=400)] = None,
    ) -> Response[bytes]:
        """What is under way, what is late, everything."""
        chosen: Which = "late" if which == "late" else "all" if which == "all" else "open"
        found = await queries.cases_page(uow, which=chosen, cursor=after, limit=30)
        tabs = [{"label": w, "href": f"{HOME}?which={k}", "here": k == chosen} for k, w in _TABS]
        if menus.may(request, principal, Permission.CASE_OPEN):
            tabs.append({"label": "登记一件", "href": f"{HOME}/new", "here": False})
        if menus.may(request, principal, Permission.INJURY_READ):
            tabs.append({"label": "受伤", "href": "/desk/injuries", "here": False})
        if menus.may(request, principal, Permission.INCIDENT_READ):
            tabs.append({"label": "事件", "href": "/desk/incidents", "here": False})
        if menus.may(request, principal, Permission.OVERVIEW_READ):
            tabs.append({"label": "没成件的", "href": "/desk/hidden-disputes", "here": False})
        tabs.append({"label": "调解员", "href": "/desk/mediators", "here": False})
        return menus.render(
            request, principal, "desk/case_list.html", heading="投诉和纠纷", lead="首问负责，限时办结，一次性告知",
            tabs=tabs, rows=[shown.row(line, HOME) for line in found.items], nothing="没有要办的件", forms=[],
            more_href=f"{HOME}?which={chosen}&after={found.next}" if found.next else "", tab_key="cases",
        )  # fmt: skip

    @get("/new", opt={"permission": Permission.CASE_OPEN})
    async def blank(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        order: Annotated[UUID | None, QueryParameter()] = None,
    ) -> Response[bytes]:
        """Take a case down; with `order` about one of its bills."""
        return await _blank(request, uow, principal, order)

    @post("/new", opt={"permission": Permission.CASE_OPEN})
    async def open(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
        order: Annotated[UUID | None, QueryParameter()] = None,
    ) -> Response[bytes]:
        """Take it down (70): the answer is the receipt."""
        values = await pages.form_values(request)
        async with filled(request, uow, lambda fresh: _blank(request, fresh, principal, order), values):
            told = pages.convert(
                CaseForm,
                {k: v for k, v in values.items() if k != "amount"}
                | {"amount_fen": shown.fen_of(values, "amount") or ""},
            )
            made = await api.open_anywhere(uow, database, secrets, told)
        said = f"登记好了。受理号 {made.receipt}，查询码 {made.digits}，请写给来人。"
        return pages.redirect(request, f"{HOME}/{made.id}" if made.id else HOME, say=said)

    @get("/{case_id:uuid}", opt={"permission": Permission.CASE_READ})
    async def one(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        case_id: FromPath[UUID],
    ) -> Response[bytes]:
        """One case with what this post may do."""
        return await _one(request, uow, principal, case_id)

    @post("/{case_id:uuid}/handle/{step:str}", opt={"permission": Permission.CASE_HANDLE})
    async def handle(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID], step: FromPath[str]
    ) -> Response[bytes]:
        """Acknowledge, contact, ask for papers, hand over, ask the authority, write back, call back."""
        values = await pages.form_values(request)
        words = text(values, "words")
        async with _again(request, uow, case_id, values):
            match step:
                case "acknowledge":
                    await handling.acknowledge(uow, case_id)
                case "contact":
                    await handling.contact(uow, case_id, words=words)
                case "papers":
                    names = [n.strip() for n in text(values, "names").splitlines() if n.strip()]
                    await handling.ask_papers(uow, case_id, names)
                case "paper":
                    await handling.receive_paper(uow, case_id, shown.needed(values, "material"))
                case "hand-over":
                    await handling.hand_over(uow, case_id, shown.needed(values, "to"), reason=words)
                case "ask":
                    await referrals.ask(uow, case_id, words=words)
                case "extend":
                    await referrals.extend(uow, case_id, reason=words)
                case "ruling":
                    await referrals.rule(
                        uow, case_id,
                        RulingForm(outcome=text(values, "outcome"), document=text(values, "document"),
                                   amount_fen=shown.fen_of(values, "amount")),
                    )  # fmt: skip
                case "withdraw":
                    await handling.withdraw(uow, case_id, words=words, forced=bool(values.get("forced")))
                case _:
                    raise NotFound
        return pages.redirect(request, f"{HOME}/{case_id}", say="记好了。")

    @post("/{case_id:uuid}/side/{step:str}", opt={"permission": Permission.CASE_ANSWER})
    async def side(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID], step: FromPath[str]
    ) -> Response[bytes]:
        """What a party told the desk: an offer, a signature, a withdrawal, a reopening, how content it is."""
        values = await pages.form_values(request)
        async with _again(request, uow, case_id, values):
            await party_step(uow, case_id, step, values)
        return pages.redirect(request, f"{HOME}/{case_id}", say="记好了。")

    @post("/{case_id:uuid}/mediate/{step:str}", opt={"permission": Permission.CASE_MEDIATE})
    async def mediate(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID], step: FromPath[str]
    ) -> Response[bytes]:
        """Begin to mediate, or write down a hearing (73)."""
        values = await pages.form_values(request)
        async with _again(request, uow, case_id, values):
            match step:
                case "start":
                    await mediation.mediate(uow, case_id)
                case "hear":
                    await mediation.hear(uow, case_id, words=text(values, "words"))
                case _:
                    raise NotFound
        return pages.redirect(request, f"{HOME}/{case_id}", say="记好了。")

    @post("/{case_id:uuid}/refer", opt={"permission": Permission.CASE_REFER})
    async def refer(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Hand it to an authority (74)."""
        values = await pages.form_values(request)
        async with _again(request, uow, case_id, values):
            await referrals.refer(uow, case_id, pages.convert(ReferForm, values))
        return pages.redirect(request, f"{HOME}/{case_id}", say="转出去了，15 天后催问。")

    @post("/{case_id:uuid}/answer", opt={"permission": Permission.CASE_CLOSE})
    async def answer(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Answer and close."""
        values = await pages.form_values(request)
        async with _again(request, uow, case_id, values):
            await handling.answer(uow, case_id, outcome=text(values, "words"))
        return pages.redirect(request, f"{HOME}/{case_id}", say="答复办结了。")

    @post("/{case_id:uuid}/note", opt={"permission": Permission.CASE_NOTE})
    async def note(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], case_id: FromPath[UUID]
    ) -> Response[bytes]:
        """Write something down."""
        values = await pages.form_values(request)
        async with _again(request, uow, case_id, values):
            await handling.add_note(uow, case_id, words=text(values, "words"), inside=bool(values.get("inside")))
        return pages.redirect(request, f"{HOME}/{case_id}", say="记好了。")


async def party_step(uow: UnitOfWork, case_id: UUID, step: str, values: dict[str, Any]) -> None:
    """Take a step that is a party's: by itself, or by staff for the side that they name. Raises NotFound for no such step."""
    side: Any = text(values, "side") or None
    match step:
        case "offer":
            amount = shown.fen_of(values, "amount")
            await talks.offer(
                uow,
                case_id,
                OfferForm(amount_fen=-1 if amount is None else amount, words=text(values, "words"), side=side),
            )
        case "decline":
            await talks.decline(uow, case_id, side=side)
        case "sign":
            await talks.sign(
                uow, case_id, shown.needed(values, "offer_id"), SignForm(side=side, proof=text(values, "proof"))
            )
        case "ask-withdraw":
            await handling.ask_withdraw(uow, case_id, reason=text(values, "words"))
        case "reopen":
            await handling.reopen(uow, case_id, reason=text(values, "words"))
        case "rate":
            await handling.rate(uow, case_id, stars=pages.whole(text(values, "stars")) or 0, side=side)
        case _:
            raise NotFound


async def _one(
    request: AnyRequest,
    uow: UnitOfWork,
    principal: Principal,
    case_id: UUID,
) -> Response[bytes]:
    view = await queries.one(uow, case_id)
    people = [{"value": str(key), "label": name} for key, name in await lookups.colleagues(uow) if key != principal.id]
    item = shown.item(view)
    if view.bill_id is not None and view.line.kind == "wage":
        item["facts"] += await _file(uow, case_id)
    forms = shown.staff_forms(view, HOME, people, lambda area: menus.may(request, principal, _AREAS[area]))
    return menus.render(
        request, principal, "desk/case.html", item=item, help=None, forms=forms, back={"href": HOME, "label": "回列表"},
        tab_key="cases",
    )  # fmt: skip


async def _blank(
    request: AnyRequest,
    uow: UnitOfWork,
    principal: Principal,
    order: UUID | None,
) -> Response[bytes]:
    bills = []
    if order is not None and menus.may(request, principal, Permission.BILL_READ):
        bills = [
            {"value": str(b.id), "label": f"{b.worker_name} {b.work_date or ''} {format_yuan(b.total_fen)} 元"}
            for b in await wages.bills(uow, order_id=order)
        ]
    fields = [
        field("kind", "是什么事", "select", options=shown.options(codes.KINDS)),
        field("channel", "怎么来的", "select", options=shown.options(codes.CHANNELS, "desk", "phone", "sms", "12345", "kiosk", "letter"), value="desk"),
        field("claimant", "谁反映的", "select", options=shown.options(codes.CLAIMANTS, "worker", "employer", "person", "anonymous")),
        field("name", "称呼", required=False, hint="登记过的零工和雇主，请从用工单进来登记"),
        field("phone", "电话", required=False, hint="用来发进度短信，查进度要尾号"),
        field("claim", "反映的事", "area"),
        field("wanted", "要求", "area", required=False),
        field("amount", "多少钱", "money", required=False),
        field("asks", "工资单怎么了", "select", options=[{"value": "unpaid", "label": "没付"}, {"value": "more", "label": "算少了"}], required=False, hint="零工反映工资时选"),
    ]  # fmt: skip
    if bills:
        fields.insert(3, field("bill_id", "哪一张工资单", "select", options=bills, required=False))
    elif order is not None:
        fields.append(field("order_id", "", "hidden", value=str(order)))
    fields += [
        field("against", "对谁", "select", options=shown.options(codes.AGAINST), value="employer"),
        field("against_path", "哪个驿站", "select", options=await lookups.offices(uow, principal.acting.path), required=False, hint="只有反映驿站或运营方时选"),
    ]  # fmt: skip
    forms = [form("new", f"{HOME}/new" + (f"?order={order}" if order else ""), "登记", *fields, opened=True)]
    return menus.render(
        request, principal, "desk/case_list.html", heading="登记投诉或纠纷", lead="您就是首问负责人", tabs=[], rows=[],
        nothing="", forms=forms, more_href="", tab_key="cases",
    )  # fmt: skip


async def _file(uow: UnitOfWork, case_id: UUID) -> list[dict[str, str]]:
    try:
        found = await arrears.file(uow, case_id)
    except (NotFound, Conflict):
        return []
    when = f"{clock.shanghai(found.arrived_at):%H:%M} 到岗" if found.arrived_at else "没有到岗记录"
    return [
        {"label": "合同", "value": f"{clock.shanghai(found.contracted_at):%Y-%m-%d %H:%M} 签，指纹 {found.contract_hash[:16]}" if found.contracted_at else ""},
        {"label": "考勤", "value": f"{found.work_date} {when}，干了 {(found.minutes or 0) / 60:g} 小时"},
        {"label": "工资单", "value": f"共 {format_yuan(found.bill.total_fen)} 元，已付 {format_yuan(found.bill.paid_fen)} 元，还欠 {format_yuan(found.bill.left_fen)} 元"},
        {"label": "催付", "value": "；".join(found.reminders)},
    ]  # fmt: skip


def _again(request: AnyRequest, uow: UnitOfWork, case_id: UUID, values: dict[str, Any]) -> Step:
    return filled(request, uow, lambda fresh: _one(request, fresh, request.state["principal"], case_id), values)
