"""The seeded policies of all roles. The rows in force live in `casbin_rule`; a migration seeds them from here."""

from __future__ import annotations

from collections.abc import Iterator

from rbac.permissions import OUTSIDE_STAFF
from rbac.permissions import Permission as P
from rbac.roles import STAFF_ROLES, Role

PolicyRow = tuple[str, str, str, str, str, str]
"""(role, subtree or "*", object, action, relation, allow or deny)."""

INHERITS: tuple[tuple[Role, Role], ...] = ((Role.STATION_MANAGER, Role.STATION_CLERK),)
"""A station's manager may do all that its clerks may."""

_EVERYBODY = (P.PUBLIC_USE, P.BOARD_READ, P.NODE_READ, P.DEV_READ)
_DESK = (
    P.PERSON_REGISTER, P.PERSON_READ, P.PERSON_RECOVER, P.PERSON_IMPORT, P.PERSON_REVEAL,
    P.EMPLOYER_REGISTER, P.EMPLOYER_READ, P.EMPLOYER_VERIFY, P.EMPLOYER_REVEAL,
    P.ORDER_CREATE, P.ORDER_READ, P.ORDER_REVIEW, P.ORDER_REFRESH, P.ORDER_IMPORT, P.IMPORT_READ,
    P.ORDER_SUSPEND, P.CREW_USE, P.TERMS_CHANGE,
    P.ENGAGEMENT_APPLY, P.ENGAGEMENT_INVITE, P.ENGAGEMENT_READ, P.ENGAGEMENT_OFFER, P.ENGAGEMENT_CONFIRM, P.ENGAGEMENT_DECLINE, P.ENGAGEMENT_CONTACT,
    P.ASSIGNMENT_READ, P.ASSIGNMENT_ARRIVE, P.ASSIGNMENT_START, P.ASSIGNMENT_FINISH, P.ASSIGNMENT_ACCEPT,
    P.ASSIGNMENT_DECIDE, P.ASSIGNMENT_VOID, P.WEATHER_WRITE,
    P.BILL_READ, P.PAYMENT_RECORD, P.PAYMENT_CONFIRM, P.RATING_CREATE, P.CREDIT_READ, P.CREDIT_OBJECT, P.CREDIT_PROPOSE,
    P.EVENT_READ, P.PARAMETER_READ,
    P.CASE_READ, P.REPORT_READ, P.NOTICE_READ, P.NOTICE_CALL,
    P.QUEUE_READ, P.QUEUE_SERVE, P.SCREEN_READ, P.SCREEN_MANAGE, P.DISPATCH_READ, P.DISPATCH_PROPOSE,
    P.PRIORITY_READ, P.PRIORITY_RECORD, P.EVIDENCE_READ,
)  # fmt: skip
_LOOK = (
    P.PERSON_READ, P.EMPLOYER_READ, P.ORDER_READ, P.ENGAGEMENT_READ, P.ASSIGNMENT_READ, P.BILL_READ, P.EVENT_READ,
    P.STAFF_READ, P.PARAMETER_READ, P.OVERVIEW_READ, P.IMPORT_READ, P.OPERATOR_READ, P.CASE_READ, P.INSPECTION_READ,
    P.REPORT_READ, P.SCORECARD_READ, P.SETTLEMENT_READ, P.REFERRAL_READ, P.COVER_READ, P.CREDIT_READ,
    P.EVIDENCE_READ, P.PROCUREMENT_READ,
)  # fmt: skip
_APPOINT = (P.STAFF_INVITE, P.STAFF_GRANT, P.STAFF_END)

# Whoever is asked first takes a case down and stays responsible; what it comes to is decided by others (R096, invariant 13).
_CASE_DESK = (
    P.CASE_OPEN, P.CASE_NOTE, P.CASE_HANDLE, P.CASE_ANSWER, P.CASE_REFER, P.INJURY_REPORT, P.INJURY_READ, P.INJURY_HANDLE,
    P.INCIDENT_READ, P.INCIDENT_RECORD,
)  # fmt: skip
_CASE_SEEN = (P.INJURY_READ, P.INCIDENT_READ)

# (role, relation, permissions): where the role must be held relative to the row. Staff act at their node and below it;
# workers and employers own their rows, which row security and the services check, so their relation is `any`.
_GRANTS: tuple[tuple[Role, str, tuple[P, ...]], ...] = (
    (Role.ANONYMOUS, "any", _EVERYBODY),
    (
        Role.WORKER,
        "any",
        (
            *_EVERYBODY, P.SESSION_USE, P.PERSON_SELF, P.EMPLOYER_SELF, P.ENGAGEMENT_APPLY, P.ENGAGEMENT_READ,
            P.ENGAGEMENT_CONFIRM, P.ENGAGEMENT_DECLINE, P.ENGAGEMENT_CONTACT, P.ASSIGNMENT_READ, P.ASSIGNMENT_ARRIVE, P.ASSIGNMENT_FINISH, P.BILL_READ,
            P.PAYMENT_CONFIRM, P.RATING_CREATE, P.CREDIT_READ, P.CREDIT_OBJECT, P.CREW_USE, P.TERMS_CHANGE,
        ),
    ),
    (
        Role.EMPLOYER,
        "any",
        (
            *_EVERYBODY, P.SESSION_USE, P.PERSON_SELF, P.EMPLOYER_SELF, P.ORDER_CREATE, P.ORDER_READ, P.ORDER_REFRESH,
            P.ENGAGEMENT_READ, P.ENGAGEMENT_INVITE, P.ENGAGEMENT_OFFER, P.ENGAGEMENT_CONFIRM, P.ENGAGEMENT_DECLINE, P.ENGAGEMENT_CONTACT, P.ASSIGNMENT_READ,
            P.ASSIGNMENT_ARRIVE, P.ASSIGNMENT_START, P.ASSIGNMENT_FINISH, P.ASSIGNMENT_ACCEPT, P.BILL_READ,
            P.PAYMENT_RECORD, P.RATING_CREATE, P.CREDIT_READ, P.CREDIT_OBJECT, P.TERMS_CHANGE,
        ),
    ),
    (Role.STATION_CLERK, "down", _DESK),
    (Role.STATION_MANAGER, "down", (P.STAFF_READ, P.OVERVIEW_READ, P.CONSOLE_USE)),
    (
        Role.STREET_OPERATOR,
        "down",
        (
            P.PERSON_READ, P.EMPLOYER_READ, P.ORDER_READ, P.ORDER_REVIEW, P.ORDER_SUSPEND, P.ENGAGEMENT_READ, P.ASSIGNMENT_READ,
            P.BILL_READ, P.EVENT_READ, P.STAFF_READ, P.OVERVIEW_READ, P.PARAMETER_READ, P.CASE_READ, P.REPORT_READ,
            P.REPORT_APPROVE, P.OVERVIEW_EXPORT, P.EVIDENCE_READ,
        ),
    ),
    (
        Role.COUNTY_OPERATOR,
        "down",
        (
            *_DESK, *_APPOINT, P.ORDER_DECIDE, P.STAFF_READ, P.OVERVIEW_READ, P.OVERVIEW_EXPORT, P.ORDER_EXPORT, P.OPERATOR_READ, P.SCORECARD_READ,
            P.SETTLEMENT_READ, P.SETTLEMENT_SETTLE, P.CONSOLE_USE,
        ),
    ),
    (
        Role.COUNTY_BUREAU,
        "down",
        (
            *_LOOK, *_APPOINT, P.ASSIGNMENT_VOID, P.WEATHER_WRITE, P.ORDER_REVIEW, P.ORDER_SUSPEND, P.ORDER_DECIDE, P.ORDER_TAKEDOWN, P.EMPLOYER_VERIFY, P.EMPLOYER_BAN, P.NODE_MANAGE, P.PARAMETER_SET,
            P.OPERATOR_MANAGE, P.CREDIT_PROPOSE, P.CREDIT_DECIDE, P.CASE_MEDIATE, P.CASE_CLOSE, P.INSPECTION_WRITE, P.SCORECARD_ASSESS,
            P.SETTLEMENT_APPROVE, P.REPORT_APPROVE, P.PERSON_EXPORT, P.ORDER_EXPORT, P.BILL_EXPORT, P.STAFF_EXPORT,
            P.OVERVIEW_EXPORT, P.POLICY_READ, P.CONSOLE_USE, P.COVER_MANAGE,
        ),
    ),
    (Role.MEDIATOR, "down", (P.CASE_READ, P.CASE_MEDIATE)),
    (
        Role.CITY_BUREAU,
        "down",
        (
            *_LOOK, *_APPOINT, P.WEATHER_WRITE, P.NODE_MANAGE, P.PARAMETER_SET, P.POLICY_READ, P.POLICY_CHANGE, P.RECOGNITION_GRANT, P.CREDIT_DECIDE,
            P.OVERVIEW_EXPORT, P.ORDER_EXPORT, P.CONSOLE_USE, P.COVER_MANAGE,
        ),
    ),
    (Role.CITY_ANALYST, "down", (P.OVERVIEW_READ, P.OVERVIEW_EXPORT)),
    (Role.DEPARTMENT_VIEWER, "down", (P.REFERRAL_READ, P.REFERRAL_ANSWER, P.INSPECTION_READ, P.INSPECTION_WRITE, P.EVIDENCE_READ)),
    (
        Role.AUDITOR,
        "down",
        (*_LOOK, P.POLICY_READ, P.MESSAGE_READ, P.NOTICE_READ, P.OUTSIDE_READ, P.AUDIT_READ, P.AUDIT_CHECK, P.AUDIT_EXPORT, P.CONSOLE_USE),
    ),
    (Role.PII_OFFICER, "down", (P.PERSON_READ, P.PERSON_REVEAL, P.EMPLOYER_READ, P.EMPLOYER_REVEAL)),
    (
        Role.SYSADMIN,
        "down",
        (
            *_APPOINT, P.STAFF_READ, P.STAFF_SECURE, P.STAFF_EXPORT, P.NODE_MANAGE, P.PARAMETER_READ, P.PARAMETER_SET,
            P.OPERATOR_READ, P.POLICY_READ, P.MESSAGE_READ, P.MESSAGE_RESEND, P.OUTSIDE_READ, P.OUTSIDE_RESEND,
            P.CONSOLE_USE,
        ),
    ),
    # Arrears are handed over by operator, bureau or the worker himself; an employer keeps his own wage ledger.
    (Role.WORKER, "any", (P.BILL_REFER,)),
    (Role.EMPLOYER, "any", (P.BILL_EXPORT,)),
    (Role.COUNTY_OPERATOR, "down", (P.BILL_REFER,)),
    (Role.COUNTY_BUREAU, "down", (P.BILL_REFER,)),
    (
        Role.WORKER,
        "any",
        (
            P.CASE_READ, P.CASE_OPEN, P.CASE_NOTE, P.CASE_ANSWER, P.CASE_REFER, P.INJURY_REPORT, P.INJURY_READ,
            P.INJURY_HEALTH,
        ),
    ),
    (
        Role.EMPLOYER,
        "any",
        (P.CASE_READ, P.CASE_OPEN, P.CASE_NOTE, P.CASE_ANSWER, P.INJURY_REPORT, P.INJURY_READ),
    ),
    (Role.STATION_CLERK, "down", _CASE_DESK),
    (Role.COUNTY_OPERATOR, "down", _CASE_DESK),
    (Role.STREET_OPERATOR, "down", (*_CASE_SEEN, P.INCIDENT_RECORD)),
    (
        Role.COUNTY_BUREAU,
        "down",
        (
            *_CASE_SEEN, P.CASE_OPEN, P.CASE_NOTE, P.CASE_HANDLE, P.CASE_REFER, P.MEDIATOR_MANAGE, P.INJURY_REPORT,
            P.INJURY_HANDLE, P.INJURY_HEALTH, P.INCIDENT_RECORD, P.INCIDENT_CONFIRM,
        ),
    ),
    (Role.CITY_BUREAU, "down", _CASE_SEEN),
    (Role.AUDITOR, "down", _CASE_SEEN),
    (Role.MEDIATOR, "down", (P.CASE_NOTE, P.CASE_HANDLE, P.CASE_ANSWER, P.CASE_REFER)),
    (Role.WORKER, "any", (P.QUEUE_JOIN,)),
    # Notices and tasks go down the tree: everybody below answers, whoever stands above somebody sends.
    *((role, "down", (P.MEMO_READ, P.MEMO_ANSWER)) for role in (Role.STATION_CLERK, Role.STREET_OPERATOR, Role.COUNTY_OPERATOR, Role.COUNTY_BUREAU, Role.CITY_BUREAU)),
    *((role, "down", (P.MEMO_SEND,)) for role in (Role.STREET_OPERATOR, Role.COUNTY_OPERATOR, Role.COUNTY_BUREAU, Role.CITY_BUREAU)),
    (Role.AUDITOR, "down", (P.MEMO_READ,)),
    # The bureau inspects with other departments; the place and its operator put right what was found, and judge nothing of their own.
    *((role, "down", (P.INSPECTION_PLAN, P.CARD_READ, P.CARD_DECIDE, P.RECTIFICATION_READ, P.NODE_REMOVE)) for role in (Role.COUNTY_BUREAU, Role.CITY_BUREAU)),
    (Role.CITY_BUREAU, "down", (P.INSPECTION_WRITE,)),
    *((role, "down", (P.RECTIFICATION_READ, P.RECTIFICATION_WRITE)) for role in (Role.STATION_CLERK, Role.COUNTY_OPERATOR)),
    (Role.STREET_OPERATOR, "down", (P.RECTIFICATION_READ,)),
    (Role.DEPARTMENT_VIEWER, "down", (P.RECTIFICATION_READ,)),
    (Role.AUDITOR, "down", (P.CARD_READ, P.RECTIFICATION_READ)),
    # A letter is the bureau's; whoever receives one reads it and signs for it.
    *((role, "down", (P.LETTER_READ, P.LETTER_ISSUE)) for role in (Role.COUNTY_BUREAU, Role.CITY_BUREAU)),
    *((role, "down", (P.LETTER_READ, P.LETTER_SIGN)) for role in (Role.STATION_CLERK, Role.STREET_OPERATOR, Role.COUNTY_OPERATOR)),
    (Role.COUNTY_BUREAU, "down", (P.LETTER_SIGN,)),
    (Role.EMPLOYER, "any", (P.LETTER_READ, P.LETTER_SIGN)),
    (Role.AUDITOR, "down", (P.LETTER_READ,)),
    # Whether a station is open is seen by those who answer for it; who sat in it is not.
    *((role, "down", (P.SCREEN_READ,)) for role in (Role.STREET_OPERATOR, Role.COUNTY_BUREAU, Role.CITY_BUREAU)),
    (Role.CITY_BUREAU, "down", (P.DISPATCH_READ, P.DISPATCH_PROPOSE)),
    (Role.AUDITOR, "down", (P.QUEUE_READ, P.SCREEN_READ, P.DISPATCH_READ, P.PRIORITY_READ)),
    *((role, "down", (P.SITE_PUBLISH,)) for role in (Role.COUNTY_OPERATOR, Role.COUNTY_BUREAU, Role.CITY_BUREAU)),
    # Ledgers are kept and reports signed where the work is done; who answers for it reads, and approves with a right of its own.
    (Role.STATION_CLERK, "down", (P.LEDGER_READ, P.LEDGER_WRITE, P.REPORT_SIGN)),
    *((role, "down", (P.LEDGER_READ,)) for role in (Role.STREET_OPERATOR, Role.COUNTY_OPERATOR, Role.COUNTY_BUREAU, Role.CITY_BUREAU, Role.AUDITOR)),
    # An operator and a station report on themselves and never score; the city recognises what a county applies for.
    *((role, "down", (P.SCORECARD_FILE,)) for role in (Role.STATION_MANAGER, Role.COUNTY_OPERATOR, Role.COUNTY_BUREAU)),
    (Role.STATION_MANAGER, "down", (P.SCORECARD_READ,)),
    *((role, "down", (P.RECOGNITION_READ,)) for role in (Role.COUNTY_BUREAU, Role.CITY_BUREAU, Role.AUDITOR)),
    (Role.COUNTY_BUREAU, "down", (P.RECOGNITION_APPLY,)),
    # Whoever is asked first takes the matter in and stays accountable (R096); what is offered is written by the bureaus.
    *((role, "down", (P.SERVICE_READ,)) for role in (Role.STATION_CLERK, Role.STREET_OPERATOR, Role.COUNTY_OPERATOR, Role.COUNTY_BUREAU, Role.CITY_BUREAU, Role.AUDITOR)),
    *((role, "down", (P.SERVICE_TAKE,)) for role in (Role.STATION_CLERK, Role.COUNTY_OPERATOR)),
    *((role, "down", (P.SERVICE_MANAGE,)) for role in (Role.COUNTY_BUREAU, Role.CITY_BUREAU)),
    (Role.INSURER, "down", (P.COVER_READ, P.CLAIM_DECIDE, P.INJURY_READ, P.INJURY_HEALTH)),
    # Going out to people: stations, streets and operators write it down, the bureau draws whom to ask and warns.
    *((role, "down", (P.OUTREACH_READ, P.OUTREACH_RECORD)) for role in (Role.STATION_CLERK, Role.STREET_OPERATOR, Role.COUNTY_OPERATOR, Role.COUNTY_BUREAU)),
    *((role, "down", (P.SURVEY_ENTER,)) for role in (Role.STATION_CLERK, Role.STREET_OPERATOR, Role.COUNTY_OPERATOR)),
    *((role, "down", (P.OUTREACH_MANAGE,)) for role in (Role.STATION_MANAGER, Role.COUNTY_OPERATOR, Role.COUNTY_BUREAU)),
    *((role, "down", (P.OUTREACH_READ,)) for role in (Role.CITY_BUREAU, Role.AUDITOR)),
    *((role, "down", (P.SATISFACTION_DRAW,)) for role in (Role.COUNTY_BUREAU, Role.CITY_BUREAU)),
    (Role.COUNTY_BUREAU, "down", (P.EMPLOYER_WARN,)),
    (Role.EMPLOYER, "any", (P.FAIR_JOIN,)),
    *((role, "any", (*_EVERYBODY, P.SESSION_USE)) for role in STAFF_ROLES),
    # The file of a place is filled by whoever runs it or answers for the street around it; offices above read it.
    *((role, "down", (P.FILE_READ, P.FILE_WRITE)) for role in (Role.STATION_CLERK, Role.STREET_OPERATOR, Role.COUNTY_OPERATOR)),
    *((role, "down", (P.FILE_READ, P.TARGET_SET)) for role in (Role.COUNTY_BUREAU, Role.CITY_BUREAU)),
    (Role.AUDITOR, "down", (P.FILE_READ,)),
    # The numbers that hold for a place are set above it, too.
    *(
        (role, "up", (P.PARAMETER_READ,))
        for role in (Role.STATION_CLERK, Role.STREET_OPERATOR, Role.COUNTY_OPERATOR, Role.COUNTY_BUREAU, Role.SYSADMIN)
    ),
)  # fmt: skip

_AUDITOR_MAY = frozenset({P.AUDIT_EXPORT, P.CONSOLE_USE}) | OUTSIDE_STAFF
# A deny beats every allow, also that of another post of the same person.
_DENIALS: tuple[tuple[Role, str, tuple[P, ...]], ...] = (
    # He who checks what others did writes nothing and reveals nobody, whatever else he is.
    (Role.AUDITOR, "any", tuple(p for p in P if not p.is_read and p not in _AUDITOR_MAY)),
    # The operator that is paid never scores itself, and never closes a complaint against itself.
    (Role.COUNTY_OPERATOR, "any", (P.SCORECARD_ASSESS, P.SETTLEMENT_APPROVE, P.CASE_CLOSE, P.SATISFACTION_DRAW)),
    # The city sees persons masked; whoever must see more is a personal-data officer at a post of his own.
    (Role.CITY_ANALYST, "any", (P.PERSON_REVEAL, P.EMPLOYER_REVEAL, P.PERSON_EXPORT)),
)


def seed_policies() -> Iterator[PolicyRow]:
    """Yield rows (role, subtree, object, action, relation, effect) as `casbin_rule` holds them."""
    for grants, effect in ((_GRANTS, "allow"), (_DENIALS, "deny")):
        for role, relation, permissions in grants:
            for permission in permissions:
                yield (role.value, "*", permission.object, permission.action, relation, effect)
