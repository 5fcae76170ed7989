"""Codes of the file of a place and their Chinese words; lists that differ by tenant are parameters and not here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

ELEMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "channels": "信息收集发布渠道",
        "matching": "人岗匹配方式",
        "operation": "运行模式",
        "facilities": "场地设施",
        "funding": "经费来源",
        "rights": "权益保障",
        "supervision": "监督评估",
    }
)
"""The seven elements (R019), in the order of the paper."""
PARTNERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "aixin": "爱心驿站",
        "hongse": "红色驿站",
        "shegong": "社会工作服务站",
        "wenming": "新时代文明实践站",
        "qita": "其他",
    }
)
"""With what a station may be built together (R042)."""
ROOM_USES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "hall": "服务大厅",
        "office": "办公室",
        "training": "培训室",
        "waiting": "等候休息",
        "mediation": "调解室",
        "community": "社区服务场所",
        "other": "其他",
    }
)
CHECKS: Final[Mapping[str, str]] = MappingProxyType(
    {"zone": "功能区", "function": "服务功能", "document": "上墙文件", "plate": "牌子和标语", "map": "地图标注"}
)
PLATES: Final[Mapping[str, str]] = MappingProxyType(
    {"plate": "门口名称牌", "slogan": "宣传标语", "counter": "“灵活就业服务专区（窗口）”标识"}
)
"""What hangs at the door (R024 to R026); the last one binds a counter alone."""
MAPS: Final = ("百度地图", "高德地图", "腾讯地图")
EQUIPMENT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "desk": "办公桌椅",
        "computer": "办公电脑",
        "screen": "信息发布屏",
        "seats": "休息座椅",
        "copier": "复印打印设备",
        "network": "网络和通讯",
        "convenience": "便民物品",
        "disinfection": "消毒用品",
        "extinguisher": "灭火器",
        "exit": "应急照明和疏散标志",
        "other": "其他",
    }
)
EXPIRING: Final = frozenset({"extinguisher", "disinfection"})
"""Kinds that are worth nothing without the day on which they expire (R035)."""
STAFF_KINDS: Final[Mapping[str, str]] = MappingProxyType({"full_time": "专职", "service": "服务人员"})
PROOFS: Final[Mapping[str, str]] = MappingProxyType(
    {"contract": "劳动合同", "insurance": "社保缴费证明", "agreement": "服务协议"}
)
LINES: Final[Mapping[str, str]] = MappingProxyType(
    {"station": "本站电话", "hotline": "服务热线", "complaint": "监督投诉电话"}
)
TARGETS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "market_comprehensive": "综合性零工市场",
        "market_trade": "行业性零工市场",
        "station": "零工驿站",
        "service_point": "零工服务点",
        "contact_point": "零工联络点",
        "counter": "灵活就业服务专区（窗口）",
        "model_market": "示范性零工市场",
    }
)
"""What the board counts; all but the last are kinds of nodes."""
DEPARTMENTS: Final = (
    "人社局", "民政局", "财政局", "住建局", "市场监管局", "公安局", "发改委", "城管局", "交通局", "总工会", "组织部", "宣传部",
)  # fmt: skip
"""Who sits in working groups by the papers (R016): offered while typing, nothing is refused."""
