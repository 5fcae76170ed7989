"""Contexts of the inbox's pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace as View
from typing import Any

from linggong.inbox import queries
from linggong.inbox.machines import KINDS

Page = tuple[str, str, dict[str, Any]]


def pages(staff: dict[str, Any], now: datetime) -> list[Page]:
    """Return (name of the picture, template, context) of the inbox's pages and their states."""
    said = View(
        kind="answer",
        words="4 个站点都打电话核过了，水门那台换了地方。",
        name="侯建军",
        said_at=now - timedelta(hours=2),
    )
    more = View(kind="return", words="请补上换的地方。", name="罗志华", said_at=now - timedelta(hours=1))
    task = View(
        id="1", batch_id="b1", kind="task", to="龙亭区运营方", sender="龙亭区人社局 罗志华", title="核对驿站大屏的开机时间",
        body="本月有 4 个站点的大屏白天黑屏超过 3 小时。\n请逐站核对，写明原因。", state="M_RETURNED", sent_at=now - timedelta(days=4),
        due_at=now + timedelta(hours=19), signed_at=now - timedelta(days=3), signed_by="侯建军", answered_at=None, overdue_at=None, late=False,
        read_by_me=True, reads=[View(name="侯建军", read_at=now - timedelta(days=3))], words=[said, more], allowed=["answer"],
    )  # fmt: skip
    late = View(
        **vars(task)
        | {
            "id": "2",
            "state": "M_SENT",
            "overdue_at": now,
            "due_at": now - timedelta(hours=5),
            "late": True,
            "read_by_me": False,
            "reads": [],
            "words": [],
            "signed_at": None,
            "allowed": ["sign", "answer"],
        }
    )
    notice = View(
        **vars(task)
        | {
            "id": "3",
            "kind": "notice",
            "title": "寒潮：明天早上候工大厅提前到 4:30 开门",
            "state": "M_NOTED",
            "due_at": None,
            "words": [],
            "allowed": [],
        }
    )
    answered = View(
        **vars(task)
        | {
            "id": "4",
            "to": "东关街道零工驿站",
            "state": "M_ANSWERED",
            "words": [said],
            "answered_at": now,
            "late": True,
            "overdue_at": now,
            "allowed": ["return", "close", "withdraw"],
        }
    )
    batch = View(
        batch_id="b1",
        kind="task",
        title=task.title,
        sender=task.sender,
        sent_at=task.sent_at,
        due_at=now,
        sent=12,
        read=8,
        signed=7,
        answered=1,
        closed=2,
        overdue=3,
    )
    common = staff | {"kinds": KINDS, "may_send": True}
    form = {
        "values": {"kind": "task", "days": "5", "to": ["a:station"]},
        "errors": {"title": "请写标题，2 到 60 个字。", "to": "请勾选发给谁。"},
    }
    stations = [
        {"value": "a:station", "label": "东关街道零工驿站", "staffed": True},
        {"value": "b:station", "label": "水门零工驿站", "staffed": False},
    ]
    new = {
        "form": form, "options": [{"value": k, "label": v} for k, v in KINDS.items()], "groups": [{"value": "under:*:station", "label": "所有驿站（12）"}],
        "sections": [{"name": "东关街道", "unders": [{"value": "under:a:station", "label": "东关街道的所有驿站"}], "options": stations}, {"name": "直接管的", "unders": [], "options": stations[:1]}],
    }  # fmt: skip
    shown = {"state_words": queries.state_words, "last_day": queries.last_day}
    return [
        ("inbox", "inbox/received.html", common | {"rows": [late, task, notice], "all_waiting": 5}),
        ("inbox-empty", "inbox/received.html", common | {"rows": [], "may_send": False, "all_waiting": 0}),
        ("inbox-one", "inbox/one.html", common | shown | {"memo": task, "may_answer": True}),
        ("inbox-unread", "inbox/one.html", common | shown | {"memo": late, "may_answer": True}),
        ("inbox-sent", "inbox/sent.html", common | {"rows": [batch]}),
        ("inbox-sent-empty", "inbox/sent.html", common | {"rows": []}),
        ("inbox-batch", "inbox/batch.html", common | shown | {"batch": batch, "rows": [late, answered, task], "open_offices": 3}),
        ("inbox-new", "inbox/new.html", common | new),
    ]  # fmt: skip
