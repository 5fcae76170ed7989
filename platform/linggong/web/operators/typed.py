"""Reading the forms of these pages: yuan as typed, days, lines of text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from linggong.kernel.money import from_yuan
from linggong.web import evidence
from tenants.evidence import Photo

Values = dict[str, Any]


def fen(values: Values, name: str) -> int:
    """Return yuan as fen; 0 for what is no amount, which the service refuses with words of its own."""
    return yuan(str(values.get(name) or ""))


def yuan(text: str) -> int:
    """Return one amount as fen; 0 for what is none."""
    try:
        return int(from_yuan(text))
    except ValueError:
        return 0


def many(values: Values, name: str) -> list[str]:
    """Return every line typed under one name, the empty ones too."""
    found = values.get(name, [])
    return [str(one) for one in (found if isinstance(found, list) else [found])]


def filled_lines(values: Values, name: str) -> list[str]:
    """Return the lines of a text area or of several fields, without the empty ones."""
    return [line.strip() for one in many(values, name) for line in one.splitlines() if line.strip()]


def given(values: Values, *names: str) -> Values:
    """Return what was typed into these fields, without the empty ones."""
    return {name: str(values[name]) for name in names if str(values.get(name) or "").strip()}


def ticked(values: Values, names: Iterable[str]) -> Values:
    """Return ticks as yes and no."""
    return {name: bool(values.get(name)) for name in names}


async def photos(values: Values) -> list[Photo]:
    """Return the photo of a form, in a list of one or none."""
    found = await evidence.read(values)
    return [] if found is None else [found]
