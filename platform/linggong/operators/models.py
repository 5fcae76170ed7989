"""Tables of operators and the money to them: dossier, procurement, terms, budget lines, instalments, hand-over, subsidy."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.money import Fen
from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk
from linggong.operators.codes import CHECKS, HANDED_OVER, LICENCES, LINES, ROUTES
from linggong.operators.machines import SETTLEMENT

_CONTRACT, _OPERATOR = "operator_contracts.id", "operators.id"
SUBSIDY_KINDS = ("market", "point")
EXITS = ("market", "point", "operator")


def _of_county(**more: Any) -> dict[str, Any]:
    return {"info": RowScope(cls="tenant", tenant="tenant", **more).info()}


class OperatorLicence(Base):
    """A licence of an operator as somebody saw it; the newest of a kind counts, the earlier ones stay (R014)."""

    __tablename__ = "operator_licences"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["operator_id"], [_OPERATOR]),
        one_of("kind", LICENCES),
        sa.Index(None, "operator_id", "kind", "noted_at"),
        sa.Index(None, "tenant"),
        _of_county(append_only=True),
    )

    id: Mapped[UuidPk]
    operator_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    kind: Mapped[str]
    number: Mapped[str]
    scope: Mapped[str]
    """What it allows, in the licence's own words."""
    legal_person: Mapped[str]
    """As printed on the business licence; '' on the other one."""
    issued_on: Mapped[date]
    expires_on: Mapped[date | None]
    """The last day; None for a business licence without a term."""
    noted_at: Mapped[datetime]
    noted_by: Mapped[UUID | None]


class OperatorCheck(Base):
    """A declaration of the operator, or the bureau's annual re-check of it (R014)."""

    __tablename__ = "operator_checks"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["operator_id"], [_OPERATOR]),
        one_of("kind", CHECKS),
        sa.Index(None, "operator_id", "day"),
        sa.Index(None, "tenant"),
        _of_county(append_only=True),
    )

    id: Mapped[UuidPk]
    operator_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    kind: Mapped[str]
    day: Mapped[date]
    independent: Mapped[bool]
    """An independent legal person."""
    controlled: Mapped[bool]
    """Sound internal control and accounting."""
    violation: Mapped[bool]
    """A major violation in the years before."""
    years: Mapped[int]
    """How many years back that was asked for; 0 where the place has set none."""
    words: Mapped[str]
    noted_at: Mapped[datetime]
    noted_by: Mapped[UUID | None]


class Procurement(Base):
    """How the service was bought (R015): route, budget, offers, award, papers."""

    __tablename__ = "procurements"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["operator_id"], [_OPERATOR]),
        one_of("route", ROUTES),
        one_of("state", ("open", "awarded", "failed")),
        sa.CheckConstraint("budget_fen > 0", name="budget"),
        sa.UniqueConstraint("tenant", "number"),
        sa.Index(None, "operator_id"),
        _of_county(),
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    number: Mapped[str]
    title: Mapped[str]
    route: Mapped[str]
    budget_fen: Mapped[Fen]
    opened_on: Mapped[date]
    state: Mapped[str] = mapped_column(default="open")
    operator_id: Mapped[UUID | None]
    bid_fen: Mapped[Fen | None]
    """What the winner offered."""
    awarded_on: Mapped[date | None]
    papers: Mapped[list[str]]
    """Papers of it by name and number: notice, record of the opening, announcement."""
    words: Mapped[str] = mapped_column(default="")
    """Why there was a single source, why it failed."""
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class ProcurementBidder(Base):
    """An offer."""

    __tablename__ = "procurement_bidders"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["procurement_id"], ["procurements.id"]),
        sa.UniqueConstraint("procurement_id", "uscc"),
        sa.Index(None, "tenant"),
        _of_county(),
    )

    id: Mapped[UuidPk]
    procurement_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    name: Mapped[str]
    uscc: Mapped[str]
    bid_fen: Mapped[Fen]
    note: Mapped[str]
    noted_at: Mapped[datetime]
    noted_by: Mapped[UUID | None]


class ContractTerms(Base):
    """The money of a contract, and its place in a cycle of years. `id` is the contract's (R012, R126)."""

    __tablename__ = "operator_contract_terms"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["id"], [_CONTRACT]),
        sa.ForeignKeyConstraint(["operator_id"], [_OPERATOR]),
        sa.ForeignKeyConstraint(["procurement_id"], ["procurements.id"]),
        sa.ForeignKeyConstraint(["renews_id"], [_CONTRACT]),
        sa.CheckConstraint("price_fen > 0", name="price"),
        sa.CheckConstraint("cycle_year >= 1", name="cycle"),
        sa.CheckConstraint("(cycle_year = 1) = (renews_id IS NULL)", name="renewal"),
        sa.UniqueConstraint("renews_id"),
        sa.Index(None, "operator_id"),
        sa.Index(None, "procurement_id"),
        sa.Index(None, "tenant"),
        _of_county(shown_by="operator_contract_nodes.contract_id"),
    )

    id: Mapped[UuidPk]
    operator_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    procurement_id: Mapped[UUID | None]
    signed_on: Mapped[date]
    go_live_on: Mapped[date | None]
    """The day on which the software went live: the first part of a first year waits for it."""
    price_fen: Mapped[Fen]
    cycle_id: Mapped[UUID]
    """The first contract of the cycle."""
    cycle_year: Mapped[int]
    renews_id: Mapped[UUID | None]
    consent: Mapped[str]
    """The buyer's consent to the extension: by whom, under which number (ruling 18)."""
    rules: Mapped[dict[str, Any]]
    """Plan, multipliers and reading as the place had them on the day of signing: a signed contract keeps them."""
    noted_at: Mapped[datetime]
    noted_by: Mapped[UUID | None]


class ContractBudgetLine(Base):
    """One line of what a contract's price is made of (R127)."""

    __tablename__ = "contract_budget_lines"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["contract_id"], [_CONTRACT]),
        one_of("kind", LINES),
        sa.CheckConstraint("amount_fen > 0", name="amount"),
        sa.Index(None, "contract_id"),
        sa.Index(None, "tenant"),
        _of_county(),
    )

    id: Mapped[UuidPk]
    contract_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    kind: Mapped[str]
    title: Mapped[str]
    amount_fen: Mapped[Fen]


class Settlement(Base):
    """One instalment of a contract, from the plan to the voucher (R126). Nothing here pays by itself.

    `via` is the first place that the contract covers: the operator's people ask from there, where their post does not reach
    the county's node.
    """

    __tablename__ = "settlements"
    __table_args__ = (
        tenant_fk(),
        tenant_fk("via"),
        sa.ForeignKeyConstraint(["contract_id"], [_CONTRACT]),
        sa.ForeignKeyConstraint(["operator_id"], [_OPERATOR]),
        one_of("state", SETTLEMENT.states),
        sa.CheckConstraint("planned_fen >= 0", name="planned"),
        sa.CheckConstraint("confirmed_by IS NULL OR approved_by IS NULL OR confirmed_by <> approved_by", name="two_people"),
        sa.CheckConstraint("(state = 'P_PAID') = (paid_on IS NOT NULL AND voucher <> '')", name="paid"),
        sa.UniqueConstraint("contract_id", "part"),
        sa.Index(None, "operator_id"),
        sa.Index(None, "tenant", "state"),
        sa.Index(None, "via", postgresql_where=sa.text("via IS NOT NULL")),
        {"info": RowScope(cls="shared", tenant="tenant", via="via").info()},
    )  # fmt: skip

    id: Mapped[UuidPk]
    contract_id: Mapped[UUID]
    operator_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    via: Mapped[PathColumn | None]
    part: Mapped[int]
    percent: Mapped[int]
    by_grade: Mapped[bool]
    due_on: Mapped[date | None]
    """None while the day is not known: the software is not live yet."""
    planned_fen: Mapped[Fen]
    amount_fen: Mapped[Fen | None]
    """What was asked for; negative for what is to be paid back."""
    reading: Mapped[str] = mapped_column(default="")
    grade: Mapped[str] = mapped_column(default="")
    state: Mapped[str]
    round: Mapped[int] = mapped_column(default=0)
    """How often it was asked for: what was approved before a return counts no more."""
    words: Mapped[str] = mapped_column(default="")
    """What was said with the request."""
    requested_at: Mapped[datetime | None]
    requested_by: Mapped[UUID | None]
    checked_at: Mapped[datetime | None]
    checked_by: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None]
    order_number: Mapped[str] = mapped_column(default="")
    paid_on: Mapped[date | None]
    voucher: Mapped[str] = mapped_column(default="")
    paid_by: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(default="")
    """Why it was returned, or is not paid."""


class OperatorHandover(Base):
    """A hand-over of an operator's places when its contract ends (R011). `id` is the old contract's."""

    __tablename__ = "operator_handovers"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["id"], [_CONTRACT]),
        sa.ForeignKeyConstraint(["successor_id"], [_CONTRACT]),
        sa.Index(None, "successor_id"),
        sa.Index(None, "tenant"),
        _of_county(),
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    successor_id: Mapped[UUID | None]
    opened_at: Mapped[datetime]
    opened_by: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]


class OperatorHandoverItem(Base):
    """One point of a hand-over that somebody went through, with what the machine counted at that moment."""

    __tablename__ = "operator_handover_items"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["handover_id"], ["operator_handovers.id"]),
        one_of("key", HANDED_OVER),
        sa.UniqueConstraint("handover_id", "key"),
        sa.Index(None, "tenant"),
        _of_county(),
    )

    id: Mapped[UuidPk]
    handover_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    key: Mapped[str]
    open_count: Mapped[int | None]
    words: Mapped[str]
    done_at: Mapped[datetime]
    done_by: Mapped[UUID | None]


class OperatorExport(Base):
    """A file with the data of a contract's places that was given to the bureau: what was in it, never its content (R011)."""

    __tablename__ = "operator_exports"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["contract_id"], [_CONTRACT]),
        sa.Index(None, "contract_id", "made_at"),
        sa.Index(None, "tenant"),
        _of_county(append_only=True),
    )

    id: Mapped[UuidPk]
    contract_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    personal: Mapped[bool]
    """Whether names and numbers of people were in it in clear."""
    purpose: Mapped[str]
    tables: Mapped[int]
    row_count: Mapped[int]
    sha256: Mapped[str]
    """Of the manifest, which holds the hash of every file."""
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]


class SubsidyRecord(Base):
    """What a market or a point was to get for a period, and from which figures it was reckoned (R135, R136)."""

    __tablename__ = "subsidy_records"
    __table_args__ = (
        tenant_fk(),
        one_of("kind", SUBSIDY_KINDS),
        sa.CheckConstraint("last >= first", name="period"),
        sa.UniqueConstraint("tenant", "kind", "first", "last"),
        _of_county(append_only=True),
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    """The market or point itself."""
    kind: Mapped[str]
    first: Mapped[date]
    last: Mapped[date]
    version: Mapped[int]
    """Of the definition of the inputs."""
    inputs: Mapped[dict[str, Any]]
    """The figures with their versions, the rate that each was given and what it comes to."""
    amount_fen: Mapped[Fen]
    words: Mapped[str]
    """The document that sets the rates, and why."""
    noted_at: Mapped[datetime]
    noted_by: Mapped[UUID | None]


class ExitDecision(Base):
    """That a market, a point or an operator leaves, and why (R135)."""

    __tablename__ = "exit_decisions"
    __table_args__ = (
        tenant_fk(),
        one_of("kind", EXITS),
        sa.ForeignKeyConstraint(["contract_id"], [_CONTRACT]),
        sa.Index(None, "contract_id"),
        sa.Index(None, "tenant"),
        _of_county(append_only=True),
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    kind: Mapped[str]
    contract_id: Mapped[UUID | None]
    reasons: Mapped[list[str]]
    document: Mapped[str]
    decided_on: Mapped[date]
    leaves_on: Mapped[date]
    noted_at: Mapped[datetime]
    noted_by: Mapped[UUID | None]
