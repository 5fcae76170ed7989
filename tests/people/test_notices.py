"""What people are told: one receipt each, sent, seen, called, or not reached (invariant 15)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from small_city import OTHER_STATION, STATION, City, city, good

from linggong.kernel.db import SYSTEM, Actor
from linggong.kernel.errors import Conflict, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE, Scope, tenant_path
from linggong.people import messages, notices, undelivered
from linggong.people.models import Employer, OutMessage
from linggong.people.notice_models import Notice

__all__ = ["city", "good"]
_TEXT = "明天07:30搬砖的活取消了，雇主要付您空跑费60元。"


async def told(city: City, *, call: bool = False) -> object:
    async with city.database.begin(*city.clerk) as uow:
        return await notices.notify(
            uow, to="employer", kind="order.cancelled", text=_TEXT, subject_id=new_id(), tenant=STATION,
            employer_id=city.fresh, call=call,
        )  # fmt: skip


async def state_of(city: City, notice_id: object) -> tuple[str, str, bool]:
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        row = (await uow.session.scalars(sa.select(Notice).where(Notice.id == notice_id))).one()
        return row.state, row.settled_how, row.call_wanted


async def test_a_notice_goes_out_by_sms_and_is_reached_when_it_is_opened(city: City) -> None:
    notice_id = await told(city)
    assert await notices.send(city.database, city.secrets.sealer) == 1
    assert await notices.send(city.database, city.secrets.sealer) == 0
    assert await state_of(city, notice_id) == ("sent", "", False)
    sent = await messages.recent(city.database, city.secrets.sealer)
    assert [(m.number, m.text) for m in sent] == [("13800000001", _TEXT)]
    async with city.database.begin(*city.employer()) as uow:
        mine = await notices.of_me(uow)
        await notices.seen(uow, [mine[0].id])
    assert await state_of(city, notice_id) == ("reached", "seen", False)


async def test_three_calls_without_an_answer_leave_it_unreached(city: City) -> None:
    notice_id = await told(city, call=True)
    async with city.database.begin(*city.clerk) as uow:
        (line,) = await notices.call_list(uow)
    for _ in range(3):
        async with city.database.begin(*city.clerk) as uow:
            await notices.called(uow, line.id, "unreached")
    assert await state_of(city, notice_id) == ("unreached", "none", False)
    async with city.database.begin(*city.clerk) as uow:
        assert await notices.call_list(uow) == []
        await notices.called(uow, line.id, "reached")
    with pytest.raises(Conflict, match="已经通知到"):
        async with city.database.begin(*city.clerk) as uow:
            await notices.called(uow, line.id, "reached")
    with pytest.raises(NotFound):
        async with city.database.begin(*city.other_clerk) as uow:
            await notices.called(uow, line.id, "reached")


async def test_yesterdays_notice_is_not_sent_today(city: City) -> None:
    notice_id = await told(city)
    city.clock.advance(timedelta(hours=25))
    await notices.send(city.database, city.secrets.sealer)
    assert await state_of(city, notice_id) == ("unreached", "none", False)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        assert not (await uow.session.scalar(sa.select(sa.func.count()).select_from(OutMessage)))


async def test_nobody_reads_what_was_told_to_somebody_else(city: City) -> None:
    await told(city)
    async with city.database.begin(*city.employer(city.trusted)) as uow:
        assert await notices.of_me(uow) == []
    async with city.database.begin(Actor(kind="worker", id=new_id(), role="worker"), EVERYWHERE) as uow:
        assert await notices.of_me(uow) == []
    async with city.database.begin(*city.employer()) as uow:
        with pytest.raises(ValueError, match="140"):
            await notices.notify(uow, to="employer", kind="x", text="字" * 141, subject_id=new_id(), tenant=STATION)


async def test_what_reaches_nobody_says_why_and_is_sent_again(city: City) -> None:
    """A landline gets no SMS; once the number is another one, an administrator sends the text again."""
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        firm = await uow.session.get_one(Employer, city.fresh)
        mobile = firm.phone_sealed
        firm.phone_sealed = city.secrets.sealer.seal("037122881234", f"employers.phone_sealed.{firm.id}")
    notice_id = await told(city)
    await notices.send(city.database, city.secrets.sealer)
    assert await state_of(city, notice_id) == ("unreached", "none", True)
    admin = (
        Actor(kind="staff", id=new_id(), post=tenant_path("/4102/"), role="sysadmin"),
        Scope(trees=(tenant_path("/4102/"),)),
    )
    async with city.database.begin(*admin) as uow:
        (line,) = await undelivered.dead(uow)
        assert (line.error, line.side, line.called) == ("座机收不到短信", "employer", True)
    async with city.database.begin(*city.staff(OTHER_STATION)) as uow:
        assert await undelivered.dead(uow) == []
        with pytest.raises(NotFound):
            await undelivered.resend(uow, line.id)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        (await uow.session.get_one(Employer, city.fresh)).phone_sealed = mobile
    city.clock.advance(timedelta(days=2))
    async with city.database.begin(*admin) as uow:
        await undelivered.resend(uow, line.id)
        with pytest.raises(Conflict):
            await undelivered.resend(uow, line.id)
    await notices.send(city.database, city.secrets.sealer)
    assert (await state_of(city, notice_id))[0] == "sent", "it grows stale from the resending on"
