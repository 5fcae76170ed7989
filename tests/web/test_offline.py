"""What the desk wrote down without a network (R010): entered once, with its own time, marked; refused with every reason."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
from browsing import Browsers
from small_city import OTHER_STATION

from .desk import at_post, number, worker_form

if TYPE_CHECKING:
    from conftest import TestDatabase


async def sent(browser: httpx.AsyncClient, kind: str, key: str, **values: str) -> httpx.Response:
    """Send one entry as static/offline.js does."""
    headers = {"accept": "application/json", "idempotency-key": f"offline-{key}"}
    return await browser.post(f"/desk/offline/{kind}", data=values, headers=headers)


async def test_entries_come_later_with_their_own_time_and_once(browsers: Browsers, blank: TestDatabase) -> None:
    clerk = await browsers.clerk()
    page = await clerk.get("/desk/offline")
    assert page.status_code == 200
    assert 'id="kept-list"' in page.text
    script = await (await browsers.anybody()).get("/desk/worker.js")
    assert (script.status_code, script.headers["service-worker-allowed"]) == (200, "/desk")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "default-src 'self'" in page.headers["content-security-policy"]

    now = browsers.city.clock.now()
    at = str(int((now - timedelta(minutes=50)).timestamp() * 1000))
    form = worker_form(7, name="田小满") | {"at": at}
    for _ in range(2):
        answer = await sent(clerk, "register", "entry-one", **form)
        assert (answer.status_code, answer.json()["said"]) == (200, "田师傅登记好了。")
    came = await sent(clerk, "sign_in", "entry-two", number=number(7), at=at)
    assert came.json()["said"] == "签到了，1 号。"
    owner = await blank.owner()
    rows = await owner.fetch(
        "SELECT type, channel, occurred_at, recorded_at FROM events WHERE channel = 'offline' ORDER BY id"
    )
    assert [r["type"] for r in rows] == ["person.registered", "ticket.taken"], "each once"
    assert {(r["recorded_at"] - r["occurred_at"]) for r in rows} == {timedelta(minutes=50)}
    assert await owner.fetchval("SELECT registered_channel FROM persons WHERE name = '田小满'") == "offline"
    given = "SELECT given_at FROM consents c JOIN persons p ON p.id = c.person_id WHERE p.name = '田小满'"
    assert await owner.fetchval(given) == now - timedelta(minutes=50)
    assert await owner.fetchrow("SELECT channel, late FROM tickets") == ("offline", True)
    await owner.close()

    # Every reason at once; neither later than now, nor older than three days, nor without a time.
    for when, words in (
        (str(int((now + timedelta(hours=1)).timestamp() * 1000)), "时间比现在还晚"),
        (str(int((now - timedelta(days=4)).timestamp() * 1000)), "只能补三天以内"),
        ("nan", "没写明是几点的事"),
    ):
        bad = await sent(clerk, "register", f"entry-{when}", **(worker_form(8) | {"at": when}))
        assert bad.status_code == 422
        assert words in "".join(e["message"] for e in bad.json()["errors"])
    bad = await sent(clerk, "register", "entry-bad", **worker_form(8, name="", pay="x"), at=at)
    assert {e["field"] for e in bad.json()["errors"]} >= {"name", "pay"}
    # The same key for something else is refused, and nobody signs in a stranger's man.
    assert (await sent(clerk, "sign_in", "entry-two", number=number(9), at=at)).status_code == 409
    other = await at_post(browsers, "zhao", path=OTHER_STATION)
    _, person = await browsers.person(3)
    assert (await sent(other, "sign_in", "entry-three", person=str(person), at=at)).status_code == 404
    assert (await sent(await browsers.worker(5), "register", "entry-four", **form)).status_code == 403


async def test_an_arrival_is_entered_later(browsers: Browsers, blank: TestDatabase) -> None:
    clerk = await browsers.clerk()
    _, person = await browsers.person(1)
    order, _ = await browsers.post()
    assert (await clerk.post("/desk/match", data={"worker": str(person), "order": str(order)})).status_code == 303
    owner = await blank.owner()
    row = await owner.fetchrow("SELECT id, work_date, starts_at FROM assignments")
    browsers.city.clock.advance(row["starts_at"] - timedelta(minutes=20) - browsers.city.clock.now())
    clerk = await at_post(browsers, "again")
    kept = (await clerk.get("/desk/offline/kept")).json()
    assert [(e["id"], e["name"]) for e in kept["expected"]] == [(str(row["id"]), "李师傅")]
    came = row["starts_at"] - timedelta(minutes=20)
    browsers.city.clock.advance(timedelta(minutes=45))
    at = str(int(came.timestamp() * 1000))
    for _ in range(2):
        answer = await sent(clerk, "arrive", "entry-five", one=str(row["id"]), at=at)
        assert answer.json() == {"said": "到岗记下了。"}
    assert await owner.fetchval("SELECT arrived_at FROM assignments") == came
    assert await owner.fetchval("SELECT channel FROM site_reports WHERE kind = 'arrival'") == "offline"
    assert (await sent(clerk, "arrive", "entry-six", one=str(row["id"]), at=at)).status_code == 409
    assert (await clerk.get("/desk/offline/kept")).json()["expected"] == []
    await owner.close()
