"""Operators and contracts (R020): several in a county, each with its own places, people that end with the contract."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
import sqlalchemy as sa
from officers import CODES, Officer, at_post, contract, hire
from small_city import COUNTY, OTHER_COUNTY, OTHER_STATION, START, STATION, City

from linggong.kernel.clock import business_date, day_bounds
from linggong.kernel.errors import Conflict, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.paths import tenant_path
from linggong.offices import accounts, operator_queries, operators, posts
from linggong.offices.accounts import InviteForm
from linggong.offices.operators import ContractForm, LastDayForm, OperatorForm, PlacesForm
from linggong.offices.posts import PostForm, ReasonForm
from linggong.people import sessions
from linggong.web.bureau import running
from rbac.models import RoleAssignment
from rbac.permissions import Permission as P
from rbac.roles import Role
from tests.work.conftest import publish

EAST, WEST = "/4102/25/001/", "/4102/25/101/"
DAY = date(2026, 12, 31)


async def bureau_of(city: City, path: str = COUNTY, name: str = "bureau") -> Officer:
    return await hire(city.database, name, Role.COUNTY_BUREAU, path, name="局里")


async def operator_at(city: City, bureau: Officer, username: str, path: str) -> Officer:
    """Let the bureau invite the operator's own first man."""
    async with bureau.may(P.STAFF_INVITE) as uow:
        form = InviteForm(username=username, name="孟凯", post=PostForm(role="county_operator", path=path))
        made = await accounts.invite(uow, city.secrets, form)
    return await at_post(city.database, made.staff_id)


async def clerk_of(city: City, operator: Officer, username: str = "limin", path: str = STATION) -> UUID:
    async with operator.may(P.STAFF_INVITE) as uow:
        form = InviteForm(username=username, name="李敏", post=PostForm(role="station_clerk", path=path))
        return (await accounts.invite(uow, city.secrets, form)).staff_id


async def last_post(city: City, staff_id: UUID) -> RoleAssignment:
    async with city.database.system() as uow:
        rows = sa.select(RoleAssignment).where(RoleAssignment.staff_id == staff_id).order_by(RoleAssignment.id.desc())
        return (await uow.execute(rows.limit(1))).scalar_one()


async def test_people_of_an_operator_hang_on_its_contract(city: City) -> None:
    bureau = await bureau_of(city)
    with pytest.raises(Invalid) as refused:
        await operator_at(city, bureau, "mengkai", EAST)
    assert [(f.field, f.code) for f in refused.value.faults] == [("contract_id", "contract")]
    contract_id = await contract(bureau, [EAST])
    operator = await operator_at(city, bureau, "mengkai", EAST)
    over = datetime(2026, 12, 31, 16, tzinfo=UTC)
    post = await last_post(city, operator.id)
    assert (post.contract_id, post.ends_at) == (contract_id, over)
    clerk = await clerk_of(city, operator)
    post = await last_post(city, clerk)
    assert (post.contract_id, post.ends_at, post.granted_by) == (contract_id, over, operator.id)
    with pytest.raises(Invalid):
        await operator_at(city, bureau, "elsewhere", WEST)
    with pytest.raises(NotFound):
        await clerk_of(city, operator, "zhaomin", "/4102/25/101/")
    async with operator.may(P.OPERATOR_READ) as uow:
        detail = await operator_queries.contract_detail(uow, contract_id)
        assert {p.staff_id for p in detail.posts} == {operator.id, clerk}
        assert [o.name for o in await operator_queries.operators(uow)] == ["汴梁人力公司"]


async def test_posts_move_with_the_last_day(city: City) -> None:
    bureau = await bureau_of(city)
    contract_id = await contract(bureau, [EAST])
    operator = await operator_at(city, bureau, "mengkai", EAST)
    clerk = await clerk_of(city, operator)
    async with operator.may() as uow:
        await posts.assign(uow, clerk, PostForm(role="station_clerk", path=EAST + "0203/", ends_on=date(2026, 4, 30)))
    for ends_on, own, given in (
        (date(2026, 6, 30), date(2026, 6, 30), date(2026, 4, 30)),
        (date(2026, 3, 31), date(2026, 3, 31), date(2026, 3, 31)),
        (date(2027, 3, 31), date(2027, 3, 31), date(2027, 3, 31)),
    ):
        async with bureau.may(P.OPERATOR_MANAGE) as uow:
            await operators.move_last_day(uow, contract_id, LastDayForm(ends_on=ends_on, reason="补充协议"))
        assert (await last_post(city, operator.id)).ends_at == day_bounds(own)[1]
        assert (await last_post(city, clerk)).ends_at == day_bounds(given)[1]
    with pytest.raises(Invalid) as refused:
        async with bureau.may(P.OPERATOR_MANAGE) as uow:
            await operators.move_last_day(uow, contract_id, LastDayForm(ends_on=date(2026, 3, 1), reason=""))
    assert {f.field for f in refused.value.faults} == {"ends_on", "reason"}


async def test_at_midnight_after_the_last_day_nobody_acts_any_more(city: City) -> None:
    bureau = await bureau_of(city)
    await contract(bureau, [EAST], ends_on=date(2026, 3, 10))
    operator = await operator_at(city, bureau, "mengkai", EAST)
    city.clock.move_to(datetime(2026, 3, 10, 15, 59, tzinfo=UTC))
    async with city.database.system() as uow:
        token = await sessions.create(uow, "staff", operator.id)
    assert await sessions.resolve(city.database, token) is not None
    city.clock.move_to(datetime(2026, 3, 10, 16, tzinfo=UTC))
    assert await sessions.resolve(city.database, token) is None


async def test_a_terminated_contract_ends_its_people_at_once(city: City) -> None:
    bureau = await bureau_of(city)
    contract_id = await contract(bureau, [EAST])
    operator = await operator_at(city, bureau, "mengkai", EAST)
    clerk = await clerk_of(city, operator)
    async with bureau.may(P.OPERATOR_MANAGE) as uow:
        assert await operators.terminate_contract(uow, contract_id, ReasonForm(reason="违约")) == 2
    for who in (operator.id, clerk):
        post = await last_post(city, who)
        assert (post.ends_at, post.end_reason) == (city.clock.now(), "合同终止：违约")
    for change in (
        lambda uow: operators.terminate_contract(uow, contract_id, ReasonForm(reason="再来")),
        lambda uow: operators.move_last_day(uow, contract_id, LastDayForm(ends_on=DAY, reason="续签")),
        lambda uow: operators.cover(uow, contract_id, PlacesForm(places=[EAST], reason="换站点")),
    ):
        with pytest.raises(Conflict):
            async with bureau.may(P.OPERATOR_MANAGE) as uow:
                await change(uow)
    with pytest.raises(Invalid):
        await operator_at(city, bureau, "another", EAST)


async def test_a_place_has_one_operator_at_a_time(city: City) -> None:
    bureau = await bureau_of(city)
    first = await contract(bureau, [EAST])
    for places in ([STATION], [EAST], [COUNTY]):
        with pytest.raises(Conflict, match="2026-01"):
            await contract(bureau, places, number="2026-02", uscc=CODES[1], name="第二家公司")
    second = await contract(
        bureau, [WEST], number="2026-02", uscc=CODES[1], name="第二家公司", ends_on=date(2026, 6, 30)
    )
    with pytest.raises(Conflict, match="2026-01"):
        async with bureau.may(P.OPERATOR_MANAGE) as uow:
            await operators.cover(uow, second, PlacesForm(places=[WEST, STATION], reason="加站点"))
    async with bureau.may(P.OPERATOR_MANAGE) as uow:
        await operators.move_last_day(uow, first, LastDayForm(ends_on=date(2026, 5, 31), reason="缩短"))
        third = ContractForm(number="2026-03", starts_on=date(2026, 6, 1), ends_on=DAY, places=[EAST])
        (one, two) = await operator_queries.operators(uow)
        await operators.sign_contract(uow, one.id, third)
    with pytest.raises(Conflict, match="2026-03"):
        async with bureau.may(P.OPERATOR_MANAGE) as uow:
            await operators.move_last_day(uow, first, LastDayForm(ends_on=date(2026, 6, 1), reason="又延长"))
    assert two.name


async def test_two_contracts_signed_at_once_for_one_place(city: City) -> None:
    bureau = await bureau_of(city)
    answers = await asyncio.gather(
        contract(bureau, [EAST], number="A", name="第一家公司"),
        contract(bureau, [STATION], number="B", uscc=CODES[1], name="第二家公司"),
        return_exceptions=True,
    )
    assert sum(isinstance(a, UUID) for a in answers) == 1
    assert sum(isinstance(a, Conflict) for a in answers) == 1


async def test_a_place_taken_out_of_a_contract_ends_the_posts_there(city: City) -> None:
    bureau = await bureau_of(city)
    contract_id = await contract(bureau, [EAST, WEST])
    east, west = await operator_at(city, bureau, "east", EAST), await operator_at(city, bureau, "west", WEST)
    async with bureau.may(P.OPERATOR_MANAGE) as uow:
        changed = await operators.cover(uow, contract_id, PlacesForm(places=[EAST], reason="退出堌阳镇"))
    assert changed == 1
    assert (await last_post(city, east.id)).ends_at != city.clock.now()
    assert (await last_post(city, west.id)).ends_at == city.clock.now()


async def test_forms_of_operators_and_contracts(city: City) -> None:
    bureau = await bureau_of(city)
    with pytest.raises(Invalid) as refused:
        async with bureau.may(P.OPERATOR_MANAGE) as uow:
            await operators.register_operator(uow, OperatorForm(name="x", uscc="123", path=EAST))
    assert {f.field for f in refused.value.faults} == {"path", "name", "uscc"}
    contract_id = await contract(bureau, [EAST])
    with pytest.raises(Conflict, match="已经登记过"):
        async with bureau.may(P.OPERATOR_MANAGE) as uow:
            form = OperatorForm(name="汴梁人力公司", uscc=CODES[0], path=COUNTY)
            await operators.register_operator(uow, form)
    async with bureau.may(P.OPERATOR_READ) as uow:
        (known,) = await operator_queries.operators(uow)
    for number, starts, ends, places, error in (
        (" ", DAY, date(2026, 1, 1), [], Invalid),
        ("2", date(2026, 1, 1), DAY, [EAST + "0203/"], Conflict),
        ("2", date(2026, 1, 1), date(2056, 1, 1), [WEST], Invalid),
        ("2026-01", date(2026, 1, 1), DAY, [WEST], Conflict),
        ("2", date(2026, 1, 1), DAY, [OTHER_STATION], NotFound),
        ("2", date(2026, 1, 1), DAY, ["/4102/25/999/"], NotFound),
    ):
        with pytest.raises(error):
            async with bureau.may(P.OPERATOR_MANAGE) as uow:
                wanted = ContractForm(number=number, starts_on=starts, ends_on=ends, places=places)
                await operators.sign_contract(uow, known.id, wanted)
    with pytest.raises(NotFound):
        async with bureau.may(P.OPERATOR_MANAGE) as uow:
            await operators.sign_contract(
                uow, new_id(), ContractForm(number="2", starts_on=DAY, ends_on=DAY, places=[WEST])
            )
    neighbour = await bureau_of(city, OTHER_COUNTY, "neighbour")
    async with neighbour.may(P.OPERATOR_READ) as uow:
        assert await operator_queries.operators(uow) == []
        for missing in (contract_id, new_id()):
            with pytest.raises(NotFound):
                await operator_queries.contract_detail(uow, missing)
    for missing in (contract_id, new_id()):
        with pytest.raises(NotFound):
            async with neighbour.may(P.OPERATOR_MANAGE) as uow:
                await operators.terminate_contract(uow, missing, ReasonForm(reason="捣乱"))


async def test_an_operators_clerk_is_no_assessor_of_it(city: City) -> None:
    """Whoever works under a contract counts as the operator: the bureau's own people do not."""
    bureau = await bureau_of(city)
    contract_id = await contract(bureau, [EAST])
    official = await bureau_of(city, COUNTY, "official")
    form = PostForm(role="station_clerk", path=STATION, contract_id=contract_id)
    with pytest.raises(Conflict, match="不能同时担任"):
        async with bureau.may() as uow:
            await posts.assign(uow, official.id, form)
    async with bureau.may() as uow:
        await posts.assign(uow, official.id, PostForm(role="station_clerk", path=STATION))
    operator = await operator_at(city, bureau, "mengkai", EAST)
    # The operator's post does not oversee the county, and still its clerk may be no official there.
    clerk = await hire(city.database, "helper", Role.STATION_CLERK, EAST + "0203/")
    async with city.database.system() as uow:
        await posts.assign(uow, clerk.id, PostForm(role="county_bureau", path=COUNTY))
    with pytest.raises(Conflict, match="不能同时担任"):
        async with operator.may() as uow:
            await posts.assign(uow, clerk.id, PostForm(role="station_clerk", path=STATION))


async def test_a_contract_ended_on_its_first_day_makes_room(city: City) -> None:
    """Its last day cannot lie before its first; it stands in nobody's way all the same."""
    bureau = await bureau_of(city)
    today = business_date(city.clock.now())
    first = await contract(bureau, [EAST], starts_on=today)
    async with bureau.may(P.OPERATOR_MANAGE) as uow:
        await operators.terminate_contract(uow, first, ReasonForm(reason="证照是假的"))
    await contract(bureau, [EAST], starts_on=today, number="2026-02", uscc=CODES[1], name="第二家公司")


async def test_what_was_done_is_told_for_each_contract_and_counted_once(city: City) -> None:
    bureau = await bureau_of(city)
    await contract(bureau, [EAST, STATION])
    await contract(bureau, [WEST], number="2026-02", uscc=CODES[1], name="第二家公司")
    await publish(city, headcount=6)
    city.clock.move_to(START)
    async with bureau.may(P.OVERVIEW_READ) as uow:
        table = await running.operators(uow, tenant_path(COUNTY), 7)
    told = {row[1].value: [cell.value for cell in row[5:8]] for row in table.rows}
    assert told == {"2026-01": [1, 6, 0], "2026-02": [0, 0, 0]}
