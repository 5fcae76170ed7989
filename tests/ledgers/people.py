"""A worker for the tests of ledgers."""

from __future__ import annotations

from linggong.people.forms import WorkerForm
from linggong.people.identity_numbers import check_digit


def worker() -> WorkerForm:
    """Somebody who comes to the desk with his card."""
    body = "41022519680512011"
    return WorkerForm(
        name="李国强", id_number=body + check_digit(body), phone="13800000001", trades=["6-29-99-00"], skill_level=3, pay_fen=20000,
        pay_unit="day", card_seen=True,
    )  # fmt: skip
