"""Surveys: villages asked house by house, and roadside places where people wait for work (R053, R121).

Whoever agrees is registered by the rules of registration; of whoever does not, only what he wants is counted, under a keyed
index of his number at most. Whole sheets are stored or nothing of them.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.kernel import clock, sheets
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.kernel.ids import new_id, short_code
from linggong.kernel.paths import is_under
from linggong.kernel.sheets import RowFault, Sheet
from linggong.market.queries import nodes_of_codes
from linggong.outreach import records, survey_rows
from linggong.outreach.codes import SHEET_KINDS
from linggong.outreach.models import SurveyEntry, SurveySheet
from linggong.outreach.survey_rows import VILLAGE, Asked, Read, SurveyRow
from linggong.people.limits import whole
from linggong.people.registration import register_worker
from tenants import queries as tree
from tenants.service import parameters

MAX_ROWS: Final = 1_000
_UNKNOWN: Final = "没有这个村（社区）代码，或者不在本县，请从“代码表”里选"


class SheetForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A sheet as it is typed: a village by its 12 digits, or a roadside place by its name and point."""

    kind: str
    happened_at: datetime
    rows: Annotated[list[SurveyRow], Meta(max_length=200)]
    division_code: str = ""
    place: str = ""
    latitude: float | None = None
    longitude: float | None = None
    heads: Annotated[int, Meta(ge=0, le=10_000)] | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a sheet. With faults nothing was stored."""

    rows: int
    sheets: int
    registered: int
    known: int
    counted: int
    again: int
    """Of them, those whom an earlier sheet of this place had already."""
    faults: list[RowFault]
    annotated_name: str | None = None
    annotated: bytes | None = None


class SheetView(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet with what came of it: registered, signed in at a hall since, agreed to work since."""

    id: UUID
    trace_code: str
    kind: str
    place: str
    happened_at: datetime
    written_at: datetime
    heads: int | None
    asked: int
    registered: int
    known: int
    came: int
    """How many of those registered signed in at a hall of the scope afterwards."""
    worked: int
    """How many of those registered were confirmed for work afterwards: roadside people led into the market (R121)."""


class _Refused(Exception):
    def __init__(self, faults: list[RowFault]) -> None:
        super().__init__()
        self.faults = faults


async def enter(uow: UnitOfWork, sealer: Sealer, form: SheetForm) -> Report:
    """Store a typed sheet. Raises Invalid with every fault: of the sheet by its field, of a row as `rows[2].phone`."""
    records.here(uow)
    faults: list[Fault] = []
    records.known(faults, "kind", form.kind, SHEET_KINDS, "是进村还是路边")
    records.past(faults, uow.now, form.happened_at, "摸排")
    records.point(faults, form.latitude, form.longitude)
    place = records.long(faults, "place", form.place, "在哪里", least=2 if form.kind == "roadside" else 0, most=100)
    villages = await _villages(uow, [form.division_code]) if form.kind == "village" else {}
    if form.kind == "village" and form.division_code not in villages:
        faults.append(Fault("division_code", f"{_UNKNOWN}。", "unknown"))
    if not form.rows and not form.heads:
        faults.append(Fault("rows", "一行都没填。", "required"))
    today, min_age = await _limits(uow)
    read = Read()
    for number, row in enumerate(form.rows, start=1):
        survey_rows.check(read, number, row, today, min_age, division_code=form.division_code)
    faults += [_of_row(fault) for fault in read.faults]
    if faults:
        raise Invalid(faults)
    try:
        async with uow.savepoint():
            name = place or villages.get(form.division_code, "")
            sheet = await _going_on(uow, form, name) if form.kind == "roadside" else None
            if sheet is None:
                sheet = _sheet(uow, form, name)
                uow.session.add(sheet)
            elif form.heads is not None:
                sheet.heads = max(sheet.heads or 0, form.heads)
            await uow.flush()
            done, again = await _store(uow, sealer, sheet, read.asked)
    except _Refused as refused:
        raise Invalid([_of_row(fault) for fault in refused.faults]) from None
    return _report(len(form.rows), 1, done, again)


async def _going_on(uow: UnitOfWork, form: SheetForm, place: str) -> SurveySheet | None:
    """Return the sheet that the same clerk began at the same roadside that day: people come one after the other."""
    begin, end = clock.day_bounds(clock.business_date(form.happened_at))
    found: SurveySheet | None = await uow.session.scalar(
        sa.select(SurveySheet)
        .where(
            SurveySheet.tenant == records.here(uow),
            SurveySheet.kind == "roadside",
            SurveySheet.place == place,
            SurveySheet.done_by == records.who(uow),
            SurveySheet.happened_at >= begin,
            SurveySheet.happened_at < end,
        )
        .order_by(SurveySheet.id.desc())
        .limit(1)
        .with_for_update()
    )
    return found


def _of_row(fault: RowFault) -> Fault:
    key = next((k for k, label in survey_rows.COLUMNS.items() if label == fault.column), "")
    words = f"第 {fault.row} 行{fault.column}：{fault.message}。"
    return Fault(f"rows[{fault.row - 1}]" + (f".{key}" if key else ""), words, "row")


def _sheet(uow: UnitOfWork, form: SheetForm, place: str, file_name: str = "") -> SurveySheet:
    return SurveySheet(
        id=new_id(), tenant=records.here(uow), trace_code=short_code(), kind=form.kind,
        division_code=form.division_code or None, place=place, latitude=form.latitude, longitude=form.longitude,
        heads=form.heads, happened_at=min(form.happened_at, uow.now), written_at=uow.now, done_by=records.who(uow),
        file_name=file_name[-200:],
    )  # fmt: skip


async def bring_in(uow: UnitOfWork, sealer: Sealer, data: bytes, name: str, *, happened_at: datetime) -> Report:
    """Store a table (csv, xlsx) of villages, a sheet for each; with any fault nothing, and a copy that names all of them.

    Raises Invalid or TooLarge for an unreadable file or a time in the future.
    """
    faults: list[Fault] = []
    records.past(faults, uow.now, happened_at, "摸排")
    if faults:
        raise Invalid(faults)
    table = await asyncio.to_thread(sheets.read_sheet, data, name, max_rows=MAX_ROWS)
    if heading := survey_rows.heading(table):
        return _refused(table, name, heading)
    today, min_age = await _limits(uow)
    read = await asyncio.to_thread(survey_rows.of_table, table, today, min_age)
    at = table.headers.index(VILLAGE)
    codes = {n: survey_rows.plain(row[at]) for n, row in enumerate(table.rows, start=2) if any(c != "" for c in row)}
    villages = await _villages(uow, codes.values())
    read.faults += [RowFault(n, VILLAGE, _UNKNOWN) for n, code in codes.items() if code not in villages]
    if read.faults:
        return _refused(table, name, sorted(read.faults, key=lambda fault: fault.row))
    if not read.asked:
        return _refused(table, name, [RowFault(1, "", "一行都没填")])
    by_village: dict[str, list[Asked]] = defaultdict(list)
    for one in read.asked:
        by_village[one.division_code].append(one)
    done, again = Counter[str](), 0
    try:
        async with uow.savepoint():
            for code, asked in by_village.items():
                form = SheetForm(kind="village", division_code=code, happened_at=happened_at, rows=[])
                sheet = _sheet(uow, form, villages[code], name)
                uow.session.add(sheet)
                await uow.flush()
                counts, more = await _store(uow, sealer, sheet, asked)
                done, again = done + counts, again + more
    except _Refused as refused:
        return _refused(table, name, refused.faults)
    return _report(len(codes), len(by_village), done, again)


async def _limits(uow: UnitOfWork) -> tuple[date, int]:
    found = await parameters(uow, records.here(uow), "worker.min_age")
    return clock.business_date(uow.now), whole(found["worker.min_age"])


async def _villages(uow: UnitOfWork, codes: Iterable[str]) -> dict[str, str]:
    """Return {code: name} of those places of the acting post's county that are known by their 12 digits."""
    at = records.here(uow)
    county = "/" + "/".join(at.strip("/").split("/")[:2]) + "/"
    found = await nodes_of_codes(uow, [code for code in codes if code])
    names = await tree.names(uow, [path for path in found.values() if is_under(path, county)])
    return {code: names[path] for code, path in found.items() if path in names}


async def _store(
    uow: UnitOfWork, sealer: Sealer, sheet: SurveySheet, asked: Sequence[Asked]
) -> tuple[Counter[str], int]:
    done: Counter[str] = Counter()
    faults: list[RowFault] = []
    again = await _seen(uow, sealer, asked)
    here = set(await uow.session.scalars(sa.select(SurveyEntry.id_index).where(SurveyEntry.sheet_id == sheet.id)))
    for one in asked:
        person_id, outcome = None, "counted"
        index = sealer.blind_index("id", one.id_number) if one.id_number else None
        if index is not None and index in here:
            faults.append(RowFault(one.number, survey_rows.COLUMNS["id_number"], "这个号码今天在这里已经登记过"))
            continue
        if one.form is not None:
            try:
                made = await register_worker(
                    uow, sealer, one.form, proxy=one.consent, node=records.here(uow), channel="survey"
                )
            except (Invalid, Conflict) as error:
                words = "；".join(f.message for f in error.faults) if isinstance(error, Invalid) else error.detail
                faults.append(RowFault(one.number, survey_rows.COLUMNS["id_number"], words.rstrip("。")))
                continue
            person_id, outcome = made.person_id, "registered" if made.created else "known"
        uow.session.add(
            SurveyEntry(
                id=new_id(), tenant=sheet.tenant, sheet_id=sheet.id, person_id=person_id, outcome=outcome,
                id_index=index, situation=one.row.situation,
                trade_code=one.row.trade_code, wants_work=one.row.wants_work, wants_training=one.row.wants_training,
                entered_at=uow.now,
            )
        )  # fmt: skip
        done[outcome] += 1
    if faults:
        raise _Refused(faults)
    await uow.flush()
    await records.tell(uow, sheet, "survey.entered", at=sheet.happened_at, kind=sheet.kind, rows=len(asked), **done)
    return done, again


async def _seen(uow: UnitOfWork, sealer: Sealer, asked: Sequence[Asked]) -> int:
    indexes = [sealer.blind_index("id", one.id_number) for one in asked if one.id_number]
    found = sa.select(sa.func.count(SurveyEntry.id_index.distinct())).where(
        SurveyEntry.id_index.in_(indexes), uow.scope.clause(SurveyEntry.tenant)
    )
    return int(await uow.session.scalar(found) or 0)


def _report(rows: int, n: int, done: Counter[str], again: int) -> Report:
    return Report(
        rows=rows, sheets=n, registered=done["registered"], known=done["known"], counted=done["counted"], again=again,
        faults=[],
    )  # fmt: skip


def _refused(table: Sheet, name: str, faults: list[RowFault]) -> Report:
    by_row: dict[int, list[str]] = defaultdict(list)
    for fault in faults:
        by_row[fault.row].append(f"{fault.column}：{fault.message}" if fault.column else fault.message)
    return Report(
        rows=len(table.rows), sheets=0, registered=0, known=0, counted=0, again=0, faults=sheets.told(table, faults),
        annotated_name=f"{name.rpartition('.')[0] or name}-错误.{table.kind}", annotated=sheets.annotated(table, by_row),
    )  # fmt: skip


_CAME: Final = """EXISTS (SELECT FROM tickets k WHERE k.person_id = e.person_id AND k.came_at >= e.entered_at)"""
_WORKED: Final = (
    """EXISTS (SELECT FROM engagements g WHERE g.worker_id = e.person_id AND g.confirmed_at >= e.entered_at)"""
)
_SHEETS: Final = f"""
SELECT e.sheet_id, count(*) AS asked, count(*) FILTER (WHERE e.outcome = 'registered') AS registered,
  count(*) FILTER (WHERE e.outcome = 'known') AS known, count(DISTINCT e.person_id) FILTER (WHERE {_CAME}) AS came,
  count(DISTINCT e.person_id) FILTER (WHERE {_WORKED}) AS worked
FROM survey_entries e WHERE e.sheet_id = ANY ($1::uuid[]) GROUP BY 1"""  # noqa: S608 - constants of ours


async def recent(uow: UnitOfWork, *, kind: str | None = None, limit: int = 40) -> list[SheetView]:
    """Return the sheets of the scope with what came of them, the latest first."""
    statement = sa.select(SurveySheet).where(uow.scope.clause(SurveySheet.tenant))
    if kind is not None:
        statement = statement.where(SurveySheet.kind == kind)
    rows = list(
        await uow.session.scalars(
            statement.order_by(SurveySheet.happened_at.desc(), SurveySheet.id.desc()).limit(limit)
        )
    )
    counts: dict[UUID, dict[str, int]] = {
        r["sheet_id"]: dict(r) for r in await uow.fetch(_SHEETS, [row.id for row in rows])
    }
    return [_view(row, counts.get(row.id, {})) for row in rows]


def _view(row: SurveySheet, n: dict[str, int]) -> SheetView:
    return SheetView(
        id=row.id, trace_code=row.trace_code, kind=row.kind, place=row.place, happened_at=row.happened_at,
        written_at=row.written_at, heads=row.heads, asked=n.get("asked", 0), registered=n.get("registered", 0),
        known=n.get("known", 0), came=n.get("came", 0), worked=n.get("worked", 0),
    )  # fmt: skip
