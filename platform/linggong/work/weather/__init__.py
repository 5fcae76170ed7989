"""Weather and the work outside (ruling 17): alerts, what the rules say of each order, and a source that may be attached."""

from __future__ import annotations

from linggong.work.weather.source import HttpSource as HttpSource
from linggong.work.weather.source import Report as Report
from linggong.work.weather.source import Source as Source
