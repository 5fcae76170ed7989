"""The paths by their letters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from linggong.demo.paths import dawn
from linggong.demo.paths.stage import Stage


@dataclass(frozen=True, slots=True)
class Path:
    """A path: what it is about, and how it is played; the play returns where everything ended."""

    title: str
    play: Callable[[Stage], Awaitable[dict[str, Any]]]


PATHS: Mapping[str, Path] = {
    "a": Path("05:10 蒜农来电，6 人收蒜；下雨停工，半天结算，14:00 前结清", dawn.path_a),
    "b": Path("饭店要 3 人，一人没来，候补顶上；班车坏了，申诉成立", dawn.path_b),
    "g": Path("十五岁的孩子来登记：不予办理，不留记录", dawn.path_g),
}
