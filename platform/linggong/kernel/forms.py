"""Validation that reports all faults of a form at once: msgspec alone stops at the first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from linggong.kernel.errors import Fault, Invalid

S = TypeVar("S", bound=msgspec.Struct)

_WORDS = (
    (re.compile(r"Object missing required field"), "必须填写。"),
    # What is of the right type and out of bounds names the type, too: bounds first.
    (re.compile(r"`array` of length <= (\d+)"), r"最多 \1 项。"),
    (re.compile(r"`array` of length >= (\d+)"), r"至少 \1 项。"),
    (re.compile(r"length <= (\d+)"), r"太长了，最多 \1 个字。"),
    (re.compile(r"length >= (\d+)"), r"太短了，至少 \1 个字。"),
    (re.compile(r">= (-?[\d.]+)"), r"不能小于 \1。"),
    (re.compile(r"<= (-?[\d.]+)"), r"不能大于 \1。"),
    (re.compile(r"matching regex"), "写法不对，请检查。"),
    (re.compile(r"Expected `(?:int|float|decimal)"), "请填数字。"),
    (re.compile(r"Expected `str"), "请填文字。"),
    (re.compile(r"Expected `bool"), "请选是或否。"),
    (re.compile(r"Expected `array"), "请填一个列表。"),
    (re.compile(r"Expected `object"), "格式不对。"),
    (re.compile(r"Invalid enum value|Invalid value"), "没有这个选项，请重新选。"),
    (
        re.compile(r"Invalid RFC3339|Expected `(?:date|datetime|time)|Invalid (?:date|time)"),
        "时间写法不对，例如 2026-11-25 06:30。",
    ),
    (re.compile(r"Invalid UUID|Expected `uuid"), "编号不对。"),
    (re.compile(r"unknown field"), "没有这一项。"),
)


def _say(error: str) -> str:
    for pattern, words in _WORDS:
        found = pattern.search(error)
        if found:
            return found.expand(words)
    return "填写有误，请检查。"


def validate(struct: type[S], raw: Any, *, strict: bool = True) -> S:
    """Convert `raw` to `struct`; raises Invalid with every field's fault.

    `strict=False` accepts what HTML forms send (numbers and booleans as text); empty text then counts as absent.
    """
    if not isinstance(raw, Mapping):
        raise Invalid([Fault("", "请求内容应当是一个对象。", "object")])
    if not strict:
        raw = {k: v for k, v in raw.items() if v not in ("", None)}
    try:
        return msgspec.convert(raw, struct, strict=strict)
    except msgspec.ValidationError as error:
        faults = list(_field_faults(struct, raw, strict)) or [Fault("", _say(str(error)))]
        raise Invalid(faults) from None


def _field_faults(struct: type[msgspec.Struct], raw: Mapping[str, Any], strict: bool) -> Any:
    known = set()
    for field in msgspec.structs.fields(struct):
        known.add(field.encode_name)
        if field.encode_name not in raw:
            if field.required:
                yield Fault(field.encode_name, "必须填写。", "required")
            continue
        try:
            msgspec.convert(raw[field.encode_name], field.type, strict=strict)
        except msgspec.ValidationError as error:
            text = str(error)
            at = re.search(r"at `\$((?:\.|\[)[^`]*)`", text)
            yield Fault(field.encode_name + (at.group(1) if at else ""), _say(text))
    if struct.__struct_config__.forbid_unknown_fields:
        for name in raw.keys() - known:
            yield Fault(str(name), "没有这一项。", "unknown")
