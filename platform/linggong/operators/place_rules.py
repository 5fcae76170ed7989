"""What a place has set for its operators: terms, cycle, ceilings, plan of payment, grades. Parameters of the tenant, never constants."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from linggong.assessment.card import Card, Grade, Instalment
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict
from tenants import parameters as registry
from tenants.service import resolved

KEYS: Final = (
    "contract.term_years", "contract.cycle_years", "renewal.min_grade", "contractor.no_violation_years",
    "fee.ceiling_year", "fee.ceiling_network", "fee.ceiling_operation", "grade.bands", "grade.multipliers",
    "pay.plan", "pay.plan.reading", "project.budget",
)  # fmt: skip
_PART = re.compile(r"(\d{1,3})\s*%\s*[:：]\s*(go_live|signing|term_end)(?:\s*\+\s*(\d+)(d|mo))?\b")
_DUE: Final[Mapping[tuple[str, str], str]] = {
    ("go_live", "30d"): "go_live+30d",
    ("signing", "30d"): "signed+30d",
    ("signing", "3mo"): "signed+3m",
    ("signing", "9mo"): "signed+9m",
    ("term_end", ""): "final",
}


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What holds at a county; None and empty where it has set none."""

    term_years: int | None = None
    cycle_years: int | None = None
    min_grade: str | None = None
    no_violation_years: int | None = None
    ceiling_year: int | None = None
    """In fen, like the two after it."""
    ceiling_network: int | None = None
    ceiling_operation: int | None = None
    grades: tuple[str, ...] = ()
    """Names of the grades, the best first."""
    multipliers: dict[str, int] = {}
    """Per cent of the price by grade."""
    plan: tuple[Instalment, ...] = ()
    reading: str = ""
    budget: int | None = None
    unset: tuple[str, ...] = ()
    """Titles of the parameters that nobody has set here."""

    def frozen(self) -> dict[str, Any]:
        """Return what a contract keeps of them from the day on which it is signed."""
        return {
            "plan": [[part.percent, part.due] for part in self.plan],
            "multipliers": dict(self.multipliers),
            "reading": self.reading,
        }


async def at(uow: UnitOfWork, path: str) -> Rules:
    """Return what holds at a county. Raises Conflict for a plan or a grade that nobody can read, naming the parameter."""
    found = await resolved(uow, path, *KEYS)
    value: dict[str, Any] = {key: found[key].value for key in KEYS}
    bands = _pairs("grade.bands", value["grade.bands"])
    return Rules(
        term_years=value["contract.term_years"],
        cycle_years=value["contract.cycle_years"],
        min_grade=value["renewal.min_grade"] or None,
        no_violation_years=value["contractor.no_violation_years"],
        ceiling_year=value["fee.ceiling_year"],
        ceiling_network=value["fee.ceiling_network"],
        ceiling_operation=value["fee.ceiling_operation"],
        grades=tuple(sorted(bands, key=lambda name: -bands[name])),
        multipliers=_pairs("grade.multipliers", value["grade.multipliers"]),
        plan=plan_of(value["pay.plan"] or ()),
        reading=_reading(value["pay.plan.reading"]),
        budget=value["project.budget"],
        unset=tuple(registry.definition(key).title for key in KEYS if not value[key]),
    )


def plan_of(lines: tuple[str, ...]) -> tuple[Instalment, ...]:
    """Read a plan like 15%:go_live+30d; 30%:signing+3mo; 25%:term_end. Raises Conflict for what is no plan of 100 %."""
    if not lines:
        return ()
    parts = []
    for line in lines:
        found = _PART.match(line.strip())
        due = _DUE.get((found[2], f"{found[3] or ''}{found[4] or ''}")) if found else None
        if found is None or due is None:
            raise _unreadable("pay.plan", line)
        parts.append(msgspec.convert({"percent": int(found[1]), "due": due}, Instalment))
    if sum(part.percent for part in parts) != 100:
        raise Conflict("“服务费分期付款安排”合计不是 100%，请主管的人社局在参数表里改好。", key="pay.plan")
    return tuple(parts)


def kept(rules: dict[str, Any], now: Rules) -> Rules:
    """Return the rules that a signed contract keeps; what the place had not set then is taken as it is now."""
    plan = tuple(msgspec.convert({"percent": p, "due": due}, Instalment) for p, due in rules.get("plan", []))
    return msgspec.structs.replace(
        now,
        plan=plan or now.plan,
        multipliers=rules.get("multipliers") or now.multipliers,
        reading=rules.get("reading") or now.reading,
    )


def card_of(plan: tuple[Instalment, ...]) -> Card:
    """Return a card that holds a plan of payment and nothing else: what `assessment.payment` reckons with."""
    return Card(id="", version=0, title="", source="", total=0, rows=(), grades=(), plan=plan)


def grade_of(name: str, multiplier: int) -> Grade:
    """Return a grade as `assessment.payment` takes it."""
    return Grade(name=name, least=0, multiplier=multiplier, follows="")


def _pairs(key: str, lines: tuple[str, ...] | None) -> dict[str, int]:
    """Read lines like 优秀:90."""
    pairs = {}
    for line in lines or ():
        name, _, number = line.replace("：", ":").partition(":")
        if not name.strip() or not number.strip().rstrip("%").isdecimal():
            raise _unreadable(key, line)
        pairs[name.strip()] = int(number.strip().rstrip("%"))
    return pairs


def _reading(raw: object) -> str:
    text = str(raw or "").strip()
    if text and text not in ("whole_contract", "tail_only"):
        raise _unreadable("pay.plan.reading", text)
    return text


def _unreadable(key: str, line: str) -> Conflict:
    title = registry.definition(key).title
    return Conflict(f"参数“{title}”里的“{line[:40]}”看不懂，请主管的人社局在参数表里改好。", key=key)
