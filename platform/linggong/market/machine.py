"""The life of an order as data (order-states sections 1.1 and 2.1, rulings 6, 7 and 8)."""

from __future__ import annotations

from linggong.kernel.machine import NEW, machine, rows

STATE_WORDS = {
    "O_DRAFT": "草稿",
    "O_REVIEW": "待审核",
    "O_RETURNED": "退回修改",
    "O_OPEN": "招工中",
    "O_FULL": "已招满",
    "O_LOCKED": "快开工了",
    "O_ACTIVE": "用工中",
    "O_DONE": "已完工",
    "O_SETTLING": "结算中",
    "O_CLOSED": "已结清",
    "O_ARCHIVED": "已归档",
    "O_CANCELLED": "已取消",
    "O_EXPIRED": "已过期",
    "O_SUSPENDED": "核查中",
    "O_TAKENDOWN": "已下架",
}

_UNSEEN = "O_DRAFT O_REVIEW O_RETURNED"
_HIRING = "O_OPEN O_FULL O_LOCKED"
_LIVE = f"{_HIRING} O_ACTIVE"
DERIVED = f"{_LIVE} O_DONE O_SETTLING O_CLOSED".split()
"""States that follow from places, shifts, bills and side regions (section 3); the event is `derive`, by the system."""

ORDER = machine(
    "order",
    "用工订单",
    (
        rows("1", NEW, "O_DRAFT", "create", "E C", "新建", guard="employer verified at level 1 or above"),
        rows(
            "2", "O_DRAFT", "O_REVIEW", "submit", "E C", "提交",
            guard="all required fields; pay at least the minimum; no fee words; no gender limit without a statutory code",
        ),
        rows(
            "3", "O_REVIEW", "O_OPEN", "approve", "C B S", "通过",
            guard="another hand than the proxy's; first-time employer called back; S only for trusted employers",
            deadline="t.review t.review.recheck", effects="terms version 1, shifts, board",
        ),
        rows("4", "O_REVIEW", "O_RETURNED", "return", "C B S", "退回", guard="reasons listed once", deadline="t.return"),
        rows("5", "O_RETURNED", "O_REVIEW", "submit", "E C", "改后再提", deadline="t.return"),
        rows("6", _HIRING, "=", "refresh", "E C", "还在招", deadline="t.refresh.remind t.refresh"),
        rows(
            "7", "O_OPEN O_FULL O_LOCKED O_RETURNED", "O_EXPIRED", "expire", "S", "过期",
            guard="nobody confirmed for a day, never filled to the smallest crew, or not sent in again",
            deadline="t.refresh t.fill_until t.return", effects="each confirmed engagement ends (ruling 7)",
        ),
        rows(
            "8", _LIVE, "O_SUSPENDED", "suspend", "C O B S", "冻结核查",
            guard="a credible report", deadline="t.suspend.decide", effects="hidden, nobody may join, workers told",
        ),
        rows("9", "O_SUSPENDED", "O_OPEN", "restore", "O B", "恢复", guard="findings written", effects="state derived anew"),
        rows(
            "10", "O_SUSPENDED", "O_TAKENDOWN", "take_down", "B", "违规下架",
            guard="proposed by another hand", deadline="t.objection.other",
            effects="engagements end as by the employer; counts in row 15",
        ),
        rows("10b", "O_TAKENDOWN", "O_CANCELLED", "objection_upheld", "B", "异议成立", guard="objection in time, another hand"),
        rows("29", f"{_UNSEEN} O_OPEN O_FULL", "O_CANCELLED", "cancel", "E C", "取消", effects="all told one by one"),
        rows("30", "O_LOCKED", "O_CANCELLED", "cancel", "E C", "取消", effects="compensation for each confirmed worker"),
        rows(
            "32", f"{_UNSEEN} {_HIRING}", "O_CANCELLED", "cancel_weather", "E C B S", "因天气取消",
            guard="outdoor work; S only on an official alert", deadline="t.weather_decision",
        ),
        rows(
            "33", "O_ACTIVE", "O_CANCELLED", "cancel_weather", "E C B S", "到场后因雨不开工",
            guard="nobody has begun", effects="travel or part of a day's pay, unless told before leaving home",
        ),
        rows(
            "34", f"{_UNSEEN} {_LIVE}", "O_CANCELLED", "cancel_authority", "C O B", "停工令取消",
            guard="the authority's document", effects="no credit effect on either side",
        ),
        rows("31", "O_LOCKED O_ACTIVE", "=", "choose_crew", "E C", "缺员怎么办", deadline="t.understaffed",
             effects="fewer: nothing changes; split: other hours for the missing or, where they agree, for everybody; "
                     "ask_around: on every desk of the city; cancel: as 30"),
        rows(
            "38c", "O_LOCKED O_ACTIVE", "O_CANCELLED", "nobody_came", "S", "没有人来",
            guard="every confirmed worker a no-show, an hour after the start (ruling 8)",
        ),
        rows("22", " ".join(DERIVED), "=", "derive", "S", "自动", guard="section 3 and ruling 6", effects="O_OPEN to O_CLOSED"),
        rows("62", "O_CLOSED", "O_ARCHIVED", "archive", "S", "归档", deadline="t.archive", effects="retention begins"),
    ),
    STATE_WORDS,
    ends=("O_ARCHIVED", "O_CANCELLED", "O_EXPIRED", "O_TAKENDOWN"),
)  # fmt: skip
