"""The ledgers as data: what each is called, what its lines say, what belongs to a complete one (R086 to R090, R092, R093)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

MONTH: Final = "month_report"
"""The form of the month report; every other form is a ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """One ledger. `heads` are the headings of who, what, place, n and note; '' where it has no such column.

    `by_hand` says why people may write lines of their own: '' where the system knows everything. `needs` are the fields that
    such a line must have to be complete; `photo` among them is a photo with its time.
    """

    code: str
    name: str
    rule: str
    heads: tuple[str, str, str, str, str]
    by_hand: str = ""
    needs: tuple[str, ...] = ()
    person: bool = False
    """`who` is a person, whose name is masked as the reader's post demands."""


_ALL: Final = (
    Ledger(
        code="briefing", name="灵活用工政策宣讲", rule="R086", heads=("对象", "主题", "地点", "人数", "说明"),
    ),
    Ledger(
        code="demand", name="灵活用工企业需求", rule="R087", heads=("用工主体", "要什么人", "用工地点", "要人", "工价和来源"),
    ),
    Ledger(
        code="supply", name="人力资源供给", rule="R088", heads=("人员", "事项", "", "", "工种"), person=True,
    ),
    Ledger(
        code="officer", name="用工专员服务企业", rule="R089", heads=("用工主体", "服务内容", "地点", "", "结果"),
    ),
    Ledger(
        code="matching", name="零工市场即时对接", rule="R090", heads=("零工", "用工单", "用工地点", "", "用工主体"), person=True,
    ),
    Ledger(
        code="seekers", name="求职人员信息登记台账", rule="R092", heads=("姓名", "登记方式", "", "", "工种"), person=True,
    ),
    Ledger(
        code="posts", name="岗位台账", rule="R092", heads=("用工主体", "岗位", "用工地点", "要人", "工价"),
    ),
    Ledger(
        code="consulting", name="咨询台账", rule="R093", heads=("咨询人", "咨询什么", "", "", "怎么答复"), person=True,
    ),
    Ledger(
        code="startup", name="创业咨询台账", rule="R093", heads=("咨询人", "想做什么", "", "", "怎么答复"), person=True,
    ),
    Ledger(
        code="startup_done", name="创业成功有补贴台账", rule="R093", heads=("创业者", "项目", "", "", "补贴金额和凭证"), person=True,
    ),
    Ledger(
        code="hardship", name="困难帮扶台账", rule="R093", heads=("帮扶对象", "帮扶事项", "", "", "结果"), person=True,
    ),
    Ledger(
        code="other", name="其他事项台账", rule="R091", heads=("对象", "事项", "地点", "人数", "结果"), person=True,
        by_hand="来访、检查、慰问、停电这些，系统里没有别的记录", needs=("what", "place", "note", "photo"),
    ),
)  # fmt: skip
LEDGERS: Final[Mapping[str, Ledger]] = MappingProxyType({one.code: one for one in _ALL})
BY_HAND: Final = tuple(one.code for one in _ALL if one.by_hand)
FORMS: Final = (MONTH, *LEDGERS)
BY_NAME: Final[Mapping[str, str]] = MappingProxyType({one.name: one.code for one in _ALL})
FIELDS: Final = ("who", "what", "place", "n", "note")
FIELD_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {"who": "对象", "what": "内容", "place": "地点", "n": "人数", "note": "结果或说明", "photo": "照片"}
)
