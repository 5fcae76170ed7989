"""Policies for workers: written by county and city, read by everybody while they hold."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from linggong.kernel import clock
from linggong.kernel.db import NOBODY, UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.paths import ancestors, tenant_path
from linggong.people.text import clean
from linggong.publishing.benefit_models import Benefit, BenefitCount
from tenants.models import Node

KIND_WORDS: Final[dict[str, str]] = {
    "training": "免费培训",
    "subsidy": "补贴",
    "insurance": "保险和社保",
    "help": "困难帮扶",
}
Line = Annotated[str, msgspec.Meta(max_length=600)]


class BenefitForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A policy as somebody writes it."""

    path: Line = ""
    kind: Line = ""
    title: Line = ""
    who: Line = ""
    what: Line = ""
    how: Line = ""
    phone: Line = ""
    source: Line = ""
    valid_from: date | None = None
    valid_to: date | None = None


class BenefitView(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as it is read."""

    id: UUID
    tenant: str
    place: str
    kind: str
    kind_words: str
    title: str
    who: str
    what: str
    how: str
    phone: str
    source: str
    valid_from: date
    valid_to: date | None
    written_at: datetime
    ended: bool


async def in_force(uow: UnitOfWork, path: str | None = None) -> list[BenefitView]:
    """Return what holds today: in the whole city, or at a place (its own and what stands above it), soonest to end first."""
    today = clock.business_date(uow.now)
    statement = _views().where(
        Benefit.ended_at.is_(None),
        Benefit.valid_from <= today,
        sa.or_(Benefit.valid_to.is_(None), Benefit.valid_to >= today),
    )
    if path:
        statement = statement.where(Benefit.tenant.in_(ancestors(tenant_path(path))))
    rows = await uow.execute(statement.order_by(Benefit.valid_to.nulls_last(), Benefit.id))
    return [_view(row, today) for row in rows]


async def written(uow: UnitOfWork) -> list[BenefitView]:
    """Return what the places of the acting post have written, also what is over; the newest first."""
    today = clock.business_date(uow.now)
    statement = (
        _views().where(uow.scope.clause(Benefit.tenant)).order_by(Benefit.written_at.desc(), Benefit.id).limit(200)
    )
    return [_view(row, today) for row in await uow.execute(statement)]


async def one(uow: UnitOfWork, benefit_id: UUID) -> BenefitView:
    """Return a policy that holds today; raises NotFound for one that is over or not there."""
    today = clock.business_date(uow.now)
    row = (await uow.execute(_views().where(Benefit.id == benefit_id))).one_or_none()
    if row is None or (found := _view(row, today)).ended or found.valid_from > today:
        raise NotFound
    return found


async def count(uow: UnitOfWork, view: BenefitView, what: Literal["read", "print"]) -> None:
    """Count that a policy was opened or printed today (R104); in a transaction of the system's, nobody is named."""
    added = insert(BenefitCount).values(
        id=new_id(), tenant=view.tenant, benefit_id=view.id, day=clock.business_date(uow.now), what=what, n=1
    )
    again = added.on_conflict_do_update(index_elements=["benefit_id", "day", "what"], set_={"n": BenefitCount.n + 1})
    await uow.execute(again)


async def counted(uow: UnitOfWork, ids: list[UUID]) -> dict[UUID, dict[str, int]]:
    """Return how often policies were read and printed."""
    found = {key: {"read": 0, "print": 0} for key in ids}
    rows = await uow.execute(
        sa.select(BenefitCount.benefit_id, BenefitCount.what, sa.func.sum(BenefitCount.n))
        .where(BenefitCount.benefit_id.in_(ids))
        .group_by(BenefitCount.benefit_id, BenefitCount.what)
    )
    for key, what, n in rows:
        found[key][what] = int(n)
    return found


async def write(uow: UnitOfWork, form: BenefitForm, benefit_id: UUID | None = None) -> Benefit:
    """Publish a policy, or write it anew. Raises Invalid with every fault, NotFound outside the post's places, Conflict."""
    faults: list[Fault] = []
    if form.kind not in KIND_WORDS:
        faults.append(Fault("kind", "请选一类。", "required"))
    words = {
        name: clean(faults, name, getattr(form, name), most=most, least=least, lines=lines)
        for name, most, least, lines in (
            ("title", 40, 2, False), ("who", 200, 2, True), ("what", 400, 2, True), ("how", 600, 2, True),
            ("phone", 40, 0, False), ("source", 200, 2, False),
        )
    }  # fmt: skip
    if form.valid_from is None:
        faults.append(Fault("valid_from", "从哪天起有效，请填日期。", "required"))
    elif form.valid_to is not None and form.valid_to < form.valid_from:
        faults.append(Fault("valid_to", "截止日期比开始还早，请改。", "range"))
    if faults or form.valid_from is None:
        raise Invalid(faults)
    row = await _row(uow, benefit_id) if benefit_id is not None else None
    if row is None:
        try:
            path = tenant_path(form.path)
        except ValueError:
            raise NotFound from None
        known = await uow.session.scalar(sa.select(Node.id).where(Node.path == path))
        if known is None or not uow.scope.covers(path):
            raise NotFound
        row = Benefit(id=new_id(), tenant=path)
        uow.session.add(row)
    elif row.ended_at is not None:
        raise Conflict("这条已经停了，要恢复请另写一条。")
    for name, value in words.items():
        setattr(row, name, value)
    row.kind, row.valid_from, row.valid_to = form.kind, form.valid_from, form.valid_to
    row.written_by, row.written_at = (uow.actor.id if uow.actor.id != NOBODY else None), uow.now
    await uow.flush()
    await _tell(uow, row, "benefit.written")
    return row


async def end(uow: UnitOfWork, benefit_id: UUID) -> None:
    """Take a policy off the page. Raises NotFound, Conflict when it is over."""
    row = await _row(uow, benefit_id)
    if row.ended_at is not None:
        raise Conflict("这条已经停了。")
    row.ended_at = uow.now
    await uow.flush()
    await _tell(uow, row, "benefit.ended")


async def _row(uow: UnitOfWork, benefit_id: UUID) -> Benefit:
    row = await uow.session.scalar(
        sa.select(Benefit).where(Benefit.id == benefit_id, uow.scope.clause(Benefit.tenant)).with_for_update()
    )
    if row is None:
        raise NotFound
    return row


async def _tell(uow: UnitOfWork, row: Benefit, event: str) -> None:
    await uow.emit(
        NewEvent(
            type=event, chain=f"benefit:{row.id}", subject_id=row.id, tenant=row.tenant,
            body={"title": row.title, "kind": row.kind, "until": str(row.valid_to or "")},
        )
    )  # fmt: skip


def _views() -> Any:
    return sa.select(Benefit, Node.name).join(Node, Node.path == Benefit.tenant)


def _view(row: Any, today: date) -> BenefitView:
    one, place = row
    return BenefitView(
        id=one.id, tenant=one.tenant, place=place, kind=one.kind, kind_words=KIND_WORDS[one.kind], title=one.title,
        who=one.who, what=one.what, how=one.how, phone=one.phone, source=one.source, valid_from=one.valid_from,
        valid_to=one.valid_to, written_at=one.written_at,
        ended=one.ended_at is not None or (one.valid_to is not None and one.valid_to < today),
    )  # fmt: skip
