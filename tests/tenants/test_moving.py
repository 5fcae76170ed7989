"""Moving a street to another county: every row follows in one transaction, nothing else changes, history verifies."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
import sqlalchemy as sa

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.orm import PathText
from linggong.tables import metadata
from tenants import commands, moving, service
from tenants.kinds import NodeKind
from tenants.moving import move_subtree
from tenants.views import NewNode
from tests.tenants.conftest import staff
from tests.tenants.rows import desk, fill, fill_rest, order_with_all, people

if TYPE_CHECKING:
    from conftest import TestDatabase

STREET, STATION, QI, NEW = "/4102/25/001/", "/4102/25/001/s01/", "/4102/21/", "/4102/21/9001/"
BROKEN = "SELECT count(*) FROM events e WHERE hash <> event_hash(prev_hash, e)"
BYTEWISE = {
    (table.name, column.name)
    for table in metadata.tables.values()
    for column in table.columns
    if isinstance(column.type, sa.Text) and column.type.collation == PathText.collation
}
PATHS = {(table, column) for table, column in BYTEWISE if column in ("path", "tenant", "via")}
FOLLOWS = {("contract_consents", "station"), ("saved_searches", "area")}
"""Where somebody stood when he signed, where somebody looks for work: the foreign key follows the place by itself."""
Snapshot = dict[str, list[dict[str, Any]]]


async def snapshot(owner: asyncpg.Connection) -> Snapshot:
    """Every row of every table, in an order of its own."""
    taken: Snapshot = {}
    for name in metadata.tables:
        rows = [json.loads(r[0]) for r in await owner.fetch(f"SELECT to_jsonb(t)::text FROM {name} t")]
        taken[name] = sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
    return taken


def moved(before: Snapshot, old: str, new: str) -> Snapshot:
    """What a snapshot should be after the move: path columns rewritten, nothing else."""
    expected: Snapshot = {}
    for table, rows in before.items():
        columns = [c for t, c in PATHS | FOLLOWS if t == table] + (["v1"] if table == "casbin_rule" else [])
        out = []
        for row in rows:
            changed = {c: new + row[c][len(old) :] for c in columns if (row[c] or "").startswith(old)}
            out.append({**row, **changed})
        expected[table] = sorted(out, key=lambda row: json.dumps(row, sort_keys=True))
    return expected


@pytest.fixture
async def busy(city: Database, blank: TestDatabase, secrets: Secrets) -> asyncpg.Connection:
    """The owner's connection on a city in which everything hangs on the street and on its neighbour."""
    owner = await blank.owner()
    worker, employer = await people(owner)
    other, _ = await people(owner)
    own = await order_with_all(owner, STATION, STATION, worker, employer)
    await order_with_all(owner, "/4102/21/001/", STREET, worker, employer)
    await order_with_all(owner, STREET, "/4102/21/001/", other, employer)
    await order_with_all(owner, "/4102/21/001/", None, other, employer)
    for path in (STREET, STATION, "/4102/25/", "/4102/21/001/"):
        await desk(owner, path, worker)
    assert await fill_rest(blank.owner_dsn, secrets, STATION, STATION, worker, employer) == []
    async with city.system() as uow:
        for kind in ("order.published", "engagement.confirmed"):
            await uow.emit(NewEvent(type=kind, chain=f"order:{own['order']}", subject_id=own["order"], tenant=STATION))
    yield owner
    await owner.close()


def test_path_columns_keep_to_their_names() -> None:
    """A move finds path columns by these names; what else is compared byte by byte is listed here because it is no path."""
    no_paths = BYTEWISE - PATHS
    # The list of workers is rebuilt every night.
    counted = {("metric_facts", name) for name in ("component", "grp", "key", "trade_code")}
    counted |= {("metric_sums", name) for name in ("component", "grp", "key", "span")} | {("metric_numbers", "key")}
    assert no_paths == {("board_posts", "trade_code"), ("listed_workers", "county")} | counted | FOLLOWS
    declared = {
        (table.name, column)
        for table in metadata.tables.values()
        for column in (table.info["scope"].tenant, table.info["scope"].via)
        if column
    }
    assert declared <= PATHS


def test_every_cascade_of_a_path_finds_its_rows_by_an_index() -> None:
    """Else a move reads a whole table once for each place or order that it carries."""
    small = {"staff", "import_batches", "merge_proposals"}
    missing = []
    for table in metadata.tables.values():
        whole = [i for i in table.indexes if i.dialect_options["postgresql"]["where"] is None]
        given = [i for i in table.indexes if "IS NOT NULL" in str(i.dialect_options["postgresql"]["where"])]
        unique = [c for c in table.constraints if isinstance(c, sa.PrimaryKeyConstraint | sa.UniqueConstraint)]
        first = {next(iter(i.columns)).name for i in (*whole, *given, *unique) if len(i.columns)}
        missing += [
            f"{table.name}({', '.join(key.column_keys)})"
            for key in table.foreign_key_constraints
            if key.onupdate == "CASCADE" and not first & set(key.column_keys) and table.name not in small
        ]
    assert missing == []


async def test_the_city_hangs_rows_on_every_path_column(busy: asyncpg.Connection) -> None:
    """Without this the next test would pass on empty tables; a new table with a path column must be filled too."""
    for table, column in sorted(PATHS):
        assert await busy.fetchval(
            f"SELECT count(*) FROM {table} WHERE {column} >= $1 AND {column} < $1 || '~'", STREET
        ), f"{table}.{column}: no row hangs on the street in tests/tenants/rows.py"


async def test_everything_follows_and_nothing_else_changes(busy: asyncpg.Connection, city: Database) -> None:
    before = await snapshot(busy)
    report = await move_subtree(busy, STREET, QI, new_segment="9001", actor_note="2026年区划调整，市政府批复")
    after = await snapshot(busy)
    node = await busy.fetchrow("SELECT id FROM nodes WHERE path = $1", NEW)
    told = [row for row in after["events"] if row["type"] == "node.moved"]
    assert [(row["tenant"], row["node_id"], row["chain"]) for row in told] == [
        (NEW, str(node["id"]), f"node:{node['id']}")
    ]
    assert json.loads(told[0]["body"]) == {
        "from": STREET, "to": NEW, "nodes": 3, "note": "2026年区划调整，市政府批复",
    }  # fmt: skip
    expected = moved(before, STREET, NEW)
    after["events"].remove(told[0])
    # The audit trail tells of the nodes and of nothing that merely followed them; its own rows follow, too.
    audited = [row for row in after["audit_log"] if row not in expected["audit_log"]]
    assert sorted(row["table_name"] for row in audited) == ["casbin_rule", "casbin_rule", "nodes", "nodes", "nodes"]
    for row in audited:
        now, was = json.loads(row["after"]), json.loads(row["before"])
        assert (row["op"], set(now)) == ("update", {"path" if row["table_name"] == "nodes" else "v1"})
        assert next(iter(was.values())).startswith(STREET)
        after["audit_log"].remove(row)
    for snap in (after, expected):
        # The policies' version is raised by whatever touches them; paths of rules move too, and none is limited here.
        snap["policy_state"] = []
        snap["audit_heads"] = []
        snap["event_heads"] = [row for row in snap["event_heads"] if row["chain"] != told[0]["chain"]]
    for table in metadata.tables:
        assert after[table] == expected[table], table

    assert report.rows["nodes.path"] == 3
    assert report.rows["board_posts.tenant"] == 2
    assert report.rows["engagements.via"] == 2
    assert set(report.rows) == {f"{table}.{column}" for table, column in PATHS}
    assert report.policies == 2
    assert await busy.fetchval(BROKEN) == 0
    # The chain of an order goes on from where it was.
    order = next(row["subject_id"] for row in after["events"] if row["type"] == "order.published")
    async with city.system() as uow:
        await uow.emit(NewEvent(type="order.closed", chain=f"order:{order}", tenant=f"{NEW}s01/"))
    rows = await busy.fetch("SELECT n, hash, prev_hash FROM events WHERE chain = $1 ORDER BY n", f"order:{order}")
    assert [r["n"] for r in rows] == [1, 2, 3]
    assert [r["prev_hash"] for r in rows[1:]] == [r["hash"] for r in rows[:-1]]
    assert await busy.fetchval(BROKEN) == 0


async def test_history_cannot_be_changed_by_hand_meanwhile(busy: asyncpg.Connection) -> None:
    for statement in (
        "UPDATE events SET tenant = '/4102/21/'",
        "UPDATE terms_versions SET tenant = '/4102/21/'",
        "DELETE FROM events",
    ):
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await busy.execute(statement)


async def test_the_new_county_sees_it_and_the_old_one_does_not(busy: asyncpg.Connection, city: Database) -> None:
    async def seen(path: str) -> int:
        async with city.begin(*staff(path)) as uow:
            return int((await uow.execute(sa.text("SELECT count(*) FROM orders"))).scalar_one())

    assert (await seen("/4102/25/"), await seen(QI)) == (2, 2)
    await move_subtree(busy, STREET, QI, new_segment="9001", actor_note="调整")
    assert (await seen("/4102/25/"), await seen(QI)) == (0, 4)
    await move_subtree(busy, NEW, "/4102/25/", new_segment="001", actor_note="改回来")
    assert (await seen("/4102/25/"), await seen(QI)) == (2, 2)


async def test_a_move_that_fails_leaves_everything(busy: asyncpg.Connection) -> None:
    before = await snapshot(busy)
    await busy.execute("ALTER TABLE timers DROP CONSTRAINT fk_timers_tenant")
    with pytest.raises(RuntimeError, match=r"timers\.tenant does not follow"):
        await move_subtree(busy, STREET, QI, new_segment="9001", actor_note="调整")
    assert await snapshot(busy) == before


@pytest.mark.parametrize(
    ("path", "above", "segment", "words"),
    [
        (STREET, "/4102/25/", None, "不用调整"),
        (STREET, STREET, None, "自己下面"),
        (STREET, STATION, None, "自己下面"),
        (STREET, "/4102/", None, "不能放在“开封市”下面"),
        (STREET, "/4102/21/001/", None, "不能放在“城关镇”下面"),
        ("/4102/", "/4102/25/", None, "自己下面"),
        (STREET, QI, None, "已经是“城关镇”的"),
        (STATION, "/4102/21/001/", "x" * 13, None),
        (STATION, "/4102/21/001/", "S01", None),
        (STATION, "/4102/21/001/", "", None),
    ],
)
async def test_refusals(
    city: Database, blank: TestDatabase, path: str, above: str, segment: str | None, words: str | None
) -> None:
    owner = await blank.owner()
    before = await snapshot(owner)
    with pytest.raises(Conflict if words else Invalid, match=words or "路径段"):
        await move_subtree(owner, path, above, new_segment=segment, actor_note="调整")
    assert await snapshot(owner) == before
    await owner.close()


async def test_missing_places_notes_and_closed_parents(city: Database, blank: TestDatabase) -> None:
    owner = await blank.owner()
    for path, above in (("/4102/77/", QI), (STREET, "/4102/77/"), ("x", QI), ("/", QI)):
        with pytest.raises(NotFound):
            await move_subtree(owner, path, above, actor_note="调整")
    with pytest.raises(Invalid, match="谁决定"):
        await move_subtree(owner, STREET, QI, new_segment="9001", actor_note=" ")
    async with city.system() as uow:
        await service.close_node(uow, "/4102/21/001/", "撤并")
    with pytest.raises(Conflict, match="已经关停"):
        await move_subtree(owner, STATION, "/4102/21/001/", actor_note="调整")
    await owner.close()


async def test_a_tree_does_not_outgrow_its_paths(
    city: Database, blank: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "_LONGEST", len(STATION) + 7)
    owner = await blank.owner()
    with pytest.raises(Conflict, match="层级太深"):
        await move_subtree(owner, STREET, QI, new_segment="a23456789012", actor_note="调整")
    await owner.close()


async def test_a_neighbour_with_the_same_beginning_stays(city: Database, blank: TestDatabase) -> None:
    async with city.system() as uow:
        form = NewNode(parent="/4102/25/", kind=NodeKind.STREET, name="新街道", segment="0011")
        await service.add_node(uow, form)
    report = await commands.move(blank.owner_dsn, "410225001000", QI, new_segment="9001", note="调整")
    assert report.rows["nodes.path"] == 3
    owner = await blank.owner()
    assert await owner.fetchval("SELECT name FROM nodes WHERE path = '/4102/25/0011/'") == "新街道"
    await owner.close()


async def test_work_in_flight_is_carried_along(city: Database, blank: TestDatabase) -> None:
    """A request that has written at the street, and one that has added a place there, commit while the move waits."""
    owner, look = await blank.owner(), await blank.owner()
    uow = await city.open(*staff("/4102/25/"))
    await service.add_node(uow, NewNode(parent=STREET, kind=NodeKind.STATION, name="北街零工驿站"))
    late = await look.fetchrow("SELECT 1")
    assert late is not None
    move = asyncio.create_task(move_subtree(owner, STREET, QI, new_segment="9001", actor_note="调整"))
    await _waiting(look, owner)
    await service.set_parameter(uow, STATION, "t.lock", "30min", "通知")
    await uow.commit()
    await uow.close()
    assert (await asyncio.wait_for(move, 10)).rows["nodes.path"] == 4
    rows = await look.fetch("SELECT path FROM nodes WHERE path LIKE '/4102/25/001/%'")
    assert rows == []
    assert await look.fetchval("SELECT tenant FROM parameter_values") == f"{NEW}s01/"
    await owner.close()
    await look.close()


async def test_a_row_written_for_the_old_path_is_refused_afterwards(city: Database, blank: TestDatabase) -> None:
    owner = await blank.owner()
    await move_subtree(owner, STREET, QI, new_segment="9001", actor_note="调整")
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await fill(owner, "timers", tenant=STREET, state="live", subject_id=new_id())
    with pytest.raises(NotFound):
        async with city.begin(*staff("/4102/25/")) as uow:
            await service.add_node(uow, NewNode(parent=STREET, kind=NodeKind.STATION, name="北街零工驿站"))
    await owner.close()


async def _waiting(look: asyncpg.Connection, owner: asyncpg.Connection) -> None:
    """Wait until the owner's connection waits for a lock."""
    for _ in range(200):
        waits = await look.fetchval(
            "SELECT wait_event_type FROM pg_stat_activity WHERE pid = $1", owner.get_server_pid()
        )
        if waits == "Lock":
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the move did not wait")
