"""What a figure of the overview counts: the one definition from which both the number and the records behind it are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa

from linggong.kernel import clock
from linggong.market.models import Order
from linggong.measures import subject
from linggong.measures.sites import SITES
from linggong.people.models import Employer, Person, ServiceLink, Worker
from linggong.wages.models import Bill
from linggong.work.models import Assignment
from rbac.permissions import Permission
from tenants.models import Node

ARRIVED, HELD = subject.ARRIVED, subject.HELD


@dataclass(frozen=True, slots=True)
class Window:
    """The business days that are looked at, and now."""

    first: date
    last: date
    now: datetime

    @property
    def falls_due(self) -> Any:
        """Bills due in the window; a deadline at 24:00 belongs to the day that it ends: 日结 of the day is due in the day."""
        start, end = clock.day_bounds(self.first)[0], clock.day_bounds(self.last)[1]
        return sa.and_(Bill.due_at > start, Bill.due_at <= end)


def open_posts(window: Window) -> Any:
    """Orders that take people, until half an hour after their start."""
    listed = sa.and_(Order.state.in_(("O_OPEN", "O_LOCKED")), Order.confirmed < Order.headcount, Order.hiring)
    return sa.and_(listed, Order.starts_at > window.now - timedelta(minutes=30))


def posts(window: Window) -> Any:
    """Published orders whose work begins in the window."""
    return sa.and_(Order.published_at.is_not(None), Order.work_date.between(window.first, window.last))


def shifts_held(window: Window) -> Any:
    """Assignments of the window."""
    return Assignment.work_date.between(window.first, window.last)


def overdue(window: Window) -> Any:
    """Bills unpaid past their due time, now."""
    return sa.and_(Bill.state.in_(("OPEN", "CLAIMED")), Bill.due_at < window.now)


def open_sites(window: Window) -> Any:
    """Sites that are open."""
    return sa.and_(Node.kind.in_(SITES), Node.status == "open")


def place_key(column: Any, depth: int) -> Any:
    """Return the path of the place `depth` segments deep in which a row lies, as SQL."""
    text: Any = sa.literal("/")
    for n in range(2, depth + 2):
        text = text + sa.func.split_part(column, "/", n) + "/"
    return text


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, the model of its records, and which of them it counts. `linked`: places are those of the service links.

    `read` is what one must hold to see the records; `since` the column by which the oldest is told.
    """

    label: str
    model: type[Any]
    counts: Any
    linked: bool = False
    read: Permission = Permission.ORDER_READ
    since: Any = None

    @property
    def place(self) -> Any:
        """The column of the place in which a record counts."""
        if self.linked:
            return ServiceLink.tenant
        return Node.path if self.model is Node else self.model.tenant


FIGURES: Final[Mapping[str, Figure]] = MappingProxyType(
    {
        "open_posts": Figure("在招岗位", Order, open_posts),
        "posts": Figure("发布的用工单", Order, posts),
        "overdue": Figure("逾期的工资单", Bill, overdue, read=Permission.BILL_READ, since=Bill.due_at),
        "workers": Figure("登记零工", Person, lambda w: _works(), linked=True, read=Permission.PERSON_READ),
        "employers": Figure("用工主体", Employer, lambda w: sa.true(), linked=True, read=Permission.EMPLOYER_READ),
    }
)


MEASURED: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "confirmed": ("定下的派工", "M03", "confirmed"),
        "arrived": ("到岗", "M04", "arrived"),
        "completed": ("完工", "M07", "completed"),
        "bills_due": ("到期的工资单", "M12", "bills.due"),
        "bills_on_time": ("按时付清的工资单", "M12", "bills.confirmed"),
    }
)
"""Figures that are parts of measures: their words, the measure, and the component whose records they are."""


def _works() -> Any:
    """People who look for work: whoever is registered to act for an employer alone is none of them."""
    return sa.exists().where(Worker.person_id == Person.id)


def linked_below(column: Any, within: Any) -> Any:
    """Tell whether somebody is registered at a place that `within` allows."""
    return sa.exists().where(ServiceLink.subject_id == column, ServiceLink.kind == "registered", within)
