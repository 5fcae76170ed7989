"""The texts of a place with their numbers filled in: a promise says what the parameter says (R099)."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from linggong.kernel.db import UnitOfWork
from linggong.kernel.money import format_yuan
from tenants import parameters, service, texts
from tenants.parameters import ParameterType
from tenants.texts import FILLED, TextView

_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)(d|h|min|s)", re.ASCII)
_SPANS: Final = {"d": "天", "h": "小时", "min": "分钟", "s": "秒"}
_CLOCK: Final = "时刻"
UNSET: Final = "（还没有定）"


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A section as it is read: its points, and where they come from."""

    text: TextView
    points: list[str]


async def shown(uow: UnitOfWork, path: str) -> list[Shown]:
    """Return the sections of a place, the numbers that hold there filled in."""
    found = await texts.at(uow, path)
    keys = sorted({key for text in found for key in FILLED.findall(text.body)} & parameters.definitions().keys())
    values = await service.resolved(uow, path, *keys)
    words = {key: value_words(key, one.raw) for key, one in values.items()}
    return [
        Shown(
            text=text,
            points=[FILLED.sub(lambda m: words.get(m[1], UNSET), line) for line in text.body.splitlines() if line],
        )
        for text in found
    ]


def value_words(key: str, raw: str | None) -> str:
    """Return a parameter's value as it stands in a sentence."""
    spec = parameters.definition(key)
    if raw is None:
        return UNSET
    if spec.type is ParameterType.DURATION:
        value = parameters.parse_duration(raw)
        if spec.unit == _CLOCK:
            minutes = int(value.total_seconds()) // 60
            return f"{minutes // 60:02}:{minutes % 60:02}"
        return _SPAN.sub(lambda m: f"{m[1]} {_SPANS[m[2]]}", parameters.format_duration(value))
    if spec.type is ParameterType.MONEY_FEN:
        return f"{format_yuan(int(raw))} 元"
    if spec.type is ParameterType.PERCENT:
        return f"{raw}%"
    if spec.type is ParameterType.BOOL:
        return "是" if raw == "true" else "否"
    if spec.type is ParameterType.LIST:
        return "、".join(str(part) for part in msgspec.json.decode(raw))
    return raw
