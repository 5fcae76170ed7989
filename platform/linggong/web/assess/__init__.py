"""Pages of the assessment: years and their sheets, cards, the log of upkeep, model markets (R122 to R130, R134)."""

from __future__ import annotations

from typing import Any

from linggong.web.assess.cards import Cards
from linggong.web.assess.log import Log
from linggong.web.assess.recognitions import Recognitions
from linggong.web.assess.years import Years

CONTROLLERS: list[Any] = [Years, Cards, Log, Recognitions]
