"""Pages of the site: one shift with everything that may be said of it now, and the weather."""

from __future__ import annotations

from typing import Any

from linggong.web.site.shift import ShiftPages
from linggong.web.site.weather import CoolHours, WeatherPages

CONTROLLERS: list[Any] = [ShiftPages, WeatherPages, CoolHours]
