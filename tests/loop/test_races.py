"""Many at once over HTTP: one key is one effect, another body under it is refused, and N places are N places."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import pytest

from linggong.demo.paths import cast, steps
from linggong.demo.paths.stage import DAY, Stage, Who
from linggong.invariants import run
from linggong.kernel.db import Actor
from linggong.kernel.errors import LinggongError
from linggong.kernel.paths import EVERYWHERE
from linggong.work import engage
from tests.work.conftest import Site, people, publish

if TYPE_CHECKING:
    from conftest import TestDatabase
    from small_city import City


async def _settling(stage: Stage) -> tuple[Who, Who, dict[str, Any]]:
    """A worker who has worked, his boss, and the bill."""
    stage.clock.move_to(stage.at(5, 30, day=DAY))
    await cast.staffed(stage, "驿站")
    boss = await cast.employer(stage, "龙亭小宋城饭店", agent="宋经理", n=901)
    (worker,) = await cast.workers(stage, ["张保田"])
    order = await steps.post(stage, boss, cast.order_form(stage, headcount=2))
    engagement, shift = await steps.taken(stage, worker, order, boss)
    await steps.countersign(stage, boss, order, engagement)
    await stage.until(stage.at(7, 10, day=DAY))
    await steps.come(stage, worker, shift, order)
    await stage.until(stage.at(16, 30, day=DAY))
    await steps.finish(stage, worker, shift)
    return worker, boss, await steps.accept(stage, boss, shift)


async def test_a_hundred_calls_with_one_key_have_one_effect(stage: Stage, owner_of: asyncpg.Connection[Any]) -> None:
    _, boss, bill = await _settling(stage)
    path, body = f"/api/v1/bills/{bill['id']}/payments", {"amount_fen": 100, "channel": "cash"}
    answers = await asyncio.gather(*(stage.send(boss, "POST", path, body, key="pay-a-part-once") for _ in range(100)))
    assert {a.status_code for a in answers} == {201}
    assert len({a.content for a in answers}) == 1
    assert await owner_of.fetchval("SELECT count(*) FROM payments WHERE bill_id = $1", UUID(bill["id"])) == 1
    other = await stage.send(boss, "POST", path, {"amount_fen": 200, "channel": "cash"}, key="pay-a-part-once")
    assert (other.status_code, "Idempotency-Key" in other.json()["detail"]) == (409, True)
    assert await owner_of.fetchval("SELECT count(*) FROM payments WHERE bill_id = $1", UUID(bill["id"])) == 1
    assert (await run.check(owner_of)).violations == []


async def race(city: City, runners: int, places: int) -> tuple[Site, Counter[str]]:
    """Let everybody who was chosen confirm at the same moment; returns what they were answered."""
    site = Site(city, await publish(city, headcount=places), await people(city, runners))
    row = {}
    for n, worker in enumerate(site.workers):
        async with site.begin(site.worker(n)) as uow:
            row[worker] = (await engage.apply(uow, site.order_id)).id
        async with site.begin(site.employer) as uow:
            await engage.offer(uow, row[worker])

    async def confirm(worker: UUID) -> str:
        who = Actor(kind="worker", id=worker, role="worker")
        for _ in range(3):
            try:
                async with city.database.begin(who, EVERYWHERE) as uow:
                    await engage.confirm(uow, row[worker])
            except LinggongError as error:
                return type(error).__name__
            return "confirmed"
        return "never"

    return site, Counter(await asyncio.gather(*(confirm(w) for w in site.workers)))


async def counted(city: City, site: Site, blank: TestDatabase, places: int) -> None:
    """Exactly so many places are taken, however one counts, and nothing else is broken."""
    owner = await blank.owner()
    try:
        taken = await owner.fetchval(
            "SELECT count(*) FROM engagements WHERE order_id = $1 AND state = 'A_CONFIRMED'", site.order_id
        )
        said = await owner.fetchval("SELECT confirmed FROM orders WHERE id = $1", site.order_id)
        shifts = await owner.fetchval("SELECT count(*) FROM assignments WHERE order_id = $1", site.order_id)
        assert (taken, said, shifts) == (places, places, places)
        assert (await run.check(owner)).violations == []
    finally:
        await owner.close()


@pytest.mark.timeout(280)
async def test_two_hundred_racers_for_six_places(city: City, blank: TestDatabase) -> None:
    site, answers = await race(city, 200, 6)
    assert answers == {"confirmed": 6, "Conflict": 194}
    await counted(city, site, blank, 6)
