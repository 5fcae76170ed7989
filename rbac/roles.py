"""Roles: of staff, held at a node, and of everybody else. What they may do is in `rbac.policies`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """Roles of staff (held at a node) and of everybody else (held everywhere; they own their rows)."""

    STATION_CLERK = "station_clerk"
    STATION_MANAGER = "station_manager"
    STREET_OPERATOR = "street_operator"
    COUNTY_OPERATOR = "county_operator"
    COUNTY_BUREAU = "county_bureau"
    MEDIATOR = "mediator"
    CITY_BUREAU = "city_bureau"
    CITY_ANALYST = "city_analyst"
    DEPARTMENT_VIEWER = "department_viewer"
    AUDITOR = "auditor"
    PII_OFFICER = "pii_officer"
    SYSADMIN = "sysadmin"
    INSURER = "insurer"
    WORKER = "worker"
    EMPLOYER = "employer"
    ANONYMOUS = "anonymous"


STAFF_ROLES: tuple[Role, ...] = tuple(r for r in Role if r not in (Role.WORKER, Role.EMPLOYER, Role.ANONYMOUS))

ROLE_LABELS: Mapping[Role, str] = MappingProxyType(
    {
        Role.STATION_CLERK: "驿站工作人员",
        Role.STATION_MANAGER: "站长",
        Role.STREET_OPERATOR: "街道（乡镇）",
        Role.COUNTY_OPERATOR: "县级运营方",
        Role.COUNTY_BUREAU: "县人社局",
        Role.MEDIATOR: "调解员",
        Role.CITY_BUREAU: "市人社局",
        Role.CITY_ANALYST: "市级分析",
        Role.DEPARTMENT_VIEWER: "协同部门",
        Role.AUDITOR: "审计",
        Role.PII_OFFICER: "个人信息专员",
        Role.SYSADMIN: "系统管理员",
        Role.INSURER: "承保机构",
        Role.WORKER: "零工",
        Role.EMPLOYER: "用工主体",
        Role.ANONYMOUS: "访客",
    }
)

_SITES = frozenset(
    {"market_comprehensive", "market_trade", "station", "service_point", "contact_point", "counter", "community"}
)
HELD_AT: Mapping[Role, frozenset[str]] = MappingProxyType(
    {
        Role.STATION_CLERK: _SITES,
        Role.STATION_MANAGER: _SITES,
        Role.STREET_OPERATOR: frozenset({"street"}),
        # An operator is bound to the places of its contract (R020): the county, a street of it, or single stations.
        Role.COUNTY_OPERATOR: frozenset({"county", "zone", "street"}) | _SITES,
        Role.COUNTY_BUREAU: frozenset({"county", "zone"}),
        Role.MEDIATOR: frozenset({"county", "zone", "street"}),
        Role.CITY_BUREAU: frozenset({"city", "county"}),
        Role.CITY_ANALYST: frozenset({"city", "county"}),
        Role.DEPARTMENT_VIEWER: frozenset({"city", "county", "zone"}),
        Role.AUDITOR: frozenset({"city", "county", "zone", "street"}) | _SITES,
        Role.PII_OFFICER: frozenset({"city", "county", "zone"}),
        Role.SYSADMIN: frozenset({"city", "county", "zone"}),
        Role.INSURER: frozenset({"city", "county"}),
    }
)
"""Kinds of node at which each role of staff may be held; the top of a deployment may be a single county (R003)."""

GRANTABLE: Mapping[Role, tuple[Role, ...]] = MappingProxyType(
    {
        Role.STATION_MANAGER: (),
        Role.COUNTY_OPERATOR: (Role.STATION_CLERK, Role.STATION_MANAGER),
        Role.COUNTY_BUREAU: (
            Role.STATION_CLERK,
            Role.STATION_MANAGER,
            Role.STREET_OPERATOR,
            Role.COUNTY_OPERATOR,
            Role.MEDIATOR,
            Role.DEPARTMENT_VIEWER,
        ),
        Role.CITY_BUREAU: (
            Role.COUNTY_BUREAU,
            Role.CITY_ANALYST,
            Role.DEPARTMENT_VIEWER,
            Role.AUDITOR,
            Role.PII_OFFICER,
            Role.SYSADMIN,
            Role.INSURER,
        ),
        # No business data of his own, and still he appoints those who have: that is his office.
        Role.SYSADMIN: (
            Role.STATION_CLERK,
            Role.STATION_MANAGER,
            Role.STREET_OPERATOR,
            Role.COUNTY_OPERATOR,
            Role.COUNTY_BUREAU,
            Role.MEDIATOR,
            Role.DEPARTMENT_VIEWER,
            Role.SYSADMIN,
        ),
    }
)
"""Which roles a role may hand on, below its own post. What a migration seeds `role_delegations` from."""

_HANDS: Mapping[str, str] = MappingProxyType(
    {
        Role.STATION_CLERK: "C",
        Role.STATION_MANAGER: "C",
        Role.STREET_OPERATOR: "C",
        Role.COUNTY_OPERATOR: "O",
        Role.COUNTY_BUREAU: "B",
        Role.CITY_BUREAU: "B",
        Role.MEDIATOR: "M",
        # An authority to which a case was handed says what a bureau would enter for it; its permissions end there.
        Role.DEPARTMENT_VIEWER: "B",
        Role.INSURER: "I",
    }
)
_OF_KIND: Mapping[str, str] = MappingProxyType({"worker": "W", "employer": "E", "staff": "C", "system": "S"})


def hand(kind: str, role: str = "") -> str:
    """Return the letter by which the tables of transitions name an actor (`linggong.kernel.machine`).

    W worker, E employer, C clerk, manager or street, O county operator, B bureau, M mediator, I insurer, S system; a crew
    leader (L) is a worker until the work floor finds that he leads. '' for a visitor: no table lists him.
    """
    return _HANDS.get(role, "C") if kind == "staff" else _OF_KIND.get(kind, "")
