"""每日工作记实 (R091): drafted, signed, frozen; who forgets a day sees it the next morning; late is marked, never hidden."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from officers import Officer

from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.ledgers import daily
from linggong.ledgers.daily import SignForm
from linggong.ledgers.models import DayRecord
from linggong.ledgers.writing import EntryForm, write
from rbac.permissions import Permission as P
from tenants.models import Node

from .conftest import OTHER_STATION, STATION, TODAY, City, Offices


async def sign(who: Officer, day: date, note: str = "", site: str = "") -> DayRecord:
    async with who.may(P.LEDGER_WRITE) as uow:
        return await daily.sign(uow, SignForm(day=day, note=note, site=site))


async def test_a_forgotten_day_is_seen_the_next_morning(city: City, offices: Offices) -> None:
    async with offices.clerk.may(P.LEDGER_READ) as uow:
        assert await daily.missing(uow, STATION) == [date(2026, 3, day) for day in (9, 8, 7, 6, 5)]
    for day in (5, 6, 7, 8):
        await sign(offices.clerk, date(2026, 3, day))
    async with offices.colleague.may(P.LEDGER_READ) as uow:
        assert await daily.missing(uow, STATION) == [date(2026, 3, 9)]
        days = {one.day.day: one.state for one in await daily.read(uow, STATION, date(2026, 3, 1), TODAY)}
    # Before the first sign nothing was written down; today is not over.
    assert days == {
        4: "open",
        3: "open",
        2: "open",
        1: "open",
        5: "late",
        6: "late",
        7: "late",
        8: "late",
        9: "missing",
        10: "open",
    }
    async with offices.bureau.may(P.LEDGER_READ) as uow:
        sums = (await daily.sums(uow, [STATION], date(2026, 3, 1), date(2026, 3, 9)))[STATION]
    assert (sums.expected, sums.signed, sums.late, sums.missing) == (5, 4, 4, 1)


async def test_what_is_signed_stays(city: City, offices: Offices) -> None:
    async with offices.clerk.may(P.LEDGER_WRITE) as uow:
        await write(uow, "other", EntryForm(what="宣讲", place="东关", n=8))
    row = await sign(offices.clerk, TODAY, "下雨，来的人少")
    assert (row.late, row.signed_name, row.counts["ledger.written"]) == (False, "李敏", 1)
    assert "手记台账 1 条" in row.text
    async with city.database.system() as uow:
        node = await uow.session.scalar(sa.select(Node.id).where(Node.path == STATION))
        kept = await uow.session.get(DayRecord, row.id)
        assert node is not None
        assert kept is not None
        assert daily.digest(node, kept) == row.hash
    with pytest.raises(Invalid, match="已经签过了"):
        await sign(offices.colleague, TODAY)
    with pytest.raises(sa.exc.DBAPIError):
        async with city.database.system() as uow:
            await uow.execute(sa.update(DayRecord).values(note="改"))
    city.clock.advance(timedelta(hours=30))
    async with offices.colleague.may(P.LEDGER_WRITE) as uow:
        await daily.add(uow, SignForm(day=TODAY, note="下午修好了大屏"))
    async with offices.clerk.may(P.LEDGER_READ) as uow:
        [one] = [d for d in await daily.read(uow, STATION, TODAY, TODAY) if d.day == TODAY]
    assert (one.state, one.note, [a.note for a in one.additions]) == ("signed", "下雨，来的人少", ["下午修好了大屏"])


async def test_days_that_cannot_be_signed(city: City, offices: Offices) -> None:
    async with city.database.system() as uow:
        await uow.execute(sa.update(Node).where(Node.path == STATION).values(opened_on=date(2026, 2, 1)))
    with pytest.raises(Invalid) as refused:
        await sign(offices.clerk, TODAY + timedelta(days=1), "x" * 2001)
    assert {f.code for f in refused.value.faults} == {"future", "length"}
    with pytest.raises(Invalid, match="才开办"):
        await sign(offices.clerk, date(2026, 1, 20))
    with pytest.raises(NotFound):
        await sign(offices.clerk, TODAY, site=OTHER_STATION)
    with pytest.raises(Conflict, match="站点自己的人"):
        async with offices.street.may(P.LEDGER_READ) as uow:
            await daily.sign(uow, SignForm(day=TODAY, site=STATION))
    async with offices.clerk.may(P.LEDGER_WRITE) as uow:
        with pytest.raises(Invalid) as refused:
            await daily.add(uow, SignForm(day=TODAY))
    assert {f.code for f in refused.value.faults} == {"unsigned", "required"}
