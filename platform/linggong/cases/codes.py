"""The words of cases: kinds, channels, who is complained of, whom a case may be handed to, what is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

Kind = Literal["complaint", "dispute", "wage", "injury", "fee", "false_post", "agency", "discrimination", "other"]
Channel = Literal["web", "desk", "phone", "sms", "12345", "kiosk", "letter", "system"]
Side = Literal["worker", "employer"]
Against = Literal["employer", "worker", "operator", "station", "platform"]
Body = Literal["arbitration", "inspection", "legal_aid", "court", "centre", "police", "peoples_mediation"]

KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "complaint": "投诉",
        "dispute": "纠纷",
        "wage": "工资",
        "injury": "受伤",
        "fee": "乱收费",
        "false_post": "虚假招工",
        "agency": "黑中介",
        "discrimination": "就业歧视",
        "other": "其他",
    }
)
MONEY_KINDS: Final = frozenset({"dispute", "wage", "injury"})
"""Two sides with money between them: they negotiate, and both see the case. Other kinds are reports to the bureau."""
CHANNELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "web": "网上",
        "desk": "窗口",
        "phone": "电话",
        "sms": "短信",
        "12345": "12345 热线",
        "kiosk": "自助机",
        "letter": "来信",
        "system": "系统自动",
    }
)
CLAIMANTS: Final[Mapping[str, str]] = MappingProxyType(
    {"worker": "零工", "employer": "用工主体", "person": "其他人", "anonymous": "匿名", "system": "系统"}
)
AGAINST: Final[Mapping[str, str]] = MappingProxyType(
    {"employer": "用工主体", "worker": "零工", "operator": "运营方", "station": "驿站", "platform": "平台"}
)
OFFICES: Final = frozenset({"operator", "station"})
"""Complaints of them are not decided by their own people (invariant 13)."""
BODIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "arbitration": "劳动人事争议仲裁委员会",
        "inspection": "劳动保障监察",
        "legal_aid": "法律援助中心",
        "court": "人民法院",
        "centre": "县社会治理综合服务中心",
        "police": "公安机关",
        "peoples_mediation": "人民调解委员会",
    }
)
BOUND_BY_LAW: Final = frozenset({"inspection", "centre"})
"""Authorities with a clock of their own: accept in working days, decide in working days (transition 66)."""
EMPLOYMENT_FORMS: Final = frozenset({"labour_contract", "non_full_time"})
"""Legal forms that are an employment relation: their disputes go to arbitration (ruling 16)."""
ENDED_HOW: Final[Mapping[str, str]] = MappingProxyType(
    {
        "settled": "双方和解",
        "mediated": "调解成功",
        "ruled": "按裁决办结",
        "answered": "已答复",
        "withdrawn": "已撤回",
        "paid": "已付清",
        "unproven": "没有举证，按原数付",
    }
)
BREACHES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ack": "受理超时",
        "first": "首次联系超时",
        "negotiate": "协商超时",
        "mediate": "调解超过 15 天",
        "close": "办结超时",
        "asked_twice": "没有一次性告知",
        "refer": "欠薪线索转办超时",
        "ask": "没有按期催问结果",
        "call": "电话核实超时",
        "visit": "到场核实超时",
        "insurer": "通知保险超时",
    }
)
INCIDENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "fight": "打架斗殴",
        "extortion": "敲诈勒索",
        "forced_trade": "强买强卖",
        "provocation": "寻衅滋事",
        "fraud": "诈骗",
        "false_recruitment": "虚假招工",
        "child_labour": "使用童工",
        "other": "其他",
    }
)
