"""How many things wait for an office: the number in its menu, kept by the process until an event of the inbox is heard."""

from __future__ import annotations

import json
from typing import Any

from litestar.connection import ASGIConnection

from linggong.inbox import offices, queries
from linggong.kernel.db import Database
from linggong.kernel.live import CHANNEL, Hub
from rbac.principal import Principal

AnyConnection = ASGIConnection[Any, Any, Any, Any]
STATE = "inbox_waiting"
_NO_MENU = ("/api/", "/static/", "/live", "/admin", "/health", "/metrics")


class Badges:
    """The numbers by post and office. While the line to the database is lost, none is believed."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._kept: dict[tuple[str, str], int] = {}
        self._heard = 0
        hub.on(CHANNEL, self._changed)

    def _changed(self, payload: str) -> None:
        told = json.loads(payload)
        if "memo" in told.get("t", ("memo",)):
            self._kept.clear()
            self._heard += 1

    async def waiting(self, database: Database, principal: Principal) -> int:
        """Return for how many rows it is the acting office's turn."""
        key = (str(principal.acting.path), offices.office_of(principal.acting.role))
        if not key[1]:
            return 0
        if self._hub.connected.is_set() and key in self._kept:
            return self._kept[key]
        heard = self._heard
        found = await queries.waiting(database, principal)
        if heard == self._heard:
            self._kept[key] = found
        return found


async def prepare(connection: AnyConnection, principal: Principal) -> None:
    """Have the number ready for the menu of a page that a member of staff opens."""
    if principal.is_staff and not connection.scope["path"].startswith(_NO_MENU):
        badges: Badges = connection.app.state.badges
        connection.state[STATE] = await badges.waiting(connection.app.state.database, principal)
