"""Staff and operators over HTTP: what is dead is dead on the next request, and an operator sees its own contract's places."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from officers import CODES, Officer, at_post, contract, hire
from small_city import COUNTY, OTHER_COUNTY, OTHER_STATION, STATION, good

from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.market import service
from linggong.people import registration, sessions
from linggong.people.forms import ProxyConsent, WorkerForm
from linggong.people.identity_numbers import check_digit
from rbac.roles import Role

from .conftest import Site

EAST, WEST = "/4102/25/001/", "/4102/25/101/"
PREFIX = "/api/v1"


async def client(site: Site, officer: Officer, **acting: Any) -> httpx.AsyncClient:
    async with site.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        return await site.client(await sessions.create(uow, "staff", officer.id, acting or None))


async def admin_at(site: Site, path: str = COUNTY, name: str = "admin") -> httpx.AsyncClient:
    return await client(site, await hire(site.city.database, name, Role.SYSADMIN, path, name="管理员"))


async def invite(who: httpx.AsyncClient, username: str, role: str, path: str) -> dict[str, Any]:
    form = {"username": username, "name": "李敏", "post": {"role": role, "path": path}}
    answer = await who.post(f"{PREFIX}/staff", json=form)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_from_invitation_to_the_end_over_http(site: Site) -> None:
    admin = await admin_at(site)
    made = await invite(admin, "limin", "station_clerk", STATION)
    anybody = await site.client()
    accept = {"code": made["code"], "password": "my-own-password-1"}
    opened = await anybody.post(f"{PREFIX}/staff/invitations/accept", json=accept)
    assert opened.json()["username"] == "limin"
    assert (await anybody.post(f"{PREFIX}/staff/invitations/accept", json=accept)).status_code == 401
    clerk = await client(site, await at_post(site.city.database, UUID(made["staff_id"])))
    assert (await clerk.get(f"{PREFIX}/workers")).status_code == 200

    one = f"{PREFIX}/staff/{made['staff_id']}"
    mediator = {"role": "mediator", "path": COUNTY, "ends_on": "2026-12-31"}
    told = (await admin.post(f"{one}/posts/preview", json=mediator)).json()
    assert told["takes"] == []
    assert {w for g in told["gives"] for group in g["groups"] for w in group["words"]} >= {"调解纠纷"}
    assert len((await admin.get(one)).json()["now"]) == 1, "a preview stores nothing"
    given = await admin.post(f"{one}/posts", json=mediator)
    assert (given.status_code, given.json()["granted_by"]) == (201, "管理员")
    assert (await admin.post(f"{one}/posts", json=mediator)).status_code == 409

    post = (await admin.get(one)).json()["now"][-1]
    assert post["role"] == "station_clerk"
    base = f"{PREFIX}/staff/posts/{post['id']}"
    moved = {"path": EAST + "0203/", "reason": "轮岗"}
    assert (await admin.post(f"{base}/transfer/preview", json=moved)).status_code == 200
    assert (await admin.post(f"{base}/transfer", json=moved)).status_code == 201
    assert (await admin.post(f"{base}/end", json={"reason": "再撤"})).status_code == 409
    ended = await admin.post(f"{one}/end", json={"reason": "离职"})
    assert (ended.json()["status"], ended.json()["now"]) == ("ended", [])
    assert (await clerk.get(f"{PREFIX}/workers")).status_code == 401
    assert (await admin.post(f"{one}/reopen")).status_code == 201
    assert (await admin.post(f"{one}/invitation")).status_code == 201


async def test_a_revoked_post_is_dead_on_the_next_request_also_for_a_session_acting_at_it(site: Site) -> None:
    """Two posts, the session acts at the one that is ended: it goes on at the other, with the other's rights alone."""
    admin = await admin_at(site)
    officer = await hire(site.city.database, "limin", Role.STATION_CLERK, STATION, name="李敏")
    given = await admin.post(f"{PREFIX}/staff/{officer.id}/posts", json={"role": "mediator", "path": COUNTY})
    post_id = given.json()["id"]
    site.city.clock.advance(timedelta(seconds=1))
    at_desk = await client(site, officer, assignment_id=str(officer.post.id))
    assert (await at_desk.get(f"{PREFIX}/workers")).status_code == 200
    ended = await admin.post(f"{PREFIX}/staff/posts/{officer.post.id}/end", json={"reason": "调离"})
    assert ended.status_code == 200
    assert (await at_desk.get(f"{PREFIX}/workers")).status_code == 403, "a mediator now"
    assert (await admin.post(f"{PREFIX}/staff/posts/{post_id}/end", json={"reason": "调离"})).status_code == 200
    assert (await at_desk.get(f"{PREFIX}/workers")).status_code == 401, "nobody now"


async def test_an_administrator_who_is_ended_gives_nothing_more(site: Site) -> None:
    city_admin = await admin_at(site, "/4102/", "cityadmin")
    officer = await hire(site.city.database, "admin", Role.SYSADMIN, COUNTY)
    county_admin = await client(site, officer)
    assert (await county_admin.get(f"{PREFIX}/staff")).status_code == 200
    end = f"{PREFIX}/staff/posts/{officer.post.id}/end"
    assert (await county_admin.post(end, json={"reason": "自己"})).status_code == 409
    assert (await city_admin.post(end, json={"reason": "调离"})).status_code == 200
    form = {"username": "zhaomin", "name": "赵敏", "post": {"role": "station_clerk", "path": STATION}}
    assert (await county_admin.post(f"{PREFIX}/staff", json=form)).status_code == 401


async def test_foreign_and_missing_answer_alike(site: Site) -> None:
    admin, neighbour = await admin_at(site), await admin_at(site, OTHER_COUNTY, "neighbour")
    made = await invite(admin, "limin", "station_clerk", STATION)
    post_id = (await admin.get(f"{PREFIX}/staff/{made['staff_id']}")).json()["now"][0]["id"]
    here = {"role": "station_clerk", "path": OTHER_STATION}

    def plain(answer: httpx.Response) -> tuple[int, Any]:
        body = answer.json()
        return answer.status_code, {k: v for k, v in body.items() if k not in ("request_id", "instance")}

    for path, body in (
        ("staff/{}", None), ("staff/{}/posts", here), ("staff/{}/posts/preview", here), ("staff/{}/end", {"reason": "捣乱"}),
        ("staff/{}/reopen", {}), ("staff/{}/invitation", {}),
    ):  # fmt: skip
        answers = [
            plain(await neighbour.get(f"{PREFIX}/{path.format(i)}") if body is None
                  else await neighbour.post(f"{PREFIX}/{path.format(i)}", json=body))
            for i in (made["staff_id"], uuid4())
        ]  # fmt: skip
        assert answers[0] == answers[1], path
        assert answers[0][0] == 404, path
    for path, body in (
        ("transfer", {"path": OTHER_STATION, "reason": "挖人"}), ("transfer/preview", {"path": OTHER_STATION, "reason": "挖人"}),
        ("stand-in", {"staff_id": str(uuid4()), "ends_on": "2026-12-31", "reason": "代岗"}), ("end", {"reason": "捣乱"}),
        ("end/preview", {"reason": "捣乱"}),
    ):  # fmt: skip
        answers = [
            plain(await neighbour.post(f"{PREFIX}/staff/posts/{i}/{path}", json=body)) for i in (post_id, uuid4())
        ]
        assert answers[0] == answers[1], path
        assert answers[0][0] == 404, path
    assert "李敏" not in (await neighbour.get(f"{PREFIX}/staff")).text


async def _registered(site: Site, n: int, path: str) -> UUID:
    """Register a worker and post an order at a station, as its clerk does."""
    city = site.city
    first = f"41022519680501{n:03d}"
    form = WorkerForm(
        name=f"王{'一二三四五六七八九'[n]}", id_number=first + check_digit(first), phone=f"138{n:08d}", trades=["6-29-99-00"],
        skill_level=0, pay_fen=18000, pay_unit="day",
    )  # fmt: skip
    async with city.database.begin(*city.staff(path)) as uow:
        slip = ProxyConsent(method="slip", evidence="0001")
        await registration.register_worker(uow, city.secrets.sealer, form, proxy=slip)
    async with city.database.begin(*city.employer(city.trusted)) as uow:
        made = await service.create_order(
            uow, city.secrets.sealer, good(), employer_id=city.trusted, tenant=path, submit=True
        )
    return made.id


async def test_two_operators_of_a_county_see_each_their_own_places_only(site: Site) -> None:
    """R020: neither sees the other's orders, people, staff or contract."""
    bureau = await hire(site.city.database, "bureau", Role.COUNTY_BUREAU, COUNTY, name="局里")
    office = await client(site, bureau)
    one = await contract(bureau, [EAST], number="A")
    two = await contract(bureau, [WEST], number="B", uscc=CODES[1], name="第二家公司")
    sides = []
    for n, (name, path, deal) in enumerate((("east", EAST, one), ("west", WEST, two))):
        made = await invite(office, name, "county_operator", path)
        officer = await at_post(site.city.database, UUID(made["staff_id"]))
        order = await _registered(site, n + 1, STATION if path == EAST else WEST)
        sides.append((await client(site, officer), officer, order, deal))
    for (mine, me, order, deal), (_, other, foreign, elsewhere) in (sides, sides[::-1]):
        assert (await mine.get(f"{PREFIX}/orders/{order}")).status_code == 200
        missing = uuid4()
        for path in ("orders", "staff", "operators/contracts"):
            theirs = {"orders": foreign, "staff": other.id, "operators/contracts": elsewhere}[path]
            answers = [await mine.get(f"{PREFIX}/{path}/{i}") for i in (theirs, missing)]
            assert [a.status_code for a in answers] == [404, 404], path
        people = (await mine.get(f"{PREFIX}/workers")).json()["items"]
        assert len(people) == 1
        assert [s["id"] for s in (await mine.get(f"{PREFIX}/staff")).json()["items"]] == [str(me.id)]
        (operator,) = (await mine.get(f"{PREFIX}/operators")).json()
        assert [c["id"] for c in operator["contracts"]] == [str(deal)]
        last = {"ends_on": "2027-12-31", "reason": "自己续"}
        assert (await mine.put(f"{PREFIX}/operators/contracts/{deal}/last-day", json=last)).status_code == 403
    assert len((await office.get(f"{PREFIX}/operators")).json()) == 2
    site.city.clock.move_to(datetime(2026, 12, 31, 15, 59, tzinfo=UTC))
    east = await client(site, sides[0][1])
    assert (await east.get(f"{PREFIX}/staff")).status_code == 200
    site.city.clock.move_to(datetime(2026, 12, 31, 16, tzinfo=UTC))
    assert (await east.get(f"{PREFIX}/staff")).status_code == 401, "midnight in Shanghai: the contract is over"


async def test_the_bureau_manages_contracts_over_http(site: Site) -> None:
    office = await client(site, await hire(site.city.database, "bureau", Role.COUNTY_BUREAU, COUNTY, name="局里"))
    form = {"name": "汴梁人力公司", "uscc": CODES[0], "path": COUNTY}
    made = await office.post(f"{PREFIX}/operators", json=form)
    assert made.status_code == 201, made.text
    assert (await office.post(f"{PREFIX}/operators", json=form)).status_code == 409
    paper = {"number": "A", "starts_on": "2026-01-01", "ends_on": "2026-12-31", "places": [EAST]}
    signed = await office.post(f"{PREFIX}/operators/{made.json()['id']}/contracts", json=paper)
    assert signed.status_code == 201, signed.text
    deal = f"{PREFIX}/operators/contracts/{signed.json()['contract']['id']}"
    await invite(office, "mengkai", "county_operator", EAST)
    for path, body, changed in (
        ("last-day", {"ends_on": "2026-06-30", "reason": "补充协议"}, 1),
        ("places", {"places": [EAST, WEST], "reason": "扩大"}, 0),
    ):
        answer = await office.put(f"{deal}/{path}", json=body)
        assert (answer.status_code, answer.json()["posts_changed"]) == (200, changed), answer.text
    over = await office.post(f"{deal}/terminate", json={"reason": "违约"})
    assert (over.json()["posts_changed"], over.json()["contract"]["contract"]["state"]) == (1, "terminated")


async def test_a_slip_of_the_year_is_told(site: Site) -> None:
    admin = await admin_at(site)
    officer = await hire(site.city.database, "limin", Role.STATION_CLERK, STATION)
    office = await client(site, await hire(site.city.database, "bureau", Role.COUNTY_BUREAU, COUNTY, name="局里"))
    made = await office.post(f"{PREFIX}/operators", json={"name": "汴梁人力公司", "uscc": CODES[0], "path": COUNTY})
    for day in ("0001-01-01", "9999-12-31", "2062-01-01"):
        form = {"role": "mediator", "path": COUNTY, "starts_on": day, "ends_on": day}
        for path in ("posts", "posts/preview"):
            answer = await admin.post(f"{PREFIX}/staff/{officer.id}/{path}", json=form)
            assert answer.status_code == 422, (path, day)
            assert {e["field"] for e in answer.json()["errors"]} == {"starts_on", "ends_on"}
        lent = {"staff_id": str(officer.id), "starts_on": day, "ends_on": day, "reason": "代岗"}
        base = f"{PREFIX}/staff/posts/{officer.post.id}/stand-in"
        assert (await admin.post(f"{base}/preview", json=lent)).status_code == 409, "himself"
        paper = {"number": "A", "starts_on": day, "ends_on": day, "places": [EAST]}
        assert (await office.post(f"{PREFIX}/operators/{made.json()['id']}/contracts", json=paper)).status_code == 422


@pytest.mark.parametrize(
    ("query", "status"),
    [("role=nobody", 422), ("state=asleep", 422), ("path=nowhere", 404), ("path=/4102/02/", 404), ("limit=0", 422),
     ("cursor=x", 422), ("q=%25", 200), ("state=on&role=sysadmin", 200), ("path=/4102/25/001/", 200)],
)  # fmt: skip
async def test_bad_filters_are_told(site: Site, query: str, status: int) -> None:
    admin = await admin_at(site)
    assert (await admin.get(f"{PREFIX}/staff?{query}")).status_code == status
