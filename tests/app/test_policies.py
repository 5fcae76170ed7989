"""Policies over HTTP: reading, explaining, changing, and what a change means on the next request, in every process."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import sqlalchemy as sa
from served import served
from small_city import COUNTY, OTHER_COUNTY, OTHER_STATION, STATION

from linggong.kernel.audit import AuditRow
from linggong.kernel.db import SYSTEM
from linggong.kernel.events import Event
from linggong.kernel.paths import EVERYWHERE
from linggong.kernel.settings import Settings
from linggong.people import staff
from linggong.people.door_models import WebSession
from linggong.people.models import Staff
from rbac.models import CasbinRule, RoleAssignment
from rbac.policies import seed_policies
from tenants.moving import move_subtree

if TYPE_CHECKING:
    from conftest import TestDatabase

    from tests.app.conftest import Site

CITY = "/4102/"
OVERVIEW = {"role": "station_clerk", "object": "overview", "action": "read"}


async def rule_id(site: Site, *row: str) -> int:
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        columns = (CasbinRule.v0, CasbinRule.v1, CasbinRule.v2, CasbinRule.v3, CasbinRule.v4, CasbinRule.v5)
        found = await uow.session.scalar(
            sa.select(CasbinRule.id).where(*(c == v for c, v in zip(columns, row, strict=True)))
        )
    assert found is not None
    return found


async def another_post(site: Site, username: str, role: str, path: str) -> None:
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        member = (await uow.execute(sa.select(Staff.id).where(Staff.username == username))).scalar_one()
        await staff.assign(uow, member, role, path)


async def test_the_rules_are_listed_with_their_words(site: Site) -> None:
    bureau = await site.staff("city_bureau", CITY)
    found = (await bureau.get("/api/v1/policies")).json()
    assert len(found["rules"]) == len(list(seed_policies()))
    assert found["version"] >= 1
    assert found["inherits"] == [["station_manager", "station_clerk"]]
    clerks = (await bureau.get("/api/v1/policies", params={"role": "station_clerk", "object": "person"})).json()[
        "rules"
    ]
    assert {r["action"] for r in clerks} >= {"register", "read", "reveal"}
    assert clerks[0]["words"] == "允许驿站工作人员“登记零工”（任岗的地方和它下面）"
    denials = (await bureau.get("/api/v1/policies", params={"role": "county_operator", "object": "scorecard"})).json()
    assert [r["fixed"] != "" for r in denials["rules"] if r["effect"] == "deny"] == [True]


async def test_whoever_may_not_read_them_is_told_so(site: Site) -> None:
    clerk = await site.staff()
    for path in ("/api/v1/policies", "/office/policies", "/office/policies/explain"):
        assert (await clerk.get(path)).status_code == 403
    assert (await (await site.client()).get("/api/v1/policies")).status_code == 401
    auditor = await site.staff("auditor", CITY, "auditor1")
    assert (await auditor.get("/api/v1/policies")).status_code == 200
    assert (await auditor.post("/api/v1/policies", json=OVERVIEW)).status_code == 403


async def ask(client: httpx.AsyncClient, who: str, at: str, object_type: str, action: str) -> httpx.Response:
    return await client.get(
        "/api/v1/policies/explain", params={"staff": who, "at": at, "object": object_type, "action": action}
    )


async def test_an_explanation_names_the_rule_and_the_post(site: Site) -> None:
    await site.staff("station_manager", STATION, "manager1")
    admin = await site.staff("sysadmin", CITY, "admin1")
    yes = (await ask(admin, "manager1", STATION, "person", "register")).json()
    assert yes["allowed"] is True
    assert yes["rule"] == {
        "role": "station_clerk", "subtree": "*", "object": "person", "action": "register", "relation": "down",
        "effect": "allow", "words": "允许驿站工作人员“登记零工”（任岗的地方和它下面）", "inherited": True,
    }  # fmt: skip
    assert (yes["decided_at"]["role"], yes["decided_at"]["path"]) == ("station_manager", STATION)
    elsewhere = (await ask(admin, "manager1", OTHER_STATION, "person", "register")).json()
    assert (elsewhere["allowed"], elsewhere["reason"]) == (False, "elsewhere")
    nothing = (await ask(admin, "manager1", STATION, "case", "close")).json()
    assert (nothing["allowed"], nothing["reason"], nothing["rule"]) == (False, "no_rule", None)
    await another_post(site, "manager1", "auditor", OTHER_COUNTY)
    denied = (await ask(admin, "manager1", STATION, "person", "register")).json()
    assert (denied["reason"], denied["rule"]["role"], denied["decided_at"]["path"]) == (
        "denied",
        "auditor",
        OTHER_COUNTY,
    )
    assert "禁止优先" in denied["words"]


async def test_a_post_that_is_over_or_not_yet_explains_itself(site: Site) -> None:
    await site.staff("station_clerk", STATION, "clerk1")
    admin = await site.staff("sysadmin", CITY, "admin1")
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        member = sa.select(Staff.id).where(Staff.username == "clerk1").scalar_subquery()
        await uow.execute(sa.update(RoleAssignment).where(RoleAssignment.staff_id == member).values(ends_at=uow.now))
    over = (await ask(admin, "clerk1", STATION, "order", "read")).json()
    assert (over["allowed"], over["reason"]) == (False, "not_in_force")
    assert "2026-03-10 结束" in over["words"]
    assert (await ask(admin, "clerk1", STATION, "case", "close")).json()["reason"] == "no_post"


async def test_foreign_and_missing_staff_answer_alike(site: Site) -> None:
    await site.staff("station_clerk", OTHER_STATION, "foreign1")
    admin = await site.staff("sysadmin", COUNTY, "admin1")
    foreign = await ask(admin, "foreign1", STATION, "order", "read")
    missing = await ask(admin, "nobody1", STATION, "order", "read")
    assert foreign.status_code == missing.status_code == 404

    def body(answer: httpx.Response) -> dict[str, Any]:
        return {k: v for k, v in answer.json().items() if k not in {"request_id", "instance"}}

    assert body(foreign) == body(missing)
    bad = await ask(admin, "admin1", STATION, "crown", "wear")
    assert bad.status_code == 422
    assert (await ask(admin, "admin1", "/9999/", "order", "read")).status_code == 404


async def test_a_deny_of_a_post_outside_ones_area_counts_unnamed(site: Site) -> None:
    await site.staff("station_clerk", STATION, "clerk1")
    await another_post(site, "clerk1", "auditor", OTHER_COUNTY)
    admin = await site.staff("sysadmin", COUNTY, "admin1")
    found = (await ask(admin, "clerk1", STATION, "order", "review")).json()
    assert (found["allowed"], found["reason"]) == (False, "denied")
    assert (found["decided_at"]["role"], found["decided_at"]["path"]) == ("", "")
    who = await admin.get("/api/v1/policies/who", params={"at": STATION, "object": "order", "action": "review"})
    stopped = [w for w in who.json()["staff"] if w["username"] == "clerk1"]
    assert [(w["allowed"], w["denied_at"]["path"]) for w in stopped] == [(False, "")]


async def test_who_lists_only_staff_of_ones_own_area(site: Site) -> None:
    await site.staff("station_clerk", STATION, "clerk1")
    await site.staff("station_clerk", OTHER_STATION, "foreign1")
    await site.staff("county_operator", COUNTY, "operator1")
    await site.staff("county_bureau", OTHER_COUNTY, "foreign2")
    bureau = await site.staff("county_bureau", COUNTY, "bureau1")
    found = (
        await bureau.get("/api/v1/policies/who", params={"at": STATION, "object": "order", "action": "review"})
    ).json()
    assert {w["username"] for w in found["staff"]} == {"clerk1", "operator1", "bureau1"}
    assert found["may"] == 3
    elsewhere = await bureau.get(
        "/api/v1/policies/who", params={"at": OTHER_STATION, "object": "order", "action": "review"}
    )
    assert elsewhere.json()["staff"] == []
    one = await bureau.get(
        "/api/v1/policies/who", params={"at": STATION, "object": "order", "action": "review", "limit": 1}
    )
    assert (len(one.json()["staff"]), one.json()["may"]) == (1, 3)


async def test_a_change_is_previewed_made_recorded_and_in_force(site: Site) -> None:
    bureau = await site.staff("city_bureau", CITY, "bureau1")
    clerk = await site.staff("station_clerk", STATION, "clerk1")
    await site.staff("station_manager", STATION, "manager1")
    assert (await clerk.get("/api/v1/overview")).status_code == 403
    preview = (await bureau.get("/api/v1/policies/preview", params={"change": "add"} | OVERVIEW)).json()
    assert (preview["gives"], preview["staff"], preview["names"]) == (True, 1, ["李敏"])
    touched = {r["role"]: r["staff"] for r in preview["roles"]}
    assert touched == {"station_clerk": 1, "station_manager": 0}, "the manager has it by a rule of his own"
    made = await bureau.post("/api/v1/policies", json=OVERVIEW, params={"version": preview["version"]})
    assert made.status_code == 201, made.text
    assert (await clerk.get("/api/v1/overview")).status_code == 200, "on the next request"
    again = await bureau.post("/api/v1/policies", json=OVERVIEW)
    assert again.status_code == 409
    stale = await bureau.post(
        "/api/v1/policies", json=OVERVIEW | {"action": "export"}, params={"version": preview["version"]}
    )
    assert stale.status_code == 409, "somebody changed the rules since the preview"
    back = (await bureau.get("/api/v1/policies/preview", params={"change": "remove", "rule": made.json()["id"]})).json()
    assert (back["gives"], back["staff"]) == (False, 1)
    assert (await bureau.delete(f"/api/v1/policies/{made.json()['id']}")).status_code == 200
    assert (await clerk.get("/api/v1/overview")).status_code == 403
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        events = (
            (await uow.execute(sa.select(Event).where(Event.chain == "policies").order_by(Event.n))).scalars().all()
        )
        member = (await uow.execute(sa.select(Staff.id).where(Staff.username == "bureau1"))).scalar_one()
    assert [(e.type, e.actor_id, e.tenant) for e in events] == [
        ("policy.added", member, CITY),
        ("policy.removed", member, CITY),
    ]
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        trail = await uow.execute(
            sa.select(AuditRow)
            .where(AuditRow.table_name == "casbin_rule", AuditRow.op != "truncate")
            .order_by(AuditRow.id)
        )
        rows = trail.scalars().all()
    assert [(r.op, r.actor_id, r.role, r.channel) for r in rows] == [
        ("insert", member, "city_bureau", "api"),
        ("delete", member, "city_bureau", "api"),
    ]
    assert all(r.post_id is not None and r.request_id for r in rows), "with his post and request"
    assert {r.tenant for r in rows} == {"/"}, "rules hang on the top of the deployment"


async def test_a_deny_takes_and_stops_other_posts_too(site: Site) -> None:
    bureau = await site.staff("city_bureau", CITY, "bureau1")
    await site.staff("station_clerk", STATION, "clerk1")
    await another_post(site, "clerk1", "mediator", COUNTY)
    form = {"role": "mediator", "object": "order", "action": "review", "effect": "deny", "relation": "any"}
    preview = (await bureau.get("/api/v1/policies/preview", params={"change": "add"} | form)).json()
    assert preview["gives"] is False
    assert {r["role"]: r["staff"] for r in preview["roles"]} == {"mediator": 0, "station_clerk": 1}


@pytest.mark.parametrize(
    ("form", "status", "field"),
    [
        ({"role": "king", "object": "order", "action": "read"}, 422, "role"),
        ({"role": "mediator", "object": "crown", "action": "wear"}, 422, "action"),
        ({"role": "mediator", "object": "order", "action": "devour"}, 422, "action"),
        ({"role": "mediator", "object": "order", "action": "read", "relation": "beside"}, 422, "relation"),
        ({"role": "mediator", "object": "order", "action": "read", "effect": "maybe"}, 422, "effect"),
        ({"role": "mediator", "object": "order", "action": "read", "subtree": "/4102/99/"}, 422, "subtree"),
        ({"role": "mediator", "object": "order", "action": "read", "subtree": "4102"}, 422, "subtree"),
        ({"role": "anonymous", "object": "person", "action": "read"}, 422, "role"),
        ({"role": "worker", "object": "person", "action": "reveal"}, 422, "role"),
        ({"role": "county_bureau", "object": "policy", "action": "change"}, 403, ""),
        ({"role": "city_bureau", "object": "policy", "action": "change", "effect": "deny"}, 403, ""),
        ({"role": "anonymous", "object": "public", "action": "use", "effect": "deny", "relation": "any"}, 403, ""),
        ({"role": "mediator", "object": "case", "action": "read"}, 409, ""),
    ],
)
async def test_what_is_refused(site: Site, form: dict[str, str], status: int, field: str) -> None:
    bureau = await site.staff("city_bureau", CITY)
    answer = await bureau.post("/api/v1/policies", json=form)
    assert answer.status_code == status, answer.text
    if field:
        assert [e["field"] for e in answer.json()["errors"]] == [field]
    preview = await bureau.get("/api/v1/policies/preview", params={"change": "add"} | form)
    assert preview.status_code == status


async def test_foundations_are_not_removed(site: Site) -> None:
    bureau = await site.staff("city_bureau", CITY)
    for row in (
        ("city_bureau", "*", "policy", "change", "down", "allow"),
        ("anonymous", "*", "public", "use", "any", "allow"),
        ("auditor", "*", "person", "reveal", "any", "deny"),
        ("county_operator", "*", "scorecard", "assess", "any", "deny"),
    ):
        assert (await bureau.delete(f"/api/v1/policies/{await rule_id(site, *row)}")).status_code == 403, row
    assert (await bureau.delete("/api/v1/policies/999999")).status_code == 404
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        g = await uow.session.scalar(sa.select(CasbinRule.id).where(CasbinRule.ptype == "g"))
    assert (await bureau.delete(f"/api/v1/policies/{g}")).status_code == 404, "inheritance is not a rule to be removed"


async def test_a_city_bureau_of_one_place_changes_rules_of_that_place_only(site: Site) -> None:
    bureau = await site.staff("city_bureau", COUNTY)
    form = OVERVIEW | {"subtree": OTHER_COUNTY}
    assert (await bureau.post("/api/v1/policies", json=form)).status_code == 403
    assert (await bureau.post("/api/v1/policies", json=OVERVIEW)).status_code == 403, "nor the whole city's"
    assert (await bureau.post("/api/v1/policies", json=OVERVIEW | {"subtree": COUNTY})).status_code == 201
    of_all = await rule_id(site, "station_clerk", "*", "person", "reveal", "down", "allow")
    assert (await bureau.delete(f"/api/v1/policies/{of_all}")).status_code == 403


@asynccontextmanager
async def another_process(site: Site, dsn: str, folder: Path) -> AsyncIterator[tuple[Any, httpx.AsyncClient]]:
    """A second instance of the app on the same database, as another process would be."""
    settings = Settings.from_env({"LINGGONG_DATA_DIR": str(folder), "LINGGONG_POOL_SIZE": "2"})
    async with served(settings, dsn, site.city.secrets) as app:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://market.test") as client:
            yield app, client


@pytest.mark.parametrize("notices", [True, False], ids=["with notices", "notices lost"])
async def test_a_change_is_in_force_in_every_process(
    site: Site, blank: TestDatabase, tmp_path: Path, notices: bool
) -> None:
    bureau = await site.staff("city_bureau", CITY, "bureau1")
    clerk = await site.staff("station_clerk", STATION, "clerk1")
    async with another_process(site, blank.app_dsn, tmp_path) as (app, there):
        if not notices:
            await app.state.hub.stop()
        for name, value in clerk.cookies.items():
            there.cookies.set(name, value)
        for _ in range(3):
            assert (await there.get("/api/v1/overview")).status_code == 403
            made = await bureau.post("/api/v1/policies", json=OVERVIEW)
            assert (await there.get("/api/v1/overview")).status_code == 200
            await bureau.delete(f"/api/v1/policies/{made.json()['id']}")
        assert (await there.get("/api/v1/overview")).status_code == 403
        async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
            member = sa.select(Staff.id).where(Staff.username == "clerk1").scalar_subquery()
            await uow.execute(
                sa.update(RoleAssignment).where(RoleAssignment.staff_id == member).values(ends_at=uow.now)
            )
        assert (await there.get("/api/v1/me")).status_code == 401, "a revoked post is dead on the next request"


async def test_a_change_reaches_visitors_without_a_session(site: Site, blank: TestDatabase, tmp_path: Path) -> None:
    bureau = await site.staff("city_bureau", CITY, "bureau1")
    async with another_process(site, blank.app_dsn, tmp_path) as (app, there):
        await app.state.hub.stop()
        app.state.hub.connected.clear()
        assert (await there.get("/api/v1/nodes")).status_code == 200
        form = {"role": "anonymous", "object": "node", "action": "read", "effect": "deny", "relation": "any"}
        assert (await bureau.post("/api/v1/policies", json=form)).status_code == 201
        assert (await there.get("/api/v1/nodes")).status_code == 401


async def test_a_change_reaches_a_real_second_process(site: Site, blank: TestDatabase, tmp_path: Path) -> None:
    """A server of its own process, on the same database."""
    bureau = await site.staff("city_bureau", CITY, "bureau1")
    clerk = await site.staff("station_clerk", STATION, "clerk1")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "DATABASE_URL": blank.app_dsn, "LINGGONG_OWNER_DATABASE_URL": blank.owner_dsn, "LINGGONG_PORT": str(port),
        "LINGGONG_HOST": "127.0.0.1", "LINGGONG_DATA_DIR": str(tmp_path), "LINGGONG_WORKERS": "1",
    }  # fmt: skip
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "linggong", "serve", env=environment, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as there:
            for name, value in clerk.cookies.items():
                there.cookies.set(name, value)
            for _ in range(300):
                try:
                    if (await there.get("/health/live")).status_code == 200:
                        break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
            # The clock of this test stands still, the server's does not: its sessions must not be over.
            await _keep_alive(site)
            assert (await there.get("/api/v1/overview")).status_code == 403
            made = await bureau.post("/api/v1/policies", json=OVERVIEW)
            assert (await there.get("/api/v1/overview")).status_code == 200
            await bureau.delete(f"/api/v1/policies/{made.json()['id']}")
            assert (await there.get("/api/v1/overview")).status_code == 403
    finally:
        server.terminate()
        await asyncio.wait_for(server.wait(), 20)


async def _keep_alive(site: Site) -> None:
    """Let the sessions of the standing clock live at the machine's time, too."""
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        now = datetime.now(UTC)
        await uow.execute(sa.update(WebSession).values(seen_at=now, expires_at=now + timedelta(hours=1)))


async def test_a_move_takes_posts_and_limited_rules_along(site: Site, blank: TestDatabase) -> None:
    """The street moves to another county: its clerk and the rule that was limited to it follow on the next request."""
    bureau = await site.staff("city_bureau", CITY, "bureau1")
    clerk = await site.staff("station_clerk", STATION, "clerk1")
    street = "/4102/25/001/"
    assert (await bureau.post("/api/v1/policies", json=OVERVIEW | {"subtree": street})).status_code == 201
    assert (await clerk.get("/api/v1/overview", params={"path": STATION})).status_code == 200
    owner = await blank.owner()
    await move_subtree(owner, street, OTHER_COUNTY, actor_note="区划调整")
    await owner.close()
    moved = STATION.replace(COUNTY, OTHER_COUNTY)
    assert (await clerk.get("/api/v1/overview", params={"path": moved})).status_code == 200
    assert (await clerk.get("/api/v1/overview", params={"path": STATION})).status_code == 404
    found = (await bureau.get("/api/v1/policies", params={"role": "station_clerk", "object": "overview"})).json()
    assert [r["subtree"] for r in found["rules"]] == [street.replace(COUNTY, OTHER_COUNTY)]
