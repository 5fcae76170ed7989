"""Lines by hand: what happened where no record of ours could know it, and what corrects such a line. Nothing is ever changed (R095)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.kernel import clock
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath
from linggong.ledgers import queries
from linggong.ledgers.codes import FIELD_WORDS, Ledger
from linggong.ledgers.models import LedgerEntry
from linggong.people.models import Staff
from tenants import evidence
from tenants.evidence import Photo, PhotoInput
from tenants.models import Node

ABOUT: Final = "ledger"
_LENGTHS: Final = {"who": 60, "what": 120, "place": 80, "note": 400}
_OLDEST: Final = timedelta(days=366)


class EntryForm(msgspec.Struct, forbid_unknown_fields=True):
    """A line to write. `corrects` names the line before it, and `reason` why that one was wrong."""

    happened_at: datetime | None = None
    who: Annotated[str, Meta(max_length=200)] = ""
    what: Annotated[str, Meta(max_length=400)] = ""
    place: Annotated[str, Meta(max_length=200)] = ""
    n: int = 0
    note: Annotated[str, Meta(max_length=1000)] = ""
    corrects: UUID | None = None
    reason: Annotated[str, Meta(max_length=400)] = ""
    photo: PhotoInput | None = None


async def own_site(uow: UnitOfWork) -> Node:
    """Return the station at which somebody acts; raises Conflict for a post that is no station."""
    node = await uow.session.scalar(sa.select(Node).where(Node.path == uow.actor.post)) if uow.actor.post else None
    if node is None or node.kind not in queries.SITE_KINDS or uow.actor.kind != "staff":
        raise Conflict("台账、日志和月报只能由站点自己的人写，请切换到站点的岗位。")
    return node


async def name_of(uow: UnitOfWork) -> str:
    """Return the name of the member of staff who acts."""
    return await uow.session.scalar(sa.select(Staff.name).where(Staff.id == uow.actor.id)) or ""


async def write(uow: UnitOfWork, code: str, form: EntryForm, photo: Photo | None = None) -> LedgerEntry:
    """Write a line at one's own station. Raises NotFound, Conflict for a line that was corrected already, Invalid with every fault."""
    one = queries.ledger(code)
    node = await own_site(uow)
    if not one.by_hand or one not in await queries.kept(uow, node.path):
        raise Conflict(f"「{one.name}」由系统按办过的业务自动生成，或者本地没有设这本台账，不用手写。")
    before = await _before(uow, one, form)
    photo = photo or (form.photo.photo() if form.photo is not None else None)
    given = {name: " ".join(getattr(form, name).split()) for name in _LENGTHS}
    faults = _faults(uow, one, form, given, photo)
    if faults:
        raise Invalid(faults)
    shown = photo is not None or (before is not None and bool((await evidence.of(uow, ABOUT, [before.id]))[before.id]))
    filled = [
        bool(given.get(name)) or (name == "n" and form.n > 0) or (name == "photo" and shown) for name in one.needs
    ]
    row = LedgerEntry(
        id=new_id(), tenant=node.path, ledger=code, code="", happened_at=form.happened_at or uow.now, written_at=uow.now,
        n=form.n, filled=sum(filled), wanted=len(filled), author_id=None if uow.actor.id == NOBODY else uow.actor.id,
        author_name=await name_of(uow), corrects=form.corrects, reason=" ".join(form.reason.split()), **given,
    )  # fmt: skip
    row.code = f"H{row.id.hex[-9:].upper()}"
    uow.session.add(row)
    await uow.flush()
    if photo is not None:
        await evidence.keep(uow, TenantPath(node.path), ABOUT, row.id, photo)
    await uow.emit(
        NewEvent(
            type="ledger.written" if before is None else "ledger.corrected", chain=f"node:{node.id}", subject_id=row.id,
            tenant=node.path, occurred_at=row.happened_at, body={"ledger": code, "code": row.code},
        )
    )  # fmt: skip
    return row


async def _before(uow: UnitOfWork, one: Ledger, form: EntryForm) -> LedgerEntry | None:
    """Return the line to correct, of one's own station."""
    if form.corrects is None:
        return None
    row = await uow.session.get(LedgerEntry, form.corrects)
    if row is None or row.ledger != one.code or row.tenant != uow.actor.post:
        raise NotFound
    if await uow.session.scalar(sa.select(sa.exists().where(LedgerEntry.corrects == row.id))):
        raise Conflict("这一行已经更正过了，请在更正后的那一行上改。")
    return row


def _faults(uow: UnitOfWork, one: Ledger, form: EntryForm, given: dict[str, str], photo: Photo | None) -> list[Fault]:
    faults = []
    if not (given["what"] or given["who"]):
        faults.append(Fault("what", f"请写{one.heads[1] or '内容'}。", "required"))
    for name, most in _LENGTHS.items():
        if len(given[name]) > most:
            faults.append(Fault(name, f"{FIELD_WORDS[name]}最多 {most} 个字。", "length"))
    if not 0 <= form.n <= 100_000:
        faults.append(Fault("n", "人数请填 0 到 100000 的整数。", "range"))
    at = form.happened_at
    if at is not None and at.tzinfo is None:
        faults.append(Fault("happened_at", "时间要带时区。", "zone"))
    elif at is not None and at > uow.now:
        faults.append(Fault("happened_at", "还没发生的事不能记，请核对时间。", "future"))
    elif at is not None and at < uow.now - _OLDEST:
        faults.append(Fault("happened_at", "一年以前的事不再补记，请核对时间。", "past"))
    if form.corrects is not None and len(form.reason.strip()) < 2:
        faults.append(Fault("reason", "更正要写明原来哪里错了。", "required"))
    if len(form.reason) > 200:
        faults.append(Fault("reason", "更正原因最多 200 个字。", "length"))
    if photo is not None:
        evidence.check(photo, faults, now=uow.now)
    return faults


class HandLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line by hand with who wrote it, and the lines that it corrects, the latest first."""

    id: UUID
    code: str
    author: str
    written_at: datetime
    photos: list[UUID]
    before: list[str]
    mine: bool
    """Whether the reader's post may correct it."""


async def hands(uow: UnitOfWork, ids: list[UUID]) -> dict[UUID, HandLine]:
    """Return what else there is to say of lines by hand, by their ids."""
    found: dict[UUID, HandLine] = {}
    photos = await evidence.of(uow, ABOUT, ids)
    for row in await uow.session.scalars(sa.select(LedgerEntry).where(LedgerEntry.id.in_(ids))):
        before: list[str] = []
        at = row.corrects
        while at is not None and len(before) < 10:
            old = await uow.session.get(LedgerEntry, at)
            if old is None:
                break
            own = old.tenant == uow.actor.post
            said = [old.who if own else "", old.what, old.place, str(old.n or ""), old.note if own else ""]
            when = f"{clock.shanghai(old.written_at):%m-%d %H:%M}"
            before.append(f"{when} {old.author_name}原来写的：{'，'.join(word for word in said if word)}")
            photos = {**photos, row.id: [*photos.get(row.id, []), *(await evidence.of(uow, ABOUT, [old.id]))[old.id]]}
            at = old.corrects
        found[row.id] = HandLine(
            id=row.id, code=row.code, author=row.author_name, written_at=row.written_at,
            photos=[photo.id for photo in photos.get(row.id, [])], before=before, mine=row.tenant == uow.actor.post,
        )  # fmt: skip
    return found
