"""A shared computer of a place: who signed in fully at it today changes over in seconds by name and PIN.

The browser carries a token of its own, of which the server keeps the hash; a session is bound to the device at which it was
opened, and opening one there ends every other: two people never act in one session.
"""

from __future__ import annotations

import secrets as random
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from linggong.kernel import clock
from linggong.kernel.db import Actor, Database, UnitOfWork
from linggong.kernel.errors import Fault, Forbidden, Invalid, NotFound, SignInFailed
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import EVERYWHERE, TenantPath, is_under
from linggong.people import limits, passwords, sessions
from linggong.people.door_models import DeskDevice, DeskSignIn, StaffCredential, WebSession
from linggong.people.models import Staff
from linggong.people.sessions import SignedIn, named, token_hash
from linggong.people.text import typed_code
from rbac.models import RoleAssignment

DEVICE_STAYS = 365 * 86_400
"""Seconds for which a browser stays a shared computer, unless somebody ends it."""


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """A shared computer."""

    id: UUID
    tenant: str
    name: str


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who signed in fully at this computer today."""

    id: UUID
    name: str
    here: bool
    """It is he who is signed in here now."""
    ready: bool
    """He has a PIN that works; else he signs in with his password."""


async def desk_of(database: Database, device: str) -> Desk | None:
    """Return the shared computer behind a browser's device token."""
    if not device or len(device) > 200:
        return None
    async with database.system() as uow:
        return await found_desk(uow, device)


async def found_desk(uow: UnitOfWork, device: str) -> Desk | None:
    """Return the shared computer behind a device token. Needs a system transaction."""
    if not device or len(device) > 200:
        return None
    row = await uow.session.scalar(
        sa.select(DeskDevice).where(DeskDevice.token_hash == token_hash(device), DeskDevice.ended_at.is_(None))
    )
    return None if row is None else Desk(id=row.id, tenant=row.tenant, name=row.name)


async def desks_at(uow: UnitOfWork, path: TenantPath) -> list[Desk]:
    """Return the shared computers of exactly this place."""
    rows = await uow.session.scalars(
        sa.select(DeskDevice)
        .where(DeskDevice.tenant == path, DeskDevice.ended_at.is_(None))
        .order_by(DeskDevice.name, DeskDevice.id)
    )
    return [Desk(id=r.id, tenant=r.tenant, name=r.name) for r in rows]


async def name_desk(database: Database, actor: Actor, session: str, name: str) -> str:
    """Make this browser a shared computer of the post at which its user is fully signed in; returns the device token.

    Raises Invalid for a bad or taken name, Forbidden after a mere PIN.
    """
    name = name.strip()
    if not 1 <= len(name) <= 30 or not name.isprintable():
        raise Invalid([Fault("name", "给电脑起个名字，最多 30 个字，比如“大厅 1 号机”。", "name")])
    if actor.kind != "staff" or actor.post is None or not await sessions.is_full(database, session):
        raise Forbidden("请先用密码和动态码完整登录，再设共用电脑。")
    token = random.token_urlsafe(32)
    async with database.begin(named(actor), EVERYWHERE) as uow:
        if any(d.name == name for d in await desks_at(uow, actor.post)):
            raise Invalid([Fault("name", "这里已经有一台叫这个名字的电脑，请换一个。", "taken")])
        device = DeskDevice(
            id=new_id(), tenant=actor.post, name=name, token_hash=token_hash(token), made_by=actor.id, made_at=uow.now
        )
        uow.session.add(device)
        await uow.flush()
        await uow.execute(
            sa.update(WebSession).where(WebSession.token_hash == token_hash(session)).values(device_id=device.id)
        )
        await note_full_sign_in(uow, device.id, actor.id)
        await _tell(uow, "desk.named", device.id, actor.post, name=name)
    return token


async def end_desk(database: Database, actor: Actor, device_id: UUID) -> None:
    """Make a computer nobody's shared one any more, and end the session on it; by staff of its place or of one above.

    Raises NotFound for a foreign or missing one.
    """
    async with database.begin(named(actor), EVERYWHERE) as uow:
        row = await uow.session.get(DeskDevice, device_id, with_for_update=True)
        if row is None or row.ended_at is not None or actor.post is None or not is_under(row.tenant, actor.post):
            raise NotFound
        row.ended_at, row.ended_by = uow.now, actor.id
        # Whoever ends the computer at which he sits stays signed in, as on any other browser.
        mine = sa.and_(WebSession.device_id == device_id, WebSession.account_id == actor.id, WebSession.proof != "pin")
        await uow.execute(sa.update(WebSession).where(mine).values(device_id=None))
        await uow.execute(sa.delete(WebSession).where(WebSession.device_id == device_id))
        await uow.execute(sa.delete(DeskSignIn).where(DeskSignIn.device_id == device_id))
        await _tell(uow, "desk.ended", device_id, row.tenant)


async def note_full_sign_in(uow: UnitOfWork, device_id: UUID, staff_id: UUID) -> None:
    """Remember that somebody signed in fully here today."""
    await uow.execute(
        insert(DeskSignIn)
        .values(id=new_id(), device_id=device_id, staff_id=staff_id, day=clock.business_date(uow.now), at=uow.now)
        .on_conflict_do_nothing()
    )


async def take_over(uow: UnitOfWork, device_id: UUID) -> None:
    """End whoever is signed in at a computer, before the next one is."""
    await uow.execute(sa.delete(WebSession).where(WebSession.device_id == device_id))


async def forget(uow: UnitOfWork, staff_id: UUID, *, but_where: str = "") -> None:
    """Let no PIN of this member of staff follow what he signed in to today, save at the computer of one session's token."""
    statement = sa.delete(DeskSignIn).where(DeskSignIn.staff_id == staff_id)
    if but_where:
        here = sa.select(WebSession.device_id).where(
            WebSession.token_hash == token_hash(but_where), WebSession.device_id.is_not(None)
        )
        statement = statement.where(DeskSignIn.device_id.not_in(here))
    await uow.execute(statement)


async def acting_at(uow: UnitOfWork, desk: Desk, staff_id: UUID) -> dict[str, Any]:
    """Return the post to act at on a shared computer: the one at its own place, if he holds one."""
    found = await uow.session.scalar(
        sa.select(RoleAssignment.id)
        .where(
            RoleAssignment.staff_id == staff_id,
            RoleAssignment.tenant == desk.tenant,
            *_in_force(uow),
        )
        .order_by(RoleAssignment.starts_at, RoleAssignment.id)
        .limit(1)
    )
    return {} if found is None else {"assignment_id": str(found)}


async def colleagues(database: Database, desk: Desk, session: str) -> list[Colleague]:
    """Return who signed in fully at this computer today and still has an account, the last one first."""
    async with database.system() as uow:
        most = limits.whole((await limits.at_top(uow, "staff.pin_attempts"))["staff.pin_attempts"])
        now_here = await uow.session.scalar(
            sa.select(WebSession.account_id).where(WebSession.token_hash == token_hash(session), sessions.live(uow))
        )
        rows = await uow.execute(
            sa.select(Staff.id, Staff.name, StaffCredential.pin_hash, StaffCredential.pin_failed, DeskSignIn.at)
            .join(DeskSignIn, DeskSignIn.staff_id == Staff.id)
            .join(StaffCredential, StaffCredential.staff_id == Staff.id)
            .where(
                DeskSignIn.device_id == desk.id,
                DeskSignIn.day == clock.business_date(uow.now),
                *_employed(uow),
            )
            .order_by(DeskSignIn.at.desc(), Staff.id)
        )
        return [
            Colleague(
                id=r.id,
                name=r.name,
                here=r.id == now_here,
                ready=r.pin_hash is not None and r.pin_failed < most,
            )
            for r in rows
        ]


async def switch(
    database: Database, device: str, staff_id: UUID, pin: str, *, agent: str = "", replaces: str = ""
) -> SignedIn:
    """Change over to a colleague by his PIN: a new session that ends at midnight; the one on this computer ends.

    The try is counted before the PIN is looked at. Raises SignInFailed for everything that is wrong: no shared computer, not
    signed in fully here today, no PIN, a voided one, a wrong one.
    """
    async with database.system() as uow:
        desk = await found_desk(uow, device)
        hashed = await _charged(uow, desk, staff_id)
    right = await passwords.verify_secret(typed_code(pin), hashed)
    if desk is None or hashed is None:
        raise SignInFailed("这里不能用 PIN 换人，请用密码和动态码登录。")
    if not right:
        raise SignInFailed("PIN 不对。连续输错就要重新用密码登录。")
    async with database.system() as uow:
        credential = await uow.session.get_one(StaffCredential, staff_id, with_for_update=True)
        # The computer may have been ended, the PIN changed and the person shut out since the PIN was looked at.
        if credential.pin_hash != hashed or not await _was_here(uow, desk, staff_id):
            raise SignInFailed("这里不能用 PIN 换人，请用密码和动态码登录。")
        credential.pin_failed = 0
        # Two who change over in the same moment follow each other: the second ends the first one's session, too.
        await uow.session.get_one(DeskDevice, desk.id, with_for_update={"key_share": True})
        await take_over(uow, desk.id)
        _, midnight = clock.day_bounds(clock.business_date(uow.now))
        signed = await sessions.open_one(
            uow,
            "staff",
            staff_id,
            acting=await acting_at(uow, desk, staff_id),
            agent=agent,
            proof="pin",
            device_id=desk.id,
            until=midnight,
            replaces=replaces,
        )
        await _tell(uow, "staff.switched", staff_id, desk.tenant, chain=f"staff:{staff_id}", desk=desk.name)
    return signed


async def _was_here(uow: UnitOfWork, desk: Desk, staff_id: UUID) -> bool:
    found = await uow.session.scalar(
        sa.select(DeskSignIn.id)
        .join(DeskDevice, DeskDevice.id == DeskSignIn.device_id)
        .join(Staff, Staff.id == DeskSignIn.staff_id)
        .where(
            DeskSignIn.device_id == desk.id,
            DeskSignIn.staff_id == staff_id,
            DeskSignIn.day == clock.business_date(uow.now),
            DeskDevice.ended_at.is_(None),
            *_employed(uow),
        )
    )
    return found is not None


def _employed(uow: UnitOfWork) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the test that an account stands and holds a post at this moment."""
    post = sa.exists().where(RoleAssignment.staff_id == Staff.id, *_in_force(uow))
    return (Staff.status == "active", post)


def _in_force(uow: UnitOfWork) -> tuple[sa.ColumnElement[bool], ...]:
    ends = sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > uow.now)
    return (RoleAssignment.starts_at <= uow.now, ends)


async def _charged(uow: UnitOfWork, desk: Desk | None, staff_id: UUID) -> str | None:
    """Count a try of a PIN that may be tried here; returns its hash, or None."""
    if desk is None or not await _was_here(uow, desk, staff_id):
        return None
    credential = await uow.session.get(StaffCredential, staff_id, with_for_update=True)
    most = limits.whole((await limits.at_top(uow, "staff.pin_attempts"))["staff.pin_attempts"])
    if credential is None or credential.pin_hash is None or credential.pin_failed >= most:
        return None
    credential.pin_failed += 1
    return credential.pin_hash


async def set_pin(database: Database, actor: Actor, session: str, pin: str) -> None:
    """Choose one's own PIN. Raises Invalid for one that is guessed first, Forbidden after a mere PIN, NotFound."""
    pin = typed_code(pin)
    passwords.check_pin_rules(pin)
    if not await sessions.is_full(database, session):
        raise Forbidden("请先用密码和动态码完整登录，再设 PIN。")
    hashed = await passwords.hash_secret(pin)
    async with database.begin(named(actor), EVERYWHERE) as uow:
        credential = await uow.session.get(StaffCredential, actor.id, with_for_update=True)
        if credential is None:
            raise NotFound
        credential.pin_hash, credential.pin_failed = hashed, 0
        tenant = await uow.session.scalar(sa.select(Staff.tenant).where(Staff.id == actor.id))
        await _tell(uow, "staff.pin_set", actor.id, tenant, chain=f"staff:{actor.id}")


async def _tell(
    uow: UnitOfWork, event: str, subject_id: UUID, tenant: str | None, *, chain: str = "", **body: object
) -> None:
    await uow.emit(
        NewEvent(type=event, chain=chain or f"desk:{subject_id}", subject_id=subject_id, tenant=tenant, body=dict(body))
    )
