"""Accident class of an occupation, 1 to 6: our proposal, to be reviewed (see `data/README.md`)."""

from __future__ import annotations

import csv
from collections.abc import Collection
from functools import cache
from importlib import resources
from typing import Final

USUAL: Final = 3
"""For a code that the table does not know."""
AT_HEIGHT: Final = 5
"""Work at height is never in a lower class, whatever the trade."""


@cache
def _table() -> dict[str, int]:
    raw = (resources.files("linggong.cover") / "data" / "accident-classes.csv").read_text("utf-8")
    return {row["code_prefix"]: int(row["accident_class"]) for row in csv.DictReader(raw.splitlines())}


def class_of(trade_code: str, conditions: Collection[str] = ()) -> int:
    """Return the class of a trade under the conditions of an order; the longest known beginning of its code counts."""
    parts = trade_code.split("-")
    found = USUAL
    for n in range(len(parts), 0, -1):
        known = _table().get("-".join(parts[:n]))
        if known is not None:
            found = known
            break
    return max(found, AT_HEIGHT) if "height" in conditions else found
