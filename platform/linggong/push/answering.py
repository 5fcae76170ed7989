"""What a worker says on the telephone to the clerk who calls: the same step as his own answer, and the call is over (13, 14, 18, 27)."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, NotFound
from linggong.people import notices
from linggong.people.notice_models import Notice
from linggong.phones.asked import OF_NOTICE
from linggong.work import common, engage
from linggong.work.witness import Consent

ASKED = ("invitation", "offer")


def may_answer(kind: str) -> bool:
    """Tell whether a notice of this kind asks whether he goes."""
    return OF_NOTICE.get(kind) in ASKED


async def by_clerk(uow: UnitOfWork, notice_id: UUID, *, yes: bool) -> str:
    """Enter what he said in a call about an invitation or an offer; returns what the clerk is told.

    A clerk who stood for both sides owes a call-back, as at the desk. Raises Conflict when it is over, NotFound.
    """
    row = await uow.session.scalar(
        sa.select(Notice).where(
            Notice.id == notice_id, sa.or_(uow.scope.clause(Notice.tenant), uow.scope.clause(Notice.via))
        )
    )
    if uow.actor.kind != "staff" or row is None or not may_answer(row.kind):
        raise NotFound
    held = await common.engagement(uow, row.subject_id)
    if held.state not in ("A_INVITED", "A_OFFERED"):
        raise Conflict("这件事已经过期，或者答过了。可以在“用工单”里另给他找一个。", state=held.state)
    if not yes:
        leave = engage.decline if held.state == "A_INVITED" else engage.withdraw
        await leave(uow, held.id, reason="电话里说不去")
        said = "记下了，他不去。"
    elif held.state == "A_INVITED":
        made = await engage.accept_invitation(uow, held.id)
        said = "替他报上名了，先排候补。" if made.queue_no else "替他报上名了，等雇主选。"
    else:
        await engage.confirm(
            uow, held.id, consent=Consent(read_out=f"电话里读给他听：{row.text}"), seen=held.terms_version
        )
        said = "说定了，他去。"
    await notices.called(uow, notice_id, "reached")
    return said
