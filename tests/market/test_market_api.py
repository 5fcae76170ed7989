"""The market's operations over HTTP: declared permissions, answers, ETags, uploads."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import Litestar, Request, Response
from litestar.di import Provide

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Invalid, LinggongError
from linggong.kernel.settings import Settings
from linggong.market import api, review
from rbac.permissions import Permission

from .conftest import City, good
from .test_importing import ROW, csv_of, good_uscc


class Edge:
    """The least of an edge: one transaction a request, for whoever the header names, committed before the answer."""

    def __init__(self, city: City, settings: Settings) -> None:
        self.city = city
        self.units: list[UnitOfWork] = []
        self.app = Litestar(
            route_handlers=list(api.CONTROLLERS),
            dependencies={
                "uow": Provide(self.uow),
                "database": Provide(lambda: city.database, sync_to_thread=False),
                "secrets": Provide(lambda: city.secrets, sync_to_thread=False),
                "settings": Provide(lambda: settings, sync_to_thread=False),
            },
            after_request=self.commit,
            exception_handlers={LinggongError: self.problem},
            signature_namespace={"Database": Database, "Secrets": Secrets, "Settings": Settings},
            openapi_config=None,
        )

    async def uow(self, request: Request[Any, Any, Any]) -> UnitOfWork:
        await self.close()  # what a refused request left open; requests come one after the other here
        who = {"clerk": self.city.clerk, "colleague": self.city.colleague, "other": self.city.other_clerk}
        name = request.headers.get("x-who", "employer")
        uow = await self.city.database.open(*who.get(name, self.city.employer()))
        self.units.append(uow)
        return uow

    async def commit(self, response: Response[Any]) -> Response[Any]:
        for uow in self.units:
            await (uow.commit() if (response.status_code or 500) < 400 else uow.rollback())
        await self.close()
        return response

    async def close(self) -> None:
        for uow in self.units:
            await uow.close()
        self.units.clear()

    @staticmethod
    def problem(request: Request[Any, Any, Any], error: LinggongError) -> Response[Any]:
        faults = [[f.field, f.message] for f in error.faults] if isinstance(error, Invalid) else []
        return Response({"detail": error.detail, "errors": faults, **error.extra}, status_code=error.status)


@pytest.fixture
async def client(city: City, tmp_path: Any) -> AsyncIterator[httpx.AsyncClient]:
    edge = Edge(city, Settings(data_dir=tmp_path, upload_max_bytes=50_000))
    transport = httpx.ASGITransport(app=edge.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://city.test") as http:
        yield http
    await edge.close()


def body(**changes: Any) -> dict[str, Any]:
    form = {k: v for k, v in msgspec.to_builtins(good()).items() if v is not None}
    return form | changes


def test_every_operation_declares_its_permission() -> None:
    app = Litestar(
        route_handlers=list(api.CONTROLLERS),
        dependencies={
            n: Provide(lambda: None, sync_to_thread=False) for n in ("uow", "database", "secrets", "settings")
        },
        openapi_config=None,
    )
    handlers = [h for route in app.routes for h in getattr(route, "route_handlers", [])]
    named = {
        (m, h.handler_name): h.opt.get("permission") for h in handlers for m in h.http_methods if m not in ("OPTIONS",)
    }
    assert len(named) == 15  # three pairs share a name
    assert all(isinstance(p, Permission) for p in named.values())
    assert named["POST", "approve"] is Permission.ORDER_REVIEW
    assert named["POST", "create"] is Permission.ORDER_CREATE
    assert named["POST", "import_posts"] is Permission.ORDER_IMPORT


async def test_from_draft_to_board(client: httpx.AsyncClient, city: City) -> None:
    made = await client.post("/api/v1/orders", json=body())
    assert made.status_code == 201, made.text
    order_id = made.json()["id"]
    assert "phone" not in made.text
    assert made.json()["state"] == "O_DRAFT"
    changed = await client.patch(f"/api/v1/orders/{order_id}", json={"headcount": 4, "clear": ["description"]})
    assert (changed.json()["headcount"], changed.json()["description"]) == (4, "")
    assert (await client.post(f"/api/v1/orders/{order_id}/submit")).json()["state"] == "O_REVIEW"
    queue = await client.get("/api/v1/review-queue", headers={"x-who": "clerk"})
    assert [line["id"] for line in queue.json()["items"]] == [order_id]
    approved = await client.post(
        f"/api/v1/orders/{order_id}/approve", json={"call_back": "reached"}, headers={"x-who": "clerk"}
    )
    assert approved.json()["state"] == "O_OPEN"
    page = await client.get("/api/v1/board", params={"q": "搬砖", "date": "2026-03-11", "limit": 5})
    assert [line["order_id"] for line in page.json()["items"]] == [order_id]
    again = await client.get("/api/v1/board", params={"q": "搬砖"}, headers={"if-none-match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    one = await client.get(f"/api/v1/board/{made.json()['trace_code']}")
    assert one.json()["terms"]["work"]["headcount"] == 4
    assert (await client.post(f"/api/v1/orders/{order_id}/refresh", json={})).status_code == 200
    repeated = await client.post(f"/api/v1/orders/{order_id}/repeat", json={"work_date": "2026-03-20"})
    assert (repeated.status_code, repeated.json()["repeat_of"]) == (201, order_id)
    listed = await client.get("/api/v1/orders", params={"state": "O_OPEN"})
    assert [line["id"] for line in listed.json()["items"]] == [order_id]
    assert (await client.post(f"/api/v1/orders/{order_id}/phone")).status_code == 404
    called = await client.post(f"/api/v1/orders/{order_id}/phone", headers={"x-who": "clerk"})
    assert called.json() == {"name": "王师傅", "phone": "13800000000"}
    cancelled = await client.post(f"/api/v1/orders/{order_id}/cancel", json={"reason": "employer"})
    assert cancelled.json()["state"] == "O_CANCELLED"


async def test_return_and_recheck(client: httpx.AsyncClient, city: City) -> None:
    made = await client.post("/api/v1/orders", json=body(submit=True))
    path = f"/api/v1/orders/{made.json()['id']}"
    sent = await client.post(f"{path}/return", json={"reasons": ["pay"]}, headers={"x-who": "clerk"})
    assert (sent.status_code, sent.json()["review_note"]) == (200, "工钱没说清或太低")
    trusted = body(submit=True, employer_id=str(city.trusted))
    passed = await client.post("/api/v1/orders", json=trusted, headers={"x-who": "clerk"})
    assert passed.json()["state"] == "O_OPEN"
    recheck = f"/api/v1/orders/{passed.json()['id']}/recheck"
    assert (await client.post(recheck, json={}, headers={"x-who": "colleague"})).status_code == 200


async def test_refusals(client: httpx.AsyncClient, city: City) -> None:
    faulty = await client.post("/api/v1/orders", json=body(title="😀", pay_fen=1, submit=True))
    assert faulty.status_code == 422
    assert {f for f, _ in faulty.json()["errors"]} >= {"title", "pay_fen"}
    assert (await client.post("/api/v1/orders", json=body(), headers={"x-who": "clerk"})).status_code == 422
    made = (await client.post("/api/v1/orders", json=body())).json()["id"]
    foreign = await client.get(f"/api/v1/orders/{made}", headers={"x-who": "other"})
    missing = await client.get(f"/api/v1/orders/{UUID(int=1)}", headers={"x-who": "other"})
    assert (foreign.status_code, foreign.content) == (missing.status_code, missing.content) == (404, missing.content)
    assert (await client.post("/api/v1/orders", json=body(pay_unit="year"))).status_code == 400
    assert (await client.post("/api/v1/orders", json=body(nonsense=1))).status_code == 400
    assert (await client.post("/api/v1/orders", json=body(starts_at="2026-03-11T07:30:00"))).status_code == 400
    assert (await client.get("/api/v1/board", params={"trade": "x"})).status_code == 400
    unknown = await client.get("/api/v1/board", params={"tarde": "6-29-99-00"})
    assert (unknown.status_code, "tarde" in unknown.text) == (400, True)
    assert (await client.get("/api/v1/board", params={"limit": 1000})).status_code == 400
    assert (await client.get("/api/v1/orders", params={"state": "O_NO"})).status_code == 422


async def test_trades_and_titles(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/trades", params={"q": "贴砖"})).json()[0]["code"] == "6-29-04-01"
    assert (await client.get("/api/v1/classify", params={"title": "招贴砖师傅"})).json()[0]["code"] == "6-29-04-01"
    assert (await client.get("/api/v1/classify")).status_code == 400


async def test_upload(client: httpx.AsyncClient, city: City) -> None:
    async def send(data: bytes, name: str = "posts.csv") -> Any:
        return await client.post(
            "/api/v1/orders/import", files={"data": (name, data, "text/csv")}, headers={"x-who": "clerk"}
        )

    refused = await send(csv_of(ROW | {"用工主体证号": good_uscc(7), "人数": "0"}))
    assert refused.status_code == 422
    assert {f for f, _ in refused.json()["errors"]} == {"rows.2.人数", "rows.2.用工主体证号"}
    assert "人数" in base64.b64decode(refused.json()["annotated"]).decode("utf-8-sig")
    assert (await send(b"x" * 60_000)).status_code == 413


def test_the_reviewer_is_given_every_reason() -> None:
    assert all(review.RETURN_REASONS.values())
