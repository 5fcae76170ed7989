"""Accounts of staff: invited with a one-time code, opened by their owner, ended with everything, opened again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from officers import PASSWORD, Officer, hire
from small_city import COUNTY, OTHER_COUNTY, OTHER_STATION, STATION, City

from linggong.kernel.clock import business_date
from linggong.kernel.errors import Conflict, Invalid, NotFound, SignInFailed
from linggong.kernel.events import Event
from linggong.offices import accounts, posts, queries
from linggong.offices.accounts import Invitation, InviteForm
from linggong.offices.models import StaffInvitation
from linggong.offices.posts import PostForm, ReasonForm, StandInForm, TransferForm
from linggong.offices.queries import StaffFilter
from linggong.people import sessions
from linggong.people.models import Staff
from rbac.models import RoleAssignment
from rbac.permissions import Permission as P
from rbac.roles import Role

OWN = "a-password-of-my-own"


def form(username: str = "limin", name: str = "李敏", path: str = STATION, role: str = "station_clerk") -> InviteForm:
    return InviteForm(username=username, name=name, post=PostForm(role=role, path=path))


async def admin_of(city: City, path: str = COUNTY, name: str = "admin") -> Officer:
    return await hire(city.database, name, Role.SYSADMIN, path, name="管理员")


async def invited(city: City, admin: Officer, **changes: str) -> Invitation:
    async with admin.may(P.STAFF_INVITE) as uow:
        return await accounts.invite(uow, city.secrets, form(**changes))


async def has_password(city: City, staff_id: UUID) -> bool:
    async with city.database.system() as uow:
        found = sa.text("SELECT count(*) FROM staff_credentials WHERE staff_id = :id")
        return bool(await uow.session.scalar(found, {"id": staff_id}))


async def test_the_invited_person_alone_chooses_the_password(city: City) -> None:
    admin = await admin_of(city)
    made = await invited(city, admin)
    assert len(made.code) == 19
    assert made.expires_at == city.clock.now() + timedelta(days=7)
    assert not await has_password(city, made.staff_id)
    async with admin.may(P.STAFF_READ) as uow:
        page = await queries.staff_page(uow, StaffFilter(state="invited"))
        assert [(line.username, line.invited_until) for line in page.items] == [("limin", made.expires_at)]
    typed = f" {made.code.lower().replace('-', ' ')} "
    opened = await accounts.accept(city.database, city.secrets, typed, OWN)
    assert (opened.username, opened.name) == ("limin", "李敏")
    assert await has_password(city, made.staff_id)
    async with admin.may(P.STAFF_READ) as uow:
        assert (await queries.staff_page(uow, StaffFilter(state="invited"))).items == []
        assert not (await queries.staff_detail(uow, made.staff_id)).never_opened
    async with city.database.system() as uow:
        types = (
            await uow.execute(sa.select(Event.type).where(Event.subject_id == made.staff_id).order_by(Event.n))
        ).scalars()
        assert list(types) == ["staff.assigned", "staff.invited", "staff.opened"]
        kept = (await uow.execute(sa.select(StaffInvitation.code_hash))).scalars().all()
    assert made.code.replace("-", "").encode() not in b"".join(kept)


async def test_a_code_is_good_once_for_a_while_and_only_itself(city: City) -> None:
    admin = await admin_of(city)
    made = await invited(city, admin)
    for wrong in ("", "AAAA-BBBB-CCCC", made.code[:-1], "x" * 400):
        with pytest.raises(SignInFailed):
            await accounts.accept(city.database, city.secrets, wrong, OWN)
    for refused in ("short", made.code, made.code.replace("-", "").lower()):
        with pytest.raises(Invalid):
            await accounts.accept(city.database, city.secrets, made.code, refused)
    await accounts.accept(city.database, city.secrets, made.code, OWN)
    with pytest.raises(SignInFailed):
        await accounts.accept(city.database, city.secrets, made.code, "another-password-1")
    late = await invited(city, admin, username="wangfang")
    city.clock.advance(timedelta(days=7))
    with pytest.raises(SignInFailed):
        await accounts.accept(city.database, city.secrets, late.code, OWN)
    async with admin.may(P.STAFF_INVITE) as uow:
        again = await accounts.invite_again(uow, city.secrets, late.staff_id)
    with pytest.raises(SignInFailed):
        await accounts.accept(city.database, city.secrets, late.code, OWN)
    await accounts.accept(city.database, city.secrets, again.code, OWN)
    with pytest.raises(Conflict, match="已经启用"):
        async with admin.may(P.STAFF_INVITE) as uow:
            await accounts.invite_again(uow, city.secrets, late.staff_id)


async def test_a_new_code_kills_the_one_before(city: City) -> None:
    admin = await admin_of(city)
    first = await invited(city, admin)
    async with admin.may(P.STAFF_INVITE) as uow:
        second = await accounts.invite_again(uow, city.secrets, first.staff_id)
    with pytest.raises(SignInFailed):
        await accounts.accept(city.database, city.secrets, first.code, OWN)
    await accounts.accept(city.database, city.secrets, second.code, OWN)


async def test_an_open_invitation_goes_along_with_a_transfer(city: City) -> None:
    whole, there = await admin_of(city, "/4102/"), await admin_of(city, OTHER_COUNTY, "neighbour")
    made = await invited(city, whole)
    async with whole.may(P.STAFF_READ) as uow:
        (post,) = (await queries.staff_detail(uow, made.staff_id)).now
    async with whole.may() as uow:
        await posts.transfer(uow, post.id, TransferForm(path=OTHER_STATION, reason="跨县调动"))
    async with there.may(P.STAFF_READ) as uow:
        assert (await queries.staff_detail(uow, made.staff_id)).never_opened
    async with there.may(P.STAFF_INVITE) as uow:
        again = await accounts.invite_again(uow, city.secrets, made.staff_id)
    await accounts.accept(city.database, city.secrets, again.code, OWN)


async def test_a_taken_name_is_refused_wherever_it_is_taken(city: City) -> None:
    admin, neighbour = await admin_of(city), await admin_of(city, OTHER_COUNTY, "neighbour")
    await invited(city, neighbour, path=OTHER_STATION)
    with pytest.raises(Conflict, match="已经有人用了"):
        await invited(city, admin)


async def test_every_fault_of_account_and_post_is_told_at_once(city: City) -> None:
    admin = await admin_of(city)
    with pytest.raises(Invalid) as refused:
        await invited(city, admin, username="李敏", name=" ", role="auditor")
    assert {f.field for f in refused.value.faults} == {"username", "name", "role"}
    with pytest.raises(NotFound):
        await invited(city, admin, path=OTHER_STATION)
    bureau = await hire(city.database, "bureau", Role.COUNTY_BUREAU, COUNTY)
    with pytest.raises(Invalid):
        await invited(city, bureau, role="sysadmin", path=COUNTY)
    async with city.database.system() as uow:
        assert await uow.session.scalar(sa.select(sa.func.count()).select_from(Staff)) == 2, "nothing half made"


async def test_an_ended_account_takes_everything_with_it(city: City) -> None:
    admin = await admin_of(city)
    made = await invited(city, admin)
    await accounts.accept(city.database, city.secrets, made.code, OWN)
    other = await hire(city.database, "wangfang", Role.STATION_CLERK, STATION, name="王芳")
    async with city.database.system() as uow:
        await posts.assign(uow, made.staff_id, PostForm(role="station_clerk", path=OTHER_STATION))
        token = await sessions.create(uow, "staff", made.staff_id)
        mediator = await posts.assign(uow, made.staff_id, PostForm(role="mediator", path=COUNTY))
    async with admin.may() as uow:
        stand_in = StandInForm(staff_id=other.id, ends_on=business_date(city.clock.now()), reason="休假")
        await posts.substitute(uow, mediator, stand_in)
    assert await sessions.resolve(city.database, token) is not None
    with pytest.raises(Invalid):
        async with admin.may(P.STAFF_END) as uow:
            await accounts.end_account(uow, made.staff_id, ReasonForm(reason=""))
    with pytest.raises(Conflict, match="别的地方还有岗位"):
        async with admin.may(P.STAFF_END) as uow:
            await accounts.end_account(uow, made.staff_id, ReasonForm(reason="离职"))
    above = await admin_of(city, "/4102/", "above")
    async with above.may(P.STAFF_END) as uow:
        await accounts.end_account(uow, made.staff_id, ReasonForm(reason="离职"))
    assert await sessions.resolve(city.database, token) is None
    assert not await has_password(city, made.staff_id), "an account opened again does not know the old password"
    async with city.database.system() as uow:
        open_posts = sa.select(sa.func.count()).where(
            RoleAssignment.staff_id.in_([made.staff_id]), RoleAssignment.ends_at.is_(None)
        )
        assert await uow.session.scalar(open_posts) == 0, "also the post in the other county"
        lent = sa.select(RoleAssignment.ends_at).where(RoleAssignment.stands_in_for == made.staff_id)
        assert await uow.session.scalar(lent) == city.clock.now()
        assert await uow.session.scalar(sa.text("SELECT count(*) FROM web_sessions")) == 0
    with pytest.raises(Conflict, match="已经停用"):
        async with admin.may() as uow:
            await posts.assign(uow, made.staff_id, PostForm(role="mediator", path=COUNTY))
    async with admin.may(P.STAFF_INVITE) as uow:
        again = await accounts.reopen(uow, city.secrets, made.staff_id)
    async with admin.may(P.STAFF_READ) as uow:
        detail = await queries.staff_detail(uow, made.staff_id)
    assert (detail.status, detail.now, detail.never_opened) == ("active", [], True)
    await accounts.accept(city.database, city.secrets, again.code, "yet-another-password")
    with pytest.raises(Conflict, match="没有停用"):
        async with admin.may(P.STAFF_INVITE) as uow:
            await accounts.reopen(uow, city.secrets, made.staff_id)


async def test_an_open_invitation_ends_with_the_account(city: City) -> None:
    admin = await admin_of(city)
    made = await invited(city, admin)
    async with admin.may(P.STAFF_END) as uow:
        await accounts.end_account(uow, made.staff_id, ReasonForm(reason="填错了"))
    with pytest.raises(SignInFailed):
        await accounts.accept(city.database, city.secrets, made.code, OWN)


async def test_the_last_sign_in_stays_when_the_session_is_gone(city: City) -> None:
    admin = await admin_of(city)
    clerk = await hire(city.database, "limin", Role.STATION_CLERK, STATION)
    stranger = await hire(city.database, "zhaomin", Role.STATION_CLERK, OTHER_STATION)
    async with city.database.system() as uow:
        for who in (clerk, stranger):
            token = await sessions.create(uow, "staff", who.id)
            await sessions.revoke(uow, token)
    at = city.clock.now()
    city.clock.advance(timedelta(days=1))
    async with admin.may(P.STAFF_READ) as uow:
        assert (await queries.staff_detail(uow, clerk.id)).last_sign_in_at == at
        asked = sa.text("SELECT count(*) FROM last_sign_ins(ARRAY[:a, :b]::uuid[])")
        assert await uow.session.scalar(asked, {"a": clerk.id, "b": stranger.id}) == 1, "not the neighbour's"


def test_passwords_of_tests_are_long_enough() -> None:
    assert len(PASSWORD) >= 10
