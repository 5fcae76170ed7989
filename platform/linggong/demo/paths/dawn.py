"""Paths a, b and g: a dawn at the station, a no-show who had an excuse, and a boy of fifteen."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from linggong.demo.paths import cast, steps
from linggong.demo.paths.stage import DAY, Stage

SIX = ("张保田", "李守义", "王桂英", "赵满仓", "刘铁柱", "陈秀兰")


async def path_a(stage: Stage) -> dict[str, Any]:
    """05:10 a farmer calls, six people for garlic; four by telephone, two from the queue; rain at 11; paid in cash and closed."""
    yesterday = DAY - timedelta(days=1)
    stage.clock.move_to(stage.at(15, 0, day=yesterday))
    await cast.staffed(stage, "驿站", "同事")
    clerk, colleague = stage.people["驿站"], stage.people["同事"]
    farmer = await cast.employer(stage, "蒜农老孙", agent="孙宝山", n=900, kind="individual", trusted=False)
    workers = await cast.workers(stage, SIX)
    last = await steps.post(
        stage,
        clerk,
        garlic(stage, yesterday + timedelta(days=1), headcount=2, hour=13),
        behalf=farmer,
        what="昨天那单：收蒜 2 人",
    )
    await steps.approve(stage, colleague, last)
    await stage.ask(clerk, "替雇主取消昨天那单", "POST", f"/api/v1/orders/{last}/cancel", {"reason": "employer"})

    await stage.until(stage.at(5, 10, day=DAY))
    stage.note("蒜农老孙", "打电话到驿站：照上次那单，今天要 6 个人收蒜")
    return await _garlic_day(stage, last, workers)


def garlic(stage: Stage, day: date, *, headcount: int, hour: int = 7) -> dict[str, Any]:
    """Return a post for the garlic harvest."""
    return cast.order_form(
        stage, title="收大蒜，管一顿饭", headcount=headcount, place="城东村北蒜地", starts_at=stage.at(hour, 0, day=day).isoformat(),
        ends_at=stage.at(hour + 10, 0, day=day).isoformat(), description="挖蒜、剪秆、装袋。", contact_name="孙师傅",
        conditions=["outdoor"], rain_rule="到场后因雨不开工，给 30% 误工补偿", source_channel="phone_intake",
    )  # fmt: skip


async def _garlic_day(stage: Stage, last: str, workers: list[Any]) -> dict[str, Any]:
    clerk = stage.people["驿站"]
    body = {"work_date": DAY.isoformat(), "submit": False}
    again = await stage.ask(clerk, "再来一单", "POST", f"/api/v1/orders/{last}/repeat", body)
    order = str(again["id"])
    stage.names[order] = "收大蒜"
    changes = {
        "headcount": 6, "starts_at": stage.at(7, 0, day=DAY).isoformat(), "ends_at": stage.at(17, 0, day=DAY).isoformat()
    }  # fmt: skip
    await stage.ask(clerk, "改成 6 人、07:00 开工", "PATCH", f"/api/v1/orders/{order}", changes)
    await stage.ask(clerk, "提交，清早自动过审", "POST", f"/api/v1/orders/{order}/submit", {})
    shifts = {}
    for n, who in enumerate(workers):
        if n == 0:
            await stage.until(stage.at(5, 25, day=DAY))
        if n == 4:
            await stage.until(stage.at(5, 40, day=DAY))
        how = ("手机报名谈定" if n < 2 else "按键答应，驿站代录") if n < 4 else "排队的，刷身份证补上"
        _, shifts[who.name] = await steps.hire(stage, clerk, who, order, what=how)
    await stage.until(stage.at(6, 10, day=DAY))
    stage.note("驿站", "面包车从驿站门口出发")
    await stage.until(stage.at(6, 40, day=DAY))
    for who in workers:
        await steps.come(stage, who, shifts[who.name], order)
    await stage.until(stage.at(11, 0, day=DAY))
    for who in workers:
        await stage.ask(
            clerk, f"下雨停工：{who.name}", "POST", f"/api/v1/assignments/{shifts[who.name]}/pause", {"cause": "rain"}
        )
    await stage.until(stage.at(13, 0, day=DAY))
    bills = {}
    for who in workers:
        bills[who.name] = await steps.accept(stage, clerk, shifts[who.name])
    await stage.until(stage.at(13, 30, day=DAY))
    for who in workers:
        payment = await steps.pay(stage, clerk, bills[who.name], witness="村会计老刘")
        await steps.received(stage, who, payment)
    await stage.until(stage.at(14, 0, day=DAY))
    return {
        "order": await stage.state("orders", order),
        "bills": [await stage.state("bills", b["id"]) for b in bills.values()],
        "totals": {b["total_fen"] for b in bills.values()},
        "kinds": sorted({line["kind"] for b in bills.values() for line in b["lines"]}),
    }


async def path_b(stage: Stage) -> dict[str, Any]:
    """A restaurant wants three; one does not come, the waitlist moves up; his bus had broken down: no credit effect."""
    stage.clock.move_to(stage.at(5, 30, day=DAY))
    await cast.staffed(stage, "驿站", "同事")
    colleague = stage.people["同事"]
    boss = await cast.employer(stage, "龙亭小宋城饭店", agent="宋经理", n=901)
    four = await cast.workers(stage, SIX[:4])
    form = cast.order_form(
        stage, title="饭店后厨帮工", headcount=3, starts_at=stage.at(9, 0, day=DAY).isoformat(),
        ends_at=stage.at(18, 0, day=DAY).isoformat(), description="洗菜、刷碗。",
    )  # fmt: skip
    order = await steps.post(stage, boss, form)
    shifts = {}
    for who in four[:3]:
        engagement, shifts[who.name] = await steps.taken(stage, who, order, boss)
    await steps.countersign(stage, boss, order, engagement)
    waiting = await steps.apply(stage, four[3], order)
    await stage.until(stage.at(8, 50, day=DAY))
    for who in four[1:3]:
        await steps.come(stage, who, shifts[who.name], order)
    late = four[0]
    stage.note(late.name, "坐的班车半路坏了，电话没打通")
    await stage.until(stage.at(9, 30, day=DAY))
    await stage.ask(
        boss,
        f"{late.name} 没来",
        "POST",
        f"/api/v1/assignments/{shifts[late.name]}/no-show",
        {"call_note": "打了两次没接"},
    )
    shift = await steps.confirm(stage, four[3], waiting, what="递补：愿意去，确认价格")
    await steps.sign(stage, four[3], waiting)
    await steps.countersign(stage, boss, order, waiting)
    await steps.come(stage, four[3], shift, order)
    await stage.until(stage.at(15, 0, day=DAY))
    contest = {"reason": "other", "words": "班车坏在路上，有客运站证明"}
    await stage.ask(late, "申诉：班车坏了", "POST", f"/api/v1/assignments/{shifts[late.name]}/no-show/contest", contest)
    decision = {"outcome": "withdrawn", "note": "客运站证明属实，不算没来"}
    await stage.ask(
        colleague, "申诉成立", "POST", f"/api/v1/assignments/{shifts[late.name]}/no-show/decision", decision
    )
    return {
        "order": await stage.state("orders", order),
        "late": await stage.state("assignments", shifts[late.name]),
        "promoted": await stage.state("assignments", shift),
        "waiting": await stage.state("engagements", waiting),
    }


async def path_g(stage: Stage) -> dict[str, Any]:
    """A boy of fifteen at the kiosk is refused; the clerk sees why, and no record of him is left."""
    stage.clock.move_to(stage.at(6, 0, day=DAY))
    await cast.staffed(stage, "驿站")
    clerk = stage.people["驿站"]
    born = date(DAY.year - 15, DAY.month, DAY.day)
    form = cast.worker_form(7, "小满", born=f"{born:%Y%m%d}")
    reason = await stage.refused(clerk, "给一个男孩登记", "POST", "/api/v1/workers", form)
    found = await stage.ask(clerk, "按身份证号查", "POST", "/api/v1/workers/search", {"q": form["worker"]["id_number"]})
    return {"reason": reason, "found": len(found["items"])}
