"""Separation of duties, from the rows of `duty_separations`: on one row by its events, at one place by the roles held."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.kernel.events import Event
from rbac.models import DutySeparation
from rbac.roles import Role


@dataclass(frozen=True, slots=True)
class HeldPost:
    """A post in its period: what separation of duties looks at."""

    role: str
    path: str
    starts_at: datetime
    ends_at: datetime | None
    under_contract: bool = False

    def meets(self, other: HeldPost) -> bool:
        """Tell whether both are held at one time at places of which one contains the other."""
        placed = self.path.startswith(other.path) or other.path.startswith(self.path)
        before = self.ends_at is not None and self.ends_at <= other.starts_at
        after = other.ends_at is not None and other.ends_at <= self.starts_at
        return placed and not before and not after

    @property
    def counts_as(self) -> frozenset[str]:
        """The role, and the operator's when the post hangs on its contract: its clerks are the operator's people, too."""
        return frozenset({self.role, Role.COUNTY_OPERATOR} if self.under_contract else {self.role})


async def require_other_hand(uow: UnitOfWork, key: str, *, chain: str = "", subject: UUID | None = None) -> None:
    """Refuse the second step to whoever took the first one on the same row, or whom he stands in for.

    The row is named by its event chain or its subject. Raises Conflict with the separation's words, NotFound for an unknown
    key, ValueError when neither chain nor subject is given. Only staff are held to it.
    """
    if not chain and subject is None:
        raise ValueError("name the row: chain or subject")
    duty = await _duty(uow, key)
    hands = {uow.actor.id, uow.actor.on_behalf_of} - {NOBODY}
    if uow.actor.kind != "staff" or not hands:
        return
    types = duty.first.split()
    # What this very transaction did is not appended yet.
    done = any(
        e.type in types and ((chain and e.chain == chain) or (subject is not None and e.subject_id == subject))
        for e in uow.told
    )
    row = Event.chain == chain if chain else Event.subject_id == subject
    # Also what a colleague did in one's own stead is one's own hand.
    theirs = sa.or_(Event.actor_id.in_(hands), Event.on_behalf_of.in_(hands))
    taken = sa.exists().where(row, Event.type.in_(types), Event.actor_kind == "staff", theirs)
    if done or await uow.session.scalar(sa.select(taken)):
        raise Conflict(duty.words)


async def check_posts(uow: UnitOfWork, wanted: HeldPost, held: Iterable[HeldPost]) -> None:
    """Refuse a post that may not be united with one that the person holds; raises Conflict with the separation's words."""
    held = [post for post in held if post.meets(wanted)]
    if not held:
        return
    for duty in (await uow.execute(sa.select(DutySeparation).order_by(DutySeparation.key))).scalars():
        first, second = frozenset(duty.first_roles), frozenset(duty.second_roles)
        for post in held:
            if (wanted.counts_as & first and post.counts_as & second) or (
                wanted.counts_as & second and post.counts_as & first
            ):
                raise Conflict(f"一个人不能同时担任这两个岗位：{duty.words}", duty=duty.key)


async def _duty(uow: UnitOfWork, key: str) -> DutySeparation:
    found = await uow.session.get(DutySeparation, key)
    if found is None:
        raise NotFound
    return found
