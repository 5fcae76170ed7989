"""Saved searches: a worker keeps the filters of the board, and is told of new posts that fit (R062)."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.market import board
from linggong.market.board import BoardFilters
from linggong.market.codes import BENEFIT_LABELS, JOB_FORM_LABELS, SETTLEMENT_LABELS, JobForm, Settlement
from linggong.market.models import BoardPost
from linggong.market.search_models import SavedSearch, SearchHit
from linggong.market.synonyms import search_query
from linggong.market.trades import COMMON_TRADES, trade
from linggong.people import limits
from linggong.people.models import ServiceLink
from tenants.models import Node

_SHOWN: Final = 5
_WORDS: Final = {t.code: t.word for t in COMMON_TRADES}


class FoundPost(msgspec.Struct, frozen=True, kw_only=True):
    """A post that a search found and that still takes people."""

    trace_code: str
    title: str
    pay_fen: int
    pay_unit: str
    piece_name: str
    starts_at: datetime


class SearchView(msgspec.Struct, frozen=True, kw_only=True):
    """A saved search as its owner sees it."""

    id: UUID
    label: str
    created_at: datetime
    found: list[FoundPost]


async def save(uow: UnitOfWork, filters: BoardFilters) -> SavedSearch:
    """Keep what the signed-in worker asks of the board; the same asked twice is kept once.

    Raises Invalid for filters that cannot be or that ask nothing, Conflict when he keeps as many as are allowed.
    """
    try:
        board.prepared(filters)
    except board.BadFilter as error:
        raise Invalid(error.faults) from None
    area_name = ""
    if filters.area:
        area_name = str(await uow.session.scalar(sa.select(Node.name).where(Node.path == filters.area)) or "")
        if not area_name:
            raise Invalid([Fault("area", "没有这个地方，请从列表里选。", "unknown")])
    label = words_of(filters, area_name)
    if not label:
        raise Invalid([Fault("q", "先挑一样：什么活、哪里、怎么结钱，或者至少多少钱。", "required")])
    most = limits.whole((await limits.at_top(uow, "search.most"))["search.most"])
    kept = (await uow.session.scalars(sa.select(SavedSearch).where(_mine(uow)))).all()
    for one in kept:
        if one.label == label:
            return one
    if len(kept) >= most:
        raise Conflict(f"最多存 {most} 个，先删掉一个不用的。")
    row = SavedSearch(
        id=new_id(),
        tenant=await _home(uow),
        person_id=uow.actor.id,
        label=label,
        words=(filters.q or "").strip(),
        search=search_query(filters.q) if filters.q else "",
        area=filters.area or None,
        trade_code=filters.trade or "",
        settlement=filters.settlement or "",
        job_form=filters.job_form or "",
        benefits=list(filters.benefits),
        pay_min_fen=filters.pay_min_fen or 0,
        latitude=filters.latitude if filters.radius_km else None,
        longitude=filters.longitude if filters.radius_km else None,
        radius_m=round((filters.radius_km or 0) * 1000),
        created_at=uow.now,
        looked_at=uow.now,
    )
    uow.session.add(row)
    await uow.flush()
    return row


def words_of(filters: BoardFilters, area_name: str = "") -> str:
    """Return what a search is called: its filters in words; '' when it asks nothing."""
    found = trade(filters.trade) if filters.trade else None
    parts = (
        (filters.q or "").strip()[:20],
        _WORDS.get(found.code, found.name) if found else "",
        area_name,
        f"{filters.radius_km:g}公里内" if filters.radius_km else "",
        SETTLEMENT_LABELS[Settlement(filters.settlement)] if filters.settlement else "",
        JOB_FORM_LABELS[JobForm(filters.job_form)] if filters.job_form else "",
        *(BENEFIT_LABELS[name] for name in filters.benefits),
        f"一天{filters.pay_min_fen / 100:g}元起" if filters.pay_min_fen else "",
    )
    return "，".join(p for p in parts if p)


async def mine(uow: UnitOfWork) -> list[SearchView]:
    """Return the signed-in worker's searches, the latest first, each with the newest posts that it found."""
    rows = (
        await uow.session.scalars(sa.select(SavedSearch).where(_mine(uow)).order_by(SavedSearch.created_at.desc()))
    ).all()
    hits = await uow.execute(
        sa.select(
            SearchHit.search_id, BoardPost.group_key, *(getattr(BoardPost, f) for f in FoundPost.__struct_fields__)
        )
        .join(BoardPost, BoardPost.order_id == SearchHit.order_id)
        .where(SearchHit.person_id == uow.actor.id, BoardPost.listed, BoardPost.starts_at > uow.now)
        .order_by(SearchHit.found_at.desc(), SearchHit.id)
        .limit(len(rows) * 50)
    )
    found: dict[UUID, list[FoundPost]] = {}
    shown: set[tuple[UUID, int]] = set()
    for search_id, group_key, *values in hits:
        of = found.setdefault(search_id, [])
        # What says the same thing is shown once, as on the board.
        if len(of) < _SHOWN and (search_id, group_key) not in shown:
            shown.add((search_id, group_key))
            of.append(FoundPost(**dict(zip(FoundPost.__struct_fields__, values, strict=True))))
    return [SearchView(id=r.id, label=r.label, created_at=r.created_at, found=found.get(r.id, [])) for r in rows]


async def delete(uow: UnitOfWork, search_id: UUID) -> None:
    """Delete one's own search; raises NotFound."""
    row = await uow.session.scalar(sa.select(SavedSearch).where(SavedSearch.id == search_id, _mine(uow)))
    if row is None:
        raise NotFound
    await uow.session.delete(row)
    await uow.flush()


async def forgotten(uow: UnitOfWork, event: NewEvent) -> None:
    """Somebody closed his account: he looks for nothing any more."""
    await uow.execute(sa.delete(SavedSearch).where(SavedSearch.person_id == event.subject_id))


def _mine(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    return SavedSearch.person_id == uow.actor.id


async def _home(uow: UnitOfWork) -> str:
    served = await uow.session.scalar(
        sa.select(ServiceLink.tenant)
        .where(ServiceLink.subject_id == uow.actor.id, ServiceLink.ends_at > uow.now)
        .order_by((ServiceLink.kind == "registered").desc(), ServiceLink.started_at.desc())
        .limit(1)
    )
    return served or await limits.top(uow)
