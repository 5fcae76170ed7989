"""Registering oneself on pages, as a worker and as an employer, with every fault at once."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
from browsing import Browsers
from stdnum.cn import uscc

from linggong.kernel.db import SYSTEM
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE
from linggong.people import messages
from linggong.people.identity_numbers import check_digit
from tenants.models import Node

NUMBER = "41022519700101120"
WORKER = {
    "role": "worker", "name": "赵大明", "id_number": NUMBER + check_digit(NUMBER), "phone": "13900000077",
    "trades": ["6-29-99-00", "4-02-05-01"], "skill_level": "0", "pay": "200", "pay_unit": "day", "consent": "1",
    "county": "410225000000",
}  # fmt: skip
_CODE = "91410225MA9K4X7T0"
FIRM = {
    "role": "employer", "kind": "firm", "name": "兰考县顺达搬运有限公司", "uscc": _CODE + uscc.calc_check_digit(_CODE),
    "contact_name": "赵大明", "id_number": str(WORKER["id_number"]), "phone": "13900000078", "consent": "1",
    "county": "410225000000",
}  # fmt: skip


def faulty(page: httpx.Response) -> set[str]:
    """Return the fields that the page complains of; each must be there to be mended."""
    names = set(re.findall(r'<a class="text-reset hit" href="#([^"]*)"', page.text))
    assert all(f'id="{name}"' in page.text for name in names)
    return names


async def codes_sent(browsers: Browsers) -> int:
    return len(await messages.recent(browsers.city.database, browsers.city.secrets.sealer, 50))


def token(page: httpx.Response) -> str:
    found = re.search(r'name="_csrf" value="([^"]+)"', page.text)
    assert found
    return found.group(1)


async def register(browsers: Browsers, anybody: httpx.AsyncClient, form: dict[str, object]) -> httpx.Response:
    """Ask for the code, then register with it."""
    page = await anybody.get("/register", params={"as": str(form["role"])})
    asked = await anybody.post("/register", data=form | {"_csrf": token(page)})
    assert asked.status_code == 200, asked.text
    assert 'name="code"' in asked.text
    sent = await messages.recent(browsers.city.database, browsers.city.secrets.sealer, 1)
    code = re.search(r"\d{6}", sent[0].text)
    assert code
    return await anybody.post("/register", data=form | {"_csrf": token(asked), "code": code.group()})


async def test_a_worker_registers_and_is_in(browsers: Browsers) -> None:
    anybody = await browsers.anybody()
    done = await register(browsers, anybody, dict(WORKER))
    assert done.status_code == 303, done.text
    me = await anybody.get("/me")
    assert "139****0077" in me.text
    assert str(WORKER["id_number"]) not in me.text
    _, code = await browsers.post()
    assert (await anybody.post(f"/orders/{code}/apply", data={"_csrf": token(me)})).headers["location"] == "/my/jobs"


async def test_a_company_registers_and_its_person_may_post(browsers: Browsers) -> None:
    anybody = await browsers.anybody()
    done = await register(browsers, anybody, dict(FIRM))
    assert (done.status_code, done.headers["location"]) == (303, "/employer")
    assert "雇主：兰考县顺达搬运有限公司" in (await anybody.get("/me")).text
    assert (await anybody.get("/employer/orders/new")).status_code == 200


async def test_a_known_credit_code_is_nobodys_way_into_a_company(browsers: Browsers) -> None:
    await register(browsers, await browsers.anybody(), dict(FIRM))
    browsers.city.clock.advance(timedelta(minutes=2))
    stranger = await browsers.anybody()
    number = "41022519720202231"
    other = FIRM | {"contact_name": "钱小贼", "phone": "13900000079", "id_number": number + check_digit(number)}
    refused = await register(browsers, stranger, dict(other))
    assert refused.status_code == 422
    assert "已经登记过" in refused.text
    assert (await stranger.get("/employer")).headers["location"].startswith("/sign-in")


async def test_a_signed_in_worker_registers_his_company_without_a_code(browsers: Browsers) -> None:
    worker = await browsers.worker(5)
    before = await codes_sent(browsers)
    assert 'href="/register?as=employer"' in (await worker.get("/me")).text
    done = await worker.post("/register", data=FIRM | {"id_number": ""})
    assert (done.status_code, done.headers["location"]) == (303, "/me")
    assert await codes_sent(browsers) == before
    me = await worker.get("/me")
    hat = re.search(r'name="post" value="([^"]+)">雇主：兰考县顺达搬运有限公司', me.text)
    assert hat
    turned = await worker.post("/me/post", data={"post": hat.group(1)})
    assert turned.headers["location"] == "/employer"
    assert (await worker.get("/employer")).status_code == 200


async def test_a_signed_in_worker_becomes_an_employer_himself(browsers: Browsers) -> None:
    worker = await browsers.worker(6)
    himself = {"role": "employer", "kind": "person", "contact_name": "李国强", "phone": "13800000006", "consent": "1"}
    assert (await worker.post("/register", data=himself)).status_code == 303
    assert "雇主：李国强" in (await worker.get("/me")).text


async def test_an_employer_registers_for_work_too(browsers: Browsers) -> None:
    anybody = await browsers.anybody()
    await register(browsers, anybody, dict(FIRM))
    page = await anybody.get("/me")
    looks = {k: WORKER[k] for k in ("role", "trades", "skill_level", "pay", "pay_unit", "consent", "county")}
    done = await anybody.post("/register", data=looks | {"_csrf": token(page)})
    assert (done.status_code, done.headers["location"]) == (303, "/me")
    again = await anybody.post("/register", data=looks | {"_csrf": token(page)})
    assert "登记过" in again.text


async def test_every_fault_is_told_at_once_and_no_code_is_spent(browsers: Browsers) -> None:
    anybody = await browsers.anybody()
    page = await anybody.get("/register")
    bad = {"role": "worker", "name": "", "id_number": "1", "phone": "2", "pay": "x", "_csrf": token(page)}
    answer = await anybody.post("/register", data=bad)
    assert answer.status_code == 422
    assert faulty(answer) == {"name", "id_number", "phone", "pay", "trades", "county", "consent"}
    firm = {"role": "employer", "kind": "firm", "uscc": "1", "id_number": "2", "phone": "3", "_csrf": token(page)}
    answer = await anybody.post("/register", data=firm)
    assert answer.status_code == 422
    assert faulty(answer) == {"name", "uscc", "id_number", "phone", "contact_name", "consent"}
    answer = await anybody.post("/register", data={"role": "employer", "_csrf": token(page)})
    assert "kind" in faulty(answer)
    assert await codes_sent(browsers) == 0


async def test_a_county_without_a_division_code_can_be_chosen(browsers: Browsers) -> None:
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        uow.session.add(
            Node(
                id=new_id(), path="/4102/90/", kind="zone", name="城乡一体化示范区", short_name="示范区", division_code=None,
                status="open", point_is_demo=True, created_at=uow.now,
            )
        )  # fmt: skip
    anybody = await browsers.anybody()
    page = await anybody.get("/register")
    assert '<option value="/4102/90/">城乡一体化示范区</option>' in page.text
    nowhere = await anybody.post("/register", data=WORKER | {"county": "/9999/", "_csrf": token(page)})
    assert faulty(nowhere) == {"county"}
    done = await register(browsers, anybody, WORKER | {"county": "/4102/90/"})
    assert done.status_code == 303, done.text


async def test_what_people_type_breaks_nothing(browsers: Browsers) -> None:
    anybody = await browsers.anybody()
    page = await anybody.get("/register")
    for text in ("😀" * 40, "\x00\x07", "'; DROP TABLE persons;--", "<script>alert(1)</script>", "9" * 5000):
        form = dict.fromkeys(("name", "id_number", "phone", "pay", "county", "skill_level", "pay_unit"), text)
        for more in (
            {"role": "worker", "trades": text}, {"role": "employer", "kind": "firm", "uscc": text, "contact_name": text},
            {"role": text, "kind": text},
        ):  # fmt: skip
            answer = await anybody.post("/register", data=form | more | {"consent": "1", "_csrf": token(page)})
            assert answer.status_code == 422, (text[:20], more["role"][:9])
            assert "<script>alert" not in answer.text
    assert await codes_sent(browsers) == 0


async def test_a_child_is_not_registered(browsers: Browsers) -> None:
    anybody = await browsers.anybody()
    child = "41022520140101120"
    page = await anybody.get("/register")
    form = WORKER | {"id_number": child + check_digit(child), "_csrf": token(page)}
    refused = await anybody.post("/register", data=form)
    assert refused.status_code == 422
    assert "未满 16 周岁" in refused.text
    assert faulty(refused) == {"id_number"}
    assert await codes_sent(browsers) == 0
