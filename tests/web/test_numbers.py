"""Whole numbers as people type them: what int() would take or choke on is no number on a page."""

from __future__ import annotations

import pytest

from linggong.web import pages


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("0", 0), (" 12 ", 12), ("999", 999), ("0007", 7),
        ("", None), ("1000", None), ("-1", None), ("+1", None), ("1.0", None), ("1_0", None), ("１２", None), ("٣", None),
        ("9" * 5000, None), (None, None), (["1", "2"], None), ("十", None),
    ],
    ids=lambda v: str(v)[:8],
)  # fmt: skip
def test_a_number_is_digits_within_its_limit(typed: object, read: int | None) -> None:
    assert pages.whole(typed, 999) == read
