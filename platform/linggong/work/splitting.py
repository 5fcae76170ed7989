"""Starting in two batches, or later (31b): what the employer chose becomes terms, for the missing alone or for everybody."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock, events
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.events import NewEvent
from linggong.market import queries
from linggong.market.models import Order
from linggong.work import common, telling, terms, terms_force, terms_values
from linggong.work.machines import AGREED
from linggong.work.models import Assignment, Engagement
from linggong.work.terms_values import Around, TermsForm

_REASON = "人没到齐"


async def chosen(uow: UnitOfWork, told: NewEvent) -> None:
    """The employer starts in two batches or later (31b).

    For the missing alone the new hours are the order's terms for whoever comes now, and hiring goes on until they begin;
    who is bound keeps his own hours and is told so. For everybody each one is asked (24): who says no keeps what was agreed,
    and if the employer then does not begin with him, that is his cancel or his no-show (26, 30, 39).
    Raises Invalid for hours that cannot be, Conflict while somebody still has a change to answer.
    """
    if told.body.get("choice") != "split" or told.subject_id is None:
        return
    form = TermsForm(
        kind="time",
        starts_at=datetime.fromisoformat(str(told.body["starts_at"])),
        ends_at=datetime.fromisoformat(str(told.body["ends_at"])),
        reason=_REASON,
    )
    order = await uow.session.get(Order, told.subject_id)
    if order is None:
        raise NotFound
    bound = await _not_begun(uow, order)
    if told.body.get("everybody"):
        if order.state == "O_ACTIVE":
            # Who has come keeps his hours: only who is still to come can come later.
            for row in bound:
                await terms.propose(uow, row.id, form, side="employer" if uow.actor.kind == "staff" else None)
        else:
            await terms.propose_to_all(uow, order.id, form)
        return
    latest = await common.latest_terms(uow, order.id)
    around = Around(now=uow.now, body=msgspec.json.decode(latest.body), minimum_hourly_fen=0)
    values, words = terms_values.read(form, around)
    agreed_start = clock.shanghai(order.starts_at)
    await terms_force.revise(uow, await queries.order(uow, order.id, lock=True), latest, "time", values, words)
    for row in bound:
        await telling.worker(
            uow, row, "split", f"“{order.title}”人没到齐，分批开工：你照原来的时间 {agreed_start:%H:%M} 来，工钱不变。"
        )


async def _not_begun(uow: UnitOfWork, order: Order) -> list[Engagement]:
    begun = sa.exists().where(Assignment.engagement_id == Engagement.id, Assignment.state.not_in(AGREED))
    rows = await uow.session.scalars(
        sa.select(Engagement)
        .where(Engagement.order_id == order.id, Engagement.state.in_(AGREED), ~begun)
        .order_by(Engagement.id)
    )
    return list(rows)


def register() -> None:
    """Bind by name at assembly."""
    events.subscribe("order.crew_chosen", "work.split", chosen)
