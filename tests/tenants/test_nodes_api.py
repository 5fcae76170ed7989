"""The tree over HTTP: addresses, shapes and permissions of the operations, on the services of the other tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from litestar import Litestar, Request, Response
from litestar.di import Provide

from linggong.kernel.db import ANONYMOUS, Database, UnitOfWork
from linggong.kernel.errors import LinggongError
from linggong.kernel.paths import EVERYWHERE
from rbac.permissions import Permission
from tenants.api import CONTROLLERS
from tests.tenants.conftest import staff

if TYPE_CHECKING:
    from conftest import TestDatabase

URL = "/api/v1/nodes"
Client = httpx.AsyncClient


def problem(_: Request[Any, Any, Any], error: LinggongError) -> Response[dict[str, Any]]:
    """The status of an error, as the app's own handler gives it."""
    return Response({"detail": error.detail, **error.extra}, status_code=error.status)


@pytest.fixture
async def client(city: Database) -> AsyncIterator[Client]:
    """Everybody reads as an anonymous visitor; changes are made by the county's bureau."""

    async def uow(request: Request[Any, Any, Any]) -> AsyncIterator[UnitOfWork]:
        reading = request.method == "GET" and not request.url.path.endswith("/parameters")
        actor, scope = (ANONYMOUS, EVERYWHERE) if reading else staff("/4102/25/")
        async with city.begin(actor, scope) as unit:
            yield unit

    app = Litestar(CONTROLLERS, dependencies={"uow": Provide(uow)}, exception_handlers={LinggongError: problem})
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://city.test") as found:
        yield found


async def test_reads(client: Client) -> None:
    top = (await client.get(URL)).json()["items"][0]
    assert (top["name"], top["path"], top["kind"]) == ("开封市", "/4102/", "city")
    for parent in (top["id"], "/4102/", "410200000000"):
        page = (await client.get(URL, params={"parent": parent, "limit": 1})).json()
        assert [n["name"] for n in page["items"]] == ["杞县"]
    page = (await client.get(URL, params={"parent": "/4102/", "cursor": page["next"]})).json()
    assert ([n["name"] for n in page["items"]], page["next"]) == (["兰考县"], None)
    found = (await client.get(URL, params={"parent": "/4102/25/001/", "kind": ["station", "counter"]})).json()
    assert [n["kind"] for n in found["items"]] == ["station"]
    assert [n["name"] for n in (await client.get(f"{URL}/counties")).json()] == ["杞县", "兰考县"]
    detail = (await client.get(f"{URL}/by-code/410225001000")).json()
    assert detail["regions"] == {"city": "开封市", "county": "兰考县", "street": "兰阳街道"}
    assert {c["kind"]: c["count"] for c in detail["below"]} == {"street": 1, "community": 1, "station": 1}
    assert (await client.get(f"{URL}/{detail['node']['id']}")).json() == detail


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (f"{URL}/by-code/410299999999", 404),
        (f"{URL}/by-code/x", 404),
        (f"{URL}/00000000-0000-0000-0000-000000000001", 404),
        (f"{URL}?parent=/9/", 404),
        (f"{URL}?kind=castle", 400),
        (f"{URL}?limit=0", 400),
        (f"{URL}?limit=101", 400),
        (f"{URL}?cursor=zzz", 422),
    ],
)
async def test_bad_reads(client: Client, url: str, status: int) -> None:
    assert (await client.get(url)).status_code == status


async def test_a_place_lives(client: Client) -> None:
    form = {"kind": "station", "parent": "/4102/25/001/", "name": "兰阳街道北街零工驿站"}
    made = await client.post(URL, json=form)
    assert (made.status_code, made.json()["status"]) == (201, "planned")
    one = f"{URL}/{made.json()['id']}"
    changed = await client.patch(one, json={"status": "building", "opening_hours": "05:00-12:00"})
    assert (changed.status_code, changed.json()["status_label"]) == (200, "在建")
    assert (await client.post(f"{one}/open", json={"on": "2026-03-01"})).json()["opened_on"] == "2026-03-01"
    assert (await client.post(f"{one}/close", json={"reason": ""})).status_code == 400
    assert (await client.post(f"{one}/close", json={"reason": "房屋到期"})).json()["status"] == "closed"
    assert (await client.post(f"{one}/close", json={"reason": "再来"})).status_code == 409
    assert (await client.post(URL, json={**form, "parent": "/4102/21/001/"})).status_code == 404
    assert (await client.post(URL, json={**form, "path": "/x/"})).status_code == 400


async def test_parameters(client: Client) -> None:
    county = (await client.get(f"{URL}/by-code/410225000000")).json()["node"]["id"]
    street = (await client.get(f"{URL}/by-code/410225001000")).json()["node"]["id"]
    city = (await client.get(f"{URL}/by-code/410200000000")).json()["node"]["id"]
    body = {"value": "2小时", "source": "兰考县通知"}
    put = await client.put(f"{URL}/{county}/parameters/t.lock", json=body)
    assert (put.status_code, put.json()["value"], put.json()["is_own"]) == (200, "2h", True)
    table = {line["key"]: line for line in (await client.get(f"{URL}/{street}/parameters")).json()}
    assert (table["t.lock"]["value"], table["t.lock"]["set_at_name"]) == ("2h", "兰考")
    assert (await client.get(f"{URL}/{city}/parameters")).status_code == 404
    assert (await client.put(f"{URL}/{city}/parameters/t.lock", json=body)).status_code == 404
    assert (await client.put(f"{URL}/{county}/parameters/no.such", json=body)).status_code == 422
    assert (await client.put(f"{URL}/{county}/parameters/t.lock", json={**body, "value": "x"})).status_code == 422
    gone = await client.delete(f"{URL}/{county}/parameters/t.lock")
    assert (gone.status_code, gone.json()["set_at_path"]) == (200, None)
    assert gone.json()["value"] == gone.json()["default"] == "60min"
    assert (await client.delete(f"{URL}/{county}/parameters/t.lock")).status_code == 404


async def test_a_refused_change_leaves_nothing(client: Client, blank: TestDatabase) -> None:
    county = (await client.get(f"{URL}/by-code/410225000000")).json()["node"]["id"]
    assert (
        await client.put(f"{URL}/{county}/parameters/t.lock", json={"value": "1h", "source": ""})
    ).status_code == 422
    owner = await blank.owner()
    assert await owner.fetchval("SELECT count(*) FROM parameter_values") == 0
    await owner.close()


async def nobody() -> None:
    """No request is made: only the routes are looked at."""


def test_permissions_whole() -> None:
    declared = {
        (method, route.path): handler.opt["permission"]
        for route in Litestar(CONTROLLERS, dependencies={"uow": Provide(nobody)}, openapi_config=None).routes
        for handler in getattr(route, "route_handlers", [])
        for method in handler.http_methods - {"OPTIONS"}
    }
    one = f"{URL}/{{node_id:uuid}}"
    assert declared == {
        ("GET", "/api/v1/populations"): Permission.NODE_READ,
        ("PUT", "/api/v1/populations"): Permission.NODE_MANAGE,
        ("GET", f"{one}/holidays"): Permission.NODE_READ,
        ("PUT", f"{one}/holidays/{{day:str}}"): Permission.PARAMETER_SET,
        ("DELETE", f"{one}/holidays/{{day:str}}"): Permission.PARAMETER_SET,
        ("GET", URL): Permission.NODE_READ,
        ("GET", f"{URL}/counties"): Permission.NODE_READ,
        ("GET", f"{URL}/by-code/{{code12:str}}"): Permission.NODE_READ,
        ("GET", one): Permission.NODE_READ,
        ("POST", URL): Permission.NODE_MANAGE,
        ("PATCH", one): Permission.NODE_MANAGE,
        ("POST", f"{one}/open"): Permission.NODE_MANAGE,
        ("POST", f"{one}/close"): Permission.NODE_MANAGE,
        ("GET", f"{one}/parameters"): Permission.PARAMETER_READ,
        ("PUT", f"{one}/parameters/{{key:str}}"): Permission.PARAMETER_SET,
        ("DELETE", f"{one}/parameters/{{key:str}}"): Permission.PARAMETER_SET,
    }
