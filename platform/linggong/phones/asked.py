"""What a notice asks, as long as it is open: an invitation (11), an offer (17), other terms (24), one payment (57)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.money import format_yuan
from linggong.market.models import BoardPost
from linggong.people.notice_models import Notice
from linggong.phones import words
from linggong.wages.models import Bill, Payment
from linggong.work import common
from linggong.work.models import Engagement
from linggong.work.terms_models import TermsChange

OF_NOTICE = {
    "invitation": "invitation",
    "offer": "offer",
    "terms_proposed": "terms",
    "payment_claimed": "payment",
}
_LAPSES = "SELECT due_at FROM timers WHERE subject_id = $1 AND key = $2 AND state = 'live'"
CODED = ("terms", "payment")
"""A sender's number can be made up: what is answered about these needs the code of the message that came to his telephone."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question is about, while it is open."""

    kind: str
    subject_id: UUID
    order_id: UUID
    who: str
    """李师傅."""
    title: str
    before: str
    after: str
    """What a message says after the title, as short as it may be."""
    spoken: str
    """What is read out after the title, whole."""
    expires_at: datetime | None = None
    version: int | None = None

    def read_out(self, *, shared: bool) -> str:
        """Return the body of what is read out: all of it, and his name where others use the telephone too."""
        return f"{self.who + '，' if shared else ''}{self.before}“{self.title}”{self.spoken}"


async def about(uow: UnitOfWork, row: Notice) -> Asked | None:
    """Return what a notice asks, None when it is answered, lapsed or gone."""
    kind = OF_NOTICE[row.kind]
    if kind == "payment":
        return await _payment(uow, row)
    if kind == "terms":
        return await _terms(uow, row)
    wanted = {"offer": "A_OFFERED", "invitation": "A_INVITED"}[kind]
    found = await uow.session.get(Engagement, row.subject_id, populate_existing=True)
    if found is None or found.state != wanted:
        return None
    return await of_engagement(uow, found, kind)


async def begins(uow: UnitOfWork, row: Notice) -> datetime | None:
    """Return when the work begins to which a notice invites."""
    found = await uow.session.get(Engagement, row.subject_id)
    return (await common.post_of(uow, found.order_id)).starts_at if found is not None else None


async def of_engagement(uow: UnitOfWork, row: Engagement, kind: str) -> Asked:
    """Return what an invitation or an offer asks."""
    post = await common.named_post(uow, row.order_id)
    version, pay, unit = row.terms_version, int(post.pay_fen), post.pay_unit
    if version is not None:
        agreed = msgspec.json.decode((await common.agreed_terms(uow, row)).body)["pay"]
        pay, unit = int(agreed["fen"]), str(agreed["unit"])
    days = len(await common.shift_times(uow, row.order_id))
    lasts, settles = f"起{days}天" if days > 1 else "", words.settlement(post.settlement)
    shown = [
        words.moment(post.starts_at) + lasts, words.pay(pay, unit, post.piece_name), settles, words.trimmed(post.place, 8),
    ]  # fmt: skip
    spoken = [
        words.spoken_moment(post.starts_at) + lasts, words.spoken_pay(pay, unit, post.piece_name), settles,
        f"地点{post.place}",
    ]  # fmt: skip
    lapses = next((r["due_at"] for r in await uow.fetch(_LAPSES, row.id, common.OFFER_TIMER)), None)
    before = "请您现在去顶人，" if row.source == "fill_in" else "定了您去" if kind == "offer" else "请您去"
    return Asked(
        kind, row.id, row.order_id, row.worker_name, post.title, before, "，".join(shown), "，" + "，".join(spoken), lapses,
        version,
    )  # fmt: skip


async def _terms(uow: UnitOfWork, row: Notice) -> Asked | None:
    change = await uow.session.scalar(
        sa.select(TermsChange).where(
            TermsChange.order_id == row.subject_id,
            TermsChange.worker_id == row.person_id,
            TermsChange.state == "T_PROPOSED",
            TermsChange.side == "employer",
        )
    )
    if change is None:
        return None
    engagement = await uow.session.get_one(Engagement, change.engagement_id)
    title = (await common.post_of(uow, change.order_id)).title
    said = f"要改：{change.words.rstrip('。')}"
    return Asked(
        "terms", change.id, change.order_id, engagement.worker_name, title, "", said, said,
        change.answer_due_at, engagement.terms_version,
    )  # fmt: skip


async def _payment(uow: UnitOfWork, row: Notice) -> Asked | None:
    # The notice names its payment: a bill may have several that wait for his word, and each is asked about.
    one = Payment.id == row.part_id if row.part_id else Payment.bill_id == row.subject_id
    found = (
        await uow.execute(
            sa.select(Payment, Engagement.worker_name, BoardPost.title)
            .join(Bill, Bill.id == Payment.bill_id)
            .join(Engagement, Engagement.id == Bill.engagement_id)
            .join(BoardPost, BoardPost.order_id == Bill.order_id)
            .where(one, Bill.id == row.subject_id, Payment.state == "claimed", Bill.state != "RULED")
            .order_by(Payment.claimed_at, Payment.id)
            .limit(1)
        )
    ).one_or_none()
    if found is None:
        return None
    payment, who, title = found
    way = {"cash": "现金", "bank": "银行", "wechat": "微信", "card": "社保卡"}[payment.channel]
    at = clock.shanghai(payment.claimed_at)
    said = f"的工钱，雇主登记{at.month}月{at.day}日{way}付了{format_yuan(payment.amount_fen)}元"
    return Asked("payment", payment.id, payment.order_id, who, title, "", said, said)
