"""Which doors of the console open for whom: literal lists, whole."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from small_city import COUNTY, OTHER_STATION, STATION

import admin
from rbac.permissions import Permission
from rbac.roles import Role

if TYPE_CHECKING:
    from conftest import Console

_STAFF = ["staff", "role_assignments"]
_OPERATORS = ["operators", "operator_contracts", "operator_contract_nodes"]
_OUTSIDE = ["outside_desks"]
_PLACES = ["nodes", "node_photos", "screens", "memos", "memo_words", "letters", "letter_receipts"]
_SET = ["parameter_values", "public_texts", "directory_editions", "holiday_days", "node_populations", "site_closures", "site_hits", "trade_gaps",
        "weather_alerts", "map_outlines"]  # fmt: skip
_SERVED = ["persons", "workers", "consents", "service_links", "phone_recoveries", "reveals", "employers", "agencies",
           "import_batches", "merge_proposals"]  # fmt: skip
_HALL = [*_SERVED[:4], "tickets", *_SERVED[4:]]
"""Who reads a station's queue sees it beside the people it serves."""
_PAY = ["assignments", "pauses", "site_reports", "no_shows", "contract_files", "contract_consents", "ratings", "bills", "bill_lines",
        "payments", "wechat_transfers", "bill_holds", "journal_entries", "postings"]  # fmt: skip
_WORK = ["orders", "suspensions", "crews", "crew_members", "shifts", "terms_versions", "engagements", "terms_changes",
         "replacements", "call_backs", "weather_decisions"]  # fmt: skip
_COVER = ["cover_products", "cover_choices", "cover_policies", "cover_waivers"]
_TROUBLE = ["cases", "case_notes", "case_offers", "case_materials", "case_referrals", "mediators", "injuries",
            "injury_statements", "incidents"]  # fmt: skip
_ALL = {
    "人员与岗位": [*_STAFF, *_OPERATORS, *_OUTSIDE], "站点与参数": [*_PLACES, *_SET], "登记与服务": _HALL, "找活与用工": _WORK,
    "派工与工资": _PAY, "纠纷与安全": _TROUBLE, "系统": ["events"],
}  # fmt: skip
_COVERED = {
    **{k: v for k, v in _ALL.items() if k not in ("纠纷与安全", "系统")}, "登记与服务": _SERVED, "保险": _COVER, "纠纷与安全": _TROUBLE,
    "系统": ["events"],
}  # fmt: skip
SIDEBAR = {
    Role.STATION_MANAGER: (STATION, {**_ALL, "人员与岗位": [*_STAFF, *_OUTSIDE]}),
    Role.COUNTY_OPERATOR: (COUNTY, _ALL),
    Role.COUNTY_BUREAU: (COUNTY, _COVERED),
    Role.CITY_BUREAU: ("/4102/", _COVERED),
    Role.AUDITOR: ("/4102/", {**_COVERED, "登记与服务": _HALL, "系统": ["outside_calls", "events", "audit_log"]}),
    Role.SYSADMIN: (
        COUNTY,
        {
            "人员与岗位": [*_STAFF, *_OPERATORS, *_OUTSIDE],
            "站点与参数": [*_PLACES[:2], *(name for name in _SET if not name.startswith(("site_", "trade_")))],
            "系统": ["outside_calls"],
        },
    ),
}
FORMS = {
    Role.STATION_MANAGER: [],
    Role.COUNTY_OPERATOR: [],
    Role.COUNTY_BUREAU: ["设定参数", "关停站点"],
    Role.CITY_BUREAU: ["设定参数", "关停站点"],
    Role.AUDITOR: [],
    Role.SYSADMIN: ["结束登录", "重置动态码", "重发短信", "设定参数", "关停站点"],
}
SHUT = (
    (Role.STATION_CLERK, STATION), (Role.STREET_OPERATOR, "/4102/25/001/"), (Role.MEDIATOR, COUNTY),
    (Role.CITY_ANALYST, "/4102/"), (Role.DEPARTMENT_VIEWER, COUNTY), (Role.PII_OFFICER, COUNTY), (Role.INSURER, "/4102/"),
)  # fmt: skip


@pytest.mark.parametrize("role", list(SIDEBAR))
async def test_the_sidebar_shows_what_the_role_may_read_and_do(console: Console, role: Role) -> None:
    path, groups = SIDEBAR[role]
    me = await console.at(role.value, path)
    assert (await me.get("/api/tables/grouped/")).json() == {"grouped": groups, "ungrouped": []}
    assert (await me.get("/api/tables/")).json() == [name for names in groups.values() for name in names]
    assert [f["name"] for f in (await me.get("/api/forms/")).json()] == FORMS[role]


async def test_for_the_others_the_console_is_shut(console: Console) -> None:
    for role, path in SHUT:
        me = await console.at(role.value, path)
        for address in ("/", "/api/tables/", "/api/user/", "/public/meta/"):
            assert (await me.get(address)).status_code == 403, (role, address)


async def test_every_door_asks_its_own_permission(console: Console) -> None:
    """For six roles, each route answers 403 exactly when the role lacks what the route declares."""
    doors = [r for r in admin.routes() if r.permission is not Permission.CONSOLE_USE]
    assert len(doors) > 180
    for role, (path, _) in SIDEBAR.items():
        me = await console.at(role.value, path)
        decisions = console.app.state.decisions.current
        from linggong.people import sessions

        principal = await sessions.resolve(console.city.database, me.cookies["lg_session"])
        assert principal is not None
        from admin import pacing

        for door in doors:
            pacing._seen.clear()
            address = door.path.replace("{row_id}", str(uuid4())).replace("{key}", "0" * 32 + ".png")
            answer = await me.request(door.method, f"http://market.test{address}", json={})
            allowed = decisions.anywhere(principal, door.permission)
            assert (answer.status_code != 403) is allowed, (role, door, answer.status_code)


def test_routes_can_be_listed_for_the_proof() -> None:
    found = list(admin.routes())
    assert len(found) == len(set(found))
    assert all(r.path.startswith("/admin/") and isinstance(r.permission, Permission) for r in found)
    staff = {(r.method, r.path): r.permission for r in found if r.table == "staff"}
    assert staff == {
        ("GET", "/admin/api/tables/staff/"): Permission.STAFF_READ,
        ("GET", "/admin/api/tables/staff/count/"): Permission.STAFF_READ,
        ("GET", "/admin/api/tables/staff/ids/"): Permission.STAFF_READ,
        ("GET", "/admin/api/tables/staff/schema/"): Permission.STAFF_READ,
        ("GET", "/admin/api/tables/staff/references/"): Permission.STAFF_READ,
        ("GET", "/admin/api/tables/staff/{row_id}/"): Permission.STAFF_READ,
        ("POST", "/admin/api/export/staff/"): Permission.STAFF_EXPORT,
    }


async def test_a_person_and_an_employer_have_no_console(console: Console) -> None:
    from linggong.kernel.db import SYSTEM
    from linggong.kernel.paths import EVERYWHERE
    from linggong.people import sessions

    person = await console.worker()
    async with console.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        token = await sessions.create(uow, "person", person)
    me = await console.anybody(token)
    assert (await me.get("/")).status_code == 403
    assert (await me.get("/api/tables/")).status_code == 403


async def test_an_auditor_reads_everything_and_writes_nothing(console: Console) -> None:
    me = await console.at("auditor", "/4102/")
    node = await console.node(OTHER_STATION)
    assert (await me.get(f"/api/tables/nodes/{node}/")).status_code == 200
    assert (await me.patch(f"/api/tables/nodes/{node}/", json={"phone": "1"})).status_code == 403
    assert (await me.post("/api/tables/node_photos/", json={})).status_code == 403
