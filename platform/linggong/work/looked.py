"""谁看过我: every look at one's own personal data, in plain words, the newest first; and to whom a confirmed job shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.paging import Page, decode_cursor, encode_cursor
from linggong.market.models import BoardPost
from linggong.people.privacy_models import Reveal
from linggong.people.reveals import PURPOSES, field_words
from linggong.work.models import Engagement
from rbac.roles import ROLE_LABELS, Role


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One look: when, which place and office (never a member of staff's own name), what was seen, and why."""

    id: UUID
    at: datetime
    who: str
    """兰阳街道零工驿站 · 驿站工作人员, or the other side of a job."""
    fields: list[str]
    seen: str
    """The fields in Chinese."""
    purpose: str
    why: str
    order_id: UUID | None
    until: datetime | None
    """Until when it could be read; None for what a confirmed job shows while it lasts."""


async def looked(uow: UnitOfWork, *, cursor: str | None = None, limit: int = 50) -> Page[Look]:
    """Return the looks at the acting person, or at the employer for whom he acts. Raises Invalid for a foreign cursor."""
    conditions: list[sa.ColumnElement[bool]] = []
    if uow.actor.kind == "employer":
        conditions = [Reveal.employer_id == uow.actor.employer_id, Reveal.subject == "employer"]
    else:
        conditions = [Reveal.person_id == uow.actor.id, Reveal.subject == "person"]
    rows = sa.select(
        Reveal.id, Reveal.at, Reveal.subject, Reveal.viewer_kind, Reveal.viewer_role, Reveal.viewer_office, Reveal.fields,
        Reveal.purpose, Reveal.reason, Reveal.order_id, Reveal.expires_at, sa.literal("").label("title"),
    ).where(*conditions)  # fmt: skip
    every: Any = rows
    if uow.actor.kind == "employer":
        shown = (
            sa.select(
                Engagement.id, Engagement.confirmed_at.label("at"), sa.literal("employer"), sa.literal("job"),
                sa.literal("worker"),
                Engagement.worker_name, sa.cast(sa.literal('["order_contact"]'), Reveal.fields.type), sa.literal("reach"),
                sa.literal(""), Engagement.order_id, sa.cast(sa.null(), Reveal.expires_at.type), BoardPost.title,
            )
            .join(BoardPost, BoardPost.order_id == Engagement.order_id)
            .where(Engagement.employer_id == uow.actor.employer_id, Engagement.confirmed_at.is_not(None))
        )  # fmt: skip
        every = sa.union_all(rows, shown)
    found = every.subquery()
    statement = sa.select(found).order_by(found.c.at.desc(), found.c.id.desc()).limit(limit + 1)
    if cursor is not None:
        at, last = decode_cursor(cursor, datetime, UUID)
        statement = statement.where(sa.tuple_(found.c.at, found.c.id) < sa.tuple_(sa.literal(at), sa.literal(last)))
    items = [_look(r) for r in (await uow.execute(statement)).all()]
    page = items[:limit]
    more = len(items) > limit
    return Page(page, encode_cursor(page[-1].at.isoformat(), str(page[-1].id)) if more else None)


def _look(row: Any) -> Look:
    if row.viewer_kind == "staff":
        role = ROLE_LABELS[Role(row.viewer_role)]
        # 兰阳街道零工驿站 · 驿站工作人员 reads twice the same word.
        who = f"{row.viewer_office} · {role.removeprefix('驿站') if row.viewer_office.endswith('驿站') else role}"
    elif row.viewer_kind == "job":
        who = f"{row.viewer_office}（和您说定了“{row.title}”的零工）"
    elif row.viewer_kind == "employer":
        who = f"{row.viewer_office}（您接的活的雇主）"
    else:
        who = f"{row.viewer_office}（接了您的活的零工）"
    why = PURPOSES[row.purpose] + (f"：{row.reason}" if row.reason else "")
    return Look(
        id=row.id,
        at=row.at,
        who=who,
        fields=list(row.fields),
        seen=field_words(row.subject, row.fields),
        purpose=row.purpose,
        why=why,
        order_id=row.order_id,
        until=row.expires_at,
    )
