"""A worker's policies: asked for when both sides have agreed, answered by the insurer, withdrawn when he does not go.

The request is written in the transaction of the confirmation (18) and made afterwards (`kernel.outbox`), so that dawn does
not depend on the insurer being up: a contract may be signed while the answer is on its way, work may not begin (ruling 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from linggong.cover import queries, rules
from linggong.cover.machines import POLICY
from linggong.cover.models import CoverPolicy, CoverProduct
from linggong.cover.rules import Fault, Job
from linggong.kernel import outbox, timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.ids import new_id
from linggong.kernel.machine import NEW, SYSTEM_HAND
from linggong.kernel.money import fen
from linggong.people import notices
from linggong.people.models import Person
from linggong.work import common
from linggong.work.machines import AGREED, ENGAGEMENT
from linggong.work.models import Engagement

SYSTEM: Final = "insurer"
COVER_TIMER: Final = "t.cover"
REFUSED: Final = "cover_refused"


async def request(uow: UnitOfWork, row: Engagement) -> list[CoverPolicy]:
    """Ask for the place's basic cover, and the order's top-up, for an engagement that both sides have agreed on.

    What no product takes is refused at once (21). Nothing happens where nothing is on offer, or cover is asked for already.
    """
    offered = await queries.products(uow, row.tenant)
    if not offered or await queries.policies(uow, row.id):
        return []
    job = await queries.job(uow, row)
    # The employer's own view holds no birthday: then the insurer alone decides.
    person = await uow.session.get(Person, row.worker_id)
    born = None if person is None else person.birth_date
    wanted = []
    basics = [p for p in offered if p.kind == "basic"]
    if basics:
        wanted.append(rules.best(basics, job, born))
    wanted += await _topup(uow, row, offered, job, born)
    asked = [await _ask(uow, row, product, fault, job) for product, fault in wanted]
    if any(p.state == "pending" for p in asked):
        within = (await common.span(uow, row.tenant, COVER_TIMER))[COVER_TIMER]
        await timers.set_timer(
            uow, subject_id=row.id, region="cover", key=COVER_TIMER, due_at=uow.now + within, tenant=row.tenant,
            via=row.via, person_id=row.worker_id, employer_id=row.employer_id,
        )  # fmt: skip
    elif asked:
        await _nobody_takes_him(uow, row, asked[0])
    return asked


async def _topup(
    uow: UnitOfWork, row: Engagement, offered: Sequence[CoverProduct], job: Job, born: date | None
) -> list[tuple[CoverProduct, Fault | None]]:
    if not any(p.kind == "topup" for p in offered):
        return []
    chosen = await queries.choice(uow, row.order_id)
    product = next((p for p in offered if chosen is not None and p.id == chosen.topup_id), None)
    return [] if product is None else [(product, rules.fault_of(product, job, born))]


async def _ask(uow: UnitOfWork, row: Engagement, product: CoverProduct, fault: Fault | None, job: Job) -> CoverPolicy:
    starts, ends, days = rules.period(product, job, uow.now)
    made = POLICY.step(NEW, "request" if fault is None else "turn_down", common.hand(uow) or SYSTEM_HAND)
    policy = CoverPolicy(
        id=new_id(),
        order_id=row.order_id,
        tenant=row.tenant,
        via=row.via,
        worker_id=row.worker_id,
        employer_id=row.employer_id,
        engagement_id=row.id,
        product_id=product.id,
        kind=product.kind,
        payer=product.payer,
        state=made.target,
        starts_at=starts,
        ends_at=ends,
        days=days,
        premium_fen=fen(int(product.premium_day_fen) * days),
        occupation_class=job.occupation_class,
        place=await queries.place_of(uow, row),
        requested_at=uow.now,
    )
    if fault is not None:
        policy.refused_code, policy.refused_words, policy.answered_at = fault.code, fault.words, uow.now
    uow.session.add(policy)
    await uow.flush()
    if fault is None:
        await call(uow, policy, "enrol", product=product.code)
    await common.tell(
        uow, policy, policy.id, "cover.requested" if fault is None else "cover.turned_down", made,
        engagement=str(row.id), product=product.code, payer=product.payer, occupation_class=job.occupation_class,
        code=policy.refused_code,
    )  # fmt: skip
    return policy


async def call(uow: UnitOfWork, policy: CoverPolicy, kind: str, **payload: Any) -> None:
    """Write a call about a policy; it is made once this transaction has committed."""
    await outbox.enqueue(
        uow,
        system=SYSTEM,
        kind=kind,
        subject_id=policy.id,
        chain=f"order:{policy.order_id}",
        tenant=policy.tenant,
        via=policy.via,
        person_id=policy.worker_id,
        employer_id=policy.employer_id,
        payload=payload,
    )


# --- what the insurer says --------------------------------------------------------------------------------------------


async def accepted(uow: UnitOfWork, policy: CoverPolicy, number: str, effective_at: Any) -> None:
    """The insurer took him (20): work that waited for it may begin. Who has left meanwhile is withdrawn again."""
    policy.policy_no, policy.effective_at, policy.answered_at = number, effective_at, uow.now
    if policy.state != "pending":
        await uow.flush()
        await call(uow, policy, "withdraw", policy_no=number)
        return
    made = POLICY.step(policy.state, "accept", SYSTEM_HAND)
    policy.state = made.target
    await timers.cancel_timers(uow, policy.engagement_id, COVER_TIMER)
    await uow.flush()
    await common.tell(
        uow, policy, policy.id, "cover.enrolled", made, engagement=str(policy.engagement_id), payer=policy.payer,
        policy_no=number, effective_at=effective_at.isoformat(),
    )  # fmt: skip


async def refused(uow: UnitOfWork, policy: CoverPolicy, code: str, words: str) -> None:
    """The insurer did not take him (21)."""
    policy.answered_at = uow.now
    if policy.state != "pending":
        return
    made = POLICY.step(policy.state, "refuse", SYSTEM_HAND)
    policy.state, policy.refused_code, policy.refused_words = made.target, code[:40], words[:200]
    await uow.flush()
    row = await common.engagement(uow, policy.engagement_id)
    others = [p for p in await queries.policies(uow, row.id) if p.state in ("pending", "active")]
    await common.tell(
        uow, policy, policy.id, "cover.turned_down", made, engagement=str(row.id), code=policy.refused_code
    )
    if not others:
        await timers.cancel_timers(uow, row.id, COVER_TIMER)
        await _nobody_takes_him(uow, row, policy)


async def disputed(uow: UnitOfWork, policy: CoverPolicy) -> None:
    """The insurer said two things: the policy counts for nothing until somebody has asked, and both sides are told."""
    policy.disputed = True
    await uow.flush()
    await common.tell(uow, policy, policy.id, "cover.disputed", None, engagement=str(policy.engagement_id))
    row = await common.engagement(uow, policy.engagement_id)
    await say(uow, row, "cover_disputed", "保险公司前后说法不一，保单先不算数。请打电话问驿站，没弄清前不要开工。")


async def _nobody_takes_him(uow: UnitOfWork, row: Engagement, policy: CoverPolicy) -> None:
    """No cover (21): told before work, and he may leave without a mark against him."""
    if row.state not in AGREED:
        return
    made = ENGAGEMENT.step(row.state, REFUSED, SYSTEM_HAND)
    row.may_leave = REFUSED
    await common.tell(uow, row, row.id, "cover.refused", made, code=policy.refused_code, policy=str(policy.id))
    why = policy.refused_words[:40] or "保险公司没同意"
    await say(
        uow, row, REFUSED, f"这单的意外险没办成：{why}。你可以不去，不记过；要去，请雇主先写放弃声明，你看清风险再点头。",
        employer=f"有一位零工的意外险没办成：{why}。开工前请换人，或写放弃声明并等他确认，否则不能开工。",
    )  # fmt: skip


async def say(uow: UnitOfWork, row: Engagement, kind: str, text: str, *, employer: str = "") -> None:
    """Tell both sides, and let the desk call."""
    for to, words in (("worker", text), ("employer", employer or text)):
        await notices.notify(
            uow, to=to, kind=kind, text=words, subject_id=row.id, tenant=row.tenant, via=row.via,
            person_id=row.worker_id, employer_id=row.employer_id, call=True,
        )  # fmt: skip


async def undecided(uow: UnitOfWork, row: Engagement) -> None:
    """The insurer has not answered for a while: both sides are told what follows, before anybody sets out."""
    if row.state in AGREED:
        await common.tell(uow, row, row.id, "cover.late", None)
        await say(
            uow,
            row,
            "cover_late",
            "意外险还没办下来，正在催保险公司。开工前办不成，要雇主写放弃声明、你点头，否则不能开工。",
        )


# --- when he does not go ----------------------------------------------------------------------------------------------


async def end(uow: UnitOfWork, engagement_id: Any) -> None:
    """Take back cover that has not begun, because the engagement ended; what has begun runs out by itself."""
    for policy in await queries.policies(uow, engagement_id):
        began = policy.effective_at is not None and policy.effective_at <= uow.now
        if policy.state not in ("pending", "active") or began:
            continue
        made = POLICY.step(policy.state, "end", common.hand(uow) or SYSTEM_HAND)
        was_active, policy.state, policy.ended_at = policy.state == "active", made.target, uow.now
        await uow.flush()
        if was_active:
            await call(uow, policy, "withdraw", policy_no=policy.policy_no)
        else:
            await outbox.drop(uow, policy.id, "enrol")
        await common.tell(uow, policy, policy.id, "cover.ended", made, engagement=str(policy.engagement_id))
    await timers.cancel_timers(uow, engagement_id, COVER_TIMER)
