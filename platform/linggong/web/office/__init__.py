"""Pages of those who appoint: staff, their posts, operators and contracts; every change is previewed before it is made."""

from __future__ import annotations

from typing import Any

from linggong.web.office.invitation import InvitationDoor
from linggong.web.office.operators import ContractPages, OperatorPages
from linggong.web.office.outside import OutsidePages
from linggong.web.office.posts import PostPages
from linggong.web.office.staff import StaffPages

CONTROLLERS: list[Any] = [StaffPages, PostPages, OperatorPages, ContractPages, InvitationDoor, OutsidePages]
