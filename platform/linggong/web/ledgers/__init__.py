"""Pages of ledgers, daily records and month reports: one entry of the menu, three tabs (R086 to R095)."""

from __future__ import annotations

from typing import Any

from linggong.web.ledgers.books import Books
from linggong.web.ledgers.days import Days
from linggong.web.ledgers.layout import Layouts
from linggong.web.ledgers.monthly import Monthly

CONTROLLERS: list[Any] = [Books, Days, Monthly, Layouts]
