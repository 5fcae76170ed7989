"""Measures that judge stations one by one (M19 to M21, M24): told on their own pages, with the way to the page of stations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.paths import TenantPath
from linggong.measures import suspicion
from linggong.measures.computing import percentile
from linggong.measures.coverage import coverage
from linggong.measures.liveliness import lively
from linggong.measures.suspicion import suspects
from linggong.measures.zombies import zombies
from linggong.web.measures.asking import Span

OF_STATIONS: Final = frozenset({"M19", "M20", "M21", "M24"})
WAITS: Final = "按站点一个一个判断，点名字看。"


def href(path: str) -> str:
    """Return the page of stations of a place."""
    return f"/bureau/stations?{urlencode({'path': path})}"


def _line(label: str, text: str, of: str = "") -> dict[str, Any]:
    return {"label": label, "text": text, "hidden": False, "none": text == "—", "of": of}


async def figures(uow: UnitOfWork, metric: str, path: TenantPath, span: Span, *, looks: bool) -> list[dict[str, Any]]:
    """Return what is told of the stations of a place over the days that are over; `looks`: hints may be read."""
    last = min(span.last, clock.business_date(uow.now) - timedelta(days=1))
    first = min(span.first, last)
    if metric == "M19":
        scores = [one.score for one in await lively(uow, path, first=first, last=last)]
        known = {
            str(round(s)): [round(t) for t in scores if t is not None].count(round(s)) for s in scores if s is not None
        }
        middle = percentile(known, 0, 50)
        told = sum(known.values())
        return [
            _line(
                "一半的站点达到",
                "—" if middle is None else f"{middle:g} 分",
                f"{told:,} / {len(scores):,} 个站点算得出",
            )
        ]
    if metric == "M20":
        found = await zombies(uow, path, last=last)
        return [
            _line("碰到这条线的站点", f"{sum(1 for z in found if z.nth):,} 个"),
            _line("有正当理由不算的", f"{sum(1 for z in found if not z.nth):,} 个"),
        ]
    if metric == "M21":
        if not looks:
            return []
        first = max(first, last - timedelta(days=suspicion.MOST_DAYS - 1))
        hints = await suspects(uow, path, first=first, last=last)
        return [
            _line("要去核实的站点", f"{len(hints):,} 个"),
            _line("线索", f"{sum(len(s.hints) for s in hints):,} 条"),
        ]
    covered = await coverage(uow, path)
    share = "—" if covered.value is None else f"{covered.value * 100:.1f}%"
    return [
        _line(
            f"{covered.radius_km:g} 公里内", share, f"{covered.covered:,} / {covered.total:,}" if covered.total else ""
        )
    ]
