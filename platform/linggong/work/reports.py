"""What somebody says or shows about a shift, kept with its proof and never changed afterwards (order-states section 7)."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from typing import Any

from linggong.kernel.crypto import Secrets
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.ids import new_id
from linggong.work import common
from linggong.work.models import Assignment
from linggong.work.site_models import SiteReport

PHOTO_BYTES = 900_000
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")


async def keep(
    uow: UnitOfWork,
    row: Assignment,
    kind: str,
    *,
    statement: str = "",
    happened_at: datetime | None = None,
    photo: bytes | None = None,
    secrets: Secrets | None = None,
    **details: Any,
) -> SiteReport:
    """Write down a report; one that comes more than a day late is legal and flagged (section 0 no. 7).

    Raises Invalid for a photo that is none, or too large.
    """
    seen = happened_at or uow.now
    after = (await common.span(uow, row.tenant, "entry.late_after"))["entry.late_after"]
    made = SiteReport(
        id=new_id(),
        assignment_id=row.id,
        order_id=row.order_id,
        tenant=row.tenant,
        via=row.via,
        worker_id=row.worker_id,
        employer_id=row.employer_id,
        kind=kind,
        statement=statement.strip()[:500],
        details=details,
        said_by="leader" if common.hand(uow, row) == "L" else common.said_by(uow),
        leader_id=row.leader_id,
        channel=uow.actor.channel,
        late=uow.now - seen > after,
        happened_at=seen,
        recorded_at=uow.now,
    )
    if photo is not None and secrets is not None:
        _check_photo(photo)
        made.photo_sha256 = hashlib.sha256(photo).digest()
        made.photo_sealed = secrets.sealer.seal(
            base64.b64encode(photo).decode(), f"site_reports.photo_sealed.{made.id}"
        )
    uow.session.add(made)
    await uow.flush()
    return made


def _check_photo(photo: bytes) -> None:
    if len(photo) > PHOTO_BYTES:
        raise Invalid([Fault("photo", "照片太大，请用小一点的（900 KB 以内）。", "too_large")])
    if not photo.startswith(_PICTURES):
        raise Invalid([Fault("photo", "这不是照片。请拍 JPG、PNG 或 WebP 格式的照片。", "format")])
