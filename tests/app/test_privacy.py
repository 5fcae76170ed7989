"""Personal data over HTTP: masked, opened for a purpose and a while with a record, read by the one who was looked at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import sqlalchemy as sa
from small_city import COUNTY, OTHER_STATION, STATION

from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.people import service_links, sessions
from linggong.people.door_models import WebSession
from linggong.people.employers import add_member
from linggong.people.identity_numbers import check_digit
from linggong.people.models import ServiceLink
from linggong.people.privacy_models import Reveal

from .conftest import Site

if TYPE_CHECKING:
    from conftest import TestDatabase

ASK = {"fields": ["phone"], "purpose": "reach"}


def number(n: int) -> str:
    first = f"41022519680501{n:03d}"
    return first + check_digit(first)


@pytest.fixture
async def owner(blank: TestDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await blank.owner()
    yield connection
    await connection.close()


async def boss(site: Site, employer_id: UUID, n: int = 900) -> httpx.AsyncClient:
    """Somebody who acts for an employer."""
    _, person_id = await site.worker(n)
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await add_member(uow, employer_id, person_id, "owner")
        token = await sessions.create(uow, "person", person_id, {"employer_id": str(employer_id)})
    return await site.client(token)


async def wait(site: Site, **span: int) -> None:
    """Let time pass with everybody still signed in."""
    site.city.clock.advance(timedelta(**span))
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await uow.execute(sa.update(WebSession).values(seen_at=uow.now, expires_at=uow.now + timedelta(hours=9)))


async def test_a_look_is_for_a_purpose_and_a_while_and_the_person_sees_it(
    site: Site, owner: asyncpg.Connection
) -> None:
    clerk, (worker, person_id) = await site.staff(), await site.worker(1)
    path = f"/api/v1/workers/{person_id}/reveals"
    made = await clerk.post(path, json={"fields": ["phone", "id_number"], "purpose": "identify", "reason": "换卡"})
    assert made.status_code == 201, made.text
    assert made.headers["cache-control"] == "no-store"
    assert made.json()["values"] == {"phone": "13800000001", "id_number": number(1)}
    reveal_id = made.json()["id"]
    again = await clerk.get(f"{path}/{reveal_id}")
    assert again.json() == made.json()
    same = await clerk.post(path, json={"fields": ["phone"], "purpose": "identify"})
    assert same.json()["id"] == reveal_id, "what is open needs no second record"
    other_purpose = await clerk.post(path, json=ASK)
    assert other_purpose.json()["id"] != reveal_id
    looks = (await worker.get("/api/v1/me/reveals")).json()["items"]
    assert [(i["who"], i["seen"], i["why"]) for i in looks] == [
        ("兰阳街道零工驿站 · 工作人员", "电话", "联系到岗"),
        ("兰阳街道零工驿站 · 工作人员", "电话、身份证号", "核对身份：换卡"),
    ]
    page = (await worker.get("/me/looked")).text
    for words in ("兰阳街道零工驿站 · 工作人员", "电话、身份证号", "核对身份：换卡"):
        assert words in page
    assert "李敏" not in page, "the office, not the clerk's own name"
    await wait(site, minutes=11)
    assert (await clerk.get(f"{path}/{reveal_id}")).status_code == 404
    assert (await clerk.get(f"{path}/{uuid4()}")).status_code == 404
    told = await owner.fetch("SELECT type, body FROM events WHERE type = 'person.revealed' ORDER BY n")
    assert len(told) == 2
    for row in told:
        assert "13800000001" not in row["body"]
        assert "换卡" not in row["body"]


async def test_nobody_else_reads_what_one_has_opened(site: Site) -> None:
    clerk, (worker, person_id) = await site.staff(), await site.worker(1)
    colleague = await site.staff(name="zhaomin")
    officer = await site.staff("pii_officer", COUNTY, "officer")
    path = f"/api/v1/workers/{person_id}/reveals"
    reveal_id = (await clerk.post(path, json=ASK)).json()["id"]
    for who in (colleague, officer):
        assert (await who.get(f"{path}/{reveal_id}")).status_code == 404
    assert (await worker.get(f"{path}/{reveal_id}")).status_code == 403
    _, other = await site.worker(2)
    assert (await clerk.get(f"/api/v1/workers/{other}/reveals/{reveal_id}")).status_code == 404
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await service_links.end_link(uow, person_id, STATION, "registered")
    assert (await clerk.get(f"{path}/{reveal_id}")).status_code == 404, "no longer served, no longer read"


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("station_clerk", STATION, 201),
        ("station_manager", STATION, 201),
        ("county_operator", COUNTY, 201),
        ("pii_officer", COUNTY, 201),
        ("pii_officer", "/4102/", 201),
        ("station_clerk", OTHER_STATION, 404),
        ("pii_officer", "/4102/02/", 404),
        ("street_operator", "/4102/25/001/", 403),
        ("county_bureau", COUNTY, 403),
        ("city_bureau", "/4102/", 403),
        ("city_analyst", "/4102/", 403),
        ("auditor", COUNTY, 403),
        ("sysadmin", COUNTY, 403),
        ("mediator", COUNTY, 403),
        ("department_viewer", COUNTY, 403),
        ("insurer", "/4102/", 403),
    ],
)
async def test_who_may_look(site: Site, role: str, path: str, status: int) -> None:
    staff, (_, person_id) = await site.staff(role, path, "somebody"), await site.worker(1)
    assert (await staff.post(f"/api/v1/workers/{person_id}/reveals", json=ASK)).status_code == status
    asked = {"fields": ["phone", "contact_name"], "purpose": "dispute"}
    found = await staff.post(f"/api/v1/employers/{site.city.fresh}/reveals", json=asked)
    assert found.status_code == status
    if status == 201:
        assert found.json()["values"] == {"phone": "13800000001", "contact_name": "王经理"}


async def test_every_fault_of_a_look_is_told_and_nothing_is_kept(site: Site, owner: asyncpg.Connection) -> None:
    clerk, (_, person_id) = await site.staff(), await site.worker(1)
    path = f"/api/v1/workers/{person_id}/reveals"
    for body, fields in (
        ({"fields": [], "purpose": "other", "reason": ""}, {"fields", "reason"}),
        ({"fields": ["phone", "phone"], "purpose": "reach"}, {"fields"}),
        ({"fields": ["phone"], "purpose": "curious"}, {"purpose"}),
        ({"fields": ["password"], "purpose": "reach"}, {"fields.0"}),
        ({"fields": ["bank"], "purpose": "pay"}, {"fields"}),
        ({"fields": ["phone"], "purpose": "reach", "reason": "长" * 150}, {"reason"}),
    ):
        answer = await clerk.post(path, json=body)
        assert answer.status_code == 422, answer.text
        assert {e["field"].split("[")[0] for e in answer.json()["errors"]} <= fields | {"fields"}, answer.text
    assert await owner.fetchval("SELECT count(*) FROM reveals") == 0


async def test_a_key_for_repeating_stores_no_number(site: Site, owner: asyncpg.Connection) -> None:
    clerk, (_, person_id) = await site.staff(), await site.worker(1)
    path, key = f"/api/v1/workers/{person_id}/reveals", {"idempotency-key": "look-0001"}
    first, second = [await clerk.post(path, json=ASK, headers=key) for _ in range(2)]
    assert first.json() == second.json()
    assert await owner.fetchval("SELECT count(*) FROM idempotency_keys") == 0
    assert await owner.fetchval("SELECT count(*) FROM reveals") == 1


async def test_too_many_looks_in_an_hour_are_refused_and_the_bureau_is_told(
    site: Site, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "INSERT INTO parameter_values (id, tenant, key, value, source, set_at) "
        "SELECT gen_random_uuid(), '/4102/25/', 'privacy.reveal.per_hour', '2', '测试', now()"
    )
    clerk = await site.staff()
    people = [(await site.worker(n))[1] for n in (1, 2, 3)]
    answers = [await clerk.post(f"/api/v1/workers/{p}/reveals", json=ASK) for p in people]
    assert [a.status_code for a in answers] == [201, 201, 429]
    assert 0 < int(answers[2].headers["retry-after"]) <= 3601
    assert "13800000003" not in answers[2].text
    told = await owner.fetch("SELECT tenant, body FROM events WHERE type = 'reveal.limit_reached'")
    assert [r["tenant"] for r in told] == [STATION]
    assert (await clerk.post(f"/api/v1/workers/{people[0]}/reveals", json=ASK)).status_code == 201, "still open"
    await wait(site, minutes=61)
    assert (await clerk.post(f"/api/v1/workers/{people[2]}/reveals", json=ASK)).status_code == 201


async def test_an_employer_sees_who_looked_at_his_contact(site: Site) -> None:
    clerk = await site.staff()
    mine, other = await boss(site, site.city.fresh), await boss(site, site.city.trusted, 901)
    asked = {"fields": ["contact_name", "phone"], "purpose": "lawful", "reason": "协查函 12 号"}
    assert (await clerk.post(f"/api/v1/employers/{site.city.fresh}/reveals", json=asked)).status_code == 201
    looks = (await mine.get("/api/v1/me/reveals")).json()["items"]
    assert [(i["seen"], i["why"]) for i in looks] == [("联系人、电话", "依法调取：协查函 12 号")]
    assert "协查函 12 号" in (await mine.get("/me/looked")).text
    assert (await other.get("/api/v1/me/reveals")).json()["items"] == []
    assert (await clerk.get("/api/v1/me/reveals")).status_code == 403


async def test_rows_of_looks_are_never_changed(site: Site, owner: asyncpg.Connection) -> None:
    clerk, (_, person_id) = await site.staff(), await site.worker(1)
    await clerk.post(f"/api/v1/workers/{person_id}/reveals", json=ASK)
    for sql in ("UPDATE reveals SET purpose = 'pay'", "DELETE FROM reveals"):
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await owner.execute(sql)


async def profile(client: httpx.AsyncClient, person_id: UUID) -> int:
    return (await client.get(f"/api/v1/workers/{person_id}/profile")).status_code


async def test_a_live_link_opens_the_masked_profile_and_its_end_leaves_the_card(site: Site) -> None:
    clerk, other, (_, person_id) = (
        await site.staff(),
        await site.staff(path=OTHER_STATION, name="zhaomin"),
        await site.worker(1),
    )
    seen = (await clerk.get(f"/api/v1/workers/{person_id}/profile")).json()
    assert (seen["name"], seen["age"], seen["id_number"]) == ("李**", 57, "4102**********" + number(1)[-4:])
    assert [c["number"] for c in seen["contacts"]] == ["138****0001"]
    assert await profile(other, person_id) == 404
    card = {
        "id": str(person_id), "call": "李师傅", "sex": card_sex(1), "age": 57, "verified_level": 1,
        "trades": ["6-29-99-00"], "skill_level": 0,
    }  # fmt: skip
    for who in (clerk, other):
        shown = (await who.get(f"/api/v1/workers/{person_id}/card")).json()
        assert shown | {"call": "李师傅"} == card
    assert (await other.get(f"/api/v1/workers/{uuid4()}/card")).status_code == 404
    await wait(site, days=731)
    assert await profile(clerk, person_id) == 404
    assert (await clerk.get(f"/api/v1/workers/{person_id}/card")).json()["age"] == 59
    assert (await clerk.get("/api/v1/workers")).json()["items"] == []


def card_sex(n: int) -> str:
    return "男" if n % 2 else "女"


async def link_of(site: Site, person_id: UUID, kind: str, tenant: str = STATION) -> ServiceLink:
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        found = await uow.session.scalar(
            sa.select(ServiceLink).where(
                ServiceLink.subject_id == person_id, ServiceLink.kind == kind, ServiceLink.tenant == tenant
            )
        )
        assert found is not None
        return found


async def test_every_kind_of_link_ends_by_its_parameter_and_service_renews(site: Site) -> None:
    _, person_id = await site.worker(1)
    now = site.city.clock.now()
    assert (await link_of(site, person_id, "registered")).ends_at == now + timedelta(days=730)
    spans = {"signed_in": 30, "order": 90, "showed_code": 1}
    for kind, days in spans.items():
        async with site.city.database.begin(*site.city.clerk) as uow:
            await service_links.link(uow, person_id, STATION, kind)
        assert (await link_of(site, person_id, kind)).ends_at == now + timedelta(days=days)
    await wait(site, days=100)
    async with site.city.database.begin(*site.city.clerk) as uow:
        until = uow.now + timedelta(days=5)
        await service_links.link(uow, person_id, STATION, "order", served_until=until)
        await service_links.link(uow, person_id, STATION, "signed_in")
    assert (await link_of(site, person_id, "order")).ends_at == now + timedelta(days=195)
    assert (await link_of(site, person_id, "registered")).ends_at == now + timedelta(days=830)
    signed = await link_of(site, person_id, "signed_in")
    assert (signed.started_at, signed.ends_at) == (now + timedelta(days=100), now + timedelta(days=130))


async def test_a_shown_code_lets_another_station_serve_for_a_day(site: Site, owner: asyncpg.Connection) -> None:
    other, (worker, person_id) = await site.staff(path=OTHER_STATION, name="zhaomin"), await site.worker(1)
    assert await profile(other, person_id) == 404
    shown = (await worker.post("/api/v1/me/code")).json()
    assert len(shown["code"]) == 8
    assert (await other.get("/api/v1/workers")).json()["items"] == []
    taken = await other.post("/api/v1/workers/by-code", json={"code": f"{shown['code'][:4]} {shown['code'][4:]}"})
    assert taken.status_code == 200, taken.text
    assert (taken.json()["name"], taken.json()["links"][0]["kind"]) == ("李**", "showed_code")
    assert await profile(other, person_id) == 200
    assert (await other.post(f"/api/v1/workers/{person_id}/reveals", json=ASK)).status_code == 201
    again = await other.post("/api/v1/workers/by-code", json={"code": shown["code"]})
    assert again.status_code == 422, "good once"
    stored = await owner.fetchrow("SELECT * FROM shown_codes")
    assert shown["code"].encode() not in stored["code_index"]
    await wait(site, days=1, minutes=1)
    assert await profile(other, person_id) == 404
    looks = (await worker.get("/api/v1/me/reveals")).json()["items"]
    assert [i["who"] for i in looks] == ["大兴街道零工驿站 · 工作人员"]


async def test_codes_end_replace_each_other_and_are_not_found_by_trying(site: Site) -> None:
    other, (worker, _) = await site.staff(path=OTHER_STATION, name="zhaomin"), await site.worker(1)
    first = (await worker.post("/api/v1/me/code")).json()["code"]
    second = (await worker.post("/api/v1/me/code")).json()["code"]

    async def attempt(code: str) -> int:
        return (await other.post("/api/v1/workers/by-code", json={"code": code})).status_code

    assert await attempt(first) == 422
    await wait(site, minutes=6)
    assert await attempt(second) == 422
    third = (await worker.post("/api/v1/me/code")).json()["code"]
    wrong = [f"{(int(third) + n) % 10**8:08d}" for n in range(1, 19)]
    assert {await attempt(code) for code in wrong} == {422}
    assert await attempt(third) == 429
    await wait(site, minutes=61)
    assert (await worker.get("/api/v1/session")).status_code == 200
    assert (await worker.post("/api/v1/workers/by-code", json={"code": third})).status_code == 403
    anybody = await site.client()
    assert (await anybody.post("/api/v1/me/code")).status_code == 401


async def test_two_looks_at_once_are_one_record(site: Site, owner: asyncpg.Connection) -> None:
    import asyncio

    clerk, (_, person_id) = await site.staff(), await site.worker(1)
    answers = await asyncio.gather(*(clerk.post(f"/api/v1/workers/{person_id}/reveals", json=ASK) for _ in range(3)))
    assert {a.status_code for a in answers} == {201}
    assert await owner.fetchval("SELECT count(*) FROM reveals") == 1


async def pages_of(site: Site) -> tuple[httpx.AsyncClient, str, Any]:
    clerk, (_, person_id) = await site.staff(), await site.worker(1)
    clerk.headers["accept"] = "text/html"
    return clerk, f"/desk/people/{person_id}", person_id


async def test_the_desk_page_shows_a_number_until_its_time_is_over_without_scripts(site: Site) -> None:
    clerk, here, _ = await pages_of(site)
    page = await clerk.get(here)
    assert page.status_code == 200
    for words in ("李师傅", "李**", "57岁", "138****0001", "查看号码", "联系到岗"):
        assert words in page.text, words
    for clear in ("李国强", "13800000001", number(1), "1968-05-01"):
        assert clear not in page.text, clear
    bad = await clerk.post(here + "/reveal", data={"purpose": "other", "reason": ""})
    assert bad.status_code == 422
    assert "请写清楚为什么要看" in bad.text
    done = await clerk.post(here + "/reveal", data={"fields": ["name", "phone"], "purpose": "reach"})
    assert done.status_code == 303
    seen = await clerk.get(done.headers["location"])
    assert "李国强" in seen.text
    assert 'href="tel:13800000001"' in seen.text
    assert f'<meta http-equiv="refresh" content="600;url={here}">' in seen.text
    assert seen.headers["cache-control"] == "no-store"
    await wait(site, minutes=11)
    late = await clerk.get(done.headers["location"])
    assert (late.status_code, late.headers["location"]) == (303, here)
    other = await site.staff(path=OTHER_STATION, name="zhaomin")
    other.headers["accept"] = "text/html"
    card = await other.get(here)
    assert card.status_code == 200
    assert "李师傅" in card.text
    for hidden in ("李**", "138****0001", "4102**"):
        assert hidden not in card.text
    assert (await other.post(here + "/reveal", data={"fields": "phone", "purpose": "reach"})).status_code == 404
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        assert await uow.session.scalar(sa.select(sa.func.count()).select_from(Reveal)) == 1


async def test_the_employers_page_and_the_code_field_at_the_desk(site: Site) -> None:
    clerk, _, _ = await pages_of(site)
    here = f"/desk/employers/{site.city.fresh}"
    page = await clerk.get(here)
    assert "王**" in page.text
    assert "王经理" not in page.text
    done = await clerk.post(here + "/reveal", data={"fields": ["phone", "contact_name"], "purpose": "dispute"})
    seen = await clerk.get(done.headers["location"])
    assert "王经理" in seen.text
    assert "13800000001" in seen.text
    other, (worker, person_id) = await site.staff(path=OTHER_STATION, name="zhaomin"), await site.worker(2)
    assert (await other.get(here)).status_code == 404
    shown = await worker.post("/me/code")
    assert shown.status_code == 200
    digits = shown.text.split('<p class="display-4 num nowrap"><b>')[1].split("</b>")[0]
    wrong = await other.post("/desk/people/code", data={"code": "1"})
    assert wrong.status_code == 422
    taken = await other.post("/desk/people/code", data={"code": digits})
    assert taken.headers["location"] == f"/desk/people/{person_id}"
    assert "138****0002" in (await other.get(taken.headers["location"])).text
