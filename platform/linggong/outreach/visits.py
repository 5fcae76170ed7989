"""Visits and calls: what employers need, and whom to call next (R054, R087, R089).

A follow-up is a visit of its own that names the one it follows: nothing that was written is changed afterwards.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.kernel import clock
from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.ids import new_id, short_code
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.outreach import records
from linggong.outreach.codes import VISIT_CHANNELS
from linggong.outreach.models import EmployerOfficer, Visit
from linggong.outreach.records import Line
from linggong.people.employers import employer_served
from linggong.people.identity_numbers import BadNumber, normalise_phone, surname_call
from linggong.people.limits import span
from linggong.people.models import Employer, ServiceLink
from tenants import evidence
from tenants.evidence import Photo
from tenants.models import EvidencePhoto
from tenants.service import parameters

ABOUT: Final = "visit"
_MOST: Final = 5_000


class VisitForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is written of a visit or call; a registered employer by his id, any other as he is called, degrees are WGS-84."""

    channel: str
    happened_at: datetime
    needs: str
    employer_id: UUID | None = None
    employer_name: str = ""
    contact_name: str = ""
    phone: str = ""
    place: str = ""
    latitude: float | None = None
    longitude: float | None = None
    trade_code: str | None = None
    headcount: Annotated[int, Meta(ge=1, le=_MOST)] | None = None
    follow_up_on: date | None = None
    follows: UUID | None = None
    """The visit whose follow-up this is."""


class VisitView(msgspec.Struct, frozen=True, kw_only=True):
    """A visit as staff read it."""

    id: UUID
    trace_code: str
    channel: str
    employer_id: UUID | None
    employer: str
    contact_name: str
    place: str
    needs: str
    trade_code: str | None
    headcount: int | None
    happened_at: datetime
    written_at: datetime
    done_by: UUID | None
    follow_up_on: date | None
    followed_at: datetime | None
    outcome: str
    has_phone: bool
    photos: list[UUID]


class ToCall(msgspec.Struct, frozen=True, kw_only=True):
    """An employer to be called next: since when it is due, and why."""

    employer_id: UUID | None
    employer: str
    visit_id: UUID | None
    due_on: date
    why: str
    last_at: datetime | None
    mine: bool


async def record(uow: UnitOfWork, sealer: Sealer, form: VisitForm, photo: Photo | None = None) -> Visit:
    """Write down a visit or call at the acting post. Raises Invalid with every fault, NotFound for a foreign employer or visit,
    Conflict where somebody has followed that visit up already.
    """
    at, faults = records.here(uow), list[Fault]()
    records.known(faults, "channel", form.channel, VISIT_CHANNELS, "是怎么联系的")
    records.past(faults, uow.now, form.happened_at, VISIT_CHANNELS.get(form.channel, "走访"))
    needs = records.long(faults, "needs", form.needs, "对方要什么人，没有就写暂不用工", most=500)
    name = form.employer_name.strip()
    if form.employer_id is None and not name:
        faults.append(Fault("employer_name", "请选登记过的雇主，或写下对方叫什么。", "required"))
    for field, text, what in (("employer_name", name, "雇主名称"), ("contact_name", form.contact_name, "联系人"), ("place", form.place, "地点")):  # fmt: skip
        records.long(faults, field, text, what, least=0)
    if form.channel == "visit" and not form.place.strip():
        faults.append(Fault("place", "上门走访要写去了哪里。", "required"))
    records.point(faults, form.latitude, form.longitude)
    records.trades(faults, "trade_code", form.trade_code)
    if form.follow_up_on is not None and form.happened_at.tzinfo and form.follow_up_on <= clock.business_date(form.happened_at):  # fmt: skip
        faults.append(Fault("follow_up_on", "回访的日子要在走访以后。", "range"))
    phone = _phone(faults, form)
    if photo is not None:
        evidence.check(photo, faults, now=uow.now)
        records.shot_that_day(faults, photo.taken_at, form.happened_at)
    if faults:
        raise Invalid(faults)
    if form.employer_id is not None:
        employer = await employer_served(uow, form.employer_id)
        name = employer.name if employer.kind != "individual" else ""
    before = await _followed(uow, form.follows) if form.follows is not None else None
    visit_id = new_id()
    row = Visit(
        id=visit_id, tenant=at, trace_code=short_code(), channel=form.channel, employer_id=form.employer_id,
        employer_name=name, contact_name=form.contact_name.strip(),
        phone_sealed=sealer.seal(phone, f"visits.phone_sealed.{visit_id}") if phone else None,
        place=form.place.strip(), latitude=form.latitude, longitude=form.longitude, needs=needs, trade_code=form.trade_code,
        headcount=form.headcount, happened_at=min(form.happened_at, uow.now), written_at=uow.now, done_by=records.who(uow),
        follow_up_on=form.follow_up_on,
    )  # fmt: skip
    uow.session.add(row)
    if before is not None:
        before.followed_at, before.followed_by, before.outcome = uow.now, records.who(uow), needs
    await uow.flush()
    if photo is not None:
        await evidence.keep(uow, at, ABOUT, row.id, photo)
    body = {"channel": row.channel, "headcount": row.headcount, "follows": form.follows}
    await records.tell(uow, row, "visit.recorded", at=row.happened_at, **body)
    return row


def _phone(faults: list[Fault], form: VisitForm) -> str:
    if not form.phone.strip():
        return ""
    if form.employer_id is not None:
        faults.append(Fault("phone", "登记过的雇主不用再写电话，号码改了请到“雇主”里改。", "known"))
        return ""
    try:
        return normalise_phone(form.phone).number
    except BadNumber as error:
        faults.append(Fault("phone", error.message, error.code))
        return ""


async def _followed(uow: UnitOfWork, visit_id: UUID) -> Visit:
    row = await uow.session.get(Visit, visit_id, with_for_update=True)
    if row is None or not uow.scope.covers(row.tenant):
        raise NotFound
    if row.followed_at is not None:
        raise Conflict("这一家已经有人回访过了，请看最新的记录。")
    return row


async def phone_of(uow: UnitOfWork, sealer: Sealer, visit_id: UUID) -> str:
    """Return the telephone of an employer who is not registered, with a record of who saw it. Raises NotFound."""
    row = await uow.session.get(Visit, visit_id)
    if row is None or not uow.scope.covers(row.tenant) or row.phone_sealed is None:
        raise NotFound
    await records.tell(uow, row, "visit.phone_seen")
    return sealer.open(row.phone_sealed, f"visits.phone_sealed.{row.id}")


async def recent(uow: UnitOfWork, *, limit: int = 50) -> list[VisitView]:
    """Return the visits of the scope, the latest first."""
    rows = (
        await uow.execute(
            sa.select(Visit, Employer.name, Employer.kind)
            .outerjoin(Employer, Employer.id == Visit.employer_id)
            .where(uow.scope.clause(Visit.tenant))
            .order_by(Visit.happened_at.desc(), Visit.id.desc())
            .limit(limit)
        )
    ).all()
    photos = await evidence.of(uow, ABOUT, [row.id for row, _, _ in rows])
    return [
        VisitView(
            id=row.id, trace_code=row.trace_code, channel=row.channel, employer_id=row.employer_id,
            employer=called(row.employer_name, name, kind), contact_name=row.contact_name, place=row.place, needs=row.needs,
            trade_code=row.trade_code, headcount=row.headcount, happened_at=row.happened_at, written_at=row.written_at,
            done_by=row.done_by, follow_up_on=row.follow_up_on, followed_at=row.followed_at, outcome=row.outcome,
            has_phone=row.phone_sealed is not None, photos=[p.id for p in photos.get(row.id, [])],
        )
        for row, name, kind in rows
    ]  # fmt: skip


def called(written: str, name: str | None, kind: str | None) -> str:
    """Return how an employer is called in a list: a natural person by his surname only."""
    if name is None:
        return written or "登记过的雇主"
    return surname_call(name) if kind == "individual" else name


async def to_call(uow: UnitOfWork, *, limit: int = 50) -> list[ToCall]:
    """Return whom to call next: follow-ups that are due, then employers whom nobody asked for `outreach.contact_every`.

    What is the reader's own (his visit, or an employer whom he looks after) comes first, the longest due before the rest.
    """
    at, today, me = records.here(uow), clock.business_date(uow.now), records.who(uow)
    every = span((await parameters(uow, at, "outreach.contact_every"))["outreach.contact_every"])
    officers = await _officers(uow)
    due = (
        await uow.execute(
            sa.select(Visit, Employer.name, Employer.kind)
            .outerjoin(Employer, Employer.id == Visit.employer_id)
            .where(uow.scope.clause(Visit.tenant), Visit.followed_at.is_(None), Visit.follow_up_on <= today)
            .order_by(Visit.follow_up_on, Visit.id)
            .limit(limit)
        )
    ).all()
    found = [
        ToCall(
            employer_id=row.employer_id, employer=called(row.employer_name, name, kind), visit_id=row.id,
            due_on=row.follow_up_on or today, why=f"说好回访：{row.needs[:60]}", last_at=row.happened_at,
            mine=me is not None and me in (row.done_by, officers.get(row.employer_id)),
        )
        for row, name, kind in due
    ]  # fmt: skip
    named = {one.employer_id for one in found}
    last = (
        sa.select(sa.func.max(Visit.happened_at))
        .where(Visit.employer_id == Employer.id, uow.scope.clause(Visit.tenant))
        .correlate(Employer)
        .scalar_subquery()
    )
    linked = (
        sa.select(sa.func.min(ServiceLink.started_at))
        .where(
            ServiceLink.subject_id == Employer.id, uow.scope.clause(ServiceLink.tenant), ServiceLink.ends_at > uow.now
        )
        .correlate(Employer)
        .scalar_subquery()
    )
    since = sa.func.coalesce(last, linked)
    silent = await uow.execute(
        sa.select(Employer.id, Employer.name, Employer.kind, last.label("last"), since.label("since"))
        .where(Employer.status != "closed", since < uow.now - every)
        .order_by(since, Employer.id)
        .limit(limit)
    )
    found += [
        ToCall(
            employer_id=row.id, employer=called("", row.name, row.kind), visit_id=None,
            due_on=clock.business_date(row.since + every), last_at=row.last,
            why=f"{(uow.now - row.since) // timedelta(days=1)} 天没联系了" if row.last else "登记以后还没人联系过",
            mine=me is not None and officers.get(row.id) == me,
        )
        for row in silent
        if row.id not in named
    ]  # fmt: skip
    return sorted(found, key=lambda one: (not one.mine, one.visit_id is None, one.due_on))[:limit]


async def _officers(uow: UnitOfWork) -> dict[UUID | None, UUID]:
    rows = await uow.execute(
        sa.select(EmployerOfficer.employer_id, EmployerOfficer.staff_id)
        .where(uow.scope.clause(EmployerOfficer.tenant), EmployerOfficer.ended_at.is_(None))
        .order_by(EmployerOfficer.since)
    )
    return {row.employer_id: row.staff_id for row in rows}


async def listed(uow: UnitOfWork, tenant: TenantPath, first: date, last: date) -> list[Line]:
    """Return the visits of a place and all below it on these days, both included, for the ledgers (R087, R089)."""
    begin, end = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
    shown = sa.select(sa.func.count()).where(EvidencePhoto.about == ABOUT, EvidencePhoto.subject_id == Visit.id)
    rows = await uow.execute(
        sa.select(Visit, shown.correlate(Visit).scalar_subquery(), Employer.name, Employer.kind)
        .outerjoin(Employer, Employer.id == Visit.employer_id)
        .where(in_subtree(Visit.tenant, tenant), Visit.happened_at >= begin, Visit.happened_at < end)
        .order_by(Visit.happened_at, Visit.id)
    )
    return [
        Line(
            id=row.id, tenant=row.tenant, trace_code=row.trace_code, place=row.place, happened_at=row.happened_at,
            written_at=row.written_at, done_by=row.done_by, photos=photos,
            words=f"{VISIT_CHANNELS[row.channel]} {called(row.employer_name, name, kind)}：{row.needs}",
            figures={"headcount": row.headcount or 0},
        )
        for row, photos, name, kind in rows
    ]  # fmt: skip
