"""The literal list of who writes, reads and signs for letters, inspects, gives cards; part of the truth table."""

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
    OTHER,
    STATION,
    WORKER,
    Case,
)

CASES: tuple[Case, ...] = (
    (BUREAU, COUNTY, P.LETTER_ISSUE, True, "a letter is the bureau's"),
    (CITY_BUREAU, CITY, P.LETTER_ISSUE, True, "or the city's"),
    (BUREAU, OTHER, P.LETTER_ISSUE, False, "not for the next county"),
    (OPERATOR, COUNTY, P.LETTER_ISSUE, False, "an operator issues none"),
    (CLERK, STATION, P.LETTER_ISSUE, False, "nor does a station"),
    (CLERK, STATION, P.LETTER_SIGN, True, "a station signs for what it receives"),
    (OPERATOR, COUNTY, P.LETTER_SIGN, True, "an operator too"),
    (EMPLOYER, COUNTY, P.LETTER_SIGN, True, "and an employer"),
    (WORKER, COUNTY, P.LETTER_READ, False, "workers receive none"),
    (AUDITOR, CITY, P.LETTER_READ, True, "an auditor reads them"),
    (AUDITOR, CITY, P.LETTER_SIGN, False, "and signs for nobody"),
    (OPERATOR, COUNTY, P.SCORECARD_FILE, True, "an operator reports on itself"),
    (MANAGER, STATION, P.SCORECARD_FILE, True, "a station too"),
    (MANAGER, STATION, P.SCORECARD_READ, True, "and reads its sheet"),
    (CLERK, STATION, P.SCORECARD_FILE, False, "its clerks do not"),
    (MANAGER, STATION, P.SCORECARD_ASSESS, False, "nor does it score itself"),
    (BUREAU, COUNTY, P.SCORECARD_FILE, True, "the bureau files what it found"),
    (AUDITOR, COUNTY, P.SCORECARD_FILE, False, "an auditor files nothing"),
    (BUREAU, COUNTY, P.RECOGNITION_APPLY, True, "a county applies for its market"),
    (BUREAU, OTHER, P.RECOGNITION_APPLY, False, "not for the next county's"),
    (CITY_BUREAU, COUNTY, P.RECOGNITION_APPLY, False, "the city does not apply: it grants"),
    (CITY_BUREAU, COUNTY, P.RECOGNITION_READ, True, "and reads what was applied for"),
    (OPERATOR, COUNTY, P.RECOGNITION_READ, False, "an operator has no part in it"),
)
