"""Before the work over HTTP: waitlist, other terms, substitutes, crews, frozen orders, missing people, another day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from browsing import browsers
from small_city import COUNTY, START, City

from linggong.kernel import timers
from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.people import sessions, staff

from .test_work_api import call

if TYPE_CHECKING:
    import httpx
    from browsing import Browsers

__all__ = ["browsers"]


async def officer(browsers: Browsers, name: str, role: str) -> httpx.AsyncClient:
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        account = await staff.create_staff(uow, name, "张敏", role, COUNTY, "dawn-at-the-bridge-5")
        return await browsers.anybody(await sessions.create(uow, "staff", account))


async def test_waitlist_terms_and_substitute(browsers: Browsers, city: City) -> None:
    order_id, _ = await browsers.post(headcount=1)
    first, second, third = [await browsers.worker(n) for n in (1, 2, 3)]
    boss, clerk = await browsers.boss(city.trusted), await browsers.clerk()
    one = (await call(first, "POST", f"/orders/{order_id}/applications", 201, {}))["id"]
    await call(boss, "POST", f"/engagements/{one}/offer", 200, {})
    await call(first, "POST", f"/engagements/{one}/confirm", 200, {"terms_version": 1})
    waits = await call(second, "POST", f"/orders/{order_id}/applications", 201, {})
    assert (waits["state"], waits["queue_no"], waits["actions"]) == ("A_WAITLIST", 1, ["withdraw"])
    await call(clerk, "POST", f"/engagements/{waits['id']}/promote", 409)
    await call(second, "POST", f"/engagements/{waits['id']}/promote", 403)

    bad = await call(boss, "POST", f"/orders/{order_id}/terms-changes", 422, {"kind": "price", "pay_fen": -1})
    assert [e["field"] for e in bad["errors"]] == ["pay_fen"]
    (change,) = await call(boss, "POST", f"/orders/{order_id}/terms-changes", 201, {"kind": "price", "pay_fen": 22000})
    assert change["actions"] == ["take_back"]
    seen = await call(first, "GET", f"/engagements/{one}/terms-changes", 200)
    assert (seen[0]["words"], seen[0]["actions"]) == (change["words"], ["agree", "refuse"])
    await call(second, "POST", f"/terms-changes/{change['id']}/agree", 404)
    await call(boss, "POST", f"/terms-changes/{change['id']}/agree", 409)
    agreed = await call(first, "POST", f"/terms-changes/{change['id']}/agree", 200)
    assert (agreed["state"], agreed["version"]) == ("T_AGREED", 2)
    assert (await call(first, "GET", f"/engagements/{one}", 200))["terms_version"] == 2

    offered = await call(first, "POST", f"/engagements/{one}/replacement", 201, {"reason": "家里有事"})
    await call(third, "POST", "/replacements/enter", 404, {"code": "AAAA2222"})
    new = await call(third, "POST", "/replacements/enter", 201, {"code": offered["code"]})
    assert new["state"] == "A_APPLIED"
    (listed,) = await call(boss, "GET", f"/orders/{order_id}/replacements", 200)
    assert (listed["code"], listed["new_engagement_id"]) == ("", new["id"])
    await call(third, "POST", f"/replacements/{offered['id']}/accept", 403)
    await call(boss, "POST", f"/replacements/{offered['id']}/accept", 200)
    assert (await call(third, "POST", f"/engagements/{new['id']}/confirm", 200, {"terms_version": 2}))[
        "state"
    ] == "A_CONFIRMED"
    assert (await call(first, "GET", f"/engagements/{one}", 200))["state"] == "X_REPLACED"
    ended = await call(boss, "POST", f"/engagements/{new['id']}/cancel", 200, {"reason": "不用了"})
    assert ended["state"] == "X_CANCEL_E"
    await timers.sweep(city.database)
    assert (await call(second, "GET", f"/engagements/{waits['id']}", 200))["state"] == "A_OFFERED"


async def test_crews(browsers: Browsers, city: City) -> None:
    order_id, _ = await browsers.post(crew_allowed=True)
    leader, member, boss = await browsers.worker(1), await browsers.worker(2), await browsers.boss(city.trusted)
    crew = await call(leader, "POST", "/crews", 201, {"name": "李家班", "fee_fen": 1000})
    await call(boss, "POST", "/crews", 403, {"name": "王家班"})
    joined = await call(member, "POST", "/crews/join", 201, {"code": crew["code"]})
    assert (await call(member, "GET", "/crews/memberships", 200)) == [joined]
    (mine,) = await call(leader, "GET", "/crews", 200)
    assert [m["id"] for m in mine["members"]] == [joined["id"]]
    form = {"order_id": str(order_id), "members": [joined["id"]]}
    await call(member, "POST", f"/crews/{crew['id']}/sign-ups", 404, form)
    made = await call(leader, "POST", f"/crews/{crew['id']}/sign-ups", 201, form)
    assert (len(made["engagements"]), made["refused"]) == (1, {})
    assert (await call(member, "GET", "/me/work", 200))["items"][0]["state"] == "A_APPLIED"
    answer = await member.post(f"/api/v1/crews/members/{joined['id']}/leave")
    assert answer.status_code == 204


async def test_a_frozen_order(browsers: Browsers, city: City) -> None:
    order_id, _ = await browsers.post()
    clerk, boss, worker = await browsers.clerk(), await browsers.boss(city.trusted), await browsers.worker()
    operator, bureau = (
        await officer(browsers, "operator", "county_operator"),
        await officer(browsers, "bureau", "county_bureau"),
    )
    other = await officer(browsers, "bureau2", "county_bureau")
    path = f"/orders/{order_id}"
    await call(worker, "POST", f"{path}/suspend", 403, {"reason": "fee"})
    frozen = await call(clerk, "POST", f"{path}/suspend", 200, {"reason": "fee", "note": "交50块"})
    assert frozen["state"] == "O_SUSPENDED"
    assert frozen["actions"] == []
    await call(worker, "POST", f"{path}/applications", 409, {})
    await call(clerk, "POST", f"{path}/restore", 403, {"findings": "没有"})
    shown = await call(bureau, "GET", path, 200)
    assert shown["actions"] == ["restore", "take_down"]
    await call(bureau, "POST", f"{path}/takedown", 409, {})
    await call(operator, "POST", f"{path}/takedown-proposal", 200, {"findings": "截图"})
    await call(operator, "POST", f"{path}/takedown", 403, {})
    assert (await call(bureau, "POST", f"{path}/takedown", 200, {}))["state"] == "O_TAKENDOWN"
    (seen,) = await call(boss, "GET", f"{path}/suspensions", 200)
    assert (seen["findings"], seen["note"], seen["outcome"]) == ("截图", "", "taken_down")
    await call(boss, "POST", f"{path}/objection", 200, {"words": "没有收费"})
    await call(bureau, "POST", f"{path}/objection/answer", 409, {"uphold": True, "note": "误会"})
    assert (await call(other, "POST", f"{path}/objection/answer", 200, {"uphold": True, "note": "误会"}))[
        "state"
    ] == "O_CANCELLED"


async def test_missing_people_and_another_day(browsers: Browsers, city: City) -> None:
    order_id, _ = await browsers.post()
    worker, boss = await browsers.worker(), await browsers.boss(city.trusted)
    one = (await call(worker, "POST", f"/orders/{order_id}/applications", 201, {}))["id"]
    await call(boss, "POST", f"/engagements/{one}/offer", 200, {})
    await call(worker, "POST", f"/engagements/{one}/confirm", 200, {"terms_version": 1})
    await call(boss, "POST", f"/orders/{order_id}/crew-choice", 409, {"choice": "fewer"})
    city.clock.move_to(START - timedelta(minutes=50))
    await timers.sweep(city.database)
    assert (await call(boss, "POST", f"/orders/{order_id}/crew-choice", 200, {"choice": "fewer"}))[
        "crew_choice"
    ] == "fewer"
    await call(boss, "POST", f"/orders/{order_id}/reschedule", 409, {"work_date": "2026-03-14"})
    cancelled = await call(boss, "POST", f"/orders/{order_id}/cancel", 200, {"reason": "weather", "told_at_home": True})
    assert cancelled["state"] == "O_CANCELLED"
    new = await call(boss, "POST", f"/orders/{order_id}/reschedule", 201, {"work_date": "2026-03-14"})
    assert new["rescheduled_from"] == str(order_id)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/engagements/{}/cancel", {}),
        ("POST", "/engagements/{}/replacement", {}),
        ("GET", "/engagements/{}/terms-changes", None),
        ("POST", "/engagements/{}/terms-changes", {"kind": "price", "pay_fen": 1}),
        ("POST", "/terms-changes/{}/agree", None),
        ("POST", "/terms-changes/{}/refuse", {}),
        ("POST", "/terms-changes/{}/take-back", None),
        ("POST", "/terms-changes/{}/insist", None),
        ("POST", "/replacements/{}/consent", None),
        ("POST", "/replacements/{}/accept", None),
        ("POST", "/replacements/{}/refuse", None),
        ("GET", "/orders/{}/suspensions", None),
        ("GET", "/orders/{}/replacements", None),
        ("POST", "/orders/{}/suspend", {"reason": "fee"}),
        ("POST", "/orders/{}/crew-choice", {"choice": "fewer"}),
        ("POST", "/orders/{}/terms-changes", {"kind": "place", "place": "西关"}),
        ("POST", "/crews/members/{}/leave", None),
    ],
)
async def test_what_is_not_there_is_not_found(browsers: Browsers, method: str, path: str, body: object) -> None:
    clerk = await browsers.clerk()
    await call(clerk, method, path.format(uuid4()), 404, body)
