"""M23 on its page: what the days so far would score on the card of the place, row by row, where its paper has one."""

from __future__ import annotations

from typing import Any

from linggong.assessment import card as cards
from linggong.assessment import queries
from linggong.assessment.card import PROPOSAL
from linggong.assessment.forecast import forecast
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath
from linggong.web.measures.asking import Span

METRIC = "M23"


async def figures(uow: UnitOfWork, preset: str, path: TenantPath, span: Span) -> list[dict[str, Any]]:
    """Return the computed rows with their points and what would win lost ones back; nothing where no card is in force.

    The card that the place published holds; before one is published, that of the place's own paper.
    """
    told = await queries.forecast_at(uow, path, span.first, span.last)
    counts = True
    if told is not None:
        counts, scored = told[0].counts, told[1]
    else:
        found = cards.of_preset(preset)
        if found is None:
            return []
        scored = await forecast(uow, found, path, first=span.first, last=span.last)
    rows = [row for row in scored.rows if not row.missing]
    points, most = sum(row.points for row in rows), sum(row.most for row in rows)
    left = f"满分 {most} 分；其余 {len(scored.missing)} 项要考核人看" + ("" if counts else f"；{PROPOSAL}")
    lines = [_line(f"算得出的 {len(rows)} 项", f"{points:g} 分", left)]
    for row in rows:
        more = f"；到 {row.next.at} {row.unit}再得 {row.next.wins:g} 分" if row.next is not None else ""
        lines.append(_line(row.item, f"{row.points:g} / {row.most} 分", (row.why or "没有丢分") + more))
    return lines


def _line(label: str, text: str, of: str) -> dict[str, Any]:
    return {"label": label, "text": text, "hidden": False, "none": False, "of": of}
