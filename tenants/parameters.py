"""Registry of parameters and their inheritance down the tree.

A number from a policy paper is a parameter of a place with a type, unit, default and source, never a literal
in code. A value set at a node holds for all below it until a lower node sets its own. This module is pure: it
knows the definitions (parameter_definitions.csv), reads and writes values, and resolves them against
overrides that the caller brings.

Value types in Python: int, bool, text `str`, decimal and percent `Decimal` (30 means 30 %), duration
`timedelta` (a time of day is a duration counted from midnight, so 24:00 can be said), money `int` fen, list
`tuple[str, ...]`.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from linggong.kernel.paths import ancestors, tenant_path

Value = int | bool | str | Decimal | timedelta | tuple[str, ...]

_MAX_RAW = 4000
_ITEM_LIMIT = 100


class BadParameter(ValueError):
    """A key or a value that cannot be used. The message is Chinese and says what to do."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key
        self.message = message


class ParameterType(StrEnum):
    """How the stored text of a parameter is read."""

    INT = "int"
    DECIMAL = "decimal"
    BOOL = "bool"
    TEXT = "text"
    DURATION = "duration"
    PERCENT = "percent"
    MONEY_FEN = "money_fen"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class ParameterDefinition:
    """One parameter: what it is, what it may be, what it is when nobody sets it, and where that is written.

    `default`, `minimum` and `maximum` are stored text as `parse` reads it; a default of None means that the
    tenant must decide (a figure of one county's contract must not become another's by inheritance).
    """

    key: str
    type: ParameterType
    unit: str
    default: str | None
    minimum: str | None
    maximum: str | None
    title: str
    source: str

    @property
    def is_law(self) -> bool:
        """True when the default or a limit comes from a law and should not be loosened."""
        return "[law]" in self.source


@dataclass(frozen=True, slots=True)
class Resolved:
    """A parameter's value at a place, with where it came from.

    `source_path` is the node that set it, None for the default of the registry. `value` is None when nobody
    has set it and it has no default.
    """

    key: str
    value: Value | None
    raw: str | None
    source_path: str | None


@cache
def definitions() -> Mapping[str, ParameterDefinition]:
    """All definitions by key, in the order of the file."""
    text = files("tenants").joinpath("parameter_definitions.csv").read_text(encoding="utf-8")
    out: dict[str, ParameterDefinition] = {}
    for row in csv.DictReader(text.splitlines(), strict=True):
        key = row["key"]
        if key in out:
            raise ValueError(f"parameter {key} is defined twice")
        out[key] = ParameterDefinition(
            key=key,
            type=ParameterType(row["type"]),
            unit=row["unit"],
            default=row["default"] or None,
            minimum=row["min"] or None,
            maximum=row["max"] or None,
            title=row["title"],
            source=row["source"],
        )
    return MappingProxyType(out)


def definition(key: str) -> ParameterDefinition:
    """The definition of a key; BadParameter when there is none."""
    found = definitions().get(key)
    if found is None:
        raise BadParameter(key, f"没有参数“{key[:60]}”，请从参数表中选择。")
    return found


def parse(key: str, raw: str) -> Value:
    """Read a typed or stored text into the key's type and hold it against min and max.

    Raises BadParameter with a message that says what to type instead.
    """
    spec = definition(key)
    value = _read(spec, raw)
    _check_limits(spec, value)
    return value


def encode(key: str, value: Value) -> str:
    """The canonical text of a value, which `parse` reads back to an equal value."""
    spec = definition(key)
    text = _write(spec, value)
    _check_limits(spec, _read(spec, text))
    return text


@cache
def default(key: str) -> Value | None:
    """The registry's default, None where the tenant must decide."""
    spec = definition(key)
    return None if spec.default is None else parse(key, spec.default)


def resolve(key: str, path: str, overrides: Mapping[str, Mapping[str, str]]) -> Resolved:
    """The value of `key` at the node `path`: the nearest override at it or above it, else the default.

    `overrides` maps a node's path to the raw values set there. Raises BadParameter for an unknown key or a
    stored value that no longer parses, ValueError for a malformed path.
    """
    spec = definition(key)
    for node in reversed(ancestors(tenant_path(path))):
        raw = overrides.get(node, {}).get(key)
        if raw is not None:
            return Resolved(key, parse(key, raw), raw, node)
    return Resolved(key, default(key), spec.default, None)


def parse_duration(text: str) -> timedelta:
    """Read `90s`, `30min`, `2h`, `7d`, sums like `1h30min`, Chinese units, or a time of day `21:00`.

    Raises ValueError without a user's message; `parse` adds one.
    """
    compact = text.strip().lower().replace(" ", "")
    clock = re.fullmatch(r"(\d{1,2})[:：](\d{2})", compact, re.ASCII)
    if clock:
        hours, minutes = int(clock[1]), int(clock[2])
        if minutes > 59 or hours * 60 + minutes > 24 * 60:
            raise ValueError("no such time of day")
        return timedelta(hours=hours, minutes=minutes)
    if not re.fullmatch(rf"(?:\d{{1,8}}(?:{_UNITS})){{1,4}}", compact, re.ASCII):
        raise ValueError("not a duration")
    parts = re.findall(rf"(\d+)({_UNITS})", compact, re.ASCII)
    return timedelta(seconds=sum(int(number) * _SECONDS[unit] for number, unit in parts))


def format_duration(value: timedelta) -> str:
    """The shortest exact text, `36h` rather than `1d12h`, so that 24 h stays 24 h to a reader."""
    seconds = value // timedelta(seconds=1)
    if value < timedelta(0) or timedelta(seconds=seconds) != value:
        raise ValueError("a duration is a whole number of seconds, zero or more")
    if seconds and seconds % 86400 == 0 and seconds > 3 * 86400:
        return f"{seconds // 86400}d"
    if seconds and seconds % 3600 == 0:
        return f"{seconds // 3600}h"
    if seconds and seconds % 60 == 0:
        return f"{seconds // 60}min"
    return f"{seconds}s"


_SECONDS = {
    **dict.fromkeys(("s", "秒"), 1),
    **dict.fromkeys(("min", "m", "分钟", "分"), 60),
    **dict.fromkeys(("h", "小时", "时"), 3600),
    **dict.fromkeys(("d", "天", "日"), 86400),
}
_UNITS = "|".join(sorted(_SECONDS, key=len, reverse=True))

_TRUE = frozenset({"true", "1", "是", "yes", "开"})
_FALSE = frozenset({"false", "0", "否", "no", "关"})


def _read(spec: ParameterDefinition, raw: str) -> Value:
    text = raw.strip()
    if not text:
        raise BadParameter(spec.key, f"“{spec.title}”还没有填，请填写。")
    if len(text) > _MAX_RAW:
        raise BadParameter(spec.key, f"“{spec.title}”太长，请缩短。")
    if any(ord(char) < 32 for char in text):
        raise BadParameter(spec.key, f"“{spec.title}”里有看不见的字符，请重新输入。")
    match spec.type:
        case ParameterType.INT:
            return _whole(spec, text)
        case ParameterType.DECIMAL:
            return _decimal(spec, text, "请填数字，例如 15 或 7.5。")
        case ParameterType.PERCENT:
            return _decimal(spec, text.removesuffix("%").removesuffix("％"), "请填百分数，例如 30。")
        case ParameterType.MONEY_FEN:
            return _money(spec, text)
        case ParameterType.BOOL:
            return _bool(spec, text)
        case ParameterType.DURATION:
            try:
                return parse_duration(text)
            except ValueError:
                raise BadParameter(spec.key, f"“{spec.title}”请填时长或时刻，例如 30min、2h、7d 或 21:00。") from None
        case ParameterType.LIST:
            return _list(spec, text)
        case ParameterType.TEXT:
            return text


def _whole(spec: ParameterDefinition, text: str) -> int:
    if not re.fullmatch(r"-?\d{1,12}", text, re.ASCII):
        raise BadParameter(spec.key, f"“{spec.title}”请填整数，例如 3。")
    return int(text)


def _decimal(spec: ParameterDefinition, text: str, advice: str) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise BadParameter(spec.key, f"“{spec.title}”{advice}") from None
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or not -6 <= exponent <= 9 or abs(value) >= 10**12:
        raise BadParameter(spec.key, f"“{spec.title}”{advice}")
    return value


def _money(spec: ParameterDefinition, text: str) -> int:
    advice = f"“{spec.title}”请填整数分（如 2060），或写明元（如 20.6元）。"
    if text.endswith("元"):
        yuan = re.fullmatch(r"(\d{1,12})(?:\.(\d{1,2}))?", text[:-1].strip().replace(",", ""), re.ASCII)
        if not yuan:
            raise BadParameter(spec.key, advice)
        return int(yuan[1]) * 100 + int((yuan[2] or "").ljust(2, "0"))
    # A bare 20.6 is refused rather than guessed at: fen or yuan differ by a hundred.
    if not re.fullmatch(r"\d{1,14}", text, re.ASCII):
        raise BadParameter(spec.key, advice)
    return int(text)


def _bool(spec: ParameterDefinition, text: str) -> bool:
    lowered = text.lower()
    if lowered in _TRUE:
        return True
    if lowered in _FALSE:
        return False
    raise BadParameter(spec.key, f"“{spec.title}”请填“是”或“否”。")


def _list(spec: ParameterDefinition, text: str) -> tuple[str, ...]:
    if text.startswith("["):
        try:
            items = json.loads(text)
        except ValueError:
            items = None
        if not isinstance(items, list) or not all(isinstance(item, str) and item.strip() for item in items):
            raise BadParameter(spec.key, f"“{spec.title}”格式不对，请用顿号隔开各项，例如 甲、乙。")
        out = tuple(item.strip() for item in items)
    else:
        out = tuple(part.strip() for part in re.split(r"[、，;；\n]", text) if part.strip())
    if len(out) > _ITEM_LIMIT:
        raise BadParameter(spec.key, f"“{spec.title}”最多 {_ITEM_LIMIT} 项，请减少。")
    return out


def _write(spec: ParameterDefinition, value: Value) -> str:
    wrong = BadParameter(spec.key, f"“{spec.title}”的类型不对，请按“{spec.type}”填写。")
    match spec.type:
        case ParameterType.BOOL if isinstance(value, bool):
            return "true" if value else "false"
        case ParameterType.INT | ParameterType.MONEY_FEN if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        case ParameterType.DECIMAL | ParameterType.PERCENT if isinstance(value, Decimal):
            return format(value, "f")
        case ParameterType.DURATION if isinstance(value, timedelta):
            try:
                return format_duration(value)
            except ValueError:
                raise wrong from None
        case ParameterType.LIST if isinstance(value, tuple):
            return json.dumps(list(value), ensure_ascii=False)
        case ParameterType.TEXT if isinstance(value, str):
            return value.strip()
        case _:
            raise wrong


def _check_limits(spec: ParameterDefinition, value: Value) -> None:
    if spec.minimum is not None and _less(value, _read(spec, spec.minimum)):
        raise BadParameter(spec.key, f"“{spec.title}”不能小于 {spec.minimum}{_unit(spec)}，请改大。")
    if spec.maximum is not None and _less(_read(spec, spec.maximum), value):
        raise BadParameter(spec.key, f"“{spec.title}”不能大于 {spec.maximum}{_unit(spec)}，请改小。")


def _less(left: Value, right: Value) -> bool:
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return left < right
    if isinstance(left, int | Decimal) and isinstance(right, int | Decimal):
        return left < right
    raise TypeError("limits are defined for numbers and durations only")


def _unit(spec: ParameterDefinition) -> str:
    return "" if spec.type is ParameterType.DURATION or not spec.unit else f" {spec.unit}"
