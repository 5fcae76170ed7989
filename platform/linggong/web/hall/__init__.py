"""Pages of the hall: the queue at the desk, the kiosk, the wall screen, the share pack."""

from __future__ import annotations

from typing import Any

from linggong.web.hall.kiosk import Kiosk
from linggong.web.hall.numbers import Numbers
from linggong.web.hall.own import OwnNumber
from linggong.web.hall.screen_list import ScreenList
from linggong.web.hall.share import Share
from linggong.web.hall.walls import Walls

CONTROLLERS: list[Any] = [Numbers, OwnNumber, ScreenList, Kiosk, Walls, Share]
