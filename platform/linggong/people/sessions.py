"""Server-side sessions: a random token in a cookie, its hash in the database, a new one at every sign-in.

People stay signed in for 30 days after their last visit; staff for 12 hours at most and 2 hours without a click.
"""

from __future__ import annotations

import hashlib
import secrets as random
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import NOBODY, Database, UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paths import ROOT, TenantPath
from linggong.people.models import OneTimeCode, OutMessage, WebSession
from rbac.principal import Post, Principal
from rbac.roles import STAFF_ROLES, Role

PERSON_STAYS = timedelta(days=30)
STAFF_STAYS, STAFF_IDLE = timedelta(hours=12), timedelta(hours=2)
HALF_STAYS = timedelta(minutes=10)
"""Time to give the second factor."""
_STAYS = {"person": PERSON_STAYS, "staff": STAFF_STAYS, "half": HALF_STAYS}
_SESSION = "SELECT kind, account_id, acting, name, posts, employers, policy_version FROM session_of($1, $2, $3)"


class HatView(msgspec.Struct, frozen=True, kw_only=True):
    """Something the account may act as: a post of staff, or an employer."""

    id: UUID
    name: str
    role: str
    acting: bool


def token_hash(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


async def create(
    uow: UnitOfWork, kind: str, account_id: UUID, acting: dict[str, Any] | None = None, *, agent: str = ""
) -> str:
    """Open a session of kind person, staff or half (second factor still owed); returns the token for the cookie."""
    token = random.token_urlsafe(32)
    uow.session.add(
        WebSession(
            token_hash=token_hash(token),
            kind=kind,
            account_id=account_id,
            acting=acting or {},
            created_at=uow.now,
            seen_at=uow.now,
            expires_at=uow.now + _STAYS[kind],
            agent=agent[:200],
        )
    )
    await uow.flush()
    return token


async def _row(database: Database, token: str) -> Any | None:
    if not token or len(token) > 200:
        return None
    rows = await database.fetch_public(_SESSION, token_hash(token), clock.now(), STAFF_IDLE)
    return rows[0] if rows else None


async def resolve(database: Database, token: str) -> Principal | None:
    """Return who is behind a token, in one round trip; None for an unknown, expired or half session, an ended account, or
    staff whose last post was taken away.
    """
    row = await _row(database, token)
    if row is None or row["kind"] == "half":
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
    if row is None:
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
    return [HatView(id=UUID(p["id"]), name=p["node"], role=p["role"], acting=p["id"] == chosen) for p in held]


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


async def revoke(uow: UnitOfWork, token: str) -> None:
    """End a session; the next request with its token is anonymous."""
    await uow.execute(sa.delete(WebSession).where(WebSession.token_hash == token_hash(token)))


async def revoke_all(uow: UnitOfWork, account_id: UUID) -> None:
    """End every session of an account."""
    await uow.execute(sa.delete(WebSession).where(WebSession.account_id == account_id))


async def half_account(database: Database, token: str) -> UUID | None:
    """Return the staff account that still owes its second factor."""
    row = await _row(database, token)
    return row["account_id"] if row is not None and row["kind"] == "half" else None


async def clean(database: Database) -> None:
    """Remove what has expired: sessions, codes of yesterday, messages of last month."""
    async with database.system() as uow:
        await uow.execute(sa.delete(WebSession).where(WebSession.expires_at < uow.now))
        await uow.execute(sa.delete(OneTimeCode).where(OneTimeCode.created_at < uow.now - timedelta(days=1)))
        await uow.execute(sa.delete(OutMessage).where(OutMessage.created_at < uow.now - timedelta(days=30)))
