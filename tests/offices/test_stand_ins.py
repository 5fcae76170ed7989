"""Posts lent: a colleague stands in for a while, and nothing of it outlasts the post or is handed on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from officers import MONDAY, STREET, clerk, hire, rows, sysadmin, wants
from small_city import COUNTY, STATION, City

from linggong.kernel.errors import Conflict, Forbidden, Invalid
from linggong.offices import posts, queries
from linggong.offices.posts import ReasonForm, StandInForm, TransferForm
from linggong.people import sessions
from rbac.models import RoleAssignment
from rbac.permissions import Permission as P
from rbac.roles import Role


async def test_a_colleague_stands_in_and_the_clock_ends_it(city: City) -> None:
    admin, staff_id = await sysadmin(city), await clerk(city)
    other = await clerk(city, "wangfang", STREET + "0203/")
    post = (await rows(city, staff_id))[0]
    async with admin.may() as uow:
        form = StandInForm(staff_id=other, ends_on=date(2026, 3, 12), reason="休假")
        await posts.substitute(uow, post.id, form)
    async with city.database.system() as uow:
        token = await sessions.create(uow, "staff", other)
    city.clock.advance(timedelta(hours=1))
    principal = await sessions.resolve(city.database, token)
    assert principal is not None
    stand_in = next(p for p in (principal.acting, *principal.others) if p.path == STATION)
    assert stand_in.stands_in_for == staff_id
    await sessions.act_as(city.database, token, stand_in.id)
    acting = await sessions.resolve(city.database, token)
    assert acting is not None
    assert acting.actor().on_behalf_of == staff_id
    async with admin.may(P.STAFF_READ) as uow:
        detail = await queries.staff_detail(uow, other)
    assert [p.stands_in_for for p in detail.now if p.path == STATION] == ["李敏"]
    city.clock.move_to(datetime(2026, 3, 12, 15, 59, tzinfo=UTC))
    async with city.database.system() as uow:
        token = await sessions.create(uow, "staff", other)
    last = await sessions.resolve(city.database, token)
    assert last is not None
    assert len(last.others) == 1
    city.clock.move_to(datetime(2026, 3, 12, 16, tzinfo=UTC))
    after = await sessions.resolve(city.database, token)
    assert after is not None
    assert (after.acting.path, after.others) == (STREET + "0203/", ()), "midnight in Shanghai"


async def test_what_is_held_in_anothers_stead_is_not_handed_on(city: City) -> None:
    admin, holder = await sysadmin(city), await clerk(city)
    deputy, third = await clerk(city, "wangfang", STREET + "0203/"), await clerk(city, "sunli", STREET + "0203/")
    post = (await rows(city, holder))[0]
    form = StandInForm(staff_id=deputy, ends_on=MONDAY, reason="休假")
    async with admin.may() as uow:
        lent = await posts.substitute(uow, post.id, form)
    with pytest.raises(Conflict, match="本身就是代的"):
        async with admin.may() as uow:
            await posts.substitute(uow, lent, StandInForm(staff_id=third, ends_on=MONDAY, reason="再转"))
    with pytest.raises(Conflict, match="这是代岗"):
        async with admin.may() as uow:
            await posts.transfer(uow, lent, TransferForm(path=STREET + "0203/", reason="调岗"))
    standing = await hire(city.database, "deputyadmin", Role.SYSADMIN, COUNTY, stands_in_for=admin.id)
    with pytest.raises(Forbidden, match="代岗期间"):
        async with standing.may() as uow:
            await posts.assign(uow, third, wants(Role.MEDIATOR, COUNTY))
    with pytest.raises(Conflict, match="另一位"):
        async with admin.may() as uow:
            await posts.substitute(uow, post.id, StandInForm(staff_id=holder, ends_on=MONDAY, reason="自代"))
    with pytest.raises(Conflict, match="安排自己"):
        async with admin.may() as uow:
            await posts.substitute(uow, post.id, StandInForm(staff_id=admin.id, ends_on=MONDAY, reason="自代"))


async def test_a_stand_in_is_gone_with_the_post_and_never_outlasts_it(city: City) -> None:
    admin, holder, deputy = await sysadmin(city), await clerk(city), await clerk(city, "wangfang", STREET + "0203/")
    post = (await rows(city, holder))[0]
    async with city.database.system() as uow:
        row = await uow.session.get_one(RoleAssignment, post.id)
        row.ends_at = datetime(2026, 3, 13, 16, tzinfo=UTC)
    with pytest.raises(Invalid) as refused:
        async with admin.may() as uow:
            form = StandInForm(staff_id=deputy, starts_on=date(2026, 3, 12), ends_on=MONDAY, reason="")
            await posts.substitute(uow, post.id, form)
    assert {(f.field, f.code) for f in refused.value.faults} == {("ends_on", "holder"), ("reason", "required")}
    async with admin.may() as uow:
        form = StandInForm(staff_id=deputy, ends_on=date(2026, 3, 13), reason="休假")
        await posts.substitute(uow, post.id, form)
    async with admin.may(P.STAFF_END) as uow:
        await posts.end_post(uow, post.id, ReasonForm(reason="调离"))
    lent = (await rows(city, deputy))[-1]
    assert (lent.ends_at, lent.end_reason, lent.ended_by) == (city.clock.now(), "调离", admin.id)
