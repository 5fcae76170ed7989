"""Who gets in where, by which door, and what a form says when it is wrong."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from browsing import Browsers, button

from linggong.kernel import clock
from linggong.people import messages


def token(page: httpx.Response) -> str:
    """Return the CSRF token in a page's form."""
    found = re.search(r'name="_csrf" value="([^"]+)"', page.text)
    assert found
    return found.group(1)


async def code_of(browsers: Browsers) -> str:
    """Return the code that was sent last."""
    sent = await messages.recent(browsers.city.database, browsers.city.secrets.sealer, 1)
    found = re.search(r"\d{6}", sent[0].text)
    assert found
    return found.group()


async def test_a_worker_signs_in_by_code(browsers: Browsers) -> None:
    await browsers.person(31)
    anybody = await browsers.anybody()
    page = await anybody.get("/sign-in", params={"next": "/my/wages"})
    wrong = await anybody.post("/sign-in/code", data={"phone": "12", "_csrf": token(page), "next": "/my/wages"})
    assert 'aria-invalid="true"' in wrong.text
    asked = await anybody.post(
        "/sign-in/code", data={"phone": "13800000031", "_csrf": token(page), "next": "/my/wages"}
    )
    assert "138****0031" in asked.text
    bad = await anybody.post("/sign-in/check", data={"code": "000000", "_csrf": token(asked)})
    assert 'aria-invalid="true"' in bad.text
    entered = await anybody.post("/sign-in/check", data={"code": await code_of(browsers), "_csrf": token(asked)})
    assert (entered.status_code, entered.headers["location"]) == (303, "/my/wages")
    me = await anybody.get("/me")
    assert me.status_code == 200
    assert "138****0031" in me.text
    assert "13800000031" not in me.text
    out = await anybody.post("/sign-out", data={"_csrf": token(me)})
    assert out.status_code == 303
    assert (await anybody.get("/my/jobs")).status_code in (303, 401)


async def test_a_form_without_its_token_is_refused(browsers: Browsers) -> None:
    anybody = await browsers.anybody()
    assert (await anybody.post("/sign-in/code", data={"phone": "13800000031"})).status_code == 403
    worker = await browsers.worker()
    del worker.headers["x-csrf-token"]
    assert (await worker.post("/sign-out")).status_code == 403


@pytest.mark.parametrize(
    ("page", "door"),
    [
        ("/desk/people?q=x&cursor=a%2Fb", "/sign-in/staff?next=/desk/people%3Fq%3Dx%26cursor%3Da%252Fb"),
        ("/office/staff?role=mediator", "/sign-in/staff?next=/office/staff%3Frole%3Dmediator"),
        ("/audit", "/sign-in/staff?next=/audit"),
        ("/bureau?days=7", "/sign-in/staff?next=/bureau%3Fdays%3D7"),
        ("/my/jobs", "/sign-in?next=/my/jobs"),
    ],
)
async def test_a_session_that_is_over_leads_to_the_right_door_and_back(
    browsers: Browsers, page: str, door: str
) -> None:
    assert (await (await browsers.anybody()).get(page)).headers["location"] == door


async def test_a_form_after_the_session_is_over_names_the_door_of_its_office(browsers: Browsers) -> None:
    refused = await (await browsers.anybody()).post("/desk/people", data={"q": "x"})
    assert refused.status_code == 401
    assert 'href="/sign-in/staff"' in refused.text
    came = {"referer": "http://market.test/desk/people?q=x"}
    back = await (await browsers.anybody()).post("/desk/people", data={"q": "x"}, headers=came)
    assert 'href="/sign-in/staff?next=/desk/people%3Fq%3Dx"' in back.text, "and the page whose form it was"


async def test_who_may_see_what(browsers: Browsers) -> None:
    order_id, code = await browsers.post()
    anybody, worker, clerk = await browsers.anybody(), await browsers.worker(), await browsers.clerk()
    boss = await browsers.boss(browsers.city.trusted, 901)
    other = await browsers.boss(browsers.city.elsewhere, 902)
    for page in ("/", f"/orders/{code}", f"/orders/{order_id}", f"/orders/{code.lower()}", "/sign-in", "/register"):
        for who in (anybody, worker, clerk, boss):
            assert (await who.get(page)).status_code == 200, page
    for page in ("/my/jobs", "/my/wages", "/me", "/employer", f"/employer/orders/{order_id}", "/employer/orders/new"):
        closed = await anybody.get(page)
        assert closed.status_code == 303, page
        assert closed.headers["location"].startswith("/sign-in?next="), page
    for page in ("/my/jobs", "/my/wages", "/me"):
        assert (await worker.get(page)).status_code == 200, page
    for page in ("/employer", "/employer/orders/new", f"/employer/orders/{order_id}"):
        assert (await worker.get(page)).status_code == 403, page
        assert (await clerk.get(page)).status_code == 403, page
        assert (await boss.get(page)).status_code == 200, page
    foreign = f"/employer/orders/{order_id}"
    assert (await other.get(foreign)).status_code == 404
    assert (await other.post(f"{foreign}/cancel")).status_code == 404
    assert (await other.get(f"{foreign}/edit")).status_code == 404
    assert (await other.get("/employer/orders/new", params={"from": str(order_id)})).status_code == 404
    assert (await boss.get(f"/employer/orders/{uuid4()}")).status_code == 404
    assert "招工中" in (await boss.get(foreign)).text


@pytest.mark.parametrize(
    "query",
    [
        "pay_min=x", "date=2026-13-40", "trade=zz", "county=/9999/", "county=nowhere", "settlement=never", "sort=%00",
        "after=x", "after=AAAA", "q=" + "啊" * 200, "pay_min=" + "9" * 400, "q=%00",
    ],
)  # fmt: skip
async def test_a_bad_filter_is_told_not_swallowed(browsers: Browsers, query: str) -> None:
    anybody = await browsers.anybody()
    page = await anybody.get(f"/?{query}")
    assert page.status_code in (200, 400), page.text
    if query != "q=%00":
        assert page.status_code == 400
        assert "要改" in page.text


async def test_filters_and_quick_links(browsers: Browsers) -> None:
    _, code = await browsers.post()
    anybody = await browsers.anybody()
    day = (clock.business_date(browsers.city.clock.now()) + timedelta(days=1)).isoformat()
    for query, there in (
        (f"date={day}", True), ("date=2026-03-09", False), ("county=/4102/25/", True), ("county=/4102/02/", False),
        ("county=/4102/25/&street=/4102/25/001/", True), ("county=/4102/25/&street=/4102/25/101/", False),
        ("settlement=daily", True), ("settlement=weekly", False), ("pay_min=200", True), ("pay_min=201", False),
        ("q=搬砖", True), ("q=护士", False), ("sort=pay", True),
    ):  # fmt: skip
        page = await anybody.get(f"/?{query}")
        assert page.status_code == 200, query
        assert (f"/orders/{code}" in page.text) is there, query


async def test_an_order_form_tells_all_its_faults_and_keeps_what_was_typed(browsers: Browsers) -> None:
    boss = await browsers.boss(browsers.city.trusted)
    assert (await boss.get("/employer/orders/new")).status_code == 200
    empty = await boss.post("/employer/orders/new", data={})
    assert empty.status_code == 422
    for name in ("date", "title", "wanted", "pay", "street"):
        assert f'href="#{name}"' in empty.text, "the missing day hides nothing else (R045)"
    assert 'href="#start"' not in empty.text
    bad = {
        "title": "只招男工", "wanted": "-3", "date": "2026-02-31", "start": "25:00", "end": "x", "pay": "一百",
        "settlement": "never", "street": "410225001000", "address": "东关", "pay_unit": "zz", "legal_form": "?",
    }  # fmt: skip
    page = await boss.post("/employer/orders/new", data=bad)
    assert page.status_code == 422
    for name in ("wanted", "date", "pay", "settlement", "legal_form"):
        assert f'href="#{name}"' in page.text, name
    assert 'value="只招男工"' in page.text


GOOD = {
    "title": "搬砖小工", "wanted": "4", "date": "2026-03-12", "start": "07:00", "end": "17:00", "break_minutes": "60",
    "pay": "220", "pay_unit": "day", "settlement": "daily", "street": "410225001000", "address": "东关工地南门",
    "contact_name": "王经理", "contact_phone": "13800000009", "legal_form": "service", "pay_way": "cash",
    "meals": "管午饭", "trade": "6-29-99-00",
}  # fmt: skip


async def test_an_order_is_kept_changed_handed_in_repeated_and_cancelled(browsers: Browsers) -> None:
    boss = await browsers.boss(browsers.city.fresh)
    kept = await boss.post("/employer/orders/new", data=GOOD | {"then": "draft"})
    assert (kept.status_code, kept.headers["location"]) == (303, "/employer")
    home = await boss.get("/employer")
    edit = re.search(r'href="(/employer/orders/[0-9a-f-]+)/edit"', home.text)
    assert edit
    page = await boss.get(f"{edit.group(1)}/edit")
    assert 'value="管午饭"' in page.text
    wrong = await boss.post(f"{edit.group(1)}/edit", data=GOOD | {"pay": "3", "then": "submit"})
    assert wrong.status_code == 422
    assert 'value="3"' in wrong.text
    sent = await boss.post(f"{edit.group(1)}/edit", data=GOOD | {"meals": "", "then": "submit"})
    assert sent.status_code == 303, sent.text
    page = await boss.get(edit.group(1))
    assert "待审核" in page.text
    again = await boss.get("/employer/orders/new", params={"from": edit.group(1).rpartition("/")[2]})
    assert 'value="搬砖小工"' in again.text
    assert 'value="管午饭"' not in again.text
    off = await boss.post(f"{edit.group(1)}/cancel")
    assert off.status_code == 303
    assert "已取消" in (await boss.get(edit.group(1))).text


async def test_an_employer_who_was_not_verified_is_told_what_to_do(browsers: Browsers) -> None:
    boss = await browsers.boss(browsers.city.unverified)
    assert "到驿站" in (await boss.get("/employer")).text
    refused = await boss.post("/employer/orders/new", data=GOOD)
    assert refused.status_code == 409
    assert "核实" in refused.text


async def test_a_full_order_takes_nobody_else_and_lets_him_wait(browsers: Browsers) -> None:
    order_id, code = await browsers.post(headcount=1)
    first, second = await browsers.worker(1), await browsers.worker(2)
    boss = await browsers.boss(browsers.city.trusted)
    for who in (first, second):
        await who.post(f"/orders/{code}/apply")
    base = f"/employer/orders/{order_id}"
    page = await boss.get(base)
    one = button(page.text, "choose")
    await boss.post(f"{base}/choose", data={"one": one})
    for who in (first, second):
        await who.post(f"/engagements/{one}/confirm")
    stranger = await browsers.worker(3)
    page = await stranger.get(f"/orders/{code}")
    assert "人招满了" in page.text
    assert "我要报名" not in page.text
    await stranger.post(f"/orders/{code}/apply")
    page = await stranger.get(f"/orders/{code}")
    assert "已候补" in page.text
    assert "看价" not in page.text


async def test_bad_posts_are_refused_not_broken(browsers: Browsers) -> None:
    order_id, _ = await browsers.post()
    boss, worker = await browsers.boss(browsers.city.trusted), await browsers.worker()
    base = f"/employer/orders/{order_id}"
    for path in ("choose", "arrive", "start", "finish", "accept", "pay", "phone", "decline", "absent"):
        for one in ("", "x", str(uuid4())):
            answer = await boss.post(f"{base}/{path}", data={"one": one})
            assert answer.status_code in (404, 422), (path, one, answer.status_code)
    for path in (f"/engagements/{uuid4()}/confirm", f"/assignments/{uuid4()}/finish", f"/bills/{uuid4()}/received",
                 f"/engagements/{uuid4()}/fly", "/orders/ZZZZZZZZ/apply"):  # fmt: skip
        assert (await worker.post(path)).status_code == 404, path


async def test_large_letters_without_scripts(browsers: Browsers) -> None:
    anybody = await browsers.anybody()
    answer = await anybody.get("/prefs/big?on=1", headers={"referer": "http://market.test/sign-in"})
    assert answer.headers["location"] == "/sign-in"
    assert '<html lang="zh-CN" class="big">' in (await anybody.get("/")).text
    away = await anybody.get("/prefs/big?on=0", headers={"referer": "http://elsewhere.test/x"})
    assert away.headers["location"] == "/"


async def test_messages_in_dev_mode_and_the_reference(browsers: Browsers) -> None:
    anybody = await browsers.anybody()
    assert (await anybody.get("/dev/messages")).status_code == 200
    docs = await anybody.get("/docs")
    assert docs.status_code == 200
    assert "http" not in docs.headers["content-security-policy"]
