"""Policy briefings (政策宣讲): date, place, topic, how many listened, and the photo that shows it (R086)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.ids import new_id, short_code
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.outreach import freezes, records
from linggong.outreach.models import Briefing
from linggong.outreach.records import Line
from tenants import evidence
from tenants.evidence import Photo
from tenants.models import EvidencePhoto

ABOUT: Final = "briefing"


class BriefingForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is written of a briefing."""

    topic: str
    place: str
    audience: Annotated[int, Meta(ge=1, le=100_000)]
    happened_at: datetime
    speaker: str = ""
    latitude: float | None = None
    longitude: float | None = None


class BriefingView(msgspec.Struct, frozen=True, kw_only=True):
    """A briefing as staff read it."""

    id: UUID
    trace_code: str
    topic: str
    place: str
    audience: int
    speaker: str
    happened_at: datetime
    written_at: datetime
    photos: list[UUID]


async def record(uow: UnitOfWork, form: BriefingForm, photo: Photo) -> Briefing:
    """Write down a briefing of the acting post with its photo. Raises Invalid with every fault, at once."""
    at, faults = records.here(uow), list[Fault]()
    topic = records.long(faults, "topic", form.topic, "讲了什么", most=100)
    place = records.long(faults, "place", form.place, "在哪里讲的")
    speaker = records.long(faults, "speaker", form.speaker, "主讲人", least=0, most=60)
    records.past(faults, uow.now, form.happened_at, "宣讲")
    records.point(faults, form.latitude, form.longitude)
    evidence.check(photo, faults, now=uow.now)
    records.shot_that_day(faults, photo.taken_at, form.happened_at)
    if form.happened_at.tzinfo and (words := await freezes.why(uow, at, clock.business_date(form.happened_at))):
        faults.append(Fault("happened_at", f"{words}，这一天的记录不能再加。", "frozen"))
    if faults:
        raise Invalid(faults)
    row = Briefing(
        id=new_id(), tenant=at, trace_code=short_code(), topic=topic, place=place, speaker=speaker, audience=form.audience,
        latitude=form.latitude, longitude=form.longitude, happened_at=min(form.happened_at, uow.now), written_at=uow.now,
        done_by=records.who(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await evidence.keep(uow, at, ABOUT, row.id, photo)
    await records.tell(uow, row, "briefing.recorded", at=row.happened_at, audience=row.audience)
    return row


async def recent(uow: UnitOfWork, *, limit: int = 50) -> list[BriefingView]:
    """Return the briefings of the scope, the latest first."""
    rows = list(
        await uow.session.scalars(
            sa.select(Briefing)
            .where(uow.scope.clause(Briefing.tenant))
            .order_by(Briefing.happened_at.desc(), Briefing.id.desc())
            .limit(limit)
        )
    )
    photos = await evidence.of(uow, ABOUT, [row.id for row in rows])
    return [
        BriefingView(
            id=row.id, trace_code=row.trace_code, topic=row.topic, place=row.place, audience=row.audience,
            speaker=row.speaker, happened_at=row.happened_at, written_at=row.written_at,
            photos=[p.id for p in photos.get(row.id, [])],
        )
        for row in rows
    ]  # fmt: skip


async def listed(uow: UnitOfWork, tenant: TenantPath, first: date, last: date) -> list[Line]:
    """Return the briefings of a place and all below it on these days, both included, for ledger 1 of 5 (R086)."""
    begin, end = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
    shown = sa.select(sa.func.count()).where(EvidencePhoto.about == ABOUT, EvidencePhoto.subject_id == Briefing.id)
    rows = await uow.execute(
        sa.select(Briefing, shown.correlate(Briefing).scalar_subquery())
        .where(in_subtree(Briefing.tenant, tenant), Briefing.happened_at >= begin, Briefing.happened_at < end)
        .order_by(Briefing.happened_at, Briefing.id)
    )
    return [
        Line(
            id=row.id, tenant=row.tenant, trace_code=row.trace_code, words=row.topic, place=row.place,
            happened_at=row.happened_at, written_at=row.written_at, done_by=row.done_by, photos=photos,
            figures={"audience": row.audience},
        )
        for row, photos in rows
    ]  # fmt: skip
