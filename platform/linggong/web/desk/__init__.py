"""Pages of the desk: match, register, post, an order's roll, review, people, employers, tables brought in."""

from __future__ import annotations

from typing import Any

from linggong.web.desk.calls import Calls
from linggong.web.desk.card import PrintedCard
from linggong.web.desk.changes import DeskChanges
from linggong.web.desk.credit import CreditDesk
from linggong.web.desk.day import Day, Van
from linggong.web.desk.dispatch import Dispatch
from linggong.web.desk.employers import Employers
from linggong.web.desk.gaps import Gaps
from linggong.web.desk.helping import Helping
from linggong.web.desk.home import Home, Landing
from linggong.web.desk.importing import Importing
from linggong.web.desk.moves import Moves
from linggong.web.desk.offline import Offline, Worker
from linggong.web.desk.orders import Orders
from linggong.web.desk.people import People
from linggong.web.desk.person import EmployerPages, PersonPages
from linggong.web.desk.posting import Posting
from linggong.web.desk.priority import Priority
from linggong.web.desk.register import Register
from linggong.web.desk.review import Review
from linggong.web.desk.switching import Switching
from linggong.web.desk.wages import DeskWages

CONTROLLERS: list[Any] = [
    Landing,
    Home,
    Calls,
    Helping,
    CreditDesk,
    Day,
    Van,
    Register,
    Offline,
    Worker,
    Posting,
    Orders,
    Dispatch,
    Gaps,
    Moves,
    DeskChanges,
    Review,
    People,
    PersonPages,
    Priority,
    PrintedCard,
    Employers,
    EmployerPages,
    Importing,
    Switching,
    DeskWages,
]
