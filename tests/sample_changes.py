"""Contexts of the pages about changed terms, substitutes, crews and frozen orders: what their controllers bring."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

At = Callable[..., datetime]


def found(at: At, **more: Any) -> dict[str, Any]:
    """Return what web.changes.of_order brings."""
    base = {
        "order": {"id": "7", "title": "工地小工", "state": "O_LOCKED", "wanted": 6},
        "proposals": [
            {
                "id": "p1", "who": "王师傅", "words": "工钱从 200.00 元改成 220.00 元", "by": "雇主提的", "state": "待对方答复",
                "due": at(0, 20), "note": "", "actions": [{"path": "take_back", "label": "收回", "tone": "plain"}],
            },
            {
                "id": "p2", "who": "李师傅", "words": "时间改成 3月11日 09:30 到 18:30", "by": "雇主提的", "state": "不同意", "due": None,
                "note": "要接孩子", "actions": [{"path": "insist", "label": "不改就不用他了", "tone": "danger"}],
            },
        ],
        "exchanges": [
            {"id": "x1", "old": "孙师傅", "new": "", "reason": "家里有事", "consented": True, "accepted": False},
            {"id": "x2", "old": "周师傅", "new": "吴师傅", "reason": "", "consented": False, "accepted": False},
            {"id": "x3", "old": "赵师傅", "new": "郑师傅", "reason": "", "consented": True, "accepted": True},
        ],
        "queue": [{"id": "w1", "name": "冯师傅", "no": 1}, {"id": "w2", "name": "陈师傅", "no": 2}],
        "bound": [{"id": "e1", "name": "王师傅"}, {"id": "e2", "name": "李师傅"}],
        "missing": 2, "choices": [{"value": "fewer", "label": "人少也开工，工钱照说好的"}, {"value": "cancel", "label": "不干了，取消"}],
        "helpers": [{"station": "大兴街道零工驿站", "people": 3}], "chosen": "", "changeable": True, "working": False, "reschedulable": False, "holds": [],
        "reasons": [{"value": "fee", "label": "向零工收费、收押金"}, {"value": "other", "label": "其他"}],
    }  # fmt: skip
    return base | more


def hold(at: At, **more: Any) -> dict[str, Any]:
    """Return a freezing as an order's page shows it."""
    base = {
        "why": "向零工收费、收押金", "note": "说要交50块体检费", "since": at(-1, 9), "due": at(1, 0), "findings": "", "outcome": "正在核查",
        "objection": "", "answer": "", "object_until": None,
    }  # fmt: skip
    return base | more


def pages(
    staff: dict[str, Any], worker: dict[str, Any], boss: dict[str, Any], *, at: At
) -> list[tuple[str, str, dict[str, Any]]]:
    """Return (name, template, context) of every page."""
    taken = hold(at, outcome="下架了", due=None, findings="收费截图两张", object_until=at(4, 0))
    line = {
        "order": "7", "title": "工地小工", "employer": "宏达建筑劳务", "trace_code": "K7X2M9QF", "why": "虚假用工", "note": "", "since": at(-1, 9),
        "due": at(1, 0), "late": True, "proposed": False, "findings": "", "objection": "",
    }  # fmt: skip
    return [
        ("employer-changes", "employer/changes.html", boss | {"found": found(at)}),
        ("employer-changes-work", "employer/changes.html", boss | {"found": found(at, working=True, changeable=False, missing=0, chosen="人少也开工")}),
        ("employer-changes-down", "employer/changes.html", boss | {"found": found(at, holds=[taken], proposals=[], exchanges=[], queue=[], bound=[], missing=0, changeable=False)}),
        ("employer-changes-rain", "employer/changes.html", boss | {"found": found(at, reschedulable=True, proposals=[], exchanges=[], queue=[], bound=[], missing=0, changeable=False)}),
        ("desk-changes", "desk/changes.html", staff | {"found": found(at, holds=[hold(at)]), "may_suspend": True}),
        ("desk-changes-work", "desk/changes.html", staff | {"found": found(at, working=True, changeable=False), "may_suspend": False}),
        ("my-changes", "portal/changes.html", worker | {
            "proposals": [
                {"id": "p1", "title": "工地小工", "words": "工钱从 200.00 元改成 220.00 元", "state": "待对方答复", "due": at(0, 20), "mine": False, "open": True},
                {"id": "p2", "title": "卸货", "words": "时间改成 3月11日 09:30 到 18:30", "state": "待对方答复", "due": at(0, 20), "mine": True, "open": True},
                {"id": "p3", "title": "卸货", "words": "地点改到 西关大街", "state": "已同意", "due": None, "mine": False, "open": False},
            ],
            "jobs": [{"id": "e1", "title": "工地小工", "start": at(1, 7, 30)}],
            "exchanges": [
                {"id": "x1", "title": "工地小工", "code": "K7X2M9QF", "consented": True, "entered": True, "accepted": False},
                {"id": "x2", "title": "卸货", "code": "", "consented": False, "entered": False, "accepted": False},
                {"id": "x3", "title": "卸货", "code": "K7X2M9QG", "consented": True, "entered": True, "accepted": True},
            ],
        }),
        ("my-changes-none", "portal/changes.html", worker | {"proposals": [], "jobs": [], "exchanges": []}),
        ("my-crew", "portal/crew.html", worker | {
            "led": [
                {"id": "c1", "name": "李家班", "code": "K7X2M9QF", "fee_fen": 1000, "members": [{"id": "m1", "name": "王师傅"}, {"id": "m2", "name": "李师傅"}]},
                {"id": "c2", "name": "新班", "code": "K7X2M9QH", "fee_fen": 0, "members": []},
            ],
            "joined": [{"id": "m9", "name": "赵家班"}],
        }),
        ("my-crew-none", "portal/crew.html", worker | {"led": [], "joined": []}),
        ("holds", "bureau/holds.html", staff | {"decides": True, "holds": [line, line | {"order": "8", "late": False, "proposed": True, "findings": "没有营业执照"}, line | {"order": "9", "late": False, "findings": "没有营业执照", "objection": "单位是真的"}]}),
        ("holds-operator", "bureau/holds.html", staff | {"decides": False, "holds": [line | {"proposed": True, "findings": "没有营业执照", "note": "有人举报"}]}),
        ("holds-none", "bureau/holds.html", staff | {"decides": True, "holds": []}),
    ]  # fmt: skip
