"""Money is an integer number of fen (1 yuan = 100 fen); floats never touch it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import NewType

Fen = NewType("Fen", int)
"""An amount in fen. Only `fen`, `from_yuan` and the database mint it."""

MAX_FEN = 100_000_000_00


def fen(amount: int) -> Fen:
    """Return `amount` fen; raises ValueError beyond ±100 million yuan, which no wage reaches."""
    if isinstance(amount, bool) or not isinstance(amount, int) or abs(amount) > MAX_FEN:
        raise ValueError(f"not an amount in fen: {amount!r}")
    return Fen(amount)


def from_yuan(text: str) -> Fen:
    """Parse yuan as a person types it ('260', '260.5', '1,260.50', '260元'); raises ValueError beyond 2 decimals."""
    cleaned = text.strip().replace(",", "").replace("，", "").removesuffix("元").removeprefix("¥").strip()
    try:
        value = Decimal(cleaned)
        # Quantizing is refused too, for more digits than the context holds.
        whole_fen = value.is_finite() and value == value.quantize(Decimal("0.01"))
    except InvalidOperation:
        raise ValueError("not an amount in yuan") from None
    if not whole_fen:
        raise ValueError("not an amount in yuan")
    return fen(int(value * 100))


def format_yuan(amount: int) -> str:
    """Write fen as yuan without needless decimals: 26000 -> '260', 26050 -> '260.50'."""
    sign, whole, rest = "-" if amount < 0 else "", *divmod(abs(amount), 100)
    return f"{sign}{whole}" if rest == 0 else f"{sign}{whole}.{rest:02d}"


def yuan(amount: int) -> str:
    """Write an amount of fen in yuan as people read it, by thousands: 26000 -> '260', 26050 -> '260.50', 1234500 -> '12,345'.

    Whole yuan carry no decimals because day pay is read aloud; a broken amount always carries two.
    Raises TypeError for anything but an int: a float has already lost the money.
    """
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise TypeError("money is integer fen")
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), 100)
    return f"{sign}{whole:,}" if rest == 0 else f"{sign}{whole:,}.{rest:02d}"


def share(amount: int, numerator: int, denominator: int) -> Fen:
    """Return amount * numerator / denominator rounded half up to whole fen (pay rules round for the worker at .5)."""
    return fen(int((Decimal(amount) * numerator / denominator).quantize(Decimal(1), ROUND_HALF_UP)))
