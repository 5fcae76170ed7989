"""What readers of the tree are given, and what its forms take. Degrees are WGS-84; paths are materialised."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from tenants.kinds import BuildStatus, Classification, NodeKind

PlaceName = Annotated[str, Meta(min_length=1, max_length=60)]
Segment = Annotated[str, Meta(pattern=r"^[a-z0-9]{1,12}$")]
Code12 = Annotated[str, Meta(pattern=r"^\d{12}$")]
Latitude = Annotated[float, Meta(ge=3, le=54)]
Longitude = Annotated[float, Meta(ge=73, le=136)]
Words = Annotated[str, Meta(max_length=200)]
Telephone = Annotated[str, Meta(max_length=40)]


class NodeView(msgspec.Struct, frozen=True, kw_only=True):
    """One place as anybody may see it. `phone` is the place's own public telephone."""

    id: UUID
    path: str
    kind: NodeKind
    kind_label: str
    classification: Classification | None
    name: str
    short_name: str
    code12: str | None
    status: BuildStatus
    status_label: str
    opened_on: date | None
    closed_on: date | None
    latitude: float | None
    longitude: float | None
    point_is_demo: bool
    address: str | None
    phone: str | None
    opening_hours: str | None
    made_up: bool
    """Stands for what a place of this size would have; taken from no list."""
    name_warnings: list[str]
    """Deviations from the naming rules, `rule|code|message` (R021-R024): recorded, never refused."""


class KindCount(msgspec.Struct, frozen=True):
    """How many places of a kind and build status lie in a subtree (R001: target against actual)."""

    kind: NodeKind
    status: BuildStatus
    count: int


class TreeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the printed tree; `depth` is 0 for the top that was asked for, `below` counts what hangs under it."""

    path: str
    depth: int
    kind: NodeKind
    kind_label: str
    name: str
    code12: str | None
    status: BuildStatus
    below: int


class ResolvedView(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter at a place: what holds there, since when it is said so, and by whom.

    `value` is the stored text (money in fen), None where the tenant must still decide. `source` is the paper that the
    value in force comes from. `set_at_path` is None for the registry's default; `is_own` says that this very place set it.
    """

    key: str
    title: str
    type: str
    unit: str
    value: str | None
    source: str
    set_at_path: str | None
    set_at_name: str | None
    is_own: bool
    default: str | None
    minimum: str | None
    maximum: str | None
    is_law: bool


class NewNode(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A place to add. Without `segment` one is chosen: from the division's code, else the kind's letter and a number."""

    kind: NodeKind
    name: PlaceName
    parent: str | None = None
    """Path of the place above; None adds the top of a deployment."""
    segment: Segment | None = None
    short_name: PlaceName | None = None
    code12: Code12 | None = None
    status: BuildStatus = BuildStatus.PLANNED
    opened_on: date | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    address: Words | None = None
    phone: Telephone | None = None
    opening_hours: Words | None = None


class NodeChanges(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What may be changed at a place; what is left out stays. The path changes only when a subtree is moved."""

    name: PlaceName | msgspec.UnsetType = msgspec.UNSET
    short_name: PlaceName | msgspec.UnsetType = msgspec.UNSET
    status: BuildStatus | msgspec.UnsetType = msgspec.UNSET
    """Planned or building only; opening and closing are steps of their own."""
    latitude: Latitude | msgspec.UnsetType = msgspec.UNSET
    longitude: Longitude | msgspec.UnsetType = msgspec.UNSET
    address: Words | msgspec.UnsetType | None = msgspec.UNSET
    phone: Telephone | msgspec.UnsetType | None = msgspec.UNSET
    opening_hours: Words | msgspec.UnsetType | None = msgspec.UNSET
    opened_on: date | msgspec.UnsetType = msgspec.UNSET
    """Since when an open place is open: what stood before this system came has a day of its own (R134)."""


class ParameterInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A parameter's new value as a person types it (20.6元, 2h, 30%), and the paper it comes from."""

    value: Annotated[str, Meta(max_length=4000)]
    source: Annotated[str, Meta(max_length=200)]
