"""The forms of registering oneself: posted fields to the forms of people, with every fault at the page's fields (R045, R046).

A form is read whole before a code is sent: nobody types a code to learn afterwards that a number was wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final, TypeVar

import msgspec

from linggong.kernel import clock
from linggong.kernel.db import Actor, Database
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.money import from_yuan
from linggong.people.forms import AgentForm, EmployerForm, WorkerForm, check_employer, check_worker
from linggong.people.registration import whole
from linggong.web import pages
from linggong.web.places import places
from tenants.service import parameters

S = TypeVar("S", bound=msgspec.Struct)
_FIELDS: Final = {
    "home_division_code": "county", "division_code": "county", "pay_fen": "pay", "pay_unit": "pay",
    "agent": "id_number", "agent.name": "contact_name", "agent.id_number": "id_number", "agent.phone": "phone",
}  # fmt: skip
"""Where a fault of people's forms is shown."""
_STAND_IN: Final[dict[str, Any]] = {"trades": ["6-29-99-00"], "skill_level": "0", "pay_unit": "day", "pay_fen": 1}


def at_fields(faults: Iterable[Fault]) -> list[Fault]:
    """Return the faults of people's forms at the page's fields, each said once."""
    moved = (Fault(_FIELDS.get(f.field, f.field.partition("[")[0]), f.message, f.code) for f in faults)
    return list({(f.field, f.message): f for f in moved}.values())


async def read_worker(database: Database, values: dict[str, Any], *, known: bool = False) -> WorkerForm:
    """Return a worker's form (R046); raises Invalid with all faults. Of a known person name and numbers are on file."""
    faults = _consent(values)
    given = () if known else ("name", "id_number", "phone")
    raw: dict[str, Any] = {k: values[k] for k in (*given, "pay_unit") if values.get(k)}
    trades = values.get("trades") or []
    raw["trades"] = trades if isinstance(trades, list) else [trades]
    if not raw["trades"]:
        faults.append(Fault("trades", "请至少选一个工种。", "required"))
        raw["trades"] = _STAND_IN["trades"]
    raw["skill_level"] = values.get("skill_level") or "0"
    if not values.get("county"):
        faults.append(Fault("county", "请选住哪个县区。", "required"))
    raw |= await _division(database, values, "home_division_code", faults)
    try:
        raw["pay_fen"] = int(from_yuan(str(values.get("pay", ""))))
    except ValueError:
        faults.append(Fault("pay", "请填钱数，例如 200。", "money"))
        raw["pay_fen"] = 1
    on_file = ("name", "id_number", "phone") if known else ()
    form = msgspec.structs.replace(_convert(WorkerForm, raw, faults, on_file), contact_kind="mobile")
    told: list[Fault] = []
    youngest, _ = await _ages(database)
    check_worker(form, told, today=clock.business_date(clock.now()), min_age=youngest)
    _raise_all(faults, told, on_file)
    return form


async def read_employer(database: Database, values: dict[str, Any], *, known: bool = False) -> EmployerForm:
    """Return an employer's form (R045); raises Invalid with all faults. A known person stands for it himself."""
    faults = _consent(values)
    if values.get("kind") not in ("person", "firm"):
        faults.append(Fault("kind", "请选是个人还是单位。", "required"))
    firm = values.get("kind") == "firm"
    raw: dict[str, Any] = {k: values[k] for k in ("name", "contact_name", "phone") if values.get(k)}
    raw["kind"] = "enterprise" if firm else "individual"
    raw |= await _division(database, values, "division_code", faults)
    if firm:
        raw["uscc"] = values.get("uscc", "")
    elif not known:
        raw["id_number"] = values.get("id_number", "")
    on_file = ("name", "id_number") if known and not firm else ()
    form = _convert(EmployerForm, raw, faults, on_file)
    if firm and not known:
        if values.get("id_number"):
            number = str(values["id_number"])[:40]
            agent = AgentForm(name=form.contact_name, id_number=number, phone=form.phone)
            form = msgspec.structs.replace(form, agent=agent)
        else:
            faults.append(Fault("id_number", "请填联系人的身份证号：谁替单位发活，要实名。", "required"))
    told: list[Fault] = []
    _, adult = await _ages(database)
    check_employer(form, told, today=clock.business_date(clock.now()), adult_age=adult)
    _raise_all(faults, told, on_file)
    return form


async def _division(database: Database, values: dict[str, Any], name: str, faults: list[Fault]) -> dict[str, str]:
    """Return the chosen county's division code; a zone without one is a good choice that has no code to keep."""
    county = str(values.get("county") or "")
    if county and county not in {c["value"] for c in (await places(database)).county_codes}:
        faults.append(Fault("county", "没有这个县区，请重新选。", "unknown"))
        return {}
    return {name: county} if county and not county.startswith("/") else {}


def _consent(values: dict[str, Any]) -> list[Fault]:
    return [] if values.get("consent") else [Fault("consent", "请先同意，才能登记。", "required")]


def _convert(struct: type[S], raw: dict[str, Any], faults: list[Fault], on_file: Collection[str]) -> S:
    """Convert, and where a field cannot be read, note it and go on without it, so that the others are looked at too."""
    raw = raw | dict.fromkeys(on_file, " ")
    try:
        return pages.convert(struct, raw)
    except Invalid as invalid:
        faults += invalid.faults
        names = {f.field.partition("[")[0].partition(".")[0] for f in invalid.faults}
        try:
            return pages.convert(struct, raw | {n: _STAND_IN.get(n, " ") for n in names})
        except Invalid:
            raise Invalid(at_fields(faults)) from None


def _raise_all(faults: list[Fault], told: list[Fault], on_file: Collection[str]) -> None:
    first = at_fields(faults)
    said = {f.field for f in first} | set(on_file)
    every = [*first, *(f for f in at_fields(told) if f.field not in said)]
    if every:
        raise Invalid(every)


async def _ages(database: Database) -> tuple[int, int]:
    async with database.begin(Actor(kind="anonymous")) as uow:
        numbers = await parameters(uow, "/", "worker.min_age", "worker.adult_age")
    return whole(numbers["worker.min_age"]), whole(numbers["worker.adult_age"])
