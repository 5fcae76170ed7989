"""What audit rows are called on pages. Names of tables, columns and values come from the console's catalogue, which the
assembly hands in: it stands on a higher floor."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from linggong.insight.trail import AuditLine, ChainFault, Change, EventLine, RecordTrail, Written
from linggong.web.filters import stamp
from rbac.roles import ROLE_LABELS

SEALED: Final = "〔已加密〕"
_KINDS: Final = {
    "anonymous": "访客", "worker": "零工", "employer": "用工主体", "staff": "工作人员", "system": "系统", "owner": "维护人员",
}  # fmt: skip
_DOORS: Final = {
    "web": "网页", "api": "接口", "desk": "窗口", "system": "系统", "sql": "数据库", "cli": "命令行", "console": "后台",
    "phone": "电话", "import": "导入",
}  # fmt: skip
_OPS: Final = {"insert": "新增", "update": "修改", "delete": "删除", "truncate": "清空"}
_FAULTS: Final = {
    "altered": "内容被改过", "removed": "有记录被删掉", "reordered": "顺序被调过", "broken": "和前一条接不上",
    "forged": "多出来的记录", "head": "链尾对不上", "rewritten": "和封存时的不一样",
}  # fmt: skip
_EVENTS: Final = {
    "order.state": "用工单状态变化", "order.created": "起草用工单", "order.submitted": "提交审核", "order.published": "审核通过发布",
    "order.returned": "退回修改", "order.refreshed": "确认还在招", "order.rechecked": "再次核查", "order.cancelled": "取消用工单",
    "order.expired": "用工单过期", "engagement.applied": "报名", "engagement.offered": "提出录用",
    "engagement.confirmed": "双方确认", "engagement.contracted": "签约", "engagement.declined": "未录用",
    "terms.proposed": "提出改约定", "terms.agreed": "同意改约定", "terms.refused": "不同意改约定", "terms.lapsed": "改约定没人答复",
    "terms.taken_back": "收回改约定", "engagement.replaced": "换人", "engagement.called_back": "回访", "order.terms_revised": "改了约定",
    "order.suspended": "冻结核查", "order.restored": "核查后恢复", "takedown.proposed": "提出下架", "order.taken_down": "违规下架",
    "takedown.objected": "对下架提异议", "takedown.objection_answered": "答复异议", "order.crew_chosen": "缺员怎么办",
    "order.understaffed": "缺员提醒", "order.rescheduled": "改期", "order.help_asked": "请别的驿站叫人", "order.help_answered": "别的驿站回话", "engagement.cancelled": "取消", "engagement.waitlisted": "排候补",
    "engagement.withdrawn": "退出", "engagement.rated": "评价", "engagement.order_ended": "因用工单结束而结束",
    "assignment.arrived": "到岗", "assignment.started": "开工", "assignment.finished": "收工", "assignment.accepted": "完工认定",
    "bill.created": "开工资单", "payment.claimed": "雇主说已付", "payment.confirmed": "确认收款", "payment.denied": "说没收到",
    "payment.proof_added": "上传付款凭证", "employer.paper_added": "交执照照片", "payment.called_back": "付款回访", "payment_file.made": "取付款文件",
    "wechat_transfer.ordered": "点微信付", "wechat_transfer.failed": "微信没付成", "wechat_transfer.unrecorded": "微信付了没登记",
    "wechat_merchant.connected": "接微信商户号", "wechat_merchant.taken_away": "取走微信商户号", "wechat_binding.bound": "绑定微信收款",
    "wechat_binding.ended": "解绑微信收款", "wechat_messages.allowed": "同意微信通知一条", "wechat_messages.stopped": "停掉微信通知",
    "wage_ledger.exported": "导出工资台账", "bill.changed": "改工资单", "bill.held": "争议暂缓", "bill.released": "解除暂缓",
    "bill.due": "到付款日", "bill.grace": "到期未付", "bill.overdue": "逾期", "bill.arrears": "立为欠薪线索",
    "bill.referred": "转办欠薪", "bill.ruled": "裁决结案", "bill.paid_after_ruling": "裁决后付款", "bill.paid": "按时付清", "bill.paid_late": "补付",
    "person.registered": "登记", "person.linked": "建立服务关系", "person.showed_code": "出示服务码",
    "person.phone_changed": "换手机号", "person.closed": "注销账号", "person.training_wish": "说想学什么", "benefit.written": "公布惠民政策", "benefit.ended": "停掉惠民政策", "person.number_released": "释放旧号码", "person.revealed": "看了号码",
    "employer.registered": "用工主体登记", "employer.verified": "用工主体核验", "employer.trusted": "设为免审",
    "employer.revealed": "看了号码", "staff.assigned": "派岗", "staff.invited": "邀请", "staff.opened": "开通账号",
    "staff.ended": "停用账号", "staff.reopened": "恢复账号", "operator.registered": "登记运营方", "contract.signed": "签运营合同",
    "memo.send": "发出通知或督办", "memo.note": "签收通知", "memo.sign": "签收督办", "memo.answer": "回复督办", "memo.return": "退回督办，要补充",
    "memo.close": "办结督办", "memo.withdraw": "撤回通知或督办", "memo.remind": "督办快到期", "memo.overdue": "督办逾期",
    "dispatch.proposed": "快速配岗", "dispatch.changed": "改配岗方案", "dispatch.sent": "配岗方案发邀请", "dispatch.dropped": "作废配岗方案",
    "priority.noted": "登记困难情况", "priority.ended": "结束困难情况",
    "ticket.taken": "签到取号", "ticket.returned": "又来签到", "ticket.called": "叫号", "ticket.placed": "等到了活", "ticket.left": "没等到，走了",
    "ticket.registered": "新来的登记了", "screen.registered": "登记大屏或自助机", "screen.ended": "停用大屏或自助机",
    "node.added": "加入站点", "node.moved": "调整上级", "parameter.set": "设定参数",
}  # fmt: skip
_BODY: Final = {
    "from": "原来", "to": "现在", "bill_state": "工资单", "method": "方式", "reason": "原因", "note": "说明", "how": "怎么问的",
    "by": "谁办的", "amount_fen": "金额", "total_fen": "应付", "minutes": "工时（分钟）", "quantity": "数量", "key": "参数",
    "source": "依据", "number": "合同号", "name": "名称", "stars": "星级", "terms_version": "约定版本", "kind": "种类",
    "role": "岗位",
}  # fmt: skip
"""What of an event's body is read at once; the whole of it stands folded below."""
_ROOTS: Final = {
    "order": "用工单", "person": "人员", "employer": "用工主体", "node": "站点", "staff": "工作人员", "operator": "运营方",
    "ticket": "签到", "screen": "大屏",
}  # fmt: skip
_COLUMNS: Final = {
    "phone_sealed": "电话", "number_sealed": "号码", "id_sealed": "证件号码", "bank_sealed": "收款账号", "openid_sealed": "收款微信", "totp_sealed": "动态口令",
    "password_hash": "密码", "pin_hash": "换人密码", "code_hash": "邀请码", "terms_hash": "约定指纹", "contract_hash": "合同指纹",
    "hash": "指纹",
}  # fmt: skip
_UNREAD: Final = ("_index", "search_tokens")
"""Columns that say nothing to a reader: keyed indexes and the search's own words."""
_names: dict[str, Callable[..., str]] = {
    "table": lambda table: table,
    "column": lambda table, column: column,
    "value": lambda table, column, value: value,
}


def use(
    *, table: Callable[[str], str], column: Callable[[str, str], str], value: Callable[[str, str, str], str]
) -> None:
    """Take the catalogue of names of tables, columns and values."""
    _names.update(table=table, column=column, value=value)


def table_name(table: str) -> str:
    """Return what a table is called."""
    return _names["table"](table)


def shown(table: str, column: str, value: Any) -> str:
    """Return a value as it is read: an enumerated one by its name, a time in Shanghai, nothing as a dash."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int) and column.endswith("_fen"):
        return f"{value / 100:,.2f} 元"
    if isinstance(value, str):
        if column.endswith("_at"):
            try:
                return stamp(datetime.fromisoformat(value))
            except ValueError:
                return value
        return _names["value"](table, column, value)
    if isinstance(value, list):
        return "、".join(str(v) for v in value) or "—"
    return str(value)


def _change(table: str, change: Change) -> dict[str, str]:
    name = _COLUMNS.get(change.column) or _names["column"](table, change.column).replace("（分）", "").replace(
        "（元）", ""
    )
    if change.sealed:
        return {"column": name, "before": SEALED, "after": SEALED}
    return {
        "column": name,
        "before": shown(table, change.column, change.before),
        "after": shown(table, change.column, change.after),
    }


def who(by: Written) -> str:
    """Return who did it, as which role and where."""
    role = next((words for role, words in ROLE_LABELS.items() if role.value == by.role), "")
    name = by.name or (f"{_KINDS.get(by.kind, by.kind)} {str(by.id)[-6:]}" if by.id else _KINDS.get(by.kind, by.kind))
    return " · ".join(part for part in (name, role if by.kind == "staff" else "", by.post or "") if part)


def door(by: Written) -> str:
    """Return through which door it came."""
    return _DOORS.get(by.channel, by.channel)


def audit_line(table: str, line: AuditLine) -> dict[str, Any]:
    """Return one audit row for the page."""
    return {
        "n": line.n,
        "op": _OPS.get(line.op, line.op),
        "at": line.at,
        "who": who(line.by),
        "for": str(line.by.on_behalf_of)[-6:] if line.by.on_behalf_of else "",
        "door": door(line.by),
        "request": line.by.request_id,
        "changes": [_change(table, c) for c in line.changes if not c.column.endswith(_UNREAD)],
        "hash": line.hash[:12],
    }


def event_line(line: EventLine) -> dict[str, Any]:
    """Return one event for the page."""
    table = f"{line.type.partition('.')[0]}s"
    states = {"from": "state", "to": "state", "bill_state": "state"} if table != "parameters" else {}
    body = "，".join(
        f"{_BODY[key]} {shown('bills' if key == 'bill_state' else table, states.get(key, key), value)}"
        for key, value in line.body.items()
        if key in _BODY and value not in (None, "", "-", [], {})
    )
    return {
        "n": line.n,
        "what": _EVENTS.get(line.type, line.type),
        "at": line.at,
        "who": who(line.by),
        "door": door(line.by),
        "body": body,
        "raw": json.dumps(line.body, ensure_ascii=False, sort_keys=True),
        "chain": line.chain,
        "hash": line.hash[:12],
    }


def chains(trail: RecordTrail) -> list[dict[str, str]]:
    """Return the chains that a record stands in, each with the address of its check."""
    audit = dict.fromkeys(str(line.chain) for line in trail.audit)
    events = dict.fromkeys(line.chain for line in trail.events)
    return [
        *({"label": "改动记录的链", "log": "audit", "chain": chain} for chain in audit),
        *(
            {"label": f"办理记录的链（{_ROOTS.get(chain.partition(':')[0], '其他')}）", "log": "events", "chain": chain}
            for chain in events
        ),
    ]


def fault(fault: ChainFault) -> dict[str, Any]:
    """Return what is wrong with a row, in words."""
    table, _, row = fault.subject.partition("/")
    what = f"{table_name(table)} {row}" if row else table_name(table)
    return {"n": fault.n, "kind": _FAULTS.get(fault.kind, fault.kind), "what": what, "detail": fault.detail}
