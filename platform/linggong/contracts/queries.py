"""Reading contracts: the consent screen, who has signed, the documents, their bytes. Nothing here writes or locks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.contracts import facts, signing, wording
from linggong.contracts.models import ContractBlob, ContractConsent, ContractFile
from linggong.contracts.signing import SIDE_WORDS, SIDES
from linggong.contracts.wording import Screen
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.work import common
from linggong.work.models import Engagement


class SignedBy(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a contract: has it consented, how and when."""

    side: str
    words: str
    signed: bool
    at: datetime | None = None
    how: str = ""
    slip_owed: bool = False


class DocumentView(msgspec.Struct, frozen=True, kw_only=True):
    """One document: the contract or an addendum."""

    id: UUID
    part: int
    title: str
    code: str
    state: str
    legal_form: str
    legal_form_words: str
    terms_version: int
    changes: list[str]
    sha256: str
    sealed_at: datetime | None
    pages: int | None


class ContractView(msgspec.Struct, frozen=True, kw_only=True):
    """An engagement's contract as either side and the desk see it."""

    engagement_id: UUID
    order_id: UUID
    state: str
    worker_name: str
    screen: Screen | None
    """What is shown before consent; None once the contract is made."""
    sides: list[SignedBy]
    waits_for: str | None
    """Why the contract is not made yet."""
    single_witness: bool
    documents: list[DocumentView]


_HOW = {"code": "本人登录并核对短信验证码", "clerk": "由工作人员代办", "terms": "同意改约定"}


async def seen(uow: UnitOfWork, engagement_id: UUID) -> Engagement:
    """Return an engagement that the actor may see, unlocked; foreign and missing alike are NotFound."""
    found = await uow.session.scalar(
        sa.select(Engagement).where(Engagement.id == engagement_id, common.visible(uow, Engagement))
    )
    if found is None:
        raise NotFound
    return found


async def contract(uow: UnitOfWork, engagement_id: UUID) -> ContractView:
    """Return the contract of an engagement; NotFound for a foreign one or one that has agreed on no terms yet."""
    return await contract_of(uow, await seen(uow, engagement_id))


async def contract_of(uow: UnitOfWork, row: Engagement) -> ContractView:
    """Return the contract of an engagement that the actor may see, as `contract` does; what he just signed is not read again."""
    if row.terms_version is None:
        raise NotFound
    kept = signing.held(uow, row)
    # Before this signature the document was open: it has no addenda.
    files = await _files(uow, row.id) if kept is None else [kept.file]
    file = files[0] if files else None
    made = file is not None and file.state != "open"
    screen = None
    if not made and row.state in ("A_OFFERED", "A_CONFIRMED"):
        told = await facts.gather(uow, row) if kept is None else msgspec.structs.replace(kept.told, code="")
        if file is not None and not signing.outdated(file, told):
            told = msgspec.structs.replace(told, warnings=list(file.warnings))
        screen = wording.screen(told)
    known = kept.known if kept is not None else await signing.consents(uow, file) if file is not None else {}
    return ContractView(
        engagement_id=row.id,
        order_id=row.order_id,
        state=row.state,
        worker_name=row.worker_name,
        screen=screen,
        sides=[_side(side, known.get(side)) for side in SIDES],
        waits_for=await signing.waits_for(uow, row) if row.state == "A_CONFIRMED" else None,
        single_witness=row.single_witness,
        documents=[document_view(f) for f in files if f.state != "open"],
    )


async def _files(uow: UnitOfWork, engagement_id: UUID) -> list[ContractFile]:
    rows = await uow.session.scalars(
        sa.select(ContractFile).where(ContractFile.engagement_id == engagement_id).order_by(ContractFile.part)
    )
    return list(rows)


def _side(side: str, consent: ContractConsent | None) -> SignedBy:
    words = SIDE_WORDS[side]
    if consent is None:
        return SignedBy(side=side, words=words, signed=False)
    return SignedBy(
        side=side,
        words=words,
        signed=True,
        at=consent.given_at,
        how=_HOW[consent.method],
        slip_owed=consent.slip_due_at is not None,
    )


def document_view(file: ContractFile) -> DocumentView:
    """Return a document as it is shown."""
    return DocumentView(
        id=file.id,
        part=file.part,
        title="合同" if file.part == 0 else f"补充协议（第 {file.part} 份）",
        code=file.code,
        state=file.state,
        legal_form=file.legal_form,
        legal_form_words=wording.form_label(file.legal_form),
        terms_version=file.terms_version,
        changes=list(file.changes),
        sha256="" if file.sha256 is None else file.sha256.hex(),
        sealed_at=file.sealed_at,
        pages=file.pages,
    )


async def content(uow: UnitOfWork, file_id: UUID) -> tuple[str, bytes]:
    """Return (code, bytes) of a sealed document that the actor may see. Raises NotFound, Conflict while it is being made."""
    row = (
        await uow.execute(
            sa.select(ContractFile.code, ContractFile.state, ContractBlob.content)
            .outerjoin(ContractBlob, ContractBlob.id == ContractFile.blob_id)
            .where(ContractFile.id == file_id, _visible(uow))
        )
    ).one_or_none()
    if row is None or row.state == "open":
        raise NotFound
    if row.content is None:
        raise Conflict("合同正在盖章，一般几秒钟就好，请稍后再来下载。")
    return row.code, row.content


def _visible(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    if uow.actor.kind == "staff":
        return sa.or_(uow.scope.clause(ContractFile.tenant), uow.scope.clause(ContractFile.via))
    return sa.true()


async def mine(uow: UnitOfWork, *, limit: int = 100) -> list[DocumentView]:
    """Return the newest documents that the actor may see."""
    rows = await uow.session.scalars(
        sa.select(ContractFile)
        .where(ContractFile.state != "open", _visible(uow))
        .order_by(ContractFile.created_at.desc())
        .limit(limit)
    )
    return [document_view(f) for f in rows]


async def document(uow: UnitOfWork, file_id: UUID, *, lock: bool = False) -> ContractFile:
    """Return a document that the actor may see; NotFound for a foreign, missing or unsigned one."""
    found = sa.select(ContractFile).where(ContractFile.id == file_id, ContractFile.state != "open", _visible(uow))
    file = await uow.session.scalar(found.with_for_update() if lock else found)
    if file is None:
        raise NotFound
    return file
