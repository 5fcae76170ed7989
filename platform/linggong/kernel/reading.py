"""Mapped rows by statements of fixed text: what every step reads and adds, at a fifth of what the session's own ways cost.

The text says what follows the columns (`$1` are its arguments), and is the same at every call, so that driver and server keep
it prepared. The rows are the session's own: a change of one is written at its next flush. They are always as the statement
found them; what was changed and not sent yet is sent before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapper
from sqlalchemy.orm.attributes import instance_dict, instance_state

from linggong.kernel.db import UnitOfWork
from linggong.kernel.orm import UtcDateTime

Row = TypeVar("Row", bound=DeclarativeBase)
_DIALECT: sa.Dialect = create_async_engine("postgresql+scoped://").dialect
_NUMERIC = 1700
"""PostgreSQL's number of the type numeric."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a model's columns are asked for, and where its attributes and its key stand among them."""

    mapper: Mapper[Any]
    table: str
    columns: str
    names: tuple[str, ...]
    key: tuple[int, ...]
    made: tuple[tuple[str, Callable[[Any], Any]], ...]
    """Attributes whose values are not used as the driver gives them."""

    def row(self, session: Any, record: Any, first: int) -> Any:
        """Return the session's instance of a record, whose columns begin at `first`; None where an outer join found nothing."""
        key = tuple(record[first + i] for i in self.key)
        if key[0] is None:
            return None
        identity = self.mapper.identity_key_from_primary_key(key)
        found = session.identity_map.get(identity)
        if found is None:
            found = self.mapper.class_manager.new_instance()
            state = instance_state(found)
            state.key, state.session_id = identity, session.hash_key
            session.identity_map.add(state)
        else:
            state = instance_state(found)
        values = instance_dict(found)
        values.update(zip(self.names, record[first : first + len(self.names)], strict=True))
        for name, make in self.made:
            if values[name] is not None:
                values[name] = make(values[name])
        state._commit_all(values, session.identity_map)
        return found


@cache
def _shape(model: type[DeclarativeBase]) -> _Shape:
    mapper: Mapper[Any] = sa.inspect(model)
    table: Any = mapper.local_table
    columns = list(table.columns)
    names = tuple(mapper.get_property_by_column(c).key for c in columns)
    made = []
    for column, name in zip(columns, names, strict=True):
        if not isinstance(column.type, UtcDateTime):  # the driver says UTC
            make = column.type.dialect_impl(_DIALECT).result_processor(_DIALECT, _NUMERIC)
            if make is not None:
                made.append((name, make))
    key = tuple(columns.index(c) for c in mapper.primary_key)
    return _Shape(mapper, table.name, ", ".join(f"{table.name}.{c.name}" for c in columns), names, key, tuple(made))


@cache
def _text(models: tuple[type[DeclarativeBase], ...], tail: str, also: str) -> str:
    asked = [_shape(model).columns for model in models]
    return f"SELECT {', '.join([*asked, also] if also else asked)} {tail}"


@cache
def _update(model: type[DeclarativeBase], tail: str) -> str:
    return f"UPDATE {_shape(model).table} {tail} RETURNING {_shape(model).columns}"


async def joined(
    uow: UnitOfWork, models: tuple[type[DeclarativeBase], ...], tail: str, *arguments: object, also: str = ""
) -> list[tuple[Any, ...]]:
    """Return what `SELECT <columns of the models>, <also> <tail>` finds: an instance a model, then the other columns."""
    return await _rows(uow, models, _text(models, tail, also), *arguments)


async def _rows(
    uow: UnitOfWork, models: tuple[type[DeclarativeBase], ...], sql: str, *arguments: object
) -> list[tuple[Any, ...]]:
    await uow.flush()
    session: Any = uow.session.sync_session
    shapes = [_shape(model) for model in models]
    found = []
    for record in await uow.fetch(sql, *arguments):
        first, row = 0, []
        for shape in shapes:
            row.append(shape.row(session, record, first))
            first += len(shape.names)
        found.append((*row, *record[first:]))
    return found


async def many(uow: UnitOfWork, model: type[Row], tail: str, *arguments: object) -> list[Row]:
    """Return the rows of a model that `FROM <its table> <tail>` finds."""
    return [row for (row,) in await joined(uow, (model,), f"FROM {_shape(model).table} {tail}", *arguments)]


async def changed(uow: UnitOfWork, model: type[Row], tail: str, *arguments: object) -> list[Row]:
    """Run `UPDATE <its table> <tail>` and return the rows that it changed, as they are now."""
    return [row for (row,) in await _rows(uow, (model,), _update(model, tail), *arguments)]


async def added(uow: UnitOfWork, model: type[Row], **values: Any) -> Row:
    """Insert a row now and return it as the session's own; what is left out gets the model's default, else the table's.

    None is NULL, also in a JSON column. A savepoint that fails takes the row along, as it does with what the session sends.
    """
    sql, defaults, sent = _insert(model, tuple(values))
    given = [*values.values(), *(make() for make in defaults)]
    arguments = [
        value if make is None or value is None else make(value) for value, make in zip(given, sent, strict=True)
    ]
    ((row,),) = await _rows(uow, (model,), sql, *arguments)
    made: Row = row
    session: Any = uow.session.sync_session
    session._transaction._new[instance_state(made)] = True
    return made


@cache
def _insert(
    model: type[DeclarativeBase], names: tuple[str, ...]
) -> tuple[str, list[Callable[[], Any]], list[Callable[[Any], Any] | None]]:
    """Return the statement for values of these names, the defaults that follow them, and what the driver wants each turned into."""
    shape = _shape(model)
    by_name = dict(zip(shape.names, shape.mapper.local_table.columns, strict=True))
    defaults = {
        name: _default(column) for name, column in by_name.items() if column.default is not None and name not in names
    }
    asked = [by_name[name] for name in (*names, *defaults)]
    places = ", ".join(f"${n}" for n in range(1, len(asked) + 1))
    sql = f"INSERT INTO {shape.table} ({', '.join(c.name for c in asked)}) VALUES ({places}) RETURNING {shape.columns}"  # noqa: S608 - names of the model
    return sql, list(defaults.values()), [c.type.dialect_impl(_DIALECT).bind_processor(_DIALECT) for c in asked]


def _default(column: Any) -> Callable[[], Any]:
    given: Any = column.default
    return (lambda: given.arg(None)) if given.is_callable else (lambda: given.arg)


async def one(uow: UnitOfWork, model: type[Row], tail: str, *arguments: object) -> Row | None:
    """Return the only such row, None when there is none. Raises MultipleResultsFound."""
    found = await many(uow, model, tail, *arguments)
    if len(found) > 1:
        raise sa.exc.MultipleResultsFound(f"several rows of {model.__name__}")
    return found[0] if found else None
