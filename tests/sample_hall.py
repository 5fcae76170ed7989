"""Contexts of the hall's pages: kiosk, wall, screens, share pack."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from markupsafe import Markup

Page = tuple[str, str, dict[str, Any]]
CODE = Markup('<svg class="qr" viewBox="0 0 3 3"><path d="M0 0h3v3z"/></svg>')
JOBS = [
    {
        "title": title, "pay_fen": pay, "unit": unit, "settlement": "日结", "when": "今天 07:30", "place": "东关街道", "left": left,
    }
    for title, pay, unit, left in (
        ("搬砖小工", 20000, "天", 6), ("家具上楼搬运", 24000, "天", 2), ("小区楼道保洁", 2150, "小时", 1), ("钢筋绑扎", 32000, "工", 12),
        ("客厅铺地砖", 42000, "天", 1), ("活动安保执勤", 19000, "天", 40), ("大蒜采收分级包装", 90, "斤", 100), ("快递夜班分拣", 2600, "小时", 3),
    )
]  # fmt: skip
SEEKERS = [
    {"call": call, "trades": trades, "pay_fen": pay, "unit": "天", "here": i < 5}
    for i, (call, trades, pay) in enumerate(
        (("李师傅", "小工、搬运", 20000), ("王女士", "保洁", 15000), ("欧阳师傅", "瓦工、贴砖", 38000), ("张师傅", "钢筋", 30000),
         ("刘师傅", "电工", 32000), ("陈女士", "分拣、打包", 0), ("赵师傅", "小工", 18000), ("孙师傅", "装卸", 22000))
    )
]  # fmt: skip


def pages(anyone: dict[str, Any], staff: dict[str, Any], now: datetime) -> list[Page]:
    """Return (name of the picture, template, context) of the hall's pages and their states."""
    wall = {
        "token": "t", "station": "东关街道零工驿站", "area": {"name": "龙亭区", "phone": "0371-22881234"}, "phone": "0371-22885678",
        "hours": "05:30-18:00", "hotline": "12333", "today": "11月24日 周二", "at": now, "sign_code": "497768", "turn": 12,
        "following": "/screen/t?at=1", "called": [{"number": 17, "call": "李师傅", "at": now}, {"number": 108, "call": "欧阳师傅", "at": now}],
        "numbers": {"posts": 126, "places": 402, "signed_in": 37, "waiting": 11, "placed": 24, "arrived": 19}, "qr": CODE,
        "panels": [
            {"kind": "jobs", "rows": JOBS, "part": "1/3"}, {"kind": "seekers", "rows": SEEKERS, "part": ""},
            {"kind": "numbers", "rows": [], "part": ""},
            {"kind": "wages", "rows": [{"trade": "小工", "median_fen": 20000, "posts": 64}] * 8, "part": ""},
            {"kind": "help", "rows": [], "part": ""},
        ],
    }  # fmt: skip
    numbers = [{"station": "东关街道零工驿站", "number": 17, "code": "4821", "before": 6, "called": False}]
    empty = [{"kind": kind, "rows": [], "part": ""} for kind in ("jobs", "seekers")]
    kiosk = {
        "token": "t",
        "station": "东关街道零工驿站",
        "today": "11月24日 周二",
        "typed": "",
        "fault": "",
        "keys": list("123456789X0"),
    }
    given = {
        "token": "t", "station": "东关街道零工驿站", "today": "11月24日 周二", "at": now, "number": 17, "code": "4821", "call": "李师傅",
        "before": 6, "known": True, "opens": "05:30-18:00", "back_after": 20, "qr": CODE, "forget": {"seconds": 20, "href": "/kiosk/t"},
    }  # fmt: skip
    screens = {
        "form": {"values": {"kind": "wall"}, "errors": {}}, "kinds": [{"value": "wall", "label": "大屏"}, {"value": "kiosk", "label": "自助机"}],
        "made": None, "may_manage": True,
        "rows": [
            {"id": "1", "name": "大厅东墙", "kind": "大屏", "place": "东关街道", "last_beat": now, "beats": 1430, "alive": True},
            {"id": "2", "name": "门口自助机", "kind": "自助机", "place": "东关街道", "last_beat": None, "beats": 0, "alive": False},
        ],
    }  # fmt: skip
    made = {"name": "大厅东墙", "kind": "大屏", "url": "http://market.test/screen/secret", "path": "/screen/secret"}
    share = {
        "base": "/share/orders/KF-1124-7QX2", "title": "搬砖小工", "words": "【招人】搬砖小工 · 200/天\n看详情：http://market.test/orders/KF",
        "url": "http://market.test/orders/KF", "back": "/orders/KF",
    }  # fmt: skip
    return [
        *((f"wall-{n}", "hall/wall.html", anyone | wall | {"shown": n}) for n in range(5)),
        ("wall-empty", "hall/wall.html", anyone | wall | {"panels": empty, "shown": 0, "called": [], "phone": "", "hours": ""}),
        ("kiosk", "hall/kiosk.html", anyone | kiosk),
        ("kiosk-fault", "hall/kiosk.html", anyone | kiosk | {"typed": "1370000", "fault": "现在是 7 位，位数不对。请输 18 位身份证号，或者 11 位手机号。"}),
        ("kiosk-number", "hall/kiosk_number.html", anyone | given),
        ("kiosk-number-new", "hall/kiosk_number.html", anyone | given | {"call": "", "known": False, "before": 0}),
        ("screens", "hall/screens.html", staff | screens),
        ("screens-made", "hall/screens.html", staff | screens | {"made": made, "rows": []}),
        ("share", "hall/share.html", anyone | share),
        ("my-number", "hall/my_number.html", anyone | {"mine": numbers, "form": {"values": {}, "errors": {}}}),
        ("my-number-none", "hall/my_number.html", anyone | {"mine": [], "form": {"values": {"code": "1"}, "errors": {"code": "签到码不对。"}}}),
    ]  # fmt: skip
