"""Work without cover: the employer says so, the worker is warned and says that he goes all the same (20, invariant 3).

Never the worker alone, and never where 工伤保险 is owed: there a waiver says nothing (ruling 16).
"""

from __future__ import annotations

import hashlib
from uuid import UUID

import sqlalchemy as sa

from linggong.cover import queries
from linggong.cover.machines import WAIVER
from linggong.cover.models import CoverWaiver
from linggong.kernel import timers
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.kernel.ids import new_id
from linggong.kernel.machine import NEW
from linggong.people import notices
from linggong.work import common
from linggong.work.machines import AGREED
from linggong.work.models import Assignment, Engagement

_NOT_BEGUN = ("A_CONFIRMED", "A_CONTRACTED", "A_ARRIVED")
OWED = "这单是劳动合同或非全日制用工，依法要缴工伤保险，放弃声明不能代替。请雇主填工伤保险登记号。"


def warning(reason: str) -> str:
    """Return what the worker is shown or read aloud."""
    return (
        f"这单没有给你办意外险。雇主说的原因：{reason}。干活受了伤，没有保险公司赔，要自己和雇主协商或走法律途径。"
        "你可以不去，不记你的过。看清了还愿意去，请点“知道了，还去”。"
    )


async def waive(uow: UnitOfWork, engagement_id: UUID, *, reason: str) -> CoverWaiver:
    """State that this worker works without cover: the employer, or staff of the order's place for him.

    Raises Invalid without a reason, Conflict where he is covered, where 工伤保险 is owed, or out of its time; NotFound.
    """
    row = await _agreed(uow, engagement_id)
    common.for_employer(uow, row)
    made = WAIVER.step(NEW, "waive", common.hand(uow))
    reason = reason.strip()
    if not 2 <= len(reason) <= 60:
        raise Invalid([Fault("reason", "请写明为什么不参保，2 到 60 个字。", "required")])
    job = await queries.job(uow, row)
    if job.owes_injury_insurance:
        raise Conflict(OWED)
    known = await queries.waiver(uow, row.id)
    if known is not None:
        raise Conflict("放弃声明已经写过了，等零工知情确认。" if known.worker_at is None else "双方已经确认放弃参保。")
    if queries.state_of(await queries.policies(uow, row.id), None) == "active":
        raise Conflict("这位零工已经参保，不用写放弃声明。")
    text = warning(reason)
    waiver = CoverWaiver(
        id=new_id(),
        order_id=row.order_id,
        tenant=row.tenant,
        via=row.via,
        worker_id=row.worker_id,
        employer_id=row.employer_id,
        engagement_id=row.id,
        reason=reason,
        text=text,
        text_hash=hashlib.sha256(text.encode()).digest(),
        employer_at=uow.now,
        employer_by=common.said_by(uow),
        created_at=uow.now,
    )
    uow.session.add(waiver)
    # Who is asked to do without cover may say no at any hour.
    row.may_leave = row.may_leave or "cover_waived"
    await uow.flush()
    await common.tell(
        uow, waiver, waiver.id, "cover.waiver_asked", made, engagement=str(row.id), text_hash=waiver.text_hash.hex()
    )
    await notices.notify(
        uow, to="worker", kind="cover_waiver", subject_id=row.id, tenant=row.tenant, via=row.via, call=True,
        text="雇主说这单不给你办意外险。去不去你说了算，不去不记过。请到“我的活”或驿站看清风险再点头。",
        person_id=row.worker_id, employer_id=row.employer_id,
    )  # fmt: skip
    return waiver


async def acknowledge(uow: UnitOfWork, engagement_id: UUID, *, text_hash: str) -> CoverWaiver:
    """The warned worker goes all the same: he himself, or a clerk who read the warning to him; from now on it is a waiver.

    `text_hash` is of the text that he saw or heard. One clerk on both sides is marked single witness and owes a call-back.
    Raises Conflict before the employer has said it, for another text, or when it is said already; NotFound.
    """
    row = await _agreed(uow, engagement_id)
    waiver = await queries.waiver(uow, row.id)
    if waiver is None:
        raise Conflict("要雇主先写放弃声明。零工一个人不能放弃参保。")
    made = WAIVER.step("asked" if waiver.worker_at is None else "waived", "acknowledge", common.hand(uow))
    if text_hash.strip().lower() != waiver.text_hash.hex():
        raise Conflict("告知的内容变了，请把新的内容再看一遍。")
    waiver.worker_at, waiver.worker_by = uow.now, common.said_by(uow)
    waiver.single_witness = uow.actor.kind == "staff" and waiver.worker_by == waiver.employer_by
    if waiver.single_witness:
        row.single_witness = True
        within = (await common.span(uow, row.tenant, "consent.proxy_callback"))["consent.proxy_callback"]
        await timers.set_timer(
            uow, subject_id=row.id, region="engagement", key=common.CALL_BACK_TIMER, due_at=uow.now + within,
            tenant=row.tenant, via=row.via, person_id=row.worker_id, employer_id=row.employer_id,
        )  # fmt: skip
    await uow.flush()
    await common.tell(
        uow, waiver, waiver.id, "cover.waived", made, engagement=str(row.id), text_hash=waiver.text_hash.hex(),
        single_witness=waiver.single_witness,
    )  # fmt: skip
    return waiver


async def _agreed(uow: UnitOfWork, engagement_id: UUID) -> Engagement:
    row = await common.engagement(uow, engagement_id)
    ahead = sa.exists().where(Assignment.engagement_id == row.id, Assignment.state.in_(_NOT_BEGUN))
    if row.state not in AGREED or not await uow.session.scalar(sa.select(ahead)):
        raise Conflict("双方说定以后、开工以前，才能写放弃声明。", state=row.state)
    return row
