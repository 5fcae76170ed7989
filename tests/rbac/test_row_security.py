"""The third wall: every table declares its class, the database's policies are what the class stands for, nothing leaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from linggong.kernel.orm import Base, RowScope
from linggong.tables import metadata
from rbac.rowsecurity import UndeclaredScope, declared, policies, privileges

if TYPE_CHECKING:
    from conftest import TestDatabase

# The queue's own tables hold ids only; alembic_version holds a number.
NOT_OURS = {"alembic_version", "pgqueuer", "pgqueuer_log", "pgqueuer_schedules", "pgqueuer_statistics"}


def test_every_table_declares_its_class() -> None:
    for table in metadata.sorted_tables:
        assert declared(table)


def test_a_table_without_a_class_is_refused() -> None:
    with pytest.raises(UndeclaredScope, match="nameless"):
        declared(sa.Table("nameless", sa.MetaData(), sa.Column("id", sa.Integer)))


def test_personal_columns_are_columns_and_no_keys() -> None:
    """They are sealed in audit rows and masked in the console: a key or a path could not be."""
    for table in metadata.sorted_tables:
        scope = declared(table)
        assert not scope.audit or len(scope.audit) >= 20, f"{table.name}: say why it is not audited"
        for name in scope.personal:
            column = table.columns[name]
            assert not column.primary_key, f"{table.name}.{name}"
            assert not column.foreign_keys, f"{table.name}.{name}"
            assert name not in {scope.tenant, scope.via, scope.person, scope.employer, scope.subject}


async def test_the_database_holds_the_declared_policies(blank: TestDatabase) -> None:
    owner = await blank.owner()
    try:
        found = await owner.fetch("SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies")
        have = {
            table.name: {(p.name, p.command, bool(p.using), bool(p.check)) for p in policies(table)}
            for table in metadata.sorted_tables
        }
        there: dict[str, set[tuple[str, str, bool, bool]]] = {name: set() for name in have}
        for row in found:
            there[row["tablename"]].add(
                (row["policyname"], row["cmd"], row["qual"] is not None, row["with_check"] is not None)
            )
        assert there == have
        # Word by word: PostgreSQL prints an expression in its own way, so both sides are printed by PostgreSQL.
        for table in metadata.sorted_tables:
            await owner.execute(f"CREATE TABLE again_{table.name} (LIKE {table.name})")
            for policy in policies(table):
                ddl = policy.ddl(f"again_{table.name}").replace(f" {table.name}.", f" again_{table.name}.")
                await owner.execute(ddl)
        again = await owner.fetch("SELECT tablename, policyname, qual, with_check FROM pg_policies")
        printed = {(r["tablename"], r["policyname"]): (r["qual"], r["with_check"]) for r in again}
        for (table_name, name), (qual, check) in printed.items():
            if table_name.startswith("again_"):
                original = printed[(table_name.removeprefix("again_"), name)]
                assert original == tuple(
                    None if e is None else e.replace(table_name, table_name.removeprefix("again_"))
                    for e in (qual, check)
                ), f"{table_name} {name}"
    finally:
        await owner.close()


async def test_row_security_is_forced_on_every_table(blank: TestDatabase) -> None:
    owner = await blank.owner()
    try:
        rows = await owner.fetch(
            "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class "
            "WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        )
        open_tables = {r["relname"] for r in rows if not (r["relrowsecurity"] and r["relforcerowsecurity"])}
        assert open_tables == NOT_OURS
        granted = await owner.fetch(
            "SELECT table_name, privilege_type FROM information_schema.role_table_grants WHERE grantee = 'linggong_app'"
        )
        have = {(r["table_name"], r["privilege_type"]) for r in granted if r["table_name"] not in NOT_OURS}
        want = {(t.name, word.strip()) for t in metadata.sorted_tables for word in privileges(t).split(",")}
        assert have == want
    finally:
        await owner.close()


async def test_owner_functions_are_the_only_way_past_the_wall(blank: TestDatabase) -> None:
    owner = await blank.owner()
    try:
        rows = await owner.fetch(
            "SELECT proname, proconfig, has_function_privilege('public', p.oid, 'execute') AS everybody "
            "FROM pg_proc p WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        )
        assert {r["proname"] for r in rows} >= {"append_events", "take_place", "derive_order", "claim_identity"}
        for row in rows:
            assert not row["everybody"], row["proname"]
            assert any("pg_temp" in setting for setting in row["proconfig"] or ()), f"{row['proname']}: search_path"
    finally:
        await owner.close()


async def test_the_models_and_the_migrations_agree(blank: TestDatabase) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(blank.owner_dsn.replace("postgresql://", "postgresql+asyncpg://"))

    def compare(connection: sa.Connection) -> list[object]:
        def ours(name: str | None, kind: str, _: object) -> bool:
            # PostgreSQL prints an index over an expression in its own words, which no comparison of texts survives.
            return not (kind == "table" and name in NOT_OURS) and not (kind == "index" and name == "ix_board_pay")

        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": ours})
        found = sa.inspect(connection).get_indexes("board_posts")
        assert "ix_board_pay" in {index["name"] for index in found}
        return [d for d in compare_metadata(context, Base.metadata) if "ix_board_pay" not in repr(d)]

    async with engine.connect() as connection:
        assert await connection.run_sync(compare) == []
    await engine.dispose()


def test_classes_in_use() -> None:
    classes: dict[str, set[str]] = {}
    for table in metadata.sorted_tables:
        scope: RowScope = declared(table)
        classes.setdefault(scope.cls, set()).add(table.name)
    assert classes["system"] == {
        "address_tries", "audit_anchor_heads", "audit_heads", "audit_pending", "casbin_rule", "desk_sign_ins", "event_heads", "identities", "in_messages", "keypad_calls", "metric_numbers", "metric_positions", "one_time_codes", "out_messages",
        "phone_stops", "printed_codes", "shown_code_misses", "shown_codes", "sign_in_tries", "staff_credentials", "staff_sign_ins", "web_sessions", "worker_cards",
    }  # fmt: skip
