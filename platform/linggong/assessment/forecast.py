"""The score that would come of the records so far (M23): the rows of a card that records decide, for any days.

Rows that a reviewer or an inspector judges stay missing: a forecast never guesses what nobody has looked at. Of false personal
records only those count that a filed paper names: nothing finds them by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from linggong.assessment import gather
from linggong.assessment.card import Card
from linggong.assessment.evidence import Evidence
from linggong.assessment.scorecard import Score, score
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath


async def forecast(
    uow: UnitOfWork, card: Card, paths: Sequence[TenantPath] | TenantPath, *, first: date, last: date,
    numbers: Mapping[int, int] | None = None, options: Mapping[str, int] | None = None,
) -> Score:  # fmt: skip
    """Return the score of places and all below them on what is recorded for these days, both included."""
    places = [paths] if isinstance(paths, str) else list(paths)
    rows = await gather.entries(gather.Ask(uow, places, first, last), card, numbers)
    given = Evidence(card=card.id, version=card.version, first=first, last=last, rows=rows, options=dict(options or {}))
    return score(card, given)
