"""Chinese words for every permission and its group: one catalogue for previews, explanations, the console and the docs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from rbac.permissions import Permission
from rbac.permissions import Permission as P

PERMISSION_LABELS: Mapping[Permission, str] = MappingProxyType(
    {
        P.BOARD_READ: "看全市招工栏",
        P.PUBLIC_USE: "使用公开页面",
        P.SESSION_USE: "登录、切换岗位、看自己的账号",
        P.NODE_READ: "看组织架构",
        P.NODE_MANAGE: "增改、停用、迁移机构和站点",
        P.PARAMETER_READ: "看参数",
        P.PARAMETER_SET: "修改参数",
        P.PERSON_REGISTER: "登记零工",
        P.PERSON_READ: "查零工（号码遮盖）",
        P.PERSON_RECOVER: "替零工找回账号、换手机号",
        P.PERSON_IMPORT: "导入零工花名册",
        P.PERSON_SELF: "看自己的登记资料",
        P.PERSON_REVEAL: "看零工的完整号码（写明用途，留记录）",
        P.PERSON_EXPORT: "导出零工名单",
        P.EMPLOYER_REGISTER: "登记用工主体",
        P.EMPLOYER_READ: "查用工主体",
        P.EMPLOYER_VERIFY: "核验用工主体",
        P.EMPLOYER_SELF: "看自己的用工主体资料",
        P.EMPLOYER_REVEAL: "看用工主体的完整号码（写明用途，留记录）",
        P.EMPLOYER_BAN: "限制用工主体发活",
        P.STAFF_READ: "看工作人员和岗位",
        P.STAFF_INVITE: "新开工作人员账号",
        P.STAFF_GRANT: "派岗、调岗、安排代岗",
        P.STAFF_END: "撤岗、停用账号",
        P.STAFF_SECURE: "管理登录：下线、重置密码和动态码",
        P.STAFF_EXPORT: "导出工作人员名单",
        P.OPERATOR_READ: "看运营方和合同",
        P.OPERATOR_MANAGE: "管理运营方、合同和服务站点",
        P.POLICY_READ: "看权限规则",
        P.POLICY_CHANGE: "修改权限规则",
        P.AUDIT_READ: "看审计记录",
        P.AUDIT_CHECK: "校验审计记录有没有被改动",
        P.AUDIT_EXPORT: "导出审计记录",
        P.CONSOLE_USE: "进入数据后台",
        P.NOTICE_READ: "看要打的电话",
        P.NOTICE_CALL: "记电话通知的结果",
        P.MESSAGE_READ: "看短信发送记录",
        P.MESSAGE_RESEND: "重发短信",
        P.ORDER_CREATE: "发布用工",
        P.ORDER_READ: "查看用工单",
        P.ORDER_REVIEW: "审核用工单",
        P.ORDER_REFRESH: "刷新、置顶用工单",
        P.ORDER_IMPORT: "批量导入用工单",
        P.ORDER_SUSPEND: "冻结有问题的用工单",
        P.ORDER_DECIDE: "核查冻结的用工单：恢复或提出下架",
        P.ORDER_TAKEDOWN: "确认下架，答复异议",
        P.ORDER_EXPORT: "导出用工单",
        P.IMPORT_READ: "看导入批次",
        P.ENGAGEMENT_APPLY: "报名接活",
        P.ENGAGEMENT_INVITE: "邀请零工",
        P.ENGAGEMENT_READ: "看报名和约定",
        P.ENGAGEMENT_OFFER: "录用、发出约定",
        P.ENGAGEMENT_CONFIRM: "确认约定",
        P.ENGAGEMENT_DECLINE: "谢绝、退出",
        P.ENGAGEMENT_CONTACT: "看对方电话（双方确认后，留记录）",
        P.CREW_USE: "带班组、进班组、整班报名",
        P.TERMS_CHANGE: "提出改约定、答复改约定",
        P.ASSIGNMENT_READ: "看排班和考勤",
        P.ASSIGNMENT_ARRIVE: "登记到岗",
        P.ASSIGNMENT_START: "登记开工",
        P.ASSIGNMENT_FINISH: "登记收工",
        P.ASSIGNMENT_ACCEPT: "验收",
        P.ASSIGNMENT_DECIDE: "定没到岗的申诉",
        P.ASSIGNMENT_VOID: "作废违法用工",
        P.WEATHER_WRITE: "登记、解除天气预警",
        P.BILL_READ: "看工资单",
        P.BILL_EXPORT: "导出工资单",
        P.BILL_REFER: "转办欠薪",
        P.PAYMENT_RECORD: "登记付款",
        P.PAYMENT_CONFIRM: "确认收款",
        P.RATING_CREATE: "评价",
        P.EVENT_READ: "看办理记录",
        P.OVERVIEW_READ: "看统计总览",
        P.OVERVIEW_EXPORT: "导出统计表",
        P.CASE_READ: "看投诉和纠纷",
        P.CASE_MEDIATE: "调解纠纷",
        P.CASE_CLOSE: "办结投诉和纠纷",
        P.REFERRAL_READ: "看移送本部门的案件",
        P.INSPECTION_READ: "看检查任务",
        P.INSPECTION_WRITE: "填写检查结果",
        P.REPORT_READ: "看月报",
        P.REPORT_APPROVE: "审定月报",
        P.SCORECARD_READ: "看运营考核",
        P.SCORECARD_ASSESS: "给运营方考核打分",
        P.SETTLEMENT_READ: "看运营费结算",
        P.SETTLEMENT_SETTLE: "申报运营费结算",
        P.SETTLEMENT_APPROVE: "审批运营费付款",
        P.COVER_READ: "看参保",
        P.COVER_MANAGE: "上架、修改保险产品",
        P.OUTSIDE_READ: "看外部系统收发记录",
        P.OUTSIDE_RESEND: "重发没送到的外部请求",
        P.CLAIM_DECIDE: "核定理赔",
        P.RECOGNITION_GRANT: "评定星级站点和先进",
        P.DEV_READ: "看本机短信（仅开发模式）",
    }
)
"""What a person with the permission may do, as a verb phrase."""

GROUP_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "board": "公开页面",
        "public": "公开页面",
        "dev": "公开页面",
        "session": "自己的账号",
        "node": "机构和参数",
        "parameter": "机构和参数",
        "person": "零工",
        "employer": "用工主体",
        "order": "用工单",
        "import": "用工单",
        "engagement": "报名和约定",
        "crew": "班组",
        "terms": "改约定",
        "assignment": "到岗和收工",
        "weather": "到岗和收工",
        "rating": "到岗和收工",
        "bill": "工资",
        "payment": "工资",
        "case": "纠纷和检查",
        "referral": "纠纷和检查",
        "inspection": "纠纷和检查",
        "cover": "保险",
        "claim": "保险",
        "overview": "统计和报表",
        "report": "统计和报表",
        "recognition": "统计和报表",
        "operator": "运营方",
        "scorecard": "运营方",
        "settlement": "运营方",
        "staff": "工作人员和权限",
        "policy": "工作人员和权限",
        "audit": "审计",
        "event": "审计",
        "notice": "报名和约定",
        "message": "系统",
        "outside": "系统",
        "console": "系统",
    }
)
"""Object type -> the heading under which its permissions are listed."""


def grouped(permissions: Iterable[Permission]) -> dict[str, list[str]]:
    """Return words by heading, both in the catalogue's order; for previews and explanations."""
    wanted = frozenset(permissions)
    found: dict[str, list[str]] = {}
    for permission, words in PERMISSION_LABELS.items():
        if permission in wanted:
            found.setdefault(GROUP_LABELS[permission.object], []).append(words)
    order = list(dict.fromkeys(GROUP_LABELS.values()))
    return {heading: found[heading] for heading in order if heading in found}
