"""Contexts of the pages about credit: what their controllers bring."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from linggong.trust.queries import CreditView, EntryView, LevelView, PriceView
from linggong.trust.records import PayRecordView
from linggong.trust.stars import ListedView, StarsView

At = Callable[..., datetime]


def entry(at: At, number: int, **more: Any) -> EntryView:
    made = EntryView(
        id=UUID(int=number), side="worker", who="王师傅", reason="late_cancel", reason_words="临开工退出", points=1,
        state="K_NOTED", state_words="已记，可申诉", counts=True, occurred_at=at(-1, 6), counts_from=at(-1, 6),
        expires_at=at(59, 6), object_until=at(4, 18), order_id=UUID(int=9), title="工地小工", objection="", decision="",
        actions=["object"],
    )  # fmt: skip
    return msgspec.structs.replace(made, **more)


def level(at: At, number: int, **more: Any) -> LevelView:
    made = LevelView(
        id=UUID(int=number), side="worker", who="王师傅", kind="points", level=2, level_words="限制",
        effect="这几天先不能接当天的活，别的活照常", state="L_LIVE", state_words="执行中", points=9,
        grounds="60天内信用分累计9分", evidence="", starts_at=at(-1, 6), ends_at=at(6, 6), object_until=at(4, 18),
        objection="", decision="", county="/4102/25/", actions=["object", "correct"],
    )  # fmt: skip
    return msgspec.structs.replace(made, **more)


def pages(
    staff: dict[str, Any], worker: dict[str, Any], boss: dict[str, Any], *, at: At
) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the pages of credit with their contexts."""
    contested = {"state": "K_CONTESTED", "counts": False, "objection": "那天车坏在路上", "actions": []}
    record = PayRecordView(
        due=20, on_time=19, confirmed=18, late=1, open=0, percent=95, same_day=True, rating=4.6, ratings=9,
        words="到期20笔工钱，按时付19笔，付晚1笔",
    )  # fmt: skip
    mine = CreditView(
        side="worker",
        points=7,
        entries=[
            entry(at, 1),
            entry(at, 2, reason="no_show", reason_words="没到岗", points=3, counts=False, counts_from=at(2, 6)),
            entry(at, 3, **contested),
            entry(at, 4, state="K_COUNTED", counts=False, decision="没有证据", actions=[]),
        ],
        levels=[level(at, 5), level(at, 6, state="L_EXPIRED", actions=[])],
        prices=[PriceView(words="没到岗", points=3)],
        free="生病受伤、不安全、天气、停工令、不接邀请都不扣分。",
        stars=[StarsView(trade_group="6-29", trade="建筑施工人员", stars=4.7, ratings=6, completed=9, words="4.7星（6次评价）")],
        listed=False,
        record=None,
    )  # fmt: skip
    bosses = msgspec.structs.replace(mine, side="employer", entries=[], levels=[], stars=[], points=0, record=record)
    proposed = level(at, 8, state="L_PROPOSED", kind="decision", level=3, level_words="禁止", evidence="派工单两张")
    disputed = level(at, 7, state="L_CONTESTED", objection="不是我", actions=["uphold", "lift"])
    desk = {
        "contested": [entry(at, 3, **contested)], "recent": [entry(at, 1), entry(at, 3, **contested)], "levels": [disputed],
        "proposed": [proposed], "live": [level(at, 5), disputed], "person": "7", "employer": "", "may_propose": True,
        "may_decide": True, "may_object": True,
    }  # fmt: skip
    none = dict.fromkeys(("contested", "recent", "levels", "proposed", "live"), ())
    listed = ListedView(name="李师傅", trade="建筑施工人员", stars=4.8, ratings=12, completed=31, county="兰考县")
    return [
        ("my credit", "portal/credit.html", worker | {"credit": mine}),
        ("an employer's credit", "portal/credit.html", boss | {"credit": bosses}),
        ("excellent workers", "portal/excellent.html", worker | {"workers": [listed, listed]}),
        ("nobody excellent yet", "portal/excellent.html", worker | {"workers": []}),
        ("credit at the desk", "desk/credit.html", staff | desk),
        (
            "no credit at the desk",
            "desk/credit.html",
            staff
            | none
            | {"person": "", "employer": "", "may_propose": False, "may_decide": False, "may_object": False},
        ),
    ]
