"""All reads of the cover floor."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.cover import rules
from linggong.cover.machines import POLICY
from linggong.cover.models import CoverChoice, CoverPolicy, CoverProduct, CoverWaiver
from linggong.kernel import reading
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import NotFound
from linggong.kernel.paths import ancestors, tenant_path
from linggong.market.models import TermsVersion
from linggong.work import common
from linggong.work.models import Engagement
from tenants.service import parameters

State = Literal["none", "pending", "active", "refused", "waived"]


class ProductView(msgspec.Struct, frozen=True, kw_only=True):
    """A product as it is offered."""

    id: UUID
    tenant: str
    code: str
    name: str
    insurer: str
    kind: str
    payer: str
    premium_day_fen: int
    death_fen: int
    medical_fen: int
    allowance_day_fen: int
    min_age: int
    max_age: int
    classes: list[int]
    max_hours: int
    before_minutes: int
    after_minutes: int
    active: bool
    made_up: bool
    note: str


class PolicyView(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as both sides see it."""

    id: UUID
    product: str
    insurer: str
    kind: str
    payer: str
    state: str
    starts_at: datetime
    ends_at: datetime
    effective_at: datetime | None
    policy_no: str
    premium_fen: int
    refused_code: str
    refused_words: str
    disputed: bool


class WaiverView(msgspec.Struct, frozen=True, kw_only=True):
    """A waiver: `worker_at` is null until the warned worker has acknowledged it."""

    id: UUID
    reason: str
    text: str
    text_hash: str
    employer_at: datetime
    worker_at: datetime | None
    single_witness: bool


class CoverState(msgspec.Struct, frozen=True, kw_only=True):
    """Where a worker on an order stands with his cover."""

    engagement_id: UUID
    state: State
    words: str
    policies: list[PolicyView]
    waiver: WaiverView | None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is told before he takes a job: whether he can be insured, by what, and if not, why not."""

    order_id: UUID
    offered: bool
    """Whether the place offers insurance at all."""
    can: bool | None
    """Null where nobody in particular is asked for, or his age is not ours to know."""
    why_not: str
    occupation_class: int
    injury_insurance_owed: bool
    injury_number_given: bool
    basic: ProductView | None
    topup: ProductView | None
    topups: list[ProductView]


_PRODUCTS = "WHERE tenant = ANY ($1::text[]) AND (active OR $2) ORDER BY length(tenant) DESC, premium_day_fen, code"


async def products(uow: UnitOfWork, place: str, *, also_off: bool = False) -> list[CoverProduct]:
    """Return what a place offers, its own before what is offered above it, cheaper before dearer; read once a transaction."""
    memo = ("cover products", place, also_off)
    found: list[CoverProduct] | None = uow.memo.get(memo)
    if found is None:
        places = ancestors(tenant_path(place))
        found = uow.memo[memo] = await reading.many(uow, CoverProduct, _PRODUCTS, places, also_off)
    return found


async def required(uow: UnitOfWork, place: str) -> bool:
    """Tell whether nobody starts there without cover or a waiver: the place says so, and there is something on offer."""
    if not await products(uow, place):
        return False
    return bool((await parameters(uow, place, "cover.required"))["cover.required"])


async def choice(uow: UnitOfWork, order_id: UUID) -> CoverChoice | None:
    """Return what the employer added for an order."""
    found: CoverChoice | None = await uow.session.get(CoverChoice, order_id)
    return found


async def job(uow: UnitOfWork, row: Engagement) -> rules.Job:
    """Return the job under the terms that both sides confirmed."""
    return rules.job_of(json.loads((await common.agreed_terms(uow, row)).body))


async def place_of(uow: UnitOfWork, row: Engagement) -> str:
    """Return the place of work under the terms that both sides confirmed."""
    found: str = json.loads((await common.agreed_terms(uow, row)).body)["place"]["text"]
    return found


async def job_of_order(uow: UnitOfWork, order_id: UUID) -> rules.Job:
    """Return the job under the terms in force; NotFound for an order that was never published."""
    found = await uow.session.scalar(
        sa.select(TermsVersion.body)
        .where(TermsVersion.order_id == order_id)
        .order_by(TermsVersion.version.desc())
        .limit(1)
    )
    if found is None:
        raise NotFound
    return rules.job_of(json.loads(found))


async def policies(uow: UnitOfWork, engagement_id: UUID, *, lock: bool = False) -> Sequence[CoverPolicy]:
    """Return the policies of an engagement, the first asked first."""
    query = (
        sa.select(CoverPolicy)
        .where(CoverPolicy.engagement_id == engagement_id)
        .order_by(CoverPolicy.requested_at, CoverPolicy.id)
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await uow.session.scalars(query)).all()


async def waiver(uow: UnitOfWork, engagement_id: UUID) -> CoverWaiver | None:
    """Return the waiver of an engagement."""
    return await reading.one(uow, CoverWaiver, "WHERE engagement_id = $1", engagement_id)


def state_of(found: Sequence[CoverPolicy], waived: CoverWaiver | None) -> State:
    """Return the one state that policies and waiver make together; a disputed policy counts as undecided."""
    states = {"pending" if p.state == "active" and p.disputed else p.state for p in found}
    if "active" in states:
        return "active"
    if waived is not None and waived.worker_at is not None:
        return "waived"
    if "pending" in states:
        return "pending"
    return "refused" if "refused" in states else "none"


STATE_WORDS: dict[str, str] = {**POLICY.labels, "none": "没有参保", "waived": "已放弃参保"}


async def cover_of(uow: UnitOfWork, engagement_id: UUID) -> CoverState | None:
    """Return where an engagement stands with its cover; None for one that this actor cannot see."""
    known = await uow.session.scalar(
        sa.select(Engagement.id).where(Engagement.id == engagement_id, common.visible(uow, Engagement))
    )
    if known is None:
        return None
    rows = await policies(uow, engagement_id)
    waived = await waiver(uow, engagement_id)
    names: dict[UUID, CoverProduct] = {}
    if rows:
        listed = await uow.session.scalars(
            sa.select(CoverProduct).where(CoverProduct.id.in_({p.product_id for p in rows}))
        )
        names = {p.id: p for p in listed}
    state = state_of(rows, waived)
    return CoverState(
        engagement_id=engagement_id,
        state=state,
        words=STATE_WORDS[state],
        policies=[policy_view(p, names[p.product_id]) for p in rows],
        waiver=None if waived is None else waiver_view(waived),
    )


def policy_view(row: CoverPolicy, product: CoverProduct) -> PolicyView:
    """Return a policy as both sides see it."""
    return PolicyView(
        id=row.id,
        product=product.name,
        insurer=product.insurer,
        kind=row.kind,
        payer=row.payer,
        state=row.state,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        effective_at=row.effective_at,
        policy_no=row.policy_no,
        premium_fen=row.premium_fen,
        refused_code=row.refused_code,
        refused_words=row.refused_words,
        disputed=row.disputed,
    )


def waiver_view(row: CoverWaiver) -> WaiverView:
    """Return a waiver as both sides see it."""
    return WaiverView(
        id=row.id,
        reason=row.reason,
        text=row.text,
        text_hash=row.text_hash.hex(),
        employer_at=row.employer_at,
        worker_at=row.worker_at,
        single_witness=row.single_witness,
    )


def product_view(row: CoverProduct) -> ProductView:
    """Return a product as it is offered."""
    return ProductView(
        id=row.id,
        tenant=row.tenant,
        code=row.code,
        name=row.name,
        insurer=row.insurer,
        kind=row.kind,
        payer=row.payer,
        premium_day_fen=row.premium_day_fen,
        death_fen=row.death_fen,
        medical_fen=row.medical_fen,
        allowance_day_fen=row.allowance_day_fen,
        min_age=row.min_age,
        max_age=row.max_age,
        classes=sorted(row.classes),
        max_hours=row.max_hours,
        before_minutes=row.before_minutes,
        after_minutes=row.after_minutes,
        active=row.active,
        made_up=row.made_up,
        note=row.note,
    )


async def told(uow: UnitOfWork, order_id: UUID, born: date | None) -> Told:
    """Return what somebody born then is told about cover before he takes a job. Raises NotFound for an unpublished order."""
    where = await common.post_of(uow, order_id)
    job = await job_of_order(uow, order_id)
    offered = await products(uow, where.tenant)
    chosen = await choice(uow, order_id)
    basics = [p for p in offered if p.kind == "basic"]
    basic, fault = rules.best(basics, job, born) if basics else (None, None)
    topup = next((p for p in offered if chosen is not None and p.id == chosen.topup_id), None)
    topup_takes = topup is not None and rules.fault_of(topup, job, born) is None
    can = (basic is not None and fault is None) or topup_takes
    return Told(
        order_id=order_id,
        offered=bool(offered),
        can=can if born is not None or (fault is not None and not topup_takes) else None,
        why_not="" if can or fault is None else fault.words,
        occupation_class=job.occupation_class,
        injury_insurance_owed=job.owes_injury_insurance,
        injury_number_given=chosen is not None and chosen.injury_sealed is not None,
        basic=None if basic is None else product_view(basic),
        topup=None if topup is None else product_view(topup),
        topups=[product_view(p) for p in offered if p.kind == "topup"],
    )
