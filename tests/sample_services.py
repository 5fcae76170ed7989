"""Contexts of the pages of services."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from linggong.services import codes
from linggong.services.catalogue import Item, given
from linggong.services.figures import StationLine
from linggong.services.help_queries import HelpLine, HelpNoteLine, HelpView
from linggong.services.learn_queries import CourseView, EnrolmentLine, PastCourse, Progress
from linggong.services.queries import EntryLine, EntryView, NoteLine, Rate
from linggong.services.ratings import Said, Trend
from linggong.services.things import ThingLine, UseLine
from linggong.web.services.public import _FACES
from linggong.web.services.shown import PAGES, options

Page = tuple[str, str, dict[str, Any]]
ONE = UUID(int=7)
BLANK: dict[str, Any] = {"values": {}, "errors": {}}
SVG = "/static/icons/favicon.svg"


def pages(anyone: dict[str, Any], staff: dict[str, Any], now: datetime) -> list[Page]:
    """Return name, template and context of each page and state."""
    staff = staff | {
        "rooms": [{"href": href, "label": label, "on": key == "services"} for key, href, label in PAGES],
        "may_act": True, "form": BLANK,
    }  # fmt: skip
    items = list(given().values())
    return [
        *_counter(staff, items, now),
        *_help(staff, now),
        *_courses(staff, now),
        *_hall(staff, now),
        *_public(anyone, staff, items, now),
    ]


def _counter(staff: dict[str, Any], items: list[Item], now: datetime) -> list[Page]:
    def entry(**changes: Any) -> EntryLine:
        base: dict[str, Any] = {
            "id": ONE, "trace_code": "PHN67JNQ", "tenant": "/4102/25/001/s01/", "item": "失业登记", "code": "shiye",
            "name": "张**", "state": "open", "state_words": "在办", "owner_id": ONE, "handler_id": ONE,
            "happened_at": now, "due_at": now + timedelta(hours=20), "is_late": False, "referred_to": "", "missing": [],
            "breaches": [], "breach_words": [], "ended_at": None, "outcome": "", "case_id": None, "materials": ["身份证"],
        }  # fmt: skip
        return EntryLine(**(base | changes))

    found = [
        entry(due_at=now - timedelta(days=1), is_late=True, breach_words=["没有一次性告知"]),
        entry(),
        entry(item="申领社保补贴", state="waiting", missing=["社保缴费凭证", "银行卡"]),
        entry(item="灵活就业登记", state="referred", referred_to="公共就业服务中心"),
    ]
    page = {
        "items": [
            {"value": i.code, "label": f"{n} {i.name}", "materials": i.materials, "limit": i.limit_words, "department": i.department}
            for n, i in enumerate(items, 1)
        ],
        "lists": [{"href": "/desk/services", "label": "在办", "on": True}, {"href": "/desk/services?show=late", "label": "超时", "on": False}],
        "chosen": "open", "found": found, "rate": Rate(ended=12, in_time=11, told_twice=1, open=4, late_open=1), "help_due": 2,
        "done": str(ONE), "at_post": True,
    }  # fmt: skip
    rest = {
        "words": "厂子关门了", "channel": "窗口", "limit_words": "3个工作日", "materials": ["身份证或社保卡"], "told_at": None, "reference": "",
        "referred_at": None, "created_at": now, "owner": "李敏", "handler": "王芳", "worker_id": ONE,
        "notes": [NoteLine(kind="taken", kind_words="受理", words="厂子关门了", by="李敏", to="", at=now)],
    }  # fmt: skip
    one = {"is_open": True, "colleagues": [{"value": str(ONE), "label": "王芳"}], "department": "公共就业服务中心"}
    told = {"told_at": now, "reference": "就服2026-7"}
    return [
        ("services", "services/desk.html", staff | page),
        (
            "services-none",
            "services/desk.html",
            staff | page | {"found": [], "chosen": "late", "done": "", "may_act": False},
        ),
        ("service", "services/one.html", staff | one | {"view": EntryView(line=found[1], **rest)}),
        ("service-waiting", "services/one.html", staff | one | {"view": EntryView(line=found[2], **(rest | told))}),
        ("service-referred", "services/one.html", staff | one | {"view": EntryView(line=found[3], **(rest | told))}),
        (
            "service-receipt",
            "services/receipt.html",
            staff | {"view": EntryView(line=found[1], **rest), "digits": "0417", "place": "东关驿站", "rate_svg": SVG},
        ),
    ]


def _help(staff: dict[str, Any], now: datetime) -> list[Page]:
    day = now.date()
    base: dict[str, Any] = {
        "id": ONE, "trace_code": "A6CDEFGH", "kind": "startup", "kind_words": "创业服务", "name": "孙**", "tier": 2,
        "topic": "想开早点铺", "stage_words": "开业指导", "next_on": day - timedelta(days=1), "is_late": True, "happened_at": now,
        "ended_at": None, "outcome_words": "",
    }  # fmt: skip
    open_one = HelpLine(**base)
    done = HelpLine(**(base | {"ended_at": now, "outcome_words": "开业了", "next_on": None, "is_late": False}))
    note = HelpNoteLine(
        kind_words="进到", words="贷款批了", minutes=30, stage_words="担保贷款", amount_fen=10_000_000, paper="担2026-9",
        next_on=day, happened_at=now, by="李敏",
    )  # fmt: skip
    view = HelpView(line=open_one, plan="先看店面", stage="loan", result="", owner="李敏", worker_id=ONE, notes=[note])
    lists = [{"href": "/desk/assist?show=due", "label": "该联系了", "on": True}]
    one = {
        "stages": options(codes.STAGES), "stage_names": list(codes.STAGES.values()), "stage_no": 4,
        "outcomes": options(codes.OUTCOMES),
    }  # fmt: skip
    page = {"lists": lists, "kinds": options(codes.HELP_KINDS)}
    return [
        ("assist", "services/assist.html", staff | page | {"found": [open_one]}),
        ("assist-ended", "services/assist.html", staff | page | {"found": [done], "may_act": False}),
        ("assist-one", "services/assist_one.html", staff | one | {"view": view}),
    ]


def course(now: datetime, **changes: Any) -> CourseView:
    """Return a course."""
    base: dict[str, Any] = {
        "id": ONE, "title": "电工初级班", "provider": "县技校", "tenant": "/4102/25/", "held_by": "东关驿站", "mode_words": "线下",
        "need_words": "急需紧缺", "place": "县技校三楼", "begins_on": now.date(), "ends_on": now.date() + timedelta(days=9),
        "lessons": 40, "seats": 30, "taken": 12, "subsidy": "考过发证，培训补贴 800 元", "cancelled": False,
    }  # fmt: skip
    return CourseView(**(base | changes))


def enrolment(now: datetime, **changes: Any) -> EnrolmentLine:
    """Return somebody in a course."""
    base: dict[str, Any] = {
        "id": ONE, "trace_code": "K7MNPQRT", "course_id": ONE, "course": "电工初级班", "worker_id": ONE, "name": "王**",
        "state": "enrolled", "state_words": "报名", "attended": 18, "lessons": 40, "certificate": "", "training_subsidy": "granted",
        "training_fen": 80_000, "living_subsidy": "none", "living_fen": None, "created_at": now, "begins_on": now.date(), "ends_on": now.date(), "place": "县职校实训楼",
    }  # fmt: skip
    return EnrolmentLine(**(base | changes))


def _courses(staff: dict[str, Any], now: datetime) -> list[Page]:
    page = {
        "courses": [course(now), course(now, taken=30)], "progress": Progress(year=2026, people=14, certified=6, target=20),
        "past": [PastCourse(id=ONE, title="焊工班", ends_on=now.date(), people=9, unsettled=2, subsidies=3)],
        "modes": options(codes.COURSE_MODES), "needs": options(codes.COURSE_NEEDS),
    }  # fmt: skip
    people = [
        {
            "line": enrolment(now), "subsidies": [{"label": "培训补贴", "words": "批了", "fen": 80_000}],
            "next": [{"value": "training:paid", "label": "培训补贴：到账"}],
        },
        {"line": enrolment(now, id=UUID(int=8), state="finished", state_words="结业", certificate="电2026-88"), "subsidies": [], "next": []},
    ]  # fmt: skip
    return [
        ("courses", "services/courses.html", staff | page),
        ("course", "services/course.html", staff | {"course": course(now), "people": people}),
        (
            "course-none",
            "services/course.html",
            staff | {"course": course(now, taken=30), "people": [], "may_act": False},
        ),
    ]


def _hall(staff: dict[str, Any], now: datetime) -> list[Page]:
    def thing(n: int, kind: str, name: str, *, out: bool = False) -> ThingLine:
        return ThingLine(
            id=UUID(int=n), kind=kind, kind_words=codes.THINGS[kind], name=name, use_id=ONE if out else None,
            by="张**" if out else "", until=now - timedelta(hours=1) if out else None, is_late=out,
        )  # fmt: skip

    def use(kind: str) -> UseLine:
        return UseLine(
            id=ONE, trace_code="T3UVWXY4", thing="面谈室", kind=kind, kind_words=codes.USES[kind], by="宏达建筑", note="招工面谈",
            from_at=now, until=now + timedelta(hours=1), back_at=None, condition_words="",
        )  # fmt: skip

    things = {
        "things": [thing(1, "tool", "手推车", out=True), thing(2, "tool", "电钻"), thing(3, "room", "面谈室"), thing(4, "locker", "1号柜")],
        "coming": [use("room")], "latest": [use("tool")], "kinds": options(codes.THINGS), "conditions": options(codes.CONDITIONS),
    }  # fmt: skip
    scores: dict[str, int | None] = {"upkeep": 5, "service": 4, "sides": None, "mediation": None, "guidance": 2}
    ratings = {
        "names": codes.DIMENSIONS, "rate_svg": SVG, "place": "东关驿站",
        "trend": [
            Trend(month=now.date().replace(day=1), answers=3, means={"upkeep": 4.7, "service": 4.3, "sides": None, "mediation": None, "guidance": 2.5})
        ],
        "latest": [Said(scores=scores, words="耐心", channel_words="扫码", at=now)],
    }  # fmt: skip
    return [
        ("things", "services/things.html", staff | things),
        ("things-none", "services/things.html", staff | things | {"things": [], "coming": [], "latest": []}),
        ("ratings", "services/ratings.html", staff | ratings),
    ]


def _public(anyone: dict[str, Any], staff: dict[str, Any], items: list[Item], now: datetime) -> list[Page]:
    guide = {
        "place_name": "开封市", "chosen": "", "counties": [], "version": 3, "changed_at": now,
        "groups": [{"title": "登记", "items": items[1:3]}, {"title": "维权调解", "items": items[-2:]}],
    }  # fmt: skip
    rate = {
        "name": "东关驿站",
        "node_id": str(ONE),
        "form": BLANK,
        "fault": "",
        "done": False,
        "names": codes.DIMENSIONS,
        "faces": _FACES,
    }
    line = StationLine(
        path="/4102/25/001/s01/", name="东关驿站", taken=31, done=28, in_time=27, told_twice=1, late=2, help_late=1, trainees=14,
        answers=9, mean=4.4,
    )  # fmt: skip
    office = {
        "place": "兰考县", "path": "/4102/25/", "places": [], "items": items, "version": 3,
        "kinds": options(codes.ITEM_KINDS), "units": options(codes.UNITS),
    }  # fmt: skip
    mine = EntryLine(
        id=ONE, trace_code="PHN67JNQ", tenant="", item="失业登记", code="shiye", name="", state="open", state_words="在办",
        owner_id=None, handler_id=None, happened_at=now, due_at=now, is_late=False, referred_to="", missing=[], breaches=[],
        breach_words=[], ended_at=None, outcome="", case_id=None, materials=["身份证或社保卡", "离职证明（有就带）"],
    )  # fmt: skip
    policy = {
        "id": str(ONE), "title": "灵活就业社保补贴", "who": "零工", "what": "补三分之二", "how": "到驿站", "phone": "12333", "place": "兰考县",
        "source": "文件", "until": None, "soon": None,
    }  # fmt: skip
    month = {"month": now.date(), "names": codes.DIMENSIONS, "may_write": True}
    return [
        ("guide", "services/guide.html", anyone | guide),
        ("guide-sheet", "services/guide_sheet.html", anyone | guide),
        ("rate", "services/rate.html", anyone | rate),
        ("rate-done", "services/rate.html", anyone | rate | {"done": True}),
        (
            "my-services",
            "services/mine.html",
            anyone
            | {
                "found": [mine],
                "stations": {"": SimpleNamespace(id=ONE, name="东关驿站")},
                "joined": [enrolment(now)],
                "courses": [course(now)],
                "today": now.date(),
            },
        ),
        ("office-services", "services/office.html", staff | office),
        ("in-time", "services/in_time.html", staff | month | {"stations": [line]}),
        ("in-time-none", "services/in_time.html", staff | month | {"stations": []}),
        ("policy", "public/policy.html", anyone | {"one": policy, "is_sheet": False}),
    ]
