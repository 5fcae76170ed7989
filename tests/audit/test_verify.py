"""Tampering as the superuser could do it: each way is found, and the place is named."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest
from small_city import COUNTY, OTHER_STATION, STATION, City

from linggong.kernel import anchors
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.people.models import ServiceLink

if TYPE_CHECKING:
    from conftest import Server, TestDatabase

ORDER = new_id()
CHAIN = f"order:{ORDER}"
CONTENT = """sha256(prev_hash || convert_to(audit_content(chain, n, id, table_name, row_id, op, before, after, personal,
  audit_actor(actor_kind, actor_id, on_behalf_of, role, post_id, post_node, channel, request_id, occurred_at, recorded_at)),
  'UTF8'))"""


@pytest.fixture
async def busy(city: City, blank: TestDatabase, server: Server, tmp_path: Path) -> AsyncIterator[asyncpg.Connection]:
    """Six audit rows at the station, six events of an order, an anchor over them, two more of each; then triggers off."""
    for number in range(8):
        async with city.database.begin(*city.clerk) as uow:
            uow.session.add(
                ServiceLink(id=new_id(), subject_id=new_id(), tenant=STATION, kind="order", started_at=uow.now)
            )
            await uow.emit(
                NewEvent(type="order.seen", chain=CHAIN, subject_id=ORDER, tenant=STATION, body={"n": number})
            )
        if number == 5:
            await anchors.take(city.database, tmp_path)
    connection = await asyncpg.connect(server.info.superuser_dsn.rsplit("/", 1)[0] + f"/{blank.name}")
    await connection.execute("SET session_replication_role = replica")
    yield connection
    await connection.close()


async def check(blank: TestDatabase, folder: Path | None = None, chain: str | None = None) -> anchors.AuditReport:
    owner = await blank.owner()
    try:
        return await anchors.verify(owner, folder, chain)
    finally:
        await owner.close()


async def found(blank: TestDatabase, folder: Path | None = None) -> list[tuple[str, str, int | None]]:
    return [(f.log, f.kind, f.n) for f in (await check(blank, folder)).faults]


async def station(busy: asyncpg.Connection) -> str:
    return str(await busy.fetchval("SELECT id FROM nodes WHERE path = $1", STATION))


async def last(busy: asyncpg.Connection) -> int:
    return int(await busy.fetchval("SELECT max(n) FROM audit_log WHERE tenant = $1", STATION))


async def test_whole_chains_have_no_fault(busy: asyncpg.Connection, blank: TestDatabase, tmp_path: Path) -> None:
    report = await check(blank, tmp_path)
    assert report.faults == []
    assert report.rows["events"] == 8
    assert report.anchors == 1
    one = await check(blank, None, STATION)
    assert (one.rows["audit"], list(one.chains.values())) == (await last(busy), [1])
    assert (await check(blank, None, CHAIN)).rows == {"events": 8}


@pytest.mark.parametrize(
    "change",
    [
        "after = replace(after, 'order', 'registered')",
        "actor_id = gen_random_uuid()",
        "channel = 'web2'",
        "request_id = 'another'",
        "occurred_at = occurred_at + interval '1 second'",
        "recorded_at = recorded_at + interval '1 microsecond'",
        "on_behalf_of = gen_random_uuid()",
        "row_id = gen_random_uuid()::text",
        "op = 'update'",
        "personal = '\\x00'",
        "post_node = NULL",
        "hash = sha256('x')",
    ],
)
async def test_an_altered_row(busy: asyncpg.Connection, blank: TestDatabase, change: str) -> None:
    n = await last(busy) - 4
    row = await busy.fetchval("SELECT row_id FROM audit_log WHERE tenant = $1 AND n = $2", STATION, n)
    await busy.execute(f"UPDATE audit_log SET {change} WHERE tenant = $1 AND n = $2", STATION, n)
    report = await check(blank)
    first = report.faults[0]
    assert (first.log, first.chain, first.n, first.kind) == ("audit", await station(busy), n, "altered")
    if "row_id" not in change:
        assert first.subject == f"service_links/{row}"


async def test_an_altered_row_whose_hash_was_made_again(busy: asyncpg.Connection, blank: TestDatabase) -> None:
    n = await last(busy) - 4
    await busy.execute("UPDATE audit_log SET channel = 'x' WHERE tenant = $1 AND n = $2", STATION, n)
    await busy.execute(f"UPDATE audit_log SET hash = {CONTENT} WHERE tenant = $1 AND n = $2", STATION, n)
    assert await found(blank) == [("audit", "broken", n + 1)]


async def test_an_altered_event(busy: asyncpg.Connection, blank: TestDatabase) -> None:
    await busy.execute("UPDATE events SET body = '{\"n\":9}' WHERE chain = $1 AND n = 3", CHAIN)
    report = await check(blank)
    assert [(f.chain, f.n, f.kind, f.subject) for f in report.faults] == [(CHAIN, 3, "altered", f"order.seen/{ORDER}")]


async def test_a_row_removed_from_the_middle(busy: asyncpg.Connection, blank: TestDatabase) -> None:
    n = await last(busy) - 1
    await busy.execute("DELETE FROM audit_log WHERE tenant = $1 AND n = $2", STATION, n)
    await busy.execute("DELETE FROM events WHERE chain = $1 AND n IN (7)", CHAIN)
    report = await check(blank)
    assert [(f.log, f.kind, f.n, f.detail) for f in report.faults] == [
        ("audit", "removed", n + 1, f"rows {n} to {n} before it are missing"),
        ("events", "removed", 8, "rows 7 to 7 before it are missing"),
    ]


async def test_a_cut_tail(busy: asyncpg.Connection, blank: TestDatabase) -> None:
    n = await last(busy)
    await busy.execute("DELETE FROM audit_log WHERE tenant = $1 AND n > $2", STATION, n - 2)
    await busy.execute("DELETE FROM events WHERE chain = $1 AND n > 6", CHAIN)
    report = await check(blank)
    assert [(f.log, f.kind, f.n, f.detail) for f in report.faults] == [
        ("audit", "removed", n - 1, f"rows {n - 1} to {n} at the end are missing"),
        ("events", "removed", 7, "rows 7 to 8 at the end are missing"),
    ]


async def test_a_cut_tail_whose_head_was_mended_is_found_by_the_anchor(
    busy: asyncpg.Connection, blank: TestDatabase
) -> None:
    n = await last(busy)
    for log, head, chain, keep in (
        ("audit_log", "audit_heads", await station(busy), n - 3),
        ("events", "event_heads", CHAIN, 5),
    ):
        await busy.execute(f"DELETE FROM {log} WHERE chain::text = $1 AND n > $2", chain, keep)
        await busy.execute(
            f"UPDATE {head} h SET n = l.n, hash = l.hash FROM {log} l "
            "WHERE h.chain::text = $1 AND l.chain = h.chain AND l.n = $2",
            chain,
            keep,
        )
    report = await check(blank)
    assert [(f.log, f.kind, f.n, f.detail) for f in report.faults] == [
        ("audit", "removed", n - 2, "anchor 1 saw it, and it is gone"),
        ("events", "removed", 6, "anchor 1 saw it, and it is gone"),
    ]


async def test_a_whole_chain_removed_with_its_head(busy: asyncpg.Connection, blank: TestDatabase) -> None:
    await busy.execute("DELETE FROM events WHERE chain = $1", CHAIN)
    await busy.execute("DELETE FROM event_heads WHERE chain = $1", CHAIN)
    assert await found(blank) == [("events", "removed", 6)]


async def test_a_history_written_anew_does_not_fit_the_anchor(busy: asyncpg.Connection, blank: TestDatabase) -> None:
    """Every hash and the head made again after the change: only what was hashed elsewhere tells."""
    n = await last(busy)
    await busy.execute("UPDATE audit_log SET channel = 'x' WHERE tenant = $1 AND n = $2", STATION, n - 2)
    for number in range(n - 2, n + 1):
        await busy.execute(
            "UPDATE audit_log SET prev_hash = (SELECT hash FROM audit_log o WHERE o.tenant = $1 AND o.n = $2 - 1) "
            "WHERE tenant = $1 AND n = $2",
            STATION,
            number,
        )
        await busy.execute(f"UPDATE audit_log SET hash = {CONTENT} WHERE tenant = $1 AND n = $2", STATION, number)
    await busy.execute(
        "UPDATE audit_heads h SET hash = l.hash FROM audit_log l WHERE l.chain = h.chain AND l.n = h.n AND l.tenant = $1",
        STATION,
    )
    assert await found(blank) == [("audit", "rewritten", n - 2)]


async def test_two_rows_that_changed_places(busy: asyncpg.Connection, blank: TestDatabase) -> None:
    n = await last(busy)
    for a, b in ((n - 2, -1), (n - 1, n - 2), (-1, n - 1)):
        await busy.execute("UPDATE audit_log SET n = $3 WHERE tenant = $1 AND n = $2", STATION, a, b)
    report = await check(blank)
    assert [(f.kind, f.n, f.detail) for f in report.faults if f.kind == "reordered"] == [
        ("reordered", n - 2, f"it was written after what stands as number {n - 1}"),
        ("reordered", n - 1, f"it was written after what stands as number {n - 3}"),
    ]


async def test_a_forged_row_in_the_middle_and_at_the_end(busy: asyncpg.Connection, blank: TestDatabase) -> None:
    n = await last(busy)
    columns = [
        r["attname"]
        for r in await busy.fetch(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'audit_log'::regclass AND attnum > 0 AND NOT attisdropped"
        )
    ]
    copied = ", ".join({"id": "999999", "n": "$2 + 1", "prev_hash": "hash"}.get(c, c) for c in columns)
    await busy.execute(
        f"INSERT INTO audit_log SELECT {copied} FROM audit_log WHERE tenant = $1 AND n = $2",
        STATION,
        n,
    )
    await busy.execute(f"UPDATE audit_log SET hash = {CONTENT} WHERE tenant = $1 AND n = $2", STATION, n + 1)
    assert await found(blank) == [("audit", "forged", n + 1)]
    # Pushed in between, with the later ones counted on: their numbers are part of their hashes.
    await busy.execute("UPDATE audit_log SET n = n + 100 WHERE tenant = $1 AND n >= $2", STATION, n)
    await busy.execute("UPDATE audit_log SET n = $2 WHERE tenant = $1 AND n = $2 + 101", STATION, n)
    await busy.execute("UPDATE audit_log SET n = $2 + 1 WHERE tenant = $1 AND n = $2 + 100", STATION, n)
    assert ("audit", "reordered", n) in await found(blank)


async def test_an_altered_head(busy: asyncpg.Connection, blank: TestDatabase) -> None:
    await busy.execute("UPDATE event_heads SET hash = 'x' WHERE chain = $1", CHAIN)
    assert await found(blank) == [("events", "head", 8)]


async def test_anchors_altered_removed_or_unlike_the_file(
    busy: asyncpg.Connection, blank: TestDatabase, city: City, tmp_path: Path
) -> None:
    await anchors.take(city.database, tmp_path)
    assert await found(blank, tmp_path) == []
    await busy.execute("UPDATE audit_anchors SET taken_at = $1 WHERE id = 2", datetime(2020, 1, 1, tzinfo=UTC))
    assert await found(blank, tmp_path) == [("anchors", "anchor", 2)]
    await busy.execute("UPDATE audit_anchors SET hash = audit_anchor_hash(prev_hash, id, taken_at) WHERE id = 2")
    # Made again so that the database fits itself: the file does not.
    assert await found(blank) == []
    assert await found(blank, tmp_path) == [("anchors", "file", 2)]
    await busy.execute("DELETE FROM audit_anchor_heads WHERE anchor_id = 2")
    await busy.execute("DELETE FROM audit_anchors WHERE id = 2")
    assert await found(blank, tmp_path) == [("anchors", "file", 2)]
    (tmp_path / anchors.FILE).unlink()
    assert [f.detail for f in (await check(blank, tmp_path)).faults] == [f"{anchors.FILE} lacks this anchor"]
    assert await anchors.write_lines(city.database, tmp_path) == 1
    assert await found(blank, tmp_path) == []


async def test_a_forged_setting_leaves_rows_that_are_named(busy: asyncpg.Connection, blank: TestDatabase) -> None:
    app = await asyncpg.connect(blank.app_dsn)
    try:
        await app.execute(
            "BEGIN; SET LOCAL app.kind = 'system'; SET LOCAL app.scope = '/'; "
            "UPDATE employers SET industry = 'Z'; SELECT set_config('audit.chained', '999999999', true); COMMIT"
        )
    finally:
        await app.close()
    assert {(f.kind, f.subject.partition("/")[0]) for f in (await check(blank)).faults} == {("unchained", "employers")}


async def test_one_chain_is_checked_by_whoever_may_read_it(
    busy: asyncpg.Connection, blank: TestDatabase, city: City
) -> None:
    import sqlalchemy as sa

    at = await station(busy)
    n = await last(busy)
    await busy.execute("UPDATE audit_log SET channel = 'x' WHERE tenant = $1 AND n = $2", STATION, n)

    async def asked(path: str, log: str, chain: str) -> list[tuple[object, ...]]:
        async with city.database.begin(*city.staff(path)) as uow:
            rows = await uow.execute(
                sa.text("SELECT rows, n, kind FROM audit_check(:log, :chain)"), {"log": log, "chain": chain}
            )
            return [tuple(row) for row in rows]

    assert await asked(COUNTY, "audit", at) == [(n, None, None), (n, n, "altered")]
    assert await asked(STATION, "events", CHAIN) == [(8, None, None)]
    assert await asked(OTHER_STATION, "audit", at) == []
    assert await asked(OTHER_STATION, "events", CHAIN) == []
    assert await asked(STATION, "events", "order:none") == []
