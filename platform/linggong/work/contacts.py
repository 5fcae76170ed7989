"""How to reach the other side of a confirmed engagement (R049): opened on asking, and recorded for the one who is called."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.crypto import Sealer
from linggong.kernel.db import Database, UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.market.models import BoardPost
from linggong.people import reveals, service_links
from linggong.people.reveals import Reached
from linggong.work import common
from linggong.work.models import Engagement


async def own_job_contact(uow: UnitOfWork, sealer: Sealer, engagement_id: UUID) -> tuple[str, str]:
    """Return (name, telephone) of the order's contact for the worker's own confirmed job; part of what both agreed on.

    It stands on his own page without asking: at 05:10 he must call in one tap, and a page that is read writes nothing. The
    employer finds it among who may see his number from the confirmation on (`work.looked`). Raises NotFound, Conflict.
    """
    row, post = await _confirmed(uow, engagement_id)
    if uow.actor.kind != "worker" or row.worker_id != uow.actor.id:
        raise NotFound
    return await _of_order(uow, sealer, row, post)


async def look_up(uow: UnitOfWork, database: Database, sealer: Sealer, engagement_id: UUID) -> Reached:
    """Return how to reach the other side, once both have confirmed and are verified (R049), and record it.

    A worker gets the order's contact; an employer and staff get the worker's first number. Raises Conflict before both have
    confirmed and once the matter is long over, NotFound for foreign and missing alike, TooMany for staff over the limit.
    """
    row, post = await _confirmed(uow, engagement_id)
    until = uow.now + await service_links.lasts(uow, row.tenant, "order")
    if uow.actor.kind == "worker":
        name, phone = await _of_order(uow, sealer, row, post)
        seen = await reveals.side_looked(
            uow, subject="employer", person_id=row.worker_id, employer_id=row.employer_id, order_id=row.order_id,
            tenant=row.tenant, office=row.worker_name, until=until,
        )  # fmt: skip
        return Reached(name=name, phone=phone, until=seen.expires_at)
    contact = (
        await uow.execute(sa.text("SELECT id, kind, number_sealed FROM worker_contact(:e)"), {"e": row.id})
    ).one_or_none()
    if contact is None or contact.kind == "station":
        raise Conflict("这位零工没有留电话，请通过驿站联系。")
    if uow.actor.kind == "staff":
        seen = await reveals.staff_looked(
            uow, database, person_id=row.worker_id, order_id=row.order_id, fields=["phone"]
        )
    else:
        seen = await reveals.side_looked(
            uow, subject="person", person_id=row.worker_id, employer_id=row.employer_id, order_id=row.order_id,
            tenant=row.tenant, office=post.employer_name, until=until,
        )  # fmt: skip
    number = sealer.open(contact.number_sealed, f"contacts.number_sealed.{contact.id}")
    return Reached(name=row.worker_name, phone=number, until=seen.expires_at)


async def _confirmed(uow: UnitOfWork, engagement_id: UUID) -> tuple[Engagement, BoardPost]:
    row = await uow.session.scalar(
        sa.select(Engagement).where(Engagement.id == engagement_id, common.visible(uow, Engagement))
    )
    if row is None:
        raise NotFound
    if row.confirmed_at is None:
        raise Conflict("双方确认价格以后才能看电话。")
    post = await common.post_of(uow, row.order_id)
    if uow.now > post.ends_at + await service_links.lasts(uow, row.tenant, "order"):
        raise Conflict("这单活早结束了，电话不再显示。有事请找驿站。")
    return row, post


async def _of_order(uow: UnitOfWork, sealer: Sealer, row: Engagement, post: BoardPost) -> tuple[str, str]:
    found = (
        await uow.execute(sa.text("SELECT contact_name, phone_sealed FROM order_contact(:e)"), {"e": row.id})
    ).one_or_none()
    if found is None or found.phone_sealed is None:
        raise NotFound
    return found.contact_name, sealer.open(found.phone_sealed, f"orders.phone_sealed.{post.order_id}")
