"""Which tables the console shows, to whom, and what may be done to a row there. What is not listed here does not exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import sqlalchemy as sa

from linggong import tables
from rbac.permissions import Permission as P

STAFF, PLACES, SERVED, WORK, PAY, COVER, TROUBLE, SYSTEM = (
    "人员与岗位", "站点与参数", "登记与服务", "找活与用工", "派工与工资", "保险", "纠纷与安全", "系统",
)  # fmt: skip
GROUPS: Final = (STAFF, PLACES, SERVED, WORK, PAY, COVER, TROUBLE, SYSTEM)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRule:
    """One table of the console: a permission for each verb (None: nobody), the columns of its list, and what may change.

    `label` is the column by which a row is called elsewhere; `soft` says what ids without a foreign key point to.
    """

    name: str
    group: str
    read: P
    shown: tuple[str, ...]
    label: str = "id"
    create: P | None = None
    update: P | None = None
    delete: P | None = None
    export: P | None = None
    editable: tuple[str, ...] = ()
    soft: Mapping[str, str] = field(default_factory=dict)
    newest: str = ""
    """Sorted by this column, latest first; by the label otherwise."""
    media: str = ""
    """The column that names an uploaded file."""

    @property
    def table(self) -> sa.Table:
        """The table itself."""
        return tables.metadata.tables[self.name]

    def permission(self, method: str) -> P | None:
        """Return what a method needs; None for what nobody may."""
        return {"GET": self.read, "POST": self.create, "PATCH": self.update, "DELETE": self.delete}.get(method)


def _rules() -> tuple[TableRule, ...]:
    return (
        TableRule(
            name="staff", group=STAFF, read=P.STAFF_READ, export=P.STAFF_EXPORT, label="name",
            shown=("name", "username", "tenant", "status", "created_at"),
        ),
        TableRule(
            name="role_assignments", group=STAFF, read=P.STAFF_READ, export=P.STAFF_EXPORT, newest="starts_at",
            shown=("id", "staff_id", "role", "tenant", "starts_at", "ends_at", "stands_in_for"),
            soft={"granted_by": "staff", "ended_by": "staff", "stands_in_for": "staff", "contract_id": "operator_contracts"},
        ),
        TableRule(
            name="operators", group=STAFF, read=P.OPERATOR_READ, label="name", soft={"created_by": "staff"},
            shown=("name", "uscc", "tenant", "created_at"),
        ),
        TableRule(
            name="operator_contracts", group=STAFF, read=P.OPERATOR_READ, label="number", soft={"created_by": "staff"},
            shown=("number", "operator_id", "tenant", "starts_on", "ends_on", "status"),
        ),
        TableRule(
            name="operator_contract_nodes", group=STAFF, read=P.OPERATOR_READ,
            shown=("id", "contract_id", "operator_id", "tenant"),
        ),
        TableRule(
            name="outside_desks", group=STAFF, read=P.STAFF_READ, label="stands_for", soft={"set_by": "staff"},
            shown=("stands_for", "kind", "staff_id", "tenant", "set_at"),
        ),
        TableRule(
            name="nodes", group=PLACES, read=P.NODE_READ, update=P.NODE_MANAGE, label="name",
            shown=("name", "kind", "phone", "address", "status", "opened_on"),
            editable=("name", "short_name", "address", "phone", "opening_hours", "opened_on", "latitude", "longitude"),
        ),
        TableRule(
            name="node_photos", group=PLACES, read=P.NODE_READ, create=P.NODE_MANAGE, update=P.NODE_MANAGE,
            delete=P.NODE_MANAGE, newest="created_at", media="file_key", soft={"added_by": "staff"},
            shown=("id", "node_id", "file_key", "note", "taken_at"), editable=("node_id", "file_key", "note", "taken_at"),
        ),
        TableRule(
            name="screens", group=PLACES, read=P.SCREEN_READ, label="name", newest="made_at",
            shown=("name", "tenant", "kind", "made_at", "ended_at"), soft={"made_by": "staff", "ended_by": "staff"},
        ),
        TableRule(
            name="memos", group=PLACES, read=P.MEMO_READ, label="title", newest="sent_at",
            shown=("title", "kind", "tenant", "office", "state", "sent_at", "due_at"), soft={"sent_by": "staff"},
        ),
        TableRule(
            name="memo_words", group=PLACES, read=P.MEMO_READ, newest="said_at", shown=("words", "memo_id", "kind", "name", "said_at"),
            soft={"staff_id": "staff"},
        ),
        TableRule(
            name="letters", group=PLACES, read=P.LETTER_READ, label="number", newest="issued_at", soft={"issued_by": "staff"},
            shown=("number", "label", "recipient_name", "tenant", "issued_at", "due_on"),
        ),
        TableRule(
            name="letter_receipts", group=PLACES, read=P.LETTER_READ, newest="signed_at", soft={"signed_by": "staff"},
            shown=("id", "letter_id", "name", "signed_at"),
        ),
        TableRule(
            name="parameter_values", group=PLACES, read=P.PARAMETER_READ, label="key", soft={"set_by": "staff"},
            shown=("key", "tenant", "value", "source", "set_at"),
        ),
        TableRule(
            name="public_texts", group=PLACES, read=P.NODE_READ, label="key", newest="set_at", soft={"set_by": "staff"},
            shown=("key", "tenant", "version", "source", "set_at"),
        ),
        TableRule(
            name="directory_editions", group=PLACES, read=P.NODE_READ, label="quarter", newest="published_at",
            shown=("quarter", "tenant", "version", "place", "published_at"), soft={"published_by": "staff"},
        ),
        TableRule(
            name="holiday_days", group=PLACES, read=P.PARAMETER_READ, newest="day", label="day", soft={"set_by": "staff"},
            shown=("day", "tenant", "kind", "name", "source", "set_at"),
        ),
        TableRule(
            name="node_populations", group=PLACES, read=P.NODE_READ, newest="as_of", label="as_of", soft={"set_by": "staff"},
            shown=("as_of", "tenant", "residents", "working_age", "is_sample", "source"),
        ),
        TableRule(
            name="site_closures", group=PLACES, read=P.OVERVIEW_READ, newest="declared_at", label="first", soft={"declared_by": "staff"},
            shown=("first", "last", "tenant", "kind", "note", "ended_on"),
        ),
        TableRule(
            name="site_hits", group=PLACES, read=P.OVERVIEW_READ, newest="month", label="month",
            shown=("month", "tenant", "verdict", "nth", "proposes", "made_at"),
        ),
        TableRule(
            name="trade_gaps", group=PLACES, read=P.OVERVIEW_READ, newest="told_at", label="since",
            shown=("since", "tenant", "trade_code", "days", "demand", "supply", "ended_on"),
        ),
        TableRule(
            name="weather_alerts", group=PLACES, read=P.NODE_READ, newest="begins_at", label="number",
            shown=("number", "tenant", "kind", "level", "temperature_c", "begins_at", "ends_at", "source"),
            soft={"entered_by": "staff"},
        ),
        TableRule(
            name="map_outlines", group=PLACES, read=P.PARAMETER_READ, label="approval", newest="added_at",
            shown=("approval", "tenant", "source", "added_at"), soft={"added_by": "staff"},
        ),
        TableRule(
            name="persons", group=SERVED, read=P.PERSON_READ, export=P.PERSON_EXPORT, label="name", newest="created_at",
            shown=("name", "sex", "status", "verified_level", "verified_method", "registered_channel", "created_at"),
            soft={"merged_into": "persons", "verified_by": "staff"},
        ),
        TableRule(
            name="workers", group=SERVED, read=P.PERSON_READ, update=P.PERSON_REGISTER, export=P.PERSON_EXPORT,
            label="person_id", newest="created_at",
            shown=("person_id", "skill_level", "pay_fen", "pay_unit", "radius_km", "transport", "phone_kind"),
            editable=("radius_km", "hours", "transport", "phone_kind", "needs_voice", "training_wish"),
            soft={"person_id": "persons"},
        ),
        TableRule(
            name="consents", group=SERVED, read=P.PERSON_READ, newest="given_at", soft={"taken_by": "staff"},
            shown=("id", "person_id", "purpose", "method", "given_at", "withdrawn_at"),
        ),
        TableRule(
            name="service_links", group=SERVED, read=P.PERSON_READ, newest="started_at",
            shown=("id", "tenant", "kind", "started_at", "ends_at"),
        ),
        TableRule(
            name="tickets", group=SERVED, read=P.QUEUE_READ, label="number", newest="recorded_at",
            shown=("number", "tenant", "day", "state", "person_id", "channel", "came_at", "late"),
        ),
        TableRule(
            name="phone_recoveries", group=SERVED, read=P.PERSON_READ, newest="done_at", soft={"done_by": "staff"},
            shown=("id", "person_id", "method", "reason", "done_by", "done_at"),
        ),
        TableRule(
            name="reveals", group=SERVED, read=P.PERSON_READ, newest="at",
            shown=("id", "viewer_id", "tenant", "subject", "purpose", "at", "expires_at"),
            soft={"viewer_id": "staff", "person_id": "persons", "employer_id": "employers"},
        ),
        TableRule(
            name="employers", group=SERVED, read=P.EMPLOYER_READ, update=P.EMPLOYER_VERIFY, label="name",
            newest="created_at", editable=("industry", "reverify_on"),
            shown=("name", "kind", "uscc", "verified_level", "reverify_on", "status", "is_agency"),
            soft={"verified_by": "staff", "officer_id": "staff"},
        ),
        TableRule(
            name="agencies", group=SERVED, read=P.EMPLOYER_READ, update=P.EMPLOYER_VERIFY, label="employer_id",
            shown=("employer_id", "hr_licence", "hr_licence_expires_on", "filing_number"),
            editable=("business_licence", "hr_licence", "hr_licence_scope", "hr_licence_expires_on", "filing_number"),
            soft={"employer_id": "employers"},
        ),
        TableRule(
            name="import_batches", group=SERVED, read=P.IMPORT_READ, label="file_name", newest="done_at",
            shown=("file_name", "kind", "tenant", "rows", "created", "done_by", "done_at"), soft={"done_by": "staff"},
        ),
        TableRule(
            name="merge_proposals", group=SERVED, read=P.PERSON_READ, newest="created_at",
            shown=("id", "person_id", "candidate_id", "reason", "status", "created_at"),
            soft={"person_id": "persons", "candidate_id": "persons", "decided_by": "staff"},
        ),
        TableRule(
            name="orders", group=WORK, read=P.ORDER_READ, export=P.ORDER_EXPORT, label="title", newest="created_at",
            shown=("title", "state", "tenant", "employer_id", "headcount", "confirmed", "work_date", "pay_fen", "pay_unit"),
            soft={
                "repeat_of": "orders", "rescheduled_from": "orders", "submitted_by": "staff", "reviewed_by": "staff",
            },
        ),
        TableRule(
            name="suspensions", group=WORK, read=P.ORDER_READ, newest="suspended_at",
            shown=("id", "order_id", "tenant", "reason", "suspended_at", "outcome", "objected_at", "answer"),
            soft={"suspended_by": "staff", "proposed_by": "staff", "decided_by": "staff", "answered_by": "staff"},
        ),
        TableRule(
            name="crews", group=WORK, read=P.ENGAGEMENT_READ, label="name", newest="created_at",
            shown=("name", "tenant", "fee_fen", "created_at", "ended_at"),
        ),
        TableRule(
            name="crew_members", group=WORK, read=P.ENGAGEMENT_READ, label="crew_name", newest="joined_at",
            shown=("crew_name", "crew_id", "person_id", "tenant", "joined_at", "left_at"), soft={"leader_id": "persons"},
        ),
        TableRule(
            name="shifts", group=WORK, read=P.ORDER_READ, export=P.ORDER_EXPORT, newest="starts_at", label="work_date",
            shown=("id", "order_id", "tenant", "work_date", "starts_at", "ends_at"),
        ),
        TableRule(
            name="terms_versions", group=WORK, read=P.ORDER_READ, newest="created_at",
            shown=("id", "order_id", "tenant", "version", "created_at"),
        ),
        TableRule(
            name="engagements", group=WORK, read=P.ENGAGEMENT_READ, label="worker_name", newest="created_at",
            shown=("worker_name", "order_id", "state", "tenant", "via", "confirmed_at", "ended_at"),
            soft={"entered_by": "staff", "leader_id": "persons"},
        ),
        TableRule(
            name="terms_changes", group=WORK, read=P.ENGAGEMENT_READ, newest="proposed_at",
            shown=("id", "order_id", "engagement_id", "kind", "side", "state", "words", "proposed_at"),
        ),
        TableRule(
            name="replacements", group=WORK, read=P.ENGAGEMENT_READ, newest="proposed_at",
            shown=("id", "order_id", "engagement_id", "new_engagement_id", "proposed_at", "accepted_at", "outcome"),
            soft={"leader_id": "persons"},
        ),
        TableRule(
            name="call_backs", group=WORK, read=P.ENGAGEMENT_READ, newest="created_at",
            shown=("id", "order_id", "engagement_id", "step", "staff_id", "due_at", "reached", "outcome", "done_at"),
            soft={"staff_id": "staff", "done_by": "staff"},
        ),
        TableRule(
            name="weather_decisions", group=WORK, read=P.ORDER_READ, newest="created_at", label="work_date",
            shown=("id", "order_id", "tenant", "work_date", "verdict", "outcome", "decide_at", "decided_at"),
        ),
        TableRule(
            name="assignments", group=PAY, read=P.ASSIGNMENT_READ, newest="starts_at", soft={"leader_id": "persons"},
            shown=("id", "order_id", "worker_id", "state", "work_date", "arrived_at", "minutes"),
        ),
        TableRule(
            name="pauses", group=PAY, read=P.ASSIGNMENT_READ, newest="began_at",
            shown=("id", "assignment_id", "worker_id", "cause", "fault", "began_at", "ended_at", "outcome"),
        ),
        TableRule(
            name="site_reports", group=PAY, read=P.ASSIGNMENT_READ, newest="recorded_at",
            shown=("id", "assignment_id", "worker_id", "kind", "said_by", "late", "happened_at", "recorded_at"),
            soft={"leader_id": "persons"},
        ),
        TableRule(
            name="no_shows", group=PAY, read=P.ASSIGNMENT_READ, newest="reported_at",
            shown=("id", "assignment_id", "worker_id", "reported_side", "reported_at", "contest_reason", "outcome"),
            soft={"decided_by": "staff"},
        ),
        TableRule(
            name="contract_files", group=PAY, read=P.ENGAGEMENT_READ, label="code", newest="created_at",
            shown=("code", "part", "state", "legal_form", "order_id", "worker_id", "employer_id", "sealed_at"),
        ),
        TableRule(
            name="contract_consents", group=PAY, read=P.ENGAGEMENT_READ, newest="given_at", soft={"given_by": "staff"},
            shown=("id", "file_id", "side", "method", "channel", "station", "given_at", "slip_due_at"),
        ),
        TableRule(
            name="ratings", group=PAY, read=P.ENGAGEMENT_READ, newest="created_at",
            shown=("id", "order_id", "side", "stars", "words", "created_at"),
        ),
        TableRule(
            name="bills", group=PAY, read=P.BILL_READ, export=P.BILL_EXPORT, newest="created_at",
            shown=("id", "order_id", "worker_id", "employer_id", "state", "total_fen", "paid_fen", "due_at"),
        ),
        TableRule(
            name="bill_lines", group=PAY, read=P.BILL_READ, export=P.BILL_EXPORT,
            shown=("id", "bill_id", "kind", "words", "quantity", "rate_fen", "amount_fen"),
        ),
        TableRule(
            name="payments", group=PAY, read=P.BILL_READ, export=P.BILL_EXPORT, newest="claimed_at",
            shown=("id", "bill_id", "amount_fen", "channel", "state", "claimed_at", "answered_at"),
        ),
        TableRule(
            name="wechat_transfers", group=PAY, read=P.BILL_READ, newest="ordered_at", soft={"ordered_by": "persons"},
            shown=("id", "bill_id", "amount_fen", "state", "said", "reason", "transfer_bill_no", "ordered_at"),
        ),
        TableRule(
            name="bill_holds", group=PAY, read=P.BILL_READ, newest="held_at",
            shown=("id", "bill_id", "amount_fen", "state", "held_at", "until"),
        ),
        TableRule(
            name="journal_entries", group=PAY, read=P.BILL_READ, export=P.BILL_EXPORT, newest="at",
            shown=("id", "bill_id", "cause", "at"),
        ),
        TableRule(
            name="postings", group=PAY, read=P.BILL_READ, export=P.BILL_EXPORT,
            shown=("id", "entry_id", "bill_id", "account", "amount_fen"),
        ),
        TableRule(
            name="cover_products", group=COVER, read=P.COVER_READ, label="name", newest="changed_at",
            shown=("name", "insurer", "tenant", "kind", "payer", "premium_day_fen", "min_age", "max_age", "active"),
        ),
        TableRule(
            name="cover_choices", group=COVER, read=P.COVER_READ, label="order_id", newest="changed_at",
            shown=("order_id", "tenant", "topup_id", "injury_said_by", "changed_at"),
        ),
        TableRule(
            name="cover_policies", group=COVER, read=P.COVER_READ, newest="requested_at", label="policy_no",
            shown=("policy_no", "order_id", "worker_id", "state", "kind", "payer", "starts_at", "ends_at", "premium_fen"),
        ),
        TableRule(
            name="cover_waivers", group=COVER, read=P.COVER_READ, newest="created_at",
            shown=("id", "order_id", "worker_id", "employer_at", "worker_at", "single_witness"),
        ),
        TableRule(
            name="cases", group=TROUBLE, read=P.CASE_READ, label="receipt", newest="created_at",
            shown=("receipt", "kind", "state", "tenant", "claimant", "amount_fen", "created_at", "close_due_at"),
            soft={
                "owner_id": "staff", "handler_id": "staff", "mediator_id": "staff", "against_employer_id": "employers",
                "against_worker_id": "persons",
            },
        ),
        TableRule(
            name="case_notes", group=TROUBLE, read=P.CASE_READ, newest="at", soft={"by_id": "staff", "to_id": "staff"},
            shown=("id", "case_id", "kind", "words", "by_kind", "at"),
        ),
        TableRule(
            name="case_offers", group=TROUBLE, read=P.CASE_READ, newest="made_at",
            shown=("id", "case_id", "side", "amount_fen", "state", "made_at"),
        ),
        TableRule(
            name="case_materials", group=TROUBLE, read=P.CASE_READ, label="name", newest="asked_at", soft={"asked_by": "staff"},
            shown=("name", "case_id", "batch", "asked_at", "received_at"),
        ),
        TableRule(
            name="case_referrals", group=TROUBLE, read=P.CASE_READ, label="number", newest="referred_at",
            shown=("number", "case_id", "body", "referred_at", "answered_at"),
        ),
        TableRule(
            name="mediators", group=TROUBLE, read=P.CASE_READ, label="name", soft={"added_by": "staff"},
            shown=("name", "tenant", "certificate", "valid_from", "valid_to", "ended_at"),
        ),
        TableRule(
            name="injuries", group=TROUBLE, read=P.INJURY_READ, newest="reported_at", soft={"reporter_id": "persons"},
            shown=("id", "order_id", "state", "tenant", "happened_at", "reported_at", "insurer_told_at"),
        ),
        TableRule(
            name="injury_statements", group=TROUBLE, read=P.INJURY_READ, newest="at", soft={"taken_by": "staff"},
            shown=("id", "injury_id", "role", "words", "at"),
        ),
        TableRule(
            name="incidents", group=TROUBLE, read=P.INCIDENT_READ, newest="happened_at",
            soft={"reported_by": "staff", "decided_by": "staff", "case_id": "cases"},
            shown=("id", "kind", "status", "tenant", "happened_at", "reported_at", "decided_at"),
        ),
        TableRule(
            name="outside_calls", group=SYSTEM, read=P.OUTSIDE_READ, newest="created_at",
            shown=("id", "system", "kind", "tenant", "state", "attempts", "last_error", "created_at", "answered_at"),
        ),
        TableRule(
            name="events", group=SYSTEM, read=P.EVENT_READ, newest="recorded_at", label="type",
            shown=("type", "tenant", "actor_kind", "actor_id", "channel", "recorded_at"),
            soft={"actor_id": "staff", "on_behalf_of": "staff", "node_id": "nodes", "person_id": "persons"},
        ),
        TableRule(
            name="audit_log", group=SYSTEM, read=P.AUDIT_READ, export=P.AUDIT_EXPORT, newest="recorded_at", label="row_id",
            shown=("id", "table_name", "op", "tenant", "actor_id", "role", "channel", "recorded_at"),
            soft={"actor_id": "staff", "on_behalf_of": "staff", "post_node": "nodes"},
        ),
    )  # fmt: skip


RULES: Final[Mapping[str, TableRule]] = MappingProxyType(
    {rule.name: rule for rule in _rules() if rule.name in tables.metadata.tables}
)
HIDDEN: Final = frozenset({"search_tokens", "extra"})
"""Columns that are for machines only."""
