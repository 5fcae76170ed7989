"""Premises (R028 to R030) and equipment (R034, R035): what was added, what is in use on a day, what expires."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.people.text import clean
from linggong.sites import common
from linggong.sites.codes import EQUIPMENT, EXPIRING, ROOM_USES
from linggong.sites.models import SiteEquipment, SiteRoom
from tenants import queries

_MOST_M2 = Decimal(100_000)
Row = TypeVar("Row", SiteRoom, SiteEquipment)


class RoomForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A room to add; square metres."""

    name: str
    use: str
    area_m2: Decimal
    address: str = ""
    since: date | None = None
    """Left out: today."""


class EquipmentForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A thing to add."""

    kind: str
    name: str
    pieces: int = 1
    funding: str = ""
    bought_on: date | None = None
    expires_on: date | None = None


async def add_room(uow: UnitOfWork, place: str | UUID, form: RoomForm) -> SiteRoom:
    """Add a room. Raises NotFound, Invalid with every fault: name, use, area, day."""
    node, faults = await common.site(uow, place), list[Fault]()
    now = common.today(uow)
    name = clean(faults, "name", form.name, most=40, least=1)
    address = clean(faults, "address", form.address, most=120)
    common.choice(faults, "use", form.use, ROOM_USES, "用途")
    if not form.area_m2.is_finite() or form.area_m2 <= 0:
        faults.append(Fault("area_m2", "面积要大于 0 平方米，请量一下再填。", "area"))
    elif form.area_m2 > _MOST_M2 or form.area_m2 != round(form.area_m2, 2):
        faults.append(Fault("area_m2", "面积请填 10 万平方米以内、最多两位小数的数。", "area"))
    common.not_ahead(faults, "since", form.since, now, "启用日期")
    if faults:
        raise Invalid(faults)
    row = SiteRoom(
        id=new_id(), tenant=node.path, name=name, use=form.use, address=address, area_m2=form.area_m2,
        since=form.since or now, added_at=uow.now, added_by=common.actor(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await common.tell(uow, node, "room_added", room=row.id, area_m2=str(row.area_m2), use=row.use)
    return row


async def end_room(uow: UnitOfWork, room_id: UUID) -> SiteRoom:
    """Note that a room is used no more from today. Raises NotFound, Conflict for one that ended."""
    row = await _row(uow, SiteRoom, room_id)
    common.once(row.ended_on)
    row.ended_on = max(common.today(uow), row.since)
    await uow.flush()
    await common.tell(uow, await queries.managed(uow, row.tenant), "room_ended", room=row.id)
    return row


async def add_equipment(uow: UnitOfWork, place: str | UUID, form: EquipmentForm) -> SiteEquipment:
    """Add a thing. Raises NotFound, Invalid with every fault: an expiry before the purchase, none where it is what counts."""
    node, faults = await common.site(uow, place), list[Fault]()
    name = clean(faults, "name", form.name, most=40, least=1)
    funding = clean(faults, "funding", form.funding, most=60)
    common.choice(faults, "kind", form.kind, EQUIPMENT, "种类")
    if not 1 <= form.pieces <= 10_000:
        faults.append(Fault("pieces", "数量请填 1 到 10000。", "range"))
    common.not_ahead(faults, "bought_on", form.bought_on, common.today(uow), "购置日期")
    if form.expires_on is None and form.kind in EXPIRING:
        faults.append(Fault("expires_on", f"{EQUIPMENT[form.kind]}要写有效期到哪天。", "required"))
    elif form.expires_on and form.bought_on and form.expires_on < form.bought_on:
        faults.append(Fault("expires_on", "有效期早于购置日期，请核对两个日期。", "range"))
    if faults:
        raise Invalid(faults)
    row = SiteEquipment(
        id=new_id(), tenant=node.path, kind=form.kind, name=name, pieces=form.pieces, funding=funding,
        bought_on=form.bought_on, expires_on=form.expires_on, added_at=uow.now, added_by=common.actor(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await common.tell(uow, node, "equipment_added", thing=row.id, kind=row.kind, expires_on=row.expires_on)
    return row


async def remove_equipment(uow: UnitOfWork, thing_id: UUID) -> SiteEquipment:
    """Note that a thing is gone: broken, exchanged, given back. Raises NotFound, Conflict for one that is gone already."""
    row = await _row(uow, SiteEquipment, thing_id)
    common.once(row.removed_on)
    row.removed_on = common.today(uow)
    await uow.flush()
    await common.tell(uow, await queries.managed(uow, row.tenant), "equipment_removed", thing=row.id, kind=row.kind)
    return row


async def _row(uow: UnitOfWork, model: type[Row], row_id: UUID) -> Row:
    found: Row | None = await uow.session.scalar(
        sa.select(model).where(model.id == row_id, uow.scope.clause(model.tenant)).with_for_update()
    )
    if found is None:
        raise NotFound
    return found
