"""People: one person per city, what he does (worker, employer, agency), who may see him (service links), staff."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from linggong.kernel.money import Fen
from linggong.kernel.orm import Base, PathColumn, RowScope, UuidPk, one_of, tenant_fk


def _of_person(*personal: str) -> dict[str, Any]:
    return RowScope(cls="person", person="person_id", subject="person_id", personal=personal).info()


class Identity(Base):
    """Which person a verified ID number belongs to: the one place where two registrations of a number meet (R005)."""

    __tablename__ = "identities"
    __table_args__ = (
        {"info": RowScope(cls="system", insert="owner", audit="derived: written with the person's own row").info()},
    )

    id_index: Mapped[bytes] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    created_at: Mapped[datetime]


class Person(Base):
    """A natural person, known city-wide by the verified ID number (R005, R049)."""

    __tablename__ = "persons"
    __table_args__ = (
        one_of("status", ("active", "merged", "closed")),
        one_of("sex", ("男", "女")),
        one_of("verified_method", ("id_number", "id_card_seen", "id_card_reader")),
        {
            "info": RowScope(
                cls="person", person="id", subject="id", personal=("name", "birth_date", "sex", "home_division_code")
            ).info()
        },
    )

    id: Mapped[UuidPk]
    name: Mapped[str]
    id_sealed: Mapped[bytes]
    """The ID number, sealed for persons.id_sealed.<id>."""
    id_index: Mapped[bytes] = mapped_column(unique=True)
    birth_date: Mapped[date]
    sex: Mapped[str]
    status: Mapped[str] = mapped_column(default="active")
    merged_into: Mapped[UUID | None]
    verified_level: Mapped[int] = mapped_column(default=1)
    """1 number checked, 2 card seen by staff, 3 card read by a reader."""
    verified_method: Mapped[str]
    verified_by: Mapped[UUID | None]
    verified_at: Mapped[datetime]
    home_division_code: Mapped[str | None]
    registered_channel: Mapped[str]
    created_at: Mapped[datetime]


class Contact(Base):
    """A way to reach a person (R046): own mobile, landline, a relative's phone, or through a station."""

    __tablename__ = "contacts"
    __table_args__ = (
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"]),
        one_of("kind", ("mobile", "landline", "relative", "station")),
        sa.Index(None, "number_index"),
        sa.Index(None, "person_id"),
        {"info": _of_person("note")},
    )

    id: Mapped[UuidPk]
    person_id: Mapped[UUID]
    kind: Mapped[str]
    number_sealed: Mapped[bytes]
    """Sealed for contacts.number_sealed.<id>."""
    number_index: Mapped[bytes]
    can_sign_in: Mapped[bool] = mapped_column(default=False)
    """A code sent to this number signs this person in; several people may share one number."""
    note: Mapped[str] = mapped_column(default="")
    verified_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Worker(Base):
    """What a person tells as a worker (R046, requirements section 6)."""

    __tablename__ = "workers"
    __table_args__ = (
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"]),
        one_of("phone_kind", ("smart", "feature", "none")),
        one_of("transport", ("walk", "ebike", "tricycle", "car", "none")),
        one_of("pay_unit", ("hour", "day", "piece", "month", "gong")),
        sa.CheckConstraint("skill_level BETWEEN 0 AND 8", name="skill_level"),
        # The number of a certificate of special work is the ID number behind a letter.
        {"info": _of_person("certificates")},
    )

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    skill_level: Mapped[int] = mapped_column(default=0)
    trades: Mapped[list[str]] = mapped_column(default=list)
    """Occupation codes, the first is the main one."""
    pay_fen: Mapped[Fen]
    pay_unit: Mapped[str]
    radius_km: Mapped[int] = mapped_column(default=10)
    weekdays: Mapped[list[int]] = mapped_column(default=list)
    hours: Mapped[str] = mapped_column(default="")
    transport: Mapped[str] = mapped_column(default="none")
    phone_kind: Mapped[str] = mapped_column(default="smart")
    needs_voice: Mapped[bool] = mapped_column(default=False)
    certificates: Mapped[list[str]] = mapped_column(default=list)
    training_wish: Mapped[str] = mapped_column(default="")
    bank_sealed: Mapped[bytes | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Consent(Base):
    """A consent with its proof: own tap, signed slip, or spoken before a witness (order-states section 0 no. 6)."""

    __tablename__ = "consents"
    __table_args__ = (
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"]),
        one_of("method", ("tap", "slip", "spoken")),
        sa.Index(None, "person_id"),
        {"info": _of_person("evidence")},
    )

    id: Mapped[UuidPk]
    person_id: Mapped[UUID]
    purpose: Mapped[str]
    text_version: Mapped[str]
    method: Mapped[str]
    evidence: Mapped[str] = mapped_column(default="")
    taken_by: Mapped[UUID | None]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class ServiceLink(Base):
    """A node serves a person or an employer: this, and nothing else, lets its staff see more than the public card."""

    __tablename__ = "service_links"
    __table_args__ = (
        tenant_fk(),
        one_of("kind", ("registered", "signed_in", "order", "showed_code")),
        sa.UniqueConstraint("subject_id", "tenant", "kind"),
        sa.Index(None, "tenant", "kind", "started_at"),
        {"info": RowScope(cls="shared", tenant="tenant", person="subject_id", employer="subject_id").info()},
    )

    id: Mapped[UuidPk]
    subject_id: Mapped[UUID]
    tenant: Mapped[PathColumn]
    kind: Mapped[str]
    started_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(server_default=sa.text("now() + interval '730 days'"))
    """Every link ends; the parameters privacy.link.* say when. Serving him again makes it longer."""


class PhoneRecovery(Base):
    """A lost, changed or recycled phone number made good: who saw to it, how, and when."""

    __tablename__ = "phone_recoveries"
    __table_args__ = (
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"]),
        one_of("method", ("desk", "old_and_new")),
        sa.Index(None, "person_id"),
        {"info": _of_person("reason")},
    )

    id: Mapped[UuidPk]
    person_id: Mapped[UUID]
    method: Mapped[str]
    reason: Mapped[str]
    old_contact_id: Mapped[UUID | None]
    new_contact_id: Mapped[UUID]
    done_by: Mapped[UUID | None]
    done_at: Mapped[datetime]


class Employer(Base):
    """用工主体 (R045): a company or business by its social credit code, or an individual by ID."""

    __tablename__ = "employers"
    __table_args__ = (
        one_of("kind", ("enterprise", "individual_business", "cooperative", "organisation", "individual")),
        one_of("status", ("active", "restricted", "closed")),
        sa.CheckConstraint("(kind = 'individual') = (uscc IS NULL)", name="identified"),
        sa.CheckConstraint("(kind = 'individual') = (person_id IS NOT NULL)", name="individual"),
        {
            "info": RowScope(
                cls="person",
                employer="id",
                subject="id",
                person="person_id",
                # An individual's name is a natural person's.
                personal=("name", "contact_name", "address", "legal_representative"),
            ).info()
        },
    )

    id: Mapped[UuidPk]
    kind: Mapped[str]
    name: Mapped[str]
    uscc: Mapped[str | None] = mapped_column(unique=True)
    person_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("persons.id"), unique=True)
    contact_name: Mapped[str]
    phone_sealed: Mapped[bytes]
    """Sealed for employers.phone_sealed.<id>."""
    phone_index: Mapped[bytes]
    address: Mapped[str] = mapped_column(default="")
    division_code: Mapped[str | None]
    industry: Mapped[str | None]
    """GB/T 4754-2017 section or division code."""
    legal_representative: Mapped[str] = mapped_column(default="")
    bank_sealed: Mapped[bytes | None]
    is_agency: Mapped[bool] = mapped_column(default=False)
    verified_level: Mapped[int] = mapped_column(default=0)
    """0 not verified (may not post), 1 number checked, 2 licence or card seen by staff."""
    verified_by: Mapped[UUID | None]
    verified_at: Mapped[datetime | None]
    reverify_on: Mapped[date | None]
    is_trusted: Mapped[bool] = mapped_column(default=False)
    """Posts pass the review by rule (transition 3); earned by a first post called back by a person."""
    officer_id: Mapped[UUID | None]
    status: Mapped[str] = mapped_column(default="active")
    registered_channel: Mapped[str]
    created_at: Mapped[datetime]


class EmployerMember(Base):
    """A person who may act for an employer."""

    __tablename__ = "employer_members"
    __table_args__ = (
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"]),
        one_of("role", ("owner", "agent")),
        sa.Index(None, "person_id"),
        {"info": RowScope(cls="person", person="person_id", employer="employer_id", subject="employer_id").info()},
    )

    employer_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Agency(Base):
    """人力资源服务机构 (R047): the licences of an employer that is an agency."""

    __tablename__ = "agencies"
    __table_args__ = (
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
        {
            "info": RowScope(
                cls="person",
                employer="employer_id",
                subject="employer_id",
                personal=("legal_representative", "responsible_contact"),
            ).info()
        },
    )

    employer_id: Mapped[UUID] = mapped_column(primary_key=True)
    business_licence: Mapped[str]
    hr_licence: Mapped[str]
    hr_licence_scope: Mapped[str]
    hr_licence_expires_on: Mapped[date]
    legal_representative: Mapped[str]
    responsible_contact: Mapped[str]
    filing_number: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class Staff(Base):
    """A member of staff; what he may do is in `role_assignments`."""

    __tablename__ = "staff"
    __table_args__ = (
        tenant_fk(),
        one_of("status", ("active", "ended")),
        {"info": RowScope(cls="tenant", tenant="tenant", shown_by="role_assignments.staff_id").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    status: Mapped[str] = mapped_column(default="active")
    created_at: Mapped[datetime]


class OneTimeCode(Base):
    """A code sent to a phone; only its keyed hash is kept."""

    __tablename__ = "one_time_codes"
    __table_args__ = (
        sa.Index(None, "number_index", "created_at"),
        {"info": RowScope(cls="system", audit="short-lived: worth nothing after a few minutes").info()},
    )

    id: Mapped[UuidPk]
    number_index: Mapped[bytes]
    purpose: Mapped[str]
    code_hash: Mapped[str]
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class OutMessage(Base):
    """A message on its way to a phone: queued, sent (the gateway has it), delivered, or failed. Number and text are sealed."""

    __tablename__ = "out_messages"
    __table_args__ = (
        one_of("state", ("queued", "sent", "delivered", "failed")),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], ondelete="SET NULL"),
        sa.Index(None, "created_at"),
        sa.Index(None, "number_index", "created_at"),
        sa.Index(None, "notice_id", postgresql_where=sa.text("notice_id IS NOT NULL")),
        sa.Index("ix_out_messages_waiting", "created_at", postgresql_where=sa.text("handed_at IS NULL")),
        {"info": RowScope(cls="system", audit="derived: what was done is audited where it was done").info()},
    )

    id: Mapped[UuidPk]
    channel: Mapped[str]
    kind: Mapped[str]
    number_sealed: Mapped[bytes]
    number_index: Mapped[bytes | None]
    """Blind index of the number, by which a lost message is found and sent again."""
    text_sealed: Mapped[bytes]
    state: Mapped[str] = mapped_column(default="queued")
    notice_id: Mapped[UUID | None]
    """The notice that it carries."""
    handed_at: Mapped[datetime | None]
    """When the line took it over."""
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]


class ImportBatch(Base):
    """A register or list of posts brought in from a file."""

    __tablename__ = "import_batches"
    __table_args__ = (
        tenant_fk(),
        one_of("kind", ("people", "posts")),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    kind: Mapped[str]
    file_name: Mapped[str]
    sha256: Mapped[bytes]
    rows: Mapped[int]
    created: Mapped[int]
    linked: Mapped[int] = mapped_column(default=0)
    proposed: Mapped[int] = mapped_column(default=0)
    done_by: Mapped[UUID | None]
    done_at: Mapped[datetime]


class MergeProposal(Base):
    """Two registrations that may be one person, for a member of staff to decide."""

    __tablename__ = "merge_proposals"
    __table_args__ = (
        tenant_fk(),
        one_of("status", ("open", "merged", "refused")),
        {"info": RowScope(cls="tenant", tenant="tenant").info()},
    )

    id: Mapped[UuidPk]
    tenant: Mapped[PathColumn]
    batch_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("import_batches.id"))
    person_id: Mapped[UUID]
    """The person of the file's row, registered as he stands there."""
    candidate_id: Mapped[UUID]
    reason: Mapped[str]
    status: Mapped[str] = mapped_column(default="open")
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
