"""Every permission there is: an object and an action. An operation that declares none stops the start of the app."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """`object:action`; the only place where either word is written."""

    BOARD_READ = "board:read"
    PUBLIC_USE = "public:use"
    """Health, sign-in, registration by oneself, static pages."""
    SESSION_USE = "session:use"
    """Sign out, switch post, read one's own account."""
    NODE_READ = "node:read"
    NODE_MANAGE = "node:manage"
    PARAMETER_READ = "parameter:read"
    PARAMETER_SET = "parameter:set"
    PERSON_REGISTER = "person:register"
    PERSON_READ = "person:read"
    PERSON_RECOVER = "person:recover"
    PERSON_IMPORT = "person:import"
    PERSON_SELF = "person:self"
    EMPLOYER_REGISTER = "employer:register"
    EMPLOYER_READ = "employer:read"
    EMPLOYER_VERIFY = "employer:verify"
    EMPLOYER_SELF = "employer:self"
    PERSON_REVEAL = "person:reveal"
    """See a person's number in clear, for a stated purpose, for a while, with a record that he can see."""
    PERSON_EXPORT = "person:export"
    EMPLOYER_REVEAL = "employer:reveal"
    EMPLOYER_BAN = "employer:ban"
    STAFF_READ = "staff:read"
    STAFF_INVITE = "staff:invite"
    """Make an account."""
    STAFF_GRANT = "staff:grant"
    """Give, transfer and substitute posts: only roles that one's own role may hand on, only below one's own post."""
    STAFF_END = "staff:end"
    """End a post or an account."""
    STAFF_SECURE = "staff:secure"
    """See and end sessions, reset password, PIN and second factor, print one-time codes."""
    STAFF_EXPORT = "staff:export"
    OPERATOR_READ = "operator:read"
    OPERATOR_MANAGE = "operator:manage"
    """Contracts of operators and the places they cover (R020)."""
    POLICY_READ = "policy:read"
    POLICY_CHANGE = "policy:change"
    AUDIT_READ = "audit:read"
    AUDIT_CHECK = "audit:check"
    AUDIT_EXPORT = "audit:export"
    CONSOLE_USE = "console:use"
    NOTICE_READ = "notice:read"
    """Whom the station should call, because something must be told."""
    NOTICE_CALL = "notice:call"
    MESSAGE_READ = "message:read"
    MESSAGE_RESEND = "message:resend"
    ORDER_CREATE = "order:create"
    ORDER_READ = "order:read"
    ORDER_REVIEW = "order:review"
    ORDER_REFRESH = "order:refresh"
    ORDER_IMPORT = "order:import"
    ORDER_EXPORT = "order:export"
    IMPORT_READ = "import:read"
    """Batches of imported registers and posts."""
    ENGAGEMENT_APPLY = "engagement:apply"
    ENGAGEMENT_INVITE = "engagement:invite"
    ENGAGEMENT_READ = "engagement:read"
    ENGAGEMENT_OFFER = "engagement:offer"
    ENGAGEMENT_CONFIRM = "engagement:confirm"
    ENGAGEMENT_DECLINE = "engagement:decline"
    ENGAGEMENT_CONTACT = "engagement:contact"
    """The other side's telephone, once both have confirmed; recorded."""
    ASSIGNMENT_READ = "assignment:read"
    ASSIGNMENT_ARRIVE = "assignment:arrive"
    ASSIGNMENT_START = "assignment:start"
    ASSIGNMENT_FINISH = "assignment:finish"
    ASSIGNMENT_ACCEPT = "assignment:accept"
    BILL_READ = "bill:read"
    BILL_EXPORT = "bill:export"
    PAYMENT_RECORD = "payment:record"
    PAYMENT_CONFIRM = "payment:confirm"
    RATING_CREATE = "rating:create"
    EVENT_READ = "event:read"
    OVERVIEW_READ = "overview:read"
    OVERVIEW_EXPORT = "overview:export"
    CASE_READ = "case:read"
    CASE_MEDIATE = "case:mediate"
    CASE_CLOSE = "case:close"
    REFERRAL_READ = "referral:read"
    """Cases handed to another department (R016)."""
    INSPECTION_READ = "inspection:read"
    INSPECTION_WRITE = "inspection:write"
    REPORT_READ = "report:read"
    REPORT_APPROVE = "report:approve"
    SCORECARD_READ = "scorecard:read"
    SCORECARD_ASSESS = "scorecard:assess"
    SETTLEMENT_READ = "settlement:read"
    SETTLEMENT_SETTLE = "settlement:settle"
    SETTLEMENT_APPROVE = "settlement:approve"
    COVER_READ = "cover:read"
    COVER_MANAGE = "cover:manage"
    """Products that a place offers."""
    OUTSIDE_READ = "outside:read"
    """Calls to outside systems, and what became of them."""
    OUTSIDE_RESEND = "outside:resend"
    CLAIM_DECIDE = "claim:decide"
    RECOGNITION_GRANT = "recognition:grant"
    DEV_READ = "dev:read"
    """The local sender's message page; served in dev mode only."""

    @property
    def object(self) -> str:
        """The object type."""
        return self.value.partition(":")[0]

    @property
    def action(self) -> str:
        """The action."""
        return self.value.partition(":")[2]

    @property
    def is_read(self) -> bool:
        """Tell whether it changes nothing: its transactions are opened read-only, and an auditor may have it."""
        return self.action in _READING


_READING = frozenset({"read", "check"})
OUTSIDE_STAFF = frozenset(
    {Permission.PUBLIC_USE, Permission.SESSION_USE, Permission.BOARD_READ, Permission.DEV_READ, Permission.PERSON_SELF}
    | {Permission.EMPLOYER_SELF}
)
"""What belongs to a person, not to a post: no deny row of a role touches it."""
