"""Posts: given, lent, moved, ended; every rule that stops a granter, on the real database."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
import sqlalchemy as sa
from officers import MONDAY, STREET, Officer, at_post, clerk, hire, rows, sysadmin, wants
from small_city import COUNTY, OTHER_COUNTY, OTHER_STATION, STATION, City

from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from linggong.kernel.events import Event
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE
from linggong.offices import accounts, posts, queries
from linggong.offices.posts import PostForm, ReasonForm, TransferForm
from linggong.offices.queries import StaffFilter
from linggong.people.models import Staff
from rbac.models import RoleAssignment
from rbac.permissions import Permission as P
from rbac.roles import Role


async def told(city: City, staff_id: UUID) -> list[str]:
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        found = await uow.execute(sa.select(Event.type).where(Event.chain == f"staff:{staff_id}").order_by(Event.n))
        return list(found.scalars())


# --- giving -----------------------------------------------------------------------------------------------------------


async def test_a_sysadmin_appoints_below_his_own_post(city: City) -> None:
    admin, staff_id = await sysadmin(city), await clerk(city)
    async with admin.may() as uow:
        await posts.assign(uow, staff_id, wants(Role.STREET_OPERATOR, STREET, ends_on=MONDAY))
    row = (await rows(city, staff_id))[-1]
    assert (row.role, row.tenant, row.granted_by) == ("street_operator", STREET, admin.id)
    assert row.ends_at == datetime(2026, 3, 16, 16, tzinfo=UTC), "the day's end in Shanghai"
    assert await told(city, staff_id) == ["staff.assigned", "staff.assigned"]


async def test_all_faults_are_told_at_once(city: City) -> None:
    admin, staff_id = await sysadmin(city), await clerk(city)
    with pytest.raises(Invalid) as refused:
        async with admin.may() as uow:
            form = wants(Role.AUDITOR, COUNTY, starts_on=date(2026, 3, 1), ends_on=date(2026, 2, 1))
            await posts.assign(uow, staff_id, form)
    assert {(f.field, f.code) for f in refused.value.faults} == {
        ("role", "delegation"), ("starts_on", "past"), ("ends_on", "order"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("granter", "at", "role", "path"),
    [
        (Role.COUNTY_BUREAU, COUNTY, Role.SYSADMIN, COUNTY),
        (Role.COUNTY_BUREAU, COUNTY, Role.COUNTY_BUREAU, COUNTY),
        (Role.SYSADMIN, COUNTY, Role.CITY_BUREAU, COUNTY),
        (Role.SYSADMIN, COUNTY, Role.PII_OFFICER, COUNTY),
        (Role.CITY_BUREAU, "/4102/", Role.STATION_CLERK, STATION),
        (Role.STATION_MANAGER, STATION, Role.STATION_CLERK, STATION),
        (Role.SYSADMIN, COUNTY, "nobody", COUNTY),
    ],
)
async def test_nobody_grants_what_his_role_may_not_hand_on(
    city: City, granter: Role, at: str, role: str, path: str
) -> None:
    who, staff_id = await hire(city.database, "granter", granter, at), await clerk(city)
    # Even with the whole city as scope: a manager has no `grant` at all, so the decision would give him none.
    with pytest.raises((Invalid, NotFound)) as refused:
        async with who.may() as uow:
            await posts.assign(uow, staff_id, PostForm(role=role, path=path))
    if isinstance(refused.value, Invalid):
        assert [f.field for f in refused.value.faults] == ["role"]
    else:
        assert granter is Role.STATION_MANAGER
    assert len(await rows(city, staff_id)) == 1


async def test_a_place_outside_is_like_a_missing_one(city: City) -> None:
    admin, staff_id = await sysadmin(city), await clerk(city)
    for path in (OTHER_STATION, OTHER_COUNTY, "/4102/", "/4102/25/999/", "nonsense", "/4102/25/../02/"):
        with pytest.raises(NotFound):
            async with admin.may() as uow:
                await posts.assign(uow, staff_id, wants(path=path))


async def test_a_person_outside_is_like_a_missing_one(city: City) -> None:
    admin, stranger = await sysadmin(city), await clerk(city, "zhaomin", OTHER_STATION)
    for who in (stranger, new_id()):
        with pytest.raises(NotFound):
            async with admin.may() as uow:
                await posts.assign(uow, who, wants())


@pytest.mark.parametrize(
    ("role", "path", "code"),
    [
        (Role.STATION_CLERK, STREET, "kind"),
        (Role.STREET_OPERATOR, STATION, "kind"),
        (Role.COUNTY_BUREAU, STREET, "kind"),
        (Role.MEDIATOR, STATION, "kind"),
    ],
)
async def test_a_role_is_held_where_it_belongs(city: City, role: Role, path: str, code: str) -> None:
    admin, staff_id = await sysadmin(city), await clerk(city, path=STATION)
    with pytest.raises(Invalid) as refused:
        async with admin.may() as uow:
            await posts.assign(uow, staff_id, wants(role, path))
    assert [(f.field, f.code) for f in refused.value.faults] == [("path", code)]


async def test_nobody_appoints_himself_or_ends_his_own_post(city: City) -> None:
    admin = await sysadmin(city)
    with pytest.raises(Conflict, match="给自己"):
        async with admin.may() as uow:
            await posts.assign(uow, admin.id, wants())
    with pytest.raises(Conflict, match="自己的岗位"):
        async with admin.may(P.STAFF_END) as uow:
            await posts.end_post(uow, admin.post.id, ReasonForm(reason="不干了"))
    with pytest.raises(Conflict, match="自己的账号"):
        async with admin.may(P.STAFF_END) as uow:
            await accounts.end_account(uow, admin.id, ReasonForm(reason="不干了"))


async def test_what_is_given_ends_no_later_than_the_giver(city: City) -> None:
    over = datetime(2026, 3, 20, 16, tzinfo=UTC)
    admin = await hire(city.database, "admin", Role.SYSADMIN, COUNTY, ends_at=over)
    staff_id = await clerk(city)
    with pytest.raises(Invalid) as refused:
        async with admin.may() as uow:
            await posts.assign(uow, staff_id, wants(Role.MEDIATOR, COUNTY, ends_on=date(2026, 3, 21)))
    assert [(f.field, f.code) for f in refused.value.faults] == [("ends_on", "granter")]
    async with admin.may() as uow:
        await posts.assign(uow, staff_id, wants(Role.MEDIATOR, COUNTY))
    assert (await rows(city, staff_id))[-1].ends_at == over, "left out: as long as the giver's own"


async def test_a_giver_whose_own_post_has_ended_gives_nothing(city: City) -> None:
    admin, staff_id = await sysadmin(city), await clerk(city)
    async with city.database.system() as uow:
        await uow.execute(sa.update(RoleAssignment).where(RoleAssignment.id == admin.post.id).values(ends_at=uow.now))
    with pytest.raises(Forbidden):
        async with admin.may() as uow:
            await posts.assign(uow, staff_id, wants(Role.MEDIATOR, COUNTY))


async def test_the_same_post_is_not_held_twice(city: City) -> None:
    admin, staff_id = await sysadmin(city), await clerk(city)
    with pytest.raises(Conflict, match="已经是这里的"):
        async with admin.may() as uow:
            await posts.assign(uow, staff_id, wants(path=STATION, starts_on=MONDAY))
    post = (await rows(city, staff_id))[0]
    async with admin.may(P.STAFF_END) as uow:
        await posts.end_post(uow, post.id, ReasonForm(reason="轮岗"))
    async with admin.may() as uow:
        await posts.assign(uow, staff_id, wants(path=STATION))
    assert len(await rows(city, staff_id)) == 2


async def test_two_granters_at_once_give_one_post(city: City) -> None:
    admin = await sysadmin(city)
    bureau = await hire(city.database, "bureau", Role.COUNTY_BUREAU, COUNTY)
    staff_id = await clerk(city)

    async def give(who: Officer) -> UUID:
        async with who.may() as uow:
            return await posts.assign(uow, staff_id, wants(Role.MEDIATOR, COUNTY))

    answers = await asyncio.gather(give(admin), give(bureau), give(admin), give(bureau), return_exceptions=True)
    assert sum(isinstance(a, UUID) for a in answers) == 1
    assert sum(isinstance(a, Conflict) for a in answers) == 3
    assert len(await rows(city, staff_id)) == 2


async def test_the_database_itself_refuses_the_same_post_twice(city: City) -> None:
    staff_id = await clerk(city)
    (post,) = await rows(city, staff_id)
    with pytest.raises(sa.exc.IntegrityError):
        async with city.database.system() as uow:
            uow.session.add(
                RoleAssignment(
                    id=new_id(), staff_id=staff_id, role=post.role, tenant=post.tenant, starts_at=uow.now, ends_at=None
                )
            )


async def test_separated_duties_are_not_united_in_one_person(city: City) -> None:
    """An official who assesses the county's operator does not work for it, wherever in the county."""
    staff_id = (await hire(city.database, "bureau2", Role.COUNTY_BUREAU, COUNTY)).id
    async with city.database.system() as uow:
        with pytest.raises(Conflict, match="不能同时担任"):
            await posts.assign(uow, staff_id, wants(Role.COUNTY_OPERATOR, STREET))
        await posts.assign(uow, staff_id, wants(Role.COUNTY_OPERATOR, OTHER_COUNTY))


# --- moving and ending ------------------------------------------------------------------------------------------------


async def test_a_transfer_is_one_step(city: City) -> None:
    admin, staff_id = await sysadmin(city), await clerk(city)
    post = (await rows(city, staff_id))[0]
    async with admin.may() as uow:
        await posts.transfer(uow, post.id, TransferForm(path=STREET + "0203/", reason="兰人社〔2026〕3号"))
    old, new = await rows(city, staff_id)
    assert (old.ends_at, old.end_reason) == (new.starts_at, "兰人社〔2026〕3号")
    assert (new.role, new.tenant, new.ends_at) == ("station_clerk", STREET + "0203/", None)
    assert await told(city, staff_id) == ["staff.assigned", "staff.transferred"]
    async with city.database.system() as uow:
        assert (await uow.session.get_one(Staff, staff_id)).tenant == STREET + "0203/", "home goes along"
    for path, error in ((STREET + "0203/", Conflict), (OTHER_STATION, NotFound), (STREET, Invalid)):
        with pytest.raises(error):
            async with admin.may() as uow:
                await posts.transfer(uow, new.id, TransferForm(path=path, reason="再调"))
    with pytest.raises(Conflict, match="已经结束"):
        async with admin.may() as uow:
            await posts.transfer(uow, old.id, TransferForm(path=STATION, reason="再调"))


async def test_an_ended_post_says_who_why_and_when(city: City) -> None:
    admin, staff_id = await sysadmin(city), await clerk(city)
    post = (await rows(city, staff_id))[0]
    with pytest.raises(Invalid):
        async with admin.may(P.STAFF_END) as uow:
            await posts.end_post(uow, post.id, ReasonForm(reason=" "))
    async with admin.may(P.STAFF_END) as uow:
        await posts.end_post(uow, post.id, ReasonForm(reason="退休"))
    async with admin.may(P.STAFF_READ) as uow:
        (past,) = (await queries.staff_detail(uow, staff_id)).past
    assert (past.ended_by, past.end_reason, past.ends_at) == ("管理员", "退休", city.clock.now())
    with pytest.raises(Conflict, match="已经结束"):
        async with admin.may(P.STAFF_END) as uow:
            await posts.end_post(uow, post.id, ReasonForm(reason="再撤"))


async def test_a_post_to_come_may_be_taken_back_before_it_begins(city: City) -> None:
    admin, staff_id = await sysadmin(city), await clerk(city)
    async with admin.may() as uow:
        post_id = await posts.assign(uow, staff_id, wants(Role.MEDIATOR, COUNTY, starts_on=MONDAY))
    async with admin.may(P.STAFF_READ) as uow:
        assert [p.id for p in (await queries.staff_detail(uow, staff_id)).coming] == [post_id]
    async with admin.may(P.STAFF_END) as uow:
        await posts.end_post(uow, post_id, ReasonForm(reason="不去了"))
    row = (await rows(city, staff_id))[-1]
    assert row.ends_at == row.starts_at


async def test_who_may_not_give_a_role_may_not_end_it(city: City) -> None:
    operator = await hire(city.database, "operator", Role.COUNTY_OPERATOR, COUNTY)
    bureau = await hire(city.database, "bureau", Role.COUNTY_BUREAU, COUNTY)
    with pytest.raises(Invalid, match="不归您"):
        async with operator.may(P.STAFF_END) as uow:
            await posts.end_post(uow, bureau.post.id, ReasonForm(reason="不服"))
    with pytest.raises(Conflict, match="不能撤的岗位"):
        async with operator.may(P.STAFF_END) as uow:
            await accounts.end_account(uow, bureau.id, ReasonForm(reason="不服"))


# --- seeing -----------------------------------------------------------------------------------------------------------


async def test_the_neighbour_sees_nobody(city: City) -> None:
    staff_id = await clerk(city)
    post = (await rows(city, staff_id))[0]
    neighbour = await hire(city.database, "neighbour", Role.SYSADMIN, OTHER_COUNTY)
    async with neighbour.may(P.STAFF_READ) as uow:
        page = await queries.staff_page(uow, StaffFilter())
        assert [line.id for line in page.items] == [neighbour.id]
        for missing in (staff_id, new_id()):
            with pytest.raises(NotFound):
                await queries.staff_detail(uow, missing)
        with pytest.raises(NotFound):
            await queries.staff_page(uow, StaffFilter(path=STATION))
    for post_id in (post.id, new_id()):
        with pytest.raises(NotFound):
            async with neighbour.may() as uow:
                await posts.transfer(uow, post_id, TransferForm(path=OTHER_STATION, reason="挖人"))
        with pytest.raises(NotFound):
            async with neighbour.may(P.STAFF_END) as uow:
                await posts.end_post(uow, post_id, ReasonForm(reason="捣乱"))
    for person in (staff_id, new_id()):
        with pytest.raises(NotFound):
            async with neighbour.may(P.STAFF_END) as uow:
                await accounts.end_account(uow, person, ReasonForm(reason="捣乱"))


async def test_a_person_with_a_post_here_is_seen_here_and_his_account_is_not_touched(city: City) -> None:
    """A clerk of another county who also works here: his name is shown, his post here may be ended, nothing else."""
    staff_id = await clerk(city, "zhaomin", OTHER_STATION)
    async with city.database.system() as uow:
        post_id = await posts.assign(uow, staff_id, wants(path=STATION))
    admin = await sysadmin(city)
    async with admin.may(P.STAFF_READ) as uow:
        detail = await queries.staff_detail(uow, staff_id)
        assert [p.path for p in detail.now] == [STATION]
        assert not detail.is_home_here
    with pytest.raises(Conflict, match="属于别的地方"):
        async with admin.may(P.STAFF_END) as uow:
            await accounts.end_account(uow, staff_id, ReasonForm(reason="停用"))
    async with admin.may(P.STAFF_END) as uow:
        await posts.end_post(uow, post_id, ReasonForm(reason="不来了"))
    assert [r.ends_at is None for r in await rows(city, staff_id)] == [True, False]


async def test_staff_are_found_by_name_place_role_and_state(city: City) -> None:
    admin, one = await sysadmin(city), await clerk(city)
    other = await clerk(city, "wangfang", STREET + "0203/")
    async with admin.may() as uow:
        await posts.assign(uow, other, wants(Role.MEDIATOR, STREET, starts_on=MONDAY))
    post = (await rows(city, one))[0]
    async with admin.may(P.STAFF_END) as uow:
        await posts.end_post(uow, post.id, ReasonForm(reason="轮岗"))

    async def found(**filters: str) -> set[UUID]:
        async with admin.may(P.STAFF_READ) as uow:
            return {line.id for line in (await queries.staff_page(uow, StaffFilter(**filters))).items}

    assert await found() == {admin.id, one, other}
    assert await found(q="wang") == {other}
    assert await found(q="李") == {one, other}
    assert await found(q="%") == set()
    assert await found(path=STREET) == {one, other}
    assert await found(role="mediator") == {other}
    assert await found(state="coming") == {other}
    assert await found(state="none") == {one}
    assert await found(state="on") == {admin.id, other}
    assert await found(state="ended") == set()
    async with admin.may(P.STAFF_READ) as uow:
        first = await queries.staff_page(uow, StaffFilter(), limit=2)
        second = await queries.staff_page(uow, StaffFilter(), cursor=first.next, limit=2)
    assert len({line.id for line in (*first.items, *second.items)}) == 3


async def test_at_post_is_the_latest(city: City) -> None:
    staff_id = await clerk(city)
    assert (await at_post(city.database, staff_id)).post.path == STATION
