"""One's own password, codes and sessions; what an administrator may do, to whom, and to nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from staff_door import PASSWORD, account, bound, demand, enter, whole

from linggong.kernel.db import SYSTEM, Actor
from linggong.kernel.errors import Conflict, Forbidden, Invalid, NotFound, SignInFailed, TooMany
from linggong.kernel.events import Event
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE, Scope, tenant_path
from linggong.people import limits, security, sessions, staff, staff_sign_in
from linggong.people.security import Administrator

from .conftest import STATION, City

COUNTY, OTHER_COUNTY = "/4102/25/", "/4102/02/"
NEW = "a-quite-new-one-8"


def clerk(staff_id: UUID) -> Actor:
    return Actor(kind="staff", id=staff_id, post=tenant_path(STATION), role="station_clerk")


def admin(path: str = COUNTY, staff_id: UUID | None = None) -> Administrator:
    at = tenant_path(path)
    return Administrator(Actor(kind="staff", id=staff_id or new_id(), post=at, role="sysadmin"), Scope(trees=(at,)))


async def events(city: City, staff_id: UUID) -> list[str]:
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        rows = await uow.session.scalars(
            sa.select(Event.type).where(Event.chain == f"staff:{staff_id}").order_by(Event.n)
        )
        return [t for t in rows if t not in ("staff.assigned", "staff.signed_in")]


async def test_a_stolen_session_dies_with_the_password(city: City) -> None:
    staff_id = await account(city)
    await demand(city)
    stolen, mine = await enter(city), await enter(city)
    changed = await security.change_password(city.database, city.secrets, clerk(staff_id), mine.token, PASSWORD, NEW)
    assert await sessions.resolve(city.database, stolen.token) is None
    assert await sessions.resolve(city.database, mine.token) is None, "the token is new at each step-up"
    assert await sessions.resolve(city.database, changed.token) is not None
    with pytest.raises(SignInFailed):
        await enter(city)
    assert (await enter(city, password=NEW)).kind == "staff"
    assert await events(city, staff_id) == ["staff.password_changed"]


async def test_the_old_password_is_asked_and_guesses_at_it_are_counted(city: City) -> None:
    staff_id = await account(city)
    await demand(city)
    mine = await enter(city)

    async def change(old: str, new: str) -> sessions.SignedIn:
        return await security.change_password(city.database, city.secrets, clerk(staff_id), mine.token, old, new)

    for old, new, field in ((PASSWORD, "short", "new"), (PASSWORD, PASSWORD, "new"), ("wrong-one-0", NEW, "old")):
        with pytest.raises(Invalid) as caught:
            await change(old, new)
        assert {f.field for f in caught.value.faults} == {field}
    for _ in range(4):
        with pytest.raises(Invalid):
            await change("wrong-one-0", NEW)
    with pytest.raises(TooMany):
        await change(PASSWORD, NEW)
    with pytest.raises(TooMany):
        await enter(city)


async def test_new_passwords_that_are_too_weak_lock_nobody_out(city: City) -> None:
    staff_id = await account(city)
    await demand(city)
    mine = await enter(city)
    for new in ("short", "1111111111", "limin-and-more-1", "x" * 201, PASSWORD, "aaaaaaaaaab"):
        with pytest.raises(Invalid):
            await security.change_password(city.database, city.secrets, clerk(staff_id), mine.token, PASSWORD, new)
    await security.change_password(city.database, city.secrets, clerk(staff_id), mine.token, PASSWORD, NEW)


async def test_sessions_are_listed_and_ended_one_by_one(city: City) -> None:
    staff_id, other = await account(city), await account(city, "other")
    await demand(city)
    chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/129.0 Safari/537.36"
    first = await enter(city, agent=chrome)
    city.clock.advance(timedelta(minutes=5))
    second = await enter(city, agent="Mozilla/5.0 (Linux; Android 14) Chrome/130.0 MicroMessenger/8.0")
    foreign = await enter(city, "other")
    seen = await security.own_sessions(city.database, staff_id, first.token)
    assert [(s.agent, s.this, s.proof) for s in seen] == [
        ("Chrome，Windows 电脑", True, "password"), ("微信，安卓手机", False, "password"),
    ]  # fmt: skip
    assert seen[1].first_at - seen[0].first_at == timedelta(minutes=5)
    theirs = (await security.own_sessions(city.database, other, ""))[0]
    for missing in (theirs.id, new_id()):
        with pytest.raises(NotFound):
            await security.end_own_session(city.database, clerk(staff_id), missing)
    await security.end_own_session(city.database, clerk(staff_id), seen[1].id)
    assert await sessions.resolve(city.database, second.token) is None
    third = await enter(city)
    assert await security.end_own_others(city.database, clerk(staff_id), first.token) == 1
    assert await sessions.resolve(city.database, third.token) is None
    assert await sessions.resolve(city.database, first.token) is not None
    assert await sessions.resolve(city.database, foreign.token) is not None
    city.clock.advance(timedelta(minutes=61))
    assert await security.own_sessions(city.database, staff_id, "") == [], "what idled out is not listed"
    assert await events(city, staff_id) == ["staff.sessions_ended", "staff.sessions_ended"]


async def test_one_prints_ones_own_codes_with_a_factor_only(city: City) -> None:
    staff_id = await account(city)
    await demand(city)
    plain = await enter(city)
    with pytest.raises(Forbidden):
        await security.print_own_codes(city.database, city.secrets, clerk(staff_id), plain.token)
    totp = await bound(city, staff_id)
    with pytest.raises(Forbidden):
        await security.print_own_codes(city.database, city.secrets, clerk(staff_id), plain.token)
    full = await whole(city, totp)
    sheet = await security.print_own_codes(city.database, city.secrets, clerk(staff_id), full.token)
    half = await enter(city)
    signed = await staff_sign_in.second_factor(city.database, city.secrets, half.token, sheet.codes[19])
    assert signed.kind == "staff"


async def test_binding_ones_own_authenticator_renews_the_token(city: City) -> None:
    import pyotp

    staff_id = await account(city)
    await demand(city)
    mine = await enter(city)
    offer = await security.offer_own_totp(city.database, city.secrets, staff_id, mine.token)
    code = pyotp.TOTP(offer.secret).at(city.clock.now())
    bound_ = await security.bind_own_totp(city.database, city.secrets, clerk(staff_id), mine.token, offer.offer, code)
    assert await sessions.resolve(city.database, mine.token) is None
    assert await sessions.resolve(city.database, bound_.token) is not None
    assert (await enter(city)).kind == "half"


async def test_a_reset_password_is_a_code_to_choose_ones_own_with(city: City) -> None:
    staff_id = await account(city)
    totp = await bound(city, staff_id)
    before = await whole(city, totp)
    setup = await security.reset_password(city.database, city.secrets, admin(), staff_id)
    assert await sessions.resolve(city.database, before.token) is None
    with pytest.raises(SignInFailed):
        await enter(city)
    half = await enter(city, password=f" {setup.code.lower()} ")
    assert half.kind == "half", "who hears the code still lacks the factor"
    code = totp.at(city.clock.now())
    waiting = await staff_sign_in.second_factor(city.database, city.secrets, half.token, code)
    assert waiting.kind == "enrol"
    assert await sessions.resolve(city.database, waiting.token) is None
    owed = await staff_sign_in.owes(city.database, waiting.token)
    assert owed is not None
    assert owed[1] == "password"
    with pytest.raises(SignInFailed):
        await staff_sign_in.enrol(city.database, city.secrets, waiting.token, "00", "000000")
    with pytest.raises(Invalid):
        await staff_sign_in.choose_password(city.database, city.secrets, waiting.token, "short")
    done = await staff_sign_in.choose_password(city.database, city.secrets, waiting.token, NEW)
    assert (done.kind, done.token != waiting.token) == ("staff", True)
    assert await sessions.resolve(city.database, done.token) is not None
    with pytest.raises(SignInFailed):
        await enter(city, password=setup.code)
    with pytest.raises(SignInFailed):
        await staff_sign_in.choose_password(city.database, city.secrets, waiting.token, "yet-another-9")
    assert await events(city, staff_id) == ["staff.factor_bound", "staff.password_reset", "staff.password_changed"]


async def test_a_set_up_code_is_no_password_of_ones_own(city: City) -> None:
    staff_id = await account(city)
    await demand(city)
    setup = await security.reset_password(city.database, city.secrets, admin(), staff_id)
    waiting = await enter(city, password=setup.code)
    for same in (setup.code, setup.code.replace("-", ""), f" {setup.code.lower()}"):
        with pytest.raises(Invalid) as caught:
            await staff_sign_in.choose_password(city.database, city.secrets, waiting.token, same)
        assert [f.code for f in caught.value.faults] == ["same"]
    assert (await staff_sign_in.choose_password(city.database, city.secrets, waiting.token, NEW)).kind == "staff"


@pytest.mark.parametrize("step", ["factor", "password"])
async def test_a_step_that_is_under_way_ends_with_the_reset(city: City, step: str) -> None:
    """Whoever waits for the lock while the office shuts him out does not go on from a session that is no more."""
    staff_id = await account(city)
    totp = await bound(city, staff_id)
    if step == "password":
        await security.reset_password(city.database, city.secrets, admin(), staff_id)
        async with city.database.system() as uow:
            started = await sessions.create(uow, "enrol", staff_id, {"factor": "given"})
        going = staff_sign_in.choose_password(city.database, city.secrets, started, NEW)
    else:
        started = (await enter(city)).token
        going = staff_sign_in.second_factor(city.database, city.secrets, started, totp.at(city.clock.now()))
    async with city.database.system() as uow:
        await limits.tries_under(uow, city.secrets, "limin")
        await sessions.revoke_all(uow, staff_id)
        waiting = asyncio.create_task(going)
        await asyncio.sleep(0.5)
        assert not waiting.done()
    with pytest.raises(SignInFailed, match="太久"):
        await waiting
    assert await security.own_sessions(city.database, staff_id, "") == []


async def test_without_a_factor_the_password_comes_first_and_then_the_factor(city: City) -> None:
    staff_id = await account(city)
    setup = await security.reset_password(city.database, city.secrets, admin(), staff_id)
    first = await enter(city, password=setup.code)
    assert first.kind == "enrol"
    second = await staff_sign_in.choose_password(city.database, city.secrets, first.token, NEW)
    assert second.kind == "enrol"
    owed = await staff_sign_in.owes(city.database, second.token)
    assert owed is not None
    assert owed[1] == "bind"
    assert await sessions.resolve(city.database, second.token) is None


async def test_a_set_up_code_runs_out(city: City) -> None:
    staff_id = await account(city)
    setup = await security.reset_password(city.database, city.secrets, admin(), staff_id)
    city.clock.advance(timedelta(hours=71))
    waiting = await enter(city, password=setup.code)
    city.clock.advance(timedelta(minutes=20))
    assert (await staff_sign_in.owes(city.database, waiting.token)) is not None
    city.clock.advance(timedelta(minutes=50))
    with pytest.raises(SignInFailed):
        await enter(city, password=setup.code)
    with pytest.raises(SignInFailed):
        await staff_sign_in.choose_password(city.database, city.secrets, waiting.token, NEW)


async def test_a_reset_factor_is_bound_anew_and_a_lock_is_lifted(city: City) -> None:
    staff_id = await account(city)
    signed = await whole(city, await bound(city, staff_id))
    await security.reset_factor(city.database, admin(), staff_id)
    assert await sessions.resolve(city.database, signed.token) is None
    assert (await enter(city)).kind == "enrol"
    for _ in range(5):
        with pytest.raises(SignInFailed):
            await enter(city, password="wrong-password-0")
    seen = await security.overview(city.database, city.secrets, admin(), staff_id)
    assert seen.locked_until == city.clock.now() + timedelta(minutes=15)
    await security.unlock(city.database, city.secrets, admin(), staff_id)
    assert (await enter(city)).kind == "enrol"


Act = Callable[[City, Administrator, UUID], Awaitable[object]]
ACTS: dict[str, Act] = {
    "overview": lambda c, by, s: security.overview(c.database, c.secrets, by, s),
    "password": lambda c, by, s: security.reset_password(c.database, c.secrets, by, s),
    "factor": lambda c, by, s: security.reset_factor(c.database, by, s),
    "pin": lambda c, by, s: security.reset_pin(c.database, by, s),
    "codes": lambda c, by, s: security.print_codes(c.database, c.secrets, by, s),
    "sessions": lambda c, by, s: security.end_sessions(c.database, by, s),
    "session": lambda c, by, s: security.end_session(c.database, by, s, new_id()),
    "unlock": lambda c, by, s: security.unlock(c.database, c.secrets, by, s),
}


@pytest.mark.parametrize("act", ACTS)
async def test_nobody_is_reached_beyond_the_scope(city: City, act: str) -> None:
    staff_id = await account(city)
    signed = await whole(city, await bound(city, staff_id))
    for by in (admin(OTHER_COUNTY), admin("/4102/25/101/"), Administrator(SYSTEM, Scope())):
        with pytest.raises(NotFound):
            await ACTS[act](city, by, staff_id)
    with pytest.raises(NotFound):
        await ACTS[act](city, admin(), new_id())
    assert await sessions.resolve(city.database, signed.token) is not None
    assert await events(city, staff_id) == ["staff.factor_bound"]
    if act != "session":
        await ACTS[act](city, admin(), staff_id)


@pytest.mark.parametrize("act", ["password", "factor", "codes"])
async def test_nobody_resets_himself_by_the_office(city: City, act: str) -> None:
    staff_id = await account(city, "admin", "sysadmin", COUNTY)
    with pytest.raises(Conflict):
        await ACTS[act](city, admin(COUNTY, staff_id), staff_id)


@pytest.mark.parametrize("act", ["password", "factor", "sessions"])
async def test_a_county_takes_over_no_account_that_also_holds_an_office_above_it(city: City, act: str) -> None:
    staff_id = await account(city)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await staff.assign(uow, staff_id, "auditor", "/4102/")
    with pytest.raises(NotFound):
        await ACTS[act](city, admin(), staff_id)
    await ACTS[act](city, admin("/4102/"), staff_id)


async def test_an_administrator_ends_one_session_and_sees_them_all(city: City) -> None:
    staff_id = await account(city)
    await demand(city)
    first, second = await enter(city), await enter(city)
    seen = (await security.overview(city.database, city.secrets, admin(), staff_id)).sessions
    assert [s.this for s in seen] == [False, False]
    ids = {s.id for s in await security.own_sessions(city.database, staff_id, first.token) if not s.this}
    await security.end_session(city.database, admin(), staff_id, ids.pop())
    assert await sessions.resolve(city.database, second.token) is None
    assert await sessions.resolve(city.database, first.token) is not None
    assert await security.end_sessions(city.database, admin(), staff_id) == 1
    assert await sessions.resolve(city.database, first.token) is None
    assert await events(city, staff_id) == ["staff.sessions_ended"] * 2


async def test_an_account_that_ended_leaves_no_sheet_behind(city: City) -> None:
    from linggong.people.door_models import PrintedCode
    from linggong.people.models import Staff

    staff_id = await account(city)
    await security.print_codes(city.database, city.secrets, admin(), staff_id)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await uow.execute(sa.update(Staff).where(Staff.id == staff_id).values(status="ended"))
        assert await uow.session.scalar(sa.select(sa.func.count()).select_from(PrintedCode)) == 0
