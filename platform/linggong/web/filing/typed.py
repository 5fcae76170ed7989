"""What is typed into the forms of a place's file, read with every fault at once: those of the typing and those of the rules."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from linggong.kernel import clock
from linggong.kernel.errors import Fault, Invalid
from tenants import evidence


@dataclass(slots=True)
class Typed:
    """Values of a form, and what could not be read of them."""

    values: Mapping[str, Any]
    faults: list[Fault] = field(default_factory=list)

    def text(self, name: str) -> str:
        """Return a text."""
        return str(self.values.get(name) or "").strip()

    def many(self, name: str) -> list[str]:
        """Return the ticked ones of a field."""
        found = self.values.get(name)
        return [str(one) for one in (found if isinstance(found, list) else [found] if found else [])]

    def day(self, name: str, *, missing: date | None = None) -> date | None:
        """Return a day; `missing` where nothing was typed."""
        raw = self.text(name)
        if not raw:
            return missing
        try:
            return date.fromisoformat(raw)
        except ValueError:
            self.faults.append(Fault(name, "日期请写成 2026-01-31 这样。", "date"))
            return missing

    def needed(self, name: str, what: str) -> date:
        """Return a day that must be there."""
        found = self.day(name)
        if found is None and not any(fault.field == name for fault in self.faults):
            self.faults.append(Fault(name, f"请填{what}。", "required"))
        return found or date.min

    def moment(self, name: str) -> datetime:
        """Return a moment of the market's time that must be there."""
        found = evidence.said(self.text(name))
        if found is None:
            self.faults.append(Fault(name, "请写日期和时刻。", "required"))
        return found or clock.now()

    def whole(self, name: str, *, missing: int | None = None) -> int | None:
        """Return a whole number; `missing` where nothing was typed."""
        raw = self.text(name)
        if not raw:
            return missing
        if raw.isdecimal() and len(raw) < 10:
            return int(raw)
        self.faults.append(Fault(name, "请填整数。", "number"))
        return missing

    def decimal(self, name: str) -> Decimal:
        """Return a number; one that cannot be read is not finite, which the rules refuse."""
        try:
            return Decimal(self.text(name))
        except InvalidOperation:
            return Decimal("NaN")

    def degrees(self, name: str) -> float:
        """Return degrees; what cannot be read lies nowhere."""
        try:
            return float(self.text(name))
        except ValueError:
            return -1.0

    def minute(self, name: str) -> int:
        """Return the minute of the day of a time like 04:30; -1 for what cannot be read."""
        hour, colon, minute = self.text(name).replace("：", ":").partition(":")
        if colon and hour.isdecimal() and minute[:2].isdecimal() and int(minute[:2]) < 60:
            return int(hour) * 60 + int(minute[:2])
        return -1

    @asynccontextmanager
    async def checked(self) -> AsyncIterator[None]:
        """Run a verb with what was read: its faults come together with those of the typing. Raises Invalid."""
        known = {fault.field for fault in self.faults}
        try:
            yield
        except Invalid as invalid:
            raise Invalid([*self.faults, *(f for f in invalid.faults if f.field not in known)]) from None
        if self.faults:
            raise Invalid(self.faults)
