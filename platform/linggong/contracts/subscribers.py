"""What contracts do when others' events happen: the paper after transition 20, the contract once cover stands, late slips."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from linggong.contracts import addenda, counter, documents, signing
from linggong.contracts.addenda import Said
from linggong.contracts.models import ContractConsent, ContractFile
from linggong.kernel import events, tasks, timers
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.events import NewEvent
from linggong.kernel.settings import Settings
from linggong.kernel.timers import Timer
from linggong.work import common, gates, transferring
from linggong.work.models import Engagement

_COVERED = ("cover.enrolled", "cover.waived")


async def contracted(uow: UnitOfWork, happened: NewEvent) -> None:
    """Transition 20 was made: the document counts as signed, and its paper is queued in the same transaction."""
    file = await _signed(uow, happened)
    if file is not None:
        await documents.queue(uow, file)


async def contracted_quietly(uow: UnitOfWork, happened: NewEvent) -> None:
    """As `contracted`, for the demo's past: the paper of an old contract is made when somebody asks for it."""
    await _signed(uow, happened)


async def _signed(uow: UnitOfWork, happened: NewEvent) -> ContractFile | None:
    row = await uow.session.get(Engagement, happened.subject_id)
    if row is None:
        return None
    # Who moves a worker to a new contract on one screen (50) signs nothing anew here; then the file is made now.
    file, _ = await signing.file_of(uow, row)
    if file.state == "open":
        file.state, file.signed_at = "signed", uow.now
        await uow.flush()
    return file


async def covered(uow: UnitOfWork, happened: NewEvent) -> None:
    """Cover was the last thing missing: both have consented, so the contract is made (20)."""
    engagement_id = happened.body.get("engagement") or happened.subject_id
    row = await uow.session.scalar(
        sa.select(Engagement).where(Engagement.id == UUID(str(engagement_id))).with_for_update(key_share=True)
    )
    if row is not None:
        await signing.complete(uow, row)


async def chosen(uow: UnitOfWork, happened: NewEvent) -> None:
    """The employer named his work-injury insurance, or a top-up: whoever waited for that is contracted now."""
    rows = await uow.session.scalars(
        sa.select(Engagement)
        .where(Engagement.order_id == UUID(str(happened.body["order"])), Engagement.state == "A_CONFIRMED")
        .order_by(Engagement.id)
        .with_for_update(key_share=True)
    )
    for row in rows.all():
        await signing.complete(uow, row)


async def changed(uow: UnitOfWork, happened: NewEvent) -> None:
    """Both agreed to other terms (25): the addendum, its paper queued."""
    await _addendum(uow, happened, make=True)


async def changed_quietly(uow: UnitOfWork, happened: NewEvent) -> None:
    """As `changed`, for the demo's past."""
    await _addendum(uow, happened, make=False)


async def _addendum(uow: UnitOfWork, happened: NewEvent, *, make: bool) -> None:
    told = happened.body
    row = await uow.session.get(Engagement, UUID(str(told["engagement"])))
    if row is None:
        return
    first = str(told["proposed"]["side"])
    second = "employer" if first == "worker" else "worker"
    said = [
        _said(uow, row, first, str(told["proposed"]["by"]), datetime.fromisoformat(told["proposed"]["at"])),
        _said(uow, row, second, str(told["answered_by"]), uow.now),
    ]
    await addenda.write(uow, row, changes=str(told["words"]).split("；"), said=said, make=make)


def _said(uow: UnitOfWork, row: Engagement, side: str, by: str, at: datetime) -> Said:
    """Return one side's word: his own, or a clerk's for him (`common.said_by`)."""
    now = at == uow.now
    if by.startswith("proxy:"):
        post = uow.actor.post if now else None
        return Said(side=side, at=at, given_by=UUID(by[6:]), channel=uow.actor.channel if now else "desk", station=post)
    own = row.worker_id if side == "worker" else uow.actor.id if now and uow.actor.kind == "employer" else None
    return Said(side=side, at=at, given_by=own, channel=uow.actor.channel if now else "web")


async def slip_late(uow: UnitOfWork, timer: Timer) -> None:
    """The day is over and the photo of the signed slip is not there: it stays owed, and the record says so."""
    consent = await uow.session.get(ContractConsent, timer.subject_id)
    if consent is None or consent.slip_due_at is None:
        return
    file = await uow.session.get_one(ContractFile, consent.file_id)
    await common.tell(
        uow, file, file.id, "contract.slip_missing", None, side=consent.side, engagement=str(file.engagement_id)
    )


async def make(database: Database, payload: dict[str, Any]) -> None:
    """The job: set and seal one document."""
    await documents.seal(database, Settings.from_env(), UUID(payload["file"]))


def register(*, papers: bool = True) -> None:
    """Bind by name at assembly; calling it again changes nothing. Without `papers` nothing is queued (the demo's past)."""
    gates.ready_to_contract[signing.GATE] = signing.gate
    events.subscribe("engagement.contracted", "contracts.paper", contracted if papers else contracted_quietly)
    events.subscribe("terms.agreed", "contracts.addendum", changed if papers else changed_quietly)
    for happened in _COVERED:
        events.subscribe(happened, "contracts.covered", covered)
    events.subscribe("cover.chosen", "contracts.covered", chosen)
    transferring.on_hire(counter.hire)
    timers.on_timer(signing.SLIP_TIMER, slip_late)
    tasks.task(documents.JOB, make)
