"""Pages of the offices: who gets in, and a whole life of an account as a county sysadmin leads it."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from browsing import Browsers
from officers import CODES, at_post, contract, hire
from small_city import COUNTY, OTHER_COUNTY, OTHER_STATION, STATION

from linggong.people import sessions, staff
from linggong.people.models import Staff
from rbac.models import RoleAssignment
from rbac.roles import Role

PLACE = f"兰阳街道零工驿站 {STATION}"
NEW = {"name": "李敏", "username": "limin", "role": "station_clerk", "path": PLACE}


async def at(browsers: Browsers, role: Role, path: str, name: str = "") -> httpx.AsyncClient:
    """The browser of somebody at a post."""
    officer = await hire(browsers.city.database, name or role.value, role, path, name="管理员")
    async with browsers.city.database.system() as uow:
        return await browsers.anybody(await sessions.create(uow, "staff", officer.id))


async def staff_id(browsers: Browsers, username: str) -> UUID:
    async with browsers.city.database.system() as uow:
        found = await uow.session.scalar(sa.select(Staff.id).where(Staff.username == username))
    assert found is not None
    return found


async def post_id(browsers: Browsers, username: str) -> UUID:
    return (await at_post(browsers.city.database, await staff_id(browsers, username))).post.id


async def opened(browsers: Browsers, admin: httpx.AsyncClient) -> str:
    """Open an account on the pages and return its code."""
    looked = await admin.post("/office/staff/new", data=NEW)
    assert looked.status_code == 200, looked.text
    for words in ("他以后多了这些", "登记零工", "兰阳街道零工驿站", "确认开账号"):
        assert words in looked.text
    async with browsers.city.database.system() as uow:
        assert await uow.session.scalar(sa.select(Staff.id).where(Staff.username == "limin")) is None, "only looked at"
    made = await admin.post("/office/staff/new", data=NEW | {"confirmed": "1"})
    found = re.search(r"[2-9A-Z]{4}(?:-[2-9A-Z]{4}){3}", made.text)
    assert found, made.text
    return found.group()


async def test_an_account_from_invitation_to_its_end(browsers: Browsers) -> None:
    admin = await at(browsers, Role.SYSADMIN, COUNTY)
    assert "新开账号" in (await admin.get("/office/staff")).text
    assert (await admin.get("/office/staff/new")).status_code == 200
    code = await opened(browsers, admin)
    who = await staff_id(browsers, "limin")
    assert code not in (await admin.get(f"/office/staff/{who}")).text, "shown once"
    invited = await browsers.anybody()
    page = await invited.get("/sign-in/staff/invitation")
    token = re.search(r'name="_csrf" value="([^"]+)"', page.text)
    assert token
    typed = {"_csrf": token.group(1), "code": code, "password": "my-own-password-1", "again": "something else"}
    assert "不一样" in (await invited.post("/sign-in/staff/invitation", data=typed)).text
    wrong = await invited.post("/sign-in/staff/invitation", data=typed | {"again": "my-own-password-1", "code": "x"})
    assert wrong.status_code == 422
    assert "my-own-password-1" not in wrong.text
    done = await invited.post("/sign-in/staff/invitation", data=typed | {"again": "my-own-password-1"})
    assert (done.status_code, done.headers["location"]) == (303, "/sign-in/staff")

    async with browsers.city.database.system() as uow:
        clerk = await browsers.anybody(await sessions.create(uow, "staff", who))
    assert (await clerk.get("/desk")).status_code == 200
    base = f"/office/posts/{await post_id(browsers, 'limin')}"
    move = {"path": "/4102/25/001/0203/", "reason": "轮岗"}
    looked = await admin.post(f"{base}/transfer", data=move)
    assert "他以后不能再做这些" in looked.text
    assert (await admin.post(f"{base}/transfer", data=move | {"confirmed": "1"})).status_code == 303
    assert "某社区" in (await clerk.get("/me")).text, "the next request"
    base = f"/office/posts/{await post_id(browsers, 'limin')}"
    assert (await admin.post(f"{base}/end", data={"reason": ""})).status_code == 422
    assert "确认撤岗" in (await admin.post(f"{base}/end", data={"reason": "退休"})).text
    assert (await clerk.get("/desk")).status_code == 200
    assert (await admin.post(f"{base}/end", data={"reason": "退休", "confirmed": "1"})).status_code == 303
    assert (await clerk.get("/desk")).status_code == 303, "nobody any more"
    page = await admin.get(f"/office/staff/{who}")
    assert "管理员：退休" in page.text
    ended = await admin.post(f"/office/staff/{who}/end", data={"reason": "离职", "confirmed": "1"})
    assert ended.status_code == 303
    assert "恢复账号" in (await admin.get(f"/office/staff/{who}")).text
    again = await admin.post(f"/office/staff/{who}/reopen")
    assert re.search(r"[2-9A-Z]{4}(?:-[2-9A-Z]{4}){3}", again.text)


async def test_the_preview_tells_what_a_second_post_gives_and_nothing_is_stored(browsers: Browsers) -> None:
    admin = await at(browsers, Role.SYSADMIN, COUNTY)
    await opened(browsers, admin)
    who = await staff_id(browsers, "limin")
    base = f"/office/staff/{who}/give"
    assert (await admin.get(base)).status_code == 200
    wanted = {"role": "mediator", "path": "兰考县", "ends_on": "2026-12-31"}
    looked = await admin.post(base, data=wanted)
    assert "调解纠纷" in looked.text
    assert "登记零工" not in looked.text, "he has that already"
    assert (await admin.post(base, data=wanted | {"back": "1"})).status_code == 200
    async with browsers.city.database.system() as uow:
        count = sa.select(sa.func.count()).where(RoleAssignment.staff_id == who)
        assert await uow.session.scalar(count) == 1
    for change, words in (
        ({"role": "auditor"}, "不能派"),
        ({"path": "没有的地方"}, "没有找到“没有的地方”"),
        ({"path": OTHER_STATION}, "不归您管"),
        ({"path": PLACE}, "请换一个地方"),
        ({"ends_on": "2026-02-30"}, "要改"),
        ({"role": ""}, "没有这个岗位"),
    ):
        page = await admin.post(base, data=wanted | change)
        assert page.status_code == 422, change
        assert words in page.text, change


async def test_a_stand_in_is_shown_as_one(browsers: Browsers) -> None:
    admin = await at(browsers, Role.SYSADMIN, COUNTY)
    await opened(browsers, admin)
    deputy = await hire(browsers.city.database, "wangfang", Role.STATION_CLERK, "/4102/25/001/0203/", name="王芳")
    base = f"/office/posts/{await post_id(browsers, 'limin')}/stand-in"
    assert "王芳" in (await admin.get(base)).text
    form = {"staff_id": str(deputy.id), "ends_on": "2026-03-20", "reason": "休假"}
    assert "兰阳街道零工驿站" in (await admin.post(base, data=form)).text
    assert (await admin.post(base, data=form | {"confirmed": "1"})).status_code == 303
    assert "代 李敏" in (await admin.get(f"/office/staff/{deputy.id}")).text
    lent = await at_post(browsers.city.database, deputy.id)
    async with browsers.city.database.system() as uow:
        token = await sessions.create(uow, "staff", deputy.id, {"assignment_id": str(lent.post.id)})
    standing = await browsers.anybody(token)
    assert "兰阳街道零工驿站（代） · 王芳" in (await standing.get("/desk")).text
    assert "驿站工作人员（代）" in (await standing.get("/me")).text
    assert 'title="代别人的岗"' in (await admin.get("/office/staff", params={"state": "stand_in"})).text


async def test_operators_and_contracts(browsers: Browsers) -> None:
    bureau = await at(browsers, Role.COUNTY_BUREAU, COUNTY)
    assert "还没有运营方" in (await bureau.get("/office/operators")).text
    bad = await bureau.post("/office/operators", data={"name": "", "uscc": "1", "path": "兰考县"})
    assert bad.status_code == 422
    assert {'href="#name"', 'href="#uscc"'} <= set(re.findall(r'href="#[a-z]+"', bad.text))
    made = await bureau.post("/office/operators", data={"name": "汴梁人力公司", "uscc": CODES[0], "path": "兰考县"})
    assert made.status_code == 303
    sign = made.headers["location"]
    assert (await bureau.get(sign)).status_code == 200
    form: dict[str, Any] = {
        "number": "2026-01", "starts_on": "2026-01-01", "ends_on": "2026-12-31", "places": ["兰阳街道 /4102/25/001/", ""],
    }  # fmt: skip
    for change, words in (
        ({"places": ["", ""]}, "请至少选一个"),
        ({"places": ["火星"]}, "没有找到"),
        ({"ends_on": ""}, "要改"),
    ):
        page = await bureau.post(sign, data=form | change)
        assert page.status_code == 422
        assert words in page.text
    empty = (await bureau.post(sign, data={"number": "", "starts_on": "", "ends_on": "", "places": ["", ""]})).text
    assert {'href="#number"', 'href="#starts_on"', 'href="#ends_on"', 'href="#places"'} <= set(
        re.findall(r'href="#[a-z_]+"', empty)
    ), "all that is missing is named at once"
    signed = await bureau.post(sign, data=form)
    assert signed.status_code == 303, signed.text
    page = signed.headers["location"]
    assert "执行中" in (await bureau.get(page)).text
    operator = {"name": "孟凯", "username": "mengkai", "role": "county_operator", "path": "/4102/25/001/"}
    assert (await bureau.post("/office/staff/new", data=operator | {"confirmed": "1"})).status_code == 200
    assert "孟凯" in (await bureau.get(page)).text
    gone = {"reason": "违约", "confirmed": "1"}
    wider = {"places": ["堌阳镇", "兰阳街道"], "reason": "扩大", "confirmed": "1"}
    for path, data, status, words in (
        ("last-day", {"ends_on": "2026-06-30", "reason": ""}, 422, "请写明原因"),
        ("last-day", {"ends_on": "2026-06-30", "reason": "补充协议"}, 200, "到 2026-06-30"),
        ("last-day", {"ends_on": "2026-12-31", "reason": "不变"}, 200, "没有岗位会变"),
        ("last-day", {"ends_on": "2026-06-30", "reason": "补充协议", "confirmed": "1"}, 303, ""),
        ("places", {"places": ["堌阳镇"], "reason": ""}, 422, "请写明原因"),
        ("places", {"places": ["火星", "堌阳镇"], "reason": "扩大"}, 422, "没有找到“火星”"),
        ("places", {"places": ["堌阳镇"], "reason": "换地方"}, 200, "马上结束"),
        ("places", wider, 303, ""),
        ("terminate", {"reason": " "}, 422, "请写明原因"),
        ("terminate", {"reason": "违约"}, 200, "孟凯"),
    ):
        answer = await bureau.post(f"{page}/{path}", data=data)
        assert answer.status_code == status, (path, data)
        assert words in answer.text, (path, data)
    assert "孟凯" in (await bureau.get(page)).text, "only looked at"
    carried = await bureau.post(f"{page}/places", data={"places": ["堌阳镇", "兰阳街道"], "reason": "不变"})
    assert carried.text.count('type="hidden" name="places"') == 2
    assert (await bureau.post(f"{page}/terminate", data=gone)).status_code == 303
    assert (await bureau.post(f"{page}/terminate", data=gone)).status_code == 409
    assert "已终止" in (await bureau.get("/office/operators")).text


@pytest.mark.parametrize(
    ("role", "path", "lists", "invites", "operators", "manages"),
    [
        (Role.SYSADMIN, COUNTY, 200, 200, 200, 403),
        (Role.COUNTY_BUREAU, COUNTY, 200, 200, 200, 422),
        (Role.CITY_BUREAU, "/4102/", 200, 200, 200, 403),
        (Role.COUNTY_OPERATOR, COUNTY, 200, 200, 200, 403),
        (Role.STATION_MANAGER, STATION, 200, 403, 403, 403),
        (Role.STREET_OPERATOR, "/4102/25/001/", 200, 403, 403, 403),
        (Role.AUDITOR, "/4102/", 200, 403, 200, 403),
        (Role.STATION_CLERK, STATION, 403, 403, 403, 403),
        (Role.MEDIATOR, COUNTY, 403, 403, 403, 403),
        (Role.CITY_ANALYST, "/4102/", 403, 403, 403, 403),
        (Role.PII_OFFICER, COUNTY, 403, 403, 403, 403),
    ],
)
async def test_doors_by_role(
    browsers: Browsers, role: Role, path: str, lists: int, invites: int, operators: int, manages: int
) -> None:
    who = await at(browsers, role, path)
    assert (await who.get("/office/staff")).status_code == lists
    assert (await who.get("/office/staff/new")).status_code == invites
    assert (await who.get("/office/operators")).status_code == operators
    assert (await who.post("/office/operators", data={})).status_code == manages
    page = await who.get("/home")
    assert page.status_code in (200, 303)
    if lists == 200:
        assert 'href="/office/staff"' in (await who.get("/office/staff")).text


async def test_strangers_and_neighbours_find_nothing(browsers: Browsers) -> None:
    admin = await at(browsers, Role.SYSADMIN, COUNTY)
    await opened(browsers, admin)
    who, post = await staff_id(browsers, "limin"), await post_id(browsers, "limin")
    bureau = await hire(browsers.city.database, "bureau", Role.COUNTY_BUREAU, COUNTY)
    deal = await contract(bureau, ["/4102/25/001/"])
    neighbour = await at(browsers, Role.SYSADMIN, OTHER_COUNTY, "neighbour")
    office = await at(browsers, Role.COUNTY_BUREAU, OTHER_COUNTY, "office")
    for missing_who, missing_post, missing_deal in ((who, post, deal), (uuid4(), uuid4(), uuid4())):
        for path in (
            f"/office/staff/{missing_who}", f"/office/staff/{missing_who}/give", f"/office/staff/{missing_who}/end",
            f"/office/posts/{missing_post}/transfer", f"/office/posts/{missing_post}/stand-in",
            f"/office/posts/{missing_post}/end", f"/office/contracts/{missing_deal}",
        ):  # fmt: skip
            assert (await neighbour.get(path)).status_code == 404, path
        for path in (f"/office/staff/{missing_who}/reopen", f"/office/staff/{missing_who}/invitation"):
            assert (await neighbour.post(path)).status_code == 404, path
        for path in ("last-day", "places", "terminate"):
            data = {"ends_on": "2026-12-31", "reason": "捣乱", "places": OTHER_STATION, "confirmed": "1"}
            assert (await office.get(f"/office/contracts/{missing_deal}/{path}")).status_code == 404, path
            assert (await office.post(f"/office/contracts/{missing_deal}/{path}", data=data)).status_code == 404, path
    assert "李敏" not in (await neighbour.get("/office/staff")).text
    anybody = await browsers.anybody()
    assert (await anybody.get("/office/staff")).status_code == 303
    assert (await (await browsers.worker()).get("/office/staff")).status_code == 403


async def test_a_place_that_nobody_knows_is_told_at_its_field(browsers: Browsers) -> None:
    """In the list as in a form: the tired clerk types half a name, a code of another county, or nothing that exists."""
    admin = await at(browsers, Role.SYSADMIN, COUNTY)
    for typed in ("火星", "兰阳", OTHER_STATION, "410202000000", "/", "/4102/25/../02/"):
        page = await admin.get("/office/staff", params={"path": typed})
        assert page.status_code == 422, typed
        assert 'id="path-fault"' in page.text, typed
    assert "管理员" in (await admin.get("/office/staff", params={"path": "兰考县"})).text


async def test_a_name_with_marks_is_only_text(browsers: Browsers) -> None:
    admin = await at(browsers, Role.SYSADMIN, COUNTY)
    async with browsers.city.database.system() as uow:
        await staff.create_staff(uow, "marks", "<b>李</b>", "station_clerk", STATION, "dawn-at-the-bridge-5")
    page = (await admin.get("/office/staff", params={"q": "<b>"})).text
    assert "&lt;b&gt;李" in page
    assert "<b>李" not in page
