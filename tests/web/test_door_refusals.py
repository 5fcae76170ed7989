"""What every door refuses: floods, forged and foreign forms, ways out to other sites, tokens that somebody planted."""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest
import staff_door
from browsing import Browsers

from linggong.kernel.addresses import client_address, networks
from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import TooMany
from linggong.kernel.paths import EVERYWHERE
from linggong.people import codes, messages, sessions, staff_sign_in
from linggong.people.limits import AddressLimiter, network_of
from rbac.permissions import Permission
from tenants import service


def token(page: httpx.Response) -> str:
    """Return the CSRF token in a page's form."""
    found = re.search(r'name="_csrf" value="([^"]+)"', page.text)
    assert found
    return found.group(1)


async def at_address(browsers: Browsers, address: str) -> httpx.AsyncClient:
    """A browser whose requests come from an address."""
    transport = httpx.ASGITransport(app=browsers.app, raise_app_exceptions=False, client=(address, 40000))
    client = httpx.AsyncClient(transport=transport, base_url="http://market.test", headers={"accept": "text/html"})
    return await browsers.stack.enter_async_context(client)


async def limit(browsers: Browsers, key: str, value: str) -> None:
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await service.set_parameter(uow, "/", key, value, "测试")


async def test_two_hundred_sign_ins_a_second_from_one_address(browsers: Browsers) -> None:
    """Beyond the limit no hash is begun: refusals come in a small part of the time that one hash takes; others get in."""
    await staff_door.account(browsers.city)
    await staff_door.demand(browsers.city)
    await limit(browsers, "sign_in.per_address_minute", "10")
    flood, other = await at_address(browsers, "10.1.1.1"), await at_address(browsers, "10.1.1.2")
    took: dict[int, list[float]] = {}

    async def knock(n: int) -> httpx.Response:
        started = time.perf_counter()
        body = {"username": f"name{n}", "password": "wrong-password-0"}
        answer = await flood.post("/api/v1/sign-in/staff", json=body)
        took.setdefault(answer.status_code, []).append(time.perf_counter() - started)
        return answer

    first = [await knock(n) for n in range(10)]
    assert {a.status_code for a in first} == {401}
    started = time.perf_counter()
    answers = [await knock(n) for n in range(10, 210)]
    seconds = time.perf_counter() - started
    assert {a.status_code for a in answers} == {429}
    assert all(1 <= int(a.headers["retry-after"]) <= 60 for a in answers)
    assert statistics.median(took[429]) < statistics.median(took[401]) / 3, took
    assert browsers.app.state.limiter.refused == 200
    right = {"username": "limin", "password": staff_door.PASSWORD}
    assert (await flood.post("/api/v1/sign-in/staff", json=right)).status_code == 429
    assert (await other.post("/api/v1/sign-in/staff", json=right)).json()["kind"] == "staff"
    print(f"200 refused in {seconds:.2f} s")


async def test_a_flood_at_once_gets_no_more_than_its_share(browsers: Browsers) -> None:
    await limit(browsers, "sign_in.per_address_minute", "10")
    flood = await at_address(browsers, "10.1.1.1")
    body = {"username": "nobody", "password": "wrong-password-0"}
    first = await flood.post("/api/v1/sign-in/staff", json=body)
    assert first.status_code == 401
    answers = await asyncio.gather(*(flood.post("/api/v1/sign-in/staff", json=body) for _ in range(200)))
    assert sum(a.status_code == 429 and a.json()["title"] == "操作太频繁" for a in answers) >= 191
    page = await flood.get("/sign-in/staff")
    shown = await flood.post("/sign-in/staff", data=body | {"_csrf": token(page)})
    assert (shown.status_code, "retry-after" in shown.headers) == (429, True)
    assert "这个网络的登录太频繁" in shown.text


async def test_several_processes_let_in_together_what_one_would(browsers: Browsers) -> None:
    city = browsers.city
    await limit(browsers, "sign_in.per_address_minute", "10")
    processes = [AddressLimiter() for _ in range(4)]

    async def knock(n: int) -> bool:
        try:
            await processes[n % 4].check(city.database, city.secrets, "10.1.1.3")
        except TooMany:
            return False
        return True

    assert sum([await knock(n) for n in range(40)]) == 10
    await processes[0].check(city.database, city.secrets, "10.1.1.4")


async def test_the_next_minute_is_open_again(browsers: Browsers) -> None:
    city = browsers.city
    await limit(browsers, "sign_in.per_address_minute", "5")
    now = 0.0
    limiter = AddressLimiter(tick=lambda: now)
    for _ in range(5):
        await limiter.check(city.database, city.secrets, "10.1.1.5")
    with pytest.raises(TooMany):
        await limiter.check(city.database, city.secrets, "10.1.1.5")
    now, _ = 61.0, city.clock.advance(timedelta(seconds=61))
    await limiter.check(city.database, city.secrets, "10.1.1.5")


async def test_a_forwarded_address_is_believed_from_our_own_proxies_only(browsers: Browsers) -> None:
    await limit(browsers, "sign_in.per_address_minute", "5")
    flood = await at_address(browsers, "10.1.1.6")

    async def knock(n: int) -> int:
        told = {"x-forwarded-for": f"203.0.113.{n}"}
        body = {"username": f"nobody{n}", "password": "wrong-password-0"}
        return (await flood.post("/api/v1/sign-in/staff", json=body, headers=told)).status_code

    seen = [await knock(n) for n in range(8)]
    assert seen[-1] == 429
    browsers.app.state.settings = replace(browsers.app.state.settings, forwarded_from="10.1.1.0/24")
    browsers.app.state.limiter = AddressLimiter()
    assert 429 not in [await knock(n) for n in range(20, 24)]


def test_whose_request_it_is() -> None:
    ours = networks("10.0.0.0/8, 192.0.2.7")
    for peer, told, want in (
        ("198.51.100.9", "203.0.113.5", "198.51.100.9"),
        ("10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.5, 10.9.9.9", "203.0.113.5"),
        ("10.0.0.1", "junk", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("192.0.2.7", "2001:db8::1", "2001:db8::1"),
    ):
        assert client_address(peer, told, ours) == want, (peer, told)
    assert client_address("10.0.0.1", "203.0.113.5", ()) == "10.0.0.1"
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2::9") != network_of("2001:db8:1:3::9")
    assert network_of("::ffff:10.0.0.1") == network_of("10.0.0.1")


async def test_one_address_gets_so_many_codes_an_hour(browsers: Browsers) -> None:
    await limit(browsers, "otp.per_address_hour", "3")
    hall, other = await at_address(browsers, "10.1.1.7"), await at_address(browsers, "10.1.1.8")
    sent = [await hall.post("/api/v1/sign-in/code", json={"phone": f"1380000010{n}"}) for n in range(5)]
    assert [a.status_code for a in sent] == [202, 202, 202, 429, 429]
    assert int(sent[-1].headers["retry-after"]) > 0
    assert (await other.post("/api/v1/sign-in/code", json={"phone": "13800000109"})).status_code == 202
    with pytest.raises(TooMany):
        await codes.send_code(
            browsers.city.database, browsers.city.secrets, "13800000110", "sign_in", address="10.1.1.7"
        )


DOORS = (
    "/sign-in/code", "/sign-in/check", "/sign-in/person", "/sign-in/staff", "/sign-in/totp", "/sign-in/enrol",
    "/sign-in/password", "/register", "/desk/switch",
)  # fmt: skip
INSIDE = (
    "/sign-out", "/me/post", "/me/security/password", "/me/security/totp", "/me/security/codes", "/me/security/pin",
    "/me/security/desk", "/me/security/desk/end", "/me/security/sessions/end-others",
)  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
async def test_a_form_without_its_token_or_with_a_foreign_one_is_refused(browsers: Browsers, door: str) -> None:
    mine, theirs = await browsers.anybody(), await browsers.anybody()
    page, foreign = await mine.get("/sign-in/staff"), await theirs.get("/sign-in/staff")
    good = {"username": "limin", "password": staff_door.PASSWORD, "phone": "13800000001", "next": "/"}
    for forged in ({}, {"_csrf": ""}, {"_csrf": token(foreign)}, {"_csrf": token(page)[:-1] + "x"}):
        answer = await mine.post(door, data=good | forged)
        assert answer.status_code == 403, (door, forged)
        assert "lg_session" not in answer.headers.get("set-cookie", "")
    assert (await mine.post(door, data=good | {"_csrf": token(page)})).status_code != 403


@pytest.mark.parametrize("door", INSIDE)
async def test_inside_too(browsers: Browsers, door: str) -> None:
    clerk, other = await browsers.clerk(), await browsers.worker()
    own = clerk.headers.pop("x-csrf-token")
    foreign = other.headers["x-csrf-token"]
    for forged in ({}, {"_csrf": foreign}, {"_csrf": own[:-1] + "x"}):
        assert (await clerk.post(door, data=forged)).status_code == 403, (door, forged)
    assert (await clerk.get("/me/security")).status_code == 200


async def test_the_api_asks_for_the_token_of_every_cookie_session(browsers: Browsers) -> None:
    clerk = await browsers.clerk()
    own = clerk.headers.pop("x-csrf-token")
    calls = (
        ("POST", "/api/v1/me/password", {"old": "x", "new": "y"}), ("POST", "/api/v1/me/pin", {"pin": "402857"}),
        ("POST", "/api/v1/me/codes", None), ("POST", "/api/v1/me/totp", None),
        ("POST", "/api/v1/me/sessions/end-others", None), ("POST", "/api/v1/sign-out", None),
        ("POST", "/api/v1/sign-in/staff", {"username": "x", "password": "y"}),
        ("POST", "/api/v1/sign-in/staff/second-factor", {"code": "000000"}),
    )  # fmt: skip
    for method, path, body in calls:
        for headers in ({}, {"x-csrf-token": own[:-1] + "x"}):
            answer = await clerk.request(method, path, json=body, headers=headers)
            assert answer.status_code == 403, path
    assert (await clerk.get("/api/v1/session")).status_code == 200


AWAY = (
    "//evil.test", "https://evil.test/", "http:evil.test", "\\\\evil.test", "/\\evil.test", "/%5cevil.test", "/%5Cevil.test",
    "/%255cevil.test", "/%2f/evil.test", "/%2fevil.test", "/\t/evil.test", "/%09/evil.test", "/\n//evil.test", "/%0a/evil.test",
    "javascript:alert(1)", "data:text/html,x", " //evil.test", "evil.test", "///evil.test", "/\u2028/evil.test",
    "/x\r\nset-cookie: a=b", "@evil.test", "/.//evil.test\\", "",
)  # fmt: skip


def own(location: str) -> bool:
    """Tell whether a browser on our site stays on it: the URL standard's reading, with httpx's parser as second opinion."""
    read = re.sub(r"[\t\n\r]", "", location.strip()).replace("\\", "/")
    joined = httpx.URL("http://market.test/sign-in").join(location)
    return read.startswith("/") and not read.startswith("//") and joined.host == "market.test"


async def test_no_door_leads_away(browsers: Browsers) -> None:
    totp = await staff_door.bound(browsers.city, await staff_door.account(browsers.city))
    await limit(browsers, "sign_in.per_address_minute", "1000")
    for away in AWAY:
        anybody = await browsers.anybody()
        page = await anybody.get("/sign-in/staff?next=" + quote(away, safe=""))
        assert page.status_code == 200
        data = {"username": "limin", "password": staff_door.PASSWORD, "next": away, "_csrf": token(page)}
        half = await anybody.post("/sign-in/staff", data=data)
        assert (half.status_code, own(half.headers["location"])) == (303, True), away
        page = await anybody.get(half.headers["location"])
        code = totp.at(browsers.city.clock.now())
        done = await anybody.post("/sign-in/totp", data={"totp": code, "next": away, "_csrf": token(page)})
        where = done.headers["location"]
        assert (done.status_code, own(where), "evil" in where) == (303, True, False), (away, where)
        assert "\n" not in where
        browsers.city.clock.advance(timedelta(seconds=60))


async def test_the_phones_door_leads_nowhere_else_either(browsers: Browsers) -> None:
    await browsers.person(31)
    await limit(browsers, "sign_in.per_address_minute", "1000")
    await limit(browsers, "otp.per_phone_day", "100")
    for away in ("//evil.test", "/\\evil.test", "/%5cevil.test", "https://evil.test", "/\t/evil.test"):
        browsers.city.clock.advance(timedelta(hours=2))
        anybody = await browsers.anybody()
        page = await anybody.get("/sign-in")
        asked = await anybody.post("/sign-in/code", data={"phone": "13800000031", "next": away, "_csrf": token(page)})
        assert asked.status_code == 200, asked.text
        sent = await messages.recent(browsers.city.database, browsers.city.secrets.sealer, 1)
        found = re.search(r"\d{6}", sent[0].text)
        assert found
        done = await anybody.post("/sign-in/check", data={"code": found.group(), "_csrf": token(asked)})
        assert (done.status_code, done.headers["location"]) == (303, "/my/jobs"), away


async def test_a_way_in_leads_to_where_one_wanted_to_go(browsers: Browsers) -> None:
    totp = await staff_door.bound(browsers.city, await staff_door.account(browsers.city))
    anybody = await browsers.anybody()
    page = await anybody.get("/sign-in/staff")
    wanted = "/desk/people?q=李"
    data = {"username": "limin", "password": staff_door.PASSWORD, "next": wanted, "_csrf": token(page)}
    half = await anybody.post("/sign-in/staff", data=data)
    page = await anybody.get(half.headers["location"])
    code = totp.at(browsers.city.clock.now())
    done = await anybody.post("/sign-in/totp", data={"totp": code, "next": wanted, "_csrf": token(page)})
    assert done.headers["location"] == "/desk/people?q=" + quote("李")


async def test_a_planted_token_is_never_taken_up(browsers: Browsers) -> None:
    """Session fixation: neither a made-up token, nor the planter's own half or whole session becomes the victim's."""
    city = browsers.city
    totp = await staff_door.bound(city, await staff_door.account(city))
    planter = await staff_door.account(city, "planter")
    planted_half = (await staff_door.enter(city, "planter")).token
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        planted_whole = await sessions.create(uow, "staff", planter)
    for planted in ("made-up-by-somebody", planted_half, planted_whole):
        victim = await browsers.anybody()
        victim.cookies.set("lg_session", planted)
        page = await victim.get("/sign-in/staff")
        data = {"username": "limin", "password": staff_door.PASSWORD, "_csrf": token(page)}
        half = await victim.post("/sign-in/staff", data=data)
        assert half.status_code == 303
        first = half.cookies["lg_session"]
        page = await victim.get("/sign-in/totp")
        code = totp.at(city.clock.now())
        done = await victim.post("/sign-in/totp", data={"totp": code, "_csrf": token(page)})
        second = done.cookies["lg_session"]
        assert len({planted, first, second}) == 3
        assert await sessions.resolve(city.database, planted) is None
        assert await sessions.owed(city.database, planted) is None
        assert await sessions.owed(city.database, first) is None
        principal = await sessions.resolve(city.database, second)
        assert principal is not None
        assert principal.name == "李敏"
        city.clock.advance(timedelta(seconds=60))


async def test_a_half_session_opens_no_page_and_no_operation(browsers: Browsers) -> None:
    city = browsers.city
    await staff_door.bound(city, await staff_door.account(city))
    half = await staff_door.enter(city)
    assert half.kind == "half"
    client = await browsers.anybody(half.token)
    open_to_all = {Permission.PUBLIC_USE, Permission.BOARD_READ, Permission.NODE_READ, Permission.DEV_READ}
    closed = 0
    for route in browsers.app.routes:
        for handler in getattr(route, "route_handlers", []):
            if handler.opt.get("permission") in open_to_all | {None}:
                continue
            path = re.sub(r"\{\w+:int\}", "7", route.path)
            path = re.sub(r"\{[^}]+\}", "019cd46f-7440-7140-843b-2cb45d8b7f79", path)
            for method in handler.http_methods:
                answer = await client.request(method, path, headers={"accept": "application/json"})
                assert answer.status_code == 401, (method, path, answer.status_code)
                closed += 1
    assert closed > 150
    for path in ("/me", "/me/security", "/desk", "/desk/people", "/home", "/bureau"):
        assert (await client.get(path)).headers.get("location", "").startswith("/sign-in"), path
    assert await staff_sign_in.owes(city.database, half.token) is not None
