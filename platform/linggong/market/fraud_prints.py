"""Fingerprints of a post's text: near-copies are found without comparing it with every other (M21: identical text).

Shingles of four characters, numbers and marks left out, are sketched by minimum hashes; bands of four of them are what an
index looks up. Equal places of two sketches estimate the share of common shingles.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from linggong.kernel.chance import repeatable
from linggong.market.fraud_text import plain

SKETCH: Final = 64
_ROWS: Final = 4
_SHINGLE: Final = 4
_PRIME: Final = (1 << 61) - 1
# The numbers of a fixed generator: sketches of different years must stay comparable.
_DRAW = repeatable(20260601)
_FUNCTIONS: Final = tuple((_DRAW.randrange(1, _PRIME), _DRAW.randrange(_PRIME)) for _ in range(SKETCH))
_DROPPED: Final = re.compile(r"[^a-z\u3400-\u9fff]|[零〇一二两三四五六七八九十百千万]")


@dataclass(frozen=True, slots=True)
class Print:
    """The sketch of a text. `chars` is how much of it counted: a short text resembles many others by chance."""

    chars: int
    sketch: tuple[int, ...]
    bands: tuple[int, ...]


def print_of(text: str, *, at_least: int = _SHINGLE) -> Print:
    """Return the print of a text; an empty one for a text of fewer letters than `at_least`."""
    letters = _DROPPED.sub("", plain(text))
    if len(letters) < max(at_least, _SHINGLE):
        return Print(len(letters), (), ())
    shingles = {letters[i : i + _SHINGLE] for i in range(len(letters) - _SHINGLE + 1)}
    hashes = [int.from_bytes(hashlib.blake2b(s.encode(), digest_size=7).digest()) for s in shingles]
    # 31 bits fit a signed integer column.
    sketch = tuple(min((a * h + b) % _PRIME for h in hashes) & 0x7FFFFFFF for a, b in _FUNCTIONS)
    bands = tuple(_band(n, sketch[n * _ROWS : (n + 1) * _ROWS]) for n in range(SKETCH // _ROWS))
    return Print(len(letters), sketch, bands)


def _band(number: int, values: Sequence[int]) -> int:
    raw = struct.pack(f">{len(values) + 1}I", number, *values)
    return int.from_bytes(hashlib.blake2b(raw, digest_size=4).digest()) & 0x7FFFFFFF


def alike(one: Print, other: Print) -> float:
    """Return the estimated share of common shingles, 0 to 1."""
    if not one.sketch or not other.sketch:
        return 0.0
    return sum(a == b for a, b in zip(one.sketch, other.sketch, strict=True)) / SKETCH
