"""Work that the law allows only with a certificate (特种作业操作证, 驾驶证), and how a worker's papers name it.

Professional knowledge, to be re-read [law]: 特种作业 are electrical work, welding and work at height.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple


class Need(NamedTuple):
    """A certificate: where it is needed, and the words by which it is recognised on file."""

    words: str
    trades: tuple[str, ...]
    condition: str
    known_by: tuple[str, ...]


NEEDS: Final = (
    Need("电工证", ("6-29-03-02",), "", ("电工", "低压", "高压")),
    Need("焊工证", ("6-18-02-04",), "", ("焊",)),
    Need("高处作业证", (), "height", ("高处", "登高", "高空")),
    Need("驾驶证", ("4-02-02-02",), "", ("驾驶", "驾照", "B1", "B2", "A1", "A2", "C1")),
)


def needed(trade: str, conditions: Sequence[str]) -> int:
    """Return the certificates that work needs, as bits of `NEEDS`."""
    return sum(1 << n for n, need in enumerate(NEEDS) if trade in need.trades or need.condition in conditions)


@lru_cache(maxsize=4096)
def holds(certificates: tuple[str, ...]) -> int:
    """Return the certificates that somebody has on file, as bits of `NEEDS`."""
    text = " ".join(certificates)
    return sum(1 << n for n, need in enumerate(NEEDS) if any(word in text for word in need.known_by))


def names(bits: int) -> str:
    """Return certificates by their names."""
    return "、".join(need.words for n, need in enumerate(NEEDS) if bits >> n & 1)
