"""Who is asking: an actor with the post at which he acts and the other posts he holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from linggong.kernel.db import NOBODY, Actor
from linggong.kernel.paths import ROOT, TenantPath
from rbac.roles import STAFF_ROLES, Role


@dataclass(frozen=True, slots=True)
class Post:
    """A role held at a node: what a member of staff acts at, one at a time."""

    role: Role
    path: TenantPath
    node_id: UUID = NOBODY
    node_name: str = ""
    id: UUID = NOBODY
    """The assignment; nobody's for a person who is no staff."""
    stands_in_for: UUID = NOBODY
    """The member of staff whose post this is for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The subject of every decision.

    Allow rules count for `acting` only; deny rows of `acting` and of `others` count always (docs/architecture.md).
    """

    acting: Post
    id: UUID = NOBODY
    name: str = ""
    employer_id: UUID = NOBODY
    employer_name: str = ""
    others: tuple[Post, ...] = ()
    session_id: str = field(default="", repr=False)
    policy_version: int = 0
    """The version of the policies when the session was read: older decisions are not asked."""

    @property
    def kind(self) -> str:
        """anonymous, worker, employer or staff."""
        return "staff" if self.acting.role in STAFF_ROLES else self.acting.role.value

    @property
    def is_staff(self) -> bool:
        """Tell whether this is a member of staff at a post."""
        return self.acting.role in STAFF_ROLES

    def actor(self, *, channel: str = "web", request_id: str = "") -> Actor:
        """Return what the transaction is opened with."""
        return Actor(
            kind=self.kind,
            id=self.id,
            employer_id=self.employer_id,
            post=self.acting.path if self.is_staff else None,
            role=self.acting.role.value,
            post_id=self.acting.id,
            on_behalf_of=self.acting.stands_in_for,
            channel=channel,
            request_id=request_id,
        )


ANONYMOUS = Principal(acting=Post(Role.ANONYMOUS, ROOT))
