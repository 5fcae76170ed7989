"""Contexts of the pages of the assessment."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from types import SimpleNamespace as View
from typing import Any
from uuid import UUID

from linggong.assessment import card as cards
from linggong.assessment import keeping, recognition, sheet
from linggong.assessment.evidence import Answers, Entry, Evidence
from linggong.assessment.models import UPKEEP, UPKEEP_WHAT
from linggong.assessment.scorecard import score, tiers_in_words
from linggong.web.assess.years import KINDS

Page = tuple[str, str, dict[str, Any]]
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


def pages(staff: dict[str, Any], now: datetime) -> list[Page]:
    """Return (name of the picture, template, context) of the assessment's pages and their states."""
    form: dict[str, Any] = {"values": {}, "errors": {}}
    card = cards.of_library("jianning")
    rows = {
        "9": Entry(answers={"workers": Answers(satisfied=88, valid=100), "employers": Answers(satisfied=41, valid=50)}),
        "14": Entry(counts={"assignments": 300, "orders": 88}), "2": Entry(points=4.5, by="罗志华", evidence=("维护记录",)),
    }  # fmt: skip
    scored = score(card, Evidence(card=card.id, version=card.version, first=FIRST, last=LAST, rows=rows))
    one = View(
        id="7", path="/4102/02/", place="龙亭区", what="龙采〔2026〕3 号", contract_id="8", operator="汴梁人力资源公司", year=2026, first=FIRST,
        last=LAST, state="S_OPEN", state_words="进行中", card=card.id, card_version=1, card_title=card.title, scored=True, points=None, grade="",
        frozen_hash="", frozen_at=None, report_until=None, appeal_until=None, final_at=None, allowed=[],
    )  # fmt: skip
    final = View(
        **vars(one)
        | {"id": "9", "state": "S_FINAL", "state_words": "已定案", "points": 84, "grade": "良好", "year": 2025}
    )
    material = View(
        id="1",
        row=17,
        name="公众号后台截图 11 月",
        words="",
        number=2310,
        by="孟凯",
        by_operator=True,
        at=now - timedelta(days=3),
    )
    said = View(
        kind="report", kind_words="自评", words="这一年站点天天开门。", body={}, by="孟凯", at=now - timedelta(days=2)
    )
    late = View(**vars(said) | {"kind": "refused", "words": "第 17 行：补交的截图"})
    shared: dict[str, Any] = {
        "one": one, "score": scored, "is_forecast": True, "kinds": KINDS, "basis": sheet.basis, "outcome": "已知各行合计 16.5 分；还有 14 行没有评，不定等次",
        "counts": True, "materials": [material], "said": [said], "refused": [], "steps": set(), "files": True, "paper": False, "money": True,
        "judged": [r for r in card.rows if r.reads == "given"], "counted": {15: "条", 17: "人"},
        "rows": [{"value": str(r.n), "label": f"{r.n} {r.item}"} for r in card.rows], "grades": [], "drift": [], "until": now.date(), "form": form, "claims": {"2": 5}, "facts": {"2": ["维护记录：数据库维护 3 条"]}, "letter": None,
    }  # fmt: skip
    kept = keeping.Kept(
        id=UUID(int=3), path="/4102/02/", card=card, first=FIRST, reason=card.source, counts=False, document=""
    )
    entry = View(
        id="1", path="/4102/02/", kind_words="数据库维护", what_words="备份演练", day=FIRST, words="恢复到备机，核对了 3 张表。", down_minutes=4, by="孟凯", kind="database"
    )  # fmt: skip
    uptime = View(since=FIRST, beats=287, due=288, share=0.9965, down_days=[date(2026, 3, 2)])
    listed = View(
        label="查实的事件",
        total=120,
        lines=[View(title="打架斗殴", sub="双方和解", day=FIRST, place="/4102/02/", href="/desk/cases")],
    )
    market = View(
        id="5", path="/4102/02/m01/", market="龙亭区零工市场", state="R_APPLIED", state_words="已申报", applied_at=now, checks={}, public_until=now,
        granted_at=None, plaque="", recheck_due=None, recheck_late=False, allowed=["checked"], said=[View(kind="applied", words="开办满一年。", by="韩静", at=now)],
    )  # fmt: skip
    granted = View(**vars(market) | {"state": "R_GRANTED", "state_words": "已认定", "plaque": "汴示范 001", "recheck_due": FIRST, "recheck_late": True, "checks": {"name": {"ok": True, "shown": "门牌照片"}, "criticism": {"ok": True, "shown": ""}}})  # fmt: skip
    target = View(by=date(2025, 12, 31), wanted=3, granted=1, under_way=2, met=False)
    options = [{"value": "1", "label": "龙采〔2026〕3 号 汴梁人力资源公司"}]
    version = {"kept": kept, "changes": ["第 2 行分值 5 → 4"]}
    names = {"/4102/02/": "龙亭区"}
    tiers = keeping.tiers
    return [
        ("assess-years", "assess/years.html", staff | {"years": [one, final], "assesses": True, "contracts": options, "stations": [], "year": 2026, "recognitions": True, "form": form}),
        ("assess-years-none", "assess/years.html", staff | {"years": [], "assesses": False, "contracts": [], "stations": [], "year": 2026, "recognitions": False, "form": form}),
        ("assess-year", "assess/year.html", staff | shared),
        ("assess-review", "assess/year.html", staff | shared | {"one": View(**vars(one) | {"state": "S_REPORTED", "state_words": "已自评，等评审", "frozen_hash": "ab" * 32}), "steps": {"review"}, "files": False, "refused": [late], "drift": ["第 14 行 assignments：封存时 300，现在 301"]}),
        ("assess-steps", "assess/year.html", staff | shared | {"one": final, "steps": {"freeze", "report", "appeal", "decide", "finish"}, "counts": False, "letter": View(label="提升方案通知", dated=True, fields={"matter": "考核 75 分", "demand": "逐行写明"}, labels={"matter": "考核结果和差距", "demand": "方案要求"})}),
        ("assess-row", "assess/row.html", staff | {"detail": one, "row": scored.rows[9], "kinds": KINDS, "basis": sheet.basis, "listed": listed, "hidden": False, "names": names, "facts": ["系统自己记的运行率：99.65%"], "links": [{"href": "/bureau/measures/M07", "label": "龙亭区：认定完工的派工"}], "log": [entry], "uptime": uptime, "materials": [material]}),
        ("assess-row-none", "assess/row.html", staff | {"detail": one, "row": scored.rows[3], "kinds": KINDS, "basis": sheet.basis, "listed": None, "hidden": False, "names": names, "facts": [], "links": [], "log": [], "uptime": None, "materials": []}),
        ("assess-cards", "assess/cards.html", staff | {"cards": [kept], "names": names, "assesses": True, "library": options, "places": ["龙亭区 /4102/02/"], "proposal": cards.PROPOSAL, "first": FIRST, "form": form}),
        ("assess-card", "assess/card.html", staff | {"kept": kept, "card": card, "place": "龙亭区", "kinds": KINDS, "versions": [version], "newest": True, "changes": True, "adopts": True, "tiers": tiers, "worded": tiers_in_words, "proposal": cards.PROPOSAL, "form": form}),
        ("assess-log", "assess/log.html", staff | {"entries": [entry], "uptime": uptime, "kinds": [{"value": k, "label": w, "n": 1} for k, w in UPKEEP.items()], "whats": [{"value": k, "label": w} for k, w in UPKEEP_WHAT.items()], "files": True, "today": FIRST, "names": names, "form": form}),
        ("assess-recognitions", "assess/recognitions.html", staff | {"found": [market, granted], "board": [target], "markets": options, "form": form}),
        ("assess-recognition", "assess/recognition.html", staff | {"one": market, "listed": recognition.checklist(), "steps": {"checked", "visited", "publicized", "granted", "refused"}, "hints": ["有一个电话登记了 10 个人"], "public": True, "form": form, "words": {"applied": "申报"}}),
        ("assess-recognised", "assess/recognition.html", staff | {"one": granted, "listed": recognition.checklist(), "steps": {"rechecked", "revoked"}, "hints": [], "public": False, "form": form, "words": {"applied": "申报"}}),
    ]  # fmt: skip
