"""The life of a place: adding, changing, opening, closing, reading; who may, and what is recorded."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import sqlalchemy as sa

from linggong.kernel.db import ANONYMOUS, Database
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.paths import EVERYWHERE, TenantPath
from linggong.market import closing
from tenants import commands, queries, service
from tenants.kinds import BuildStatus, NodeKind
from tenants.views import NewNode, NodeChanges
from tests.tenants.conftest import staff
from tests.tenants.rows import order_with_all, people

if TYPE_CHECKING:
    from conftest import TestDatabase

    from linggong.kernel.db import UnitOfWork

K = NodeKind
CITY, LANKAO, QI, STREET = "/4102/", "/4102/25/", "/4102/21/", "/4102/25/001/"


def station(**given: Any) -> NewNode:
    return NewNode(**{"parent": STREET, "kind": K.STATION, "name": "兰阳街道北街零工驿站", **given})


async def events_of(blank: TestDatabase, path: str) -> list[tuple[str, dict[str, Any]]]:
    owner = await blank.owner()
    rows = await owner.fetch(
        "SELECT e.type, e.body FROM events e JOIN nodes n ON e.chain = 'node:' || n.id::text "
        "WHERE n.path = $1 ORDER BY e.n",
        path,
    )
    await owner.close()
    return [(row["type"], msgspec.json.decode(row["body"])) for row in rows]


async def test_a_bureau_adds_below_itself(city: Database, blank: TestDatabase) -> None:
    async with city.begin(*staff(LANKAO)) as uow:
        node = await service.add_node(uow, station(latitude=34.8, longitude=114.8, status=BuildStatus.OPEN))
    assert (node.path, node.classification, node.status) == ("/4102/25/001/s02/", "station", "open")
    assert (node.point_is_demo, node.opened_on is not None) == (False, True)
    async with city.begin(ANONYMOUS) as uow:
        shown = await queries.node(uow, node.id)
        assert (shown.kind_label, shown.status_label, shown.short_name) == ("零工驿站", "已开办", node.short_name)
        assert await queries.node(uow, node.path) == shown
    assert await events_of(blank, node.path) == [
        ("node.added", {"code12": None, "kind": "station", "name": node.name, "status": "open"})
    ]


@pytest.mark.parametrize("parent", [QI, CITY, "/4102/25/888/", "x", None])
async def test_foreign_and_missing_parents_are_not_found(city: Database, parent: str | None) -> None:
    with pytest.raises(NotFound):
        async with city.begin(*staff(LANKAO)) as uow:
            kind = K.CITY if parent is None else K.STATION
            await service.add_node(uow, station(parent=parent, kind=kind))


async def test_row_security_holds_when_the_scope_is_wrong(city: Database) -> None:
    actor, _ = staff(LANKAO)
    with pytest.raises((NotFound, sa.exc.DBAPIError)):
        async with city.begin(actor, EVERYWHERE) as uow:
            await service.add_node(uow, station(parent="/4102/21/001/"))
    async with city.begin(ANONYMOUS) as uow:
        assert not (await queries.children(uow, "/4102/21/001/")).items


async def test_all_faults_of_a_form_at_once(city: Database) -> None:
    async with city.system() as uow:
        with pytest.raises(Invalid) as refused:
            await service.add_node(
                uow,
                station(
                    kind=K.COMMUNITY, parent=LANKAO, name="\u200b\x07", code12="410225001000", segment="001",
                    status=BuildStatus.CLOSED, latitude=34.0,
                ),
            )  # fmt: skip
    faults = [(f.field, f.code) for f in refused.value.faults]
    assert faults == [
        ("name", "characters"), ("kind", "joint"), ("status", "status"), ("latitude", "point"), ("segment", "taken"),
        ("code12", "taken"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "兰阳街道零工驿站"}, "name"),
        ({"code12": "410225001204"}, "code12"),
        ({"kind": K.COMMUNITY, "code12": "410225002000"}, None),
        ({"kind": K.STREET, "parent": LANKAO, "code12": "410225002001"}, "code12"),
        ({"kind": K.CONTACT_POINT, "parent": LANKAO}, "kind"),
    ],
)
async def test_each_fault(city: Database, given: dict[str, Any], field: str | None) -> None:
    async with city.system() as uow:
        if field is None:
            await service.add_node(uow, station(**given))
            return
        with pytest.raises(Invalid) as refused:
            await service.add_node(uow, station(**given))
    assert [f.field for f in refused.value.faults] == [field]


async def test_segments_come_from_codes_and_numbers(city: Database) -> None:
    async def add(**given: Any) -> str:
        async with city.system() as uow:
            return (await service.add_node(uow, station(**given))).path

    assert await add(kind=K.COMMUNITY, name="甲社区", code12="410225001207") == f"{STREET}0207/"
    assert await add(kind=K.STREET, parent=LANKAO, name="乙镇", code12="410225103000") == f"{LANKAO}103/"
    # A street that came from elsewhere with the digits of one that is here.
    assert await add(kind=K.STREET, parent=LANKAO, name="丙镇", code12="410221001000") == f"{LANKAO}001a/"
    assert await add(kind=K.ZONE, parent=CITY, name="示范区") == f"{CITY}z01/"
    assert await add(name="一号零工驿站") == f"{STREET}s02/"
    assert await add(name="二号零工驿站") == f"{STREET}s03/"


async def test_two_clerks_adding_at_once_get_two_segments(city: Database) -> None:
    async def add(name: str) -> str:
        async with city.begin(*staff(LANKAO)) as uow:
            return (await service.add_node(uow, station(name=name))).path

    found = await asyncio.gather(*(add(f"兰阳街道{n}号零工驿站") for n in "甲乙丙丁"))
    assert sorted(found) == [f"{STREET}s0{n}/" for n in range(2, 6)]


async def test_one_code_under_two_parents_at_once(city: Database) -> None:
    async def add(parent: str) -> object:
        try:
            async with city.begin(*staff(parent)) as uow:
                await service.add_node(uow, NewNode(parent=parent, kind=K.STREET, name="新设镇", code12="410225999000"))
                await asyncio.sleep(0.1)
            return "added"
        except (Conflict, Invalid) as error:
            return type(error)

    assert sorted(map(str, await asyncio.gather(add(LANKAO), add(QI))))[-1] == "added"
    async with city.begin(ANONYMOUS) as uow:
        assert (await queries.node(uow, "410225999000")).name == "新设镇"


async def test_odd_names_are_recorded_not_refused(blank: TestDatabase, database: Database) -> None:
    await commands.load(blank.owner_dsn, "jianning")
    street = "/3504/30/102/"
    node = await commands.add(database, NewNode(parent=street, kind=K.STATION, name="兴旺劳务中心"))
    assert [w.split("|")[:2] for w in node.name_warnings] == [["R022", "pattern"]]
    async with database.system() as uow:
        better = await service.rename_node(uow, node.id, "溪口镇家门口就业服务站")
        assert (better.name_warnings, better.short_name) == ([], "溪口镇家门口就业服务站")
    said = await events_of(blank, node.path)
    assert [kind for kind, _ in said] == ["node.added", "node.renamed"]
    assert said[1][1]["from"]["name"] == "兴旺劳务中心"


async def test_changes(city: Database, blank: TestDatabase) -> None:
    path = f"{STREET}s01/"
    async with city.begin(*staff(LANKAO)) as uow:
        await service.change_node(uow, path, NodeChanges(latitude=34.81, longitude=114.82, phone="0371-2220000"))
        await service.change_node(uow, path, NodeChanges(phone=None))
        await service.change_node(uow, path, NodeChanges(phone=None))
    async with city.begin(ANONYMOUS) as uow:
        shown = await queries.node(uow, path)
    assert (shown.latitude, shown.phone, shown.point_is_demo) == (34.81, None, False)
    assert [kind for kind, _ in await events_of(blank, path)] == ["node.added", "node.changed", "node.changed"]
    for changes, field in (
        (NodeChanges(latitude=34.8), "latitude"),
        (NodeChanges(address="a\u202eb"), "address"),
        (NodeChanges(name="\x00"), "name"),
        (NodeChanges(short_name=" "), "short_name"),
        (NodeChanges(opened_on=date(2100, 1, 1)), "opened_on"),
    ):
        async with city.system() as uow:
            with pytest.raises(Invalid) as refused:
                await service.change_node(uow, path, changes)
            assert [f.field for f in refused.value.faults] == [field]
    for foreign in (QI, CITY):
        with pytest.raises(NotFound):
            async with city.begin(*staff(LANKAO)) as uow:
                await service.change_node(uow, foreign, NodeChanges(name="我们的"))


async def test_a_place_is_planned_built_opened_closed_and_opened_again(city: Database, blank: TestDatabase) -> None:
    async with city.system() as uow:
        node = await service.add_node(uow, station())
        await service.change_node(uow, node.id, NodeChanges(status=BuildStatus.BUILDING))
        with pytest.raises(Conflict, match="开办"):
            await service.change_node(uow, node.id, NodeChanges(status=BuildStatus.OPEN))
        await service.open_node(uow, node.id, date(2026, 3, 1))
        with pytest.raises(Conflict, match="不用再开"):
            await service.open_node(uow, node.id)
        await service.close_node(uow, node.id, "房屋到期")
        with pytest.raises(Conflict, match="不用再关"):
            await service.close_node(uow, node.id)
        assert node.closed_on is not None
        with pytest.raises(Conflict):
            await service.change_node(uow, node.id, NodeChanges(status=BuildStatus.PLANNED))
        await service.open_node(uow, node.id)
        assert (node.closed_on, node.opened_on) == (None, date(2026, 3, 1))
    said = await events_of(blank, node.path)
    assert [kind for kind, _ in said] == ["node.added", "node.changed", "node.opened", "node.closed", "node.opened"]
    assert said[3][1] == {"from": "open", "reason": "房屋到期", "to": "closed"}


async def test_closing_is_refused_with_every_reason(city: Database, blank: TestDatabase) -> None:
    closing.register()
    owner = await blank.owner()
    order = (await order_with_all(owner, f"{STREET}s01/", None, *(await people(owner))))["order"]
    actor, scope = staff(LANKAO)
    with pytest.raises(Conflict) as refused:
        async with city.begin(actor, scope) as uow:
            await service.close_node(uow, STREET, "撤销")
    assert refused.value.extra["reasons"] == [
        "下面还有没关停的地方（裕禄社区、兰阳街道零工驿站），请先关停它们",
        "还有 1 个用工订单没有结束，请先办结",
    ]
    with pytest.raises(Conflict, match="1 个用工订单"):
        async with city.begin(actor, scope) as uow:
            await service.close_node(uow, f"{STREET}s01/", "撤销")
    await owner.execute("UPDATE orders SET state = 'O_CLOSED' WHERE id = $1", order)
    async with city.begin(actor, scope) as uow:
        for path in (f"{STREET}s01/", f"{STREET}0203/", STREET):
            await service.close_node(uow, path, "撤销")
    with pytest.raises(Conflict, match="上级“兰阳街道”已经关停"):
        async with city.begin(actor, scope) as uow:
            await service.open_node(uow, f"{STREET}s01/")
    with pytest.raises(Invalid, match="已经关停"):
        async with city.begin(actor, scope) as uow:
            await service.add_node(uow, station())
    with pytest.raises(Conflict, match="最上级"):
        async with city.system() as uow:
            await service.close_node(uow, CITY)
    await owner.close()


async def test_a_foreign_place_does_not_close(city: Database) -> None:
    for path in (QI, "/4102/21/001/", CITY, "410221100000", "nonsense"):
        with pytest.raises(NotFound):
            async with city.begin(*staff(LANKAO)) as uow:
                await service.close_node(uow, path, "x")


async def test_reads_are_public(city: Database) -> None:
    async with city.begin(ANONYMOUS) as uow:
        assert [n.name for n in (await queries.children(uow, None)).items] == ["开封市"]
        assert [n.name for n in await queries.counties(uow)] == ["杞县", "兰考县"]
        assert (await queries.node(uow, "410225001203")).path == f"{STREET}0203/"
        assert await queries.region_names(uow, f"{STREET}s01/") == {
            "city": "开封市", "county": "兰考县", "street": "兰阳街道",
        }  # fmt: skip
        assert await queries.names(uow, [LANKAO, QI, "/9/"]) == {LANKAO: "兰考", QI: "杞县"}
        assert await queries.names(uow, []) == {}
        counts = {(c.kind, c.status): c.count for c in await queries.subtree_counts(uow, LANKAO)}
        assert counts[K.STATION, BuildStatus.OPEN] == 1
        assert sum(counts.values()) == 4
        for ref in ("410299999999", "/4102/99/", "x", "'; --"):
            with pytest.raises(NotFound):
                await queries.node(uow, ref)


async def test_children_page_by_cursor_and_kind(city: Database) -> None:
    async with city.system() as uow:
        for n in range(7):
            await service.add_node(uow, station(name=f"{n}号零工驿站"))

    async def page(uow: UnitOfWork, cursor: str | None) -> tuple[list[str], str | None]:
        found = await queries.children(uow, STREET, kinds=[K.STATION], cursor=cursor, limit=3)
        return [TenantPath(n.path)[len(STREET) : -1] for n in found.items], found.next

    async with city.begin(ANONYMOUS) as uow:
        first, cursor = await page(uow, None)
        second, cursor = await page(uow, cursor)
        third, cursor = await page(uow, cursor)
        assert [first, second, third] == [["s01", "s02", "s03"], ["s04", "s05", "s06"], ["s07", "s08"]]
        assert cursor is None
        with pytest.raises(Invalid):
            await page(uow, "not a cursor")
