"""The literal list of who goes out to people, and who draws whom to ask; part of the truth table."""

from __future__ import annotations

from rbac.permissions import Permission as P
from tests.rbac.truth import (
    AUDITOR,
    BUREAU,
    CITY,
    CITY_BUREAU,
    CLERK,
    COUNTY,
    EMPLOYER,
    MANAGER,
    OPERATOR,
    OTHER_STATION,
    SIBLING,
    STATION,
    STREET,
    STREET_OFFICE,
    WORKER,
    Case,
)

OUTREACH_CASES: tuple[Case, ...] = (
    (CLERK, STATION, P.OUTREACH_RECORD, True, "a clerk writes down his station's visits"),
    (CLERK, SIBLING, P.OUTREACH_READ, False, "and reads none of the next station"),
    (CLERK, STATION, P.OUTREACH_MANAGE, False, "he hands no employer to anybody"),
    (MANAGER, STATION, P.OUTREACH_MANAGE, True, "his manager does, at the station"),
    (MANAGER, SIBLING, P.OUTREACH_MANAGE, False, "at no other"),
    (CLERK, STATION, P.SURVEY_ENTER, True, "surveys are entered at the station"),
    (STREET_OFFICE, STREET, P.SURVEY_ENTER, True, "and by the street that asked its villages"),
    (BUREAU, COUNTY, P.SURVEY_ENTER, False, "not by the bureau"),
    (OPERATOR, COUNTY, P.SATISFACTION_DRAW, False, "the operator draws nobody who judges it"),
    (BUREAU, COUNTY, P.SATISFACTION_DRAW, True, "the bureau draws"),
    (BUREAU, OTHER_STATION, P.SATISFACTION_DRAW, False, "in its own county"),
    (BUREAU, STATION, P.EMPLOYER_WARN, True, "the bureau warns an employer"),
    (OPERATOR, STATION, P.EMPLOYER_WARN, False, "the operator guides, and warns nobody"),
    (CITY_BUREAU, CITY, P.OUTREACH_READ, True, "the city reads"),
    (CITY_BUREAU, CITY, P.OUTREACH_RECORD, False, "and writes nothing down"),
    (AUDITOR, STATION, P.OUTREACH_READ, True, "the auditor reads"),
    (AUDITOR, STATION, P.SURVEY_ENTER, False, "and enters nothing"),
    (EMPLOYER, STATION, P.FAIR_JOIN, True, "an employer signs in at a fair by its code"),
    (WORKER, STATION, P.FAIR_JOIN, False, "a worker comes without signing"),
)
