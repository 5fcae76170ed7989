"""Credit as data: an entry of points, and a restriction that follows from points or from a decision (section 6).

Nothing here is for ever: an entry decays, a restriction has an end, and both can be objected to and are then decided by
another hand.
"""

from __future__ import annotations

from linggong.kernel.machine import NEW, machine, rows

ENTRY = machine(
    "credit_entry",
    "信用记分",
    (
        rows("6a", NEW, "K_NOTED", "note", "S", "记分", effects="notice with the reason and how to object", follows=True),
        rows("6b", "K_NOTED", "K_CONTESTED", "object", "W E C", "申诉", deadline="t.objection.other", effects="does not count meanwhile"),
        rows("6c", "K_CONTESTED", "K_COUNTED", "uphold", "B", "维持", guard="another hand than the reporter's and the clerk's who wrote the objection"),
        rows("6d", "K_CONTESTED", "K_LIFTED", "lift", "B", "撤销", guard="as 6c"),
        rows("6e", "K_NOTED", "K_COUNTED", "settle", "S", "申诉期满", deadline="t.objection.other", follows=True),
        rows("6f", "K_NOTED K_CONTESTED K_COUNTED", "K_LIFTED", "excuse", "S", "原事由撤销", follows=True, effects="the no-show was excused (38b)"),
        rows("6g", "K_COUNTED", "K_LIFTED", "correct", "B", "更正撤销", guard="as 6c"),
    ),
    {"K_NOTED": "已记，可申诉", "K_CONTESTED": "申诉中，不计分", "K_COUNTED": "已计分", "K_LIFTED": "已撤销"},
    ends=("K_LIFTED",),
)  # fmt: skip

LEVEL = machine(
    "restriction",
    "信用限制",
    (
        rows("6h", NEW, "L_LIVE", "impose", "S", "按分数限制", effects="notice; level 2 and above shared with the city", follows=True),
        rows("6i", NEW, "L_PROPOSED", "propose", "C O B", "提出列入", guard="evidence"),
        rows("6j", "L_PROPOSED", "L_LIVE", "confirm", "B", "决定列入", guard="another hand than the proposer's", effects="notice"),
        rows("6k", "L_PROPOSED", "L_REFUSED", "refuse", "B", "不予列入"),
        rows("6l", "L_LIVE", "L_CONTESTED", "object", "W E C", "申诉", deadline="t.objection.other", guard="once"),
        rows("6m", "L_CONTESTED", "L_LIVE", "uphold", "B", "维持", guard="another hand than the decider's"),
        rows("6n", "L_CONTESTED", "L_LIFTED", "lift", "B", "解除", guard="as 6m"),
        rows("6o", "L_LIVE", "L_LIFTED", "correct", "B", "提前解除"),
        rows("6p", "L_LIVE L_CONTESTED", "L_LIFTED", "excuse", "S", "分数已不够", follows=True, effects="points were lifted"),
        rows("6q", "L_LIVE L_CONTESTED", "L_EXPIRED", "expire", "S", "到期", follows=True),
    ),
    {
        "L_PROPOSED": "待人社局决定", "L_LIVE": "执行中", "L_CONTESTED": "申诉中", "L_LIFTED": "已解除", "L_EXPIRED": "已到期",
        "L_REFUSED": "未列入",
    },
    ends=("L_LIFTED", "L_EXPIRED", "L_REFUSED"),
)  # fmt: skip

LEVEL_WORDS = {1: "提醒", 2: "限制", 3: "禁止"}
OF_WORKER = {"late_cancel": "临开工退出", "no_show": "没到岗"}
OF_EMPLOYER = {
    "cancel": "锁定后取消", "employer_no_show": "雇主失约", "differs": "活和说的不一样", "late_pay": "工钱付晚了",
    "arrears": "欠薪立案", "false_post": "虚假岗位", "warned": "人社局书面警示",
}  # fmt: skip
REASONS = OF_WORKER | OF_EMPLOYER
POINTS = {
    "late_cancel": "credit.worker.late_cancel",
    "no_show": "credit.worker.no_show",
    "cancel": "credit.employer.cancel",
    "employer_no_show": "credit.employer.no_show",
    "differs": "credit.employer.differs",
    "late_pay": "credit.employer.late_pay_day",
    "arrears": "credit.employer.arrears",
    "false_post": "credit.employer.false_post",
    "warned": "credit.employer.warned",
}
"""The parameter that says how many points a reason is worth."""
