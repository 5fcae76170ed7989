"""Contexts of the pages of the offices: staff, posts, operators, contracts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

ID = UUID(int=7)
NAV = [
    {"key": "staff", "href": "/office/staff", "label": "人员", "kbd": ""},
    {"key": "operators", "href": "/office/operators", "label": "运营方", "kbd": ""},
    {"key": "parameters", "href": "/bureau/parameters", "label": "参数", "kbd": ""},
]
PLACES = ["龙亭区 /4102/02/", "大兴街道 /4102/02/003/", "大兴街道零工驿站 /4102/02/003/s01/"]
POST = {
    "id": str(ID), "role": "驿站工作人员", "place": "大兴街道零工驿站", "path": "/4102/02/003/s01/",
    "period": "2026-03-10 起，到 2026-12-31", "state": "now", "stands_in": False, "stands_in_for": "",
    "granted_by": "高峰", "contract": "龙采〔2026〕3 号", "ended": "", "may_grant": True, "may_end": True,
}  # fmt: skip
LENT = POST | {"id": str(UUID(int=8)), "stands_in": True, "stands_in_for": "李敏", "may_grant": False, "contract": ""}
COMING = POST | {"id": str(UUID(int=9)), "role": "调解员", "place": "龙亭区", "state": "coming", "may_end": False}
PAST = POST | {"ended": "高峰：调离", "period": "2025-01-01 起，到 2026-03-09"}
CONTRACT = {
    "id": str(ID), "operator": "开封市汴梁人力资源服务有限公司", "number": "龙采〔2026〕3 号",
    "period": "2026-01-01 到 2026-12-31", "ends_on": date(2026, 12, 31), "state": "执行中", "tone": "go",
    "places": "大兴街道、北郊乡", "county": "龙亭区", "note": "一年一签",
}  # fmt: skip
GAIN = {
    "place": "大兴街道零工驿站", "count": 4,
    "groups": [
        {"heading": "零工", "words": ["登记零工", "查零工（号码遮盖）", "看零工的完整号码（写明用途，留记录）"]},
        {"heading": "用工单", "words": ["发布用工"]},
    ],
}  # fmt: skip


def _field(kind: str, name: str, label: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "name": name, "label": label, "hint": "", "required": True, "most": 60, "blank": ""} | more


FIELDS = [
    _field("text", "name", "姓名"),
    _field("select", "role", "岗位", options=[{"value": "mediator", "label": "调解员"}], blank="请选岗位"),
    _field("place", "path", "地方", options=PLACES, hint="输入名称里的字，从单子里选"),
    _field("places", "places", "服务站点", options=PLACES, hint="一格一个"),
    _field("date", "ends_on", "到哪天为止", required=False, hint="不填就是长期"),
]
STEP = {
    "title": "给李敏派岗", "look": True, "back": "/office/staff/7", "fields": FIELDS,
    "confirm": "确认派岗", "tone": "", "lead": "用户名 limin，属于大兴街道零工驿站", "tab": "staff",
}  # fmt: skip


COVER: dict[str, Any] = {
    "node_name": "兰考县", "path": "/4102/25/", "days": 7, "labels": {k: k for k in ("code", "name", "insurer", "premium_day_fen", "death_fen",
    "medical_fen", "allowance_day_fen", "min_age", "max_age", "max_hours", "before_minutes", "after_minutes", "classes", "note")},
    "rate": {"share": "92.3%", "first": "2026-03-04", "last": "2026-03-10", "lines": [("到岗", 13), ("没保险", 1)], "refused": "年龄 2 人"},
    "products": [{"id": "1", "code": "JB-A1", "line": "零工意外基本险（政府出钱，每天1元）", "kind": "基本险", "insurer": "演示财险公司",
                  "classes": "1、2、3", "hours": 14, "active": True, "made_up": True, "own": True}],
    "may_manage": True, "form": {"values": {"active": "1", "classes": ["1", "2"]}, "errors": {"max_age": "年龄不对。"}},
    "action": "/office/cover/products", "editing": True, "refusal": "",
}  # fmt: skip


def pages(staff: dict[str, Any], now: datetime) -> list[tuple[str, str, dict[str, Any]]]:
    """Return (name of the picture, template, context) for the pages of the offices and their states."""
    form: dict[str, Any] = {"values": {}, "errors": {}}
    staff = staff | {"nav": NAV, "posts_held": 1}
    person = {
        "id": ID, "username": "limin", "name": "李敏", "status": "active", "home": "大兴街道零工驿站",
        "is_home_here": True, "created_at": now, "invited_until": now, "never_opened": True, "last_sign_in_at": None,
    }  # fmt: skip
    line = {
        "id": str(ID), "name": "李敏", "username": "limin", "state": "在岗", "tone": "go", "at": now,
        "posts": [
            {"role": "驿站工作人员", "place": "大兴街道零工驿站", "stands_in": False, "until": date(2026, 12, 31), "coming": None},
            {"role": "驿站工作人员", "place": "北郊乡零工驿站", "stands_in": True, "until": date(2026, 4, 1), "coming": date(2026, 3, 20)},
        ],
    }  # fmt: skip
    idle = line | {"name": "王芳", "state": "没有岗位", "tone": "off", "at": None, "posts": []}
    listed = {
        "people": [line, idle], "asked": {"q": "", "path": "", "role": "", "state": ""}, "narrowed": False,
        "next_href": "/office/staff?cursor=x", "places": PLACES, "roles": [{"value": "mediator", "label": "调解员"}],
        "states": [{"value": "on", "label": "在岗"}], "may_invite": True, "fault": "",
    }  # fmt: skip
    one = {
        "person": person, "state": "在岗", "tone": "go", "held": [POST, LENT, COMING], "past": [PAST], "may_give": True,
        "may_secure": True, "may_invite_again": True, "may_end": True, "may_reopen": False,
    }  # fmt: skip
    step = {
        "step": STEP, "action": "/office/staff/7/give", "form": form, "labels": {f["name"]: f["label"] for f in FIELDS}, "refusals": [], "preview": None,
        "posts": None, "lines": {f["name"]: [PLACES[0], ""] for f in FIELDS},
        "summary": [{"label": "岗位", "value": "调解员"}], "kept": [("role", "mediator")],
    }  # fmt: skip
    wrong = {
        "values": {"path": "火星"},
        "errors": {"path": "没有找到这个地方，请从单子里选。", "role": "没有这个岗位，请重新选。"},
    }
    call = {
        "id": str(ID), "what": "保险公司 · 参保", "place": "/4102/25/001/s01/", "state": "多次没发成", "attempts": 10, "error": "连不上",
        "at": now, "next_at": None, "resend": True,
    }  # fmt: skip
    outside = {
        "view": "dead", "views": [{"key": "dead", "label": "没送到（1）"}, {"key": "open", "label": "在发（0）"}],
        "calls": [call, call | {"state": "没发成，稍后再发", "next_at": now}], "next_href": "/office/outside?cursor=x", "may_resend": True, "may_text": True,
        "texts": [{"id": "t1", "what": "活取消了（给零工）", "place": "/4102/25/", "error": "座机收不到短信", "tries": 1, "at": now, "called": True}],
    }  # fmt: skip
    operators = {
        "operators": [
            {"id": str(ID), "name": CONTRACT["operator"], "uscc": "91410200MA0DEM0B14", "county": "龙亭区", "contracts": [CONTRACT]},
            {"id": str(UUID(int=8)), "name": "宋都零工服务中心", "uscc": "91410200MA0DEM0C15", "county": "龙亭区", "contracts": []},
        ],
        "may_manage": True, "may_buy": True, "may_settle": True, "places": PLACES, "form": form, "refusals": [],
    }  # fmt: skip
    contract = {
        "contract": CONTRACT, "posts": [POST | {"staff_id": str(ID), "name": "孟凯"}, LENT | {"staff_id": "x", "name": ""}],
        "may_manage": True, "may_settle": True, "may_hand_over": True,
    }  # fmt: skip
    made = {"staff_id": ID, "username": "limin", "code": "3479-ACDE-FHJK-MNPR"}
    return [
        ("office-staff", "office/staff.html", staff | listed),
        ("office-staff-none", "office/staff.html", staff | listed | {"people": [], "narrowed": True, "next_href": "", "fault": "没有找到“火星”。"}),
        ("office-person", "office/person.html", staff | one),
        ("office-person-ended", "office/person.html", staff | one | {
            "person": person | {"status": "ended", "is_home_here": False, "last_sign_in_at": now}, "held": [],
            "may_give": False, "may_end": False, "may_reopen": True,
        }),
        ("office-step", "office/step.html", staff | step),
        ("office-step-faults", "office/step.html", staff | step | {"form": wrong, "refusals": ["他在这段时间已经是这里的“调解员”了，不用再派。"]}),
        ("office-preview", "office/step.html", staff | step | {"preview": {"gives": [GAIN], "takes": []}}),
        ("office-preview-end", "office/step.html", staff | step | {
            "step": STEP | {"tone": "danger", "confirm": "确认撤岗"}, "preview": {"gives": [], "takes": [GAIN]},
        }),
        ("office-code", "office/code.html", staff | {"title": "账号开好了", "made": made, "until": date(2026, 4, 1), "door": "/sign-in/staff/invitation"}),
        ("cover-offer", "cover/offer.html", staff | COVER),
        ("cover-offer-none", "cover/offer.html", staff | COVER | {"products": [], "may_manage": False, "refusal": "这里已经有这个代码的产品了"}),
        ("office-outside", "office/outside.html", staff | outside | {"failed": [{"what": "验证码", "place": "/4102/02/003/s01/", "error": "空号", "at": now, "listed": False}]}),
        ("office-outside-none", "office/outside.html", staff | outside | {"calls": [], "view": "open", "texts": [], "failed": []}),
        ("office-operators", "office/operators.html", staff | operators),
        ("office-operators-none", "office/operators.html", staff | operators | {"operators": [], "may_manage": False}),
        ("office-step-at-once", "office/step.html", staff | step | {"step": STEP | {"look": None, "confirm": "登记合同"}}),
        ("office-preview-posts", "office/step.html", staff | step | {"posts": [
            {"name": "孟凯", "role": "县级运营方", "place": "大兴街道", "was": "2026-01-01 起，到 2026-12-31", "becomes": "马上结束", "tone": "danger"},
        ]}),
        ("office-preview-no-posts", "office/step.html", staff | step | {"posts": []}),
        ("office-contract", "office/contract.html", staff | contract),
        ("office-contract-over", "office/contract.html", staff | contract | {"may_manage": False, "posts": []}),
    ]  # fmt: skip


def door(anyone: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the page at which an invited person chooses his password."""
    return [
        ("office-invitation", "office/invitation.html", anyone | {"form": {"values": {}, "errors": {}}}),
        ("office-invitation-faults", "office/invitation.html", anyone | {
            "form": {"values": {"code": "x"}, "errors": {"code": "邀请码不对。", "again": "两次不一样。"}},
        }),
    ]  # fmt: skip
