"""Roles and their seeded policies. The rows live in `casbin_rule`; this table is what a migration seeds them from."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from rbac.permissions import Permission as P


class Role(StrEnum):
    """Roles of staff (held at a node) and of everybody else (held everywhere; they own their rows)."""

    STATION_CLERK = "station_clerk"
    COUNTY_OPERATOR = "county_operator"
    COUNTY_BUREAU = "county_bureau"
    CITY_BUREAU = "city_bureau"
    WORKER = "worker"
    EMPLOYER = "employer"
    ANONYMOUS = "anonymous"


STAFF_ROLES = (Role.STATION_CLERK, Role.COUNTY_OPERATOR, Role.COUNTY_BUREAU, Role.CITY_BUREAU)

ROLE_LABELS = {
    Role.STATION_CLERK: "驿站工作人员",
    Role.COUNTY_OPERATOR: "县级运营方",
    Role.COUNTY_BUREAU: "县人社局",
    Role.CITY_BUREAU: "市人社局",
    Role.WORKER: "零工",
    Role.EMPLOYER: "用工主体",
    Role.ANONYMOUS: "访客",
}

_EVERYBODY = (P.PUBLIC_USE, P.BOARD_READ, P.NODE_READ, P.DEV_READ)
_DESK = (
    P.PERSON_REGISTER, P.PERSON_READ, P.PERSON_RECOVER, P.PERSON_IMPORT,
    P.EMPLOYER_REGISTER, P.EMPLOYER_READ, P.EMPLOYER_VERIFY,
    P.ORDER_CREATE, P.ORDER_READ, P.ORDER_REVIEW, P.ORDER_REFRESH, P.ORDER_IMPORT,
    P.ENGAGEMENT_APPLY, P.ENGAGEMENT_INVITE, P.ENGAGEMENT_READ, P.ENGAGEMENT_OFFER, P.ENGAGEMENT_CONFIRM,
    P.ASSIGNMENT_READ, P.ASSIGNMENT_ARRIVE, P.ASSIGNMENT_START, P.ASSIGNMENT_FINISH, P.ASSIGNMENT_ACCEPT,
    P.BILL_READ, P.PAYMENT_RECORD, P.PAYMENT_CONFIRM, P.RATING_CREATE, P.EVENT_READ, P.PARAMETER_READ,
)  # fmt: skip
_LOOK = (
    P.PERSON_READ, P.EMPLOYER_READ, P.ORDER_READ, P.ENGAGEMENT_READ, P.ASSIGNMENT_READ, P.BILL_READ, P.EVENT_READ,
    P.STAFF_READ, P.PARAMETER_READ, P.OVERVIEW_READ,
)  # fmt: skip

# (role, relation, permissions): where the role must be held relative to the row. Staff act at their node and below it;
# workers and employers own their rows, which row security and the services check, so their relation is `any`.
_GRANTS: tuple[tuple[Role, str, tuple[P, ...]], ...] = (
    (Role.ANONYMOUS, "any", _EVERYBODY),
    (
        Role.WORKER,
        "any",
        (
            *_EVERYBODY,
            P.SESSION_USE,
            P.PERSON_SELF,
            P.EMPLOYER_SELF,
            P.ENGAGEMENT_APPLY,
            P.ENGAGEMENT_READ,
            P.ENGAGEMENT_CONFIRM,
            P.ASSIGNMENT_READ,
            P.ASSIGNMENT_ARRIVE,
            P.ASSIGNMENT_FINISH,
            P.BILL_READ,
            P.PAYMENT_CONFIRM,
            P.RATING_CREATE,
        ),
    ),
    (
        Role.EMPLOYER,
        "any",
        (
            *_EVERYBODY,
            P.SESSION_USE,
            P.PERSON_SELF,
            P.EMPLOYER_SELF,
            P.ORDER_CREATE,
            P.ORDER_READ,
            P.ORDER_REFRESH,
            P.ENGAGEMENT_READ,
            P.ENGAGEMENT_INVITE,
            P.ENGAGEMENT_OFFER,
            P.ENGAGEMENT_CONFIRM,
            P.ASSIGNMENT_READ,
            P.ASSIGNMENT_ARRIVE,
            P.ASSIGNMENT_START,
            P.ASSIGNMENT_FINISH,
            P.ASSIGNMENT_ACCEPT,
            P.BILL_READ,
            P.PAYMENT_RECORD,
            P.RATING_CREATE,
        ),
    ),
    (Role.STATION_CLERK, "any", (*_EVERYBODY, P.SESSION_USE)),
    (Role.STATION_CLERK, "down", _DESK),
    (Role.STATION_CLERK, "up", (P.PARAMETER_READ,)),
    (Role.COUNTY_OPERATOR, "any", (*_EVERYBODY, P.SESSION_USE)),
    (Role.COUNTY_OPERATOR, "down", (*_DESK, P.STAFF_READ, P.OVERVIEW_READ)),
    (Role.COUNTY_OPERATOR, "up", (P.PARAMETER_READ,)),
    (Role.COUNTY_BUREAU, "any", (*_EVERYBODY, P.SESSION_USE)),
    (Role.COUNTY_BUREAU, "down", (*_LOOK, P.ORDER_REVIEW, P.EMPLOYER_VERIFY, P.NODE_MANAGE, P.PARAMETER_SET)),
    (Role.COUNTY_BUREAU, "up", (P.PARAMETER_READ,)),
    (Role.CITY_BUREAU, "any", (*_EVERYBODY, P.SESSION_USE)),
    (Role.CITY_BUREAU, "down", (*_LOOK, P.NODE_MANAGE, P.PARAMETER_SET)),
)


def seed_policies() -> Iterator[tuple[str, str, str, str, str, str]]:
    """Yield rows (role, subtree, object, action, relation, effect) as `casbin_rule` holds them."""
    for role, relation, permissions in _GRANTS:
        for permission in permissions:
            yield (role.value, "*", permission.object, permission.action, relation, "allow")
