"""Contexts of the pages about contracts: what their controllers bring."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from linggong.contracts import legal_forms
from linggong.contracts.checking import Card, Checked
from linggong.contracts.queries import ContractView, DocumentView, SignedBy
from linggong.contracts.slips import MissingSlip
from linggong.contracts.wording import Screen

At = Callable[..., datetime]
SHA = "9f2c" * 16
BASE = f"/contracts/{UUID(int=1)}"


def document(at: At, part: int = 0, **more: Any) -> DocumentView:
    made = DocumentView(
        id=UUID(int=20 + part), part=part, title="合同" if part == 0 else f"补充协议（第 {part} 份）", code="7KXQ4MWA9C",
        state="sealed", legal_form="service", legal_form_words="劳务协议", terms_version=1 + part,
        changes=["日工钱从 260 元改成 280 元"] if part else [], sha256=SHA, sealed_at=at(0, 5, 31), pages=3,
    )  # fmt: skip
    return msgspec.structs.replace(made, **more)


def contract(**more: Any) -> ContractView:
    """Return a contract that both may sign."""
    screen = Screen(
        title="劳务协议",
        sentences=["这是一份劳务协议，宏达建筑劳务有限公司是用工方，王建国是零工。", "活是：工地小工。"],
        warnings=["超龄的人商业保险不一定能保，雇主要为他安排工伤保障；加班和重活默认不安排。"],
        text_hash=SHA,
    )
    sides = [SignedBy(side="worker", words="零工", signed=False), SignedBy(side="employer", words="雇主", signed=False)]
    made = ContractView(
        engagement_id=UUID(int=1), order_id=UUID(int=7), state="A_CONFIRMED", worker_name="王建国", screen=screen,
        sides=sides, waits_for=None, single_witness=False, documents=[],
    )  # fmt: skip
    return msgspec.structs.replace(made, **more)


def _signed(at: At, side: str, words: str, how: str, **more: Any) -> SignedBy:
    return SignedBy(side=side, words=words, signed=True, at=at(0, 5, 30), how=how, **more)


def _checks(at: At, anyone: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    day = at(0, 8).date()
    card = Card(
        code="7KXQ4MWA9C", part=0, state="sealed", title="工地小工", employer_name="宏达建筑劳务有限公司", worker_name="王**",
        legal_form_words="劳务协议", starts_on=day, ends_on=day, sealed_at=at(0, 5, 31), sha256=SHA,
        contract_code="7KXQ4MWA9C", later=1, recorded=True,
    )  # fmt: skip
    addendum = msgspec.structs.replace(
        card, code="4HJ7KMNP9R", part=1, later=0, state="signed", sealed_at=None, sha256="", recorded=False,
        ends_on=at(2, 8).date(),
    )  # fmt: skip
    good = Checked(
        good=True, code="good", reason="文件完整，盖章以后没有改过，章是本平台的。它后面还有 1 份补充协议，要一起看。", sha256=SHA, sealed_at=at(0, 5, 31), sealed_by="开封市公共零工市场",
        pages=3, card=card,
    )  # fmt: skip
    bad = Checked(good=False, code="not_pdf", reason="这不是 PDF 文件。", sha256=SHA)
    nothing = {"checked": None, "card": None, "fault": "", "asked": ""}
    advice = legal_forms.advise(
        enterprise=True, day_minutes=480, days=1, week_days=7, pay_unit="day", max_age=None, over_age=60
    )
    asked = {"who": "enterprise", "hours": "8", "days": "1", "unit": "day"}
    return [
        ("check", "contracts/check.html", anyone | nothing),
        ("check-fault", "contracts/check.html", anyone | nothing | {"fault": "没有这个编号的合同。", "asked": "KF34ADF7"}),
        ("check-good", "contracts/check.html", anyone | nothing | {"checked": good, "card": card}),
        ("check-bad", "contracts/check.html", anyone | nothing | {"checked": bad}),
        ("check-code", "contracts/check.html", anyone | nothing | {"card": card}),
        ("check-addendum", "contracts/check.html", anyone | nothing | {"card": addendum}),
        ("legal-forms", "contracts/forms.html", anyone | {"forms": advice, "asked": asked, "warning": legal_forms.NOT_INSTEAD}),
    ]  # fmt: skip


def pages(
    staff: dict[str, Any], worker: dict[str, Any], boss: dict[str, Any], anyone: dict[str, Any], *, at: At
) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the pages of contracts with their contexts."""
    by_code = _signed(at, "worker", "零工", "本人登录并核对短信验证码")
    by_clerk = _signed(at, "employer", "雇主", "由工作人员代办", slip_owed=True)
    fresh = contract()
    half = contract(sides=[by_code, fresh.sides[1]], waits_for="零工的意外险还没办好，办好就签成。")
    done = contract(
        state="A_CONTRACTED", screen=None, sides=[by_code, by_clerk], single_witness=True,
        documents=[document(at), document(at, 1, state="signed", sha256="", sealed_at=None, pages=None)],
    )  # fmt: skip
    mine = {"base": BASE, "back": "/my/jobs", "side": "worker", "dev_messages": True}
    his = mine | {"back": f"/employer/orders/{UUID(int=7)}", "side": "employer", "dev_messages": False}
    desk = {"base": f"/desk{BASE}", "back": f"/desk/orders/{UUID(int=7)}", "slip_owed": False}
    every = {"base": f"{his['back']}/sign", "back": his["back"], "dev_messages": True}
    slips = [
        MissingSlip(
            consent_id=UUID(int=30 + n), engagement_id=UUID(int=1), order_id=UUID(int=7), worker_name="王建国",
            side=side, due_at=at(n, 0).isoformat(), late=n == 0,
        )
        for n, side in enumerate(("worker", "employer"))
    ]  # fmt: skip
    return [
        ("sign", "contracts/sign.html", worker | mine | {"contract": fresh, "may_sign": True}),
        ("sign-offered", "contracts/sign.html", worker | mine | {"contract": contract(state="A_OFFERED"), "may_sign": False}),
        ("sign-half", "contracts/sign.html", worker | mine | {"contract": half, "may_sign": False}),
        ("sign-employer", "contracts/sign.html", boss | his | {"contract": half, "may_sign": True}),
        ("sign-done", "contracts/sign.html", boss | his | {"contract": done, "may_sign": False}),
        ("sign-all", "contracts/sign_all.html", boss | every | {"contracts": [fresh, contract(engagement_id=UUID(int=2), worker_name="李桂兰")]}),
        ("sign-all-none", "contracts/sign_all.html", boss | every | {"contracts": []}),
        ("my-contracts", "contracts/mine.html", worker | {"documents": done.documents}),
        ("my-contracts-none", "contracts/mine.html", worker | {"documents": []}),
        ("desk-contract", "contracts/desk.html", staff | desk | {"contract": fresh}),
        ("desk-contract-half", "contracts/desk.html", staff | desk | {"contract": half}),
        ("desk-contract-done", "contracts/desk.html", staff | desk | {"contract": done, "slip_owed": True}),
        ("desk-slips", "contracts/slips.html", staff | {"owed": slips}),
        ("desk-slips-none", "contracts/slips.html", staff | {"owed": []}),
        *_checks(at, anyone),
    ]  # fmt: skip
