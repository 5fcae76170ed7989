"""Server-side sessions: a random token in a cookie, its hash in the database, a new one at every sign-in and step-up.

How long they last are parameters (session.*): people stay signed in for 30 days after their last visit; staff for 12 hours
at most and an hour without a click. A session keeps what was in force when it was opened.
"""

from __future__ import annotations

import hashlib
import secrets as random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock, reading
from linggong.kernel.db import NOBODY, Actor, Database, UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.paths import ROOT, TenantPath
from linggong.people import limits
from linggong.people.door_models import WebSession
from linggong.people.models import OneTimeCode, OutMessage, Staff
from rbac.principal import Post, Principal
from rbac.roles import STAFF_ROLES, Role
from tenants.service import parameters

HALF_STAYS, ENROL_STAYS = timedelta(minutes=10), timedelta(minutes=30)
"""Time to give the second factor; time to bind one or to choose a password."""
_PROOFS = {"person": "phone", "staff": "factor", "half": "password", "enrol": "password"}
_SESSION = "SELECT kind, account_id, acting, name, posts, employers, policy_version FROM session_of($1, $2)"


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A session was opened; `token` goes into the cookie and nowhere else."""

    token: str
    kind: str
    """person, staff, half when the second factor is still owed, enrol when one or an own password is to be set first."""
    max_age: int
    """Seconds the cookie may live."""


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """A session that is no whole one yet."""

    account_id: UUID
    kind: str
    factor_given: bool


class HatView(msgspec.Struct, frozen=True, kw_only=True):
    """Something the account may act as: a post of staff, or an employer."""

    id: UUID
    name: str
    role: str
    acting: bool
    stands_in: bool = False
    """A post that is held for a while in a colleague's stead."""


def named(actor: Actor) -> Actor:
    """Return the system's hand in somebody's name: for tables that no request reaches, after a check of the caller's own."""
    return replace(actor, kind="system", post=ROOT, employer_id=NOBODY)


def token_hash(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def live(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    """Return the test that a session neither ran out nor idled out."""
    ended = sa.and_(WebSession.idle.is_not(None), WebSession.seen_at + WebSession.idle < uow.now)
    return sa.and_(WebSession.expires_at > uow.now, sa.not_(ended))


async def create(uow: UnitOfWork, kind: str, account_id: UUID, acting: dict[str, Any] | None = None) -> str:
    """Open a session as `open_one` does; returns its token alone."""
    return (await open_one(uow, kind, account_id, acting=acting)).token


async def open_one(
    uow: UnitOfWork,
    kind: str,
    account_id: UUID,
    *,
    acting: dict[str, Any] | None = None,
    agent: str = "",
    proof: str = "",
    device_id: UUID | None = None,
    until: datetime | None = None,
    replaces: str = "",
) -> SignedIn:
    """Open a session of kind person, staff, half or enrol.

    `proof` is what was shown (phone, password, factor, pin), `device_id` the shared computer at which it is opened,
    `until` an earlier end than the kind's own, `replaces` a token that ends with it.
    """
    if replaces:
        await revoke(uow, replaces)
    stays, idle = await _lasting(uow, kind, account_id)
    token = random.token_urlsafe(32)
    ends = min(uow.now + stays, until) if until else uow.now + stays
    await reading.added(
        uow,
        WebSession,
        id=new_id(),
        token_hash=token_hash(token),
        kind=kind,
        proof=proof or _PROOFS[kind],
        account_id=account_id,
        acting=acting or {},
        device_id=device_id,
        idle=idle,
        created_at=uow.now,
        seen_at=uow.now,
        expires_at=ends,
        agent=agent[:200],
    )
    return SignedIn(token=token, kind=kind, max_age=int((ends - uow.now).total_seconds()))


async def renew(uow: UnitOfWork, token: str, *, agent: str = "", proof: str = "") -> SignedIn | None:
    """Put a new token in the place of a session's own after a step-up; what it acts as and its end stay. None if it ended."""
    row = await uow.session.scalar(sa.select(WebSession).where(WebSession.token_hash == token_hash(token)))
    if row is None:
        return None
    return await open_one(
        uow,
        row.kind,
        row.account_id,
        acting=dict(row.acting),
        agent=agent,
        proof=proof or row.proof,
        device_id=row.device_id,
        until=row.expires_at,
        replaces=token,
    )


async def _lasting(uow: UnitOfWork, kind: str, account_id: UUID) -> tuple[timedelta, timedelta | None]:
    """Return how long a session lasts and how long without a click, as set where its owner belongs."""
    if kind == "half":
        return HALF_STAYS, None
    if kind == "enrol":
        return ENROL_STAYS, None
    if kind == "person":
        return limits.span((await limits.at_top(uow, "session.person"))["session.person"]), None
    at = await uow.session.scalar(sa.select(Staff.tenant).where(Staff.id == account_id))
    found = await parameters(uow, at or ROOT, "session.staff", "session.staff_idle")
    return limits.span(found["session.staff"]), limits.span(found["session.staff_idle"])


async def _row(database: Database, token: str) -> Any | None:
    if not token or len(token) > 200:
        return None
    rows = await database.fetch_public(_SESSION, token_hash(token), clock.now())
    return rows[0] if rows else None


async def resolve(database: Database, token: str) -> Principal | None:
    """Return who is behind a token, in one round trip; None for an unknown or expired session, one that still owes
    something, an ended account, or staff whose last post was taken away.
    """
    row = await _row(database, token)
    if row is None or row["kind"] not in ("person", "staff"):
        return None
    acting: dict[str, Any] = row["acting"]
    account: UUID = row["account_id"]
    if row["kind"] == "person":
        employers: list[dict[str, str]] = row["employers"]
        hat = next((e for e in employers if e["id"] == acting.get("employer_id")), None)
        return Principal(
            acting=Post(Role.EMPLOYER if hat else Role.WORKER, ROOT),
            id=account,
            name=row["name"],
            employer_id=UUID(hat["id"]) if hat else NOBODY,
            employer_name=hat["name"] if hat else "",
            session_id=token,
            policy_version=row["policy_version"],
        )
    held = [p for p in row["posts"] if p["role"] in STAFF_ROLES]
    if not held:
        return None
    chosen = next((p for p in held if p["id"] == acting.get("assignment_id")), held[0])
    return Principal(
        acting=_post(chosen),
        id=account,
        name=row["name"],
        others=tuple(_post(p) for p in held if p is not chosen),
        session_id=token,
        policy_version=row["policy_version"],
    )


def _post(raw: dict[str, str]) -> Post:
    stands_in_for = UUID(raw["stands_in_for"]) if raw["stands_in_for"] else NOBODY
    return Post(
        Role(raw["role"]), TenantPath(raw["path"]), UUID(raw["node_id"]), raw["node"], UUID(raw["id"]), stands_in_for
    )


async def hats(database: Database, token: str) -> list[HatView]:
    """Return what the signed-in account may act as, with the present choice marked."""
    row = await _row(database, token)
    if row is None or row["kind"] not in ("person", "staff"):
        return []
    acting: dict[str, Any] = row["acting"]
    if row["kind"] == "person":
        chosen = acting.get("employer_id")
        views = [
            HatView(id=UUID(e["id"]), name=e["name"], role="employer", acting=e["id"] == chosen)
            for e in row["employers"]
        ]
        worker = not any(v.acting for v in views)
        return [HatView(id=row["account_id"], name=row["name"], role="worker", acting=worker), *views]
    held = row["posts"]
    chosen = acting.get("assignment_id") or (held[0]["id"] if held else None)
    return [
        HatView(
            id=UUID(p["id"]),
            name=p["node"],
            role=p["role"],
            acting=p["id"] == chosen,
            stands_in=bool(p["stands_in_for"]),
        )
        for p in held
    ]


async def act_as(database: Database, token: str, hat_id: UUID) -> None:
    """Choose the current post (staff), an employer, or oneself as a worker; raises NotFound for what is not held."""
    held = {h.id: h for h in await hats(database, token)}
    hat = held.get(hat_id)
    if hat is None:
        raise NotFound
    acting = (
        {}
        if hat.role == "worker"
        else {"employer_id": str(hat.id)}
        if hat.role == "employer"
        else {"assignment_id": str(hat.id)}
    )
    async with database.system() as uow:
        await uow.execute(sa.update(WebSession).where(WebSession.token_hash == token_hash(token)).values(acting=acting))


async def revoke(uow: UnitOfWork, token: str) -> bool:
    """End a session; the next request with its token is anonymous. False when it had ended before."""
    statement = sa.delete(WebSession).where(WebSession.token_hash == token_hash(token))
    return (await uow.execute(statement.returning(WebSession.id))).scalar_one_or_none() is not None


async def revoke_all(uow: UnitOfWork, account_id: UUID, *, but: str = "") -> int:
    """End every session of an account, but that of one token; returns how many ended."""
    statement = sa.delete(WebSession).where(WebSession.account_id == account_id)
    if but:
        statement = statement.where(WebSession.token_hash != token_hash(but))
    ended = await uow.execute(statement.returning(WebSession.id))
    return len(ended.all())


async def owed(database: Database, token: str) -> Owed | None:
    """Return the half or enrol session behind a token; None for anything else."""
    row = await _row(database, token)
    if row is None or row["kind"] not in ("half", "enrol"):
        return None
    return Owed(account_id=row["account_id"], kind=row["kind"], factor_given=row["acting"].get("factor") == "given")


async def is_full(database: Database, token: str) -> bool:
    """Tell whether a session of staff followed a full sign-in, not a PIN: what changes one's own security needs one."""
    async with database.system() as uow:
        proof = await uow.session.scalar(
            sa.select(WebSession.proof).where(WebSession.token_hash == token_hash(token), WebSession.kind == "staff")
        )
    return proof in ("password", "factor")


async def clean(database: Database) -> None:
    """Remove what has expired: sessions, counted tries, codes of yesterday, messages of last month."""
    async with database.system() as uow:
        await uow.execute(sa.delete(WebSession).where(WebSession.expires_at < uow.now))
        await limits.clean(uow)
        await uow.execute(sa.delete(OneTimeCode).where(OneTimeCode.created_at < uow.now - timedelta(days=1)))
        await uow.execute(sa.delete(OutMessage).where(OutMessage.created_at < uow.now - timedelta(days=30)))
