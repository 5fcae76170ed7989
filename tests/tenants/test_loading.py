"""Every preset loads whole and fast, twice adds nothing, and nothing that people changed is overwritten."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import asyncpg
import pytest

from linggong.kernel.db import ANONYMOUS, Database
from linggong.kernel.errors import Conflict, NotFound
from tenants import commands, queries, service
from tenants.kinds import NodeKind
from tenants.loading import load_preset_into
from tenants.moving import move_subtree
from tenants.preset_files import Preset, load_preset
from tenants.views import NewNode

if TYPE_CHECKING:
    from conftest import TestDatabase

NAMES = ("jianning", "kaifeng", "longli", "shashi", "shaxian")
BROKEN_CHAINS = "SELECT count(*) FROM events e WHERE hash <> event_hash(prev_hash, e)"


def without(path: str) -> Preset:
    """The preset as an earlier release had it: one place fewer."""
    preset = load_preset("jianning")
    return replace(preset, nodes=tuple(node for node in preset.nodes if node.path != path))


def of_before(name: str) -> Preset:
    """The preset as it was before its city came above the county: the county is the top."""
    preset = load_preset(name)
    was = f"/{preset.home_node.code12 or ''}"[:7] + "/"

    def moved(path: str) -> str:
        return was + path.removeprefix(preset.home)

    nodes = tuple(
        replace(
            node,
            path=moved(node.path),
            parent_path=None if node.path == preset.home else moved(node.parent_path or ""),
            segment=was.strip("/") if node.path == preset.home else node.segment,
        )
        for node in preset.without_root().nodes
    )
    given = tuple(replace(item, path=moved(item.path)) for item in preset.parameters)
    return replace(preset, nodes=nodes, parameters=given, home=was, home_was="")


@pytest.mark.parametrize("name", NAMES)
async def test_a_preset_loads_whole_and_only_once(name: str, blank: TestDatabase) -> None:
    preset = load_preset(name)
    report = await commands.load(blank.owner_dsn, name)
    assert sum(report.nodes_added.values()) == len(preset.nodes)
    assert report.parameters_added == len(preset.parameters)
    assert (report.nodes_present, report.parameters_kept, report.top) == (0, 0, preset.top.path)
    assert report.name_warnings == 0
    owner = await blank.owner()
    rows = {row["path"]: row for row in await owner.fetch("SELECT * FROM nodes")}
    assert set(rows) == {node.path for node in preset.nodes}
    for node in preset.nodes:
        row = rows[node.path]
        assert (row["kind"], row["name"], row["short_name"]) == (node.kind.value, node.name, node.short_name)
        assert (row["division_code"], row["status"]) == (node.code12, node.build_status.value)
        assert row["point_is_demo"] is node.point_is_demo
        assert (row["latitude"] is None) == (node.latitude is None)
        assert json.loads(row["extra"]).get("made_up", False) is node.made_up
    counted = await owner.fetch("SELECT type, count(*) AS n, count(DISTINCT chain) AS chains FROM events GROUP BY type")
    assert {r["type"]: r["n"] for r in counted} == {
        "node.added": len(preset.nodes),
        "parameter.set": len(preset.parameters),
        **({"node.text_written": len(preset.texts)} if preset.texts else {}),
    }
    assert {r["chains"] for r in counted if r["type"] == "node.added"} == {len(preset.nodes)}
    assert await owner.fetchval("SELECT count(*) FROM events WHERE node_id IS DISTINCT FROM subject_id") == 0
    assert await owner.fetchval(BROKEN_CHAINS) == 0

    before = await owner.fetchval("SELECT md5(string_agg(n::text, '' ORDER BY id)) FROM nodes n")
    again = await load_preset_into(owner, name)
    assert (again.nodes_added, again.parameters_added) == ({}, 0)
    assert (again.nodes_present, again.parameters_kept) == (len(preset.nodes), len(preset.parameters))
    assert await owner.fetchval("SELECT md5(string_agg(n::text, '' ORDER BY id)) FROM nodes n") == before
    written = len(preset.nodes) + len(preset.parameters) + len(preset.texts)
    assert await owner.fetchval("SELECT count(*) FROM events") == written
    await owner.close()


async def test_kaifeng_loads_whole(blank: TestDatabase) -> None:
    report = await commands.load(blank.owner_dsn, "kaifeng")
    assert sum(report.nodes_added.values()) == 2742
    assert (report.nodes_added["county"], report.nodes_added["zone"]) == (9, 1)
    assert (report.nodes_added["street"], report.nodes_added["community"]) == (124, 2528)


async def test_a_second_load_keeps_what_people_changed(blank: TestDatabase, database: Database) -> None:
    owner = await blank.owner()
    # The release before had no counter yet.
    await load_preset_into(owner, without("/3504/30/w01/"))
    async with database.system() as uow:
        await service.set_parameter(uow, "/3504/30/", "market.min_staff", "5", "县里的新文件")
        await service.clear_parameter(uow, "/3504/30/", "premises.total_m2")
        await service.rename_node(uow, "/3504/30/101/s01/", "里心驿站（新）")
    await move_subtree(owner, "/3504/30/102/0001/", "/3504/30/101/", new_segment="0901", actor_note="区划调整")
    before = await owner.fetch("SELECT tenant, key, value, source FROM parameter_values ORDER BY 1, 2")

    report = await load_preset_into(owner, "jianning")
    assert report.nodes_added == {"counter": 1}
    assert report.parameters_added == 0
    assert await owner.fetch("SELECT tenant, key, value, source FROM parameter_values ORDER BY 1, 2") == before
    names = {r["path"]: r["name"] for r in await owner.fetch("SELECT path, name FROM nodes")}
    assert names["/3504/30/101/s01/"] == "里心驿站（新）"
    assert names["/3504/30/w01/"] == "建宁县灵活就业服务窗口"
    assert "/3504/30/102/0001/" not in names
    assert names["/3504/30/101/0901/p01/"] == "溪口镇溪口社区零工服务点"
    assert len(names) == len(load_preset("jianning").nodes)
    await owner.close()


async def test_what_is_missing_goes_below_where_its_parent_is_now(blank: TestDatabase) -> None:
    owner = await blank.owner()
    await load_preset_into(owner, without("/3504/30/102/0001/p01/"))
    await move_subtree(owner, "/3504/30/102/0001/", "/3504/30/101/", new_segment="0901", actor_note="区划调整")
    assert (await load_preset_into(owner, "jianning")).nodes_added == {"service_point": 1}
    name = await owner.fetchval("SELECT name FROM nodes WHERE path = '/3504/30/101/0901/p01/'")
    assert name == "溪口镇溪口社区零工服务点"
    await owner.close()


async def test_a_taken_path_is_not_taken_twice(blank: TestDatabase, database: Database) -> None:
    owner = await blank.owner()
    await load_preset_into(owner, without("/3504/30/w01/"))
    async with database.system() as uow:
        await service.add_node(uow, NewNode(parent="/3504/30/", kind=NodeKind.COUNTER, name="人社大厅灵活就业服务专区"))
    assert (await load_preset_into(owner, "jianning")).nodes_added == {"counter": 1}
    rows = await owner.fetch("SELECT path, name FROM nodes WHERE kind = 'counter' ORDER BY path")
    assert [tuple(r) for r in rows] == [
        ("/3504/30/w01/", "人社大厅灵活就业服务专区"),
        ("/3504/30/w02/", "建宁县灵活就业服务窗口"),
    ]
    await owner.close()


async def test_one_deployment_a_database(blank: TestDatabase) -> None:
    await commands.load(blank.owner_dsn, "longli")
    with pytest.raises(Conflict, match="龙里县"):
        await commands.load(blank.owner_dsn, "shashi")
    with pytest.raises(NotFound):
        await commands.load(blank.owner_dsn, "atlantis")


async def test_two_counties_of_one_city_are_two_deployments(blank: TestDatabase) -> None:
    await commands.load(blank.owner_dsn, "jianning")
    with pytest.raises(Conflict, match="建宁县"):
        await commands.load(blank.owner_dsn, "shaxian")


async def test_an_earlier_deployment_keeps_its_county_as_top(blank: TestDatabase, database: Database) -> None:
    owner = await blank.owner()
    before = of_before("jianning")
    assert (await load_preset_into(owner, before)).top == "/350430/"
    async with database.system() as uow:
        await service.rename_node(uow, "/350430/101/s01/", "里心驿站（新）")
    report = await commands.load(blank.owner_dsn, "jianning")
    assert (report.nodes_added, report.parameters_added, report.top) == ({}, 0, "/350430/")
    names = {r["path"]: r["name"] for r in await owner.fetch("SELECT path, name FROM nodes")}
    assert (len(names), names["/350430/101/s01/"]) == (len(before.nodes), "里心驿站（新）")
    async with database.begin(ANONYMOUS) as uow:
        assert await queries.seat(uow) == "/350430/"
    await owner.close()


async def test_a_county_that_came_under_a_city_is_still_known(blank: TestDatabase, database: Database) -> None:
    owner = await blank.owner()
    await load_preset_into(owner, of_before("jianning"))
    await owner.close()
    await commands.add(database, NewNode(kind=NodeKind.CITY, name="三明市", segment="3504", code12="350400000000"))
    report = await commands.move(blank.owner_dsn, "350430000000", "350400000000", new_segment="30", note="并入全市平台")
    assert report.moved_to == "/3504/30/"
    again = await commands.load(blank.owner_dsn, "jianning")
    assert (again.nodes_added, again.parameters_added, again.top) == ({}, 0, "/3504/")


async def test_a_failed_load_leaves_nothing(blank: TestDatabase) -> None:
    owner = await blank.owner()
    await owner.execute(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$; "
        "CREATE TRIGGER no BEFORE INSERT ON parameter_values FOR EACH ROW EXECUTE FUNCTION no()"
    )
    with pytest.raises(asyncpg.RaiseError):
        await load_preset_into(owner, "longli")
    assert await owner.fetchval("SELECT count(*) FROM nodes") == 0
    assert await owner.fetchval("SELECT count(*) FROM events") == 0
    await owner.close()


async def test_show_is_public(blank: TestDatabase, database: Database) -> None:
    await commands.load(blank.owner_dsn, "longli")
    lines = await commands.show(database)
    assert (lines[0].name, lines[0].depth) == ("黔南布依族苗族自治州", 0)
    assert lines[0].below == len(load_preset("longli").nodes) - 1
    assert {line.depth for line in lines} == {0, 1}
    whole = await commands.show(database, depth=9)
    assert {line.depth for line in whole} == {0, 1, 2, 3, 4}
    street = next(line for line in whole if line.kind is NodeKind.STREET)
    assert (await commands.show(database, street.code12, depth=0))[0].path == street.path
    with pytest.raises(NotFound):
        await commands.show(database, "/9999/")
    async with database.begin(ANONYMOUS) as uow:
        assert sum(c.count for c in await queries.subtree_counts(uow, street.path)) == street.below + 1
