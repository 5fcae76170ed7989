"""快速配岗 at the desk (R050, R052, R065): proposed, looked at, changed, compared, sent; seen under one's own post alone."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import unquote
from uuid import UUID, uuid4

import sqlalchemy as sa
from browsing import Browsers
from small_city import COUNTY, OTHER_COUNTY, OTHER_STATION, START

from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE
from linggong.matching import nightly
from linggong.matching.models import Proposal, ProposalLine
from linggong.people.models import ServiceLink
from linggong.work.models import Engagement

from .desk import at_post, flash, later


async def _lines(browsers: Browsers) -> dict[UUID, ProposalLine]:
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        rows = await uow.session.scalars(sa.select(ProposalLine).join(Proposal, Proposal.id == ProposalLine.proposal_id).where(Proposal.state != "dropped"))  # fmt: skip
        return {row.worker_id: row for row in rows}


async def test_a_proposal_is_seen_changed_compared_and_sent(browsers: Browsers) -> None:
    clerk = await browsers.clerk()
    people = [(await browsers.person(n, name))[1] for n, name in ((1, "李国强"), (2, "王建国"), (3, "周大有"))]
    bricks, _ = await browsers.post(headcount=2)
    crates, _ = await browsers.post(title="清早卸车", trade_code="4-02-05-01", headcount=1)
    answer = await clerk.post("/desk/dispatch", data={"reserved": "1"})
    assert "3 人、3 个名额，派出 3 人。看过再发。" in await flash(clerk, answer)
    page = answer.headers["location"].split("?")[0]
    text = (await clerk.get(page)).text
    assert "会小工" in text
    assert "发邀请（3 人）" in text
    for word in ("tier", "低保", "困难"):
        assert word not in text, "why somebody comes first is said nowhere (R052)"
    assert not await _invited(browsers), "nothing is sent unseen"
    compared = (await clerk.get(page, params={"compare": "1"})).text
    for words in ("照现在", "再等 10 分钟", "加上本县别的驿站的活", "不留名额"):
        assert words in compared
    lines = await _lines(browsers)
    there = next(p for p in people if lines[p].order_id == crates)
    first, second = (p for p in people if p != there)

    async def press(step: str, *who: UUID, **more: str) -> str:
        data = {"ids": [str(lines[p].id) for p in who], **more}
        return await flash(clerk, await clerk.post(f"{page}/{step}", data=data))

    assert (
        await clerk.post(f"{page}/move", data={"ids": str(lines[first].id), "order": str(crates)})
    ).status_code == 409
    assert "锁定了 1 人" in await press("lock", first)
    assert "去掉了 1 人" in await press("drop", second)
    assert "又配了一次" in await flash(clerk, await clerk.post(f"{page}/again", data={}))
    lines = await _lines(browsers)
    assert (lines[first].state, lines[first].order_id) == ("locked", bricks)
    assert lines[second].order_id != bricks, "what was dropped is not proposed again"
    # Whoever took work meanwhile is left out, with the reason; the others are invited.
    hired = await clerk.post("/desk/match", data={"order": str(bricks), "worker": str(first)})
    assert "派好了" in await flash(clerk, hired) or "定下了" in await flash(clerk, hired)
    said = await flash(clerk, await clerk.post(f"{page}/send", data={}))
    assert "1 人没发，原因在表里" in said
    lines = await _lines(browsers)
    assert lines[first].state == "left_out"
    assert lines[first].why
    invited = await _invited(browsers)
    assert invited == {p for p in people if lines[p].state == "sent"}
    assert (await clerk.post(f"{page}/again", data={})).status_code == 303
    assert "已经发出或作废" in await flash(clerk, await clerk.post(f"{page}/again", data={}))
    # The next day shows what really came of it.
    await later(browsers, days=1)
    assert "后来：派的" in (await clerk.get(page)).text


async def _invited(browsers: Browsers) -> set[UUID]:
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        return set(await uow.session.scalars(sa.select(Engagement.worker_id).where(Engagement.state == "A_INVITED")))


async def test_a_proposal_is_its_posts_alone(browsers: Browsers) -> None:
    clerk, other = await browsers.clerk(), await at_post(browsers, "zhao", path=OTHER_STATION)
    operator = await at_post(browsers, "wang", "county_operator", "/4102/25/")
    bureau = await at_post(browsers, "sun", "county_bureau", "/4102/25/")
    _, person = await browsers.person(1)
    order, trace = await browsers.post()
    made = await clerk.post("/api/v1/dispatch/", json={})
    assert made.status_code == 201
    key = made.json()["head"]["id"]
    assert [li["worker_id"] for o in made.json()["orders"] for li in o["lines"]] == [str(person)]
    mark = {
        "category": "subsistence",
        "grantor": "兰阳街道民政所",
        "proof": "低保证0012",
        "valid_to": "2027-01-01",
        "consent": "A-88",
    }
    assert (
        await clerk.post(f"/api/v1/persons/{person}/priority/", json=mark | {"category": "x", "proof": ""})
    ).status_code == 422
    noted = await clerk.post(f"/api/v1/persons/{person}/priority/", json=mark)
    assert noted.status_code == 201
    assert (await clerk.post(f"/api/v1/persons/{person}/priority/", json=mark)).status_code == 409
    own = f"/desk/people/{person}/priority"
    assert "困难情况" in (await clerk.get(f"/desk/people/{person}")).text
    assert "县民政局" not in (await clerk.get(own)).text.replace("例如 县民政局", "")
    typed = {
        "category": "disabled",
        "grantor": "县残联",
        "proof": "残0031",
        "valid_to": "2027-01-01",
        "consent": "A-89",
    }
    refused = await clerk.post(own, data=typed | {"valid_to": "2020-01-01"})
    assert (refused.status_code, "已经过期" in refused.text, "残0031" in refused.text) == (422, True, True)
    assert "先照顾他" in await flash(clerk, await clerk.post(own, data=typed))
    page = (await clerk.get(own)).text
    ends = re.findall(r'action="([^"]+/end)"', page)
    assert ("县残联" in page, len(ends), "残0031" in page) == (True, 2, False)
    assert "去掉了" in await flash(clerk, await clerk.post(ends[1], data={}))
    assert (await operator.get(f"/api/v1/dispatch/{key}")).status_code == 200
    assert (await operator.get(f"/desk/dispatch/{key}")).status_code == 200
    for who, code in (
        (other, 404),
        (bureau, 403),
        (await browsers.boss(browsers.city.trusted), 403),
        (await browsers.worker(7), 403),
    ):
        assert (await who.get(f"/api/v1/dispatch/{key}")).status_code == code
        assert (await who.post(f"/api/v1/dispatch/{key}/send")).status_code == code
        assert (await who.get(f"/desk/dispatch/{key}")).status_code == code
        assert (await who.get(f"/api/v1/persons/{person}/priority/")).status_code == code
        assert (await who.get(own)).status_code == code
    assert (await clerk.get(f"/api/v1/dispatch/{uuid4()}")).status_code == 404
    # The worker's tier decides who comes first, and stands in no answer to anybody else (R052).
    await clerk.post(f"/api/v1/dispatch/{key}/send")
    boss, anybody = await browsers.boss(browsers.city.trusted), await browsers.anybody()
    seen = [
        await boss.get(f"/employer/orders/{order}"), await boss.get(f"/api/v1/orders/{order}/engagements"),
        await boss.get("/employer"), await anybody.get(f"/orders/{trace}"), await anybody.get("/"),
        await clerk.get(f"/api/v1/dispatch/{key}"), await clerk.get(f"/api/v1/dispatch/orders/{order}/suggested"),
    ]  # fmt: skip
    for answer in seen:
        for word in ("tier", "subsistence", "低保", "民政所", "priority"):
            assert word not in answer.text, (str(answer.url), word)
    assert (await clerk.delete(f"/api/v1/persons/{person}/priority/{noted.json()['id']}")).status_code == 204
    assert (await clerk.get(f"/api/v1/persons/{person}/priority/")).json()["items"] == []


async def test_the_dawn_proposes_by_itself_and_sends_nothing(browsers: Browsers) -> None:
    city = browsers.city
    await browsers.person(1)
    await browsers.post(starts_at=START + timedelta(hours=3), ends_at=START + timedelta(hours=10))
    assert city.clock.now() < START
    city.clock.advance(timedelta(hours=4))
    assert await nightly.run(city.database) == 0, "05:10 is later than 04:30, and 09:10 later than its two hours"
    city.clock.advance(timedelta(hours=19, minutes=25))
    assert await nightly.run(city.database) == 1
    assert await nightly.run(city.database) == 0, "one a day"
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        row = (await uow.session.scalars(sa.select(Proposal))).one()
        assert (row.state, row.made_by, row.figures["placed"]) == ("open", None, 1)
    assert not await _invited(browsers)
    clerk = await browsers.clerk()
    assert re.search(r"自动</span>", (await clerk.get("/desk/dispatch")).text)


async def test_a_proposal_for_the_city_goes_to_the_counties(browsers: Browsers) -> None:
    """One press over all counties (R050): the bureau sees it by county, and each county sends its own people, also far away."""
    bureau = await at_post(browsers, "zheng", "city_bureau", "/4102/")
    near = await at_post(browsers, "wang", "county_operator", COUNTY)
    far = await at_post(browsers, "hetao", "county_operator", OTHER_COUNTY)
    people = [(await browsers.person(n, name))[1] for n, name in ((1, "李国强"), (2, "王建国"))]
    async with browsers.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        # The second lives in the other county: his own station serves him.
        moved = sa.update(ServiceLink).where(ServiceLink.subject_id == people[1]).values(tenant=OTHER_STATION)
        await uow.execute(moved)
    bricks, _ = await browsers.post(headcount=2)
    answer = await bureau.post("/desk/dispatch", data={"reserved": "1"})
    assert "2 人、2 个名额，派出 2 人" in await flash(bureau, answer)
    page = answer.headers["location"].split("?")[0]
    text = (await bureau.get(page)).text
    assert ("交给各区县（2 人）" in text, "李" in text, "发邀请（" in text) == (True, False, False)
    counties = re.findall(r'href="[^"]+[?]under=([^"]+)"', text)
    assert [unquote(path) for path in counties] == [OTHER_COUNTY, COUNTY]
    text = (await bureau.get(f"{page}?under={counties[0]}")).text
    assert ("王*" in text, "李*" in text) == (True, False), "the people of one county, veiled"
    for wrong in ("/4102/99/", "nowhere"):
        assert (await bureau.get(page, params={"under": wrong})).status_code == 404
    assert "交给各区县去发" in await flash(bureau, await bureau.post(f"{page}/send", data={}))
    assert not await _invited(browsers)
    assert "交给了 2 个区县，一共 2 人" in await flash(bureau, await bureau.post(f"{page}/hand-over", data={}))
    assert "已经发出或作废" in await flash(bureau, await bureau.post(f"{page}/hand-over", data={}))
    assert not await _invited(browsers), "nobody at the city invites (transition 11)"
    for operator, person, other in ((near, people[0], page), (far, people[1], page)):
        assert (await operator.get(other)).status_code == 404
        listed = (await operator.get("/desk/dispatch")).text
        assert "市里" in listed
        own = re.findall(r'href="(/desk/dispatch/[0-9a-f-]{36})"', listed)[0]
        assert "发邀请（1 人）" in (await operator.get(own)).text
        assert "只有全市的方案" in await flash(operator, await operator.post(f"{own}/hand-over", data={}))
        assert "发了 1 份邀请。" in await flash(operator, await operator.post(f"{own}/send", data={}))
        assert person in await _invited(browsers)
    assert await _invited(browsers) == set(people)
    assert {row.order_id for row in (await _lines(browsers)).values()} == {bricks}
