"""Existing registers of workers (csv, xlsx): every row checked, every fault named, likely duplicates proposed for merging.

All rows are stored or none; with `skip_bad` the good rows are stored and the copy names the rest (docs/importing.md).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock, sheets
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.forms import validate
from linggong.kernel.ids import new_id
from linggong.kernel.money import from_yuan
from linggong.kernel.paths import TenantPath
from linggong.kernel.sheets import Cell, RowFault, Sheet
from linggong.people import import_store
from linggong.people.forms import SKILL_LEVELS, CheckedWorker, ProxyConsent, WorkerForm, check_worker, is_trade
from linggong.people.identity_numbers import BadNumber, parse_id_number
from linggong.people.import_store import Ready
from linggong.people.models import Contact, ImportBatch, MergeProposal, Person
from linggong.people.registration import whole
from linggong.people.service_links import link
from tenants.service import parameters

MAX_ROWS = 50_000
_NO_TRADE = "0"
"""Stands for an empty cell, whose fault is named by itself."""
_CONTACTS = {"本人手机": "mobile", "座机": "landline", "亲属": "relative", "驿站": "station"}
_UNITS = {"小时": "hour", "天": "day", "件": "piece", "月": "month", "工": "gong"}
REQUIRED = ("姓名", "身份证号", "联系方式", "联系电话", "工种代码", "技能等级", "期望工钱（元）", "计价单位")
OPTIONAL = ("家庭住址代码", "联系说明", "能去多远（公里）", "同意书编号")
_FIELDS = {
    "name": "姓名", "id_number": "身份证号", "contact_kind": "联系方式", "phone": "联系电话", "trades": "工种代码",
    "skill_level": "技能等级", "pay_fen": "期望工钱（元）", "pay_unit": "计价单位", "home_division_code": "家庭住址代码",
    "contact_note": "联系说明", "radius_km": "能去多远（公里）",
}  # fmt: skip


class PeopleReport(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a register. `stored` counts new people and known ones that were linked."""

    rows: int
    created: int
    linked: int
    proposed: int
    """Pairs proposed for merging."""
    faults: list[RowFault]
    annotated_name: str | None = None
    annotated: bytes | None = None

    @property
    def stored(self) -> int:
        """How many rows are in the city's register now."""
        return self.created + self.linked


class _Refused(Exception):
    """Some row cannot be stored: the rows before it are undone."""

    def __init__(self, faults: list[RowFault]) -> None:
        super().__init__()
        self.faults = faults


async def import_people(
    uow: UnitOfWork,
    sealer: Sealer,
    data: bytes,
    name: str,
    *,
    tenant: TenantPath,
    skip_bad: bool = False,
    max_rows: int = MAX_ROWS,
) -> PeopleReport:
    """Bring in a register for the node `tenant`.

    Raises Invalid or TooLarge for an unreadable file, NotFound for the node.
    """
    if not uow.scope.covers(tenant):
        raise NotFound
    sheet = await asyncio.to_thread(sheets.read_sheet, data, name, max_rows=max_rows)
    missing = [h for h in REQUIRED if h not in sheet.headers]
    unknown = [
        h for h in sheet.headers if h and h not in (*REQUIRED, *OPTIONAL) and not h.startswith(sheets.FAULT_HEADER)
    ]
    heading = [RowFault(1, h, f"缺少“{h}”这一列，请按模板加上") for h in missing]
    heading += [RowFault(1, h[:40], f"没有“{h[:40]}”这一列，请删掉或改成模板里的名字") for h in unknown]
    if heading:
        return _report(sheet, heading, name)
    limits = await parameters(uow, tenant, "worker.min_age")
    today, min_age = clock.business_date(uow.now), whole(limits["worker.min_age"])
    ready, faults = await asyncio.to_thread(_read, sheet, name, today, min_age)
    if faults and not skip_bad:
        return _report(sheet, faults, name)
    batch_id = new_id()
    try:
        async with uow.savepoint():
            await uow.execute(sa.insert(ImportBatch).values(_batch(uow, batch_id, tenant, name, data, len(sheet.rows))))
            stored = await import_store.store(uow, sealer, tenant, ready)
            if stored.faults and not skip_bad:
                raise _Refused(stored.faults)
            proposed = await import_store.propose(uow, tenant, batch_id, stored.created)
            created, linked = len(stored.created), stored.linked
            counts = {"created": created, "linked": linked, "proposed": proposed}
            await uow.execute(sa.update(ImportBatch).where(ImportBatch.id == batch_id).values(counts))
    except _Refused as refused:
        return _report(sheet, [*faults, *refused.faults], name)
    return _report(sheet, [*faults, *stored.faults], name, created=created, linked=linked, proposed=proposed)


def _batch(uow: UnitOfWork, batch_id: UUID, tenant: TenantPath, name: str, data: bytes, rows: int) -> dict[str, Any]:
    return {
        "id": batch_id,
        "tenant": tenant,
        "kind": "people",
        "file_name": name[:200],
        "sha256": hashlib.sha256(data).digest(),
        "rows": rows,
        "created": 0,
        "linked": 0,
        "proposed": 0,
        "done_by": uow.actor.id if uow.actor.kind == "staff" else None,
        "done_at": uow.now,
    }


def _read(sheet: Sheet, name: str, today: date, min_age: int) -> tuple[list[Ready], list[RowFault]]:
    """Check every row by the rules of the form; nothing here touches the database, so a bad file costs it nothing."""
    at = {h: i for i, h in enumerate(sheet.headers)}
    ready: list[Ready] = []
    faults: list[RowFault] = []
    seen: dict[str, int] = {}
    for number, cells in enumerate(sheet.rows, start=2):
        if not any(cell != "" for cell in cells):
            continue
        row = {h: cells[i] if i < len(cells) else "" for h, i in at.items()}
        found: list[RowFault] = []
        values = _values(number, row, found)
        if unknown := [code for code in values["trades"] if code != _NO_TRADE and not is_trade(code.strip())]:
            found.append(
                RowFault(
                    number, "工种代码", f"没有“{'、'.join(unknown)[:40]}”这个工种代码，请照“代码表”写，例如 6-29-99-00"
                )
            )
        checked = _check(number, values, found, today, min_age)
        if checked is not None:
            who = checked.person.id_number.number
            if who in seen:
                found.append(RowFault(number, "身份证号", f"和第 {seen[who]} 行是同一个号码，请删掉一行"))
            seen.setdefault(who, number)
        if found or checked is None:
            faults += found
            continue
        evidence = str(row.get("同意书编号") or "")[:200] or f"{name[:150]} 第 {number} 行"
        ready.append(Ready(number, checked, ProxyConsent(method="slip", evidence=evidence)))
    return ready, faults


def _check(
    number: int, values: dict[str, Any], found: list[RowFault], today: date, min_age: int
) -> CheckedWorker | None:
    id_cell = values.pop("id_cell")
    taken = {f.column for f in found}
    if isinstance(id_cell, str):
        values["id_number"] = id_cell
    else:
        try:
            parse_id_number(id_cell, today=today)
        except BadNumber as error:
            found.append(RowFault(number, "身份证号", error.message))
        return None
    faults: list[Fault] = []
    try:
        form = validate(WorkerForm, values)
    except Invalid as invalid:
        faults.extend(invalid.faults)
        checked = None
        try:
            parse_id_number(id_cell, today=today)
        except BadNumber as error:
            faults.append(Fault("id_number", error.message, error.code))
    else:
        checked = check_worker(form, faults, today=today, min_age=min_age)
    for fault in faults:
        column = _FIELDS.get(fault.field.partition("[")[0], "")
        # A cell that could not be read stands in the form by a stand-in: say its first fault only.
        if column not in taken:
            found.append(RowFault(number, column, fault.message))
    return checked


def _values(number: int, row: dict[str, Cell], faults: list[RowFault]) -> dict[str, Any]:
    def fault(column: str, words: str) -> None:
        faults.append(RowFault(number, column, words))

    values: dict[str, Any] = {"name": str(row["姓名"]), "id_cell": row["身份证号"]}
    kind = _CONTACTS.get(str(row["联系方式"]))
    if kind is None:
        fault("联系方式", "请填其中一个：" + "、".join(_CONTACTS))
    try:
        values["phone"] = sheets.text(row["联系电话"]) if row["联系电话"] != "" else ""
    except ValueError:
        fault("联系电话", "请填号码，并把这一列设成文本")
    unit = _UNITS.get(str(row["计价单位"]))
    if unit is None:
        fault("计价单位", "请填其中一个：" + "、".join(_UNITS))
    try:
        cell = row["期望工钱（元）"]
        values["pay_fen"] = from_yuan(repr(cell) if isinstance(cell, float) else sheets.text(cell))
    except ValueError:
        values["pay_fen"] = 1
        fault("期望工钱（元）", "请填元，最多两位小数，例如 200")
    level = str(row["技能等级"])
    if level in SKILL_LEVELS:
        values["skill_level"] = SKILL_LEVELS.index(level)
    else:
        values["skill_level"] = 0
        fault("技能等级", "请填其中一个：" + "、".join(SKILL_LEVELS))
    values |= {"contact_kind": kind or "mobile", "pay_unit": unit or "day"}
    values["trades"] = [t for t in str(row["工种代码"]).replace("，", "、").replace(",", "、").split("、") if t.strip()]
    if not values["trades"]:
        values["trades"] = [_NO_TRADE]
        fault("工种代码", "请填工种代码，例如 6-29-99-00，多个用“、”隔开")
    if row.get("家庭住址代码"):
        values["home_division_code"] = str(row["家庭住址代码"])
    if row.get("联系说明"):
        values["contact_note"] = str(row["联系说明"])
    if row.get("能去多远（公里）"):
        try:
            values["radius_km"] = sheets.whole(row["能去多远（公里）"])
        except ValueError:
            fault("能去多远（公里）", "请填整数，例如 10")
    return values


async def decide_merge(uow: UnitOfWork, proposal_id: UUID, *, merge: bool) -> MergeProposal:
    """Decide a proposal: merged, the later registration leads to the earlier person; refused, both stay.

    Raises NotFound for a foreign proposal, Conflict when it is decided, or when the later one has begun to work.
    """
    row = await uow.session.scalar(
        sa.select(MergeProposal)
        .where(MergeProposal.id == proposal_id, uow.scope.clause(MergeProposal.tenant))
        .with_for_update()
    )
    if row is None:
        raise NotFound
    if row.status != "open":
        raise Conflict("这一对已经处理过了。")
    row.status, row.decided_at = "merged" if merge else "refused", uow.now
    row.decided_by = uow.actor.id if uow.actor.kind == "staff" else None
    if merge:
        person = await uow.session.get(Person, row.person_id)
        candidate = await uow.session.get(Person, row.candidate_id)
        if person is None or candidate is None:
            raise NotFound
        if person.status != "active" or candidate.status != "active":
            raise Conflict("其中一个账号已经并走或停用，请刷新后再看。")
        person.status, person.merged_into = "merged", candidate.id
        await link(uow, candidate.id, row.tenant, "registered")
        # Telephones follow, so that he is reached and signs in under either; a sealed number is bound to its own row.
        held = sa.select(Contact.number_index).where(Contact.person_id == candidate.id, Contact.ended_at.is_(None))
        await uow.execute(
            sa.update(Contact)
            .where(Contact.person_id == person.id, Contact.ended_at.is_(None), Contact.number_index.not_in(held))
            .values(person_id=candidate.id)
            .execution_options(synchronize_session=False)
        )
    await uow.flush()
    await uow.emit(
        NewEvent(
            type=f"person.merge_{row.status}",
            chain=f"person:{row.person_id}",
            subject_id=row.person_id,
            tenant=row.tenant,
            person_id=row.person_id,
            body={"candidate": str(row.candidate_id), "reason": row.reason},
        )
    )
    return row


def _report(
    sheet: Sheet, faults: list[RowFault], name: str, *, created: int = 0, linked: int = 0, proposed: int = 0
) -> PeopleReport:
    by_row: dict[int, list[str]] = defaultdict(list)
    for fault in faults:
        by_row[fault.row].append(f"{fault.column}：{fault.message}" if fault.column else fault.message)
    return PeopleReport(
        rows=len(sheet.rows),
        created=created,
        linked=linked,
        proposed=proposed,
        faults=sheets.told(sheet, faults),
        annotated_name=f"{name.rpartition('.')[0] or name}-错误.{sheet.kind}" if faults else None,
        annotated=sheets.annotated(sheet, by_row) if faults else None,
    )
