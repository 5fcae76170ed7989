"""The province's platform (R007): a record a county and day, sent until there is a receipt, by HTTP or by file, wrong lines named."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from small_city import COUNTY, OTHER_COUNTY, START, STATION, City, good

from linggong.kernel import outbox
from linggong.kernel.errors import Invalid
from linggong.kernel.ids import new_id
from linggong.kernel.outbox import OutsideCall
from linggong.market import service
from linggong.measures import facts
from linggong.publishing.upward import line
from linggong.publishing.upward.protocol import Receipt, Record, TradeLine
from linggong.publishing.upward.standin import InProcess, StandIn

KEY = b"a key that both sides hold"
DAY = date(2026, 3, 11)


@pytest.fixture
async def province(city: City) -> AsyncIterator[StandIn]:
    """Two counties, one order of six places at work yesterday, and a platform in this process."""
    async with city.database.begin(*city.employer(city.trusted)) as uow:
        made_of = {"employer_id": city.trusted, "tenant": STATION, "submit": True}
        order = await service.create_order(uow, city.secrets.sealer, good(), **made_of)
        assert order.state == "O_OPEN"
    city.clock.move_to(START + timedelta(days=1))
    await facts.refresh(city.database)
    made = StandIn(KEY)
    client = line.ProvinceClient("http://province.test", KEY, transport=InProcess(made))
    line.register()
    line.use(client)
    yield made
    line.use(None)
    await client.aclose()


async def calls(city: City) -> dict[str, OutsideCall]:
    async with city.database.system() as uow:
        rows = await uow.session.scalars(sa.select(OutsideCall).where(OutsideCall.system == line.SYSTEM))
        return {row.tenant: row for row in rows}


async def test_each_countys_day_goes_up_once_and_is_asked_again_until_there_is_a_receipt(
    city: City, province: StandIn
) -> None:
    province.behave("fail", 1)
    assert await line.nightly(city.database) == 2
    assert await line.nightly(city.database) == 0, "once a county and day"
    await outbox.work(city.database, line.SYSTEM)
    assert sorted(row.state for row in (await calls(city)).values()) == ["answered", "failed"]
    city.clock.advance(timedelta(seconds=30))
    await line.work(city.database)
    found = await calls(city)
    assert {path: row.state for path, row in found.items()} == {COUNTY: "answered", OTHER_COUNTY: "answered"}
    assert all(row.answer and row.answer["number"] and row.answer["refused"] == [] for row in found.values())
    sent = {record.name: record for record in province.asked.values()}
    assert (sent["兰考县"].schema, sent["兰考县"].area, sent["兰考县"].day) == (
        "linggong.demand/1",
        "410225000000",
        DAY,
    )
    (only,) = sent["兰考县"].lines
    assert (only.trade, only.wanted, only.arrived) == ("6-29-99-00", 6, 0)
    assert sent["龙亭区"].lines == ()
    async with city.database.system() as uow:
        with pytest.raises(Invalid, match="还没过完"):
            await line.queue(uow, DAY + timedelta(days=1))


async def test_what_is_refused_stands_with_its_record(city: City, province: StandIn) -> None:
    record = Record(
        request_id=str(new_id()), area="410225000000", name="兰考县", day=DAY,
        lines=(TradeLine(trade="6-29-99-00", title="小工", wanted=2, arrived=3, posts=1),),
    )  # fmt: skip
    said: Receipt = msgspec.json.decode(province.decide("/v1/demand", record, None).body, type=Receipt)
    assert [(one.trade, one.why) for one in said.refused] == [("6-29-99-00", "到岗人数多于要人数")]
    await line.nightly(city.database)
    one = (await calls(city))[COUNTY]
    async with city.database.system() as uow:
        await uow.execute(sa.update(OutsideCall).values(state="sent", sent_at=uow.now))
        assert await line.from_file(uow, [_receipt(one, refused=said.refused)]) == (1, [])
    kept = (await calls(city))[COUNTY].answer
    assert kept is not None
    assert kept["refused"] == [{"trade": "6-29-99-00", "why": "到岗人数多于要人数"}]


async def test_without_an_address_it_goes_by_file(city: City, province: StandIn) -> None:
    line.use(None)
    assert await line.nightly(city.database) == 0, "nothing queues up for nobody"
    async with city.database.system() as uow:
        first = await line.to_file(uow, DAY)
    async with city.database.system() as uow:
        assert await line.to_file(uow, DAY) == first, "the same records under the same ids"
    records = [msgspec.json.decode(one, type=Record) for one in first]
    assert [record.name for record in records] == ["龙亭区", "兰考县"]
    found = await calls(city)
    good = _receipt(found[COUNTY])
    lines = [good, "", good, "{}", _receipt(found[COUNTY], number="B-2"), f'{{"request_id":"{new_id()}","number":"X"}}']
    async with city.database.system() as uow:
        new, faults = await line.from_file(uow, lines)
    assert (new, [(fault.field, fault.code) for fault in faults]) == (
        1, [("line 4", "format"), ("line 5", "contradicts"), ("line 6", "unknown")],
    )  # fmt: skip
    async with city.database.system() as uow:
        assert [msgspec.json.decode(one, type=Record).name for one in await line.to_file(uow, DAY)] == ["龙亭区"]


def _receipt(call: OutsideCall, **changes: Any) -> str:
    return msgspec.json.encode({"request_id": str(call.id), "number": "A-1", **changes}).decode()
