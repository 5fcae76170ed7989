"""Addenda (transition 25, invariant 6): a change of terms that both agreed to after signing, written down and linked by hash."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.contracts import documents, facts, wording
from linggong.contracts.models import ContractConsent, ContractFile
from linggong.kernel.db import UnitOfWork
from linggong.kernel.ids import new_id, short_code
from linggong.work import common, concluding
from linggong.work.models import Engagement


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One side's yes to a change: when, by whom, through what; the post of a clerk who entered it."""

    side: str
    at: datetime
    given_by: UUID | None
    channel: str
    station: str | None = None


async def write(
    uow: UnitOfWork, row: Engagement, *, changes: Sequence[str], said: Sequence[Said], make: bool = True
) -> ContractFile | None:
    """Write the addendum of an engagement whose terms were changed by both; None while no contract is signed.

    The new terms must be those of the engagement already. The same version twice makes one addendum. `make` queues the
    paper.
    """
    last = await uow.session.scalar(
        sa.select(ContractFile)
        .where(ContractFile.engagement_id == row.id)
        .order_by(ContractFile.part.desc())
        .limit(1)
        .with_for_update()
    )
    if last is None or last.state == "open" or row.terms_version is None or row.terms_hash is None:
        return None
    if last.terms_hash == row.terms_hash:
        return last if last.part else None
    file = ContractFile(
        id=new_id(),
        order_id=row.order_id,
        tenant=row.tenant,
        via=row.via,
        worker_id=row.worker_id,
        employer_id=row.employer_id,
        engagement_id=row.id,
        part=last.part + 1,
        code=short_code(10),
        state="signed",
        legal_form=last.legal_form,
        warnings=[],
        terms_version=row.terms_version,
        terms_hash=row.terms_hash,
        changes=[c[:200] for c in changes][:20],
        signed_at=uow.now,
        created_at=uow.now,
    )
    uow.session.add(file)
    # Invariant 6: from here on the contract binds the terms that the addendum states.
    row.contract_hash = concluding.contract_hash(row)
    await uow.flush()
    text = wording.addendum_text(await facts.gather(uow, row, file=file))
    for one in said:
        uow.session.add(_consent(row, file, one, text))
    await uow.flush()
    await common.tell(
        uow,
        row,
        file.id,
        "contract.addendum",
        None,
        engagement=str(row.id),
        part=file.part,
        terms_version=file.terms_version,
        terms_hash=file.terms_hash.hex(),
        text_hash=wording.hashed(text),
        contract_hash=row.contract_hash.hex(),
        changes=file.changes,
    )
    if make:
        await documents.queue(uow, file)
    return file


def _consent(row: Engagement, file: ContractFile, one: Said, text: str) -> ContractConsent:
    return ContractConsent(
        id=new_id(),
        order_id=row.order_id,
        tenant=row.tenant,
        via=row.via,
        worker_id=row.worker_id,
        employer_id=row.employer_id,
        file_id=file.id,
        side=one.side,
        terms_version=file.terms_version,
        terms_hash=file.terms_hash,
        legal_form=file.legal_form,
        text_version=wording.TEXT_VERSION,
        shown=text,
        text_hash=bytes.fromhex(wording.hashed(text)),
        method="terms",
        given_by=one.given_by,
        channel=one.channel,
        station=one.station,
        given_at=one.at,
    )
