"""Steps that several paths share, each one request of the one who takes it."""

from __future__ import annotations

import re
from typing import Any

from linggong.demo.paths.stage import PathError, Stage, Who
from linggong.kernel import clock
from linggong.people import messages
from linggong.work import attend


async def post(stage: Stage, who: Who, form: dict[str, Any], *, what: str = "", behalf: Who | None = None) -> str:
    """Write an order and send it in; returns its id. A clerk names the employer for whom he writes."""
    body = dict(form)
    if behalf is not None:
        body["employer_id"] = behalf.facts["employer_id"]
    title = what or f"发单：{body['title']}，{body['headcount']} 人"
    answer = await stage.ask(who, title, "POST", "/api/v1/orders/", body)
    order = str(answer["id"])
    stage.names[order] = body["title"].split("，")[0]
    if behalf is None and await stage.state("orders", order) == "O_REVIEW":
        await approve(stage, stage.people["驿站"], order)
    return order


async def approve(stage: Stage, who: Who, order: str) -> None:
    """Let a member of staff publish an order, the employer called back."""
    await stage.ask(who, "回访雇主，审核通过", "POST", f"/api/v1/orders/{order}/approve", {"call_back": "reached"})


async def apply(stage: Stage, who: Who, order: str, *, speaks: Who | None = None, what: str = "报名") -> str:
    """Apply for an order, himself or through the desk; returns the engagement."""
    body = {} if speaks is None else {"worker_id": str(who.id)}
    answer = await stage.ask(
        speaks or who, _for(what, who, speaks), "POST", f"/api/v1/orders/{order}/applications", body
    )
    stage.names[str(answer["id"])] = who.name
    return str(answer["id"])


async def offer(stage: Stage, who: Who, engagement: str) -> None:
    """The employer's side chooses."""
    name = stage.names.get(engagement, "")
    await stage.ask(who, f"选定 {name}", "POST", f"/api/v1/engagements/{engagement}/offer", {})


async def confirm(stage: Stage, who: Who, engagement: str, *, speaks: Who | None = None, what: str = "确认价格") -> str:
    """The worker confirms the price in the version that he reads; returns his first shift."""
    path = f"/api/v1/engagements/{engagement}"
    body = {"terms_version": (await stage.look(speaks or who, f"{path}/"))["terms_version"]}
    answer = await stage.ask(speaks or who, _for(what, who, speaks), "POST", f"{path}/confirm", body)
    for shift in answer["shifts"]:
        stage.names[str(shift["id"])] = who.name
    return str(answer["shifts"][0]["id"])


async def sign(stage: Stage, who: Who, engagement: str, *, speaks: Who | None = None) -> None:
    """Sign for the worker: with the code on his phone, or through the desk with a slip."""
    path = f"/api/v1/engagements/{engagement}/contract"
    if speaks is not None:
        await stage.ask(speaks, _for("签约", who, speaks), "POST", path, {"side": "worker"})
        return
    await stage.ask(who, "要签约验证码", "POST", f"{path}/code")
    await stage.ask(who, "看过约定，用验证码签约", "POST", path, {"code": await _code(stage, who)})


async def countersign(stage: Stage, boss: Who, order: str, engagement: str) -> None:
    """The employer signs for everybody whom he has chosen, with one code; it is asked for by one of their contracts."""
    await stage.ask(boss, "要签约验证码", "POST", f"/api/v1/engagements/{engagement}/contract/code")
    body = {"code": await _code(stage, boss)}
    await stage.ask(boss, "用验证码和选好的人签约", "POST", f"/api/v1/orders/{order}/contracts", body)


async def _code(stage: Stage, who: Who) -> str:
    """Return the code that came to somebody's own phone: others may have got theirs at the same instant."""
    for message in await messages.recent(stage.database, stage.secrets.sealer, 500):
        found = re.search(r"签约验证码 (\d+)", message.text)
        if found is not None and message.number == who.facts["phone"]:
            return found[1]
    raise PathError(f"no code came to {who.name}")


async def hire(stage: Stage, clerk: Who, who: Who, order: str, *, what: str = "当面谈定并签约") -> tuple[str, str]:
    """Both sides agree at the counter; returns engagement and first shift."""
    answer = await stage.ask(
        clerk, f"{what}：{who.name}", "POST", f"/api/v1/orders/{order}/hires", {"worker_id": str(who.id)}
    )
    stage.names[str(answer["id"])] = who.name
    for shift in answer["shifts"]:
        stage.names[str(shift["id"])] = who.name
    return str(answer["id"]), str(answer["shifts"][0]["id"])


async def taken(
    stage: Stage, who: Who, order: str, boss: Who, *, speaks: Who | None = None, how: str = ""
) -> tuple[str, str]:
    """Apply, be chosen, confirm and sign for the worker; the employer signs for all at the end (`countersign`).

    Returns engagement and first shift.
    """
    engagement = await apply(stage, who, order, speaks=speaks, what=how or "报名")
    await offer(stage, boss, engagement)
    shift = await confirm(stage, who, engagement, speaks=speaks, what=how or "确认价格")
    await sign(stage, who, engagement, speaks=speaks)
    return engagement, shift


async def come(stage: Stage, who: Who, shift: str, order: str) -> None:
    """Check in with the day's code that the employer tells at the gate."""
    code = attend.arrival_code(stage.secrets, _uuid(order), clock.business_date(stage.clock.now()))
    await stage.ask(
        who, "报到岗码签到", "POST", f"/api/v1/assignments/{shift}/arrive", {"method": "code", "code": code}
    )


async def finish(stage: Stage, who: Who, shift: str, *, quantity: float | None = None) -> None:
    """End the shift."""
    await stage.ask(who, "下班签退", "POST", f"/api/v1/assignments/{shift}/finish", {"quantity": quantity})


async def accept(stage: Stage, who: Who, shift: str, *, quantity: float | None = None) -> dict[str, Any]:
    """Recognise completion; returns the bill that follows."""
    name = stage.names.get(shift, "")
    await stage.ask(who, f"认定完工：{name}", "POST", f"/api/v1/assignments/{shift}/accept", {"quantity": quantity})
    return await bill_of(stage, who, shift)


async def bill_of(stage: Stage, who: Who, shift: str) -> dict[str, Any]:
    """Return the bill of a shift, as somebody who may see it reads it."""
    page = await stage.look(who, "/api/v1/bills?limit=100")
    found: dict[str, Any] = next(b for b in page["items"] if b["assignment_id"] == shift)
    stage.names[found["id"]] = stage.names.get(shift, "")
    return found


async def pay(
    stage: Stage, who: Who, bill: dict[str, Any], *, amount: int | None = None, channel: str = "cash", **more: Any
) -> str:
    """Record a payment; returns its id."""
    fen = bill["left_fen"] if amount is None else amount
    words = {"cash": "现金", "wechat": "微信", "bank": "银行卡"}[channel]
    name = stage.names.get(bill["id"], "")
    body = {"amount_fen": fen, "channel": channel, **more}
    answer = await stage.ask(
        who, f"付 {name} {fen / 100:g} 元（{words}）", "POST", f"/api/v1/bills/{bill['id']}/payments", body
    )
    return str(answer["payments"][-1]["id"])


async def received(stage: Stage, who: Who, payment: str, *, speaks: Who | None = None, **more: Any) -> dict[str, Any]:
    """The worker says that the money came."""
    answer: dict[str, Any] = await stage.ask(
        speaks or who,
        _for("收到了，签字", who, speaks),
        "POST",
        f"/api/v1/payments/{payment}/answer",
        {"received": True, **more},
    )
    return answer


def _for(what: str, who: Who, speaks: Who | None) -> str:
    return what if speaks is None else f"代 {who.name}：{what}"


def _uuid(text: str) -> Any:
    from uuid import UUID

    return UUID(text)
