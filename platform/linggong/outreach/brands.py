"""Labour brands (劳务品牌, 一地一品): what a place is known for, who and which posts go under it, and how many (R069)."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.market.models import Order
from linggong.market.trades import trade
from linggong.outreach import records
from linggong.outreach.more_models import BrandTag, LabourBrand
from linggong.people.models import Person
from linggong.people.service_links import served_by
from linggong.work.models import Assignment
from tenants.models import Node

_MOST_TRADES: Final = 5


class BrandForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A brand of the acting post's place."""

    name: str
    story: str
    trade_codes: Annotated[list[Annotated[str, Meta(max_length=12)]], Meta(max_length=_MOST_TRADES)]


class PublicBrand(msgspec.Struct, frozen=True, kw_only=True):
    """A brand as everybody reads it, with how many posts of its trades are open around it now."""

    id: UUID
    name: str
    story: str
    place: str
    path: str
    trades: list[str]
    trade_code: str
    """The first of its trades: what the board is filtered by."""


class BrandView(msgspec.Struct, frozen=True, kw_only=True):
    """A brand with its counts, for staff."""

    brand: PublicBrand
    workers: int
    posts: int
    completed: int
    """Completed assignments on its posts, or by its workers in its trades."""


async def add(uow: UnitOfWork, form: BrandForm) -> LabourBrand:
    """Add a brand of the acting post. Raises Invalid with every fault, Conflict for a name that is taken here."""
    at, faults = records.here(uow), list[Fault]()
    name = records.long(faults, "name", form.name, "品牌名称，例如兰考焊工", most=30)
    story = records.long(faults, "story", form.story, "品牌介绍", most=500)
    codes = list(dict.fromkeys(form.trade_codes))
    if not codes:
        faults.append(Fault("trade_codes", "请至少选一个工种。", "required"))
    records.trades(faults, "trade_codes", *codes)
    if faults:
        raise Invalid(faults)
    if await uow.session.scalar(sa.select(LabourBrand.id).where(LabourBrand.tenant == at, LabourBrand.name == name)):
        raise Conflict(f"这里已经有“{name}”了。")
    row = LabourBrand(
        id=new_id(), tenant=at, name=name, story=story, trade_codes=codes, written_at=uow.now, done_by=records.who(uow)
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await records.tell(uow, row, "brand.added")
    return row


async def tag(uow: UnitOfWork, brand_id: UUID, *, person_id: UUID | None = None, order_code: str = "") -> BrandTag:
    """Put a worker whom the post serves, or a post of its own by trace code, under a brand.

    Raises Invalid for neither or both, Conflict twice, NotFound for a foreign brand or person.
    """
    brand = await uow.session.get(LabourBrand, brand_id)
    if brand is None or brand.ended_at is not None:
        raise NotFound
    code = order_code.strip().upper()
    if (person_id is None) == (not code):
        raise Invalid([Fault("order", "请选一个零工，或写一个用工单的追溯码。", "required")])
    order_id = None
    if person_id is not None:
        served = sa.select(Person.id).where(Person.id == person_id, served_by(uow, Person.id))
        if await uow.session.scalar(served) is None:
            raise NotFound
    else:
        order_id = await uow.session.scalar(
            sa.select(Order.id).where(Order.trace_code == code, uow.scope.clause(Order.tenant))
        )
        if order_id is None:
            raise Invalid([Fault("order", "没有这个追溯码的用工单，请核对。", "unknown")])
    known = sa.select(BrandTag.id).where(
        BrandTag.brand_id == brand_id,
        BrandTag.person_id == person_id if person_id is not None else BrandTag.order_id == order_id,
    )
    if await uow.session.scalar(known) is not None:
        raise Conflict("已经在这个品牌里了。")
    row = BrandTag(
        id=new_id(), tenant=records.here(uow), brand_id=brand_id, person_id=person_id, order_id=order_id, added_at=uow.now,
        done_by=records.who(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await records.tell(uow, row, "brand.tagged", brand=str(brand_id), kind="worker" if person_id else "post")
    return row


async def public(uow: UnitOfWork, *, path: str = "/") -> list[PublicBrand]:
    """Return the brands of a place and all below it, as everybody reads them."""
    rows = await uow.execute(
        sa.select(LabourBrand, Node.name)
        .join(Node, Node.path == LabourBrand.tenant)
        .where(LabourBrand.ended_at.is_(None), LabourBrand.tenant >= path, LabourBrand.tenant < path + "~")
        .order_by(LabourBrand.tenant, LabourBrand.name)
    )
    return [_public(row, place) for row, place in rows]


def _public(row: LabourBrand, place: str) -> PublicBrand:
    known = [found for code in row.trade_codes if (found := trade(code)) is not None]
    return PublicBrand(
        id=row.id, name=row.name, story=row.story, place=place, path=row.tenant, trades=[one.name for one in known],
        trade_code=known[0].code if known else "",
    )  # fmt: skip


async def views(uow: UnitOfWork) -> list[BrandView]:
    """Return the brands of the scope and of the places above it with their counts, as far as the scope reaches."""
    counts = await uow.execute(
        sa.select(
            BrandTag.brand_id, sa.func.count(BrandTag.person_id.distinct()), sa.func.count(BrandTag.order_id.distinct())
        )
        .where(uow.scope.clause(BrandTag.tenant))
        .group_by(BrandTag.brand_id)
    )
    tagged = {brand: (int(people), int(posts)) for brand, people, posts in counts}
    done = await uow.execute(
        sa.select(BrandTag.brand_id, sa.func.count(Assignment.id.distinct()))
        .join(Assignment, sa.or_(Assignment.order_id == BrandTag.order_id, Assignment.worker_id == BrandTag.person_id))
        .join(Order, Order.id == Assignment.order_id)
        .join(LabourBrand, LabourBrand.id == BrandTag.brand_id)
        .where(
            uow.scope.clause(BrandTag.tenant),
            Assignment.state == "A_ACCEPTED",
            sa.or_(
                BrandTag.order_id.is_not(None),
                LabourBrand.trade_codes.op("@>")(sa.func.to_jsonb(Order.trade_code)),
            ),
        )
        .group_by(BrandTag.brand_id)
    )
    completed = {brand: int(n) for brand, n in done}
    return [
        BrandView(
            brand=one, workers=tagged.get(one.id, (0, 0))[0], posts=tagged.get(one.id, (0, 0))[1],
            completed=completed.get(one.id, 0),
        )
        for one in await public(uow)
        if uow.scope.covers(one.path) or one.id in tagged
    ]  # fmt: skip
