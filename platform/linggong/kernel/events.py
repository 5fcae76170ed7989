"""What happened, append-only, in hash chains: one chain per aggregate root.

A chain's head row and the events are written by the owner function ``append_events`` only, so a request can neither
alter nor skip one. The hash covers the previous hash, the chain, the number, the type, the times, the actor and the
body; it covers the node's id and never its path, so that moving a street leaves history intact (R048).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel import logs
from linggong.kernel.db import NOBODY, Actor, UnitOfWork
from linggong.kernel.ids import new_id
from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, tenant_fk


class EventHead(Base):
    """The last number and hash of a chain."""

    __tablename__ = "event_heads"
    __table_args__ = (
        {"info": RowScope(cls="system", insert="owner", audit="derived: the end of an event chain").info()},
    )

    chain: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(sa.BigInteger)
    hash: Mapped[bytes]


class Event(Base):
    """One event. `subject` is the row it is about; the four sides say who may read it."""

    __tablename__ = "events"
    __table_args__ = (
        sa.UniqueConstraint("chain", "n"),
        sa.Index(None, "subject_id", "n"),
        sa.Index(None, "tenant", "occurred_at"),
        sa.Index(None, "person_id", "occurred_at", postgresql_where=sa.text("person_id IS NOT NULL")),
        tenant_fk(),
        {
            "info": RowScope(
                cls="shared",
                tenant="tenant",
                person="person_id",
                employer="employer_id",
                append_only=True,
                insert="owner",
                audit="a hash chain of its own, written with every event",
            ).info()
        },
    )

    id: Mapped[UuidPk]
    chain: Mapped[str]
    n: Mapped[int] = mapped_column(sa.BigInteger)
    type: Mapped[str]
    subject_id: Mapped[UUID | None]
    tenant: Mapped[PathColumn | None]
    node_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    employer_id: Mapped[UUID | None]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    on_behalf_of: Mapped[UUID | None]
    channel: Mapped[str]
    request_id: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    body: Mapped[str] = mapped_column(sa.Text)
    """Canonical JSON text: jsonb would reorder it and break the hash."""
    prev_hash: Mapped[bytes]
    hash: Mapped[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event about to be appended. `body` holds no personal number in clear text."""

    type: str
    chain: str
    subject_id: UUID | None = None
    tenant: str | None = None
    via: str | None = None
    """The node that serves the worker, and whoever stands for him: not kept, but a subscriber that writes a two-sided row of its
    own needs them, or the actor could not write it."""
    deputy_id: UUID | None = None
    person_id: UUID | None = None
    employer_id: UUID | None = None
    on_behalf_of: UUID | None = None
    occurred_at: datetime | None = None
    body: dict[str, Any] = field(default_factory=dict)


Subscriber = Callable[[UnitOfWork, NewEvent], Awaitable[None]]
_subscribers: dict[str, dict[str, Subscriber]] = {}


def subscribe(event_type: str, name: str, subscriber: Subscriber) -> None:
    """Register `subscriber` under a name for an event type; the same name again replaces it. Done in `linggong.app`."""
    _subscribers.setdefault(event_type, {})[name] = subscriber


async def dispatch(uow: UnitOfWork, new: NewEvent) -> None:
    """Let the subscribers of the event's type act inside the same transaction, in order of their names."""
    for _, subscriber in sorted(_subscribers.get(new.type, {}).items()):
        await subscriber(uow, new)


def canonical(body: dict[str, Any]) -> str:
    """Return the one text form of a body."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


_APPEND = sa.text("SELECT append_events(CAST(:events AS jsonb))")


def scrubbed_texts(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body in which no text holds what looks like a telephone, an ID number or an account."""
    return {k: _scrubbed(v) for k, v in body.items()}


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return logs.scrub(value)
    if isinstance(value, dict):
        return scrubbed_texts(value)
    if isinstance(value, list | tuple):
        return [_scrubbed(v) for v in value]
    return value


def payload(pending: Sequence[NewEvent], actor: Actor, now: datetime) -> str:
    """Return what ``append_events`` takes: the events in chain order (a stable sort keeps the order within a chain)."""
    stood_in_for = actor.on_behalf_of if actor.on_behalf_of != NOBODY else None
    rows = [
        {
            "id": str(new_id()),
            "chain": e.chain,
            "type": e.type,
            "subject_id": _s(e.subject_id),
            "tenant": e.tenant,
            "via": e.via,
            "person_id": _s(e.person_id),
            "employer_id": _s(e.employer_id),
            "actor_kind": actor.kind,
            "actor_id": _s(actor.id if actor.id != NOBODY else None),
            "on_behalf_of": _s(e.on_behalf_of or stood_in_for),
            "channel": actor.channel,
            "request_id": actor.request_id,
            "occurred_at": (e.occurred_at or now).isoformat(),
            "recorded_at": now.isoformat(),
            # What somebody typed as a reason may hold a number; an event cannot be mended later.
            "body": canonical(scrubbed_texts(e.body)),
        }
        for e in sorted(pending, key=lambda e: e.chain)
    ]
    return json.dumps(rows, ensure_ascii=False)


async def append(uow: UnitOfWork, pending: Sequence[NewEvent]) -> None:
    """Append what a transaction collected; one call, one round trip."""
    if pending:
        await uow.session.execute(_APPEND, {"events": payload(pending, uow.actor, uow.now)})


def _s(value: UUID | None) -> str | None:
    return None if value is None else str(value)
