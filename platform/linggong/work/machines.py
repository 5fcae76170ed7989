"""The work floor's machines as data: one worker on one order, on one shift, and changes of terms (rulings 1 to 15).

The only place that says what follows what: services take their target from here, resources list what is allowed from
here, the docs draw it. Numbers are those of order-states section 2; a letter after one marks a step that a ruling added.
"""

from __future__ import annotations

from linggong.kernel.machine import NEW, machine, rows

STATE_WORDS = {
    "A_INVITED": "等回话",
    "A_APPLIED": "已报名",
    "A_WAITLIST": "候补",
    "A_OFFERED": "待确认价格",
    "A_CONFIRMED": "双方已确认",
    "A_CONTRACTED": "已签约",
    "A_ARRIVED": "已到岗",
    "A_WORKING": "在干活",
    "A_PAUSED": "停工待命",
    "A_FINISHED": "完工待认定",
    "A_ACCEPTED": "完工已认定",
    "X_DECLINED": "未录用",
    "X_WITHDRAWN": "已退出",
    "X_CANCEL_E": "雇主取消",
    "X_CANCEL_W": "天气取消",
    "X_CANCEL_A": "政府叫停",
    "X_NOSHOW_W": "没到岗",
    "X_NOSHOW_E": "雇主失约",
    "X_REPLACED": "已换人",
    "X_VOID": "作废",
    "X_RULED": "按裁决结案",
}
ENDS = tuple(state for state in STATE_WORDS if state.startswith("X_"))
ENGAGEMENT_STATES = ("A_INVITED", "A_APPLIED", "A_WAITLIST", "A_OFFERED", "A_CONFIRMED", "A_CONTRACTED", *ENDS)
ASSIGNMENT_STATES = (
    "A_CONFIRMED", "A_CONTRACTED", "A_ARRIVED", "A_WORKING", "A_PAUSED", "A_FINISHED", "A_ACCEPTED", *ENDS,
)  # fmt: skip
HOLDING = ("A_CONFIRMED", "A_CONTRACTED", "A_ARRIVED", "A_WORKING", "A_PAUSED")
"""States in which a shift takes up the worker's time (invariant 4)."""
NOT_YET = ("A_INVITED", "A_APPLIED", "A_WAITLIST", "A_OFFERED")
AGREED = ("A_CONFIRMED", "A_CONTRACTED")

_NOT_YET, _AGREED = " ".join(NOT_YET), " ".join(AGREED)
_ON_SITE = "A_ARRIVED A_WORKING A_PAUSED"

ENGAGEMENT = machine(
    "engagement",
    "零工与订单",
    (
        rows("11", NEW, "A_INVITED", "invite", "C O E S", "叫他来", deadline="t.offer.same_day t.offer.other"),
        rows(
            "12", NEW, "A_APPLIED", "apply", "W C L", "报名",
            guard="verified; of age; no overlapping shift; certificate where the trade needs one",
        ),
        rows("13", "A_INVITED", "A_APPLIED", "accept_invitation", "W C", "愿意去", guard="as 12"),
        rows("14", "A_INVITED", "X_DECLINED", "decline", "W C", "不去", effects="never counts against him"),
        rows("14", "A_APPLIED", "X_DECLINED", "decline", "E C", "不录用"),
        rows("14", "A_INVITED A_APPLIED", "X_DECLINED", "lapse", "S", "未应答", follows=True),
        rows("15", "A_APPLIED", "A_WAITLIST", "wait", "S", "候补", follows=True, guard="the order is full", effects="queue number"),
        rows("16", "A_WAITLIST", "A_OFFERED", "promote", "S C", "递补", guard="a place is free"),
        rows("16", "A_WAITLIST", "X_DECLINED", "lapse", "S", "没有空位", follows=True, deadline="t.fill_until"),
        rows("17", "A_APPLIED", "A_OFFERED", "offer", "E C", "选他", deadline="t.offer.same_day t.offer.other"),
        rows("17", "A_OFFERED", "=", "offer", "E C", "按新约定再问他", guard="the terms changed since (25)"),
        rows("17", "A_OFFERED", "=", "ask_anew", "E C S", "按新约定再问他", follows=True, guard="the order's terms were revised (25)"),
        rows(
            "18", "A_OFFERED", "A_CONFIRMED", "confirm", "W C", "确认价格",
            guard="same terms version on both sides; a place is free; no overlapping shift", effects="shifts",
        ),
        rows(
            "40", NEW, "A_OFFERED", "ask_in", "S", "请去顶上", follows=True,
            guard="employer or clerk said that somebody did not come, or let a gap be filled; a place is free", deadline="push.wave_lasts",
            effects="several are asked at once; who confirms first has the place",
        ),
        rows("19", "A_OFFERED", "X_DECLINED", "lapse", "S", "未应答", follows=True, deadline="t.offer.same_day t.offer.other"),
        rows(
            "20", "A_CONFIRMED", "A_CONTRACTED", "contract", "W E C S", "签约",
            guard="both verified and consented; cover active, on its way, or waived", effects="contract file",
        ),
        rows("21", "A_CONFIRMED A_CONTRACTED", "=", "cover_refused", "I S", "参保失败", follows=True, effects="told before work; free to leave"),
        rows(
            "27", f"A_APPLIED A_WAITLIST A_OFFERED {_AGREED}", "X_WITHDRAWN", "withdraw", "W C", "退出",
            guard="not on site", deadline="t.free_cancel t.free_cancel.late", effects="waitlist promoted; late mark",
        ),
        rows("28", _AGREED, "X_REPLACED", "replace", "W L E C", "换人", guard="he consents, or did not come (ruling 12)"),
        rows("29", f"{_NOT_YET} {_AGREED}", "X_CANCEL_E", "cancel_employer", "E C O B S", "雇主取消", follows=True,
             effects="compensation after the lock (30, ruling 7)"),
        rows("32", f"{_NOT_YET} {_AGREED}", "X_CANCEL_W", "cancel_weather", "E C B S", "天气取消", follows=True),
        rows("34", f"{_NOT_YET} {_AGREED}", "X_CANCEL_A", "cancel_authority", "C O B S", "停工取消", follows=True),
        rows("7", f"{_NOT_YET}", "X_DECLINED", "order_over", "S", "订单结束", follows=True),
        rows("38", _AGREED, "X_NOSHOW_W", "no_show", "E C S", "没到岗", follows=True, guard="every shift a no-show"),
        rows("38b", "X_NOSHOW_W", "X_WITHDRAWN", "excuse", "C O", "申诉成立", follows=True, guard="another hand than the reporter's"),
        rows("38b", "X_NOSHOW_W", "A_CONTRACTED", "reinstate", "C O", "补记到岗", follows=True, guard="another hand than the reporter's"),
        rows("39", _AGREED, "X_NOSHOW_E", "employer_no_show", "W C", "雇主失约", follows=True),
        rows("39b", _AGREED, "X_CANCEL_E", "differs", "W C", "活不符", follows=True),
        rows("49", f"{_NOT_YET} {_AGREED}", "X_VOID", "void", "C O B S", "作废", follows=True, effects="work done is paid in full"),
        rows("75", "A_CONTRACTED", "X_RULED", "rule", "B O", "按裁决结案", follows=True),
    ),
    {state: STATE_WORDS[state] for state in ENGAGEMENT_STATES},
    ends=ENDS,
)  # fmt: skip

ASSIGNMENT = machine(
    "assignment",
    "派工",
    (
        rows("18", NEW, "A_CONFIRMED", "assign", "W E C L", "派工", follows=True),
        rows("40", NEW, "A_CONTRACTED", "assign_signed", "C E S", "候补顶上", follows=True),
        rows("20", "A_CONFIRMED", "A_CONTRACTED", "contract", "W E C S", "签约", follows=True),
        rows("27", _AGREED, "X_WITHDRAWN", "withdraw", "W C", "退出", follows=True),
        rows("28", _AGREED, "X_REPLACED", "replace", "W L E C", "换人", follows=True),
        rows("29", _AGREED, "X_CANCEL_E", "cancel_employer", "E C O B S", "雇主取消", follows=True),
        rows("32", _AGREED, "X_CANCEL_W", "cancel_weather", "E C B S", "天气取消", follows=True),
        rows("33", "A_ARRIVED", "X_CANCEL_W", "rain_on_site", "E C S", "到场后因雨不开工", effects="travel or part of a day's pay"),
        rows("34", f"{_AGREED} A_ARRIVED", "X_CANCEL_A", "cancel_authority", "C O B S", "停工取消", follows=True),
        rows("30", "A_ARRIVED", "X_CANCEL_E", "cancel_employer", "E C O B S", "雇主取消", follows=True, effects="compensation"),
        rows(
            "36", _AGREED, "A_ARRIVED", "arrive", "W L E C", "到岗",
            guard="from an hour before to half an hour after the start; proof", deadline="t.arrive_open t.arrive_grace.no_show",
        ),
        rows("36a", "A_ARRIVED A_WORKING A_PAUSED A_FINISHED A_ACCEPTED", "=", "vouch", "W", "我到没到",
             guard="his crew's leader spoke for him alone", effects="yes takes the single-witness mark away; no keeps it"),
        rows("37", "A_ARRIVED", "A_WORKING", "start", "E C S", "开工", guard="contract; cover active or waived"),
        rows(
            "38", _AGREED, "X_NOSHOW_W", "no_show", "E C", "没来",
            guard="half an hour after the start; no check-in; called first", deadline="t.objection.no_show",
        ),
        rows("38a", "X_NOSHOW_W", "=", "contest", "W C", "申诉", guard="within its time, once", deadline="t.objection.no_show"),
        rows("38b", "X_NOSHOW_W", "=", "uphold", "C O S", "申诉不成立", deadline="t.objection.no_show_decide",
             guard="another hand than the reporter's; S when nobody contested in time", effects="it counts now"),
        rows("38b", "X_NOSHOW_W", "X_WITHDRAWN", "excuse", "C O", "申诉成立", guard="another hand than the reporter's"),
        rows("38b", "X_NOSHOW_W", "A_ARRIVED", "reinstate", "C O", "补记到岗", guard="another hand than the reporter's"),
        rows(
            "39", f"{_AGREED} A_ARRIVED", "X_NOSHOW_E", "employer_no_show", "W C", "雇主失约",
            guard="on the spot with proof; two calls unanswered", deadline="t.employer_wait", effects="compensation",
        ),
        rows("39b", "A_ARRIVED A_WORKING", "X_CANCEL_E", "differs", "W C", "活不符，离开",
             guard="at the gate or within 30 minutes of the start", effects="compensation; order suspended"),
        rows("41", "A_WORKING", "A_PAUSED", "pause", "E W C", "停工", deadline="t.pause_max"),
        rows("42", "A_PAUSED", "A_WORKING", "resume", "E C", "复工", effects="waiting paid by its cause"),
        rows("43", "A_PAUSED", "A_FINISHED", "end_pause", "E C S", "停工未复", deadline="t.pause_max"),
        rows("43b", "A_PAUSED", "A_FINISHED", "leave", "W C", "离开", effects="no credit effect (ruling 10)"),
        rows("44", "A_WORKING", "A_FINISHED", "finish", "W E L C S", "下班", deadline="t.auto_checkout"),
        rows("45", "A_WORKING", "A_FINISHED", "end_early", "E C", "提前收工", guard="a reason",
             effects="half a day at least; all of it beyond three quarters or when the task is done"),
        rows("46", "A_WORKING", "A_FINISHED", "leave_early", "W E C", "提前离开", guard="illness, safety or other",
             effects="hours worked; illness and safety have no credit effect"),
        rows("47", "A_WORKING", "A_FINISHED", "finish_part", "W E C", "部分完成", guard="work by the piece; the count named"),
        rows("50", "A_WORKING A_PAUSED", "A_FINISHED", "transfer", "C", "转场", guard="the worker agrees; the other order takes him",
             effects="a new engagement with its own contract and cover (ruling 11)"),
        rows("48", "A_WORKING", "=", "overtime", "W E C", "加班", guard="agreed before it starts (region T)"),
        rows("49", f"{_AGREED} {_ON_SITE} A_FINISHED", "X_VOID", "void", "C O B S", "作废", effects="work done is paid in full"),
        rows(
            "51", "A_FINISHED", "A_ACCEPTED", "accept", "E C", "认定完工",
            deadline="t.accept.daily t.accept.other", effects="bill (54); a clerk who entered the end, too, owes a call-back",
        ),
        rows("51a", "A_FINISHED", "=", "propose_record", "E C", "改工时数量", guard="a reason; below the record (ruling 5)"),
        rows("51b", "A_FINISHED", "A_ACCEPTED", "agree_record", "W C", "同意改", guard="a change was proposed", effects="bill (54)"),
        rows("51c", "A_FINISHED", "=", "refuse_record", "W C", "不同意改", effects="the record stands"),
        rows("52", "A_FINISHED", "A_ACCEPTED", "auto_accept", "S", "逾期自动认定", guard="a check-in on record"),
        rows("53", "A_FINISHED", "A_ACCEPTED", "accept_part", "E C", "部分认可",
             guard="amount and reason named", deadline="t.dispute.evidence",
             effects="the named amount is disputed (ruling 5); without evidence in time the objection falls"),
        rows("53a", "A_ACCEPTED", "=", "add_evidence", "E C", "交证据", guard="a part is disputed, a photo",
             deadline="t.dispute.evidence"),
        rows("75", "A_FINISHED A_ACCEPTED", "X_RULED", "rule", "B O", "按裁决结案"),
    ),
    {state: STATE_WORDS[state] for state in ASSIGNMENT_STATES if state != "X_DECLINED"},
    ends=ENDS,
)  # fmt: skip

TERMS = machine(
    "terms",
    "约定变更",
    (
        rows(
            "24", NEW, "T_PROPOSED", "propose", "E W C", "提出改约定",
            guard="before the end; on site only overtime, extra or reduced work", deadline="t.terms.before_lock t.terms.on_site",
        ),
        rows("25", "T_PROPOSED", "T_AGREED", "agree", "E W C", "同意", guard="the other side", effects="terms version; addendum"),
        rows("26", "T_PROPOSED", "T_REFUSED", "refuse", "E W C", "不同意", guard="the other side", effects="old terms stay"),
        rows("26", "T_PROPOSED", "T_LAPSED", "lapse", "S", "过期未答", effects="old terms stay"),
        rows("26b", "T_PROPOSED", "T_LAPSED", "take_back", "E W C", "收回", guard="the side that proposed"),
    ),
    {"T_PROPOSED": "待对方答复", "T_AGREED": "已同意", "T_REFUSED": "不同意", "T_LAPSED": "已失效"},
    ends=("T_AGREED", "T_REFUSED", "T_LAPSED"),
)  # fmt: skip
