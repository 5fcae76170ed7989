"""Faults of a form: all of them, and each in words that say what to do."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest

from linggong.kernel.errors import Invalid
from linggong.kernel.forms import validate


class _Form(msgspec.Struct):
    people: Annotated[int, msgspec.Meta(ge=0, le=9)]
    name: Annotated[str, msgspec.Meta(min_length=2, max_length=3)]
    code: Annotated[str, msgspec.Meta(pattern="^[0-9]+$")]
    days: Annotated[list[int], msgspec.Meta(max_length=1)] = []


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({}, ["必须填写。", "必须填写。", "必须填写。"]),
        ({"people": "x", "name": ["a"], "code": "7"}, ["请填数字。", "请填文字。"]),
        ({"people": "-5", "name": "长" * 9, "code": "x"}, ["不能小于 0。", "太长了，最多 3 个字。", "写法不对，请检查。"]),
        ({"people": "10", "name": "长", "code": "7", "days": [1, 2]}, ["不能大于 9。", "太短了，至少 2 个字。", "最多 1 项。"]),
    ],
    ids=["empty", "of another type", "too small, too long", "too great, too short"],
)  # fmt: skip
def test_a_fault_says_what_is_wrong_with_the_value(typed: dict[str, object], told: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        validate(_Form, typed, strict=False)
    assert [f.message for f in refused.value.faults] == told
