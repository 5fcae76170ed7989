"""The console's operations, as `admin.routes()` tells them: tables, rows, exports, forms, files."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa

import admin
from linggong.prove.operations import Operation, Slot, looks_like_id, names_in, table_of
from linggong.tables import metadata

ENTRY = "console:use"
"""What whoever comes in needs beside the operation's own permission."""
_SLOT = re.compile(r"\{(\w+)\}")
_SINGLE = frozenset({"reason", "key", "value", "source", "phone", "purpose", "format", "search"})


def operations() -> list[Operation]:
    """Return every operation of the console."""
    made = []
    for route in admin.routes():
        operation = Operation(route.method, route.path, route.permission.value, also=ENTRY)
        for name in _SLOT.findall(route.path):
            kind = route.table if name in ("row_id", "pk") else table_of(name)
            operation.slots.append(Slot("path", name, kind))
        if route.method == "GET" and route.table and not operation.slots:
            _filters(operation, route.table)
        elif route.method in ("POST", "PATCH", "PUT"):
            _body(operation, route.table)
        made.append(operation)
    return made


def _columns(table: str) -> list[sa.Column[Any]]:
    return list(metadata.tables[table].columns) if table in metadata.tables else []


def _filters(operation: Operation, table: str) -> None:
    """A list is filtered by its columns: a key of somebody else's may stand in each."""
    operation.query = {"search": {"type": "string"}, "__page_size": {"type": "integer", "maximum": 50}}
    for column in _columns(table):
        if isinstance(column.type, sa.Uuid) or column.name in ("tenant", "via", "path"):
            operation.query[column.name] = {"type": "string"}
            operation.slots.append(Slot("query", column.name, _kind(table, column)))


def _kind(table: str, column: sa.Column[Any]) -> str:
    if column.primary_key:
        return table
    return next((f.column.table.name for f in column.foreign_keys if f.column.name == "id"), table_of(column.name))


def _body(operation: Operation, table: str) -> None:
    if "/media" in operation.path:
        operation.encoding = "multipart"
        return
    operation.encoding = "json"
    properties: dict[str, Any] = {}
    if "/forms/" in operation.path:
        from admin import forms

        for model in vars(forms).values():
            fields = getattr(model, "model_fields", None)
            if isinstance(fields, dict) and getattr(model, "__module__", "") == forms.__name__:
                properties |= {k: {"type": "string"} for k in fields}
    elif "/export/" in operation.path:
        from admin import exporting

        properties = {k: {"type": "string"} for k in names_in(exporting)}
    else:
        properties = {c.name: {"type": _type(c)} for c in _columns(table)}
    operation.body = {"properties": properties, "required": [k for k in properties if k in _SINGLE]}
    operation.slots += [Slot("body", k, table_of(k)) for k in properties if looks_like_id(k)]


def _type(column: sa.Column[Any]) -> str:
    if isinstance(column.type, sa.Boolean):
        return "boolean"
    return "integer" if isinstance(column.type, (sa.Integer, sa.Numeric, sa.Float)) else "string"
