"""Kinds of places in the tree, what may hang under what, and the class of a market (R001, R003, R004).

The depth of a tree is data: a city may hold ten counties or one (1+10+N, 1+6+N, 1+N), a functional zone may have no
streets, a contact point may exist or not. This table only says which joints make sense.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class NodeKind(StrEnum):
    """What a node of the tree is. The value is what the database and preset files hold."""

    CITY = "city"
    COUNTY = "county"
    ZONE = "zone"
    STREET = "street"
    COMMUNITY = "community"
    MARKET_COMPREHENSIVE = "market_comprehensive"
    MARKET_TRADE = "market_trade"
    STATION = "station"
    SERVICE_POINT = "service_point"
    CONTACT_POINT = "contact_point"
    COUNTER = "counter"

    @property
    def label(self) -> str:
        """The Chinese name shown to users."""
        return _KIND_LABELS[self]

    @property
    def is_region(self) -> bool:
        """True for a piece of land (city .. community), false for a place where people are served."""
        return self in REGION_KINDS


class Classification(StrEnum):
    """Class of a market by its demand (R004): it chooses checklists, naming rule and indicators."""

    COMPREHENSIVE = "comprehensive"
    TRADE = "trade"
    STATION = "station"

    @property
    def label(self) -> str:
        """The Chinese name shown to users."""
        return _CLASS_LABELS[self]


class BuildStatus(StrEnum):
    """How far a place is built (R001: progress of target against actual)."""

    PLANNED = "planned"
    BUILDING = "building"
    OPEN = "open"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        """The Chinese name shown to users."""
        return _STATUS_LABELS[self]


_K = NodeKind

_KIND_LABELS: Mapping[NodeKind, str] = MappingProxyType(
    {
        _K.CITY: "市",
        _K.COUNTY: "县（区）",
        _K.ZONE: "功能区",
        _K.STREET: "街道（乡镇）",
        _K.COMMUNITY: "社区（村）",
        _K.MARKET_COMPREHENSIVE: "综合性零工市场",
        _K.MARKET_TRADE: "行业性零工市场",
        _K.STATION: "零工驿站",
        _K.SERVICE_POINT: "零工服务点",
        _K.CONTACT_POINT: "零工联络点",
        _K.COUNTER: "灵活就业服务专区（窗口）",
    }
)

_CLASS_LABELS: Mapping[Classification, str] = MappingProxyType(
    {
        Classification.COMPREHENSIVE: "综合性",
        Classification.TRADE: "行业性",
        Classification.STATION: "驿站",
    }
)

_STATUS_LABELS: Mapping[BuildStatus, str] = MappingProxyType(
    {
        BuildStatus.PLANNED: "计划建设",
        BuildStatus.BUILDING: "在建",
        BuildStatus.OPEN: "已开办",
        BuildStatus.CLOSED: "已关停",
    }
)

REGION_KINDS: frozenset[NodeKind] = frozenset({_K.CITY, _K.COUNTY, _K.ZONE, _K.STREET, _K.COMMUNITY})
"""Pieces of land. All other kinds are places where people are served."""

SITE_KINDS: frozenset[NodeKind] = frozenset(NodeKind) - REGION_KINDS
"""Places where people are served: markets, stations, points, counters."""

TOP_KINDS: frozenset[NodeKind] = frozenset({_K.CITY, _K.COUNTY})
"""What may be the top of a deployment (R003). The presets all begin with a city; one made by hand may be a single county."""

_COUNTY_LEVEL = frozenset({_K.COUNTY, _K.ZONE})

MAY_HANG_UNDER: Mapping[NodeKind, frozenset[NodeKind]] = MappingProxyType(
    {
        _K.CITY: frozenset(),
        _K.COUNTY: frozenset({_K.CITY}),
        _K.ZONE: frozenset({_K.CITY}),
        _K.STREET: _COUNTY_LEVEL,
        _K.COMMUNITY: frozenset({_K.STREET}),
        _K.MARKET_COMPREHENSIVE: _COUNTY_LEVEL | {_K.CITY},
        _K.MARKET_TRADE: _COUNTY_LEVEL | {_K.CITY, _K.STREET},
        # A functional zone may have no streets of its own, so a station may hang on it directly.
        _K.STATION: _COUNTY_LEVEL | {_K.STREET, _K.COMMUNITY},
        _K.SERVICE_POINT: _COUNTY_LEVEL | {_K.STREET, _K.COMMUNITY, _K.STATION},
        # The third tier of 1+6+N hangs below a station (R003), or stands in a village that has none.
        _K.CONTACT_POINT: frozenset({_K.STREET, _K.COMMUNITY, _K.STATION}),
        # A counter is part of a public employment agency at any level, or of a market (R024).
        _K.COUNTER: _COUNTY_LEVEL | {_K.CITY, _K.STREET, _K.MARKET_COMPREHENSIVE},
    }
)
"""Kinds of parent a kind may have. A top node has no parent and its kind is in TOP_KINDS."""

_CLASS_OF_KIND: Mapping[NodeKind, Classification] = MappingProxyType(
    {
        _K.MARKET_COMPREHENSIVE: Classification.COMPREHENSIVE,
        _K.MARKET_TRADE: Classification.TRADE,
        _K.STATION: Classification.STATION,
    }
)

MARKET_KINDS: frozenset[NodeKind] = frozenset(_CLASS_OF_KIND)
"""Kinds that must carry a classification (R004)."""


def may_hang_under(kind: NodeKind, parent: NodeKind | None) -> bool:
    """Whether a node of `kind` may be a child of `parent`; `parent` None asks whether it may be the top."""
    if parent is None:
        return kind in TOP_KINDS
    return parent in MAY_HANG_UNDER[kind]


def classification_of(kind: NodeKind) -> Classification | None:
    """The class a node of this kind must carry (R004), None where there is none."""
    return _CLASS_OF_KIND.get(kind)
