"""The safety of accounts: one's own password, codes and sessions; and what an administrator does for somebody else.

What is here lies in tables that no request reaches, so each function opens a transaction of its own in the name of who asks.
An administrator's functions take `by`: who asks, and the scope of `staff:secure`. A unit of work that was opened with that
permission is one; so is `Administrator`. He reaches a member of staff when the account and every post in force lie inside the scope,
so that no county takes over an account that also holds an office above it; foreign and missing ids raise the same NotFound.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from linggong.kernel.paths import EVERYWHERE, Scope
from linggong.people import factors, limits, passwords, sessions, shared_desks, staff_sign_in
from linggong.people.agents import agent_words
from linggong.people.door_models import DeskDevice, StaffCredential, WebSession
from linggong.people.factors import FactorState, PrintedSheet, TotpOffer
from linggong.people.models import Staff
from linggong.people.sessions import SignedIn, named, token_hash
from linggong.people.staff_sign_in import tell
from rbac.models import RoleAssignment
from tenants.service import parameters

SETUP_LENGTH = 12


class By(Protocol):
    """Who asks, and where he may."""

    @property
    def actor(self) -> Actor:
        """The actor."""
        ...

    @property
    def scope(self) -> Scope:
        """The scope of staff:secure."""
        ...


@dataclass(frozen=True, slots=True)
class Administrator:
    """Who asks, and the scope that the decision on staff:secure gave him."""

    actor: Actor
    scope: Scope


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that is signed in."""

    id: UUID
    agent: str
    """Browser and system in words."""
    desk: str
    """The shared computer, or ''."""
    proof: str
    """phone, password, factor or pin."""
    first_at: datetime
    seen_at: datetime
    ends_at: datetime
    this: bool


class SetUpCode(msgspec.Struct, frozen=True, kw_only=True):
    """What a member of staff signs in with once, to choose a password of his own; shown once."""

    staff_id: UUID
    name: str
    username: str
    code: str
    good_until: datetime


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """How an account is secured, as its administrator sees it."""

    id: UUID
    name: str
    username: str
    setting_up: bool
    """A set-up code is out that was not used yet."""
    locked_until: datetime | None
    factors: FactorState
    sessions: list[SessionView]


# --- one's own ---


async def own_state(database: Database, staff_id: UUID) -> FactorState:
    """Return what factors one has; raises NotFound for somebody who is no staff."""
    async with database.system() as uow:
        return await factors.state_of(uow, staff_id)


async def own_sessions(database: Database, account_id: UUID, token: str) -> list[SessionView]:
    """Return where an account, staff or person, is signed in; this browser first."""
    async with database.system() as uow:
        return await _sessions(uow, account_id, token)


async def _sessions(uow: UnitOfWork, account_id: UUID, token: str) -> list[SessionView]:
    rows = await uow.execute(
        sa.select(WebSession, DeskDevice.name)
        .outerjoin(DeskDevice, DeskDevice.id == WebSession.device_id)
        .where(
            WebSession.account_id == account_id,
            WebSession.kind.in_(("person", "staff")),
            sessions.live(uow),
        )
        .order_by(WebSession.seen_at.desc(), WebSession.id)
    )
    this = token_hash(token) if token else b""
    views = [
        SessionView(
            id=row.id,
            agent=agent_words(row.agent),
            desk=desk or "",
            proof=row.proof,
            first_at=row.created_at,
            seen_at=row.seen_at,
            ends_at=row.expires_at,
            this=row.token_hash == this,
        )
        for row, desk in rows
    ]
    return sorted(views, key=lambda v: not v.this)


async def end_own_session(database: Database, actor: Actor, session_id: UUID) -> None:
    """End one of one's own sessions; raises NotFound for a foreign or missing one."""
    async with database.begin(named(actor), EVERYWHERE) as uow:
        await _end_one(uow, actor.id, session_id)
        if actor.kind == "staff":
            await tell(uow, actor.id, "staff.sessions_ended", ended=1)


async def _end_one(uow: UnitOfWork, account_id: UUID, session_id: UUID) -> None:
    mine = sa.and_(WebSession.id == session_id, WebSession.account_id == account_id)
    if (await uow.execute(sa.delete(WebSession).where(mine).returning(WebSession.id))).scalar_one_or_none() is None:
        raise NotFound


async def end_own_others(database: Database, actor: Actor, token: str) -> int:
    """End all of one's sessions but this one, and what a PIN could follow elsewhere; returns how many."""
    async with database.begin(named(actor), EVERYWHERE) as uow:
        await shared_desks.forget(uow, actor.id, but_where=token)
        ended = await sessions.revoke_all(uow, actor.id, but=token)
        if ended and actor.kind == "staff":
            await tell(uow, actor.id, "staff.sessions_ended", ended=ended)
        return ended


async def change_password(
    database: Database, secrets: Secrets, actor: Actor, token: str, old: str, new: str, *, agent: str = ""
) -> SignedIn:
    """Change one's own password, the old one given. All sessions end; this browser goes on with a new token.

    The try is counted like one at the door. Raises Invalid (a wrong old password, every rule that the new one breaks),
    TooMany, NotFound.
    """
    async with database.system() as uow:
        username = await uow.session.scalar(sa.select(Staff.username).where(Staff.id == actor.id))
        if username is None:
            raise NotFound
        # Before the try is counted: five weak ideas must not lock out whoever knows his password.
        passwords.check_password_rules(username, new, "new")
        if new == old:
            raise Invalid([Fault("new", "新密码和现在的一样，请换一个。", "same")])
        credential = await uow.session.get_one(StaffCredential, actor.id)
        lock = await limits.lock_in_force(uow)
        tries = await limits.tries_under(uow, secrets, username)
        locked = limits.is_locked(tries, uow.now)
        hashed = None if locked else credential.password_hash
        if not locked:
            limits.charge(tries, lock, uow.now)
    right = await passwords.verify_secret(old, hashed)
    if locked:
        raise lock.error()
    if not right:
        raise Invalid([Fault("old", "现在的密码不对。", "password")])
    fresh = await passwords.hash_secret(new)
    async with database.begin(named(actor), EVERYWHERE) as uow:
        await limits.tries_under(uow, secrets, username)
        credential = await uow.session.get_one(StaffCredential, actor.id, with_for_update=True)
        if credential.password_hash != hashed:
            raise Conflict("密码刚刚被改过，请重新登录。")
        credential.password_hash, credential.setup_until, credential.changed_at = fresh, None, uow.now
        await limits.forgive(uow, secrets, username)
        await shared_desks.forget(uow, actor.id, but_where=token)
        await sessions.revoke_all(uow, actor.id, but=token)
        signed = await sessions.renew(uow, token, agent=agent)
        if signed is None:
            raise Conflict("这次登录已经退出，请重新登录后再改密码。")
        await tell(uow, actor.id, "staff.password_changed", by="owner")
        return signed


async def offer_own_totp(database: Database, secrets: Secrets, staff_id: UUID, token: str) -> TotpOffer:
    """Make an authenticator for oneself after a full sign-in. Raises Forbidden after a mere PIN, Conflict, NotFound."""
    if not await sessions.is_full(database, token):
        raise Forbidden("请先用密码完整登录，再绑定动态码。")
    return await staff_sign_in.offer_totp(database, secrets, staff_id)


async def bind_own_totp(
    database: Database, secrets: Secrets, actor: Actor, token: str, offer: str, code: str, *, agent: str = ""
) -> SignedIn:
    """Bind it with a first code; the session goes on under a new token, as one that showed a factor.

    Raises Invalid for a wrong code, Forbidden after a mere PIN, Conflict.
    """
    if not await sessions.is_full(database, token):
        raise Forbidden("请先用密码完整登录，再绑定动态码。")
    secret = factors.read_offer(secrets.sealer, offer, actor.id).secret
    async with database.begin(named(actor), EVERYWHERE) as uow:
        await factors.bind_totp(uow, secrets.sealer, actor.id, secret, code)
        signed = await sessions.renew(uow, token, agent=agent, proof="factor")
        if signed is None:
            raise Conflict("这次登录已经退出，请重新登录。")
        return signed


async def print_own_codes(database: Database, secrets: Secrets, actor: Actor, token: str) -> PrintedSheet:
    """Print a new sheet for oneself, with a factor already bound. Raises Forbidden without one or after a mere PIN, Conflict."""
    async with database.begin(named(actor), EVERYWHERE) as uow:
        if not (await factors.state_of(uow, actor.id)).has_any or not await _by_factor(uow, token):
            raise Forbidden("请先绑定动态码并完整登录一次，再印一次性码；或者请管理员给您印。")
        return await factors.print_sheet(uow, secrets.sealer, actor.id, by=actor.id)


async def _by_factor(uow: UnitOfWork, token: str) -> bool:
    proof = await uow.session.scalar(sa.select(WebSession.proof).where(WebSession.token_hash == token_hash(token)))
    return proof == "factor"


# --- for somebody else ---


async def overview(database: Database, secrets: Secrets, by: By, staff_id: UUID) -> Overview:
    """Return how an account is secured. Raises NotFound outside the scope, Conflict before he opened it."""
    async with database.begin(named(by.actor), EVERYWHERE) as uow:
        staff = await _reached(uow, by, staff_id)
        credential = await _credential(uow, staff_id)
        return Overview(
            id=staff.id,
            name=staff.name,
            username=staff.username,
            setting_up=credential.setup_until is not None,
            locked_until=await limits.locked_until(uow, secrets, staff.username),
            factors=await factors.state_of(uow, staff_id),
            sessions=await _sessions(uow, staff_id, ""),
        )


async def reset_password(database: Database, secrets: Secrets, by: By, staff_id: UUID) -> SetUpCode:
    """Put a set-up code in place of a password; all sessions end, a lock is lifted, the second factor stays.

    Raises NotFound outside the scope, Conflict for oneself.
    """
    code = passwords.new_code(SETUP_LENGTH)
    hashed = await passwords.hash_secret(code)
    async with database.begin(named(by.actor), EVERYWHERE) as uow:
        staff = await _reached(uow, by, staff_id, other=True)
        at = await parameters(uow, staff.tenant, "staff.setup_code_ttl")
        credential = await _credential(uow, staff_id)
        until = uow.now + limits.span(at["staff.setup_code_ttl"])
        credential.password_hash, credential.setup_until, credential.changed_at = hashed, until, uow.now
        await limits.forgive(uow, secrets, staff.username)
        ended = await _shut_out(uow, staff_id)
        await tell(uow, staff_id, "staff.password_reset", ended=ended, good_until=until)
        shown = passwords.in_fours(code)
        return SetUpCode(staff_id=staff_id, name=staff.name, username=staff.username, code=shown, good_until=until)


async def reset_factor(database: Database, by: By, staff_id: UUID) -> None:
    """Take the second factor (lost telephone, lost sheet): he binds a new one at his next sign-in. All sessions end.

    Raises NotFound outside the scope, Conflict for oneself.
    """
    async with database.begin(named(by.actor), EVERYWHERE) as uow:
        await _reached(uow, by, staff_id, other=True)
        await factors.drop(uow, staff_id)
        ended = await _shut_out(uow, staff_id)
        await tell(uow, staff_id, "staff.factor_reset", ended=ended)


async def reset_pin(database: Database, by: By, staff_id: UUID) -> None:
    """Take the PIN; its owner sets a new one after a full sign-in. Raises NotFound outside the scope."""
    async with database.begin(named(by.actor), EVERYWHERE) as uow:
        await _reached(uow, by, staff_id)
        credential = await _credential(uow, staff_id)
        credential.pin_hash, credential.pin_failed = None, 0
        await tell(uow, staff_id, "staff.pin_reset")


async def print_codes(database: Database, secrets: Secrets, by: By, staff_id: UUID) -> PrintedSheet:
    """Print a new sheet of one-time codes for somebody; the old one is void. Raises NotFound, Conflict."""
    async with database.begin(named(by.actor), EVERYWHERE) as uow:
        await _reached(uow, by, staff_id, other=True)
        return await factors.print_sheet(uow, secrets.sealer, staff_id, by=by.actor.id)


async def end_sessions(database: Database, by: By, staff_id: UUID) -> int:
    """End all sessions of a member of staff, and what his PIN could follow today; returns how many. Raises NotFound."""
    async with database.begin(named(by.actor), EVERYWHERE) as uow:
        await _reached(uow, by, staff_id)
        ended = await _shut_out(uow, staff_id)
        await tell(uow, staff_id, "staff.sessions_ended", ended=ended)
        return ended


async def end_session(database: Database, by: By, staff_id: UUID, session_id: UUID) -> None:
    """End one session of a member of staff. Raises NotFound outside the scope, or for a session that is not his."""
    async with database.begin(named(by.actor), EVERYWHERE) as uow:
        await _reached(uow, by, staff_id)
        await _end_one(uow, staff_id, session_id)
        await tell(uow, staff_id, "staff.sessions_ended", ended=1)


async def unlock(database: Database, secrets: Secrets, by: By, staff_id: UUID) -> None:
    """Lift the lock of too many wrong tries. Raises NotFound outside the scope."""
    async with database.begin(named(by.actor), EVERYWHERE) as uow:
        staff = await _reached(uow, by, staff_id)
        await limits.forgive(uow, secrets, staff.username)
        await tell(uow, staff_id, "staff.unlocked")


async def _credential(uow: UnitOfWork, staff_id: UUID) -> StaffCredential:
    found = await uow.session.get(StaffCredential, staff_id, with_for_update=True)
    if found is None:
        raise Conflict("这个账号还没有启用：请本人先用邀请码定密码。")
    return found


async def _shut_out(uow: UnitOfWork, staff_id: UUID) -> int:
    await shared_desks.forget(uow, staff_id)
    return await sessions.revoke_all(uow, staff_id)


async def _reached(uow: UnitOfWork, by: By, staff_id: UUID, *, other: bool = False) -> Staff:
    """Return a member of staff whom this administrator may see to; `other` refuses himself."""
    staff = await uow.session.scalar(
        sa.select(Staff).where(
            Staff.id == staff_id,
            by.scope.clause(Staff.tenant),
            ~sa.exists().where(
                RoleAssignment.staff_id == Staff.id,
                sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > uow.now),
                sa.not_(by.scope.clause(RoleAssignment.tenant)),
            ),
        )
    )
    if staff is None or by.actor.kind not in ("staff", "system"):
        raise NotFound
    if other and staff.id == by.actor.id:
        raise Conflict("自己的密码和验证码，请在“我的安全”里改；丢了请找另一位管理员。")
    return staff
