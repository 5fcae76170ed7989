"""The cover floor's face: what higher floors call."""

from __future__ import annotations

from linggong.cover.choices import choose
from linggong.cover.enrolment import request
from linggong.cover.products import add_product, change_product
from linggong.cover.queries import CoverState, cover_of, told
from linggong.cover.waivers import acknowledge, waive

__all__ = [
    "CoverState", "acknowledge", "add_product", "change_product", "choose", "cover_of", "request", "told", "waive",
]  # fmt: skip
