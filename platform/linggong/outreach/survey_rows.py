"""A row of a survey sheet: read from a table as people fill it, and checked by the rules of registration (R053)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import msgspec

from linggong.kernel import sheets
from linggong.kernel.errors import Fault
from linggong.kernel.money import from_yuan
from linggong.kernel.sheets import Cell, RowFault, Sheet
from linggong.market.trades import trade
from linggong.outreach.codes import SITUATIONS
from linggong.people.forms import ProxyConsent, WorkerForm, check_worker
from linggong.people.identity_numbers import BadNumber, parse_id_number

VILLAGE: Final = "村社区代码"
COLUMNS: Final = {
    "division_code": VILLAGE, "situation": "现在做什么", "wants_work": "想找活", "wants_training": "想培训", "trade_code": "工种代码",
    "consent": "同意登记", "name": "姓名", "id_number": "身份证号", "phone": "联系电话", "pay_fen": "期望工钱（元/天）", "slip": "同意书编号",
}  # fmt: skip
"""The sheet that is printed, filled by hand, and brought in."""
_FIELDS: Final = {"trades": "工种代码", "contact_kind": "联系电话", "skill_level": "", "pay_unit": ""}
_Fault = Callable[[str, str], None]
_YES_NO: Final = {"是": True, "否": False, "": False, "√": True, "×": False}


class SurveyRow(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Somebody who was asked. Only with consent are name, telephone and pay looked at, and he is registered."""

    consent: bool = False
    situation: str = "unsaid"
    wants_work: bool = False
    wants_training: bool = False
    trade_code: str | None = None
    name: str = ""
    id_number: str = ""
    phone: str = ""
    pay_fen: int | None = None
    slip: str = ""


@dataclass(slots=True)
class Asked:
    """A row that passed: what is counted, and with consent what is registered."""

    number: int
    row: SurveyRow
    division_code: str = ""
    id_number: str = ""
    form: WorkerForm | None = None
    consent: ProxyConsent | None = None


@dataclass(slots=True)
class Read:
    """All rows of a sheet with everything that is wrong."""

    asked: list[Asked] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)


def heading(sheet: Sheet) -> list[RowFault]:
    """Return what is wrong with the headings of a table."""
    names = set(COLUMNS.values())
    missing = [RowFault(1, h, f"缺少“{h}”这一列，请按模板加上") for h in COLUMNS.values() if h not in sheet.headers]
    extra = [h for h in sheet.headers if h and h not in names and not h.startswith(sheets.FAULT_HEADER)]
    return missing + [RowFault(1, h[:40], f"没有“{h[:40]}”这一列，请删掉或改成模板里的名字") for h in extra]


def of_table(sheet: Sheet, today: date, min_age: int) -> Read:
    """Read and check every row of a table; nothing here touches the database."""
    at, out = {h: i for i, h in enumerate(sheet.headers)}, Read()
    for number, cells in enumerate(sheet.rows, start=2):
        if not any(cell != "" for cell in cells):
            continue
        row: dict[str, Cell] = {key: cells[at[h]] if at[h] < len(cells) else "" for key, h in COLUMNS.items()}
        before = len(out.faults)
        made = _typed(number, row, out.faults)
        check(
            out, number, made, today, min_age, division_code=plain(row["division_code"]), fine=len(out.faults) == before
        )
    return out


def _typed(number: int, row: dict[str, Cell], faults: list[RowFault]) -> SurveyRow:
    situation = next((k for k, label in SITUATIONS.items() if label == str(row["situation"])), "")
    if not situation and row["situation"] != "":
        faults.append(RowFault(number, COLUMNS["situation"], "请填其中一个：" + "、".join(SITUATIONS.values())))
    said = {}
    for key in ("wants_work", "wants_training", "consent"):
        answer = _YES_NO.get(str(row[key]))
        if answer is None:
            faults.append(RowFault(number, COLUMNS[key], "请填“是”或“否”"))
        said[key] = bool(answer)
    pay = None
    if said["consent"] and row["pay_fen"] != "":
        try:
            cell = row["pay_fen"]
            pay = int(from_yuan(repr(cell) if isinstance(cell, float) else sheets.text(cell)))
        except ValueError:
            faults.append(RowFault(number, COLUMNS["pay_fen"], "请填元，最多两位小数，例如 200"))
            pay = 1
    return SurveyRow(
        situation=situation or "unsaid", trade_code=plain(row["trade_code"]) or None, name=str(row["name"]).strip(),
        id_number=plain(row["id_number"]), phone=plain(row["phone"]), pay_fen=pay, slip=plain(row["slip"]), **said,
    )  # fmt: skip


def plain(cell: Cell) -> str:
    """Return a cell as a person sees it."""
    try:
        return sheets.text(cell).strip()
    except ValueError:
        return str(cell)


def check(
    out: Read, number: int, row: SurveyRow, today: date, min_age: int, *, division_code: str = "", fine: bool = True
) -> None:
    """Check a row, add its faults or what is to be stored. The same ID number twice is a fault of the second row."""
    before = len(out.faults)

    def fault(key: str, words: str) -> None:
        out.faults.append(RowFault(number, COLUMNS.get(key, _FIELDS.get(key, "")), words.rstrip("。")))

    if row.situation not in SITUATIONS:
        fault("situation", "请填其中一个：" + "、".join(SITUATIONS.values()))
    if row.trade_code and trade(row.trade_code) is None:
        fault("trade_code", "没有这个工种代码，请照“代码表”写，例如 6-29-99-00；不知道就空着")
    who = _number(row, today, fault)
    if who and who in out.seen:
        fault("id_number", f"和第 {out.seen[who]} 行是同一个号码，请删掉一行")
    elif who:
        out.seen[who] = number
    made = Asked(number, row, division_code, who)
    if row.consent:
        _registers(made, today, min_age, fault)
    if len(out.faults) == before and fine:
        out.asked.append(made)


def _number(row: SurveyRow, today: date, fault: _Fault) -> str:
    if not row.id_number:
        return ""
    try:
        return parse_id_number(row.id_number, today=today).number
    except BadNumber as error:
        fault("id_number", error.message)
        return ""


def _registers(made: Asked, today: date, min_age: int, fault: _Fault) -> None:
    """With consent the row is a registration, and has what one needs."""
    row = made.row
    needed = {"name": row.name, "id_number": row.id_number, "phone": row.phone, "trade_code": row.trade_code, "pay_fen": row.pay_fen, "slip": row.slip}  # fmt: skip
    missing = [key for key, value in needed.items() if not value]
    for key in missing:
        fault(key, "同意登记的要填这一格" if key != "slip" else "同意登记的要写同意书编号，没签同意书就填“否”")
    if missing or not made.id_number:
        return
    form = WorkerForm(
        name=row.name, id_number=row.id_number, phone=row.phone, trades=[row.trade_code or ""], skill_level=0,
        pay_fen=row.pay_fen or 1, pay_unit="day", home_division_code=made.division_code or None,
    )  # fmt: skip
    faults: list[Fault] = []
    check_worker(form, faults, today=today, min_age=min_age)
    for one in faults:
        fault(one.field.partition("[")[0], one.message)
    made.form, made.consent = form, ProxyConsent(method="slip", evidence=row.slip[:200])
