"""Contexts that fill every page template: what controllers must bring, written out once as plain data."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sample_assess
import sample_audit
import sample_bureau
import sample_cases
import sample_changes
import sample_contracts
import sample_desk
import sample_employer
import sample_filing
import sample_hall
import sample_inbox
import sample_inspection
import sample_ledgers
import sample_letters
import sample_manual
import sample_measures
import sample_offices
import sample_operators
import sample_outreach
import sample_practice
import sample_public
import sample_services
import sample_site
import sample_trust
import sample_wages
import sample_worker
from markupsafe import Markup

from linggong.web import dev
from linggong.web.ways import ways

NOW = datetime(2026, 11, 24, 5, 50, tzinfo=ZoneInfo("Asia/Shanghai"))
Page = tuple[str, str, dict[str, Any]]


def csrf_field() -> Markup:
    return Markup('<input type="hidden" name="_csrf" value="sample">')


def common(kind: str | None = "worker", *, big: bool = False) -> dict[str, Any]:
    names = {"worker": ("王建国", ""), "employer": ("宏达建筑劳务", ""), "staff": ("李敏", "东关驿站值守员")}
    me = None if kind is None else {"kind": kind, "name": names[kind][0], "post_name": names[kind][1]}
    return {"now": NOW, "me": me, "flash": [], "big": big, "csrf_field": csrf_field}


def form(values: dict[str, Any] | None = None, errors: dict[str, str] | None = None) -> dict[str, Any]:
    return {"values": values or {}, "errors": errors or {}}


def options(*labels: str) -> list[dict[str, str]]:
    return [{"value": str(i), "label": label} for i, label in enumerate(labels)]


def at(days: int, hour: int, minute: int = 0) -> datetime:
    return NOW.replace(hour=hour, minute=minute) + timedelta(days=days)


def job(title: str = "工地小工", trade: str = "labour", pay: int = 26000, **more: Any) -> dict[str, Any]:
    base = {
        "id": "7", "href": "/orders/7", "title": title, "trade": trade, "pay_fen": pay, "pay_unit": "天",
        "settlement": "日结", "start": at(0, 6, 30), "end": at(0, 17, 30), "place": "东关街道",
        "distance_m": 1240, "wanted": 6, "taken": 4, "tags": ["管饭", "有车"], "employer": "宏达建筑劳务有限公司",
        "verified": True, "pays_on_time": True, "state": "O_OPEN",
    }  # fmt: skip
    return base | more


WAYS = ways(34.7914, 114.3102, "大梁路工地北门")


def full_job(**more: Any) -> dict[str, Any]:
    return job() | {
        "address": "大梁路与五一路口工地北门", "meet": "东关驿站门口 5:40 上车", "ways": WAYS,
        "hours_text": "10 小时，中午歇 1 小时", "pays_how": "微信", "meals": "管一顿午饭", "ride": "有车，5:40 从东关驿站走",
        "tools": "工地给", "rain_rule": "到了才说不干，补 30%", "cancel_rule": "开工前 2 小时都能退", "insurance": "雇主出意外险",
        "demands": "能上下料，60 岁以上也要", "trace_code": "KF-1124-7QX2", "contact_name": "张工头", "contact_phone": "",
    } | more  # fmt: skip


def person_row(number: int, name: str, state: str, **more: Any) -> dict[str, Any]:
    base = {
        "id": str(number), "name": name, "sub": "58岁 · 普工", "star": 4.8, "phone": "", "state": state,
        "price_fen": 26000, "price_unit": "天", "times": "", "hours": None, "left_fen": None, "warn": "", "next": None,
    }  # fmt: skip
    return base | more


EMPLOYER = {
    "name": "宏达建筑劳务有限公司", "kind": "企业", "verified": True, "verified_text": "营业执照已核实",
    "paid_on_time_text": "付过 23 次，都按时", "arrears_text": "", "stars": 4.7,
}  # fmt: skip
HISTORY = [{"at": at(-1, 18, 5), "text": "雇主发布，驿站审核通过"}, {"at": at(-1, 20), "text": "要人从 4 改成 6"}]
JOBS = [
    job(), job("搬家装卸", "carry", 30000, taken=1, wanted=4, start=at(0, 13), end=at(0, 19), distance_m=2600)  | {"places": 3, "twins": [{"href": "/orders/K2", "place": "曹门街道 物流园", "left": 3, "employer": "宏达建筑劳务有限公司"}, {"href": "/orders/K3", "place": "铁塔街道 粮站", "left": 5, "employer": "另一家公司"}]},
    job("保洁员", "clean", 16000, taken=2, wanted=2, pays_on_time=False, start=at(1, 8), end=at(1, 16), distance_m=None),
    job("摘蒜薹", "farm", 15050, taken=88, wanted=300, start=at(2, 6), end=at(2, 18), tags=["管饭", "整班也要"]),
    job("水电工", "electric", 38000, taken=0, wanted=1, start=at(6, 8), end=at(6, 17), settlement="次结", tags=[]),
]  # fmt: skip
COUNTIES = options(
    "龙亭区", "顺河回族区", "鼓楼区", "禹王台区", "祥符区", "杞县", "通许县", "尉氏县", "兰考县", "城乡一体化示范区"
)
ORDER_OPTIONS = {
    "streets": options("东关街道", "曹门街道", "铁塔街道"), "trades": options("普工", "搬运", "保洁"),
    "settlements": options("日结", "次结", "周结", "完工结"), "legal_forms": options("劳务", "非全日制", "承揽"),
    "pay_ways": options("微信", "现金", "银行转账"),
}  # fmt: skip
ORDER_VALUES = {
    "title": "搬砖", "wanted": "6", "date": "2026-11-25", "start": "06:30", "end": "17:30", "pay": "20",
    "pay_unit": "day", "settlement": "0", "street": "0", "address": "大梁路工地北门",
}  # fmt: skip
PAY_WAYS = options("微信", "现金", "银行转账")
DESK_ROWS = [
    person_row(1, "王建国", "A_APPLIED", next={"path": "choose", "label": "选他"}),
    person_row(2, "李桂兰", "A_OFFERED", next={"path": "confirm", "label": "替他点头"}, phone="13800000001"),
    person_row(3, "赵大明", "A_CONTRACTED", next={"path": "arrive", "label": "到岗"}),
    person_row(4, "孙国强", "A_ARRIVED", times="06:22 到", next={"path": "start", "label": "开工"}),
    person_row(5, "周秀英", "A_FINISHED", times="06:22 到 · 17:30 完", hours="10", next={"path": "accept", "label": "认定"}),
    person_row(6, "吴老四", "A_BILLED", times="10 小时", left_fen=26000, next={"path": "pay", "label": "记付款"}, warn="今天该付"),
    person_row(7, "郑春花", "A_SETTLED", times="10 小时"),
]  # fmt: skip
ORDER = {
    "id": "7", "title": "工地小工", "state": "O_ACTIVE", "start": at(0, 6, 30), "end": at(0, 17, 30), "place": "东关街道",
    "wanted": 6, "taken": 5, "arrived": 3, "trace_code": "KF-1124-7QX2", "line": "工地小工 · 260/天 · 日结 · 东关街道 · 要6人 · 今天06:30",
    "edit_href": "/employer/orders/7/edit", "repeat_href": "/employer/orders/new?from=7", "employer": "宏达建筑劳务有限公司",
    "employer_phone": "13800000002", "public_href": "/orders/7",
}  # fmt: skip
BILL = {
    "id": "b1", "title": "工地小工", "employer": "宏达建筑劳务", "day": at(-1, 8).date(), "state": "W_DUE", "total_fen": 28600,
    "left_fen": 28600, "due_at": at(0, 23, 59), "due_text": "今天 24:00 前该付", "can_confirm": False, "can_dispute": True,
    "held_fen": 0, "actions": [], "slip_href": "/bills/b1/slip", "answerable": [], "waiting": 0, "case": None, "wechat": [],
    "lines": [
        {"label": "工钱", "quantity_text": "1 个工", "amount_fen": 26000},
        {"label": "加班", "quantity_text": "1 小时", "amount_fen": 3600},
        {"label": "午饭（约定扣）", "quantity_text": "1 顿", "amount_fen": -1000},
    ],
    "claim": None,
}  # fmt: skip
CLAIMED = BILL | {
    "id": "b2", "state": "B_CLAIMED", "can_confirm": True, "due_text": "",
    "claim": {"at": at(-1, 19, 12), "how": "微信", "amount_fen": 28600},
    "case": {"href": "/my/cases/c1", "receipt": "NAU7RVMJ"},
    "answerable": [
        {"id": "p1", "at": at(-2, 19, 12), "how": "微信", "amount_fen": 8600, "waits": True},
        {"id": "p2", "at": at(-1, 19, 12), "how": "现金", "amount_fen": 20000, "waits": False},
    ],
}  # fmt: skip
BUREAU_NAV = [
    {"key": "overview", "href": "/bureau", "label": "总览", "kbd": ""},
    {"key": "parameters", "href": "/bureau/parameters", "label": "参数", "kbd": ""},
]
POLICY_RULE = {
    "id": 7, "role": "station_clerk", "object": "overview", "action": "read", "relation": "down", "effect": "allow", "subtree": "*",
    "subtree_name": "", "permission_label": "看统计总览", "words": "允许驿站工作人员“看统计总览”（任岗的地方和它下面）", "fixed": "",
}  # fmt: skip
POLICY_POST = {"role": "auditor", "role_label": "审计", "place": "龙亭区", "in_force": True}
POLICY_GROUPS = [{"label": "统计和报表", "options": [{"value": "overview:read", "label": "看统计总览"}]}]
POLICIES: dict[str, Any] = {
    "nav": BUREAU_NAV, "role": None, "group": "", "limited": False, "roles": options("驿站工作人员", "站长"), "groups": options("零工"),
    "legend": [{"mark": "下", "text": "任岗的地方和它下面", "tone": "go"}],
    "rows": [{"heading": "统计和报表", "words": "看统计总览", "code": "overview:read", "cells": [[], [{"mark": "下", "title": "站长允许", "tone": "go"}]]}],
    "rules": [], "total": 372, "sources": [], "may_change": True, "form": form(), "permissions": POLICY_GROUPS,
    "relations": [{"value": "down", "label": "任岗的地方和它下面"}], "effects": [{"value": "allow", "label": "允许"}],
    "places": [{"value": "/4102/02/", "label": "龙亭区"}],
}  # fmt: skip
POLICY_ASKED: dict[str, Any] = {
    "nav": BUREAU_NAV, "form": form({"permission": "overview:read"}), "groups": POLICY_GROUPS, "places": POLICIES["places"],
    "own": "开封市", "found": None, "who": None, "who_more": 0,
}  # fmt: skip


def _board(**more: Any) -> dict[str, Any]:
    return {
        "jobs": JOBS, "form": form(), "counties": COUNTIES, "streets": [], "trades": ORDER_OPTIONS["trades"],
        "settlements": ORDER_OPTIONS["settlements"], "job_forms": options("临时性", "阶段性"), "sorts": options("新发的在前", "钱多的在前"), "total_text": "312 个活", "more_href": "/?after=x", "open_filter": False,
        "place": "东关街道", "here_href": "/here?next=/", "save": {"trade": "1", "settlement": "daily"},
        "quick": [{"label": text, "href": f"/?k={text}", "on": i == 0} for i, text in enumerate(("今天", "明天", "日结", "普工", "搬运", "保洁"))],
    } | more  # fmt: skip


def _order(stage: str, mine: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "job": full_job(**more),
        "employer": EMPLOYER,
        "history": HISTORY,
        "stage": stage,
        "mine": mine,
        "sound": "/orders/7/say.wav",
    }


def _sign_in(step: str, **more: Any) -> dict[str, Any]:
    return {
        "step": "totp" if step == "printed" else step, "form": form(), "next": "/my/jobs", "phone_masked": "138****5678", "resend_in": 40, "dev_messages": True, "accounts": [],
        "people": [{"id": "1", "name_masked": "王*国", "sub": "58岁 普工"}, {"id": "2", "name_masked": "李*兰", "sub": "55岁 保洁"}],
        "enrol": {"qr_href": "/static/icons/favicon.svg", "secret": "ABCD EFGH IJKL MNOP", "offer": "00"},
        "factor": {"has_totp": step == "totp", "printed_of": 20, "printed_left": 3, "may_print": True},
    } | more  # fmt: skip


def _factor(**more: Any) -> dict[str, Any]:
    return {
        "demanded": True, "has_totp": True, "printed_left": 3, "printed_of": 20, "may_print": True, "has_pin": True,
        "pin_void": False, "has_any": True,
    } | more  # fmt: skip


def _session(number: int, **more: Any) -> dict[str, Any]:
    base = {"agent": "Chrome，Windows 电脑", "desk": "大厅 1 号机", "proof": "pin", "this": False}
    return base | {"id": f"s{number}", "first_at": at(0, 5, number), "seen_at": at(0, 5, 40 + number)} | more


PROOFS = {"phone": "手机验证码", "password": "密码", "factor": "密码加验证码", "pin": "PIN 换人"}


def _security(staff: dict[str, Any], worker: dict[str, Any]) -> list[Page]:
    own = {
        "is_staff": True, "factor": _factor(), "full": True, "sessions": [_session(1, this=True, proof="factor"), _session(2)],
        "proofs": PROOFS, "desk": {"name": "大厅 1 号机"}, "place": "东关驿站", "section": "", "form": form(),
    }  # fmt: skip
    fresh = {
        "full": True,
        "factor": _factor(has_totp=False, printed_of=0, printed_left=0, has_pin=False, has_any=False),
        "desk": None,
    }
    person = {
        "id": "7",
        "name": "李敏",
        "username": "limin",
        "setting_up": False,
        "locked_until": None,
        "factors": _factor(),
        "sessions": [_session(1), _session(2, desk="")],
    }
    people = [
        {"id": "1", "name": "李敏", "here": True, "ready": True},
        {"id": "2", "name": "王强", "here": False, "ready": True},
        {"id": "3", "name": "赵丽", "here": False, "ready": False},
    ]
    sheet = {"name": "李敏", "username": "limin", "made_at": NOW, "codes": ["AC3D-EF4H", "J7KM-NP9R"] * 10}
    return [
        ("security", "security/me.html", staff | own),
        ("security-fresh", "security/me.html", staff | own | fresh | {"form": form({}, {"pin": "这个 PIN 太容易猜，请换一个。"})}),
        ("security-pin", "security/me.html", staff | own | {"full": False}),
        ("security-worker", "security/me.html", worker | own | {"is_staff": False, "factor": None, "full": False, "desk": None, "sessions": [_session(1, this=True, desk="", proof="phone")]}),
        ("security-totp", "security/totp.html", staff | {"enrol": {"qr_href": "/static/icons/favicon.svg", "secret": "ABCD EFGH", "offer": "00"}, "form": form()}),
        ("security-sheet", "security/sheet.html", staff | {"sheet": sheet, "back": "/me/security"}),
        ("switch", "security/switch.html", staff | {"shared_desk": True, "desk": {"name": "大厅 1 号机"}, "people": people, "ready": 1, "chosen": "2", "form": form()}),
        ("switch-nobody", "security/switch.html", common(None) | {"desk": {"name": "大厅 1 号机"}, "people": people[2:], "ready": 0, "chosen": "", "form": form()}),
        ("staff-security", "security/staff.html", staff | {"nav": BUREAU_NAV, "person": person, "proofs": PROOFS, "code": {"code": "AC3D-EF4H-J7KM", "username": "limin", "good_until": NOW}, "own": False}),
        ("staff-security-own", "security/staff.html", staff | {"nav": BUREAU_NAV, "person": person | {"sessions": [], "locked_until": NOW, "setting_up": True}, "proofs": PROOFS, "code": None, "own": True}),
    ]  # fmt: skip


def _register(role: str, **more: Any) -> dict[str, Any]:
    return {
        "role": role, "form": form(), "trades": options("普工", "搬运", "保洁", "采摘", "钢筋", "电工"), "counties": COUNTIES,
        "skill_levels": options("无等级", "初级工", "中级工", "高级工"), "code_sent": False, "dev_messages": False,
    } | more  # fmt: skip


COVER_ORDER: dict[str, Any] = {
    "order": {"id": "7", "title": "工地小工"}, "told": "你能参保，不用你掏钱：零工意外基本险", "owed": False, "injury_given": False, "may_choose": False,
    "topups": [{"value": "ZJ-B1", "label": "雇主加保（雇主出钱，每天3元）", "chosen": True}], "back": "/my/jobs",
    "rows": [
        {"id": "1", "name": "李师傅", "state": "已参保", "tone": "go", "lines": ["零工意外基本险：已参保，保单号 P-1"], "warning": "", "text_hash": "",
         "may_waive": False, "may_acknowledge": False},
        {"id": "2", "name": "王师傅", "state": "不能参保", "tone": "danger", "lines": ["零工意外基本险：没办成，年龄67岁"], "warning": "这单没有给你办意外险。",
         "text_hash": "ab", "may_waive": True, "may_acknowledge": True},
    ],
}  # fmt: skip


def pages(*, big: bool = False) -> list[Page]:
    """Return (name of the picture, template, context) for every page and its states."""
    mine = {
        "engagement_id": "e1", "state": "A_OFFERED", "reply_by": at(0, 6, 5), "price_fen": 26000, "price_unit": "天",
        "terms_version": "v1", "action_url": "/engagements/e1",
    }  # fmt: skip
    todo = job(ways=WAYS, contact_name="张工头", contact_phone="13800000003")
    item = {
        "title": "保洁员", "href": "/orders/8", "start": at(1, 8), "end": at(1, 16), "place": "曹门街道", "pay_fen": 16000,
        "pay_unit": "天", "state": "A_APPLIED", "hint": "等雇主选人", "action": None, "sign_href": "",
        "signed": False, "rate_href": "",
    }  # fmt: skip
    offered = item | {"title": "搬家装卸", "state": "A_OFFERED", "hint": "今天 06:05 前回话", "action": {"url": "/e", "label": "去确认价钱", "tone": "", "fields": {}}}  # fmt: skip
    worker, anyone = common("worker", big=big), common(None, big=big)
    boss, staff = common("employer", big=big), common("staff", big=big)
    bad_id = form(
        {"id_number": "410204197001010013", "name": ""}, {"id_number": "号码对不上，请照身份证再填", "name": "请填姓名"}
    )
    bad_order = form(ORDER_VALUES, {"pay": "低于最低工资，每小时至少 20 元", "start": "这个时间过去了，请改"})
    today = {"href": "/employer/orders/7", "title": "工地小工", "start": at(0, 6, 30), "end": at(0, 17, 30), "place": "东关街道", "wanted": 6, "taken": 4, "arrived": 3, "state": "O_ACTIVE"}  # fmt: skip
    return [
        ("board", "portal/board.html", anyone | _board()),
        ("board-filter", "portal/board.html", worker | _board(open_filter=True, streets=ORDER_OPTIONS["streets"])),
        ("board-empty", "portal/board.html", anyone | _board(place="", save=None, jobs=[], total_text="0 个活", more_href="")),
        ("order-anonymous", "portal/order.html", anyone | _order("anonymous")),
        ("order-open", "portal/order.html", worker | _order("open")),
        ("order-applied", "portal/order.html", worker | _order("applied", mine)),
        ("order-waitlist", "portal/order.html", worker | _order("waitlist", mine)),
        ("order-invited", "portal/order.html", worker | _order("invited", mine)),
        ("order-offered", "portal/order.html", worker | _order("offered", mine)),
        ("order-confirmed", "portal/order.html", worker | _order("confirmed", mine, contact_phone="13800000003")),
        ("order-full", "portal/order.html", worker | _order("full", state="O_FULL", taken=6)),
        ("order-closed", "portal/order.html", anyone | _order("closed", state="O_EXPIRED")),
        ("my-jobs", "portal/my_jobs.html", worker | {"flash": [{"kind": "go", "text": "报上名了"}], "next": todo | {"state": "A_CONTRACTED", "steps_here": 1, "warn": "5:40 上车，别误了", "action": None, "arrive_url": "/assignments/1/arrive", "cover_href": "/cover/orders/1", "sign_href": "/contracts/e1", "signed": True}, "groups": [{"title": "等回话", "items": [offered, item]}, {"title": "接好的活", "items": [item | {"state": "A_CONFIRMED", "hint": "", "sign_href": "/contracts/e2"}]}, {"title": "干完的", "items": [item | {"sign_href": "/contracts/e3", "signed": True, "state": "A_SETTLED", "rate_href": "/engagements/1/rate", "hint": "", "start": at(-3, 8), "end": at(-3, 16)}]}]}),
        ("cover-order", "cover/order.html", worker | COVER_ORDER),
        ("cover-order-choose", "cover/order.html", worker | COVER_ORDER | {"may_choose": True, "owed": True}),
        ("cover-order-none", "cover/order.html", worker | COVER_ORDER | {"rows": [], "topups": []}),
        ("my-jobs-empty", "portal/my_jobs.html", worker | {"next": None, "groups": []}),
        ("my-wages", "portal/my_wages.html", worker | {"due_fen": 57200, "paid_fen": 1234500, "paid_since": "今年", "bills": [CLAIMED, BILL | {"wechat": [{"amount_fen": 5000, "words": "等他在微信里点收款"}]}, BILL | {"id": "b3", "state": "B_SETTLED", "left_fen": 0, "due_text": "", "can_dispute": False}], "more_href": "/my/wages?after=x"}),
        ("my-wages-empty", "portal/my_wages.html", worker | {"due_fen": 0, "paid_fen": 0, "paid_since": "今年", "bills": [], "more_href": ""}),
        *((f"sign-in-{step}", "portal/sign_in.html", anyone | _sign_in(step)) for step in ("phone", "person", "staff", "totp", "printed", "enrol", "password")),
        ("sign-in-practice", "portal/sign_in.html", anyone | _sign_in("staff", accounts=[{"username": "clerk", "name": "李娜", "role": "驿站工作人员", "password": "p", "phones": "13803780001（张建国）"}])),
        ("sign-in-code", "portal/sign_in.html", anyone | _sign_in("code", form=form({"code": "123"}, {"code": "验证码不对，再看看短信"}))),
        ("register-worker", "portal/register.html", anyone | _register("worker", form=bad_id, code_sent=True)),
        ("register-employer", "portal/register.html", anyone | _register("employer")),
        ("me", "portal/me.html", worker | {"facts": [{"label": "手机", "value": "138****5678"}, {"label": "身份证", "value": "4102**********0021"}, {"label": "工种", "value": "普工、搬运"}], "posts": [], "hats": [{"id": "1", "label": "零工", "current": True}, {"id": "2", "label": "雇主", "current": False}], "links": [{"label": "换手机号", "href": "/me/phone"}], "may_show": True}),
        ("looked", "portal/looked.html", worker | {"looks": [{"at": at(0, 5, 12), "who": "东关驿站 · 工作人员", "seen": "电话、身份证号", "why": "核对身份：换卡"}], "more_href": "/me/looked?after=x", "employer": False}),
        ("looked-none", "portal/looked.html", boss | {"looks": [], "more_href": "", "employer": True}),
        ("told", "portal/told.html", worker | {"notices": [{"text": "明天07:30搬砖的活取消了，雇主要付您空跑费60元。", "at": at(0, 5, 12), "fresh": True}, {"text": "工钱200元今天24:00前要付。", "at": at(-1, 17), "fresh": False}], "fresh": True}),
        ("told-none", "portal/told.html", worker | {"notices": [], "fresh": False}),
        ("my-code", "portal/code.html", worker | {"code": "1234 5678", "qr_href": "/static/icons/favicon.svg", "until": at(0, 5, 20), "forget": {"seconds": 300, "href": "/me"}}),
        ("me-staff", "portal/me.html", staff | {"facts": [], "hats": [], "links": [], "may_show": False, "posts": [{"id": "1", "name": "值守员", "node": "东关驿站", "current": True}, {"id": "2", "name": "值守员", "node": "曹门驿站", "current": False}]}),
        ("employer-home", "employer/home.html", boss | {"agency": True, "repeat": {"href": "/employer/orders/new?from=7", "line": "工地小工 · 260/天 · 日结 · 东关街道 · 要6人"}, "unpaid": {"fen": 156000, "people": 6, "href": "/employer/orders/6"}, "to_accept": {"people": 3, "href": "/employer/orders/6"}, "today": [today, today | {"title": "摘蒜薹", "wanted": 300, "taken": 88, "arrived": 60}], "others": [today | {"start": at(1, 6), "end": at(1, 17), "state": "O_OPEN"}], "more_href": "", "blocked": "有工钱逾期没付，付清才能发新活", "reverify": ""}),
        ("employer-home-new", "employer/home.html", boss | {"agency": True, "repeat": None, "unpaid": {"fen": 0, "people": 0, "href": "#"}, "to_accept": {"people": 0, "href": "#"}, "today": [], "others": [], "more_href": "", "blocked": "", "reverify": "2026-12-08"}),
        ("employer-form", "employer/order_form.html", boss | {"post_url": "/employer/orders/new", "heading": "发新活", "form": bad_order, "options": ORDER_OPTIONS, "returned": ["地方没写清"], "former": 4, "guesses": options("小工", "搬运"), "guessed": "", "pay_hint": {"trade": "小工", "earned": {"low_fen": 18000, "mid_fen": 20000, "high_fen": 22000, "persons": 45, "month": NOW.date(), "in_county": True, "is_group": False}, "offered": None}, "findings": [{"level": "warn", "text": "没写管不管饭，写上来的人多"}]}),
        ("employer-order", "employer/order.html", boss | {"order": ORDER, "applicants": DESK_ROWS[:1], "rows": DESK_ROWS[2:], "pay_ways": PAY_WAYS, "steps_here": 2, "cancel": {"url": "/employer/orders/7/cancel", "label": "取消这单", "tone": "danger", "fields": {}}, "refresh": None, "day_code": "4821", "to_sign": {"url": "/employer/orders/7/sign", "people": 2}, "bulk": [{"path": "accept", "label": "全部认定（2 人）"}], "hiring": True}),
        ("employer-order-new", "employer/order.html", boss | {"order": ORDER | {"edit_href": ""}, "applicants": [], "rows": [], "pay_ways": PAY_WAYS, "steps_here": 0, "cancel": None, "refresh": None, "day_code": "", "to_sign": None, "bulk": [], "hiring": True}),
        *sample_site.pages(staff, worker, at=at, form=form),
        *sample_hall.pages(anyone, staff | {"nav": sample_desk.NAV, "posts_held": 1}, NOW),
        *sample_assess.pages(staff | {"nav": [*sample_desk.NAV, {"key": "assess", "href": "/bureau/assessments", "label": "考核", "kbd": ""}], "posts_held": 1}, NOW),
        *sample_inbox.pages(staff | {"nav": [*sample_desk.NAV, {"key": "inbox", "href": "/inbox", "label": "收件", "kbd": "", "waiting": "3"}], "posts_held": 1}, NOW),
        *sample_inspection.pages(staff | {"nav": sample_desk.NAV, "posts_held": 1}, anyone, NOW),
        *sample_letters.pages(staff | {"nav": sample_desk.NAV, "posts_held": 1}, boss, NOW),
        *sample_manual.pages(anyone),
        *sample_outreach.pages(staff | {"nav": sample_desk.NAV, "posts_held": 1}, boss, NOW),
        *sample_practice.pages(staff | {"nav": sample_desk.NAV, "posts_held": 1}),
        *sample_cases.pages(staff, worker, anyone, at=at),
        *sample_trust.pages(staff, worker, boss, at=at),
        *sample_worker.pages(worker, anyone, staff | {"nav": BUREAU_NAV}, ways=WAYS),
        *sample_changes.pages(staff, worker, boss, at=at),
        *sample_contracts.pages(staff, worker, boss, anyone, at=at),
        *sample_employer.pages(boss, at=at),
        *sample_wages.pages(staff, worker, boss, at=at, pay_ways=PAY_WAYS),
        *_security(staff, worker),
        *sample_desk.pages(staff, now=NOW, at=at, form=form, options=options, jobs=[j | {"href": "/desk/orders/7"} for j in JOBS], order=ORDER, order_values=ORDER_VALUES, order_options=ORDER_OPTIONS, rows=DESK_ROWS, pay_ways=PAY_WAYS, history=HISTORY),
        *sample_bureau.pages(staff | {"nav": BUREAU_NAV}, boss, now=NOW, form=form),
        *sample_filing.pages(staff | {"nav": BUREAU_NAV}, now=NOW),
        *sample_measures.pages(staff | {"nav": BUREAU_NAV}, now=NOW),
        *sample_ledgers.pages(staff | {"nav": BUREAU_NAV}, now=NOW, form=form),
        ("parameters", "bureau/parameters.html", staff | {"nav": BUREAU_NAV, "node_name": "开封市", "path": "/4102/", "may_set": True, "rows": [{"key": "t.refresh", "title": "每日确认仍在招", "value": "24 小时", "unit": "", "typed": "24h", "pattern": "", "source": "岗位每日更新维护（R056）", "set_at_name": None, "is_own": False}]}),
        ("policies", "office/policies.html", staff | POLICIES),
        ("policies-role", "office/policies.html", staff | POLICIES | {"role": {"value": "station_clerk", "label": "驿站工作人员"}, "rows": [], "rules": [POLICY_RULE, POLICY_RULE | {"id": 8, "effect": "deny", "fixed": "这是岗位之间互相监督的底线，不能在这里取消。"}], "sources": ["站长"]}),
        ("policies-faults", "office/policies.html", staff | POLICIES | {"role": {"value": "station_clerk", "label": "驿站工作人员"}, "rows": [], "form": form({"role": "station_clerk"}, {"permission": "请选一个权限。"})}),
        ("policies-reader", "office/policies.html", staff | POLICIES | {"may_change": False, "rows": [], "limited": True}),
        ("policy-preview", "office/policy_preview.html", staff | {"nav": BUREAU_NAV, "found": {"change": "add", "words": POLICY_RULE["words"], "gives": True, "permission_label": "看统计总览", "where": "任岗的地方和它下面", "roles": [{"role_label": "驿站工作人员", "staff": 12}], "staff": 12, "names": ["李敏"]}, "hidden": {"version": "3"}, "action": "/office/policies/add", "back": "/office/policies"}),
        ("policy-explain", "office/explain.html", staff | POLICY_ASKED | {"found": {"allowed": False, "words": "不可以。", "permission_label": "看统计总览", "object": "overview", "action": "read", "place": "龙亭区", "at": "/4102/02/", "rule": POLICY_RULE | {"inherited": True}, "decided_at": POLICY_POST, "posts": [{"post": POLICY_POST, "allowed": False, "reason": "denied", "rule": POLICY_RULE}, {"post": POLICY_POST | {"role": ""}, "allowed": False, "reason": "no_rule", "rule": None}]}, "who": None}),
        ("policy-who", "office/explain.html", staff | POLICY_ASKED | {"who": {"place": "龙亭区", "permission_label": "看统计总览", "may": 1, "stopped": 1, "staff": [{"name": "李敏", "username": "limin", "post": POLICY_POST, "allowed": True, "rule": POLICY_RULE, "denied_by": None}, {"name": "王芳", "username": "wangfang", "post": POLICY_POST, "allowed": False, "rule": POLICY_RULE, "denied_by": POLICY_RULE}]}, "who_more": 7}),
        ("codes", "dev/codes.html", anyone | {"q": "", "pin": "402857", "rows": [{"username": "clerk", "name": "李娜", "code": "482913", "seconds": 17, "printed": "AC3D-EF4H"}, {"username": "city", "name": "周明", "code": "", "seconds": 17, "printed": ""}]}),
        ("codes-nobody", "dev/codes.html", anyone | {"q": "zz", "pin": "402857", "rows": []}),
        ("messages", "dev/messages.html", anyone | {"messages": [{"at": at(0, 5, 40), "to_masked": "138****5678", "channel": "短信", "text": "验证码 482913，10 分钟内有效。", "code": "482913"}]}),
        ("phone", "dev/phone.html", anyone | {"q": "", "people": [{"id": "0193a", "who": "李师傅", "number": "138****5678", "kind": "本人手机", "smart": False, "open": 1}], "chosen": {"id": "0193a", "who": "李师傅", "number": "138****5678", "texts": [{"at": at(0, 5, 40), "text": "【零工市场】定了您去“搬砖”11月27日5:40，200元/天，日结，东关。去回1，不去回2", "mine": False, "state": "已到"}, {"at": at(0, 5, 42), "text": "1", "mine": True, "state": ""}]}, "talk": {"call": "", "said": "", "over": False, "ring": ""}}),
        ("phone-talking", "dev/phone.html", anyone | {"q": "", "people": [], "chosen": {"id": "0193a", "who": "李师傅", "number": "138****5678", "texts": []}, "talk": {"call": "dev-1", "said": "听今天的活请按1，我接的活请按2。", "over": False, "ring": ""}}),
        ("phone-nobody", "dev/phone.html", anyone | {"q": "", "people": [], "chosen": None, "talk": None}),
        ("parts", "dev/parts.html", anyone | dev._parts(NOW)),
        ("messages-empty", "dev/messages.html", anyone | {"messages": []}),
        ("error", "error.html", anyone | {"status": 404, "title": "没有这一页", "advice": "可能已经撤了。去找别的活吧。", "request_id": "0193-7f2a", "actions": [{"label": "去找活", "href": "/"}, {"label": "回上一步", "href": "/my/jobs"}]}),
        ("docs", "docs.html", anyone | {"openapi_href": "/api/v1/openapi.json"}),
        *sample_offices.pages(staff, NOW),
        *sample_operators.pages(staff, NOW),
        *sample_audit.pages(staff, NOW),
        *sample_offices.door(anyone),
        *sample_public.pages(anyone, staff | {"nav": BUREAU_NAV}, NOW),
        *sample_services.pages(anyone, staff | {"nav": BUREAU_NAV}, NOW),
    ]  # fmt: skip
