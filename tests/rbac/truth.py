"""The literal access lists: who (acting post first, other posts after it), where, what, the answer, and why.

Written from the roles' one-line descriptions, not from the policies; `test_truth_table` asks the decisions.
"""

from __future__ import annotations

from linggong.kernel.paths import ROOT, TenantPath, tenant_path
from rbac.permissions import Permission as P
from rbac.policies import PolicyRow
from rbac.roles import Role

CITY, COUNTY, OTHER = (tenant_path(p) for p in ("/4102/", "/4102/2/", "/4102/25/"))
STREET, STREET2 = tenant_path("/4102/2/001/"), tenant_path("/4102/2/002/")
STATION, SIBLING, STATION2 = (tenant_path(f"/4102/2/{p}/") for p in ("001/s01", "001/s02", "002/s01"))
COMMUNITY, OTHER_STATION = tenant_path("/4102/2/001/0203/"), tenant_path("/4102/25/001/s01/")
DESK = tenant_path("/4102/2/001/0203/k1/")
NEXT_CITY, LONG_CITY = tenant_path("/4103/"), tenant_path("/41020/2/001/s01/")

Held = tuple[Role | str, TenantPath]
Case = tuple[tuple[Held, ...], TenantPath, P | str, bool, str]


def _posts(role: Role, at: TenantPath, *others: Held) -> tuple[Held, ...]:
    return ((role, at), *others)


CLERK = _posts(Role.STATION_CLERK, STATION)
COMMUNITY_CLERK = _posts(Role.STATION_CLERK, COMMUNITY)
MANAGER = _posts(Role.STATION_MANAGER, STATION)
STREET_OFFICE = _posts(Role.STREET_OPERATOR, STREET)
OPERATOR = _posts(Role.COUNTY_OPERATOR, COUNTY)
BUREAU = _posts(Role.COUNTY_BUREAU, COUNTY)
MEDIATOR = _posts(Role.MEDIATOR, COUNTY)
CITY_BUREAU = _posts(Role.CITY_BUREAU, CITY)
ANALYST = _posts(Role.CITY_ANALYST, CITY)
DEPARTMENT = _posts(Role.DEPARTMENT_VIEWER, COUNTY)
AUDITOR = _posts(Role.AUDITOR, CITY)
PII = _posts(Role.PII_OFFICER, COUNTY)
SYSADMIN = _posts(Role.SYSADMIN, COUNTY)
CITY_SYSADMIN = _posts(Role.SYSADMIN, CITY)
INSURER = _posts(Role.INSURER, CITY)
WORKER, EMPLOYER, ANYBODY = (_posts(r, ROOT) for r in (Role.WORKER, Role.EMPLOYER, Role.ANONYMOUS))

CASES: tuple[Case, ...] = (
    # Station clerk: registers, posts, matches, keeps ledgers of his own station; reveals people linked to it.
    (CLERK, STATION, P.PERSON_REGISTER, True, "a clerk registers at his own station"),
    (CLERK, SIBLING, P.PERSON_REGISTER, False, "not at the next station of the same street"),
    (CLERK, STATION2, P.PERSON_REGISTER, False, "nor in another street"),
    (CLERK, STREET, P.PERSON_REGISTER, False, "nor at the street above him"),
    (CLERK, OTHER_STATION, P.PERSON_REGISTER, False, "nor in another county"),
    (CLERK, STATION, P.ORDER_CREATE, True, "he posts for employers who come to him"),
    (CLERK, STATION, P.ORDER_REVIEW, True, "he reviews what is posted at his station"),
    (CLERK, STATION, P.ORDER_SUSPEND, True, "he freezes what is reported to him"),
    (CLERK, STATION, P.ORDER_DECIDE, False, "and decides nothing about it"),
    (OPERATOR, STATION, P.ORDER_DECIDE, True, "the operator finds out, restores or proposes to take down"),
    (OPERATOR, STATION, P.ORDER_TAKEDOWN, False, "but confirms no take-down"),
    (BUREAU, STATION, P.ORDER_TAKEDOWN, True, "the bureau confirms"),
    (BUREAU, OTHER_STATION, P.ORDER_TAKEDOWN, False, "in its own county"),
    (EMPLOYER, STATION, P.ORDER_SUSPEND, False, "an employer freezes nobody's post"),
    (WORKER, STATION, P.CREW_USE, True, "a worker may lead a crew or join one"),
    (EMPLOYER, STATION, P.CREW_USE, False, "an employer is no crew"),
    (CLERK, STATION, P.CREW_USE, True, "a clerk helps both"),
    (WORKER, STATION, P.TERMS_CHANGE, True, "terms are changed by those whom they bind"),
    (EMPLOYER, STATION, P.TERMS_CHANGE, True, "terms are changed by those whom they bind"),
    (STREET_OFFICE, STATION, P.TERMS_CHANGE, False, "the street looks on"),
    (AUDITOR, STATION, P.ORDER_SUSPEND, False, "he who checks writes nothing"),
    (CLERK, SIBLING, P.ORDER_READ, False, "the sibling's records are not his"),
    (CLERK, STREET, P.ORDER_READ, False, "nor what hangs on the street"),
    (CLERK, OTHER_STATION, P.BOARD_READ, True, "the board is one for the whole city"),
    (CLERK, STATION, P.ENGAGEMENT_OFFER, True, "he matches"),
    (CLERK, STATION, P.ASSIGNMENT_ARRIVE, True, "he keeps the day's ledger"),
    (CLERK, STATION, P.PAYMENT_RECORD, True, "and writes down what was paid"),
    (CLERK, STATION, P.NOTICE_CALL, True, "and calls whom an SMS does not reach"),
    (CLERK, SIBLING, P.NOTICE_READ, False, "but not for the next station"),
    (CLERK, STATION, P.PERSON_REVEAL, True, "he must call the people whom his station serves"),
    (CLERK, SIBLING, P.PERSON_REVEAL, False, "the next station's people stay masked"),
    (CLERK, STREET, P.PARAMETER_READ, True, "the numbers that hold for him are set above"),
    (CLERK, CITY, P.PARAMETER_READ, True, "up to the city"),
    (CLERK, SIBLING, P.PARAMETER_READ, False, "the next station's own numbers do not hold for him"),
    (CLERK, OTHER, P.PARAMETER_READ, False, "nor another county's"),
    (CLERK, STATION, P.PARAMETER_SET, False, "a clerk sets no numbers"),
    (CLERK, STATION, P.NODE_MANAGE, False, "and closes no station"),
    (CLERK, STATION, P.OVERVIEW_READ, False, "the overview begins with the manager"),
    (CLERK, STATION, P.STAFF_READ, False, "staff duty is the manager's"),
    (CLERK, STATION, P.STAFF_GRANT, False, "he appoints nobody"),
    (CLERK, STATION, P.PERSON_EXPORT, False, "lists leave the house through the bureau"),
    (CLERK, STATION, P.CASE_CLOSE, False, "he closes no complaint"),
    (CLERK, STATION, P.AUDIT_READ, False, "the audit trail is not his"),
    (CLERK, STATION, P.CONSOLE_USE, False, "the console begins with the manager"),
    (COMMUNITY_CLERK, COMMUNITY, P.PERSON_REGISTER, True, "the role is held at a community as well"),
    (COMMUNITY_CLERK, DESK, P.PERSON_REGISTER, True, "with the counter that hangs on it"),
    (COMMUNITY_CLERK, STATION, P.PERSON_REGISTER, False, "but not at the street's station beside it"),
    # Station manager: clerk plus what the station's daily close and staff duty need.
    (MANAGER, STATION, P.PERSON_REGISTER, True, "inherited from the clerk"),
    (MANAGER, STATION, P.PERSON_REVEAL, True, "inherited, too"),
    (MANAGER, SIBLING, P.PERSON_REGISTER, False, "an inherited right keeps the manager's own place"),
    (MANAGER, STREET, P.PARAMETER_READ, True, "inherited with its relation: upward"),
    (MANAGER, STATION, P.STAFF_READ, True, "staff duty: who works here"),
    (MANAGER, SIBLING, P.STAFF_READ, False, "not who works next door"),
    (MANAGER, STATION, P.OVERVIEW_READ, True, "the daily close reads the station's figures"),
    (MANAGER, STATION, P.STAFF_GRANT, False, "he appoints nobody"),
    (MANAGER, STATION, P.CASE_CLOSE, False, "and closes no complaint"),
    (MANAGER, STATION, P.SETTLEMENT_SETTLE, False, "nor does he settle the operator's fee"),
    # Street: all stations below: reads, approves, month report; no personal data revealed.
    (STREET_OFFICE, STATION, P.ORDER_READ, True, "the street reads its stations"),
    (STREET_OFFICE, STREET, P.ORDER_READ, True, "and what hangs on itself"),
    (STREET_OFFICE, DESK, P.ORDER_READ, True, "two levels down"),
    (STREET_OFFICE, STATION2, P.ORDER_READ, False, "not the next street's stations"),
    (STREET_OFFICE, COUNTY, P.ORDER_READ, False, "nor the county's"),
    (STREET_OFFICE, STATION, P.ORDER_REVIEW, True, "it approves posts"),
    (STREET_OFFICE, STATION, P.REPORT_APPROVE, True, "and the month report"),
    (STREET_OFFICE, STATION, P.PERSON_READ, True, "it reads people, masked"),
    (STREET_OFFICE, STATION, P.PERSON_REVEAL, False, "and reveals nobody"),
    (STREET_OFFICE, STATION, P.EMPLOYER_REVEAL, False, "no employer's number either"),
    (STREET_OFFICE, STATION, P.PERSON_REGISTER, False, "it does not work the desk"),
    (STREET_OFFICE, STATION, P.PAYMENT_RECORD, False, "nor write wages down"),
    (STREET_OFFICE, COUNTY, P.PARAMETER_READ, True, "it reads the county's numbers, which hold for it"),
    # County operator: runs the county's stations and orders; never scores itself, never closes a complaint against itself.
    (OPERATOR, STATION, P.PERSON_REGISTER, True, "the operator runs the county's stations"),
    (OPERATOR, STATION2, P.ORDER_REVIEW, True, "all of them"),
    (OPERATOR, COUNTY, P.ORDER_CREATE, True, "and orders of the county itself"),
    (OPERATOR, OTHER, P.ORDER_REVIEW, False, "/4102/2/ is no prefix of the place /4102/25/"),
    (OPERATOR, OTHER_STATION, P.PERSON_READ, False, "nor of what lies below it"),
    (OPERATOR, CITY, P.OVERVIEW_READ, False, "the city's figures are above it"),
    (OPERATOR, STATION, P.PERSON_REVEAL, True, "it serves the people of its county"),
    (OPERATOR, STATION, P.STAFF_GRANT, True, "it appoints its stations' staff"),
    (OPERATOR, OTHER_STATION, P.STAFF_GRANT, False, "not the next county's"),
    (OPERATOR, COUNTY, P.SETTLEMENT_SETTLE, True, "it claims its fee"),
    (OPERATOR, COUNTY, P.SETTLEMENT_APPROVE, False, "and never approves it"),
    (OPERATOR, COUNTY, P.SCORECARD_READ, True, "it reads its scorecard"),
    (OPERATOR, COUNTY, P.SCORECARD_ASSESS, False, "and never scores itself"),
    (OPERATOR, STATION, P.CASE_CLOSE, False, "it never closes a complaint against itself"),
    (OPERATOR, COUNTY, P.NODE_MANAGE, False, "it does not change the tree that it is paid for"),
    (OPERATOR, COUNTY, P.PARAMETER_SET, False, "nor the numbers that it is measured by"),
    (OPERATOR, STATION, P.PERSON_EXPORT, False, "the county's data belong to the bureau"),
    (OPERATOR, COUNTY, P.POLICY_READ, False, "policies are no business of the operator"),
    (_posts(Role.COUNTY_OPERATOR, STREET), STATION2, P.ORDER_READ, False, "bound to one street by its contract"),
    # County bureau: owner of the county's data: supervises, assesses, approves payment, exports, bans.
    (BUREAU, STATION, P.ORDER_READ, True, "the bureau supervises"),
    (BUREAU, STATION, P.PERSON_READ, True, "people too, masked"),
    (BUREAU, STATION, P.PERSON_REVEAL, False, "revealing is the officer's"),
    (BUREAU, STATION, P.PERSON_REGISTER, False, "it does not work the desk"),
    (BUREAU, STATION, P.PAYMENT_RECORD, False, "nor write wages down"),
    (BUREAU, COUNTY, P.SCORECARD_ASSESS, True, "it assesses the operator"),
    (BUREAU, COUNTY, P.SETTLEMENT_APPROVE, True, "it approves payment"),
    (BUREAU, COUNTY, P.SETTLEMENT_SETTLE, False, "of what somebody else has claimed"),
    (BUREAU, STATION, P.EMPLOYER_BAN, True, "it bans"),
    (BUREAU, STATION, P.PERSON_EXPORT, True, "it exports"),
    (BUREAU, OTHER_STATION, P.PERSON_EXPORT, False, "its own county only"),
    (BUREAU, STATION, P.CASE_CLOSE, True, "it closes complaints"),
    (BUREAU, STATION, P.NODE_MANAGE, True, "its county's tree is its own"),
    (BUREAU, CITY, P.NODE_MANAGE, False, "the city's is not"),
    (BUREAU, COUNTY, P.PARAMETER_SET, True, "it sets its county's numbers"),
    (BUREAU, CITY, P.PARAMETER_SET, False, "not the city's"),
    (BUREAU, CITY, P.PARAMETER_READ, True, "which it reads, because they hold for it"),
    (BUREAU, COUNTY, P.OPERATOR_MANAGE, True, "it holds the operator's contract"),
    (BUREAU, COUNTY, P.POLICY_READ, True, "it may look up who may do what"),
    (BUREAU, COUNTY, P.POLICY_CHANGE, False, "and changes no policy"),
    (BUREAU, COUNTY, P.RECOGNITION_GRANT, False, "recognition is the city's"),
    (BUREAU, OTHER, P.OVERVIEW_READ, False, "the next county's figures are not its own"),
    # Mediator: mediates cases.
    (MEDIATOR, STATION, P.CASE_MEDIATE, True, "he mediates in his county"),
    (MEDIATOR, STATION, P.CASE_READ, True, "and reads the case"),
    (MEDIATOR, OTHER_STATION, P.CASE_READ, False, "not the next county's"),
    (MEDIATOR, STATION, P.CASE_CLOSE, False, "the bureau closes it"),
    (MEDIATOR, STATION, P.ORDER_READ, False, "the rest of the business is not his"),
    (MEDIATOR, STATION, P.PERSON_READ, False, "nor are people outside a case"),
    (_posts(Role.MEDIATOR, STREET), STATION2, P.CASE_MEDIATE, False, "a street's mediator stays in the street"),
    # City bureau: all counties, aggregates, recognition, policies, presets; persons masked.
    (CITY_BUREAU, STATION, P.ORDER_READ, True, "the city reads everywhere"),
    (CITY_BUREAU, OTHER_STATION, P.BILL_READ, True, "in every county"),
    (CITY_BUREAU, STATION, P.ORDER_REVIEW, False, "and reviews nothing"),
    (CITY_BUREAU, CITY, P.OVERVIEW_READ, True, "aggregates"),
    (CITY_BUREAU, COUNTY, P.RECOGNITION_GRANT, True, "recognition"),
    (CITY_BUREAU, CITY, P.POLICY_CHANGE, True, "policies"),
    (CITY_BUREAU, COUNTY, P.PARAMETER_SET, True, "presets"),
    (CITY_BUREAU, STATION, P.PERSON_READ, True, "people, masked"),
    (CITY_BUREAU, STATION, P.PERSON_REVEAL, False, "never in clear"),
    (CITY_BUREAU, STATION, P.PERSON_EXPORT, False, "nor as a list"),
    (CITY_BUREAU, STATION, P.PERSON_REGISTER, False, "it does not work the desk"),
    (CITY_BUREAU, STATION, P.CASE_CLOSE, False, "nor close a county's complaint"),
    (CITY_BUREAU, COUNTY, P.SCORECARD_ASSESS, False, "nor score a county's operator"),
    (CITY_BUREAU, NEXT_CITY, P.ORDER_READ, False, "the next city is not its own"),
    (CITY_BUREAU, LONG_CITY, P.ORDER_READ, False, "/4102/ is no prefix of the place /41020/"),
    # City analyst: aggregates only.
    (ANALYST, CITY, P.OVERVIEW_READ, True, "aggregates"),
    (ANALYST, COUNTY, P.OVERVIEW_EXPORT, True, "of every county, to take along"),
    (ANALYST, STATION, P.PERSON_READ, False, "no person"),
    (ANALYST, STATION, P.ORDER_READ, False, "no single order"),
    (ANALYST, STATION, P.BILL_READ, False, "no single wage"),
    (ANALYST, STATION, P.PERSON_REVEAL, False, "least of all in clear"),
    (ANALYST, CITY, P.PARAMETER_SET, False, "and he sets nothing"),
    # Department: referred cases, inspections; nothing else written.
    (DEPARTMENT, STATION, P.REFERRAL_READ, True, "cases referred to it"),
    (DEPARTMENT, STATION, P.INSPECTION_READ, True, "its inspections"),
    (DEPARTMENT, STATION, P.INSPECTION_WRITE, True, "with their result"),
    (DEPARTMENT, STATION, P.CASE_READ, False, "no other case"),
    (DEPARTMENT, STATION, P.CASE_MEDIATE, False, "and nothing else written"),
    (DEPARTMENT, STATION, P.ORDER_READ, False, "no business data"),
    (DEPARTMENT, OTHER_STATION, P.INSPECTION_WRITE, False, "nor in the next county"),
    # Auditor: reads everything incl. the audit trail, writes nothing, reveals nothing: deny rows.
    (AUDITOR, STATION, P.ORDER_READ, True, "he reads everything"),
    (AUDITOR, OTHER_STATION, P.PERSON_READ, True, "everywhere below his post"),
    (AUDITOR, STATION, P.BILL_READ, True, "wages"),
    (AUDITOR, COUNTY, P.SETTLEMENT_READ, True, "the operator's fee"),
    (AUDITOR, CITY, P.AUDIT_READ, True, "the audit trail"),
    (AUDITOR, CITY, P.AUDIT_CHECK, True, "whose chain he checks"),
    (AUDITOR, CITY, P.AUDIT_EXPORT, True, "and takes along as evidence"),
    (AUDITOR, CITY, P.POLICY_READ, True, "who may do what"),
    (AUDITOR, CITY, P.POLICY_CHANGE, False, "he changes nothing of it"),
    (AUDITOR, STATION, P.PERSON_REVEAL, False, "he reveals nobody"),
    (AUDITOR, STATION, P.ORDER_REVIEW, False, "he reviews nothing"),
    (AUDITOR, STATION, P.STAFF_GRANT, False, "he appoints nobody"),
    (AUDITOR, STATION, P.SESSION_USE, True, "he signs in and out like anybody"),
    (_posts(Role.AUDITOR, COUNTY), OTHER_STATION, P.ORDER_READ, False, "a county's auditor stays in the county"),
    # Personal-data officer.
    (PII, STATION, P.PERSON_REVEAL, True, "he reveals for a stated purpose"),
    (PII, STATION, P.PERSON_READ, True, "whom he must find first"),
    (PII, OTHER_STATION, P.PERSON_REVEAL, False, "in his county only"),
    (PII, STATION, P.PERSON_EXPORT, False, "one by one, never as a list"),
    (PII, STATION, P.ORDER_READ, False, "and no business data"),
    (PII, STATION, P.PERSON_REGISTER, False, "he writes nothing"),
    # System administrator: staff accounts and settings, no business data.
    (SYSADMIN, STATION, P.STAFF_INVITE, True, "accounts"),
    (SYSADMIN, STATION, P.STAFF_SECURE, True, "sessions and second factors"),
    (SYSADMIN, STATION, P.STAFF_GRANT, True, "he appoints, though he has no business data"),
    (SYSADMIN, OTHER_STATION, P.STAFF_SECURE, False, "in his county only"),
    (SYSADMIN, CITY, P.STAFF_READ, False, "not above it"),
    (SYSADMIN, STATION, P.NODE_MANAGE, True, "settings: a station's telephone"),
    (SYSADMIN, COUNTY, P.PARAMETER_SET, True, "settings: numbers"),
    (SYSADMIN, CITY, P.PARAMETER_SET, False, "his county's only"),
    (SYSADMIN, STATION, P.PERSON_READ, False, "no people"),
    (SYSADMIN, STATION, P.ORDER_READ, False, "no orders"),
    (SYSADMIN, STATION, P.BILL_READ, False, "no wages"),
    (SYSADMIN, STATION, P.PERSON_REVEAL, False, "least of all numbers in clear"),
    (SYSADMIN, COUNTY, P.POLICY_READ, True, "he answers why somebody may not"),
    (CITY_SYSADMIN, CITY, P.POLICY_CHANGE, False, "policies are the city bureau's alone"),
    (CITY_SYSADMIN, OTHER_STATION, P.STAFF_SECURE, True, "the city's administrator, in every county"),
    # Insurer.
    (INSURER, STATION, P.COVER_READ, True, "cover"),
    (INSURER, STATION, P.CLAIM_DECIDE, True, "and claims"),
    (INSURER, STATION, P.PERSON_READ, False, "and no register of people"),
    (INSURER, STATION, P.BILL_READ, False, "nor wages"),
    (INSURER, CITY, P.COVER_MANAGE, False, "what is on offer is the bureau's word"),
    (BUREAU, COUNTY, P.COVER_MANAGE, True, "the county bureau, for its county"),
    (BUREAU, CITY, P.COVER_MANAGE, False, "not for the city"),
    (CITY_BUREAU, COUNTY, P.COVER_MANAGE, True, "the city bureau, for all"),
    (OPERATOR, COUNTY, P.COVER_MANAGE, False, "an operator sells no insurance"),
    (AUDITOR, CITY, P.COVER_MANAGE, False, "an auditor changes nothing"),
    (SYSADMIN, COUNTY, P.OUTSIDE_READ, True, "letters that did not arrive are the administrator's to see"),
    (SYSADMIN, COUNTY, P.OUTSIDE_RESEND, True, "and to send again"),
    (SYSADMIN, OTHER, P.OUTSIDE_RESEND, False, "in his county only"),
    (AUDITOR, CITY, P.OUTSIDE_READ, True, "an auditor sees them"),
    (AUDITOR, CITY, P.OUTSIDE_RESEND, False, "and sends nothing"),
    (CLERK, STATION, P.OUTSIDE_READ, False, "machines are not the clerk's"),
    # Outside the staff: they own their rows; which ones, the rows' walls say.
    (WORKER, STATION, P.ENGAGEMENT_APPLY, True, "a worker applies anywhere in the city"),
    (WORKER, OTHER_STATION, P.BILL_READ, True, "his wages wherever he worked"),
    (WORKER, STATION, P.PERSON_SELF, True, "his own account"),
    (WORKER, STATION, P.PAYMENT_CONFIRM, True, "he says that he was paid"),
    (WORKER, STATION, P.PAYMENT_RECORD, False, "and does not write payments down"),
    (WORKER, STATION, P.ENGAGEMENT_OFFER, False, "he chooses nobody"),
    (WORKER, STATION, P.ORDER_CREATE, False, "who gives work does so as an employer"),
    (WORKER, STATION, P.PERSON_READ, False, "he searches no people"),
    (WORKER, STATION, P.ASSIGNMENT_ACCEPT, False, "the work is accepted by the other side"),
    (EMPLOYER, STATION, P.ORDER_CREATE, True, "an employer posts at any station"),
    (EMPLOYER, STATION, P.ENGAGEMENT_OFFER, True, "he chooses"),
    (EMPLOYER, STATION, P.ASSIGNMENT_ACCEPT, True, "he accepts the work"),
    (EMPLOYER, STATION, P.PAYMENT_RECORD, True, "he says what he paid"),
    (EMPLOYER, STATION, P.PAYMENT_CONFIRM, False, "and does not confirm it himself"),
    (EMPLOYER, STATION, P.ORDER_REVIEW, False, "he reviews no post"),
    (EMPLOYER, STATION, P.PERSON_READ, False, "he searches no people"),
    (EMPLOYER, STATION, P.EMPLOYER_VERIFY, False, "he does not verify himself"),
    (ANYBODY, STATION, P.BOARD_READ, True, "the board is open to everybody"),
    (ANYBODY, STATION, P.PUBLIC_USE, True, "so are sign-in and registration"),
    (ANYBODY, CITY, P.NODE_READ, True, "and where the stations are"),
    (ANYBODY, STATION, P.ENGAGEMENT_APPLY, False, "who applies signs in first"),
    (ANYBODY, STATION, P.SESSION_USE, False, "nobody has no account"),
    (ANYBODY, STATION, P.PERSON_READ, False, "and sees nobody"),
    (ANYBODY, STATION, P.ORDER_READ, False, "nor an order's inside"),
    # Several posts: allow counts for the acting one, deny for every one.
    ((*CLERK, *OPERATOR), SIBLING, P.ORDER_READ, False, "an allow of the other post does not count"),
    ((*OPERATOR, *CLERK), SIBLING, P.ORDER_READ, True, "once he acts at it, it does"),
    ((*CLERK, *AUDITOR), STATION, P.PERSON_REGISTER, False, "who audits writes nothing, whatever else he is"),
    ((*CLERK, *AUDITOR), STATION, P.PERSON_REVEAL, False, "nor reveals anybody"),
    ((*CLERK, *AUDITOR), STATION, P.ORDER_READ, True, "and goes on reading"),
    (
        _posts(Role.STATION_CLERK, OTHER_STATION, (Role.AUDITOR, COUNTY)),
        OTHER_STATION,
        P.PERSON_REVEAL,
        False,
        "an auditor reveals nobody, not even at a desk in another county",
    ),
    ((*BUREAU, *OPERATOR), COUNTY, P.SCORECARD_ASSESS, False, "who runs the stations never scores them"),
    ((*BUREAU, *OPERATOR), STATION, P.CASE_CLOSE, False, "nor closes their complaints"),
    ((*BUREAU, *OPERATOR), COUNTY, P.SETTLEMENT_APPROVE, False, "nor approves their fee"),
    ((*BUREAU, *OPERATOR), STATION, P.EMPLOYER_BAN, True, "what nothing denies stays"),
    ((*CITY_BUREAU, *PII), STATION, P.PERSON_REVEAL, False, "an officer reveals at that post, not at the other"),
    ((*PII, *CITY_BUREAU), STATION, P.PERSON_REVEAL, True, "and at that post he does"),
    ((*PII, *ANALYST), STATION, P.PERSON_REVEAL, False, "an analyst sees aggregates only, whatever else he is"),
    ((*SYSADMIN, *CLERK), STATION, P.PERSON_READ, False, "the administrator's post stays without business data"),
    ((*CLERK, (Role.STATION_CLERK, OTHER_STATION)), OTHER_STATION, P.ORDER_READ, False, "one post at a time"),
    # What nobody knows.
    ((("king", CITY),), STATION, P.ORDER_READ, False, "an unknown role"),
    (
        ((Role.STATION_CLERK, STATION), ("king", CITY)),
        STATION,
        P.ORDER_READ,
        True,
        "an unknown role beside a known one",
    ),
    (CITY_BUREAU, CITY, "crown:wear", False, "an unknown object"),
    (CITY_BUREAU, CITY, "order:devour", False, "an unknown action"),
    (CITY_BUREAU, CITY, "", False, "nothing at all"),
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
    (_posts(Role.STREET_OPERATOR, STREET25), OTHER_STATION, P.ORDER_REVIEW, False, "streets of this county do not review"),
    (_posts(Role.STREET_OPERATOR, STREET25), OTHER_STATION, P.ORDER_READ, True, "the exception touches nothing else"),
    (STREET_OFFICE, STATION, P.ORDER_REVIEW, True, "nor another county: /4102/2/ is not /4102/25/"),
    (_posts(Role.COUNTY_OPERATOR, OTHER), OTHER_STATION, P.ORDER_REVIEW, True, "nor another role"),
    (_posts(Role.COUNTY_OPERATOR, OTHER, (Role.STREET_OPERATOR, STREET25)), OTHER_STATION, P.ORDER_REVIEW, False, "unless one holds both"),
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
    (_posts(Role.STATION_CLERK, OTHER_STATION), OTHER_STATION, P.OVERVIEW_READ, False, "in the next county they do not"),
    (STREET_OFFICE, COMMUNITY, P.PERSON_REGISTER, True, "one community is served by the street itself"),
    (STREET_OFFICE, DESK, P.PERSON_REGISTER, True, "with its counter"),
    (STREET_OFFICE, STATION, P.PERSON_REGISTER, False, "the rest of the street is not"),
    (_posts(Role.STREET_OPERATOR, STREET2), COMMUNITY, P.PERSON_REGISTER, False, "nor by another street"),
    (_posts(Role.MEDIATOR, STREET), COUNTY, P.REPORT_READ, True, "upward, inside the limit"),
    (_posts(Role.MEDIATOR, STREET), STREET, P.REPORT_READ, True, "his own place lies upward of itself"),
    (_posts(Role.MEDIATOR, STREET), CITY, P.REPORT_READ, False, "the limit ends the way up"),
    (_posts(Role.MEDIATOR, STREET), STATION, P.REPORT_READ, False, "and upward is not downward"),
    (INSURER, STATION, P.BILL_READ, True, "anywhere, in one county"),
    (INSURER, OTHER_STATION, P.BILL_READ, False, "not in the next"),
    (DEPARTMENT, COUNTY, P.CASE_READ, True, "its very own place"),
    (DEPARTMENT, STATION, P.CASE_READ, False, "and nothing below it"),
    (DEPARTMENT, CITY, P.CASE_READ, False, "nor above it"),
)  # fmt: skip
