"""A matter from the counter to its result: taken by who was asked first, told once, in time (R096-R098, R043)."""

from __future__ import annotations

import secrets as random
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, cast
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.cases import intake as cases
from linggong.cases.forms import CaseForm
from linggong.cases.models import Case
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id, short_code
from linggong.kernel.paths import ROOT
from linggong.people import notices
from linggong.people.models import Staff
from linggong.people.text import clean
from linggong.services import catalogue, clocks, codes
from linggong.services.models import ServiceEntry, ServiceNote
from linggong.services.who import Who, recognise
from linggong.work.models import Engagement
from rbac.models import RoleAssignment

_OLDEST: Final = timedelta(days=30)
Line = Annotated[str, Meta(max_length=1000)]


class TakeForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the clerk types: which item (its code, or its number in the list), who came, what about. A result ends it on the spot."""

    item: Line = ""
    who: Line = ""
    words: Line = ""
    outcome: Line = ""
    channel: Line = "desk"
    happened_at: datetime | None = None
    """When he came, if that is written down later."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it; `case_id` is the case that the item opened."""

    id: UUID
    trace_code: str
    digits: str
    item: str
    materials: list[str]
    due_at: datetime
    case_id: UUID | None = None
    is_done: bool = False


async def take(uow: UnitOfWork, sealer: Sealer, form: TakeForm) -> Taken:
    """Take a matter in at the acting post; its owner is who takes it. Raises Invalid with every fault, NotFound without a post."""
    post = _post(uow)
    faults: list[Fault] = []
    items = (await catalogue.at(uow, post)).items
    item = next((one for n, one in enumerate(items, 1) if form.item.strip().lower() in (one.code, str(n))), None)
    if item is None:
        faults.append(Fault("item", "没有这个事项，请从单子里选或输前面的号。", "unknown"))
    who = await recognise(uow, sealer, form.who, faults)
    words = clean(faults, "words", form.words, most=500, lines=True)
    outcome = clean(faults, "outcome", form.outcome, most=500, lines=True)
    if form.channel not in codes.CHANNELS:
        faults.append(Fault("channel", "请选他是怎么来的。", "choice"))
    happened = happened_at(uow, form.happened_at, faults)
    if item is not None and item.case and len(words) < 4:
        faults.append(Fault("words", "请写明是什么事，至少 4 个字。", "required"))
    if faults or item is None:
        raise Invalid(faults)
    due_at = await clocks.due(uow, post, happened, item.limit_n, item.limit_unit)
    me = None if uow.actor.id == NOBODY else uow.actor.id
    row = ServiceEntry(
        id=new_id(), tenant=post, worker_id=who.person_id, trace_code=short_code(), digits=f"{random.randbelow(10000):04d}",
        code=item.code, item_version=item.version, item_name=item.name, limit_n=item.limit_n, limit_unit=item.limit_unit,
        name=who.name, words=words, channel=form.channel, state="open", owner_id=me, handler_id=me, happened_at=happened,
        created_at=uow.now, due_at=due_at, materials=item.materials, missing=[], referred_to="", reference="", outcome="",
        breaches=[],
    )  # fmt: skip
    if item.case:
        return await _as_case(uow, sealer, row, item, who)
    row.phone_sealed = sealer.seal(who.phone, f"service_entries.phone_sealed.{row.id}") if who.phone else None
    uow.session.add(row)
    await uow.flush()
    await note(uow, row, "taken", words)
    await tell(uow, row, "service.taken", item=item.code)
    if outcome:
        await _ended(uow, row, "done", outcome, happened)
    return Taken(
        id=row.id, trace_code=row.trace_code, digits=row.digits, item=item.name, materials=item.materials, due_at=due_at,
        is_done=bool(outcome),
    )  # fmt: skip


async def _as_case(uow: UnitOfWork, sealer: Sealer, row: ServiceEntry, item: catalogue.Item, who: Who) -> Taken:
    """Open a case, and keep the entry as the way to it: disputes have rules and clocks of their own (docs/loop.md).

    Of somebody with one job at this place it is a case about that job; else a complaint, in which the job is found out.
    """
    job = await _only_job(uow, who.person_id)
    known: dict[str, Any] = {"claimant": "person", "name": who.name, "phone": who.phone}
    if who.person_id is not None:
        known = {"claimant": "worker", "claimant_id": who.person_id, "name": who.name}
    form = CaseForm(
        kind=cast(Any, item.case) if job else "complaint", claim=f"{item.name}：{row.words}", engagement_id=job,
        channel="phone" if row.channel == "phone" else "desk", **known,
    )  # fmt: skip
    case: Case = await cases.open_case(uow, sealer, form)
    row.case_id, row.state, row.due_at = case.id, "case", case.close_due_at
    row.trace_code, row.digits = case.receipt, case.digits
    uow.session.add(row)
    await uow.flush()
    await note(uow, row, "taken", row.words)
    await tell(uow, row, "service.taken", item=item.code, case=str(case.id))
    return Taken(
        id=row.id, trace_code=row.trace_code, digits=row.digits, item=item.name, materials=item.materials,
        due_at=row.due_at, case_id=case.id,
    )  # fmt: skip


async def _only_job(uow: UnitOfWork, person_id: UUID | None) -> UUID | None:
    if person_id is None:
        return None
    found = list(
        await uow.session.scalars(
            sa.select(Engagement.id)
            .where(
                Engagement.worker_id == person_id,
                sa.or_(uow.scope.clause(Engagement.tenant), uow.scope.clause(Engagement.via)),
                Engagement.terms_version.is_not(None),
            )
            .limit(2)
        )
    )
    return found[0] if len(found) == 1 else None


async def ask_papers(uow: UnitOfWork, entry_id: UUID, names: list[str]) -> ServiceEntry:
    """Tell what is missing, all at once; the clock stands until it is brought (R098).

    A second time is written down as a breach of the desk's and stops no clock. Raises Invalid, Conflict, NotFound.
    """
    row = await _open(uow, entry_id)
    faults: list[Fault] = []
    kept = [clean(faults, "names", name, most=60) for name in names if name.strip()]
    if not kept:
        faults.append(Fault("names", "请写还缺哪些材料，一次说全。", "required"))
    if len(kept) > catalogue.MOST_MATERIALS or len(set(kept)) < len(kept):
        faults.append(Fault("names", f"最多 {catalogue.MOST_MATERIALS} 样，一样写一遍。", "length"))
    if faults:
        raise Invalid(faults)
    again = row.told_at is not None
    row.missing = list(dict.fromkeys([*row.missing, *kept]))
    if again:
        _breach(row, "told_twice")
    else:
        row.told_at, row.state = uow.now, "waiting"
    await note(uow, row, "told_again" if again else "told", "、".join(kept))
    await tell(uow, row, "service.told", again=again, papers=len(kept))
    await _notify(uow, row, f"您办的{row.item_name}还缺：{'、'.join(kept)}。请带到驿站，受理号{row.trace_code}。")
    return row


async def brought(uow: UnitOfWork, entry_id: UUID) -> ServiceEntry:
    """Everything that was missing is there; the clock starts anew from now, unless the desk had asked twice. Raises Conflict, NotFound."""
    row = await _open(uow, entry_id)
    if not row.missing:
        raise Conflict("这件没有缺材料。")
    row.missing = []
    if row.state == "waiting":
        row.state = "open"
        if "told_twice" not in row.breaches:
            row.due_at = await clocks.due(uow, row.tenant, uow.now, row.limit_n, row.limit_unit)
    await note(uow, row, "brought", "材料交齐了")
    await tell(uow, row, "service.brought")
    return row


async def hand_over(uow: UnitOfWork, entry_id: UUID, staff_id: UUID, reason: str) -> ServiceEntry:
    """Hand a matter to a colleague of the place; the owner stays accountable (R096). Raises Invalid, Conflict, NotFound."""
    row = await _open(uow, entry_id)
    faults: list[Fault] = []
    why = clean(faults, "reason", reason, most=200, least=2)
    if not await _works_here(uow, row.tenant, staff_id):
        faults.append(Fault("staff_id", "请选本站在岗的同事。", "unknown"))
    elif staff_id == row.handler_id:
        faults.append(Fault("staff_id", "这件现在就是他在办。", "same"))
    if faults:
        raise Invalid(faults)
    row.handler_id = staff_id
    await note(uow, row, "hand_over", why, to=staff_id)
    await tell(uow, row, "service.handed_over", to=str(staff_id))
    return row


async def refer(uow: UnitOfWork, entry_id: UUID, department: str, reference: str) -> ServiceEntry:
    """Pass a matter to the owning outside department, with the number it gave. Raises Invalid, Conflict, NotFound."""
    row = await _open(uow, entry_id)
    faults: list[Fault] = []
    to = clean(faults, "department", department, most=40, least=2)
    number = clean(faults, "reference", reference, most=60, least=1)
    if faults:
        raise Invalid(faults)
    if row.missing:
        raise Conflict("材料还没交齐，交齐了再转。")
    if row.state == "referred":
        raise Conflict(f"已经转给{row.referred_to}了，等它回复。")
    row.state, row.referred_to, row.reference, row.referred_at = "referred", to, number, uow.now
    await note(uow, row, "referred", f"{to}，登记号 {number}")
    await tell(uow, row, "service.referred", to=to)
    await _notify(uow, row, f"您办的{row.item_name}已转{to}，受理号{row.trace_code}。")
    return row


async def answer(uow: UnitOfWork, entry_id: UUID, words: str, *, ends: bool = True) -> ServiceEntry:
    """Write back what the department answered; it ends the matter unless more is to do here. Raises Invalid, Conflict, NotFound."""
    row = await _open(uow, entry_id)
    if row.state != "referred":
        raise Conflict("这件没有转给外单位。")
    said = _outcome(words)
    row.state, row.answered_at = "open", uow.now
    await note(uow, row, "answered", said)
    await tell(uow, row, "service.answered")
    if ends:
        await _ended(uow, row, "done", said, uow.now)
    return row


async def add_note(uow: UnitOfWork, entry_id: UUID, words: str) -> ServiceEntry:
    """Write something down in a matter. Raises Invalid, Conflict, NotFound."""
    row = await _open(uow, entry_id)
    faults: list[Fault] = []
    said = clean(faults, "words", words, most=500, least=2, lines=True)
    if faults:
        raise Invalid(faults)
    await note(uow, row, "note", said)
    return row


async def close(
    uow: UnitOfWork, entry_id: UUID, outcome: str, *, at: datetime | None = None, withdrawn: bool = False
) -> ServiceEntry:
    """End a matter with its result; `at` when it was done, if it is entered later.

    Raises Invalid with every fault (no result, done before he came, done in the future), Conflict for one that is over, NotFound.
    """  # fmt: skip
    row = await _open(uow, entry_id)
    faults: list[Fault] = []
    said = clean(faults, "outcome", outcome, most=500, least=2, lines=True)
    done_at = at or uow.now
    if done_at > uow.now:
        faults.append(Fault("done_at", "办结时间比现在还晚，请核对。", "future"))
    elif done_at < row.happened_at:
        faults.append(Fault("done_at", "办结时间比受理时间还早，请核对。", "order"))
    if row.missing and not withdrawn:
        faults.append(
            Fault("outcome", f"还缺材料：{'、'.join(row.missing)}。先记“材料交齐”，或由本人撤回。", "missing")
        )
    if faults:
        raise Invalid(faults)
    await _ended(uow, row, "withdrawn" if withdrawn else "done", said, done_at)
    return row


def happened_at(uow: UnitOfWork, at: datetime | None, faults: list[Fault], *, field: str = "happened_at") -> datetime:
    """Return when something happened, now where nothing is said; adds a fault for the future and for what is long past."""
    if at is None:
        return uow.now
    if at > uow.now:
        faults.append(Fault(field, "时间比现在还晚，请核对。", "future"))
    elif at < uow.now - _OLDEST:
        faults.append(Fault(field, f"补录最多补 {_OLDEST.days} 天以内的。", "range"))
    return at


def post_of(uow: UnitOfWork) -> str:
    """Return the acting post at which something is done. Raises NotFound for whoever has none."""
    return _post(uow)


def _post(uow: UnitOfWork) -> str:
    post = uow.actor.post
    if post is None or post == ROOT or not uow.scope.covers(post):
        raise NotFound
    return post


async def _open(uow: UnitOfWork, entry_id: UUID) -> ServiceEntry:
    row = await uow.session.scalar(
        sa.select(ServiceEntry)
        .where(ServiceEntry.id == entry_id, uow.scope.clause(ServiceEntry.tenant))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    if row.state not in codes.OPEN_STATES:
        raise Conflict(f"这件已经{codes.STATES[row.state]}了。")
    return row


def _outcome(words: str) -> str:
    faults: list[Fault] = []
    said = clean(faults, "outcome", words, most=500, least=2, lines=True)
    if faults:
        raise Invalid(faults)
    return said


async def digits(uow: UnitOfWork, entry_id: UUID) -> str:
    """Return the four digits of a receipt, for the slip that the place prints; raises NotFound."""
    found = await uow.session.scalar(
        sa.select(ServiceEntry.digits).where(ServiceEntry.id == entry_id, uow.scope.clause(ServiceEntry.tenant))
    )
    if found is None:
        raise NotFound
    return str(found)


async def _works_here(uow: UnitOfWork, tenant: str, staff_id: UUID) -> bool:
    found = await uow.session.scalar(
        sa.select(RoleAssignment.id)
        .join(Staff, Staff.id == RoleAssignment.staff_id)
        .where(
            RoleAssignment.staff_id == staff_id, RoleAssignment.tenant == tenant, Staff.status == "active",
            sa.or_(RoleAssignment.ends_at.is_(None), RoleAssignment.ends_at > uow.now),
        )
        .limit(1)
    )  # fmt: skip
    return found is not None


def _breach(row: ServiceEntry, kind: str) -> None:
    if kind not in row.breaches:
        row.breaches = [*row.breaches, kind]


async def _ended(uow: UnitOfWork, row: ServiceEntry, state: str, outcome: str, at: datetime) -> None:
    row.state, row.outcome, row.ended_at, row.ended_on_at = state, outcome, uow.now, at
    if at > row.due_at and state == "done":
        _breach(row, "late")
    await note(uow, row, "withdrawn" if state == "withdrawn" else "ended", outcome)
    await tell(uow, row, "service.ended", state=state, late="late" in row.breaches)
    if at != row.happened_at:
        await _notify(uow, row, f"您办的{row.item_name}{codes.STATES[state]}了，受理号{row.trace_code}。")


async def note(uow: UnitOfWork, row: ServiceEntry, kind: str, words: str, *, to: UUID | None = None) -> None:
    """Write down what was done."""
    uow.session.add(
        ServiceNote(
            id=new_id(), tenant=row.tenant, worker_id=row.worker_id, entry_id=row.id, kind=kind, words=words,
            by_id=None if uow.actor.id == NOBODY else uow.actor.id, to_id=to, at=uow.now,
        )
    )  # fmt: skip
    await uow.flush()


async def tell(uow: UnitOfWork, row: ServiceEntry, event: str, **body: Any) -> None:
    """Emit what happened."""
    await uow.emit(
        NewEvent(
            type=event, chain=f"service:{row.id}", subject_id=row.id, tenant=row.tenant, person_id=row.worker_id, body=body
        )
    )  # fmt: skip


async def _notify(uow: UnitOfWork, row: ServiceEntry, text: str) -> None:
    if row.worker_id is not None:
        await notices.notify(
            uow, to="worker", kind="service", text=text[: notices.MAX_TEXT], subject_id=row.id, tenant=row.tenant,
            person_id=row.worker_id,
        )  # fmt: skip
