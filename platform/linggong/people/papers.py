"""The photo of an employer's licence (R049): handed in by himself or at a desk that serves him, sealed, opened with a record.

It stands beside the contracts' photos, not among them: those belong to an engagement and are seen by both of its sides.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from datetime import date, datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from linggong.kernel import clock, pictures
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound, TooLarge
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.orm import Base, RowScope, UuidPk, one_of
from linggong.people.models import Employer
from linggong.people.service_links import served_by

MOST_BYTES: Final = 3_000_000
"""A telephone's photo, made smaller by the page before it is sent."""
_MOST: Final = 20


class EmployerPaper(Base):
    """A photo of an employer's licence, sealed; the newest counts, and the hash of each is in its event."""

    __tablename__ = "employer_papers"
    __table_args__ = (
        sa.ForeignKeyConstraint(["employer_id"], ["employers.id"]),
        one_of("added_by", ("employer", "staff")),
        sa.Index(None, "employer_id", "added_at"),
        {
            "info": RowScope(
                cls="person",
                employer="employer_id",
                subject="employer_id",
                append_only=True,
                audit="append-only: the photo's hash is in the event employer.paper_added",
            ).info()
        },
    )

    id: Mapped[UuidPk]
    employer_id: Mapped[UUID]
    media_type: Mapped[str]
    sha256: Mapped[bytes]
    size: Mapped[int]
    content_sealed: Mapped[bytes]
    """Base64 of the photo, sealed for employer_papers.content_sealed.<id>."""
    added_by: Mapped[str]
    added_at: Mapped[datetime]


async def hand_in(uow: UnitOfWork, sealer: Sealer, employer_id: UUID, data: bytes) -> EmployerPaper:
    """Keep the photo of a licence; the newest counts.

    Raises Invalid for what is no photo and for too many, TooLarge, Conflict for a natural person (his card is looked at, not kept) and for a
    closed employer, NotFound for one that is neither the actor's own nor served at his post.
    """
    seen = served_by(uow, Employer.id) if uow.actor.kind == "staff" else Employer.id == uow.actor.employer_id
    employer = await uow.session.scalar(
        sa.select(Employer).where(Employer.id == employer_id, seen).with_for_update(key_share=True)
    )
    if employer is None:
        raise NotFound
    if employer.status == "closed":
        raise Conflict("这个用工主体已注销，不用再交照片。")
    if employer.kind == "individual":
        raise Conflict("个人雇主带身份证到驿站看一下就行，身份证照片不用交，也不留。")
    if not data:
        raise Invalid([Fault("photo", "请先拍照或选一张照片。", "required")])
    if len(data) > MOST_BYTES:
        raise TooLarge("照片太大，最大 3 MB，请拍小一点再传。")
    media = pictures.media_of(data, pictures.JPEG, pictures.PNG, pictures.WEBP)
    if media is None:
        raise Invalid([Fault("photo", "这不是照片。请传执照的照片（JPG、PNG 或 WebP）。", "kind")])
    known = sa.select(sa.func.count()).select_from(EmployerPaper).where(EmployerPaper.employer_id == employer_id)
    if (await uow.session.scalar(known) or 0) >= _MOST:
        raise Invalid([Fault("photo", f"执照照片已经交过 {_MOST} 张了。还要换，请带执照到驿站。", "count")])
    paper_id = new_id()
    row = EmployerPaper(
        id=paper_id, employer_id=employer_id, media_type=media, sha256=hashlib.sha256(data).digest(), size=len(data),
        content_sealed=sealer.seal(b64encode(data).decode(), _place(paper_id)),
        added_by="staff" if uow.actor.kind == "staff" else "employer", added_at=uow.now,
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await uow.emit(
        NewEvent(
            type="employer.paper_added", chain=f"employer:{employer_id}", subject_id=employer_id, tenant=uow.actor.post,
            employer_id=employer_id, body={"by": row.added_by, "sha256": row.sha256.hex(), "size": row.size},
        )
    )  # fmt: skip
    return row


async def on_file(uow: UnitOfWork, employer_id: UUID) -> date | None:
    """Return when the photo of an employer's licence came, None without one; for whoever may see the employer."""
    at = await uow.session.scalar(
        sa.select(sa.func.max(EmployerPaper.added_at)).where(EmployerPaper.employer_id == employer_id)
    )
    return None if at is None else clock.business_date(at)


async def content(uow: UnitOfWork, sealer: Sealer, employer_id: UUID) -> tuple[str, bytes]:
    """Return media type and bytes of the photo; staff ask through `reveals` first. Raises NotFound."""
    row = await uow.session.scalar(
        sa.select(EmployerPaper)
        .where(EmployerPaper.employer_id == employer_id)
        .order_by(EmployerPaper.added_at.desc(), EmployerPaper.id.desc())
        .limit(1)
    )
    if row is None or (uow.actor.kind != "staff" and uow.actor.employer_id != employer_id):
        raise NotFound
    return row.media_type, b64decode(sealer.open(row.content_sealed, _place(row.id)))


def _place(paper_id: UUID) -> str:
    return f"employer_papers.content_sealed.{paper_id}"
