"""Photos of signed slips: what a clerk's word about a consent rests on. They may follow until the day ends."""

from __future__ import annotations

import hashlib
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.contracts import queries
from linggong.contracts.models import ContractBlob, ContractConsent, ContractFile
from linggong.kernel import pictures, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid
from linggong.kernel.ids import new_id
from linggong.work import common
from linggong.work.models import Engagement

MOST_BYTES: Final = 1_900_000
"""Below the largest request body: a photo from a phone, made smaller by the page before it is sent."""


class MissingSlip(msgspec.Struct, frozen=True, kw_only=True):
    """A consent whose slip is still owed."""

    consent_id: UUID
    engagement_id: UUID
    order_id: UUID
    worker_name: str
    side: str
    due_at: str
    late: bool


async def keep(uow: UnitOfWork, engagement_id: UUID, raw: bytes) -> ContractBlob:
    """Keep the photo of a signed slip; the same photo twice is one. Raises Invalid for what is no photo, Forbidden but
    for staff, NotFound.
    """
    if uow.actor.kind != "staff":
        raise Forbidden("纸条照片由驿站工作人员上传。")
    row = await common.engagement(uow, engagement_id)
    media = _media(raw)
    sha = hashlib.sha256(raw).digest()
    known = await uow.session.scalar(
        sa.select(ContractBlob).where(
            ContractBlob.engagement_id == row.id, ContractBlob.kind == "slip", ContractBlob.sha256 == sha
        )
    )
    if known is not None:
        return known
    blob = blob_of(uow, row, "slip", media, raw)
    uow.session.add(blob)
    await uow.flush()
    return blob


def blob_of(uow: UnitOfWork, row: Engagement, kind: str, media: str, raw: bytes) -> ContractBlob:
    """Return the row of some bytes of an engagement."""
    return ContractBlob(
        id=new_id(),
        order_id=row.order_id,
        tenant=row.tenant,
        via=row.via,
        worker_id=row.worker_id,
        employer_id=row.employer_id,
        engagement_id=row.id,
        kind=kind,
        media_type=media,
        sha256=hashlib.sha256(raw).digest(),
        content=raw,
        created_by=uow.actor.id if uow.actor.kind == "staff" else None,
        created_at=uow.now,
    )


def _media(raw: bytes) -> str:
    if len(raw) > MOST_BYTES:
        raise Invalid([Fault("photo", "照片太大，请拍小一点（2 兆以内）再传。", "too_large")])
    media = pictures.media_of(raw, pictures.JPEG, pictures.PNG, pictures.WEBP)
    if media is None:
        raise Invalid([Fault("photo", "请上传照片（JPG、PNG 或 WebP）。", "photo")])
    return media


async def attach(uow: UnitOfWork, engagement_id: UUID, raw: bytes) -> int:
    """Add the photo that was owed to every consent by a clerk of this engagement; returns to how many.

    Raises Conflict when none is owed any more, and what `keep` raises.
    """
    blob = await keep(uow, engagement_id, raw)
    owed = (
        await uow.session.scalars(
            sa.select(ContractConsent)
            .join(ContractFile, ContractFile.id == ContractConsent.file_id)
            .where(ContractFile.engagement_id == engagement_id, ContractConsent.slip_due_at.is_not(None))
            .with_for_update(of=ContractConsent)
        )
    ).all()
    if not owed:
        raise Conflict("这份合同不欠签字纸条的照片。")
    row = await common.engagement(uow, engagement_id)
    for consent in owed:
        consent.slip_id, consent.slip_due_at = blob.id, None
        await timers.cancel_timers(uow, consent.id)
        await common.tell(
            uow, row, consent.file_id, "contract.slip_added", None, side=consent.side, sha256=blob.sha256.hex()
        )
    return len(owed)


async def owed_here(uow: UnitOfWork, *, limit: int = 100) -> list[MissingSlip]:
    """Return what the desk still has to photograph, the most urgent first."""
    rows = await uow.execute(
        sa.select(
            ContractConsent.id,
            ContractFile.engagement_id,
            ContractFile.order_id,
            Engagement.worker_name,
            ContractConsent.side,
            ContractConsent.slip_due_at,
        )
        .join(ContractFile, ContractFile.id == ContractConsent.file_id)
        .join(Engagement, Engagement.id == ContractFile.engagement_id)
        .where(ContractConsent.slip_due_at.is_not(None), _mine(uow))
        .order_by(ContractConsent.slip_due_at)
        .limit(limit)
    )
    return [
        MissingSlip(
            consent_id=r.id,
            engagement_id=r.engagement_id,
            order_id=r.order_id,
            worker_name=r.worker_name,
            side=r.side,
            due_at=r.slip_due_at.isoformat(),
            late=r.slip_due_at < uow.now,
        )
        for r in rows
    ]


def _mine(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    if uow.actor.kind != "staff":
        raise Forbidden("这里是驿站工作人员用的。")
    return sa.or_(uow.scope.clause(ContractConsent.tenant), uow.scope.clause(ContractConsent.via))


async def photo(uow: UnitOfWork, engagement_id: UUID) -> tuple[str, bytes] | None:
    """Return (media type, bytes) of the newest slip of an engagement, None without one. Raises NotFound."""
    await queries.seen(uow, engagement_id)
    row = (
        await uow.execute(
            sa.select(ContractBlob.media_type, ContractBlob.content)
            .where(ContractBlob.engagement_id == engagement_id, ContractBlob.kind == "slip")
            .order_by(ContractBlob.created_at.desc())
            .limit(1)
        )
    ).one_or_none()
    return None if row is None else (row.media_type, row.content)
