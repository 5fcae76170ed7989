"""What a plan of the demo city is made of: workers, employers and posts to be, with their fates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from linggong.demo import posts
from linggong.demo.places import County, Desk, Village
from linggong.kernel.clock import business_date

MINUTE = timedelta(minutes=1)
NOW = "now-"
"""Keys of the showcase's posts begin so."""


@dataclass(slots=True)
class PlannedWorker:
    """A worker to be: who he is, where he registers, whether he uses the phone himself."""

    key: int
    name: str
    id_number: str
    county: County
    desk: Desk
    sector: str
    trades: list[str]
    skill: int
    pay_fen: int
    pay_unit: str
    contact: str
    phone: str
    note: str
    online: bool
    at: datetime
    busy: set[date] = field(default_factory=set)


@dataclass(slots=True)
class PlannedEmployer:
    """An employer to be."""

    key: int
    kind: str
    name: str
    number: str
    contact_name: str
    phone: str
    county: County
    desk: Desk
    village: Village
    sector: str
    online: bool
    agent: tuple[str, str] | None
    at: datetime


@dataclass(slots=True)
class Wave:
    """Some workers who apply for one post together: by themselves, or at a desk through its clerk."""

    apply: datetime
    offer: datetime | None
    confirm: datetime | None
    own: list[int] = field(default_factory=list)
    desk: list[int] = field(default_factory=list)
    leaves: dict[int, datetime] = field(default_factory=dict)

    @property
    def people(self) -> list[int]:
        """Return everybody in the wave."""
        return self.own + self.desk


@dataclass(slots=True)
class PlannedOrder:
    """A post to be, with its fate: done, empty, cancelled, returned, waiting."""

    key: str
    employer: PlannedEmployer
    county: County
    desk: Desk
    village: Village
    text: posts.PostText
    channel: str
    created: datetime
    starts: datetime
    ends: datetime
    days: int
    fate: str
    approve: datetime | None = None
    cancel: datetime | None = None
    refreshes: list[datetime] = field(default_factory=list)
    waves: list[Wave] = field(default_factory=list)
    early_roll: bool = False
    absent: set[int] = field(default_factory=set)
    nudge: tuple[float, float] = (0.0, 0.0)
    pay_after: timedelta | None = timedelta(0)
    pay_channel: Literal["cash", "wechat", "bank"] = "cash"
    denied: bool = False
    stars: tuple[int, int] | None = None

    @property
    def now(self) -> bool:
        """Tell a post of the showcase, which was laid around the moment when the demo is opened."""
        return self.key.startswith(NOW)

    @property
    def trade_code(self) -> str:
        """Return the code of the trade."""
        return posts.CODES[self.text.template.trade]

    @property
    def first_date(self) -> date:
        """Return the business day of the first shift."""
        return business_date(self.starts)

    @property
    def last_date(self) -> date | None:
        """Return the business day of the last shift of a post of several days."""
        return self.first_date + timedelta(days=self.days - 1) if self.days > 1 else None


@dataclass(slots=True)
class Plan:
    """Everything, in order of time."""

    workers: list[PlannedWorker]
    employers: list[PlannedEmployer]
    orders: list[PlannedOrder]
