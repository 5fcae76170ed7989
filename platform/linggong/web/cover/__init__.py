"""Pages of cover: insurance of one order for everybody it concerns, and what a place offers for its bureau."""

from __future__ import annotations

from typing import Any

from linggong.web.cover.offer import OfferPages
from linggong.web.cover.order import OrderCoverPages

CONTROLLERS: list[Any] = [OrderCoverPages, OfferPages]
