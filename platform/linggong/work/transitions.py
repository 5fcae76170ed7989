"""The main line as data: one table of transitions (order-states section 2, rulings 1 to 15), used by services, API and pages.

The table is the only place that says what follows what; services check it, resources list what is allowed from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from linggong.kernel.errors import Conflict

Machine = Literal["engagement", "assignment", "bill"]
W, E, C, S = "worker", "employer", "staff", "system"


@dataclass(frozen=True, slots=True)
class Transition:
    """From a state to a state by an event, said by one of the actors; `number` is its number in the state tables."""

    number: str
    machine: Machine
    source: str
    target: str
    event: str
    actors: frozenset[str]
    words: str
    """What the button says."""


def _row(
    number: str, machine: Machine, sources: str, target: str, event: str, actors: str, words: str
) -> list[Transition]:
    return [
        Transition(number, machine, source, target, event, frozenset(actors.split()), words)
        for source in sources.split()
    ]


TRANSITIONS: tuple[Transition, ...] = tuple(
    row
    for rows in (
        _row("11", "engagement", "-", "A_INVITED", "invite", f"{C} {E} {S}", "叫他来"),
        _row("12", "engagement", "-", "A_APPLIED", "apply", f"{W} {C}", "报名"),
        _row("13", "engagement", "A_INVITED", "A_APPLIED", "accept_invitation", f"{W} {C}", "愿意去"),
        _row("14", "engagement", "A_INVITED", "X_DECLINED", "decline", f"{W} {C} {S}", "不去"),
        _row("14", "engagement", "A_APPLIED", "X_DECLINED", "decline", f"{E} {C} {S}", "不录用"),
        _row("14", "engagement", "A_INVITED A_APPLIED", "X_DECLINED", "lapse", S, "未应答"),
        _row("16", "engagement", "A_WAITLIST", "X_DECLINED", "lapse", S, "没有空位"),
        _row("17", "engagement", "A_APPLIED", "A_OFFERED", "offer", f"{E} {C}", "选他"),
        _row("18", "engagement", "A_OFFERED", "A_CONFIRMED", "confirm", f"{W} {C}", "确认价格"),
        _row("19", "engagement", "A_OFFERED", "X_DECLINED", "lapse", S, "未应答"),
        _row("20", "engagement", "A_CONFIRMED", "A_CONTRACTED", "contract", f"{W} {E} {C}", "签约"),
        _row("27", "engagement", "A_APPLIED A_WAITLIST A_OFFERED A_CONFIRMED A_CONTRACTED", "X_WITHDRAWN", "withdraw",
             f"{W} {C}", "退出"),
        _row("36", "assignment", "A_CONTRACTED A_CONFIRMED", "A_ARRIVED", "arrive", f"{W} {E} {C}", "到岗"),
        _row("37", "assignment", "A_ARRIVED", "A_WORKING", "start", f"{E} {C} {S}", "开工"),
        _row("38", "assignment", "A_CONTRACTED A_CONFIRMED", "X_NOSHOW_W", "no_show", f"{E} {C}", "没来"),
        _row("44", "assignment", "A_WORKING", "A_FINISHED", "finish", f"{W} {E} {C} {S}", "下班"),
        _row("51", "assignment", "A_FINISHED", "A_ACCEPTED", "accept", f"{E} {C}", "认定完工"),
        _row("52", "assignment", "A_FINISHED", "A_ACCEPTED", "auto_accept", S, "逾期自动认定"),
        _row("56", "bill", "OPEN", "CLAIMED", "record_payment", f"{E} {C}", "登记付款"),
        _row("57", "bill", "CLAIMED", "SETTLED", "confirm_payment", f"{W} {C}", "收到了"),
        _row("58", "bill", "CLAIMED", "SETTLED", "settle_by_evidence", S, "凭凭证结清"),
        _row("59", "bill", "CLAIMED SETTLED", "OPEN", "deny_payment", f"{W} {C}", "没收到"),
    )
    for row in rows
)  # fmt: skip

STATE_WORDS = {
    "A_INVITED": "等你回话",
    "A_APPLIED": "已报名",
    "A_WAITLIST": "候补",
    "A_OFFERED": "等确认价格",
    "A_CONFIRMED": "双方已定",
    "A_CONTRACTED": "已签约",
    "A_ARRIVED": "已到岗",
    "A_WORKING": "在岗",
    "A_PAUSED": "停工待命",
    "A_FINISHED": "完工待认定",
    "A_ACCEPTED": "完工已认定",
    "A_BILLED": "工资待付",
    "A_PAYCLAIMED": "待确认收款",
    "A_SETTLED": "已结清",
    "X_DECLINED": "未录用",
    "X_WITHDRAWN": "已退出",
    "X_CANCEL_E": "雇主取消",
    "X_CANCEL_W": "天气取消",
    "X_CANCEL_A": "停工取消",
    "X_NOSHOW_W": "没到岗",
    "X_NOSHOW_E": "雇主失约",
    "X_REPLACED": "被替换",
    "X_VOID": "作废",
    "X_RULED": "按裁决结案",
    "OPEN": "待付",
    "CLAIMED": "待确认收款",
    "SETTLED": "已结清",
}

_BY_STEP = {(t.machine, t.source, t.event): t for t in TRANSITIONS}


def step(machine: Machine, source: str, event: str, actor_kind: str) -> Transition:
    """Return the transition that an event makes from a state; raises Conflict when the state or the actor does not fit."""
    found = _BY_STEP.get((machine, source, event))
    if found is None:
        raise Conflict(f"现在是“{STATE_WORDS.get(source, source)}”，不能做这一步。请刷新后再看。", state=source)
    if actor_kind not in found.actors and actor_kind != S:
        raise Conflict(f"“{found.words}”要由另一方来做。", state=source)
    return found


def allowed(machine: Machine, source: str, actor_kind: str) -> list[str]:
    """Return the events that an actor of this kind may say to a row in this state (guards may still refuse)."""
    return [t.event for t in TRANSITIONS if t.machine == machine and t.source == source and actor_kind in t.actors]
