"""What the console calls the columns, values and events of cases, injuries and incidents."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from linggong.cases import codes
from linggong.cases.machines import DISPUTE, INJURY

_CASE: Final = {
    "case_id": "哪一件",
    "at": "时间",
    "by_kind": "谁说的",
    "by_id": "经办人",
    "by_name": "称呼",
    "to_id": "交给谁",
}
_INJURY: Final = {"injury_id": "哪一件", "taken_by": "记录人", "at": "时间", "name": "谁说的", "role": "身份"}
COLUMNS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "cases": {
            "receipt": "受理号", "digits": "查询码", "claimant": "谁提的", "claimant_name": "称呼", "against": "对谁",
            "against_employer_id": "对哪个用工主体", "against_worker_id": "对哪位零工", "against_path": "对哪个站点",
            "legal_form": "用工关系", "claim": "反映的事", "wanted": "要求", "amount_fen": "金额（元）", "asks": "对工资单的要求",
            "owner_id": "首问负责人", "handler_id": "经办人", "mediator_id": "调解员", "is_group": "群体", "ack_due_at": "受理期限",
            "acked_at": "受理时间", "first_due_at": "首次联系期限", "contacted_at": "首次联系", "close_due_at": "办结期限",
            "mediate_until": "调解期限", "withdraw_asked_at": "要求撤回时间", "withdraw_asked_by": "谁要撤回",
            "resolved_at": "办结时间", "ended_how": "怎么办结", "outcome": "结果", "settled_fen": "和解金额（元）",
            "worker_stars": "零工评价", "employer_stars": "用工方评价", "claimant_stars": "反映人评价", "closed_at": "归档时间",
            "reopened": "重开次数", "breaches": "超时和违诺",
        },
        "case_notes": _CASE,
        "case_offers": {
            **_CASE, "side": "哪一方提", "amount_fen": "金额（元）", "made_by": "谁提的", "made_at": "提出时间",
            "worker_signed_at": "零工签字", "worker_signed_by": "零工谁签", "worker_proof": "零工签字凭证",
            "employer_signed_at": "用工方签字", "employer_signed_by": "用工方谁签", "employer_proof": "用工方签字凭证",
        },
        "case_materials": {
            **_CASE, "name": "材料", "batch": "第几次告知", "asked_at": "告知时间", "asked_by": "告知人", "received_at": "收到时间",
        },
        "case_referrals": {
            **_CASE, "body": "转给谁", "number": "对方登记号", "referred_at": "转交时间", "referred_by": "谁转的",
            "accept_due_at": "对方受理期限", "decide_due_at": "对方办理期限", "extended_at": "延长时间", "extension_reason": "延长理由", "asked": "催问次数", "asked_at": "上次催问",
            "answered_at": "回复时间", "answered_by": "谁填的回复", "accepted_at": "对方受理时间", "outcome": "结果",
            "document": "文书号",
        },
        "mediators": {
            "certificate": "证书号", "issued_by": "发证机构", "valid_from": "有效期起", "valid_to": "有效期止",
            "added_by": "登记人", "added_at": "登记时间", "name": "姓名",
        },
        "injuries": {
            "reported_by": "谁报的", "reporter_id": "报案人", "happened_at": "受伤时间", "place": "地点", "can_go_on": "能继续干",
            "reported_at": "报案时间", "called_at": "电话核实", "visited_at": "到场核实", "verified_at": "核实完",
            "insurer_due_at": "通知保险期限", "insurer_told_at": "通知保险时间", "insurer_ref": "保险报案号", "policy_no": "保单号",
            "claimed_at": "报理赔时间", "decided_at": "保险决定时间", "decision": "保险决定", "paid_fen": "赔付（元）",
            "paid_at": "赔付时间", "refused_at": "拒赔时间", "legal_path": "没保险走哪条路", "case_id": "协商的件",
            "closed_at": "结案时间", "summary": "结案说明", "breaches": "超时",
        },
        "injury_statements": _INJURY,
        "incidents": {
            "happened_at": "发生时间", "case_id": "哪一件", "reported_by": "登记人", "reported_at": "登记时间", "findings": "核实情况",
        },
    }
)  # fmt: skip
_SIDES: Final = {"worker": "零工", "employer": "用工方", "mediator": "调解员"}
VALUES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "cases.state": DISPUTE.labels,
        "cases.kind": codes.KINDS,
        "cases.channel": codes.CHANNELS,
        "cases.claimant": codes.CLAIMANTS,
        "cases.against": codes.AGAINST,
        "cases.asks": {"unpaid": "没付", "less": "多算了", "more": "算少了", "none": "不涉及"},
        "cases.ended_how": codes.ENDED_HOW,
        "case_notes.kind": {
            "claim": "反映", "note": "补充", "contact": "联系", "hand_over": "转交同事", "hearing": "调解经过",
            "call_back": "回访", "answer": "答复", "file": "卷宗",
        },
        "case_notes.by_kind": {"worker": "零工", "employer": "用工方", "staff": "工作人员", "system": "系统", "anonymous": "访客"},
        "case_offers.side": _SIDES,
        "case_offers.state": {"open": "待签", "signed": "双方已签", "declined": "没同意", "replaced": "已换新方案"},
        "case_referrals.body": codes.BODIES,
        "injuries.state": INJURY.labels,
        "injuries.channel": codes.CHANNELS,
        "injuries.reported_by": {
            "worker": "本人", "employer": "用工方", "leader": "班组长", "co_worker": "工友", "staff": "工作人员",
        },
        "injury_statements.role": {
            "worker": "本人", "employer": "用工方", "co_worker": "工友", "leader": "班组长", "passer_by": "路过的人",
        },
        "incidents.kind": codes.INCIDENTS,
        "incidents.status": {"reported": "待核实", "confirmed": "属实", "unfounded": "不实"},
    }
)  # fmt: skip
EVENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "case.opened": "登记投诉或纠纷",
        "case.acknowledged": "受理",
        "case.handed_over": "转交同事",
        "case.contacted": "联系双方",
        "case.noted": "补充情况",
        "case.papers_asked": "告知要交的材料",
        "case.paper_received": "收到材料",
        "case.offered": "提出方案",
        "case.declined": "没同意方案",
        "case.signed": "签和解",
        "case.settled": "双方和解",
        "case.mediation": "开始调解",
        "case.heard": "记调解经过",
        "case.referred": "转交部门",
        "case.asked": "催问结果",
        "case.referral_extended": "对方延长办理",
        "case.ruled": "回填结果",
        "case.answered": "答复办结",
        "case.withdraw_asked": "要求撤回",
        "case.withdraw_forced": "撤回不属实",
        "case.withdrawn": "撤回",
        "case.unproven": "没有举证，不认可不成立",
        "case.reopened": "重新提出",
        "case.rated": "评价办理",
        "case.closed": "评价期满",
        "order.archived": "归档",
        "case.arrears": "立欠薪卷宗",
        "case.paid": "付清了",
        "case.late": "超时或违诺",
        "mediator.enrolled": "调解员入册",
        "mediator.struck": "调解员出册",
        "injury.reported": "受伤报案",
        "injury.called": "电话核实",
        "injury.visited": "到场核实",
        "injury.stated": "记录陈述",
        "injury.verified": "核实完",
        "injury.insurer_told": "通知保险",
        "injury.claimed": "报保险理赔",
        "injury.civil": "转协商赔偿",
        "injury.document": "交材料",
        "injury.paper_opened": "看伤情材料",
        "injury.papers_reminded": "提醒交材料",
        "injury.decided": "保险决定",
        "injury.paid": "赔付",
        "injury.refused": "拒赔",
        "injury.appealed": "申诉",
        "injury.closed": "结案",
        "injury.appeal_over": "申诉期满",
        "cover.injury_answered": "保险收到报案",
        "injury.late": "超时",
        "incident.recorded": "登记事件",
        "incident.decided": "认定事件",
    }
)
