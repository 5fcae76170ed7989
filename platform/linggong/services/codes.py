"""The words of services: kinds, states, channels."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

ITEM_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "register": "登记", "subsidy": "补贴", "social": "社保", "rights": "维权调解", "consult": "咨询", "training": "培训见习",
        "place": "场地工具", "other": "其他",
    }
)  # fmt: skip
UNITS: Final[Mapping[str, str]] = MappingProxyType({"hour": "个工作小时", "day": "个工作日"})
STATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "open": "在办",
        "waiting": "等他补材料",
        "referred": "外单位在办",
        "done": "办结",
        "withdrawn": "本人撤回",
        "case": "登记成纠纷件",
    }
)
OPEN_STATES: Final = ("open", "waiting", "referred")
CHANNELS: Final[Mapping[str, str]] = MappingProxyType({"desk": "窗口", "phone": "电话", "visit": "上门", "web": "网上"})
NOTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "taken": "受理", "told": "一次性告知", "told_again": "又一次要材料", "brought": "材料交齐", "hand_over": "交接",
        "referred": "转外单位", "answered": "外单位回复", "note": "备注", "ended": "办结", "withdrawn": "撤回",
    }
)  # fmt: skip
BREACHES: Final[Mapping[str, str]] = MappingProxyType({"late": "超过时限", "told_twice": "没有一次性告知"})

HELP_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {"guidance": "职业指导", "startup": "创业服务", "hardship": "困难援助"}
)
STAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "consult": "创业咨询", "training": "创业培训", "project": "项目推介", "opening": "开业指导", "loan": "担保贷款",
        "subsidy": "成功创业并享受补贴",
    }
)  # fmt: skip
"""The stages of R107, in the order in which they usually come; one may be left out."""
HELP_NOTES: Final[Mapping[str, str]] = MappingProxyType(
    {"plan": "定计划", "talk": "谈话", "step": "做了一步", "stage": "进到", "end": "了结"}
)
OUTCOMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "placed": "有活干了",
        "learned": "学了手艺",
        "opened": "开业了",
        "settled": "问题解决了",
        "left": "本人不要了",
        "moved": "转出本地",
    }
)

COURSE_MODES: Final[Mapping[str, str]] = MappingProxyType({"offline": "线下", "online": "线上"})
COURSE_NEEDS: Final[Mapping[str, str]] = MappingProxyType(
    {"urgent": "急需紧缺", "new": "新职业", "startup": "创业培训", "internship": "就业见习", "common": "一般技能"}
)
ENROLMENT_STATES: Final[Mapping[str, str]] = MappingProxyType(
    {"enrolled": "已报名", "finished": "结业", "failed": "没有结业", "left": "退出"}
)
SUBSIDY_STATES: Final[Mapping[str, str]] = MappingProxyType(
    {"none": "没有申请", "asked": "已申请", "granted": "批了", "paid": "到账", "refused": "没批"}
)
SUBSIDY_STEPS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"none": ("asked",), "asked": ("granted", "refused"), "granted": ("paid",), "refused": ("asked",), "paid": ()}
)

THINGS: Final[Mapping[str, str]] = MappingProxyType({"tool": "工具", "room": "场地", "locker": "寄存柜"})
USES: Final[Mapping[str, str]] = MappingProxyType({"tool": "借工具", "room": "用场地", "locker": "存东西"})
CONDITIONS: Final[Mapping[str, str]] = MappingProxyType(
    {"good": "完好", "worn": "有磨损", "broken": "坏了", "lost": "丢了"}
)

DIMENSIONS: Final[Mapping[str, str]] = MappingProxyType(
    {"upkeep": "场地维护", "service": "服务质量", "sides": "双方表现", "mediation": "纠纷调解", "guidance": "政策引导"}
)
"""The five of R102."""
RATED_BY: Final[Mapping[str, str]] = MappingProxyType({"qr": "扫码", "keypad": "按键", "paper": "纸质"})
