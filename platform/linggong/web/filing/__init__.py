"""Pages of the file of a place: kept by whoever runs it, read by the offices above (R019 to R042, R099 to R101)."""

from __future__ import annotations

from typing import Any

from linggong.web.filing import gatherings, hours, people, site, wall, whole

CONTROLLERS: list[Any] = [
    whole.Files,
    site.SitePages,
    people.PeoplePages,
    wall.WallPages,
    hours.HoursPages,
    gatherings.GatheringPages,
]
