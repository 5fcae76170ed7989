"""Photos kept as proof at a place: of a visit, an inspection, a plate on a wall (R024 to R035, R120).

A photo proves something only with the time it was taken, so that time is asked for and never guessed; where it was taken is
kept when the telephone tells it. Rows are append-only: what was shown once can be added to, not exchanged.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.kernel import clock, pictures
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath
from tenants.models import EvidencePhoto, Node

MOST_BYTES: Final = 3_000_000
"""A telephone's photo, made smaller by the page before it is sent."""
NOTE_LENGTH: Final = 200
_AHEAD: Final = timedelta(minutes=10)
"""A telephone's clock may go a little ahead of ours."""
_OLDEST: Final = timedelta(days=3 * 366)


class Photo(msgspec.Struct, frozen=True, kw_only=True):
    """A photo as a page or a program brings it; degrees are WGS-84, both or none."""

    data: bytes
    taken_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    note: str = ""


class PhotoInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A photo in a call of the API."""

    content_base64: Annotated[str, Meta(max_length=4 * MOST_BYTES // 3 + 4)]
    taken_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    note: Annotated[str, Meta(max_length=NOTE_LENGTH)] = ""

    def photo(self) -> Photo:
        """Return it decoded; what is no base64 becomes no photo, which `check` refuses."""
        try:
            data = b64decode(self.content_base64, validate=True)
        except ValueError:
            data = b""
        return Photo(
            data=data, taken_at=self.taken_at, latitude=self.latitude, longitude=self.longitude, note=self.note
        )


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A kept photo without its bytes; they are at /evidence/{id}."""

    id: UUID
    about: str
    subject_id: UUID
    taken_at: datetime
    added_at: datetime
    latitude: float | None
    longitude: float | None
    note: str
    sha256: bytes


def check(photo: Photo, faults: list[Fault], *, now: datetime, field: str = "photo") -> None:
    """Add to `faults` what makes a photo no proof: none, too large, no picture, no time, half a point."""
    if not photo.data:
        faults.append(Fault(field, "请先拍照或选一张照片。", "required"))
    elif len(photo.data) > MOST_BYTES:
        faults.append(Fault(field, "照片太大，最大 3 MB，请拍小一点再传。", "size"))
    elif _media(photo.data) is None:
        faults.append(Fault(field, "这不是照片。请传 JPG、PNG 或 WebP。", "kind"))
    if photo.taken_at is None or photo.taken_at.tzinfo is None:
        faults.append(Fault(f"{field}_taken_at", "写明照片是什么时候拍的（日期和时刻），没有时间的照片不能作证据。", "required"))  # fmt: skip
    elif photo.taken_at > now + _AHEAD:
        faults.append(Fault(f"{field}_taken_at", "拍照时间比现在还晚，请核对。", "range"))
    elif photo.taken_at < now - _OLDEST:
        faults.append(Fault(f"{field}_taken_at", "照片是三年以前拍的，不能作证据。", "range"))
    if (photo.latitude is None) != (photo.longitude is None):
        faults.append(Fault(f"{field}_point", "经度和纬度要一起写。", "point"))
    elif photo.latitude is not None and not (-90 <= photo.latitude <= 90 and -180 <= (photo.longitude or 0) <= 180):
        faults.append(Fault(f"{field}_point", "经纬度不对，请核对。", "point"))
    if len(photo.note) > NOTE_LENGTH:
        faults.append(Fault(f"{field}_note", f"说明最多 {NOTE_LENGTH} 个字。", "length"))


async def keep(uow: UnitOfWork, tenant: TenantPath, about: str, subject_id: UUID, photo: Photo) -> EvidencePhoto:
    """Keep a photo at a place, about a row of a slice (`about` is its short name, e.g. "visit").

    Whether the actor may is the caller's decision; row security repeats it. Raises Invalid, NotFound for an unknown place.
    """
    faults: list[Fault] = []
    check(photo, faults, now=uow.now)
    if faults or photo.taken_at is None:
        raise Invalid(faults)
    node_id = await uow.session.scalar(sa.select(Node.id).where(Node.path == tenant))
    if node_id is None:
        raise NotFound
    row = EvidencePhoto(
        id=new_id(), tenant=tenant, about=about, subject_id=subject_id, media_type=_media(photo.data) or "",
        sha256=hashlib.sha256(photo.data).digest(), content=photo.data, taken_at=photo.taken_at, latitude=photo.latitude,
        longitude=photo.longitude, note=photo.note.strip(), added_by=None if uow.actor.id == NOBODY else uow.actor.id, added_at=uow.now,
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    body = {"photo": row.id, "about": about, "of": subject_id, "sha256": row.sha256.hex()}
    chain = f"node:{node_id}"
    await uow.emit(NewEvent(type="evidence.kept", chain=chain, subject_id=node_id, tenant=tenant, body=body))
    return row


async def of(uow: UnitOfWork, about: str, subjects: list[UUID]) -> Mapping[UUID, list[Kept]]:
    """Return the kept photos of rows, oldest first, as far as the reader's post sees them."""
    if not subjects:
        return {}
    names = [getattr(EvidencePhoto, name) for name in Kept.__struct_fields__]
    statement = (
        sa.select(*names)
        .where(EvidencePhoto.about == about, EvidencePhoto.subject_id.in_(subjects))
        .order_by(EvidencePhoto.taken_at, EvidencePhoto.id)
    )
    found: dict[UUID, list[Kept]] = {subject: [] for subject in subjects}
    for row in (await uow.session.execute(statement)).mappings():
        found[row["subject_id"]].append(Kept(**row))
    return found


async def content(uow: UnitOfWork, photo_id: UUID) -> tuple[str, bytes]:
    """Return media type and bytes of a photo. Raises NotFound outside the scope."""
    statement = sa.select(EvidencePhoto.media_type, EvidencePhoto.content)
    found = (
        await uow.session.execute(statement.where(EvidencePhoto.id == photo_id, uow.scope.clause(EvidencePhoto.tenant)))
    ).one_or_none()
    if found is None:
        raise NotFound
    return found.media_type, found.content


def said(value: str) -> datetime | None:
    """Read a moment as a page sends it: with a zone, or as local time of the market; None for anything else."""
    try:
        at = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=clock.SHANGHAI)


def _media(data: bytes) -> str | None:
    return pictures.media_of(data, pictures.JPEG, pictures.PNG, pictures.WEBP)
