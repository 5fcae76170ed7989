"""Cover over HTTP and on pages: products, told before work, top-up, waiver by two people, the rate, the callback, resending."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from browsing import browsers
from signing import both_sign
from small_city import COUNTY, OTHER_COUNTY, START, STATION, City

from linggong.cover import line, protocol
from linggong.cover.insurer import HttpInsurer
from linggong.cover.standin import InProcess, StandIn
from linggong.kernel import clock, outbox
from linggong.kernel.db import SYSTEM, Actor
from linggong.kernel.outbox import OutsideCall
from linggong.kernel.paths import EVERYWHERE
from linggong.people import sessions, staff
from linggong.work import attend

from .conftest import BASIC, TOPUP, offer_products

if TYPE_CHECKING:
    from browsing import Browsers

__all__ = ["browsers"]
API = "/api/v1"
PRODUCT = {
    "place": COUNTY, "code": "LK-1", "name": "兰考基本险", "insurer": "某财险", "kind": "basic", "payer": "government",
    "premium_day_fen": 150, "death_fen": 10_000_000, "medical_fen": 1_000_000, "min_age": 16, "max_age": 70,
    "classes": [1, 2, 3, 4],
}  # fmt: skip


async def call(client: httpx.AsyncClient, method: str, path: str, status: int, body: Any = None) -> Any:
    answer = await client.request(method, API + path, json=body, headers={"accept": "application/json"})
    assert answer.status_code == status, answer.text
    return answer.json()


async def office(browsers: Browsers, role: str, path: str, name: str) -> httpx.AsyncClient:
    """A browser of staff at a post."""
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        account = await staff.create_staff(uow, name, "李敏", role, path, "dawn-at-the-bridge-5")
        return await browsers.anybody(await sessions.create(uow, "staff", account))


@pytest.fixture
async def wire(city: City) -> AsyncIterator[InProcess]:
    """The stand-in, reached as the worker process reaches it, with the app's own key."""
    key = city.secrets.sign("insurer", "shared key").encode()
    made = InProcess(StandIn(key))
    client = HttpInsurer("http://insurer.test", key, transport=made)
    line.use(client, city.secrets.sealer)
    yield made
    line.use(None, None)
    await client.aclose()


async def test_products_are_the_bureaus(browsers: Browsers) -> None:
    bureau = await office(browsers, "county_bureau", COUNTY, "bureau")
    clerk = await office(browsers, "station_clerk", STATION, "clerk1")
    made = await call(bureau, "POST", "/cover/products", 201, PRODUCT)
    await call(bureau, "POST", "/cover/products", 409, PRODUCT)
    await call(bureau, "POST", "/cover/products", 404, PRODUCT | {"place": OTHER_COUNTY})
    await call(clerk, "POST", "/cover/products", 403, PRODUCT)
    bad = PRODUCT | {"code": " ", "min_age": 15, "classes": [7], "payer": "employer", "death_fen": 0, "max_hours": 0}
    faults = await call(bureau, "POST", "/cover/products", 422, bad)
    assert {e["field"] for e in faults["errors"]} == {"code", "max_age", "classes", "payer", "death_fen", "max_hours"}
    for wrong in ({"premium_day_fen": -1}, {"premium_day_fen": 10**12}, {"classes": "x"}):
        assert (await bureau.post(f"{API}/cover/products", json=PRODUCT | wrong)).status_code in (400, 422)
    worker = await browsers.worker()
    listed = await call(worker, "GET", f"/cover/products?place={STATION}", 200)
    assert [p["code"] for p in listed] == ["LK-1"]
    assert await call(worker, "GET", f"/cover/products?place={OTHER_COUNTY}", 200) == []
    changed = {k: v for k, v in PRODUCT.items() if k != "place"} | {"active": False}
    await call(bureau, "PUT", f"/cover/products/{made['id']}", 200, changed)
    await call(bureau, "PUT", f"/cover/products/{uuid4()}", 404, changed)
    assert await call(worker, "GET", f"/cover/products?place={STATION}", 200) == []


async def test_the_whole_way_of_one_who_is_too_old(browsers: Browsers, city: City, wire: InProcess) -> None:
    """Path f over HTTP: told before, refused, employer warned, worker told, both agree: waiver; then the contract."""
    await offer_products(city, BASIC, TOPUP)
    order_id, _ = await browsers.post()
    worker, boss = await browsers.worker(), await browsers.boss(city.trusted)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await uow.execute(sa.text("UPDATE persons SET birth_date = '1958-05-01'"))
    told = await call(worker, "GET", f"/orders/{order_id}/cover", 200)
    assert (told["can"], told["why_not"]) == (False, "年龄67岁，只保16到65岁")
    assert "你不能参保" in (await worker.get(f"/orders/{order_id}")).text
    assert (await call(boss, "GET", f"/orders/{order_id}/cover", 200))["can"] is None
    assert (await call(boss, "PUT", f"/orders/{order_id}/cover", 200, {"topup": "ZJ-B1"}))["code"] == "ZJ-B1"
    await call(worker, "PUT", f"/orders/{order_id}/cover", 403, {"topup": ""})
    engagement = f"/engagements/{(await call(worker, 'POST', f'/orders/{order_id}/applications', 201, {}))['id']}"
    await call(boss, "POST", f"{engagement}/offer", 200, {})
    await call(worker, "POST", f"{engagement}/confirm", 200, {"terms_version": 1})
    found = await call(worker, "GET", f"{engagement}/cover", 200)
    assert (found["state"], [p["refused_code"] for p in found["policies"]]) == ("refused", ["age", "age"])
    await call(worker, "POST", f"{engagement}/cover/waiver", 403, {"reason": "我不要"})
    await call(boss, "POST", f"{engagement}/cover/waiver", 422, {"reason": ""})
    asked = await call(boss, "POST", f"{engagement}/cover/waiver", 201, {"reason": "超过承保年龄"})
    text = asked["waiver"]["text_hash"]
    assert "看清再决定" in (await worker.get("/my/jobs")).text
    page = await worker.get(f"/cover/orders/{order_id}")
    assert "没有保险公司赔" in page.text
    await call(boss, "POST", f"{engagement}/cover/waiver/acknowledgement", 409, {"text_hash": text})
    await call(worker, "POST", f"{engagement}/cover/waiver/acknowledgement", 409, {"text_hash": "00"})
    done = await call(worker, "POST", f"{engagement}/cover/waiver/acknowledgement", 201, {"text_hash": text})
    assert done["state"] == "waived"
    assert await outbox.work(city.database, line.SYSTEM) == 0
    await call(
        await office(browsers, "station_clerk", "/4102/02/003/s01/", "elsewhere"), "GET", f"{engagement}/cover", 404
    )


async def test_the_rate_counts_cover_at_the_check_in(browsers: Browsers, city: City, wire: InProcess) -> None:
    """M15: two checked in, one covered; the other's cover came after his check-in and counts for nothing."""
    await offer_products(city, BASIC)
    order_id, _ = await browsers.post()
    boss = await browsers.boss(city.trusted)
    bureau = await office(browsers, "county_bureau", COUNTY, "bureau1")
    before = await call(bureau, "GET", "/cover/rate?first=2026-03-11&last=2026-03-11", 200)
    assert (before["checked_in"], before["rate"]) == (0, None)
    here = []
    for n, mode in enumerate(("good", "fail")):
        token, worker_id = await browsers.person(n)
        worker = await browsers.anybody(token)
        mine = await call(worker, "POST", f"/orders/{order_id}/applications", 201, {})
        await call(boss, "POST", f"/engagements/{mine['id']}/offer", 200, {})
        confirmed = await call(worker, "POST", f"/engagements/{mine['id']}/confirm", 200, {"terms_version": 1})
        wire.standin.behave(mode)
        await outbox.work(city.database, line.SYSTEM)
        me = Actor(kind="worker", id=worker_id, role="worker"), EVERYWHERE
        await both_sign(city.database, UUID(mine["id"]), me, city.employer(city.trusted))
        here.append((worker, confirmed["shifts"][0]["id"]))
    city.clock.move_to(START - timedelta(minutes=20))
    for worker, shift in here:
        code = attend.arrival_code(city.secrets, order_id, clock.business_date(START))
        await call(worker, "POST", f"/assignments/{shift}/arrive", 200, {"method": "code", "code": code})
    city.clock.advance(timedelta(minutes=1))
    wire.standin.behave("good")
    assert await outbox.work(city.database, line.SYSTEM) == 1
    bureau, insurer = (
        await office(browsers, "county_bureau", COUNTY, "bureau2"),
        await office(browsers, "insurer", "/4102/", "insurer1"),
    )
    found = await call(insurer, "GET", "/cover/rate?first=2026-03-11&last=2026-03-11", 200)
    assert (found["checked_in"], found["covered"], found["covered_government"], found["uncovered"]) == (2, 1, 1, 1)
    assert found["rate"] == 0.5
    await call(bureau, "GET", f"/cover/rate?path={OTHER_COUNTY}", 404)
    await call(bureau, "GET", "/cover/rate?first=2026-03-11&last=2026-03-01", 422)
    await call(boss, "GET", "/cover/rate", 403)


async def test_the_callback_takes_signed_answers_only(browsers: Browsers, city: City, wire: InProcess) -> None:
    await offer_products(city, BASIC)
    order_id, _ = await browsers.post()
    worker, boss = await browsers.worker(), await browsers.boss(city.trusted)
    mine = await call(worker, "POST", f"/orders/{order_id}/applications", 201, {})
    await call(boss, "POST", f"/engagements/{mine['id']}/offer", 200, {})
    await call(worker, "POST", f"/engagements/{mine['id']}/confirm", 200, {"terms_version": 1})
    wire.standin.behave("pending", 1)
    await outbox.work(city.database, line.SYSTEM)
    (body,) = wire.later
    anybody = await browsers.anybody()
    door = protocol.CALLBACK_PATH
    assert (await anybody.post(door, content=body)).status_code == 403
    headers = wire.standin.callback_headers(body)
    assert (await anybody.post(door, content=body + b" ", headers=headers)).status_code == 403
    first = await anybody.post(door, content=body, headers=headers)
    assert (first.status_code, first.json()) == (200, {"heard": "first"})
    assert (await anybody.post(door, content=body, headers=headers)).json() == {"heard": "again"}
    lie = msgspec.json.encode(
        msgspec.structs.replace(msgspec.json.decode(body, type=protocol.Reply), reference=str(uuid4()))
    )
    assert (await anybody.post(door, content=lie, headers=wire.standin.callback_headers(lie))).status_code == 404
    assert (await call(worker, "GET", f"/engagements/{mine['id']}/cover", 200))["state"] == "active"


async def test_a_dead_letter_stands_on_the_page_and_is_sent_again(
    browsers: Browsers, city: City, wire: InProcess
) -> None:
    await offer_products(city, BASIC)
    order_id, _ = await browsers.post()
    worker, boss = await browsers.worker(), await browsers.boss(city.trusted)
    mine = await call(worker, "POST", f"/orders/{order_id}/applications", 201, {})
    await call(boss, "POST", f"/engagements/{mine['id']}/offer", 200, {})
    await call(worker, "POST", f"/engagements/{mine['id']}/confirm", 200, {"terms_version": 1})
    wire.standin.behave("fail")
    for _ in range(10):
        assert await outbox.work(city.database, line.SYSTEM) == 1
        city.clock.advance(timedelta(minutes=31))
    admin = await office(browsers, "sysadmin", COUNTY, "admin1")
    other = await office(browsers, "sysadmin", OTHER_COUNTY, "admin2")
    page = (await admin.get("/office/outside")).text
    assert "没送到（1）" in page
    assert "重发" in page
    (dead,) = (await call(admin, "GET", "/outside-calls", 200))["items"]
    assert (dead["system_words"], dead["attempts"], dead["state"]) == ("保险公司", 10, "dead")
    assert (await call(other, "GET", "/outside-calls", 200))["items"] == []
    await call(other, "POST", f"/outside-calls/{dead['id']}/resend", 404)
    clerk = await office(browsers, "station_clerk", STATION, "clerk1")
    await call(clerk, "POST", f"/outside-calls/{dead['id']}/resend", 403)
    wire.standin.behave("good")
    again = await admin.post(f"/office/outside/{dead['id']}/resend", data={})
    assert again.status_code == 303
    await call(admin, "POST", f"/outside-calls/{dead['id']}/resend", 409)
    assert await outbox.work(city.database, line.SYSTEM) == 1
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        assert (
            await uow.session.scalar(sa.select(OutsideCall.state).where(OutsideCall.id == UUID(dead["id"])))
            == "answered"
        )


async def test_the_pages_of_the_bureau_and_of_the_order(browsers: Browsers, city: City) -> None:
    """A product by form, its faults all at once, a change; the employer's choice; a clerk's view; nobody else's."""
    bureau = await office(browsers, "county_bureau", COUNTY, "bureau1")
    typed = {
        "path": COUNTY, "code": "LK-1", "name": "兰考基本险", "insurer": "某财险", "kind": "topup", "payer": "employer",
        "premium_day_fen": "1.5", "death_fen": "100000", "medical_fen": "10000", "min_age": "16", "max_age": "70",
        "max_hours": "12", "before_minutes": "60", "after_minutes": "60", "classes": ["1", "4"], "active": "1",
    }  # fmt: skip
    assert (await bureau.post("/office/cover/products", data=typed | {"premium_day_fen": "很便宜"})).status_code == 422
    wrong = await bureau.post("/office/cover/products", data=typed | {"max_age": "10", "payer": "government"})
    assert wrong.status_code == 422
    assert "最小的不能比最大的大" in wrong.text
    assert "保险不能让零工出钱" in wrong.text
    assert (await bureau.post("/office/cover/products", data=typed)).status_code == 303
    shown = (await bureau.get("/office/cover")).text
    assert "LK-1" in shown
    product = shown.partition("product=")[2].partition("#")[0]
    assert 'value="1.50"' in (await bureau.get(f"/office/cover?product={product}")).text
    changed = await bureau.post(f"/office/cover/products/{product}", data=typed | {"name": "改了名"})
    assert changed.status_code == 303
    assert "改了名" in (await bureau.get("/office/cover")).text
    insurer = await office(browsers, "insurer", "/4102/", "insurer1")
    seen = (await insurer.get("/office/cover")).text
    assert "参保率" in seen
    assert "上架产品" not in seen
    order_id, _ = await browsers.post()
    boss = await browsers.boss(city.trusted)
    page = f"/cover/orders/{order_id}"
    assert "LK-1" in (await boss.get(page)).text
    refused = await boss.post(f"{page}/choose", data={"topup": "nothing"})
    assert refused.status_code == 422
    assert "没有这个加保产品" in refused.text
    assert (await boss.post(f"{page}/choose", data={"topup": "LK-1"})).status_code == 303
    assert 'value="LK-1" checked' in (await boss.get(page)).text
    assert (await (await browsers.clerk()).get(page)).status_code == 200
    assert (await (await browsers.anybody()).get(page)).status_code in (303, 401)
    elsewhere = await browsers.boss(city.elsewhere, 901)
    assert "雇主加保" not in (await elsewhere.get(page)).text
    assert (await elsewhere.post(f"{page}/choose", data={"topup": ""})).status_code == 404
