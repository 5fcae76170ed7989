"""Contexts of the pages of letters."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from types import SimpleNamespace as View
from typing import Any

from linggong.letters import kinds

Page = tuple[str, str, dict[str, Any]]


def pages(staff: dict[str, Any], employer: dict[str, Any], now: datetime) -> list[Page]:
    """Return (name of the picture, template, context) of the letters' pages and their states."""
    letter = View(
        id="1", number="兰人社整〔2026〕3号", kind="rectify", label="整改通知书", issuer="兰考县人力资源和社会保障局", recipient="node",
        recipient_name="兰阳街道零工驿站", body=["经3月9日现场检查，发现你单位存在以下问题：", "灭火器已过期。", "请于2026年4月1日前完成整改：换新的灭火器。"],
        due_on=date(2026, 12, 24), issued_at=now - timedelta(hours=3), signed_at=None, signed_by="", withdraws_id=None, withdrawn_by=None,
        withdrawn_number="", sha256="", mine_to_sign=False, mine_to_withdraw=True,
    )  # fmt: skip
    gone = View(**vars(letter) | {"id": "2", "number": "兰人社警〔2026〕1号", "label": "警示函", "due_on": None, "withdrawn_by": "3", "withdrawn_number": "兰人社撤〔2026〕1号", "sha256": "ab" * 32, "signed_at": now, "signed_by": "李敏", "mine_to_withdraw": False})  # fmt: skip
    mine = View(**vars(letter) | {"mine_to_sign": True, "sha256": "cd" * 32, "mine_to_withdraw": False})
    options = [
        {"value": "node:1", "label": "兰阳街道零工驿站"},
        {"value": "operator:2", "label": "汴梁人力公司（运营方）"},
    ]
    known = [k for code, k in kinds.built_in().items() if code != kinds.WITHDRAWAL]
    form = {"values": {}, "errors": {}}
    desk, people = {"layout": "desk.html", **staff}, {"layout": "base.html", **employer}
    new = {"kinds": known, "options": options, "form": form, "today": now.date(), "to": ""}
    return [
        ("letters", "letters/list.html", desk | {"rows": [letter, gone], "box": "issued", "issues": True}),
        ("letters_none", "letters/list.html", people | {"rows": [], "box": "received", "issues": False}),
        ("letters_mine", "letters/list.html", people | {"rows": [mine, gone], "box": "received", "issues": False}),
        ("letter", "letters/one.html", desk | {"letter": letter, "may_sign": False}),
        ("letter_withdrawn", "letters/one.html", desk | {"letter": gone, "may_sign": False}),
        ("letter_to_sign", "letters/one.html", people | {"letter": mine, "may_sign": True}),
        ("letter_new", "letters/new.html", desk | new | {"kind": None}),
        ("letter_new_rectify", "letters/new.html", desk | new | {"kind": known[0]}),
    ]
