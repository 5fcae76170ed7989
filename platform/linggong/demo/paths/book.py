"""The paths by their letters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from linggong.demo.paths import dawn, old_age, safety, wages
from linggong.demo.paths.stage import Stage


@dataclass(frozen=True, slots=True)
class Path:
    """A path: what it is about, and how it is played; the play returns where everything ended."""

    title: str
    play: Callable[[Stage], Awaitable[dict[str, Any]]]


PATHS: Mapping[str, Path] = {
    "a": Path("05:10 蒜农来电，6 人收蒜；下雨停工，半天结算，14:00 前结清", dawn.path_a),
    "b": Path("饭店要 3 人，一人没来，候补顶上；班车坏了，申诉成立", dawn.path_b),
    "c": Path("八人班组：班长代领被拒，八张工资单，七个微信一个现金", wages.path_c),
    "d": Path("雇主说 20 平方质量不行：80 平方当天付，20 平方调解成 10", wages.path_d),
    "e": Path("雇主跑路，12 人没拿到钱：当天立案转监察，全市停发单", wages.path_e),
    "f": Path("67 岁没有保险肯收：双方知情放弃，后来崴了脚，走协商", old_age.path_f),
    "g": Path("十五岁的孩子来登记：不予办理，不留记录", dawn.path_g),
    "h": Path("预报 41 度：一单改到清早，一单 05:00 前因天气取消", safety.path_h),
    "i": Path("说是保洁，到场是拆墙：四人离开有补偿，单子冻结", safety.path_i),
    "j": Path("雇主拿截图说付了，零工说少了：补差额，要银行流水", wages.path_j),
}
