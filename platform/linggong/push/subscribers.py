"""What reaching people binds at assembly."""

from __future__ import annotations

from linggong.phones import questions
from linggong.push import filling, instead


def register() -> None:
    """Bind by name; calling it again changes nothing."""
    filling.register()
    questions.instead["work"] = instead.offer
