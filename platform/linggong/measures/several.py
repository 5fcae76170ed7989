"""Several measures at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath
from linggong.measures.answers import Answer, answer


async def several(
    uow: UnitOfWork,
    metrics: Sequence[str],
    top: TenantPath,
    *,
    first: date,
    last: date,
    trade_code: str = "",
    group: str = "",
) -> dict[str, Answer]:
    """Return answers by measure."""
    return {m: await answer(uow, m, top, first=first, last=last, trade_code=trade_code, group=group) for m in metrics}
