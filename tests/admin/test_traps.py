"""What bites in Piccolo Admin, each with the answer that we give."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from piccolo import columns as pc
from small_city import COUNTY, STATION

import admin
from admin import bridge, chrome, columns, context, internals, patches, writing
from admin.catalogue import RULES
from admin.left_out import LEFT_OUT
from linggong import tables
from linggong.app import application
from linggong.kernel.settings import Settings
from linggong.people.models import Employer, Worker
from rbac.rowsecurity import declared

if TYPE_CHECKING:
    from conftest import Console

STORED = datetime(2026, 3, 9, 21, 10, 30, 123_456, tzinfo=UTC)


async def _row(console: Console, table: str, row_id: Any) -> str:
    """A row as the database writes it out, to the last microsecond."""
    found = await console.owner(f"SELECT row_to_json(t)::text AS row FROM {table} t WHERE id::text = $1", str(row_id))
    return found[0]["row"]


async def _audited(console: Console) -> int:
    return (await console.owner("SELECT count(*) AS n FROM audit_log WHERE channel = 'console'"))[0]["n"]


async def test_an_untouched_row_saved_stays_byte_for_byte_and_leaves_no_audit_row(console: Console) -> None:
    node = await console.node(STATION)
    await console.owner(
        "UPDATE nodes SET created_at = $2, latitude = 34.8, longitude = 114.9 WHERE id = $1", node, STORED
    )
    me = await console.at()
    row = (await me.get(f"/api/tables/nodes/{node}/?__readable=true")).json()
    shown = {k: v for k, v in row.items() if not k.endswith("_readable")}
    # As the form sends it: times cut to the second, JSON laid out anew, nothing as an empty text.
    form = {**shown, "created_at": "2026-03-09T21:10:30.000Z", "name_warnings": "[\n]", "address": ""}
    before, told = await _row(console, "nodes", node), await _audited(console)
    answer = await me.patch(f"/api/tables/nodes/{node}/", json=form)
    assert answer.status_code == 200
    assert await _row(console, "nodes", node) == before
    assert await _audited(console) == told


async def test_a_changed_field_changes_alone_and_is_audited(console: Console) -> None:
    node = await console.node(STATION)
    me = await console.at()
    row = (await me.get(f"/api/tables/nodes/{node}/")).json()
    answer = await me.patch(f"/api/tables/nodes/{node}/", json={**row, "phone": "0371-22220001"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["phone"] == "0371-22220001"
    found = await console.owner(
        "SELECT table_name, op, before, after, channel, request_id, actor_id, role FROM audit_log WHERE row_id = $1 AND channel = 'console'",
        str(node),
    )
    assert [(r["table_name"], r["op"], r["role"], r["actor_id"]) for r in found] == [
        ("nodes", "update", "sysadmin", console.accounts["sysadmin_lk"])
    ]
    assert found[0]["request_id"] == answer.headers["x-request-id"]
    assert "0371-22220001" in found[0]["after"]
    assert [r["type"] for r in await console.owner("SELECT type FROM events WHERE subject_id = $1", node)] == [
        "node.changed"
    ]


@pytest.mark.parametrize(
    ("old", "new", "is_same"),
    [
        (STORED, STORED.replace(microsecond=0), True),
        (STORED, STORED.replace(microsecond=123_000), True),
        (STORED, STORED.replace(second=0, microsecond=0), True),
        (STORED, STORED + timedelta(minutes=1), False),
        (STORED, STORED - timedelta(seconds=31), False),
        (None, timedelta(0), True),
        (None, "", True),
        ("", None, True),
        (["a", 1], '[\n "a",\n 1]', True),
        (["a"], '["b"]', False),
        ({"a": 1}, "no json", False),
        (1.5, 1.5, True),
        ("x", "y", False),
    ],
)
def test_a_field_that_came_back_as_it_was_shown_is_the_same(old: Any, new: Any, is_same: bool) -> None:
    assert writing.same(old, new) is is_same


async def test_put_is_refused(console: Console) -> None:
    node = await console.node(STATION)
    me = await console.at()
    before = await _row(console, "nodes", node)
    answer = await me.put(f"/api/tables/nodes/{node}/", json={"phone": "1"})
    assert answer.status_code == 405
    assert await _row(console, "nodes", node) == before


async def test_hooks_are_none_so_that_none_can_be_lost(console: Console) -> None:
    # Piccolo groups hooks with itertools.groupby: unsorted ones vanish. What we do on a write does not pass through them.
    for crud in admin.build().cruds.values():
        assert crud._hook_map is None
    assert set(writing.CHANGES) == {r.name for r in RULES.values() if r.update}
    assert set(writing.CREATES) == {r.name for r in RULES.values() if r.create}
    assert set(writing.REMOVES) == {r.name for r in RULES.values() if r.delete}
    assert all(r.editable for r in RULES.values() if r.update)


async def test_piccolo_itself_writes_nothing(console: Console) -> None:
    table = bridge.tables()["staff"]
    for verb in ("insert", "update", "delete", "raw", "objects", "alter"):
        with pytest.raises(RuntimeError):
            getattr(table, verb)()


async def test_enumerations_filter_by_value(console: Console) -> None:
    me = await console.at()
    found = (await me.get("/api/tables/nodes/?kind=station")).json()["rows"]
    assert [r["name"] for r in found] == ["兰阳街道零工驿站"]
    assert (await me.get("/api/tables/nodes/?kind=stat")).json()["rows"] == []
    others = (await me.get("/api/tables/nodes/?kind=station&kind__operator=ne")).json()["rows"]
    assert {r["kind"] for r in others} == {"county", "street", "community"}
    schema = (await me.get("/api/tables/nodes/schema/")).json()
    assert schema["properties"]["kind"]["extra"]["choices"]["station"]["display_name"] == "零工驿站"


async def test_times_filter_in_our_zone(console: Console) -> None:
    me = await console.at()
    # The moved clock stands at 2026-03-10 05:10 in our time zone.
    for query, found in (
        ("created_at=2026-03-10T05:10&created_at__operator=gte", 1),
        ("created_at=2026-03-10T05:11&created_at__operator=gte", 0),
        ("created_at=2026-03-09T21:10:00.000Z&created_at__operator=lte", 1),
        ("created_at=2026-03-09T21:09:59Z&created_at__operator=lte", 0),
        ("created_at__operator=not_null", 1),
    ):
        rows = (await me.get(f"/api/tables/staff/?{query}&username=limin")).json()["rows"]
        assert len(rows) == found, query


async def test_dates_filter(console: Console) -> None:
    await console.owner("UPDATE nodes SET opened_on = '2026-03-01' WHERE path = $1", STATION)
    me = await console.at()
    assert len((await me.get("/api/tables/nodes/?opened_on=2026-03-01")).json()["rows"]) == 1
    assert (await me.get("/api/tables/nodes/?opened_on=2026-03-02&opened_on__operator=gte")).json()["rows"] == []


async def test_a_senseless_query_is_our_422(console: Console) -> None:
    me = await console.at()
    for query in (
        "nothing=1", "created_at=yesterday", "__order=nothing", "__page=0", "__page=x", "__page_size=-1", "id=7",
        "name__operator=like", "__visible_fields=password", "name.tenant=1", "__readable=maybe",
    ):  # fmt: skip
        answer = await me.get(f"/api/tables/staff/?{query}")
        assert answer.status_code == 422, query
        assert answer.json()["errors"][0]["message"] == "筛选条件写法不对，请检查后再试。"


def test_bytes_are_left_out_and_personal_columns_masked() -> None:
    for name, table in bridge.tables().items():
        shown = {c._meta.name: c for c in table._meta.columns}
        for column in RULES[name].table.columns:
            if isinstance(column.type, sa.LargeBinary):
                assert column.name not in shown
        for column_name in declared(RULES[name].table).personal:
            if column_name in shown:
                assert isinstance(shown[column_name], columns.Masked), (name, column_name)


async def test_the_database_sends_only_masked_names(console: Console) -> None:
    person = await console.worker()
    me = await console.at("county_bureau")
    row = (await me.get(f"/api/tables/persons/{person}/")).json()
    assert row["name"] == "李**"
    assert row["birth_date"] == row["sex"] == "****"
    named = (await me.get("/api/tables/workers/?__readable=true")).json()["rows"]
    assert [r["person_id_readable"] for r in named] == ["李**"]
    assert (await me.get("/api/tables/persons/ids/")).json() == {str(person): "李**"}
    for query in ("name=李国强", "__order=name", "__order=-name", "birth_date=1968-05-01", "name__operator=not_null"):
        assert (await me.get(f"/api/tables/persons/?{query}")).status_code == 403
    assert (await me.get("/api/tables/persons/ids/?search=李")).status_code == 403


def test_every_table_is_listed_or_left_out_with_a_reason() -> None:
    assert set(tables.metadata.tables) == set(RULES) | set(LEFT_OUT)
    assert not set(RULES) & set(LEFT_OUT)
    for name in RULES:
        assert len(RULES[name].table.primary_key.columns) == 1
        assert declared(RULES[name].table).cls != "system"


def test_of_a_composite_key_the_part_with_a_primary_key_is_taken() -> None:
    photos = {c._meta.name: c for c in bridge.tables()["node_photos"]._meta.columns}
    assert isinstance(photos["node_id"], pc.ForeignKey)
    assert not isinstance(photos["node_id"], columns.NodeRef)
    assert isinstance(photos["tenant"], columns.NodeRef)


async def test_append_only_tables_are_read_only(console: Console) -> None:
    for rule in RULES.values():
        if declared(rule.table).append_only:
            assert rule.create is rule.update is rule.delete is None


async def test_references_are_shown_by_name_and_a_place_holds_what_is_below_it(console: Console) -> None:
    me = await console.at()
    rows = (await me.get("/api/tables/staff/?username=limin&__readable=true")).json()["rows"]
    station = await console.node(STATION)
    assert (rows[0]["tenant"], rows[0]["tenant_readable"]) == (str(station), "兰阳街道零工驿站")
    county = await console.node(COUNTY)
    below = (await me.get(f"/api/tables/staff/?tenant={county}")).json()["rows"]
    assert {r["username"] for r in below} == {"limin", "sysadmin_lk"}
    held = (await me.get("/api/tables/role_assignments/?__readable=true&__order=-starts_at")).json()["rows"]
    assert {r["staff_id_readable"] for r in held} == {"李敏"}


async def test_server_defaults_are_kept(console: Console) -> None:
    # Covered by the photo whose note nobody gave: Piccolo would have sent NULL.
    assert RULES["node_photos"].table.c.note.server_default is not None


async def test_titles_words_and_choices_are_chinese(console: Console) -> None:
    me = await console.at("auditor", "/4102/")
    for name in (await me.get("/api/tables/")).json():
        schema = (await me.get(f"/api/tables/{name}/schema/")).json()
        for column, told in schema["properties"].items():
            assert re.search(r"[\u4e00-\u9fff]|PIN", told["title"]), (name, column)
            for choice in (told["extra"]["choices"] or {}).values():
                assert re.search(r"[\u4e00-\u9fff]", choice["display_name"]), (name, column, choice)
    told = (await me.get("/public/translations/zh-CN/")).json()["translations"]
    assert [k for k, v in told.items() if v and not re.search(r"[\u4e00-\u9fff]", v)] in ([], ["MFA Code", "MFA Setup"])
    page = (await me.get("/")).text
    assert '<html lang="zh-CN">' in page
    assert "Piccolo" not in page


def test_the_bundle_is_the_one_that_we_patch(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(patches.UnknownBundle):
        patches.patched("another release")
    monkeypatch.setitem(internals.PINNED, "piccolo", "0.0.1")
    with pytest.raises(internals.WrongPiccolo, match=r"piccolo 1\.38\.0, needed 0\.0\.1"):
        internals.check()
    assert {n.partition(".")[0] for n in chrome._files()} == {"bundle", "console", "index-Bu-s-6qP"}


def test_a_start_imports_nothing_of_piccolo() -> None:
    # It costs more than all the rest of a start; the worker shares the registry with the app.
    code = """
import sys
from linggong.app import application
from linggong.kernel.settings import Settings
application.build(Settings.from_env({}), "postgresql://nobody@127.0.0.1/none")
print(sorted({m.partition(".")[0] for m in sys.modules} & {"piccolo", "piccolo_admin", "piccolo_api", "fastapi", "pgqueuer"}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


def test_a_start_stops_on_another_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(internals.PINNED, "piccolo-admin", "0.0.1")
    with pytest.raises(internals.WrongPiccolo, match=r"piccolo-admin 1\.14\.0, needed 0\.0\.1"):
        application.build(Settings.from_env({}), "postgresql://nobody@127.0.0.1/none")


async def test_a_query_outside_a_request_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="outside a request"):
        await bridge.tables()["staff"].select()
    with pytest.raises(RuntimeError, match="outside a request"):
        context.visit()


def test_the_engine_connects_to_nothing() -> None:
    engine: Any = bridge.tables()["staff"]._meta.db
    for refused in (engine.transaction, engine.atomic):
        with pytest.raises(RuntimeError):
            refused()


async def test_lists_are_short_and_slow_enough(console: Console) -> None:
    from admin import pacing

    me = await console.at()
    assert (await me.get("/api/tables/staff/?__page_size=101")).status_code == 413
    clerk = await console.at("station_manager", STATION)
    assert (await clerk.get("/api/tables/orders/?__page_size=100")).status_code == 200
    pacing._seen[console.accounts["sysadmin_lk"]] = (next(iter(pacing._seen.values()))[0], pacing.PER_MINUTE)
    answer = await me.get("/api/tables/staff/")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) <= 61


async def test_a_fixed_column_cannot_be_changed(console: Console) -> None:
    node = await console.node(STATION)
    me = await console.at()
    before = await _row(console, "nodes", node)
    for given in ({"path": "/4102/25/001/s02/"}, {"status": "closed"}, {"closed_on": "2020-01-01"}, {"kind": "county"}):
        answer = await me.patch(f"/api/tables/nodes/{node}/", json=given)
        assert answer.status_code == 422, given
        assert "不能在这里改" in answer.json()["errors"][0]["message"]
    for given in ({"nothing": 1}, {"kind": "castle"}, {"latitude": "north"}, {"phone": "1" * 41}):
        assert (await me.patch(f"/api/tables/nodes/{node}/", json=given)).status_code == 422
    assert await _row(console, "nodes", node) == before


async def test_a_worker_and_an_employer_are_corrected_inside_the_links(console: Console) -> None:
    person, city = await console.worker(), console.city
    me = await console.at("station_manager", STATION)
    answer = await me.patch(f"/api/tables/workers/{person}/", json={"radius_km": 5, "transport": "ebike"})
    assert answer.status_code == 200, answer.text
    answer = await me.patch(f"/api/tables/employers/{city.fresh}/", json={"reverify_on": "2026-09-01"})
    assert answer.status_code == 200, answer.text
    assert (
        await me.patch(f"/api/tables/employers/{city.elsewhere}/", json={"reverify_on": "2026-09-01"})
    ).status_code == 404
    assert (await me.patch(f"/api/tables/workers/{person}/", json={"transport": "rocket"})).status_code == 422
    found = await console.owner("SELECT radius_km, transport FROM workers")
    assert [tuple(r) for r in found] == [(5, "ebike")]
    assert [
        r["reverify_on"].isoformat()
        for r in await console.owner("SELECT reverify_on FROM employers WHERE reverify_on IS NOT NULL")
    ] == ["2026-09-01"]
    assert Worker.__tablename__ in RULES
    assert Employer.__tablename__ in RULES
