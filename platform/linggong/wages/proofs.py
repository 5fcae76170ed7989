"""Files that show a payment: a screenshot of the transfer, the photo of a signed slip. Sealed, and known by their hash."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from typing import Literal
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import pictures
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound, TooLarge
from linggong.kernel.ids import new_id
from linggong.wages import journal, loading, overdue
from linggong.wages.models import PaymentProof
from linggong.work import common

MAX_BYTES = 3_000_000
_MOST = 5

PROOF_WORDS = {"none": "", "voucher": "单号", "photo": "截图", "slip": "签字单", "bank_line": "银行流水"}

Kind = Literal["screenshot", "slip"]


async def attach(uow: UnitOfWork, sealer: Sealer, payment_id: UUID, *, kind: Kind, data: bytes) -> PaymentProof:
    """Hand in a file with a payment; the first one becomes its proof, and a screenshot pauses the clock like a number (ruling 3).

    Raises Invalid for anything but a JPEG, PNG or PDF and for a sixth file, TooLarge, Conflict from the worker's side, NotFound.
    """
    payment, row = await loading.payment(uow, payment_id)
    if common.hand(uow) not in ("E", "C", "O"):
        raise Conflict("付款凭证由雇主或驿站上传。")
    common.for_employer(uow, row)
    if len(data) > MAX_BYTES:
        raise TooLarge("照片最大 3 MB，请压缩后再传。")
    media_type = pictures.media_of(data, pictures.JPEG, pictures.PNG, pictures.PDF)
    if media_type is None:
        raise Invalid([Fault("file", "只收 JPG、PNG 照片或 PDF。", "kind")])
    known = await uow.session.scalar(
        sa.select(sa.func.count()).select_from(PaymentProof).where(PaymentProof.payment_id == payment.id)
    )
    if (known or 0) >= _MOST:
        raise Invalid([Fault("file", f"一笔付款最多 {_MOST} 张凭证。", "count")])
    proof_id, digest = new_id(), hashlib.sha256(data).digest()
    proof = PaymentProof(
        id=proof_id, payment_id=payment.id, kind=kind, media_type=media_type, sha256=digest, size=len(data),
        content_sealed=sealer.seal(b64encode(data).decode(), _place(proof_id)), added_by=common.said_by(uow),
        added_at=uow.now, **journal.sides_of(row),
    )  # fmt: skip
    uow.session.add(proof)
    if payment.proof == "none":
        payment.proof = "slip" if kind == "slip" else "photo"
    await uow.flush()
    await common.tell(
        uow,
        row,
        row.id,
        "payment.proof_added",
        None,
        payment=payment.id,
        kind=kind,
        sha256=digest.hex(),
        size=len(data),
    )
    if row.state in ("OPEN", "CLAIMED"):
        await overdue.follow(uow, row)
    return proof


async def read(uow: UnitOfWork, sealer: Sealer, proof_id: UUID) -> tuple[str, bytes]:
    """Return a file's media type and content for either side or the desk that serves one; NotFound for others alike."""
    seen: sa.ColumnElement[bool] = sa.true()
    if uow.actor.kind == "staff":
        seen = sa.or_(uow.scope.clause(PaymentProof.tenant), uow.scope.clause(PaymentProof.via))
    found = await uow.session.scalar(sa.select(PaymentProof).where(PaymentProof.id == proof_id, seen))
    if found is None:
        raise NotFound
    return found.media_type, b64decode(sealer.open(found.content_sealed, _place(found.id)))


def _place(proof_id: UUID) -> str:
    return f"payment_proofs.content_sealed.{proof_id}"
