"""Pages of cases, injuries and incidents: the desk's, a party's own, and the public look at a receipt."""

from __future__ import annotations

from typing import Any

from linggong.web.cases.bureau import HiddenDisputes
from linggong.web.cases.desk import DeskCases
from linggong.web.cases.events import DeskIncidents
from linggong.web.cases.hurt import DeskInjuries, MyInjuries
from linggong.web.cases.mine import MyCases
from linggong.web.cases.public import CaseStatus, ReportPages
from linggong.web.cases.roster import Mediators

CONTROLLERS: list[Any] = [
    DeskCases,
    Mediators,
    DeskInjuries,
    DeskIncidents,
    MyCases,
    MyInjuries,
    CaseStatus,
    ReportPages,
    HiddenDisputes,
]
