"""The edge: permissions declared or no start, one transaction a request, problems in words, CSRF, idempotent writes."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import sqlalchemy as sa
import structlog
from litestar import Litestar, get
from litestar.exceptions import ImproperlyConfiguredException

from linggong.app import edge
from linggong.kernel import logs
from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.market.models import Order
from rbac.permissions import Permission

from .conftest import Site, good

if TYPE_CHECKING:
    from conftest import TestDatabase


def test_an_operation_without_permission_stops_the_start() -> None:
    @get("/forgot", sync_to_thread=False)
    def forgot() -> int:
        return 1

    @get("/said", sync_to_thread=False, opt={"permission": Permission.BOARD_READ})
    def said() -> int:
        return 1

    Litestar([said], plugins=[edge.DeclaredPermissions()], openapi_config=None)
    with pytest.raises(ImproperlyConfiguredException, match="no permission declared"):
        Litestar([forgot], plugins=[edge.DeclaredPermissions()], openapi_config=None)


async def test_every_operation_of_the_document_declares_its_permission(site: Site) -> None:
    client = await site.client()
    document = (await client.get("/api/schema/openapi.json")).json()
    assert len(document["paths"]) > 40
    for route in site.app.routes:
        for handler in getattr(route, "route_handlers", []):
            if handler.http_methods != {"OPTIONS"} and not route.path.startswith(edge.SCHEMA_PATH):
                assert isinstance(handler.opt["permission"], Permission), route.path


async def test_health_and_metrics(site: Site) -> None:
    client = await site.client()
    await asyncio.wait_for(site.app.state.hub.connected.wait(), 5)
    assert (await client.get("/health/live")).json() == {"status": "ok"}
    assert (await client.get("/health/ready")).status_code == 200
    text = (await client.get("/metrics")).text
    assert 'linggong_requests_total{method="GET",route="/health/ready",status="200"}' in text


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/api/v1/nothing", None, 404, "not-found"),
        ("PUT", "/api/v1/sign-in/code", {}, 405, "method-not-allowed"),
        ("GET", "/api/v1/session", None, 401, "not-signed-in"),
        ("POST", "/api/v1/orders", {}, 401, "not-signed-in"),
        ("POST", "/api/v1/sign-in/code", {"phone": 5, "extra": 1}, 422, "invalid"),
        ("POST", "/api/v1/sign-in/staff", {"username": "x", "password": "y"}, 401, "sign-in-failed"),
        ("GET", "/api/v1/orders/01a21897-ac78-7540-beef-5f6e88f91751", None, 401, "not-signed-in"),
        ("GET", "/api/v1/board?limit=0", None, 422, "invalid"),
        ("GET", "/api/v1/board?settlement=never", None, 400, "bad-filter"),
        ("GET", "/api/v1/board?cursor=junk", None, 422, "invalid"),
    ],
)
async def test_every_error_is_a_problem(
    site: Site, method: str, path: str, body: dict[str, object] | None, status: int, code: str
) -> None:
    client = await site.client()
    answer = await client.request(method, path, json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert problem["type"] == f"urn:linggong:problem:{code}"
    assert problem["status"] == status
    assert problem["request_id"]
    assert answer.headers["x-request-id"] == problem["request_id"]
    assert any("\u4e00" <= c <= "\u9fff" for c in problem["detail"])


async def test_all_faults_of_a_body_come_at_once(site: Site) -> None:
    client = await site.client()
    answer = await client.post("/api/v1/sign-in/staff", json={"username": "x" * 99, "password": 7, "more": 1})
    assert {e["field"] for e in answer.json()["errors"]} == {"username", "password", "more"}
    for junk in (b"{", b"[]", b'"x"', b"\xff\xfe", b"null"):
        answer = await client.post("/api/v1/sign-in/staff", content=junk, headers={"content-type": "application/json"})
        assert answer.status_code in {400, 422}, junk
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_of_ten_megabytes_is_refused(site: Site) -> None:
    client = await site.client()
    answer = await client.post(
        "/api/v1/sign-in/code", content=b"x" * 10_000_000, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:linggong:problem:too-large"


def order_body(site: Site, **changes: object) -> dict[str, object]:
    import msgspec

    form = {k: v for k, v in msgspec.to_builtins(good()).items() if v is not None}
    return {**form, "employer_id": str(site.city.fresh), "tenant": "/4102/25/001/s01/", **changes}


async def count(site: Site) -> int:
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        return int(await uow.session.scalar(sa.select(sa.func.count()).select_from(Order)) or 0)


async def test_a_cookie_session_needs_the_csrf_token(site: Site) -> None:
    clerk = await site.staff()
    token = clerk.headers.pop("x-csrf-token")
    assert (await clerk.post("/api/v1/orders", json=order_body(site))).status_code == 403
    clerk.headers["x-csrf-token"] = token[:-1] + ("0" if token[-1] != "0" else "1")
    assert (await clerk.post("/api/v1/orders", json=order_body(site))).status_code == 403
    assert await count(site) == 0
    clerk.headers["x-csrf-token"] = token
    assert (await clerk.post("/api/v1/orders", json=order_body(site))).status_code == 201
    assert (await clerk.get("/api/v1/session")).json()["csrf_token"] == token


async def test_the_same_key_writes_once(site: Site) -> None:
    clerk = await site.staff()
    key = {"idempotency-key": "desk-1-0001"}
    first = await clerk.post("/api/v1/orders", json=order_body(site), headers=key)
    again = await clerk.post("/api/v1/orders", json=order_body(site), headers=key)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    other = await clerk.post("/api/v1/orders", json=order_body(site, headcount=3), headers=key)
    assert other.status_code == 409
    bad = await clerk.post("/api/v1/orders", json=order_body(site), headers={"idempotency-key": "short"})
    assert bad.status_code == 422
    assert await count(site) == 1


async def test_the_same_key_at_the_same_time_writes_once(site: Site) -> None:
    clerk = await site.staff()
    answers = await asyncio.gather(
        *(
            clerk.post("/api/v1/orders", json=order_body(site), headers={"idempotency-key": "desk-1-0002"})
            for _ in range(3)
        )
    )
    assert {a.status_code for a in answers} == {201}
    assert len({a.json()["id"] for a in answers}) == 1
    assert await count(site) == 1


async def test_a_failed_request_leaves_nothing(site: Site, blank: TestDatabase) -> None:
    clerk = await site.staff()
    answer = await clerk.post("/api/v1/orders", json=order_body(site, submit=True, title="招小工，押金100"))
    assert answer.status_code == 422
    assert any(e["field"] == "title" for e in answer.json()["errors"])
    assert await count(site) == 0
    owner = await blank.owner()
    assert await owner.fetchval("SELECT count(*) FROM events WHERE type LIKE 'order.%'") == 0
    await owner.close()


async def test_foreign_and_missing_ids_answer_alike(site: Site) -> None:
    clerk = await site.staff()
    made = (await clerk.post("/api/v1/orders", json=order_body(site))).json()
    other = await site.staff(path="/4102/02/003/s01/", name="other")
    worker, _ = await site.worker()
    for client in (other, worker):
        foreign = await client.get(f"/api/v1/orders/{made['id']}")
        missing = await client.get(f"/api/v1/orders/{uuid4()}")
        strip = ("request_id", "instance")
        assert {k: v for k, v in foreign.json().items() if k not in strip} == {
            k: v for k, v in missing.json().items() if k not in strip
        }
        assert foreign.status_code == missing.status_code


async def test_the_board_answers_not_modified(site: Site) -> None:
    client = await site.client()
    first = await client.get("/api/v1/board")
    again = await client.get("/api/v1/board", headers={"if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


@pytest.fixture
def own_logs() -> Iterator[None]:
    """Give the logging back as it was: it is bound to this test's captured stderr."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.configure(**before)
    root.handlers[:], root.level = handlers, level


@pytest.mark.usefixtures("own_logs")
def test_logs_drop_fields_and_numbers_at_any_depth(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "INFO")
    phone, card, account, landline = "13812345678", "41022519680501001X", "6222021703001234567", "0371-22881234"
    log = structlog.get_logger("t")
    log.info(
        f"请打{phone}或 {phone[:3]} {phone[3:7]} {phone[7:]}，座机{landline}",
        items=[{"phone": phone, "kept": f"卡{account}。"}],
    )
    log.warning(
        "nested",
        context={"a": {"name": "瞿慕尧", "note": card, "n": 3}},
        count=int(phone),
        why=ValueError(f"bad {card}"),
    )
    logging.getLogger("lib").error("%s of %s", card, {"id": f"号{card}"})
    try:
        raise ValueError(f"no such number {phone}")
    except ValueError:
        log.exception("failed")
    log.info("kept", request_id="9f381234567812c5", fen=13812345, at="2026-03-10T05:10:00+08:00", path="/4102/25/001/")
    told = capsys.readouterr().err
    for canary in (phone, "138 1234 5678", card, account, landline, "瞿慕尧"):
        assert canary not in told, canary
    for kept in ('"n": 3', "9f381234567812c5", "13812345", "2026-03-10T05:10:00+08:00", "/4102/25/001/", "Traceback"):
        assert kept in told, kept


@pytest.mark.usefixtures("own_logs")
async def test_logs_hold_no_personal_data(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "INFO")
    structlog.get_logger("t").info(
        "canary", phone="13812345678", password="hunter2hunter2", note="call 13812345678 or 41022519680501001X now", n=5
    )
    client = await site.client()
    await client.post("/api/v1/sign-in/code", json={"phone": "13812345678"})
    await client.post("/api/v1/sign-in/staff", json={"username": "canary-user", "password": "canary-password"})
    err = capsys.readouterr().err
    assert '"n": 5' in err
    for canary in ("13812345678", "hunter2", "41022519680501001X", "canary-password"):
        assert canary not in err


async def test_api_description_is_valid_and_local(site: Site) -> None:
    client = await site.client()
    document = (await client.get("/api/schema/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert "http" not in json.dumps(document.get("servers", []))
    assert "/api/v1/orders/{order_id}/applications" in document["paths"]
