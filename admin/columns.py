"""Piccolo columns with our rules: enumerations that can be filtered, masked values, and references with a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, cast

import sqlalchemy as sa
from piccolo import columns as pc
from piccolo.columns.choices import Choice
from piccolo.columns.readable import Readable
from piccolo.querystring import QueryString
from sqlalchemy.dialects import postgresql as pg

from admin import words

_ONE_OF = re.compile(r"^(\w+) IN \((.*)\)$", re.DOTALL)
_NAMES: Final = frozenset({"name", "worker_name", "contact_name", "legal_representative", "responsible_contact"})
"""Masked columns of which the first character stays: 李**."""
_LONG: Final = frozenset({"description", "body", "before", "after", "words"})


class EnumText(pc.Column):
    """Text with a list of values. No Varchar: Piccolo filters those with ILIKE, which finds parts of a value."""

    value_type = str

    def __init__(self, default: Any = None, **kwargs: Any) -> None:
        self.default = default
        super().__init__(default=default, **kwargs)


class Masked(pc.Varchar):
    """A personal value: the database itself sends only what may be seen, and nobody filters or sorts by it."""

    def get_select_string(self, engine_type: str, with_alias: bool = True) -> QueryString:
        """Return the masked value."""
        own = self._meta.get_full_name(with_alias=False)
        return QueryString(f"{masked(self._meta.name, own)}" + (f' AS "{self._meta.name}"' if with_alias else ""))


class NodeRef(pc.ForeignKey[Any]):
    """The path of a place, shown as the id of that place, so that the console can name it and lead there."""

    def get_select_string(self, engine_type: str, with_alias: bool = True) -> QueryString:
        """Return the place's id as text."""
        own = self._meta.get_full_name(with_alias=False)
        found = f"(SELECT place.id::text FROM nodes place WHERE place.path = {own})"  # noqa: S608 - the name of a column of ours
        return QueryString(found + (f' AS "{self._meta.name}"' if with_alias else ""))


@dataclass
class Named(Readable):
    """A readable name from a piece of SQL of ours, without joining a table that the visitor may not read."""

    sql: str = ""

    @property
    def postgres_string(self) -> QueryString:
        """Return the name under its output name."""
        return QueryString(f'{self.sql} AS "{self.output_name}"')


def masked(column: str, sql: str) -> str:
    """Return SQL that shows of a personal value what may be seen."""
    shown = f"left({sql}::text, 1) || '**'" if column in _NAMES else "'****'"
    return f"CASE WHEN {sql} IS NULL THEN NULL WHEN {sql}::text = '' THEN '' ELSE {shown} END"


def listed_values(table: sa.Table) -> dict[str, tuple[str, ...]]:
    """Return the values of each column that a CHECK limits to a list: the models say it once."""
    found: dict[str, tuple[str, ...]] = {}
    for check in table.constraints:
        if isinstance(check, sa.CheckConstraint) and (match := _ONE_OF.match(str(check.sqltext))):
            found[match[1]] = tuple(v.strip().strip("'") for v in match[2].split(","))
    return found


def choices(table: str, column: str, values: Sequence[str]) -> type[Enum]:
    """Return the Chinese choices of a column."""
    members = {v: Choice(v, words.value_label(table, column, v)) for v in values}
    make: Any = Enum
    return cast("type[Enum]", make(f"{table}_{column}", members))


def plain(column: sa.Column[Any]) -> tuple[type[pc.Column], dict[str, Any]]:
    """Return the Piccolo class for a column's type and what it needs; raises TypeError for a type nobody thought of."""
    kind = column.type
    if isinstance(kind, sa.types.TypeDecorator):
        kind = kind.impl_instance
    if isinstance(kind, sa.DateTime):
        return pc.Timestamptz, {}
    if isinstance(kind, sa.Text | sa.String):
        return (pc.Text, {}) if column.name in _LONG else (pc.Varchar, {"length": None})
    simple: tuple[tuple[type, type[pc.Column]], ...] = (
        (sa.Uuid, pc.UUID), (sa.Boolean, pc.Boolean), (sa.BigInteger, pc.BigInt), (sa.SmallInteger, pc.SmallInt),
        (sa.Integer, pc.Integer), (sa.Float, pc.DoublePrecision), (sa.Numeric, pc.Numeric), (sa.Date, pc.Date),
        (sa.Time, pc.Time), (sa.Interval, pc.Interval), (pg.JSONB, pc.JSONB), (sa.JSON, pc.JSON),
    )  # fmt: skip
    for theirs, ours in simple:
        if isinstance(kind, theirs):
            return ours, {}
    raise TypeError(f"{column}: no column of Piccolo's for {kind!r}")
