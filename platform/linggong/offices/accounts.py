"""Accounts of staff: invited with a one-time code, opened by their owner's own password, ended, opened again.

An account begins without a password: whoever makes it can never sign in with it. The code has 70 random bits, is shown once,
and only its keyed hash is kept, so that neither the database nor its backup lets anybody in.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta
from sqlalchemy.exc import IntegrityError

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import NOBODY, Database, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, SignInFailed
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import Scope
from linggong.offices import posts, rules
from linggong.offices.models import StaffInvitation
from linggong.offices.posts import PostForm, ReasonForm
from linggong.people import passwords
from linggong.people.door_models import StaffCredential
from linggong.people.models import Staff
from linggong.people.text import typed_code
from rbac.models import RoleAssignment
from rbac.roles import ROLE_LABELS, Role
from tenants.service import parameters

_LETTERS = 16
_USERNAME = re.compile(r"[a-z][a-z0-9_.-]{2,39}", re.ASCII)


class InviteForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A new account with its first post."""

    username: Annotated[str, Meta(max_length=60)]
    name: Annotated[str, Meta(max_length=60)]
    post: PostForm


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """What is handed to the invited person, once."""

    staff_id: UUID
    username: str
    code: str
    expires_at: datetime


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """Whose account is open now."""

    staff_id: UUID
    username: str
    name: str


async def invite(uow: UnitOfWork, secrets: Secrets, form: InviteForm, *, granting: Scope | None = None) -> Invitation:
    """Make an account without a password, with its first post; returns the code that its owner opens it with.

    `granting` is where the inviter may give posts, the unit of work's scope by default. Raises Invalid with every fault of
    the account, Conflict for a taken user name, and what giving the post raises.
    """
    faults = []
    username, name = form.username.strip(), form.name.strip()
    if not _USERNAME.fullmatch(username):
        faults.append(Fault("username", "用户名用 3 到 40 个小写字母、数字或 . _ -，以字母开头。", "username"))
    if not 2 <= len(name) <= 50:
        faults.append(Fault("name", "请填姓名，2 到 50 个字。", "required"))
    node = await rules.place(uow, form.post.path, uow.scope)
    staff_id = new_id()
    if faults:
        raise Invalid([*faults, *await _post_faults(uow, form.post, granting)])
    uow.session.add(Staff(id=staff_id, tenant=node.path, username=username, name=name, created_at=uow.now))
    try:
        await uow.flush()
    except IntegrityError:
        # Taken anywhere in the city, also where this post sees nobody.
        raise Conflict("这个用户名已经有人用了，请换一个。") from None
    await posts.assign(uow, staff_id, form.post, scope=granting)
    made = await _code(uow, secrets, staff_id, node.path)
    await _tell(uow, "staff.invited", staff_id, node.path, until=made.expires_at)
    return Invitation(staff_id=staff_id, username=username, code=made.code, expires_at=made.expires_at)


async def _post_faults(uow: UnitOfWork, form: PostForm, granting: Scope | None) -> list[Fault]:
    """Return what is wrong with a post when there is no account yet to give it to: all faults are told at once."""
    who = await rules.granter(uow)
    node = await rules.place(uow, form.path, uow.scope if granting is None else granting)
    faults: list[Fault] = []
    role = rules.check_role(form.role, who, faults)
    when = rules.period(uow, who, form.starts_on, form.ends_on, faults)
    if role is not None:
        rules.check_place(node, role, faults)
        await rules.contract_for(uow, who, role, node, when, form.contract_id, faults)
    return faults


async def invite_again(uow: UnitOfWork, secrets: Secrets, staff_id: UUID) -> Invitation:
    """Give a new code in place of one that was lost or ran out; the old one is dead.

    Raises NotFound, Conflict for an account that has ended or was opened already (its password is reset instead).
    """
    found = await _at_home(uow, staff_id)
    rules.active(found)
    rows = (
        await uow.execute(
            sa.select(StaffInvitation)
            .where(StaffInvitation.staff_id == staff_id)
            .order_by(StaffInvitation.created_at.desc(), StaffInvitation.id.desc())
        )
    ).scalars()
    last = next(iter(rows), None)
    if last is None or last.used_at is not None:
        raise Conflict("这个账号已经启用了。忘了密码请用“重置密码”。")
    made = await _code(uow, secrets, staff_id, found.tenant)
    await _tell(uow, "staff.invited", staff_id, found.tenant, until=made.expires_at, again=True)
    return Invitation(staff_id=staff_id, username=found.username, code=made.code, expires_at=made.expires_at)


async def accept(database: Database, secrets: Secrets, code: str, password: str) -> Accepted:
    """Open an invited account with a password of its owner's own; the code is used up. He signs in with it afterwards.

    Raises SignInFailed for a code that is wrong, used or too old (never says which), Invalid for a weak password.
    """
    hashed_code = _hash(secrets, code)
    async with database.system() as uow:
        found = await _open_invitation(uow, hashed_code)
        username = found[1].username
    passwords.check_password_rules(username, password)
    if typed_code(password) == typed_code(code):
        raise Invalid([Fault("password", "这是邀请码，别人见过。请另定一个自己的密码。", "same")])
    hashed = await passwords.hash_secret(password)
    async with database.system() as uow:
        invitation, account = await _open_invitation(uow, hashed_code)
        invitation.used_at = uow.now
        await uow.execute(sa.delete(StaffCredential).where(StaffCredential.staff_id == account.id))
        uow.session.add(StaffCredential(staff_id=account.id, password_hash=hashed, changed_at=uow.now))
        await uow.flush()
        await _tell(uow, "staff.opened", account.id, account.tenant)
        return Accepted(staff_id=account.id, username=account.username, name=account.name)


async def _open_invitation(uow: UnitOfWork, code_hash: bytes) -> tuple[StaffInvitation, Staff]:
    row = (
        await uow.execute(
            sa.select(StaffInvitation, Staff)
            .join(Staff, Staff.id == StaffInvitation.staff_id)
            .where(
                StaffInvitation.code_hash == code_hash,
                StaffInvitation.used_at.is_(None),
                StaffInvitation.expires_at > uow.now,
                Staff.status == "active",
            )
            .with_for_update(of=StaffInvitation)
        )
    ).one_or_none()
    if row is None:
        raise SignInFailed("邀请码不对、用过了或已过期。请核对，或请给您开账号的人重发一个。")
    return row[0], row[1]


async def end_account(uow: UnitOfWork, staff_id: UUID, form: ReasonForm) -> None:
    """End an account: with it all its posts, sessions, open invitations and its password, in this transaction.

    Raises NotFound for one whose home is elsewhere, Invalid without a reason, Conflict for one's own, for one that has
    ended, for one with a post here that the actor may not end, and for one with a post outside the actor's own.
    """
    found = await _at_home(uow, staff_id)
    rules.not_oneself(uow, staff_id, "不能停用自己的账号，请同事或上级来办。")
    rules.active(found)
    if len(form.reason.strip()) < 2:
        raise Invalid([Fault("reason", "请写明原因，例如“离职”。", "required")])
    may = await rules.grantable(uow)
    held = await uow.execute(
        sa.select(RoleAssignment.role).where(RoleAssignment.staff_id == staff_id, rules.not_over(uow.now))
    )
    beyond = sorted({ROLE_LABELS[Role(r)] for r in held.scalars() if r not in may})
    if beyond:
        raise Conflict(f"他还有您不能撤的岗位（{'、'.join(beyond)}），请上级来停用。")
    elsewhere = await uow.session.scalar(
        sa.text("SELECT holds_elsewhere(:staff, :now)"), {"staff": staff_id, "now": uow.now}
    )
    if elsewhere:
        raise Conflict("他在别的地方还有岗位，请那边先撤，或请上级来停用。")
    found.status = "ended"
    # The trigger on the status ends posts, sessions and the rest.
    await uow.flush()
    await _tell(uow, "staff.ended", staff_id, found.tenant, reason=form.reason.strip())


async def reopen(uow: UnitOfWork, secrets: Secrets, staff_id: UUID) -> Invitation:
    """Open an ended account again: without posts, with a new code for a new password. Raises NotFound, Conflict."""
    found = await _at_home(uow, staff_id)
    if found.status == "active":
        raise Conflict("这个账号没有停用。")
    found.status = "active"
    await uow.flush()
    made = await _code(uow, secrets, staff_id, found.tenant)
    await _tell(uow, "staff.reopened", staff_id, found.tenant, until=made.expires_at)
    return Invitation(staff_id=staff_id, username=found.username, code=made.code, expires_at=made.expires_at)


async def _at_home(uow: UnitOfWork, staff_id: UUID) -> Staff:
    """Return an account that belongs here; where somebody only holds a post, his account is not touched. NotFound."""
    found = await rules.person(uow, staff_id, uow.scope)
    if not uow.scope.covers(found.tenant):
        raise Conflict("他的账号属于别的地方，这里只能撤他在这里的岗位。")
    return found


class _Made(msgspec.Struct, frozen=True):
    code: str
    expires_at: datetime


async def _code(uow: UnitOfWork, secrets: Secrets, staff_id: UUID, tenant: str) -> _Made:
    """Make a code in place of every open one."""
    days = (await parameters(uow, tenant, "staff.invitation_days"))["staff.invitation_days"]
    expires_at = uow.now + timedelta(days=int(str(days)))
    await uow.execute(
        sa.update(StaffInvitation)
        .where(
            StaffInvitation.staff_id == staff_id,
            StaffInvitation.used_at.is_(None),
            StaffInvitation.expires_at > uow.now,
        )
        .values(expires_at=uow.now)
    )
    code = passwords.new_code(_LETTERS)
    uow.session.add(
        StaffInvitation(
            id=new_id(),
            staff_id=staff_id,
            tenant=tenant,
            code_hash=_hash(secrets, code),
            created_at=uow.now,
            created_by=uow.actor.id if uow.actor.id != NOBODY else None,
            expires_at=expires_at,
        )
    )
    await uow.flush()
    return _Made(passwords.in_fours(code), expires_at)


def _hash(secrets: Secrets, code: str) -> bytes:
    return secrets.sealer.blind_index("staff.invitation", typed_code(code)[:40])


async def _tell(uow: UnitOfWork, event: str, staff_id: UUID, tenant: str, **body: object) -> None:
    await uow.emit(NewEvent(type=event, chain=f"staff:{staff_id}", subject_id=staff_id, tenant=tenant, body=dict(body)))
