"""Contexts of the public site's pages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from linggong.publishing.directory import EditionView, Line, Place
from linggong.web.footer import Item
from linggong.web.public.stations import _edition, _groups

Page = tuple[str, str, dict[str, Any]]
LINE = Line(
    path="/4102/02/003/s01/", name="大兴街道零工驿站", kind="零工驿站", nature="公共", county="龙亭区", street="大兴街道",
    address="便民路 2 号", phone="0371-5555 1001", hours=["4月至9月 5:00—19:00", "10月至3月 5:30—18:00"],
    functions=["求职登记", "签到等活"], latitude=34.8, longitude=114.3, seekers=182, trades=["小工", "保洁"], hires_a_day=12.4,
)  # fmt: skip
BARE = Line(
    path="/4102/02/100/s01/", name="杏花营镇零工驿站", kind="零工驿站", nature="公共", county="龙亭区", street="杏花营镇",
    address="", phone="", hours=[], functions=[],
)  # fmt: skip
FOOT = (
    Item("经办机构", "开封市公共就业服务中心"),
    Item("服务热线", "0371-5555 0100", "tel:0371-5555 0100"),
    Item("ICP 备案", "豫ICP备00000000号", "https://beian.miit.gov.cn/"),
)


def pages(anyone: dict[str, Any], staff: dict[str, Any], now: datetime) -> list[Page]:
    """Return name, template and context of each page and state."""
    anyone = anyone | {"foot": FOOT}
    top = Place(path="/4102/", name="开封市", is_top=True, count=79)
    county = Place(path="/4102/02/", name="龙亭区", is_top=False, count=6)
    view = EditionView(
        id=UUID(int=7), tenant="/4102/", place="开封市", quarter="2026Q4", version=2,
        begins_on=date(2026, 10, 1), ends_on=date(2026, 11, 24), published_at=now, count=2,
    )  # fmt: skip
    stations = {
        "q": "", "top": top, "chosen": None, "counties": [county], "groups": [], "found": 0, "cut": False, "searched": False, "unsure": False,
        "editions": [_edition(view)],
    }  # fmt: skip
    text = {
        "key": "promises", "title": "服务承诺", "hint": "带时限", "points": ["登记、招工全部免费。", "上班时间发布的用工，30 分钟内审完。"],
        "source": "人社部发〔2022〕38号", "version": 2, "set_at": now, "place": "龙亭区", "is_own": True,
        "body": "登记、招工全部免费。\n上班时间发布的用工，{t.review} 内审完。",
    }  # fmt: skip
    rules = {
        "place_name": "龙亭区",
        "chosen": "/4102/02/",
        "counties": [county],
        "sections": [
            text,
            text | {"key": "rules", "title": "市场规矩", "version": 0, "set_at": None, "place": "", "is_own": False},
        ],
    }
    told = {
        "name": "开封市", "label": "近 30 天", "begins_on": date(2026, 10, 25), "ends_on": date(2026, 11, 23), "made_at": now,
        "persons": 10, "employers": 3,
        "tiles": [{"label": "要人", "value": "3,120", "unit": "人", "sub": "开工的用工单 960 个"}, {"label": "工钱中位数", "value": "—", "unit": "", "sub": ""}],
        "wages": [{"trade": "小工", "hour": "25.50", "day": "204"}, {"trade": "贴砖", "hour": "—", "day": "—"}],
        "places": [{"name": "龙亭区", "demand": 410, "most": 500, "seekers": "312", "ratio": "1.31", "arrived": "1,204"}, {"name": "城乡一体化示范区", "demand": 3, "most": 500, "seekers": "—", "ratio": "—", "arrived": "2"}],
    }  # fmt: skip
    periods = [
        {"value": "30d", "label": "近 30 天", "on": True},
        {"value": "2026Q3", "label": "2026年第3季度", "on": False},
    ]
    desk = {
        "place": "龙亭区", "path": "/4102/02/", "places": [{"value": "/4102/", "label": "开封市"}, {"value": "/4102/02/", "label": "龙亭区"}],
        "public_href": "/rules", "sections": rules["sections"], "count": 6, "gap_count": 1,
        "gaps": [{"name": "杏花营镇零工驿站", "county": "龙亭区", "lacks": "地址、电话"}], "quarter": "2026年第4季度", "since": date(2026, 10, 1),
        "editions": [view],
    }  # fmt: skip
    groups = _groups([LINE, BARE], whole=False)
    levels = {
        "places": [{"value": "/4102/", "label": "开封市", "on": True}], "months": [{"value": "2026-11", "label": "2026年11月", "on": True}],
        "place": "开封市", "until": date(2026, 11, 23), "persons": 10, "employers": 3,
        "lines": [
            {"name": "小工", "p10": "20.0", "middle": "22.5–27.5", "p50": "25.0", "p90": "31.3", "day": "200", "persons": "45", "employers": "9"}
        ],
    }  # fmt: skip
    return [
        ("stations", "public/stations.html", anyone | stations),
        ("stations-county", "public/stations.html", anyone | stations | {"chosen": county, "groups": groups, "found": 2}),
        ("stations-found", "public/stations.html", anyone | stations | {"q": "驿站", "searched": True, "groups": groups, "found": 2, "cut": True, "unsure": True}),
        ("stations-none", "public/stations.html", anyone | stations | {"q": "没有的", "searched": True, "editions": []}),
        ("edition", "public/edition.html", anyone | {"edition": _edition(view), "lines": [LINE, BARE]}),
        ("rules", "public/rules.html", anyone | rules),
        ("rules-sheet", "public/rules_sheet.html", anyone | rules),
        ("figures", "public/figures.html", anyone | {"periods": periods, "told": told}),
        ("wage-levels", "public/wage_levels.html", anyone | levels),
        ("wage-levels-none", "public/wage_levels.html", anyone | levels | {"lines": [], "months": [], "until": None}),
        ("figures-none", "public/figures.html", anyone | {"periods": [], "told": None}),
        ("publishing", "office/site.html", staff | desk),
        ("publishing-bare", "office/site.html", staff | desk | {"places": [], "count": 0, "gap_count": 0, "gaps": [], "editions": []}),
    ]  # fmt: skip
