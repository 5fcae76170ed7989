"""Two counties at the console at once: nobody reads, writes or keeps anything of the other."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any

from small_city import COUNTY, OTHER_COUNTY, OTHER_STATION, STATION

from admin.catalogue import RULES
from admin.walls import as_sql, wall
from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from rbac.rowsecurity import declared

if TYPE_CHECKING:
    from conftest import Console

MINE = {"lk": COUNTY, "lt": OTHER_COUNTY}


async def _fill(console: Console) -> None:
    """Rows of both counties in what their people read."""
    await console.worker(1, STATION)
    await console.worker(2, OTHER_STATION)
    await console.owner(
        "INSERT INTO parameter_values (id, tenant, key, value, source, set_at) SELECT gen_random_uuid(), path, 'worker.min_age', '16', 'x', now() "
        "FROM nodes WHERE path IN ($1, $2)",
        STATION,
        OTHER_STATION,
    )


async def test_reads_and_writes_of_two_counties_interleaved(console: Console) -> None:
    """600 requests of four people over a pool of four, some of them cancelled: 0 rows leaked, nothing left in transaction."""
    await _fill(console)
    draw = random.Random(20260310)
    clients = {
        (side, role): await console.at(role, path)
        for side, path in MINE.items()
        for role in ("sysadmin", "county_bureau")
    }
    owned = {
        side: {
            str(r["id"])
            for table in ("staff", "role_assignments", "parameter_values")
            for r in await console.owner(f"SELECT id FROM {table} WHERE tenant LIKE $1", path + "%")
        }
        | {str(r["id"]) for r in await console.owner("SELECT id FROM nodes WHERE path LIKE $1", path + "%")}
        | {
            str(r["subject_id"])
            for r in await console.owner("SELECT subject_id FROM service_links WHERE tenant LIKE $1", path + "%")
        }
        for side, path in MINE.items()
    }
    assert not owned["lk"] & owned["lt"]
    stations = {"lk": await console.node(STATION), "lt": await console.node(OTHER_STATION)}
    lists = {
        "sysadmin": ["staff", "role_assignments", "nodes", "parameter_values"],
        "county_bureau": ["persons", "employers", "staff"],
    }
    leaks: list[Any] = []
    answered = {"read": 0, "written": 0, "refused": 0, "cancelled": 0}

    async def ask(n: int) -> None:
        side, role = draw.choice(list(clients))
        client, other = clients[side, role], "lt" if side == "lk" else "lk"
        kind = draw.random()
        if kind < 0.6:
            answer = await client.get(f"/api/tables/{draw.choice(lists[role])}/?__page_size=30&__readable=true")
            assert answer.status_code == 200, answer.text
            leaks.extend(r["id"] for r in answer.json()["rows"] if r["id"] in owned[other])
            answered["read"] += 1
        elif kind < 0.75:
            answer = await client.patch(f"/api/tables/nodes/{stations[side]}/", json={"phone": f"{side}-{n}"})
            assert answer.status_code == 200, answer.text
            answered["written"] += 1
        elif kind < 0.9:
            answer = await client.patch(f"/api/tables/nodes/{stations[other]}/", json={"phone": f"{side}-{n}"})
            assert answer.status_code == 404
            answered["refused"] += 1
        else:
            task = asyncio.create_task(client.get("/api/tables/nodes/?__page_size=30"))
            await asyncio.sleep(draw.random() * 0.02)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            answered["cancelled"] += 1

    # The pace is for people; this is a crowd.
    from admin import pacing

    for batch in range(40):
        pacing._seen.clear()
        await asyncio.gather(*(ask(batch * 15 + n) for n in range(15)))
    assert leaks == []
    assert min(answered.values()) > 20
    phones = await console.owner("SELECT path, phone FROM nodes WHERE phone IS NOT NULL")
    assert {(r["path"], r["phone"][:2]) for r in phones} == {(STATION, "lk"), (OTHER_STATION, "lt")}
    left = await console.owner(
        "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND usename = 'linggong_app' "
        "AND state LIKE 'idle in transaction%'"
    )
    assert left[0]["n"] == 0


async def test_every_table_shows_each_county_its_own_rows_only(console: Console) -> None:
    await _fill(console)
    one = await console.at("auditor", COUNTY)
    two = await console.at("auditor", OTHER_COUNTY)
    both = await console.at("auditor", "/4102/")
    for name in RULES:
        seen = []
        for client in (one, two, both):
            answer = await client.get(f"/api/tables/{name}/count/")
            assert answer.status_code == 200, (name, answer.text)
            rows = (await client.get(f"/api/tables/{name}/?__page_size=30")).json()["rows"]
            key = RULES[name].table.primary_key.columns[0].name
            seen.append({str(r[key]) for r in rows})
        assert not seen[0] & seen[1], name
        if name in {"staff", "nodes", "persons", "employers"}:
            assert seen[0], name
            assert seen[1], name
            assert seen[0] | seen[1] <= seen[2], name


async def test_the_second_wall_holds_with_row_security_open(console: Console) -> None:
    """The wall alone keeps the counties apart: asked as the owner, who is bound by no policy."""
    await _fill(console)
    visits: dict[str, Any] = {}

    for side, path in MINE.items():
        token = await console.token("auditor", path, f"auditor_{side}")
        from admin.context import Visit
        from linggong.people import sessions

        principal = await sessions.resolve(console.city.database, token)
        assert principal is not None
        state = console.app.state
        visits[side] = Visit(principal, state.decisions.current, state.database, state.secrets, state.settings, "r")
    for name, rule in RULES.items():
        inside = {}
        for side, visit in visits.items():
            clause = as_sql(wall(visit, rule.table, rule.read))
            key = rule.table.primary_key.columns[0].name
            inside[side] = {str(r["k"]) for r in await console.owner(f"SELECT {key} AS k FROM {name} WHERE {clause}")}
        assert not inside["lk"] & inside["lt"], name
    for name in ("staff", "nodes", "persons"):
        assert declared(RULES[name].table).cls in {"tenant", "city", "person"}


async def test_row_security_holds_with_the_second_wall_open(console: Console, monkeypatch: Any) -> None:
    import sqlalchemy as sa

    from admin import bridge

    await _fill(console)
    monkeypatch.setattr(bridge, "wall", lambda *_: sa.true())
    me = await console.at("county_bureau")
    for name in ("staff", "persons", "employers", "role_assignments", "events"):
        rows = (await me.get(f"/api/tables/{name}/?__page_size=30")).json()["rows"]
        assert rows
        foreign = await console.owner("SELECT id FROM staff WHERE username = 'zhaolei'")
        assert str(foreign[0]["id"]) not in {r["id"] for r in rows}
        assert len(rows) < (await console.owner(f"SELECT count(*) AS n FROM {name}"))[0]["n"], name


async def test_a_name_from_elsewhere_is_not_told(console: Console) -> None:
    """A row of ours that names somebody of theirs: the reference says that he is elsewhere."""
    zhao = await console.staff_of("zhaolei")
    await console.owner("UPDATE role_assignments SET granted_by = $1 WHERE tenant = $2", zhao, STATION)
    me = await console.at()
    rows = (await me.get("/api/tables/role_assignments/?__readable=true&role=station_clerk")).json()["rows"]
    assert [r["granted_by_readable"] for r in rows] == ["（不在您的范围内）"]


async def test_an_error_rolls_everything_back(console: Console) -> None:
    node = await console.node(STATION)
    before = (await console.owner("SELECT count(*) AS n FROM events"))[0]["n"]
    me = await console.at()
    answer = await me.post(
        "/api/forms/close-node/", json={"node_id": str(await console.node(COUNTY)), "reason": "没有人"}
    )
    assert answer.status_code == 409
    assert "下面还有没关停的地方" in answer.json()["detail"]
    assert (await console.owner("SELECT status FROM nodes WHERE id = $1", node))[0]["status"] == "open"
    assert (await console.owner("SELECT count(*) AS n FROM events WHERE type LIKE 'node.%'"))[0]["n"] == 0
    assert before >= 0
    async with console.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        assert uow.actor is SYSTEM
