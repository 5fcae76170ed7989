"""Whom an order suggests: the acting post's people by score with the reason, and who may not go with the rule."""

from __future__ import annotations

from uuid import UUID

import msgspec
import numpy as np

from linggong.kernel.db import UnitOfWork
from linggong.market import queries as market
from linggong.matching import queries, rules
from linggong.matching.rules import FREE
from linggong.matching.score import Fit, Scores


class Suggested(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of this post, beside one order."""

    worker_id: UUID
    name: str
    age: int
    sex: str
    trades: list[str]
    waits: bool
    """He is here today."""
    fit: Fit | None
    """None for whoever may not go."""
    refused: str
    """The rule that bars him, '' for whoever may go."""


async def for_order(uow: UnitOfWork, order_id: UUID, *, limit: int = 30) -> list[Suggested]:
    """Return this post's people for an order, the best fit first (of equals who is here and waits longest), the barred last.

    Nobody for one that takes no people now. Raises NotFound for another station's order.
    """
    await market.order(uow, order_id)
    orders = await queries.openings(uow, uow.scope, only=[order_id])
    if not orders or uow.actor.post is None:
        return []
    found = await queries.seekers(uow, uow.scope, orders, at=uow.actor.post)
    if not found:
        return []
    scores = Scores(found, orders, await queries.pasts(uow, found, orders, at=uow.actor.post), uow.now)
    i, j = np.arange(len(found)), np.zeros(len(found), dtype=np.int64)
    total, parts = scores.pairs(i, j)
    barred = rules.refusals(scores.people, scores.orders, i, j)
    ranked = sorted(range(len(found)), key=lambda n: (barred[n] != FREE, -round(float(total[n])), n))[:limit]
    return [
        Suggested(
            worker_id=found[n].id,
            name=found[n].name,
            age=found[n].age,
            sex=found[n].sex,
            trades=list(found[n].trades),
            waits=found[n].came is not None,
            fit=scores.told(n, 0, float(total[n]), parts[:, n]) if barred[n] == FREE else None,
            refused="" if barred[n] == FREE else rules.words(int(barred[n]), scores.orders, 0),
        )
        for n in ranked
    ]
