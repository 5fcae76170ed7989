"""Contexts of an employer's own pages: what their controllers bring."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

At = Callable[..., datetime]


def pages(boss: dict[str, Any], *, at: At) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the employer's own pages with their contexts."""
    own = {
        "licence_on": at(-1, 8).date(),
        "name": "宏达建筑劳务", "kind": "enterprise", "uscc": "91410225MA40000001", "contact_name": "王经理",
        "phone": "13800000001", "address": "东关大街 12 号", "legal_representative": "王宏达", "bank": "6222****0021",
        "verified_level": 2, "verified_on": at(-170, 8).date(), "reverify_on": at(10, 8).date(), "over": False, "soon": True,
    }  # fmt: skip
    regulars = [
        {"worker_id": str(i), "name": name, "days": 9 - 2 * i, "last_day": at(-i - 1, 8).date(), "stars": stars}
        for i, (name, stars) in enumerate((("王师傅", 4.7), ("李大姐", None), ("欧阳买买提江师傅", 5.0)))
    ]
    order = {
        "id": "7", "title": "工地小工", "employer": "宏达建筑劳务", "place": "东关大街 12 号", "trace_code": "KF-1124-7QX2",
        "start": at(-1, 6, 30), "end": at(-1, 17, 30),
    }  # fmt: skip
    paid = {"at": at(0, 18), "amount_fen": 26000, "words": "微信 单号W123", "said": "收到了"}
    lines = [
        {"worker": "王师傅", "day": at(-1, 8).date(), "total_fen": 26000, "paid_fen": 26000, "state": "B_SETTLED", "payments": [paid]},
        {"worker": "李大姐", "day": None, "total_fen": 7800, "paid_fen": 0, "state": "B_OPEN", "payments": []},
    ]  # fmt: skip
    sheet = {"order": order, "lines": lines, "total_fen": 33800, "paid_fen": 26000, "printed_at": at(0, 6)}
    rate = {
        "order": order, "waiting": [{"id": "1", "name": "王师傅"}, {"id": "2", "name": "李大姐"}], "done": ["赵师傅"],
        "stars": [{"value": str(n), "label": f"{n} 星"} for n in range(5, 0, -1)], "tags": ["手脚快", "细心", "守时"],
    }  # fmt: skip
    return [
        ("employer-people", "employer/people.html", boss | {"people": regulars, "orders": [{"value": "7", "label": "工地小工（明天，差 2 人）"}]}),
        ("employer-people-none", "employer/people.html", boss | {"people": [], "orders": []}),
        ("employer-people-full", "employer/people.html", boss | {"people": regulars, "orders": []}),
        ("employer-rate", "employer/rate.html", boss | rate),
        ("employer-rate-none", "employer/rate.html", boss | rate | {"waiting": []}),
        ("employer-receipt", "employer/receipt.html", boss | sheet),
        ("employer-receipt-none", "employer/receipt.html", boss | sheet | {"lines": []}),
        ("employer-data", "employer/data.html", boss | {"own": own}),
        ("employer-data-over", "employer/data.html", boss | {"own": own | {"over": True, "soon": False}}),
        ("employer-data-one", "employer/data.html", boss | {"own": own | {"kind": "individual", "uscc": "", "bank": "", "verified_level": 1, "soon": False}}),
    ]  # fmt: skip
