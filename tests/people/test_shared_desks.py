"""Shared computers: PIN after the day's first full sign-in, never two people in one session, nothing for a stranger."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pyotp
import pytest
import sqlalchemy as sa
from staff_door import PASSWORD, account, bound, enter, whole

from linggong.kernel.db import SYSTEM, Actor
from linggong.kernel.errors import Forbidden, Invalid, NotFound, SignInFailed
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE, tenant_path
from linggong.people import factors, passwords, security, sessions, shared_desks, staff_sign_in
from linggong.people.door_models import WebSession
from linggong.people.security import Administrator
from rbac.models import RoleAssignment

from .conftest import STATION, City

PIN = "402857"


def at(staff_id: UUID, path: str = STATION) -> Actor:
    return Actor(kind="staff", id=staff_id, post=tenant_path(path), role="station_clerk")


class Hall:
    """Two clerks with authenticators and PINs, and a shared computer at which both signed in fully today."""

    def __init__(self, city: City) -> None:
        self.city = city

    async def open(self) -> Hall:
        city = self.city
        self.li, self.wang = await account(city), await account(city, "wang")
        self.totp: dict[str, pyotp.TOTP] = {}
        self.totp["limin"] = await bound(city, self.li)
        self.totp["wang"] = await bound(city, self.wang, "wang")
        first = await whole(city, self.totp["limin"])
        self.device = await shared_desks.name_desk(city.database, at(self.li), first.token, "大厅 1 号机")
        await shared_desks.set_pin(city.database, at(self.li), first.token, PIN)
        self.first = first
        self.second = await self.full("wang")
        await shared_desks.set_pin(city.database, at(self.wang), self.second.token, PIN)
        return self

    async def full(self, username: str) -> sessions.SignedIn:
        return await whole(self.city, self.totp[username], username, device=self.device)

    async def switch(self, staff_id: UUID, pin: str = PIN, device: str = "") -> sessions.SignedIn:
        return await shared_desks.switch(self.city.database, device or self.device, staff_id, pin)

    async def acts(self, signed: sessions.SignedIn) -> UUID | None:
        principal = await sessions.resolve(self.city.database, signed.token)
        return principal.id if principal else None


@pytest.fixture
async def hall(city: City) -> Hall:
    return await Hall(city).open()


async def test_colleagues_change_over_and_only_one_of_them_is_in(hall: Hall, city: City) -> None:
    assert await hall.acts(hall.first) is None, "the second full sign-in ended the first"
    assert await hall.acts(hall.second) == hall.wang
    li = await hall.switch(hall.li)
    assert await hall.acts(li) == hall.li
    assert await hall.acts(hall.second) is None
    wang = await hall.switch(hall.wang)
    assert (await hall.acts(wang), await hall.acts(li)) == (hall.wang, None)
    assert len({li.token, wang.token, hall.first.token, hall.second.token}) == 4
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        here = (await uow.session.scalars(sa.select(WebSession).where(WebSession.device_id.is_not(None)))).all()
    assert [(s.account_id, s.proof) for s in here] == [(hall.wang, "pin")]


async def test_many_change_over_at_once_and_one_is_in(hall: Hall, city: City) -> None:
    tries = await asyncio.gather(*(hall.switch(who) for who in (hall.li, hall.wang) * 3), return_exceptions=True)
    signed = [t for t in tries if isinstance(t, sessions.SignedIn)]
    assert signed
    inside = [await hall.acts(s) for s in signed]
    assert len([i for i in inside if i is not None]) == 1


async def test_a_session_by_pin_ends_at_midnight(hall: Hall, city: City) -> None:
    # 05:20 on Tuesday: eighteen hours and some to midnight, so the twelve hours of every session come first.
    city.clock.advance(timedelta(hours=14))
    await hall.full("limin")
    late = await hall.switch(hall.li)
    assert late.max_age < 5 * 3600
    for _ in range(10):
        city.clock.advance(timedelta(minutes=25))
        await hall.acts(late)
    assert await hall.acts(late) == hall.li
    city.clock.advance(timedelta(minutes=35))
    assert await hall.acts(late) is None
    with pytest.raises(SignInFailed):
        await hall.switch(hall.li)
    assert await shared_desks.colleagues(city.database, await desk(hall), "") == []
    await hall.full("limin")
    assert await hall.acts(await hall.switch(hall.li)) == hall.li


async def desk(hall: Hall) -> shared_desks.Desk:
    found = await shared_desks.desk_of(hall.city.database, hall.device)
    assert found is not None
    return found


async def test_whoever_idled_out_over_lunch_comes_back_by_pin(hall: Hall, city: City) -> None:
    li = await hall.switch(hall.li)
    city.clock.advance(timedelta(minutes=61))
    assert await hall.acts(li) is None
    listed = {c.id: c.here for c in await shared_desks.colleagues(city.database, await desk(hall), li.token)}
    assert listed == {hall.li: False, hall.wang: False}
    assert await hall.acts(await hall.switch(hall.li)) == hall.li


async def test_five_wrong_pins_stop_it_until_the_next_full_sign_in(hall: Hall, city: City) -> None:
    for _ in range(5):
        with pytest.raises(SignInFailed, match="PIN 不对"):
            await hall.switch(hall.li, "971305")
    with pytest.raises(SignInFailed, match="请用密码"):
        await hall.switch(hall.li)
    ready = {c.id: c.ready for c in await shared_desks.colleagues(city.database, await desk(hall), "")}
    assert ready == {hall.li: False, hall.wang: True}
    await hall.full("limin")
    assert await hall.acts(await hall.switch(hall.li)) == hall.li


async def test_many_wrong_pins_at_once_are_five(hall: Hall) -> None:
    tries = await asyncio.gather(*(hall.switch(hall.li, f"9713{n:02d}") for n in range(12)), return_exceptions=True)
    assert sum("PIN 不对" in str(t) for t in tries) == 5
    assert sum("请用密码" in str(t) for t in tries) == 7


async def test_a_right_pin_clears_the_count(hall: Hall) -> None:
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(SignInFailed):
                await hall.switch(hall.li, "971305")
        await hall.switch(hall.li)


async def test_a_pin_opens_nothing_elsewhere_or_for_somebody_who_was_not_here(hall: Hall, city: City) -> None:
    stranger = await account(city, "zhao")
    for device, who in (("x" * 43, hall.li), ("", hall.li), (hall.device, stranger), (hall.device, new_id())):
        with pytest.raises(SignInFailed, match="请用密码"):
            await shared_desks.switch(city.database, device, who, PIN)


@pytest.mark.parametrize(
    "how",
    ["post ended", "sessions ended", "pin taken", "password reset", "computer ended", "password changed elsewhere"],
)
async def test_whoever_is_shut_out_comes_back_by_no_pin(hall: Hall, city: City, how: str) -> None:
    await account(city, "admin", "sysadmin", "/4102/25/")
    by = Administrator(Actor(kind="staff", id=new_id(), post=tenant_path("/4102/25/"), role="sysadmin"), EVERYWHERE)
    match how:
        case "post ended":
            async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
                mine = sa.update(RoleAssignment).where(RoleAssignment.staff_id == hall.li)
                await uow.execute(mine.values(ends_at=uow.now))
        case "sessions ended":
            await security.end_sessions(city.database, by, hall.li)
        case "pin taken":
            await security.reset_pin(city.database, by, hall.li)
        case "password reset":
            await security.reset_password(city.database, city.secrets, by, hall.li)
        case "password changed elsewhere":
            async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
                elsewhere = await sessions.create(uow, "staff", hall.li)
            await security.change_password(
                city.database, city.secrets, at(hall.li), elsewhere, PASSWORD, "a-quite-new-one-8"
            )
        case "computer ended":
            await shared_desks.end_desk(city.database, at(hall.wang), (await desk(hall)).id)
            assert await hall.acts(hall.second) == hall.wang, "whoever ends it stays"
    with pytest.raises(SignInFailed):
        await hall.switch(hall.li)


async def test_a_password_changed_at_the_computer_leaves_it_its_own(hall: Hall, city: City) -> None:
    mine = await hall.full("limin")
    new = "a-quite-new-one-8"
    changed = await security.change_password(city.database, city.secrets, at(hall.li), mine.token, PASSWORD, new)
    assert await hall.acts(changed) == hall.li
    await hall.switch(hall.wang)
    assert await hall.acts(changed) is None, "bound to the computer as before"
    assert await hall.acts(await hall.switch(hall.li)) == hall.li


async def test_a_pin_session_changes_nothing_of_ones_own_security(hall: Hall, city: City) -> None:
    pinned = await hall.switch(hall.li)
    with pytest.raises(Forbidden):
        await shared_desks.set_pin(city.database, at(hall.li), pinned.token, "860942")
    with pytest.raises(Forbidden):
        await shared_desks.name_desk(city.database, at(hall.li), pinned.token, "另一台")
    with pytest.raises(Forbidden):
        await security.print_own_codes(city.database, city.secrets, at(hall.li), pinned.token)
    with pytest.raises(Forbidden):
        await security.offer_own_totp(city.database, city.secrets, hall.li, pinned.token)


async def test_he_acts_at_the_computers_own_post(hall: Hall, city: City) -> None:
    from linggong.people import staff

    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await uow.execute(
            sa.update(RoleAssignment)
            .where(RoleAssignment.staff_id == hall.li)
            .values(starts_at=uow.now - timedelta(seconds=1))
        )
        await staff.assign(uow, hall.li, "station_clerk", "/4102/02/003/s01/")
        await uow.execute(
            sa.update(RoleAssignment)
            .where(RoleAssignment.staff_id == hall.li, RoleAssignment.tenant == "/4102/02/003/s01/")
            .values(starts_at=uow.now - timedelta(days=1))
        )
    principal = await sessions.resolve(city.database, (await hall.switch(hall.li)).token)
    assert principal is not None
    assert principal.acting.path == STATION
    assert [p.path for p in principal.others] == ["/4102/02/003/s01/"]


async def test_a_computer_is_named_once_a_place_and_ended_by_its_own_staff(hall: Hall, city: City) -> None:
    for name in ("", " ", "x" * 31, "a\nb", "大厅 1 号机"):
        with pytest.raises(Invalid):
            await shared_desks.name_desk(city.database, at(hall.wang), hall.second.token, name)
    here = await desk(hall)
    for stranger in (at(new_id(), "/4102/02/003/s01/"), at(new_id(), "/4102/02/"), Actor(kind="worker", id=new_id())):
        with pytest.raises(NotFound):
            await shared_desks.end_desk(city.database, stranger, here.id)
    await shared_desks.end_desk(city.database, at(new_id(), "/4102/25/"), here.id)
    assert await shared_desks.desk_of(city.database, hall.device) is None
    assert await hall.acts(hall.second) is None
    with pytest.raises(NotFound):
        await shared_desks.end_desk(city.database, at(hall.wang), here.id)


async def test_the_day_of_a_shared_computer_is_shanghais(hall: Hall, city: City) -> None:
    """05:20 in Kaifeng is yesterday in UTC: what counts is the day on the wall."""
    city.clock.advance(timedelta(hours=3))  # past midnight UTC, same morning in Kaifeng
    assert await hall.acts(await hall.switch(hall.li)) == hall.li


@pytest.mark.parametrize(
    "pin",
    [
        "111111", "123456", "654321", "890123", "246802", "121212", "123123", "112211", "123321", "000001", "520520",
        "680512", "051268", "120568", "199003", "031990", "147258", "12345", "1234567", "12345a", "１２３４５７", "", " 40285",
    ],
)  # fmt: skip
def test_pins_that_are_guessed_first_are_refused(pin: str) -> None:
    with pytest.raises(Invalid):
        passwords.check_pin_rules(pin)


def test_most_pins_are_fine() -> None:
    def fine(n: int) -> bool:
        try:
            passwords.check_pin_rules(f"{n:06d}")
        except Invalid:
            return False
        return True

    assert sum(fine(n) for n in range(0, 1_000_000, 7)) > 0.85 * 1_000_000 / 7


async def test_set_up_and_switch_do_not_mix(city: City) -> None:
    """An enrol or half session makes no shared computer and no PIN."""
    staff_id = await account(city)
    waiting = await enter(city)
    for call in (
        shared_desks.set_pin(city.database, at(staff_id), waiting.token, PIN),
        shared_desks.name_desk(city.database, at(staff_id), waiting.token, "机"),
    ):
        with pytest.raises(Forbidden):
            await call
    assert (await staff_sign_in.owes(city.database, waiting.token)) is not None
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        assert not (await factors.state_of(uow, staff_id)).has_pin
