"""What becomes of a year's assessment, and of a market that asks to be recognised, as data (R017, R122, R134).

Evidence is gathered while the year runs, frozen after it, reported on by the operator, reviewed by the bureau, appealed, and
made final by another hand than the reviewer's. The operator never scores itself.
"""

from __future__ import annotations

from linggong.kernel.machine import NEW, machine, rows

ASSESSMENT = machine(
    "scorecard",
    "年度考核",
    (
        rows("122a", NEW, "S_OPEN", "begun", "B", "开始考核", guard="a card in force that counts; a year that has begun; once a year", effects="the version of the card stays for this year"),
        rows("122b", "S_OPEN", "S_FROZEN", "frozen", "B", "封存证据", guard="the year is over", deadline="assess.report_days", effects="the figures and materials with their hash; what comes later is refused and listed"),
        rows("122c", "S_FROZEN", "S_REPORTED", "reported", "O C B", "交自评", guard="the operator's or the station's own people; the bureau for a report on paper, and whoever enters it does not review"),
        rows("122d", "S_FROZEN S_REPORTED", "S_REVIEWED", "assessed", "B", "评审打分", guard="after the self-report, or when its time is over; nobody of an operator; another hand than the report's", deadline="assess.appeal_days"),
        rows("122e", "S_REVIEWED", "S_APPEALED", "appealed", "O C B", "申诉", guard="within the days, with reasons; the bureau for an appeal on paper, and whoever enters it does not answer it"),
        rows("122f", "S_APPEALED", "S_FINAL", "decided", "B", "答复申诉并定案", guard="another hand than the reviewer's", effects="the grade holds; a plan or the end of the agreement is asked for"),
        rows("122g", "S_REVIEWED", "S_FINAL", "finished", "B", "定案", guard="the days of appeal are over; another hand than the reviewer's", effects="the grade holds; a plan or the end of the agreement is asked for"),
    ),
    {
        "S_OPEN": "进行中", "S_FROZEN": "已封存，等自评", "S_REPORTED": "已自评，等评审", "S_REVIEWED": "已评审，申诉期", "S_APPEALED": "申诉中",
        "S_FINAL": "已定案",
    },
    ends=("S_FINAL",),
)  # fmt: skip

RECOGNITION = machine(
    "recognition",
    "示范性零工市场认定",
    (
        rows("134a", NEW, "R_APPLIED", "applied", "B", "申报", guard="a county's market that has been open for the months asked for; none under way"),
        rows("134b", "R_APPLIED", "R_CHECKED", "checked", "B", "审清单", guard="the city; every item judged, no veto, hints of false data looked into"),
        rows("134c", "R_CHECKED", "R_VISITED", "visited", "B", "记现场核查", guard="the city; another hand than the application's"),
        rows("134d", "R_VISITED", "R_PUBLIC", "publicized", "B", "开始公示", guard="the city", deadline="recognition.publicity_days"),
        rows("134e", "R_PUBLIC", "R_GRANTED", "granted", "B", "认定授牌", guard="the days of publicity are over, objections answered; another hand than the visit's", deadline="recognition.recheck_months", effects="a plaque with its number; counts on the target board"),
        rows("134f", "R_GRANTED", "=", "rechecked", "B", "复核合格", guard="the city, each year"),
        rows("134g", "R_GRANTED", "R_REVOKED", "revoked", "B", "撤销", guard="the city, with a reason", effects="no longer counts on the board"),
        rows("134h", "R_APPLIED R_CHECKED R_VISITED R_PUBLIC", "R_REFUSED", "refused", "B", "不予认定", guard="the city, with a reason"),
    ),
    {
        "R_APPLIED": "已申报", "R_CHECKED": "清单已审", "R_VISITED": "已核查", "R_PUBLIC": "公示中", "R_GRANTED": "已认定", "R_REVOKED": "已撤销",
        "R_REFUSED": "没认定",
    },
    ends=("R_REVOKED", "R_REFUSED"),
)  # fmt: skip
