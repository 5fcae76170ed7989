"""The disputed part of a bill: held out of the wage clock, let go again, settled into new lines (69, 72, invariant 8).

Only what the employer disputes is held: a worker who says that he was not paid must not lose the clock by saying so.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from linggong.cases.models import Case
from linggong.kernel.db import UnitOfWork
from linggong.kernel.money import Fen, fen
from linggong.wages import holding
from linggong.wages.rules import Line


async def hold(uow: UnitOfWork, row: Case) -> None:
    """Take the disputed amount out of the clock; the rest of the bill stays due on its date."""
    if row.bill_id is not None and row.amount_fen and row.asks == "less":
        await holding.hold(uow, row.bill_id, row.amount_fen, row.id)


async def held(uow: UnitOfWork, case_id: UUID) -> int:
    """Return what a case holds now, in fen: its time may have run out while the case runs on."""
    return sum(one.amount_fen for one in await holding.held(uow, case_id))


async def release(uow: UnitOfWork, row: Case) -> None:
    """Let the held amount be due again, unchanged; a case that holds nothing changes nothing."""
    if row.bill_id is not None and row.asks == "less":
        await holding.release(uow, row.bill_id, row.id)


async def settle(uow: UnitOfWork, row: Case, amount_fen: int, document: str) -> None:
    """Write what was agreed or ruled into the bill: `amount_fen` is what the worker gets of the amount in dispute.

    Raises Invalid when the bill would fall below what was paid.
    """
    row.settled_fen = Fen(amount_fen)
    if row.bill_id is not None and row.asks != "none":
        await holding.settle(uow, row.bill_id, row.id, lines(row, amount_fen, document))
    await uow.flush()


def lines(row: Case, amount_fen: int, document: str) -> Sequence[Line]:
    """Return the lines that follow: what is conceded comes off the bill, what is granted on top comes onto it."""
    change = amount_fen if row.asks == "more" else amount_fen - (row.amount_fen or 0)
    if not change:
        return []
    words = f"{document}，{'补' if change > 0 else '减'}"
    return [Line(kind="base", words=words[:40], quantity=1.0, rate_fen=fen(change), amount_fen=fen(change))]
