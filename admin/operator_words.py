"""What the trail and the exports call the tables, columns and events of operators' files and money."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from linggong.operators import codes
from linggong.operators.machines import SETTLEMENT

TABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "operator_licences": "运营方证照",
        "operator_checks": "运营方承诺和复核",
        "procurements": "采购记录",
        "procurement_bidders": "采购报价",
        "operator_contract_terms": "运营合同费用",
        "contract_budget_lines": "合同预算",
        "settlements": "运营费拨付",
        "operator_handovers": "运营方移交",
        "operator_handover_items": "移交清单",
        "operator_exports": "移交数据导出",
        "subsidy_records": "补助测算",
        "exit_decisions": "退出决定",
    }
)
LEFT_OUT: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(("operator_licences", "operator_checks"), "on the operator's file")
    | dict.fromkeys(("procurements", "procurement_bidders"), "on the pages of procurement: an operator's people may be bidding")
    | dict.fromkeys(("operator_contract_terms", "contract_budget_lines"), "on the contract's page of money")
    | {"settlements": "on the pages of instalments, where two people approve"}
    | dict.fromkeys(("operator_handovers", "operator_handover_items", "operator_exports"), "on the contract's page of hand-over")
    | dict.fromkeys(("subsidy_records", "exit_decisions"), "on the page of subsidies")
)  # fmt: skip
_NOTED: Final = {"noted_at": "登记时间", "noted_by": "登记人"}
COLUMNS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "operator_licences": {
            **_NOTED, "scope": "许可范围", "legal_person": "法定代表人", "issued_on": "发证日期", "expires_on": "有效期至",
        },
        "operator_checks": {
            **_NOTED, "day": "日期", "independent": "独立法人", "controlled": "内控和财务健全", "violation": "有重大违法违规",
            "years": "查几年",
        },
        "procurements": {
            "route": "采购方式", "budget_fen": "预算（元）", "opened_on": "开始日期", "bid_fen": "成交价（元）",
            "awarded_on": "成交日期", "papers": "文件",
        },
        "procurement_bidders": {**_NOTED, "procurement_id": "采购", "bid_fen": "报价（元）"},
        "operator_contract_terms": {
            **_NOTED, "procurement_id": "采购", "signed_on": "签订日期", "go_live_on": "上线日期", "price_fen": "合同价（元）",
            "cycle_id": "周期的第一份合同", "cycle_year": "周期第几年", "renews_id": "续签哪份", "consent": "采购人同意",
            "rules": "签订时的付款办法",
        },
        "contract_budget_lines": {"amount_fen": "金额（元）"},
        "settlements": {
            "part": "第几期", "percent": "比例", "by_grade": "按等次结算", "due_on": "到期", "planned_fen": "计划（元）",
            "amount_fen": "申请（元）", "reading": "口径", "grade": "等次", "round": "第几次申请", "requested_at": "申请时间",
            "requested_by": "申请人", "checked_at": "核对时间", "checked_by": "核对人", "approved_at": "初审时间",
            "approved_by": "初审人", "confirmed_at": "复审时间", "confirmed_by": "复审人", "order_number": "支付单号",
            "paid_on": "付款日期", "voucher": "凭证号", "paid_by": "谁登记付款",
        },
        "operator_handovers": {
            "successor_id": "接手的合同", "opened_at": "开始时间", "opened_by": "开始人", "closed_at": "办完时间", "closed_by": "办完人",
        },
        "operator_handover_items": {"handover_id": "移交", "key": "事项", "open_count": "当时没办完的"},
        "operator_exports": {
            "personal": "含个人信息", "tables": "表数", "row_count": "行数", "sha256": "清单摘要", "made_at": "导出时间",
            "made_by": "导出人",
        },
        "subsidy_records": {**_NOTED, "first": "第一天", "last": "最后一天", "inputs": "测算依据", "amount_fen": "金额（元）"},
        "exit_decisions": {
            **_NOTED, "reasons": "理由", "document": "文号", "decided_on": "决定日期", "leaves_on": "退出日期",
        },
    }
)  # fmt: skip
EVENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "operator.licence": "登记运营方证照",
        "operator.checked": "登记承诺或复核",
        "operator.exported": "导出移交数据",
        "procurement.opened": "登记采购",
        "procurement.bid": "登记报价",
        "procurement.awarded": "登记成交",
        "procurement.failed": "采购流标",
        "contract.priced": "登记合同费用",
        "contract.live": "登记软件上线",
        "contract.renewed": "续签运营合同",
        **{f"settlement.{row.event}": f"运营费：{row.words}" for row in SETTLEMENT.table},
        "handover.opened": "开始移交",
        "handover.point": "核对移交事项",
        "handover.follows": "定下接手的合同",
        "handover.closed": "办完移交",
        "subsidy.recorded": "记补助测算",
        "exit.decided": "记退出决定",
    }
)
VALUES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "operator_licences.kind": codes.LICENCES,
        "operator_checks.kind": codes.CHECKS,
        "procurements.route": codes.ROUTES,
        "procurements.state": {"open": "进行中", "awarded": "已成交", "failed": "流标"},
        "contract_budget_lines.kind": codes.LINES,
        "settlements.state": SETTLEMENT.labels,
        "settlements.reading": {**codes.READINGS, "": ""},
        "operator_handover_items.key": codes.HANDED_OVER,
        "subsidy_records.kind": {"market": "零工市场", "point": "服务点（驿站）"},
        "exit_decisions.kind": {"market": "零工市场", "point": "服务点（驿站）", "operator": "运营方"},
    }
)
