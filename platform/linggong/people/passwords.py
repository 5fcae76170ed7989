"""Passwords, set-up codes and PINs: how they are kept, what a new one must be like, codes that people read off paper."""

from __future__ import annotations

import asyncio
import re
import secrets as random
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from linggong.kernel.errors import Fault, Invalid

CODE_LETTERS = "3479ACDEFHJKMNPRTUVWXY"
"""What is printed and typed back: nothing that looks like its neighbour (0 O, 1 I L, 2 Z, 5 S, 6 G, 8 B)."""
PIN_LENGTH = 6
_PIN = re.compile(r"[0-9]{6}", re.ASCII)
_WELL_KNOWN = frozenset(
    {
        "112233", "223344", "334455", "445566", "556677", "667788", "778899", "332211", "147258", "258369", "159357",
        "357159", "741852", "852963", "963852", "147852", "520131", "131452", "521131", "168888", "666888", "888666",
        "123654", "456123", "789456", "102030", "135790", "246810", "314159", "123465", "123457", "110119", "119110",
    }
)  # fmt: skip

# Two at a time: a crowd of sign-ins must neither eat the web process's memory nor starve its other threads.
_threads = ThreadPoolExecutor(2, thread_name_prefix="password")


@cache
def _hasher() -> PasswordHash:
    # Argon2id with 19 MiB and two passes (OWASP's setting for small machines); a hash carries its own parameters.
    return PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))


@cache
def _nobodys_hash() -> str:
    return _hasher().hash("a password that nobody has")


async def hash_secret(secret: str) -> str:
    """Return the argon2 hash of a password or PIN, made in a thread."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher().hash, secret)


async def verify_secret(secret: str, hashed: str | None) -> bool:
    """Verify in a thread; without a hash the same work is done for a stand-in, so that time tells nothing."""

    def work() -> bool:
        right: bool = _hasher().verify(secret[:200], hashed or _nobodys_hash())
        return right and hashed is not None

    return await asyncio.get_running_loop().run_in_executor(_threads, work)


def check_password_rules(username: str, password: str, field: str = "password") -> None:
    """Raise Invalid with every rule that a new password breaks."""
    faults = []
    if len(password) < 10:
        faults.append(Fault(field, "密码至少 10 位。", "length"))
    if len(password) > 200:
        faults.append(Fault(field, "密码最多 200 位。", "length"))
    if username.lower() in password.lower() and username:
        faults.append(Fault(field, "密码里不要有用户名。", "username"))
    if len(set(password)) < 5:
        faults.append(Fault(field, "密码太简单，请混用不同的字符。", "simple"))
    if faults:
        raise Invalid(faults)


def check_pin_rules(pin: str, field: str = "pin") -> None:
    """Raise Invalid for a PIN that is no six digits, or that somebody would try first: runs, repeats, dates."""
    if not _PIN.fullmatch(pin):
        raise Invalid([Fault(field, "PIN 是 6 位数字。", "length")])
    if _trivial(pin):
        raise Invalid([Fault(field, "这个 PIN 太容易猜（重复、连号或像生日），请换一个。", "simple")])


def _trivial(pin: str) -> bool:
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if len(steps) == 1:  # 111111, 123456, 987654, 246802
        return True
    if len(set(pin)) < 3 or pin[:3] == pin[3:] or pin == pin[::-1] or pin in _WELL_KNOWN:
        return True
    first, second, third = int(pin[:2]), int(pin[2:4]), int(pin[4:])
    days = (
        (second, third),  # 680512
        (first, second),  # 051268
        (second, first),  # 120568
    )
    if any(1 <= month <= 12 and 1 <= day <= 31 for month, day in days):
        return True
    return (1930 <= int(pin[:4]) <= 2029 and 1 <= third <= 12) or (1930 <= int(pin[2:]) <= 2029 and 1 <= first <= 12)


def new_code(length: int) -> str:
    """Return a random code in letters that nobody misreads; each is worth 4.4 bits."""
    return "".join(random.choice(CODE_LETTERS) for _ in range(length))


def in_fours(code: str) -> str:
    """Return a code as it is printed and read aloud."""
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))
