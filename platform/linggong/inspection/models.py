"""Checklists, draws, tasks, results, findings and their rectification; cards, proposals, stars, lists of the best, removals."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from linggong.inspection.machines import CARD, FINDING
from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk

KINDS = ("random", "planned", "joint", "entry")
TASK_STATES = ("open", "done", "cancelled")
STEPS = ("mended", "passed", "failed", "overdue")
COLOURS = ("award", "yellow")
PROPOSALS = ("notice", "yellow", "circular", "removal")
SOURCES = ("zombie", "finding", "card", "stars")
JsonList = list[Any]


def _own(**more: Any) -> dict[str, Any]:
    return {"info": RowScope(cls="tenant", tenant="tenant", **more).info()}


class Checklist(Base):
    """What is looked at in a kind of place, as an office decided it: the next version replaces the one before (R079)."""

    __tablename__ = "checklists"
    __table_args__ = (
        tenant_fk(),
        sa.CheckConstraint("version > 0", name="version"),
        sa.UniqueConstraint("tenant", "kind", "version"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    kind: Mapped[str]
    """The kind of place (`tenants.kinds.NodeKind`)."""
    version: Mapped[int]
    title: Mapped[str]
    items: Mapped[JsonList] = mapped_column(JSONB)
    """key, requirement (R025), title, passes (what passes), photo, serious, dated (with an expiry), row (of the score card)."""
    reason: Mapped[str]
    """What was changed and why: the log of changes."""
    source: Mapped[str]
    set_at: Mapped[datetime]
    set_by: Mapped[UUID | None]
    set_name: Mapped[str] = mapped_column(default="")


class InspectionDraw(Base):
    """A random draw of places and inspectors; whoever has the seed and the lists draws the same again (双随机)."""

    __tablename__ = "inspection_draws"
    __table_args__ = (
        tenant_fk(),
        sa.CheckConstraint("places > 0 AND hands > 0", name="many"),
        sa.Index(None, "tenant", "drawn_at"),
        _own(append_only=True),
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    """The office that drew."""
    seed: Mapped[str]
    pool: Mapped[JsonList] = mapped_column(JSONB)
    """The places that could be drawn (id, path, name), in the order in which they were given."""
    inspectors: Mapped[JsonList] = mapped_column(JSONB)
    """Who could be drawn to inspect (id, name, office, path)."""
    places: Mapped[int]
    hands: Mapped[int]
    """Inspectors a place."""
    picked: Mapped[JsonList] = mapped_column(JSONB)
    """The places drawn, each with its inspectors."""
    joint: Mapped[bool]
    drawn_at: Mapped[datetime]
    drawn_by: Mapped[UUID | None]
    drawn_name: Mapped[str] = mapped_column(default="")


class InspectionTask(Base):
    """A place to inspect, by whom and until when, against the checklist as it stood."""

    __tablename__ = "inspection_tasks"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["node_id"], ["nodes.id"]),
        sa.ForeignKeyConstraint(["draw_id"], ["inspection_draws.id"]),
        one_of("kind", KINDS),
        one_of("state", TASK_STATES),
        sa.Index(None, "tenant", "state", "due_on"),
        sa.Index(None, "node_id"),
        sa.Index(None, "draw_id", postgresql_where=sa.text("draw_id IS NOT NULL")),
        _own(),
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    """The place to inspect."""
    node_id: Mapped[UUID]
    draw_id: Mapped[UUID | None]
    kind: Mapped[str]
    place_kind: Mapped[str]
    title: Mapped[str]
    version: Mapped[int]
    """Of the checklist; 0 is the one that comes with the program."""
    items: Mapped[JsonList] = mapped_column(JSONB)
    inspectors: Mapped[JsonList] = mapped_column(JSONB)
    due_on: Mapped[date]
    state: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]
    done_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")


class InspectionResult(Base):
    """What one item of a checklist came to; its photos are kept as proof of it (`tenants.evidence`, "inspection")."""

    __tablename__ = "inspection_results"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["task_id"], ["inspection_tasks.id"]),
        sa.UniqueConstraint("task_id", "item"),
        sa.Index(None, "tenant", "made_at"),
        _own(append_only=True),
    )

    id: Mapped[UuidPk]
    task_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    item: Mapped[str]
    requirement: Mapped[str]
    row: Mapped[int | None]
    """The row of the score card to which it counts (4 to 6)."""
    title: Mapped[str]
    passed: Mapped[bool]
    words: Mapped[str] = mapped_column(default="")
    expires_on: Mapped[date | None]
    """Until when it holds: the date on an extinguisher (R035)."""
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]
    made_name: Mapped[str] = mapped_column(default="")


class InspectionFinding(Base):
    """Something to be put right at a place until a day: from an inspection, or from a yellow card."""

    __tablename__ = "inspection_findings"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["node_id"], ["nodes.id"]),
        sa.ForeignKeyConstraint(["result_id"], ["inspection_results.id"]),
        sa.ForeignKeyConstraint(["card_id"], ["station_cards.id"]),
        one_of("state", FINDING.states),
        sa.CheckConstraint("result_id IS NULL OR card_id IS NULL", name="origin"),
        sa.Index(None, "tenant", "state", "due_on"),
        sa.Index(None, "node_id"),
        sa.Index(None, "result_id", unique=True, postgresql_where=sa.text("result_id IS NOT NULL")),
        sa.Index(None, "card_id", postgresql_where=sa.text("card_id IS NOT NULL")),
        _own(),
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    node_id: Mapped[UUID]
    result_id: Mapped[UUID | None]
    card_id: Mapped[UUID | None]
    requirement: Mapped[str]
    title: Mapped[str]
    words: Mapped[str]
    serious: Mapped[bool]
    state: Mapped[str]
    due_on: Mapped[date]
    made_at: Mapped[datetime]
    mended_by: Mapped[UUID | None]
    """Whose hand reported the last rectification: another one checks it."""
    overdue_at: Mapped[datetime | None]
    """Set once: put right late stays marked as late."""
    closed_at: Mapped[datetime | None]


class FindingStep(Base):
    """One step of a rectification; its photos are kept as proof of it ("rectification")."""

    __tablename__ = "finding_steps"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["finding_id"], ["inspection_findings.id"]),
        one_of("step", STEPS),
        sa.Index(None, "finding_id", "made_at"),
        sa.Index(None, "tenant"),
        _own(append_only=True),
    )

    id: Mapped[UuidPk]
    finding_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    step: Mapped[str]
    words: Mapped[str]
    due_on: Mapped[date | None]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]
    made_name: Mapped[str] = mapped_column(default="")


class StationCard(Base):
    """An award (where a place calls it so: a red card) or a yellow card, given by a person of the bureau, with its evidence (R131)."""

    __tablename__ = "station_cards"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["node_id"], ["nodes.id"]),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"]),
        one_of("colour", COLOURS),
        one_of("state", CARD.states),
        sa.CheckConstraint("(colour = 'award') = (state = 'C_AWARDED')", name="award"),
        sa.CheckConstraint("jsonb_array_length(evidence) > 0", name="evidence"),
        sa.Index(None, "tenant", "state"),
        sa.Index(None, "node_id", "given_at"),
        sa.Index(None, "letter_id", postgresql_where=sa.text("letter_id IS NOT NULL")),
        _own(),
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    node_id: Mapped[UUID]
    colour: Mapped[str]
    title: Mapped[str]
    """What it is called: 红牌（奖励）, 表扬, 黄牌警告."""
    words: Mapped[str]
    evidence: Mapped[JsonList] = mapped_column(JSONB)
    """What it rests on: kind, id, words."""
    state: Mapped[str]
    due_on: Mapped[date | None]
    letter_id: Mapped[UUID | None]
    given_at: Mapped[datetime]
    given_by: Mapped[UUID | None]
    given_name: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]


class CardProposal(Base):
    """What the system proposes about a place; a person of the bureau decides each step (R131, R132)."""

    __tablename__ = "card_proposals"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["node_id"], ["nodes.id"]),
        sa.ForeignKeyConstraint(["card_id"], ["station_cards.id"]),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"]),
        one_of("kind", PROPOSALS),
        one_of("source", SOURCES),
        one_of("state", ("open", "accepted", "declined")),
        sa.Index("uq_card_proposals_open", "node_id", "kind", unique=True, postgresql_where=sa.text("state = 'open'")),
        sa.Index(None, "tenant", "state"),
        sa.Index(None, "card_id", postgresql_where=sa.text("card_id IS NOT NULL")),
        sa.Index(None, "letter_id", postgresql_where=sa.text("letter_id IS NOT NULL")),
        _own(),
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    node_id: Mapped[UUID]
    kind: Mapped[str]
    source: Mapped[str]
    words: Mapped[str]
    evidence: Mapped[JsonList] = mapped_column(JSONB)
    card_id: Mapped[UUID | None]
    """The card from which it follows, or that it became."""
    state: Mapped[str]
    made_at: Mapped[datetime]
    letter_id: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    decided_name: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")


class StationStar(Base):
    """A published star rating of a place over a period, with the parts it comes from (R133). Public; a correction is a further row."""

    __tablename__ = "station_stars"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["node_id"], ["nodes.id"]),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        sa.CheckConstraint("last >= first", name="period"),
        sa.UniqueConstraint("node_id", "last", "version"),
        sa.Index(None, "tenant", "last"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    node_id: Mapped[UUID]
    first: Mapped[date]
    last: Mapped[date]
    version: Mapped[int]
    stars: Mapped[int]
    score: Mapped[Decimal | None]
    parts: Mapped[JsonList] = mapped_column(JSONB)
    note: Mapped[str] = mapped_column(default="")
    """What held the rating down, or why it differs from the one before."""
    published_at: Mapped[datetime]
    published_by: Mapped[UUID | None]


class AwardList(Base):
    """A published list of the best (十佳驿站, 十佳服务点), as a place's parameter names them (R131). Public."""

    __tablename__ = "award_lists"
    __table_args__ = (
        tenant_fk(),
        sa.UniqueConstraint("tenant", "title", "year", "version"),
        {"info": RowScope(cls="city", tenant="tenant", write="tenant", append_only=True).info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    title: Mapped[str]
    year: Mapped[int]
    version: Mapped[int]
    places: Mapped[JsonList] = mapped_column(JSONB)
    """node, path, name, score in the order of the list."""
    published_at: Mapped[datetime]
    published_by: Mapped[UUID | None]


class StationRemoval(Base):
    """A place that was removed (除名、撤销), to where its open work and people went, and how many of what (R133, ruling 22)."""

    __tablename__ = "station_removals"
    __table_args__ = (
        tenant_fk(),
        sa.ForeignKeyConstraint(["target_id"], ["nodes.id"]),
        sa.ForeignKeyConstraint(["node_id"], ["nodes.id"]),
        sa.ForeignKeyConstraint(["proposal_id"], ["card_proposals.id"]),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"]),
        sa.UniqueConstraint("node_id", "removed_at"),
        sa.Index(None, "tenant"),
        sa.Index(None, "target_id"),
        sa.Index(None, "proposal_id", postgresql_where=sa.text("proposal_id IS NOT NULL")),
        sa.Index(None, "letter_id", postgresql_where=sa.text("letter_id IS NOT NULL")),
        _own(append_only=True),
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    node_id: Mapped[UUID]
    target_id: Mapped[UUID]
    proposal_id: Mapped[UUID | None]
    letter_id: Mapped[UUID | None]
    serious: Mapped[bool]
    grounds: Mapped[str]
    moved: Mapped[dict[str, Any]]
    removed_at: Mapped[datetime]
    removed_by: Mapped[UUID | None]
    removed_name: Mapped[str] = mapped_column(default="")
