"""Paths h and i: a forecast of 41 degrees, and work that is not what was posted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from linggong.demo.paths import cast, steps
from linggong.demo.paths.dawn import SIX
from linggong.demo.paths.stage import DAY, Stage


async def path_h(stage: Stage) -> dict[str, Any]:
    """41 degrees are forecast: one order moves to the early hours, the other ends by the weather before five."""
    eve = DAY - timedelta(days=1)
    stage.clock.move_to(stage.at(9, 0, day=eve))
    await cast.staffed(stage, "驿站", "市局")
    city = stage.people["市局"]
    moving = await cast.employer(stage, "早起园林公司", agent="康经理", n=905)
    staying = await cast.employer(stage, "不改工程队", agent="倪队长", n=906)
    people = await cast.workers(stage, SIX[:2])
    orders, engagements = {}, {}
    for boss, who in ((moving, people[0]), (staying, people[1])):
        form = cast.order_form(
            stage, title=f"{boss.name[:2]}户外栽树", headcount=1, conditions=["outdoor"], starts_at=stage.at(11, 0, day=DAY).isoformat(),
            ends_at=stage.at(16, 0, day=DAY).isoformat(), meal_minutes=0, description="挖坑栽树。",
        )  # fmt: skip
        orders[boss.name] = await steps.post(stage, boss, form)
        engagements[boss.name], _ = await steps.taken(stage, who, orders[boss.name], boss)
        await steps.countersign(stage, boss, orders[boss.name], engagements[boss.name])
    await stage.until(stage.at(17, 0, day=eve))
    alert = {
        "kind": "heat", "level": "red", "temperature_c": 41, "begins_at": stage.at(10, 0, day=DAY).isoformat(),
        "ends_at": stage.at(18, 0, day=DAY).isoformat(), "source": "市气象台", "number": "高温红色2026-08",
    }  # fmt: skip
    await stage.ask(city, "录入高温红色预警：明天 41 度", "POST", "/api/v1/weather/alerts/", alert)
    early = {
        "kind": "time", "starts_at": stage.at(5, 0, day=DAY).isoformat(), "ends_at": stage.at(10, 0, day=DAY).isoformat(),
        "reason": "避开高温",
    }  # fmt: skip
    changes = await stage.ask(
        moving, "改到 05:00-10:00", "POST", f"/api/v1/orders/{orders[moving.name]}/terms-changes/", early
    )
    await stage.ask(people[0], "同意改时间", "POST", f"/api/v1/terms-changes/{changes[0]['id']}/agree", {})
    await stage.until(stage.at(5, 0, day=DAY))
    return {
        "moved": await stage.state("orders", orders[moving.name]) not in ("O_CANCELLED", "O_EXPIRED"),
        "stayed": await stage.state("orders", orders[staying.name]),
        "why": await stage.state("orders", orders[staying.name], "end_reason"),
        "worker": await stage.state("engagements", engagements[staying.name]),
    }


async def path_i(stage: Stage) -> dict[str, Any]:
    """It was posted as cleaning and is demolition: four leave at the gate with compensation; the order is frozen."""
    stage.clock.move_to(stage.at(5, 0, day=DAY))
    await cast.staffed(stage, "驿站")
    boss = await cast.employer(stage, "说变就变保洁", agent="边经理", n=907)
    four = await cast.workers(stage, SIX[:4])
    order = await steps.post(
        stage, boss, cast.order_form(stage, title="开荒保洁", headcount=4, description="擦玻璃、扫地。")
    )
    shifts = {}
    for who in four:
        engagement, shifts[who.name] = await steps.taken(stage, who, order, boss)
    await steps.countersign(stage, boss, order, engagement)
    await stage.until(stage.at(7, 10, day=DAY))
    for who in four:
        await steps.come(stage, who, shifts[who.name], order)
    stage.note("工地", "让他们抡大锤拆墙")
    for who in four:
        body = {"what": "trade", "statement": "说是保洁，到场是拆墙，没有防护"}
        await stage.ask(who, "活不符，不干了", "POST", f"/api/v1/assignments/{shifts[who.name]}/differs", body)
    bills = (await stage.look(boss, f"/api/v1/bills?order_id={order}&limit=100"))["items"]
    return {
        "shifts": sorted({await stage.state("assignments", s) for s in shifts.values()}),
        "order": await stage.state("orders", order),
        "bills": len(bills), "kinds": sorted({line["kind"] for b in bills for line in b["lines"]}),
        "totals": sorted({b["total_fen"] for b in bills}),
    }  # fmt: skip
