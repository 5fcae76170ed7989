"""The literal list of exceptions: rules in force in one subtree, and what is so inside and beside it."""

from __future__ import annotations

from linggong.kernel.paths import tenant_path
from rbac.permissions import Permission as P
from rbac.policies import PolicyRow
from rbac.roles import Role
from tests.rbac.truth import (
    BUREAU,
    CITY,
    CITY_BUREAU,
    CLERK,
    COMMUNITY,
    COUNTY,
    DEPARTMENT,
    DESK,
    INSURER,
    OTHER,
    OTHER_STATION,
    SIBLING,
    STATION,
    STATION2,
    STREET,
    STREET2,
    STREET_OFFICE,
    Case,
    held,
)

LIMITED: tuple[PolicyRow, ...] = (
    ("street_operator", "/4102/25/", "order", "review", "down", "deny"),
    ("county_bureau", "/4102/2/001/", "settlement", "approve", "any", "deny"),
    ("city_bureau", "/4102/2/", "overview", "export", "any", "deny"),
    ("station_clerk", "/4102/2/", "overview", "read", "down", "allow"),
    ("street_operator", "/4102/2/001/0203/", "person", "register", "down", "allow"),
    ("mediator", "/4102/2/", "report", "read", "up", "allow"),
    ("insurer", "/4102/2/", "bill", "read", "any", "allow"),
    ("department_viewer", "/4102/", "case", "read", "own", "allow"),
)
"""Exceptions added to the seeded rules: rules in force in one subtree."""

STREET25 = tenant_path("/4102/25/001/")
LIMITED_CASES: tuple[Case, ...] = (
    (held(Role.STREET_OPERATOR, STREET25), OTHER_STATION, P.ORDER_REVIEW, False, "streets of this county do not review"),
    (held(Role.STREET_OPERATOR, STREET25), OTHER_STATION, P.ORDER_READ, True, "the exception touches nothing else"),
    (STREET_OFFICE, STATION, P.ORDER_REVIEW, True, "nor another county: /4102/2/ is not /4102/25/"),
    (held(Role.COUNTY_OPERATOR, OTHER), OTHER_STATION, P.ORDER_REVIEW, True, "nor another role"),
    (held(Role.COUNTY_OPERATOR, OTHER, (Role.STREET_OPERATOR, STREET25)), OTHER_STATION, P.ORDER_REVIEW, False, "unless one holds both"),
    (BUREAU, STATION, P.SETTLEMENT_APPROVE, False, "this street is frozen"),
    (BUREAU, STREET, P.SETTLEMENT_APPROVE, False, "the street itself, too"),
    (BUREAU, STATION2, P.SETTLEMENT_APPROVE, True, "the next street is not"),
    (BUREAU, COUNTY, P.SETTLEMENT_APPROVE, True, "nor the county above it"),
    (CITY_BUREAU, COUNTY, P.OVERVIEW_EXPORT, False, "nothing leaves this county"),
    (CITY_BUREAU, STATION2, P.OVERVIEW_EXPORT, False, "nor anything below it"),
    (CITY_BUREAU, OTHER, P.OVERVIEW_EXPORT, True, "from the next one it does"),
    (CITY_BUREAU, CITY, P.OVERVIEW_EXPORT, True, "and from the city as a whole"),
    (CLERK, STATION, P.OVERVIEW_READ, True, "in this county clerks read their figures"),
    (CLERK, SIBLING, P.OVERVIEW_READ, False, "their own"),
    (held(Role.STATION_CLERK, OTHER_STATION), OTHER_STATION, P.OVERVIEW_READ, False, "in the next county they do not"),
    (STREET_OFFICE, COMMUNITY, P.PERSON_REGISTER, True, "one community is served by the street itself"),
    (STREET_OFFICE, DESK, P.PERSON_REGISTER, True, "with its counter"),
    (STREET_OFFICE, STATION, P.PERSON_REGISTER, False, "the rest of the street is not"),
    (held(Role.STREET_OPERATOR, STREET2), COMMUNITY, P.PERSON_REGISTER, False, "nor by another street"),
    (held(Role.MEDIATOR, STREET), COUNTY, P.REPORT_READ, True, "upward, inside the limit"),
    (held(Role.MEDIATOR, STREET), STREET, P.REPORT_READ, True, "his own place lies upward of itself"),
    (held(Role.MEDIATOR, STREET), CITY, P.REPORT_READ, False, "the limit ends the way up"),
    (held(Role.MEDIATOR, STREET), STATION, P.REPORT_READ, False, "and upward is not downward"),
    (INSURER, STATION, P.BILL_READ, True, "anywhere, in one county"),
    (INSURER, OTHER_STATION, P.BILL_READ, False, "not in the next"),
    (DEPARTMENT, COUNTY, P.CASE_READ, True, "its very own place"),
    (DEPARTMENT, STATION, P.CASE_READ, False, "and nothing below it"),
    (DEPARTMENT, CITY, P.CASE_READ, False, "nor above it"),
)  # fmt: skip
