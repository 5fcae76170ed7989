"""Posts from a table (R053, R054): every row checked, every fault named, all stored or nothing (docs/importing.md)."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock, sheets
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.machine import NEW
from linggong.kernel.paths import ROOT, tenant_path
from linggong.kernel.sheets import Cell, RowFault, Sheet
from linggong.kernel.timers import Timer
from linggong.market import fraud, happenings, queries, service
from linggong.market.classifier import classify_title
from linggong.market.forms import OrderForm, Policy, check, faults_of, noted, policy_at
from linggong.market.import_columns import COLUMNS, EMPLOYER, END, HEADING_OF, REQUIRED, START, START_DAY
from linggong.market.machine import ORDER
from linggong.market.models import Order
from linggong.market.queries import OrderEmployer
from linggong.people.identity_numbers import BadNumber, parse_id_number, parse_uscc
from rbac.roles import hand

MAX_ROWS = 50_000


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a table: with any fault nothing is stored, and `annotated` is the copy that names them."""

    rows: int
    stored: int
    faults: list[RowFault]
    annotated_name: str | None = None
    annotated: bytes | None = None


@dataclass(slots=True)
class _Row:
    number: int
    form: OrderForm
    uscc: str | None = None
    id_index: bytes | None = None
    faults: list[RowFault] = field(default_factory=list)


async def import_posts(
    uow: UnitOfWork,
    sealer: Sealer,
    data: bytes,
    name: str,
    *,
    tenant: str | None = None,
    max_rows: int = MAX_ROWS,
) -> ImportReport:
    """Store every row as an order that waits for review, or nothing and a copy that names each fault.

    Without `tenant` an order goes to the station that serves its place, when the actor's scope covers it. Employers must be
    registered. Raises Invalid or TooLarge for a file that cannot be read, NotFound for a foreign node.
    """
    if tenant is not None:
        try:
            covered = uow.scope.covers(tenant_path(tenant))
        except ValueError:
            covered = False
        if not covered or not await queries.node_exists(uow, tenant):
            raise NotFound
    sheet = await asyncio.to_thread(sheets.read_sheet, data, name, max_rows=max_rows)
    heading = _heading_faults(sheet)
    if heading:
        return _refused(sheet, heading, name)
    general = await policy_at(uow, tenant or uow.actor.post or ROOT)
    # Thousands of rows are a second of pure computing: other requests go on meanwhile.
    rows = await asyncio.to_thread(_read_rows, sheet, sealer, general, uow.now)
    known = await queries.nodes_of_codes(uow, [r.form.division_code for r in rows if r.form.division_code])
    by_code, by_index = await queries.employers_by_number(
        uow, [r.uscc for r in rows if r.uscc], [r.id_index for r in rows if r.id_index]
    )
    paths: dict[str, str] = {}
    policies: dict[str, Policy] = {}
    ready: list[tuple[_Row, OrderEmployer, str]] = []
    for row in rows:
        employer = by_code.get(row.uscc or "") or by_index.get(row.id_index or b"")
        await _check_employer(uow, row, employer)
        path = await _path_of(uow, row, tenant, known, paths)
        if path is not None and path not in policies:
            policies[path] = await policy_at(uow, path)
        if path is not None and policies[path].rules != general.rules:
            found = check(row.form, policies[path].rules, now=clock.shanghai(uow.now))
            _lint_faults(row, found)
        if employer is not None and path is not None:
            ready.append((row, employer, path))
    faults = [fault for row in rows for fault in row.faults]
    if faults:
        return await asyncio.to_thread(_refused, sheet, faults, name)
    digest = hashlib.sha256(data).hexdigest()
    await _store(uow, sealer, ready, policies, digest)
    return ImportReport(rows=len(rows), stored=len(ready), faults=[])


def _heading_faults(sheet: Sheet) -> list[RowFault]:
    missing = [h for h in REQUIRED if h not in sheet.headers]
    unknown = [h for h in sheet.headers if h and h not in COLUMNS and not h.startswith(sheets.FAULT_HEADER)]
    twice = sorted({h for h in sheet.headers if h and sheet.headers.count(h) > 1})
    faults = [RowFault(1, h, f"缺少“{h}”这一列，请按模板加上") for h in missing]
    faults += [RowFault(1, h[:40], f"没有“{h[:40]}”这一列，请删掉或改成模板里的名字") for h in unknown]
    faults += [RowFault(1, h, f"“{h}”有两列，请留一列") for h in twice]
    if not faults and not sheet.rows:
        faults.append(RowFault(1, "", "表里没有内容，请从第 2 行起填写"))
    return faults


def _refused(sheet: Sheet, faults: list[RowFault], name: str) -> ImportReport:
    by_row: dict[int, list[str]] = defaultdict(list)
    for fault in faults:
        by_row[fault.row].append(f"{fault.column}：{fault.message}" if fault.column else fault.message)
    stem = name.rpartition(".")[0] or name
    return ImportReport(
        rows=len(sheet.rows),
        stored=0,
        faults=sheets.told(sheet, faults),
        annotated_name=f"{stem}-错误.{sheet.kind}",
        annotated=sheets.annotated(sheet, by_row),
    )


def _read_rows(sheet: Sheet, sealer: Sealer, policy: Policy, now: datetime) -> list[_Row]:
    at = {h: i for i, h in enumerate(sheet.headers) if h in COLUMNS}
    rows = []
    for number, cells in enumerate(sheet.rows, start=2):
        if not any(cell != "" for cell in cells):
            continue
        rows.append(
            _read_row(number, {h: cells[i] if i < len(cells) else "" for h, i in at.items()}, sealer, policy, now)
        )
    return rows


def _read_row(number: int, cells: dict[str, Cell], sealer: Sealer, policy: Policy, now: datetime) -> _Row:
    faults: list[RowFault] = []
    values: dict[str, Any] = {}
    times: dict[str, Any] = {}
    for heading, cell in cells.items():
        name, read, advice = COLUMNS[heading]
        if cell == "" or heading == EMPLOYER:
            continue
        try:
            value = read(cell)
        except LookupError as error:
            faults.append(RowFault(number, heading, f"请填其中一个：{error.args[0]}"))
            continue
        except (ValueError, TypeError, ArithmeticError):
            faults.append(RowFault(number, heading, advice))
            continue
        if name:
            values[name] = value
        else:
            times[heading] = value
    if not any(f.column == START_DAY for f in faults) and START_DAY not in times:
        faults.append(RowFault(number, START_DAY, "请填哪天开工"))
    values |= _times(times)
    values["source_channel"] = "import"
    title = values.get("title")
    if "trade_code" not in values and title and not any(f.column == "工种代码" for f in faults):
        guesses = classify_title(title[:100], top=1)
        if guesses:
            values["trade_code"] = guesses[0].code
        else:
            faults.append(RowFault(number, "工种代码", "按标题认不出工种，请填工种代码"))
    try:
        # The limits of the form's types, which the API's own reading would hold it to.
        form = msgspec.convert(values, OrderForm)
    except msgspec.ValidationError:
        form = OrderForm()
        faults.append(RowFault(number, "", "有数字太大或太长，请检查这一行"))
        return _Row(number, form, faults=faults)
    row = _Row(number, form, faults=faults)
    _read_employer(row, cells.get(EMPLOYER, ""), sealer, now)
    _lint_faults(row, check(form, policy.rules, now=clock.shanghai(now)))
    return row


def _times(times: dict[str, Any]) -> dict[str, datetime]:
    if START_DAY not in times:
        return {}
    out = {}
    if START in times:
        out["starts_at"] = clock.at_shanghai(times[START_DAY], times[START])
    if END in times:
        ends = clock.at_shanghai(times[START_DAY], times[END])
        # A shift that ends before it starts ends on the next day.
        overnight = "starts_at" in out and ends <= out["starts_at"]
        out["ends_at"] = ends + timedelta(days=1) if overnight else ends
    return out


def _lint_faults(row: _Row, findings: Any) -> None:
    named = {fault.column for fault in row.faults}
    if START_DAY in named:
        # Without a day there is no moment: the hours beside it may be right.
        named |= {START, END}
    for fault in faults_of(findings):
        heading = HEADING_OF.get(fault.field, "")
        if heading not in named:
            row.faults.append(RowFault(row.number, heading, fault.message))


def _read_employer(row: _Row, cell: Cell, sealer: Sealer, now: datetime) -> None:
    if cell == "":
        row.faults.append(RowFault(row.number, EMPLOYER, "请填统一社会信用代码，个人填身份证号"))
        return
    try:
        if isinstance(cell, str) and cell[:1] == "9":
            row.uscc = parse_uscc(cell).code
        else:
            number = parse_id_number(cell, today=clock.business_date(now)).number
            row.id_index = sealer.blind_index("id", number)
    except BadNumber as fault:
        row.faults.append(RowFault(row.number, EMPLOYER, fault.message))


async def _check_employer(uow: UnitOfWork, row: _Row, employer: OrderEmployer | None) -> None:
    if row.uscc is None and row.id_index is None:
        return
    if employer is None:
        row.faults.append(RowFault(row.number, EMPLOYER, "没有登记过这个用工主体，请先登记再导入"))
        return
    try:
        await service.may_post(uow, employer)
    except Conflict as refused:
        row.faults.append(RowFault(row.number, EMPLOYER, refused.detail))


async def _path_of(
    uow: UnitOfWork, row: _Row, tenant: str | None, known: Mapping[str, str], paths: dict[str, str]
) -> str | None:
    code = row.form.division_code
    if not code:
        return None
    if code not in known:
        if not any(f.column == "村社区代码" for f in row.faults):
            row.faults.append(RowFault(row.number, "村社区代码", "这里没有这个村或社区，请照“代码表”写"))
        return None
    if tenant is not None:
        return tenant
    if code not in paths:
        serving = await queries.serving_node(uow, known[code])
        paths[code] = serving if uow.scope.covers(serving) else uow.actor.post or ""
    if not paths[code]:
        row.faults.append(RowFault(row.number, "村社区代码", "这个地方不归您所在的岗位管"))
        return None
    return paths[code]


async def _store(
    uow: UnitOfWork,
    sealer: Sealer,
    ready: list[tuple[_Row, OrderEmployer, str]],
    policies: Mapping[str, Policy],
    digest: str,
) -> None:
    orders: list[Order] = []
    for row, employer, path in ready:
        order = service.draft(
            uow, sealer, row.form, employer, path, policies[path], submit=True, known=[row.form.division_code or ""]
        )
        order.state, order.submitted_at = "O_REVIEW", uow.now
        order.submitted_by = uow.actor.id if uow.actor.kind == "staff" else None
        order.findings = noted(check(row.form, policies[path].rules, now=clock.shanghai(uow.now)))
        orders.append(order)
    uow.session.add_all(orders)
    await uow.flush()
    by_id = {o.id: o for o in orders}
    if orders:
        posted = [(o, row.form.contact_phone or "") for o, (row, _, _) in zip(orders, ready, strict=True)]
        for order_id, kin in (await fraud.kin_findings(uow, sealer, posted)).items():
            by_id[order_id].findings = [*by_id[order_id].findings, *noted(kin)]
    for order in {(o.employer_id, o.tenant): o for o in sorted(orders, key=lambda o: o.ends_at)}.values():
        await happenings.serve(uow, order)
    due = [t for o in orders for t in _timers(uow, o, policies[o.tenant])]
    for start in range(0, len(due), 1000):
        await uow.execute(sa.insert(Timer), due[start : start + 1000])
    by = hand(uow.actor.kind, uow.actor.role)
    created, submitted = ORDER.step(NEW, "create", by), ORDER.step("O_DRAFT", "submit", by)
    for order, (row, _, _) in zip(orders, ready, strict=True):
        source: dict[str, Any] = {"file_sha256": digest, "row": row.number}
        await happenings.tell(uow, order, "order.created", made=created, channel="import", **source)
        await happenings.tell(uow, order, "order.submitted", made=submitted, **source)


def _timers(uow: UnitOfWork, order: Order, policy: Policy) -> list[dict[str, Any]]:
    deadlines = {happenings.REVIEW: uow.now + policy.review, happenings.START: order.starts_at + policy.fill_until}
    return [_timer(uow, order.id, order, key, due_at) for key, due_at in deadlines.items()]


def _timer(uow: UnitOfWork, order_id: UUID, order: Order, key: str, due_at: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "subject_id": order_id,
        "region": "order",
        "key": key,
        "due_at": due_at,
        "state": "live",
        "tenant": order.tenant,
        "person_id": None,
        "employer_id": order.employer_id,
        "created_at": uow.now,
        "ended_at": None,
    }
