"""Contexts of an employer's own pages: what their controllers bring."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

At = Callable[..., datetime]


def pages(boss: dict[str, Any], *, at: At) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the employer's own pages with their contexts."""
    own = {
        "name": "宏达建筑劳务", "kind": "enterprise", "uscc": "91410225MA40000001", "contact_name": "王经理",
        "phone": "13800000001", "address": "东关大街 12 号", "legal_representative": "王宏达", "bank": "6222****0021",
        "verified_level": 2, "verified_on": at(-170, 8).date(), "reverify_on": at(10, 8).date(), "over": False, "soon": True,
    }  # fmt: skip
    return [
        ("employer-data", "employer/data.html", boss | {"own": own}),
        ("employer-data-over", "employer/data.html", boss | {"own": own | {"over": True, "soon": False}}),
        ("employer-data-one", "employer/data.html", boss | {"own": own | {"kind": "individual", "uscc": "", "bank": "", "verified_level": 1, "soon": False}}),
    ]  # fmt: skip
