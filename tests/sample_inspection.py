"""Contexts of the pages of inspections, cards, stars and removals."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from types import SimpleNamespace as View
from typing import Any

import msgspec

from linggong.inspection import checklists, wording

Page = tuple[str, str, dict[str, Any]]


def pages(staff: dict[str, Any], anyone: dict[str, Any], now: datetime) -> list[Page]:
    """Return (name of the picture, template, context) of the pages of inspections and their states."""
    items = list(checklists.built_in()["station"].items)
    seen = View(item="sign", requirement="R025", title="站牌", passed=True, words="", expires_on=None, photos=["p1"])
    bad = View(
        item="exit",
        requirement="R035",
        title="疏散通道和安全出口",
        passed=False,
        words="门口堆了杂物。",
        expires_on=None,
        photos=["p2", "p3"],
    )
    task = View(
        id="t1", site="兰阳街道零工驿站", node_id="n1", draw_id="d1", kind="joint", kind_words="联合检查", title="零工驿站检查表", version=0,
        items=items, inspectors=["马丽（县人社局）", "钱程（协同部门）"], due_on=date(2026, 12, 1), state="open", late=False, done_at=None, note="",
        mine=True, results=[seen],
    )  # fmt: skip
    late = View(**vars(task) | {"id": "t2", "site": "堌阳镇零工驿站", "late": True, "results": []})
    over = View(**vars(task) | {"id": "t3", "state": "done", "done_at": now, "results": [seen, bad]})
    step = View(
        step="mended",
        step_words="报整改",
        words="杂物清走了，贴了标志。",
        due_on=None,
        made_at=now,
        made_name="李敏",
        photos=["p4"],
    )
    finding = View(
        id="f1", site="兰阳街道零工驿站", requirement="R035", title="疏散通道和安全出口", words="门口堆了杂物。", serious=True, state="F_OPEN",
        state_words="待整改", due_on=date(2026, 12, 9), overdue=True, of_card=False, mended_by_me=False, made_at=now, steps=[],
    )  # fmt: skip
    mended = View(
        **vars(finding)
        | {"id": "f2", "state": "F_MENDED", "state_words": "已整改，待复查", "overdue": False, "steps": [step]}
    )
    proof = [{"kind": "finding", "id": "f1", "words": "疏散通道和安全出口：门口堆了杂物。"}]
    proposal = View(
        id="q1", node_id="n1", site="兰阳街道零工驿站", kind="yellow", kind_words=wording.YELLOW, source_words="整改逾期", words="“安全出口”到期没有整改到位。",
        evidence=proof, made_at=now - timedelta(hours=4),
    )  # fmt: skip
    removal = View(**vars(proposal) | {"id": "q2", "kind": "removal", "kind_words": "除名", "source_words": "黄牌逾期"})
    card = View(id="c1", site="兰阳街道零工驿站", colour="yellow", title=wording.YELLOW, words="安全出口堵塞", state_words="黄牌，整改中", due_on=date(2026, 12, 24), letter_id="l1", given_at=now, given_name="罗志华")  # fmt: skip
    award = View(
        **vars(card)
        | {
            "id": "c2",
            "colour": "award",
            "title": wording.RED_AWARD,
            "words": "全年零投诉",
            "state_words": "奖励",
            "due_on": None,
        }
    )
    options = [{"value": "n1", "label": "兰阳街道零工驿站"}, {"value": "n2", "label": "堌阳镇零工驿站"}]
    form: dict[str, Any] = {"values": {"due_on": "2026-12-09", "kinds": ["station"]}, "errors": {}}
    kinds = [{"value": k, "label": v.kind_words} for k, v in checklists.built_in().items()]
    people = [{"value": "s1", "label": "马丽（县人社局）"}, {"value": "s2", "label": "钱程（协同部门）"}]
    hands = [{"name": "马丽", "office": "县人社局"}, {"name": "钱程", "office": "协同部门"}]
    draw = View(id="d1", seed="三月第二周", joint=True, pool=[{"name": "兰阳街道零工驿站"}, {"name": "堌阳镇零工驿站"}], inspectors=hands, picked=[{"name": "兰阳街道零工驿站", "inspectors": hands}], drawn_at=now, drawn_name="罗志华", repeats=True)  # fmt: skip
    parts = [
        View(label=p, points=None if p == "群众口碑" else 13.5, most=20, words="3 / 4 项")
        for p in ("服务职能", "用工登记", "招工成交", "群众口碑", "现场检查")
    ]
    star = View(node_id="n1", name="兰阳街道零工驿站", stars=4, score=83.2, parts=parts, note="")
    unrated = View(
        **vars(star)
        | {"node_id": "n2", "name": "堌阳镇零工驿站", "stars": 0, "score": None, "note": "还没有检查过，不评星"}
    )
    public = View(
        name="兰阳街道零工驿站",
        stars=4,
        score=83.2,
        first=date(2026, 7, 1),
        last=date(2026, 9, 30),
        note="有黄牌，最多两星",
    )
    best = View(title="十佳驿站", year=2026, places=[{"name": "兰阳街道零工驿站", "stars": 4}, {"name": "堌阳镇零工驿站", "stars": None}], published_on=date(2026, 11, 2))  # fmt: skip
    told = View(site="兰阳街道零工驿站", target="堌阳镇零工驿站", moves={"用工订单": 3, "服务对象": 212}, ends={"大屏和自助机": 2, "工作人员岗位": 1}, serious=True, against=[])  # fmt: skip
    shut = View(**vars(told) | {"target": "", "moves": {}, "against": ["请选一个接收的站点。"], "serious": False})
    past = [
        {
            "site": "旧站",
            "target": "堌阳镇零工驿站",
            "at": now,
            "by": "罗志华",
            "grounds": "长期不开门",
            "letter": "l2",
            "moved": ["用工订单 3"],
        }
    ]
    rows = [*[msgspec.to_builtins(i) for i in items[:2]], {"key": "", "requirement": "", "title": "", "passes": "", "photo": False, "serious": False, "dated": False, "row": None}]  # fmt: skip
    log = [
        View(
            version=2, set_name="罗志华", set_at=now, reason="增加制度上墙", source="局务会", changed=["加了“制度上墙”"]
        )
    ]
    day, ask = {"today": now.date(), "form": form}, {"form": form, "sites": options}
    cards = ask | day | {"award": wording.RED_AWARD, "yellow": wording.YELLOW, "may_remove": True, "held": None}
    return [
        ("inspection_mine", "inspection/mine.html", staff | {"rows": [task, late, over], "waiting": [mended]}),
        ("inspection_mine_none", "inspection/mine.html", staff | {"rows": [], "waiting": []}),
        ("inspection_task", "inspection/task.html", staff | day | {"task": task, "done": {"sign": seen}, "may": True, "may_cancel": True, "findings": [], "letter": False}),
        ("inspection_done", "inspection/task.html", staff | day | {"task": over, "done": {"sign": seen, "exit": bad}, "may": False, "may_cancel": False, "findings": [finding, mended], "letter": True}),
        ("mending", "inspection/mending.html", staff | {"rows": [finding, mended]}),
        ("finding_mend", "inspection/finding.html", staff | day | {"one": finding, "may_mend": True, "may_check": False}),
        ("finding_check", "inspection/finding.html", staff | day | {"one": mended, "may_mend": False, "may_check": True}),
        ("inspection_plan", "inspection/plan.html", staff | day | {"rows": [task, late, over], "draws": [draw], "findings": [finding, mended], "may": True, "sites": options, "kinds": kinds, "people": people}),
        ("inspection_draw", "inspection/draw.html", staff | {"draw": draw}),
        ("checklists", "inspection/checklists.html", staff | {"checklist": checklists.built_in()["station"], "kinds": kinds, "kind": "station", "rows": rows, "log": log, "may": True, "form": form}),
        ("cards", "inspection/cards.html", staff | cards | {"proposals": [proposal, removal], "cards": [card, award], "may": True, "site": "n1", "held": View(state="C_WARNED", state_words="黄牌，整改中", due_on=None), "evidence": [{"value": "result:r1", "label": "疏散通道：不合格"}]}),
        ("cards_none", "inspection/cards.html", staff | cards | {"proposals": [], "cards": [], "may": False, "site": "", "evidence": []}),
        ("removal", "inspection/remove.html", staff | ask | {"site": "n1", "target": "n2", "proposal": "q2", "told": told, "past": past}),
        ("removal_not", "inspection/remove.html", staff | ask | {"site": "n1", "target": "", "proposal": "", "told": shut, "past": []}),
        ("stars", "inspection/stars.html", staff | day | {"rows": [star, unrated], "first": date(2026, 7, 1), "last": date(2026, 9, 30), "published": [public], "lists": [best], "titles": [{"value": "十佳驿站", "label": "十佳驿站"}], "may": True}),
        ("stars_public", "public/stars.html", anyone | {"rows": [public], "lists": [best]}),
    ]  # fmt: skip
