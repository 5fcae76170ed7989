"""我的安全, 换人 and an account's security page, as their users click through them."""

from __future__ import annotations

import re

import httpx
import pyotp
import staff_door
from browsing import Browsers
from small_city import COUNTY, OTHER_COUNTY

from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.people import sessions, staff

PIN = "402857"


def token(page: httpx.Response) -> str:
    """Return the CSRF token in a page's form."""
    found = re.search(r'name="_csrf" value="([^"]+)"', page.text)
    assert found
    return found.group(1)


async def send(client: httpx.AsyncClient, path: str, page: str = "", **data: str) -> httpx.Response:
    """Post a form with the token of the page that it stands on."""
    seen = await client.get(page or path)
    return await client.post(path, data=data | {"_csrf": token(seen)})


async def sign_in(browsers: Browsers, client: httpx.AsyncClient, totp: pyotp.TOTP, username: str = "limin") -> None:
    from datetime import timedelta

    await send(client, "/sign-in/staff", username=username, password=staff_door.PASSWORD)
    code = totp.at(browsers.city.clock.now())
    done = await send(client, "/sign-in/totp", totp=code)
    assert done.headers["location"] == "/desk"
    browsers.city.clock.advance(timedelta(seconds=60))


async def officer(browsers: Browsers, role: str = "sysadmin", path: str = COUNTY) -> httpx.AsyncClient:
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        account = await staff.create_staff(
            uow, f"{role}{path.replace('/', '-')}x", "周明", role, path, staff_door.PASSWORD
        )
        return await browsers.anybody(await sessions.create(uow, "staff", account))


async def test_one_secures_oneself(browsers: Browsers) -> None:
    totp = await staff_door.bound(browsers.city, await staff_door.account(browsers.city))
    here, there = await browsers.anybody(), await browsers.anybody()
    await sign_in(browsers, here, totp)
    await sign_in(browsers, there, totp)
    page = await here.get("/me/security")
    assert page.text.count("密码加验证码登录") == 2
    assert 'class="state state-go">这里<' in page.text
    end = re.search(r'action="(/me/security/sessions/[0-9a-f-]+/end)"', page.text)
    assert end
    assert (await send(here, end.group(1), "/me/security")).headers["location"] == "/me/security"
    assert (await there.get("/desk")).headers["location"].startswith("/sign-in")
    for bad in ({"pin": "123456", "pin_again": "123456"}, {"pin": PIN, "pin_again": "402858"}):
        refused = await send(here, "/me/security/pin", "/me/security", **bad)
        assert refused.status_code == 422
        assert 'aria-invalid="true"' in refused.text
        assert "123456" not in refused.text
    assert (await send(here, "/me/security/pin", "/me/security", pin=PIN, pin_again=PIN)).status_code == 303
    sheet = await send(here, "/me/security/codes", "/me/security")
    assert sheet.headers["cache-control"] == "no-store"
    assert len(re.findall(r"<li>[A-Z0-9]{4}-[A-Z0-9]{4}</li>", sheet.text)) == 20
    assert '还剩 <span class="num">20</span>' in (await here.get("/me/security")).text
    own = {"new": "a-quite-new-one-8", "again": "a-quite-new-one-8"}
    wrong = await send(here, "/me/security/password", "/me/security", old="nope-nope-1", **own)
    assert wrong.status_code == 422
    assert "现在的密码不对" in wrong.text
    before = here.cookies["lg_session"]
    new = "a-quite-new-one-8"
    done = await send(here, "/me/security/password", "/me/security", old=staff_door.PASSWORD, new=new, again=new)
    assert done.status_code == 303
    assert here.cookies["lg_session"] != before
    assert "密码改好了" in (await here.get("/me/security")).text


async def test_a_worker_sees_where_he_is_signed_in_and_no_more(browsers: Browsers) -> None:
    worker = await browsers.worker()
    page = await worker.get("/me/security")
    assert page.status_code == 200
    assert "手机验证码登录" in page.text
    assert "PIN" not in page.text
    for path in ("password", "totp", "codes", "pin", "desk"):
        answer = await worker.post(f"/me/security/{path}", data={"pin": PIN, "pin_again": PIN, "name": "x"})
        assert answer.status_code in (303, 403, 404, 422), path
    assert "lg_desk" not in worker.cookies


async def test_two_clerks_share_a_computer(browsers: Browsers) -> None:
    city = browsers.city
    li, wang = await staff_door.account(city), await staff_door.account(city, "wang")
    totps = {"limin": await staff_door.bound(city, li), "wang": await staff_door.bound(city, wang, "wang")}
    hall = await browsers.anybody()
    assert (await hall.get("/desk/switch")).headers["location"] == "/sign-in/staff"
    await sign_in(browsers, hall, totps["limin"])
    assert "F8" not in (await hall.get("/desk")).text
    await send(hall, "/me/security/desk", "/me/security", name="大厅 1 号机")
    await send(hall, "/me/security/pin", "/me/security", pin=PIN, pin_again=PIN)
    assert 'data-key="F8"' in (await hall.get("/desk")).text
    await sign_in(browsers, hall, totps["wang"], "wang")
    before = hall.cookies["lg_session"]
    page = await hall.get("/desk/switch")
    assert "大厅 1 号机" in page.text
    assert str(li) in page.text
    assert f'value="{wang}"' not in page.text, "nobody changes over to himself"
    wrong = await send(hall, "/desk/switch", person=str(li), pin="971305")
    assert (wrong.status_code, "PIN 不对" in wrong.text) == (422, True)
    for junk in ("", "x", str(wang)):
        assert (await send(hall, "/desk/switch", person=junk, pin=PIN)).status_code == 422
    done = await send(hall, "/desk/switch", person=str(li), pin=PIN)
    assert (done.status_code, done.headers["location"]) == (303, "/desk")
    assert hall.cookies["lg_session"] != before
    assert await sessions.resolve(city.database, before) is None
    pinned = await hall.get("/me/security")
    assert "您是用 PIN 换进来的" in pinned.text
    assert 'action="/me/security/pin"' not in pinned.text
    assert (await send(hall, "/me/security/codes", "/me/security")).status_code == 403
    ended = await send(hall, "/me/security/desk/end", "/me/security")
    assert ended.status_code == 303
    assert "lg_desk" not in hall.cookies
    assert (await hall.get("/desk")).headers["location"].startswith("/sign-in"), (
        "a session by PIN ends with the computer"
    )


async def test_a_county_sysadmin_secures_an_account(browsers: Browsers) -> None:
    city = browsers.city
    li = await staff_door.account(city)
    clerk = await browsers.anybody()
    await sign_in(browsers, clerk, await staff_door.bound(city, li))
    admin, foreign = await officer(browsers), await officer(browsers, path=OTHER_COUNTY)
    base = f"/office/staff/{li}/security"
    page = await admin.get(base)
    assert page.status_code == 200
    assert "动态码已绑定" in page.text
    for path in ("password", "factor", "codes", "pin", "unlock", "sessions/end"):
        assert (await foreign.post(f"{base}/{path}")).status_code == 404, path
        assert (await clerk.post(f"{base}/{path}", data={})).status_code == 403, path
    assert (await foreign.get(base)).status_code == 404
    code = await send(admin, f"{base}/password", base)
    shown = re.search(r'class="trace code-big">([A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4})<', code.text)
    assert shown
    assert code.headers["cache-control"] == "no-store"
    assert shown.group(1) not in (await admin.get(base)).text
    assert (await clerk.get("/desk")).headers["location"].startswith("/sign-in")
    assert (await send(admin, f"{base}/factor", base)).status_code == 303
    sheet = await send(admin, f"{base}/codes", base)
    printed = re.findall(r"<li>([A-Z0-9]{4}-[A-Z0-9]{4})</li>", sheet.text)
    first = await send(clerk, "/sign-in/staff", username="limin", password=shown.group(1))
    assert first.headers["location"].startswith("/sign-in/totp")
    second = await send(clerk, "/sign-in/totp", totp=printed[4])
    assert second.headers["location"].startswith("/sign-in/enrol")
    assert "定一个自己的密码" in (await clerk.get("/sign-in/enrol")).text
    new = "a-quite-new-one-8"
    bad = await clerk.get("/sign-in/enrol")
    again = await clerk.post("/sign-in/password", data={"password": new, "again": "x", "_csrf": token(bad)})
    assert again.status_code == 422
    done = await clerk.post("/sign-in/password", data={"password": new, "again": new, "_csrf": token(again)})
    assert (done.status_code, done.headers["location"]) == (303, "/desk")


async def test_the_same_over_the_api(browsers: Browsers) -> None:
    city = browsers.city
    li = await staff_door.account(city)
    signed = await staff_door.whole(city, await staff_door.bound(city, li))
    clerk, admin = await browsers.anybody(signed.token), await officer(browsers)
    listed = (await clerk.get("/api/v1/me/sessions")).json()
    assert [(s["this"], s["proof"]) for s in listed] == [(True, "factor")]
    state = (await clerk.post("/api/v1/me/pin", json={"pin": PIN})).json()
    assert (state["has_pin"], state["has_totp"], state["demanded"]) == (True, True, True)
    assert len((await clerk.post("/api/v1/me/codes")).json()["codes"]) == 20
    base = f"/api/v1/staff/{li}"
    seen = (await admin.get(f"{base}/security")).json()
    assert (seen["username"], seen["factors"]["printed_left"], len(seen["sessions"])) == ("limin", 20, 1)
    assert (await admin.delete(f"{base}/sessions/{listed[0]['id']}")).json() == {"ended": 1}
    assert (await clerk.get("/api/v1/me/sessions")).status_code == 401
    assert (await admin.delete(f"{base}/sessions/{listed[0]['id']}")).status_code == 404
    assert not (await admin.post(f"{base}/reset-pin")).json()["factors"]["has_pin"]
    assert not (await admin.post(f"{base}/reset-factor")).json()["factors"]["has_totp"]
    assert re.fullmatch(r"(?:\w{4}-){2}\w{4}", (await admin.post(f"{base}/reset-password")).json()["code"])
    assert (await admin.post(f"{base}/sessions/end")).json() == {"ended": 0}
    assert (await admin.post(f"{base}/unlock")).json()["locked_until"] is None
