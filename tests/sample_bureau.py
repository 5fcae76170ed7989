"""Contexts of the offices' first screens, built from the same tables as the pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from linggong.insight.matters import MATTERS, Matter
from linggong.measures.closing import KIND_WORDS, ClosureView
from linggong.measures.sites import Place
from linggong.measures.suspicion import Hint, Record, Suspect
from linggong.web.bureau import tables
from linggong.web.bureau.tables import Chart, Head, Table, money, number, rate, words

Page = tuple[str, str, dict[str, Any]]


def pages(staff: dict[str, Any], boss: dict[str, Any], *, now: datetime, form: Any) -> list[Page]:
    """Return the pages."""
    found = [
        Matter(key=key, label=one.label, count=n % 3, oldest=now if n % 3 else None, fen=1560000 if key == "arrears" else None)
        for n, (key, one) in enumerate(MATTERS.items(), start=1)
    ]  # fmt: skip
    first = tables.exceptions(found, "/4102/", 7, now, dict.fromkeys(MATTERS, True))
    nothing = tables.exceptions(
        [Matter(key="arrears", label="欠薪", count=0, oldest=None, fen=None)], "/4102/", 7, now, {}
    )
    heads = (
        Head("县区", number=False),
        Head("要人"),
        Head("到岗"),
        Head("到岗率", title="到岗 ÷ 要人"),
        Head("到期未付"),
    )
    line = [
        words("龙亭区", "/bureau?path=/4102/02/"),
        number(58),
        number(43, "/bureau/records"),
        rate(0.74),
        money(10200, "#", "danger"),
    ]
    places = Table(
        key="places", title="10 个县区", heads=heads, rows=[line], total=[words("合计"), *line[1:]], note="点数字看记录。",
        charts=(Chart(kind="bar", columns=(1, 2)),), export="/bureau/export/places",
    )  # fmt: skip
    trend = Table(
        key="trend", title="近 30 天要人和到岗", heads=(Head("日期", number=False), Head("要人"), Head("到岗")),
        rows=[[words("11月24日"), number(412), number(298)]], charts=(Chart(kind="line", columns=(1, 2)),),
    )  # fmt: skip
    recent = Table(
        key="recent",
        title="今天以前 7 天的供需",
        heads=heads,
        rows=[line],
        charts=(Chart(kind="bar", columns=(1, 2)),),
        note="今天还没有要人的活。",
    )
    more = Table(
        key="stations", title="站点有没有动静", heads=(Head("站点", number=False),), empty="这里还没有开着的站点。"
    )
    part = {"name": "龙亭区", "href": "#", "rate": "74%", "share": 74, "wanted": 58, "arrived": 43, "overdue": "102"}
    supply = {
        "place": "开封市", "path": "/4102/", "unit": "week", "trade": "", "up": "/bureau?path=/4102/",
        "units": [{"label": "按周", "href": "/bureau/supply", "on": True}, {"label": "按月", "href": "/bureau/supply?unit=month", "on": False}],
        "trades": [{"value": "6-29-99-00", "label": "小工"}],
    }  # fmt: skip
    base = {
        "kind": "city", "scope_name": "开封市", "as_of": now, "up_href": "", "supply_href": "/bureau/supply?path=/4102/", "stations_href": "/bureau/stations?path=/4102/", "parameters_href": "/bureau/parameters",
        "briefs": [{"label": "本月月报 PDF", "href": "/bureau/brief"}, {"label": "上月", "href": "/bureau/brief"}], "map_href": "/bureau/map", "exceptions": first, "places": places, "trend": trend, "recent": None,
        "lead": [], "more": [more], "parts": [part, part | {"overdue": ""}], "outline": None,
        "periods": [{"label": "今天", "href": "#", "on": True}, {"label": "近 7 天", "href": "#", "on": False}],
        "tiles": [
            {"label": "在招岗位", "value": "75", "unit": "个", "sub": "还缺 141 人", "tone": "", "href": ""},
            {"label": "到期未付", "value": "1,280", "unit": "元", "sub": "涉及 6 人", "tone": "danger", "href": "#"},
        ],
    }  # fmt: skip
    shown = {"id": "7", "approval": "豫S（2024）012号", "source": "省测绘局", "added_at": now}
    record = {
        "title": "李师傅", "href": "/orders/7", "sub": "搬砖，宏达建筑", "state": "在干活", "tone": "work", "place": "大兴驿站",
        "at": now, "due_at": now, "late": "超 3 天", "amount": "260",
    }  # fmt: skip
    records = {"label": "到岗", "place": "开封市", "back": "/bureau", "total": 2, "when": "近 7 天"}
    first_screen: dict[str, Any] = {
        "heading": "我的调解", "lead": "证书有效到 2027-12-31。", "warning": "", "tabs": [], "counts": [], "forms": [], "tab_key": "mediation",
    }  # fmt: skip
    accept = {
        "id": "accept", "url": "/office/referrals/7/accept", "label": "受理", "tone": "", "intro": "", "open": True,
        "fields": [{"name": "number", "label": "登记号", "type": "text", "options": [], "hint": "", "required": True, "value": ""}],
    }  # fmt: skip
    return [
        ("bureau", "bureau/overview.html", staff | base),
        ("bureau-map", "bureau/overview.html", staff | base | {"outline": shown}),
        ("bureau-county", "bureau/overview.html", staff | base | {"kind": "county", "parts": [], "lead": [places], "places": trend, "trend": more, "recent": recent, "more": [Table(key="operators", title="运营方", heads=heads), Table(key="waiting", title="等活久的人", heads=heads, rows=[line])]}),
        ("bureau-street", "bureau/overview.html", staff | base | {"kind": "site", "up_href": "/bureau", "exceptions": nothing, "periods": [], "tiles": [], "parts": []}),
        ("bureau-stations", "bureau/stations.html", staff | stations(now.date(), more)),
        ("bureau-no-stations", "bureau/stations.html", staff | stations(now.date(), more) | {"suspects": [], "closures": [], "sites": []}),
        ("bureau-supply", "bureau/supply.html", staff | supply | {"series": trend, "gaps": replace(more, key="gaps")}),
        ("bureau-records", "bureau/records.html", staff | records | {"rows": [record, record | {"href": "", "sub": "", "at": None, "due_at": None, "late": ""}], "more": "/bureau/records?cursor=x"}),
        ("bureau-no-records", "bureau/records.html", staff | records | {"rows": [], "more": "", "total": 0, "when": ""}),
        ("bureau-outline", "bureau/map.html", staff | {"place": "开封市", "path": "/4102/", "back": "/bureau", "has_parts": True, "shown": shown, "most": 400, "form": form({"approval": "x"}, {"approval": "请照图上印的填。", "file": "请选文件。"})}),
        ("mediation", "office/first.html", staff | first_screen | {"counts": [{"label": "我在调的", "value": 2, "tone": "go"}, {"label": "超时的", "value": 1, "tone": "danger"}], "tables": [places, more], "forms": [accept]}),
        ("department-none", "office/first.html", staff | first_screen | {"lead": "", "warning": "还没有写明您代表哪个部门。", "tabs": [{"label": "在办", "href": "#", "here": True}], "tables": [more]}),
        ("agency", "employer/agency.html", boss | {"name": "汴州人力资源有限公司", "missing": ["没有备案号：备好后到驿站补登记。"], "tables": [places, more]}),
        ("agency-whole", "employer/agency.html", boss | {"name": "汴州人力资源有限公司", "missing": [], "tables": [places]}),
        ("bureau-no-outline", "bureau/map.html", staff | {"place": "兰考县", "path": "/4102/25/", "back": "/bureau", "has_parts": False, "shown": None, "most": 400, "form": form()}),
    ]  # fmt: skip


def stations(today: date, empty: Table) -> dict[str, Any]:
    """Return the page of stations: one zombie, one to be checked, one closure."""
    record = Record(table="events", words="录入", id=UUID(int=7))
    hint = Hint(
        key="night", label="夜里集中录入", words="60 条录入里有 60 条在夜里录的。", n=60, of=60, limit=30.0,
        parameter="suspicion.night_share", records=[record],
    )  # fmt: skip
    closed = ClosureView(
        id=UUID(int=8), path="/4102/25/001/s01/", site="兰阳驿站", first=today, last=today, kind="other", kind_words="其他停开",
        note="搬家", ended_on=None,
    )  # fmt: skip
    return {
        "place": "开封市", "path": "/4102/", "today": today, "up": "/bureau?path=/4102/", "days": 30, "looks": True,
        "coverage": {"value": "30.0%", "sub": "3 公里内 3,000 人 ÷ 全部 10,000 人", "sample": "含示例数字，不是统计数据"},
        "zombies": replace(empty, key="zombies"), "recorded": replace(empty, key="recorded"), "lively": empty,
        "suspects": [Suspect(path="/4102/25/001/s01/", name="兰阳驿站", hints=[hint, msgspec.structs.replace(hint, key="text", records=[])])],
        "closures": [closed, msgspec.structs.replace(closed, ended_on=today)],
        "sites": [Place("/4102/25/001/s01/", "兰阳驿站", "station")], "kinds": KIND_WORDS,
    }  # fmt: skip
