"""The forms of registering oneself: posted fields to the forms of people, with faults at the page's fields (R045, R046)."""

from __future__ import annotations

from typing import Any

import msgspec

from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.money import from_yuan
from linggong.people.forms import AgentForm, EmployerForm, WorkerForm
from linggong.web import pages


def worker_form(values: dict[str, Any]) -> WorkerForm:
    """Return a worker's form (R046) of the posted fields; raises Invalid with every field that cannot be read."""
    faults: list[Fault] = []
    raw: dict[str, Any] = {k: values[k] for k in ("name", "id_number", "phone", "pay_unit") if values.get(k)}
    trades = values.get("trades") or []
    raw["trades"] = trades if isinstance(trades, list) else [trades]
    raw["skill_level"] = values.get("skill_level") or "0"
    if values.get("county"):
        raw["home_division_code"] = values["county"]
    else:
        faults.append(Fault("county", "请选住哪个县区。", "required"))
    try:
        raw["pay_fen"] = int(from_yuan(str(values.get("pay", ""))))
    except ValueError:
        faults.append(Fault("pay", "请填钱数，例如 200。", "money"))
        raw["pay_fen"] = 1
    try:
        form = pages.convert(WorkerForm, raw)
    except Invalid as invalid:
        raise Invalid([*invalid.faults, *faults]) from None
    if faults:
        raise Invalid(faults)
    return form


def employer_form(values: dict[str, Any]) -> EmployerForm:
    """Return an employer's form (R045) of the posted fields; raises Invalid."""
    firm = values.get("kind") == "firm"
    raw: dict[str, Any] = {k: values[k] for k in ("name", "contact_name", "phone") if values.get(k)}
    raw["kind"] = "enterprise" if firm else "individual"
    if values.get("county"):
        raw["division_code"] = values["county"]
    if firm:
        raw["uscc"] = values.get("uscc", "")
    else:
        raw["id_number"] = values.get("id_number", "")
    form = pages.convert(EmployerForm, raw)
    if firm and values.get("id_number"):
        agent = AgentForm(
            name=str(values.get("contact_name", "")), id_number=str(values["id_number"]), phone=form.phone
        )
        form = msgspec.structs.replace(form, agent=agent)
    elif firm:
        raise Invalid([Fault("id_number", "请填联系人的身份证号：谁替单位发活，要实名。", "required")])
    return form
