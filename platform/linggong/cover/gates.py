"""What cover answers when the work floor asks: may this be signed (20), may this shift begin (37; ruling 4, ruling 16)."""

from __future__ import annotations

from linggong.cover import enrolment, queries, rules
from linggong.kernel.db import UnitOfWork
from linggong.work.models import Assignment, Engagement

_OWED = "这单依法要缴工伤保险，请雇主先填工伤保险登记号；意外险和放弃声明都不能代替。"


async def ready_to_contract(uow: UnitOfWork, row: Engagement) -> str | None:
    """Return why this may not be signed: refused cover without a waiver. An answer on its way holds nobody up."""
    if not await queries.required(uow, row.tenant):
        return None
    job = await queries.job(uow, row)
    if job.owes_injury_insurance:
        return None if await _injury_insured(uow, row) else _OWED
    found = await queries.policies(uow, row.id)
    if not found:
        # Agreed before anything was on offer here: asked for now.
        found = await enrolment.request(uow, row)
    state = queries.state_of(found, await queries.waiver(uow, row.id))
    if state in ("active", "waived", "pending"):
        return None
    why = next((p.refused_words for p in found if p.refused_words), "没有参保")
    return f"意外险没办成（{why}）。请雇主写放弃声明，零工看清风险点头以后再签约；或者换人。"


async def ready_to_start(uow: UnitOfWork, shift: Assignment, row: Engagement) -> str | None:
    """Return why this shift may not begin: no cover that holds by now, and no waiver; or one to which he has not agreed."""
    waiver = await queries.waiver(uow, row.id)
    unanswered = waiver is not None and waiver.worker_at is None
    if not unanswered and not await queries.required(uow, row.tenant):
        return None
    job = await queries.job(uow, row)
    if job.owes_injury_insurance:
        return None if await _injury_insured(uow, row) else _OWED
    found = await queries.policies(uow, row.id)
    if any(rules.in_time(policy, shift, row, uow.now) for policy in found):
        return None
    state = queries.state_of(found, waiver)
    if state == "waived":
        return None
    if unanswered:
        return "雇主写了放弃参保的声明，零工还没点头，不能开工。请零工看清风险再决定，不去不记过。"
    if state == "active":
        return "保险是到岗以后才生效的，这一班不算数。请雇主写放弃声明，零工点头以后再开工。"
    if state == "pending":
        return "保险公司还没回话，先不要开工。等不及的，请雇主写放弃声明，零工看清风险点头。"
    return "没有保险，也没有放弃声明，不能开工。请雇主写放弃声明，零工看清风险点头；或者换人。"


async def _injury_insured(uow: UnitOfWork, row: Engagement) -> bool:
    chosen = await queries.choice(uow, row.order_id)
    return chosen is not None and chosen.injury_sealed is not None
