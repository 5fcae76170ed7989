"""Who works at a place (R039, R040): periods of people with their proofs, the count on a day and the least over a period."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.kernel.paths import TenantPath
from linggong.people.identity_numbers import BadNumber, parse_id_number
from linggong.people.text import clean, clean_name
from linggong.sites import common
from linggong.sites.codes import PROOFS, STAFF_KINDS
from linggong.sites.models import SiteStaff
from tenants import evidence, queries
from tenants.evidence import Photo
from tenants.kinds import NodeKind

ABOUT: Final = "site_staff"
MOST_DAYS: Final = 3 * 366
_AHEAD: Final = timedelta(days=92)


class StaffForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Somebody who begins to work at a place, or did so before."""

    name: str
    id_number: str
    kind: str
    starts_on: date
    ends_on: date | None = None
    duty: str = ""
    proofs: list[str] = []


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's period at a place."""

    id: UUID
    name: str
    id_masked: str
    kind: str
    kind_words: str
    duty: str
    proofs: list[str]
    proof_words: list[str]
    starts_on: date
    ends_on: date | None


class Least(msgspec.Struct, frozen=True, kw_only=True):
    """The fewest people on any day of a period: all, full-time ones, full-time ones with a proof; each with its first such day.

    One who works in two periods is one person on each day.
    """

    people: int
    people_on: date
    full_time: int
    full_time_on: date
    proven: int
    """Full-time with a labour contract and social insurance seen (R039)."""
    proven_on: date


async def add(
    uow: UnitOfWork, sealer: Sealer, place: str | UUID, form: StaffForm, photo: Photo | None = None
) -> SiteStaff:
    """Add somebody's period, with a photo of a proof where there is one.

    Raises NotFound, Invalid with every fault: a wrong number, days in the wrong order, a period that overlaps another one of the
    same person at this place.
    """
    node, faults = await common.site(uow, place), list[Fault]()
    now = common.today(uow)
    name = clean_name(faults, "name", form.name)
    duty = clean(faults, "duty", form.duty, most=60)
    common.choice(faults, "kind", form.kind, STAFF_KINDS, "类别")
    for proof in form.proofs:
        common.choice(faults, "proofs", proof, PROOFS, "证明")
    if form.ends_on is not None and form.ends_on < form.starts_on:
        faults.append(Fault("ends_on", "离岗日期早于到岗日期，请核对。", "order"))
    if form.starts_on > now + _AHEAD:
        faults.append(Fault("starts_on", "到岗日期最多写到三个月以后。", "range"))
    index, masked = b"", ""
    try:
        number = parse_id_number(form.id_number, today=now)
        index, masked = sealer.blind_index("id", number.number), number.masked
    except BadNumber as bad:
        faults.append(Fault("id_number", bad.message, bad.code))
    if index and (other := await _overlapping(uow, node.path, index, form.starts_on, form.ends_on)) is not None:
        until = f"到 {other.ends_on}" if other.ends_on else "至今"
        faults.append(Fault("starts_on", f"这个人在本站 {other.starts_on} {until} 已经在册，时间重叠了。", "overlap"))
    if photo is not None:
        evidence.check(photo, faults, now=uow.now)
    if faults:
        raise Invalid(faults)
    row = SiteStaff(
        id=new_id(), tenant=node.path, name=name, id_index=index, id_masked=masked, kind=form.kind, duty=duty,
        proofs=_kinds(form.proofs), starts_on=form.starts_on, ends_on=form.ends_on, added_at=uow.now,
        added_by=common.actor(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await common.tell(
        uow, node, "staff_added", member=row.id, kind=row.kind, starts_on=row.starts_on, proofs=row.proofs
    )
    if photo is not None:
        await evidence.keep(uow, TenantPath(node.path), ABOUT, row.id, photo)
    return row


async def end(uow: UnitOfWork, member_id: UUID, on: date | None = None) -> SiteStaff:
    """Note somebody's last day, today where none is named. Raises NotFound, Conflict for one who left, Invalid for a day before he came."""
    row = await _member(uow, member_id)
    if row.ends_on is not None:
        raise Conflict("已经写了离岗日期，要改请重新登记。")
    day = on or common.today(uow)
    faults: list[Fault] = []
    if day < row.starts_on:
        faults.append(Fault("ends_on", "离岗日期早于到岗日期，请核对。", "order"))
    common.not_ahead(faults, "ends_on", day, common.today(uow) + _AHEAD, "离岗日期（加三个月）")
    if faults:
        raise Invalid(faults)
    row.ends_on = day
    await uow.flush()
    await common.tell(uow, await queries.managed(uow, row.tenant), "staff_ended", member=row.id, ends_on=day)
    return row


async def prove(uow: UnitOfWork, member_id: UUID, proof: str, photo: Photo) -> SiteStaff:
    """Add a kind of proof with its photo to somebody's period. Raises NotFound, Invalid."""
    row, faults = await _member(uow, member_id), list[Fault]()
    common.choice(faults, "proof", proof, PROOFS, "证明")
    evidence.check(photo, faults, now=uow.now)
    if faults:
        raise Invalid(faults)
    row.proofs = _kinds([*row.proofs, proof])
    await uow.flush()
    await common.tell(uow, await queries.managed(uow, row.tenant), "staff_proven", member=row.id, proof=proof)
    await evidence.keep(uow, TenantPath(row.tenant), ABOUT, row.id, photo)
    return row


async def on_duty(uow: UnitOfWork, tenant: str, day: date) -> list[Member]:
    """Return who is on the roster of a place on a day, full-time first, as far as the scope reaches."""
    return [one for one in await members(uow, tenant) if _works(one, day)]


async def members(uow: UnitOfWork, tenant: str) -> list[Member]:
    """Return all periods at a place: full-time first, then in the order of coming."""
    rows = await uow.session.scalars(
        sa.select(SiteStaff)
        .where(SiteStaff.tenant == tenant, uow.scope.clause(SiteStaff.tenant))
        .order_by(SiteStaff.kind, SiteStaff.starts_on, SiteStaff.id)
    )
    return [member(row) for row in rows]


async def least(uow: UnitOfWork, tenant: str, first: date, last: date) -> Least:
    """Return the fewest people on any day of a period. Raises Invalid for a bad period."""
    if not 0 <= (last - first).days < MOST_DAYS:
        raise Invalid([Fault("last", "时间段不对：最多三年，最后一天不能早于第一天。", "range")])
    rows = await uow.session.scalars(
        sa.select(SiteStaff).where(SiteStaff.tenant == tenant, uow.scope.clause(SiteStaff.tenant))
    )
    return fewest(list(rows), first, last)


def fewest(rows: Sequence[SiteStaff], first: date, last: date) -> Least:
    """Return the fewest people on any day of a period, by the days on which a count may fall."""
    # It falls only on the first day and on the days after somebody's last.
    edges = {first} | {row.ends_on + timedelta(days=1) for row in rows if row.ends_on is not None}
    # A period that begins later leaves a gap before it, which begins at an edge or at the first day.
    days = sorted(day for day in edges if first <= day <= last)
    counted = [(day, [row for row in rows if _works(row, day)]) for day in days]

    def low(some: Iterable[tuple[date, list[SiteStaff]]], proven: bool | None) -> tuple[int, date]:
        best: tuple[int, date] | None = None
        for day, here in some:
            n = len({row.id_index for row in here if _counts(row, proven)})
            if best is None or n < best[0]:
                best = (n, day)
        return best or (0, first)

    people, people_on = low(counted, None)
    full, full_on = low(counted, False)
    proven, proven_on = low(counted, True)
    return Least(
        people=people, people_on=people_on, full_time=full, full_time_on=full_on, proven=proven, proven_on=proven_on
    )


def _counts(row: SiteStaff, proven: bool | None) -> bool:
    if proven is None:
        return True
    return row.kind == "full_time" and (not proven or has_proof(row.kind, row.proofs))


def least_by(kind: str) -> str:
    """Return the parameter that says how many a kind of place needs: markets full-time ones, stations anybody; '' for others."""
    if kind in (NodeKind.MARKET_COMPREHENSIVE, NodeKind.MARKET_TRADE):
        return "market.min_staff"
    return "station.min_staff" if kind == NodeKind.STATION else ""


def has_proof(kind: str, proofs: Sequence[str]) -> bool:
    """Tell whether somebody's proofs are all there: contract and social insurance, or an agreement for whom serves only."""
    if kind == "full_time":
        return {"contract", "insurance"} <= set(proofs)
    return bool(proofs)


def member(row: SiteStaff) -> Member:
    """Return a period as readers see it."""
    return Member(
        id=row.id, name=row.name, id_masked=row.id_masked, kind=row.kind, kind_words=STAFF_KINDS[row.kind],
        duty=row.duty, proofs=list(row.proofs), proof_words=[PROOFS.get(p, p) for p in row.proofs],
        starts_on=row.starts_on, ends_on=row.ends_on,
    )  # fmt: skip


def _works(one: SiteStaff | Member, day: date) -> bool:
    return one.starts_on <= day and (one.ends_on is None or day <= one.ends_on)


def _kinds(proofs: Iterable[str]) -> list[str]:
    return [kind for kind in PROOFS if kind in set(proofs)]


async def _overlapping(
    uow: UnitOfWork, path: str, index: bytes, starts_on: date, ends_on: date | None
) -> SiteStaff | None:
    # The place is locked, so nobody adds the same person beside us.
    statement = sa.select(SiteStaff).where(
        SiteStaff.tenant == path, SiteStaff.id_index == index,
        sa.or_(SiteStaff.ends_on.is_(None), SiteStaff.ends_on >= starts_on),
    )  # fmt: skip
    if ends_on is not None:
        statement = statement.where(SiteStaff.starts_on <= ends_on)
    found: SiteStaff | None = await uow.session.scalar(statement.order_by(SiteStaff.starts_on).limit(1))
    return found


async def _member(uow: UnitOfWork, member_id: UUID) -> SiteStaff:
    row: SiteStaff | None = await uow.session.scalar(
        sa.select(SiteStaff).where(SiteStaff.id == member_id, uow.scope.clause(SiteStaff.tenant)).with_for_update()
    )
    if row is None:
        raise NotFound
    return row
