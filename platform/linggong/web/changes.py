"""What may still change about an order: its terms, its people, whether it is frozen; one room for employers and the desk."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.money import from_yuan
from linggong.market import helping, queries, rescheduling, shortage, suspending
from linggong.market.views import OrderView, SuspensionView
from linggong.web import pages
from linggong.work import ending, replacing, terms, terms_queries, waiting
from linggong.work import queries as work
from linggong.work.terms_values import TermsForm

_BUTTONS: Final = {
    "agree": ("同意", ""), "refuse": ("不同意", "plain"), "take_back": ("收回", "plain"), "insist": ("不改就不用他了", "danger"),
}  # fmt: skip
_AGREED: Final = ("A_CONFIRMED", "A_CONTRACTED")
_CHOSEN: Final = {
    "split": "记下了：先到的照原时间，改了时间的等各人答复；新来的按晚的时间招。",
    "ask_around": "已经请全市别的驿站帮忙叫人，有回音马上告诉您。",
}
_BEFORE: Final = ("O_OPEN", "O_FULL", "O_LOCKED")
_OUTCOMES: Final = {"restored": "恢复了", "taken_down": "下架了"}
_ANSWERS: Final = {"upheld": "异议成立，不算违规", "rejected": "维持下架"}


async def of_order(uow: UnitOfWork, order_id: UUID) -> dict[str, Any]:
    """Return what the page shows. Raises NotFound."""
    order = queries.order_view(uow, await queries.order(uow, order_id))
    roster = await work.roster(uow, order_id) if order.published_at is not None else []
    names = {v.id: v.worker_name for v in roster}
    proposals = await terms_queries.changes(uow, order_id=order_id)
    holds = await queries.suspensions(uow, await queries.order(uow, order_id))
    open_exchanges = await replacing.of_order(uow, order_id)
    missing = order.headcount - order.confirmed
    return {
        "order": {"id": str(order.id), "title": order.title, "state": order.state, "wanted": order.headcount},
        "proposals": [
            {
                "id": str(p.id),
                "who": p.worker_name,
                "words": p.words,
                "by": "雇主提的" if p.side == "employer" else "零工提的",
                "state": p.state_words,
                "due": p.answer_due_at if p.state == "T_PROPOSED" else None,
                "note": p.answer_note,
                "actions": [
                    {"path": a, "label": _BUTTONS[a][0], "tone": _BUTTONS[a][1]} for a in p.actions if a in _BUTTONS
                ],
            }
            for p in proposals[:50]
        ],
        "exchanges": [
            {
                "id": str(x.id),
                "old": names.get(x.engagement_id, "零工"),
                "new": names.get(x.new_engagement_id, "") if x.new_engagement_id else "",
                "reason": x.reason,
                "consented": x.consented,
                "accepted": x.accepted,
            }
            for x in open_exchanges
        ],
        "queue": [
            {"id": str(v.id), "name": v.worker_name, "no": v.queue_no} for v in roster if v.state == "A_WAITLIST"
        ],
        "bound": [{"id": str(v.id), "name": v.worker_name} for v in roster if v.state in _AGREED],
        "missing": missing if missing > 0 and order.state in ("O_LOCKED", "O_ACTIVE") else 0,
        "choices": [{"value": k, "label": v} for k, v in shortage.CHOICES.items()],
        "chosen": shortage.CHOICES.get(order.crew_choice or "", ""),
        "helpers": [{"station": name, "people": n} for name, n in await helping.answers(uow, order_id)],
        "changeable": order.state in _BEFORE,
        "working": order.state == "O_ACTIVE",
        "reschedulable": order.state == "O_CANCELLED" and order.end_reason == "weather",
        "holds": [_hold(order, h) for h in holds],
        "reasons": [{"value": k, "label": v} for k, v in suspending.REASONS.items()]
        if order.state in (*_BEFORE, "O_ACTIVE")
        else [],
    }


def _hold(order: OrderView, hold: SuspensionView) -> dict[str, Any]:
    return {
        "why": suspending.REASONS.get(hold.reason, hold.reason),
        "note": hold.note,
        "since": hold.suspended_at,
        "due": hold.decide_due_at if hold.outcome is None else None,
        "findings": hold.findings,
        "outcome": _OUTCOMES.get(hold.outcome or "", "正在核查"),
        "objection": hold.objection,
        "answer": _ANSWERS.get(hold.answer or "", ""),
        "object_until": hold.objection_due_at
        if order.state == "O_TAKENDOWN" and hold.outcome == "taken_down" and not hold.objection
        else None,
    }


async def act(uow: UnitOfWork, secrets: Secrets, order_id: UUID, step: str, values: dict[str, Any]) -> str:
    """Do one step of the page; returns what to say. Raises what the step raises, NotFound for an unknown one."""
    one = str(values.get("one", ""))
    note = str(values.get("note", ""))[:200]
    match step:
        case "propose":
            return await _propose(uow, order_id, values)
        case "agree":
            await terms.agree(uow, _uuid(one))
            return "说定了，按新的约定算。"
        case "refuse":
            await terms.refuse(uow, _uuid(one), note=note)
            return "记下了，原来说好的照旧。"
        case "take_back":
            await terms.take_back(uow, _uuid(one))
            return "收回了。"
        case "insist":
            await terms.insist(uow, _uuid(one))
            return "取消了他，已经通知。锁定后取消的，要付空跑补偿。"
        case "cancel_one":
            await ending.cancel_engagement(uow, _uuid(one), reason=note)
            return "取消了他，已经通知。锁定后取消的，要付空跑补偿。"
        case "swap":
            await replacing.accept(uow, _uuid(one))
            return "同意换人，等替工自己点头。"
        case "keep":
            await replacing.refuse(uow, _uuid(one))
            return "不换了，原来的人照旧。"
        case "promote":
            await waiting.promote(uow, _uuid(one))
            return "叫他了，等他回话。"
        case "choose":
            starts, ends = _moment(values, "starts_at"), _moment(values, "ends_at")
            later = (
                None if starts is None or ends is None else shortage.Later(starts, ends, bool(values.get("everybody")))
            )
            choice = str(values.get("choice", ""))
            await shortage.choose(uow, order_id, choice=choice, note=note, later=later)
            return _CHOSEN.get(choice, "记下了。")
        case "reschedule":
            new = await rescheduling.reschedule(uow, secrets.sealer, order_id, work_date=_day(values))
            return f"改到 {new.work_date.month}月{new.work_date.day}日 了，先问原来的人。"
        case "object":
            await suspending.object_to(uow, order_id, words=str(values.get("words", "")))
            return "异议收到了，人社局会答复。"
        case "suspend":
            await suspending.suspend(uow, order_id, reason=str(values.get("reason", "")), note=note)
            return "冻结了，已经一个一个通知。"
    raise NotFound


async def _propose(uow: UnitOfWork, order_id: UUID, values: dict[str, Any]) -> str:
    form = TermsForm(
        kind=str(values.get("kind", "")),
        pay_fen=_fen(values, "pay"),
        hourly_fen=_fen(values, "hourly"),
        starts_at=_moment(values, "starts_at"),
        ends_at=_moment(values, "ends_at"),
        until=_moment(values, "until"),
        place=str(values.get("place", "")) or None,
        headcount=_count(values, "headcount"),
        what=str(values.get("what", "")) or None,
        reason=str(values.get("note", ""))[:200],
    )
    if values.get("one"):
        side = "worker" if values.get("side") == "worker" else "employer"
        await terms.propose(uow, _uuid(str(values["one"])), form, side=side)  # type: ignore[arg-type]
        return "提出了，等对方答复。"
    asked = await terms.propose_to_all(uow, order_id, form)
    return f"提出了，等 {len(asked)} 个人答复。" if asked else "改好了，以后来的人按新的算。"


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


def _fen(values: dict[str, Any], name: str) -> int | None:
    text = str(values.get(name, "")).strip()
    if not text:
        return None
    try:
        return int(from_yuan(text))
    except ValueError:
        raise Invalid([Fault(name, "钱数请填数字，例如 220。", "number")]) from None


def _count(values: dict[str, Any], name: str) -> int | None:
    text = str(values.get(name, "")).strip()
    if not text:
        return None
    count = pages.whole(text, 9999)
    if count is None:
        raise Invalid([Fault(name, "人数请填数字，例如 8。", "number")])
    return count


def _moment(values: dict[str, Any], name: str) -> datetime | None:
    text = str(values.get(name, "")).strip()
    if not text:
        return None
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid([Fault(name, "时间请按日历选，例如 3月11日 09:30。", "date")]) from None
    return local if local.tzinfo is not None else clock.at_shanghai(local.date(), local.time())


def _day(values: dict[str, Any]) -> date:
    try:
        return date.fromisoformat(str(values.get("work_date", "")))
    except ValueError:
        raise Invalid([Fault("work_date", "请选改到哪一天。", "date")]) from None
