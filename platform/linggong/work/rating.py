"""Both sides rate each other (61): blind until both have spoken or 72 hours have passed; defaulters are rated too (ruling 14).

It opens at completion or when a bill falls due, whichever is first: whoever was kept from work or from his wage rates as well.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.ids import new_id
from linggong.work import common, gates
from linggong.work.models import Assignment, Engagement, Rating

TAGS = {
    "worker": ("按时给钱", "说话算数", "管饭好", "活和说的不一样", "拖着不给"),
    "employer": ("手脚快", "细心", "守时", "活不熟", "中途走了"),
}
"""Words that a side may tick about the other; the key is who speaks."""


KEYS = {str(n): n for n in range(1, 6)}
"""What a telephone's keys or an SMS of one digit mean."""
CHANNELS = ("desk", "phone", "sms", "keypad")
"""How a rating reached the clerk who enters it."""


async def rate(
    uow: UnitOfWork,
    engagement_id: UUID,
    *,
    stars: int,
    tags: list[str],
    words: str = "",
    side: str | None = None,
    channel: str = "",
) -> Rating:
    """Rate the other side, within 7 days of completion or of the due date. Staff say for which side, and how they heard it.

    Raises Invalid for stars outside 1 to 5 or unknown tags, Conflict before it opens, twice, or too late.
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
    if channel and (uow.actor.kind != "staff" or channel not in CHANNELS):
        faults.append(Fault("channel", "请选评价是怎么来的：当面、电话、短信或按键。", "unknown"))
    if faults:
        raise Invalid(faults)
    spans = await common.span(uow, row.tenant, "t.rate", "t.rate.blind")
    opens = await _opens(uow, row)
    if not opens or min(opens) > uow.now:
        raise Conflict("完工认定以后，或到了付款日，再来评价。")
    if uow.now > max(at for at in opens if at <= uow.now) + spans["t.rate"]:
        raise Conflict("评价时间已过（完工或付款日后 7 天内）。")
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
        channel=channel or uow.actor.channel,
        created_at=uow.now,
        open_at=uow.now if given else uow.now + spans["t.rate.blind"],
    )
    uow.session.add(rating)
    await uow.flush()
    if given:
        await uow.execute(sa.update(Rating).where(Rating.engagement_id == row.id).values(open_at=uow.now))
    await common.tell(
        uow, row, row.id, "engagement.rated", None, side=speaker, stars=stars, channel=rating.channel, transition="61"
    )
    return rating


async def _opens(uow: UnitOfWork, row: Engagement) -> list[datetime]:
    """Return the moments from which the sides may rate: the last completed shift, and what higher floors say."""
    done = await uow.session.scalar(
        sa.select(sa.func.max(Assignment.accepted_at)).where(Assignment.engagement_id == row.id)
    )
    found = [done, *[await gate(uow, row) for _, gate in sorted(gates.rating_opens.items())]]
    return [at for at in found if at is not None]


async def reply(uow: UnitOfWork, rating_id: UUID, *, words: str) -> Rating:
    """Answer a rating that has opened, once, in words. By the side that was rated, or a clerk for it.

    Raises Invalid for too few or too many words, Conflict before it opens or a second time, NotFound.
    """
    found = await uow.session.scalar(sa.select(Rating).where(Rating.id == rating_id).with_for_update(key_share=True))
    if found is None or found.side == uow.actor.kind or (found.open_at > uow.now and uow.actor.kind != "staff"):
        # One's own rating is not answered, and what is still blind is not even there.
        raise NotFound
    row = await common.engagement(uow, found.engagement_id)
    if found.open_at > uow.now:
        raise Conflict("这条评价还没公开。")
    if found.replied_at is not None:
        raise Conflict("已经回复过了。")
    text = words.strip()
    if not 2 <= len(text) <= 200:
        raise Invalid([Fault("words", "请写 2 到 200 个字。", "required")])
    found.reply, found.replied_at = text, uow.now
    await uow.flush()
    await common.tell(uow, row, row.id, "engagement.rating_answered", None, side=found.side)
    return found
