"""The columns of the table of posts (docs/importing.md): which field each fills and how a cell is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from linggong.kernel import sheets
from linggong.kernel.money import from_yuan
from linggong.kernel.sheets import Cell
from linggong.market.codes import (
    JOB_FORM_LABELS,
    LEGAL_FORM_LABELS,
    PAY_CHANNEL_LABELS,
    PAY_UNIT_LABELS,
    SETTLEMENT_LABELS,
)

EMPLOYER = "用工主体证号"
START_DAY, START, END = "开工日期", "开工时间", "收工时间"


def _reverse(labels: Mapping[Any, str]) -> dict[str, Any]:
    return {label: value for value, label in labels.items()} | {str(value): value for value in labels}


def _choice(labels: Mapping[Any, str]) -> Callable[[Cell], Any]:
    options = _reverse(labels)

    def read(cell: Cell) -> Any:
        if cell not in options:
            raise LookupError("、".join(labels.values()))
        return options[str(cell)]

    return read


def _yes(cell: Cell) -> bool:
    options = {"是": True, "否": False, "1": True, "0": False, "True": True, "False": False}
    if str(cell) not in options:
        raise LookupError("是、否")
    return options[str(cell)]


def _yuan(cell: Cell) -> int:
    return from_yuan(sheets.text(cell) if not isinstance(cell, float) else repr(cell))


def _hours(cell: Cell) -> int:
    return round(sheets.number(cell) * 60)


# heading -> (field of the form, how a cell is read, what to write instead)
COLUMNS: dict[str, tuple[str, Callable[[Cell], Any], str]] = {
    "标题": ("title", sheets.text, "请用文字写干什么活"),
    "工种代码": ("trade_code", sheets.text, "请填工种代码，例如 6-29-99-00；不填按标题自动认"),
    "人数": ("headcount", sheets.whole, "请填整数，例如 6"),
    "最少开工人数": ("min_crew", sheets.whole, "请填整数，例如 1"),
    "地址": ("place", sheets.text, "请写干活的地址"),
    "村社区代码": ("division_code", sheets.text, "请填12位代码，并把这一列设成文本"),
    "纬度": ("latitude", sheets.number, "请填数字，例如 34.7914"),
    "经度": ("longitude", sheets.number, "请填数字，例如 114.3102"),
    START_DAY: ("", sheets.day, "请写日期，例如 2026-03-11"),
    START: ("", sheets.clock_time, "请写时间，例如 07:30"),
    END: ("", sheets.clock_time, "请写时间，例如 17:30"),
    "最后一天": ("last_date", sheets.day, "请写日期，例如 2026-03-15"),
    "休息分钟": ("meal_minutes", sheets.whole, "请填整数，例如 60"),
    "工钱（元）": ("pay_fen", _yuan, "请填元，最多两位小数，例如 200 或 18.5"),
    "计价单位": ("pay_unit", _choice(PAY_UNIT_LABELS), ""),
    "一工小时数": ("minutes_per_gong", _hours, "请填小时数，例如 8"),
    "每天件数": ("pieces_per_day", sheets.whole, "请填整数，例如 300"),
    "件的名称": ("piece_name", sheets.text, "请写件、斤、亩等"),
    "结算方式": ("settlement", _choice(SETTLEMENT_LABELS), ""),
    "零工可选日结": ("choice_of_settlement", _yes, ""),
    "支付方式": ("pay_channel", _choice(PAY_CHANNEL_LABELS), ""),
    "用工形式": ("job_form", _choice(JOB_FORM_LABELS), ""),
    "用工关系": ("legal_form", _choice(LEGAL_FORM_LABELS), ""),
    "联系人": ("contact_name", sheets.text, "请用文字写"),
    "联系电话": ("contact_phone", sheets.text, "请填11位手机号，或带区号的座机"),
    "吃饭": ("meals", sheets.text, "请用文字写"),
    "接送": ("ride", sheets.text, "请用文字写"),
    "工具": ("tools", sheets.text, "请用文字写"),
    "下雨怎么办": ("rain_rule", sheets.text, "请用文字写"),
    "说明": ("description", sheets.text, "请用文字写"),
    EMPLOYER: ("", lambda cell: cell, ""),
}
REQUIRED = (
    "标题", "人数", "地址", "村社区代码", START_DAY, START, END, "工钱（元）", "计价单位", "结算方式", "支付方式",
    "用工形式", "用工关系", "联系人", "联系电话", EMPLOYER,
)  # fmt: skip
HEADING_OF = {name: heading for heading, (name, _, _) in COLUMNS.items() if name} | {
    "starts_at": START, "ends_at": END,
}  # fmt: skip
