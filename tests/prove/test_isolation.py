"""Ten thousand interleaved transactions, and requests, of two counties over a pool of two: nothing is carried over."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import sqlalchemy as sa

from linggong.kernel.db import Actor, Database
from linggong.kernel.paths import tenant_path
from linggong.prove import run, scratch
from linggong.prove.client import Ask
from linggong.prove.judge import Judge
from linggong.prove.operations import operations
from tests.tenants.rows import fill

if TYPE_CHECKING:
    from conftest import Server, TestDatabase

pytestmark = [pytest.mark.prove, pytest.mark.timeout(900)]
COUNTIES = [tenant_path(f"/4102/{n:02d}/") for n in (2, 21)]
SEEN = sa.text(
    "SELECT current_setting('app.scope'), current_setting('app.actor'), "
    "(SELECT count(*) FROM staff), (SELECT count(*) FROM staff WHERE NOT starts_with(tenant, :own))"
)


async def test_no_row_of_the_other_county_ever(blank: TestDatabase) -> None:
    owner = await blank.owner()
    await fill(owner, "nodes", path="/4102/", kind="city", status="open", classification=None)
    for path in COUNTIES:
        await fill(owner, "nodes", path=path, kind="county", status="open", classification=None)
        for _ in range(20):
            await fill(owner, "staff", tenant=path, status="active", username=uuid4().hex)
    pool = Database(blank.app_dsn, pool_size=2)
    rng = random.Random(7)
    checked, endings = 0, dict.fromkeys(("commit", "rollback", "error", "raise", "cancel", "savepoint"), 0)

    async def one(number: int) -> None:
        nonlocal checked
        own, person = COUNTIES[number % 2], uuid4()
        ending = list(endings)[number % 6]
        uow = await pool.open(Actor(kind="staff", id=person, post=own))
        try:
            scope, actor, mine, foreign = (await uow.execute(SEEN, {"own": own})).one()
            assert (scope, actor, mine, foreign) == (own, str(person), 20, 0)
            checked += 1
            if ending == "error":
                await uow.execute(sa.text("SELECT 1/0"))
            elif ending == "raise":
                raise ValueError
            elif ending == "cancel":
                await uow.execute(sa.text("SELECT pg_sleep(1)"))
            elif ending == "savepoint":
                async with uow.savepoint():
                    await uow.execute(sa.text("SELECT 1"))
            await (uow.rollback() if ending == "rollback" else uow.commit())
        finally:
            endings[ending] += 1
            await uow.close()

    gate = asyncio.Semaphore(8)

    async def guarded(number: int) -> None:
        async with gate:
            task = asyncio.create_task(one(number))
            if number % 6 == 4:
                await asyncio.sleep(rng.random() * 0.02)
                task.cancel()
            try:
                await task
            except (ValueError, sa.exc.DBAPIError, asyncio.CancelledError):
                return

    await asyncio.gather(*(guarded(n) for n in range(10_000)))
    assert checked > 8_000
    assert min(endings.values()) > 100
    left = await owner.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND state LIKE 'idle in%'", blank.name
    )
    assert left == 0, "nothing stays open"
    await owner.close()
    await pool.dispose()


# (method, path, body): what commits, what reads, what is refused and rolled back, what breaks off in an error.
ASKED = (
    ("GET", "/api/v1/orders", b""),
    ("GET", "/api/v1/workers", b""),
    ("GET", "/api/v1/bills", b""),
    ("GET", "/desk", b""),
    ("GET", "/api/v1/orders/{order}", b""),
    ("POST", "/api/v1/orders/{order}/refresh", b'{"how": "note"}'),
    ("POST", "/api/v1/orders/{order}/cancel", b'{"reason": "employer", "note": "x"}'),
    ("POST", "/api/v1/orders/{foreign}/cancel", b'{"reason": "employer", "note": "x"}'),
    ("POST", "/api/v1/workers", b"{"),
    ("GET", "/api/v1/orders?cursor=broken", b""),
)
COUNT = 10_000


def test_no_canary_of_the_other_county_in_any_answer(server: Server) -> None:
    place = scratch.embedded(server.info, server.passwords)

    async def work(name: str) -> None:
        stage = await run.build(place, name, 5)
        async with run.opened(stage, pool_size=2) as (site, owner):
            site.watch.keep = True
            await _interleave(stage, site)
            left = await owner.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
            )
            assert left == 0, "nothing stays open"

    with scratch.migrated(place) as name:
        asyncio.run(work(name))


async def _interleave(stage: run.Stage, site: run.Site) -> None:
    judge = Judge(stage.oracle)
    known = {o.key: o for o in operations(site.app)}
    askers = [s for s in stage.city.subjects if s.name in ("station_clerk /41/a/1/s1/", "station_clerk /41/b/1/s1/")]
    orders = {s.name: next(r.key for r in stage.world.by_table["orders"] if s.path in r.sides.paths) for s in askers}
    rng, gate = random.Random(7), asyncio.Semaphore(8)
    endings: dict[str, int] = {}

    async def one(number: int) -> None:
        me, other = askers[number % 2], askers[1 - number % 2]
        method, path, body = ASKED[rng.randrange(len(ASKED))]
        template = path.partition("?")[0].replace("{order}", "{order_id}").replace("{foreign}", "{order_id}")
        path = path.replace("{order}", orders[me.name]).replace("{foreign}", orders[other.name])
        query = (("cursor", "broken"),) if "?" in path else ()
        ask = Ask(
            subject=me, method=method, path=path.partition("?")[0], query=query, body=body,
            media="application/json" if body else "", page=not path.startswith("/api"),
        )  # fmt: skip
        async with gate:
            task = asyncio.create_task(site.ask(ask))
            if number % 6 == 4:
                await asyncio.sleep(rng.random() * 0.02)
                task.cancel()
            try:
                answer = await task
            except asyncio.CancelledError:
                endings["cancelled"] = endings.get("cancelled", 0) + 1
                return
        endings[str(answer.status)] = endings.get(str(answer.status), 0) + 1
        assert answer.status < 500, ask.told()
        assert judge.leaks(known[f"{method} {template}"], me, ask, answer) == [], ask.told()

    await asyncio.gather(*(one(n) for n in range(COUNT)))
    assert endings["cancelled"] > 300, endings
    assert min(endings.get(s, 0) for s in ("200", "404", "422")) > 300, endings
