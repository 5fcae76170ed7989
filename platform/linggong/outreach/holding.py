"""Holding a fair: planned with its stations, employers signed in, closed with what was counted, or called off (R070, R109, R110)."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from msgspec import Meta
from sqlalchemy.dialects.postgresql import insert

from linggong.kernel.crypto import Sealer
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from linggong.kernel.ids import new_id, short_code
from linggong.kernel.paths import TenantPath, tenant_path
from linggong.market.models import Order
from linggong.measures.sites import SITES
from linggong.outreach import records
from linggong.outreach.fair_models import Fair, FairEmployer, FairPost, FairStation
from linggong.people.employers import employer_served
from tenants.models import Node

DOORS: Final = timedelta(hours=2)
"""So long before it begins employers may sign in."""
_LONGEST: Final = timedelta(days=7)
_OFFERED: Final = ("O_OPEN", "O_FULL", "O_LOCKED", "O_ACTIVE")
_MOST_STATIONS: Final = 60


class FairForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A fair as it is planned: stations by their paths, posts by their trace codes."""

    theme: str
    place: str
    starts_at: datetime
    ends_at: datetime
    stations: Annotated[list[str], Meta(max_length=_MOST_STATIONS)]
    notice: str = ""
    orders: Annotated[list[Annotated[str, Meta(max_length=12)]], Meta(max_length=200)] = []
    latitude: float | None = None
    longitude: float | None = None


async def plan(uow: UnitOfWork, form: FairForm) -> Fair:
    """Plan a fair of the acting post with its stations and posts. Raises Invalid with every fault, at once.

    One that was held already may still be written down: the ledger shows how late, and nothing can be pushed any more.
    """
    at, faults = records.here(uow), list[Fault]()
    theme = records.long(faults, "theme", form.theme, "主题", most=60)
    place = records.long(faults, "place", form.place, "在哪里办")
    notice = records.long(faults, "notice", form.notice, "通知", least=0, most=300)
    records.point(faults, form.latitude, form.longitude)
    if form.starts_at.tzinfo is None or form.ends_at.tzinfo is None:
        faults.append(Fault("starts_at", "时间写法不对，例如 2026-11-25 08:30。", "time"))
    else:
        if form.ends_at <= form.starts_at:
            faults.append(Fault("ends_at", "结束时间要在开始以后。", "range"))
        elif form.ends_at - form.starts_at > _LONGEST:
            faults.append(Fault("ends_at", f"一场最多办 {_LONGEST.days} 天，分几场记。", "range"))
        if form.starts_at < uow.now - timedelta(days=31):
            faults.append(Fault("starts_at", "一个月以前的招聘会不能再补记。", "old"))
    stations = await _stations(uow, faults, form.stations)
    orders = await _orders(uow, faults, form.orders)
    if faults:
        raise Invalid(faults)
    row = Fair(
        id=new_id(), tenant=at, trace_code=short_code(), theme=theme, place=place, latitude=form.latitude,
        longitude=form.longitude, starts_at=form.starts_at, ends_at=form.ends_at, notice=notice, state="planned",
        written_at=uow.now, done_by=records.who(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    uow.session.add_all(FairStation(id=new_id(), tenant=path, fair_id=row.id) for path in stations)
    uow.session.add_all(_post(uow, row, order_id) for order_id in orders)
    await uow.flush()
    await records.tell(uow, row, "fair.planned", stations=len(stations), posts=len(orders))
    return row


async def _stations(uow: UnitOfWork, faults: list[Fault], asked: list[str]) -> list[str]:
    wanted = list(dict.fromkeys(asked))
    if not wanted:
        faults.append(Fault("stations", "请选由哪些站点来办。", "required"))
        return []
    known = set(await uow.session.scalars(sa.select(Node.path).where(Node.path.in_(wanted), Node.kind.in_(SITES))))
    if any(path not in known or not uow.scope.covers(path) for path in wanted):
        faults.append(Fault("stations", "选的站点里有不归本单位管的，请重新选。", "unknown"))
    return wanted


async def _orders(uow: UnitOfWork, faults: list[Fault], codes: list[str]) -> list[UUID]:
    wanted = list(dict.fromkeys(code.strip().upper() for code in codes if code.strip()))
    rows = await uow.execute(
        sa.select(Order.trace_code, Order.id).where(
            Order.trace_code.in_(wanted), uow.scope.clause(Order.tenant), Order.state.in_(_OFFERED)
        )
    )
    found = {row.trace_code: row.id for row in rows}
    missing = [code for code in wanted if code not in found]
    if missing:
        faults.append(Fault("orders", f"没有在招的用工单：{'、'.join(missing[:5])}，请核对追溯码。", "unknown"))
    return [found[code] for code in wanted if code in found]


def _post(uow: UnitOfWork, fair: Fair, order_id: UUID) -> FairPost:
    return FairPost(
        id=new_id(), tenant=fair.tenant, fair_id=fair.id, order_id=order_id, added_at=uow.now, done_by=records.who(uow)
    )


async def found(uow: UnitOfWork, fair_id: UUID) -> Fair:
    """Return a fair that the scope reaches: its own place or one of its stations lies inside. Raises NotFound."""
    row = await uow.session.get(Fair, fair_id)
    if row is not None and not uow.scope.covers(row.tenant):
        paths = await uow.session.scalars(sa.select(FairStation.tenant).where(FairStation.fair_id == fair_id))
        row = row if any(uow.scope.covers(path) for path in paths) else None
    if row is None:
        raise NotFound
    return row


async def own(uow: UnitOfWork, fair_id: UUID) -> Fair:
    """Return a fair that the acting post planned, locked, for changing it; raises NotFound, Forbidden for a partner's."""
    row = await found(uow, fair_id)
    if not uow.scope.covers(row.tenant):
        raise Forbidden("这场招聘会是上级单位办的，请联系主办单位。")
    await uow.session.refresh(row, with_for_update=True)
    return row


async def add_post(uow: UnitOfWork, fair_id: UUID, code: str) -> FairPost:
    """Offer a post at a fair, by its trace code. Raises Invalid for none, Conflict twice or after the end, NotFound."""
    fair = await own(uow, fair_id)
    _still(fair)
    faults: list[Fault] = []
    orders = await _orders(uow, faults, [code])
    if not orders and not faults:
        faults.append(Fault("orders", "请写用工单的追溯码。", "required"))
    if faults:
        raise Invalid(faults)
    known = sa.select(FairPost.id).where(FairPost.fair_id == fair.id, FairPost.order_id == orders[0])
    if await uow.session.scalar(known) is not None:
        raise Conflict("这个岗位已经在这场招聘会里了。")
    row = _post(uow, fair, orders[0])
    uow.session.add(row)
    await uow.flush()
    await records.tell(uow, fair, "fair.post_added", order=str(row.order_id))
    return row


def _still(fair: Fair) -> None:
    if fair.state != "planned":
        raise Conflict("这场招聘会已经结束或取消，不能再改。", state=fair.state)


def code_of(sealer: Sealer, fair_id: UUID) -> str:
    """Return the six digits by which employers sign in on their own telephones; they stand at the desk of the fair only."""
    return f"{int.from_bytes(sealer.blind_index('fair', str(fair_id))[:8]) % 1_000_000:06d}"


async def sign_in(uow: UnitOfWork, fair_id: UUID, employer_id: UUID) -> FairEmployer:
    """Sign an employer in at the desk. Raises Conflict twice, too early or after the end, NotFound for whom nobody here serves."""
    fair = await found(uow, fair_id)
    _doors(uow, fair)
    await employer_served(uow, employer_id)
    return await _sign(uow, fair, employer_id, "desk", records.here(uow))


async def sign_in_by_code(uow: UnitOfWork, sealer: Sealer, fair_id: UUID, code: str) -> FairEmployer:
    """Sign the acting employer in by the code that hangs at the fair. Raises Invalid for a wrong one, Conflict as `sign_in`."""
    if uow.actor.kind != "employer":
        raise Forbidden("请换成雇主身份再签到。")
    fair = await uow.session.get(Fair, fair_id)
    if fair is None:
        raise NotFound
    _doors(uow, fair)
    if uow.now > fair.ends_at:
        raise Conflict("招聘会已经结束，不能再签到。")
    if not hmac.compare_digest(code.strip().encode(), code_of(sealer, fair_id).encode()):
        raise Invalid([Fault("code", "签到码不对，请看会场门口的六位数字。", "wrong")])
    return await _sign(uow, fair, uow.actor.employer_id, "code", fair.tenant)


def _doors(uow: UnitOfWork, fair: Fair) -> None:
    _still(fair)
    if uow.now < fair.starts_at - DOORS:
        raise Conflict(f"还没到签到时间，开始前 {DOORS // timedelta(hours=1)} 小时起可以签到。")


async def _sign(uow: UnitOfWork, fair: Fair, employer_id: UUID, how: str, at: str) -> FairEmployer:
    made = (
        insert(FairEmployer)
        .values(
            id=new_id(), tenant=at, fair_id=fair.id, employer_id=employer_id, how=how, signed_at=uow.now,
            done_by=records.who(uow) if how == "desk" else None,
        )
        .on_conflict_do_nothing(index_elements=["fair_id", "employer_id"])
        .returning(FairEmployer.id)
    )  # fmt: skip
    made_id = await uow.session.scalar(made)
    if made_id is None:
        raise Conflict("这家已经签到过了，一家只签一次。")
    row = await uow.session.get_one(FairEmployer, made_id)
    await records.tell(uow, row, "fair.signed_in", how=how, fair=str(fair.id))
    return row


async def close(uow: UnitOfWork, fair_id: UUID, *, visitors: int, note: str = "") -> Fair:
    """Close a fair that is over with the heads that were counted: from then on it counts as held (R109).

    Raises Invalid for a number that is none, Conflict before its end and where no employer had signed in.
    """
    fair = await own(uow, fair_id)
    faults: list[Fault] = []
    words = records.long(faults, "note", note, "小结", least=0, most=300)
    if not 0 <= visitors <= 1_000_000:
        faults.append(Fault("visitors", "来了多少人要写 0 以上的整数。", "range"))
    if faults:
        raise Invalid(faults)
    _still(fair)
    if uow.now < fair.ends_at:
        raise Conflict("招聘会还没结束，结束以后再来收尾。")
    came = sa.select(sa.func.count()).where(FairEmployer.fair_id == fair.id)
    employers = int(await uow.session.scalar(came) or 0)
    if not employers:
        raise Conflict("没有一家雇主签到，不能算办过。没办成的请取消；来过的请先补签到。")
    fair.state, fair.visitors, fair.employers, fair.closing_note = "held", visitors, employers, words
    fair.closed_at, fair.closed_by = uow.now, records.who(uow)
    await uow.flush()
    await records.tell(uow, fair, "fair.held", at=fair.ends_at, visitors=visitors, employers=employers)
    return fair


async def cancel(uow: UnitOfWork, fair_id: UUID, *, reason: str) -> Fair:
    """Call a fair off. Raises Invalid without a reason, Conflict for one that is over."""
    fair = await own(uow, fair_id)
    faults: list[Fault] = []
    words = records.long(faults, "note", reason, "为什么取消", most=300)
    if faults:
        raise Invalid(faults)
    _still(fair)
    fair.state, fair.closing_note, fair.closed_at, fair.closed_by = "cancelled", words, uow.now, records.who(uow)
    await uow.flush()
    await records.tell(uow, fair, "fair.cancelled")
    return fair


async def stations_of(uow: UnitOfWork, fair_id: UUID) -> list[tuple[TenantPath, str]]:
    """Return the stations of a fair: path and name."""
    rows = await uow.execute(
        sa.select(FairStation.tenant, Node.name)
        .join(Node, Node.path == FairStation.tenant)
        .where(FairStation.fair_id == fair_id)
        .order_by(FairStation.tenant)
    )
    return [(tenant_path(row.tenant), row.name) for row in rows]
