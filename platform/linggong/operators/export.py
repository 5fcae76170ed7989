"""Everything that a contract's places hold, as one file for the county's bureau, whose data it is (R011).

A table for each kind of row, in UTF-8, with a manifest that names every table, its rows and its hash. Names and numbers of
people are in it only when the bureau asks for them with a purpose; keys, codes and secrets never are. What was given out is
recorded, without its content.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.types import LargeBinary

from linggong.kernel import clock
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.orm import Base, RowScope
from linggong.kernel.paths import Scope, in_subtree, tenant_path
from linggong.operators import terms
from linggong.operators.dossier import actor
from linggong.operators.models import OperatorExport
from linggong.people.models import ServiceLink

NUMBERS: Final = {("persons", "id_sealed"), ("contacts", "number_sealed"), ("employers", "phone_sealed")}
"""Sealed numbers that belong to a register of people; every other sealed column is a key, a paper or a secret."""
HIDDEN: Final = "＊"
_MOST_PURPOSE = 200
_BATCH = 500
_FORMULA = "=+-@\t\r"

TableWords = Callable[[str], str]
ColumnWords = Callable[[str, str], str]
_words: tuple[TableWords, ColumnWords] = (lambda table: table, lambda table, column: column)


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A file with its name and the record of it."""

    name: str
    content: bytes
    record: UUID
    manifest_sha256: str
    rows: int


def use(*, table: TableWords, column: ColumnWords) -> None:
    """Say how tables and columns are called; the console knows."""
    global _words
    _words = (table, column)


async def make(uow: UnitOfWork, sealer: Sealer, contract_id: UUID, *, personal: bool, purpose: str) -> Made:
    """Make the file of a contract's places. Whether the actor may have names and numbers is the caller's decision.

    Raises NotFound for a contract that was not signed in the scope, Invalid without a purpose.
    """
    contract = await terms.managed(uow, contract_id)
    if not 2 <= len(purpose.strip()) <= _MOST_PURPOSE:
        raise Invalid([Fault("purpose", f"请写明导出做什么用，2 到 {_MOST_PURPOSE} 个字，会留下记录。", "required")])
    places = await terms.covered(uow, contract.id)
    files: list[dict[str, Any]] = []
    total = 0
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for table in Base.metadata.sorted_tables:
            where = _where(table, places, uow.scope)
            if where is None:
                continue
            rows, body = await _table(uow, sealer, table, where, personal=personal)
            if not rows:
                continue
            name = f"{table.name}.csv"
            pack.writestr(name, body)
            files.append(
                {"file": name, "table": _words[0](table.name), "rows": rows, "sha256": hashlib.sha256(body).hexdigest()}
            )
            total += rows
        manifest = {
            "contract": contract.number, "places": places, "made_at": uow.now.isoformat(), "personal": personal,
            "purpose": purpose.strip(), "rows": total, "files": files,
            "says": "数据属于县人社局。每个文件的 sha256 写在这里，改过一个字就对不上。",
        }  # fmt: skip
        text = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
        pack.writestr("manifest.json", text)
    digest = hashlib.sha256(text).hexdigest()
    row = OperatorExport(
        id=new_id(), contract_id=contract.id, tenant=contract.tenant, personal=personal, purpose=purpose.strip(),
        tables=len(files), row_count=total, sha256=digest, made_at=uow.now, made_by=actor(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    told = {"contract": contract.id, "personal": personal, "purpose": row.purpose, "tables": row.tables, "rows": total, "sha256": digest}  # fmt: skip
    chain = f"operator:{contract.operator_id}"
    await uow.emit(
        NewEvent(
            type="operator.exported", chain=chain, subject_id=contract.operator_id, tenant=contract.tenant, body=told
        )
    )
    name = f"移交数据-{contract.number.replace('/', '-')}-{clock.business_date(uow.now):%Y%m%d}.zip"
    return Made(name=name, content=out.getvalue(), record=row.id, manifest_sha256=digest, rows=total)


def _where(table: sa.Table, places: list[str], allowed: Scope) -> sa.ColumnElement[bool] | None:
    """Return which rows of a table belong to the places and may be given out; None for a table that has none of them."""
    scope: RowScope | None = table.info.get("scope")
    if scope is None or scope.cls == "system" or scope.insert == "blind":
        return None
    tops = [tenant_path(place) for place in places]

    def inside(column: Any) -> sa.ColumnElement[bool]:
        return sa.and_(sa.or_(*(in_subtree(column, top) for top in tops)), allowed.clause(column))

    if table.name == "nodes":
        return inside(table.c.path)
    if scope.cls == "person":
        if scope.subject is None:
            return None
        served = sa.select(ServiceLink.subject_id).where(inside(ServiceLink.tenant))
        return table.c[scope.subject].in_(served)
    columns = [table.c[name] for name in (scope.tenant, scope.via) if name and name in table.c]
    return sa.or_(*(inside(column) for column in columns)) if columns else None


async def _table(
    uow: UnitOfWork, sealer: Sealer, table: sa.Table, where: sa.ColumnElement[bool], *, personal: bool
) -> tuple[int, bytes]:
    """Return how many rows of a table there are, and the table."""
    scope: RowScope = table.info["scope"]
    kept = [
        c
        for c in table.columns
        if not isinstance(c.type, LargeBinary) or (personal and (table.name, c.name) in NUMBERS)
    ]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([_words[1](table.name, c.name.removesuffix("_sealed")) for c in kept])
    key = next(iter(table.primary_key.columns))
    order = list(table.primary_key.columns)
    found = await uow.session.stream(
        sa.select(*kept, key.label("own_key")).where(where).order_by(*order).execution_options(yield_per=_BATCH)
    )
    rows = 0
    async for row in found:
        rows += 1
        writer.writerow(
            [
                _cell(sealer.open(value, f"{table.name}.{c.name}.{row.own_key}"))
                if isinstance(c.type, LargeBinary) and value is not None
                else HIDDEN
                if c.name in scope.personal and not personal and value not in (None, "")
                else _cell(value)
                for c, value in zip(kept, row, strict=False)
            ]
        )
    return rows, out.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> Any:
    """Return a cell as a spreadsheet may hold it: a text that begins like a formula stays a text."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(clock.SHANGHAI).isoformat(timespec="seconds")
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    text = value if isinstance(value, int | float) else str(value)
    return f"'{text}" if isinstance(text, str) and text[:1] in _FORMULA and text else text
