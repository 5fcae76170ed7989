"""Staff at the door: password, second factor, and who stays outside."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import httpx
import pyotp
from browsing import Browsers
from small_city import STATION

from linggong.people import staff

PASSWORD = "dawn-at-the-bridge-5"


def token(page: httpx.Response) -> str:
    """Return the CSRF token in a page's form."""
    found = re.search(r'name="_csrf" value="([^"]+)"', page.text)
    assert found
    return found.group(1)


async def account(browsers: Browsers, *, bound: bool) -> pyotp.TOTP | None:
    """Create a clerk; bind a second factor when asked, and return it."""
    city = browsers.city
    async with city.database.system() as uow:
        staff_id = await staff.create_staff(uow, "limin", "李敏", "station_clerk", STATION, PASSWORD)
    if not bound:
        return None
    offer = await staff.offer_totp(city.database, city.secrets, staff_id)
    totp = pyotp.TOTP(offer.secret)
    await staff.confirm_totp(city.database, city.secrets, staff_id, code(browsers, totp))
    city.clock.advance(timedelta(minutes=2))
    return totp


def code(browsers: Browsers, totp: pyotp.TOTP) -> str:
    return totp.at(browsers.city.clock.now())


async def enter(browsers: Browsers, anybody: httpx.AsyncClient, **changes: str) -> httpx.Response:
    page = await anybody.get("/sign-in/staff")
    data = {"username": "limin", "password": PASSWORD, "_csrf": token(page)} | changes
    return await anybody.post("/sign-in/staff", data=data)


async def test_password_alone_leads_to_the_desk(browsers: Browsers) -> None:
    await account(browsers, bound=False)
    anybody = await browsers.anybody()
    wrong = await enter(browsers, anybody, password="not-the-password")
    assert wrong.status_code == 422
    assert "用户名或密码不对" in wrong.text
    assert "not-the-password" not in wrong.text
    done = await enter(browsers, anybody)
    assert (done.status_code, done.headers["location"]) == (303, "/desk")


async def test_the_second_factor_is_asked_and_taken(browsers: Browsers) -> None:
    totp = await account(browsers, bound=True)
    assert totp is not None
    anybody = await browsers.anybody()
    half = await enter(browsers, anybody, next="/desk/review")
    assert half.status_code == 303
    assert (await anybody.get("/desk")).headers["location"].startswith("/sign-in")
    page = await anybody.get(half.headers["location"])
    assert page.status_code == 200
    wrong = await anybody.post("/sign-in/totp", data={"totp": "000000", "next": "/desk/review", "_csrf": token(page)})
    assert wrong.status_code == 422
    assert "动态码不对" in wrong.text
    right = {"totp": code(browsers, totp), "next": "/desk/review", "_csrf": token(wrong)}
    done = await anybody.post("/sign-in/totp", data=right)
    assert (done.status_code, done.headers["location"]) == (303, "/desk/review")
    assert (await anybody.get("/desk")).status_code == 200


async def test_the_second_step_alone_leads_back_to_the_first(browsers: Browsers) -> None:
    anybody = await browsers.anybody()
    assert (await anybody.get("/sign-in/totp")).headers["location"] == "/sign-in/staff"


async def test_staff_bind_a_second_factor(browsers: Browsers) -> None:
    await account(browsers, bound=False)
    anybody = await browsers.anybody()
    await enter(browsers, anybody)
    assert 'href="/sign-in/enrol"' in (await anybody.get("/me")).text
    page = await anybody.get("/sign-in/enrol")
    secret = re.search(r'class="trace">((?:[A-Z2-7]{4} ?){8})<', page.text)
    assert secret
    assert 'src="data:image/svg+xml' in page.text
    wrong = await anybody.post("/sign-in/enrol", data={"totp": "000000", "_csrf": token(page)})
    assert wrong.status_code == 422
    assert secret.group(1) in wrong.text
    first = code(browsers, pyotp.TOTP(secret.group(1).replace(" ", "")))
    bound = await anybody.post("/sign-in/enrol", data={"totp": first, "_csrf": token(wrong)})
    assert (bound.status_code, bound.headers["location"]) == (303, "/me")
    assert (await anybody.get("/sign-in/enrol")).headers["location"] == "/me"
    again = await browsers.anybody()
    assert (await enter(browsers, again)).headers["location"].startswith("/sign-in/totp")


async def test_a_worker_has_no_second_factor_to_bind(browsers: Browsers) -> None:
    worker, anybody = await browsers.worker(), await browsers.anybody()
    assert (await worker.get("/sign-in/enrol")).status_code == 404
    assert (await anybody.get("/sign-in/enrol")).headers["location"].startswith("/sign-in?next=")
    assert "绑定动态码" not in (await worker.get("/me")).text


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
