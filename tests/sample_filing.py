"""Contexts of the pages of a place's file and of targets, built from the same views as the pages."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from linggong.sites import marks
from linggong.sites.checks import Item
from linggong.sites.codes import ELEMENTS, EQUIPMENT, LINES, PARTNERS, PROOFS, ROOM_USES, STAFF_KINDS, TARGETS
from linggong.sites.departments import PARTS, DepartmentView
from linggong.sites.files import Cobuild, FileView, Gap
from linggong.sites.functions import Used
from linggong.sites.hours import Declared, Season
from linggong.sites.roster import Least, Member
from linggong.sites.wall import Tested
from linggong.web.bureau.tables import Head, Table, number, words
from tenants.evidence import Kept

Page = tuple[str, str, dict[str, Any]]
_ID = UUID(int=7)


def pages(staff: dict[str, Any], *, now: datetime) -> list[Page]:
    """Return the pages."""
    today = now.date()
    gap = Gap(code="rooms", part="site", words="还没有登记场地和面积。")
    base = staff | {
        "name": "兰阳街道零工驿站", "kind": "零工驿站", "base": "/places/7", "part": "plan", "today": today, "may_write": True,
        "lacks": [gap.words],
        "parts": [{"key": "plan", "label": "要素和方案", "href": "/places/7", "gaps": 0}, {"key": "site", "label": "场地和设备", "href": "/places/7/site", "gaps": 1}],
    }  # fmt: skip
    file = FileView(
        version=2, elements=dict.fromkeys(ELEMENTS, "大屏和公众号") | {"rights": ""}, reason="补充场地", set_at=now,
        cobuild=Cobuild(partners=["aixin"], lead="街道办", responsible="社区书记", funding="街道经费"),
    )  # fmt: skip
    whole = base | {
        "gaps": [gap], "elements": [{"code": c, "label": label, "text": file.elements[c]} for c, label in ELEMENTS.items()],
        "file": file, "cobuild": file.cobuild, "partners": PARTNERS, "month": today, "versions": [file, file],
        "basic": [Used(name="即时快招", n=3), Used(name="技能提升", n=0), Used(name="劳动维权", n=None)], "onsite": [Used(name="求职登记", n=4)],
    }  # fmt: skip
    photo = Kept(
        id=_ID,
        about="site_check",
        subject_id=_ID,
        taken_at=now,
        added_at=now,
        latitude=None,
        longitude=None,
        note="",
        sha256=b"",
    )
    items = [
        Item(kind="zone", item="零工登记", label="零工登记", here=True, looked_on=today, id=_ID, photos=[photo], note="门口"),
        Item(kind="zone", item="等候", label="等候", here=False, looked_on=today, id=_ID), Item(kind="zone", item="调解", label="调解"),
    ]  # fmt: skip
    room = SimpleNamespace(id=_ID, name="大厅", use="hall", address="一楼", area_m2=Decimal("12.5"), since=today)
    thing = SimpleNamespace(id=_ID, name="灭火器", pieces=2, funding="", bought_on=today, expires_on=today)
    lists = [{"label": "功能区", "items": items}, {"label": "服务功能", "items": []}]
    site = base | {
        "rooms": [room], "uses": ROOM_USES, "area": Decimal("12.5"), "area_words": "12.5", "least": Decimal(15), "least_words": "驿站至少",
        "things": [{"row": thing, "kind": "灭火器", "tone": "danger"}], "kinds": EQUIPMENT, "expiring": "灭火器", "lists": lists,
    }  # fmt: skip
    one = Member(
        id=_ID, name="李敏", id_masked="410***********01", kind="full_time", kind_words="专职", duty="登记", proofs=["contract"],
        proof_words=["劳动合同"], starts_on=today, ends_on=None,
    )  # fmt: skip
    least = Least(people=2, people_on=today, full_time=1, full_time_on=today, proven=0, proven_on=today)
    people = base | {
        "rows": [{"one": one, "photos": [photo], "lacks": True}], "gone": [one], "least": least, "wanted": 3, "full_time": 1, "people": 2,
        "markets": True, "kinds": STAFF_KINDS, "proofs": PROOFS,
    }  # fmt: skip
    tested = Tested(line="hotline", line_words="服务热线", phone="12333", answered=False, tested_at=now, note="")
    wall = base | {
        "lists": lists, "lines": [{"key": k, "label": v, "phone": "12333", "last": tested if k == "hotline" else None} for k, v in LINES.items()],
        "every": 30, "slogans": ["零工小市场 就业大民生"], "marks": marks.of(34.8, 114.8, True), "systems": marks.SYSTEMS,
        "ways": [{"label": "高德地图", "href": "https://uri.amap.com/x"}], "now_local": "2026-11-27T05:10",
    }  # fmt: skip
    season = Season(first_month=1, last_month=12, opens=270, closes=1080)
    held = Declared(version=1, from_on=today, seasons=[season], declared_at=now)
    row = {"first_month": 1, "last_month": 12, "weekdays": "1-7", "opens": "04:30", "closes": "18:00"}
    hours = base | {
        "held": held, "coming": [held], "public": held.words, "rows": [row, {}, {}], "counts": {"按时开": 20, "休息": 1},
        "days": [{"day": today - timedelta(days=1), "due": "04:30", "signs": "登录 04:20", "verdict": "没有开门证据", "tone": "danger"}],
        "areas": [(_ID, "/4102/25/101/", "堌阳镇")], "near": ["堌阳镇 /4102/25/101/"],
    }  # fmt: skip
    point = {
        "id": _ID, "name": "裕禄桥头", "place": "兰阳街道", "address": "桥头", "hours": "04:00–07:30", "heads": 80, "hires": 35, "trades": "小工",
        "nearest": "附近没有活跃站点", "far": True, "surveyed_on": today, "demo": True,
    }  # fmt: skip
    listed = staff | {
        "place": "兰考县", "path": "/4102/25/", "today": today, "cut": False, "may_write": True, "targets_href": "/bureau/targets",
        "rows": [{"id": _ID, "name": "兰阳驿站", "kind": "零工驿站", "n": 2, "words": gap.words, "area": ""}],
        "gatherings": [point], "trades": [{"value": "6-29-99-00", "label": "小工"}],
    }  # fmt: skip
    empty = {"rows": [], "things": [], "rooms": [], "gone": [], "lists": lists[1:], "may_write": False, "lacks": []}
    return [
        ("file", "filing/whole.html", whole),
        ("file-empty", "filing/whole.html", whole | {"gaps": [], "file": None, "versions": [], "cobuild": Cobuild(), "onsite": []}),
        ("file-site", "filing/site.html", site), ("file-site-empty", "filing/site.html", site | empty | {"least": None}),
        ("file-people", "filing/people.html", people), ("file-people-empty", "filing/people.html", people | empty),
        ("file-wall", "filing/wall.html", wall), ("file-wall-empty", "filing/wall.html", wall | empty | {"slogans": [], "marks": None}),
        ("file-hours", "filing/hours.html", hours), ("file-hours-empty", "filing/hours.html", hours | {"held": None, "coming": [], "may_write": False, "areas": [], "public": ""}),
        ("files", "filing/list.html", listed), ("files-empty", "filing/list.html", listed | {"rows": [], "gatherings": [], "may_write": False}),
        *_targets(staff, today),
    ]  # fmt: skip


def _targets(staff: dict[str, Any], today: date) -> list[Page]:
    table = Table(
        key="own",
        title="兰考县 2026 年",
        heads=(Head("种类", number=False), Head("目标")),
        rows=[[words("零工驿站"), number(3)]],
    )
    one = DepartmentView(
        id=_ID,
        path="/4102/25/",
        name="公安局",
        part="member",
        part_words="成员",
        contact="王警官",
        phone="110",
        duty="",
    )
    page = staff | {
        "place": "兰考县", "path": "/4102/25/", "year": 2026, "years": [{"year": 2026, "href": "#"}, {"year": 2027, "href": "#"}], "own": table,
        "counties": Table(key="counties", title="各县区", heads=table.heads), "areas": Table(key="areas", title="覆盖", heads=table.heads),
        "functions": Table(key="functions", title="功能", heads=table.heads), "folded": False, "covered": "61.0%", "radius": "3", "departments": [one],
        "kinds": TARGETS, "names": ["公安局"], "parts": PARTS, "may_set": True, "files_href": "/places",
    }  # fmt: skip
    return [
        ("targets", "bureau/targets.html", page),
        ("targets-none", "bureau/targets.html", page | {"departments": [], "own": None, "counties": None, "may_set": False, "files_href": ""}),
    ]  # fmt: skip
