"""Contexts of the pages of operators' files and money."""

from __future__ import annotations

from datetime import date, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import msgspec
from sample_offices import CONTRACT, NAV, PLACES

from linggong.operators.codes import CHECKS, HANDED_OVER, LICENCES, LINES, READINGS, ROUTES
from linggong.operators.handover import Point, Status
from linggong.operators.machines import REVIEWED, SETTLEMENT, TONES
from linggong.operators.money import Tail
from linggong.operators.outcome import Outcome
from linggong.operators.queries import (
    BidderView,
    CheckView,
    ContractMoney,
    Dossier,
    LicenceView,
    LineView,
    ProcurementView,
    SettlementView,
    Step,
)
from linggong.operators.subsidy import KINDS, Input, Inputs
from linggong.operators.terms import Eligibility, Reason

ID, NAME = UUID(int=7), "开封市汴梁人力资源服务有限公司"
FILE = Dossier(
    operator_id=ID, name=NAME, uscc="91410200MA0DEM0B14", county="/4102/02/", no_violation_years=3, photos=[ID],
    lacks=["人力资源服务许可证（豫人许〔2023〕88号）到 2026-01-31 为止，2026-03-10 已经过期。"],
    licences=[
        LicenceView(kind="business", label="营业执照", number="91410200MA0DEM0B14", scope="人力资源服务；职业中介活动", legal_person="赵一", issued_on=date(2020, 1, 1), expires_on=None, days_left=None),
        LicenceView(kind="hr", label="人力资源服务许可证", number="豫人许〔2023〕88号", scope="职业介绍", legal_person="", issued_on=date(2023, 1, 1), expires_on=date(2026, 1, 31), days_left=-38),
    ],
    checks=[CheckView(kind="declaration", label="承诺书", day=date(2025, 12, 1), independent=True, controlled=True, violation=False, years=3, words="")],
)  # fmt: skip
BOUGHT = ProcurementView(
    id=ID, path="/4102/02/", number="龙财采〔2026〕3号", title="零工市场运营服务", route="compared", route_label="询价比选",
    budget_fen=12_273_000, opened_on=date(2026, 2, 1), state="open", operator_id=None, operator="", bid_fen=None,
    awarded_on=None, papers=[], words="", photos=[ID],
    bidders=[BidderView(name=NAME, uscc="91410200MA0DEM0B14", bid_fen=12_000_000, note=""), BidderView(name="宋都零工服务中心", uscc="91410200MA0DEM0C15", bid_fen=13_000_000, note="含税")],
)  # fmt: skip
AWARDED = msgspec.structs.replace(
    BOUGHT, state="awarded", operator_id=ID, operator=NAME, bid_fen=12_000_000, awarded_on=date(2026, 3, 1), papers=["成交通知书 龙采〔2026〕8号"]
)  # fmt: skip


def settlement(part: int = 1, state: str = "P_PLANNED", **more: Any) -> SettlementView:
    """An instalment of 400,000 yuan."""
    percent = (15, 30, 30, 25)[part - 1]
    values: dict[str, Any] = {
        "id": UUID(int=part), "contract_id": ID, "contract": "龙采〔2026〕3 号", "operator": NAME, "part": part, "percent": percent,
        "by_grade": part == 4, "due_on": date(2026, 4, 5), "planned_fen": percent * 400_000, "amount_fen": None, "grade": "",
        "reading": "", "state": state, "state_label": SETTLEMENT.labels[state], "words": "", "reason": "", "order_number": "",
        "paid_on": None, "voucher": "", "allowed": [],
    }  # fmt: skip
    return SettlementView(**(values | more))


def pages(staff: dict[str, Any], now: datetime) -> list[tuple[str, str, dict[str, Any]]]:
    """Return (name of the picture, template, context) for these pages and their states."""
    form: dict[str, Any] = {"values": {}, "errors": {}}
    staff = staff | {"nav": NAV, "posts_held": 1}
    steps = [Step(event=event, at=now, name="韩静") for event in ("request", "check", "approve")]
    asked = {"amount_fen": 6_000_000, "words": "上线验收通过", "photos": [ID], "steps": steps}
    rows = [
        settlement(1, "P_PAID", amount_fen=6_000_000, paid_on=date(2026, 3, 10), voucher="2026-0031"), settlement(2, "P_CHECKED", amount_fen=12_000_000),
        settlement(3), settlement(4, "P_ORDERED", amount_fen=-2_000_000, grade="较差", reading="whole_contract"),
    ]  # fmt: skip
    money = ContractMoney(
        contract_id=ID, number="龙采〔2026〕3 号", operator_id=ID, operator=NAME, starts_on=date(2026, 1, 5), ends_on=date(2027, 1, 4),
        price_fen=40_000_000, signed_on=date(2026, 1, 5), go_live_on=None, cycle_year=1, renews_id=None, consent="",
        procurement_id=ID, lines=[LineView(kind="network", title="信息网络", amount_fen=8_000_000), LineView(kind="operation", title="场地和人员", amount_fen=32_000_000)],
        settlements=rows, grade="良好", reading="tail_only", unset=["项目采购预算"],
        tails={key: Tail(grade="良好", multiplier=90, total_fen=36_000_000, amount_fen=amount) for key, amount in (("whole_contract", -2_000_000), ("tail_only", 9_000_000))},
        renewal=Eligibility(eligible=True, reasons=[Reason(fits=True, words="第 1 年考核“良好”（85 分），续签要“良好”以上。"), Reason(fits=False, words="不行。")]),
    )  # fmt: skip
    lines_of = {"lines": LINES, "readings": READINGS, "tones": TONES, "form": form}
    heads = [{"key": key, "label": label, "rows": [{"title": "", "amount": ""}]} for key, label in LINES.items()]
    full = lines_of | {"money": money, "heads": heads, "procurements": [], "may_manage": True, "may_enter": True}
    bare = msgspec.structs.replace(
        money, price_fen=None, signed_on=None, cycle_year=None, lines=[], settlements=[], tails={}, grade="", reading="", renewal=None,
    )  # fmt: skip
    one = {"tones": TONES, "readings": READINGS, "words": {"request": "申请", "check": "核对无误"}, "form": form, "reviewed": REVIEWED, "asks": False, "decides": True, "due": True}  # fmt: skip
    poor = Outcome(
        grade="较差", multiplier=70, reading="whole_contract", total_fen=28_000_000, paid_fen=30_000_000, tail_fen=-2_000_000, back_fen=2_000_000
    )  # fmt: skip
    back = settlement(4, "P_ORDERED", amount_fen=-2_000_000, grade="较差", reading="whole_contract", words=poor.words, order_number="2026-01-4-1", steps=steps)  # fmt: skip
    points = [
        Point(key=key, label=label, open_now=3 if n < 4 else None, done=n % 2 == 0, words="交给周岚" if n % 2 == 0 else "")
        for n, (key, label) in enumerate(HANDED_OVER.items())
    ]  # fmt: skip
    status = Status(
        contract_id=ID, opened=True, closed=False, points=points, exports=1, posts=2, posts_end_on=date(2027, 1, 4), successor_id=None,
        successor="", missing=["还没有接手的合同。"],
    )  # fmt: skip
    handed = {
        "contract": SimpleNamespace(id=ID, number="龙采〔2026〕3 号", ends_on=date(2027, 1, 4)), "found": status, "form": form, "may_export": True,
        "successors": [{"value": str(ID), "label": "2027-01 宋都零工服务中心"}],
    }  # fmt: skip
    inputs = Inputs(
        path="/4102/02/", name="龙亭区", kind="market", first=date(2026, 2, 1), last=date(2026, 2, 28), version=1,
        lines=[
            Input(key="served", part="服务人数", label="服务人数（各站合计）", unit="人", value=320, source="站点统计 第2版", rated=True),
            Input(key="content", part="服务效果", label="零工满意率", unit="%", value=None, source="M22 第2版"),
        ],
    )  # fmt: skip
    subsidies = {
        "found": inputs, "refusals": [], "place": "龙亭区", "asked": SimpleNamespace(path="/4102/02/", kind="market"), "span": ("2026-02-01", "2026-02-28"),
        "kinds": KINDS, "names": {"/4102/02/": "龙亭区"}, "form": form, "may_manage": True, "places": PLACES, "contracts": [],
        "value": lambda line: line.value, "unit": lambda line: line.unit,
        "records": [SimpleNamespace(tenant="/4102/02/", first=date(2026, 1, 1), last=date(2026, 1, 31), amount_fen=160_000, words="汴财〔2026〕2号", version=1)],
        "exits": [SimpleNamespace(tenant="/4102/02/", reasons=["不是公益性的"], document="汴人社〔2026〕9号", leaves_on=date(2026, 4, 1))],
    }  # fmt: skip
    options = [{"value": str(ID), "label": NAME}]
    routes = [{"value": key, "label": label} for key, label in ROUTES.items()]
    kinds = {
        name: [{"value": k, "label": v} for k, v in table.items()]
        for name, table in (("kinds", LICENCES), ("checks", CHECKS))
    }
    listing = {"waiting": rows[1:2], "rows": rows, "tones": TONES, "today": now.date(), "asks": False, "buys": True}
    buying = {
        "rows": [BOUGHT, AWARDED],
        "routes": routes,
        "budget": 12_273_000,
        "places": PLACES,
        "may_manage": True,
        "form": form,
    }
    return [
        ("operator-file", "operators/dossier.html", staff | kinds | {"file": FILE, "contracts": [CONTRACT], "form": form, "may_manage": True}),
        ("operator-file-empty", "operators/dossier.html", staff | kinds | {"file": msgspec.structs.replace(FILE, licences=[], checks=[], lacks=[], photos=[], no_violation_years=None), "contracts": [], "form": form, "may_manage": False}),
        ("procurements", "operators/procurements.html", staff | buying),
        ("procurements-none", "operators/procurements.html", staff | buying | {"rows": [], "budget": None}),
        ("procurement", "operators/procurement.html", staff | {"row": BOUGHT, "operators": options, "may_manage": True, "form": form}),
        ("procurement-over", "operators/procurement.html", staff | {"row": AWARDED, "operators": [], "may_manage": False, "form": form}),
        ("contract-money", "operators/money.html", staff | full),
        ("contract-money-none", "operators/money.html", staff | full | {"money": bare}),
        ("settlements", "operators/settlements.html", staff | listing),
        ("settlements-none", "operators/settlements.html", staff | listing | {"waiting": [], "rows": [], "asks": True, "buys": False}),
        ("settlement-ask", "operators/settlement.html", staff | one | {"row": settlement(2), "asks": True, "decides": False}),
        ("settlement-approve", "operators/settlement.html", staff | one | {"row": settlement(1, "P_APPROVED", **asked)}),
        ("settlement-pay", "operators/settlement.html", staff | one | {"row": settlement(1, "P_ORDERED", order_number="2026-01-1-1", **asked)}),
        ("settlement-tail", "operators/settlement.html", staff | one | {"row": settlement(4)}),
        ("settlement-poor", "operators/settlement.html", staff | one | {"row": settlement(4, grade="较差", outcome=poor)}),
        ("settlement-back", "operators/settlement.html", staff | one | {"row": back}),
        ("handover", "operators/handover.html", staff | handed),
        ("handover-new", "operators/handover.html", staff | handed | {"found": msgspec.structs.replace(status, opened=False)}),
        ("subsidies", "operators/subsidies.html", staff | subsidies),
        ("subsidies-refused", "operators/subsidies.html", staff | subsidies | {"found": None, "refusals": ["时间段不对。"], "records": [], "exits": []}),
    ]  # fmt: skip
