"""Cursor pagination: an opaque, checked cursor instead of page numbers, so that a growing list neither skips nor repeats."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec

from linggong.kernel.errors import Fault, Invalid

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page; `next` is the cursor of the following page, null on the last."""

    items: Sequence[T]
    next: str | None = None


def encode_cursor(*keys: str | int) -> str:
    """Return the cursor that stands after a row with these sort keys."""
    return base64.urlsafe_b64encode(msgspec.json.encode(keys)).rstrip(b"=").decode()


def decode_cursor(cursor: str, *types: type) -> tuple[object, ...]:
    """Return the sort keys converted to `types` (str, int, UUID, datetime ...); raises Invalid for one that we did not make."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        values = msgspec.json.decode(raw)
        if not isinstance(values, list) or len(values) != len(types):
            raise ValueError
        return tuple(msgspec.convert(v, t, strict=False) for v, t in zip(values, types, strict=True))
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        raise Invalid([Fault("cursor", "翻页位置失效了，请从第一页重新看。", "cursor")]) from None
