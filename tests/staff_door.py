"""A clerk's account with what its door asks for, for the tests of signing in."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pyotp
from small_city import STATION, City

from linggong.kernel.db import SYSTEM
from linggong.kernel.paths import EVERYWHERE, ROOT
from linggong.people import factors, staff, staff_sign_in
from linggong.people.sessions import SignedIn
from tenants import service

PASSWORD = "dawn-at-the-bridge-5"


async def account(city: City, username: str = "limin", role: str = "station_clerk", path: str = STATION) -> UUID:
    """Create an account without a second factor."""
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        return await staff.create_staff(uow, username, "李敏", role, path, PASSWORD)


async def demand(city: City, *roles: str) -> None:
    """Let these roles and no others have a second factor."""
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        listed = "[" + ",".join(f'"{r}"' for r in roles) + "]"
        await service.set_parameter(uow, ROOT, "staff.second_factor_roles", listed, "测试")


async def bound(city: City, staff_id: UUID, username: str = "limin") -> pyotp.TOTP:
    """Bind an authenticator; its first code is used up, and two minutes go by."""
    offer = factors.make_offer(city.secrets.sealer, staff_id, username)
    totp = pyotp.TOTP(offer.secret)
    async with city.database.begin(SYSTEM, EVERYWHERE) as uow:
        await factors.bind_totp(uow, city.secrets.sealer, staff_id, offer.secret, totp.at(city.clock.now()))
    city.clock.advance(timedelta(minutes=2))
    return totp


async def enter(city: City, username: str = "limin", password: str = PASSWORD, **more: str) -> SignedIn:
    """Give name and password."""
    return await staff_sign_in.sign_in(city.database, city.secrets, username, password, **more)


async def whole(city: City, totp: pyotp.TOTP, username: str = "limin", **more: str) -> SignedIn:
    """Sign in fully; half a minute goes by, so that the next code is another one."""
    half = await enter(city, username, **more)
    code = totp.at(city.clock.now())
    signed = await staff_sign_in.second_factor(city.database, city.secrets, half.token, code, **more)
    city.clock.advance(timedelta(seconds=60))
    return signed
