"""One shift: what is so, and every step that the reader may take now (36 to 53), as small forms."""

from __future__ import annotations

from datetime import datetime, time
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.money import from_yuan
from linggong.market import board
from linggong.web import menus, pages
from linggong.web.refused import filled
from linggong.web.site import forms
from linggong.work import absence, attend, differing, evidence, leading, queries, recognising, stopping, transferring
from linggong.work.queries import ShiftView, WorkView
from linggong.work.weather import orders as weather
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
Values = dict[str, Any]
_COUNTED = ("piece", "gong")
_SAID = {
    "pause": "停工记下了。", "resume": "复工了。", "end_pause": "收工了，等认定。", "leave": "记下了，先回去吧，不扣分。",
    "end_early": "提前收工记下了。", "leave_early": "记下了。", "finish_part": "记下了，按这个数收工。",
    "propose_record": "提出来了，等零工回话。", "agree_record": "同意了，工资单出来了。", "refuse_record": "记下了，按原来的记录。",
    "accept_part": "其余的认定了。不认可的部分先放着，24 小时内交照片，不交就按原数付。", "add_evidence": "证据收到了。", "vouch": "记下了。", "no_show": "记下了：没来。他可以申诉，没定之前不算。",
    "contest": "申诉收到了，定下来之前不算。", "decide": "定了，双方都会收到通知。", "employer_no_show": "记下了，补偿的工资单马上出来。",
    "differs": "记下了，你可以走了。补偿的工资单马上出来，这单要核查。", "rain_on_site": "记下了，误工补偿的工资单马上出来。",
    "transfer": "转过去了，到了那边先签约。", "void": "作废了，请马上停工。干过的活照付。",
}  # fmt: skip


def _home(principal: Principal, view: WorkView) -> str:
    if principal.kind == "worker":
        return "/my/jobs"
    return f"/desk/orders/{view.order_id}" if principal.is_staff else f"/employer/orders/{view.order_id}"


def _facts(view: WorkView, shift: ShiftView) -> list[str]:
    facts = []
    for moment, word in ((shift.arrived_at, "到岗"), (shift.started_at, "开工"), (shift.finished_at, "收工")):
        if moment is not None:
            facts.append(f"{clock.shanghai(moment):%m月%d日 %H:%M} {word}")
    if shift.minutes is not None:
        facts.append(f"干了 {shift.minutes / 60:g} 小时")
    if shift.quantity is not None:
        facts.append(f"数量 {shift.quantity:g}")
    if shift.overtime_until is not None:
        facts.append(f"约好加班到 {clock.shanghai(shift.overtime_until):%H:%M}")
    site = shift.site
    if site is None:
        return facts
    if site.waiting_since is not None:
        cause = stopping.CAUSE_WORDS.get(site.waiting_for, "")
        facts.append(f"{clock.shanghai(site.waiting_since):%H:%M} 起停工：{cause}")
    if site.proposed_reason:
        hours = "" if site.proposed_minutes is None else f"{site.proposed_minutes / 60:g} 小时"
        count = "" if site.proposed_quantity is None else f"数量 {site.proposed_quantity:g}"
        facts.append(f"雇主只认 {hours}{count}：{site.proposed_reason}")
    if site.led:
        facts.append("班组长一人说到了，等本人说一声或驿站回访")
    if site.evidence_due_at is not None:
        facts.append(
            f"有不认可的部分，{clock.shanghai(site.evidence_due_at):%m月%d日 %H:%M} 前要交照片，不交就按原数付"
        )
    if site.no_show == "open" and site.contest_until is not None:
        facts.append(f"登记为没来，{clock.shanghai(site.contest_until):%m月%d日 %H:%M} 前可以申诉")
    if site.no_show == "contested":
        facts.append(f"已申诉：{absence.CONTEST_WORDS.get(site.contest_reason, '')} {site.contest_words}")
    if site.decision_note:
        facts.append(f"申诉结果：{site.decision_note}")
    return facts


class ShiftPages(Controller):
    """A shift's page and its steps."""

    include_in_schema = False
    path = "/shifts/{assignment_id:uuid}"

    @get("/", opt={"permission": Permission.ASSIGNMENT_READ})
    async def page(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        assignment_id: FromPath[UUID],
    ) -> Response[bytes]:
        """What is so, and what may be said now."""
        return await _page(request, principal, assignment_id, uow)

    @post("/void", opt={"permission": Permission.ASSIGNMENT_VOID})
    async def void(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        database: NamedDependency[Database],
        principal: NamedDependency[Principal],
        assignment_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Void (49)."""
        return await _take(request, uow, secrets, database, principal, assignment_id, "void")

    @post("/decide", opt={"permission": Permission.ASSIGNMENT_DECIDE})
    async def decide(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        database: NamedDependency[Database],
        principal: NamedDependency[Principal],
        assignment_id: FromPath[UUID],
    ) -> Response[bytes]:
        """Decide a contest (38b)."""
        return await _take(request, uow, secrets, database, principal, assignment_id, "decide")

    @post("/{step:str}", opt={"permission": Permission.ASSIGNMENT_FINISH})
    async def step(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        secrets: NamedDependency[Secrets],
        database: NamedDependency[Database],
        principal: NamedDependency[Principal],
        assignment_id: FromPath[UUID],
        step: FromPath[str],
    ) -> Response[bytes]:
        """Every other step; the machine and the services say who may take it."""
        if step not in _SAID or step in ("void", "decide"):
            raise NotFound
        return await _take(request, uow, secrets, database, principal, assignment_id, step)


async def _page(request: AnyRequest, principal: Principal, assignment_id: UUID, uow: UnitOfWork) -> Response[bytes]:
    view = await queries.engagement(uow, await queries.engagement_of(uow, assignment_id))
    shift = next(s for s in view.shifts if s.id == assignment_id)
    context: dict[str, Any] = {
        "view": view,
        "shift": shift,
        "facts": _facts(view, shift),
        "forms": forms.shown(shift.actions, worker=principal.kind == "worker", counted=view.pay_unit in _COUNTED),
        "home": _home(principal, view),
        "photos": [f"/api/v1/assignments/{shift.id}/evidence/{i}" for i in await evidence.shown(uow, shift.id)]
        if shift.state == "A_ACCEPTED"
        else [],
    }
    if principal.is_staff:
        return menus.render(request, principal, "site/shift.html", layout="desk.html", **context)
    return pages.render(request, "site/shift.html", layout="base.html", **context)


async def _take(
    request: AnyRequest,
    uow: UnitOfWork,
    secrets: Secrets,
    database: Database,
    principal: Principal,
    assignment_id: UUID,
    step: str,
) -> Response[bytes]:
    values = await pages.form_values(request)
    view = await queries.engagement(uow, await queries.engagement_of(uow, assignment_id))
    shift = next(s for s in view.shifts if s.id == assignment_id)
    async with filled(request, uow, partial(_page, request, principal, assignment_id), values):
        await _do(uow, secrets, database, shift, step, values)
        await uow.flush()
    return pages.redirect(request, _home(principal, view), say=_SAID[step])


async def _do(
    uow: UnitOfWork, secrets: Secrets, database: Database, shift: ShiftView, step: str, values: Values
) -> None:
    def text(name: str, most: int = 200) -> str:
        raw = values.get(name, "")
        return raw[:most] if isinstance(raw, str) else ""

    one = shift.id
    match step:
        case "pause":
            fault = True if text("fault") else None
            await stopping.pause(uow, one, cause=text("cause"), note=text("note"), fault=fault)
        case "resume":
            await stopping.resume(uow, one)
        case "end_pause":
            await stopping.end_pause(uow, one)
        case "leave":
            await stopping.leave(uow, one)
        case "end_early":
            await attend.end_early(
                uow, one, reason=text("reason"), task_done=bool(text("task_done")), quantity=_number(values, "quantity")
            )
        case "leave_early":
            await attend.leave_early(
                uow, one, reason=text("reason"), words=text("words"), quantity=_number(values, "quantity")
            )
        case "finish_part":
            await attend.finish_part(uow, one, quantity=_number(values, "quantity") or 0, note=text("note"))
        case "propose_record":
            hours = _number(values, "hours")
            minutes = None if hours is None else round(hours * 60)
            await recognising.propose_record(
                uow, one, minutes=minutes, quantity=_number(values, "quantity"), reason=text("reason")
            )
        case "agree_record" | "refuse_record":
            await recognising.answer_record(uow, one, agree=step == "agree_record")
        case "accept_part":
            await recognising.accept_part(
                uow, one, reason=text("reason"), words=text("words", 500), amount_fen=_yuan(text("amount")),
                quantity=_number(values, "quantity"),
            )  # fmt: skip
        case "vouch":
            if text("answer") not in ("yes", "no"):
                raise Invalid([Fault("answer", "请选到了还是没到。", "required")])
            await leading.vouch(uow, one, agree=text("answer") == "yes")
        case "add_evidence":
            await evidence.give(uow, one, photo=await _photo(values), words=text("words", 500), secrets=secrets)
        case "no_show":
            await absence.no_show(uow, one, call_note=text("call_note"), statement=text("statement", 500))
        case "contest":
            await absence.contest(uow, one, reason=text("reason"), words=text("words", 500))
        case "decide":
            outcome: Any = text("outcome")
            await absence.decide(uow, one, outcome=outcome, note=text("note", 500))
        case "employer_no_show":
            calls = [_moment(shift, text(name)) for name in ("call_1", "call_2")]
            await absence.employer_no_show(
                uow, one, calls=[c for c in calls if c is not None], statement=text("statement", 500),
                photo=await _photo(values), secrets=secrets,
            )  # fmt: skip
        case "differs":
            await differing.differs(
                uow, one, what=text("what"), statement=text("statement", 500), photo=await _photo(values),
                secrets=secrets,
            )  # fmt: skip
        case "rain_on_site":
            await weather.no_work(uow, one, note=text("note"))
        case "transfer":
            there = (await board.board_post(database, text("to").strip().upper())).post.order_id
            await transferring.transfer(
                uow, one, to_order_id=there, agreed_how=text("agreed_how"), quantity=_number(values, "quantity")
            )
        case "void":
            await differing.void(uow, one, reason=text("reason"), proof=text("proof", 500))
        case _:
            raise NotFound


def _number(values: Values, name: str) -> float | None:
    raw = str(values.get(name, "") or "").strip()
    try:
        number = float(raw) if raw else None
    except ValueError:
        number = float("nan")
    if number is not None and not 0 <= number <= 100_000:
        raise Invalid([Fault(name, "数字请填 0 到 100000。", "number")])
    return number


def _yuan(raw: str) -> int | None:
    try:
        return int(from_yuan(raw)) if raw else None
    except ValueError:
        raise Invalid([Fault("amount", "多少钱请填数字，例如 60。", "number")]) from None


def _moment(shift: ShiftView, raw: str) -> datetime | None:
    try:
        return clock.at_shanghai(shift.work_date, time.fromisoformat(raw)) if raw else None
    except ValueError:
        raise Invalid([Fault("calls", "几点打的请写成 7:45 这样。", "time")]) from None


async def _photo(values: Values) -> bytes | None:
    found = values.get("photo")
    return await found.read() or None if isinstance(found, UploadFile) else None
