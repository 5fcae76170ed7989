"""Who knocks too often: wrong tries under a name, and tries from one address, whatever name they give.

An address is counted twice. In the process, where a refusal costs a dictionary look-up and no query, so that a flood of
sign-ins never reaches the password's hash; and in a small table, so that several processes allow together what one would.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import TooMany
from linggong.people.door_models import AddressTry, SignInTry
from linggong.people.text import typed_name
from tenants import queries
from tenants.parameters import Value
from tenants.service import parameters

_MINUTE = timedelta(minutes=1)
_KNOWN_FOR = 30.0
"""Seconds for which a process believes a limit that it read."""
_MOST_ADDRESSES = 20_000


async def top(uow: UnitOfWork) -> str:
    """Return the path of the place that runs the deployment: the city, or the only county below it."""
    return await queries.seat(uow)


async def at_top(uow: UnitOfWork, *keys: str) -> dict[str, Value]:
    """Return parameters as they stand at the deployment's top.

    What is asked before anybody is known must not differ by place: the difference would tell where a name belongs.
    """
    return await parameters(uow, await top(uow), *keys)


def whole(value: Value) -> int:
    """Return a parameter of type int as such."""
    if not isinstance(value, int):
        raise TypeError(f"not a whole number: {value!r}")
    return value


def span(value: Value) -> timedelta:
    """Return a parameter of type duration as such."""
    if not isinstance(value, timedelta):
        raise TypeError(f"not a duration: {value!r}")
    return value


@dataclass(frozen=True, slots=True)
class Lock:
    """How many wrong tries under one name close it, and for how long."""

    most: int
    lasts: timedelta

    def words(self) -> str:
        """Return what a failed try is told, whoever tried."""
        return f"连续输错 {self.most} 次会锁 {self.lasts // _MINUTE} 分钟。"

    def error(self) -> TooMany:
        """Return the answer while the name is closed."""
        words = f"输错太多次，账号锁 {self.lasts // _MINUTE} 分钟。请稍后再试，或找管理员。"
        return TooMany(words, retry_after=int(self.lasts.total_seconds()))


async def lock_in_force(uow: UnitOfWork) -> Lock:
    """Return the deployment's lock."""
    found = await at_top(uow, "staff.lockout_attempts", "staff.lockout")
    return Lock(whole(found["staff.lockout_attempts"]), span(found["staff.lockout"]))


def _key(secrets: Secrets, username: str) -> bytes:
    return secrets.sealer.blind_index("sign_in", typed_name(username))


async def tries_under(uow: UnitOfWork, secrets: Secrets, username: str) -> SignInTry:
    """Return the counter of a user name, locked for this transaction; a name that nobody has gets one like any other."""
    key = _key(secrets, username)
    new = insert(SignInTry).values(key=key, failed=0, locked_until=None, tried_at=uow.now)
    # Not "do nothing": the update takes the row's lock, so that nobody removes it before it is read.
    await uow.execute(new.on_conflict_do_update(index_elements=[SignInTry.key], set_={"tried_at": uow.now}))
    return await uow.session.get_one(SignInTry, key, with_for_update=True)


def is_locked(row: SignInTry, now: datetime) -> bool:
    """Tell whether a name is closed."""
    return row.locked_until is not None and row.locked_until > now


def charge(row: SignInTry, lock: Lock, now: datetime) -> bool:
    """Count a try; True when it was the last one allowed and the name is closed for a while."""
    row.failed += 1
    row.tried_at = now
    if row.failed < lock.most:
        return False
    row.failed, row.locked_until = 0, now + lock.lasts
    return True


async def locked_until(uow: UnitOfWork, secrets: Secrets, username: str) -> datetime | None:
    """Return until when a name is closed, or None."""
    row = await uow.session.get(SignInTry, _key(secrets, username))
    return row.locked_until if row is not None and is_locked(row, uow.now) else None


async def forgive(uow: UnitOfWork, secrets: Secrets, username: str) -> None:
    """Open a name again, after an administrator saw to it."""
    key = _key(secrets, username)
    await uow.execute(sa.update(SignInTry).where(SignInTry.key == key).values(failed=0, locked_until=None))


async def take(
    uow: UnitOfWork, secrets: Secrets, purpose: str, address: str, *, most: int, window: timedelta, say: str
) -> None:
    """Count a try from an address in the table of all processes; raises TooMany with the rest of the window."""
    key, ends = _window(secrets, purpose, address, window, uow.now)
    _within(await uow.fetch(_COUNT, key, ends), most, ends, uow.now, say)


async def take_at_once(
    database: Database, secrets: Secrets, purpose: str, address: str, *, most: int, window: timedelta, say: str
) -> None:
    """Count a try that stays counted whatever follows, in one round trip; raises TooMany as `take` does."""
    now = clock.now()
    key, ends = _window(secrets, purpose, address, window, now)
    _within(await database.fetch_public(_COUNT, key, ends), most, ends, now, say)


_COUNT = "SELECT count_try($1, $2) AS tries"


def _window(secrets: Secrets, purpose: str, address: str, window: timedelta, now: datetime) -> tuple[bytes, datetime]:
    """Return under what a try is counted, and until when."""
    length = int(window.total_seconds())
    start = int(now.timestamp()) // length
    key = secrets.sealer.blind_index("address", f"{purpose}|{network_of(address)}|{length}|{start}")
    return key, datetime.fromtimestamp((start + 1) * length, now.tzinfo)


def _within(counted: Sequence[Any], most: int, ends: datetime, now: datetime, say: str) -> None:
    if counted[0]["tries"] > most:
        raise TooMany(say, retry_after=max(1, int((ends - now).total_seconds())))


def network_of(address: str) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 of which a household has all of IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


@dataclass(slots=True)
class AddressLimiter:
    """The process's own count of sign-ins per address: `most` within any minute, refused without a query beyond that.

    `tick` is a monotonic clock in seconds; the moved clock of a demo must not open the door.
    """

    tick: Callable[[], float] = time.monotonic
    _seen: dict[str, tuple[float, int]] = field(default_factory=dict)
    _most: int = 60
    _read_at: float = float("-inf")
    refused: int = 0
    """How many were turned away since the start."""

    async def check(self, database: Database, secrets: Secrets, address: str) -> None:
        """Count a sign-in; raises TooMany with the seconds to wait."""
        network, now = network_of(address), self.tick()
        if now - self._read_at > _KNOWN_FOR:
            # Taken before the wait: of many at once, one asks.
            self._read_at = now
            self._most = await _most_a_minute(database)
        self._count(network, now)
        try:
            await take_at_once(database, secrets, "sign_in", address, most=self._most, window=_MINUTE, say=_SAY)
        except TooMany as full:
            # Other processes have let as many in: from here on this one refuses without asking, until the window ends.
            self.refused += 1
            self._seen[network] = (now - 60 + full.retry_after, self._most)
            raise

    def _count(self, network: str, now: float) -> None:
        since, tries = self._seen.get(network, (now, 0))
        if now - since >= 60:
            since, tries = now, 0
        if tries >= self._most:
            self.refused += 1
            raise TooMany(_SAY, retry_after=max(1, int(since + 60 - now)))
        if len(self._seen) >= _MOST_ADDRESSES:
            self._seen = {k: v for k, v in self._seen.items() if now - v[0] < 60}
            if len(self._seen) >= _MOST_ADDRESSES:
                self._seen.clear()
        self._seen[network] = (since, tries + 1)


_SAY = "这个网络的登录太频繁，请等一分钟再试。"


async def _most_a_minute(database: Database) -> int:
    async with database.system() as uow:
        return whole((await at_top(uow, "sign_in.per_address_minute"))["sign_in.per_address_minute"])


async def clean(uow: UnitOfWork) -> None:
    """Forget windows that are over, and names that nobody tried for a day."""
    await uow.execute(sa.delete(AddressTry).where(AddressTry.ends_at < uow.now))
    await uow.execute(
        sa.delete(SignInTry).where(
            SignInTry.tried_at < uow.now - timedelta(days=1),
            sa.or_(SignInTry.locked_until.is_(None), SignInTry.locked_until < uow.now),
        )
    )
