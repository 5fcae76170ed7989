"""Notices and tasks (R017): to whom they may go, receipts, deadlines in working days, overdue, returned, closed, withdrawn."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from officers import Officer

from linggong.inbox import offices as below
from linggong.inbox import queries, service
from linggong.inbox.models import Memo, MemoRead
from linggong.inbox.service import MemoForm
from linggong.kernel import timers
from linggong.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from linggong.kernel.events import Event
from linggong.kernel.live import Hub, keys_of
from linggong.kernel.sheets import read_sheet, write_xlsx
from linggong.web.inbox.badge import Badges
from linggong.web.live import keys
from rbac.permissions import Permission as P
from rbac.principal import Principal

from .conftest import STATION, City, Offices


async def send(who: Officer, *to: str, kind: str = "task", days: int | None = 2) -> UUID:
    async with who.may(P.MEMO_SEND) as uow:
        form = MemoForm(kind=kind, title="核对大屏的开机时间", body="请逐站核对，写明原因。", to=list(to), days=days)
        return await service.send(uow, form)


async def at(who: Officer) -> list[queries.MemoView]:
    async with who.may(P.MEMO_READ) as uow:
        return await queries.received(uow)


async def badge(city: City, who: Officer) -> int:
    return await queries.waiting(city.database, Principal(acting=who.post, id=who.id))


async def test_they_go_downwards_only(offices: Offices) -> None:
    async def names(who: Officer) -> list[str]:
        async with who.may(P.MEMO_SEND) as uow:
            return [below.named(o.name, o.office) for o in await below.below(uow)]

    county = ["兰考县人社局", "兰考县运营方", "兰阳街道", "兰阳街道零工驿站", "堌阳镇"]
    found = await names(offices.top)
    assert [n for n in found if "兰" in n or "堌" in n] == county
    assert {"龙亭区人社局", "大兴街道零工驿站"} < set(found)
    assert await names(offices.bureau) == county[1:]
    assert await names(offices.operator) == await names(offices.street) == ["兰阳街道零工驿站"]
    with pytest.raises(Forbidden):
        await send(offices.clerk, "under:*:station")


async def test_a_form_is_told_all_its_faults(offices: Offices) -> None:
    async with offices.bureau.may(P.MEMO_SEND) as uow:
        for to in ([], ["under:*:bureau"], [f"{offices.other_clerk.id}:station"]):
            with pytest.raises(Invalid) as refused:
                await service.send(uow, MemoForm(kind="order", title="一", body="", to=to))
            assert [f.field for f in refused.value.faults] == ["kind", "title", "body", "to"]
        with pytest.raises(Invalid) as refused:
            await service.send(uow, MemoForm(kind="task", title="核对", body="核对", to=["under:*:station"], days=61))
        assert [f.field for f in refused.value.faults] == ["days"]


async def test_a_notice_is_read_by_each_and_signed_by_one(city: City, offices: Offices) -> None:
    batch = await send(offices.top, "under:*:station", "under:*:bureau", kind="notice", days=None)
    (memo,) = await at(offices.clerk)
    assert (memo.state, memo.sender, memo.due_at, memo.read_by_me) == ("M_SENT", "开封市人社局 周明", None, False)
    assert await at(offices.operator) == await at(offices.street) == []
    assert await badge(city, offices.clerk) == await badge(city, offices.bureau) == 1
    for who in (offices.clerk, offices.colleague, offices.clerk):
        async with who.may(P.MEMO_ANSWER) as uow:
            await service.opened(uow, memo.id)
        city.clock.advance(timedelta(minutes=3))
    async with offices.colleague.may(P.MEMO_ANSWER) as uow:
        await service.sign(uow, memo.id)
        await service.sign(uow, memo.id)
        with pytest.raises(Conflict):
            await service.answer(uow, memo.id, words="办好了")
    assert await badge(city, offices.clerk) == 0
    async with offices.top.may(P.MEMO_SEND) as uow:
        found, rows = await queries.batch(uow, batch)
    assert (found.sent, found.read, found.signed, found.closed) == (4, 1, 1, 1)
    (mine,) = [r for r in rows if r.id == memo.id]
    assert [(r.name, r.read_at) for r in mine.reads] == [
        ("李敏", datetime(2026, 3, 9, 21, 10, tzinfo=UTC)),
        ("黎明", datetime(2026, 3, 9, 21, 13, tzinfo=UTC)),
    ]
    assert (mine.signed_by, mine.state) == ("黎明", "M_NOTED")
    table = read_sheet(write_xlsx(queries.sheet(found, rows)), "a.xlsx", max_rows=50)
    assert [r[0] for r in table.rows[3:]][1:] == [r.to for r in rows]


async def test_a_task_is_answered_returned_answered_and_closed(city: City, offices: Offices) -> None:
    batch = await send(offices.bureau, "under:*:operator")
    (memo,) = await at(offices.operator)
    # Tuesday at dawn: two working days end with Thursday.
    assert memo.due_at == datetime(2026, 3, 12, 16, tzinfo=UTC)
    async with offices.operator.may(P.MEMO_ANSWER) as uow:
        await service.sign(uow, memo.id)
        with pytest.raises(Invalid):
            await service.answer(uow, memo.id, words=" ")
        await service.answer(uow, memo.id, words="四个站点核过了。")
    assert (await badge(city, offices.operator), await badge(city, offices.bureau)) == (0, 1)
    async with offices.bureau.may(P.MEMO_SEND) as uow:
        with pytest.raises(Invalid) as refused:
            await service.give_back(uow, memo.id, words="", days=0)
        assert [f.field for f in refused.value.faults] == ["days", "words"]
        await service.give_back(uow, memo.id, words="请写明原因。", days=3)
        with pytest.raises(Conflict):
            await service.close(uow, memo.id)
    (memo,) = await at(offices.operator)
    assert (memo.state, memo.allowed) == ("M_RETURNED", ["answer"])
    # Tuesday and three working days: Friday.
    assert memo.due_at == datetime(2026, 3, 13, 16, tzinfo=UTC)
    async with offices.operator.may(P.MEMO_ANSWER) as uow:
        await service.answer(uow, memo.id, words="停电，已恢复。")
    async with offices.bureau.may(P.MEMO_SEND) as uow:
        await service.close(uow, memo.id)
        with pytest.raises(Conflict):
            await service.withdraw(uow, batch, words="不用办了")
    async with city.database.system() as uow:
        told = await uow.session.scalars(
            sa.select(Event.type).where(Event.chain == f"memo:{memo.id}").order_by(Event.n)
        )
        assert list(told) == [f"memo.{e}" for e in ("send", "sign", "answer", "return", "answer", "close")]
    city.clock.advance(timedelta(days=9))
    assert await timers.sweep(city.database) == 0


async def test_the_clock_reminds_marks_and_tells_the_sender(city: City, offices: Offices) -> None:
    await send(offices.street, "under:*:station", days=1)
    await send(offices.street, "under:*:station", days=9)
    city.clock.move_to(datetime(2026, 3, 11, 1, 0, 1, tzinfo=UTC))  # Wednesday 09:00
    assert await timers.sweep(city.database) == 1
    assert [(m.overdue_at, m.late) for m in await at(offices.clerk)] == [(None, False)] * 2
    assert await badge(city, offices.street) == 0
    city.clock.move_to(datetime(2026, 3, 11, 16, 0, 1, tzinfo=UTC))
    assert await timers.sweep(city.database) == 1
    late = (await at(offices.clerk))[0]
    assert (late.overdue_at, late.late, queries.state_words(late)) == (city.clock.now(), True, "逾期，未签收")
    assert await badge(city, offices.street) == 1
    async with offices.clerk.may(P.MEMO_ANSWER) as uow:
        await service.answer(uow, late.id, words="办好了，晚了一天。")
    async with offices.street.may(P.MEMO_SEND) as uow:
        assert sorted((b.overdue, b.answered) for b in await queries.sent(uow)) == [(0, 0), (0, 1)]
        _, (row,) = await queries.batch(uow, late.batch_id)
    assert queries.state_words(row) == "已回复，待审（逾期后回复）"


async def test_withdrawn_where_it_is_open(city: City, offices: Offices) -> None:
    batch = await send(offices.top, "under:*:bureau")
    (memo,) = await at(offices.bureau)
    async with offices.bureau.may(P.MEMO_ANSWER) as uow:
        await service.answer(uow, memo.id, words="办好了")
    async with offices.top.may(P.MEMO_SEND) as uow:
        await service.close(uow, memo.id)
        assert await service.withdraw(uow, batch, words="文件改了") == 1
    (other,) = await at(offices.other_bureau)
    assert (other.state, other.allowed, [w.words for w in other.words]) == ("M_WITHDRAWN", [], ["文件改了"])
    city.clock.advance(timedelta(days=9))
    assert await timers.sweep(city.database) == 0


async def test_nobody_else_sees_or_moves_it(city: City, offices: Offices) -> None:
    batch = await send(offices.bureau, "under:*:station")
    (memo,) = await at(offices.clerk)
    for who in (offices.other_clerk, offices.other_bureau, offices.operator, offices.street, offices.top):
        async with who.may(P.MEMO_ANSWER) as uow:
            for step in (service.opened, service.sign):
                with pytest.raises(NotFound):
                    await step(uow, memo.id)
        if who is not offices.other_clerk:
            async with who.may(P.MEMO_SEND) as uow:
                for refused in (
                    service.close(uow, memo.id), service.withdraw(uow, batch, words="不办了"), queries.batch(uow, batch),
                ):  # fmt: skip
                    with pytest.raises(NotFound):
                        await refused
    # Row security says the same to whoever forgets to ask: the neighbour sees no row, those above the station do.
    for who, seen in ((offices.other_bureau, 0), (offices.other_clerk, 0), (offices.street, 1), (offices.clerk, 1)):
        async with who.may(P.MEMO_READ) as uow:
            assert await uow.session.scalar(sa.select(sa.func.count()).select_from(Memo)) == seen
            assert await uow.session.scalar(sa.select(sa.func.count()).select_from(MemoRead)) == 0
    async with offices.clerk.may(P.MEMO_SEND) as uow:
        assert uow.scope.is_empty


async def test_the_menu_counts_anew_when_it_hears_of_the_inbox(city: City, offices: Offices) -> None:
    hub = Hub(city.database.url)
    badges = Badges(hub)
    principal = Principal(acting=offices.clerk.post, id=offices.clerk.id)
    await hub.start()
    try:
        await asyncio.wait_for(hub.connected.wait(), 10)
        assert await badges.waiting(city.database, principal) == 0
        await send(offices.bureau, "under:*:station")
        async with asyncio.timeout(10):
            while await badges.waiting(city.database, principal) != 1:
                await asyncio.sleep(0.02)
    finally:
        await hub.stop()
    # An open page of the station hears it, one of the next station does not.
    told = set(keys_of({"t": ["memo"], "n": [STATION]}))
    assert told >= set(keys("inbox", principal))
    assert not told & set(keys("inbox", Principal(acting=offices.other_clerk.post)))
