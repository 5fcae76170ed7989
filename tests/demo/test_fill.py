"""The demo city: what the services wrote in two days holds together, and a killed run goes on to the same end."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from demo_city import MOMENT, SCALE, UNTIL, FilledCity, fill_two_days, load_city

from linggong.demo import furnishing, inspections, operators, sign_ins, stations
from linggong.invariants import run
from linggong.kernel import clock
from linggong.kernel.clock import MovableClock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database

COUNTED = {
    "persons": "verified_method",
    "workers": "phone_kind",
    "employers": "kind",
    "orders": "state",
    "shifts": "meal_minutes",
    "engagements": "state",
    "assignments": "state",
    "bills": "state",
    "payments": "state",
    "ratings": "stars",
    "board_posts": "listed",
    "timers": "state",
    "staff": "status",
}


async def counts(dsn: str) -> dict[str, dict[str, int]]:
    connection = await asyncpg.connect(dsn)
    try:
        return {
            table: {
                str(r["k"]): r["n"]
                for r in await connection.fetch(
                    f"SELECT {column} AS k, count(*) AS n FROM {table} GROUP BY 1 ORDER BY 1"
                )
            }
            for table, column in COUNTED.items()
        }
    finally:
        await connection.close()


async def test_no_service_refused_anything_and_no_timer_failed(city: FilledCity, owner: asyncpg.Connection) -> None:
    assert city.report is not None
    assert city.report.refused == {}
    assert await owner.fetchval("SELECT count(*) FROM timers WHERE state = 'failed'") == 0
    assert await owner.fetchval("SELECT count(*) FROM timers WHERE state = 'live' AND due_at < $1", MOMENT) == 0
    assert city.report.done["orders"] == await owner.fetchval("SELECT count(*) FROM orders")


async def test_most_registrations_at_a_desk_are_complete(owner: asyncpg.Connection) -> None:
    """R046, R095: the card seen, a trade, the pay, where he lives; a few are left as they come in, incomplete."""
    row = await owner.fetchrow(
        """SELECT count(*) AS n, count(*) FILTER (WHERE p.verified_level >= 2 AND p.home_division_code IS NOT NULL
             AND jsonb_array_length(w.trades) > 0 AND w.pay_fen > 0) AS whole
           FROM events e JOIN persons p ON p.id = e.person_id JOIN workers w ON w.person_id = p.id
           WHERE e.type IN ('person.registered', 'person.linked') AND e.tenant IS NOT NULL"""
    )
    assert row is not None
    assert 0.8 * row["n"] <= row["whole"] < row["n"], dict(row)


async def test_bills_are_their_lines_and_what_was_paid_is_what_was_confirmed(owner: asyncpg.Connection) -> None:
    assert await owner.fetchval("SELECT count(*) FROM bills") > 5
    wrong = await owner.fetch(
        """SELECT b.id FROM bills b
           WHERE b.total_fen <> (SELECT sum(amount_fen) FROM bill_lines l WHERE l.bill_id = b.id)
              OR b.paid_fen <> (SELECT coalesce(sum(amount_fen), 0) FROM payments p
                                WHERE p.bill_id = b.id AND p.state = 'confirmed')
              OR (b.state = 'SETTLED') <> (b.paid_fen = b.total_fen)"""
    )
    assert wrong == []


async def test_places_taken_are_people_confirmed_and_the_board_says_the_same(owner: asyncpg.Connection) -> None:
    wrong = await owner.fetch(
        """SELECT o.id FROM orders o
           LEFT JOIN board_posts b ON b.order_id = o.id
           WHERE o.confirmed NOT BETWEEN 0 AND o.headcount
              OR (o.state NOT IN ('O_EXPIRED', 'O_CANCELLED') AND o.confirmed <> (
                    SELECT count(*) FROM engagements e WHERE e.order_id = o.id
                    AND e.state IN ('A_CONFIRMED', 'A_CONTRACTED', 'X_NOSHOW_W')))
              OR (o.published_at IS NOT NULL) <> (b.order_id IS NOT NULL)
              OR b.places_left <> o.headcount - o.confirmed OR b.state <> o.state OR b.title <> o.title
              OR b.tenant <> o.tenant OR b.pay_fen <> o.pay_fen
              OR b.listed <> (o.state IN ('O_OPEN', 'O_LOCKED') AND o.confirmed < o.headcount AND o.hiring)"""
    )
    assert wrong == []


async def test_every_chain_of_events_verifies(owner: asyncpg.Connection) -> None:
    assert await owner.fetchval("SELECT count(*) FROM events WHERE chain LIKE 'order:%'") > 100
    broken = await owner.fetch(
        """SELECT e.chain, e.n FROM events e
           LEFT JOIN events p ON p.chain = e.chain AND p.n = e.n - 1
           WHERE event_hash(e.prev_hash, e) <> e.hash OR e.prev_hash <> coalesce(p.hash, '')
              OR (e.n > 1 AND p.n IS NULL)"""
    )
    assert broken == []
    heads = await owner.fetchval(
        """SELECT count(*) FROM event_heads h LEFT JOIN
           (SELECT DISTINCT ON (chain) chain, n, hash FROM events ORDER BY chain, n DESC) e ON e.chain = h.chain
           WHERE (h.n, h.hash) IS DISTINCT FROM (e.n, e.hash)"""
    )
    assert heads == 0
    late = await owner.fetchval(
        """SELECT count(*) FROM events e JOIN events p ON p.chain = e.chain AND p.n = e.n - 1
           WHERE e.recorded_at < p.recorded_at"""
    )
    assert late == 0


async def test_every_page_has_something_to_show(owner: asyncpg.Connection) -> None:
    desk = sign_ins.SHOW_DESK
    for what, query in {
        "posts on the board": "SELECT count(*) FROM board_posts WHERE listed AND starts_at > $1",
        "applicants waiting": """SELECT count(*) FROM engagements e JOIN orders o ON o.id = e.order_id
                                 WHERE e.state = 'A_APPLIED' AND o.starts_at > $1""",
        "posts to review": "SELECT count(*) FROM orders WHERE state = 'O_REVIEW' AND starts_at > $1",
        "people at work": "SELECT count(*) FROM assignments WHERE state = 'A_WORKING' AND ends_at > $1",
        "wages to pay": "SELECT count(*) FROM bills WHERE state = 'OPEN' AND due_at > $1",
        "settled wages": "SELECT count(*) FROM bills WHERE state = 'SETTLED' AND created_at < $1",
    }.items():
        assert await owner.fetchval(query, MOMENT) > 0, what
    assert await owner.fetchval("SELECT count(*) FROM orders WHERE tenant = $1", desk) > 0
    channels = {r[0] for r in await owner.fetch("SELECT DISTINCT source_channel FROM orders")}
    assert {"web", "desk", "phone_intake"} <= channels


async def test_the_printed_accounts_exist_and_have_their_part(owner: asyncpg.Connection) -> None:
    names = {r[0] for r in await owner.fetch("SELECT username FROM staff")}
    assert {a.username for a in sign_ins.STAFF} <= names
    for account in sign_ins.WORKERS:
        person = await owner.fetchval("SELECT id FROM persons WHERE name = $1", account.name)
        assert await owner.fetchval("SELECT count(*) FROM engagements WHERE worker_id = $1", person) > 0
    employer = await owner.fetchval("SELECT id FROM employers WHERE uscc = $1", sign_ins.EMPLOYER_USCC)
    assert await owner.fetchval("SELECT count(*) FROM orders WHERE employer_id = $1", employer) >= 3
    assert sum(sign_ins.PASSWORD in line for line in sign_ins.lines("http://x")) == len(sign_ins.STAFF)


async def test_a_killed_run_goes_on_to_the_same_city(city: FilledCity, server: Any, secrets: Secrets) -> None:
    other = await load_city(server, "demo_killed")
    try:
        far = asyncio.Event()
        run = asyncio.create_task(
            fill_two_days(other, secrets, advance=lambda done, words: far.set() if done > 1.0 else None)
        )
        await asyncio.wait_for(far.wait(), 60)
        await asyncio.sleep(0.02)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        whole = await counts(city.owner_dsn)
        part = await counts(other.owner_dsn)
        assert sum(part["orders"].values()) < sum(whole["orders"].values())
        # Asked for something else, it still finishes what it had begun.
        report = await fill_two_days(other, secrets, days=5, scale=0.5)
        assert report.resumed
        assert (report.first, report.until) == (UNTIL - timedelta(days=1), UNTIL)
        assert await counts(other.owner_dsn) == whole
        again = await fill_two_days(other, secrets)
        assert again.done == {}
        assert await counts(other.owner_dsn) == whole
        longer = await fill_two_days(
            other, secrets, until=UNTIL + timedelta(days=1), moment=MOMENT + timedelta(days=1), scale=SCALE
        )
        assert longer.days == 3
        assert longer.refused == {}
        assert sum((await counts(other.owner_dsn))["orders"].values()) > sum(whole["orders"].values())
    finally:
        await server.drop("demo_killed")


async def test_days_out_of_range_and_a_place_without_a_city_are_refused(
    blank: Any, server: Any, secrets: Secrets
) -> None:
    nowhere = FilledCity(blank.owner_dsn, blank.app_dsn)
    with pytest.raises(ValueError, match="days"):
        await fill_two_days(nowhere, secrets, days=0)
    with pytest.raises(LookupError):
        await fill_two_days(nowhere, secrets)


async def test_invariants_hold(owner: asyncpg.Connection) -> None:
    report = await run.check(owner)
    assert report.violations == []
    assert report.seconds < 20


async def test_the_offices_have_something_to_show(server: Any, city: FilledCity, secrets: Secrets) -> None:
    """Cases, a claim, an agency and whom the outside people stand for; written once."""
    assert city.report is not None
    await server.clone("demo_city", "demo_offices")
    database = Database(server.dsn("app", "demo_offices"), pool_size=2, sealer=secrets.sealer)
    try:
        with clock.clock_set(MovableClock(MOMENT)):
            written = await furnishing.furnish(database, secrets.sealer)
            again = await furnishing.furnish(database, secrets.sealer)
            people = [await stations.furnish(database) for _ in range(2)]
            parts = [await operators.furnish(database, secrets.sealer) for _ in range(2)]
            looked = [await inspections.write(database) for _ in range(2)]
        connection = await asyncpg.connect(server.dsn("owner", "demo_offices"))
        tables = ("outside_desks", "mediators", "agencies", "cases")
        found = {t: await connection.fetchval(f"SELECT count(*) FROM {t}") for t in tables}
        await connection.close()
    finally:
        await database.dispose()
        await server.drop("demo_offices")
    assert again == 0
    assert parts == [4, 0]
    assert (looked[0] > 20, looked[1]) == (True, 0)
    assert people[0] > 0
    assert people[1] == 0
    assert written >= 8
    assert found | {"cases": min(found["cases"], 1)} == {"outside_desks": 2, "mediators": 1, "agencies": 1, "cases": 1}
