"""The literal list of who keeps ledgers and who signs; part of the truth table."""

from __future__ import annotations

from rbac.permissions import Permission as P
from tests.rbac.truth import (
    AUDITOR,
    BUREAU,
    CITY,
    CITY_BUREAU,
    CLERK,
    COUNTY,
    OPERATOR,
    SIBLING,
    STATION,
    STREET_OFFICE,
    Case,
)

LEDGER_CASES: tuple[Case, ...] = (
    (CLERK, STATION, P.LEDGER_WRITE, True, "who did it writes it"),
    (CLERK, SIBLING, P.LEDGER_WRITE, False, "not the next station's"),
    (CLERK, STATION, P.REPORT_SIGN, True, "and signs the month"),
    (OPERATOR, STATION, P.LEDGER_READ, True, "the operator reads"),
    (OPERATOR, STATION, P.LEDGER_WRITE, False, "and writes nothing in a station's name"),
    (OPERATOR, STATION, P.REPORT_SIGN, False, "nor signs for it"),
    (STREET_OFFICE, STATION, P.REPORT_SIGN, False, "and signs nothing"),
    (BUREAU, COUNTY, P.LEDGER_READ, True, "the bureau reads"),
    (CITY_BUREAU, CITY, P.LEDGER_READ, True, "and the city"),
    (AUDITOR, CITY, P.LEDGER_WRITE, False, "who checks writes nothing"),
)
