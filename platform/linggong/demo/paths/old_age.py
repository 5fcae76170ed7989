"""Path f: nobody insures a man of sixty-seven; both sides know and agree all the same; later he hurts his ankle."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from linggong.demo.paths import cast, steps
from linggong.demo.paths.stage import DAY, Stage


async def path_f(stage: Stage) -> dict[str, Any]:
    """67: refused by age, the employer warned and the worker told aloud, a waiver, the over-age form; an ankle, path 82."""
    stage.clock.move_to(stage.at(5, 0, day=DAY))
    await cast.staffed(stage, "驿站", "县局")
    clerk, bureau = stage.people["驿站"], stage.people["县局"]
    product = {
        "code": "LG-JB", "name": "零工基本意外险", "insurer": "某保险公司", "kind": "basic", "payer": "government",
        "premium_day_fen": 50, "death_fen": 30_000_000, "medical_fen": 3_000_000, "min_age": 16, "max_age": 65,
        "classes": [1, 2, 3, 4], "made_up": True, "place": cast.COUNTY,
    }  # fmt: skip
    await stage.ask(bureau, "登记保险产品：16 到 65 岁", "POST", "/api/v1/cover/products", product)
    boss = await cast.employer(stage, "龙亭小宋城饭店", agent="宋经理", n=901)
    (old,) = await cast.workers(stage, ["赵满仓"], born=f"{DAY.year - 67}0301")
    (mate,) = await cast.workers(stage, ["李守义"], first=2)
    form = cast.order_form(stage, title="看门打扫", headcount=2, description="看门、扫院子。", legal_form="over_age")
    order = await steps.post(stage, boss, form)
    engagement = await steps.apply(stage, old, order)
    await steps.offer(stage, boss, engagement)
    shift = await steps.confirm(stage, old, engagement)
    path = f"/api/v1/engagements/{engagement}"
    told = await stage.look(old, f"{path}/cover/")
    await steps.countersign(stage, boss, order, engagement)
    await steps.sign(stage, old, engagement)
    before = await stage.state("engagements", engagement)
    await stage.ask(
        boss, "声明：没有保险也用他，出事自己担", "POST", f"{path}/cover/waiver", {"reason": "年龄超了，保险公司不收"}
    )
    warned = await stage.look(old, f"{path}/cover/")
    text_hash = warned["waiver"]["text_hash"]
    stage.note("驿站", "把没有保险的风险念给他听")
    await stage.ask(old, "听明白了，还去", "POST", f"{path}/cover/waiver/acknowledgement", {"text_hash": text_hash})
    after = await stage.state("engagements", engagement)
    await stage.until(stage.at(7, 10, day=DAY))
    await steps.come(stage, old, shift, order)
    await stage.until(stage.at(14, 0, day=DAY))
    report = {"assignment_id": shift, "place": "院子台阶", "words": "下台阶崴了脚", "can_go_on": False}
    helped = await stage.ask(old, "受伤了（一键报案，显示 120 和驿站电话）", "POST", "/api/v1/injuries/", report)
    injury = helped["injury_id"]
    stage.names[injury] = old.name
    where = f"/api/v1/injuries/{injury}"
    await stage.until(stage.at(15, 0, day=DAY))
    await stage.ask(clerk, "打电话核实", "POST", f"{where}/called", {"words": "人在家，脚肿了"})
    await stage.ask(clerk, "上门看", "POST", f"{where}/visited", {"words": "到家看过，有医院片子"})
    for name, role, words in (
        (old.name, "worker", "下台阶踩空崴了脚"),
        (mate.name, "passer_by", "看见他坐在台阶上起不来"),
    ):
        await stage.ask(
            clerk, f"记 {name} 的话", "POST", f"{where}/statements", {"name": name, "role": role, "words": words}
        )
    await stage.ask(clerk, "核实完", "POST", f"{where}/verify", {})
    claim = {"claim": "没有保险，医药费请雇主商量着出", "amount_fen": 150_000}
    await stage.ask(old, "没有保险，找雇主协商赔偿", "POST", f"{where}/civil", claim)
    await steps.accept(stage, boss, shift)
    bill = await steps.bill_of(stage, boss, shift)
    await stage.until(stage.at(1, 0, day=DAY + timedelta(days=1)))
    cases = (await stage.look(old, "/api/v1/cases/?which=open"))["items"]
    return {
        "cover": told["state"], "before": before, "after": after, "injury": await stage.state("injuries", injury),
        "cases": [c["state"] for c in cases], "wage": await stage.state("bills", bill["id"], "wage_state"),
        "paid_for": bill["total_fen"] > 0,
    }  # fmt: skip
