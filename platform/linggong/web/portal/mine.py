"""What a worker does: apply, confirm the price, sign, arrive, finish, answer a payment, rate."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.cases import queries as cases
from linggong.cover import queries as cover
from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from linggong.market import board
from linggong.market.models import BoardPost
from linggong.wages import bills, overdue
from linggong.wages import queries as wages
from linggong.wages import service as pay
from linggong.wages.queries import BillView
from linggong.wages.wechat import transfers
from linggong.web import cards, pages, wage_rows
from linggong.web.refused import filled, sent_back
from linggong.web.ways import ways
from linggong.work import attend, contacts, engage, queries, rating
from linggong.work.queries import ShiftView, WorkView
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
_STEPS = {
    "A_CONFIRMED": 1,
    "A_CONTRACTED": 1,
    "A_ARRIVED": 2,
    "A_WORKING": 3,
    "A_PAUSED": 3,
    "A_FINISHED": 4,
    "A_ACCEPTED": 4,
}
_HINTS = {
    "A_INVITED": "有人请你去，看看要不要去",
    "A_APPLIED": "等雇主选人",
    "A_OFFERED": "雇主选了你，去确认价钱",
    "A_CONFIRMED": "价钱定了，签个约就能开工",
    "A_CONTRACTED": "签好约了，按时到",
    "A_ARRIVED": "已经到岗，等开工",
    "A_WORKING": "正在干，干完点“干完了”",
    "A_PAUSED": "停工了，等复工；不想等可以先走，不扣分",
    "A_FINISHED": "等雇主认定完工",
    "A_ACCEPTED": "完工认定了，看工钱",
}


def _action(view: WorkView, shift: ShiftView | None) -> dict[str, Any] | None:
    """Return the one next step that is the worker's."""
    if view.state == "A_OFFERED":
        # The price is confirmed where the whole of it stands: on the order's own page.
        return None
    if view.state == "A_INVITED":
        return {"url": f"/engagements/{view.id}/accept", "label": "愿意去", "tone": "", "fields": {}}
    if shift is not None and shift.state == "A_WORKING":
        return {"url": f"/assignments/{shift.id}/finish", "label": "干完了", "tone": "", "fields": {}}
    return None


def _state(view: WorkView, shift: ShiftView | None) -> str:
    return shift.state if shift is not None and not view.state.startswith("X_") else view.state


def _next_shift(view: WorkView) -> ShiftView | None:
    live = [s for s in view.shifts if not s.state.startswith("X_") and s.state != "A_ACCEPTED"]
    return live[0] if live else (view.shifts[-1] if view.shifts else None)


def _item(view: WorkView) -> dict[str, Any]:
    shift = _next_shift(view)
    state = _state(view, shift)
    return {
        "title": view.title,
        "href": f"/orders/{view.trace_code}",
        "start": shift.starts_at if shift else view.starts_at,
        "end": shift.ends_at if shift else view.ends_at,
        "place": view.place,
        "pay_fen": view.pay_fen,
        "pay_unit": cards.unit_word(view.pay_unit),
        "state": state,
        "hint": _HINTS.get(state, ""),
        "action": _action(view, shift),
        "sign_href": f"/contracts/{view.id}" if view.state in ("A_CONFIRMED", "A_CONTRACTED") else "",
        "signed": view.contracted_at is not None,
        **_site(view, shift),
        "rate_href": f"/engagements/{view.id}/rate" if state == "A_ACCEPTED" and not view.rated else "",
    }


def _site(view: WorkView, shift: ShiftView | None) -> dict[str, str]:
    """Return where everything else about the shift is said, and what the link is called."""
    absent = next((s for s in view.shifts if s.site is not None and "contest" in s.actions), None)
    if absent is not None:
        return {"site_href": f"/shifts/{absent.id}", "site_label": "我有话说（申诉）"}
    if shift is None or view.state.startswith("X_") or not shift.actions:
        return {"site_href": "", "site_label": ""}
    proposed = shift.site is not None and bool(shift.site.proposed_reason)
    label = "雇主要改工时，去看看" if proposed else "停工了，看看怎么办" if shift.state == "A_PAUSED" else "有情况"
    wanted = [a for a in shift.actions if a not in ("arrive", "finish")]
    return {"site_href": f"/shifts/{shift.id}" if wanted else "", "site_label": label}


def only_worker(principal: Principal) -> None:
    """Raise Forbidden for anybody but a worker: others may read bills too, and would take them for their own wages."""
    if principal.kind != "worker":
        raise Forbidden("这里是零工看自己的活和工钱用的。请在“我的”里换成零工身份。")


class Mine(Controller):
    """A worker's own pages."""

    include_in_schema = False

    @get("/my/jobs", opt={"permission": Permission.ENGAGEMENT_READ})
    async def jobs(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        principal: NamedDependency[Principal],
    ) -> Response[bytes]:
        """My jobs: the next one with its one step, then what waits, then what is done."""
        only_worker(principal)
        return await _jobs(request, secrets, uow)

    @get("/my/wages", opt={"permission": Permission.BILL_READ})
    async def wages(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """My wages: due and paid, each bill with its lines."""
        only_worker(principal)
        return await _wages(request, uow)

    @post("/orders/{ref:str}/apply", opt={"permission": Permission.ENGAGEMENT_APPLY})
    async def apply(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        database: NamedDependency[Database],
        ref: FromPath[str],
    ) -> Response[bytes]:
        """Apply (12)."""
        order_id = await _order_id(database, ref)
        async with sent_back(request, uow, f"/orders/{ref}"):
            row = await engage.apply(uow, order_id)
        waits = f"排上候补第 {row.queue_no} 位，有空位马上叫你。" if row.queue_no else "报上名了，等雇主选人。"
        return pages.redirect(request, "/my/jobs", say=waits)

    @post("/engagements/{engagement_id:uuid}/{step:str}", opt={"permission": Permission.ENGAGEMENT_CONFIRM})
    async def engagement(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID], step: FromPath[str]
    ) -> Response[bytes]:
        """Confirm the price, accept an invitation, decline, withdraw, rate."""
        values = await pages.form_values(request)
        reason = str(values.get("reason", ""))[:200]
        done = "/my/jobs"
        async with sent_back(request, uow, "/my/jobs"):
            match step:
                case "confirm":
                    await _same_terms(uow, engagement_id, str(values.get("terms_version", "")))
                    await engage.confirm(uow, engagement_id)
                    said, done = "价钱说定了。再签个约，就能开工。", f"/contracts/{engagement_id}"
                case "accept":
                    await engage.accept_invitation(uow, engagement_id)
                    said = "报上名了，等雇主选人。"
                case "decline" | "withdraw":
                    row = await queries.engagement(uow, engagement_id)
                    if row.state == "A_INVITED":
                        await engage.decline(uow, engagement_id, reason=reason)
                    else:
                        await engage.withdraw(uow, engagement_id, reason=reason)
                    said = "退掉了，没关系。"
                case "rate":
                    stars = pages.whole(values.get("stars"), 5) or 0
                    await rating.rate(uow, engagement_id, stars=stars, tags=[], words=str(values.get("words", "")))
                    said = "评价收到了，谢谢。"
                case _:
                    raise NotFound
        return pages.redirect(request, done, say=said)

    @post("/assignments/{assignment_id:uuid}/{step:str}", opt={"permission": Permission.ASSIGNMENT_FINISH})
    async def assignment(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        assignment_id: FromPath[UUID],
        step: FromPath[str],
    ) -> Response[bytes]:
        """Arrive with the day's code, or say that the shift is over."""
        values = await pages.form_values(request)
        async with filled(request, uow, partial(_jobs, request, secrets), values):
            if step == "arrive":
                code = str(values.get("code", ""))
                await attend.arrive(uow, assignment_id, method="code", code=code, secrets=secrets)
                said = "签到好了。等开工。"
            elif step == "finish":
                await attend.finish(uow, assignment_id, quantity=_quantity(str(values.get("quantity", "")).strip()))
                said = "记下了，等雇主认定完工。"
            else:
                raise NotFound
        return pages.redirect(request, "/my/jobs", say=said)

    @post("/bills/{bill_id:uuid}/{answer:str}", opt={"permission": Permission.PAYMENT_CONFIRM})
    async def answer(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], bill_id: FromPath[UUID], answer: FromPath[str]
    ) -> Response[bytes]:
        """Received (57), not or in part (59), or it will not come at all (65)."""
        if answer not in {"received", "dispute", "arrears"}:
            raise NotFound
        values = await pages.form_values(request)
        bill = await wages.bill(uow, bill_id)
        async with filled(request, uow, partial(_wages, request), values):
            said = await _answered(uow, bill, answer, values)
        return pages.redirect(request, "/my/wages", say=said)

    @post("/my/weekly/{engagement_id:uuid}", opt={"permission": Permission.PAYMENT_CONFIRM})
    async def weekly(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], engagement_id: FromPath[UUID]
    ) -> Response[bytes]:
        """He wants his wages by the week (ruling 16)."""
        async with sent_back(request, uow, "/my/jobs"):
            await bills.choose_weekly(uow, engagement_id)
        return pages.redirect(request, "/my/jobs", say="记下了：这单按周结。")


async def _jobs(request: AnyRequest, secrets: Secrets, uow: UnitOfWork) -> Response[bytes]:
    views = await queries.my_work(uow)
    coming = sorted(
        (v for v in views if v.state in ("A_CONFIRMED", "A_CONTRACTED") and _open_shift(v)),
        key=lambda v: _open_shift(v).starts_at,  # type: ignore[union-attr]
    )
    head = coming[0] if coming else None
    groups = [
        ("等回话", [v for v in views if v.state in ("A_INVITED", "A_APPLIED", "A_OFFERED", "A_WAITLIST")]),
        ("接好的活", [v for v in coming if v is not head]),
        ("干完的", [v for v in views if v.state in ("A_CONFIRMED", "A_CONTRACTED") and not _open_shift(v)]),
        ("没去成的", [v for v in views if v.state.startswith("X_")][:10]),
    ]
    return pages.render(
        request,
        "portal/my_jobs.html",
        next=None if head is None else await _head(uow, secrets, head),
        groups=[{"title": title, "items": [_item(v) for v in found]} for title, found in groups if found],
    )


async def _wages(request: AnyRequest, uow: UnitOfWork) -> Response[bytes]:
    sums = await wages.my_wages(uow)
    moving = await transfers.of_bills(uow, [b.id for b in sums.bills], moving=True)
    disputed = await cases.open_on_bills(uow, [b.id for b in sums.bills])
    return pages.render(
        request,
        "portal/my_wages.html",
        due_fen=sums.due_fen,
        paid_fen=sums.paid_fen,
        paid_since="一共",
        bills=[
            wage_rows.bill(b)
            | {"wechat": moving.get(b.id, [])}
            | {
                "case": {"href": f"/my/cases/{found[0]}", "receipt": found[1]}
                if (found := disputed.get(b.id))
                else None
            }
            for b in sums.bills
        ],
        more_href="",
    )


async def _answered(uow: UnitOfWork, bill: BillView, answer: str, values: dict[str, Any]) -> str:
    """Say to the payment that the worker means, or to each that waits, what he says; of a sum the last one bears the gap."""
    if answer == "arrears":
        await overdue.report_arrears(uow, bill.id, note=str(values.get("reason", "")))
        return "登记了。驿站整理材料，催不到就转劳动监察。"
    one = wage_rows.uuid_of(values, "payment")
    waiting = [p for p in bill.payments if (p.state == "claimed" if one is None else p.id == one)]
    if not waiting and one is None and answer == "dispute":
        waiting = [p for p in bill.payments if p.state == "confirmed"][-1:]
    if not waiting:
        raise Conflict("雇主还没登记付款。要催款，请打驿站电话。")
    if answer == "received":
        for payment in waiting:
            row = await pay.answer_payment(uow, payment.id, received=True)
        return "记下了，这笔工钱结清。" if row.state == "SETTLED" else "记下了，这笔收到了。"
    left = wage_rows.amount(values, "got")
    if left >= sum(p.amount_fen for p in waiting):
        raise Conflict("收到了的，请点“收到了”。")
    for payment in waiting:
        if left >= payment.amount_fen and payment.state == "claimed":
            await pay.answer_payment(uow, payment.id, received=True)
            left -= payment.amount_fen
        else:
            note = str(values.get("reason", ""))
            await pay.answer_payment(
                uow, payment.id, received=False, got_fen=min(left, payment.amount_fen - 1), note=note
            )
            left = 0
    case = (await cases.open_on_bills(uow, [bill.id])).get(bill.id)
    return "记下了：差多少都写着。驿站会帮你问" + (f"，受理号 {case[1]}。" if case else "。")


def _quantity(raw: str) -> float | None:
    try:
        return float(raw) if raw else None
    except ValueError:
        raise Invalid([Fault("quantity", "数量请填数字。", "number")]) from None


async def _same_terms(uow: UnitOfWork, engagement_id: UUID, read: str) -> None:
    """The version that stood on the page is the one that is confirmed (18); raises Conflict for an older page."""
    view = await queries.engagement(uow, engagement_id)
    if read and read != str(view.terms_version or ""):
        raise Conflict("价钱或条件改过了，请打开这个活再看一遍，再点头。")


def _open_shift(view: WorkView) -> ShiftView | None:
    return next((s for s in view.shifts if not s.state.startswith("X_") and s.state != "A_ACCEPTED"), None)


async def _head(uow: UnitOfWork, secrets: Secrets, view: WorkView) -> dict[str, Any]:
    shift = _open_shift(view)
    item = _item(view)
    name, phone = "", ""
    post = await uow.session.get(BoardPost, view.order_id)
    with suppress(Conflict, NotFound):
        name, phone = await contacts.own_job_contact(uow, secrets.sealer, view.id)
    state = item["state"]
    arrive = None
    if shift is not None and shift.state in ("A_CONFIRMED", "A_CONTRACTED"):
        opens = shift.starts_at.timestamp() - 3600
        if uow.now.timestamp() >= opens:
            arrive = f"/assignments/{shift.id}/arrive"
        else:
            item["hint"] = f"开工前 1 小时（{clock.shanghai(shift.starts_at).hour - 1}点）起可以签到"
    return item | {
        "trade": cards.icon_of(view.trade_code),
        "distance_m": None,
        "ways": [] if post is None else ways(post.latitude, post.longitude, view.title, view.place),
        "contact_name": name,
        "contact_phone": phone,
        "steps_here": _STEPS.get(state, 0),
        "warn": item["hint"],
        "arrive_url": arrive,
        "cover_href": await _cover_href(uow, view),
    }


async def _cover_href(uow: UnitOfWork, view: WorkView) -> str:
    """Return where he reads about his insurance, when something about it is his to decide."""
    found = await cover.cover_of(uow, view.id)
    waiting = found is not None and found.waiver is not None and found.waiver.worker_at is None
    if found is None or not (found.state == "refused" or waiting):
        return ""
    return f"/cover/orders/{view.order_id}"


async def _order_id(database: Database, ref: str) -> UUID:
    try:
        return UUID(ref)
    except ValueError:
        return (await board.board_post(database, ref)).post.order_id
