"""Contexts that fill the templates of the desk: what its controllers must bring, as plain data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

Page = tuple[str, str, dict[str, Any]]
Context = dict[str, Any]
NAV = [
    {"key": "home", "href": "/desk", "label": "工作台", "kbd": ""},
    {"key": "register", "href": "/desk/register", "label": "快速登记", "kbd": "F2"},
    {"key": "post", "href": "/desk/post", "label": "快速发布", "kbd": "F3"},
    {"key": "review", "href": "/desk/review", "label": "审核", "kbd": "F4"},
    {"key": "orders", "href": "/desk/orders", "label": "用工单", "kbd": ""},
    {"key": "people", "href": "/desk/people", "label": "找人", "kbd": ""},
]
NAMES = ("王建国", "李桂兰", "赵大明", "孙国强", "周秀英", "吴老四", "郑春花", "冯二孩", "陈小军")
STRIP = [
    {"label": "等审核", "number": 4, "tone": "wait", "href": "/desk/review"},
    {"label": "该付没付清", "number": 2, "tone": "danger", "href": "/desk/orders?show=unpaid"},
    {"label": "今天到岗", "number": 37, "tone": "go", "href": "/desk/orders?show=work"},
]


def pages(
    staff: Context,
    *,
    now: Any,
    at: Callable[..., Any],
    form: Callable[..., Context],
    options: Callable[..., list[dict[str, str]]],
    jobs: list[Context],
    order: Context,
    order_values: dict[str, str],
    order_options: Context,
    rows: list[Context],
    pay_ways: list[dict[str, str]],
    history: list[Context],
) -> list[Page]:
    """Return (name of the picture, template, context) for every page of the desk and its states."""
    base = staff | {"nav": NAV, "posts_held": 2}
    waiting = [
        {
            "id": str(i), "name": name, "sub": f"男 {50 + i}岁 · 小工、搬运装卸",
            "waited_min": 180 - 20 * i if i < 7 else None, "tag": "等回话" if i == 0 else "",
            "number": i + 2 if i < 6 else None, "ticket": f"t{i}" if i < 6 else "", "called": i == 1, "late": i == 2,
        }
        for i, name in enumerate(NAMES)
    ]  # fmt: skip
    home = {
        "strip": STRIP, "waiting": waiting, "unknown": [{"number": 1, "ticket": "u1", "waited_min": 185, "called": False, "late": False}], "orders": [j | {"id": str(i)} for i, j in enumerate(jobs + jobs)],
        "picked_worker": "", "picked_order": "", "waiting_more": "", "orders_more": "/desk/orders?show=short",
        "diary": "今天登记 3 人，派工 9 人次。", "share_href": "/share/stations/1",
    }  # fmt: skip
    ride: Context = {
        "id": "7", "code": "KF7QX2", "title": "工地小工", "employer": "宏达建筑劳务", "contact": "张工头", "place": "东关工地南门",
        "start": now, "end": now + timedelta(hours=9), "wanted": 6, "ride": "5:40 驿站门口上车", "meals": "管中饭", "tools": "",
        "crews": ["老李班（李师傅）"],
        "people": [
            {"n": i + 1, "name": name, "sub": f"男 {50 + i}岁", "crew": "老李班（李师傅）" if i < 2 else "", "leads": i == 0,
             "arrived": now if i == 1 else None, "phone": ""} for i, name in enumerate(NAMES[:4])
        ],
    }  # fmt: skip
    register = {
        "form": form({"contact_kind": "mobile", "consent": "slip", "card_seen": "1"}),
        "trades": options("小工", "搬运", "保洁", "采摘", "钢筋", "电工", "瓦工", "做饭"),
        "skill_levels": options("无等级", "初级工"), "streets": order_options["streets"], "today_count": 3, "reads_photos": True,
        "recent": [
            {"n": 3 - i, "name": name, "sub": "女 58岁", "trades": "小工", "at": at(0, 5, 40 - i), "href": "/desk?worker=1"}
            for i, name in enumerate(("赵**", "李**", "王**"))
        ],
    }  # fmt: skip
    faults = {
        "id_number": "号码对不上，请照身份证再填",
        "name": "请填姓名",
        "proof": "请填同意书编号",
        "pay": "请填钱数",
    }
    post = {
        "form": form(order_values), "options": order_options, "heading": "快速发布", "returned": [], "guessed": "",
        "employer": {"id": "7", "name": "宏达建筑劳务", "warn": ""}, "repeat_href": "/desk/post?from=7",
        "guesses": options("小工", "搬运装卸"), "pay_hint": None, "former": 3,
    }  # fmt: skip
    one = {
        "id": "7", "title": "工地小工", "state": "O_ACTIVE", "line": order["line"], "days": 2, "contact_name": "张工头",
        "wanted": 6, "taken": 5, "arrived": 3, "trace_code": "KF7QX2", "employer": "宏达建筑劳务有限公司",
        "employer_phone": "", "public_href": "/orders/7", "edit_href": "", "repeat_href": "/desk/post?from=7",
        "may_refresh": True, "hiring": True, "returned": [], "findings": [],
    }  # fmt: skip
    roll = {
        "order": one, "rows": rows, "pay_ways": pay_ways, "hirable": True, "candidates": [
            {"value": str(n), "label": "冯二孩 男 52岁 小工", "score": 91 - n, "why": "会小工，离得近，1.1 公里，工钱够他的价", "here": n < 2}
            for n in range(10)
        ],
        "barred": [{"name": "李**", "why": "那个时间已经有别的活"}],
        "bulk": [{"path": "arrive", "label": "到岗"}, {"path": "accept", "label": "认定"}],
        "calls": [{"id": "1", "name": "王建国"}], "reasons": options("雇主不要人了", "天气不好"), "history": history,
    }  # fmt: skip
    lines = [
        {"id": f"l{n}", "name": name, "sub": "男 52岁", "score": 94 - n, "why": "会小工，离得近，1.1 公里，工钱够他的价", "tag": tag, "tone": tone,
         "crew": n == 2} for n, (name, tag, tone) in enumerate((("李国强", "", ""), ("王建国", "锁定", "go"), ("冯二孩", "去掉了", "off")))
    ]  # fmt: skip
    gap = {
        "href": "/desk/orders/5",
        "title": "摘桃",
        "place": "葡萄架乡桃园",
        "start": at(0, 6, 30),
        "missing": 1,
        "cause": "有人没到岗",
        "stop": "/desk/gaps/1/stop",
    }
    ask = {"href": "/desk/people/3", "wave": 1, "why": "会这个活，近，3公里，等了12天"}
    rider = {
        "id": "h1",
        "name": "马建国",
        "href": "/desk/people/3",
        "station": "堌阳镇零工驿站",
        "title": "装车",
        "place": "堌阳产业园",
        "start": at(0, 8, 0),
        "way": "6.2 公里 · 雇主接送",
        "state": "已报名",
        "tone": "wait",
        "may_leave": True,
        "may_come": False,
    }
    mover = {"value": "3", "name": "马建国", "title": "装车", "why": "会这个活，等了12天", "score": 78}
    moves = {
        "may_act": True,
        "groups": [
            {
                "tenant": "/4102/25/101/s01/",
                "name": "堌阳镇零工驿站",
                "way": "6.2 公里 · 雇主接送",
                "count": 2,
                "people": [mover, mover | {"value": "4", "name": "赵建军", "score": 64}],
            }
        ],
        "lists": [
            {
                "key": "in",
                "words": "转过来的人",
                "with": "从",
                "people": [rider | {"name": "孙**", "state": "在路上", "may_leave": False, "may_come": True}],
            },
            {
                "key": "out",
                "words": "转出去的人",
                "with": "到",
                "people": [rider, rider | {"name": "赵建军", "state": "等回话", "may_leave": False}],
            },
        ],
    }
    gaps = {
        "moves": [{"name": "堌阳镇零工驿站", "count": 2, "way": "6.2 公里 · 雇主接送"}],
        "short": [
            {
                "href": "/desk/orders/6",
                "begin": "/desk/gaps/6/begin",
                "title": "卸货",
                "place": "产业园",
                "start": at(0, 7, 30),
                "missing": 2,
                "asked": 1,
            }
        ],
        "gaps": [
            gap
            | {
                "state": "正在叫人",
                "tone": "wait",
                "why": "",
                "wave": 2,
                "next_at": at(0, 7, 18),
                "running": True,
                "asks": [
                    ask
                    | {
                        "name": "马建国",
                        "number": 12,
                        "source": "在大厅",
                        "wave": 2,
                        "answer": "等回话",
                        "tone": "wait",
                        "until": at(0, 7, 18),
                    },
                    ask
                    | {
                        "name": "赵**",
                        "number": None,
                        "source": "候补",
                        "answer": "不去",
                        "tone": "off",
                        "until": None,
                    },
                ],
            },
            gap
            | {
                "state": "补齐了",
                "tone": "go",
                "why": "补齐了",
                "wave": 1,
                "next_at": None,
                "running": False,
                "asks": [
                    ask
                    | {
                        "name": "孙**",
                        "number": None,
                        "source": "电话短信",
                        "answer": "双方已确认",
                        "tone": "go",
                        "until": None,
                    }
                ],
            },
        ],
    }
    dispatch = {
        "head": {"state": "等您看", "tone": "wait", "made_at": at(0, 4, 30), "by_itself": True, "from_city": True, "people": 48, "places": 36, "placed": 34, "mean": 88,
                 "greedy_placed": 30, "greedy_mean": 85, "open": True},
        "base": "/desk/dispatch/7", "may_act": True, "given": 2, "targets": options("06:30 工地小工（缺 6）"),
        "orders": [{"id": "7", "title": "工地小工", "employer": "宏达建筑劳务", "place": "大梁路工地", "start": at(0, 6, 30), "end": at(0, 17, 30),
                    "pay_fen": 20000, "unit": "天", "left": 6, "given": 2, "lines": lines}],
        "without": [dict(lines[0], id="l9", score=None, why="合适的活都招满了")],
        "compared": [{"words": "再等 10 分钟", "people": 48, "places": 36, "placed": 33, "mean": 88}],
        "outcome": {"proposed": 34, "as_proposed": 25, "elsewhere": 4, "idle": 5, "worked_without": 2},
    }  # fmt: skip
    rechecks = [
        {"id": "r1", "title": "搬砖", "employer": "东关建材", "place": "东关", "start": at(0, 7), "pay": "200/天", "why": "抽查", "own": own,
         "due_at": at(0, 18), "href": "/orders/K7X2M9QF", "freeze_href": "/desk/orders/7/changes"} for own in (False, True)
    ]  # fmt: skip
    queue = [
        {
            "id": str(i), "line": order["line"], "employer": "宏达建筑劳务有限公司", "employer_sub": "看过证件，还没上过板",
            "first_time": i == 0, "own": i == 2, "sent_at": now - timedelta(minutes=45 - 15 * i),
            "due_at": None if i == 2 else now + timedelta(minutes=30 * i - 15), "late": i == 0,
            "facts": [{"label": "时间", "value": "明天 06:30 到 17:30"}, {"label": "地方", "value": "大梁路工地"}],
            "findings": [] if i else [{"level": "block", "text": "不能限男女"}, {"level": "warn", "text": "没写管不管饭"}],
            "phone": "13800000002" if i == 1 else "", "contact": "王师傅" if i == 1 else "",
        }
        for i in range(3)
    ]  # fmt: skip
    listed = {
        "id": "7", "href": "/desk/orders/7", "title": "搬砖", "employer": "宏达建筑劳务", "state": "O_OPEN",
        "start": at(1, 6, 30), "end": at(1, 17, 30), "wanted": 6, "taken": 4, "applied": 2, "arrived": 0, "to_accept": 1,
        "refreshed_at": at(-1, 5),
    }  # fmt: skip
    shows = [{"key": "", "label": "全部"}, {"key": "calls", "label": "要打电话"}]
    person = {"id": "1", "name": "王**", "sub": "男 58岁", "trades": "小工", "level": 2, "at": at(0, 5, 10)}
    people = {
        "q": "", "searched": False, "more": False, "may_act": True, "people": [person], "open_id": "", "faults": [],
        "typed": {"reason": "", "phone": "", "card_seen": ""}, "reasons": options("手机丢了", "换号了"),
    }  # fmt: skip
    employer = {
        "id": "1", "name": "宏达建筑劳务", "kind": "企业", "level": 2, "reverify_on": at(90, 0).date(), "due": False,
        "trusted": True, "agency": True, "status": "", "may_post": True,
    }  # fmt: skip
    employers = {"q": "", "searched": False, "more": False, "may_post": True, "may_verify": True}
    chooser = {"q": "", "searched": False, "more": True}
    last = {"href": "/desk/post?from=7", "day": at(-1, 0).date(), "line": "搬砖 · 200/天 · 要6人"}
    tables = {"error": "", "post_name": "东关驿站", "rows": 5000, "megabytes": 20, "outcome": None}
    refused = {
        "name": "零工名册", "rows": 80, "count": 60, "copy_href": "/desk/import/copy/x",
        "faults": [{"row": 3, "column": "身份证号", "value": "410225****0017", "message": "号码对不上"}, {"row": 4, "column": "", "value": "", "message": "太长"}],
    }  # fmt: skip
    look = {
        "id": "1", "links": [{"place": "东关驿站", "why": "在这里登记", "ends_at": at(700, 0)}], "may_reveal": True,
        "form": form({"fields": [], "purpose": "reach", "reason": ""}), "fields": options("姓名", "电话", "身份证号"),
        "purposes": options("联系到岗", "核对身份", "其他"), "until": None, "forget": None,
    }  # fmt: skip
    person_facts = [
        {"label": "姓名", "value": "王**", "clear": False, "tel": False},
        {"label": "身份证", "value": "4102**********0021", "clear": False, "tel": False},
        {"label": "手机", "value": "138****5678", "clear": False, "tel": False},
    ]
    opened_facts = [
        {"label": "姓名", "value": "王建国", "clear": True, "tel": False},
        {"label": "手机", "value": "13800005678", "clear": True, "tel": True},
    ]
    opened = {"until": at(0, 5, 20), "forget": {"seconds": 600, "href": "/desk/people/1"}}
    someone = look | {
        "call": "王师傅",
        "facts": person_facts,
        "may_act": True,
        "is_worker": True,
        "may_print": True,
        "asked": [
            {
                "text": "【零工市场】定了您去“搬砖”11月27日5:40，200元/天，日结，东关。去回1，不去回2",
                "asked_at": now,
                "answer": "他答应了",
                "answered_at": now,
                "how": "短信，手机",
            }
        ],
    }
    firm = look | {
        "name": "宏达建筑劳务",
        "facts": person_facts,
        "may_post": True,
        "may_confirm": True,
        "due": True,
        "licence": "",
        "may_photograph": True,
    }
    card = {"call": "王师傅", "facts": [{"label": "性别年龄", "value": "男 58岁"}], "may_take": True}
    return [
        ("desk-person", "desk/person.html", base | someone),
        ("desk-person-open", "desk/person.html", base | someone | opened | {"facts": opened_facts}),
        ("desk-printed-card", "desk/printed_card.html", base | {"id": "0193a", "call": "王师傅", "code": "5182 774 301", "qr_href": "/static/qr.svg", "station": "东关零工驿站", "station_phone": "0371-2288 1234", "station_address": "中山路 12 号", "printed_on": now.date(), "jobs": [{"title": "搬砖", "start": now, "end": now, "place": "东关工地", "employer": "宏达建筑劳务", "pay_fen": 20000, "unit": "天", "settlement": "日结"}]}),
        ("desk-printed-card-no-jobs", "desk/printed_card.html", base | {"id": "0193a", "call": "王师傅", "code": "5182 774 301", "qr_href": "/static/qr.svg", "station": "东关零工驿站", "station_phone": "", "station_address": "", "printed_on": now.date(), "jobs": []}),
        ("desk-person-bad", "desk/person.html", base | someone | {"form": form({"fields": [], "purpose": "other"}, {"fields": "请勾要看哪一项", "reason": "请写清楚"})}),
        ("desk-person-masked", "desk/person.html", base | someone | {"may_reveal": False, "may_act": False}),
        ("desk-card", "desk/card.html", base | card),
        ("desk-card-read", "desk/card.html", base | card | {"may_take": False}),
        ("desk-employer-one", "desk/employer_one.html", base | firm),
        ("desk-employer-open", "desk/employer_one.html", base | firm | opened | {"facts": opened_facts, "may_post": False, "licence": "/desk/employers/7/licence?look=1"}),
        ("desk-employer-masked", "desk/employer_one.html", base | firm | {"may_reveal": False, "may_confirm": False, "due": False, "may_photograph": False}),
        ("desk-home", "desk/home.html", base | home),
        ("desk-home-empty", "desk/home.html", base | home | {"strip": [], "waiting": [], "unknown": [], "orders": [], "diary": ""}),
        ("desk-register", "desk/register.html", base | register),
        ("desk-day", "desk/day.html", base | {"day": now.date(), "near": [{"href": "/desk/day", "label": "今天", "here": True}], "orders": [ride], "calls": [{"who": "李**", "text": "明天的活取消了。", "tries": 1}], "diary": "3月10日 日志\n派工 3 人次。"}),
        ("desk-day-none", "desk/day.html", base | {"day": now.date(), "near": [], "orders": [], "calls": [], "diary": ""}),
        ("desk-van", "desk/van.html", base | {"day": now.date(), "order": ride, "post_href": "/desk/orders/7/van", "shown": False, "note": "", "may_call": True}),
        ("desk-van-phones", "desk/van.html", base | {"day": now.date(), "order": ride | {"people": [p | {"phone": "138 0000 0001"} for p in ride["people"]]}, "post_href": "/desk/orders/7/van", "shown": True, "note": "看得太多了，过一会再看。", "may_call": True}),
        ("desk-offline", "desk/offline.html", base | {k: register[k] for k in ("form", "trades", "skill_levels", "streets")} | {"most": 200}),
        ("desk-register-photo", "desk/register.html", base | register | {"form": form({"contact_kind": "mobile", "consent": "slip", "card_seen": "1", "by_photo": "1", "name": "赵大明", "id_number": "410225196805120111"})}),
        ("desk-register-no-photo", "desk/register.html", base | register | {"reads_photos": False, "form": form({}, {"photo": "这不是照片"})}),
        ("desk-register-bad", "desk/register.html", base | register | {"form": form({"name": ""}, faults), "recent": []}),
        ("desk-who", "desk/post_employer.html", base | chooser | {"employers": [
            {"id": "1", "name": "宏达建筑劳务", "verified": True, "last": last},
            {"id": "2", "name": "顺达搬家", "verified": False, "last": None}]}),
        ("desk-who-empty", "desk/post_employer.html", base | chooser | {"searched": True, "q": "顺", "employers": []}),
        ("desk-post", "desk/post.html", base | post),
        ("desk-post-bad", "desk/post.html", base | post | {
            "form": form(order_values | {"edit": "7"}, {"pay": "低于最低工资", "demands": "不能限男女，请删"}),
            "returned": ["地点找不到"], "guesses": [], "repeat_href": "", "heading": "改一改",
            "employer": {"id": "7", "name": "宏达", "warn": "还没核实"}}),
        ("desk-order", "desk/order.html", base | roll),
        ("desk-order-empty", "desk/order.html", base | roll | {"rows": [], "calls": [], "history": []}),
        ("desk-order-returned", "desk/order.html", base | roll | {
            "order": one | {"state": "O_RETURNED", "public_href": "", "edit_href": "/desk/post?edit=7", "may_refresh": False,
                            "returned": ["地点找不到"], "employer_phone": "13800000002"},
            "rows": [], "calls": [], "hirable": False, "history": []}),
        ("desk-orders", "desk/orders.html", base | {"show": "", "shows": shows, "orders": [listed], "calls": []}),
        ("desk-orders-calls", "desk/orders.html", base | {"show": "calls", "shows": shows, "orders": [listed], "calls": [{"href": "/desk/orders/7#calls", "text": "王师傅 · 搬砖"}]}),
        ("desk-orders-empty", "desk/orders.html", base | {"show": "", "shows": shows, "orders": [], "calls": []}),
        ("desk-people", "desk/people.html", base | people),
        ("desk-people-bad", "desk/people.html", base | people | {"open_id": "1", "faults": ["请先核对身份证"], "typed": {"reason": "0", "phone": "12", "card_seen": ""}}),
        ("desk-people-empty", "desk/people.html", base | people | {"q": "赵", "searched": True, "people": [], "may_act": False}),
        ("desk-employers", "desk/employers.html", base | employers | {"employers": [employer, employer | {"id": "2", "due": True, "level": 0, "status": "限制发布", "trusted": False, "reverify_on": None}]}),
        ("desk-employers-empty", "desk/employers.html", base | employers | {"searched": True, "employers": []}),
        ("desk-employer", "desk/employer.html", base | {"form": form({"kind": "individual"}, {"name": "请填姓名"}), "kinds": options("个人", "企业")}),
        ("desk-review", "desk/review.html", base | {"rechecks": rechecks, "queue": queue, "reasons": options("限男女", "地方不清"), "more_href": "/desk/review?after=x", "paged": False, "may_call": True}),
        ("desk-calls", "desk/calls.html", base | {"calls": [{"id": "n1", "who": "李**", "side": "零工", "href": "/desk/people/1", "text": "明天07:30搬砖的活取消了，雇主要付您空跑费60元。", "tries": 1, "at": now, "again_at": now, "asks": False},
            {"id": "n2", "who": "赵**", "side": "零工", "href": "/desk/people/2", "text": "请您现在去顶人，“摘桃”11月24日6:30，180元/天，日结，葡萄架乡桃园。请答复去还是不去。", "tries": 0, "at": now, "again_at": None, "asks": True}],
            "agains": options("10 分钟后"), "may_call": True, "may_answer": True}),
        ("desk-help", "desk/help.html", base | {"people": options("李师傅 56岁 搬运"), "calls": [
            {"id": "h1", "order": "7", "href": "/orders/K7X2M9QF", "title": "卸货", "station": "大兴街道零工驿站", "near": True, "place": "西关大街",
             "start": at(0, 7), "end": at(0, 17), "pay": "200/天", "missing": 3, "answered": None},
            {"id": "h2", "order": "8", "href": "/orders/K7X2M9QG", "title": "搬砖", "station": "西关街道零工驿站", "near": False, "place": "东关",
             "start": at(0, 8), "end": at(0, 17), "pay": "180/天", "missing": 1, "answered": 2}]}),
        ("desk-priority", "desk/priority.html", base | {"id": "7", "call": "冯师傅", "may_act": True, "form": form({}),
            "marks": [{"id": "m1", "words": "低保", "grantor": "县民政局", "valid_to": at(200, 0).date()}],
            "categories": options("低保", "残疾人")}),
        ("desk-dispatch", "desk/dispatch.html", base | {"may_act": True, **gaps, "proposals": [
            {"href": "/desk/dispatch/7", "state": "等您看", "tone": "wait", "made_at": at(0, 4, 30), "by_itself": True, "from_city": True, "people": 48, "places": 36,
             "placed": 34, "open": True}]}),
        ("desk-dispatch-none", "desk/dispatch.html", base | {"may_act": True, "proposals": [], "gaps": [], "short": [], "moves": []}),
        ("desk-moves", "desk/moves.html", base | moves),
        ("desk-moves-none", "desk/moves.html", base | {"groups": [], "lists": [], "may_act": False}),
        ("desk-proposal", "desk/proposal.html", base | dispatch | {"parts": [], "under": ""}),
        ("desk-proposal-city", "desk/proposal.html", base | dispatch | {"under": "/4102/25/", "parts": [
            {"href": "/desk/dispatch/7?under=/4102/25/", "name": "兰考县", "people": 12, "placed": 9, "across": 2, "shown": True}]}),
        ("desk-help-none", "desk/help.html", base | {"calls": [], "people": []}),
        ("desk-calls-none", "desk/calls.html", base | {"calls": [], "agains": [], "may_call": False, "may_answer": False}),
        ("desk-review-empty", "desk/review.html", base | {"rechecks": [], "queue": [], "reasons": [], "more_href": "", "paged": False, "may_call": False}),
        ("desk-import", "desk/import.html", base | tables),
        ("desk-import-bad", "desk/import.html", base | tables | {"error": "文件是空的", "outcome": refused}),
    ]  # fmt: skip
