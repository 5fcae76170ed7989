"""Contexts of the pages of ledgers, daily records and month reports."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from types import SimpleNamespace as View
from typing import Any

from linggong.ledgers import layouts
from linggong.ledgers.codes import FIELDS, LEDGERS
from linggong.web.bureau.tables import Head, Table, number, words

Page = tuple[str, str, dict[str, Any]]
DAY = date(2026, 11, 26)


def _frame(tab: str) -> dict[str, Any]:
    tabs = [{"href": "#", "label": label, "here": label == tab} for label in ("每日记实", "台账", "月报")]
    months = [{"href": "#", "label": label, "here": n == 1} for n, label in enumerate(("2026年10月", "2026年11月"))]
    return {
        "place": "大兴街道零工驿站", "path": "/4102/02/003/s01/", "month": "2026-11", "month_words": "2026年11月", "is_site": True,
        "today": DAY, "tabs": tabs, "months": months,
    }  # fmt: skip


def pages(staff: dict[str, Any], *, now: datetime, form: Any) -> list[Page]:
    """Return (name of the picture, template, context)."""
    books, days, reports = (staff | _frame(tab) for tab in ("台账", "每日记实", "月报"))
    table = Table(
        key="scores", title="记得全不全、及不及时", heads=(Head("台账", number=False), Head("条数", title="一条一行")), rows=[[words("灵活用工政策宣讲", "#"), number(3)]]
    )  # fmt: skip
    line = View(
        tenant="/", station="大兴街道零工驿站", code="H0A1B2C3D4", happened_at=now - timedelta(days=2), written_at=now, subject="1", who="候工的零工",
        what="灵活就业社保补贴怎么领", place="驿站候工区", n=34, note="发单页 34 份", complete=False, late=True, corrected="人数写反了",
    )  # fmt: skip
    hand = View(author="李娜", photos=["7"], before=["11-24 10:20 李娜原来写的：34"], mine=True)
    briefing = LEDGERS["briefing"]
    lines = {
        "ledger": briefing, "heads": dict(zip(FIELDS, briefing.heads, strict=True)), "lines": [{"line": line, "hand": hand, "correct": "#write"}],
        "more": "#", "back": "#", "files": ["#", "#"], "may_write": True, "corrects": "1", "needs": briefing.needs,
        "form": form({"what": "宣讲"}, {"n": "人数请填 0 到 100000 的整数。"}),
    }  # fmt: skip
    signed = View(
        day=DAY, state="late", text="11月26日 日志（05:12 第一笔）\n签到等活 41 人，新登记 3 人。", note="下午停电一小时", signed_at=now, signed_name="李娜",
        additions=[View(note="大屏修好了", signed_at=now, signed_name="李娜")],
    )  # fmt: skip
    missing = View(
        day=DAY - timedelta(days=1), state="missing", text="", note="", signed_at=None, signed_name="", additions=[]
    )
    listed = [{"one": one, "href": "#"} for one in (signed, missing)]
    day = {
        "own": True, "draft": "", "day": DAY, "due": now + timedelta(hours=3), "days": listed,
        "missing": [{"day": missing.day, "href": "#"}],
    }  # fmt: skip
    report = View(
        id="7", path="/", station="大兴街道零工驿站", month=date(2026, 10, 1), version=2, state="draft", state_words="待签", drafted_at=now,
        due_at=now, remark="", signed_at=None, signed_name="", late_days=2, hash="", decided_at=None, decided_name="", answer="", seen="ab12",
    )  # fmt: skip
    old = View(**vars(report) | {"id": "6", "version": 1, "state": "returned", "state_words": "退回重报", "signed_at": now, "signed_name": "李娜",
                                 "hash": "0" * 64, "decided_at": now, "decided_name": "韩静", "answer": "宣讲没写人数，补上再报", "remark": "节后"})  # fmt: skip
    done = View(**vars(old) | {"state": "signed", "state_words": "待审", "decided_at": None, "answer": ""})
    figures = [{"label": "到岗率", "value": "83%（10/12）"}, {"label": "新收纠纷（件）", "value": "—"}]
    one = {
        "month_words": "2026年10月",
        "due": "2026-11-04",
        "figures": figures,
        "back": "#",
        "place": "大兴街道",
        "stale": False,
    }
    whole = View(due=12, sent=9, approved=6, late=1, figures={})
    made = View(missing=["小宋街道零工驿站", "北郊乡零工驿站"], whole=whole)
    todo = {"href": "#", "month": "2026年10月", "due": "2026-11-04", "late": 0, "version": 2}
    above = {"is_site": False, "over": True, "made": made, "todo": [], "table": table, "sums": figures, "mine": None, "files": ["#", "#"],
             "layout_href": "#", "layout_of": "系统的通用版式"}  # fmt: skip
    station = above | {"is_site": True, "todo": [todo, todo | {"late": 3}], "table": None, "sums": [], "files": [], "mine": todo | {
        "state": "待审", "tone": "", "at": now, "by": "李娜"}}  # fmt: skip
    layout = layouts.usual("month_report", ("briefing", "demand"))
    columns = "\n".join(f"{key}={word}" for key, word in layout.columns)
    look = {
        "key": "month_report", "name": "零工驿站月报表", "forms": [{"href": "#", "label": "月报", "here": True}], "current": layout,
        "known": [{"key": key, "label": word} for key, word in layouts.known("month_report").items()],
        "form": form({"title": "零工驿站月报表", "columns": columns}, {"columns": "没有这些列：salary。请从可选的列里挑。"}),
    }  # fmt: skip
    return [
        ("ledgers", "ledgers/index.html", books | {"books": [{"name": "灵活用工政策宣讲", "rule": "R086", "href": "#", "lines": 3, "late": 1}], "table": table, "layout_href": "#"}),
        ("ledgers-none", "ledgers/index.html", books | {"books": [], "table": None, "layout_href": ""}),
        ("ledger", "ledgers/lines.html", books | lines),
        ("ledger-above", "ledgers/lines.html", books | lines | {"is_site": False, "may_write": False, "corrects": "", "more": ""}),
        ("ledger-empty", "ledgers/lines.html", books | lines | {"lines": [], "corrects": "", "form": form()}),
        ("days", "ledgers/days.html", days | day | {"chosen": signed}),
        ("days-draft", "ledgers/days.html", days | day | {"chosen": missing, "draft": "11月25日 日志\n还没有记录。", "due": now - timedelta(hours=9)}),
        ("days-read", "ledgers/days.html", days | day | {"chosen": None, "own": False, "missing": [], "days": []}),
        ("days-above", "ledgers/days_above.html", days | {"table": table}),
        ("reports", "ledgers/reports.html", reports | above),
        ("reports-station", "ledgers/reports.html", reports | station),
        ("reports-not-over", "ledgers/reports.html", reports | station | {"over": False, "todo": []}),
        ("reports-none", "ledgers/reports.html", reports | station | {"mine": None, "todo": []}),
        ("report-draft", "ledgers/report.html", staff | one | {"one": report, "may_sign": True, "may_decide": False, "others": [old], "newer": False}),
        ("report-signed", "ledgers/report.html", staff | one | {"one": done, "may_sign": False, "may_decide": True, "others": [], "newer": False}),
        ("report-old", "ledgers/report.html", staff | one | {"one": old, "may_sign": False, "may_decide": False, "others": [report], "newer": True}),
        ("report-layout", "ledgers/layout.html", staff | _frame("月报") | look),
    ]  # fmt: skip
