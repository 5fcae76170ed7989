"""Our own export: with a permission of its own, inside the wall, masked, and with a record of who took what."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from piccolo import columns as pc
from starlette.requests import Request
from starlette.responses import Response

from admin import columns, words
from admin.context import visit
from admin.crud import ConsoleCrud
from linggong.kernel import clock
from linggong.kernel.clock import SHANGHAI
from linggong.kernel.downloads import TYPES
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.kernel.events import NewEvent

MOST: Final = 20_000
"""Rows of one export; more than that is a job for a report, not for a browser."""


async def export(crud: ConsoleCrud, request: Request) -> Response:
    """Answer with a workbook of what the list's filter finds. Raises Forbidden, Invalid, Conflict for too many rows.

    The event `console.exported` commits with the answer: table, filter, purpose, rows and the file's hash.
    """
    rule = crud.rule
    crud._need(rule.export)
    try:
        asked = json.loads(await request.body())
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise Invalid([Fault("", "内容不是正确的 JSON。", "json")])
    form, purpose = str(asked.get("format", "xlsx")), str(asked.get("purpose", "")).strip()
    faults = []
    if form not in ("xlsx", "csv"):
        faults.append(Fault("format", "请选 xlsx 或 csv。", "choice"))
    if not 2 <= len(purpose) <= 200:
        faults.append(Fault("purpose", "请写明导出做什么用，2 到 200 个字。", "required"))
    if faults:
        raise Invalid(faults)
    found = await crud.found(request, MOST + 1)
    if len(found) > MOST:
        raise Conflict(f"符合条件的超过 {MOST} 条，请先加条件筛选，再导出。")
    head, body = _sheet(crud, found)
    content = _workbook(head, body) if form == "xlsx" else _csv(head, body)
    present = visit()
    uow, post = present.opened(), present.principal.acting
    told: dict[str, object] = {
        "table": rule.name, "purpose": purpose, "filter": _told(crud, request), "rows": len(body), "format": form,
        "sha256": hashlib.sha256(content).hexdigest(),
    }  # fmt: skip
    chain = f"node:{post.node_id}"
    await uow.emit(NewEvent(type="console.exported", chain=chain, subject_id=post.node_id, tenant=post.path, body=told))
    name = f"{rule.name}-{clock.business_date(uow.now):%Y%m%d}.{form}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "x-rows": str(len(body))}
    return Response(content, media_type=TYPES[form], headers=headers)


def _told(crud: ConsoleCrud, request: Request) -> dict[str, str]:
    """Return the filter as a record may keep it: of a free text only that there was one, for it may be somebody's name."""
    free = {c._meta.name for c in crud.table._meta.columns if isinstance(c, pc.Varchar | pc.Text)}
    return {k: "（文字）" if k in free else v[:60] for k, v in request.query_params.multi_items()}


def _sheet(crud: ConsoleCrud, found: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[Any]]]:
    name = crud.rule.name
    kept = [c for c in crud.table._meta.columns if not c._meta.primary_key]
    references = {c._meta.name for c in crud.table._meta.foreign_key_columns}
    enumerated = {c._meta.name for c in kept if isinstance(c, columns.EnumText)}

    def cell(row: Mapping[str, Any], column: str) -> Any:
        value = row[f"{column}_readable"] if column in references else row[column]
        if value is not None and column in enumerated:
            return words.value_label(name, column, value)
        if value is not None and column.endswith("_fen"):
            return value / 100
        if isinstance(value, str) and (said := words.shown_as(name, column).get(value)):
            return said
        if isinstance(value, datetime):
            return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
        if isinstance(value, bool):
            return "是" if value else "否"
        return value if value is None or isinstance(value, int | float) else str(value)

    names = [c._meta.name for c in kept]
    return [words.column_label(name, n) for n in names], [[cell(row, n) for n in names] for row in found]


def _workbook(head: Sequence[str], body: Sequence[Sequence[Any]]) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, head, book.add_format({"bold": True}))
        for number, row in enumerate(body, 1):
            sheet.write_row(number, 0, row)
        sheet.autofit()
    return out.getvalue()


def _csv(head: Sequence[str], body: Sequence[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    for row in body:
        # A spreadsheet would run a text that begins like a formula.
        writer.writerow([f"'{v}" if isinstance(v, str) and v[:1] in "=+-@\t\r" and v else v for v in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()
