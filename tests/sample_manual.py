"""Contexts of the manuals' pages."""

from __future__ import annotations

from typing import Any

from linggong.web.manual import reader

Page = tuple[str, str, dict[str, Any]]


def pages(anyone: dict[str, Any]) -> list[Page]:
    """Return (name of the picture, template, context) of the manuals' pages."""
    groups = [
        {"title": "工作人员", "manuals": [reader.manual("clerk"), reader.manual("street")]},
        {"title": "找活和招人", "manuals": [reader.manual("worker")]},
    ]
    return [
        ("manuals", "manual/index.html", anyone | {"groups": groups, "own": "clerk"}),
        ("manual-clerk", "manual/role.html", anyone | {"manual": reader.manual("clerk")}),
    ]
