"""Staff at the door: name and password, then the second factor, and what must be set before a whole session is there.

Kinds of session on the way: `half` owes the second factor; `enrol` owes a password of its owner's own, or a factor that his
posts demand and he does not have yet. Neither is anybody's principal: they open nothing but the next step, and each step
that is taken ends the session it started from and opens another with a token of its own.

Counters of failed tries commit although the answer is an error, so these functions take the database. A name that nobody
has costs the same work, is counted and locked like any other.
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound, SignInFailed
from linggong.kernel.events import NewEvent
from linggong.kernel.paths import EVERYWHERE
from linggong.people import factors, limits, passwords, sessions, shared_desks
from linggong.people.door_models import StaffCredential
from linggong.people.factors import FactorState, TotpOffer
from linggong.people.models import Staff
from linggong.people.sessions import Owed, SignedIn, named
from linggong.people.text import typed_code, typed_name

_TOO_OLD = "这一步放得太久了，请重新输入用户名和密码。"


async def sign_in(
    database: Database,
    secrets: Secrets,
    username: str,
    password: str,
    *,
    agent: str = "",
    device: str = "",
    replaces: str = "",
) -> SignedIn:
    """Check name and password; the session that comes back is whole, or owes what its kind says.

    `device` is the token of a shared computer, `replaces` that of a session which ends. The try is counted before the
    password is looked at, so that many at once get no more than the limit; no connection is held meanwhile. Only a whole
    sign-in clears the count: else whoever knows the password could guess codes without end. Raises SignInFailed (never says
    which was wrong), TooMany while the name is locked, whether anybody has it or not.
    """
    async with database.system() as uow:
        lock = await limits.lock_in_force(uow)
        tries = await limits.tries_under(uow, secrets, username)
        locked = limits.is_locked(tries, uow.now)
        closed_now = False if locked else limits.charge(tries, lock, uow.now)
        row = await _credential(uow, username)
        staff_id = row.staff_id if row is not None and not locked else None
        hashed = row.password_hash if row is not None and not locked else None
        if row is not None and row.setup_until is not None:
            # A set-up code is read off paper or heard on the telephone.
            password = typed_code(password)
            if row.setup_until <= uow.now:
                hashed = None
    right = await passwords.verify_secret(password, hashed)
    if locked:
        raise lock.error()
    if staff_id is None or not right:
        raise SignInFailed(f"用户名或密码不对。{lock.words()}")
    async with database.system() as uow:
        tries = await limits.tries_under(uow, secrets, username)
        if limits.is_locked(tries, uow.now) and not closed_now:
            raise lock.error()
        credential = await uow.session.get_one(StaffCredential, staff_id, with_for_update=True)
        if credential.password_hash != hashed:
            raise SignInFailed(f"用户名或密码不对。{lock.words()}")
        tries.failed = lock.most - 1 if closed_now else max(tries.failed - 1, 0)
        tries.locked_until = None
        return await _go_on(uow, secrets, credential, factor_given=False, agent=agent, device=device, replaces=replaces)


async def _credential(uow: UnitOfWork, username: str) -> StaffCredential | None:
    found: StaffCredential | None = await uow.session.scalar(
        sa.select(StaffCredential)
        .join(Staff, Staff.id == StaffCredential.staff_id)
        .where(Staff.username == typed_name(username), Staff.status == "active")
    )
    return found


async def _go_on(
    uow: UnitOfWork,
    secrets: Secrets,
    credential: StaffCredential,
    *,
    factor_given: bool,
    agent: str,
    device: str,
    replaces: str = "",
) -> SignedIn:
    """Open the session that follows a step: the next one owed, or the whole one. The only way to a whole session."""
    staff_id = credential.staff_id
    state = await factors.state_of(uow, staff_id)
    if state.has_any and not factor_given:
        return await sessions.open_one(uow, "half", staff_id, agent=agent, replaces=replaces)
    if credential.setup_until is not None or (state.demanded and not factor_given):
        acting = {"factor": "given"} if factor_given else {}
        return await sessions.open_one(uow, "enrol", staff_id, acting=acting, agent=agent, replaces=replaces)
    username = await uow.session.scalar(sa.select(Staff.username).where(Staff.id == staff_id))
    await limits.forgive(uow, secrets, username or "")
    credential.pin_failed = 0
    desk = await shared_desks.found_desk(uow, device)
    if desk is not None:
        await shared_desks.take_over(uow, desk.id)
        await shared_desks.note_full_sign_in(uow, desk.id, staff_id)
    shown = "factor" if factor_given else "password"
    await tell(uow, staff_id, "staff.signed_in", proof=shown, desk=desk.name if desk else "")
    return await sessions.open_one(
        uow,
        "staff",
        staff_id,
        acting=await shared_desks.acting_at(uow, desk, staff_id) if desk else {},
        agent=agent,
        proof=shown,
        device_id=desk.id if desk else None,
        replaces=replaces,
    )


async def _leave(uow: UnitOfWork, token: str) -> None:
    """End the session that a step starts from. Raises SignInFailed when somebody ended it while the step waited its turn."""
    if not await sessions.revoke(uow, token):
        raise SignInFailed(_TOO_OLD)


async def second_factor(
    database: Database, secrets: Secrets, token: str, code: str, *, agent: str = "", device: str = ""
) -> SignedIn:
    """Check a code of the authenticator or of the printed sheet and go on from the half session. A code works once.

    An enrol session may give one too: its owner's administrator has just handed him a sheet. Raises SignInFailed, TooMany
    while locked.
    """
    owed = await sessions.owed(database, token)
    if owed is None or owed.factor_given:
        raise SignInFailed(_TOO_OLD)
    signed: SignedIn | None = None
    async with database.system() as uow:
        lock = await limits.lock_in_force(uow)
        tries = await limits.tries_under(uow, secrets, await _username(uow, owed.account_id))
        credential = await uow.session.get(StaffCredential, owed.account_id, with_for_update=True)
        locked = credential is None or limits.is_locked(tries, uow.now)
        if credential is not None and not locked:
            if await factors.accept(uow, secrets.sealer, credential, code):
                await _leave(uow, token)
                signed = await _go_on(uow, secrets, credential, factor_given=True, agent=agent, device=device)
            else:
                limits.charge(tries, lock, uow.now)
    if locked:
        raise lock.error()
    if signed is None:
        raise SignInFailed("这个码不对或已用过。动态码请等下一个，纸上的码用过就划掉。")
    return signed


async def owes(database: Database, token: str) -> tuple[Owed, str, FactorState] | None:
    """Return what a half or enrol session must do next: `factor`, `password` or `bind`; None for any other session."""
    owed = await sessions.owed(database, token)
    if owed is None:
        return None
    async with database.system() as uow:
        credential = await uow.session.get(StaffCredential, owed.account_id)
        state = await factors.state_of(uow, owed.account_id)
        if owed.kind == "half":
            return owed, "factor", state
        setting_up = credential is not None and credential.setup_until is not None
        return owed, "password" if setting_up else "bind", state


async def choose_password(
    database: Database, secrets: Secrets, token: str, password: str, *, agent: str = "", device: str = ""
) -> SignedIn:
    """Replace a set-up code by a password of one's own and go on. Raises Invalid with every rule broken, SignInFailed."""
    owed = await sessions.owed(database, token)
    if owed is None or owed.kind != "enrol":
        raise SignInFailed(_TOO_OLD)
    async with database.system() as uow:
        username = await _username(uow, owed.account_id)
        setup = (await uow.session.get_one(StaffCredential, owed.account_id)).password_hash
    passwords.check_password_rules(username, password)
    if await passwords.verify_secret(typed_code(password), setup):
        raise Invalid([Fault("password", "这是初始密码，别人见过。请另定一个自己的。", "same")])
    hashed = await passwords.hash_secret(password)
    async with database.system() as uow:
        await limits.tries_under(uow, secrets, username)
        credential = await uow.session.get_one(StaffCredential, owed.account_id, with_for_update=True)
        if credential.setup_until is None or credential.setup_until <= uow.now:
            raise SignInFailed(_TOO_OLD)
        await _leave(uow, token)
        credential.password_hash, credential.setup_until, credential.changed_at = hashed, None, uow.now
        await sessions.revoke_all(uow, owed.account_id)
        await tell(uow, owed.account_id, "staff.password_changed", by="owner")
        return await _go_on(uow, secrets, credential, factor_given=owed.factor_given, agent=agent, device=device)


async def offer_totp(database: Database, secrets: Secrets, staff_id: UUID) -> TotpOffer:
    """Make a second factor to bind for somebody who has no authenticator yet. Raises Conflict, NotFound."""
    async with database.system() as uow:
        username = await _username(uow, staff_id)
        if (await factors.state_of(uow, staff_id)).has_totp:
            raise Conflict("已经绑定过动态码。要换手机，请找管理员重置。")
    return factors.make_offer(secrets.sealer, staff_id, username)


async def enrol(
    database: Database, secrets: Secrets, token: str, offer: str, code: str, *, agent: str = "", device: str = ""
) -> SignedIn:
    """Bind the factor that an enrol session owes, and go on. Raises Invalid, SignInFailed when nothing of the kind is owed."""
    owed = await sessions.owed(database, token)
    if owed is None or owed.kind != "enrol" or owed.factor_given:
        raise SignInFailed(_TOO_OLD)
    secret = factors.read_offer(secrets.sealer, offer, owed.account_id).secret
    async with database.system() as uow:
        # The same order as in every other step, so that two steps at once wait instead of locking each other out.
        await limits.tries_under(uow, secrets, await _username(uow, owed.account_id))
        credential = await uow.session.get_one(StaffCredential, owed.account_id, with_for_update=True)
        if credential.setup_until is not None or (await factors.state_of(uow, owed.account_id)).has_any:
            # A sheet was handed out meanwhile: from now on that is asked for, not a factor of the caller's choice.
            raise SignInFailed(_TOO_OLD)
        await _leave(uow, token)
        await factors.bind_totp(uow, secrets.sealer, owed.account_id, secret, code)
        return await _go_on(uow, secrets, credential, factor_given=True, agent=agent, device=device)


async def _username(uow: UnitOfWork, staff_id: UUID) -> str:
    found = await uow.session.scalar(sa.select(Staff.username).where(Staff.id == staff_id))
    if found is None:
        raise NotFound
    return found


async def sign_out(database: Database, actor: Actor, token: str) -> None:
    """End the session of whoever asks; that of staff is told as an event."""
    async with database.begin(named(actor), EVERYWHERE) as uow:
        await sessions.revoke(uow, token)
        if actor.kind == "staff":
            await tell(uow, actor.id, "staff.signed_out")


async def tell(uow: UnitOfWork, staff_id: UUID, event: str, **body: object) -> None:
    """Emit an event about an account on its own chain."""
    tenant = await uow.session.scalar(sa.select(Staff.tenant).where(Staff.id == staff_id))
    await uow.emit(NewEvent(type=event, chain=f"staff:{staff_id}", subject_id=staff_id, tenant=tenant, body=dict(body)))
