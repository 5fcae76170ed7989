"""Registering oneself on pages, as a worker and as an employer, with every fault at once."""

from __future__ import annotations

import re

import httpx
from browsing import Browsers

from linggong.people import messages
from linggong.people.identity_numbers import check_digit

NUMBER = "41022519700101120"
WORKER = {
    "role": "worker", "name": "赵大明", "id_number": NUMBER + check_digit(NUMBER), "phone": "13900000077",
    "trades": ["6-29-99-00", "4-02-05-01"], "skill_level": "0", "pay": "200", "pay_unit": "day", "consent": "1",
    "county": "410225000000",
}  # fmt: skip


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


async def test_a_company_registers_and_waits_for_its_check(browsers: Browsers) -> None:
    anybody = await browsers.anybody()
    form: dict[str, object] = {
        "role": "employer", "kind": "firm", "name": "兰考县顺达搬运有限公司", "uscc": "91410225MA9K4X7T0R",
        "contact_name": "赵大明", "id_number": str(WORKER["id_number"]), "phone": "13900000078", "consent": "1",
    }  # fmt: skip
    page = await anybody.get("/register?as=employer")
    answer = await anybody.post("/register", data=form | {"_csrf": token(page), "uscc": "1", "id_number": "2"})
    assert answer.status_code in (200, 422)
    assert "uscc" in answer.text


async def test_every_fault_is_told_at_once(browsers: Browsers) -> None:
    anybody = await browsers.anybody()
    page = await anybody.get("/register")
    bad = {
        "role": "worker",
        "name": "",
        "id_number": "1",
        "phone": "2",
        "pay": "x",
        "consent": "1",
        "_csrf": token(page),
    }
    answer = await anybody.post("/register", data=bad)
    for name in ("name", "trades", "pay", "county"):
        assert f'href="#{name}"' in answer.text, name
    no_consent = await anybody.post(
        "/register", data={k: v for k, v in (WORKER | {"_csrf": token(page)}).items() if k != "consent"}
    )
    assert "请先同意" in no_consent.text


async def test_a_child_is_not_registered(browsers: Browsers) -> None:
    anybody = await browsers.anybody()
    child = "41022520140101120"
    refused = await register(browsers, anybody, WORKER | {"id_number": child + check_digit(child)})
    assert "未满 16 周岁" in refused.text
    assert (await anybody.get("/my/jobs")).status_code in (303, 401)
