"""Pages of the hall: the queue at the desk, the kiosk, the wall screen, the share pack."""

from __future__ import annotations

from typing import Any

from linggong.web.hall.numbers import Numbers

CONTROLLERS: list[Any] = [Numbers]
