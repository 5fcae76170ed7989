"""The legal form picker (R080, ruling 16): which form fits, what to warn of, and what is signed when the wished one cannot be.

Statements about law are professional knowledge, to be re-read before a document cites them. Limits are parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from linggong.kernel.db import UnitOfWork
from linggong.market.codes import LEGAL_FORM_LABELS, LegalForm, PayUnit
from linggong.work.models import Engagement

EMPLOYMENT: Final = frozenset({LegalForm.LABOUR_CONTRACT, LegalForm.NON_FULL_TIME})
"""Forms of an employment relation: 工伤保险 is owed, disputes go to arbitration."""
NOT_INSTEAD: Final = "商业保险不能代替工伤保险：雇主要依法为他参加工伤保险。"
_LONG_DAYS: Final = 30
"""So many days on end for an enterprise look like employment, whatever the paper is called; a warning, not a rule."""
LIMITS: Final = (
    "part_time.hours_per_day",
    "part_time.hours_per_week",
    "worker.over_age_men",
    "worker.over_age_women",
)
_FACTS: Final = "SELECT over_age, week_minutes, day_minutes FROM contract_facts($1, $2, $3)"


class Choice(msgspec.Struct, frozen=True):
    """The form that is signed, and what both sides are warned of."""

    form: LegalForm
    warnings: list[str] = []


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """Scheduled hours of one worker with one employer: the fullest week that the order touches, and its average day."""

    week_minutes: int
    day_minutes: int
    over_age: bool


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """One form as the picker shows it."""

    form: LegalForm
    label: str
    fits: bool
    why: str


async def hours_of(uow: UnitOfWork, row: Engagement, limits: Mapping[str, object]) -> Hours:
    """Return the hours of an engagement's pair; `limits` holds the parameters of `LIMITS` at its place."""
    await uow.flush()
    men, women = (int(str(limits[f"worker.over_age_{who}"])) for who in ("men", "women"))
    over_age, week_minutes, day_minutes = (await uow.fetch(_FACTS, row.id, men, women))[0]
    return Hours(week_minutes=int(week_minutes or 0), day_minutes=int(day_minutes or 0), over_age=bool(over_age))


async def choose_for(
    uow: UnitOfWork, row: Engagement, terms: Mapping[str, Any], limits: Mapping[str, object]
) -> Choice:
    """Return the form for an engagement under its terms: the one that was asked for, or the one that the law leaves."""
    return choose(
        LegalForm(terms["work"]["legal_form"]),
        await hours_of(uow, row, limits),
        per_day=Decimal(str(limits["part_time.hours_per_day"])),
        per_week=Decimal(str(limits["part_time.hours_per_week"])),
        pay_unit=terms["pay"]["unit"],
        days=len(terms["shifts"]),
    )


def choose(
    asked: LegalForm, hours: Hours, *, per_day: Decimal, per_week: Decimal, pay_unit: str = "", days: int = 1
) -> Choice:
    """Return the form that may be signed when `asked` was wished for.

    非全日制 beyond its hours becomes a labour contract; whoever is over age signs the over-age agreement, and nobody else
    does. Contract work is left as it is: its price is for a result, whatever the age.
    """
    form, warnings = asked, []
    if form is LegalForm.NON_FULL_TIME and (hours.day_minutes > per_day * 60 or hours.week_minutes > per_week * 60):
        form = LegalForm.LABOUR_CONTRACT
        warnings.append(
            f"和这家一周要干 {_hours(hours.week_minutes)} 小时、平均一天 {_hours(hours.day_minutes)} 小时，超过非全日制的上限"
            f"（一天 {per_day.normalize():f} 小时、一周 {per_week.normalize():f} 小时），所以按劳动合同签。"
        )
    if hours.over_age and form not in (LegalForm.OVER_AGE, LegalForm.CONTRACTED_WORK):
        warnings.append(f"零工到了超龄年龄，不签{LEGAL_FORM_LABELS[form]}，按超龄用工协议签。")
        form = LegalForm.OVER_AGE
    elif not hours.over_age and form is LegalForm.OVER_AGE:
        form = LegalForm.WRITTEN_AGREEMENT
        warnings.append("零工没到超龄年龄，超龄用工协议不适用，按书面协议签。")
    if form is LegalForm.OVER_AGE:
        warnings.append("超龄的人商业保险不一定能保，雇主要为他安排工伤保障；加班和重活默认不安排。")
    if form in EMPLOYMENT:
        warnings.append(NOT_INSTEAD)
    if form is LegalForm.CONTRACTED_WORK and pay_unit in (PayUnit.HOUR, PayUnit.DAY, PayUnit.MONTH):
        warnings.append("承揽是按成果给钱、自己安排怎么干；按时间算钱、听人指挥的，出了纠纷可能不算承揽。")
    if form in (LegalForm.SERVICE, LegalForm.WRITTEN_AGREEMENT) and days > _LONG_DAYS:
        warnings.append(f"连着干 {days} 天、天天听单位安排的，可能构成劳动关系，雇主应考虑签劳动合同。")
    return Choice(form, warnings)


def advise(
    *, enterprise: bool, day_minutes: int, days: int, week_days: int, pay_unit: str, max_age: int | None, over_age: int
) -> list[Advice]:
    """Return every form with whether it fits the work as posted, the best first: what the picker beside a post shows."""
    week = day_minutes * min(days, week_days)
    short = day_minutes <= 4 * 60 and week <= 24 * 60
    by_time = pay_unit in (PayUnit.HOUR, PayUnit.DAY, PayUnit.MONTH)
    lasting = days > _LONG_DAYS
    rows = [
        (
            LegalForm.NON_FULL_TIME,
            enterprise and short,
            "单位用人，一天不超过 4 小时、一周不超过 24 小时；15 天内结清，要上工伤保险。",
        ),
        (
            LegalForm.LABOUR_CONTRACT,
            enterprise and (lasting or not short),
            "单位用人，听单位安排上下班；时间长、天数多的签这个，要上社会保险。",
        ),
        (
            LegalForm.SERVICE,
            not enterprise or (not lasting and not short),
            "家庭、个人请人，或单位一次性的零活；各担各的过错责任，最好买意外险。",
        ),
        (
            LegalForm.WRITTEN_AGREEMENT,
            enterprise and not lasting,
            "平台派活、不完全算劳动关系的，写清工钱、休息和职业伤害保障。",
        ),
        (
            LegalForm.CONTRACTED_WORK,
            not by_time,
            "按成果算钱，自带工具、自己安排怎么干，如包一块地、刷一面墙。",
        ),
        (
            LegalForm.OVER_AGE,
            max_age is None or max_age >= over_age,
            "超龄的人来干时，系统会自动换成这一种，不用专门选。",
        ),
    ]
    made = [Advice(form=f, label=LEGAL_FORM_LABELS[f], fits=fits, why=why) for f, fits, why in rows]
    return sorted(made, key=lambda a: (not a.fits, a.form is LegalForm.OVER_AGE))


def _hours(minutes: int) -> str:
    return f"{minutes / 60:.1f}".removesuffix(".0")
