"""The records behind a figure of the offices' screens, as far as the reader may see them; nobody is named in full."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.cases import codes
from linggong.cases.injury_models import Injury
from linggong.cases.machines import DISPUTE, INJURY
from linggong.cases.models import Case, CaseReferral
from linggong.insight.behind import Window
from linggong.insight.matters import COUNTED, narrowed
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Fault, Invalid
from linggong.kernel.paging import Page, decode_cursor, encode_cursor
from linggong.kernel.paths import Scope, TenantPath
from linggong.market import suspending
from linggong.market.models import Order, Shift, Suspension
from linggong.people.identity_numbers import veil_name
from linggong.people.models import Employer, Person
from linggong.wages.models import Bill
from linggong.work.models import Assignment, Engagement, Rating
from linggong.work.witness_models import CallBack
from tenants.models import Node


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One record behind a figure."""

    table: str
    id: UUID
    order_id: UUID | None
    title: str
    sub: str
    state: str
    """A code of the state machines, or words where there is none."""
    place: str | None
    at: datetime | None
    due_at: datetime | None = None
    fen: int | None = None


async def records(
    uow: UnitOfWork,
    top: TenantPath,
    key: str,
    window: Window,
    *,
    seen: Scope,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[Page[Record], int]:
    """Return a page of what a figure counts, the newest first, and how many there are in all.

    `seen` is where the reader may see such records: elsewhere he sees the figure alone. Raises Invalid for no such figure.
    """
    figure = COUNTED.get(key)
    if figure is None:
        raise Invalid([Fault("figure", "没有这个数字，请从总览里点。", "figure")])
    tests = narrowed(uow, figure, top, window, seen)
    total = await uow.session.scalar(sa.select(sa.func.count()).select_from(figure.model).where(*tests))
    found = sa.select(figure.model).where(*tests).order_by(figure.model.id.desc()).limit(limit + 1)
    if cursor is not None:
        found = found.where(figure.model.id < decode_cursor(cursor, UUID)[0])
    rows = list(await uow.session.scalars(found))
    items = list((await shown(uow, rows[:limit])).values())
    more = encode_cursor(str(items[-1].id)) if len(rows) > limit else None
    return Page(items, more), int(total or 0)


async def shown(uow: UnitOfWork, rows: Sequence[Any]) -> dict[UUID, Record]:
    """Return rows as they are shown, by their ids."""
    about = await _about(uow, rows)
    return {row.id: _record(row, about, uow.now) for row in rows}


async def _about(uow: UnitOfWork, rows: Sequence[Any]) -> dict[UUID, str]:
    """Return what the rows point to, in words: posts by title and employer, hires by the worker's call, cases by receipt."""
    found: dict[UUID, str] = {}
    orders = {row.order_id for row in rows if getattr(row, "order_id", None)}
    if orders:
        asked = await uow.execute(sa.select(Order.id, Order.title, Order.employer_name).where(Order.id.in_(orders)))
        found |= {r.id: f"{r.title}，{r.employer_name}" for r in asked}
    hires = {row.engagement_id for row in rows if isinstance(row, Assignment | Bill | Injury | Rating | CallBack)}
    if hires:
        called = await uow.execute(sa.select(Engagement.id, Engagement.worker_name).where(Engagement.id.in_(hires)))
        found |= {r.id: r.worker_name for r in called}
    cases = {row.case_id for row in rows if isinstance(row, CaseReferral)}
    if cases:
        receipts = await uow.execute(sa.select(Case.id, Case.receipt, Case.kind).where(Case.id.in_(cases)))
        found |= {r.id: f"{codes.KINDS[r.kind]} {r.receipt}" for r in receipts}
    return found


def _record(row: Any, about: dict[UUID, str], now: datetime) -> Record:
    order = getattr(row, "order_id", None)
    common: dict[str, Any] = {
        "table": row.__tablename__, "id": row.id, "order_id": order, "place": getattr(row, "tenant", None),
        "sub": about.get(order, "") if order else "",
    }  # fmt: skip
    if isinstance(row, Order):
        sub = f"{row.employer_name}，要 {row.headcount} 人，定下 {row.confirmed}"
        return Record(**common | {"order_id": row.id, "sub": sub}, title=row.title, state=row.state, at=row.starts_at)
    if isinstance(row, Assignment):
        return Record(**common, title=about.get(row.engagement_id, ""), state=row.state, at=row.starts_at)
    if isinstance(row, Shift):
        title, common["sub"] = common["sub"], ""
        return Record(**common, title=title, state="", at=row.starts_at)
    if isinstance(row, Engagement):
        return Record(**common, title=row.worker_name, state=row.state, at=row.created_at)
    if isinstance(row, CallBack):
        state = {"agreed": "认可", "denied": "否认"}.get(row.outcome or "", "还没回访")
        return Record(
            **common, title=about.get(row.engagement_id, ""), state=state, at=row.created_at, due_at=row.due_at
        )
    if isinstance(row, Rating):
        return _rating(row, common, about, now)
    if isinstance(row, Bill):
        who, left = about.get(row.engagement_id, ""), row.total_fen - row.paid_fen
        return Record(**common, title=who, state=row.wage_state, at=row.created_at, due_at=row.due_at, fen=left)
    if isinstance(row, Case):
        return Record(
            **common, title=f"{codes.KINDS[row.kind]} {row.receipt}", state=DISPUTE.labels[row.state], at=row.created_at,
            due_at=row.close_due_at, fen=row.amount_fen,
        )  # fmt: skip
    if isinstance(row, Injury):
        who, due = about.get(row.engagement_id, ""), row.insurer_due_at if row.insurer_told_at is None else None
        return Record(**common, title=f"{who} 受伤", state=INJURY.labels[row.state], at=row.reported_at, due_at=due)
    if isinstance(row, Suspension):
        why = suspending.REASONS.get(row.reason, row.reason)
        state = {"restored": "已恢复", "taken_down": "已下架"}.get(row.outcome or "", "冻结核查")
        due = row.decide_due_at if row.outcome is None else None
        return Record(**common, title=why, state=state, at=row.suspended_at, due_at=due)
    if isinstance(row, CaseReferral):
        words = f"{codes.BODIES[row.body]} {row.number}"
        common["sub"] = about.get(row.case_id, "")
        return Record(**common, title=words, state="等回复", at=row.referred_at, due_at=row.decide_due_at)
    if isinstance(row, Node):
        return Record(**common | {"place": row.path}, title=row.name, state="已开", at=None)
    if isinstance(row, Employer):
        name = veil_name(row.name) if row.kind == "individual" else row.name
        return Record(**common, title=name, state=_STATUS.get(row.status, row.status), at=row.created_at)
    person: Person = row
    return Record(
        **common, title=veil_name(person.name), state=_STATUS.get(person.status, person.status), at=person.created_at
    )


def _rating(row: Rating, common: dict[str, Any], about: dict[UUID, str], now: datetime) -> Record:
    side = "零工评用工方" if row.side == "worker" else "用工方评零工"
    if row.open_at > now:
        # Blind until both have spoken: it is counted, and nobody learns whose it is.
        common |= {"order_id": None, "sub": ""}
        return Record(**common, title="还没公开的评价", state=side, at=None)
    common["sub"] = f"{row.stars} 星，{common['sub']}"
    return Record(**common, title=about.get(row.engagement_id, ""), state=side, at=row.created_at)


_STATUS = {"active": "正常", "restricted": "限制发布", "closed": "已注销", "merged": "已合并"}
