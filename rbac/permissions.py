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
    STAFF_READ = "staff:read"
    ORDER_CREATE = "order:create"
    ORDER_READ = "order:read"
    ORDER_REVIEW = "order:review"
    ORDER_REFRESH = "order:refresh"
    ORDER_IMPORT = "order:import"
    ENGAGEMENT_APPLY = "engagement:apply"
    ENGAGEMENT_INVITE = "engagement:invite"
    ENGAGEMENT_READ = "engagement:read"
    ENGAGEMENT_OFFER = "engagement:offer"
    ENGAGEMENT_CONFIRM = "engagement:confirm"
    ASSIGNMENT_READ = "assignment:read"
    ASSIGNMENT_ARRIVE = "assignment:arrive"
    ASSIGNMENT_START = "assignment:start"
    ASSIGNMENT_FINISH = "assignment:finish"
    ASSIGNMENT_ACCEPT = "assignment:accept"
    BILL_READ = "bill:read"
    PAYMENT_RECORD = "payment:record"
    PAYMENT_CONFIRM = "payment:confirm"
    RATING_CREATE = "rating:create"
    EVENT_READ = "event:read"
    OVERVIEW_READ = "overview:read"
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
