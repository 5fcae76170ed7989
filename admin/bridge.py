"""Piccolo's tables, derived from the SQLAlchemy models: what a model says is said once.

Left out: bytes (sealed values, indexes, hashes). Masked: what `RowScope.personal` names. Every select carries the second wall.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NoReturn
from uuid import UUID

import sqlalchemy as sa
from piccolo import columns as pc
from piccolo.columns.combination import WhereRaw
from piccolo.columns.readable import Readable
from piccolo.query.methods.count import Count
from piccolo.query.methods.exists import Exists
from piccolo.query.methods.select import Select
from piccolo.table import Table, create_table_class

from admin import columns, words
from admin.catalogue import HIDDEN, RULES, TableRule
from admin.context import visit
from admin.engine import TransactionEngine
from admin.walls import as_sql, wall
from linggong.kernel.orm import RowScope
from rbac.rowsecurity import declared

_ELSEWHERE = "'（不在您的范围内）'"


class Walled:
    """Mixed into every table of the console: reads carry the wall, and nothing but reads goes through Piccolo."""

    rule: TableRule

    @classmethod
    def _wall(cls) -> WhereRaw:
        present = visit()
        return WhereRaw(as_sql(wall(present, cls.rule.table, cls.rule.read)))

    @classmethod
    def select(cls, *wanted: Any, exclude_secrets: bool = False) -> Select[Any]:
        """Select inside the wall."""
        query: Select[Any] = super().select(*wanted, exclude_secrets=exclude_secrets)  # type: ignore[misc]
        return query.where(cls._wall())

    @classmethod
    def count(cls, *args: Any, **kwargs: Any) -> Count:
        """Count inside the wall."""
        query: Count = super().count(*args, **kwargs)  # type: ignore[misc]
        return query.where(cls._wall())

    @classmethod
    def exists(cls) -> Exists[Any]:
        """Ask inside the wall."""
        query: Exists[Any] = super().exists()  # type: ignore[misc]
        return query.where(cls._wall())

    @classmethod
    def _refuse(cls, *_: Any, **__: Any) -> NoReturn:
        raise RuntimeError("the console writes through its services, never through Piccolo")

    raw = objects = insert = update = delete = alter = create_table = _refuse

    @classmethod
    def get_readable(cls) -> Readable:
        """Name a row by its label."""
        return columns.Named(template="%s", columns=(), sql=label_sql(cls.rule, cls.rule.name))

    @classmethod
    def _get_related_readable(cls, column: pc.ForeignKey[Any]) -> Readable:
        """Name the row that a reference points to; whoever may not read it, or not there, learns that it is elsewhere."""
        other: Any = column._foreign_key_meta.resolved_references
        rule: TableRule = other.rule
        target = column._foreign_key_meta.resolved_target_column._meta.name
        own = column._meta.get_full_name(with_alias=False)
        found = f"CASE WHEN {own} IS NOT NULL THEN {_ELSEWHERE} END"
        present = visit()
        if present.may(rule.read):
            alias = f"of_{column._meta.name}"
            inside = as_sql(wall(present, rule.table, rule.read, alias))
            named = (
                f"SELECT {label_sql(rule, alias)} FROM {rule.name} {alias} WHERE {alias}.{target} = {own} AND {inside}"  # noqa: S608 - names of ours and a wall
            )
            found = f"coalesce(({named}), {found})"
        sql = f"coalesce({found}, '')"
        return columns.Named(template="%s", columns=(), output_name=f"{column._meta.name}_readable", sql=sql)


def label_sql(rule: TableRule, alias: str) -> str:
    """Return the SQL of a row's label: a name, masked if it is personal; a label that is a reference is followed."""
    own = f'"{alias}"."{rule.label}"'
    if rule.label in declared(rule.table).personal:
        return columns.masked(rule.label, own)
    if rule.label in rule.soft:
        other = RULES[rule.soft[rule.label]]
        # An alias of its own for each step: a label that is a reference may lead to another such label.
        step = f"{alias}_label"
        return f"(SELECT {label_sql(other, step)} FROM {other.name} {step} WHERE {step}.id = {own})"  # noqa: S608 - names of ours
    if rule.label == "id":
        return f"'编号 ' || right({own}::text, 8)"
    return f"{own}::text"


@cache
def tables() -> dict[str, type[Table]]:
    """Return one Piccolo table for each table of the catalogue, made once a process."""
    engine = TransactionEngine()
    made: dict[str, type[Table]] = {}
    for name in RULES:
        _make(name, engine, made)
    return {name: made[name] for name in RULES}


def _make(name: str, engine: TransactionEngine, made: dict[str, type[Table]]) -> type[Table]:
    if name in made:
        return made[name]
    rule = RULES[name]
    table = rule.table
    if len(table.primary_key.columns) != 1:
        raise TypeError(f"{name}: Piccolo addresses a row by exactly one primary key column")
    side, listed = declared(table), columns.listed_values(table)
    members: dict[str, Any] = {"rule": rule}
    for column in table.columns:
        if isinstance(column.type, sa.LargeBinary) or column.name in HIDDEN:
            continue
        members[column.name] = _column(rule, column, side, listed, engine, made)
    made[name] = create_table_class(
        name,
        bases=(Walled, Table),  # type: ignore[arg-type]
        class_kwargs={"tablename": name, "db": engine, "help_text": words.table_label(name)},
        class_members=members,
    )
    return made[name]


def _column(
    rule: TableRule,
    column: sa.Column[Any],
    side: RowScope,
    listed: dict[str, tuple[str, ...]],
    engine: TransactionEngine,
    made: dict[str, type[Table]],
) -> pc.Column:
    common: dict[str, Any] = {
        "null": bool(column.nullable),
        "primary_key": column.primary_key,
        "unique": bool(column.unique),
        "default": None,
        "required": column.name in rule.editable and not (column.nullable or column.server_default or column.default),
    }
    if column.primary_key and not isinstance(column.type, sa.Uuid):
        return pc.BigSerial(primary_key=True)
    if column.name in side.personal:
        return columns.Masked(length=None, **common)
    target = _target(rule, column)
    if target is not None:
        other, key = target
        kind = columns.NodeRef if key == "path" else pc.ForeignKey
        references: Any = "self" if other == rule.name else _make(other, engine, made)
        return kind(references=references, target_column=key, **common)
    if column.name in listed:
        values = columns.choices(rule.name, column.name, listed[column.name])
        return columns.EnumText(choices=values, **common)
    ours, needed = columns.plain(column)
    return ours(**common, **needed)


def _target(rule: TableRule, column: sa.Column[Any]) -> tuple[str, str] | None:
    """Return the table and column that a reference points to. Of a composite key, the part whose target is a primary key."""
    if column.primary_key and rule.soft.get(column.name) is None:
        return None
    for key in column.foreign_keys:
        other = key.column.table.name
        if other in RULES and key.column.primary_key:
            return other, key.column.name
    for key in column.foreign_keys:
        if key.column.table.name == "nodes" and key.column.name == "path":
            return "nodes", "path"
    named = rule.soft.get(column.name)
    if named in RULES:
        return str(named), "id"
    # A part of a composite key that names its tenant by way of an order is a place all the same.
    return ("nodes", "path") if column.name == "tenant" and isinstance(column.type, sa.Text) else None


def parse_id(table: sa.Table, raw: str) -> UUID | int | None:
    """Return a row's id, or None for what cannot be one: it is as missing as any other."""
    key = next(iter(table.primary_key.columns))
    try:
        if isinstance(key.type, sa.Uuid):
            return UUID(raw)
        number = int(raw)
    except ValueError:
        return None
    return number if 0 < number < 2**63 else None
