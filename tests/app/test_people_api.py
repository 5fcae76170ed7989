"""People over HTTP: sign-in, registration at the desk and by oneself, recovery, import; and what others may not see."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from small_city import OTHER_STATION

from linggong.people import messages
from linggong.people.identity_numbers import check_digit

from .conftest import PASSWORD, Site

SLIP = {"method": "slip", "evidence": "同意书 0007"}


def number(n: int) -> str:
    first = f"41022519680501{n:03d}"
    return first + check_digit(first)


def form(n: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "name": "李国强", "id_number": number(n), "phone": f"138{n:08d}", "trades": ["6-29-99-00"], "skill_level": 0,
        "pay_fen": 18000, "pay_unit": "day",
    } | changes  # fmt: skip


async def code_for(site: Site, phone: str) -> str:
    for message in await messages.recent(site.city.database, site.city.secrets.sealer):
        if message.number == phone:
            return re.findall(r"\d{6}", message.text)[0]
    raise AssertionError("no message")


async def proof_of(site: Site, client: httpx.AsyncClient, phone: str) -> dict[str, Any]:
    site.city.clock.advance(timedelta(minutes=2))
    assert (await client.post("/api/v1/sign-in/code", json={"phone": phone})).status_code == 202
    answer = await client.post("/api/v1/sign-in/phone", json={"phone": phone, "code": await code_for(site, phone)})
    assert answer.status_code == 200, answer.text
    proof: dict[str, Any] = answer.json()
    return proof


async def test_a_desk_registers_finds_and_pages(site: Site) -> None:
    desk = await site.staff()
    for n in range(1, 6):
        made = await desk.post("/api/v1/workers", json={"worker": form(n), "consent": SLIP})
        assert made.status_code == 201, made.text
        assert (made.json()["created"], made.json()["linked"]) == (True, True)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = (await desk.get("/api/v1/workers", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [w["id"] for w in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5
    assert number(1) not in str(page)
    found = await desk.post("/api/v1/workers/search", json={"q": number(3)})
    assert [w["name"] for w in found.json()["items"]] == ["李**"]
    assert (await desk.get("/api/v1/workers", params={"name": number(3)})).status_code == 422
    assert (await desk.get("/api/v1/workers", params={"cursor": "junk"})).status_code == 422


async def test_faults_of_a_registration_are_told_by_field_and_store_nothing(site: Site) -> None:
    desk = await site.staff()
    bad = form(name="", id_number="12", phone="x", pay_fen=0, trades=[])
    answer = await desk.post("/api/v1/workers", json={"worker": bad, "consent": SLIP})
    assert answer.status_code == 422
    assert (await desk.get("/api/v1/workers")).json()["items"] == []


async def test_a_trade_that_nobody_has_is_refused_whichever_way_it_comes(site: Site) -> None:
    """A code of the right shape is no trade yet: asked one by one and by table (Bad input: imports with unknown codes)."""
    desk = await site.staff()
    alone = await desk.post(
        "/api/v1/workers", json={"worker": form(trades=["6-29-99-00", "6-29-99-98"]), "consent": SLIP}
    )
    assert (alone.status_code, [f["field"] for f in alone.json()["errors"]]) == (422, ["trades[1]"])
    assert "6-29-99-98" in alone.json()["errors"][0]["message"]
    head = "姓名,身份证号,联系方式,联系电话,工种代码,技能等级,期望工钱（元）,计价单位"
    lines = f"{head}\n李国强,{number(1)},本人手机,13800000001,6-29-99-98,无等级,180,天\n"
    table = await desk.post("/api/v1/workers/import", files={"data": ("名册.csv", lines.encode(), "text/csv")})
    assert table.status_code == 422
    assert "6-29-99-98" in table.text
    assert (await desk.get("/api/v1/workers")).json()["items"] == []


async def test_another_station_and_a_worker_get_nothing(site: Site) -> None:
    desk, other = await site.staff(), await site.staff(path=OTHER_STATION, name="zhaomin")
    worker, _ = await site.worker(9)
    made = (await desk.post("/api/v1/workers", json={"worker": form(1), "consent": SLIP})).json()
    path = f"/api/v1/workers/{made['person_id']}"
    missing = "/api/v1/workers/00000000-0000-7000-8000-000000000001"
    ask = {"fields": ["phone"], "purpose": "reach"}
    for suffix, body in (
        ("", None),
        ("/reveals", ask),
        ("/profile", None),
        ("/phone", {"reason": "lost", "phone": "13700000001", "card_seen": True}),
    ):
        there, nowhere = [
            await (other.get(base + suffix) if body is None else other.post(base + suffix, json=body))
            for base in (path, missing)
        ]
        assert (there.status_code, nowhere.status_code) == (404, 404)
        assert {k: v for k, v in there.json().items() if k not in ("request_id", "instance")} == {
            k: v for k, v in nowhere.json().items() if k not in ("request_id", "instance")
        }
    assert (await other.post("/api/v1/workers/search", json={"q": number(1)})).json()["items"] == []
    for call in (worker.get("/api/v1/workers"), worker.post(path + "/reveals", json=ask)):
        assert (await call).status_code == 403
    anybody = await site.client()
    assert (await anybody.get("/api/v1/workers")).status_code == 401


async def test_a_visitor_registers_and_takes_over_a_recycled_number(site: Site) -> None:
    desk, visitor = await site.staff(), await site.client()
    former = (await desk.post("/api/v1/workers", json={"worker": form(1), "consent": SLIP})).json()["person_id"]
    proof = await proof_of(site, visitor, "13800000001")
    assert [p["id"] for p in proof["people"]] == [former]
    mine = form(2, name="王小二", phone="")
    answer = await visitor.post(
        "/api/v1/sign-in/register", json={"proof": proof["proof"], "worker": mine, "number_is_new": True}
    )
    assert answer.status_code == 201, answer.text
    cookie = answer.headers["set-cookie"].lower()
    assert "lg_session=" in cookie
    assert "httponly" in cookie
    assert visitor.cookies["lg_session"] not in answer.text
    again = await proof_of(site, await site.client(), "13800000001")
    assert [p["name"] for p in again["people"]] == ["王*二"]


async def test_a_desk_takes_a_recycled_number_only_with_its_code(site: Site) -> None:
    desk, visitor = await site.staff(), await site.client()
    for n in (1, 2):
        await desk.post("/api/v1/workers", json={"worker": form(n, name=f"李国{'零强明'[n]}"), "consent": SLIP})
    found = (await desk.post("/api/v1/workers/search", json={"q": "李国明"})).json()["items"]
    (second,) = [p["id"] for p in found]
    change = {"reason": "changed", "phone": "13800000001", "card_seen": True, "number_is_new": True}
    refused = await desk.post(f"/api/v1/workers/{second}/phone", json=change | {"code": "000000"})
    assert refused.status_code == 401
    assert len((await proof_of(site, visitor, "13800000001"))["people"]) == 1
    site.city.clock.advance(timedelta(minutes=2))
    await visitor.post("/api/v1/sign-in/code", json={"phone": "13800000001", "purpose": "change_phone"})
    code = await code_for(site, "13800000001")
    done = await desk.post(f"/api/v1/workers/{second}/phone", json=change | {"code": code})
    assert done.status_code == 200, done.text
    assert [p["id"] for p in (await proof_of(site, visitor, "13800000001"))["people"]] == [second]


async def test_a_register_is_uploaded_and_its_pairs_are_decided(site: Site) -> None:
    desk, other = await site.staff(), await site.staff(path=OTHER_STATION, name="zhaomin")
    head = "姓名,身份证号,联系方式,联系电话,工种代码,技能等级,期望工钱（元）,计价单位"
    rows = [f"李国强,{number(n)},本人手机,138{n:08d},6-29-99-00,无等级,180,天" for n in (1, 3)]
    bad = [*rows, "王五,123,本人手机,13800000009,6-29-99-00,无等级,180,天"]

    async def upload(lines: list[str], **query: str) -> httpx.Response:
        data = "\n".join([head, *lines]).encode()
        return await desk.post("/api/v1/workers/import", files={"data": ("登记.csv", data, "text/csv")}, params=query)

    refused = await upload(bad)
    assert refused.status_code == 422, refused.text
    assert refused.json()["annotated"]
    assert (await desk.get("/api/v1/workers")).json()["items"] == []
    part = await upload(bad, skip_bad="true")
    assert part.status_code == 201, part.text
    assert (part.json()["created"], part.json()["left_out"], part.json()["proposed"]) == (2, 1, 1)
    pairs = (await desk.get("/api/v1/merge-proposals")).json()["items"]
    assert [p["reason"] for p in pairs] == ["同名同生日"]
    decide = f"/api/v1/merge-proposals/{pairs[0]['id']}/decide"
    assert (await other.post(decide, json={"merge": True})).status_code == 404
    assert (await desk.post(decide, json={"merge": True})).status_code == 200
    assert (await desk.post(decide, json={"merge": True})).status_code == 409
    left = (await desk.get("/api/v1/workers")).json()["items"]
    assert len(left) == 1
    for n in (1, 3):
        found = (await desk.post("/api/v1/workers/search", json={"q": f"138{n:08d}"})).json()["items"]
        assert [w["id"] for w in found] == [left[0]["id"]], "both numbers lead to the one account"


async def test_an_employer_is_registered_verified_and_linked(site: Site) -> None:
    desk, other = await site.staff(), await site.staff(path=OTHER_STATION, name="zhaomin")
    firm = {
        "kind": "enterprise", "name": "开封新天地餐饮有限公司", "uscc": _uscc(), "contact_name": "周经理",
        "phone": "13600000001",
    }  # fmt: skip
    agent = {"name": "周大海", "id_number": number(11), "phone": "13600000001"}
    made = await desk.post("/api/v1/employers", json={"employer": firm | {"agent": agent}, "consent": SLIP})
    assert made.status_code == 201, made.text
    assert made.json()["created"]
    verify = f"/api/v1/employers/{made.json()['id']}/verify"
    assert (await other.post(verify, json={"evidence": "营业执照原件"})).status_code == 404
    card = (await desk.post(verify, json={"evidence": "营业执照原件"})).json()
    assert (card["verified_level"], card["reverify_on"]) == (2, "2026-09-06")
    renamed = await other.post("/api/v1/employers", json={"employer": firm | {"name": "别的公司"}})
    assert renamed.status_code == 422
    again = (await other.post("/api/v1/employers", json={"employer": firm})).json()
    assert (again["id"], again["created"], again["linked"]) == (made.json()["id"], False, True)
    named = [e["name"] for e in (await other.get("/api/v1/employers", params={"name": "新天地"})).json()["items"]]
    assert named == ["开封新天地餐饮有限公司"]
    licences = {
        "business_licence": "91", "hr_licence": "410225", "hr_licence_scope": "职业介绍", "legal_representative": "周大海",
        "hr_licence_expires_on": "2026-01-01", "responsible_contact": "周大海 13600000001",
    }  # fmt: skip
    agency = f"/api/v1/employers/{made.json()['id']}/agency"
    assert (await desk.put(agency, json=licences)).status_code == 422, "the licence has run out"
    assert (await desk.put(agency, json=licences | {"hr_licence_expires_on": "2028-01-01"})).status_code == 200
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = (
            await desk.get("/api/v1/employers", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        ).json()
        seen += [e["id"] for e in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) > 2


async def test_an_agent_signs_in_acts_for_the_firm_and_looks_for_work_too(site: Site) -> None:
    desk, visitor = await site.staff(), await site.client()
    firm = {
        "kind": "enterprise", "name": "开封新天地餐饮有限公司", "uscc": _uscc(), "contact_name": "周经理",
        "phone": "13600000001", "agent": {"name": "周大海", "id_number": number(11), "phone": "13600000001"},
    }  # fmt: skip
    made = (await desk.post("/api/v1/employers", json={"employer": firm, "consent": SLIP})).json()
    proof = await proof_of(site, visitor, "13600000001")
    who = proof["people"][0]["id"]
    signed = await visitor.post("/api/v1/sign-in/person", json={"proof": proof["proof"], "person_id": who})
    assert signed.status_code == 200
    token = signed.cookies["lg_session"]
    agent = await site.client(token)
    assert (await agent.put("/api/v1/session/acting", json={"id": made["id"]})).status_code == 200
    assert (await agent.get("/api/v1/session")).json()["employer_id"] == made["id"]
    me = (await agent.get("/api/v1/me")).json()
    assert (me["is_worker"], me["name"]) == (False, "周*海")
    assert (await agent.post("/api/v1/me/worker", json=form(name="x", id_number="x"))).status_code == 201
    assert (await agent.get("/api/v1/me")).json()["is_worker"]
    assert (await agent.post("/api/v1/me/worker", json=form())).status_code == 409
    assert (await agent.post("/api/v1/sign-out")).status_code == 200
    assert (await agent.get("/api/v1/me")).status_code == 401


async def test_staff_sign_in_over_http_and_wrong_tries_count(site: Site) -> None:
    await site.staff()
    visitor = await site.client()
    for _ in range(5):
        wrong = await visitor.post("/api/v1/sign-in/staff", json={"username": "limin", "password": "not-this-one-0"})
        assert wrong.status_code == 401
    locked = await visitor.post("/api/v1/sign-in/staff", json={"username": "limin", "password": PASSWORD})
    assert locked.status_code == 429
    assert int(locked.headers["retry-after"]) > 0


@pytest.mark.parametrize("phone", ["13800000001", "13899999999"])
async def test_a_code_is_sent_to_known_and_unknown_numbers_alike(site: Site, phone: str) -> None:
    await site.worker(1)
    visitor = await site.client()
    answer = await visitor.post("/api/v1/sign-in/code", json={"phone": phone})
    assert (answer.status_code, answer.json()) == (202, {"done": True})


def _uscc() -> str:
    from stdnum.cn import uscc

    first = "91410200MA44TEWT0"
    return first + str(uscc.calc_check_digit(first))
