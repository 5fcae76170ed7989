"""Proposals of other terms, as those whom they concern read them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.work import common
from linggong.work.machines import TERMS
from linggong.work.models import Engagement
from linggong.work.terms_models import TermsChange


class TermsView(msgspec.Struct, frozen=True, kw_only=True):
    """One proposal and what became of it."""

    id: UUID
    order_id: UUID
    engagement_id: UUID
    assignment_id: UUID | None
    worker_name: str
    state: str
    state_words: str
    kind: str
    side: str
    changes: dict[str, Any]
    words: str
    reason: str
    proposed_at: datetime
    answer_due_at: datetime
    is_general: bool
    version: int | None
    answer_note: str
    actions: list[str]


async def changes(
    uow: UnitOfWork,
    *,
    order_id: UUID | None = None,
    engagement_id: UUID | None = None,
    change_id: UUID | None = None,
    open_only: bool = False,
) -> list[TermsView]:
    """Return the proposals of an order or of one worker on it, the latest first."""
    wanted = [common.visible_in(uow, TermsChange)]
    if order_id is not None:
        wanted.append(TermsChange.order_id == order_id)
    if engagement_id is not None:
        wanted.append(TermsChange.engagement_id == engagement_id)
    if change_id is not None:
        wanted.append(TermsChange.id == change_id)
    if open_only:
        wanted.append(TermsChange.state == "T_PROPOSED")
    rows = await uow.execute(
        sa.select(TermsChange, Engagement.worker_name)
        .join(Engagement, Engagement.id == TermsChange.engagement_id)
        .where(*wanted)
        .order_by(TermsChange.proposed_at.desc(), TermsChange.id)
        .limit(1000)
    )
    return [_view(uow, change, name) for change, name in rows]


async def change(uow: UnitOfWork, change_id: UUID) -> TermsView:
    """Return one proposal; raises NotFound."""
    await uow.flush()
    found = await changes(uow, change_id=change_id)
    if not found:
        raise NotFound
    return found[0]


def _view(uow: UnitOfWork, row: TermsChange, name: str) -> TermsView:
    mine = row.side == uow.actor.kind
    events = TERMS.allowed(row.state, common.hand(uow))
    actions = [e for e in events if uow.actor.kind == "staff" or (e == "take_back") == mine]
    if row.side == "employer" and row.state in ("T_REFUSED", "T_LAPSED") and uow.actor.kind != "worker":
        actions.append("insist")
    own = {"worker_name", "state_words", "actions"}
    values = {name: getattr(row, name) for name in TermsView.__struct_fields__ if name not in own}
    return TermsView(**values, worker_name=name, state_words=TERMS.labels[row.state], actions=actions)
