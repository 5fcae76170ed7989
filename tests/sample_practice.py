"""Contexts of the practice market's page."""

from __future__ import annotations

from typing import Any

Page = tuple[str, str, dict[str, Any]]
REAL = {"practising": False, "open": True, "ready": True, "may_reset": False, "going": False}
INSIDE = REAL | {"practising": True, "may_reset": True}


def pages(staff: dict[str, Any]) -> list[Page]:
    """Return (name of the picture, template, context) of the page and its states."""
    return [
        ("practice", "office/practice.html", staff | REAL),
        ("practice-preparing", "office/practice.html", staff | REAL | {"ready": False}),
        ("practice-none", "office/practice.html", staff | REAL | {"open": False, "ready": False}),
        ("practice-inside", "office/practice.html", staff | INSIDE),
        ("practice-going", "office/practice.html", staff | INSIDE | {"going": True, "may_reset": False, "forget": {"seconds": 15, "href": "/sign-in/staff"}}),
    ]  # fmt: skip
