"""What is said before a fair: to people nearby, to those whose trade is offered, to employers; each once, with its count (R070)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.kernel.ids import new_id
from linggong.market.models import Order
from linggong.outreach import holding, records
from linggong.outreach.codes import PUSHES
from linggong.outreach.fair_models import Fair, FairPost, FairPush
from linggong.people import notices
from linggong.people.limits import whole
from linggong.people.models import Employer, ServiceLink
from linggong.push import announcing
from linggong.push.announcing import Announced
from tenants.service import parameters

_NAMED: Final = 3
_EMPLOYER_KIND: Final = "fair"


async def push(uow: UnitOfWork, fair_id: UUID, kind: str) -> FairPush:
    """Tell people of a fair that has not begun, at most `fair.push_most` of them; returns the line of the log.

    `notice` goes to workers whom its stations serve, `posts` to those of them whose trade is offered, `employers` to the
    employers of its stations. Nobody hears more than his limits of the day allow. Raises Invalid for an unknown kind, Conflict
    once it has begun, a second time, or without a post to offer, NotFound.
    """
    if kind not in PUSHES:
        raise Invalid([Fault("kind", "请选推什么。", "choice")])
    fair = await holding.own(uow, fair_id)
    if fair.state != "planned" or uow.now >= fair.starts_at:
        raise Conflict("会前通知要在开始以前发，这场已经开始了。")
    if await uow.session.scalar(sa.select(FairPush.id).where(FairPush.fair_id == fair.id, FairPush.kind == kind)):
        raise Conflict(f"“{PUSHES[kind]}”已经发过一次，不再重复打扰。")
    most = whole((await parameters(uow, fair.tenant, "fair.push_most"))["fair.push_most"])
    places = [path for path, _ in await holding.stations_of(uow, fair.id)]
    if kind == "employers":
        text = _text(fair, "请您来现场招人，免费。到场签到，带上招工要求。")
        done = await _employers(uow, fair, places, text, most)
    else:
        titles, groups = await _offered(uow, fair)
        if kind == "posts" and not titles:
            raise Conflict("还没有岗位可以预告，请先把用工单加到这场招聘会里。")
        text = _text(
            fair, f"有{'、'.join(titles[:_NAMED])}等岗位，不收费。" if kind == "posts" else "现场招工，不收费，直接来。"
        )
        people = await announcing.neighbours(uow, places, groups=groups if kind == "posts" else (), most=most)
        done = await announcing.announce(uow, people, place=places[0], subject_id=fair.id, text=text)
    row = FairPush(
        id=new_id(), tenant=fair.tenant, fair_id=fair.id, kind=kind, pushed_at=uow.now, told=done.told,
        left_out=done.left_out, text=text, done_by=records.who(uow),
    )  # fmt: skip
    uow.session.add(row)
    await uow.flush()
    await records.tell(uow, fair, "fair.pushed", kind=kind, told=done.told, left_out=done.left_out)
    return row


def _text(fair: Fair, more: str) -> str:
    begin, end = clock.shanghai(fair.starts_at), clock.shanghai(fair.ends_at)
    until = f"{end:%H:%M}" if begin.date() == end.date() else f"{end.month}月{end.day}日{end:%H:%M}"
    head = f"{begin.month}月{begin.day}日{begin:%H:%M}-{until}，{fair.place[:30]}办“{fair.theme[:24]}”招聘会。"
    return (head + more)[: notices.MAX_TEXT]


async def _offered(uow: UnitOfWork, fair: Fair) -> tuple[list[str], list[str]]:
    rows = (
        await uow.execute(
            sa.select(Order.title, Order.trade_code)
            .join(FairPost, FairPost.order_id == Order.id)
            .where(FairPost.fair_id == fair.id)
            .order_by(Order.headcount.desc(), Order.id)
        )
    ).all()
    return [row.title[:10] for row in rows], sorted({announcing.group_of(row.trade_code) for row in rows})


async def _employers(uow: UnitOfWork, fair: Fair, places: Sequence[str], text: str, most: int) -> Announced:
    ids = await uow.session.scalars(
        sa.select(Employer.id)
        .join(ServiceLink, ServiceLink.subject_id == Employer.id)
        .where(ServiceLink.tenant.in_(places), ServiceLink.ends_at > uow.now, Employer.status == "active")
        .distinct()
        .order_by(Employer.id)
        .limit(most)
    )
    told = 0
    for employer_id in ids:
        await notices.notify(
            uow,
            to="employer",
            kind=_EMPLOYER_KIND,
            text=text,
            subject_id=fair.id,
            tenant=places[0],
            employer_id=employer_id,
        )
        told += 1
    return Announced(told, 0)
