"""The legal form picker (R080, ruling 16)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from linggong.contracts.legal_forms import NOT_INSTEAD, Choice, Hours, advise, choose
from linggong.market.codes import LegalForm as F


def chosen(asked: F, *, day: int = 480, week: int = 480, over_age: bool = False, **more: Any) -> Choice:
    hours = Hours(week_minutes=week, day_minutes=day, over_age=over_age)
    return choose(asked, hours, per_day=Decimal(4), per_week=Decimal(24), **more)


@pytest.mark.parametrize(
    ("asked", "given", "form"),
    [
        (F.NON_FULL_TIME, {"day": 240, "week": 1440}, F.NON_FULL_TIME),
        (F.NON_FULL_TIME, {"day": 241, "week": 241}, F.LABOUR_CONTRACT),
        (F.NON_FULL_TIME, {"day": 240, "week": 1441}, F.LABOUR_CONTRACT),
        (F.NON_FULL_TIME, {"day": 120, "week": 120, "over_age": True}, F.OVER_AGE),
        (F.NON_FULL_TIME, {"day": 480, "week": 2400, "over_age": True}, F.OVER_AGE),
        (F.LABOUR_CONTRACT, {"over_age": True}, F.OVER_AGE),
        (F.SERVICE, {"over_age": True}, F.OVER_AGE),
        (F.CONTRACTED_WORK, {"over_age": True}, F.CONTRACTED_WORK),
        (F.OVER_AGE, {}, F.WRITTEN_AGREEMENT),
        (F.OVER_AGE, {"over_age": True}, F.OVER_AGE),
        (F.SERVICE, {}, F.SERVICE),
    ],
)
def test_which_form_is_signed(asked: F, given: dict[str, Any], form: F) -> None:
    choice = chosen(asked, **given)
    assert choice.form is form
    assert (form is asked) or choice.warnings, "another form than the wished one is said why"


def test_commercial_cover_never_replaces_work_injury_insurance() -> None:
    for form in F:
        given = {"day": 120, "week": 120} if form is F.NON_FULL_TIME else {}
        choice = chosen(form, **given)
        assert (NOT_INSTEAD in choice.warnings) == (choice.form in (F.LABOUR_CONTRACT, F.NON_FULL_TIME))


def test_contract_work_paid_by_time_and_service_for_a_month_are_warned_about() -> None:
    assert "承揽" in chosen(F.CONTRACTED_WORK, pay_unit="day").warnings[0]
    assert chosen(F.CONTRACTED_WORK, pay_unit="piece").warnings == []
    assert "劳动关系" in chosen(F.SERVICE, days=31).warnings[0]
    assert chosen(F.SERVICE, days=30).warnings == []


@pytest.mark.parametrize(
    ("given", "first"),
    [
        ({"day_minutes": 210, "days": 5}, F.NON_FULL_TIME),
        ({"day_minutes": 480, "days": 60}, F.LABOUR_CONTRACT),
        ({"enterprise": False, "day_minutes": 480, "days": 1}, F.SERVICE),
    ],
)
def test_the_picker_puts_what_fits_first(given: dict[str, Any], first: F) -> None:
    usual = {"enterprise": True, "week_days": 7, "pay_unit": "day", "max_age": None, "over_age": 60}
    rows = advise(**(usual | given))
    assert (rows[0].form, rows[0].fits) == (first, True)
    assert {r.form for r in rows} == set(F)
    assert all(r.why for r in rows)
