"""The literal list of who publishes what a place says of itself; part of the truth table."""

from __future__ import annotations

from rbac.permissions import Permission as P
from tests.rbac.truth import AUDITOR, BUREAU, CITY, CITY_BUREAU, CLERK, COUNTY, OPERATOR, OTHER, STATION, Case

SITE_CASES: tuple[Case, ...] = (
    (CITY_BUREAU, CITY, P.SITE_PUBLISH, True, "what the city promises, and its directory"),
    (BUREAU, COUNTY, P.SITE_PUBLISH, True, "and a county of its own"),
    (OPERATOR, COUNTY, P.SITE_PUBLISH, True, "or whoever runs its stations"),
    (OPERATOR, OTHER, P.SITE_PUBLISH, False, "not the next county's"),
    (BUREAU, CITY, P.SITE_PUBLISH, False, "nor the city's"),
    (CLERK, STATION, P.SITE_PUBLISH, False, "a clerk promises nothing in the office's name"),
    (AUDITOR, CITY, P.SITE_PUBLISH, False, "an auditor publishes nothing"),
)
