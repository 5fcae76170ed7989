"""What the assessment binds at assembly: the model markets that stand on the board of targets (R134)."""

from __future__ import annotations

import sqlalchemy as sa

from linggong.assessment.recognition_models import Recognition
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath, in_subtree
from linggong.sites import targets


def register() -> None:
    """Bind by name; again changes nothing."""
    targets.count_by("model_market", model_markets)


async def model_markets(uow: UnitOfWork, top: TenantPath) -> int:
    """Count the markets at and below a place that are recognised as models now."""
    found = await uow.session.scalar(
        sa.select(sa.func.count()).where(
            in_subtree(Recognition.tenant, top), uow.scope.clause(Recognition.tenant), Recognition.state == "R_GRANTED"
        )
    )
    return found or 0
