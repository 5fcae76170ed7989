"""What the pages of ledgers share: the place and month that they are about, their tabs, and giving a sheet away."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.params import QueryParameter

from linggong.insight.api import top_of
from linggong.kernel import clock
from linggong.kernel.db import UnitOfWork
from linggong.kernel.downloads import attachment
from linggong.kernel.errors import NotFound
from linggong.ledgers import queries, sheets
from linggong.ledgers.sheets import Paper
from linggong.measures.sites import SITES
from tenants.models import Node

AnyRequest = Request[Any, Any, Any]
Path = Annotated[str, QueryParameter(max_length=120)]
Month = Annotated[str, QueryParameter(max_length=7)]
TABS: Final = (("days", "/ledgers/days", "每日记实"), ("books", "/ledgers", "台账"), ("reports", "/reports", "月报"))


@dataclass(frozen=True, slots=True)
class Here:
    """The place and month of a page."""

    node: Node
    first: date
    last: date

    @property
    def is_site(self) -> bool:
        """Whether the place is a station."""
        return self.node.kind in SITES

    @property
    def month(self) -> str:
        """The month as addresses say it."""
        return f"{self.first:%Y-%m}"

    def href(self, to: str, /, **more: object) -> str:
        """Return a page of this place and month."""
        return f"{to}?{urlencode({'path': self.node.path, 'month': self.month, **more})}"

    def context(self, tab: str, today: date, page: str = "", **more: object) -> dict[str, Any]:
        """Return what each page shows of itself: tabs, and the months beside its own."""
        page = page or next(href for key, href, _ in TABS if key == tab)
        before, after = (self.first - timedelta(days=1)).replace(day=1), (self.last + timedelta(days=1))
        extra = {"path": self.node.path, **more}
        months = [
            (before, f"{before.year}年{before.month}月"),
            (self.first, f"{self.first.year}年{self.first.month}月"),
        ]
        months += [(after, f"{after.year}年{after.month}月")] if after <= today else []
        return {
            "place": self.node.name, "path": self.node.path, "month": self.month, "month_words": sheets.period_words(self.first),
            "is_site": self.is_site, "today": today,
            "tabs": [{"href": self.href(href), "label": label, "here": key == tab} for key, href, label in TABS],
            "months": [
                {"href": f"{page}?{urlencode({**extra, 'month': f'{day:%Y-%m}'})}", "label": label, "here": day == self.first}
                for day, label in months
            ],
        }  # fmt: skip


async def here(uow: UnitOfWork, path: str, month: str, *, before: bool = False) -> Here:
    """Return the place and month asked for; `before`: without a month, the one that is over. Raises NotFound, Invalid."""
    today = clock.business_date(uow.now)
    if not month and before:
        month = f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"
    return Here(await top_of(uow, path or None), *queries.month_of(month, today))


async def given_away(paper: Paper, kind: str) -> Response[bytes]:
    """Return a sheet as a file: xlsx or pdf. Raises NotFound for another kind."""
    if kind not in ("xlsx", "pdf"):
        raise NotFound
    content = await asyncio.to_thread(sheets.xlsx if kind == "xlsx" else sheets.pdf, paper)
    return attachment(f"{paper.place}{paper.title}{paper.period}.{kind}", content)


def stamp(uow: UnitOfWork) -> str:
    """Return when a sheet was made, as it says."""
    return f"{clock.shanghai(uow.now):%Y-%m-%d %H:%M}"
