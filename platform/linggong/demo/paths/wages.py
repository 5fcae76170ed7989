"""Paths c, d, e and j: a crew's eight wages, quality in dispute, twelve people unpaid, and a payment that did not come."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from typing import Any

from linggong.demo.paths import cast, steps
from linggong.demo.paths.dawn import SIX
from linggong.demo.paths.stage import DAY, Stage, Who

EIGHT = (*SIX, "孙二牛", "周来喜")
TWELVE = (*EIGHT, "吴大山", "郑小七", "冯春生", "蒋有福")


def account(n: int) -> str:
    """Return a made-up card number whose last digit is right (Luhn)."""
    body = f"622202100111{n:06d}"
    digits = [int(c) * (2 if i % 2 == 0 else 1) for i, c in enumerate(reversed(body))]
    return body + str(-sum(d - 9 if d > 9 else d for d in digits) % 10)


async def _worked(stage: Stage, boss: Who, people: list[Who], **changes: Any) -> tuple[str, dict[str, str]]:
    """Post, hire, come and work until the evening; returns the order and each one's shift."""
    order = await steps.post(stage, boss, cast.order_form(stage, headcount=len(people), **changes))
    shifts = {}
    for who in people:
        engagement, shifts[who.name] = await steps.taken(stage, who, order, boss)
    await steps.countersign(stage, boss, order, engagement)
    await stage.until(stage.at(7, 0, day=DAY))
    for who in people:
        await steps.come(stage, who, shifts[who.name], order)
    await stage.until(stage.at(16, 30, day=DAY))
    return order, shifts


async def path_c(stage: Stage) -> dict[str, Any]:
    """A crew of eight: its leader may not take their wages; eight bills, seven by WeChat, one in cash."""
    stage.clock.move_to(stage.at(5, 0, day=DAY))
    await cast.staffed(stage, "驿站")
    boss = await cast.employer(stage, "开封建筑公司", agent="王经理", n=902)
    crew = [(await cast.workers(stage, [name], first=n, bank_account=account(n)))[0] for n, name in enumerate(EIGHT, 1)]
    leader = crew[0]
    made = await stage.ask(leader, "建班组：保田瓦工班", "POST", "/api/v1/crews/", {"name": "保田瓦工班"})
    for who in crew[1:]:
        await stage.ask(who, "自己输口令加入班组", "POST", "/api/v1/crews/join", {"code": made["code"]})
    form = cast.order_form(stage, title="砌墙八人班组", headcount=8, pay_channel="wechat", crew_allowed=True)
    order = await steps.post(stage, boss, form)
    members = (await stage.look(leader, "/api/v1/crews/"))[0]["members"]
    if str(leader.id) not in {m["person_id"] for m in members}:
        await steps.apply(stage, leader, order)
    body = {"order_id": order, "members": [m["id"] for m in members]}
    await stage.ask(leader, "替全班报名，各人自己确认", "POST", f"/api/v1/crews/{made['id']}/sign-ups", body)
    roster = {line["worker_id"]: line["id"] for line in await stage.look(boss, f"/api/v1/orders/{order}/roster")}
    shifts = {}
    for who in crew:
        engagement = str(roster[str(who.id)])
        stage.names[engagement] = who.name
        await steps.offer(stage, boss, engagement)
        shifts[who.name] = await steps.confirm(stage, who, engagement)
        await steps.sign(stage, who, engagement)
    await steps.countersign(stage, boss, order, engagement)
    await stage.until(stage.at(7, 0, day=DAY))
    for who in crew:
        await steps.come(stage, who, shifts[who.name], order)
    await stage.until(stage.at(16, 30, day=DAY))
    bills = []
    for who in crew:
        await steps.finish(stage, who, shifts[who.name])
        bills.append(await steps.accept(stage, boss, shifts[who.name]))
    refusals = []
    for who, bill in list(zip(crew, bills, strict=True))[1:3]:
        payment = {"amount_fen": bill["left_fen"], "channel": "bank", "voucher": "D1", "payee_account": account(1)}
        path = f"/api/v1/bills/{bill['id']}/payments"
        refusals.append(await stage.refused(boss, f"按班长说的，把 {who.name} 的钱打到班长卡上", "POST", path, payment))
    for n, (who, bill) in enumerate(zip(crew, bills, strict=True)):
        more: dict[str, Any] = {} if n == 7 else {"channel": "wechat", "voucher": f"WX{n:04d}"}
        await steps.received(stage, who, await steps.pay(stage, boss, bill, **more))
    return {
        "order": await stage.state("orders", order), "bills": [await stage.state("bills", b["id"]) for b in bills],
        "refused": len(refusals), "why": refusals[0],
    }  # fmt: skip


async def path_d(stage: Stage) -> dict[str, Any]:
    """The employer disputes 20 of 100 square metres: 80 are paid the same day, the 20 are mediated to 10."""
    stage.clock.move_to(stage.at(5, 0, day=DAY))
    await cast.staffed(stage, "驿站", "县局", "调解")
    clerk, bureau, mediator = (stage.people[n] for n in ("驿站", "县局", "调解"))
    boss = await cast.employer(stage, "开封装饰公司", agent="钱经理", n=903)
    (worker,) = await cast.workers(stage, ["张保田"])
    order, shifts = await _worked(
        stage, boss, [worker], title="内墙刷漆", pay_unit="piece", pay_fen=1500, piece_name="平方", pieces_per_day=100,
        description="刷两遍乳胶漆。",
    )  # fmt: skip
    shift = shifts[worker.name]
    await steps.finish(stage, worker, shift, quantity=100)
    part = {"reason": "quality", "words": "北墙 20 平方起皮", "quantity": 20}
    await stage.ask(boss, "只认 80 平方，20 平方有争议", "POST", f"/api/v1/assignments/{shift}/accept-part", part)
    photo = {"photo": b64encode(b"\xff\xd8\xff wall").decode(), "words": "北墙起皮的照片"}
    await stage.ask(boss, "拍照举证", "POST", f"/api/v1/assignments/{shift}/evidence", photo)
    bill = await steps.bill_of(stage, boss, shift)
    first = await steps.pay(stage, boss, bill, amount=bill["left_fen"] - bill["held_fen"])
    await steps.received(stage, worker, first)
    case = (await stage.look(worker, "/api/v1/cases/?which=open"))["items"][0]["id"]
    stage.names[case] = worker.name
    await stage.until(stage.at(9, 0, day=DAY + timedelta(days=1)))
    roster = {
        "staff_id": str(mediator.id), "path": cast.COUNTY, "certificate": "调字2025-017", "issued_by": "市司法局",
        "valid_from": "2025-01-01", "valid_to": "2027-12-31",
    }  # fmt: skip
    await stage.ask(bureau, "调解员入册", "POST", "/api/v1/mediators", roster)
    path = f"/api/v1/cases/{case}"
    await stage.ask(clerk, "联系双方，开始协商", "POST", f"{path}/contact", {"words": "两边都打过电话"})
    await stage.ask(mediator, "双方同意调解", "POST", f"{path}/mediate", {})
    await stage.ask(mediator, "到现场看墙", "POST", f"{path}/hearings", {"words": "起皮约十平方，双方认可"})
    half = bill["held_fen"] // 2
    offered = await stage.ask(
        mediator, "调解方案：按 10 平方付", "POST", f"{path}/offers", {"amount_fen": half, "words": "各担一半"}
    )
    offer = offered["offers"][-1]["id"]
    await stage.ask(worker, "在协议上签字", "POST", f"{path}/offers/{offer}/sign", {})
    await stage.ask(boss, "在协议上签字", "POST", f"{path}/offers/{offer}/sign", {})
    last = await steps.pay(stage, boss, await steps.bill_of(stage, boss, shift))
    await steps.received(stage, worker, last)
    return {
        "case": await stage.state("cases", case), "bill": await stage.state("bills", bill["id"]), "held": bill["held_fen"],
        "total": int(await stage.state("bills", bill["id"], "total_fen")), "order": await stage.state("orders", order),
    }  # fmt: skip


async def path_e(stage: Stage) -> dict[str, Any]:
    """The employer vanishes with twelve people unpaid: arrears at once, referred the same day, no new posts anywhere."""
    stage.clock.move_to(stage.at(5, 0, day=DAY))
    await cast.staffed(stage, "驿站", "县局")
    bureau = stage.people["县局"]
    boss = await cast.employer(stage, "跑路食品厂", agent="何老板", n=904)
    people = await cast.workers(stage, TWELVE)
    order, shifts = await _worked(stage, boss, people, title="装箱工十二人")
    for who in people:
        await steps.finish(stage, who, shifts[who.name])
    stage.note("跑路食品厂", "电话关机，厂门上锁")
    await stage.until(stage.at(13, 0, day=DAY + timedelta(days=1)))
    bills = (await stage.look(bureau, f"/api/v1/bills?order_id={order}&limit=100"))["items"]
    arrears = [b["wage_state"] for b in bills]
    referral = {"bill_ids": [b["id"] for b in bills], "authority": "县劳动保障监察大队", "number": "兰劳监2026-31"}
    await stage.ask(
        bureau, "整案转劳动监察，附合同、考勤、工资单、催告记录", "POST", "/api/v1/arrears/referrals", referral
    )
    whys = []
    for place in ("410202003000", "410221103000"):
        form = cast.order_form(stage, title="又招装箱工", division_code=place)
        day = DAY + timedelta(days=2)
        form |= {"starts_at": stage.at(8, 0, day=day).isoformat(), "ends_at": stage.at(17, 0, day=day).isoformat()}
        whys.append(await stage.refused(boss, "换个县再发单", "POST", "/api/v1/orders/", form))
    return {
        "bills": len(bills), "arrears": sorted(set(arrears)), "why": whys[0], "refused": len(whys),
        "now": sorted({await stage.state("bills", b["id"], "wage_state") for b in bills}),
    }  # fmt: skip


async def path_j(stage: Stage) -> dict[str, Any]:
    """The employer shows a screenshot, the worker says that it came short: the bill opens for the gap, a bank line is asked for."""
    stage.clock.move_to(stage.at(5, 0, day=DAY))
    await cast.staffed(stage, "驿站")
    clerk = stage.people["驿站"]
    boss = await cast.employer(stage, "龙亭小宋城饭店", agent="宋经理", n=901)
    (worker,) = await cast.workers(stage, ["王桂英"])
    order, shifts = await _worked(stage, boss, [worker], title="后厨洗碗", pay_channel="wechat")
    await steps.finish(stage, worker, shifts[worker.name])
    bill = await steps.accept(stage, boss, shifts[worker.name])
    payment = await steps.pay(stage, boss, bill, channel="wechat", voucher="截图：微信转账 200 元")
    denied = {"received": False, "got_fen": 12000, "note": "只到了 120 元"}
    await stage.ask(worker, "说少了：只收到 120 元", "POST", f"/api/v1/payments/{payment}/answer", denied)
    after = await steps.bill_of(stage, boss, shifts[worker.name])
    case = (await stage.look(worker, "/api/v1/cases/?which=open"))["items"][0]["id"]
    await stage.until(stage.at(9, 0, day=DAY + timedelta(days=1)))
    await stage.ask(clerk, "联系双方", "POST", f"/api/v1/cases/{case}/contact", {"words": "两边都问过"})
    await stage.ask(
        clerk,
        "一次告知：请雇主交银行流水",
        "POST",
        f"/api/v1/cases/{case}/papers",
        {"names": ["当日微信账单或银行流水"]},
    )
    return {
        "bill": after["state"], "left": after["left_fen"], "claim": await stage.state("payments", payment),
        "voucher": await stage.state("payments", payment, "voucher"), "case": await stage.state("cases", case),
        "order": await stage.state("orders", order),
    }  # fmt: skip
