"""Publicity: what was said through which channel, where posts were published, and how many follow an account (R059, R111).

A number of followers is believed with its screenshot only, once a month and account, and never changed afterwards.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta
from sqlalchemy.dialects.postgresql import distinct_on

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.kernel.ids import new_id, short_code
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.market.models import Order
from linggong.outreach import freezes, records
from linggong.outreach.codes import MEDIA, PLATFORMS, PUBLICITY_KINDS
from linggong.outreach.models import FollowerSnapshot, PublicityEntry
from linggong.outreach.records import Line
from tenants import evidence
from tenants.evidence import Photo
from tenants.models import EvidencePhoto

ABOUT: Final = "publicity"
ABOUT_FOLLOWERS: Final = "followers"
OFFICIAL: Final = "official_account"
"""The kind of account that a score card counts (row 17)."""


class PublicityForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A story, or posts that were published; `order` is the trace code of a single post."""

    kind: str
    channel: str
    title: str
    happened_at: datetime
    link: str = ""
    order: str = ""


class SnapshotForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How many follow an account on a day."""

    account: str
    followers: Annotated[int, Meta(ge=0, le=100_000_000)]
    platform: str = OFFICIAL


class PublicityView(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as staff read it."""

    id: UUID
    trace_code: str
    kind: str
    channel: str
    title: str
    link: str
    order: str
    happened_at: datetime
    written_at: datetime
    photos: list[UUID]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account with its latest number, and the photo that shows it."""

    account: str
    platform: str
    month: date
    followers: int
    taken_on: date
    photo_id: UUID
    before: int | None
    """The number of the snapshot before."""


async def record(uow: UnitOfWork, form: PublicityForm, photo: Photo | None = None) -> PublicityEntry:
    """Write down a publication of the acting post. It needs a link or a photo. Raises Invalid with every fault at once."""
    at, faults = records.here(uow), list[Fault]()
    records.known(faults, "kind", form.kind, PUBLICITY_KINDS, "是宣传还是发布岗位")
    records.known(faults, "channel", form.channel, MEDIA, "渠道")
    title = records.long(faults, "title", form.title, "标题或内容", most=120)
    link = records.long(faults, "link", form.link, "链接", least=0, most=500)
    if link and not link.startswith(("https://", "http://")):
        faults.append(Fault("link", "链接要以 http:// 或 https:// 开头。", "link"))
    records.past(faults, uow.now, form.happened_at, "发布")
    if not link and photo is None:
        faults.append(Fault("link", "请贴链接，或传一张看得见内容的照片。", "required"))
    if photo is not None:
        evidence.check(photo, faults, now=uow.now)
    order_id = None
    if form.order.strip():
        order_id = await uow.session.scalar(
            sa.select(Order.id).where(Order.trace_code == form.order.strip().upper(), uow.scope.clause(Order.tenant))
        )
        if order_id is None:
            faults.append(Fault("order", "没有这个追溯码的用工单，请核对。", "unknown"))
    if faults:
        raise Invalid(faults)
    row = PublicityEntry(
        id=new_id(), tenant=at, trace_code=short_code(), kind=form.kind, channel=form.channel, title=title, link=link,
        order_id=order_id, happened_at=min(form.happened_at, uow.now), written_at=uow.now, done_by=records.who(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    if photo is not None:
        await evidence.keep(uow, at, ABOUT, row.id, photo)
    await records.tell(uow, row, "publicity.recorded", at=row.happened_at, kind=row.kind, channel=row.channel)
    return row


async def snapshot(uow: UnitOfWork, form: SnapshotForm, photo: Photo) -> FollowerSnapshot:
    """Keep the number of followers of an account for the month in which the screenshot was taken.

    Raises Invalid with every fault (no time on the screenshot, a frozen day), Conflict for a month that has its number.
    """
    at, faults = records.here(uow), list[Fault]()
    account = records.long(faults, "account", form.account, "账号名称", most=60)
    records.known(faults, "platform", form.platform, PLATFORMS, "平台")
    evidence.check(photo, faults, now=uow.now)
    taken = photo.taken_at
    if taken is not None and taken.tzinfo is not None:
        day = clock.business_date(min(taken, uow.now))
        if words := await freezes.why(uow, at, day):
            faults.append(Fault("photo_taken_at", f"{words}，这一天的粉丝数不能再记。", "frozen"))
    if faults or taken is None:
        raise Invalid(faults)
    month = records.month_of(day)
    taken_already = sa.select(FollowerSnapshot.id).where(
        FollowerSnapshot.tenant == at, FollowerSnapshot.account == account, FollowerSnapshot.month == month
    )
    if await uow.session.scalar(taken_already) is not None:
        raise Conflict(f"“{account}”{month.month} 月的粉丝数已经记过，不能改，也不用再记。")
    snapshot_id = new_id()
    kept = await evidence.keep(uow, at, ABOUT_FOLLOWERS, snapshot_id, photo)
    row = FollowerSnapshot(
        id=snapshot_id, tenant=at, account=account, platform=form.platform, month=month, followers=form.followers,
        taken_on=day, photo_id=kept.id, written_at=uow.now, done_by=records.who(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await records.tell(uow, row, "followers.recorded", account=account, followers=row.followers, day=day.isoformat())
    return row


async def followers(uow: UnitOfWork, tenant: TenantPath, day: date) -> int | None:
    """Return how many follow the place's official account as of a day; None where no screenshot shows it (row 17).

    Of several accounts the largest counts: whoever follows two is one person, so that numbers are never added up.
    """
    latest = (
        sa.select(FollowerSnapshot.followers)
        .ext(distinct_on(FollowerSnapshot.tenant, FollowerSnapshot.account))
        .where(
            in_subtree(FollowerSnapshot.tenant, tenant),
            FollowerSnapshot.taken_on <= day,
            FollowerSnapshot.platform == OFFICIAL,
        )
        .order_by(FollowerSnapshot.tenant, FollowerSnapshot.account, FollowerSnapshot.taken_on.desc())
        .subquery()
    )
    found: int | None = await uow.session.scalar(sa.select(sa.func.max(latest.c.followers)))
    return found


async def accounts(uow: UnitOfWork) -> list[Account]:
    """Return the accounts of the scope with their latest numbers."""
    rows = await uow.session.scalars(
        sa.select(FollowerSnapshot)
        .where(uow.scope.clause(FollowerSnapshot.tenant))
        .order_by(FollowerSnapshot.tenant, FollowerSnapshot.account, FollowerSnapshot.month)
    )
    found: dict[tuple[str, str], Account] = {}
    for row in rows:
        known = found.get((row.tenant, row.account))
        found[row.tenant, row.account] = Account(
            account=row.account, platform=row.platform, month=row.month, followers=row.followers, taken_on=row.taken_on,
            photo_id=row.photo_id, before=known.followers if known else None,
        )  # fmt: skip
    return sorted(found.values(), key=lambda one: -one.followers)


async def recent(uow: UnitOfWork, *, limit: int = 50) -> list[PublicityView]:
    """Return the publications of the scope, the latest first."""
    rows = (
        await uow.execute(
            sa.select(PublicityEntry, Order.trace_code)
            .outerjoin(Order, Order.id == PublicityEntry.order_id)
            .where(uow.scope.clause(PublicityEntry.tenant))
            .order_by(PublicityEntry.happened_at.desc(), PublicityEntry.id.desc())
            .limit(limit)
        )
    ).all()
    photos = await evidence.of(uow, ABOUT, [row.id for row, _ in rows])
    return [
        PublicityView(
            id=row.id, trace_code=row.trace_code, kind=row.kind, channel=row.channel, title=row.title, link=row.link,
            order=code or "", happened_at=row.happened_at, written_at=row.written_at,
            photos=[p.id for p in photos.get(row.id, [])],
        )
        for row, code in rows
    ]  # fmt: skip


async def listed(uow: UnitOfWork, tenant: TenantPath, first: date, last: date) -> list[Line]:
    """Return the publications of a place and all below it on these days, both included."""
    begin, end = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
    shown = sa.select(sa.func.count()).where(
        EvidencePhoto.about == ABOUT, EvidencePhoto.subject_id == PublicityEntry.id
    )
    rows = await uow.execute(
        sa.select(PublicityEntry, shown.correlate(PublicityEntry).scalar_subquery())
        .where(
            in_subtree(PublicityEntry.tenant, tenant),
            PublicityEntry.happened_at >= begin,
            PublicityEntry.happened_at < end,
        )
        .order_by(PublicityEntry.happened_at, PublicityEntry.id)
    )
    return [
        Line(
            id=row.id, tenant=row.tenant, trace_code=row.trace_code, words=f"{MEDIA[row.channel]}：{row.title}",
            place=row.link, happened_at=row.happened_at, written_at=row.written_at, done_by=row.done_by, photos=photos,
            figures={},
        )
        for row, photos in rows
    ]  # fmt: skip
