"""Employers are confirmed anew every six months (R049): told before, no new post after, by themselves or a clerk for them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from small_city import City, city, good

from linggong.kernel import timers
from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.paths import EVERYWHERE
from linggong.market import service, subscribers
from linggong.people import reverifying
from linggong.people.forms import Confirmation
from linggong.people.models import Employer
from linggong.people.notice_models import Notice

__all__ = ["city"]
SAID = Confirmation(contact_name="王经理", phone="13800000001", still_valid=True)


async def post(city: City) -> None:
    async with city.database.begin(*city.employer(city.trusted)) as uow:
        at = uow.now + timedelta(days=2)
        form = good(starts_at=at, ends_at=at + timedelta(hours=8))
        await service.create_order(uow, city.secrets.sealer, form, employer_id=city.trusted)


async def told(city: City) -> list[str]:
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        rows = await uow.session.scalars(
            sa.select(Notice.text).where(Notice.kind == "employer.reverify").order_by(Notice.created_at)
        )
        return list(rows)


async def test_told_before_refused_after_and_free_again_by_his_own_word(city: City) -> None:
    subscribers.register()
    async with city.database.begin(*city.employer(city.trusted)) as uow:
        row = await reverifying.confirm(uow, city.secrets.sealer, city.trusted, SAID)
        until = row.reverify_on
    assert until is not None
    city.clock.advance(timedelta(days=167))
    assert await timers.sweep(city.database) == 1
    assert "前请到" in (await told(city))[0]
    await post(city)  # the notice alone stops nobody
    city.clock.advance(timedelta(days=15))
    await timers.sweep(city.database)
    assert "先不能发新岗位" in (await told(city))[1]
    with pytest.raises(Conflict, match="半年核实一次"):
        await post(city)
    async with city.database.begin(*city.employer(city.trusted)) as uow:
        assert (await reverifying.own(uow, city.secrets.sealer)).over
        moved = Confirmation(contact_name="李经理", phone="138 0000 0009", address="东关 1 号", still_valid=True)
        row = await reverifying.confirm(uow, city.secrets.sealer, city.trusted, moved)
        assert row.contact_name == "李经理"
    async with city.database.begin(*city.employer(city.trusted)) as uow:
        mine = await reverifying.own(uow, city.secrets.sealer)
        assert (mine.phone, mine.over, mine.soon) == ("13800000009", False, False)
    await post(city)


async def test_every_fault_at_once_and_nobody_elses_employer(city: City) -> None:
    bad = Confirmation(contact_name="9", phone="12", still_valid=False)
    with pytest.raises(Invalid) as caught:
        async with city.database.begin(*city.clerk) as uow:
            await reverifying.confirm(uow, city.secrets.sealer, city.trusted, bad)
    assert {f.field for f in caught.value.faults} == {"contact_name", "phone", "still_valid", "evidence"}
    for who in (city.employer(city.fresh), city.other_clerk):
        with pytest.raises(NotFound):
            async with city.database.begin(*who) as uow:
                await reverifying.confirm(uow, city.secrets.sealer, city.trusted, SAID)
    with pytest.raises(Conflict, match="还没有核实过"):
        async with city.database.begin(*city.employer(city.unverified)) as uow:
            await reverifying.confirm(uow, city.secrets.sealer, city.unverified, SAID)


async def test_a_clerk_enters_his_word_and_leaves_what_did_not_change(city: City) -> None:
    async with city.database.begin(*city.clerk) as uow:
        said = Confirmation(still_valid=True, evidence="电话里逐项核对，王经理")
        row = await reverifying.confirm(uow, city.secrets.sealer, city.fresh, said)
        assert (row.contact_name, row.verified_level) == ("王经理", 1)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        until = await uow.session.scalar(sa.select(Employer.reverify_on).where(Employer.id == city.fresh))
        assert until is not None
