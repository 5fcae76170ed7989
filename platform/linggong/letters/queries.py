"""Reading letters: what was received, what was issued, one of them, its paper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.letters.models import Letter, LetterFile, LetterReceipt
from linggong.letters.service import ISSUERS, received
from rbac.roles import Role

_READERS = (*ISSUERS, Role.AUDITOR)


class LetterView(msgspec.Struct, frozen=True, kw_only=True):
    """A letter as its issuer and its recipient read it."""

    id: UUID
    number: str
    kind: str
    label: str
    issuer: str
    tenant: str
    recipient: str
    recipient_name: str
    body: list[str]
    due_on: date | None
    about: str
    about_id: UUID | None
    issued_at: datetime
    issued_name: str
    signed_at: datetime | None
    signed_by: str
    withdraws_id: UUID | None
    withdrawn_by: UUID | None
    """The letter that withdrew this one."""
    withdrawn_number: str
    sha256: str
    """Of the sealed paper; '' while it is being made."""
    mine_to_sign: bool
    """Whoever reads it is its recipient, and nobody has signed yet."""
    mine_to_withdraw: bool


async def listed(uow: UnitOfWork, *, box: str = "received", limit: int = 100) -> list[LetterView]:
    """Return letters, the latest first: those 'received' or those 'issued' at and below the acting post."""
    clause = _issued(uow) if box == "issued" else received(uow)
    return await _views(uow, sa.select(Letter).where(clause).order_by(Letter.issued_at.desc(), Letter.id).limit(limit))


async def one(uow: UnitOfWork, letter_id: UUID) -> LetterView:
    """Return a letter. Raises NotFound for whoever neither issued nor receives it."""
    found = await _views(uow, sa.select(Letter).where(Letter.id == letter_id, _visible(uow)))
    if not found:
        raise NotFound
    return found[0]


async def about(uow: UnitOfWork, about_ids: Sequence[UUID]) -> dict[UUID, list[LetterView]]:
    """Return the letters that follow from rows of a slice, the first first, as far as the reader's post sees them."""
    if not about_ids:
        return {}
    rows = await _views(uow, sa.select(Letter).where(Letter.about_id.in_(about_ids)).order_by(Letter.issued_at))
    found: dict[UUID, list[LetterView]] = {one: [] for one in about_ids}
    for row in rows:
        if row.about_id is not None:
            found[row.about_id].append(row)
    return found


async def paper(uow: UnitOfWork, letter_id: UUID) -> tuple[str, bytes]:
    """Return the number and the sealed paper. Raises NotFound, Conflict while it is being made."""
    letter = await one(uow, letter_id)
    raw = await uow.session.scalar(sa.select(LetterFile.content).where(LetterFile.letter_id == letter_id))
    if raw is None:
        raise Conflict("公文正在盖章，一般几秒钟就好，请稍后再打印。")
    return letter.number, raw


def _issued(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    return uow.scope.clause(Letter.tenant) if uow.actor.role in _READERS else sa.false()


def _visible(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    above = [_issued(uow)]
    if uow.actor.role in _READERS:
        above.append(sa.and_(Letter.via.is_not(None), uow.scope.clause(Letter.via)))
    elif uow.actor.kind == "staff":
        # What an office above a place wrote to a place below it is read by whoever runs both, but for what is the bureau's own.
        elsewhere = sa.or_(Letter.via.is_(None), Letter.via != uow.actor.post)
        above.append(sa.and_(uow.scope.clause(Letter.tenant), Letter.recipient == "node", elsewhere))
    return sa.or_(received(uow), *above)


async def _views(uow: UnitOfWork, statement: sa.Select[Letter]) -> list[LetterView]:
    rows = list(await uow.session.scalars(statement))
    ids = [row.id for row in rows]
    if not ids:
        return []
    receipts = {
        r.letter_id: r
        for r in await uow.session.scalars(sa.select(LetterReceipt).where(LetterReceipt.letter_id.in_(ids)))
    }
    papers = {
        r.letter_id: r.sha256.hex()
        for r in await uow.execute(
            sa.select(LetterFile.letter_id, LetterFile.sha256).where(LetterFile.letter_id.in_(ids))
        )
    }
    undone = {
        r.withdraws_id: r
        for r in await uow.execute(
            sa.select(Letter.withdraws_id, Letter.id, Letter.number).where(Letter.withdraws_id.in_(ids))
        )
    }
    to_me = set(await uow.session.scalars(sa.select(Letter.id).where(Letter.id.in_(ids), received(uow))))
    found = []
    for row in rows:
        receipt, gone = receipts.get(row.id), undone.get(row.id)
        issuer = uow.actor.role in ISSUERS and row.tenant == uow.actor.post
        found.append(
            LetterView(
                id=row.id, number=row.number, kind=row.kind, label=row.label, issuer=row.issuer, tenant=row.tenant,
                recipient=row.recipient, recipient_name=row.recipient_name, body=list(row.body), due_on=row.due_on,
                about=row.about, about_id=row.about_id, issued_at=row.issued_at, issued_name=row.issued_name,
                signed_at=receipt.signed_at if receipt else None, signed_by=receipt.name if receipt else "",
                withdraws_id=row.withdraws_id, withdrawn_by=gone.id if gone else None,
                withdrawn_number=gone.number if gone else "", sha256=papers.get(row.id, ""),
                mine_to_sign=receipt is None and row.id in to_me,
                mine_to_withdraw=issuer and gone is None and row.withdraws_id is None,
            )
        )  # fmt: skip
    return found
