"""Both sides rate each other (61): blind until both have spoken or 72 hours have passed; defaulters are rated too (ruling 14)."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid
from linggong.kernel.ids import new_id
from linggong.work import common
from linggong.work.models import Assignment, Rating

TAGS = {
    "worker": ("按时给钱", "说话算数", "管饭好", "活和说的不一样", "拖着不给"),
    "employer": ("手脚快", "细心", "守时", "活不熟", "中途走了"),
}
"""Words that a side may tick about the other; the key is who speaks."""


async def rate(
    uow: UnitOfWork, engagement_id: UUID, *, stars: int, tags: list[str], words: str = "", side: str | None = None
) -> Rating:
    """Rate the other side, within 7 days of the last completed shift. Staff say for which side they enter it.

    Raises Invalid for stars outside 1 to 5 or unknown tags, Conflict before completion, twice, or too late.
    """
    row = await common.engagement(uow, engagement_id)
    speaker = uow.actor.kind if uow.actor.kind in ("worker", "employer") else side
    faults = []
    if speaker not in TAGS:
        faults.append(Fault("side", "请说明是替零工还是替雇主评价。", "required"))
    if not 1 <= stars <= 5:
        faults.append(Fault("stars", "请选 1 到 5 颗星。", "range"))
    if unknown := [t for t in tags if t not in TAGS.get(speaker or "", ())]:
        faults.append(Fault("tags", f"没有“{unknown[0][:20]}”这个标签，请重新选。", "unknown"))
    if len(words) > 200:
        faults.append(Fault("words", "最多写 200 个字。", "too_long"))
    if faults:
        raise Invalid(faults)
    done = await uow.session.scalar(
        sa.select(sa.func.max(Assignment.accepted_at)).where(Assignment.engagement_id == row.id)
    )
    if done is None:
        raise Conflict("完工认定以后再评价。")
    spans = await common.span(uow, row.tenant, "t.rate", "t.rate.blind")
    if uow.now > done + spans["t.rate"]:
        raise Conflict("评价时间已过（完工后 7 天内）。")
    given = (await uow.execute(sa.select(Rating.side).where(Rating.engagement_id == row.id))).scalars().all()
    if speaker in given:
        raise Conflict("已经评价过了。")
    rating = Rating(
        id=new_id(),
        engagement_id=row.id,
        order_id=row.order_id,
        tenant=row.tenant,
        via=row.via,
        worker_id=row.worker_id,
        employer_id=row.employer_id,
        side=speaker,
        stars=stars,
        tags=tags,
        words=words.strip(),
        channel=uow.actor.channel,
        created_at=uow.now,
        open_at=uow.now if given else uow.now + spans["t.rate.blind"],
    )
    uow.session.add(rating)
    await uow.flush()
    if given:
        await uow.execute(sa.update(Rating).where(Rating.engagement_id == row.id).values(open_at=uow.now))
    await common.tell(uow, row, row.id, "engagement.rated", None, side=speaker, stars=stars, transition="61")
    return rating
