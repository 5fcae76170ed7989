"""快速转场 (R064): who waits here without work is asked over to a station that lacks people, and both desks see him go."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from small_city import START, STATION, good

from linggong.kernel.db import SYSTEM, Actor
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE, Scope, tenant_path
from linggong.market import review, service
from linggong.people.models import ServiceLink
from linggong.push import moving
from linggong.stations import queue
from linggong.work import engage
from linggong.work.models import Engagement
from tenants.models import Node

from .conftest import Phones

NEXT = "/4102/25/101/s01/"
"""Another station of the same county."""


@pytest.fixture
async def two(phones: Phones) -> Phones:
    """Here three people wait and nothing is open; the next station of the county lacks two."""
    async with phones.begin(phones.employer) as uow:
        await service.cancel_order(uow, phones.order_id, reason="employer")
    async with phones.city.database.begin(SYSTEM, EVERYWHERE) as uow:
        uow.session.add(
            Node(
                id=new_id(), path=NEXT, kind="station", name="堌阳镇零工驿站", short_name="堌阳驿站", status="open", point_is_demo=True,
                latitude=34.86, longitude=114.75, created_at=uow.now,
            )
        )  # fmt: skip
        await uow.flush()
        here = await uow.session.scalar(sa.select(Node).where(Node.path == STATION))
        assert here is not None
        here.latitude, here.longitude = 34.82, 114.82
        uow.session.add(
            ServiceLink(id=new_id(), subject_id=phones.city.trusted, tenant=NEXT, kind="registered", started_at=uow.now)
        )
    later = START + timedelta(hours=1)
    async with phones.begin(phones.employer) as uow:
        order = await service.create_order(
            uow, phones.city.secrets.sealer,
            good(title="装车", headcount=2, starts_at=later, ends_at=later + timedelta(hours=8)),
            employer_id=phones.city.trusted, tenant=NEXT, submit=True,
        )  # fmt: skip
    if order.state == "O_REVIEW":
        async with phones.begin(there(phones)) as uow:
            await review.approve(uow, order.id, call_back="reached")
    phones.order_id = order.id
    phones.city.clock.move_to(START - timedelta(hours=2))
    async with phones.begin(phones.clerk) as uow:
        for worker in phones.workers:
            await queue.sign_in(uow, at=STATION, channel="desk", person_id=worker)
    return phones


def there(phones: Phones) -> tuple[Actor, Scope]:
    actor = Actor(
        kind="staff", id=phones.city.colleague_id, post=tenant_path(NEXT), role="station_clerk", channel="desk"
    )
    return actor, Scope(trees=(tenant_path(NEXT),))


async def test_over_to_the_next_station(two: Phones) -> None:
    async with two.begin(two.clerk) as uow:
        (group,) = await moving.elsewhere(uow)
        assert (group.name, len(group.movers), group.ride) == ("堌阳镇零工驿站", 2, False)
        assert group.km == pytest.approx(7.8, abs=0.3)
        with pytest.raises(Invalid):
            await moving.send(uow, NEXT, set())
        with pytest.raises(Conflict, match="不缺人"):
            await moving.send(uow, "/4102/02/003/s01/", set(two.workers))
        chosen = {m.worker_id for m in group.movers}
        assert (await moving.send(uow, NEXT, chosen)).asked == 2
    assert len([t for t in await two.tell() if "请您去" in t]) == 2
    async with two.begin(two.clerk) as uow:
        assert await moving.elsewhere(uow) == [], (
            "two places, two asked: nobody else is shown a place that is not there"
        )
    going = two.workers.index(min(chosen, key=two.workers.index))
    assert "替您报上名了" in await two.text("1", going)

    async with two.begin(two.clerk) as uow:
        rows = {r.worker_id: r for r in await moving.riders(uow)}
        mine = rows[two.workers[going]]
        assert (mine.out, mine.state, mine.station) == (True, "A_APPLIED", "堌阳镇零工驿站")
        other = next(r for r in rows.values() if r.id != mine.id)
        with pytest.raises(Conflict, match="没答应"):
            await moving.left(uow, other.id)
        with pytest.raises(NotFound):
            await moving.came(uow, mine.id)
        await moving.left(uow, mine.id)
    async with two.begin(there(two)) as uow:
        assert await moving.coming(uow) == 1
        shown = {r.id: (r.out, r.name, r.station) for r in await moving.riders(uow)}
        assert shown[mine.id] == (False, mine.name, "兰阳街道零工驿站"), "in full: he said yes"
        assert shown[other.id][1].endswith("*"), "who has not answered is nobody's to know in full"
        row = await moving.came(uow, mine.id)
        assert row.came_at is not None
        engagement = await uow.session.scalar(sa.select(Engagement.id).where(Engagement.id == row.engagement_id))
        assert engagement is not None
        assert (await engage.offer(uow, engagement)).state == "A_OFFERED", "chosen there like anybody"
