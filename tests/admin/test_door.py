"""The console's door: without a session, permission, place or token of ours nothing is told and nothing is written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import piccolo_admin
from small_city import OTHER_STATION, STATION

import admin
from admin import patches

if TYPE_CHECKING:
    from conftest import Console


async def test_missing_and_foreign_ids_answer_alike(console: Console) -> None:
    me = await console.at()
    foreign = await console.staff_of("zhaolei")
    answers = []
    for row_id in (foreign, uuid4(), "abc", "0", "None"):
        for verb in ("get", "patch"):
            table = "staff" if verb == "get" else "nodes"
            target = row_id if verb == "get" or row_id != foreign else await console.node(OTHER_STATION)
            answer = await getattr(me, verb)(
                f"/api/tables/{table}/{target}/", **({"json": {"phone": "1"}} if verb == "patch" else {})
            )
            body = re.sub(r'"(instance|request_id)":"[^"]*"', "", answer.text)
            answers.append((answer.status_code, body))
    assert len(set(answers)) == 1
    assert answers[0][0] == 404


async def test_asking_needs_the_permission_before_existence(console: Console) -> None:
    person = await console.worker()
    me = await console.at()
    known = await me.get(f"/api/tables/persons/{person}/")
    unknown = await me.get(f"/api/tables/persons/{uuid4()}/")
    assert known.status_code == unknown.status_code == 403


async def test_what_is_not_on_the_list_does_not_exist(console: Console) -> None:
    me = await console.at()
    for path in (
        "/openapi.json", "/docs/", "/api/docs/", "/api/openapi.json", "/public/openapi.json", "/public/docs/",
        "/public/login/", "/api/change-password/", "/api/mfa-setup/", "/api/tables/staff_credentials/",
        "/api/tables/web_sessions/", "/api/tables/one_time_codes/", "/api/media-files/staff/name/x",
        "/assets/..%2fendpoints.py",
    ):  # fmt: skip
        for verb in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            assert (await me.request(verb, path)).status_code == 404, (verb, path)


async def test_without_a_session_nothing_answers(console: Console) -> None:
    nobody, stale = await console.anybody(), await console.anybody("no-such-session")
    for route in admin.routes():
        address = "http://market.test" + route.path.replace("{row_id}", str(uuid4())).replace("{name}", "x.js")
        address = address.replace("{language}", "zh-CN").replace("{key}", "x.jpg")
        for client in (nobody, stale):
            assert (await client.request(route.method, address)).status_code == 401, route


async def test_an_expired_session_leads_to_our_sign_in(console: Console) -> None:
    nobody = await console.anybody()
    answer = await nobody.get("/", headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/staff?next=/admin/")
    bundle = patches.patched(next((Path(piccolo_admin.__file__).parent / "dist/assets").glob("*.js")).read_text())
    assert (
        'status==401){const o=e.$route.path;o.startsWith("/login")||(console.log("Login required"),setTimeout(function(){LG.login()'
        in bundle
    )


async def test_exactly_admin_leads_to_its_slash(console: Console) -> None:
    me = await console.at()
    answer = await me.get("http://market.test/admin")
    assert (answer.status_code, answer.headers["location"]) == (308, "/admin/")


async def test_a_write_needs_our_csrf_token_and_piccolos_cookie_means_nothing(console: Console) -> None:
    node = await console.node(STATION)
    me = await console.at()
    for headers in ({"x-csrf-token": ""}, {"x-csrf-token": "f" * 64}):
        assert (await me.patch(f"/api/tables/nodes/{node}/", json={"phone": "1"}, headers=headers)).status_code == 403
    me.cookies.set("csrftoken", "theirs")
    del me.headers["x-csrf-token"]
    answer = await me.patch(f"/api/tables/nodes/{node}/", json={"phone": "1"}, headers={"X-CSRFToken": "theirs"})
    assert answer.status_code == 403
    assert (await console.owner("SELECT phone FROM nodes WHERE id = $1", node))[0]["phone"] is None
