"""Staff at the door: locks, second factors, set-up codes; what is owed opens nothing but the next step."""

from __future__ import annotations

import asyncio
import statistics
import time
from datetime import timedelta
from uuid import UUID

import pyotp
import pytest
import sqlalchemy as sa
from staff_door import PASSWORD, account, bound, demand, enter, whole

from linggong.kernel.db import SYSTEM
from linggong.kernel.errors import Conflict, Invalid, SignInFailed, TooMany
from linggong.kernel.paths import EVERYWHERE
from linggong.people import factors, sessions, staff, staff_sign_in
from linggong.people.door_models import PrintedCode, SignInTry, StaffCredential
from linggong.people.models import Staff
from rbac.models import RoleAssignment

from .conftest import STATION, City


async def totp_of(city: City, staff_id: UUID) -> pyotp.TOTP:
    return await bound(city, staff_id)


async def sheet(city: City, staff_id: UUID) -> list[str]:
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        return (await factors.print_sheet(uow, city.secrets.sealer, staff_id, by=staff_id)).codes


async def give(city: City, token: str, code: str) -> sessions.SignedIn:
    return await staff_sign_in.second_factor(city.database, city.secrets, token, code)


async def test_a_post_that_demands_no_factor_needs_none(city: City) -> None:
    await account(city)
    await demand(city)
    for typed in (" LiMin ", "ｌｉｍｉｎ"):
        signed = await enter(city, typed)
        assert signed.kind == "staff"
    principal = await sessions.resolve(city.database, signed.token)
    assert principal is not None
    assert (principal.acting.role, principal.acting.path, principal.is_staff) == ("station_clerk", STATION, True)


async def test_each_role_is_asked_as_the_parameter_says(city: City) -> None:
    await account(city)
    await account(city, "boss", "county_bureau", "/4102/25/")
    await demand(city, "county_bureau")
    assert (await enter(city)).kind == "staff"
    assert (await enter(city, "boss")).kind == "enrol"


@pytest.mark.parametrize("name", ["limin", "nobody-has-this"])
async def test_five_wrong_tries_lock_a_name_whether_anybody_has_it(city: City, name: str) -> None:
    await account(city)
    for _ in range(5):
        with pytest.raises(SignInFailed) as failed:
            await enter(city, name, "wrong-password-0")
        assert failed.value.detail == "用户名或密码不对。连续输错 5 次会锁 15 分钟。"
    with pytest.raises(TooMany) as locked:
        await enter(city, name)
    assert locked.value.retry_after == 900
    assert locked.value.detail.startswith("输错太多次，账号锁 15 分钟")
    city.clock.advance(timedelta(minutes=16))
    if name == "limin":
        assert (await enter(city, name)).kind == "enrol"
    else:
        with pytest.raises(SignInFailed):
            await enter(city, name)


async def test_typed_names_are_kept_as_keyed_hashes(city: City) -> None:
    with pytest.raises(SignInFailed):
        await enter(city, "my-password-in-the-wrong-field")
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        keys = (await uow.session.scalars(sa.select(SignInTry.key))).all()
    assert len(keys) == 1
    assert b"password" not in keys[0]


async def test_known_and_unknown_names_take_the_same_time(city: City) -> None:
    """Medians of interleaved tries, under a bound that a hash left out on one side would break many times over."""
    await account(city)
    await enter(city)  # the stand-in's hash is made once
    took: dict[str, list[float]] = {"limin": [], "nobody": []}
    for _ in range(15):
        for name, times in took.items():
            started = time.perf_counter()
            with pytest.raises((SignInFailed, TooMany)):
                await enter(city, name, "wrong-password-0")
            times.append(time.perf_counter() - started)
    known, unknown = (statistics.median(times) for times in took.values())
    assert abs(known - unknown) < 0.5 * min(known, unknown), (known, unknown)


async def test_the_lock_is_what_the_parameters_say(city: City) -> None:
    from tenants import service

    await account(city)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await service.set_parameter(uow, "/", "staff.lockout_attempts", "2", "测试")
        await service.set_parameter(uow, "/", "staff.lockout", "1h", "测试")
    for _ in range(2):
        with pytest.raises(SignInFailed):
            await enter(city, password="wrong-password-0")
    city.clock.advance(timedelta(minutes=59))
    with pytest.raises(TooMany):
        await enter(city)
    city.clock.advance(timedelta(minutes=2))
    await enter(city)


async def test_whoever_must_have_a_factor_and_has_none_can_do_nothing_but_bind_one(city: City) -> None:
    staff_id = await account(city)
    signed = await enter(city)
    assert signed.kind == "enrol"
    assert await sessions.resolve(city.database, signed.token) is None
    assert await sessions.hats(city.database, signed.token) == []
    offer = await staff_sign_in.offer_totp(city.database, city.secrets, staff_id)
    totp = pyotp.TOTP(offer.secret)
    assert "<svg" in offer.qr_svg
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        assert (await uow.session.get_one(StaffCredential, staff_id)).totp_sealed is None, "an offer is kept nowhere"
    with pytest.raises(SignInFailed):
        await give(city, signed.token, totp.at(city.clock.now()))
    with pytest.raises(Invalid):
        await staff_sign_in.enrol(city.database, city.secrets, signed.token, offer.offer, "000000")
    first = totp.at(city.clock.now())
    full = await staff_sign_in.enrol(city.database, city.secrets, signed.token, offer.offer, first)
    assert (full.kind, full.token != signed.token) == ("staff", True)
    assert await sessions.resolve(city.database, full.token) is not None
    assert await sessions.owed(city.database, signed.token) is None
    with pytest.raises(SignInFailed):
        await staff_sign_in.enrol(city.database, city.secrets, signed.token, offer.offer, first)
    half = await enter(city)
    assert half.kind == "half"
    with pytest.raises(SignInFailed):
        await give(city, half.token, first)


async def test_an_offer_is_good_for_its_owner_and_for_a_while(city: City) -> None:
    await account(city)
    other = await account(city, "other")
    mine = await enter(city)
    offer = await staff_sign_in.offer_totp(city.database, city.secrets, other)
    code = pyotp.TOTP(offer.secret).at(city.clock.now())
    for bad in (offer.offer, "", "00", "zz", offer.offer[:-2] + "00"):
        with pytest.raises(Invalid):
            await staff_sign_in.enrol(city.database, city.secrets, mine.token, bad, code)


async def test_the_second_factor_is_owed_and_never_replayed(city: City) -> None:
    staff_id = await account(city)
    totp = await totp_of(city, staff_id)
    half = await enter(city)
    assert half.kind == "half"
    assert await sessions.resolve(city.database, half.token) is None, "half a sign-in is none"
    used = totp.at(city.clock.now())
    full = await give(city, half.token, used)
    assert await sessions.resolve(city.database, full.token) is not None
    assert full.token != half.token
    with pytest.raises(SignInFailed):
        await give(city, half.token, totp.at(city.clock.now() + timedelta(seconds=30)))
    again = await enter(city)
    with pytest.raises(SignInFailed):
        await give(city, again.token, used)
    with pytest.raises(Conflict):
        await staff_sign_in.offer_totp(city.database, city.secrets, staff_id)


@pytest.mark.parametrize("spell", ["{0} {1}", "{0}-{1}", " {0}\u3000{1} ", "wide"])
async def test_a_code_is_read_as_it_is_shown_and_typed(city: City, spell: str) -> None:
    """An authenticator shows 123 456; a Chinese keyboard types full-width digits."""
    totp = await totp_of(city, await account(city))
    code = totp.at(city.clock.now())
    wide = code.translate({ord(d): ord(d) + 0xFEE0 for d in "0123456789"})
    typed = wide if spell == "wide" else spell.format(code[:3], code[3:])
    assert (await give(city, (await enter(city)).token, typed)).kind == "staff"


async def test_two_at_once_with_one_code_are_one(city: City) -> None:
    staff_id = await account(city)
    totp = await totp_of(city, staff_id)
    halves = [await enter(city) for _ in range(4)]
    code = totp.at(city.clock.now())
    tries = await asyncio.gather(*(give(city, h.token, code) for h in halves), return_exceptions=True)
    assert sum(isinstance(t, sessions.SignedIn) for t in tries) == 1
    assert sum(isinstance(t, SignInFailed) for t in tries) == 3


async def test_a_printed_code_works_once_in_any_order(city: City) -> None:
    staff_id = await account(city)
    codes = await sheet(city, staff_id)
    assert len(codes) == len(set(codes)) == 20
    assert all(len(c) == 9 and c[4] == "-" and not set(c) & set("01OILSZ25G6B8Q") for c in codes)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        kept = (await uow.session.scalars(sa.select(PrintedCode.code_hash))).all()
    assert len(kept) == 20
    assert all(len(h) == 32 for h in kept)
    half = await enter(city)
    assert half.kind == "half"
    full = await give(city, half.token, f" {codes[7].lower().replace('-', ' ')} ")
    assert full.kind == "staff"
    for code in (codes[7], "AAAA-AAAA", "", codes[3][:4]):
        half = await enter(city)
        with pytest.raises(SignInFailed):
            await give(city, half.token, code)
    assert (await give(city, (await enter(city)).token, codes[0])).kind == "staff"
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        state = await factors.state_of(uow, staff_id)
    assert (state.printed_left, state.printed_of, state.has_any) == (18, 20, True)


async def test_a_new_sheet_voids_the_old_and_a_spent_one_is_still_asked_for(city: City) -> None:
    staff_id = await account(city)
    old, new = await sheet(city, staff_id), await sheet(city, staff_id)
    with pytest.raises(SignInFailed):
        await give(city, (await enter(city)).token, old[0])
    await give(city, (await enter(city)).token, new[0])
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await uow.execute(sa.update(PrintedCode).values(used_at=uow.now))
    assert (await enter(city)).kind == "half", "using a sheet up must not lead past it"


async def test_a_sheet_handed_over_ends_the_choice_of_another_factor(city: City) -> None:
    staff_id = await account(city)
    waiting = await enter(city)
    offer = await staff_sign_in.offer_totp(city.database, city.secrets, staff_id)
    codes = await sheet(city, staff_id)
    with pytest.raises(SignInFailed):
        code = pyotp.TOTP(offer.secret).at(city.clock.now())
        await staff_sign_in.enrol(city.database, city.secrets, waiting.token, offer.offer, code)
    assert (await give(city, waiting.token, codes[0])).kind == "staff"


async def test_an_office_beyond_the_desk_gets_no_sheet(city: City) -> None:
    staff_id = await account(city, "boss", "county_bureau", "/4102/25/")
    with pytest.raises(Conflict):
        await sheet(city, staff_id)


async def test_the_password_buys_no_endless_guesses_at_the_code(city: City) -> None:
    totp = await totp_of(city, await account(city))
    right = totp.at(city.clock.now())
    near = {totp.at(city.clock.now() + timedelta(seconds=s)) for s in (-30, 0, 30)}
    wrong = next(c for c in ("000000", "111111", "222222", "333333") if c not in near)
    for _ in range(5):
        half = await enter(city)
        with pytest.raises(SignInFailed):
            await give(city, half.token, wrong)
    with pytest.raises(TooMany):
        await enter(city)
    with pytest.raises(TooMany):
        await give(city, half.token, right)


async def test_many_guesses_at_once_are_five_guesses(city: City) -> None:
    await account(city)
    tries = await asyncio.gather(
        *(enter(city, password=f"wrong-password-{n}") for n in range(12)), return_exceptions=True
    )
    assert sum(isinstance(t, SignInFailed) for t in tries) == 5
    assert sum(isinstance(t, TooMany) for t in tries) == 7


async def test_a_half_session_becomes_whole_in_no_other_way(city: City) -> None:
    staff_id = await account(city)
    await totp_of(city, staff_id)
    half = await enter(city)
    with pytest.raises(SignInFailed):
        await staff_sign_in.choose_password(city.database, city.secrets, half.token, "another-good-one-7")
    with pytest.raises(SignInFailed):
        await staff_sign_in.enrol(city.database, city.secrets, half.token, "00", "000000")
    assert await sessions.resolve(city.database, half.token) is None
    city.clock.advance(timedelta(minutes=11))
    assert await sessions.owed(city.database, half.token) is None, "ten minutes for the code"


async def test_a_new_sign_in_ends_the_session_that_it_replaces(city: City) -> None:
    totp = await totp_of(city, await account(city))
    first = await whole(city, totp)
    second = await enter(city, replaces=first.token)
    assert await sessions.resolve(city.database, first.token) is None
    assert second.token != first.token


async def test_a_revoked_post_is_dead_at_once(city: City) -> None:
    staff_id = await account(city)
    signed = await whole(city, await totp_of(city, staff_id))
    assert await sessions.resolve(city.database, signed.token) is not None
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await uow.execute(sa.update(RoleAssignment).where(RoleAssignment.staff_id == staff_id).values(ends_at=uow.now))
    assert await sessions.resolve(city.database, signed.token) is None


async def test_sessions_end(city: City) -> None:
    staff_id = await account(city)
    await demand(city)
    signed = await enter(city)
    assert signed.max_age == 12 * 3600
    city.clock.advance(timedelta(minutes=59))
    assert await sessions.resolve(city.database, signed.token) is not None
    city.clock.advance(timedelta(minutes=61))
    assert await sessions.resolve(city.database, signed.token) is None, "an hour without a click"
    long = await enter(city)
    for _ in range(13):
        city.clock.advance(timedelta(minutes=55))
        await sessions.resolve(city.database, long.token)
    city.clock.advance(timedelta(minutes=6))
    assert await sessions.resolve(city.database, long.token) is None, "twelve hours at most"
    again = await enter(city)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await sessions.revoke(uow, again.token)
    assert await sessions.resolve(city.database, again.token) is None
    other = await enter(city)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await uow.execute(sa.update(Staff).where(Staff.id == staff_id).values(status="ended"))
    assert await sessions.resolve(city.database, other.token) is None
    for junk in ("", "x", "x" * 500, "'; DROP TABLE web_sessions; --"):
        assert await sessions.resolve(city.database, junk) is None


async def test_no_session_outlives_its_password(city: City) -> None:
    """Even if whoever changes a password forgets to end the sessions."""
    staff_id = await account(city)
    await demand(city)
    stolen = await enter(city)
    city.clock.advance(timedelta(seconds=1))
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await uow.execute(
            sa.update(StaffCredential).where(StaffCredential.staff_id == staff_id).values(changed_at=uow.now)
        )
    assert await sessions.resolve(city.database, stolen.token) is None


@pytest.mark.parametrize(
    ("username", "password"),
    [("ab", PASSWORD), ("limin", "short"), ("limin", "limin-limin-1"), ("limin", "aaaaaaaaaaaa")],
)
async def test_weak_passwords_and_bad_names_are_refused(city: City, username: str, password: str) -> None:
    with pytest.raises(Invalid):
        async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
            await staff.create_staff(uow, username, "李敏", "station_clerk", STATION, password)
