"""Contexts of the pages about wages: what their controllers bring."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

At = Callable[..., datetime]


def bill(at: At, **more: Any) -> dict[str, Any]:
    """Return a bill as web/wage_rows.py draws it."""
    paid = {
        "id": "p1", "at": at(0, 18), "amount_fen": 5000, "words": "微信 单号W123", "said": "等他回话（问过 1 次）", "state": "claimed",
        "single_witness": False, "proofs": ["/api/v1/payment-proofs/f1"], "actions": [],
    }  # fmt: skip
    base = {
        "id": "b1", "order_href": "/employer/orders/7", "title": "工地小工", "employer": "宏达建筑劳务", "worker": "王师傅",
        "day": at(0, 8).date(), "state": "W_OVERDUE", "total_fen": 26000, "paid_fen": 0, "left_fen": 26000, "held_fen": 2000,
        "payable_fen": 21000, "due_at": at(1, 0), "due_text": "11月25日 00:00 前该付",
        "lines": [{"label": "日工钱 260元/天 × 1", "quantity_text": "260 × 1", "amount_fen": 26000}],
        "payments": [paid], "claim": {"at": at(0, 18), "how": "微信", "amount_fen": 5000}, "can_confirm": True,
        "can_dispute": True, "answerable": [], "waiting": 0, "case": None, "actions": ["arrears"], "slip_href": "/bills/b1/slip",
        "wechat": [
            {"id": "t1", "amount_fen": 5000, "state": "waiting", "words": "等他在微信里点收款", "ordered_at": at(0, 18), "actions": []},
            {"id": "t2", "amount_fen": 5000, "state": "unknown", "words": "问不到结果：微信支付超时没回。请先到微信商户平台看看，别再付一次", "ordered_at": at(0, 18), "actions": ["ask"]},
        ], "wechat_why": "",
    }  # fmt: skip
    return base | more


def pages(
    staff: dict[str, Any], worker: dict[str, Any], boss: dict[str, Any], *, at: At, pay_ways: list[dict[str, str]]
) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the pages of wages with their contexts."""
    owed = bill(at)
    witnessed = bill(at, id="b2", state="B_SETTLED", left_fen=0, payable_fen=0, held_fen=0)
    witnessed["payments"] = [
        owed["payments"][0] | {"id": "p2", "state": "confirmed", "single_witness": True, "proofs": []}
    ]
    days = {"first": "2026-11-01", "last": "2026-11-24"}
    desk = days | {
        "pay_ways": pay_ways, "answer_proofs": [{"value": "signature", "label": "签字"}], "may_pay": True, "may_refer": True,
        "may_export": True,
        "wholes": [{"id": "7", "title": "装箱工", "employer": "宏达建筑劳务", "people": 12, "left_fen": 240000}],
    }  # fmt: skip
    handed = [bill(at, id=f"r{n}", state=s, payments=[]) for n, s in enumerate(("W_ARREARS", "W_REFERRED"))]
    slip = {
        "bill": owed,
        "day": at(0, 8).date(),
        "minutes": 480,
        "quantity": None,
        "terms_version": 1,
        "settled_at": None,
    }
    merchant = {"mchid": "19****109", "serial": "****F1B8E1", "public_id": "****000000", "connected_at": at(0, 8)}
    able = {"connected": True, "moving": True, "able": [owed, bill(at, id="b3", worker="李师傅")]}
    not_able = bill(at, id="b4", worker="孙师傅", wechat_why="他没有绑定微信收款，用现金或银行卡付")
    binding = {"openid": "****a1f0", "bound_at": at(0, 8)}
    return [
        ("employer-wechat", "employer/wechat.html", boss | {"merchant": merchant, "stand_in": True}),
        ("employer-wechat-none", "employer/wechat.html", boss | {"merchant": None, "stand_in": True}),
        ("employer-wechat-real", "employer/wechat.html", boss | {"merchant": None, "stand_in": False}),
        ("employer-wechat-pay", "employer/wechat_pay.html", boss | {"bills": able["able"], "left_out": [not_able], "merchant": merchant, "total": "380"}),
        ("employer-wechat-pay-none", "employer/wechat_pay.html", boss | {"bills": [], "left_out": [not_able], "merchant": None, "total": "0"}),
        ("my-wechat", "portal/wechat.html", worker | {"binding": binding, "stand_in": False, "messages": 2, "messages_stand_in": True}),
        ("my-wechat-none", "portal/wechat.html", worker | {"binding": None, "stand_in": True, "messages": None, "messages_stand_in": True}),
        ("my-wechat-off", "portal/wechat.html", worker | {"binding": None, "stand_in": False, "messages": None, "messages_stand_in": False}),
        ("employer-wages", "employer/wages.html", boss | days | {"wechat": able, "bills": [owed], "orders": [{"value": "7", "label": "工地小工"}], "pay_ways": pay_ways, "left_fen": 26000, "fault": "最多还能登记 210 元。", "imported": {"matched": [{"row": 2, "worker_name": "王**", "amount_fen": 20000}], "faults": [{"row": 3, "message": "没有找到对得上的工资单。"}], "total_fen": 20000}}),
        ("employer-wages-none", "employer/wages.html", boss | days | {"wechat": {"connected": False, "moving": False, "able": []}, "bills": [], "orders": [], "pay_ways": pay_ways, "left_fen": 0, "fault": "", "imported": None}),
        ("my-wages-late", "portal/my_wages.html", worker | {"due_fen": 26000, "paid_fen": 0, "paid_since": "一共", "bills": [owed], "more_href": ""}),
        ("slip", "portal/slip.html", worker | slip | {"hint": "2026-11 这家给他的工钱一共 6650 元，超过每月 6250 元，要预扣个税，请问清税务。"}),
        ("slip-unpaid", "portal/slip.html", boss | slip | {"bill": bill(at, payments=[], day=None), "minutes": None, "hint": ""}),
        ("desk-wages", "desk/wages.html", staff | desk | {"groups": [{"title": "过期没付", "bills": [owed, *handed]}, {"title": "要回访", "bills": [witnessed]}]}),
        ("desk-wages-none", "desk/wages.html", staff | desk | {"groups": [], "may_pay": False, "may_refer": False, "may_export": False}),
    ]  # fmt: skip
