"""Staff at the door: password, second factor, and who stays outside."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx
import pyotp
import sqlalchemy as sa
import staff_door
from browsing import Browsers

from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from rbac.models import RoleAssignment


def token(page: httpx.Response) -> str:
    """Return the CSRF token in a page's form."""
    found = re.search(r'name="_csrf" value="([^"]+)"', page.text)
    assert found
    return found.group(1)


async def account(browsers: Browsers) -> pyotp.TOTP:
    """Create a clerk with an authenticator and return it."""
    staff_id = await staff_door.account(browsers.city)
    return await staff_door.bound(browsers.city, staff_id)


def code(browsers: Browsers, totp: pyotp.TOTP) -> str:
    return totp.at(browsers.city.clock.now())


async def enter(browsers: Browsers, anybody: httpx.AsyncClient, **changes: str) -> httpx.Response:
    page = await anybody.get("/sign-in/staff")
    data = {"username": "limin", "password": staff_door.PASSWORD, "_csrf": token(page)} | changes
    return await anybody.post("/sign-in/staff", data=data)


async def test_a_post_that_demands_no_factor_opens_with_the_password(browsers: Browsers) -> None:
    await staff_door.account(browsers.city)
    await staff_door.demand(browsers.city)
    anybody = await browsers.anybody()
    wrong = await enter(browsers, anybody, password="not-the-password")
    assert wrong.status_code == 422
    assert "用户名或密码不对" in wrong.text
    assert "not-the-password" not in wrong.text
    done = await enter(browsers, anybody)
    assert (done.status_code, done.headers["location"]) == (303, "/desk")


async def test_the_second_factor_is_asked_and_taken(browsers: Browsers) -> None:
    totp = await account(browsers)
    anybody = await browsers.anybody()
    half = await enter(browsers, anybody, next="/desk/review")
    assert half.status_code == 303
    assert (await anybody.get("/desk")).headers["location"].startswith("/sign-in")
    page = await anybody.get(half.headers["location"])
    assert page.status_code == 200
    wrong = await anybody.post("/sign-in/totp", data={"totp": "000000", "next": "/desk/review", "_csrf": token(page)})
    assert wrong.status_code == 422
    assert "这个码不对" in wrong.text
    right = {"totp": code(browsers, totp), "next": "/desk/review", "_csrf": token(wrong)}
    done = await anybody.post("/sign-in/totp", data=right)
    assert (done.status_code, done.headers["location"]) == (303, "/desk/review")
    assert (await anybody.get("/desk")).status_code == 200


async def test_the_second_step_alone_leads_back_to_the_first(browsers: Browsers) -> None:
    anybody = await browsers.anybody()
    assert (await anybody.get("/sign-in/totp")).headers["location"] == "/sign-in/staff"


async def test_whoever_has_no_factor_yet_binds_one_before_anything_else(browsers: Browsers) -> None:
    await staff_door.account(browsers.city)
    anybody = await browsers.anybody()
    first = await enter(browsers, anybody, next="/desk/review")
    assert first.headers["location"].startswith("/sign-in/enrol?")
    for closed in ("/desk", "/me", "/me/security", "/desk/people", "/home"):
        assert (await anybody.get(closed)).headers["location"].startswith("/sign-in"), closed
    assert (await anybody.get("/api/v1/session")).status_code == 401
    page = await anybody.get(first.headers["location"])
    secret = re.search(r'class="trace">((?:[A-Z2-7]{4} ?){8})<', page.text)
    offer = re.search(r'name="offer" value="([0-9a-f]+)"', page.text)
    assert secret
    assert offer
    assert 'src="data:image/svg+xml' in page.text
    assert "没有智能手机" in page.text
    given = {"offer": offer.group(1), "next": "/desk/review", "_csrf": token(page)}
    wrong = await anybody.post("/sign-in/enrol", data=given | {"totp": "000000"})
    assert wrong.status_code == 422
    assert secret.group(1) in wrong.text
    right = code(browsers, pyotp.TOTP(secret.group(1).replace(" ", "")))
    bound = await anybody.post("/sign-in/enrol", data=given | {"totp": right, "_csrf": token(wrong)})
    assert (bound.status_code, bound.headers["location"]) == (303, "/desk/review")
    assert (await anybody.get("/sign-in/enrol")).headers["location"] == "/me/security"
    again = await browsers.anybody()
    assert (await enter(browsers, again)).headers["location"].startswith("/sign-in/totp")


async def test_whoever_holds_no_post_is_told_so(browsers: Browsers) -> None:
    await staff_door.account(browsers.city)
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await uow.execute(sa.update(RoleAssignment).values(ends_at=uow.now))
    anybody = await browsers.anybody()
    answer = await enter(browsers, anybody)
    assert answer.headers["location"] == "/sign-in/staff"
    assert "没有岗位" in (await anybody.get("/sign-in/staff")).text
    assert "lg_session" not in anybody.cookies


async def test_a_locked_name_is_told_how_long(browsers: Browsers) -> None:
    for name in ("limin", "nobody"):
        anybody = await browsers.anybody()
        for _ in range(5):
            assert (await enter(browsers, anybody, username=name)).status_code == 422
        locked = await enter(browsers, anybody, username=name)
        assert (locked.status_code, locked.headers["retry-after"]) == (429, "900")
        assert "输错太多次" in locked.text


async def test_nobody_but_an_enrol_session_sees_the_enrol_page(browsers: Browsers) -> None:
    worker, anybody = await browsers.worker(), await browsers.anybody()
    assert (await worker.get("/sign-in/enrol")).headers["location"] == "/sign-in/staff"
    assert (await anybody.get("/sign-in/enrol")).headers["location"] == "/sign-in/staff"
    assert (await worker.post("/api/v1/me/totp")).status_code == 403


async def test_only_a_worker_has_jobs_and_wages_of_his_own(browsers: Browsers) -> None:
    boss, clerk = await browsers.boss(browsers.city.trusted), await browsers.clerk()
    for who in (boss, clerk):
        for page in ("/my/jobs", "/my/wages"):
            answer = await who.get(page)
            assert answer.status_code == 403
            assert "零工身份" in answer.text


async def test_messages_are_closed_outside_dev_mode(browsers: Browsers) -> None:
    anybody = await browsers.anybody()
    assert (await anybody.get("/dev/messages")).status_code == 200
    browsers.app.state.settings = replace(browsers.app.state.settings, dev=False)
    assert (await anybody.get("/dev/messages")).status_code == 404
    assert "/dev/messages" not in (await anybody.get("/sign-in")).text
