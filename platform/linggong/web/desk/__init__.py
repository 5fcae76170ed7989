"""Pages of the desk: waiting people and open orders, quick registration and posting, one order's roll, the review queue."""

from __future__ import annotations

from typing import Any

from linggong.web.desk.home import Home
from linggong.web.desk.orders import Orders
from linggong.web.desk.people import People
from linggong.web.desk.review import Review

CONTROLLERS: list[Any] = [Home, Orders, People, Review]
