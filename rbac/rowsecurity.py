"""The third wall: PostgreSQL repeats the boundary for every query. DDL derived from each table's declared scope class.

Policies read ``NULLIF(current_setting('app.scope', true), '')``: after any SET LOCAL an unset setting reads as '' on a
pooled connection, and a range over '' would match every row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from linggong.kernel.audit import SEALED
from linggong.kernel.orm import RowScope

APP_ROLE = "linggong_app"
_SCOPE = "NULLIF(current_setting('app.scope', true), '')"
_ACTOR = "NULLIF(current_setting('app.actor', true), '')::uuid"
_EMPLOYER = "NULLIF(current_setting('app.employer', true), '')::uuid"
_NOW = "coalesce(NULLIF(current_setting('app.now', true), '')::timestamptz, now())"
_SYSTEM = "current_setting('app.kind', true) = 'system'"


class UndeclaredScope(Exception):
    """A table does not say which scope class its rows belong to."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One row policy; `using` guards what is read or changed, `check` what is written."""

    name: str
    command: str
    using: str | None
    check: str | None

    def ddl(self, table: str) -> str:
        """Return CREATE POLICY."""
        using = f" USING ({self.using})" if self.using else ""
        check = f" WITH CHECK ({self.check})" if self.check else ""
        return f"CREATE POLICY {self.name} ON {table} FOR {self.command} TO PUBLIC{using}{check}"


def declared(table: sa.Table) -> RowScope:
    """Return the declared scope; raises UndeclaredScope."""
    scope = table.info.get("scope")
    if not isinstance(scope, RowScope):
        raise UndeclaredScope(f"table {table.name} declares no scope class in __table_args__")
    return scope


def _range(column: str) -> str:
    return f"({column} >= {_SCOPE} AND {column} < {_SCOPE} || '~')"


def _linked(subject: str, table: str) -> str:
    return (
        f"EXISTS (SELECT 1 FROM service_links l WHERE l.subject_id = {table}.{subject} AND l.tenant >= {_SCOPE} "  # noqa: S608 - names come from our own models
        f"AND l.tenant < {_SCOPE} || '~' AND (l.ends_at IS NULL OR l.ends_at > {_NOW}))"
    )


def _shown(table: str, shown_by: str) -> str:
    other, _, column = shown_by.partition(".")
    return (
        f"EXISTS (SELECT 1 FROM {other} s WHERE s.{column} = {table}.id AND s.tenant >= {_SCOPE} "  # noqa: S608 - names come from our own models
        f"AND s.tenant < {_SCOPE} || '~')"
    )


def predicate(table: str, scope: RowScope) -> str:
    """Return who may touch a row of a tenant, shared, person or system table."""
    if scope.cls == "system":
        return _SYSTEM
    sides = []
    if scope.tenant:
        sides.append(_range(scope.tenant))
    if scope.via:
        sides.append(_range(scope.via))
    if scope.person:
        sides.append(f"{scope.person} = {_ACTOR}")
    if scope.employer:
        sides.append(f"{scope.employer} = {_EMPLOYER}")
    if scope.deputy:
        sides.append(f"{scope.deputy} = {_ACTOR}")
    if scope.subject:
        sides.append(_linked(scope.subject, table))
        # Self-registered people have no link yet, and background jobs must still find them.
        sides.append(_SYSTEM)
    return " OR ".join(sides)


def policies(table: sa.Table) -> tuple[Policy, ...]:
    """Return the policies that a table's declaration stands for."""
    scope = declared(table)
    if scope.insert == "blind":
        return (Policy("blind_insert", "INSERT", None, "true"),)
    if scope.cls != "city":
        test = predicate(table.name, scope)
        if scope.insert == "owner":
            return (Policy("scope_read", "SELECT", test, None),)
        if scope.append_only:
            return (Policy("scope_read", "SELECT", test, None), Policy("scope_insert", "INSERT", None, test))
        whole = Policy("scope_all", "ALL", test, test)
        if scope.shown_by:
            return (whole, Policy("shown_read", "SELECT", _shown(table.name, scope.shown_by), None))
        return (whole,)
    read = Policy("city_read", "SELECT", "true", None)
    if scope.write == "owner":
        return (read,)
    test = _SYSTEM if scope.write == "system" else f"{_range(scope.tenant or 'tenant')} OR {_SYSTEM}"
    if scope.employer:
        test += f" OR {scope.employer} = {_EMPLOYER}"
    insert = Policy("city_insert", "INSERT", None, test)
    if scope.append_only:
        return (read, insert)
    return (
        read,
        insert,
        Policy("city_update", "UPDATE", test, test),
        Policy("city_delete", "DELETE", test, None),
    )


def privileges(table: sa.Table) -> str:
    """Return what the app role is granted on the table."""
    scope = declared(table)
    if scope.insert == "blind":
        return "INSERT"
    if scope.cls == "city" and scope.write == "owner":
        return "SELECT"
    if scope.insert == "owner":
        return "SELECT"
    return "SELECT, INSERT" if scope.append_only else "SELECT, INSERT, UPDATE, DELETE"


def table_ddl(table: sa.Table) -> Iterator[str]:
    """Yield the statements that put a table behind the wall."""
    yield f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"
    for policy in policies(table):
        yield policy.ddl(table.name)
    yield f"GRANT {privileges(table)} ON {table.name} TO {APP_ROLE}"
    if declared(table).append_only:
        yield (
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table.name} "
            f"FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    yield from audit_ddl(table)


def audit_ddl(table: sa.Table) -> Iterator[str]:
    """Yield the triggers that hand every changed row of an audited table to the audit trail (`kernel.audit`)."""
    scope = declared(table)
    if scope.audit:
        return
    keys = ",".join(column.name for column in table.primary_key)
    shown = json.dumps(dict.fromkeys(scope.personal, SEALED))
    call = f"audit_collect('{{{keys}}}', '{scope.tenant or ''}', '{{{','.join(scope.personal)}}}', '{shown}')"
    yield (
        f"CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON {table.name} FOR EACH ROW EXECUTE FUNCTION {call}"
    )
    yield (
        f"CREATE OR REPLACE TRIGGER audit_truncate AFTER TRUNCATE ON {table.name} FOR EACH STATEMENT EXECUTE FUNCTION {call}"
    )
