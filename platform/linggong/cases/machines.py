"""The side regions of cases as data: dispute D (70 to 78) and injury I (79 to 88), with rulings 13 and 16."""

from __future__ import annotations

from typing import Final

from linggong.kernel.machine import NEW, machine, rows

_TALKING = "D_OPEN D_NEGOTIATING D_MEDIATING D_REOPENED"
_LIVE = "D_OPEN D_NEGOTIATING D_MEDIATING D_REFERRED D_REOPENED"
_INJURED = "I_REPORTED I_VERIFIED I_CLAIMED I_DOCS I_DECIDED I_PAID I_REFUSED I_APPEAL"

DISPUTE: Final = machine(
    "dispute",
    "争议和投诉",
    [
        rows("70", NEW, "D_OPEN", "open", "W E C B M S", "提出争议或投诉",
             guard="at most the bill; until 15 days after its settlement", deadline="t.dispute.window t.dispute.ack",
             effects="a receipt, an owner who stays, clocks; only the amount disputed downwards is held"),
        rows("71", "D_OPEN D_REOPENED", "D_NEGOTIATING", "contact", "C B M", "联系双方，开始协商",
             deadline="t.dispute.first", effects="the clock of 3 working days to agree"),
        rows("72", "D_NEGOTIATING D_MEDIATING", "D_RESOLVED", "settle", "W E C B M", "签字和解",
             guard="both sides signed the same offer", deadline="t.dispute.negotiate",
             effects="the bill takes its new lines; what was held is due again"),
        rows("72", "D_OPEN D_NEGOTIATING D_MEDIATING D_REOPENED", "D_RESOLVED", "answer", "B", "答复办结",
             guard="no held money; never by the operator complained of", deadline="sla.complaint.simple"),
        rows("73", "D_NEGOTIATING D_REOPENED", "D_MEDIATING", "mediate", "M C B", "开始调解",
             guard="on the roster with a valid certificate; no party, nobody of the operator that is a party (invariant 13)",
             deadline="t.dispute.mediate"),
        rows("73", "D_MEDIATING", "=", "hear", "M C B", "记调解经过", guard="the mediator of the case"),
        rows("74", _TALKING, "D_REFERRED", "refer", "O B M W", "转交仲裁、监察、法院等",
             guard="employment disputes to arbitration, service disputes to people's mediation or court (ruling 16)",
             deadline="t.dispute.ask"),
        rows("75", "D_REFERRED", "D_RESOLVED", "rule", "B O", "回填结果", deadline="t.dispute.ask",
             guard="never by the operator complained of", effects="an unaccepted shift ends X_RULED"),
        rows("67", _LIVE, "D_RESOLVED", "paid", "W E C B M S", "付清了", follows=True,
             guard="the case is about an unpaid wage, and all of it was paid"),
        rows("53b", "D_OPEN D_NEGOTIATING", "D_RESOLVED", "unproven", "S", "没有举证，不认可不成立", follows=True,
             guard="the employer's objection to a shift; no evidence in its time", deadline="t.dispute.evidence",
             effects="what was held is due as it was"),
        rows("76", _LIVE, "=", "ask_withdraw", "W E C", "要求撤回", guard="the claimant"),
        rows("76", _LIVE, "D_WITHDRAWN", "withdraw", "C B M", "回访后撤回",
             guard="the claimant asked; somebody else called him back and he was not forced"),
        rows("77", "D_RESOLVED", "D_REOPENED", "reopen", "W E C", "重新提出", guard="a party",
             deadline="t.dispute.reopen", effects="the order settles again"),
        rows("78", "D_RESOLVED", "=", "rate", "W E C", "评价办理", deadline="t.dispute.satisfaction"),
        rows("78", "D_RESOLVED", "=", "close", "S", "评价期满", deadline="t.dispute.satisfaction"),
    ],
    {
        "D_OPEN": "已登记",
        "D_NEGOTIATING": "协商中",
        "D_MEDIATING": "调解中",
        "D_REFERRED": "已转交",
        "D_RESOLVED": "已办结",
        "D_WITHDRAWN": "已撤回",
        "D_REOPENED": "重新办理",
    },
    ("D_RESOLVED", "D_WITHDRAWN"),
)  # fmt: skip
"""`answer` is 72 for a report that asks for no money; the states are those of order-states 1.3."""

INJURY: Final = machine(
    "injury",
    "工伤和意外",
    [
        rows("79", NEW, "I_REPORTED", "report", "W E L C B", "受伤报案", deadline="t.injury.call t.injury.notice_insurer",
             effects="120 and the station's number are shown; the insurer is told (ruling 13); who cannot go on has finished in part"),
        rows("80", "I_REPORTED", "I_VERIFIED", "verify", "C B", "核实完", deadline="t.injury.call t.injury.visit",
             guard="he was called, visited, and two people have stated what they saw"),
        rows("81", "I_REPORTED I_VERIFIED", "=", "notify_insurer", "E C W B S", "已通知保险",
             deadline="t.injury.notice_insurer"),
        rows("81", "I_VERIFIED", "I_CLAIMED", "claim", "E C W", "报保险理赔", guard="policy and the insurer's case number"),
        rows("82", "I_VERIFIED I_REFUSED", "=", "civil", "W C", "没有保险，协商赔偿",
             effects="a dispute opens; the legal form decides the path"),
        rows("83", "I_CLAIMED I_DOCS", "I_DOCS", "document", "W C", "交材料", deadline="t.injury.docs",
             guard="health data only with a consent of its own"),
        rows("84", "I_DOCS I_APPEAL", "I_DECIDED", "decide", "I C B S", "保险有决定"),
        rows("85", "I_DECIDED", "I_PAID", "pay", "I C B S", "已赔付"),
        rows("85", "I_DECIDED", "I_REFUSED", "refuse", "I C B S", "拒赔", deadline="t.injury.appeal"),
        rows("86", "I_REFUSED", "I_APPEAL", "appeal", "W C", "申诉", deadline="t.injury.appeal"),
        rows("87", _INJURED, "I_CLOSED", "close", "O B", "结案", guard="all money settled: claim, dispute and wages"),
    ],
    {
        "I_REPORTED": "已报案",
        "I_VERIFIED": "已核实",
        "I_CLAIMED": "已报保险",
        "I_DOCS": "补材料",
        "I_DECIDED": "保险已决定",
        "I_PAID": "已赔付",
        "I_REFUSED": "拒赔",
        "I_APPEAL": "申诉中",
        "I_CLOSED": "已结案",
    },
    ("I_CLOSED",),
)  # fmt: skip

OPEN_DISPUTE: Final = ("D_OPEN", "D_NEGOTIATING", "D_MEDIATING", "D_REFERRED", "D_REOPENED")
"""States in which region D is open: its order settles no further (order-states section 3)."""
