"""The loop over HTTP, as a worker's, an employer's and a clerk's program walk it through the whole app."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import pytest
from browsing import browsers
from small_city import START, City

from linggong.kernel import clock, timers
from linggong.people import messages
from linggong.work import attend

if TYPE_CHECKING:
    from browsing import Browsers

__all__ = ["browsers"]
API = "/api/v1"


async def call(client: httpx.AsyncClient, method: str, path: str, status: int, body: Any = None) -> Any:
    answer = await client.request(method, API + path, json=body, headers={"accept": "application/json"})
    assert answer.status_code == status, answer.text
    return answer.json()


async def last_code(city: City) -> str:
    """The code in the newest message."""
    text = (await messages.recent(city.database, city.secrets.sealer, 1))[0].text
    return re.search(r"验证码 (\d{6})", text)[1]


async def test_the_main_line(browsers: Browsers, city: City) -> None:
    order_id, _ = await browsers.post()
    worker, boss = await browsers.worker(), await browsers.boss(city.trusted)
    mine = await call(worker, "POST", f"/orders/{order_id}/applications", 201, {})
    engagement = f"/engagements/{mine['id']}"
    assert mine["actions"] == ["withdraw"]
    roster = await call(boss, "GET", f"/orders/{order_id}/roster", 200)
    assert [(w["worker_name"], w["actions"]) for w in roster] == [("李师傅", ["decline", "offer"])]
    assert "phone" not in str(roster)
    await call(worker, "POST", f"{engagement}/contact", 409)
    await call(boss, "POST", f"{engagement}/offer", 200, {})
    confirmed = await call(worker, "POST", f"{engagement}/confirm", 200, {"terms_version": 1})
    shift = confirmed["shifts"][0]["id"]
    assert (await call(boss, "POST", f"{engagement}/contact", 200))["phone"] == "13800000001"
    assert (await call(worker, "POST", f"{engagement}/contact", 200))["name"] == "王师傅"
    waiting = await call(worker, "GET", f"{engagement}/contract", 200)
    assert "还差零工、雇主签约" in waiting["waits_for"]
    for client in (worker, boss):
        city.clock.advance(timedelta(seconds=1))
        await call(client, "POST", f"{engagement}/contract", 422, {})
        await call(client, "POST", f"{engagement}/contract", 401, {"code": "000000"})
        sent = await call(client, "POST", f"{engagement}/contract/code", 200)
        code = await last_code(city)
        signed = await call(client, "POST", f"{engagement}/contract", 200, {"code": code})
        assert "****" in sent["sent_to"]
    assert signed["state"] == "A_CONTRACTED"
    city.clock.move_to(START)
    wrong = await call(worker, "POST", f"/assignments/{shift}/arrive", 422, {"method": "code", "code": "x"})
    assert [e["field"] for e in wrong["errors"]] == ["code"]
    code = attend.arrival_code(city.secrets, order_id, clock.business_date(START))
    await call(worker, "POST", f"/assignments/{shift}/arrive", 200, {"method": "code", "code": code})
    await timers.sweep(city.database)
    city.clock.advance(timedelta(hours=9))
    done = await call(worker, "POST", f"/assignments/{shift}/finish", 200, {})
    assert done["shifts"][0]["minutes"] == 480
    await call(worker, "POST", f"/assignments/{shift}/accept", 403, {})
    await call(boss, "POST", f"/assignments/{shift}/accept", 200, {})
    bill = (await call(worker, "GET", "/me/wages", 200))["bills"][0]
    assert (bill["total_fen"], bill["left_fen"], bill["state"]) == (20000, 20000, "OPEN")
    too_much = await call(boss, "POST", f"/bills/{bill['id']}/payments", 422, {"amount_fen": 20001, "channel": "bank"})
    assert {e["field"] for e in too_much["errors"]} == {"amount_fen", "voucher"}
    claimed = await call(boss, "POST", f"/bills/{bill['id']}/payments", 201, {"amount_fen": 20000, "channel": "cash"})
    payment = claimed["payments"][0]["id"]
    await call(boss, "POST", f"/payments/{payment}/answer", 403, {"received": True})
    settled = await call(worker, "POST", f"/payments/{payment}/answer", 200, {"received": True})
    assert (settled["state"], settled["settled_by"]) == ("SETTLED", "confirmed")
    await call(worker, "POST", f"{engagement}/rating", 201, {"stars": 5, "tags": ["按时给钱"]})
    faults = await call(boss, "POST", f"{engagement}/rating", 422, {"stars": 7, "tags": "好"})
    assert {e["field"] for e in faults["errors"]} == {"stars", "tags"}
    clerk = await browsers.clerk()
    assert (await call(clerk, "GET", f"{engagement}/", 200))["rated"] is False
    assert (await call(clerk, "GET", "/bills", 200))["items"][0]["state"] == "SETTLED"


async def test_foreign_and_missing_ids_answer_alike(browsers: Browsers, city: City) -> None:
    order_id, _ = await browsers.post()
    worker, stranger = await browsers.worker(1), await browsers.worker(2)
    other_boss = await browsers.boss(city.elsewhere)
    mine = await call(worker, "POST", f"/orders/{order_id}/applications", 201, {})
    for client, path in (
        (stranger, "/engagements/{}/confirm"),
        (stranger, "/engagements/{}/withdraw"),
        (stranger, "/engagements/{}/contact"),
        (other_boss, "/engagements/{}/offer"),
        (other_boss, "/engagements/{}/decline"),
    ):
        answers = [
            await client.post(API + path.format(known), json={}, headers={"accept": "application/json"})
            for known in (mine["id"], uuid4())
        ]
        assert [a.status_code for a in answers] == [404, 404], answers[0].text
        bodies = [a.json() for a in answers]
        for body in bodies:
            body.pop("request_id"), body.pop("instance")
        assert bodies[0] == bodies[1]
    assert (await call(other_boss, "GET", f"/orders/{order_id}/roster", 404))["title"] == "没有找到"
    assert (await call(stranger, "GET", "/me/work", 200))["items"] == []


async def test_lists_come_in_pages(browsers: Browsers, city: City) -> None:
    token, person_id = await browsers.person()
    worker, clerk, boss = await browsers.anybody(token), await browsers.clerk(), await browsers.boss(city.trusted)
    for day in range(5):
        begins = START + timedelta(days=day)
        order_id, _ = await browsers.post(starts_at=begins, ends_at=begins + timedelta(hours=9))
        hired = await call(clerk, "POST", f"/orders/{order_id}/hires", 201, {"worker_id": str(person_id)})
        assert hired["single_witness"] is True
    for path, count in (("/me/work", 5), ("/bills", 0)):
        seen, cursor = [], None
        for _ in range(4):
            query = f"{path}?limit=2" + (f"&cursor={cursor}" if cursor else "")
            page = await call(worker, "GET", query, 200)
            seen += [item["id"] for item in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == count
    await call(worker, "GET", "/me/work?limit=0", 422)
    await call(worker, "GET", "/me/work?cursor=nonsense", 422)
    for shift_day in range(3):
        city.clock.move_to(START + timedelta(days=shift_day))
        work = (await call(worker, "GET", "/me/work?limit=100", 200))["items"]
        todays = next(
            w for w in work if w["starts_at"].startswith((START + timedelta(days=shift_day)).date().isoformat())
        )
        shift = todays["shifts"][0]["id"]
        await call(boss, "POST", f"/assignments/{shift}/arrive", 200, {"method": "roll_call"})
        await call(boss, "POST", f"/assignments/{shift}/start", 200, {})
        city.clock.advance(timedelta(hours=9))
        await call(boss, "POST", f"/assignments/{shift}/finish", 200, {})
        await call(boss, "POST", f"/assignments/{shift}/accept", 200, {})
    first = await call(worker, "GET", "/bills?limit=2", 200)
    rest = await call(worker, "GET", f"/bills?limit=2&cursor={first['next']}", 200)
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)
    due = [b["due_at"] for b in first["items"] + rest["items"]]
    assert due == sorted(due, reverse=True)


@pytest.mark.parametrize(
    ("step", "body"),
    [
        ("arrive", {"method": "telepathy"}),
        ("arrive", {"method": "code", "code": "1" * 11}),
        ("arrive", {"method": "clerk", "came_at": "2026-03-11T07:30:00"}),
        ("finish", {"quantity": -1}),
        ("finish", {"quantity": 1e9}),
        ("finish", {"surprise": 1}),
        ("accept", {"quantity": "many"}),
    ],
)
async def test_bad_input_names_its_field(browsers: Browsers, step: str, body: dict[str, Any]) -> None:
    clerk = await browsers.clerk()
    answer = await call(clerk, "POST", f"/assignments/{uuid4()}/{step}", 422, body)
    assert {e["field"] for e in answer["errors"]} == {next(k for k in reversed(body))}


async def test_nobody_acts_without_a_session(browsers: Browsers) -> None:
    nobody = await browsers.anybody()
    one = UUID(int=1)
    for path in (f"/orders/{one}/applications", f"/engagements/{one}/confirm", f"/bills/{one}/payments"):
        answer = await nobody.post(API + path, json={}, headers={"accept": "application/json"})
        assert answer.status_code in {401, 403}, answer.text
