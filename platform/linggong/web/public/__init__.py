"""What anybody may read: where the places are, the rules and promises, the figures; and where staff write and publish them."""

from typing import Any

from linggong.web.public import benefits, figures, publishing, rules, stations, wage_levels

CONTROLLERS: list[Any] = [
    *stations.CONTROLLERS,
    *rules.CONTROLLERS,
    *figures.CONTROLLERS,
    *wage_levels.CONTROLLERS,
    *publishing.CONTROLLERS,
    *benefits.CONTROLLERS,
]
