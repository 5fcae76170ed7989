"""What we and a province's platform say to each other: one record a county and day, and its receipt with what was refused.

No province has published its interface, so this is ours, versioned: signed JSON over HTTP (`kernel.signed`), or the same records in a
file of lines that somebody carries, and the receipts in another. A target of its own kind brings its own client (ruling 24).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

import msgspec

SCHEMA: Final = "linggong.demand/1"
PATH: Final = "/v1/demand"
SIGNATURE: Final = "x-linggong-signature"
_Words = Annotated[str, msgspec.Meta(max_length=200)]


class TradeLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One trade of the day: heads wanted and arrived at work that day, posts published that day."""

    trade: str
    """Code of the classification of occupations (CSCO 2022)."""
    title: str
    wanted: int
    arrived: int
    posts: int


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The demand of one county on one day. Counts of trades, nobody's data."""

    request_id: str
    """The id of our call: the same one again is the same record."""
    schema: str = SCHEMA
    area: str
    """Division code of the county; of a zone without one, that of its city."""
    name: str
    day: date
    lines: tuple[TradeLine, ...]


class Refusal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line that was not taken, and why."""

    trade: _Words
    why: _Words


class Receipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the platform says of one record. No refusals: all of it was taken."""

    request_id: str
    number: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    refused: Annotated[tuple[Refusal, ...], msgspec.Meta(max_length=2000)] = ()
