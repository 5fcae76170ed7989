"""Checklists of a place, each item with the photo that shows it: zones (R031), functions (R032), documents on the wall (R100, R101),
plates and slogans (R024 to R026), marks in the three maps (R027). What the lists hold is the tenant's, by parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath
from linggong.measures.sites import Thresholds, thresholds
from linggong.people.text import clean
from linggong.sites import common
from linggong.sites.codes import CHECKS, MAPS, PLATES
from linggong.sites.models import SiteCheck
from tenants import evidence
from tenants.evidence import Kept, Photo
from tenants.kinds import NodeKind

ABOUT: Final = "site_check"
FAMILIES: Final = ("site.", "station.", "market.", "premises.", "core_functions")
"""Families of parameters that the file of a place is held against."""
_LISTS: Final = {"zone": "site.zones", "function": "station.functions", "document": "site.wall_documents"}


class CheckForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Whether an item is there, as somebody saw it on a day."""

    kind: str
    item: str
    here: bool = True
    note: str = ""
    looked_on: date | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """An item of a list as it stands: `here` None where nobody looked yet."""

    kind: str
    item: str
    label: str
    here: bool | None = None
    note: str = ""
    looked_on: date | None = None
    id: UUID | None = None
    photos: list[Kept] = []


def wanted(limits: Thresholds, path: str, kind: str) -> dict[str, dict[str, str]]:
    """Return what a place must show: labels by item, by kind of checklist."""
    found: dict[str, dict[str, str]] = {}
    for name, key in _LISTS.items():
        value = limits.at(path, key)
        found[name] = {item: item for item in value} if isinstance(value, tuple) else {}
    plates = dict(PLATES)
    if kind != NodeKind.COUNTER:
        del plates["counter"]
    found["plate"] = plates
    found["map"] = {item: item for item in MAPS}
    return found


def label(kind: str, item: str) -> str:
    """Return how an item is called: codes of ours by their words, a tenant's by itself."""
    return PLATES.get(item, item) if kind == "plate" else item


async def mark(uow: UnitOfWork, place: str | UUID, form: CheckForm, photo: Photo | None = None) -> SiteCheck:
    """Note that an item is there, or is not, with a photo where there is one.

    Raises NotFound, Invalid with every fault: an item that is in no list of the place, a photo without its time.
    """
    node, faults = await common.site(uow, place), list[Fault]()
    now = common.today(uow)
    limits = await thresholds(uow, *FAMILIES)
    known = wanted(limits, node.path, node.kind).get(form.kind)
    if known is None:
        common.choice(faults, "kind", form.kind, CHECKS, "清单")
    elif form.item not in known:
        listed = "、".join(known.values()) or "（还没有，请先在参数里写）"
        faults.append(Fault("item", f"{CHECKS[form.kind]}里没有这一项，请从单子里选：{listed}。", "choice"))
    note = clean(faults, "note", form.note, most=200)
    common.not_ahead(faults, "looked_on", form.looked_on, now, "查看日期")
    if photo is not None:
        evidence.check(photo, faults, now=uow.now)
    if faults:
        raise Invalid(faults)
    row = await uow.session.scalar(
        sa.select(SiteCheck)
        .where(SiteCheck.tenant == node.path, SiteCheck.kind == form.kind, SiteCheck.item == form.item)
        .with_for_update()
    )
    if row is None:
        row = SiteCheck(id=new_id(), tenant=node.path, kind=form.kind, item=form.item)
        uow.session.add(row)
    row.here, row.note, row.looked_on = form.here, note, form.looked_on or now
    row.set_at, row.set_by = uow.now, common.actor(uow)
    await uow.flush()
    await common.tell(uow, node, "checked", kind=row.kind, item=row.item, here=row.here, looked_on=row.looked_on)
    if photo is not None:
        await evidence.keep(uow, TenantPath(node.path), ABOUT, row.id, photo)
    return row


async def stored(uow: UnitOfWork, paths: Sequence[str]) -> dict[str, list[SiteCheck]]:
    """Return what was noted at places, in one query."""
    found: dict[str, list[SiteCheck]] = {path: [] for path in paths}
    statement = sa.select(SiteCheck).where(SiteCheck.tenant.in_(paths), uow.scope.clause(SiteCheck.tenant))
    for row in await uow.session.scalars(statement):
        found[row.tenant].append(row)
    return found


async def items(uow: UnitOfWork, path: str, kind: str) -> dict[str, list[Item]]:
    """Return the checklists of a place as they stand, by kind; an item that fell out of its list is left out."""
    rows = (await stored(uow, [path]))[path]
    photos = await evidence.of(uow, ABOUT, [row.id for row in rows])
    return _items(wanted(await thresholds(uow, *FAMILIES), path, kind), rows, photos)


def _items(
    known: Mapping[str, Mapping[str, str]], rows: Sequence[SiteCheck], photos: Mapping[UUID, list[Kept]]
) -> dict[str, list[Item]]:
    by_item = {(row.kind, row.item): row for row in rows}
    found: dict[str, list[Item]] = {}
    for kind, labels in known.items():
        found[kind] = []
        for item, label in labels.items():
            row = by_item.get((kind, item))
            if row is None:
                found[kind].append(Item(kind=kind, item=item, label=label))
                continue
            found[kind].append(
                Item(
                    kind=kind, item=item, label=label, here=row.here, note=row.note, looked_on=row.looked_on, id=row.id,
                    photos=photos.get(row.id, []),
                )
            )  # fmt: skip
    return found
