"""Staff: accounts, password and second factor, posts.

Counters of failed tries commit although the answer is an error, so these functions take the database. An unknown name
costs the same time as a wrong password.
"""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

import msgspec
import pyotp
import segno
import sqlalchemy as sa
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from linggong.kernel import clock
from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound, SignInFailed, TooMany
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import tenant_path
from linggong.people import sessions
from linggong.people.accounts import SignedIn
from linggong.people.models import Staff, StaffCredential
from rbac.models import RoleAssignment
from rbac.roles import STAFF_ROLES

TRIES, LOCKED_FOR = 5, timedelta(minutes=15)
_USERNAME = re.compile(r"[a-z][a-z0-9_.-]{2,39}", re.ASCII)
_ISSUER = "Linggong"


class TotpOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A second factor to enrol: the secret to type and the QR to scan."""

    secret: str
    uri: str
    qr_svg: str


# Two at a time: a crowd of sign-ins must neither eat the web process's memory nor starve its other threads.
_threads = ThreadPoolExecutor(2, thread_name_prefix="password")


@cache
def _hasher() -> PasswordHash:
    # Argon2id with 19 MiB and two passes (OWASP's setting for small machines); a hash carries its own parameters.
    return PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))


@cache
def _nobodys_hash() -> str:
    return _hasher().hash("a password that nobody has")


async def _hash(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher().hash, password)


async def _verify(password: str, hashed: str | None) -> bool:
    """Verify in a thread; without a hash the same work is done for a stand-in, so that time tells nothing."""

    def work() -> bool:
        right: bool = _hasher().verify(password[:200], hashed or _nobodys_hash())
        return right and hashed is not None

    return await asyncio.get_running_loop().run_in_executor(_threads, work)


def check_password_rules(username: str, password: str) -> None:
    """Raise Invalid with every rule that a new password breaks."""
    faults = []
    if len(password) < 10:
        faults.append(Fault("password", "密码至少 10 位。", "length"))
    if len(password) > 200:
        faults.append(Fault("password", "密码最多 200 位。", "length"))
    if username.lower() in password.lower() and username:
        faults.append(Fault("password", "密码里不要有用户名。", "username"))
    if len(set(password)) < 5:
        faults.append(Fault("password", "密码太简单，请混用不同的字符。", "simple"))
    if faults:
        raise Invalid(faults)


async def create_staff(
    uow: UnitOfWork, username: str, name: str, role: str, path: str, password: str, *, granted_by: UUID | None = None
) -> UUID:
    """Create an account with its first post. Raises Invalid with all faults, Conflict for a taken user name, NotFound."""
    faults = []
    if not _USERNAME.fullmatch(username):
        faults.append(Fault("username", "用户名用 3 到 40 个小写字母、数字或 . _ -，以字母开头。", "username"))
    if not 2 <= len(name.strip()) <= 50:
        faults.append(Fault("name", "请填姓名。", "required"))
    if role not in STAFF_ROLES:
        faults.append(Fault("role", "没有这个岗位。", "role"))
    try:
        tenant = tenant_path(path)
    except ValueError:
        faults.append(Fault("path", "地方的路径写法不对。", "path"))
    if faults:
        raise Invalid(faults)
    check_password_rules(username, password)
    if not uow.scope.covers(tenant):
        raise NotFound
    if await uow.session.scalar(sa.select(Staff.id).where(Staff.username == username)):
        raise Conflict("这个用户名已经有人用了，请换一个。")
    staff_id = new_id()
    hashed = await _hash(password)
    uow.session.add(Staff(id=staff_id, tenant=tenant, username=username, name=name.strip(), created_at=uow.now))
    await uow.flush()
    uow.session.add(StaffCredential(staff_id=staff_id, password_hash=hashed, changed_at=uow.now))
    await assign(uow, staff_id, role, tenant, granted_by=granted_by)
    return staff_id


async def assign(
    uow: UnitOfWork,
    staff_id: UUID,
    role: str,
    path: str,
    *,
    granted_by: UUID | None = None,
    ends_at: datetime | None = None,
) -> UUID:
    """Give a member of staff a post."""
    tenant = tenant_path(path)
    if not uow.scope.covers(tenant):
        raise NotFound
    row = RoleAssignment(
        id=new_id(),
        staff_id=staff_id,
        role=role,
        tenant=tenant,
        starts_at=uow.now,
        ends_at=ends_at,
        granted_by=granted_by,
    )
    uow.session.add(row)
    await uow.flush()
    await uow.emit(
        NewEvent(
            type="staff.assigned",
            chain=f"staff:{staff_id}",
            subject_id=staff_id,
            tenant=tenant,
            body={"role": role, "assignment": row.id, "granted_by": granted_by},
        )
    )
    return row.id


async def sign_in(database: Database, username: str, password: str, *, agent: str = "") -> SignedIn:
    """Check name and password. Without a second factor a full session, with one a half session that owes the code.

    The try is counted before the password is looked at, so that many at once get no more than five; no connection is held
    meanwhile. Only a whole sign-in clears the count: else whoever knows the password could guess codes without end.
    Raises SignInFailed (never says which was wrong), TooMany while locked: 15 minutes after five wrong tries.
    """
    async with database.system() as uow:
        row = await _credential(uow, username)
        locked = row is not None and _locked(row, uow.now)
        staff_id = row.staff_id if row is not None and not locked else None
        hashed = row.password_hash if row is not None and not locked else None
        closed_now = _charge(row, uow.now) if row is not None and not locked else False
    right = await _verify(password, hashed)
    if locked:
        raise _too_many()
    if staff_id is None or not right:
        raise SignInFailed("用户名或密码不对。连续输错 5 次会锁 15 分钟。")
    async with database.system() as uow:
        credential = await uow.session.get_one(StaffCredential, staff_id, with_for_update=True)
        if _locked(credential, uow.now) and not closed_now:
            raise _too_many()
        half = credential.totp_enrolled_at is not None
        if half:
            credential.failed = TRIES - 1 if closed_now else max(credential.failed - 1, 0)
        else:
            credential.failed = 0
        credential.locked_until = None
        token = await sessions.create(uow, "half" if half else "staff", staff_id, agent=agent)
    stays = sessions.HALF_STAYS if half else sessions.STAFF_STAYS
    return SignedIn(token=token, kind="half" if half else "staff", max_age=int(stays.total_seconds()))


async def _credential(uow: UnitOfWork, username: str) -> StaffCredential | None:
    found: StaffCredential | None = await uow.session.scalar(
        sa.select(StaffCredential)
        .join(Staff, Staff.id == StaffCredential.staff_id)
        .where(Staff.username == username.strip().lower(), Staff.status == "active")
        .with_for_update(of=StaffCredential)
    )
    return found


def _too_many() -> TooMany:
    words = "输错太多次，账号锁 15 分钟。请稍后再试，或找管理员。"
    return TooMany(words, retry_after=int(LOCKED_FOR.total_seconds()))


def _locked(credential: StaffCredential, now: datetime) -> bool:
    return credential.locked_until is not None and credential.locked_until > now


def _charge(credential: StaffCredential, now: datetime) -> bool:
    """Count a try; True when it was the last one allowed and the account is closed for a while."""
    credential.failed += 1
    if credential.failed < TRIES:
        return False
    credential.failed, credential.locked_until = 0, now + LOCKED_FOR
    return True


async def second_factor(database: Database, secrets: Secrets, token: str, code: str, *, agent: str = "") -> SignedIn:
    """Check the code of the authenticator and replace the half session by a full one. A code works once.

    Raises SignInFailed, TooMany while locked.
    """
    account = await sessions.half_account(database, token)
    if account is None:
        raise SignInFailed("这一步放得太久了，请重新输入用户名和密码。")
    async with database.system() as uow:
        credential = await uow.session.get(StaffCredential, account, with_for_update=True)
        locked = credential is None or _locked(credential, uow.now)
        fresh = ""
        if credential is not None and not locked:
            if not _totp_step(credential, secrets, code, uow.now):
                _charge(credential, uow.now)
            else:
                credential.failed, credential.locked_until = 0, None
                await sessions.revoke(uow, token)
                fresh = await sessions.create(uow, "staff", account, agent=agent)
    if locked:
        raise _too_many()
    if not fresh:
        raise SignInFailed("动态码不对或已用过，请等下一个再输。")
    return SignedIn(token=fresh, kind="staff", max_age=int(sessions.STAFF_STAYS.total_seconds()))


def _totp_step(credential: StaffCredential, secrets: Secrets, code: str, now: datetime) -> bool:
    """Accept a code of this half minute or a neighbour, but never of a step that was used before (replay)."""
    if credential.totp_sealed is None:
        return False
    totp = pyotp.TOTP(
        secrets.sealer.open(credential.totp_sealed, f"staff_credentials.totp_sealed.{credential.staff_id}")
    )
    step_now = int(now.timestamp()) // totp.interval
    for step in (step_now - 1, step_now, step_now + 1):
        if step > credential.totp_last_step and pyotp.utils.strings_equal(code.strip(), totp.generate_otp(step)):
            credential.totp_last_step = step
            return True
    return False


async def offer_totp(database: Database, secrets: Secrets, staff_id: UUID) -> TotpOffer:
    """Make a new secret for a signed-in member of staff; it counts once `confirm_totp` has seen a code of it."""
    secret = pyotp.random_base32()
    async with database.system() as uow:
        row = (
            await uow.execute(
                sa.select(Staff.username, StaffCredential)
                .join(StaffCredential, StaffCredential.staff_id == Staff.id)
                .where(Staff.id == staff_id)
            )
        ).one_or_none()
        if row is None:
            raise NotFound
        if row[1].totp_enrolled_at is not None:
            raise Conflict("已经绑定过动态码。要换手机，请找管理员重置。")
        row[1].totp_sealed = secrets.sealer.seal(secret, f"staff_credentials.totp_sealed.{staff_id}")
    uri = pyotp.TOTP(secret).provisioning_uri(name=row[0], issuer_name=_ISSUER)
    return TotpOffer(secret=secret, uri=uri, qr_svg=segno.make(uri).svg_inline(scale=5))


async def confirm_totp(database: Database, secrets: Secrets, staff_id: UUID, code: str) -> None:
    """Bind the offered secret with a first code; raises Invalid for a wrong one."""
    async with database.system() as uow:
        credential = await uow.session.get(StaffCredential, staff_id, with_for_update=True)
        if credential is None or credential.totp_sealed is None:
            raise NotFound
        if not _totp_step(credential, secrets, code, clock.now()):
            raise Invalid([Fault("code", "动态码不对，请核对手机时间后再输。", "code")])
        credential.totp_enrolled_at = uow.now
