"""What services bind at assembly: the word by which a text message asks how far a matter is, and enrolments as use of 技能提升 (R018)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.phones import inbox
from linggong.services import status
from linggong.services.learn_models import Enrolment
from linggong.sites import functions

SMS_WORDS = ("办事", "查办事", "4")


def register() -> None:
    """Bind by name; again changes nothing."""
    for word in SMS_WORDS:
        inbox.asks[word] = status.spoken
    functions.count_by("技能提升", "enrolments", enrolled)


async def enrolled(uow: UnitOfWork, top: TenantPath, begin: datetime, end: datetime) -> Mapping[str, int]:
    """Count by place who was enrolled in a course from one moment to another."""
    rows = await uow.execute(
        sa.select(Enrolment.tenant, sa.func.count())
        .where(
            in_subtree(Enrolment.tenant, top), uow.scope.clause(Enrolment.tenant), Enrolment.created_at >= begin,
            Enrolment.created_at < end,
        )
        .group_by(Enrolment.tenant)
    )  # fmt: skip
    return {row[0]: row[1] for row in rows}
