"""Other stations help out with people (31c): the call stands on every desk of the city until nobody is missing."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.market import happenings
from linggong.market.help_models import HelpAnswer, HelpCall
from linggong.market.models import BoardPost, Order
from linggong.people import notices
from tenants.models import Node
from tenants.service import parameters

_MOST = 500
_URGENT = timedelta(hours=4)


class HelpView(msgspec.Struct, frozen=True, kw_only=True):
    """An order for which another station's people are wanted."""

    id: UUID
    order_id: UUID
    trace_code: str
    title: str
    place: str
    station: str
    near: bool
    """Of the same county."""
    starts_at: datetime
    ends_at: datetime
    pay_fen: int
    pay_unit: str
    missing: int
    answered: int | None
    """How many this station said can come."""


async def ask(uow: UnitOfWork, order: Order, missing: int) -> None:
    """Ask the city's other stations for people; asking again says the present number."""
    made = insert(HelpCall).values(
        id=new_id(), order_id=order.id, tenant=order.tenant, employer_id=order.employer_id, missing=missing,
        asked_at=uow.now,
    )  # fmt: skip
    await uow.execute(
        made.on_conflict_do_update(
            index_elements=["order_id"], set_={"missing": made.excluded.missing, "asked_at": made.excluded.asked_at}
        )
    )
    await happenings.tell(uow, order, "order.help_asked", missing=missing)


async def calls(uow: UnitOfWork, *, limit: int = 50) -> list[HelpView]:
    """Return what other stations ask for and is not filled yet: the same county first, the soonest first."""
    post = _station(uow)
    county = "/".join(post.split("/")[:3]) + "/"
    answer = sa.select(HelpAnswer.people).where(HelpAnswer.call_id == HelpCall.id, HelpAnswer.tenant == post)
    near = HelpCall.tenant.startswith(county, autoescape=True)
    fill = (await parameters(uow, post, happenings.START))[happenings.START]
    rows = await uow.execute(
        sa.select(HelpCall.id, BoardPost, Node.name, near.label("near"), answer.scalar_subquery().label("answered"))
        .join(BoardPost, BoardPost.order_id == HelpCall.order_id)
        .join(Node, Node.path == HelpCall.tenant)
        .where(
            sa.not_(uow.scope.clause(HelpCall.tenant)),
            BoardPost.listed,
            BoardPost.starts_at > uow.now - (fill if isinstance(fill, timedelta) else timedelta(0)),
        )
        .order_by(near.desc(), BoardPost.starts_at, HelpCall.id)
        .limit(limit)
    )
    return [
        HelpView(
            id=r.id, order_id=p.order_id, trace_code=p.trace_code, title=p.title, place=p.place, station=r.name, near=r.near,
            starts_at=p.starts_at, ends_at=p.ends_at, pay_fen=p.pay_fen, pay_unit=p.pay_unit, missing=p.places_left,
            answered=r.answered,
        )
        for r in rows
        for p in (r.BoardPost,)
    ]  # fmt: skip


async def waiting(uow: UnitOfWork) -> int:
    """Return how many orders of other stations wait for a word of this one."""
    return sum(1 for one in await calls(uow) if one.answered is None) if uow.actor.post is not None else 0


async def answers(uow: UnitOfWork, order_id: UUID) -> list[tuple[str, int]]:
    """Return which stations said that they can bring how many to an order, the first first."""
    rows = await uow.execute(
        sa.select(Node.name, HelpAnswer.people)
        .join(HelpCall, HelpCall.id == HelpAnswer.call_id)
        .join(Node, Node.path == HelpAnswer.tenant)
        .where(HelpCall.order_id == order_id, HelpAnswer.people > 0)
        .order_by(HelpAnswer.answered_at, HelpAnswer.id)
    )
    return [(r.name, r.people) for r in rows]


async def answer(uow: UnitOfWork, call_id: UUID, *, people: int) -> HelpView:
    """Say how many of this station's people can come; the employer is told at once. Raises Invalid, Conflict, NotFound."""
    post = _station(uow)
    if not 0 <= people <= _MOST:
        raise Invalid([Fault("people", f"人数要在 0 到 {_MOST} 之间。", "range")])
    found = await uow.session.get(HelpCall, call_id)
    if found is None or uow.scope.covers(found.tenant):
        raise NotFound
    view = next((one for one in await calls(uow, limit=1000) if one.id == call_id), None)
    if view is None:
        raise Conflict("这单不缺人了，不用再叫。")
    made = insert(HelpAnswer).values(id=new_id(), call_id=call_id, tenant=post, people=people, answered_at=uow.now)
    await uow.execute(
        made.on_conflict_do_update(
            index_elements=["call_id", "tenant"], set_={"people": people, "answered_at": uow.now}
        )
    )
    own = await uow.session.scalar(sa.select(Node.name).where(Node.path == post)) or "别的驿站"
    await uow.emit(
        NewEvent(
            type="order.help_answered",
            chain=f"order:{found.order_id}",
            subject_id=found.order_id,
            tenant=found.tenant,
            via=post,
            employer_id=found.employer_id,
            body={"order": str(found.order_id), "people": people, "station": post},
        )
    )
    if people:
        await notices.notify(
            uow, to="employer", kind="help_answered", subject_id=found.order_id, tenant=found.tenant, via=post,
            employer_id=found.employer_id, text=f"“{view.title}”：{own}能叫来 {people} 人，报了名请马上选。"[: notices.MAX_TEXT],
            call=view.starts_at - uow.now < _URGENT,
        )  # fmt: skip
    return msgspec.structs.replace(view, answered=people)


def _station(uow: UnitOfWork) -> str:
    """Return the acting post; NotFound for whoever has none."""
    if uow.actor.kind != "staff" or uow.actor.post is None:
        raise NotFound
    return uow.actor.post
