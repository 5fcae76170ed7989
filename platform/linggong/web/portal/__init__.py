"""Pages of the public and of workers: the board, an order, my jobs, my wages, signing in, registering."""

from __future__ import annotations

from typing import Any

from linggong.web.portal.account import Account
from linggong.web.portal.board import BoardPages
from linggong.web.portal.changes import CrewPages, WorkerChanges
from linggong.web.portal.credit import CreditPages, Excellent
from linggong.web.portal.here import WhereAmI
from linggong.web.portal.mine import Mine
from linggong.web.portal.near import Near
from linggong.web.portal.order import OrderPage
from linggong.web.portal.own import Own
from linggong.web.portal.privacy import Privacy
from linggong.web.portal.safety import Safety
from linggong.web.portal.searches import Searches
from linggong.web.portal.slip import Slip
from linggong.web.portal.spoken import Spoken
from linggong.web.portal.staff_door import StaffDoor
from linggong.web.portal.told import Told
from linggong.web.portal.wechat import MyWechat

CONTROLLERS: list[Any] = [
    BoardPages,
    WhereAmI,
    Near,
    OrderPage,
    Spoken,
    Mine,
    Account,
    Privacy,
    Safety,
    StaffDoor,
    Told,
    MyWechat,
    Own,
    Searches,
    Slip,
    CreditPages,
    Excellent,
    WorkerChanges,
    CrewPages,
]
