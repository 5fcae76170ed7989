"""The second wall as SQL: which rows of a table the decision's scope covers, whatever row security says.

The console shows what lies under the acting post, also of city tables that everybody may read elsewhere.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import asyncpg

from admin.context import Visit
from linggong.kernel.orm import Base, RowScope
from linggong.kernel.paths import in_subtree
from rbac.permissions import Permission
from rbac.rowsecurity import declared

_NOW: sa.ColumnElement[Any] = sa.literal_column(
    "coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now())"
)


def wall(visit: Visit, table: sa.Table, permission: Permission, alias: str = "") -> sa.ColumnElement[bool]:
    """Return the rows that the visitor may do this to; no rows for tables of class `system`."""
    scope, post = visit.scope(permission), visit.principal.acting.path
    rows: Any = table.alias(alias) if alias else table
    side: RowScope = declared(table)

    def inside(column: Any) -> sa.ColumnElement[bool]:
        return sa.and_(scope.clause(column), in_subtree(column, post))

    if scope.is_empty or side.cls == "system":
        return sa.false()
    if side.cls == "person":
        links = Base.metadata.tables["service_links"].alias("wall_links")
        # By name: a column object would bring its table into the subquery, and every row would find somebody's link.
        subject: sa.ColumnElement[Any] = sa.literal_column(f'"{alias or table.name}"."{side.subject or "id"}"')
        return sa.exists().where(
            links.c.subject_id == subject,
            inside(links.c.tenant),
            sa.or_(links.c.ends_at.is_(None), links.c.ends_at > _NOW),
        )
    paths = [name for name in (side.tenant, side.via) if name]
    if not paths:
        return sa.false() if side.cls != "city" else sa.true()
    return sa.or_(*(inside(rows.c[name]) for name in paths))


def as_sql(clause: sa.ColumnElement[bool]) -> str:
    """Return a wall as SQL text for Piccolo; its only values are paths, which their pattern makes safe to write out."""
    dialect: Any = asyncpg.dialect()  # type: ignore[no-untyped-call]
    text = str(clause.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    if "{" in text or "$" in text:
        raise ValueError("a wall must be plain SQL")
    # In brackets: a wall of two sides is an OR, and what it is joined to must hold for both.
    return f"({text})"
