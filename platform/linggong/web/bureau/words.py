"""Parameters in words: stored fen, codes and lists as a reader writes them, and as the form takes them back."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from linggong.kernel.money import format_yuan
from tenants.views import ResolvedView

_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)(d|h|min|s)", re.ASCII)
_SPANS: Final = {"d": "天", "h": "小时", "min": "分钟", "s": "秒"}


def _value(row: ResolvedView) -> tuple[str, str]:
    raw = row.value or ""
    if row.type == "money_fen":
        return format_yuan(int(raw)), row.unit.replace("分", "元", 1)
    if row.type == "bool":
        return ("是" if raw == "true" else "否"), row.unit
    if row.type == "list":
        parts = [str(part) for part in msgspec.json.decode(raw)]
        return "；".join(parts) or "空", ""
    if row.type == "duration" and _SPAN.fullmatch(raw):
        return _SPAN.sub(lambda m: f"{m[1]} {_SPANS[m[2]]}", raw), row.unit
    return raw, "" if row.type == "text" else row.unit


def line(row: ResolvedView) -> dict[str, Any]:
    """Return a parameter as bureau/parameters.html shows it. Money is typed with its 元, so that nobody takes fen for yuan."""
    value, unit = ("未定", "") if row.value is None else _value(row)
    typed = row.value or ""
    if row.type == "money_fen" and row.value is not None:
        typed = f"{format_yuan(int(row.value)).replace(',', '')}元"
    return {
        "key": row.key,
        "title": row.title,
        "value": value,
        "unit": unit,
        "typed": typed,
        "pattern": row.unit if row.type in ("list", "text") else "",
        "source": row.source,
        "set_at_name": row.set_at_name,
        "is_own": row.is_own,
    }
