"""Model markets (R134) and the log of upkeep (R129): steps, vetoes, hands, targets; what the system counts of itself."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
import sqlalchemy as sa
from officers import Officer, hire
from small_city import COUNTY, START, STATION, City

from linggong.assessment import recognition, upkeep
from linggong.assessment.recognition import CheckForm, Judged, checklist
from linggong.assessment.subscribers import model_markets
from linggong.assessment.upkeep import UpkeepForm
from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE, TenantPath
from rbac.permissions import Permission as P
from rbac.roles import Role
from tenants.models import Node
from tenants.service import set_parameter
from tests.tenants.rows import fill

if TYPE_CHECKING:
    from conftest import TestDatabase

MARKET = f"{COUNTY}m01/"
WORDS = "材料都看了，和实际一致。"


@pytest.fixture
async def market(city: City) -> str:
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        uow.session.add(
            Node(
                id=new_id(), path=MARKET, kind="market_comprehensive", name="兰考县零工市场", short_name="兰考市场", status="open",
                opened_on=date(2025, 11, 1), point_is_demo=True, created_at=uow.now,
            )
        )  # fmt: skip
        await set_parameter(
            uow, "/4102/", "model_market.target", '["2025-12-31:3", "2027-12-31:10"]', "汴人社规〔2025〕1号"
        )
    return MARKET


def lines(**no: Judged) -> dict[str, Judged]:
    listed = checklist()
    return {one.key: Judged(ok=True, shown="现场和台账") for one in (*listed.items, *listed.vetoes)} | no


async def people(city: City) -> tuple[Officer, Officer, Officer]:
    return (
        await hire(city.database, "xian", Role.COUNTY_BUREAU, COUNTY), await hire(city.database, "shi", Role.CITY_BUREAU, "/4102/"),
        await hire(city.database, "shi2", Role.CITY_BUREAU, "/4102/"),
    )  # fmt: skip


async def applied(county: Officer, path: str) -> UUID:
    async with county.may(P.RECOGNITION_APPLY) as uow:
        return await recognition.apply(uow, path, words="开办以来天天开门，三项功能都在用。")


async def test_a_market_is_recognised_step_by_step(city: City, market: str) -> None:
    county, top, other = await people(city)
    async with county.may(P.RECOGNITION_APPLY) as uow:
        with pytest.raises(Invalid) as refused:
            await recognition.apply(uow, STATION, words="好")
        assert [f.field for f in refused.value.faults] == ["words", "path"]
        with pytest.raises(NotFound):
            await recognition.apply(uow, "/4102/02/003/s01/", words="开办以来天天开门，三项功能都在用。")
    made = await applied(county, market)
    with pytest.raises(Conflict, match="已经申报或认定了"):
        await applied(county, market)
    async with top.may(P.RECOGNITION_GRANT) as uow:
        with pytest.raises(Conflict):
            await recognition.visit(uow, made, words="周明、王芳到场，看了大厅和台账。")
        short = lines(name=Judged(ok=True)) | {"other": Judged(ok=True)}
        short.pop("opinion")
        with pytest.raises(Invalid) as refused:
            await recognition.check(uow, made, CheckForm(lines=short, words=WORDS))
        assert [(f.field, f.code) for f in refused.value.faults] == [
            ("lines.other", "unknown"), ("lines.opinion", "required"), ("lines.name", "evidence"),
        ]  # fmt: skip
        with pytest.raises(Conflict, match="一票否决的情形：数据造假"):
            await recognition.check(uow, made, CheckForm(lines=lines(false_data=Judged(ok=False)), words=WORDS))
        with pytest.raises(Conflict, match="还有 1 项没有达到"):
            await recognition.check(uow, made, CheckForm(lines=lines(hours=Judged(ok=False)), words=WORDS))
        await recognition.check(uow, made, CheckForm(lines=lines(), words=WORDS))
        await recognition.visit(uow, made, words="周明、王芳到场，看了大厅和台账。")
        until = await recognition.publicize(uow, made, words="市人社局网站")
        assert until > uow.now + timedelta(days=5)
        await recognition.note(uow, made, words="有人反映周末不开门", answers=False)
    async with other.may(P.RECOGNITION_GRANT) as uow:
        with pytest.raises(Conflict, match="公示期还没有过"):
            await recognition.grant(uow, made, plaque="汴示范 001")
    city.clock.advance(timedelta(days=10))
    async with other.may(P.RECOGNITION_GRANT) as uow:
        with pytest.raises(Conflict, match="异议还没有答复"):
            await recognition.grant(uow, made, plaque="汴示范 001")
        await recognition.note(uow, made, words="查了签到，周末照常开门", answers=True)
    async with top.may(P.RECOGNITION_GRANT) as uow:
        with pytest.raises(Conflict, match="自己申报或核查的市场不能自己认定"):
            await recognition.grant(uow, made, plaque="汴示范 001")
    async with other.may(P.RECOGNITION_GRANT) as uow:
        await recognition.grant(uow, made, plaque="汴示范 001")
    async with top.may(P.RECOGNITION_READ) as uow:
        (found,) = await recognition.recognitions(uow)
        board = await recognition.board(uow, "/4102/")
        assert [await model_markets(uow, TenantPath(path)) for path in ("/4102/", market, "/4102/02/")] == [1, 1, 0]
    assert (found.state, found.plaque, found.recheck_due) == ("R_GRANTED", "汴示范 001", date(2027, 3, 20))
    assert [(t.by, t.wanted, t.granted, t.met) for t in board] == [
        (date(2025, 12, 31), 3, 1, False),
        (date(2027, 12, 31), 10, 1, False),
    ]
    city.clock.advance(timedelta(days=400))
    async with top.may(P.RECOGNITION_GRANT) as uow:
        assert (await recognition.recognitions(uow))[0].recheck_late
        await recognition.recheck(uow, made, words="复核了一遍，各项都还达到。")
        assert not (await recognition.recognitions(uow))[0].recheck_late
        await recognition.end(uow, made, words="数据造假，撤销。")
        assert [t.granted for t in await recognition.board(uow, "/4102/")] == [0, 0]
        assert await model_markets(uow, TenantPath("/4102/")) == 0


async def one_telephone(blank: TestDatabase, tenant: str) -> None:
    """Register ten people by one telephone: M21 names it."""
    owner = await blank.owner()
    try:
        for _ in range(10):
            made = await fill(
                owner, "persons", sex="男", status="active", verified_method="id_number", birth_date=date(1970, 1, 1)
            )
            await fill(owner, "contacts", person_id=made["id"], kind="mobile", number_index=b"one telephone")
            await fill(
                owner, "service_links", subject_id=made["id"], tenant=tenant, kind="registered", started_at=START - timedelta(days=5),
                ends_at=START + timedelta(days=700),
            )  # fmt: skip
    finally:
        await owner.close()


async def test_hints_of_false_data_must_be_looked_into(city: City, blank: TestDatabase, market: str) -> None:
    county, top, _ = await people(city)
    made = await applied(county, market)
    await one_telephone(blank, market)
    async with top.may(P.RECOGNITION_GRANT) as uow:
        assert len(await recognition.hints(uow, market)) == 1
        with pytest.raises(Invalid) as refused:
            await recognition.check(uow, made, CheckForm(lines=lines(), words=WORDS))
        assert [f.field for f in refused.value.faults] == ["lines.false_data"]
        looked = Judged(ok=True, shown="十个人都打电话核实了，是同一个村的联系电话")
        await recognition.check(uow, made, CheckForm(lines=lines(false_data=looked), words=WORDS))


async def test_a_young_market_waits(city: City, market: str) -> None:
    county, _, _ = await people(city)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await uow.execute(sa.update(Node).where(Node.path == MARKET).values(opened_on=date(2026, 1, 1)))
    with pytest.raises(Invalid, match="开办满 3 个月才能申报"):
        await applied(county, market)


async def test_upkeep_is_logged_and_uptime_is_the_machines_own(city: City) -> None:
    operator = await hire(city.database, "yunying", Role.COUNTY_OPERATOR, COUNTY, name="侯建军")
    good = UpkeepForm(path=COUNTY, kind="database", what="backup_drill", day=date(2026, 3, 9), words="恢复到备机，核对了 3 张表。", down_minutes=4)  # fmt: skip
    async with operator.may(P.SCORECARD_FILE) as uow:
        with pytest.raises(Invalid) as refused:
            await upkeep.enter(
                uow, UpkeepForm(path=COUNTY, kind="x", what="y", day=date(2026, 4, 1), words="", down_minutes=-1)
            )
        assert [f.field for f in refused.value.faults] == ["kind", "what", "day", "words", "down_minutes"]
        with pytest.raises(NotFound):
            await upkeep.enter(
                uow, UpkeepForm(path="/4102/02/", kind="database", what="patch", day=date(2026, 3, 9), words="打了补丁")
            )
        await upkeep.enter(uow, good)
        (entry,) = await upkeep.entries(uow, date(2026, 3, 1), date(2026, 3, 31))
    assert (entry.kind_words, entry.what_words, entry.by) == ("数据库维护", "备份演练", "侯建军")
    # It begins at 05:10 of Tuesday: 226 spans are left of the day. It runs three hours, is down a day, and runs again.
    for step in (*[timedelta(minutes=5)] * 36, timedelta(days=1), timedelta(minutes=1)):
        await upkeep.beat(city.database)
        city.clock.advance(step)
    city.clock.advance(timedelta(days=1))
    async with operator.may(P.SCORECARD_READ) as uow:
        found = await upkeep.uptime(uow, date(2026, 3, 1), date(2026, 3, 31))
    assert (found.since, found.beats, found.due) == (date(2026, 3, 10), 38, 226 + 288)
    assert found.down_days == [date(2026, 3, 10), date(2026, 3, 11)]
