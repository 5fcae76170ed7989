"""What matching knows of people and of orders: plain structs, no database, no clock. Unknown is None, never a guess."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

Span = tuple[datetime, datetime]


class Seeker(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may take work, as far as the acting post may know him."""

    id: UUID
    name: str
    """As the desk calls him: in full for whoever came to this post today, 李** for everybody else."""
    age: int
    sex: str
    trades: tuple[str, ...] = ()
    """What he wants today, else what he registered; occupation codes, the first is the main one."""
    skill: int = 0
    latitude: float | None = None
    longitude: float | None = None
    """Where he waits: the point of the station that serves him."""
    radius_km: float = 10
    transport: str = "none"
    weekdays: tuple[int, ...] = ()
    """ISO weekdays on which he works; empty for any day."""
    wish_fen: int | None = None
    """What he wants for a day."""
    certificates: tuple[str, ...] = ()
    done: int = 0
    """Shifts that he finished, as far as this post sees them."""
    failed: int = 0
    """No-shows of the same."""
    stars: float | None = None
    idle_days: int | None = None
    """Days since he last worked; of whoever never did, since he registered."""
    active: bool = True
    verified: bool = True
    level: int = 0
    """The credit level in force: 2 bars work of the same day, 3 all of it."""
    busy: tuple[Span, ...] = ()
    """Shifts that he holds."""
    asked: frozenset[UUID] = frozenset()
    """Orders in which he takes part, or that he has declined."""
    tier: int = 0
    """Priority of hardship workers (R052, R066), 0 to 3. For the order of a station's proposals alone."""
    crew_id: UUID | None = None
    came: datetime | None = None
    """Since when he waits at this post today; None for whoever is not here."""


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """An order with places left."""

    id: UUID
    title: str
    trade: str
    employer_id: UUID
    employer_name: str = ""
    tenant: str = "/"
    place: str = ""
    latitude: float | None = None
    longitude: float | None = None
    ride: bool = False
    """The employer fetches the workers, or pays the way."""
    shifts: tuple[Span, ...]
    work_date: date
    published_at: datetime
    day_fen: int | None = None
    """The pay of a day as people compare posts."""
    places: int
    reserved: int = 0
    """Of these, places that wait for whoever has priority."""
    min_skill: int = 0
    min_age: int | None = None
    max_age: int | None = None
    sex: str | None = None
    """Where a lawful limit names one."""
    conditions: tuple[str, ...] = ()
    insurable: tuple[tuple[int, int], ...] | None = None
    """Ages that some product on offer takes for this work; None where nobody needs cover."""
    crew_allowed: bool = False


class Past(NamedTuple):
    """What a worker and an employer know of each other."""

    days: int
    by_employer: float | None
    """The mean of the stars that the employer gave him."""
    by_worker: float | None
    """The mean of those that he gave."""


Pasts = dict[tuple[UUID, UUID], Past]
"""By (worker, employer)."""
