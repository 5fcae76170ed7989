"""Sample contexts of the pages of cases, injuries and the public look at a receipt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

_FIELDS = [
    {"name": "words", "label": "怎么说的", "type": "area", "options": [], "hint": "", "required": True, "value": ""},
    {"name": "amount", "label": "付给零工多少", "type": "money", "options": [], "hint": "最多 40 元", "required": True, "value": ""},
    {
        "name": "side", "label": "哪一方", "type": "select", "options": [{"value": "worker", "label": "零工"}], "hint": "",
        "required": True, "value": "",
    },
    {"name": "inside", "label": "只给工作人员看", "type": "check", "options": [], "hint": "", "required": False, "value": ""},
    {"name": "number", "label": "对方登记号", "type": "text", "options": [], "hint": "", "required": True, "value": ""},
]  # fmt: skip
_HIDDEN = {"name": "offer_id", "label": "", "type": "hidden", "options": [], "hint": "", "required": True, "value": "7"}


def pages(
    staff: dict[str, Any], worker: dict[str, Any], anyone: dict[str, Any], *, at: Callable[..., datetime]
) -> list[tuple[str, str, dict[str, Any]]]:
    """Return (name, template, context)."""
    forms = [
        {"id": "offer", "url": "/desk/cases/7/side/offer", "label": "记一方的方案", "tone": "plain", "intro": "", "fields": _FIELDS, "open": True},
        {"id": "sign", "url": "/desk/cases/7/side/sign", "label": "同意，签字", "tone": "", "intro": "付给零工 30 元。", "fields": [_HIDDEN], "open": False},
    ]  # fmt: skip
    item = {
        "heading": "纠纷 3QKX7MNP", "state": "协商中", "tone": "work", "warnings": ["首次联系超时"],
        "facts": [{"label": "反映的事", "value": "二十平方没抹平"}, {"label": "要求", "value": ""}],
        "notes": [{"at": at(0, 9), "who": "工作人员", "what": "联系双方", "text": "两边都打通了"}],
        "offers": [{"text": "用工方提出：付给零工 30 元。", "state": "待签", "tone": "wait"}],
        "papers": ["考勤照片：还没交"], "referrals": ["人民法院 (2026)9号，等回复"],
    }  # fmt: skip
    rows = [
        {
            "href": "/desk/cases/7", "title": "工资 3QKX7MNP", "state": "已登记", "tone": "wait", "late": True,
            "due": "受理，03-11 10:00 前", "sub": "李师傅反映：工地小工",
        }
    ]  # fmt: skip
    listing = {
        "heading": "投诉和纠纷", "lead": "首问负责", "tabs": [{"label": "在办", "href": "/desk/cases", "here": True}], "rows": rows,
        "nothing": "没有要办的件", "forms": forms, "more_href": "/desk/cases?after=x", "tab_key": "cases",
    }  # fmt: skip
    one = {
        "item": item,
        "forms": forms,
        "back": {"href": "/desk/cases", "label": "回列表"},
        "tab_key": "cases",
        "help": None,
    }
    status = {
        "kind": "工资", "state": "协商中", "created_at": at(-1, 9), "lines": ["已经有人受理", "还要交：考勤照片"], "outcome": "",
    }  # fmt: skip
    report = {
        "form": {"values": {"trace_code": "K7X2M9QF"}, "errors": {}}, "fault": "",
        "kinds": [{"value": "wage", "label": "工资"}, {"value": "agency", "label": "黑中介"}],
        "places": [{"value": "/4102/25/", "label": "兰考县"}],
    }  # fmt: skip
    return [
        ("cases", "desk/case_list.html", staff | listing),
        ("cases-none", "desk/case_list.html", staff | listing | {"rows": [], "forms": [], "tabs": [], "lead": "", "more_href": ""}),
        ("case", "desk/case.html", staff | one),
        ("my-cases", "portal/case_list.html", worker | listing | {"tab_key": "me"}),
        ("my-case", "portal/case.html", worker | one | {"tab_key": "me"}),
        ("my-injury", "portal/case.html", worker | one | {"tab_key": "me", "help": {"emergency": "120", "station": "东关驿站", "phone": "0371-22880001"}}),
        ("case-status", "portal/case_status.html", anyone | {"receipt": "3QKX7MNP", "fault": "", "found": status}),
        ("report", "portal/report.html", anyone | report | {"made": None}),
        ("report-wrong", "portal/report.html", anyone | report | {"made": None, "fault": "举报太多次了", "form": {"values": {"kind": "wage"}, "errors": {"claim": "请写清楚。"}}}),
        ("report-made", "portal/report.html", anyone | report | {"made": {"receipt": "3QKX7MNP", "digits": "0427", "told": True}}),
        ("case-status-wrong", "portal/case_status.html", anyone | {"receipt": "", "fault": "受理号和尾号对不上", "found": None}),
    ]  # fmt: skip
