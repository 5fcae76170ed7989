"""Contexts of the pages of reaching out."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace as View
from typing import Any

from linggong.outreach import codes
from linggong.outreach.quality import PARTS
from linggong.web.outreach.reading import TABS, choices

Page = tuple[str, str, dict[str, Any]]


def pages(staff: dict[str, Any], public: dict[str, Any], now: datetime) -> list[Page]:
    """Return (name of the picture, template, context) of the pages of reaching out and their states."""
    today, blank = now.date(), {"values": {}, "errors": {}}
    some = [{"value": "1", "label": "开封建筑公司"}, {"value": "2", "label": "兰考食品厂"}]
    base = {
        **staff,
        "tabs": TABS,
        "form": blank,
        "may_record": True,
        "may_manage": True,
        "may_post": True,
        "today": today,
    }
    at = {
        "id": "1",
        "trace_code": "ACDEFGHJ",
        "happened_at": now - timedelta(days=2),
        "written_at": now,
        "photos": ["1"],
    }
    visit = View(
        **at, channel="visit", employer_id=None, employer="路口新开的饭店", contact_name="王老板", place="东关大街12号", headcount=5,
        needs="要 5 个小工，下周开工", follow_up_on=today, followed_at=None, outcome="", has_phone=True,
    )  # fmt: skip
    call = View(employer_id="1", employer="开封建筑公司", visit_id="1", due_on=today, why="说好回访：要 5 个小工", last_at=now - timedelta(days=9), mine=True)  # fmt: skip
    officer = View(employer="开封建筑公司", staff_id="1", officer="李敏", since=now, before="黎明交接：老板早上好找")
    sheet = View(**at, kind="roadside", place="东关桥头", heads=30, asked=12, registered=8, known=2, came=5, worked=3)
    fair = View(
        id="1", trace_code="ACDEFGHK", theme="春季务工专场", place="兰阳街道零工驿站院内", starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=3), state="planned", visitors=None, employers=2,
    )  # fmt: skip
    view = View(
        fair=fair, notice="自带简历", closing_note="", stations=["兰阳街道零工驿站"], deals=3, min_employers=5, is_own=True,
        employers=[View(name="开封建筑公司", how="服务台签到", signed_at=now)],
        posts=[View(trace_code="ACDEFGHM", title="搬砖小工", headcount=6, confirmed=2)],
        pushes=[View(kind="notice", pushed_at=now, told=240, left_out=12, text="3月11日9:00-13:00，现场招工。")],
    )  # fmt: skip
    month = View(name="兰阳街道零工驿站", wanted=1, min_employers=5, held=1, counted=0, passed=False)
    course = View(
        id="1", trace_code="ACDEFGHN", title="岗位怎么写", trainer="罗志华", place="县局", minutes=60, pass_mark=60,
        happened_at=now, questions=[View(text="工钱怎么写？", options=["写明", "面议"])], my_score=None, i_passed=False, tried=3,
        passed=2,
    )  # fmt: skip
    score = View(name="兰阳街道零工驿站", score=86.5, parts=[View(good=8, all=10) for _ in PARTS])
    total = View(valid=22, satisfied=20, percent=90.91, minimum=30, enough=False, drawn=10, drawn_valid=7)
    ask = View(id="1", side="worker", who="李师傅", worker_id="1", title="搬砖小工", outcome="unreached")
    sample = View(
        trace_code="ACDEFGHP", first=today, last=today, drawn_at=now, asked_workers=10, asked_employers=5, workers=120,
        employers=18, answered_workers=7, answered_employers=4, seed=42,
    )  # fmt: skip
    brand = View(name="兰考焊工", story="一把焊枪走四方。", place="兰阳街道", trades=["焊工"])
    guided = View(
        id="1", employer="开封建筑公司", kind="warning", topics=["不签约定"], words="有三个人没签约定，请补签。", fix_by=today, state="open",
        happened_at=now, written_at=now, checked_words="", letter_id="1", overdue=True,
    )  # fmt: skip
    account = View(
        account="兰考零工",
        platform="official_account",
        month=today,
        followers=2100,
        taken_on=today,
        photo_id="1",
        before=1900,
    )
    briefing = View(**at, topic="灵活就业社保补贴", place="东关村", audience=43, speaker="李敏")
    told = View(
        **at, kind="posts", channel="wechat_group", title="今天 6 个活", link="https://example.cn/a", order="ACDEFGHM"
    )
    asked = {"villages": some, "situations": choices(codes.SITUATIONS), "trades": some}

    def page(picture: str, template: str, section: str, /, **context: Any) -> Page:
        return (f"outreach-{picture}", f"outreach/{template}.html", {**base, "section": section, **context})

    return [
        page("visits", "visits", "visits", to_call=[call], rows=[visit], channels=codes.VISIT_CHANNELS, sources=codes.SOURCE_OF),
        page(
            "visit-new", "visit_new", "visits", before=visit, chosen="1", called="", employers=some, trades=some,
            channels=choices(codes.VISIT_CHANNELS),
        ),
        page("visit-phone", "visit_phone", "visits", name="路口新开的饭店", contact="王老板", number="13812345678", visit="1", forget={"seconds": 60, "href": "/outreach"}),
        page("officers", "officers", "officers", rows=[officer], without=2, employers=some, staff=some),
        page("surveys", "surveys", "surveys", rows=[sheet], kinds=codes.SHEET_KINDS, report=None),
        page(
            "surveys-refused", "surveys", "surveys", rows=[], kinds=codes.SHEET_KINDS,
            report={"rows": 3, "count": 1, "faults": [View(row=2, column="村社区代码", value="41022500", message="没有这个代码")], "href": "/outreach/surveys/copy/x"},
        ),
        page("survey-new", "survey_new", "surveys", lines=range(2), **asked),
        page("roadside", "roadside", "surveys", rows=[sheet], last=sheet, at_now="2026-03-10T05:10", **asked),
        page("survey-print", "survey_print", "surveys", columns=["姓名", "身份证号"], lines=14, situations=codes.SITUATIONS, site="兰阳街道零工驿站"),
        page("briefings", "briefings", "briefings", rows=[briefing]),
        page(
            "publicity", "publicity", "publicity", rows=[told], year=[View(name="兰阳街道零工驿站", posts=62, heads=180, target=100, met=False)], media=codes.MEDIA, kinds=codes.PUBLICITY_KINDS,
            media_choices=choices(codes.MEDIA), kind_choices=choices(codes.PUBLICITY_KINDS),
        ),
        page("followers", "followers", "publicity", accounts=[account], platforms=codes.PLATFORMS, platform_choices=choices(codes.PLATFORMS)),
        page("fairs", "fairs", "fairs", month=[month], rows=[fair], states=codes.FAIR_STATES, sites=some, here="1"),
        page(
            "fair", "fair", "fairs", view=view, states=codes.FAIR_STATES, pushes=codes.PUSHES, begun=True, doors=True, over=False,
            code="123456", qr="/static/icons/favicon.svg", address="", pushed={"notice"}, employers=some,
        ),
        page("training", "training", "training", rows=[course], questions=range(2), scores=[score], parts=PARTS, month=today),
        page("course", "course", "training", course=course, results=[View(name="李敏", tenant="/4102/25/001/s01/", score=100, tries=2, passed=True)],
            waiting=[View(name="王芳", tenant="/4102/25/001/s01/")], places={"/4102/25/001/s01/": "兰阳驿站"}),
        page(
            "satisfaction", "satisfaction", "satisfaction", first=today, last=today, sides=codes.SIDES, totals={"worker": total, "employer": total},
            samples=[sample], asks=[ask], may_ask=True, may_draw=True, until=(today, today),
        ),
        page(
            "brands", "brands", "brands", rows=[View(brand=brand, workers=12, posts=3, completed=40)], known=[("1", "兰考焊工", "兰阳街道")],
            trades=some, people=some,
        ),
        page(
            "guidance", "guidance", "guidance", rows=[guided], kinds=codes.GUIDANCE_KINDS, states=codes.GUIDANCE_STATES,
            topics=choices(codes.GUIDANCE_TOPICS), employers=some, may_warn=True,
        ),
        ("outreach-own-fairs", "outreach/own_fairs.html", {**public, "rows": [fair]}),
        ("outreach-own-fair", "outreach/own_fair.html", {**public, "fair": fair, "signed_at": None, "doors": True, "form": blank}),
        ("outreach-public-fairs", "outreach/public_fairs.html", {**public, "rows": [fair]}),
        ("outreach-public-brands", "outreach/public_brands.html", {**public, "rows": [(brand, "/")]}),
    ]  # fmt: skip
