"""Making the paper: read in one short transaction, set and sealed in a thread outside any, stored in another.

The job is queued in the transaction that makes the contract, so it exists exactly when the contract does; it runs at least
once and makes one file. A sealed file's hash goes into the order's events, and into the addendum that follows it.
"""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
import structlog

from linggong.contracts import covers, facts, signing, slips, wording
from linggong.contracts.models import ContractConsent, ContractFile
from linggong.kernel import clock, tasks
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.settings import Settings
from linggong.people import notices
from linggong.people.identity_numbers import mask_id_number
from linggong.people.models import Employer, Person
from linggong.work import common
from linggong.work.models import Engagement
from tenants.models import Node

JOB: Final = "contracts.seal"
REASON: Final = "平台盖章，双方已各自确认"
log = structlog.get_logger(__name__)
_PATIENCE: Final = timedelta(minutes=1)
"""How long the contract's own job has before others make its paper."""
_NEWS: Final = timedelta(days=1)
"""Whoever signed longer ago is not told any more that the paper is there: he finds it with his job."""
_AT_ONCE: Final = 25


class _Plan(msgspec.Struct, frozen=True):
    """What is drawn, and for when it is sealed."""

    data: dict[str, Any]
    when: datetime
    previous: bytes | None


async def queue(uow: UnitOfWork, file: ContractFile) -> None:
    """Queue the making of a signed document; it is queued once however often this is called."""
    await uow.flush()
    await tasks.enqueue(uow, JOB, {"file": str(file.id)}, dedupe_key=f"contract:{file.id}")


async def seal(database: Database, settings: Settings, file_id: UUID) -> bool:
    """Make and seal a signed document; True when this call made it, False when it stands already or waits for consents.

    An addendum waits for the part before it, which is made first. Safe to run twice, also at the same time.
    """
    before = await _unsealed_before(database, file_id)
    if before is not None:
        await seal(database, settings, before)
    async with database.system() as uow:
        plan = await _plan(uow, database.sealer, settings, file_id)
    if plan is None:
        return False
    raw, pages = await asyncio.to_thread(_make, settings, plan)
    async with database.system() as uow:
        return await _store(uow, settings, file_id, plan, raw, pages)


async def unmade(database: Database, *, limit: int) -> list[UUID]:
    """Return documents that were signed a minute ago or longer and have no paper, the newest first: those are asked for."""
    async with database.system() as uow:
        rows = await uow.session.scalars(
            sa.select(ContractFile.id)
            .where(ContractFile.state == "signed", ContractFile.signed_at <= uow.now - _PATIENCE)
            .order_by(ContractFile.signed_at.desc(), ContractFile.part)
            .limit(limit)
        )
        return list(rows)


async def catch_up(database: Database, settings: Settings, *, limit: int = _AT_ONCE) -> int:
    """Make papers that no job has made: it failed too often, or there was none (the demo's past); returns how many.

    One that cannot be made is reported and holds up no other.
    """
    made = 0
    for file_id in await unmade(database, limit=limit):
        try:
            made += await seal(database, settings, file_id)
        except Exception:
            log.exception("contract_not_sealed", file=str(file_id))
    return made


def _make(settings: Settings, plan: _Plan) -> tuple[bytes, int]:
    """Set and seal. The heavy libraries are loaded here, in the worker that makes papers, and nowhere else."""
    from linggong.contracts import seal as seals
    from linggong.contracts import typeset

    raw = seals.apply(seals.of(settings), typeset.pdf(plan.data), when=plan.when, reason=REASON)
    return raw, raw.count(b"/Type/Page/") or 1


async def _unsealed_before(database: Database, file_id: UUID) -> UUID | None:
    async with database.system() as uow:
        file = await uow.session.get(ContractFile, file_id)
        if file is None or file.part == 0:
            return None
        found: UUID | None = await uow.session.scalar(
            sa.select(ContractFile.id).where(
                ContractFile.engagement_id == file.engagement_id,
                ContractFile.part == file.part - 1,
                ContractFile.state == "signed",
            )
        )
        return found


async def _plan(uow: UnitOfWork, sealer: Sealer | None, settings: Settings, file_id: UUID) -> _Plan | None:
    from linggong.contracts import seal as seals

    file = await uow.session.get(ContractFile, file_id)
    if file is None or file.state != "signed":
        return None
    row = await uow.session.get_one(Engagement, file.engagement_id)
    told = await facts.gather(uow, row, file=file)
    given = await _consents(uow, file)
    stations = {c.station for c in given if c.station}
    names = await uow.execute(sa.select(Node.path, Node.name).where(Node.path.in_(stations)))
    before = await _before(uow, file)
    # The paper is of the moment at which the contract was made; the seal says when it was sealed.
    when = clock.now()
    data = wording.document(
        told,
        await _parties(uow, sealer, row),
        given,
        places={r.path: r.name for r in names},
        url=f"{settings.address}/c/{file.code}",
        seal=seals.of(settings).owner,
        made_at=when,
        before=None if before is None else wording.Linked(before.code, (before.sha256 or b"").hex()),
        cover=await covers.tables(uow, row) if file.part == 0 else (),
    )
    return _Plan(data, when, None if before is None else before.sha256)


async def _consents(uow: UnitOfWork, file: ContractFile) -> list[ContractConsent]:
    if file.part == 0:
        return list((await signing.consents(uow, file)).values())
    rows = await uow.session.scalars(
        sa.select(ContractConsent).where(ContractConsent.file_id == file.id).order_by(ContractConsent.given_at)
    )
    return list(rows)


async def _before(uow: UnitOfWork, file: ContractFile) -> ContractFile | None:
    found: ContractFile | None = await uow.session.scalar(
        sa.select(ContractFile).where(
            ContractFile.engagement_id == file.engagement_id, ContractFile.part == file.part - 1
        )
    )
    return found


async def _parties(uow: UnitOfWork, sealer: Sealer | None, row: Engagement) -> wording.Parties:
    """Name both parties in full (R049: two verified parties); of an ID number only what tells two people apart."""
    employer = await uow.session.get_one(Employer, row.employer_id)
    worker = await uow.session.get_one(Person, row.worker_id)
    lines = []
    if employer.uscc:
        lines.append(f"统一社会信用代码：{employer.uscc}")
    elif employer.person_id is not None:
        person = await uow.session.get_one(Person, employer.person_id)
        lines.append(f"身份证号：{_masked(sealer, person)}")
    if employer.legal_representative:
        lines.append(f"法定代表人：{employer.legal_representative}")
    lines.append(f"核验：{_LEVELS.get(employer.verified_level, '已核验')}")
    return wording.Parties(
        employer=employer.name,
        employer_lines=lines,
        worker=worker.name,
        worker_lines=[
            f"身份证号：{_masked(sealer, worker)}（完整号码由平台核验留存）",
            f"核验：{_METHODS.get(worker.verified_method, '已实名核验')}",
        ],
    )


_LEVELS = {0: "未核验", 1: "平台已核对登记", 2: "工作人员已看过证照"}
_METHODS = {
    "id_number": "平台已核对姓名和身份证号",
    "id_card_seen": "工作人员已看过身份证",
    "id_card_reader": "已用读卡器核验",
}


def _masked(sealer: Sealer | None, person: Person) -> str:
    if sealer is None:
        return "已核验"
    return mask_id_number(sealer.open(person.id_sealed, f"persons.id_sealed.{person.id}"))


async def _store(uow: UnitOfWork, settings: Settings, file_id: UUID, plan: _Plan, raw: bytes, pages: int) -> bool:
    file = await uow.session.get_one(ContractFile, file_id, with_for_update=True, populate_existing=True)
    if file.state != "signed":
        return False
    row = await uow.session.get_one(Engagement, file.engagement_id)
    blob = slips.blob_of(uow, row, "document", "application/pdf", raw)
    uow.session.add(blob)
    await uow.flush()
    file.state, file.blob_id, file.sha256 = "sealed", blob.id, hashlib.sha256(raw).digest()
    file.sealed_at, file.pages, file.prev_sha256 = plan.when, pages, plan.previous
    await uow.flush()
    await common.tell(
        uow,
        row,
        file.id,
        "contract.sealed",
        None,
        engagement=str(row.id),
        part=file.part,
        code=file.code,
        sha256=file.sha256.hex(),
        prev_sha256=None if plan.previous is None else plan.previous.hex(),
        terms_version=file.terms_version,
        terms_hash=file.terms_hash.hex(),
        pages=pages,
    )
    if file.signed_at is not None and uow.now - file.signed_at <= _NEWS:
        await _tell_both(uow, settings, row, file)
    return True


async def _tell_both(uow: UnitOfWork, settings: Settings, row: Engagement, file: ContractFile) -> None:
    what = "合同" if file.part == 0 else "补充协议"
    text = f"您的{what}已盖章，编号 {file.code}。查看、下载、打印都免费：{settings.address}/c/{file.code} ，也可到驿站领纸质的。"
    for side in signing.SIDES:
        await notices.notify(
            uow,
            to=side,
            kind="contract",
            text=text
            if len(text) <= notices.MAX_TEXT
            else f"您的{what}已盖章，编号 {file.code}，登录后可看，也可到驿站领纸质的。",
            subject_id=row.id,
            tenant=row.tenant,
            via=row.via,
            person_id=row.worker_id,
            employer_id=row.employer_id,
        )
