"""ORM base, column types and the scope classes that every table declares.

Scope classes (docs/architecture.md): ``tenant`` one node's rows; ``shared`` two-sided rows; ``person`` a person's own
rows and those of nodes with a live service link; ``city`` public or reference rows; ``system`` never reachable from a
request. `rbac.rowsecurity` turns the declaration into policies, and a test holds the two against each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

from linggong.kernel.money import Fen

ScopeName = Literal["tenant", "shared", "person", "city", "system"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowScope:
    """A table's scope class and the columns that carry its sides.

    tenant/via: path columns; person/employer: uuid columns; `deputy`: the uuid column of a further person who stands for the
    first (a crew's leader); `subject` (person class): the uuid column that a service
    link names. `write` for city tables: 'owner' (nobody at run time), 'tenant' (inside the acting post's subtree) or
    'system'. `append_only`: no UPDATE or DELETE, save the cascade that moves a path. `insert` 'owner' means that only an
    owner function inserts, 'blind' that everybody adds and only the owner reads.

    `shown_by` (tenant class) is "table.column": a row may also be READ where a row of that table, whose column names this
    one's id, lies in the subtree: a member of staff where he holds a post, a contract where it covers a station.

    `audit`: why the table's writes are NOT audited (derived or short-lived rows); empty means that every write leaves an
    audit row. `personal`: clear-text columns with personal data or secrets: sealed in audit rows, masked in the console.
    """

    cls: ScopeName
    tenant: str | None = None
    via: str | None = None
    person: str | None = None
    employer: str | None = None
    deputy: str | None = None
    subject: str | None = None
    write: Literal["owner", "tenant", "system"] = "system"
    append_only: bool = False
    insert: Literal["app", "owner", "blind"] = "app"
    audit: str = ""
    personal: tuple[str, ...] = ()
    shown_by: str = ""

    def info(self) -> dict[str, Any]:
        """Return the `info` entry for `__table_args__`."""
        return {"scope": self}


class UtcDateTime(TypeDecorator[datetime]):
    """timestamptz that refuses naive times."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse naive times."""
        if value is not None and value.tzinfo is None:
            raise ValueError("naive datetime: give a time zone")
        return value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Return UTC."""
        return None if value is None else value.astimezone(UTC)


PathText = sa.Text(collation="C")
PathColumn = Annotated[str, mapped_column(PathText)]
UuidPk = Annotated[UUID, mapped_column(primary_key=True)]


class Base(DeclarativeBase):
    """Base of all tables; constraint names are fixed so that migrations can name them."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        Fen: sa.BigInteger(),
        dict[str, Any]: JSONB(),
        list[str]: JSONB(),
        list[int]: JSONB(),
        str: sa.Text(),
        bytes: sa.LargeBinary(),
        UUID: sa.Uuid(),
    }


def one_of(column: str, values: Any, name: str | None = None) -> sa.CheckConstraint:
    """Return a CHECK that a text column holds one of a StrEnum's (or sequence's) values; we use no native enum types."""
    listed = ", ".join(f"'{v}'" for v in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=name or column)


def tenant_fk(column: str = "tenant") -> sa.ForeignKeyConstraint:
    """Return the reference of a path column to its node, which follows the node when a subtree moves."""
    return sa.ForeignKeyConstraint([column], ["nodes.path"], onupdate="CASCADE")
