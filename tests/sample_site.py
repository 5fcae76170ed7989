"""Contexts of the site's pages: a shift with its forms, and the weather."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

At = Callable[..., datetime]


def pages(
    staff: dict[str, Any], worker: dict[str, Any], *, at: At, form: Callable[..., dict[str, Any]]
) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the pages of the site with their contexts."""
    asked = [
        {"name": "cause", "label": "为什么停", "kind": "choice", "options": [{"value": "rain", "label": "下雨"}], "required": True},
        {"name": "note", "label": "补充", "kind": "text", "options": (), "required": False},
        {"name": "fault", "label": "是雇主这边的原因", "kind": "tick", "options": (), "required": False},
        {"name": "quantity", "label": "做了多少", "kind": "number", "options": (), "required": True},
        {"name": "call_1", "label": "第一次几点打的", "kind": "time", "options": (), "required": True},
        {"name": "photo", "label": "现场照片", "kind": "photo", "options": (), "required": False},
    ]  # fmt: skip
    step = {"step": "pause", "button": "停工", "about": "先停下来。", "danger": False, "upload": True, "fields": asked}
    shift = {
        "view": {"title": "工地小工", "worker_name": "王师傅", "place": "东关工地南门"},
        "shift": {"id": "s1", "state": "A_WORKING", "starts_at": at(0, 7), "ends_at": at(0, 17)},
        "facts": ["07:02 开工"],
        "home": "/my/jobs",
        "photos": ["/api/v1/assignments/s1/evidence/r1"],
        "forms": [step, {**step, "step": "void", "button": "作废", "danger": True, "upload": False, "fields": []}],
    }
    alert = {
        "id": "a1", "title": "红色高温预警 41℃", "when": "11月25日 00:00 到 11月26日 00:00", "area": "兰考县", "source": "气象部门 · 7",
        "words": "", "orders": 3, "may_withdraw": True,
    }  # fmt: skip
    weather = {
        "alerts": [alert, {**alert, "id": "a2", "may_withdraw": False}],
        "kinds": [{"value": "heat", "label": "高温"}], "levels": [{"value": "red", "label": "红色"}],
    }  # fmt: skip
    return [
        ("shift-worker", "site/shift.html", {**worker, **shift, "layout": "base.html"}),
        ("shift-desk", "site/shift.html", {**staff, **shift, "layout": "desk.html", "forms": []}),
        ("weather", "site/weather.html", {**staff, **weather, "form": form()}),
        (
            "weather-faults",
            "site/weather.html",
            {**staff, **weather, "alerts": [], "form": form({"kind": "heat"}, {"ends_at": "结束时间要晚于开始时间。"})},
        ),
    ]
