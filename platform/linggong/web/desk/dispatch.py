"""快速配岗 at the desk (R050): one press proposes who goes where; the clerk looks, changes, compares, and sends or leaves it."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.matching import handing, proposals, views
from linggong.matching.allot import Options
from linggong.matching.api import part_of
from linggong.matching.views import LineView, OrderLines, ProposalHead
from linggong.push import moving
from linggong.web import cards, menus, pages
from linggong.web.desk import gaps, moves
from linggong.web.refused import filled, sent_back
from linggong.work.machines import STATE_WORDS
from rbac.permissions import Permission
from rbac.principal import Principal

AnyRequest = Request[Any, Any, Any]
STATES = {"open": "等您看", "sent": "发出了", "dropped": "作废了"}
_TONES = {"open": "wait", "sent": "go", "dropped": "off"}
_LINES = {
    "proposed": ("", ""), "locked": ("锁定", "go"), "dropped": ("去掉了", "off"), "sent": ("发了邀请", "go"),
    "left_out": ("没发", "danger"), "without": ("", ""),
}  # fmt: skip
_STEPS = {
    "lock": "锁定了 {} 人，再配也不动。",
    "drop": "去掉了 {} 人，再配不会派他们去这个活。",
    "restore": "恢复了 {} 人。",
}
_WHOLE = ("send", "hand-over", "again", "discard")
_MOST = 200


def _head(head: ProposalHead) -> dict[str, Any]:
    figures = head.figures
    return {
        "href": f"/desk/dispatch/{head.id}", "state": STATES[head.state], "tone": _TONES[head.state], "made_at": head.made_at,
        "by_itself": head.by_itself, "people": figures.get("people", 0), "places": figures.get("places", 0),
        "placed": figures.get("placed", 0), "mean": figures.get("mean"), "greedy_placed": figures.get("greedy_placed"),
        "greedy_mean": figures.get("greedy_mean"), "open": head.state == "open", "from_city": head.from_city,
    }  # fmt: skip


def _line(line: LineView, answers: dict[UUID, str]) -> dict[str, Any]:
    words, tone = _LINES[line.state]
    return {
        "id": str(line.id), "name": line.name, "sub": f"{line.sex} {line.age}岁", "score": line.score, "why": line.why,
        "tag": STATE_WORDS.get(answers.get(line.id, ""), words), "tone": tone, "crew": line.crew,
    }  # fmt: skip


def _order(order: OrderLines, answers: dict[UUID, str]) -> dict[str, Any]:
    return {
        "id": str(order.id), "title": order.title, "employer": order.employer_name, "place": order.place,
        "start": order.starts_at, "end": order.ends_at, "pay_fen": order.pay_fen, "unit": cards.unit_word(order.pay_unit),
        "left": order.places_left, "given": sum(li.state in (*proposals.GIVEN, "sent") for li in order.lines),
        "lines": [_line(li, answers) for li in order.lines],
    }  # fmt: skip


class Dispatch(Controller):
    """Proposals of this post."""

    path = "/desk/dispatch"
    include_in_schema = False

    @get("/", opt={"permission": Permission.DISPATCH_READ})
    async def page(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal]
    ) -> Response[bytes]:
        """What is short now, the button, and what was proposed before."""
        heads = await views.listed(uow)
        return menus.render(
            request, principal, "desk/dispatch.html", proposals=[_head(h) for h in heads],
            may_act=menus.may(request, principal, Permission.DISPATCH_PROPOSE), **await gaps.of_desk(uow),
            moves=[moves.group(one) for one in await moving.elsewhere(uow)] if uow.actor.post is not None else [],
        )  # fmt: skip

    @post("/", opt={"permission": Permission.DISPATCH_PROPOSE})
    async def make(self, request: AnyRequest, uow: NamedDependency[UnitOfWork]) -> Response[bytes]:
        """Propose anew."""
        values = await pages.form_values(request)
        asked = Options(
            reserved=bool(values.get("reserved")),
            neighbours=bool(values.get("neighbours")),
            here_only=bool(values.get("here_only")),
        )
        row = await proposals.make(uow, asked)
        said = f"配好了：{row.figures['people']} 人、{row.figures['places']} 个名额，派出 {row.figures['placed']} 人。"
        return pages.redirect(request, f"/desk/dispatch/{row.id}", say=f"{said}看过再发。")

    @get("/{dispatch_proposal_id:uuid}", opt={"permission": Permission.DISPATCH_READ})
    async def one(
        self,
        request: AnyRequest,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        dispatch_proposal_id: FromPath[UUID],
        compare: Annotated[bool, QueryParameter()] = False,
        under: Annotated[str, QueryParameter(max_length=60)] = "",
    ) -> Response[bytes]:
        """Who goes where by order, and who stays without; of a city's the counties, and the lines of one."""
        return await _page(request, principal, dispatch_proposal_id, under, uow, compare=compare)

    @post("/{dispatch_proposal_id:uuid}/{step:str}", opt={"permission": Permission.DISPATCH_PROPOSE})
    async def step(
        self, request: AnyRequest, uow: NamedDependency[UnitOfWork], principal: NamedDependency[Principal],
        dispatch_proposal_id: FromPath[UUID], step: FromPath[str],
    ) -> Response[bytes]:  # fmt: skip
        """A step of the proposal, or of the ticked lines."""
        values = await pages.form_values(request)
        under = str(values.get("under") or "")
        back = f"/desk/dispatch/{dispatch_proposal_id}" + (f"?under={quote(under, safe='')}" if under else "")
        show = partial(_page, request, principal, dispatch_proposal_id, under)
        async with sent_back(request, uow, back) if step in _WHOLE else filled(request, uow, show, values):
            said = await _step(uow, dispatch_proposal_id, step, values)
        return pages.redirect(request, "/desk/dispatch" if step == "discard" else back, say=said)


async def _page(
    request: AnyRequest, principal: Principal, dispatch_proposal_id: UUID, under: str, uow: UnitOfWork, *,
    compare: bool = False,
) -> Response[bytes]:  # fmt: skip
    found = await views.view(uow, dispatch_proposal_id, under=part_of(under))
    answers = await views.answers(uow, dispatch_proposal_id) if found.head.state == "sent" else {}
    orders = [_order(o, answers) for o in found.orders]
    return menus.render(
        request,
        principal,
        "desk/proposal.html",
        head=_head(found.head),
        base=f"/desk/dispatch/{dispatch_proposal_id}",
        under=under,
        parts=[
            {
                "href": f"?under={quote(p.path, safe='')}",
                "name": p.name,
                "people": p.people,
                "placed": p.placed,
                "across": p.across,
                "shown": p.path == under,
            }
            for p in found.parts
        ],
        orders=orders,
        given=sum(li.state in proposals.GIVEN for o in found.orders for li in o.lines),
        without=[_line(li, answers) for li in found.without],
        targets=[
            {"value": o["id"], "label": f"{clock.shanghai(o['start']):%H:%M} {o['title']}（缺 {o['left']}）"}
            for o in orders
        ],
        compared=await proposals.compare(uow, dispatch_proposal_id) if compare and found.head.state == "open" else [],
        outcome=found.outcome,
        may_act=menus.may(request, principal, Permission.DISPATCH_PROPOSE),
    )


async def _step(uow: UnitOfWork, dispatch_proposal_id: UUID, step: str, values: dict[str, Any]) -> str:
    match step:
        case "send":
            sent = await proposals.send(uow, dispatch_proposal_id)
            left = f"；{len(sent.left_out)} 人没发，原因在表里" if sent.left_out else ""
            return f"发了 {sent.sent} 份邀请{left}。"
        case "hand-over":
            handed = await handing.hand_over(uow, dispatch_proposal_id)
            return f"交给了 {len(handed)} 个区县，一共 {sum(handed.values())} 人，由他们各自发邀请。"
        case "again":
            row = await proposals.again(uow, dispatch_proposal_id)
            return f"又配了一次：派出 {row.figures['placed']} 人，锁定的没动。"
        case "discard":
            await proposals.drop(uow, dispatch_proposal_id)
            return "作废了，没有告诉任何人。"
        case "move":
            ids = _ids(values)
            if not values.get("order"):
                raise Conflict("请选换到哪个活。")
            for one in ids:
                await proposals.move(uow, dispatch_proposal_id, one, _id(values["order"]))
            return f"换好了 {len(ids)} 人，锁定在新的活上。"
        case "lock" | "drop" | "restore":
            ids = _ids(values)
            for one in ids:
                await proposals.mark(uow, dispatch_proposal_id, one, step)
            return _STEPS[step].format(len(ids))
    raise NotFound


def _ids(values: dict[str, Any]) -> list[UUID]:
    raw = values.get("ids") or []
    ids = [_id(one) for one in (raw if isinstance(raw, list) else [raw])][:_MOST]
    if not ids:
        raise Conflict("先勾上人。")
    return ids


def _id(raw: Any) -> UUID:
    try:
        return UUID(str(raw))
    except ValueError:
        raise NotFound from None
