"""Code lists of the money to operators: routes of procurement, licences, budget lines, what a hand-over consists of."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

ROUTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "negotiation": "竞争性磋商",
        "open": "公开招标",
        "invited": "邀请招标",
        "talks": "竞争性谈判",
        "inquiry": "询价",
        "single": "单一来源",
        "compared": "询价比选",
    }
)
"""Ways to buy the service (R015): 竞争性磋商 is 建宁's, 询价比选 龙里's, the others are named by 沙县."""
LEAST_BIDDERS: Final[Mapping[str, int]] = MappingProxyType({"single": 1})
"""So many offers a route needs before it can be awarded; others need two, so that there is something to compare."""

BUSINESS, HR = "business", "hr"
LICENCES: Final[Mapping[str, str]] = MappingProxyType({BUSINESS: "营业执照", HR: "人力资源服务许可证"})
CHECKS: Final[Mapping[str, str]] = MappingProxyType({"declaration": "承诺书", "recheck": "年度复核"})

NETWORK, OPERATION = "network", "operation"
LINES: Final[Mapping[str, str]] = MappingProxyType({NETWORK: "信息网络建设", OPERATION: "运营管理"})
"""The two heads of the budget (R127)."""
READINGS: Final[Mapping[str, str]] = MappingProxyType({"whole_contract": "按整个合同价计算", "tail_only": "只算尾款"})
"""The two readings of what a grade pays (R125)."""

HANDED_OVER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "orders": "没完的用工单已说清，接手的人在看",
        "bills": "没结清的工资单已列清，有人催",
        "cases": "没办结的纠纷已移交经办人",
        "screens": "大屏、自助机、电脑已重新登记给接手的人",
        "keys": "钥匙、公章、门禁、公众号管理员已交回",
        "papers": "纸质档案、合同原件已交回",
    }
)
"""What two people go through at a hand-over (R011); what the machine can see stands beside it as a number."""

EVIDENCE_DOSSIER, EVIDENCE_PROCUREMENT, EVIDENCE_SETTLEMENT = "operator", "procurement", "settlement"
"""Names under which `tenants.evidence` keeps photos of papers."""
