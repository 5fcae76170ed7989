"""Samples of the auditor's pages, for the tests that render every template."""

from __future__ import annotations

from datetime import datetime
from typing import Any

Page = tuple[str, str, dict[str, Any]]


def pages(staff: dict[str, Any], now: datetime) -> list[Page]:
    """Return (name, template, context) of each of the auditor's pages, full and empty."""
    period = {"label": "近 30 天", "href": "/audit?days=30", "on": True}
    home = staff | {"place": "龙亭区", "up_href": "/audit?path=/4102/", "periods": [period]}
    figure = {"label": "在招岗位", "value": "12", "unit": "个", "href": "/audit/records?figure=open_posts"}
    anchor = {"id": 3, "taken_at": now, "heads": 41, "hash": "3f" * 32}
    record = {
        "href": "/audit/record/orders/1", "title": "搬砖小工", "state": "招工中", "at": now, "place": "大兴街道零工驿站",
        "amount": "200 元",
    }  # fmt: skip
    listed = staff | {"place": "龙亭区", "label": "在招岗位", "back": "/audit"}
    changed = {
        "n": 7, "op": "修改", "at": now, "who": "李娜（驿站工作人员）", "for": "陈志强", "door": "网页", "request": "1f2e",
        "changes": [{"column": "每天工钱", "before": "180", "after": "<b>200</b>"}], "hash": "3f2a",
    }  # fmt: skip
    told = {
        "n": 2, "what": "上板", "at": now, "who": "李娜", "door": "网页", "body": "通过", "raw": '{"by":"person"}',
        "chain": "order:1", "hash": "77aa",
    }  # fmt: skip
    one = staff | {"name": "用工单", "row_id": "1", "more": True, "may_check": True}
    chain = {"label": "改动记录", "href": "/audit/check?log=audit&chain=1"}
    check = staff | {"label": "改动记录", "chain": "1", "rows": 41, "checked_at": now, "back": "/audit"}
    fault = {"n": 5, "kind": "内容被改", "what": "用工单 1", "detail": "指纹对不上"}
    return [
        (
            "audit",
            "audit/home.html",
            home | {"figures": [figure], "places": [figure | {"name": "大兴街道"}], "anchors": [anchor]},
        ),
        ("audit-empty", "audit/home.html", home | {"up_href": "", "figures": [], "places": [], "anchors": []}),
        ("audit-records", "audit/records.html", listed | {"rows": [record], "more": "/audit/records?cursor=x"}),
        ("audit-records-empty", "audit/records.html", listed | {"rows": [], "more": ""}),
        (
            "audit-record",
            "audit/record.html",
            one | {"audit": [changed, changed | {"op": "删除"}], "events": [told], "chains": [chain]},
        ),
        ("audit-record-empty", "audit/record.html", one | {"audit": [], "events": [], "chains": [], "more": False}),
        ("audit-check", "audit/check.html", check | {"whole": True, "faults": []}),
        ("audit-check-broken", "audit/check.html", check | {"whole": False, "faults": [fault, fault | {"n": None}]}),
    ]
