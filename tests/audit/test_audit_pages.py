"""The auditor's walk: figure, records, one record, the check; what he may not see, and who may not come in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx
import pytest
from browsing import Browsers
from small_city import COUNTY, OTHER_COUNTY, OTHER_STATION, STATION

from linggong.insight import trail
from linggong.insight.behind import FIGURES
from linggong.insight.overview import overview
from linggong.kernel import clock
from linggong.kernel.db import SYSTEM, Actor
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE, Scope, tenant_path
from linggong.people import sessions, staff
from linggong.web.audit.words import SEALED
from rbac.roles import GRANTABLE, HELD_AT, STAFF_ROLES, Role
from tenants import queries as tree

if TYPE_CHECKING:
    from conftest import Server, TestDatabase


async def office(browsers: Browsers, role: str = "auditor", post: str = COUNTY) -> httpx.AsyncClient:
    """The browser of a member of staff at a post."""
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        account = await staff.create_staff(uow, f"a{new_id().hex[-8:]}", "赵审", role, post, "dawn-at-the-bridge-5")
        return await browsers.anybody(await sessions.create(uow, "staff", account))


async def test_the_walk_from_a_figure_to_the_check(browsers: Browsers) -> None:
    order, _ = await browsers.post()
    auditor = await office(browsers)
    home = await auditor.get("/audit")
    assert home.status_code == 200
    assert "兰考县审计" in home.text
    href = re.search(r'href="(/audit/records\?figure=open_posts[^"]*)"', home.text)
    assert href is not None
    listed = await auditor.get(href[1].replace("&amp;", "&"))
    assert f"/audit/record/orders/{order}" in listed.text
    page = await auditor.get(f"/audit/record/orders/{order}")
    assert page.status_code == 200
    assert "谁改了什么" in page.text
    assert "新增" in page.text
    assert "招工中" in page.text, "values are named in Chinese"
    assert SEALED in page.text
    for hidden in ("王师傅", "13800000000", "phone_sealed"):
        assert hidden not in page.text
    checks = re.findall(r'href="(/audit/check\?[^"]*)"', page.text)
    assert len(checks) >= 2
    for check in checks:
        answer = await auditor.get(check.replace("&amp;", "&"))
        assert answer.status_code == 200
        assert "完好" in answer.text
        assert f"/audit/record/orders/{order}" in answer.text, "and back to the record"


async def test_the_check_names_the_row_that_was_changed(
    browsers: Browsers, blank: TestDatabase, server: Server
) -> None:
    order, _ = await browsers.post()
    root = await asyncpg.connect(server.info.superuser_dsn.rsplit("/", 1)[0] + f"/{blank.name}")
    await root.execute("SET session_replication_role = replica")
    row = await root.fetchrow(
        "UPDATE audit_log SET channel = 'x' WHERE table_name = 'orders' AND row_id = $1 AND op = 'insert' RETURNING chain, n",
        str(order),
    )
    await root.close()
    assert row is not None
    auditor = await office(browsers)
    query = {"log": "audit", "chain": str(row["chain"])}
    page = await auditor.get("/audit/check", params=query)
    assert "内容被改过" in page.text
    assert f"用工单 {order}" in page.text
    told = (await auditor.get("/api/v1/audit/check", params=query)).json()
    assert (told["whole"], told["faults"][0]["n"], told["faults"][0]["kind"]) == (False, row["n"], "altered")


async def test_the_auditor_of_another_county_finds_nothing(browsers: Browsers) -> None:
    """Foreign and missing ones answer alike, byte for byte."""
    order, _ = await browsers.post()
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        station = await tree.node(uow, STATION)
    foreign = await office(browsers, post=OTHER_COUNTY)
    own = await office(browsers)

    def bare(answer: httpx.Response) -> tuple[int, Any]:
        body = answer.json()
        return answer.status_code, {k: v for k, v in body.items() if k not in {"instance", "request_id"}}

    for there, nowhere in (
        (f"/api/v1/audit/records/orders/{order}", f"/api/v1/audit/records/orders/{new_id()}"),
        (f"/api/v1/audit/check?log=audit&chain={station.id}", f"/api/v1/audit/check?log=audit&chain={new_id()}"),
        (f"/api/v1/audit/check?log=events&chain=order:{order}", "/api/v1/audit/check?log=events&chain=order:none"),
    ):
        assert (await own.get(there)).status_code == 200, there
        answer = bare(await foreign.get(there))
        assert answer[0] == 404
        assert answer == bare(await foreign.get(nowhere)), there
    assert (await foreign.get("/audit", params={"path": COUNTY})).status_code == 404
    assert (await foreign.get(f"/audit/record/orders/{order}")).status_code == 404


@pytest.mark.parametrize("path", ["/audit", "/audit/records?figure=workers", "/api/v1/audit/anchors"])
async def test_the_door_is_closed_to_every_other_role(browsers: Browsers, path: str) -> None:
    for role in STAFF_ROLES:
        at = next((post for post in (STATION, COUNTY, "/4102/") if _held(role, post)), COUNTY)
        try:
            somebody = await office(browsers, str(role), at)
        except Exception as error:  # a role that may not be held at any place of the small city
            pytest.fail(f"{role} at {at}: {error}")
        want = 200 if role == Role.AUDITOR else 403
        assert (await somebody.get(path)).status_code == want, role
    worker = await browsers.worker()
    assert (await worker.get(path)).status_code == 403
    anybody = await browsers.anybody()
    assert (await anybody.get(path)).status_code in {303, 401}
    assert GRANTABLE


def _held(role: Any, post: str) -> bool:
    kind = {STATION: "station", COUNTY: "county", "/4102/": "city"}[post]
    return kind in HELD_AT[role]


async def test_strange_questions_are_refused(browsers: Browsers) -> None:
    auditor = await office(browsers)
    assert (await auditor.get("/audit/records?figure=none")).status_code == 422
    assert (await auditor.get("/api/v1/audit/records?figure=posts&days=900")).status_code == 422
    for path in ("web_sessions/x", "no_table/1", "audit_log/1"):
        assert (await auditor.get(f"/api/v1/audit/records/{path}")).status_code == 404
    assert (await auditor.get("/api/v1/audit/check?log=none&chain=x")).status_code == 404
    assert (await auditor.get("/api/v1/audit/check?log=audit&chain=x")).status_code == 404


async def test_a_persons_record_is_masked(browsers: Browsers) -> None:
    _, person = await browsers.person(1, "李国强")
    auditor = await office(browsers)
    listed = await auditor.get("/audit/records?figure=workers")
    assert f"/audit/record/persons/{person}" in listed.text
    assert "李**" in listed.text
    page = await auditor.get(f"/audit/record/persons/{person}")
    assert page.status_code == 200
    assert "李敏" not in page.text
    for hidden in ("李国强", "41022519680501", "1968-05-01"):
        assert hidden not in listed.text + page.text


async def test_the_records_are_as_many_as_the_figure_says(browsers: Browsers) -> None:
    await browsers.post()
    await browsers.post()
    await browsers.person(5)
    at = tenant_path(COUNTY)
    actor = Actor(kind="staff", id=new_id(), post=at, role="auditor")
    async with browsers.city.database.begin(actor, Scope(trees=(at,))) as uow:
        day = clock.business_date(uow.now)
        top = await tree.managed(uow, COUNTY)
        figures = (await overview(uow, top, day=day, days=7)).total.figures
        for key in FIGURES:
            found = await trail.records(uow, top, key, day=day, days=7)
            want = figures.overdue_people if key == "overdue" else getattr(figures, key)
            assert len(found.items) == want, key
    assert figures.open_posts == 2
    assert figures.workers == 1
    assert OTHER_STATION


async def test_a_look_at_a_number_is_in_the_trail(browsers: Browsers, blank: TestDatabase) -> None:
    """Every reveal leaves an audit row, with who looked, at which post and in which request."""
    _, person = await browsers.person(1)
    clerk = await browsers.clerk()
    answer = await clerk.post(
        f"/api/v1/workers/{person}/reveals",
        json={"purpose": "reach", "fields": ["phone"]},
        headers={"accept": "application/json"},
    )
    assert answer.status_code in {200, 201}, answer.text
    owner = await blank.owner()
    try:
        row = await owner.fetchrow("SELECT * FROM audit_log WHERE table_name = 'reveals'")
    finally:
        await owner.close()
    assert row is not None
    assert (row["op"], row["actor_kind"], row["role"], row["channel"], row["tenant"]) == (
        "insert", "staff", "station_clerk", "api", STATION,
    )  # fmt: skip
    assert row["request_id"] == answer.headers["x-request-id"]
    assert str(person) in row["after"]
