"""A year of work in a city, written by SQL straight into the tables: no trigger, no trail, so that it is there in minutes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

import asyncpg
import sqlalchemy as sa

from linggong.tables import metadata

TODAY: Final = "date '2026-11-26'"
"""The last day of the year that is written."""
CREW, WORKERS, EMPLOYERS = 4, 40_000, 2_000
"""Workers of an order; people and employers there are."""
_TRADES: Final = (
    "6-29-99-00", "4-03-02-06", "4-02-05-01", "4-09-08-01", "4-03-02-05", "4-14-01-02", "6-01-02-04", "5-01-01-02",
)  # fmt: skip
_BLANK: Final = {
    sa.Text: "''", sa.Integer: "0", sa.BigInteger: "0", sa.Float: "0", sa.Numeric: "0", sa.Boolean: "false",
    sa.LargeBinary: "''::bytea", sa.Date: TODAY, sa.DateTime: "timestamptz '2025-11-01'", sa.JSON: "'[]'", sa.Uuid: "gen_random_uuid()",
}  # fmt: skip


def insert(table: str, values: Mapping[str, str], rows: str) -> str:
    """Return an INSERT of `values` (SQL) over `rows`; what else must not be NULL is blank."""
    filled = dict(values)
    for column in metadata.tables[table].columns:
        if (
            column.name not in filled
            and not column.nullable
            and column.server_default is None
            and column.identity is None
        ):
            kind = column.type.impl_instance if isinstance(column.type, sa.types.TypeDecorator) else column.type
            filled[column.name] = next(sql for known, sql in _BLANK.items() if isinstance(kind, known))
    return f"INSERT INTO {table} ({', '.join(filled)}) SELECT {', '.join(filled.values())} FROM {rows}"


def _uuid(kind: str, number: str) -> str:
    """Return SQL of the id of the nth row of a kind."""
    return f"md5('{kind}' || ({number}))::uuid"


def _at(hour: int, day: str = "n.day") -> str:
    return f"(({day} + time '{hour:02}:00') AT TIME ZONE 'Asia/Shanghai')"


def statements(assignments: int) -> dict[str, str]:
    """Return what is written, table by table."""
    orders, trades = assignments // CREW, ", ".join(f"'{code}'" for code in _TRADES)
    numbers = f"""(SELECT x.n, p.path, {TODAY} - (x.n % 365)::int AS day, (ARRAY[{trades}])[1 + x.n % {len(_TRADES)}] AS trade
      FROM generate_series(0, {orders - 1}) x (n) JOIN places p ON p.i = x.n % (SELECT count(*) FROM places)) n"""
    # A worker stays near his station, as people do, and has some shifts a month; one in ten did not come.
    each = f"""(SELECT n.*, w.w, n.n * {CREW} + w.w AS a, (n.n % (SELECT count(*) FROM places)
        + (SELECT count(*) FROM places) * ((n.n / 365 * {CREW} + w.w * 7 + n.n % 365 * 3) % greatest(1, {WORKERS} / (SELECT count(*) FROM places)))) AS who
      FROM {numbers} CROSS JOIN generate_series(0, {CREW - 1}) w (w)) n"""
    came = "n.a % 10 > 0"
    sides = {
        "order_id": _uuid("order", "n.n"), "tenant": "n.path", "worker_id": _uuid("person", "n.who"),
        "employer_id": _uuid("employer", f"n.n % {EMPLOYERS}"),
    }  # fmt: skip
    of_deal = {**sides, "engagement_id": _uuid("deal", "n.a")}
    people = f"generate_series(0, {WORKERS - 1}) n (who)"
    link_at = f"{_at(9, f'{TODAY} - (n.who % 500)::int')}"
    return {
        "persons": insert("persons", {
            "id": _uuid("person", "n.who"), "name": "'李师傅'", "id_index": "n.who::text::bytea", "sex": "'男'", "status": "'active'",
            "birth_date": f"{TODAY} - (365 * (25 + n.who % 42))::int", "verified_method": "'id_card_seen'",
            "registered_channel": "CASE WHEN n.who % 3 = 0 THEN 'self' ELSE 'desk' END",
        }, people),
        "workers": insert("workers", {
            "person_id": _uuid("person", "n.who"), "phone_kind": "'smart'", "transport": "'ebike'", "pay_unit": "'day'", "pay_fen": "20000",
            "trades": f"jsonb_build_array((ARRAY[{trades}])[1 + n.who % {len(_TRADES)}])",
        }, people),
        "service_links": insert("service_links", {
            "subject_id": _uuid("person", "n.who"), "tenant": "p.path", "kind": "'registered'", "started_at": link_at,
            "ends_at": f"{link_at} + interval '730 days'",
        }, f"{people} JOIN places p ON p.i = n.who % (SELECT count(*) FROM places)"),
        "consents": insert("consents", {
            "id": _uuid("consent", "n.who"), "person_id": _uuid("person", "n.who"), "purpose": "'priority'", "method": "'slip'",
        }, people + " WHERE n.who % 8 = 0"),
        "priority_marks": insert("priority_marks", {
            "person_id": _uuid("person", "n.who"), "category": "'disabled'", "valid_to": f"{TODAY} + 300", "consent_id": _uuid("consent", "n.who"),
        }, people + " WHERE n.who % 8 = 0"),
        "employers": insert("employers", {
            "id": _uuid("employer", "n.e"), "kind": "'enterprise'", "uscc": "n.e::text", "status": "'active'", "registered_channel": "'desk'",
        }, f"generate_series(0, {EMPLOYERS - 1}) n (e)"),
        "orders": insert("orders", {
            "id": _uuid("order", "n.n"), "tenant": "n.path", "employer_id": sides["employer_id"], "state": "'O_SETTLING'", "trace_code": "n.n::text",
            "trade_code": "n.trade", "headcount": f"{CREW} + n.n % 3", "confirmed": str(CREW), "min_crew": "1", "days": "1",
            "work_date": "n.day", "starts_at": _at(7), "ends_at": _at(16), "pay_fen": "20000", "pay_unit": "'day'", "settlement": "'daily'",
            "pay_channel": "'cash'", "job_form": "'temporary'", "legal_form": "'service'", "submitted_at": _at(17, "n.day - 1"),
            "published_at": f"{_at(17, 'n.day - 1')} + interval '1 minute' * (n.n % 40)",
        }, numbers),
        "shifts": insert("shifts", {
            "id": _uuid("shift", "n.n"), "order_id": sides["order_id"], "tenant": "n.path", "employer_id": sides["employer_id"],
            "work_date": "n.day", "starts_at": _at(7), "ends_at": _at(16), "meal_minutes": "60",
        }, numbers),
        "engagements": insert("engagements", {
            **sides, "id": _uuid("deal", "n.a"), "state": "'A_CONTRACTED'", "source": "'applied'", "worker_confirmed_by": "CASE WHEN n.a % 4 = 0 THEN 'proxy:x' ELSE 'self' END",
            "worker_confirmed_at": _at(20, "n.day - 1"), "contracted_at": _at(21, "n.day - 1"), "created_at": _at(19, "n.day - 1"),
            "confirmed_at": f"{_at(19, 'n.day - 1')} + interval '1 minute' * (n.a % 500)",
        }, each),
        "assignments": insert("assignments", {
            **of_deal, "id": _uuid("shift_of", "n.a"), "shift_id": _uuid("shift", "n.n"), "work_date": "n.day", "starts_at": _at(7), "ends_at": _at(16),
            "state": f"CASE WHEN {came} THEN 'A_ACCEPTED' ELSE 'X_NOSHOW_W' END", "arrived_at": f"CASE WHEN {came} THEN {_at(7)} END",
            "started_at": f"CASE WHEN {came} THEN {_at(7)} END",
        }, each),
        "bills": insert("bills", {
            **of_deal, "assignment_id": _uuid("shift_of", "n.a"), "cause": "'work'", "total_fen": "12000 + 500 * (n.a % 40)",
            "paid_fen": "CASE WHEN n.a % 20 = 1 THEN 0 ELSE 12000 + 500 * (n.a % 40) END", "due_at": _at(0, "n.day + 1"),
            "state": "CASE WHEN n.a % 20 = 1 THEN 'OPEN' ELSE 'SETTLED' END", "wage_state": "CASE WHEN n.a % 20 = 1 THEN 'W_OVERDUE' ELSE 'W_PAID' END",
            "settled_at": f"CASE WHEN n.a % 20 <> 1 THEN {_at(18)} END", "settled_by": "CASE WHEN n.a % 20 <> 1 THEN 'confirmed' END",
        }, f"{each} WHERE {came}"),
        "ratings": insert("ratings", {
            **of_deal, "side": "'worker'", "stars": "3 + n.a % 3", "channel": "'web'", "created_at": _at(19),
        }, f"{each} WHERE {came} AND n.a % 2 = 0"),
        "tickets": insert("tickets", {
            "tenant": "n.path", "day": "n.day", "number": "n.n + 1", "person_id": sides["worker_id"], "channel": "'desk'", "state": "'placed'",
        }, f"{each} WHERE n.w = 0"),
    }  # fmt: skip


async def write(superuser: asyncpg.Connection, assignments: int) -> None:
    """Write the year and print how many rows of what there are."""
    begun = time.perf_counter()
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("SET synchronous_commit = off")
    await superuser.execute(
        "CREATE TEMP TABLE places AS SELECT path, row_number() OVER (ORDER BY path) - 1 AS i FROM nodes WHERE kind = 'station'"
    )
    await superuser.execute("ANALYZE places")
    counts = []
    for table, sql in statements(assignments).items():
        done = await superuser.execute(sql + " ON CONFLICT DO NOTHING")
        counts.append(f"{done.rsplit(' ', 1)[1]} {table}")
    stations = await superuser.fetchval("SELECT count(*) FROM places")
    await superuser.execute("SET session_replication_role = origin")
    await superuser.execute("VACUUM ANALYZE")
    print(f"written in {time.perf_counter() - begun:.0f} s at {stations} stations: {', '.join(counts)}", flush=True)
