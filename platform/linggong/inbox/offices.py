"""Who can be addressed: the offices below one's own, each a node and what sits there (a county has a bureau and an operator).

A bureau sends to everybody below it, its own county's operator included; an operator and a street send to stations. Nobody
sends upwards or sideways.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.paths import TenantPath, in_subtree, tenant_path
from rbac.models import RoleAssignment
from rbac.roles import Role
from tenants.kinds import BuildStatus, NodeKind
from tenants.models import Node

OFFICE_OF: Final[dict[str, str]] = {
    Role.CITY_BUREAU: "bureau",
    Role.COUNTY_BUREAU: "bureau",
    Role.COUNTY_OPERATOR: "operator",
    Role.STREET_OPERATOR: "street",
    Role.STATION_MANAGER: "station",
    Role.STATION_CLERK: "station",
}
WORDS: Final = {"bureau": "人社局", "operator": "运营方", "street": "街道（乡镇）", "station": "驿站"}
_RANK: Final = {"bureau": 0, "operator": 1, "street": 1, "station": 2}
_COUNTIES: Final = (NodeKind.COUNTY, NodeKind.ZONE)


@dataclass(frozen=True, slots=True)
class Office:
    """One that may be addressed."""

    node_id: UUID
    path: TenantPath
    name: str
    kind: str
    office: str
    staffed: bool
    """Somebody holds a post there now; a notice to an office without anybody is read by nobody."""

    @property
    def key(self) -> str:
        """How a form names it."""
        return f"{self.node_id}:{self.office}"


def office_of(role: str) -> str:
    """Return the office in which a role sits; '' for a role that neither sends nor receives."""
    return OFFICE_OF.get(role, "")


def named(node: str, office: str) -> str:
    """Name an office: 龙亭区人社局; a station and a street by the place alone."""
    return node if office in ("street", "station") else f"{node}{WORDS[office]}"


def _sits_at(kind: str) -> tuple[str, ...]:
    if kind in _COUNTIES:
        return ("bureau", "operator")
    if kind == NodeKind.STREET:
        return ("street",)
    return () if kind in (NodeKind.CITY, NodeKind.COMMUNITY) else ("station",)


async def below(uow: UnitOfWork) -> list[Office]:
    """Return the offices to which the acting post may send, in the tree's order."""
    own, top = office_of(uow.actor.role), uow.actor.post
    if top is None or own not in _RANK:
        return []
    nodes = await uow.session.scalars(
        sa.select(Node).where(in_subtree(Node.path, top), Node.status != BuildStatus.CLOSED).order_by(Node.path)
    )
    held = await uow.execute(
        sa.select(RoleAssignment.tenant, RoleAssignment.role)
        .where(
            in_subtree(RoleAssignment.tenant, top),
            RoleAssignment.starts_at <= uow.now,
            sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > uow.now),
        )
        .distinct()
    )
    staffed = {(path, office_of(role)) for path, role in held}
    found = []
    for node in nodes:
        offices = dict.fromkeys(_sits_at(node.kind))
        # An operator may be bound to a street or a single station (R020); a community may have a desk of its own.
        offices |= dict.fromkeys(o for o in ("operator", "station") if (node.path, o) in staffed)
        for office in offices:
            if _RANK[office] > _RANK[own] or (node.path != top and office == "bureau" == own):
                found.append(
                    Office(
                        node.id, tenant_path(node.path), node.name, node.kind, office, (node.path, office) in staffed
                    )
                )
    return found


def chosen(offices: Sequence[Office], to: Iterable[str]) -> list[Office]:
    """Return the offices that a form named, each once, in the tree's order.

    `node:office` is one; `under:node:office` are all of a kind at and below a node, `under:*:office` all of them. Raises
    Invalid for none, and for one that is missing or not below the sender.
    """
    by_key = {o.key: o for o in offices}
    at = {str(o.node_id): o.path for o in offices}
    wanted: set[str] = set()
    unknown = False
    for name in to:
        if not name.startswith("under:"):
            unknown = unknown or name not in by_key
            wanted.add(name)
            continue
        node, _, office = name.removeprefix("under:").partition(":")
        top = "/" if node == "*" else at.get(node, "-")
        group = {o.key for o in offices if o.office == office and o.path.startswith(top)}
        unknown = unknown or not group
        wanted |= group
    if unknown:
        raise Invalid([Fault("to", "有的单位没有找到，或者不在您下面。请刷新后重新勾选。", "unknown")])
    if not wanted:
        raise Invalid([Fault("to", "请勾选发给谁。", "required")])
    return [o for o in offices if o.key in wanted]
