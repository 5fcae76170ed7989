"""Pages of an employer: the day, a new order, one order with its people."""

from __future__ import annotations

from typing import Any

from linggong.web.employer.agency import AgencyPage
from linggong.web.employer.changes import EmployerChanges
from linggong.web.employer.data import EmployerData
from linggong.web.employer.home import EmployerHome
from linggong.web.employer.order import EmployerOrder
from linggong.web.employer.people import EmployerPeople, OrderRatings, OrderReceipt
from linggong.web.employer.wages import EmployerWages
from linggong.web.employer.wechat import EmployerWechat

CONTROLLERS: list[Any] = [
    EmployerHome,
    AgencyPage,
    EmployerOrder,
    EmployerChanges,
    EmployerWages,
    EmployerWechat,
    EmployerData,
    EmployerPeople,
    OrderRatings,
    OrderReceipt,
]
